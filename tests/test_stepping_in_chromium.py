"""The stepper in a real browser without a network: every step, every way of moving, and the widget's module."""

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from test_drawing import HOSTILE, sigmoid_neuron

import autograd
import nn
from autograd import Value, region
from autograd.view import palette
from autograd.view.stepping.stepper import Stepper, step
from autograd.view.stepping.steps import Story
from autograd.view.stepping.widget import widget_of
from autograd.view.text import number

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

SEEN = """(root) => {
    const text = (name) => root.querySelector(".step ." + name)?.textContent ?? "";
    const places = (selector, name) => [...root.querySelectorAll(selector)].map((group) => Number(group.dataset[name]));
    const rows = [...root.querySelectorAll("[data-box] [data-row]")];
    return {
        position: root.querySelector("input[type=range]").valueAsNumber,
        counter: root.querySelector(".counter").textContent,
        title: text("title"), formula: text("formula"), role: text("role"), note: text("note"), site: text("site"),
        before: text("before"), after: text("after"),
        spoken: root.querySelector("[aria-live=polite]").textContent,
        current: places("[data-box][data-state=current]", "box"),
        aria: places("[data-box][aria-current=step]", "box"),
        lit: places("[data-box][data-state=lit]", "box"),
        links: places("[data-link][data-state=current]", "link"),
        rows: rows.map((row) => [Number(row.closest("[data-box]").dataset.box), row.dataset.row, row.textContent]),
        shares: [...root.querySelectorAll("[data-row=share]")]
            .filter((row) => !row.closest("[data-unheard]"))
            .map((row) => Number(row.closest("[data-link]").dataset.link)),
    };
}"""


HEADS = """(root) => [...root.querySelectorAll("[data-box]")].map(
    (group) => [group.dataset.box, group.querySelector("path")?.getAttribute("fill")])"""
NAMELESS = """() => [...document.querySelectorAll(".glassgrad-stepper button")].filter(
    (button) => button.type !== "button" || !(button.getAttribute("aria-label") ?? button.textContent).trim()).length"""
ALL_STEPS = f"""(root, [name, n]) => {{
    const seen = {SEEN};
    const button = root.querySelector(`[aria-label="${{name}}"]`);
    return JSON.stringify(Array.from({{length: n}}, () => {{ const now = seen(root); button.click(); return now; }}));
}}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as program:
        arguments = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        started = program.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def offline(browser: Any) -> Any:
    """Pages without a network: every request but those for files is refused."""
    context = browser.new_context(viewport={"width": 1000, "height": 800}, offline=True, reduced_motion="reduce")
    context.route(re.compile("^(?!file:)"), lambda route: route.abort())
    return context


@pytest.fixture
def page(offline: Any) -> Iterator[Any]:
    """A page; whatever goes wrong in it fails the test."""
    opened = offline.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    yield opened
    opened.close()
    assert problems == []


def network() -> Value:
    """The textbook's 3-2-3 network, its loss against the targets 1, 0, 0."""
    outputs = nn.MLP([3, 2, 3], output="sigmoid", rng=0)([0.5, -1.0, 2.0])
    return autograd.sum([(y - t) ** 2 for y, t in zip(outputs, [1.0, 0.0, 0.0], strict=True)])


def hostile() -> Value:
    labels = [*HOSTILE, "</script><script>alert(1)</script>", "<!--<script>", "\"quotes' 🎉", "${x} `x` \\"]
    return autograd.sum([Value(0.5 + i, label).tanh() for i, label in enumerate(labels)])


def crossing() -> Value:
    """One leaf read by two operations, one of which reads it twice."""
    a = Value(2.0, "a")
    return a * a + a.exp()


GRAPHS: dict[str, Callable[[], Value]] = {
    "neuron": sigmoid_neuron, "network": network, "hostile labels": hostile, "crossing": crossing,
}  # fmt: skip


def stepper_of(name: str) -> Stepper:
    return step(GRAPHS[name](), fold=False)


def opened_in(page: Any, path: Path, stepper: Stepper) -> Any:
    """The stepper's root element on its saved page, with the focus."""
    stepper.save(path / "steps.html")
    page.goto((path / "steps.html").as_uri())
    root = page.locator(".glassgrad-stepper:visible")
    root.focus()
    return root


