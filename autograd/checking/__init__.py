"""The gradient checker: the engine's derivatives against numerical ones, with a verdict and a suspected cause."""

from autograd.checking import strategies
from autograd.checking.checker import assert_gradients, check
from autograd.checking.operators import OpReport, assert_op, check_op
from autograd.checking.report import GradientError, Report
from autograd.checking.rows import Row
from autograd.checking.verdicts import VERDICTS

__all__ = [
    "VERDICTS", "GradientError", "OpReport", "Report", "Row", "assert_gradients", "assert_op", "check", "check_op",
    "strategies",
]  # fmt: skip
