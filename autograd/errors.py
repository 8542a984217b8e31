"""The exceptions: one base class, each message naming the op, the values or shapes, and the way out."""


class AutogradError(Exception):
    """Every error this library raises on purpose is one of these."""


class OperandError(AutogradError, TypeError):
    """An op was given something it cannot work on, or not as many operands as it takes."""


class ArgumentError(AutogradError, ValueError):
    """An argument has a value that is not allowed; the message lists what is."""


class ShapeError(AutogradError, ValueError):
    """Sizes or shapes do not fit together."""


class RuleError(AutogradError):
    """A derivative rule does not fit its op: it gives one derivative for each parent, in shapes that go together."""


class Detached(AutogradError, TypeError):
    """A node was turned into a plain number where its derivative is still needed."""


class StaleData(AutogradError):
    """Data changed between the forward pass and the moment its derivative was asked for."""


class NonFinite(AutogradError, ArithmeticError):
    """A value or derivative is not finite where it must be: under `detect_anomaly` the first such one."""


class Unrecordable(AutogradError):
    """A function cannot become a program: something in it would be frozen, or it takes too many different paths."""


class GraphTooLarge(AutogradError):
    """A graph has more nodes than what was asked for can show; the message says what can."""


class ExpressionError(AutogradError, ValueError):
    """An expression typed as text is not arithmetic over known names and functions."""


class MissingExtra(AutogradError, ImportError):
    """An optional package is not installed; the message holds the pip command."""


class DataError(AutogradError, ValueError):
    """Training data cannot be used; the message names the row or column."""


class Diverged(AutogradError, ArithmeticError):
    """Training produced a parameter or a loss that is not finite, or a loss far above the one it began with."""


class CheckpointError(AutogradError, ValueError):
    """A checkpoint cannot be read, or does not fit; the message says what differs."""
