"""The built-in layout: pure geometry, from the parts of a picture to a placement.

Downwards: `placing` puts together `levels`, one for each frame; a level is a `flow` of items in `layers`, ordered to
avoid `crossings` and then given `coordinates`.
"""

from autograd.view.layout.placing import place

__all__ = ["place"]
