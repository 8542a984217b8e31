"""The colours of drawings, for a light card that stands on light and dark pages alike."""

from __future__ import annotations

from dataclasses import dataclass

from autograd.view.box_text import Role
from autograd.view.parts import Kind

PAGE, BORDER = "#fcfcfd", "#dfe3e8"
INK, MUTED = "#1f2933", "#66717e"
DERIVATIVE, GRADIENT = "#52606d", "#b8255f"  # what travels along an arrow, and what travels against it
FORTH, BACK = "#1f6fd1", "#b8255f"  # what a step is about, on the way forward and on the way back
MARK = "#d6336c"  # the border around a box that is pointed out
WIRE, GREY_WIRE = "#8593a3", "#c6cdd5"
FRAMES, FRAME_BORDER = ("#f1f4f7", "#fafbfc"), "#cfd7df"  # frames within frames take turns

TEXT: dict[Role, str] = {"name": INK, "detail": INK, "label": MUTED, "value": INK, "gradient": GRADIENT}


@dataclass(frozen=True, slots=True)
class Paint:
    """The colours of one kind of box."""

    header: str
    body: str
    border: str


PAINTS: dict[Kind, Paint] = {
    "variable": Paint(header="#d6e6fb", body="#f5f9ff", border="#4a86cf"),
    "operation": Paint(header="#e7ebf0", body="#ffffff", border="#8593a3"),
    "root": Paint(header="#fbdfb4", body="#fffaf0", border="#d58512"),
    "constant": Paint(header="#eef0f3", body="#eef0f3", border="#c6cdd5"),
    "folded": Paint(header="#e0d9f5", body="#f9f7fe", border="#7b61c4"),
}
