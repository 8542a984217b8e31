"""A training step in native code gives what the eager one gives, up to rounding, for every optimizer and loss."""

import tracemalloc

import numpy as np
import pytest

import autograd
import nn
from autograd import Tensor
from autograd.errors import ArgumentError, AutogradError, MissingExtra, Unrecordable
from tests.test_nn_compiled import (
    ACTIVATIONS,
    LABELS,
    LOSSES,
    OPTIMIZERS,
    X,
    assert_same_numbers,
    assert_same_weights,
    eager_step,
    fitted,
    network,
)

pytest.importorskip("numba")


def native(model, loss_of, optimizer, **clips):
    return nn.compiled_step(model, loss_of, optimizer, kind="native", **clips)


def assert_native_steps_agree(make, loss_of, optimizer_of, batches, clip=None, **clips):
    """A few dozen roundings apart after all steps, as those of the NumPy step are."""
    model, twin = make(), make()
    one, two = optimizer_of(model), optimizer_of(twin)
    step = native(model, loss_of, one, **clips)
    for rows, y in batches:
        found, expected = step(rows, y), eager_step(twin, loss_of, two, rows, y, clip)
        assert found == pytest.approx(expected, rel=1e-5)
    assert step.reason == ""
    assert_same_weights(model, twin)
    return step


def plain_descent(model):
    return nn.SGD(model, lr=0.1)


# ── a few steps that are compiled in every run, and many that are not ────────────────────────────────────────────────


def test_a_step_with_momentum_decay_and_both_clips_gives_the_weights_of_the_eager_step():
    def clip(model):
        nn.clip_grad_value(model, 0.05)
        nn.clip_grad_norm(model, 0.1)

    step = assert_native_steps_agree(
        network, nn.CrossEntropyLoss(), OPTIMIZERS["momentum"], [(X, LABELS)] * 20, clip, clip_norm=0.1, clip_value=0.05
    )
    assert len(step._passes) == 1


def test_a_step_in_float64_gives_the_weights_of_the_eager_step():
    def make():
        return network(activation=nn.Tanh, dtype=np.float64)

    loss, y, _ = LOSSES["squares"]
    batches = [(X.astype(np.float64), y.astype(np.float64))] * 20
    assert_native_steps_agree(make, loss(), OPTIMIZERS["AdamW"], batches)


@pytest.mark.thorough
@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_gives_the_weights_of_the_eager_step(name):
    loss, y, last = LOSSES[name]
    batches = [(X[:20], y[:20]), (X[10:], y[10:])] * 10
    assert_native_steps_agree(lambda: network(*last), loss(), plain_descent, batches)


@pytest.mark.thorough
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_optimizer_gives_the_weights_of_the_eager_step(name, dtype):
    make = OPTIMIZERS[name]
    batches = [(X.astype(dtype), LABELS)] * 20
    assert_native_steps_agree(lambda: network(dtype=dtype), nn.CrossEntropyLoss(), make, batches)


@pytest.mark.thorough
@pytest.mark.parametrize("activation", ACTIVATIONS, ids=lambda a: a.__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_activation_gives_the_weights_of_the_eager_step(activation, dtype):
    batches = [(X.astype(dtype), LABELS)] * 20
    assert_native_steps_agree(
        lambda: network(activation=activation, dtype=dtype), nn.CrossEntropyLoss(), plain_descent, batches
    )


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(6))
def test_random_networks_give_the_weights_of_the_eager_step(seed):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 40, rng.integers(2, 5)).tolist()
    rows = int(rng.integers(1, 50))
    kinds = [ACTIVATIONS[i] for i in rng.integers(0, 5, len(sizes))]

    def make():
        parts = []
        for i, (n, m) in enumerate(zip(sizes, [*sizes[1:], 3], strict=True)):
            parts += [nn.Linear(n, m, rng=i), kinds[i]()]
        return nn.Sequential(*parts[:-1])

    x = rng.normal(size=(rows, sizes[0])).astype(np.float32)
    assert_native_steps_agree(make, nn.CrossEntropyLoss(), plain_descent, [(x, rng.integers(0, 3, rows))] * 20)


@pytest.mark.thorough
def test_large_products_are_made_by_blas_and_give_the_same():
    def make():
        return nn.Sequential(nn.Linear(200, 150, rng=0), nn.ReLU(), nn.Linear(150, 3, rng=1))

    rng = np.random.default_rng(0)
    batches = [(rng.normal(size=(64, 200)).astype(np.float32), rng.integers(0, 3, 64))] * 5
    step = assert_native_steps_agree(make, nn.CrossEntropyLoss(), plain_descent, batches)
    assert "blas(sgemm" in step._passes[0].page.source


class Halving(nn.Optimizer):
    """An optimizer of one's own, whose steps become shorter."""

    def move(self, w, g, decay, scratch):
        w -= self.lr * g / (1.0 + self.steps)


