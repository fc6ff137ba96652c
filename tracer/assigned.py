"""Assigned: what modules of the user put into libraries, outside of all functions.

A library asks for it where nobody sees that, and is otherwise known by its version alone. So
what such code assigns counts by itself, as far as it is an attribute of a module, class or
function, or an item of one that is.
"""

from __future__ import annotations

import re
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
    constant_of,
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
    """An attribute, or an item of what is there, that may be assigned."""

    owner: object
    """A module, class or function."""
    name: str
    key: str | None = None
    """Of the item, if it is one of a dictionary."""


def places() -> dict[tuple[int, str, str | None], Place]:
    """Return all that is known by now, by identity of the owner, name and key."""
    module_code.note_from_before()
    if module_code.noted:
        _look_at_noted()
    return known.copy()


def are_all(count: int) -> bool:
    """Tell whether there are no more than that many."""
    return len(places()) == count


def awaited() -> tuple[tuple[dict[str, object], str], ...]:
    """Return names that mean nothing to such code so far, each with the globals it is of."""
    return tuple(_awaited) if module_code.noted else ()


def members_in(owner: object) -> Mapping[str, object]:
    """Return the attributes of a module or class."""
    if is_module(owner):
        return namespace_of(cast(ModuleType, owner))
    return members_of(cast(type, owner))


def spelled(place: Place) -> str:
    """Return what is assigned as a person would spell it."""
    owner, name, key = place
    item = "" if key is None else f"[{key!r}]"
    return f"{_module_of(owner)}{_name_in_module(owner)}.{name}{item}"


def _module_of(owner: object) -> str:
    if is_module(owner):
        return module_text(cast(ModuleType, owner), "__name__") or ""
    if is_kind(owner, type):
        return module_name_of(cast(type, owner))
    return str(cast(FunctionType, owner).__module__)


def _name_in_module(owner: object) -> str:
    if is_module(owner):
        return ""
    if is_kind(owner, type):
        return f".{qualified_name_of(cast(type, owner))}"
    return f".{cast(FunctionType, owner).__qualname__}"


known: Final[dict[tuple[int, str, str | None], Place]] = {}
"""By identity of the owner, which is held, name and key."""
_awaited: Final[list[tuple[dict[str, object], str]]] = []


def _look_at_noted() -> None:
    waiting: list[ModuleCode] = []
    _awaited.clear()
    while module_code.noted:
        one = module_code.noted.pop(0)  # others may note more meanwhile
        namespace, goes_on = _globals_of(one)
        names: set[str] = set()
        for path, name, key in _assignments(one.code):
            place = _place_of(path, name, key, namespace)
            if place is not None:
                if _is_known_to_library(place):
                    known.setdefault((identity(place.owner), name or path[-1], key), place)
            elif global_of(namespace, path[0]) is None:
                names.add(path[0])
        if names and goes_on:
            waiting.append(one)
            _awaited.extend((namespace, name) for name in sorted(names))
    module_code.noted[:0] = waiting[-_MAX_WAITING:]


def _is_known_to_library(place: Place) -> bool:
    """Tell whether a library spells the name of an attribute, where its text can be read.

    Nobody but the program asks for one that the program has invented, and who asks is seen.
    """
    if _module_of(place.owner).partition(".")[0] in _NO_TEXT:
        return False
    if not is_kind(place.owner, type):
        return place.name in _OF_FUNCTIONS or _spells(_module_of(place.owner), place.name)
    kinds = mro_of(cast(type, place.owner))
    return any(_spells(module_name_of(kind), place.name) for kind in kinds if kind is not object)


def _spells(name: str, word: str) -> bool:
    module = loaded_module(name)
    file = None if module is None else module_text(module, "__file__")
    if file is None or not file.endswith(".py"):
        return True
    try:
        with open(file, "rb") as source:
            return re.search(rb"\b%s\b" % re.escape(word.encode()), source.read()) is not None
    except OSError:
        return True


_NO_TEXT: Final = frozenset({"sys", "builtins", __name__.partition(".")[0], OWNER})
"""Modules without one, of which all that is read counts by name; and our own."""
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


def _assignments(code: CodeType) -> Iterator[tuple[NamePath, str, str | None]]:
    """Yield what code assigns to by a name path: which attribute, or nothing and which item."""
    units = instructions(raw_of(code), _MARKS)
    for index, (_, op, argument, after) in enumerate(units):
        path: NamePath = ()
        name, key = "", None
        if op == py.STORE_ATTR:
            path, name = _path_before(code, units, index), code.co_names[argument]
        elif op == py.STORE_SUBSCR and index > 0:
            constant = constant_of(code, *units[index - 1][1:3])
            if constant is not None and type(constant.value) is str:
                path, key = _path_before(code, units, index - 1), constant.value
        elif op == py.LOAD_NAME and code.co_names[argument] == "setattr":
            path, name = _given_to_setattr(code, after)
        if path:
            yield path, name, key


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


def _place_of(
    path: NamePath, name: str, key: str | None, namespace: dict[str, object]
) -> Place | None:
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
    if key is not None:
        is_table = owner is not None and type(target) is dict
        return Place(owner, path[-1], key) if is_table else None
    if type(target) is FunctionType:
        return Place(target, name) if name in _OF_FUNCTIONS else None
    return Place(target, name) if is_module(target) or is_kind(target, type) else None


_OF_FUNCTIONS: Final = frozenset({"__defaults__", "__kwdefaults__"})