def expected(story: Story, k: int) -> dict[str, Any]:
    """What the page has to show at a step, read from the engine's story alone."""
    here = story.steps[k]
    rows = {(box, row): text for box, row, text in story.start}
    for each in story.steps[: k + 1]:
        for box, row, text in each.shows:
            rows[box, row] = text
    travelled = {each.link for each in story.steps[: k + 1] if each.link is not None}
    return {
        "position": k,
        "counter": f"{k + 1} / {len(story.steps)}",
        **{name: getattr(here, name) for name in ("title", "formula", "role", "note", "site", "before", "after")},
        "current": [here.box],
        "aria": [here.box],
        "lit": sorted(set(here.boxes) - {here.box}),
        "links": [] if here.link is None else [here.link],
        "rows": sorted([box, row, text] for (box, row), text in rows.items()),
        "shares": sorted(travelled),
    }


def check(root: Any, story: Story, k: int) -> None:
    compare(root.evaluate(SEEN), story, k)


def compare(seen: dict[str, Any], story: Story, k: int) -> None:
    """Whether what the page shows is step k of the story, and its live region says so."""
    spoken = seen["spoken"]
    shown = {name: seen[name] for name in seen if name != "spoken"}
    assert {**shown, "rows": sorted(seen["rows"])} == expected(story, k)
    here = story.steps[k]
    assert spoken.startswith(f"Step {k + 1} of {len(story.steps)}, ")
    assert all(part in spoken for part in (here.title, here.formula, here.role, here.note, here.after, here.site))


@pytest.mark.parametrize("name", GRAPHS)
def test_every_step_says_and_shows_what_the_engine_did(page: Any, tmp_path: Path, name: str) -> None:
    stepper = stepper_of(name)
    root = opened_in(page, tmp_path, stepper)
    there = json.loads(root.evaluate(ALL_STEPS, ["Next step", len(stepper)]))
    for k, seen in enumerate(there):
        compare(seen, stepper.story, k)
    assert json.loads(root.evaluate(ALL_STEPS, ["Back one step", len(stepper)])) == there[::-1]


@pytest.mark.parametrize("name", GRAPHS)
def test_after_the_last_step_every_variable_shows_the_gradient_of_backward(
    page: Any, tmp_path: Path, name: str
) -> None:
    value = GRAPHS[name]()
    root = opened_in(page, tmp_path, step(value, fold=False))
    page.keyboard.press("End")
    shown = {box: text for box, row, text in root.evaluate(SEEN)["rows"] if row == "grad"}
    value.backward()
    leaves = [node.grad for node in autograd.ancestry(value) if node.op is None and node.requires_grad]
    heads = root.evaluate(HEADS)
    variables = [int(box) for box, fill in heads if fill == palette.PAINTS["variable"].header]
    assert sorted(shown[box] for box in variables) == sorted(number(gradient) for gradient in leaves)


def test_every_way_of_moving_leads_to_the_same_places(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("crossing")
    root, story, last = opened_in(page, tmp_path, stepper), stepper.story, len(stepper) - 1
    for key, k in [("End", last), ("ArrowRight", last), ("ArrowLeft", last - 1), ("Home", 0), ("ArrowLeft", 0),
                   ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1)]:  # fmt: skip
        page.keyboard.press(key)
        check(root, story, k)
    for name, k in [("Last step", last), ("Next step", last), ("Back one step", last - 1), ("First step", 0),
                    ("Back one step", 0), ("Next step", 1)]:  # fmt: skip
        button = root.get_by_role("button", name=name)
        at_the_end = button.get_attribute("aria-disabled") == "true"
        button.click(force=at_the_end)
        check(root, story, k)
    slider = root.get_by_role("slider")
    for k in (5, 2, last, 0):
        slider.fill(str(k))
        check(root, story, k)
    slider.press("ArrowRight")
    check(root, story, 1)
    root.get_by_text(f"All {len(stepper)} steps").click()
    entries = root.locator("li button")
    entries.nth(last).wait_for()
    assert entries.count() == len(stepper)
    for k in (4, last, 3):
        entries.nth(k).click()
        check(root, story, k)
        assert entries.nth(k).get_attribute("aria-current") == "step"
    root.get_by_role("button", name="start of the backward pass").click()
    check(root, story, next(k for k, each in enumerate(story.steps) if each.phase == "seed"))


