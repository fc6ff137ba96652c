"""Shapes: what an instance of a class consists of, found out once for each class.

Reads what CPython keeps of a class; calls nothing of it.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import types
from collections.abc import Callable, Mapping
from typing import Any, Final

from ..bytecode import facts_of
from ..installed import is_library_file
from ..kinds import (
    CONTENT,
    HEAP_TYPE,
    base_of,
    basic_size_of,
    class_member,
    derives,
    dict_getter_of,
    dict_of,
    flags_of,
    identity,
    is_kind,
    members_of,
    mro_of,
)
from .handlers import is_library, is_registered, shapes

_POINTER: Final = 8  # bytes
_DICT: Final[Any] = dict


class Shape:
    """How instances of a class of the user are read that have attributes and nothing else."""

    __slots__ = ("attributes", "cached", "is_pickled_its_way", "kind", "members", "mro", "size")

    def __init__(self, kind: type, attributes: Callable[[object], dict[str, object]]) -> None:
        self.kind = kind
        self.attributes = attributes
        self.mro = mro_of(kind)
        self.members: list[Mapping[str, object]] = [members_of(base) for base in self.mro]
        self.size = sum(map(len, self.members))
        self.cached = frozenset(
            name
            for members in self.members
            for name, member in members.items()
            if is_kind(member, functools.cached_property)
        )
        self.is_pickled_its_way = says_how_it_is_pickled(kind)

    def state(self, value: object) -> dict[str, object]:
        """Return the attributes of an instance, but for answers that it keeps."""
        held = self.attributes(value)
        if type(held) is not dict:  # of a kind that the user wrote
            held = _DICT(_DICT.items(held))
        if not self.cached or self.cached.isdisjoint(held):
            return held
        return {name: item for name, item in held.items() if name not in self.cached}

    def holds(self) -> bool:
        """Tell whether nothing was added to the class since."""
        return mro_of(self.kind) is self.mro and sum(map(len, self.members)) == self.size


def shape_of(kind: type) -> Shape | None:
    """Return how instances of a class are read, or None where they are more than attributes."""
    known = shapes.get(identity(kind))
    if known is not None and known[0] is kind and (known[1] is None or known[1].holds()):
        return known[1]
    getter = dict_getter_of(kind) if has_only_attributes(kind) else None
    found = None if getter is None else Shape(kind, getter)
    shapes[identity(kind)] = (kind, found)
    return found


def has_only_attributes(kind: type) -> bool:
    """Tell whether an instance is its class and what is in its dictionary."""
    return (
        kind is not object
        and not is_registered(kind)
        and not any(_is_content(base) or derives(base, BaseException) for base in mro_of(kind))
        and not derives(kind, enum.Enum)
        and not any(
            type(member) is types.MemberDescriptorType
            for base in mro_of(kind)
            for member in members_of(base).values()
        )
        and not is_library(kind)
        and not hides_state(kind)
    )


def says_how_it_is_pickled(kind: type) -> bool:
    """Tell whether a class of the user has its own say about what an instance holds."""
    if identity(kind) in {identity(one) for one in copyreg.dispatch_table}:
        return True
    own = (
        members_of(base).get(name)
        for base in mro_of(kind)
        if not is_library(base)
        for name in PICKLING
    )
    return any(
        type(hook) is types.FunctionType and not is_library_file(hook.__code__.co_filename)
        for hook in own
    )


PICKLING: Final = (
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
)


def hides_state(kind: type) -> bool:
    """Tell whether an instance has state in C that its attributes do not show."""
    return any(
        base is not object
        and not _is_content(base)
        and not derives(base, BaseException)
        and not _is_class_statement(base)
        for base in mro_of(kind)
    )


def _is_content(kind: type) -> bool:
    return any(kind is base for base in CONTENT)


def _is_class_statement(kind: type) -> bool:
    """Tell whether a class is as large as its slots say: nothing else is in it.

    Two more pointers are allowed, for the dictionary and for weak references.
    """
    base = base_of(kind)
    if not flags_of(kind) & HEAP_TYPE or base is None:
        return False
    members = members_of(kind)
    extra = basic_size_of(kind) - basic_size_of(base)
    slots = sum(type(member) is types.MemberDescriptorType for member in members.values())
    says_so = any(name in members for name in ("__dict__", "__weakref__", "__slots__"))
    return extra <= (slots + 2) * _POINTER if says_so else extra == 0


def steps_of(value: object) -> list[tuple[str, object]]:
    """Return every attribute that holds state, under the step that leads to it: `.rate`.

    Answers that a cached property keeps are none.
    """
    kind = type(value)
    return [(f".{name}", item) for name, item in attributes_of(value) if not is_cached(kind, name)]


def added_to(value: object) -> list[tuple[str, object]]:
    """Return the attributes of an instance that no library sets, under their steps.

    The program gave them to an object of a library's class, or of its own that derives
    from one. What methods of libraries set is told otherwise, or is their own affair.
    """
    held = dict_of(value)
    if not held:
        return []
    kind = type(value)
    of_library = _set_by_libraries(kind)
    return [
        (f".{name}", item)
        for name, item in _DICT.items(held)
        if type(name) is str and name not in of_library and not is_cached(kind, name)
    ]


def _set_by_libraries(kind: type) -> frozenset[str]:
    known = _set_here.get(identity(kind))
    if known is None or known[0] is not kind:
        names = _OF_WRAPPERS.union(*map(stored_by, filter(is_library, mro_of(kind))))
        known = _set_here[identity(kind)] = (kind, names)
    return known[1]


def stored_by(kind: type) -> frozenset[str]:
    """Return the names of attributes that methods of one class set."""
    methods = [one for one in members_of(kind).values() if type(one) is types.FunctionType]
    return _NO_NAMES.union(*(facts_of(method.__code__).attribute_stores for method in methods))


_NO_NAMES: Final = frozenset[str]()


_set_here: dict[int, tuple[type, frozenset[str]]] = {}

_OF_WRAPPERS: Final = frozenset(
    {
        *functools.WRAPPER_ASSIGNMENTS,
        "__annotations__",
        "__annotate__",
        "__wrapped__",
        "cache_parameters",
        "manager",
    }
)
"""What is set from outside: of a function on what wraps it, and by `logging` on a logger."""


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return the attributes that an instance keeps: in its dictionary, then in slots."""
    getter = dict_getter_of(type(value))
    held = None if getter is None else getter(value)
    found: list[tuple[str, object]] = list(_DICT.items(held)) if is_kind(held, dict) else []
    for base in mro_of(type(value)):
        for name, member in members_of(base).items():
            if type(member) is types.MemberDescriptorType:
                try:
                    found.append((name, member.__get__(value)))
                except AttributeError:  # not set
                    continue
    return found


def is_cached(kind: type, name: str) -> bool:
    """Tell whether an attribute is an answer that a cached property keeps."""
    return is_kind(class_member(kind, name), functools.cached_property)
