"""Storyboards: a panel a step, the numbers of that step in it, and no panel across the end of a sheet."""

import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest
from test_drawing import DRAWN, HOSTILE, SVG, sigmoid_neuron, small_network, texts

import autograd
import nn
from autograd import Value, region
from autograd.errors import ArgumentError, MissingExtra
from autograd.view.drawing import draw
from autograd.view.stepping.panels import panels_of
from autograd.view.stepping.stepper import step
from autograd.view.stepping.steps import Story
from autograd.view.stepping.storyboard import MARGIN, MOST, PAGE, SHEET, storyboard_of
from autograd.view.stepping.telling import story_of
from autograd.view.stepping.widget import _widget_class
from autograd.view.svg import svg_of


def crossing() -> Value:
    a = Value(2.0, "a")
    return a * a + a.exp()


def hostile() -> Value:
    return autograd.sum([Value(0.5 + i, label).tanh() for i, label in enumerate(HOSTILE)])


def folded() -> Value:
    x = Value(0.5, "x")
    with region("inner"):
        z = (x * 2.0).tanh() * x
    return z + x


STORIES: dict[str, Callable[[], Story]] = {
    "neuron": lambda: story_of(sigmoid_neuron()),
    "network": lambda: story_of(small_network(), fold=False),
    "crossing": lambda: story_of(crossing()),
    "downwards": lambda: story_of(crossing(), direction="TB"),
    "hostile labels": lambda: story_of(hostile(), fold=False),
    "folded": lambda: story_of(folded(), fold="inner"),
    "a leaf alone": lambda: story_of(Value(3.0, "x")),
    "many operands": lambda: story_of(autograd.sum([Value(float(i), f"v{i}") for i in range(40)])),
}


def panels(svg: str) -> dict[int, ElementTree.Element]:
    """The panels of a storyboard by the numbers of their steps."""
    document = ElementTree.fromstring(svg)
    groups = [(group.get("id", "").split("-"), group) for group in document.findall(SVG + "g")]
    return {int(parts[1]): group for parts, group in groups}


@pytest.mark.parametrize("name", STORIES)
def test_every_step_has_a_panel_with_its_title_and_formula(name: str) -> None:
    story = STORIES[name]()
    found = panels(storyboard_of(story))
    assert list(found) == list(range(1, len(story.steps) + 1))
    for number, panel in found.items():
        each = story.steps[number - 1]
        said = " ".join(texts(panel))
        for part in (f"{number}. {each.title}", each.formula, each.role, each.note, each.after):
            assert " ".join(part.split()) in said


@pytest.mark.parametrize("name", STORIES)
def test_a_panel_shows_the_numbers_of_its_step(name: str) -> None:
    story = STORIES[name]()
    known = {(box, row): text for box, row, text in story.start}
    every = range(len(story.steps))
    for whole in (True, False):
        shown = dict(known)
        for each, panel in zip(story.steps, panels_of(story, every, whole=whole), strict=True):
            shown |= {(box, row): text for box, row, text in each.shows}
            names = [box.name for box in story.picture.boxes]
            here = panel.picture.boxes[panel.current]
            assert here.name == panel.name == names[each.box]
            assert {row: text for row, text in here.rows if row in ("value", "grad")} == {
                row: text for (box, row), text in shown.items() if box == each.box
            }
            assert panel.link is None or panel.picture.links[panel.link].source == panel.current
            assert not whole or len(panel.picture.boxes) == len(names)


def test_folded_boxes_of_one_name_are_told_apart_where_a_panel_has_no_frames() -> None:
    story = story_of(autograd.sum(nn.MLP([2, 2, 2], rng=0)([0.5, 1.0])), fold=3)
    (first, *_) = [k for k, each in enumerate(story.steps) if each.title.startswith("MLP.layers.1")]
    (panel,) = panels_of(story, {first}, whole=False)
    assert {box.name for box in panel.picture.boxes} == {
        "MLP.layers.0.neurons.0", "MLP.layers.0.neurons.1", panel.name
    }  # fmt: skip


def test_a_share_is_seen_from_the_step_on_at_which_it_travels() -> None:
    story = story_of(crossing())
    travelled = [each.link for each in story.steps if each.link is not None]
    for panel in panels_of(story, range(len(story.steps)), whole=True):
        seen = {j for j, link in enumerate(panel.picture.links) if link.backward}
        assert seen == set(travelled[: len(seen)])
        computed = sum(each.phase == "forward" for each in story.steps[: panel.number])
        assert len({link.target for link in panel.picture.links if link.forward}) == computed
    assert len(seen) == len(travelled)


@pytest.mark.parametrize("name", STORIES)
def test_a_storyboard_is_as_wide_as_a_page_and_no_panel_crosses_the_end_of_a_sheet(name: str) -> None:
    svg = storyboard_of(STORIES[name]())
    document = ElementTree.fromstring(svg)
    assert float(document.get("width", "")) == PAGE
    for panel in panels(svg).values():
        (picture,) = panel.findall(SVG + "g")
        x, top = map(float, re.findall(r"translate\(([\d.]+) ([\d.]+)\)", picture.get("transform", ""))[0])
        bottom = max([top, *(float(line.get("y", "")) for line in panel.findall(SVG + "text"))])
        assert x >= MARGIN
        assert top // SHEET == bottom // SHEET or bottom - top > SHEET - 2 * MARGIN
        assert bottom <= float(document.get("height", ""))


def test_a_storyboard_holds_no_markup_of_a_users_and_no_id_twice() -> None:
    svg = storyboard_of(STORIES["hostile labels"]())
    document = ElementTree.fromstring(svg)
    assert {part.tag for part in document.iter()} <= DRAWN
    ids = re.findall(r' id="([^"]+)"', svg)
    assert len(ids) == len(set(ids))


def test_a_long_story_is_told_with_every_so_many_steps_and_says_so() -> None:
    story = story_of(autograd.sum([Value(i / 7, f"v{i}").tanh() for i in range(80)]))
    n, svg = len(story.steps), storyboard_of(story)
    assert n > 2 * MOST
    numbers = list(panels(svg))
    spacing = numbers[1] - numbers[0]
    assert numbers == sorted({*range(1, n + 1, spacing), n})
    assert MOST / 2 < len(numbers) <= MOST + 1
    assert f"{n} steps, of which one in {spacing} is shown, and the last" in svg
    assert list(panels(storyboard_of(story, every=100))) == sorted({*range(1, n + 1, 100), n})


@pytest.mark.parametrize("every", [0, -1, 1.5, True, "2"])
def test_a_spacing_that_is_none_is_refused(every: Any) -> None:
    with pytest.raises(ArgumentError, match=r"every=.* is not allowed: it is a whole number of at least 1"):
        storyboard_of(story_of(crossing()), every)


def test_only_pictures_that_are_stepped_through_carry_hooks() -> None:
    story = story_of(crossing())
    plain, hooked = (svg_of(story.picture, story.placement, hooks=hooks) for hooks in (False, True))
    assert "data-" not in plain
    assert "data-" not in draw(crossing()).svg
    assert re.sub(r' data-[a-z]+="[^"]*"', "", hooked) == plain
    assert hooked.count("data-box=") == len(story.picture.boxes)
    assert hooked.count("data-link=") == len(story.picture.links)


def test_a_widget_without_anywidget_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anywidget", None)
    _widget_class.cache_clear()
    with pytest.raises(MissingExtra, match=r'pip install "glassgrad\[notebook\]"'):
        step(crossing()).widget()
