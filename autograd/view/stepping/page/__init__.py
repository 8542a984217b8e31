"""A story as a page: `document` writes it, stepper.js and stepper.css bring it to life."""

from autograd.view.stepping.page.document import (
    Inside,
    description_of,
    fragment_of_story,
    image_of,
    page_of_story,
    part,
)

__all__ = ["Inside", "description_of", "fragment_of_story", "image_of", "page_of_story", "part"]
