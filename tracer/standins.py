"""Functions that ask the outside and that no event tells of: stand-ins while somebody observes.

`os.stat`, `os.access`, `os.readlink`, `os.getcwd`, `os.open` with the handle of a folder and
`importlib.util.find_spec` are called by programs directly, and nothing in Python tells of it.
While an observation is going on, a stand-in is in their place: in their module, and under
the names that code of the call gave them (`from os import stat`). It tells what it was
asked, if it was asked by the user's code, and does as the original. When the last
observation ends, the originals are back.

A stand-in is equal to what it stands for, has its name and text, is pickled as the original,
and is seen by the tracer as the original. One that somebody kept goes on to work.
"""

from __future__ import annotations

import importlib.util
import os
import pkgutil
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple

from .graph import DependencyGraph, Role
from .installed import OWN, is_library_file
from .values import see_through

Told = Callable[[str, tuple[Any, ...], Mapping[str, Any]], None]
"""Is given the name of the function, and what it was called with."""


class Place(NamedTuple):
    """A name under which code finds one of these functions."""

    namespace: dict[str, object]
    name: str
    original: object = None
    """What it means there, unless the program has put something else there."""


_is_users: dict[str, bool] = {}
"""What is known of files with code that asked; may be emptied at any time."""
_MAX_KNOWN: Final = 10_000


def _asks_for_user(code: CodeType) -> bool:
    file = code.co_filename
    known = _is_users.get(file)
    if known is None:
        if len(_is_users) >= _MAX_KNOWN:
            _is_users.clear()
        known = _is_users[file] = not (file.startswith(OWN) or is_library_file(file))
    return known or code.co_name in _HAND_ON


_HAND_ON: Final = frozenset({"_access_check"})
"""Functions of the standard library that ask in the name of their caller: `shutil.which`."""


class StandIn:
    """Does as a function, and tells of it when the user's code calls it."""

    def __init__(self, original: Any, place: str, told: Told, *, by_anybody: bool = False) -> None:
        self.__wrapped__ = original
        self.__name__: str = original.__name__
        self.__qualname__: str = original.__qualname__
        self.__module__: str = original.__module__
        self.__doc__: str | None = original.__doc__
        self._place = place
        self._told = told
        self._by_anybody = by_anybody

    def __call__(self, *positional: Any, **keyword: Any) -> Any:
        asker = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        code = asker.f_code
        if _asks_for_user(code) or (self._by_anybody and not code.co_filename.startswith(OWN)):
            self._told(self.__name__, positional, keyword)
        return self.__wrapped__(*positional, **keyword)

    def __eq__(self, other: object) -> bool:
        return other is self or other == self.__wrapped__

    def __hash__(self) -> int:
        return hash(self.__wrapped__)

    def __repr__(self) -> str:
        return repr(self.__wrapped__)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return pkgutil.resolve_name, (self._place,)


def original_of(stand_in: StandIn) -> object:
    """Return the function that a stand-in stands for."""
    return stand_in.__wrapped__


see_through(StandIn, original_of)

_NAMES: Final = {
    os: ("stat", "lstat", "access", "readlink", "getcwd", "getcwdb", "open"),
    importlib.util: ("find_spec",),
}
_FUNCTIONS: Final = (BuiltinFunctionType, FunctionType)
_places: list[Place] = [
    Place(vars(module), name, vars(module)[name])
    for module, names in _NAMES.items()
    for name in names
    if type(vars(module).get(name)) in _FUNCTIONS
]
"""Where stand-ins are put for each observation; `offer` adds to them."""
_ORIGINALS: Final[dict[int, tuple[str, Any]]] = {
    id(getattr(module, name)): (f"{module.__name__}:{name}", getattr(module, name))
    for module, names in _NAMES.items()
    for name in names
    if type(vars(module).get(name)) in _FUNCTIONS  # a mock may be in its place
}
"""By identity: under which name they are found, and they themselves."""

_offered: dict[int, Callable[[str], None]] = {}
"""Functions of libraries that were loaded later, by identity, and who is told of a call."""
_stand_ins: dict[object, StandIn] = {}
"""By original."""
_observers: list[int] = [0]
"""How many have stand-ins in `_places`."""
_counts: dict[tuple[int, str], int] = {}
"""How many have one in another place, by `id` of the namespace and name."""
_lock = threading.RLock()  # a finalizer may call what is observed, whatever runs here


