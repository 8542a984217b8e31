"""explain: a gradient as a sum that can be audited, and where the way to it is cut."""

import xml.etree.ElementTree as ElementTree

import naive
import numpy as np
import pytest
from random_programs import program

import autograd
from autograd import Tensor, Value, ancestry, explain, no_grad, trace, walk_back, where
from autograd.errors import ArgumentError, Detached, OperandError, ShapeError
from autograd.view.drawing import READABLE

PROGRAMS = [program(number, 40) for number in range(40)]


def neuron():
    x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
    return 1 / ((-(x * w + b)).exp() + 1)


def with_numbers(example):
    """The root of a program, its inputs, and for each of its nodes the same number of the naive engine."""
    xs = [Value(x, f"x{i}") for i, x in enumerate(example.point)]
    known = {id(x): naive.Number(x.data) for x in xs}

    def apply(name, *operands):
        node = autograd.ops.TABLE[name](*operands)
        known[id(node)] = naive.apply(name, *(known[id(x)] if isinstance(x, Value) else x for x in operands))
        return node

    return example.expression.evaluate(apply, xs), xs, known


def boxes(drawing):
    """The names of the boxes of a drawing."""
    svg = "{http://www.w3.org/2000/svg}"
    groups = [g for g in ElementTree.fromstring(drawing.svg).iter(svg + "g") if "-node-" in g.get("id", "")]
    return [next(group.iter(svg + "text")).text for group in groups]


# ── the sum ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("example", PROGRAMS, ids=lambda example: example.made)
def test_the_terms_add_up_to_what_backward_stores_bit_for_bit(example):
    root, xs, _ = with_numbers(example)
    explanations = [explain(root, x) for x in xs]
    root.backward()
    for x, explanation in zip(xs, explanations, strict=True):
        total = 0.0
        for i, term in enumerate(explanation.terms):
            total = term.share if i == 0 else total + term.share
            assert term.total == total
        assert explanation.gradient == x.grad == total


@pytest.mark.parametrize("example", PROGRAMS[:20], ids=lambda example: example.made)
def test_every_term_is_upstream_times_local_as_a_naive_engine_has_them(example):
    root, xs, known = with_numbers(example)
    for x in xs:
        for term in explain(root, x).terms:
            operation = known[id(term.contribution.operation)]
            upstream = naive.derivative(known[id(root)], operation)
            local = operation.partials[term.contribution.place]
            assert term.upstream == pytest.approx(upstream, rel=1e-6, abs=1e-7)
            assert term.local == pytest.approx(local, rel=1e-6, abs=1e-7)
            assert term.share == term.upstream * term.local


@pytest.mark.parametrize("number", range(30))
def test_the_products_along_all_paths_add_up_to_the_gradient(number):
    root, xs, _ = with_numbers(program(number, 12))
    for x in xs:
        explanation = explain(root, x)
        if explanation.paths:
            products = [float(np.prod(path.locals)) for path in explanation.paths]
            assert [path.product for path in explanation.paths] == pytest.approx(products)
            assert sum(products) == pytest.approx(explanation.gradient, rel=1e-9, abs=1e-12)
            assert all(
                (path.names[0], path.names[-1]) == (explanation.names[root], x.label) for path in explanation.paths
            )


def test_paths_come_from_left_to_right():
    a = Value(3.0, "a")
    b = a * a
    assert [path.text(4) for path in explain(b * a + b, a).paths] == [
        "h3 → h2 → h1 → a: 1 · 3 · 3 = 9",
        "h3 → h2 → h1 → a: 1 · 3 · 3 = 9",
        "h3 → h2 → a: 1 · 9 = 9",
        "h3 → h1 → a: 1 · 3 = 3",
        "h3 → h1 → a: 1 · 3 = 3",
    ]


def test_a_path_of_one_edge_is_its_derivative_and_a_masked_product_says_why_it_is_0():
    x = Value(0.0, "x")
    assert [path.text(4) for path in explain(x * 3, x).paths] == ["h1 → x: 3"]
    assert [path.text(4) for path in explain(x.sqrt() * 0, x).paths] == [
        "h2 → h1 → x: 0 · inf = 0, for 0 · ∞ counts as 0"
    ]


