"""Which names share an object with an output.

What a hit gives back is made anew. Where another name of the notebook holds a part of
it, the two would no longer be one, and a change made under one name would not show
under the other.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final, cast

_ATOMS: Final = (
    type(None), bool, int, float, complex, str, bytes, range, type, ModuleType, FunctionType,
    BuiltinFunctionType, CodeType, FrameType, GeneratorType, Enum, logging.Logger,
    GetSetDescriptorType,
    MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType,
)  # fmt: skip
"""What is the same wherever it stands, or is stored as a name."""

_CONTAINERS: Final = (list, dict, set, bytearray)
_FRAMES: Final = frozenset({"DataFrame", "Series"})


class Reached:
    """The objects that values are made of."""

    def __init__(self, values: Iterable[object], *, without: Iterable[int] = ()) -> None:
        self.mutable: set[int] = set()
        """Identities of those that can change."""
        self.functions: list[FunctionType] = []
        self.classes: set[type] = set()
        self._kept: list[object] = []  # an `id` must not be used again while we count on it
        self._walk(values, set(without))

    def _walk(self, values: Iterable[object], seen: set[int]) -> None:
        stack = list(values)
        while stack:
            value = stack.pop()
            if isinstance(value, FunctionType):
                self.functions.append(value)
            elif isinstance(value, type):
                self.classes.add(value)
            if isinstance(value, _ATOMS) or id(value) in seen:
                continue
            seen.add(id(value))
            self._kept.append(value)
            self.classes.add(type(value))
            if can_change(value):
                self.mutable.add(id(value))
            stack += _parts(value)


def can_change(value: object) -> bool:
    """Tell whether an object can change and is worth telling from an equal one."""
    if isinstance(value, _ATOMS):
        return False
    kind = cast(type, type(value))
    if isinstance(value, _CONTAINERS) or _is_frame(kind) or _is_array(value):
        return True
    return kind.__module__.partition(".")[0] != "pandas" and kind.__dictoffset__ != 0


def _parts(value: Any) -> list[object]:
    if _is_frame(type(cast(object, value))):
        return []  # copies on writing, so what it shares does not show
    if _is_array(value):
        base = [] if value.base is None else [value.base]
        return base + (value.ravel().tolist() if value.dtype.hasobject else [])
    return gc.get_referents(value)


def _is_frame(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "pandas" and kind.__name__ in _FRAMES


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def sharing(reached: Reached, namespace: Mapping[str, object], *, but: Iterable[str]) -> list[str]:
    """Return the names, other than `but`, under which a part of what was reached is held."""
    left_out = set(but)
    return [
        name
        for name, value in namespace.items()
        if name not in left_out
        and not isinstance(value, _ATOMS)
        and not reached.mutable.isdisjoint(Reached([value]).mutable)
    ]
