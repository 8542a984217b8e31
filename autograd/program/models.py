"""Models among the arguments of a program: their numbers may change from call to call, and what they are may not."""

from __future__ import annotations

from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from autograd.errors import ArgumentError
from autograd.op import Op
from autograd.program.listing import alike

_PLAIN = (bool, int, float, str, type(None), type, np.ndarray, FunctionType, BuiltinFunctionType, Op)


class Kind:
    """What a model was when it was recorded: modules, their settings and modes, and the shapes of parameters."""

    def __init__(self, model: Any, name: str) -> None:
        self._name, self._model = name, model
        self._structure = _structure(model)
        self._modes = [(place, module, getattr(module, "training", None)) for place, module in _modules(model)]

    def demand(self, given: Any) -> None:
        """ArgumentError where another model, or the same one in another mode, would not do what was recorded."""
        if given is self._model:
            for place, module, mode in self._modes:
                if getattr(module, "training", None) is not mode:
                    raise ArgumentError(
                        f"{self._name}{f'.{place}' if place else ''} was recorded with training = {mode}, and is now "
                        f"called with {not mode}: only a model's numbers can change. Record it again"
                    )
        elif not is_model(given):
            raise ArgumentError(f"{self._name} was recorded as {_brief(self._model)}, and was given {given!r}")
        elif not alike(_structure(given), self._structure):
            raise ArgumentError(
                f"{self._name} was recorded as {_brief(self._model)}, and was given {_brief(given)}, which differs "
                "from it in more than numbers: in modules, settings, mode or shapes. Record it again"
            )


def is_model(x: Any) -> bool:
    """Whether this has parameters."""
    return hasattr(x, "named_parameters")


def _modules(model: Any) -> list[tuple[str, Any]]:
    return list(model.named_modules()) if hasattr(model, "named_modules") else [("", model)]


def _structure(model: Any) -> list[Any]:
    modules = [(place, type(x), getattr(x, "training", None), _settings(x)) for place, x in _modules(model)]
    arrays = [(name, np.asarray(leaf._data)) for name, leaf in model.named_parameters()]
    return [modules, [(name, array.dtype, array.shape) for name, array in arrays]]


def _settings(module: Any) -> dict[str, Any]:
    """The attributes that are plain: numbers, names, functions, arrays, and lists of them."""
    held = getattr(module, "__dict__", {})
    return {name: x for name, x in held.items() if name != "training" and _is_plain(x)}


def _is_plain(x: Any) -> bool:
    return all(map(_is_plain, x)) if isinstance(x, (list, tuple)) else isinstance(x, _PLAIN)


def _brief(model: Any) -> str:
    return repr(model)[:60]
