"""The demo: the textbook's neuron as a table and a picture, and its 4-6-3 network learning Iris."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

from autograd import Value, draw, exp
from autograd.view.table import table
from nn.cross_entropy import CrossEntropyLoss
from nn.data import Dataset, iris
from nn.metrics import confusion, predict
from nn.optimizers import SGD
from nn.scalar import MLP
from nn.textbook import IRIS_FLOWERS, IRIS_PROBABILITIES, iris_model
from nn.training import fit


def run(folder: Path, seed: int) -> None:
    """Shows both parts and writes sigmoid.svg, iris-neuron.svg and iris.json into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    show_neuron(folder / "sigmoid.svg")
    train, test = iris().split(40)
    model = learn_iris(train, test, seed, folder / "iris.json")
    show_published_weights()
    draw_iris_neuron(model, test.standardised(like=train).X[-1], folder / "iris-neuron.svg")
    print(f"\nWrote {folder / 'sigmoid.svg'}, {folder / 'iris-neuron.svg'} and {folder / 'iris.json'}.")


def show_neuron(file: Path) -> None:
    """One neuron as six elementary functions, forward and backward."""
    x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
    f = 1 / (exp(-(x * w + b)) + 1)
    f.backward()
    print("One sigmoid neuron, f = 1 / (exp(−(x·w + b)) + 1) at x = 1, w = 0, b = 0:\n")
    print(table(f))
    draw(f).save(file)


def learn_iris(train: Dataset, test: Dataset, seed: int, file: Path) -> MLP:
    """The 4-6-3 network on the first 40 flowers of each class, judged by the last 10."""
    print(f"\nThe network 4-6-3 learns {len(train.X)} Iris flowers (seed {seed}):\n")
    scaled = train.standardised()
    model = MLP([4, 6, 3], activation="sigmoid", output="identity", rng=seed)
    start = time.perf_counter()
    history = fit(
        model,
        scaled.X,
        scaled.y,
        loss=CrossEntropyLoss(),
        optimizer=SGD(model, lr=0.1, momentum=0.9),
        epochs=60,
        batch_size=8,
        seed=seed,
    )
    seconds = time.perf_counter() - start
    found = confusion(predict(model, test.standardised(like=train).X), test.y, test.class_names)
    print(f"{found}\n\n{found.right} of {found.total} test flowers right, after {seconds:.1f} s of training")
    record = {"seed": seed, "right": found.right, "of": found.total, "accuracy": found.right / found.total}
    file.write_text(json.dumps({**record, "seconds": seconds, "history": history.to_dict()}, indent=1) + "\n")
    return model


def show_published_weights() -> None:
    """The probabilities that the textbook's own weights give six flowers, beside those that it prints."""
    print("\nSix flowers' probabilities from the textbook's published weights:\n")
    published = iris_model()
    print("sepal l, w  petal l, w            " + "".join(f"p{i}".ljust(16) for i in (1, 2, 3)).rstrip())
    for (a, b, c, d), printed in zip(IRIS_FLOWERS, IRIS_PROBABILITIES, strict=True):
        ours = [p.data for p in published((a, b, c, d))]
        print(f"{a:.1f}, {b:.1f}    {c:.1f}, {d:.1f}    ours      " + "  ".join(f"{p:.8e}" for p in ours))
        print(" " * 24 + "textbook  " + "  ".join(f"{p:.8e}" for p in printed))


def draw_iris_neuron(model: MLP, flower: Sequence[float], file: Path) -> None:
    """The output neuron for the third class, its six weights and what the six hidden neurons make of a flower."""
    model.zero_grad()
    signals = [Value(a.data, f"a{i}") for i, a in enumerate(model.layers[0](flower), start=1)]
    score = model.layers[1].neurons[2](signals)
    score.backward()
    draw(score, fold=False).save(file)
    model.zero_grad()