def offer(module: ModuleType, name: str, told: Callable[[str], None]) -> None:
    """Have a function of a library stood in for, too, from the next observation on.

    Args:
        told: is given the name of the module whenever anybody calls the function.
    """
    original = vars(module).get(name)
    if original is None or type(original) is StandIn or id(original) in _ORIGINALS:
        return
    _ORIGINALS[id(original)] = (f"{module.__name__}:{name}", original)
    _offered[id(original)] = told
    _places.append(Place(vars(module), name, original))


def _stand_in(original: Any, told: Told) -> StandIn:
    place = _ORIGINALS[id(original)][0]
    told_of_module = _offered.get(id(original))
    if told_of_module is None:
        return StandIn(original, place, told)

    def tell(*_: object) -> None:
        told_of_module(place.partition(":")[0])

    return StandIn(original, place, tell, by_anybody=True)


def put_in(places: Iterable[Place], told: Told) -> tuple[Place, ...]:
    """Put stand-ins in their own and these places; return what `take_out` is to be given.

    What a program has put there itself, such as a mock, stays.
    """
    taken = tuple(places)
    with _lock:
        _observers[0] += 1
        for place in taken:
            key = (id(place.namespace), place.name)
            _counts[key] = _counts.get(key, 0) + 1
        for namespace, name, original in (*_places, *taken):
            current = namespace.get(name)
            # `id` last: there is an event for it, which asks those who wait for events.
            if current is not None and (current is original or id(current) in _ORIGINALS):
                stand_in = _stand_ins.get(current)
                if stand_in is None:
                    stand_in = _stand_ins[current] = _stand_in(current, told)
                namespace[name] = stand_in
    return taken


def take_out(places: Iterable[Place]) -> None:
    """Put the originals back where no other observation needs the stand-ins."""
    with _lock:
        _observers[0] -= 1
        done = [] if _observers[0] else [*_places]
        for place in places:
            key = (id(place.namespace), place.name)
            _counts[key] -= 1
            if not _counts[key]:
                del _counts[key]
                if not any(key == (id(one.namespace), one.name) for one in _places):
                    done.append(place)
        for namespace, name, _ in done:
            current = namespace.get(name)
            if type(current) is StandIn:
                namespace[name] = current.__wrapped__


def places_in(graph: DependencyGraph) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Return under which names code of a graph finds these functions by itself.

    Also names of those that it has in another way, as a default, captured or in a table:
    there no stand-in can be put. What it imports when it runs is a stand-in already.
    """
    if graph.origins.isdisjoint(_ORIGINALS):
        return (), ()
    found = {number for number, node in enumerate(graph.nodes) if id(node.origin) in _ORIGINALS}
    places: dict[tuple[int, str], Place] = {}
    hidden: dict[str, None] = {}
    for node, edges in zip(graph.nodes, graph.edges, strict=True):
        for edge in edges:
            if edge.target not in found:
                continue
            original = graph.nodes[edge.target].origin
            place = _place_of(node.origin, edge.label, original)
            if place is not None:
                places[id(place.namespace), place.name] = place
            elif not _is_optional(original) and edge.role is not Role.IMPORT:
                hidden.setdefault(_ORIGINALS[id(original)][0].replace(":", "."))
    return tuple(places.values()), tuple(hidden)


def _is_optional(original: object) -> bool:
    """Tell whether no harm is done where a call of this function is not seen."""
    return original is os.open or id(original) in _offered


def _place_of(origin: object, label: str, original: object) -> Place | None:
    """Return the global name, in code or a module, that means this function."""
    if type(origin) is FunctionType:
        namespace: dict[str, object] = origin.__globals__
    elif type(origin) is ModuleType:
        namespace = vars(origin)
    else:
        return None
    first, *rest = label.split(".")
    for part in rest:
        module = namespace.get(first)
        if type(module) is not ModuleType:
            return None
        namespace, first = vars(module), part
    # Not where there is a stand-in: a name that was imported while a call goes on has one, which
    # nobody counts, and which must stay as long as that call goes on.
    return Place(namespace, first, original) if namespace.get(first) is original else None
