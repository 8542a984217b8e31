"""Drawings in a real browser, whose fonts know nothing of the table of widths by which they are laid out."""

import shutil
import zlib
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from test_drawing import HOSTILE, Rectangle, apart, inside, sigmoid_neuron, small_network

import autograd
from autograd import Value, region
from autograd.view.drawing import READABLE, Drawing, draw

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

MEASURE = """() => {
    const of = (element) => {
        const box = element.getBBox(), shift = element.getCTM(), id = element.parentNode.id ?? "";
        const [left, top] = [box.x + shift.e, box.y + shift.f];
        return [id.split("-").slice(1).join("-"), element.textContent, [left, top, left + box.width, top + box.height]];
    };
    const all = (selector) => [...document.querySelectorAll(selector)].map(of);
    return {scale: document.querySelector("svg").getCTM().a, texts: all("svg text"),
            boxes: all("g[id*=-node-] > rect:first-of-type"), frames: all("g[id*=-frame-] > rect")};
}"""


@pytest.fixture(scope="module")
def offline() -> Iterator[Any]:
    """One browser without a network for all the tests."""
    with playwright.sync_playwright() as program:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        browser = program.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser.new_context(viewport={"width": 1000, "height": 700}, offline=True)
        browser.close()


@pytest.fixture
def page(offline: Any) -> Iterator[Any]:
    opened = offline.new_page()
    yield opened
    opened.close()


def walked(root: Value) -> Value:
    root.backward()
    return root


def neuron_of_six_weights() -> Value:
    products = [Value(0.1 * i - 0.33, f"w{i}") * Value(1.7 - i / 3, f"x{i}") for i in range(6)]
    return walked((autograd.sum(products) + Value(0.123456, "b")).sigmoid())


def hostile_neuron() -> Value:
    with region(HOSTILE[0]), region("中文 🎉 & so on"):
        return walked(autograd.sum([Value(1.0 + i, label).tanh() for i, label in enumerate(HOSTILE)]))


def region_with_a_long_name() -> Value:
    with region("a region with quite a long name"):
        z = Value(1.0, "a") * 2
    return walked(z.tanh())


DRAWINGS: dict[str, Callable[[], Drawing]] = {
    "neuron": lambda: draw(walked(sigmoid_neuron())),
    "values": lambda: draw(walked(sigmoid_neuron()), edges="values"),
    "downwards": lambda: draw(walked(sigmoid_neuron()), direction="TB"),
    "hostile labels": lambda: draw(hostile_neuron(), fold=False),
    "hostile labels downwards": lambda: draw(hostile_neuron(), fold=False, direction="TB"),
    "six weights": lambda: draw(neuron_of_six_weights()),
    "network": lambda: draw(walked(small_network()), fold=False),
    "folded network": lambda: draw(walked(small_network()), fold=3),
    "folded network downwards": lambda: draw(walked(small_network()), fold=3, direction="TB"),
    "long title downwards": lambda: draw(region_with_a_long_name(), direction="TB"),
    "many operands": lambda: draw(walked(autograd.logsumexp([Value(i / 7, f"v{i}") for i in range(12)]))),
    "seventeen digits": lambda: draw(neuron_of_six_weights(), digits=17),
    "seventeen digits downwards": lambda: draw(neuron_of_six_weights(), digits=17, direction="TB"),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_text_stays_in_its_own_place(page: Any, tmp_path: Path, name: str) -> None:
    DRAWINGS[name]().save(tmp_path / "drawing.html")
    page.goto((tmp_path / "drawing.html").as_uri())
    seen = page.evaluate(MEASURE)
    boxes = {owner: tuple(area) for owner, _, area in seen["boxes"]}
    frames = {owner.replace("frame", "title"): tuple(area) for owner, _, area in seen["frames"]}
    assert seen["scale"] == pytest.approx(1.0, abs=0.001)
    assert boxes
    for owner, text, area in seen["texts"]:
        within = boxes.get(owner) or frames.get(owner)
        assert within is None or inside(less(area, 0.5), within), f"{text} leaves {owner}"
        for other, box in boxes.items():
            assert owner == other or apart(less(area, 0.5), box), f"{text} of {owner} lies over {other}"
    for (_, one, area), (_, other, second) in combinations(seen["texts"], 2):
        assert apart(less(area, 0.5), less(second, 0.5)), f"{one} lies over {other}"


def less(area: list[float], by: float) -> Rectangle:
    """What a font leaves free around the letters, above them and below."""
    left, top, right, bottom = area
    return left + by, top + by, right - by, bottom - by


def test_a_saved_page_asks_for_nothing_and_shows_the_picture_at_its_own_size(page: Any, tmp_path: Path) -> None:
    draw(walked(small_network()), fold=False).save(tmp_path / "wide.html")
    address = (tmp_path / "wide.html").as_uri()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(address, wait_until="networkidle")
    assert requests == [address]
    drawing = page.locator("svg")
    assert drawing.bounding_box()["width"] == pytest.approx(float(drawing.get_attribute("width")), abs=0.1)
    assert drawing.bounding_box()["width"] > READABLE
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the picture scrolls, not the page"
    last = page.locator("g[id*=-node-]").last
    last.scroll_into_view_if_needed()
    middle = last.bounding_box()
    x, y = middle["x"] + middle["width"] / 2, middle["y"] + middle["height"] / 2
    shown = page.evaluate("([x, y]) => document.elementFromPoint(x, y).parentNode.id", [x, y])
    assert shown == last.get_attribute("id")


@pytest.mark.parametrize("form", ["saved page", "notebook image"])
def test_a_picture_has_its_own_ground_on_dark_and_light_pages(page: Any, tmp_path: Path, form: str) -> None:
    drawing = draw(sigmoid_neuron())
    drawing.save(tmp_path / "drawing.html")
    grounds = set()
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        if form == "saved page":
            page.goto((tmp_path / "drawing.html").as_uri())
        else:
            image = drawing._repr_mimebundle_()["text/html"]
            page.set_content(f'<meta name="color-scheme" content="dark light"><body style="margin:24px">{image}')
        grounds.add(pixel(page, 3, 3))
        assert pixel(page, 32, 32) == (0xFC, 0xFC, 0xFD)
    assert len(grounds) == 2


def pixel(page: Any, x: float, y: float) -> tuple[int, ...]:
    """The colour of one point of the page, from a PNG of that point alone."""
    data = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    compressed, at = b"", 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IDAT":
            compressed += data[at + 8 : at + 8 + length]
        at += length + 12
    return tuple(zlib.decompress(compressed)[1:4])
