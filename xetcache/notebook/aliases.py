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
from collections.abc import Container, Iterable, Iterator, Mapping
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

import tracer

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
        self._everybodys: set[int] = set()
        """Identities of those that a library keeps; found when they are met elsewhere."""
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

    def views(self, there: Container[int] = ()) -> list[Any]:
        """Return the arrays that lie in the memory of others, or of those that are `there`."""
        return [
            one
            for owner, arrays in self.arrays.items()
            if owner in there or _overlap(arrays, [])
            for one in arrays
            if id(one) != owner
        ]

    def forget_arrays(self, owners: Iterable[int]) -> None:
        """Say nothing of arrays that lie in the memory of these."""
        for owner in owners:
            self.arrays.pop(owner, None)

    def shares_with(self, other: Reached) -> bool:
        """Tell whether a change made here would show there."""
        if common := (self.mutable & other.mutable) - self._everybodys:
            objects = [one for one in self._kept if id(one) in common]
            self._everybodys |= Reached(_kept_by_libraries(objects)).mutable
            if common - self._everybodys:
                return True
        for owner in self.arrays.keys() & other.arrays.keys():
            arrays = [one for one in self.arrays[owner] if id(one) not in self._everybodys]
            if arrays and _overlap(arrays, other.arrays[owner]):
                return True
        return False


def owner_of(value: object) -> int:
    """Return the identity of what has the memory of an array; 0 for anything else."""
    return id(_owner(value)) if _is_array(value) else 0


def can_change(value: object) -> bool:
    """Tell whether an object can change and is worth telling from an equal one."""
    if isinstance(value, _ATOMS):
        return False
    kind = cast(type, type(value))
    if isinstance(value, _CONTAINERS) or _is_frame(kind) or _is_array(value):
        return True
    return _library_of(kind) != "pandas" and kind.__dictoffset__ != 0


def _kept_by_libraries(objects: list[object]) -> list[object]:
    """Return the objects that a class or module of a library keeps, the same for everybody.

    Such as the shapes of markers. A library does not change them, so it is no matter that
    there are two of one after a hit.

    Cost: two searches through the memory of the process.
    """
    tables: list[object] = [one for one in gc.get_referrers(*objects) if type(one) is dict]
    owners = [one for one in gc.get_referrers(*tables) if isinstance(one, type | ModuleType)]
    kept = [part for owner in owners if _is_of_library(owner) for part in vars(owner).values()]
    kept += _tables_of_modules()
    places = set(map(id, kept)).union(map(id, _items_of(kept)))
    return [one for one in objects if id(one) in places]


def _tables_of_modules() -> list[object]:
    """Return the tables that modules of libraries have, such as that of their settings."""
    modules = [one for one in tuple(sys.modules.values()) if type(one) is ModuleType]
    return [
        part
        for module in modules
        if _is_of_library(module)
        for part in tuple(vars(module).values())
        if isinstance(part, dict)
    ]


def _items_of(tables: Iterable[object]) -> Iterator[object]:
    for table in tables:
        if isinstance(table, dict):
            yield from dict[object, object].values(cast(dict[object, object], table))


def _is_of_library(owner: type | ModuleType) -> bool:
    if isinstance(owner, type):
        return tracer.is_library(owner)
    file = getattr(owner, "__file__", None)
    return tracer.USER_CODE.pinned_by(owner.__name__, file) is not None


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
    return tracer.held_by(value)


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
    pairs = ((one, other) for one in arrays for other in others)
    return any(
        numpy.may_share_memory(one, other)
        for one, other in (pairs if others else combinations(arrays, 2))
        # What nobody can write to, such as the values of a frame, may well be there twice.
        if one.flags.writeable or other.flags.writeable
    )


def variables_inside(values: Iterable[object], variables: Mapping[str, object]) -> frozenset[str]:
    """Return the variables whose objects are parts of values.

    None of them where there is too much to look at.
    """
    wanted: dict[int, list[str]] = {}
    for name, value in variables.items():
        if can_change(value):
            wanted.setdefault(id(value), []).append(name)
    found: set[str] = set()
    seen: dict[int, object] = {}  # held, so that no `id` is used again
    stack = list(values) if wanted else []
    while stack:
        value = stack.pop()
        if isinstance(value, _ATOMS) or id(value) in seen:
            continue
        if len(seen) >= _MOST_INSIDE:
            return frozenset()
        seen[id(value)] = value
        found.update(wanted.get(id(value), ()))
        stack += _parts(value)
    return frozenset(found)


_MOST_INSIDE: Final = 20_000


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
