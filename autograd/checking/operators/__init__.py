"""A user's own op, checked by random programs around it, which fail as a script of a few lines."""

from autograd.checking.operators.checker import assert_op, check_op
from autograd.checking.operators.op_report import OpReport

__all__ = ["OpReport", "assert_op", "check_op"]
