"""The gradient checker: the engine's derivatives against numerical ones, with a verdict and a suspected cause."""

from autograd.checking.checker import assert_gradients, check
from autograd.checking.report import GradientError, Report
from autograd.checking.rows import Row
from autograd.checking.verdicts import VERDICTS

__all__ = ["VERDICTS", "GradientError", "Report", "Row", "assert_gradients", "check"]
