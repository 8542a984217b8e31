"""A story as a widget: the same stepper as on a page, whose position Python reads and sets."""

from __future__ import annotations

from functools import cache
from typing import Any

from autograd.errors import MissingExtra
from autograd.view.stepping.page import Inside, description_of, image_of, part
from autograd.view.stepping.steps import Story
from autograd.view.svg import svg_of

# The module of a widget: `mount` and one export. Where the page moves Python is told, and the other way round.
BRIDGE = """
export default {
  render({ model, el }) {
    const description = { ...model.get("description"), position: model.get("position") };
    const stepper = mount(el, description, (position) => {
      if (model.get("position") === position) return;
      model.set("position", position);
      model.save_changes();
    });
    const follow = () => stepper.seek(model.get("position"));
    model.on("change:position", follow);
    return () => {
      model.off("change:position", follow);
      stepper.destroy();
    };
  },
};
"""


def widget_of(story: Story, *, position: int = 0, inside: Inside = None) -> Any:
    """A widget of anywidget that shows the story; `position`, the step, goes both ways and can be observed.

    MissingExtra without anywidget. A position beyond the story is taken to its nearest end.
    """
    svg = svg_of(story.picture, story.placement, hooks=True)
    description = {**description_of(story, inside), "picture": svg}
    return _widget_class()(description=description, position=position)


@cache
def _widget_class() -> type:
    """The class, made when it is first needed, for its base is an extra; MissingExtra without it."""
    try:
        import anywidget
        import traitlets
    except ImportError:
        raise MissingExtra('a stepper\'s widget needs anywidget: pip install "glassgrad[notebook]"') from None

    class StepperWidget(anywidget.AnyWidget):
        """A stepper in a notebook with a kernel."""

        _esm = part("stepper.js") + BRIDGE
        _css = part("stepper.css")
        description = traitlets.Dict().tag(sync=True)
        position = traitlets.Int(0).tag(sync=True)

        @traitlets.validate("position")
        def _within(self, proposal: Any) -> int:
            last = max(len(self.description.get("steps", ())) - 1, 0)
            return min(max(proposal["value"], 0), last)

        def _repr_mimebundle_(self, **options: Any) -> Any:
            """The widget, and its picture for where there is no kernel or no trust."""
            bundle = super()._repr_mimebundle_(**options)
            data, about = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
            title = self.description["title"]
            still = {"text/html": image_of(self.description["picture"], title), "text/plain": f"<stepper: {title}>"}
            return {**data, **still}, about

    return StepperWidget
