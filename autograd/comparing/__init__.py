"""Comparing: `compare` aligns two graphs and finds the first node whose value or gradient differs."""

from autograd.comparing.comparison import Comparison, compare
from autograd.comparing.differences import Difference

__all__ = ["Comparison", "Difference", "compare"]
