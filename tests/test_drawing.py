"""Drawings: what they say, how they are laid out, what they survive.

The pictures in tests/golden are compared byte for byte. After a change that is meant to be seen, write them anew with
`UPDATE_GOLDEN=1 pytest tests/test_drawing.py`, and look at each before it is committed.
"""

import base64
import math
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import copy_context
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import graphviz
import pytest
from hypothesis import given, strategies as st

import autograd
from autograd import Value, ancestry, region
from autograd.errors import ArgumentError, GraphTooLarge, MissingExtra, OperandError
from autograd.view.drawing import READABLE, Drawing, draw
from autograd.view.names import names
from autograd.view.table import table
from autograd.view.text import number, width

GOLDEN = Path(__file__).parent / "golden"
SVG = "{http://www.w3.org/2000/svg}"
Rectangle = tuple[float, float, float, float]  # left, top, right and bottom


def sigmoid_neuron() -> Value:
    """The textbook's neuron: f = 1 / (exp(−(x·w + b)) + 1) at x = 1, w = 0, b = 0."""
    x, w, b = Value(1.0, "x"), Value(0.0, "w"), Value(0.0, "b")
    return 1 / ((-(x * w + b)).exp() + 1)


def small_network() -> Value:
    """Two inputs, two hidden sigmoid neurons and one output neuron, each in a region of its own."""
    x1, x2 = Value(0.5, "x1"), Value(-1.0, "x2")
    with region("network"):
        with region("hidden"):
            outputs = []
            for i in range(2):
                with region(f"neurons.{i}"):
                    outputs.append((Value(0.1 + i, "w1") * x1 + Value(0.2 - i, "w2") * x2).sigmoid())
        with region("output"):
            return Value(1.5, "v1") * outputs[0] + Value(-0.5, "v2") * outputs[1]


class Seen:
    """A drawing read back from its SVG, as a browser would."""

    def __init__(self, drawing: Drawing) -> None:
        self.document = ElementTree.fromstring(drawing.svg)
        self.nodes, self.edges, self.frames = (self.groups(kind) for kind in ("node", "edge", "frame"))

    def groups(self, kind: str) -> list[ElementTree.Element]:
        return [group for group in self.document.iter(SVG + "g") if f"-{kind}-" in group.get("id", "")]

    @property
    def notes(self) -> list[str]:
        return [text.text or "" for text in self.document.findall(SVG + "text")]

    def node(self, name: str) -> list[str]:
        """The texts of the one node whose name this is."""
        (found,) = [texts(group) for group in self.nodes if texts(group)[0] == name]
        return found


def texts(group: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in group.iter(SVG + "text")]


def title(group: ElementTree.Element) -> str:
    return group.findtext(SVG + "title") or ""


def area(group: ElementTree.Element) -> Rectangle:
    """Left, top, right and bottom of the outline of a node or frame."""
    outline = group.find(SVG + "rect")
    assert outline is not None
    x, y, across, down = (float(outline.get(side, "nan")) for side in ("x", "y", "width", "height"))
    return x, y, x + across, y + down


