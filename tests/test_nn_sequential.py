"""Sequential: modules by place and by name, states, modes, ties, copies, and the summary."""

import copy
import pickle
from collections import OrderedDict

import numpy as np
import pytest

import nn
from autograd import Tensor
from autograd.errors import ArgumentError, OperandError, ShapeError


def classifier(rng=0):
    return nn.Sequential(nn.Linear(4, 6, rng=rng), nn.ReLU(), nn.Linear(6, 3, rng=rng))


def data(rows=5, columns=4):
    return np.random.default_rng(9).normal(size=(rows, columns)).astype(np.float32)


def digits_network():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(784, 512, rng=0), nn.ReLU(), nn.Linear(512, 512, rng=0), nn.ReLU(),
        nn.Linear(512, 10, rng=0),
    )  # fmt: skip


# ── computing ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_module_is_called_on_what_the_one_before_gave():
    first, bend, last = model = classifier()
    x = data()
    np.testing.assert_array_equal(model(x).data, last(bend(first(x))).data)
    assert model(x).dtype == np.float32


def test_the_outputs_and_gradients_are_the_matrix_formulas():
    model, x = classifier(), data()
    g = np.random.default_rng(1).normal(size=(5, 3)).astype(np.float32)
    model(x).backward(g)
    W1, b1, W2, b2 = (p.numpy() for p in model.parameters())
    z = x @ W1.T + b1
    a = np.maximum(z, 0)
    delta = (g @ W2) * (z > 0)
    np.testing.assert_allclose(model(x).data, a @ W2.T + b2, rtol=1e-5, atol=1e-6)
    for parameter, expected in zip(model.parameters(), [delta.T @ x, delta.sum(0), g.T @ a, g.sum(0)], strict=True):
        assert parameter.grad.dtype == np.float32
        np.testing.assert_allclose(parameter.grad, expected, rtol=1e-4, atol=1e-5)


def test_lists_of_numbers_are_taken_as_well():
    np.testing.assert_array_equal(classifier()(data().tolist()).data, classifier()(data()).data)


def test_an_empty_sequential_passes_its_inputs_on():
    x = Tensor([1.0])
    assert nn.Sequential()(x) is x


def test_nodes_belong_to_the_region_of_their_module():
    assert classifier()(data()).region.name == "Sequential.2"
    assert nn.Sequential({"body": classifier()})(data()).region.name == "Sequential.body.2"


# ── places and names ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_parameters_have_pytorchs_names():
    assert [name for name, _ in classifier().named_parameters()] == ["0.weight", "0.bias", "2.weight", "2.bias"]
    nested = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.PReLU())
    assert [name for name, _ in nested.named_parameters()] == ["0.0.weight", "0.0.bias", "1.weight"]
    assert [name for name, _ in classifier().named_modules()] == ["", "0", "1", "2"]


@pytest.mark.parametrize("kind", [dict, OrderedDict])
def test_modules_may_have_names_of_their_own(kind):
    model = nn.Sequential(kind(hidden=nn.Linear(4, 6, rng=0), bend=nn.ReLU()))
    assert [name for name, _ in model.named_parameters()] == ["hidden.weight", "hidden.bias"]
    assert model["hidden"] is model[0]
    assert model[-1] is model["bend"]
    assert repr(model) == "Sequential({'hidden': Linear(4, 6), 'bend': ReLU()})"


def test_length_iteration_and_indexing_are_those_of_a_list():
    modules = [nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)]
    model = nn.Sequential(*modules)
    assert len(model) == 3
    assert list(model) == modules
    assert [model[0], model[-1], model["1"], model[np.int64(1)]] == [modules[0], modules[2], modules[1], modules[1]]
    with pytest.raises(IndexError, match="3 modules has no place 3"):
        model[3]
    with pytest.raises(ArgumentError, match="no module 'head': its names are 0, 1, 2"):
        model["head"]


def test_a_slice_is_a_sequential_of_the_same_modules_with_places_of_its_own():
    model = classifier()
    tail = model[1:]
    assert isinstance(tail, nn.Sequential)
    assert list(tail) == list(model)[1:]
    assert [name for name, _ in tail.named_parameters()] == ["1.weight", "1.bias"]
    np.testing.assert_array_equal(tail(model[:1](data())).data, model(data()).data)
    named = nn.Sequential({"a": nn.ReLU(), "b": nn.Tanh()})[::-1]
    assert repr(named) == "Sequential({'b': Tanh(), 'a': ReLU()})"
    assert not model.eval()[:2].training


