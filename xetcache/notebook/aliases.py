"""Which names share an object with a result.

What a hit gives back is made anew. Where another name of the notebook holds a part of
it, the two would no longer be one, and a change made under one name would not show
under the other. Arrays share more than objects: a view has the memory of another, and
loses it when it is stored, even if both are stored together.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum
from itertools import combinations
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
    GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType,
)  # fmt: skip
"""What is the same wherever it stands, or is stored as a name."""

_CONTAINERS: Final = (list, dict, set, bytearray)
_FRAMES: Final = frozenset({"DataFrame", "Series"})
_NOT_ENTERED: Final = frozenset({"IPython", "ipykernel", "traitlets"})
"""Through their objects every variable of the notebook can be reached."""
_MAX_VIEWS: Final = 200


class Reached:
    """The objects that values are made of."""

    def __init__(self, values: Iterable[object], *, without: Iterable[int] = ()) -> None:
        self.mutable: set[int] = set()
        """Identities of those that can change."""
        self.functions: list[FunctionType] = []
        self.classes: set[type] = set()
        self.arrays: dict[int, list[Any]] = {}
        """Identity of what owns the memory → arrays that lie in it."""
        self._kept: list[object] = []  # an `id` must not be used again while we count on it
        self._walk(values, set(without))

    def _walk(self, values: Iterable[object], seen: set[int]) -> None:
        stack = list(values)
        while stack:
            value = stack.pop()
            if isinstance(value, FunctionType):
                self.functions.append(value)
                stack += _held_by_function(value, seen)
            elif isinstance(value, type):
                self.classes.add(value)
            if isinstance(value, _ATOMS) or id(value) in seen:
                continue
            seen.add(id(value))
            self._kept.append(value)
            self.classes.add(type(value))
            if can_change(value):
                self.mutable.add(id(value))
            if _is_array(value):
                self.arrays.setdefault(id(_owner(value)), []).append(value)
            stack += _parts(value)

    def has_views(self) -> bool:
        """Tell whether two of the arrays share memory."""
        return any(_overlap(arrays, []) for arrays in self.arrays.values())

    def shares_with(self, other: Reached) -> bool:
        """Tell whether a change made here would show there."""
        if not self.mutable.isdisjoint(other.mutable):
            return True
        common = self.arrays.keys() & other.arrays.keys()
        return any(_overlap(self.arrays[one], other.arrays[one]) for one in common)


def can_change(value: object) -> bool:
    """Tell whether an object can change and is worth telling from an equal one."""
    if isinstance(value, _ATOMS):
        return False
    kind = cast(type, type(value))
    if isinstance(value, _CONTAINERS) or _is_frame(kind) or _is_array(value):
        return True
    return _library_of(kind) != "pandas" and kind.__dictoffset__ != 0


def _held_by_function(function: FunctionType, seen: set[int]) -> list[object]:
    """Return what a function of the notebook holds, besides its names."""
    if function.__module__ != "__main__" or id(function) in seen:
        return []
    seen.add(id(function))
    held = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # of a name that is not bound yet
            held.append(cell.cell_contents)
    return held


def _parts(value: Any) -> list[object]:
    kind = type(cast(object, value))
    if _is_frame(kind) or _library_of(kind) in _NOT_ENTERED:
        return []  # frames copy on writing, so what they share does not show
    if _is_array(value):
        return value.ravel().tolist() if value.dtype.hasobject else []
    return gc.get_referents(value)


def _library_of(kind: type) -> str:
    return str(kind.__module__).partition(".")[0]


def _is_frame(kind: type) -> bool:
    return kind.__name__ in _FRAMES and _library_of(kind) == "pandas"


def _is_array(value: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray)


def _owner(array: Any) -> Any:
    """Return what has the memory that an array lies in."""
    while _is_array(array) and array.base is not None:
        array = array.base
    return array


def _overlap(arrays: list[Any], others: list[Any]) -> bool:
    """Tell whether two of `arrays`, or one of them and one of `others`, share memory."""
    numpy: Any = sys.modules["numpy"]
    if len(arrays) * (len(others) or len(arrays)) > _MAX_VIEWS**2:
        return True
    if others:
        return any(numpy.may_share_memory(one, other) for one in arrays for other in others)
    return any(numpy.may_share_memory(one, other) for one, other in combinations(arrays, 2))


def sharing(
    reached: Reached,
    namespace: Mapping[str, object],
    *,
    but: Iterable[str] = (),
    without: Iterable[int] = (),
) -> list[str]:
    """Return the names, other than `but`, under which a part of what was reached is held.

    Args:
        without: identities of objects whose parts are no part of what is held.
    """
    left_out = set(but)
    return [
        name
        for name, value in namespace.items()
        if name not in left_out
        and (isinstance(value, FunctionType) or not isinstance(value, _ATOMS))
        and reached.shares_with(Reached([value], without=without))
    ]
