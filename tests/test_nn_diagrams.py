"""Diagrams of networks: the textbook's circles and weighted lines (Figs 4.1, 4.5, 4.6 and the 3–2–3 figure)."""

import re
import shutil
import xml.etree.ElementTree as ElementTree
from itertools import combinations

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, OperandError, ShapeError
from nn.diagrams.parts import Options, network_of
from nn.diagrams.places import RADIUS, places_of
from nn.diagrams.stages import stages_of, with_outputs
from nn.diagrams.svg import COLOURS

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = ["</text><script>alert(1)</script>", "<b>x</b>", "{x|y}", "a->b\\", "quotes \" and '", "new\nline", "中文 🎉"]


def elements(drawing, tag):
    return list(ElementTree.fromstring(drawing.svg).iter(f"{SVG}{tag}"))


def texts(drawing):
    return [element.text for element in elements(drawing, "text")]


def network_lines(drawing):
    """The lines of weights: those within a group, which the legend's are not."""
    groups = [group for group in elements(drawing, "g") if "-line-" in group.get("id", "")]
    return [(group.find(f"{SVG}title").text, group.find(f"{SVG}line")) for group in groups]


def three_two_three():
    """The 3–2–3 network of the textbook: w1 … w12 and no biases."""
    mlp = nn.MLP([3, 2, 3], output="sigmoid", rng=0)
    mlp.layers[0].set_weights([[0.1, 0.3, -0.5], [0.2, -0.4, 0.6]], [0.0, 0.0])
    mlp.layers[1].set_weights([[0.7, 1.0], [-0.8, 1.1], [0.9, -1.2]], [0.0, 0.0, 0.0])
    return mlp


def perceptron():
    found = nn.Perceptron(2)
    found.learn([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1])
    return found


def digits_network():
    modules = [nn.Flatten(), nn.Linear(784, 512, rng=0), nn.ReLU(), nn.Linear(512, 512, rng=1), nn.ReLU()]
    return nn.Sequential(*modules, nn.Linear(512, 10, rng=2))


MODELS = {
    "neuron": lambda: nn.Neuron(3, rng=0),
    "perceptron": perceptron,
    "layer": lambda: nn.Layer(3, 4, activation="tanh", rng=0),
    "3-2-3": three_two_three,
    "xor": lambda: nn.MLP([2, 2, 1], activation="relu", rng=1),
    "iris": lambda: nn.MLP([4, 6, 3], output="softmax", rng=0),
    "linear": lambda: nn.Linear(3, 2, rng=0, bias=False),
    "sequential": lambda: nn.Sequential(nn.Linear(2, 5, rng=0), nn.LeakyReLU(), nn.Dropout(), nn.Linear(5, 1, rng=1)),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(2, 3, rng=0), nn.PReLU()), nn.Linear(3, 2, rng=1)),
    "digits": digits_network,
    "deep": lambda: nn.MLP([2] + [8] * 9 + [1], activation="tanh", rng=0),
}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)


@every_model
def test_every_diagram_is_well_formed_and_says_which_network_it_is(make):
    model = make()
    drawing = nn.diagram(model)
    root = ElementTree.fromstring(drawing.svg)
    learned = sum(np.size(parameter.data) for parameter in model.parameters())
    assert f"{learned:,} parameters" in drawing.title or "PReLU" in repr(list(model.named_modules()))
    assert root.find(f"{SVG}title").text == drawing.title
    assert set(drawing._repr_mimebundle_()) == {"text/html", "image/svg+xml", "text/plain"}


@every_model
def test_circles_and_numbers_stay_on_the_card_and_circles_apart(make):
    drawing = nn.diagram(make())
    network = network_of(stages_of(make()), Options(None, None, None, 10, 3))
    places = places_of(network)
    middles = [middle for column in places.circles for middle in column]
    for (x, y), (u, v) in combinations(middles, 2):
        assert (x - u) ** 2 + (y - v) ** 2 > (2 * RADIUS) ** 2
    assert all(RADIUS <= x <= places.width - RADIUS and RADIUS <= y <= places.height - RADIUS for x, y in middles)
    width, height = (float(ElementTree.fromstring(drawing.svg).get(side)) for side in ("width", "height"))
    assert places.width < width
    assert places.height < height


def test_numbers_on_the_lines_of_a_small_network_do_not_lie_on_each_other():
    for make in (perceptron, three_two_three, MODELS["xor"], MODELS["layer"]):
        network = network_of(stages_of(make()), Options(None, None, None, 10, 3))
        areas = [area for area in places_of(network).numbers if area is not None]
        assert len(areas) == len(network.lines)
        for a, b in combinations(areas, 2):
            apart = abs(a.x + a.width / 2 - b.x - b.width / 2) >= (a.width + b.width) / 2
            assert apart or abs(a.y - b.y) >= (a.height + b.height) / 2


def test_the_three_two_three_figure_shows_its_twelve_weights():
    drawing = nn.diagram(three_two_three())
    shown = {text.replace("−", "-") for text in texts(drawing)}
    assert {"0.1", "0.2", "0.3", "-0.4", "-0.5", "0.6", "0.7", "-0.8", "0.9", "1", "1.1", "-1.2"} <= shown
    assert texts(drawing).count("σ") == 5
    assert len(network_lines(drawing)) == 12


