"""Diagnosis: `why_nan` explains the first value or derivative of a graph that is not finite."""

from autograd.diagnosis.report import Diagnosis
from autograd.diagnosis.search import why_nan

__all__ = ["Diagnosis", "why_nan"]