def test_append_puts_a_module_at_the_end_and_returns_the_model():
    model = classifier()
    assert model.append(nn.Softmax()) is model
    assert model.append(nn.Identity(), name="last")["last"] is model[4]
    np.testing.assert_allclose(model(data()).data.sum(-1), 1.0, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: nn.Sequential(nn.ReLU), OperandError, r"got the class ReLU: ReLU\(…\)\?"),
        (lambda: nn.Sequential(np.tanh), OperandError, "Sequential takes modules, got ufunc"),
        (lambda: nn.Sequential([nn.ReLU()]), OperandError, r"one by one, not a list .*Sequential\(\*modules\)"),
        (lambda: nn.Sequential({"a.b": nn.ReLU()}), ArgumentError, "a name is text without a dot, got 'a.b'"),
        (lambda: nn.Sequential({3: nn.ReLU()}), ArgumentError, "a name is text without a dot, got 3"),
        (lambda: nn.Sequential({"1": nn.ReLU()}).append(nn.ReLU()), ArgumentError, "the name '1' is taken"),
        (lambda: (lambda m: m.append(m))(classifier()), ArgumentError, "cannot hold itself"),
        (lambda: (lambda m: m.append(nn.Sequential(m)))(classifier()), ArgumentError, "cannot hold itself"),
        (lambda: classifier()(np.ones((2, 3))), ShapeError, r"Linear\(4, 6\): expected inputs of shape \(…, 4\)"),
    ],
)
def test_what_does_not_fit_is_named(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


def test_a_subclass_may_hold_more():
    class Scaled(nn.Sequential):
        def __init__(self, *modules):
            super().__init__(*modules)
            self.factor = Tensor(2.0)

        def forward(self, x):
            return super().forward(x) * self.factor

    model = Scaled(nn.Linear(1, 1))
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias", "factor"]
    assert repr(model) == "Scaled(Linear(1, 1))"


# ── states, modes, ties, copies ──────────────────────────────────────────────────────────────────────────────────────


def test_a_state_moves_from_one_model_to_another_in_float32():
    one, other = classifier(rng=0), classifier(rng=1)
    state = one.state_dict()
    assert {name: (array.shape, array.dtype) for name, array in state.items()} == {
        "0.weight": ((6, 4), np.float32), "0.bias": ((6,), np.float32),
        "2.weight": ((3, 6), np.float32), "2.bias": ((3,), np.float32),
    }  # fmt: skip
    other.load_state_dict(state)
    np.testing.assert_array_equal(other(data()).data, one(data()).data)
    with pytest.raises(ArgumentError, match=r"0\.weight is missing.*weight is not a parameter"):
        other.load_state_dict(nn.Linear(4, 6).state_dict())


def test_train_and_eval_reach_every_module():
    model = nn.Sequential(nn.Linear(4, 50, rng=0), nn.Sequential(nn.Dropout(0.5, rng=0)))
    x = data()
    assert (model(x).data == 0.0).any()
    model.eval()
    assert not model[1][0].training
    np.testing.assert_array_equal(model(x).data, model[0](x).data)
    assert (model.train()(x).data == 0.0).any()


def test_zero_grad_takes_gradients_back_to_none():
    model = classifier()
    model(data()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [None] * 4


def test_a_layer_used_twice_is_counted_once_and_adds_its_gradients():
    tied = nn.Linear(3, 3, rng=0, dtype=np.float64)
    model = nn.Sequential(tied, nn.Tanh(), tied)
    assert [name for name, _ in model.named_parameters()] == ["0.weight", "0.bias"]
    assert model.summary(3).total == 12
    apart = copy.deepcopy(nn.Sequential(tied)), copy.deepcopy(nn.Sequential(tied))
    x = data(5, 3)
    model(x).sum().backward()
    apart[1](nn.Tanh()(apart[0](x))).sum().backward()
    expected = apart[0][0].weight.grad + apart[1][0].weight.grad
    np.testing.assert_allclose(tied.weight.grad, expected, rtol=1e-13)


def test_copies_and_pickles_are_models_of_their_own():
    model = classifier()
    model(data()).sum().backward()
    before, gradients = model.state_dict(), [p.grad.copy() for p in model.parameters()]
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin(data()).data, model(data()).data)
        optimizer = nn.SGD(twin.parameters(), lr=0.5)
        twin(data()).sum().backward()
        optimizer.step()
        assert all((p.data != before[name]).any() for name, p in twin.named_parameters())
        for (name, p), gradient in zip(model.named_parameters(), gradients, strict=True):
            np.testing.assert_array_equal(p.data, before[name])
            np.testing.assert_array_equal(p.grad, gradient)


def test_a_deep_copy_keeps_ties():
    tied = nn.Linear(3, 3)
    twin = copy.deepcopy(nn.Sequential(tied, nn.ReLU(), tied))
    assert twin[0] is twin[2]
    assert twin[0] is not tied


# ── the summary ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_textbooks_digits_network_has_669706_parameters():
    model = digits_network()
    summary = model.summary((28, 28))
    assert summary.total == sum(p.size for p in model.parameters()) == 669_706
    assert [row.parameters for row in summary.rows] == [0, 401_920, 0, 262_656, 0, 5_130]
    assert [row.shape for row in summary.rows] == ["(n, 784)"] + ["(n, 512)"] * 4 + ["(n, 10)"]
    assert "669,706" in str(summary)


def test_a_summary_prints_one_line_for_each_module_in_columns():
    model = nn.Sequential({"hidden": nn.Linear(4, 6), "rest": nn.Sequential(nn.ReLU(), nn.Linear(6, 3, bias=False))})
    assert str(model.summary(4)).splitlines() == [
        "name    module                    output  parameters",
        "────────────────────────────────────────────────────",
        "hidden  Linear(4, 6)              (n, 6)          30",
        "rest.0  ReLU()                    (n, 6)           0",
        "rest.1  Linear(6, 3, bias=False)  (n, 3)          18",
        "────────────────────────────────────────────────────",
        "                                  total           48",
    ]
    assert repr(model.summary(4)) == str(model.summary(4))


def test_a_summary_of_samples_shows_their_shapes():
    for samples in (data(), Tensor(data()), data().tolist()):
        assert [row.shape for row in classifier().summary(samples).rows] == ["(5, 6)", "(5, 6)", "(5, 3)"]


def test_a_summary_leaves_the_model_as_it_was():
    model = nn.Sequential(nn.Linear(4, 6), nn.Dropout(rng=0)).train()
    drawn = model[1].rng.bit_generator.state
    model.summary(4)
    assert model[1].training
    assert model[1].rng.bit_generator.state == drawn
    assert [p.grad for p in model.parameters()] == [None, None]


@pytest.mark.parametrize("shape", [5, (0,), (28, 28)])
def test_a_summary_for_a_shape_that_does_not_fit_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected inputs of shape \(…, 4\)|every size must be at least 1"):
        classifier().summary(shape)
