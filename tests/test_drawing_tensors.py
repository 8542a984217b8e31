"""Drawings and tables of Tensor graphs: the same reading as of Values, with arrays where there were numbers."""

import copy
import os
import pickle
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, strategies as st
from test_drawing import GOLDEN, Seen, apart, area, by_a_hair, directions, extent, inside, texts, title

import autograd
from autograd import Tensor, Value, ancestry, array_op, array_ops, region, trace
from autograd.errors import GraphTooLarge
from autograd.view import datum
from autograd.view.drawing import Drawing, draw
from autograd.view.names import names
from autograd.view.table import table
from autograd.view.text import number


def least_squares() -> Tensor:
    """Σ (Xw + b − t)² over three samples."""
    w, b = Tensor([1.0, -2.0], label="w"), Tensor(0.5, label="b")
    error = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]) @ w + b - np.array([1.0, 0.0, 2.0])
    return (error * error).sum()


def two_layers() -> Tensor:
    """A 4-5-3 network in regions with its cross-entropy, on eight samples in float32."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(8, 4)).astype(np.float32)
    t = np.eye(3, dtype=np.float32)[generator.integers(0, 3, 8)]
    w1 = Tensor(generator.normal(size=(5, 4)).astype(np.float32), label="W1")
    w2 = Tensor(generator.normal(size=(3, 5)).astype(np.float32), label="W2")
    with region("network"):
        with region("hidden"):
            h = array_ops.linear(x, w1, Tensor(np.zeros(5, np.float32), label="b1")).relu()
        with region("output"):
            z = array_ops.linear(h, w2, Tensor(np.zeros(3, np.float32), label="b2"))
    with region("loss"):
        return array_ops.nll(array_ops.log_softmax(z, axis=-1), t, axis=-1).mean()


def with_a_hole() -> Tensor:
    """An entry that is not finite on the way to a number that is."""
    x = Tensor(np.arange(12.0).reshape(3, 4), label="x")
    with np.errstate(divide="ignore"):
        return autograd.max(autograd.log(x).T[1:, [0, 2]], axis=(0, 1))


def walked(root: Tensor) -> Tensor:
    root.backward()
    return root


def edges_of(drawing: Drawing) -> dict[str, list[str]]:
    return {title(edge).splitlines()[0]: texts(edge) for edge in Seen(drawing).edges}


# ── golden pictures ──────────────────────────────────────────────────────────────────────────────────────────────────

PICTURES: dict[str, Callable[[], Drawing]] = {
    "tensors-before.svg": lambda: draw(least_squares()),
    "tensors-after.svg": lambda: draw(walked(least_squares())),
    "tensors-downwards.svg": lambda: draw(walked(least_squares()), direction="TB"),
    "tensors-values.svg": lambda: draw(walked(least_squares()), edges="values"),
    "tensors-not-finite.svg": lambda: draw(walked(with_a_hole())),
    "tensors-folded.svg": lambda: draw(two_layers(), fold=2),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_picture_is_the_golden_one(name: str) -> None:
    drawn = PICTURES[name]()
    if os.environ.get("UPDATE_GOLDEN"):
        drawn.save(GOLDEN / name)
    assert drawn.svg == (GOLDEN / name).read_text(encoding="utf-8")


# ── what a drawing says ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_number_is_shown_as_one_few_entries_one_by_one_and_the_rest_by_shape_and_dtype() -> None:
    seen = Seen(draw(walked(least_squares())))
    assert seen.node("b") == ["b", "value", "0.5", "grad", "−33"]
    assert seen.node("w") == ["w", "value", "[1, −2]", "grad", "[−119, −152]"]
    assert seen.node("c1") == ["c1", "value", "3×2 float64"]
    assert seen.node("h1") == ["h1", "= c1 @ w", "value", "[−3, −5, −7]", "grad", "[−7, −9, −17]"]
    assert seen.node("h5") == ["h5", "= sum(h4)", "value", "104.8", "grad", "1"]


def test_a_large_gradient_is_shown_by_its_norm_which_the_legend_explains() -> None:
    root = walked(two_layers())
    (w1,) = [node for node in ancestry(root) if node.label == "W1"]
    seen = Seen(draw(root, fold=False))
    assert seen.node("W1") == ["W1", "value", "5×4 float32", "grad", f"norm {number(np.linalg.norm(w1.grad))}"]
    assert "norm  √Σg² over the entries g of an array" in seen.notes
    assert not any(note.startswith("norm") for note in Seen(draw(walked(least_squares()))).notes)


def test_edges_show_a_derivative_that_is_one_number_and_what_comes_back() -> None:
    shown = edges_of(draw(walked(least_squares())))
    assert shown["h1 → h2"] == ["∂ 1", "← [−7, −9, −17]"]
    assert shown["b → h2"] == ["← −33"]  # it was stretched: the derivative by it is an array
    assert shown["w → h1"] == ["← [−119, −152]"]  # an array op has a pull-back and no derivative
    assert shown["h3 → h4"] == ["← [−3.5, −4.5, −8.5]"]
    assert shown["c1 → h1"] == shown["c2 → h3"] == []


def test_a_tensor_of_one_entry_is_drawn_like_a_value() -> None:
    def f(x):
        return (x * x).exp() * 0.5 + x

    def said(root):
        seen = Seen(draw(root))
        return [texts(group) for group in (*seen.nodes, *seen.edges)], seen.notes

    tensor, value = f(Tensor(0.5, label="x")), f(Value(0.5, "x"))
    assert said(tensor) == said(value)
    assert table(tensor) == table(value)
    tensor.backward()
    value.backward()
    assert said(tensor) == said(value)
    assert table(tensor) == table(value)


@pytest.mark.parametrize(
    ("make", "written"),
    [
        (lambda x: x.sum(axis=0), "sum(x, axis=0)"),
        (lambda x: x.sum(axis=-1, keepdims=True), "sum(x, axis=1, keepdims=True)"),
        (lambda x: x.reshape(4, 3), "reshape(x, shape=(4, 3))"),
        (lambda x: x.T, "transpose(x)"),
        (lambda x: x.astype(np.float32), "astype(x, dtype=float32)"),
        (lambda x: x[0, 1:], "x[0, 1:]"),
        (lambda x: x[..., ::-1], "x[…, ::−1]"),
        (lambda x: x[[0, 0, 2]], "x[[0, 0, 2]]"),
        (lambda x: x[autograd.argmax(x[:, 0])], "x[h2]"),
        (lambda x: x[x > 5.0], "x[h2]"),
        (lambda x: np.einsum("ij->j", x), "einsum(x, subscripts='ij->j')"),
        (lambda x: np.eye(3) @ x, "c1 @ x"),
        (lambda x: np.concatenate([x, x], axis=1), "concatenate(x, x, axis=1)"),
    ],
)
def test_an_operation_is_written_with_what_it_was_given(make: Callable[[Tensor], Tensor], written: str) -> None:
    root = make(Tensor(np.arange(12.0).reshape(3, 4), label="x"))
    assert texts(Seen(draw(root)).nodes[-1])[1] == f"= {written}"
    assert written in table(root)


def test_an_op_of_the_users_own_is_at_home_in_a_drawing() -> None:
    scaled = array_op(
        "scaled",
        lambda a, b, by: by * (a + b),
        lambda g, y, a, b, by: (by * g, by * g),
        symbol="{} ⊞ {}",
    )
    root = walked(scaled(Tensor([1.0, 2.0], label="a"), Tensor([3.0, 4.0], label="b"), by=2.0).sum())
    seen = Seen(draw(root))
    assert seen.node("h1")[1] == "= a ⊞ b (by=2.0)"
    assert edges_of(draw(root))["a → h1"] == ["← [2, 2]"]


def test_an_array_that_is_not_finite_everywhere_says_so() -> None:
    seen = Seen(draw(walked(with_a_hole())))
    assert seen.node("h1")[3] == "3×4 float64 · 1 entry not finite"
    (tooltip,) = [title(node) for node in seen.nodes if texts(node)[0] == "h1"]
    assert "value [[-inf, 0.0, 0.6931471805599453" in tooltip


def test_a_tooltip_describes_a_large_array() -> None:
    x = np.linspace(-2.0, 6.0, 40, dtype=np.float32).reshape(5, 8)
    x[0, 0] = np.nan
    (node, *_) = Seen(draw(Tensor(x, label="x") * 2.0)).nodes
    assert "value 5×8 float32 from -1.79487 to 6, norm nan, 1 entry not finite" in title(node)


def test_a_tooltip_says_shape_and_dtype_of_one_number_that_is_not_plain() -> None:
    (node, *_) = Seen(draw(Tensor(np.full((1, 1), 0.5, np.float32), label="x") * 2.0)).nodes
    assert "value 0.5 (1×1 float32)" in title(node)


# ── the pass that is shown ───────────────────────────────────────────────────────────────────────────────────────────


def test_gradients_are_a_dash_before_a_pass_from_the_drawn_root() -> None:
    root = least_squares()
    (root * 2.0).backward()
    seen = Seen(draw(root))
    assert seen.node("w") == ["w", "value", "[1, −2]", "grad", "—"]
    assert "—  no backward pass from h5 yet" in seen.notes


def test_of_several_entries_there_is_no_gradient_and_the_note_says_why() -> None:
    root = Tensor([1.0, 2.0, 3.0], label="x") * 2.0
    note = "—  h1 has 3 entries, and gradients are those of one number: draw its sum"
    assert note in Seen(draw(root)).notes
    root.backward([1.0, 1.0, 1.0])
    assert note in Seen(draw(root)).notes
    assert Seen(draw(root)).node("x")[-1] == "—"
    assert table(root).split()[-1] == "—"


def test_after_an_optimizers_step_neither_gradients_nor_derivatives_are_mixed_from_old_and_new_numbers() -> None:
    w = Tensor([1.0], label="w")
    loss = (w * w).sum()
    loss.backward()
    assert edges_of(draw(loss))["w → h1"][0] == "∂ 1"
    w.data = [3.0]
    seen = Seen(draw(loss))
    assert "—  data of a leaf have been set since h2 was computed: draw it before an optimizer's step" in seen.notes
    assert seen.node("h1")[-1] == "—"
    assert edges_of(draw(loss))["w → h1"] == []
    assert "∂h1" not in table(loss)


def test_a_leaf_whose_grad_holds_something_else_says_so() -> None:
    root = walked(least_squares())
    assert Seen(draw(root)).node("w")[-1] == "[−119, −152]"
    root.backward()
    assert Seen(draw(root)).node("w")[-1] == "[−119, −152] (stored [−238, −304])"
    for node in ancestry(root):
        node.zero_grad()
    assert Seen(draw(root)).node("w")[-1] == "[−119, −152] (stored 0)"


def test_a_stored_gradient_of_the_same_norm_and_another_direction_is_told_apart() -> None:
    x = Tensor(np.arange(1.0, 7.0), label="x")
    root = walked((x * x).sum())
    assert Seen(draw(root)).node("x")[-1] == "norm 19.08"
    x.grad = -x.grad
    assert Seen(draw(root)).node("x")[-1] == "norm 19.08 (stored norm 19.08)"


def test_a_leaf_that_a_pass_does_not_reach_has_gradient_0() -> None:
    x = Tensor([1.0, 2.0], label="x")
    root = walked((x * (x > 1.0)).sum() + autograd.sign(Tensor([3.0, 4.0], label="y")).sum())
    assert Seen(draw(root)).node("y")[-2:] == ["grad", "0"]


def test_an_operand_used_twice_receives_both_shares_when_folded() -> None:
    x = Tensor([1.0, 2.0, 3.0], label="x")
    with region("square"):
        y = x * x
    root = walked((x + y).sum())
    (together,) = [texts(edge) for edge in Seen(draw(root, fold=True)).edges if title(edge).startswith("2 edges")]
    assert together == ["← [2, 4, 6]"]


# ── names, lines, copies ─────────────────────────────────────────────────────────────────────────────────────────────


def test_constant_arrays_are_named_by_their_place_and_numbers_by_themselves() -> None:
    x = Tensor([1.0, 2.0], label="c1")
    root = (x * np.array([3.0, 4.0]) + 0.5) * np.array([2.0])
    assert list(names(root).values()) == ["c1", "c1′", "h1", "0.5", "h2", "2", "h3"]


def test_names_are_taken_from_a_mapping_also_of_tensors_in_lists() -> None:
    weights = [Tensor([1.0, 2.0]), Tensor([3.0, 4.0])]
    total = weights[0] * weights[1]
    assert list(names(total, {"weights": weights, "total": total}).values()) == ["weights[0]", "weights[1]", "total"]


def test_lines_are_shown_where_they_were_kept() -> None:
    with trace():
        root = Tensor([1.0, 2.0], label="x") * 3.0
    assert "test_drawing_tensors.py:" in title(Seen(draw(root)).nodes[-1])


def test_a_copy_and_a_pickle_are_drawn_alike() -> None:
    in_regions, plain = walked(two_layers()), walked(least_squares())
    assert draw(copy.deepcopy(in_regions), fold=False) == draw(in_regions, fold=False)
    assert draw(pickle.loads(pickle.dumps(plain))) == draw(plain)


def test_drawing_changes_no_gradient_and_no_number() -> None:
    root = walked(two_layers())
    before = [(node.data.copy(), None if node.grad is None else node.grad.copy()) for node in ancestry(root)]
    draw(root, fold=False)
    for node, (data, grad) in zip(ancestry(root), before, strict=True):
        np.testing.assert_array_equal(node.data, data)
        assert (node.grad is None) == (grad is None)
        assert grad is None or np.array_equal(node.grad, grad)


# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_regions_fold_and_say_what_comes_out() -> None:
    root = walked(two_layers())
    hidden = Seen(draw(root, fold=2)).node("hidden")
    assert hidden[:7] == ["hidden", "operations", "2", "variables", "2", "constants", "1"]
    assert hidden[7:10] == ["value", "8×5 float32", "grad"]
    assert hidden[10].startswith("norm ")


def test_a_chain_a_hundred_thousand_deep_is_drawn_folded() -> None:
    x = Tensor([1.0, 2.0, 3.0, 4.0, 5.0], label="x")
    y = x
    for _ in range(100_000):
        y = y + 0.001
    root = walked(y.sum())
    seen = Seen(draw(root))
    assert len(seen.nodes) <= 300
    assert seen.node("x") == ["x", "value", "5 float64", "grad", "norm 2.236"]
    assert seen.node("h100000")[1] == "= h99999 + 0.001"
    with pytest.raises(GraphTooLarge, match=r"200,\d+ nodes, more than limit=300"):
        draw(root, fold=False)
    with pytest.raises(GraphTooLarge, match="a table shows 1,000"):
        table(root)


# ── layout, on graphs of every shape ─────────────────────────────────────────────────────────────────────────────────

STEPS: list[Callable[[Tensor], Tensor]] = [
    lambda a: a * 2.5,
    lambda a: a.tanh(),
    lambda a: a + a,
    lambda a: a.sum(axis=0, keepdims=True) * a,
    lambda a: a.reshape(-1),
    lambda a: np.concatenate([a, a]) if a.ndim else a,
    lambda a: a[::-1] if a.ndim else a,
    lambda a: autograd.softmax(a, axis=-1) if a.ndim else a,
]
shapes = st.sampled_from([(1,), (3,), (2, 2), (7,), (3, 4), (1, 1), (0, 3)])


@given(st.lists(st.sampled_from(STEPS), min_size=1, max_size=5), shapes, directions, st.integers(1, 17), st.booleans())
def test_text_stays_in_its_place(steps, shape, direction, digits, back) -> None:
    a = Tensor(np.linspace(-1.0, 1.0, int(np.prod(shape))).reshape(shape), label="a")
    for step in steps:
        a = step(a)
    root = a.sum()
    if back:
        root.backward()
    seen = Seen(draw(root, direction=direction, digits=digits))
    for node in seen.nodes:
        for text in node.iter("{http://www.w3.org/2000/svg}text"):
            assert inside(extent(text), by_a_hair(area(node))), text.text
    on_edges = [extent(text) for edge in seen.edges for text in edge.iter("{http://www.w3.org/2000/svg}text")]
    assert all(apart(text, area(node)) for text in on_edges for node in seen.nodes)
    assert all(apart(a, b) for a, b in combinations(on_edges, 2))


# ── how a datum is written ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.25, "0.25"),
        (np.float32(0.1), "0.1"),
        (np.full((1, 1), -2.0), "−2"),
        (np.array([1.0, -np.inf, np.nan]), "[1, −inf, nan]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.zeros((0, 3)), "0×3 float64"),
        (np.zeros((2, 3), np.float32), "2×3 float32"),
        (np.full(6, np.nan), "6 float64 · 6 entries not finite"),
    ],
)
def test_a_datum_is_written_by_what_it_is(x: object, text: str) -> None:
    assert datum.brief(x, 4) == text


def test_entries_too_long_for_a_box_give_way_to_the_shape() -> None:
    assert datum.brief(np.array([1 / 3, 2 / 3]), 4) == "[0.3333, 0.6667]"
    assert datum.brief(np.array([1 / 3, 2 / 3]), 17) == "2 float64"


def test_the_norm_of_large_numbers_does_not_overflow() -> None:
    assert datum.size(np.full(16, 1e300), 4) == "norm 4e300"
    assert datum.size(np.full(16, 1e30, np.float32), 4) == "norm 4e30"
    assert datum.size(np.array([np.inf] * 9), 4) == "norm inf"