def test_the_neuron_is_explained_with_the_textbooks_product():
    assert (
        str(explain(neuron(), "w"))
        == """∂h6/∂w = 0.25 is one share: 0.25 through h1 (0.25 × 1).

through  function  ∂h6/∂…  ∂…/∂w  share   sum  line
───────  ────────  ──────  ─────  ─────  ────  ────
h1       x × w       0.25      1   0.25  0.25

by paths
  h6 → h5 → h4 → h3 → h2 → h1 → w: −0.25 · 1 · 1 · −1 · 1 · 1 = 0.25"""
    )


def test_more_paths_than_anybody_reads_are_left_out():
    x = Value(1.0, "x")
    y = x
    for _ in range(200):
        y = y + y
    explanation = explain(y, x)
    assert (explanation.gradient, explanation.paths) == (2.0**200, ())


def test_every_term_has_its_line_under_trace():
    a = Value(3.0, "a")
    with trace():
        f = a * 2 + a
    sites = {term.through: term.site for term in explain(f, a).terms}
    assert sites.keys() == {"h1", "h2"}
    assert all(site.rpartition(":")[0].endswith("test_explain.py") for site in sites.values())
    assert sites["h1"] in str(explain(f, a))


def test_a_leaf_used_two_thousand_times_lists_a_few():
    x = Value(1.0, "x")
    total = autograd.sum([x * i for i in range(2_000)])
    explanation = explain(total, x)
    assert len(explanation.terms) == 2_000
    assert "and 1,994 more" in explanation.text
    assert len(str(explanation)) < 10_000
    assert explanation.gradient == sum(range(2_000))


def test_the_root_itself_and_an_operation_are_explained_too():
    f = neuron()
    assert explain(f, f).text == "∂h6/∂h6 = 1: every walk back begins with it."
    assert explain(f, "h3").text == "∂h6/∂h3 = −0.25 is one share: −0.25 through h4 (−0.25 × 1)."


def test_a_leaf_that_holds_other_passes_says_so():
    a = Value(3.0, "a")
    f = a * 2
    f.backward()
    f.backward()
    assert "Its stored grad is 4: other passes are in it too." in explain(f, a).text
    assert a.grad == 4.0


# ── where the way is cut ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_comparison_cuts_the_way_and_is_named_with_its_line():
    a = Value(3.0, "a")
    with trace():
        f = where(autograd.greater(a, 2.0), a, -a)
    explanation = explain(f, a)
    (cut,) = explanation.cuts
    line = f"test_explain.py:{test_a_comparison_cuts_the_way_and_is_named_with_its_line.__code__.co_firstlineno + 3}"
    assert cut.startswith("Nothing comes back to a through h1 = a > 2 at ")
    assert cut.endswith(f"{line}: greater has no derivative")
    assert explanation.gradient == 1.0


@pytest.mark.parametrize(
    ("make", "cut"),
    [
        (lambda x: where(x, 2.0, x), "where takes no derivative toward its operand 1"),
        (lambda x: autograd.sign(x) * x, "sign has no derivative"),
        (lambda x: autograd.greater(x, 0.0), "greater has no derivative"),
    ],
)
def test_operands_without_a_derivative_are_named(make, cut):
    for x in (Value(1.0, "x"), Tensor([1.0], label="x")):
        found = explain(make(x), x).cuts
        assert len(found) == 1
        assert found[0].endswith(cut)


def test_a_frozen_leaf_says_so():
    w = Value(2.0, "w")
    w.requires_grad = False
    explanation = explain(Value(1.0, "x") * w, w)
    assert explanation.gradient == 0.0
    assert explanation.cuts == ("w has requires_grad = False: no derivative is taken toward it",)
    assert "nothing comes back to it" in explanation.text


