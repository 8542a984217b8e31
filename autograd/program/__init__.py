"""Programs: the textbook's static graph, recorded once, read as code, and replayed at machine speed."""

from autograd.program.listing import Guard, Instruction, Listing
from autograd.program.program import Program, record

__all__ = ["Guard", "Instruction", "Listing", "Program", "record"]