def test_a_click_on_a_box_goes_through_the_steps_about_it(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("crossing")
    root = opened_in(page, tmp_path, stepper)
    names = [box.name for box in stepper.story.picture.boxes]
    for name in ("a", "h1"):
        about = [k for k, each in enumerate(stepper.story.steps) if names[each.box] == name]
        assert len(about) > 1
        page.keyboard.press("Home")
        for k in [*(k for k in about if k > 0), about[0]]:
            root.locator(f"[data-box='{names.index(name)}']").click()
            check(root, stepper.story, k)


def test_play_goes_on_by_itself_until_the_end_or_until_it_is_told_to_stop(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("neuron")
    page.clock.install()
    root = opened_in(page, tmp_path, stepper)
    position = lambda: root.evaluate(SEEN)["position"]  # noqa: E731
    page.keyboard.press("Space")
    assert root.get_by_role("button", name="Pause").is_visible()
    page.clock.run_for(1700)
    assert position() == 1
    page.keyboard.press("Space")
    page.clock.run_for(10_000)
    assert position() == 1
    root.get_by_label("Speed").select_option("4")
    root.get_by_role("button", name="Play").click()
    page.clock.run_for(1700)
    assert position() == 5
    root.get_by_role("button", name="Back one step").click()
    page.clock.run_for(10_000)
    assert position() == 4
    root.get_by_role("button", name="Play").click()
    page.clock.run_for(60_000)
    check(root, stepper.story, len(stepper) - 1)
    assert root.get_by_role("button", name="Play").is_visible()
    root.get_by_role("button", name="Play").click()
    assert position() == 0


def test_keys_move_it_only_where_it_has_the_focus_and_no_control_needs_them(page: Any, tmp_path: Path) -> None:
    root = opened_in(page, tmp_path, stepper_of("neuron"))
    position = lambda: root.evaluate(SEEN)["position"]  # noqa: E731
    root.get_by_label("Speed").focus()
    page.keyboard.press("ArrowRight")
    assert position() == 0
    root.get_by_role("button", name="Last step").focus()
    page.keyboard.press("Space")
    assert position() == len(stepper_of("neuron")) - 1
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowLeft")
    assert position() == len(stepper_of("neuron")) - 1


@pytest.mark.parametrize("name", ["neuron", "hostile labels"])
def test_a_page_asks_for_nothing_and_holds_no_markup_of_a_users(page: Any, tmp_path: Path, name: str) -> None:
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a label opened a dialog: {dialog.message}"))
    root = opened_in(page, tmp_path, stepper_of(name))
    page.keyboard.press("End")
    root.locator("summary").click()
    assert [url for url in requests if not url.startswith("data:")] == [(tmp_path / "steps.html").as_uri()]
    assert page.locator("script").count() == 1
    assert page.locator(".glassgrad-stepper b, .glassgrad-stepper script, .glassgrad-stepper img").count() == 0
    assert page.evaluate(NAMELESS) == 0


def test_a_box_too_far_away_is_scrolled_to_inside_the_picture_alone(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("network")
    root = opened_in(page, tmp_path, stepper)
    frame = root.locator(".picture").bounding_box()
    slider = root.get_by_role("slider")
    for k in range(0, len(stepper), 7):
        slider.fill(str(k))
        box = root.locator("[data-state=current][data-box] > rect").first.bounding_box()
        assert frame["x"] <= box["x"]
        assert frame["y"] <= box["y"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    root.get_by_role("button", name="Show the whole picture").click()
    whole = root.locator(".picture > svg").bounding_box()
    assert whole["width"] <= frame["width"]
    assert whole["height"] <= frame["height"]


def test_no_number_leaves_its_box_at_any_step(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("network")
    root = opened_in(page, tmp_path, stepper)
    outside = """(root) => [...root.querySelectorAll("[data-box] text")].filter((text) => {
        const box = text.parentNode.querySelector("rect").getBBox(), own = text.getBBox();
        return own.x < box.x - 0.5 || own.x + own.width > box.x + box.width + 0.5;
    }).map((text) => text.textContent)"""
    for k in range(0, len(stepper), 5):
        root.get_by_role("slider").fill(str(k))
        assert root.evaluate(outside) == []


def test_a_folded_box_opens_on_a_click_and_closes_again(page: Any, tmp_path: Path) -> None:
    x = Value(0.5, "x")
    with region("inner"):
        z = (x * 2.0).tanh() * Value(3.0, "w")
    stepper = step(z.sigmoid(), fold="inner")
    ((place, name),) = stepper.story.folded.items()
    inner = stepper.open(name)
    root = opened_in(page, tmp_path, stepper)
    page.keyboard.press("ArrowRight")
    root.get_by_role("button", name="Open inner").click()
    inside = page.locator(".glassgrad-stepper:visible")
    assert inside.count() == 1
    for k in range(len(inner)):
        check(inside, inner.story, k)
        page.keyboard.press("ArrowRight")
    inside.get_by_role("button", name="Back to").click()
    assert page.locator(".glassgrad-stepper").count() == 1
    check(page.locator(".glassgrad-stepper"), stepper.story, 1)
    page.locator(f"[data-box='{place}']").focus()
    page.keyboard.press("Enter")
    check(page.locator(".glassgrad-stepper:visible"), inner.story, 0)
    page.keyboard.press("Escape")
    check(page.locator(".glassgrad-stepper"), stepper.story, 1)


def test_two_in_one_notebook_even_the_same_twice_move_apart(page: Any) -> None:
    neuron, crossing = stepper_of("neuron"), stepper_of("crossing")
    cells = [each._repr_mimebundle_()["text/html"] for each in (neuron, crossing, neuron)]
    page.set_content("<!doctype html>" + "".join(cells))
    roots = [page.locator(".glassgrad-stepper").nth(i) for i in range(3)]
    roots[2].focus()
    page.keyboard.press("ArrowRight")
    roots[1].focus()
    page.keyboard.press("End")
    check(roots[0], neuron.story, 0)
    check(roots[1], crossing.story, len(crossing) - 1)
    check(roots[2], neuron.story, 1)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(ids) == len(set(ids))


def test_it_begins_where_the_stepper_stands(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("neuron")
    stepper.seek(4)
    check(opened_in(page, tmp_path, stepper), stepper.story, 4)


def test_without_scripts_the_picture_is_there(browser: Any, tmp_path: Path) -> None:
    stepper_of("neuron").save(tmp_path / "steps.html")
    context = browser.new_context(java_script_enabled=False, offline=True)
    opened = context.new_page()
    opened.goto((tmp_path / "steps.html").as_uri())
    image = opened.locator("img")
    assert image.bounding_box()["width"] > 400
    assert "6 operations" in image.get_attribute("alt")
    context.close()


def test_what_a_step_is_about_stands_out_and_what_is_not_known_yet_is_hidden(page: Any, tmp_path: Path) -> None:
    stepper = stepper_of("neuron")
    root = opened_in(page, tmp_path, stepper)
    styles = (
        """(root, [selector, name]) => [...root.querySelectorAll(selector)].map((e) => getComputedStyle(e)[name])"""
    )
    page.keyboard.press("End")
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    (thick,) = root.evaluate(styles, ["[data-box][data-state=current] > rect:first-of-type", "strokeWidth"])
    (dashed,) = root.evaluate(styles, ["[data-box][data-state=lit] > rect:first-of-type", "strokeDasharray"])
    (travelling,) = root.evaluate(styles, ["[data-link][data-state=current] > path:first-of-type", "strokeWidth"])
    others = root.evaluate(styles, ["[data-box]:not([data-state]) > rect:first-of-type", "strokeWidth"])
    assert float(thick[:-2]) > 3
    assert float(travelling[:-2]) > 2
    assert dashed != "none"
    assert {float(width[:-2]) for width in others} == {1.0}
    heard = root.evaluate(styles, ["[data-link]:not([data-unheard]) [data-row=share]", "visibility"])
    unheard = root.evaluate(styles, ["[data-unheard] [data-row=share]", "visibility"])
    assert set(heard) == {"visible"}
    assert set(unheard) == {"hidden"}


def test_light_dark_and_reduced_motion_are_the_readers_choice(page: Any, tmp_path: Path) -> None:
    root = opened_in(page, tmp_path, stepper_of("neuron"))
    colours = "(root) => [root, root.querySelector('.picture')].map((e) => getComputedStyle(e).backgroundColor)"
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    light, card = root.evaluate(colours)
    link = root.locator("[data-link][data-state=lit] > path").first
    assert link.evaluate("(path) => getComputedStyle(path).animationName") == "none"
    page.emulate_media(color_scheme="dark", reduced_motion="no-preference")
    dark, card_in_the_dark = root.evaluate(colours)
    assert link.evaluate("(path) => getComputedStyle(path).animationName") == "glassgrad-along"
    assert (light, card, card_in_the_dark) == ("rgb(255, 255, 255)", "rgb(252, 252, 253)", "rgb(252, 252, 253)")
    assert dark != light


def test_on_paper_it_is_light_and_has_nothing_to_press(page: Any, tmp_path: Path) -> None:
    root = opened_in(page, tmp_path, stepper_of("network"))
    root.focus()
    page.emulate_media(color_scheme="dark", media="print")
    shown = "(root) => [...root.querySelectorAll('button, input, summary')].filter((e) => e.offsetParent).length"
    assert root.evaluate(shown) == 0
    style = root.evaluate("(root) => [getComputedStyle(root).backgroundColor, getComputedStyle(root).outlineStyle]")
    assert style == ["rgb(255, 255, 255)", "none"]


def test_a_page_of_three_hundred_nodes_is_under_a_megabyte() -> None:
    root = autograd.sum([Value(i / 7, f"v{i}").tanh() * (Value(1.0 + i, f"w{i}") + 0.5).log() for i in range(50)])
    assert len(autograd.ancestry(root)) >= 300
    assert len(step(root, fold=False, limit=1000).html.encode()) < 1_000_000


# ── the widget ───────────────────────────────────────────────────────────────────────────────────────────────────────

FAKE_MODEL = """async ([module, state]) => {
    const url = URL.createObjectURL(new Blob([module], {type: "text/javascript"}));
    const {default: widget} = await import(url);
    const listeners = new Map();
    window.saved = [];
    window.model = {
        get: (name) => state[name],
        set: (name, value) => { state[name] = value; listeners.get("change:" + name)?.(); },
        save_changes: () => saved.push(state.position),
        on: (event, listener) => listeners.set(event, listener),
        off: (event) => listeners.delete(event),
    };
    window.listening = () => listeners.size;
    window.close = widget.render({model, el: document.body});
}"""


def test_the_widget_and_python_follow_each_other(page: Any) -> None:
    stepper = stepper_of("neuron")
    stepper.seek(2)
    widget = stepper.widget()
    page.set_content("<!doctype html><body>")
    page.add_style_tag(content=str(widget._css))
    page.evaluate(FAKE_MODEL, [str(widget._esm), {"description": widget.description, "position": widget.position}])
    root = page.locator(".glassgrad-stepper")
    check(root, stepper.story, 2)
    root.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("saved") == [3]
    page.evaluate("model.set('position', 7)")
    check(root, stepper.story, 7)
    assert page.evaluate("saved") == [3]
    page.evaluate("close()")
    assert root.count() == 0
    assert page.evaluate("listening()") == 0


def test_the_stepper_follows_its_widget() -> None:
    stepper = stepper_of("neuron")
    widget = stepper.widget()
    widget.position = 5
    assert stepper.position == 5
    widget.position = 10_000
    assert widget.position == stepper.position == len(stepper) - 1
    assert json.loads(json.dumps(widget.description)) == widget.description
    ElementTree.fromstring(widget.description["picture"])
    assert widget_of(stepper.story).position == 0