@pytest.mark.parametrize("cut", [lambda w: w.detach(), lambda w: w.data, lambda w: w.numpy()])
def test_a_constant_that_holds_the_numbers_is_pointed_at(cut):
    w = Tensor([1.0, 2.0], label="w")
    with trace():
        f = (Tensor([3.0, 4.0], label="x") * cut(w)).sum()
    text = " ".join(explain(f, w).cuts)
    assert "No recorded operation leads from w to h2" in text
    assert "reads the constant c1, which holds the numbers of w: was it copied from there, by detach()" in text
    assert f"test_explain.py:{test_a_constant_that_holds_the_numbers_is_pointed_at.__code__.co_firstlineno + 4}" in text


TRIVIAL = [
    (Value(3.0, "a"), lambda a: Value((a * 2).data) * 3),
    (Value(0.25, "a"), lambda a: Value(2.0, "b") * 0.25),
    (Value(3.0, "a"), lambda a: Value(3.0, "b") * 2),
    (Tensor(np.ones(3), label="a"), lambda a: (Tensor([1.0, 2.0, 3.0], label="b") * np.ones(3)).sum()),
]


@pytest.mark.parametrize(("a", "make"), TRIVIAL)
def test_a_plain_number_that_a_leaf_has_too_is_not_suspected(a, make):
    (_, said) = explain(make(a), a).cuts
    assert said.startswith("What is computed from a under no_grad(), or through detach(), .data or float()")


COPIES = [
    (Value(0.7310585786, "a"), lambda a: Value(2.0, "b") * a.data, "constant"),
    (Value(3.0, "a"), lambda a: Value(a.data) * 3, "variable"),
    (Tensor([1.0, 2.0], label="a"), lambda a: (Tensor(a.data) * 3.0).sum(), "variable"),
    (Tensor(np.float32(1.2345678), label="a"), lambda a: Tensor(np.float32(2.0), label="b") * a.data, "constant"),
]


@pytest.mark.parametrize(("a", "make", "kind"), COPIES)
def test_what_looks_like_a_copy_is_suspected(a, make, kind):
    (_, suspicion) = explain(make(a), a).cuts
    assert f"reads the {kind} " in suspicion
    assert "which holds the numbers of a: was it copied from there" in suspicion


def test_what_was_made_under_no_grad_is_a_constant():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    with no_grad():
        h = w * x
        everything = h * x
    assert "under no_grad(), or through detach()" in " ".join(explain(h * x, w).cuts)
    assert "is a constant: was it made under no_grad(), or by detach()?" in " ".join(explain(everything, w).cuts)
    assert explain(everything, w).gradient == 0.0


def test_a_leaf_made_anew_since_is_told_from_the_one_in_the_graph():
    f = Value(2.0, "w") * 3
    assert "depends on another leaf that is called w too" in explain(f, Value(2.0, "w")).text


def test_where_nothing_is_cut_nothing_is_said():
    f = neuron()
    assert all(explain(f, name).cuts == () for name in "xwb")


# ── tensors ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def layer():
    x = Tensor(np.arange(6.0).reshape(2, 3) / 5, requires_grad=False, label="x")
    w, b = Tensor(np.linspace(-1.0, 1.0, 12).reshape(3, 4), label="W"), Tensor(np.ones(4), label="b")
    return autograd.tanh(x @ w + b).sum() + (w * w).sum() * 0.5 + (w * b).sum(), w, b


def test_terms_of_tensors_add_up_entry_by_entry():
    f, w, b = layer()
    gradients = dict(walk_back(f))
    for node in (w, b):
        explanation = explain(f, node)
        assert np.array_equal(explanation.gradient, gradients[node])
        assert np.array_equal(explanation.terms[-1].total, gradients[node])
        total = explanation.terms[0].share
        for term in explanation.terms[1:]:
            total = total + term.share
        assert np.array_equal(total, gradients[node])


