"""Assigned: what modules of the user put into libraries, outside of all functions.

A library asks for it where nobody sees that, and is otherwise known by its version alone. So
what such code assigns counts by itself, as far as it is an attribute of a module, class or
function, or an item of one that is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, FunctionType, ModuleType
from typing import Final, NamedTuple, cast

from . import module_code
from . import pyversion as py
from .bytecode import NamePath
from .guard import ABSENT, Guard
from .installed import OWNER
from .instructions import (
    ATTRIBUTE_LOADS,
    Constant,
    Global,
    Unit,
    attribute_name,
    call_of,
    instructions,
    marked,
    raw_of,
)
from .kinds import (
    global_of,
    identity,
    is_kind,
    is_module,
    loaded_module,
    members_of,
    module_name_of,
    module_text,
    mro_of,
    namespace_of,
    qualified_name_of,
)
from .module_code import ModuleCode
from .resolve import resolve


class Place(NamedTuple):
    """An attribute that may have been assigned."""

    owner: object
    """A module, class or function."""
    name: str


def places() -> dict[tuple[int, str], Place]:
    """Return all that is known by now, by identity of the owner and name."""
    module_code.note_from_before()
    if module_code.noted:
        _look_at_noted()
    return known.copy()


def are_all(count: int) -> bool:
    """Tell whether there are no more than that many."""
    return len(places()) == count


def awaited() -> tuple[tuple[dict[str, object], str], ...]:
    """Return names that such code has not bound so far, each with the globals it is of."""
    return tuple(_awaited) if module_code.noted else ()


def members_in(owner: object) -> Mapping[str, object]:
    """Return the attributes of a module or class."""
    if is_module(owner):
        return namespace_of(cast(ModuleType, owner))
    return members_of(cast(type, owner))


def spelled(owner: object, name: str) -> str:
    """Return an attribute as a person would spell it."""
    if is_module(owner):
        return f"{module_text(cast(ModuleType, owner), '__name__')}.{name}"
    if is_kind(owner, type):
        kind = cast(type, owner)
        return f"{module_name_of(kind)}.{qualified_name_of(kind)}.{name}"
    function = cast(FunctionType, owner)
    return f"{function.__module__}.{function.__qualname__}.{name}"


known: Final[dict[tuple[int, str], Place]] = {}
"""By identity of the owner, which is held, and name."""
_awaited: Final[list[tuple[dict[str, object], str]]] = []


def _look_at_noted() -> None:
    waiting: list[ModuleCode] = []
    _awaited.clear()
    while module_code.noted:
        one = module_code.noted.pop(0)  # others may note more meanwhile
        namespace, goes_on = _globals_of(one)
        names: set[str] = set()
        for path, name in _assignments(one.code):
            place = _place_of(path, name, namespace)
            if place is not None and spelled(*place).partition(".")[0] not in _OURS:
                known.setdefault((identity(place.owner), place.name), place)
            elif global_of(namespace, path[0], ABSENT) is ABSENT:
                names.add(path[0])
        if names and goes_on:
            waiting.append(one)
            _awaited.extend((namespace, name) for name in sorted(names))
    module_code.noted[:0] = waiting[-_MAX_WAITING:]


_OURS: Final = frozenset({__name__.partition(".")[0], OWNER})
_MAX_WAITING: Final = 10
"""Of cells, which may have run long ago and have bound nothing of that name."""


def _globals_of(one: ModuleCode) -> tuple[dict[str, object], bool]:
    """Return the globals of code, and whether it may still be running."""
    main = loaded_module("__main__")
    if one.namespace is None:
        for module in tuple(sys.modules.values()):
            if is_module(module) and module_text(module, "__file__") == one.code.co_filename:
                return namespace_of(module), _is_executed(module)
        return ({}, False) if main is None else (namespace_of(main), True)  # a cell
    name = global_of(one.namespace, "__name__")
    module = loaded_module(name) if type(name) is str else None
    goes_on = module is not None and (module is main or _is_executed(module))
    return one.namespace, goes_on


def _is_executed(module: ModuleType) -> bool:
    spec = namespace_of(module).get("__spec__")
    return type(spec) is ModuleSpec and getattr(spec, "_initializing", False)


def _assignments(code: CodeType) -> Iterator[tuple[NamePath, str]]:
    """Yield what code assigns to by a name path, and which attribute; nothing for an item."""
    units = instructions(raw_of(code), _MARKS)
    for index, (_, op, argument, after) in enumerate(units):
        if op == py.STORE_ATTR:
            path, name = _path_before(code, units, index), code.co_names[argument]
        elif op == py.STORE_SUBSCR:
            path, name = _path_before(code, units, index - 1), ""  # before the key
        elif op == py.LOAD_NAME and code.co_names[argument] == "setattr":
            path, name = _given_to_setattr(code, after)
        else:
            continue
        if path:
            yield path, name


_MARKS: Final = marked(
    {
        *(py.STORE_ATTR, py.STORE_SUBSCR, py.LOAD_NAME, py.LOAD_GLOBAL),
        *(py.LOAD_CONST, py.LOAD_SMALL_INT),
        *ATTRIBUTE_LOADS,
    }
    - {py.NONE}
)


def _path_before(code: CodeType, units: Sequence[Unit], index: int) -> NamePath:
    """Return the name path that is read right before an instruction; empty if there is none."""
    names: list[str] = []
    start = units[index][0] if index > 0 else -1
    while index > 0:
        index -= 1
        first, op, argument, after = units[index]
        if after != start:
            break
        if op in {py.LOAD_NAME, py.LOAD_GLOBAL}:
            names.append(code.co_names[argument >> 1 if op == py.LOAD_GLOBAL else argument])
            return tuple(reversed(names))
        if op not in ATTRIBUTE_LOADS:
            break
        names.append(attribute_name(code, op, argument))
        start = first
    return ()


def _given_to_setattr(code: CodeType, after: int) -> tuple[NamePath, str]:
    units = instructions(raw_of(code))
    index = next((number for number, unit in enumerate(units) if unit[0] >= after), len(units))
    call = call_of(code, units, index)
    owner = None if call is None else call.argument(0, "")
    name = None if call is None else call.argument(1, "")
    if type(owner) is Global and type(name) is Constant and type(name.value) is str:
        return (owner.name,), name.value
    return (), ""


def _place_of(path: NamePath, name: str, namespace: dict[str, object]) -> Place | None:
    """Return what is assigned there, if that is of a module, class or function."""
    meaning = resolve(path, namespace, Guard())
    owner: object = meaning.owner
    target = meaning.target
    for part in path[meaning.consumed :]:
        if not is_kind(target, type):
            return None
        has_it = (kind for kind in mro_of(cast(type, target)) if part in members_of(kind))
        owner = next(has_it, target)
        target = members_of(cast(type, owner)).get(part, ABSENT)
    if not name:
        return Place(owner, path[-1]) if owner is not None and type(target) in _HAVE_ITEMS else None
    if type(target) is FunctionType:
        return Place(target, name) if name in _OF_FUNCTIONS else None
    has_name = is_module(target) or is_kind(target, type)
    return Place(target, name) if has_name and name in members_in(target) else None


_HAVE_ITEMS: Final = frozenset({dict, list})
_OF_FUNCTIONS: Final = frozenset({"__defaults__", "__kwdefaults__"})