@pytest.mark.parametrize("kind", ["numpy", "native"])
def test_parameters_of_one_gradient_all_move_by_an_optimizer_of_ones_own(kind):
    class Shifted(nn.Module):
        def __init__(self):
            self.a, self.b = Tensor(np.zeros(3)), Tensor(np.zeros(3))

        def forward(self, x):
            return x + self.a + self.b

    def squares(outputs, y):
        return autograd.sum((outputs - y) ** 2.0)

    model, twin = Shifted(), Shifted()
    step = nn.compiled_step(model, squares, Halving(model, lr=0.1), kind=kind)
    two = Halving(twin, lr=0.1)
    for _ in range(3):
        step(np.ones((2, 3)), np.zeros((2, 3)))
        eager_step(twin, squares, two, np.ones((2, 3)), np.zeros((2, 3)))
    assert step.reason == ""
    assert_same_weights(model, twin)
    assert model.a.data[0] < 0.0


# ── what may change between steps, and what must not move anything ───────────────────────────────────────────────────


def test_rates_weights_and_targets_of_later_steps_are_followed():
    model, twin = network(), network()
    one, two = nn.SGD(model, lr=0.1), nn.SGD(twin, lr=0.1)
    loss_of = nn.CrossEntropyLoss()
    step = native(model, loss_of, one)

    def both(rows=X):
        step(rows, LABELS)
        eager_step(twin, loss_of, two, np.ascontiguousarray(rows), LABELS)
        assert_same_weights(model, twin)

    both()
    one.lr = two.lr = 0.3
    both()
    for m in (model, twin):
        m.load_state_dict(network(activation=nn.Tanh).state_dict())
    both()
    both(np.asfortranarray(X))
    for p, q in zip(model.parameters(), twin.parameters(), strict=True):
        assert_same_numbers(np.asarray(p.grad), np.asarray(q.grad))
    before = model.state_dict()
    with pytest.raises(AutogradError, match="label 7 in row 3"):
        step(X, np.where(np.arange(30) == 3, 7, LABELS))
    for name, weights in model.state_dict().items():
        np.testing.assert_array_equal(weights, before[name])
    both()
    tracemalloc.start()
    try:
        for _ in range(200):  # Python keeps the room of a hundred floats that were returned
            step(X, LABELS)
        start = tracemalloc.get_traced_memory()[0]
        for _ in range(200):
            step(X, LABELS)
        assert tracemalloc.get_traced_memory()[0] - start < 1000
    finally:
        tracemalloc.stop()


def test_inputs_column_by_column_and_truths_as_labels_give_the_weights_of_the_eager_step():
    columns = np.asfortranarray(X)
    assert_native_steps_agree(
        network, nn.CrossEntropyLoss(), plain_descent, [(columns, LABELS > 0), (X, LABELS > 1), (columns, LABELS > 0)]
    )


def test_clipping_beside_frozen_parameters_touches_their_gradients_only():
    def frozen():
        model = network()
        model[0].weight.requires_grad = model[0].bias.requires_grad = False
        return model

    def clip(model):
        nn.clip_grad_value(model, 0.01)
        nn.clip_grad_norm(model, 0.02)

    assert_native_steps_agree(frozen, nn.CrossEntropyLoss(), nn.Adam, [(X, LABELS)] * 3, clip,
                              clip_value=0.01, clip_norm=0.02)  # fmt: skip


@pytest.mark.thorough
def test_a_step_that_is_compiled_time_and_again_goes_on_by_numpy():
    class Weighed:
        weight = 1.0

        def __call__(self, outputs, y):
            return autograd.mean((outputs - y) ** 2) * self.weight

    model, loss = nn.Linear(2, 1, rng=0), Weighed()
    step = native(model, loss, plain_descent(model))
    for i in range(10):
        loss.weight = 1.0 / (i + 1.0)
        step(X[:3, :2], X[:3, :1])
    assert step.reason == "by NumPy, for it was compiled 8 times in 8 steps, this time because loss.weight changed"


def test_what_is_not_finite_is_left_to_the_engine_and_its_masks():
    class Root(nn.Module):
        def __init__(self):
            self.w = Tensor(np.array([0.0, 4.0]))

        def forward(self, x):
            return autograd.sqrt(self.w) ** 2.0 * x  # 0 × ∞ at 0, where nothing comes back

    def mean(outputs, y):
        return autograd.mean((outputs - y) ** 2.0)

    with np.errstate(all="ignore"):
        assert_native_steps_agree(Root, mean, plain_descent, [(np.ones((3, 2)), np.zeros((3, 2)))] * 2)


def test_what_has_no_native_form_is_run_by_numpy_and_the_reason_says_so():
    class Sorting(nn.Module):
        def __init__(self):
            self.layer = nn.Linear(4, 3, rng=0)

        def forward(self, x):
            return autograd.cumsum(self.layer(x), axis=1)

    model, twin = Sorting(), Sorting()
    step = native(model, nn.CrossEntropyLoss(), plain_descent(model))
    two = plain_descent(twin)
    for _ in range(3):
        step(X, LABELS)
        eager_step(twin, nn.CrossEntropyLoss(), two, X, LABELS)
    assert step.reason == "by NumPy, for cumsum has no native form"
    assert_same_weights(model, twin)