def test_one_entry_is_explained_on_request():
    f, w, _ = layer()
    explanation = explain(f, w, at=(1, 2))
    gradient = dict(walk_back(f))[w][1, 2]
    assert explanation.name == "∂h11/∂W[1, 2]"
    assert explanation.text.startswith(f"∂h11/∂W[1, 2] = {gradient:.6g} is the sum of 4 shares")
    assert sum(term.entry((1, 2))[2] for term in explanation.terms) == pytest.approx(gradient)
    products = [term.entry((1, 2)) for term in explanation.terms if term.entry((1, 2))[1] is not None]
    assert len(products) == 3
    assert all(upstream * local == share for upstream, local, share, _ in products)
    assert str(explain(f, w, at=(-1, -1))).startswith("∂h11/∂W[-1, -1]")


def test_whole_tensors_are_told_by_norm():
    f, w, _ = layer()
    explanation = explain(f, w)
    assert explanation.text.startswith(f"∂h11/∂W = norm {np.linalg.norm(explanation.gradient):.6g} is the sum")
    assert "pull-back" in str(explanation)
    assert explanation.paths == ()


@pytest.mark.parametrize("at", [(0,), 0, (0, 0, 0), (0.0, 1), "00", (True, 0)])
def test_an_entry_needs_a_whole_number_for_each_axis(at):
    f, w, _ = layer()
    with pytest.raises(ArgumentError, match=r"no entry of W of shape \(3, 4\): it takes 2 whole numbers, one for each"):
        explain(f, w, at=at)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ((3, 0), "axis 0 has the places −3 to 2, and 3 is none of them"),
        ((0, -5), "axis 1 has the places −4 to 3, and -5 is none of them"),
        ((7, 7), "axis 0 has the places"),
    ],
)
def test_an_entry_that_is_not_there_is_refused_with_the_axis_it_is_not_on(at, said):
    f, w, _ = layer()
    with pytest.raises(ArgumentError, match=rf"is no entry of W of shape \(3, 4\): {said}"):
        explain(f, w, at=at)


def test_a_number_has_no_entries():
    with pytest.raises(ArgumentError, match=r"at=7 is no entry of w of shape \(\), which is one number: leave at out"):
        explain(neuron(), "w", at=7)


# ── the picture ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_drawing_holds_what_lies_between_and_what_feeds_it():
    x, w, v = Value(1.0, "x"), Value(2.0, "w"), Value(3.0, "v")
    f = (x * w).tanh() * (v * v)
    assert set(boxes(explain(f, x).drawing())) == {"x", "w", "h1", "h2", "h3", "h4"}
    assert set(boxes(explain(f, v).drawing())) == {"v", "h2", "h3", "h4"}
    assert set(boxes(explain(f, "h2").drawing())) == {"h2", "h3", "h4"}


def test_the_drawing_shows_the_gradients_of_the_whole_graph():
    f, w, _ = layer()
    svg = explain(f, w).drawing(digits=6).svg
    assert f"norm {np.linalg.norm(dict(walk_back(f))[w]):.6g}" in svg
    assert (w.grad, f.walked) == (None, False)


def test_a_drawing_is_there_even_where_the_way_is_cut():
    w = Value(2.0, "w")
    assert "x" in boxes(explain(Value(1.0, "x") * 2, w).drawing())
    assert "h1" in boxes(explain(autograd.greater(w, 1.0), w).drawing())
    assert boxes(explain(w, w).drawing()) == ["w"]


def test_notebooks_show_the_drawing_and_the_text():
    explanation = explain(neuron(), "w")
    bundle = explanation._repr_mimebundle_()
    assert set(bundle) == {"text/html", "image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == str(explanation)
    assert repr(explanation) == "<explanation: ∂h6/∂w = 0.25, 1 share>"


def test_notebooks_show_the_text_alone_where_the_drawing_is_too_wide_to_be_read():
    x = Value(1.0, "x")
    y = x
    for _ in range(60):
        y = y * 1.01
    explanation = explain(y, x)
    assert explanation.drawing().width > READABLE
    assert explanation._repr_mimebundle_() == {"text/plain": str(explanation)}


# ── what is asked wrongly, and large graphs ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((3.0, "x"), OperandError, "explain takes a Value or a Tensor, the root of a graph, got float"),
        ((Value(1.0) * 2, 3.0), OperandError, "takes a node or its name as wrt, not float"),
        ((Value(1.0, "x") * 2, "y"), ArgumentError, "no node is called 'y'; there are x, 2, h1"),
        ((Value(1.0, "x") * Value(2.0, "x"), "x"), ArgumentError, "2 nodes are called 'x': give the node itself"),
        ((Tensor([1.0, 2.0], label="x") * 2, "x"), ShapeError, r"take its sum, explain\(t.sum\(\), wrt\)"),
    ],
)
def test_what_cannot_be_explained_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        explain(*arguments)