def ends(edge: ElementTree.Element) -> tuple[float, float, float, float]:
    """Where an edge begins and where it ends: x, y, x, y."""
    line = edge.find(SVG + "path")
    assert line is not None
    points = [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", line.get("d", ""))]
    return points[0], points[1], points[-2], points[-1]


def trail(edge: ElementTree.Element) -> list[tuple[float, float]]:
    """Points along an edge, close together."""
    line = edge.find(SVG + "path")
    assert line is not None
    points: list[tuple[float, float]] = []
    for kind, numbers in re.findall(r"([MLC])([^MLC]+)", line.get("d", "")):
        flat = [float(x) for x in numbers.split()]
        new = list(zip(flat[::2], flat[1::2], strict=True))
        if kind == "M":
            points += new
            continue
        (x0, y0), (x3, y3) = points[-1], new[-1]
        (x1, y1), (x2, y2) = new[:2] if kind == "C" else ((x0, y0), (x3, y3))
        for t in (i / 40 for i in range(1, 41)):
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            points.append((a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3))
    return points


def apart(one: Rectangle, other: Rectangle) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


def inside(inner: Rectangle, outer: Rectangle) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


MAKERS: list[Callable[[Value, Value], Value]] = [
    lambda a, b: a + b,
    lambda a, b: a * b,
    lambda a, b: a.tanh(),
    lambda a, b: a * 3,
    lambda a, b: autograd.logsumexp([a, b, a]),
]


REGIONS = [(), ("p",), ("p", "q"), ("r",), ("a region with quite a long name",), ("p", "another long name inside it")]


@st.composite
def graphs(draw_from: st.DrawFn) -> Value:
    """Small graphs of every shape: shared nodes, nodes used twice by one operation, some in nested regions."""
    nodes = [Value(draw_from(st.floats(-2, 2)), f"v{i}") for i in range(draw_from(st.integers(1, 4)))]
    for _ in range(draw_from(st.integers(1, 10))):
        a, b = draw_from(st.sampled_from(nodes)), draw_from(st.sampled_from(nodes))
        with ExitStack() as regions:
            for name in draw_from(st.sampled_from(REGIONS)):
                regions.enter_context(region(name))
            for make in draw_from(st.lists(st.sampled_from(MAKERS), min_size=1, max_size=3)):
                nodes.append(make(a, b))
                a, b = nodes[-1], a
    if draw_from(st.booleans()):
        nodes[-1].backward()
    return nodes[-1]


directions = st.sampled_from(["LR", "TB"])
edge_texts = st.sampled_from(["derivatives", "values", "none"])


# ── golden pictures ──────────────────────────────────────────────────────────────────────────────────────────────────


def pictures() -> dict[str, Drawing]:
    before, after, network = sigmoid_neuron(), sigmoid_neuron(), small_network()
    after.backward()
    network.backward()
    return {
        "neuron-before.svg": draw(before),
        "neuron-after.svg": draw(after),
        "neuron-downwards.svg": draw(after, direction="TB"),
        "neuron-values.svg": draw(after, edges="values"),
        "network.svg": draw(network, fold=False),
        "network-folded.svg": draw(network, fold=3),
    }


@pytest.mark.parametrize("name", list(pictures()))
def test_the_picture_is_the_golden_one(name: str) -> None:
    drawn = pictures()[name]
    if os.environ.get("UPDATE_GOLDEN"):
        drawn.save(GOLDEN / name)
    assert drawn.svg == (GOLDEN / name).read_text(encoding="utf-8")


def test_another_process_draws_the_same_bytes() -> None:
    program = (
        "import sys; sys.path.insert(0, 'tests'); import test_drawing as t; n = t.small_network(); n.backward(); "
        "sys.stdout.buffer.write((t.draw(n, fold=False).svg + t.draw(n, fold=2).svg).encode())"
    )
    network = small_network()
    network.backward()
    here = draw(network, fold=False).svg + draw(network, fold=2).svg
    for seed in ("1", "2"):
        there = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert there.stdout.decode() == here


# ── what a drawing says ──────────────────────────────────────────────────────────────────────────────────────────────


def test_every_node_shows_its_name_operation_value_and_gradient() -> None:
    f = sigmoid_neuron()
    f.backward()
    seen = Seen(draw(f))
    assert seen.node("x") == ["x", "value", "1", "grad", "0"]
    assert seen.node("w") == ["w", "value", "0", "grad", "0.25"]
    assert seen.node("h1") == ["h1", "= x × w", "value", "0", "grad", "0.25"]
    assert seen.node("h3") == ["h3", "= h2 × −1", "value", "0", "grad", "−0.25"]
    assert seen.node("h6") == ["h6", "= 1 / h5", "value", "0.5", "grad", "1"]
    assert seen.node("−1") == ["−1"]


def test_edges_show_the_local_derivative_and_after_a_pass_the_share_of_the_gradient() -> None:
    f = sigmoid_neuron()
    before = {title(edge).splitlines()[0]: texts(edge) for edge in Seen(draw(f)).edges}
    f.backward()
    after = {title(edge).splitlines()[0]: texts(edge) for edge in Seen(draw(f)).edges}
    assert before["h5 → h6"] == ["∂ −0.25"]
    assert after["h5 → h6"] == ["∂ −0.25", "← −0.25"]
    assert after["w → h1"] == ["∂ 1", "← 0.25"]
    assert after["−1 → h3"] == []


def test_edges_can_show_forward_values_as_the_textbook_does() -> None:
    f = sigmoid_neuron()
    values = {title(edge).splitlines()[0]: texts(edge) for edge in Seen(draw(f, edges="values")).edges}
    assert values["x → h1"] == ["1"]
    assert values["−1 → h3"] == ["−1"]
    assert values["h5 → h6"] == ["2"]
    assert [texts(node) for node in Seen(draw(f, edges="values")).nodes] == [
        texts(node) for node in Seen(draw(f)).nodes
    ]


def test_edges_can_be_bare() -> None:
    assert not any(texts(edge) for edge in Seen(draw(sigmoid_neuron(), edges="none")).edges)


def test_gradients_are_a_dash_before_a_pass_from_the_drawn_root() -> None:
    f = sigmoid_neuron()
    (w,) = [node for node in ancestry(f) if node.label == "w"]
    (f * 2).backward()
    seen = Seen(draw(f))
    assert w.grad == 0.5
    assert seen.node("w") == ["w", "value", "0", "grad", "—"]
    assert "—  no backward pass from h6 yet" in seen.notes


@pytest.mark.parametrize("root", [sigmoid_neuron(), Value(2.0, "x")])
def test_a_pass_from_further_on_is_none_from_the_drawn_root(root: Value) -> None:
    (root + 1).backward()
    assert root.grad == 1.0 or root.op is not None
    assert texts(Seen(draw(root)).nodes[-1])[-1] == "—"
    assert table(root).split()[-1] == "—"
    root.backward()
    assert texts(Seen(draw(root)).nodes[-1])[-1].split(" ")[0] == "1"
    assert table(root).split()[-1] != "—"


def test_the_legend_explains_only_what_is_shown() -> None:
    root = small_network()
    root.backward()
    assert "←  the operand's share of the gradient: the operation's gradient × ∂" in Seen(draw(root, fold=False)).notes
    inputs_only = Seen(draw(root, fold=1))
    assert [note for note in inputs_only.notes if note.startswith("←")] == ["←  the operand's share of the gradient"]
    assert not any("∂" in text for edge in inputs_only.edges for text in texts(edge))


def test_a_leaf_whose_grad_holds_more_than_one_pass_says_so() -> None:
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    assert Seen(draw(y)).node("x")[-1] == "6"
    y.backward()
    assert x.grad == 12.0
    assert Seen(draw(y)).node("x")[-1] == "6 (stored 12)"


def test_an_operand_used_twice_has_two_edges() -> None:
    a = Value(3.0, "a")
    seen = Seen(draw(a * a))
    first, second = seen.edges
    assert away(ends(second)[:2], trail(first)) < 0.2
    assert ends(first)[3] != ends(second)[3]


def test_a_leaf_alone_is_drawn() -> None:
    x = Value(2.0, "x")
    assert Seen(draw(x)).node("x") == ["x", "value", "2", "grad", "—"]
    x.backward()
    assert Seen(draw(x)).node("x") == ["x", "value", "2", "grad", "1"]


def test_names_come_from_labels_then_from_a_mapping_then_from_the_place_in_the_graph() -> None:
    weights, x = [Value(2.0), Value(3.0)], Value(1.0, "input")
    total = weights[0] * x + weights[1] * x
    f = total.tanh() + Value(5.0)
    given = {"_": f, "weights": weights, "x": x, "total": total, "f": f, "unrelated": 3, "other": Value(0.0)}
    found = names(f, given)
    assert list(found.values()) == ["weights[0]", "input", "h1", "weights[1]", "h2", "total", "h4", "x1", "f"]
    assert Seen(draw(f, names=given)).node("total")[1] == "= h1 + h2"


def test_a_made_name_never_repeats_one_of_the_users() -> None:
    leaf = Value(1.0, "h1")
    assert list(names(leaf.exp()).values()) == ["h1", "h1′"]


@pytest.mark.parametrize(
    ("x", "digits", "text"),
    [(-0.0, 4, "0"), (-0.25, 4, "−0.25"), (1e-5, 4, "1e−5"), (12345.678, 4, "1.235e4"), (2 / 3, 2, "0.67"),
     (float("-inf"), 4, "−inf"), (float("nan"), 4, "nan"), (100.0, 4, "100")],
)  # fmt: skip
def test_numbers_are_short_and_have_a_true_minus_sign(x: float, digits: int, text: str) -> None:
    assert number(x, digits) == text
    assert text in Seen(draw(Value(x, "x"), digits=digits)).node("x")


def test_numbers_keep_as_many_digits_as_asked() -> None:
    assert "0.333333" in Seen(draw(Value(1 / 3, "x"), digits=6)).node("x")


# ── layout ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(graphs(), directions, edge_texts)
def test_boxes_do_not_overlap_and_frames_hold_their_own_alone(root: Value, direction: str, edges: str) -> None:
    seen = Seen(draw(root, direction=direction, edges=edges))
    boxes = [area(node) for node in seen.nodes]
    frames = [area(frame) for frame in seen.frames]
    assert all(apart(a, b) for a, b in combinations(boxes, 2))
    assert all(apart(box, frame) or inside(box, frame) for box in boxes for frame in frames)
    assert all(apart(a, b) or inside(a, b) or inside(b, a) for a, b in combinations(frames, 2))


@given(graphs(), directions)
def test_every_edge_goes_forward_from_a_box_or_an_edge_to_a_box(root: Value, direction: str) -> None:
    seen = Seen(draw(root, direction=direction))
    boxes = [area(node) for node in seen.nodes]
    trails = [trail(edge) for edge in seen.edges]
    for i, edge in enumerate(seen.edges):
        x, y, end_x, end_y = ends(edge)
        assert (x < end_x) if direction == "LR" else (y < end_y)
        from_box = any(inside((x, y, x, y), by_a_hair(box)) for box in boxes)
        assert from_box or any(away((x, y), earlier) < 0.2 for earlier in trails[:i])
        assert any(inside((end_x, end_y, end_x, end_y), by_a_hair(box)) for box in boxes)


@given(graphs(), directions)
def test_no_edge_passes_through_a_box(root: Value, direction: str) -> None:
    seen = Seen(draw(root, direction=direction))
    for edge in seen.edges:
        for x, y in trail(edge):
            for left, top, right, bottom in map(area, seen.nodes):
                assert not (left + 0.2 < x < right - 0.2 and top + 0.2 < y < bottom - 0.2)


@given(graphs(), directions)
def test_no_edge_strikes_through_the_title_of_a_frame(root: Value, direction: str) -> None:
    seen = Seen(draw(root, direction=direction, fold=False))
    titles = [extent(text) for group in seen.groups("title") for text in group.iter(SVG + "text")]
    assert len(titles) == len(seen.frames)
    for edge in seen.edges:
        for x, y in trail(edge):
            assert all(apart((x, y, x, y), title) for title in titles)
    assert all(apart(a, b) for a, b in combinations(titles, 2))
    assert all(inside(title, area(frame)) for title, frame in zip(titles, seen.frames, strict=True))


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")
def test_titles_lie_above_edges_on_a_patch_where_dot_leads_edges_through_them() -> None:
    with region("a region with quite a long name"):
        inner = Value(1.0, "a") * 2
    seen = Seen(draw(inner.tanh(), direction="TB", engine="dot"))
    order = [group.get("id", "").split("-")[1] for group in seen.document.iter(SVG + "g") if group.get("id")]
    assert order == ["frame"] + ["edge"] * 3 + ["title"] + ["node"] * 4
    (group,) = seen.groups("title")
    (text,) = group.iter(SVG + "text")
    assert inside(extent(text), area(group))


@given(graphs(), directions)
def test_what_edges_share_is_drawn_once(root: Value, direction: str) -> None:
    pieces = [piece for edge in Seen(draw(root, direction=direction)).edges for piece in curves(edge)]
    assert len(set(pieces)) == len(pieces)


def curves(edge: ElementTree.Element) -> list[str]:
    """Every curve of an edge, by where it begins and how it runs."""
    line = edge.find(SVG + "path")
    assert line is not None
    parts = re.findall(r"[MLC][^MLC]+", line.get("d", ""))
    starts = [" ".join(part[1:].split()[-2:]) for part in parts]
    return [start + part for start, part in zip(starts, parts[1:], strict=False) if part[0] == "C"]


def away(point: tuple[float, float], line: list[tuple[float, float]]) -> float:
    """How far a point is from a line of many straight pieces."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(line):
        along, down, length = x1 - x0, y1 - y0, math.hypot(x1 - x0, y1 - y0) or 1.0
        part = min(max(((point[0] - x0) * along + (point[1] - y0) * down) / length**2, 0.0), 1.0)
        found.append(math.hypot(point[0] - x0 - part * along, point[1] - y0 - part * down))
    return min(found)


def by_a_hair(box: Rectangle) -> Rectangle:
    """Larger by what rounding to a tenth of a pixel may take."""
    return box[0] - 0.2, box[1] - 0.2, box[2] + 0.2, box[3] + 0.2


def extent(text: ElementTree.Element) -> Rectangle:
    """Where a line of text is, by the table of widths."""
    x, y, size = (float(text.get(name, "nan")) for name in ("x", "y", "font-size"))
    across = width(text.text or "", size, bold=text.get("font-weight") == "bold")
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[text.get("text-anchor", "start")] * across
    return left, y - 0.75 * size, left + across, y + 0.2 * size


@given(graphs(), directions, st.integers(1, 17), st.text(max_size=60))
def test_text_fits_in_its_box(root: Value, direction: str, digits: int, label: str) -> None:
    root.label = label
    seen = Seen(draw(root, direction=direction, digits=digits))
    for node in seen.nodes:
        for text in node.iter(SVG + "text"):
            assert inside(extent(text), by_a_hair(area(node))), text.text


@given(graphs(), directions)
def test_text_on_edges_covers_no_box_and_no_other_text(root: Value, direction: str) -> None:
    seen = Seen(draw(root, direction=direction))
    on_edges = [extent(text) for edge in seen.edges for text in edge.iter(SVG + "text")]
    assert all(apart(text, area(node)) for text in on_edges for node in seen.nodes)
    assert all(apart(a, b) for a, b in combinations(on_edges, 2))


@given(graphs(), directions)
def test_everything_lies_within_the_picture(root: Value, direction: str) -> None:
    document = Seen(draw(root, direction=direction)).document
    _, _, across, down = map(float, document.get("viewBox", "").split())
    (content,) = document.findall(SVG + "g")
    shift = re.fullmatch(r"translate\((\S+) (\S+)\)", content.get("transform", ""))
    assert shift is not None
    right, bottom = across - float(shift[1]), down - float(shift[2])
    seen = [area(group) for group in content if group.find(SVG + "rect") is not None]
    seen += [extent(text) for text in content.iter(SVG + "text")]
    assert all(inside(each, (0.0, 0.0, right, bottom)) for each in seen)


# ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fold", "boxes"),
    [
        (False, set()),
        (True, {"network"}),
        (1, {"network"}),
        (2, {"hidden", "output"}),
        (3, {"neurons.0", "neurons.1"}),
        ("neurons.1", {"neurons.1"}),
        ({"network.hidden", "output"}, {"hidden", "output"}),
    ],
)
def test_regions_fold_at_a_depth_or_by_name(fold: Any, boxes: set[str]) -> None:
    shown = map(texts, Seen(draw(small_network(), fold=fold)).nodes)
    assert {name for name, *rest in shown if "operations" in rest} == boxes


def across(drawing: Drawing) -> float:
    return float(Seen(drawing).document.get("width", "nan"))


def test_a_picture_too_wide_to_be_read_is_folded_by_region_and_says_so() -> None:
    root = small_network()
    seen = Seen(draw(root))
    assert {"neurons.0", "neurons.1"} <= {texts(node)[0] for node in seen.nodes}
    assert "29 nodes, too wide to be read: folded by region at depth 3; fold=False shows all" in seen.notes
    assert across(draw(root)) < READABLE < across(draw(root, fold=False))
    assert len(Seen(draw(root, fold=False)).nodes) == 29


def test_a_picture_that_can_be_read_keeps_its_regions_open() -> None:
    with region("neuron"):
        root = Value(1.0, "x") * Value(2.0, "w")
    seen = Seen(draw(root))
    assert len(seen.nodes) == 3
    assert not any("folded" in note for note in seen.notes)


def test_of_pictures_too_wide_to_be_read_the_narrowest_is_drawn() -> None:
    y = Value(0.5, "x")
    for i in range(40):
        with region(f"block{i}"):
            y = y.tanh().exp().tanh()
    seen = Seen(draw(y))
    assert len(seen.nodes) == 40
    assert any("folded by region at depth 1" in note for note in seen.notes)


def test_a_graph_without_regions_is_drawn_in_full_up_to_the_limit() -> None:
    y = Value(0.5, "x")
    for _ in range(299):
        y = y.tanh()
    assert len(Seen(draw(y)).nodes) == 300


def test_a_folded_box_says_what_is_in_it_and_what_comes_out() -> None:
    root = small_network()
    root.backward()
    neuron = Seen(draw(root, fold=3)).node("neurons.0")
    (out,) = [node for node in ancestry(root) if node.op and node.op.name == "reciprocal"][:1]
    assert neuron[:7] == ["neurons.0", "operations", "7", "variables", "2", "constants", "2"]
    assert neuron[7:] == ["value", number(out.data), "grad", number(out.grad)]


def test_edges_into_a_folded_box_may_bring_back_infinities_of_both_signs() -> None:
    x = Value(1e200, "x")
    with region("products"):
        y = x * 1e200 * 1e200 + x * -1e200 * 1e200
    z = x + y * 1e200
    z.backward()
    (together,) = [texts(edge) for edge in Seen(draw(z, fold=True)).edges if title(edge).startswith("2 edges")]
    assert together == ["← nan"]


def test_edges_into_a_folded_box_bring_back_the_whole_gradient() -> None:
    x = Value(3.0, "x")
    with region("square"):
        y = x * x
    z = x + y
    z.backward()
    shares = sorted(texts(edge) for edge in Seen(draw(z, fold=False)).edges if title(edge).startswith("x "))
    assert shares == [["∂ 1", "← 1"], ["∂ 3", "← 3"], ["∂ 3", "← 3"]]
    (together,) = [texts(edge) for edge in Seen(draw(z, fold=True)).edges if title(edge).startswith("2 edges")]
    assert together == ["← 6"]


def test_unfolded_regions_are_frames_around_their_nodes() -> None:
    seen = Seen(draw(small_network(), fold=False))
    held = {
        title(frame): {texts(node)[0] for node in seen.nodes if inside(area(node), area(frame))}
        for frame in seen.frames
    }
    first = {"w1", "w2", "−1", "1", *(f"h{i}" for i in range(1, 8))}
    second = {"w1", "w2", "−1", "1", *(f"h{i}" for i in (9, 10, 11, 12, 13, 14, 15))}
    output = {"v1", "v2", "h8", "h16", "h17"}
    assert held == {
        "network": first | second | output,
        "network.hidden": first | second,
        "network.hidden.neurons.0": first,
        "network.hidden.neurons.1": second,
        "network.output": output,
    }


def test_a_region_left_and_entered_again_is_folded_without_closing_a_cycle() -> None:
    x = Value(0.5, "x")
    with region("again"):
        within = copy_context()
        first = x * 2
    between = first.tanh()
    last = within.run(lambda: between + first)
    seen = Seen(draw(last, fold=True))
    assert [texts(node)[0] for node in seen.nodes].count("again") == 2
    assert all(ends(edge)[0] < ends(edge)[2] for edge in seen.edges)


def test_calls_that_depend_on_each_other_through_the_outside_are_drawn_without_a_cycle() -> None:
    state, weight = Value(0.5, "state"), Value(0.9, "w")
    for _ in range(200):
        with region("cell"):
            state = (state * weight).tanh()
        state = state + 0.1
    seen = Seen(draw(state))
    assert len(seen.nodes) <= 300
    assert all(ends(edge)[0] < ends(edge)[2] for edge in seen.edges)


def test_many_calls_of_one_module_are_folded_together() -> None:
    weight, total = Value(0.5, "w"), Value(0.0)
    for i in range(200):
        with region("model"):
            y = (weight * float(i)).tanh()
        total = total + y
    seen = Seen(draw(total))
    assert "model · 200 calls" in [texts(node)[0] for node in seen.nodes]
    nodes = len(ancestry(total))
    note = f"{nodes:,} nodes, above the limit of 300: folded by region at depth 1, all calls of a module together"
    assert f"{note}; fold=False, limit={nodes} shows all" in seen.notes
    assert len(Seen(draw(total, fold=False, limit=nodes)).nodes) == nodes


def wide_graph(operations: int) -> Value:
    nodes = [Value(0.001 * i, f"v{i}") for i in range(40)]
    for i in range(operations):
        nodes.append(nodes[-1 - (i * 7) % 30] + nodes[-1 - (i * 13) % 37].tanh())
    return autograd.sum(nodes[-40:])


def test_a_graph_of_ten_thousand_nodes_is_folded_and_says_so() -> None:
    root = wide_graph(5000)
    total = len(ancestry(root))
    assert total > 10_000
    seen = Seen(draw(root))
    assert len(seen.nodes) <= 300
    (box,) = [texts(node)[0] for node in seen.nodes if "folded" in texts(node)[0]]
    hidden = total - len(seen.nodes) + 1
    assert box == f"… {hidden:,} nodes folded"
    assert f"{total:,} nodes, above the limit of 300" in " ".join(seen.notes)
    assert all(ends(edge)[0] < ends(edge)[2] for edge in seen.edges)


def test_a_chain_a_hundred_thousand_deep_is_drawn_folded() -> None:
    x = Value(1.0, "x")
    y = x
    for _ in range(100_000):
        y = y + 0.001
    y.backward()
    seen = Seen(draw(y))
    assert len(seen.nodes) <= 300
    assert seen.node("x") == ["x", "value", "1", "grad", "1"]
    assert seen.node("h100000")[1] == "= h99999 + 0.001"


def test_a_long_chain_is_drawn_in_full_where_the_limit_allows_it() -> None:
    y = Value(1.0, "x")
    for _ in range(2000):
        y = y.tanh()
    assert len(Seen(draw(y, limit=3000)).nodes) == 2001


def test_forbidding_to_fold_a_large_graph_says_what_to_do() -> None:
    with pytest.raises(GraphTooLarge, match=r"10,\d+ nodes, more than limit=300.*raise the limit"):
        draw(wide_graph(5000), fold=False)


# ── text from users ──────────────────────────────────────────────────────────────────────────────────────────────────

HOSTILE = [
    "</text><script>alert(1)</script>", "<b>x</b>", "{x|y}", "a->b", "trailing \\", "\"double\" and 'single'",
    "new\nline", "中文", "emoji 🎉", "&amp; &#65; &alpha;", "]]>", "<!--", "\\N \\G \\l",
]  # fmt: skip
DRAWN = {SVG + name for name in ("svg", "title", "rect", "g", "path", "text")}


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("engine", ["builtin", "auto"])
def test_hostile_labels_are_shown_literally(label: str, engine: str) -> None:
    with region(label):
        root = Value(2.0, label) * Value(3.0, label)
    drawing = draw(root, engine=engine)
    seen = Seen(drawing)
    assert {element.tag for element in seen.document.iter()} == DRAWN
    assert label.replace("\n", "⏎") in texts(seen.nodes[0])
    assert label in title(seen.nodes[0])
    page = drawing._repr_mimebundle_()["text/html"]
    assert page.count("<") == 1


@pytest.mark.parametrize("label", ["\x00\x1b", "\ud800", "\ufffe", "a\rb"])
def test_what_xml_cannot_hold_is_replaced(label: str, tmp_path: Path) -> None:
    drawing = draw(Value(1.0, label) * 2)
    assert label not in "".join(texts(Seen(drawing).nodes[0]))
    for ending in ("svg", "dot", "html"):
        drawing.save(tmp_path / f"x.{ending}")


def test_gradients_may_be_given_and_are_then_not_compared_with_those_stored() -> None:
    a = Value(1.0, "a")
    f = a * 3.0
    drawing = draw(f, gradients={f: 1.0, a: 7.0})
    assert "7" in texts(Seen(drawing).nodes[0])
    assert "stored" not in drawing.svg
    with pytest.raises(ArgumentError, match="gradients= takes a mapping of nodes to gradients, got list"):
        draw(f, gradients=[1.0])  # type: ignore[arg-type]


@pytest.mark.parametrize("label", ["turned \u202e round", "\u2066", "line\u2028end"])
def test_a_label_turns_nothing_round_and_stays_on_its_line(label: str) -> None:
    shown = "".join(texts(Seen(draw(Value(1.0, label) * 2)).nodes[0]))
    assert not re.search("[\u2028\u202a-\u202e\u2066-\u2069]", shown)


def test_a_long_label_is_shortened_and_kept_whole_in_the_tooltip() -> None:
    label = "a rather long name " * 20
    (node, *_) = Seen(draw(Value(1.0, label) * 2)).nodes
    assert texts(node)[0].endswith("…")
    assert label in title(node)


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")
@pytest.mark.parametrize("label", HOSTILE)
def test_graphviz_reads_the_dot_text_and_shows_labels_literally(label: str) -> None:
    drawing = draw(Value(2.0, label) * Value(3.0, "other"))
    done = subprocess.run(["dot", "-Tsvg"], input=drawing.dot.encode(), capture_output=True, check=True)
    shown = texts(ElementTree.fromstring(done.stdout))
    assert label.replace("\n", "⏎") in [text.replace("\xa0", " ") for text in shown]


# ── engines, files, notebooks, Graphviz ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_dot_gives_places_for_the_same_nodes_edges_and_frames(direction: str) -> None:
    root = small_network()
    ours, dots = (Seen(draw(root, direction=direction, engine=engine, fold=False)) for engine in ("builtin", "dot"))
    for kind in ("nodes", "edges", "frames"):
        assert [title(each) for each in getattr(dots, kind)] == [title(each) for each in getattr(ours, kind)]
    boxes = [area(node) for node in dots.nodes]
    assert all(apart(a, b) for a, b in combinations(boxes, 2))
    assert all(inside(extent(text), by_a_hair(area(node))) for node in dots.nodes for text in node.iter(SVG + "text"))


def test_without_dot_there_is_an_error_or_the_built_in_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    f = sigmoid_neuron()
    with pytest.raises(MissingExtra, match=r"needs the program dot of Graphviz.*leave engine out"):
        draw(f, engine="dot")
    assert draw(f, engine="auto") == draw(f)


def test_graphviz_objects_show_our_picture_where_dot_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    drawing = draw(sigmoid_neuron())
    graph = drawing.to_graphviz()
    assert isinstance(graph, graphviz.Digraph)
    assert graph.pipe("svg") == drawing.svg.encode()
    assert graph.pipe("svg", encoding="utf-8") == drawing.svg
    assert graph.copy().pipe("svg") == drawing.svg.encode()
    with pytest.raises(graphviz.ExecutableNotFound):
        graph.pipe("png")


@pytest.mark.parametrize("copied", [False, True])
def test_a_graphviz_object_that_was_added_to_does_not_show_the_old_picture(
    monkeypatch: pytest.MonkeyPatch, copied: bool
) -> None:
    monkeypatch.setenv("PATH", "")
    graph = draw(sigmoid_neuron()).to_graphviz()
    changed = graph.copy() if copied else graph
    changed.node("extra")
    with pytest.raises(graphviz.ExecutableNotFound):
        changed.pipe("svg")
    with graph.subgraph(name="cluster_more") as within:
        within.node("inner")
    assert "inner" in graph.source


@pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")
def test_graphviz_objects_hold_the_same_graph() -> None:
    drawing = draw(small_network())
    graph = drawing.to_graphviz()
    assert graph.source.split() == drawing.dot.split()
    assert b"network" in graph.pipe("svg")


def test_a_drawing_is_saved_as_svg_dot_or_html(tmp_path: Path) -> None:
    drawing = draw(sigmoid_neuron())
    for ending in ("svg", "dot", "html"):
        drawing.save(tmp_path / f"x.{ending}")
        drawing.save(str(tmp_path / f"y.{ending}"))
    assert (tmp_path / "x.svg").read_bytes() == drawing.svg.encode()
    assert (tmp_path / "x.dot").read_text(encoding="utf-8") == drawing.dot
    page = (tmp_path / "x.html").read_text(encoding="utf-8")
    assert drawing.svg in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    with pytest.raises(ArgumentError, match=r"\.svg, \.dot or \.html, not as .*x\.png"):
        drawing.save(tmp_path / "x.png")


def test_a_notebook_gets_an_image_the_svg_and_a_line_of_text() -> None:
    drawing = draw(sigmoid_neuron())
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    data = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', bundle["text/html"])
    assert data is not None
    assert base64.b64decode(data[1]).decode() == bundle["image/svg+xml"] == drawing.svg
    assert bundle["text/plain"] == "<drawing: Graph of h6: 6 operations, 3 variables, 2 constants>" == repr(drawing)


def test_two_pictures_on_one_page_share_no_ids() -> None:
    x = Value(1.0, "x")
    one, two = (set(re.findall(r' id="([^"]+)"', draw(root).svg)) for root in (x * 2, x * 3))
    assert one
    assert not one & two


# ── asked wrongly ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("root", [3, 3.0, "x", None, [Value(1.0)]])
def test_only_nodes_are_drawn(root: object) -> None:
    with pytest.raises(OperandError, match="draw takes a Value, a Tensor or a program, the root of a graph, got"):
        draw(root)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "RL"}, "direction='RL' is not known; allowed: 'LR', 'TB'"),
        ({"edges": True}, "allowed: 'derivatives', 'values', 'none'"),
        ({"engine": "neato"}, "allowed: 'builtin', 'dot', 'auto'"),
        ({"digits": 0}, "digits=0 is not allowed: it is a whole number from 1 to 17"),
        ({"digits": 2.5}, "whole number"),
        ({"limit": 1}, "limit=1 is not allowed: it is a whole number of at least 2"),
        ({"fold": 0}, "the outermost regions are at depth 1"),
        ({"fold": 1.5}, "fold=1.5 is not allowed"),
        ({"fold": "hiden"}, "fold='hiden' is no region of this graph; its regions: network, .*neurons.1"),
        ({"names": ["x"]}, r"names= takes a mapping of names to nodes, such as locals\(\), got list"),
    ],
)
def test_options_say_what_they_allow(options: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        draw(small_network(), **options)