def test_what_cannot_be_recorded_raises_naming_why():
    model = nn.Sequential(nn.Linear(4, 6, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(6, 3, rng=1))
    with pytest.raises(Unrecordable, match="did not do the same twice"):
        native(model, nn.CrossEntropyLoss(), plain_descent(model))(X, LABELS)


def test_another_kind_is_refused_and_so_is_native_code_without_numba(monkeypatch):
    model = network()
    with pytest.raises(ArgumentError, match='"numpy" or "native", not for \'torch\''):
        nn.compiled_step(model, nn.CrossEntropyLoss(), plain_descent(model), kind="torch")
    with pytest.raises(ArgumentError, match="not for 3"):
        fitted(model, 3)
    monkeypatch.setitem(__import__("sys").modules, "numba", None)
    with pytest.raises(MissingExtra, match="glassgrad\\[native\\]"):
        native(model, nn.CrossEntropyLoss(), plain_descent(model))
    with pytest.raises(MissingExtra, match="glassgrad\\[native\\]"):
        fitted(model, "native")


# ── fit ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fit_gives_the_same_run_native_and_eager():
    model, twin = network(), network()
    options = {"clip_norm": 0.5, "batch_size": 15, "metrics": {"accuracy": nn.accuracy}}
    found, expected = fitted(model, "native", **options), fitted(twin, False, **options)
    assert found.eager_because == ""
    assert found.loss == pytest.approx(expected.loss, rel=1e-5)
    assert found.metrics == expected.metrics
    assert_same_weights(model, twin)


def test_a_model_of_values_is_fitted_in_native_lanes():
    def run(compile):
        model = nn.MLP([2, 3, 1], rng=0)
        rows = X[:12, :2].tolist()
        signs = np.sign(X[:12, 0]).tolist()
        options = {"epochs": 3, "batch_size": 6, "seed": 0, "progress": False, "compile": compile}
        history = nn.fit(model, rows, signs, loss=nn.HingeLoss(), optimizer=nn.SGD(model, lr=0.1), **options)
        return history, model

    (found, model), (expected, twin) = run("native"), run(False)
    assert found.eager_because == ""
    assert found.loss == pytest.approx(expected.loss, rel=1e-9)
    assert [p.data for p in model.parameters()] == pytest.approx([p.data for p in twin.parameters()], rel=1e-9)


# ── programs of arrays that are no steps ─────────────────────────────────────────────────────────────────────────────


def test_a_program_of_arrays_runs_in_native_code_and_gives_what_numpy_gives():
    def f(x, w):
        z = autograd.tanh(x @ w) * autograd.exp(-x.sum(axis=1, keepdims=True) / 8.0)
        return autograd.logsumexp(z) if z.max() > 0.0 else (z * z).sum()

    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(7, 5)), rng.normal(size=(5, 9))
    program = autograd.record(f, x, w)
    native = program.to("native")
    for a, b in [(x, w), (2.0 * x, w.copy(order="F")), (x, -np.abs(w)), (np.abs(x), -np.abs(w))]:
        (found, slopes), (expected, wanted) = native.value_and_gradient(a, b), program.value_and_gradient(a, b)
        assert float(found) == pytest.approx(float(expected), rel=1e-12)
        for one, other in zip(slopes, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=0.0, atol=1e-12 * abs(other).max())
    assert native.explain().endswith("run")


def test_a_program_without_a_native_form_is_run_by_numpy_and_says_so():
    program = autograd.record(lambda x: autograd.cumsum(x).sum(), np.arange(4.0))
    native = program.to("native")
    np.testing.assert_array_equal(native.gradient(np.arange(4.0))[0], [4.0, 3.0, 2.0, 1.0])
    assert native.explain().endswith("by NumPy, for cumsum has no native form")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_e_to_the_x_is_within_an_ulp_and_right_at_the_ends(dtype):
    rng = np.random.default_rng(0)
    least, most = (-104.0, 89.5) if dtype == np.float32 else (-746.0, 710.0)
    x = np.concatenate([rng.uniform(least, most, 2000), rng.normal(size=2000)]).astype(dtype)
    ends = np.array([np.inf, -np.inf, np.nan, 1e4, -1e4, 0.0, -0.0], dtype)
    with np.errstate(all="ignore"):
        exact = np.exp(x.astype(np.longdouble))
        native = autograd.record(lambda x: autograd.exp(x) * 2.0, x).to("native")
        np.testing.assert_array_equal(native(np.resize(ends, x.shape))[:7], 2.0 * np.exp(ends))
        finite = np.isfinite(2.0 * exact.astype(dtype))
        apart = np.abs(native(x) / 2.0 - exact) / np.spacing(exact.astype(dtype))
    assert np.isfinite(native(x)[finite]).all()
    normal = finite & (exact > 4.0 * np.finfo(dtype).tiny)
    assert apart[normal].max() <= 1.0