@pytest.mark.parametrize("digits", [0, 18, 2.0, True])
def test_digits_are_a_whole_number(digits):
    with pytest.raises(ArgumentError, match="digits="):
        explain(neuron(), "w", digits=digits)


def test_an_explanation_is_not_recorded():
    with pytest.raises(Detached, match="while a program is recorded"):
        autograd.record(lambda x: explain(x * x, x).gradient, 2.0)


def test_a_chain_far_deeper_than_pythons_stack_is_explained():
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000):
        y = y * 1.00001
    explanation = explain(y, x)
    assert explanation.gradient == pytest.approx(1.00001**20_000)
    assert explanation.paths == ()  # one, but nobody reads it
    assert len(ancestry(y)) > 20_000


# ── where the way is cut, and where shapes cross, with the line ──────────────────────────────────────────────────────


def line_of(function, offset):
    return f"test_explain.py:{function.__code__.co_firstlineno + offset}"


def test_under_trace_a_constant_knows_the_line_that_made_it():
    w, x = Tensor([1.0, 2.0], label="w"), Value(2.0, "x")
    with trace():
        h = (w * 2.0).detach()
        with no_grad():
            k = x * 3.0
    here = test_under_trace_a_constant_knows_the_line_that_made_it
    for root, node, line in (((h * h).sum(), w, line_of(here, 3)), (k * x, x, line_of(here, 5))):
        constant = next(c for c in ancestry(root) if c.site is not None)
        assert str(constant.site).endswith(line)
        assert not constant.requires_grad
        assert line in " ".join(explain(root, node).cuts) or explain(root, node).terms
    assert (Tensor([1.0]).detach().site, w.detach().site) == (None, None)


def column_and_row(column, row):
    with trace():
        return ((column - row) ** 2).mean()


@pytest.mark.parametrize("given", [np.arange(5.0), Tensor(np.arange(5.0))])
def test_a_column_that_meets_a_row_is_told_of_with_its_line(given):
    w = Tensor(np.ones((5, 1)), label="w")
    explanation = explain(column_and_row(w * 2.0, given), w)
    (note,) = explanation.notes
    assert "joins shapes (5, 1) and (5,) to (5, 5), every number of one with every number of the other" in note
    assert line_of(column_and_row, 2) in note
    assert note in explanation.text


def test_targets_in_a_column_against_outputs_in_a_row_are_told_of_too():
    w = Tensor(np.ones(5), label="w")
    assert "joins shapes (5,) and (5, 1)" in explain(column_and_row(w * 2.0, np.ones((5, 1))), w).text


INTENDED = {
    "entry by entry": lambda w: w * 2.0 - np.ones(5),
    "a new axis": lambda w: (w * 2.0)[:, None] - w,
    "a new axis by reshape": lambda w: (w * 2.0).reshape(-1, 1) - np.ones(5),
    "a matrix and a row": lambda w: (w * np.ones((4, 1))) - np.ones(5),
    "other sizes": lambda w: (w * 2.0).reshape(5, 1) * 2.0 - np.ones(3),
    "one number": lambda w: (w * 2.0).sum(keepdims=True).reshape(1, 1) - np.ones(1),
    "two leaves": lambda w: w - np.ones((5, 1)),
}


@pytest.mark.parametrize("f", INTENDED.values(), ids=INTENDED)
def test_shapes_that_are_meant_so_are_not(f):
    w = Tensor(np.arange(5.0), label="w")
    assert explain((f(w) ** 2).mean(), w).notes == ()