def test_colour_is_the_sign_and_width_the_size():
    drawing = nn.diagram(three_two_three())
    by_title = dict(network_lines(drawing))
    for title, line in by_title.items():
        weight = float(title.partition(" = ")[2])
        assert line.get("stroke") == COLOURS[1 if weight > 0 else -1]
    widths = {title.partition(" = ")[2]: float(line.get("stroke-width")) for title, line in by_title.items()}
    assert widths["0.1"] < widths["-0.4"] < widths["0.6"]
    assert widths["0.7"] < widths["0.9"] < widths["-1.2"]


def test_pointing_at_a_line_shows_the_parameter_by_its_name_in_the_model():
    mlp = three_two_three()
    named = dict(mlp.named_parameters())
    for title, _ in network_lines(nn.diagram(mlp)):
        name, _, number = title.partition(" = ")
        assert repr(named[name].data) == number
    linear = nn.Linear(3, 2, rng=0)
    for title, _ in network_lines(nn.diagram(linear)):
        i, j = map(int, re.findall(r"\d+", title.partition(" = ")[0]))
        assert float(title.partition(" = ")[2]) == linear.weight.data[i, j]


@every_model
def test_values_in_the_circles_are_what_the_model_gives(make):
    model = make().eval()
    x = np.random.default_rng(0).normal(size=784 if make is digits_network else stages_of(model)[0].weights.shape[1])
    sample, stages = with_outputs(model, stages_of(model), x)
    if isinstance(model, (nn.Sequential, nn.Linear)):
        wanted = model(x[None]).data.ravel()
    else:
        outputs = model(x.tolist())
        wanted = [output.data for output in (outputs if isinstance(outputs, list) else [outputs])]
    np.testing.assert_array_equal(sample, x)
    np.testing.assert_array_equal(stages[-1].outputs, wanted)
    assert f"{float(wanted[0]):.3g}".replace("-", "−") in texts(nn.diagram(model, values=x)) or abs(wanted[0]) < 1e-3


@pytest.mark.parametrize("digits", [1, 3, 17])
@pytest.mark.parametrize("x", [9.2949e-10, 0.0002528, -0.0002528, -1.25e-308, 123456.7, -2.0 / 3.0])
def test_a_number_that_is_too_long_for_its_circle_loses_digits_and_not_its_end(x, digits):
    neuron = nn.Neuron(1, activation="identity", rng=0)
    neuron.set_weights([1.0], bias=0.0)
    drawing = nn.diagram(neuron, values=[x], digits=digits, numbers=False)
    shown = [float(text.replace("−", "-")) for text in texts(drawing) if re.match(r"−?\d[^ ]*$", text)]
    assert shown == pytest.approx([x, x], rel=0.5, abs=0.0)
    assert f"input x = {x!r}" in [title.text for title in elements(drawing, "title")]


def test_dropout_does_not_drop_and_its_generator_is_left_alone():
    model = nn.Sequential(nn.Linear(2, 50, rng=0), nn.ReLU(), nn.Dropout(0.9, rng=0), nn.Linear(50, 1, rng=0))
    assert nn.diagram(model, values=[1.0, 2.0]).svg == nn.diagram(model, values=[1.0, 2.0]).svg
    assert model.training


def test_a_large_network_leaves_units_out_and_counts_them():
    drawing = nn.diagram(digits_network())
    assert drawing.title == "Network 784-512-512-10: 669,706 parameters"
    assert texts(drawing).count("503 more") == 2
    assert "775 more" in texts(drawing)
    assert texts(drawing).count("⋮") == 3
    assert {"x1", "x784", "y10", "784 inputs", "512 units · relu", "10 outputs"} <= set(texts(drawing))
    assert len(drawing.svg) < 200_000


@pytest.mark.parametrize("limit", [2, 3, 4, 7, 30])
def test_no_column_has_more_rows_than_its_limit(limit):
    network = network_of(stages_of(nn.MLP([20, 31, 2], rng=0)), Options(None, None, None, limit, 3))
    for column, size in zip(network.columns, (20, 31, 2), strict=True):
        assert len(column.units) + bool(column.left_out) == min(size, limit)
        assert len(column.units) + column.left_out == size


def test_names_of_features_and_classes_stand_beside_the_circles():
    iris = nn.data.iris()
    drawing = nn.diagram(
        nn.MLP([4, 6, 3], rng=0), inputs=iris.feature_names, outputs=iris.class_names, values=iris.X[0].tolist()
    )
    assert {*iris.feature_names, *iris.class_names, "5.1", "3.5"} <= set(texts(drawing))


def test_text_from_users_is_shown_literally():
    drawing = nn.diagram(nn.Layer(len(HOSTILE), 1, rng=0), inputs=HOSTILE, outputs=[HOSTILE[0]])
    tags = {element.tag.removeprefix(SVG) for element in ElementTree.fromstring(drawing.svg).iter()}
    assert tags == {"svg", "title", "rect", "g", "line", "text", "circle", "path"}
    assert "<b>x</b>" in texts(drawing)
    assert "new⏎line" in texts(drawing)


