"""The stepper in JupyterLab: the widget with its kernel, and a notebook reopened where nobody has trusted it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import pytest
from test_stepping_in_chromium import CHROMIUM, SEEN, browser  # noqa: F401 (a fixture)

for package in ("playwright.sync_api", "jupyterlab", "ipykernel", "anywidget"):
    pytest.importorskip(package, reason=f"{package} is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")

CELLS = [
    """from autograd import Value, draw
from autograd.view.stepping.stepper import step
a = Value(2.0, label="a")
stepper = step(a * a + a.exp())
stepper""",
    "widget = stepper.widget()\nwidget",
    "draw(a * 3.0)",
]
READY = """async () => {
    const {currentWidget: notebook} = jupyterapp.shell;
    await notebook.revealed;
    await notebook.context.ready;
    return notebook.context.model.cells.length;
}"""
RUN_ALL = """async () => {
    const {currentWidget: notebook} = jupyterapp.shell;
    await notebook.sessionContext.ready;
    await jupyterapp.commands.execute("notebook:run-all-cells");
}"""
IN_THE_KERNEL = """async (code) => {
    const future = jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute({code});
    let said = "";
    future.onIOPub = ({header, content}) => {
        if (header.msg_type === "stream") said += content.text;
        if (header.msg_type === "error") said += content.evalue;
    };
    await future.done;
    return said;
}"""


@contextmanager
def lab(folder: Path, own: Path) -> Iterator[Callable[[], str]]:
    """A JupyterLab of its own over a folder, its memory of what is trusted included; its address, once it answers."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.root_dir={folder}"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    places = {f"JUPYTER_{name}_DIR": str(own / name) for name in ("DATA", "CONFIG", "RUNTIME")}
    environment = {**os.environ, **places, "IPYTHONDIR": str(own), "JUPYTER_PREFER_ENV_PATH": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as server:
        reader = Thread(target=lambda: [heard.put(line) for line in server.stderr or ()])
        heard: Queue[str] = Queue()
        reader.start()

        def address() -> str:
            for line in iter(lambda: heard.get(timeout=60), None):
                if found := re.search(r"(http://127\.0\.0\.1:\d+)/lab", line):
                    return found[1]
            raise AssertionError("unreachable")

        try:
            yield address
        finally:
            server.terminate()
            reader.join(20)


@contextmanager
def opened(browser: Any, address: str) -> Iterator[Any]:  # noqa: F811
    """The notebook in a page that reaches this server and nothing else."""
    context = browser.new_context(viewport={"width": 1200, "height": 1400}, reduced_motion="reduce")
    context.route(re.compile(f"^(?!{re.escape(address)}|data:|blob:)"), lambda route: route.abort())
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{address}/lab/tree/steps.ipynb?reset")
    page.wait_for_function("window.jupyterapp?.shell?.currentWidget?.context")
    assert page.evaluate(READY) == len(CELLS)
    yield page
    context.close()


def test_a_widget_talks_with_its_kernel_and_pictures_stay_where_nothing_is_trusted(
    browser: Any,  # noqa: F811
    tmp_path: Path,
) -> None:
    folder = tmp_path / "notebooks"
    folder.mkdir()
    cells = [
        {"cell_type": "code", "id": f"c{i}", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
        for i, source in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": kernel, "cells": cells}
    (folder / "steps.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    with ExitStack() as servers:
        first, second = (servers.enter_context(lab(folder, tmp_path / own)) for own in ("first", "second"))
        changed_and_saved(browser, first())
        reopened_untrusted(browser, second())


def changed_and_saved(browser: Any, address: str) -> None:  # noqa: F811
    with opened(browser, address) as page:
        page.evaluate(RUN_ALL)
        html, widget = (page.locator(".glassgrad-stepper").nth(i) for i in range(2))
        widget.wait_for()
        for stepper in (html, widget):
            stepper.focus()
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
            assert stepper.evaluate(SEEN)["position"] == 2
        assert page.evaluate(IN_THE_KERNEL, "print(widget.position, stepper.position)") == "2 2\n"
        assert page.evaluate(IN_THE_KERNEL, "widget.position = 5; print(stepper.current.title)") != ""
        title = page.evaluate(IN_THE_KERNEL, "print(stepper.story.steps[5].title, end='')")
        widget.locator(".step .title").get_by_text(title, exact=True).wait_for()
        assert widget.evaluate(SEEN)["position"] == 5
        assert html.evaluate(SEEN)["position"] == 2
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")


def reopened_untrusted(browser: Any, address: str) -> None:  # noqa: F811
    with opened(browser, address) as page:
        pictures = page.locator(".jp-OutputArea-output img[src^='data:image/svg+xml']")
        pictures.nth(2).wait_for()
        assert pictures.count() == len(CELLS)
        for i in range(len(CELLS)):
            pictures.nth(i).scroll_into_view_if_needed()
            assert pictures.nth(i).evaluate("async (image) => (await image.decode(), image.naturalWidth)") > 200
        assert page.locator(".glassgrad-stepper").count() == 0, "a script ran that nobody trusted"
