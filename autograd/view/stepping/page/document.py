"""A story as HTML that needs nothing else: a piece for notebooks, and a whole page.

First comes the picture as an image, which shows wherever scripts do not run; where they do, the script beside it takes
the SVG out of the image and puts the stepper in its place.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from autograd.view.markup import escaped
from autograd.view.stepping.steps import Story, as_data
from autograd.view.svg import svg_of
from autograd.view.text import printable

Inside = Mapping[int, Story] | None  # the stories of folded boxes, by the places of the boxes


def page_of_story(story: Story, *, position: int = 0, inside: Inside = None) -> str:
    """A whole page, light or dark as its reader has chosen; it may ask for nothing, and so works from a file.

    `position` is the step it begins at; a box whose place is in `inside` opens on a click.
    """
    fragment = fragment_of_story(story, position=position, inside=inside)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escaped(story.title)}</title>
</head>
<body style="margin:0 auto;padding:1rem;max-width:1500px">
{fragment}</body>
</html>
"""


POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def fragment_of_story(story: Story, *, position: int = 0, inside: Inside = None) -> str:
    """What a notebook shows: the image and its script. Shown twice on one page, each comes to life on its own."""
    svg = svg_of(story.picture, story.placement, hooks=True)
    description = {**description_of(story, inside), "position": position, "style": part("stepper.css")}
    data = _as_literal(description)
    own = "glassgrad-" + hashlib.sha256((svg + data).encode()).hexdigest()[:12]
    return f"""<div class="{own}">{image_of(svg, story.title)}</div>
<script>
(() => {{
{part("stepper.js")}
const description = {data};
for (const image of document.querySelectorAll(".{own} > img")) mount(image.parentElement, description);
}})();
</script>
"""


def image_of(svg: str, title: str) -> str:
    """The picture as an image that holds it whole, which sanitisers let through."""
    data = base64.b64encode(svg.encode()).decode()
    return f'<img alt="{escaped(title)}" style="max-width:100%" src="data:image/svg+xml;base64,{data}">'


def description_of(story: Story, inside: Inside = None) -> dict[str, Any]:
    """What `mount` of stepper.js is given, without the picture: of the stories inside with theirs."""
    opened = {
        str(box): {**description_of(inner), "picture": svg_of(inner.picture, inner.placement, hooks=True)}
        for box, inner in (inside or {}).items()
    }
    return {**as_data(story), "inside": opened}


@cache
def part(name: str) -> str:
    """The text of a file beside this one."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _as_literal(data: Any) -> str:
    """JSON that stands inside a script.

    There `</script` ends the script and `<!--` changes what ends it: no `<` is left.
    """
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return printable(text).replace("<", "\\u003c")