def test_biases_are_written_out_or_dots():
    mlp = nn.MLP([2, 2, 1], rng=0)
    mlp.layers[0].neurons[1].bias.data = -0.75
    assert "b = −0.75" in texts(nn.diagram(mlp))
    dotted = nn.diagram(mlp, numbers=False)
    assert not any(text.startswith("b = ") for text in texts(dotted))
    assert [c.get("fill") for c in elements(dotted, "circle") if c.get("fill") in COLOURS.values()].count(
        COLOURS[-1]
    ) == 1


def test_weights_that_are_no_numbers_are_drawn_all_the_same():
    linear = nn.Linear(2, 2, rng=0)
    linear.weight.data = [[np.nan, np.inf], [0.0, -1.0]]
    drawing = nn.diagram(linear)
    assert {"nan", "inf", "0", "−1"} <= set(texts(drawing))
    assert "nan" not in re.sub(r">[^<]*<", "><", drawing.svg)
    faint, *others = sorted(line.get("stroke-opacity") for line in elements(drawing, "line")[:4])
    assert faint < others[0] == others[-1]  # of the four only the 0 is faint


def test_the_same_model_gives_the_same_bytes_and_ids_of_two_diagrams_differ():
    one, other = nn.diagram(three_two_three()), nn.diagram(perceptron())
    assert one.svg == nn.diagram(three_two_three()).svg
    assert not {e.get("id") for e in elements(one, "g")} & {e.get("id") for e in elements(other, "g")} - {None}


@pytest.mark.parametrize("ending", [".svg", ".dot", ".html"])
def test_a_diagram_is_saved_like_a_drawing(tmp_path, ending):
    drawing = nn.diagram(perceptron())
    drawing.save(tmp_path / f"perceptron{ending}")
    assert "step" in (tmp_path / f"perceptron{ending}").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_the_same_network():
    assert b"<svg" in nn.diagram(digits_network()).to_graphviz().pipe(format="svg")


class Own(nn.MLP):
    def forward(self, inputs):
        return super().forward(inputs)[::-1]


@pytest.mark.parametrize(
    ("model", "options", "error", "message"),
    [
        (42, {}, OperandError, "a diagram shows a model"),
        (Tensor([1.0]), {}, OperandError, "a diagram shows a model"),
        (Own([2, 2], rng=0), {}, ArgumentError, "autograd.draw"),
        (nn.ReLU(), {}, ArgumentError, "none of these"),
        (nn.Sequential(nn.ReLU()), {}, ArgumentError, r"0, ReLU\(\), is none"),
        (nn.Sequential(), {}, ArgumentError, "none of these"),
        (nn.Sequential(nn.Linear(2, 2, rng=0), nn.Maxout(2, 2)), {}, ArgumentError, "1, Maxout"),
        (nn.Sequential(nn.Linear(2, 3, rng=0), nn.Linear(2, 2)), {}, ShapeError, "gives 3"),
        (nn.Neuron(2), {"inputs": ["a"]}, ArgumentError, "2 inputs, and names are given for 1"),
        (nn.Neuron(2), {"outputs": "y"}, ArgumentError, "list of names"),
        (nn.Neuron(2), {"limit": 1}, ArgumentError, "limit=1"),
        (nn.Neuron(2), {"digits": 0}, ArgumentError, "digits=0"),
        (nn.Neuron(2), {"values": [1.0]}, ShapeError, "2 numbers, got 1"),
        (nn.Neuron(2), {"values": "ab"}, OperandError, "one sample"),
        (nn.Linear(2, 2), {"values": [[1.0, 2.0], [3.0, 4.0]]}, ShapeError, "one sample"),
    ],
)
def test_what_cannot_be_drawn_is_refused(model, options, error, message):
    with pytest.raises(error, match=message):
        nn.diagram(model, **options)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
def test_no_text_is_clipped_and_no_caption_overlaps_in_a_real_browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    measure = """() => [...document.querySelectorAll("svg text")].map(t => {
        const b = t.getBoundingClientRect(), s = t.ownerSVGElement.getBoundingClientRect();
        return [t.textContent, b.left - s.left, b.top - s.top, s.right - b.right, s.bottom - b.bottom]; })"""
    names = ["sepal length", "an input with a very long name indeed", "petal length", "w"]
    drawings = [nn.diagram(make(), numbers=numbers) for make in MODELS.values() for numbers in (None, False)]
    drawings.append(nn.diagram(MODELS["iris"](), inputs=names, outputs=names[:3], values=[5.1, 3.5, 1.4, 0.2]))
    with playwright.sync_playwright() as program:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = program.chromium.launch(executable_path=CHROMIUM, args=arguments)
        page = browser.new_context(viewport={"width": 1600, "height": 1000}, offline=True).new_page()
        for drawing in drawings:
            page.set_content(drawing.svg)
            for text, *distances in page.evaluate(measure):
                assert min(distances) > 2.0, (drawing.title, text)
        browser.close()
