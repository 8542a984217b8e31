"""A page that holds a drawing and needs nothing else: no network, no script, no font."""

from __future__ import annotations

from autograd.view.markup import escaped


def page_of(svg: str, title: str) -> str:
    """The page: the SVG on a ground that follows the reader's choice of light or dark."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escaped(title)}</title>
</head>
<body style="margin:1.5rem">
{svg}</body>
</html>
"""
