"""Text as every view writes it: numbers, counts, and the width of a line by a fixed table of Helvetica.

Widths come from the table and never from the host's fonts, so that a drawing has the same bytes everywhere.
"""

from __future__ import annotations

import re
import unicodedata

# Advance widths in thousandths of the font size.
_WIDTHS = {
    character: width
    for width, characters in {
        191: "'",
        222: "ijl",
        260: "|",
        278: " !,./:;I[\\]ft·",
        333: "()-`r",
        334: "{}",
        355: '"',
        389: "*",
        469: "^",
        500: "Jckvsxyz",
        556: "#$0123456789?L_abdeghnopqu",
        584: "+<=>~×−∂",
        611: "FTZ",
        667: "&ABEKPSVXY",
        722: "CDHNRUw",
        778: "GOQ",
        833: "Mm",
        889: "%",
        944: "W",
        1000: "—…←→↑",
        1015: "@",
    }.items()
    for character in characters
}
_BOLD = 1.1  # Helvetica Bold is wider by about this much
_LINE_BREAK = re.compile("\\r\\n|[\\n\\r\\u2028\\u2029]")
_TURNING = re.compile("[\\u202a-\\u202e\\u2066-\\u2069]")  # would show what follows from right to left
_NOT_IN_XML = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufffe\\uffff]")


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text is at a font size."""
    return sum(map(_advance, text)) * size * (_BOLD if bold else 1.0) / 1000.0


def _advance(character: str) -> int:
    if character in _WIDTHS:
        return _WIDTHS[character]
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 1100
    return 722 if character.isalnum() else 1000


def shortened(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """The text, its end replaced by … where it is wider than the room."""
    if width(text, size, bold=bold) <= room:
        return text
    kept = text
    while kept and width(kept + "…", size, bold=bold) > room:
        kept = kept[: min(len(kept) - 1, int(room))]
    return kept + "…"


def one_line(text: str) -> str:
    """The text on one line: a line break is shown as ⏎, a tab as ⇥, what cannot be shown as �."""
    visible = _LINE_BREAK.sub("⏎", text).replace("\t", "⇥")
    return printable(_TURNING.sub("�", visible))


def printable(text: str) -> str:
    """The text with every control character and whatever else XML cannot hold replaced by �; line breaks stay."""
    return _NOT_IN_XML.sub("�", text)


def number(x: float, digits: int = 4) -> str:
    """A number to so many significant digits, with a true minus sign and no sign on zero."""
    text = format(float(x) + 0.0, f".{digits}g")
    mantissa, exponent, power = text.partition("e")
    return (f"{mantissa}e{int(power)}" if exponent else text).replace("-", "−")


def count(n: int, singular: str, plural: str = "") -> str:
    """How many of what: 1 node, 9,940 nodes."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def ordinal(n: int) -> str:
    """The place of something counted from 1: 1st, 2nd, 13th, 21st."""
    last = 0 if n % 100 in (11, 12, 13) else n % 10
    ending = {1: "st", 2: "nd", 3: "rd"}.get(last, "th")
    return f"{n}{ending}"
