"""What functions leave behind in libraries, where later calls find it: read from their bytecode.

A call that gives a value to nobody is made for its effect alone: `warnings.simplefilter("error")`.
So is an assignment to something that the function did not make. What they change in values of the
user is seen in these values. In a library it is seen nowhere: only the function tells what it was.

It is guessed where it must be, since bytecode says no more than a name of what is called. Whoever
guesses wrong has a function count that need not; but of calls whose value is used, none is taken
to leave anything.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum, auto
from functools import lru_cache
from opcode import HAVE_ARGUMENT, stack_effect
from types import CodeType
from typing import Final, NamedTuple

from . import pyversion as py
from .bytecode import NamePath
from .graph import DependencyGraph, Edge, NodeKind, Role
from .instructions import (
    ATTRIBUTE_LOADS,
    VARIABLE_LOADS,
    attribute_name,
    constant_of,
    instructions,
    jump_target,
    name_path,
    raw_of,
    with_nested,
)


def leave_something(
    graph: DependencyGraph, codes: Mapping[int, CodeType], among: AbstractSet[int]
) -> Iterator[int]:
    """Yield the functions that may have left something in a library, if they have run.

    Args:
        codes: by its number in the graph, the code of each function.
        among: those that are asked of.
    """
    if not among:
        return
    acts = {number: acts_of(code) for number, code in codes.items()}
    methods = {code.co_name for code in codes.values()}
    attributes = {name for one in acts.values() for name in one.own}
    for node, edges in zip(graph.nodes, graph.edges, strict=True):
        if node.kind is NodeKind.CLASS:
            attributes.update(edge.label for edge in edges)
    # Of whom somebody calls, and wants no value, the value too is for its effect alone.
    for_effect: set[object] = set()
    for number, one in acts.items():
        for act in one.calls:
            for_effect.add(act.name)
            if act.path:
                for_effect.add(_target(graph.edges[number], act.path))
    for number in among:
        one, edges = acts[number], graph.edges[number]
        is_for_effect = not for_effect.isdisjoint((number, codes[number].co_name))
        calls = one.calls | one.tails if is_for_effect else one.calls
        if any(not _is_harmless_call(graph, edges, act, methods) for act in calls) or any(
            _is_of_library(graph, edges, act.path) if act.path else act.name not in attributes
            for act in one.stores
        ):
            yield number


def _is_harmless_call(
    graph: DependencyGraph, edges: Iterable[Edge], act: Act, methods: AbstractSet[str]
) -> bool:
    """Tell whether a call leaves nothing in a library, or runs a function that is asked itself."""
    if act.name in _TELLING:
        return True
    is_known = act.name in methods or act.name in _OF_CONTAINERS
    if is_known and not (act.path and _is_of_library(graph, edges, act.path)):
        return True
    number = _target(edges, act.path)
    if number is None:
        return False
    node = graph.nodes[number]
    if node.kind is NodeKind.BUILTIN:
        module, _, name = node.name.partition(".")
        return name not in _NOT_HARMLESS if module in _HARMLESS_MODULES else node.name in _HARMLESS
    return node.kind in _OF_USER and not act.is_deeper


def _target(edges: Iterable[Edge], path: NamePath) -> int | None:
    """Return what a name path leads to from code, or the longest beginning of it that leads."""
    found = {edge.label: edge.target for edge in edges if edge.role in _BY_NAME}
    for end in range(len(path), 0, -1):
        number = found.get(".".join(path[:end]))
        if number is not None:
            return number
    return None


_BY_NAME: Final = frozenset({Role.GLOBAL, Role.CLOSURE, Role.IMPORT})


def _is_of_library(graph: DependencyGraph, edges: Iterable[Edge], path: NamePath) -> bool:
    """Tell whether a name path leads to something of a library, or nobody knows where."""
    number = _target(edges, path)
    if number is None:
        return True
    kind = graph.nodes[number].kind
    if kind is NodeKind.VALUE:
        return any(
            edge.label == ".__class__" and graph.nodes[edge.target].kind in _OF_LIBRARIES
            for edge in graph.edges[number]
        )
    return kind in _OF_LIBRARIES


_OF_LIBRARIES: Final = frozenset({NodeKind.BUILTIN, NodeKind.DISTRIBUTION})


_OF_USER: Final = frozenset({NodeKind.FUNCTION, NodeKind.CLASS})

_TELLING: Final = frozenset(
    {"debug", "info", "warning", "error", "exception", "critical", "log", "__init__"}
)
"""Methods of loggers, which only tell; and who makes an object has its own code asked."""
_OF_CONTAINERS: Final = frozenset(
    name
    for kind in (list, dict, set, bytearray, deque, io.TextIOWrapper)
    for name in vars(kind)
    if not name.startswith("_")
)
"""Methods of what is a value, or, of files, a fact."""
_HARMLESS_MODULES: Final = frozenset(
    {"bisect", "builtins", "gc", "heapq", "json", "pickle", "random", "shutil", "traceback"}
)
"""Modules whose functions change no more than what they are given, files, or generators."""
_NOT_HARMLESS: Final = frozenset({"setattr", "delattr", "exec", "eval", "__import__"})
_HARMLESS: Final = frozenset(
    {
        *("sys.stderr", "sys.stdout", "time.sleep", "warnings.warn"),
        *(f"os.{name}" for name in ("makedirs", "mkdir", "remove", "rename", "replace", "unlink")),
    }
)


# -- what one code object does --------------------------------------------------------


class Act(NamedTuple):
    """One thing that code does for its effect alone."""

    name: str
    """Of the method or function that is called, or of the attribute that is assigned."""
    path: NamePath
    """The name path at which it is found, or where what it is done to comes from; of anything
    else, such as a parameter, nothing."""
    is_deeper: bool = False
    """It is done to what a call or an item gave that is found at the path."""


class Acts(NamedTuple):
    """What code does for its effect alone."""

    calls: frozenset[Act]
    """Whose value nobody gets."""
    tails: frozenset[Act]
    """Whose value is returned: for their effect, if that is dropped."""
    stores: frozenset[Act]
    own: frozenset[str]
    """Attributes that it assigns to the object that it is a method of."""


@lru_cache(maxsize=10_000)
def acts_of(code: CodeType) -> Acts:
    """Return what code does for its effect alone, with what is nested in it."""
    calls: set[Act] = set()
    tails: set[Act] = set()
    stores: set[Act] = set()
    own: set[str] = set()
    for part in with_nested(code):
        reading = _Reading(part)
        for index, (_, op, argument, _) in enumerate(reading.units):
            if op in _CALLING:
                fate = reading.fate(index)
                if fate is _Fate.USED or reading.is_of_context(index):
                    continue
                act = reading.called(index)
                (tails if fate is _Fate.RETURNED else calls).add(act)
            elif op in _STORING_ATTRIBUTES:
                name = part.co_names[argument]
                path, is_own = reading.owner(index, 1)
                if is_own:
                    own.add(name)
                else:
                    stores.add(Act(name, path))
            elif op in _STORING_ITEMS:
                path, _ = reading.owner(index, 2)
                if path:
                    stores.add(Act("", path))
    return Acts(frozenset(calls), frozenset(tails), frozenset(stores), frozenset(own))


_CALLING: Final = frozenset({py.CALL, py.CALL_KW, py.CALL_FUNCTION_EX} - {py.NONE})
_STORING_ATTRIBUTES: Final = frozenset({py.STORE_ATTR, py.DELETE_ATTR})
_STORING_ITEMS: Final = frozenset({py.STORE_SUBSCR, py.DELETE_SUBSCR})


class _Fate(Enum):
    """What becomes of the value of a call."""

    USED = auto()
    DROPPED = auto()
    RETURNED = auto()


class _Reading:
    """One code object, read backwards from what takes values off the stack."""

    def __init__(self, code: CodeType) -> None:
        units = instructions(raw_of(code))
        self.code = code
        self.units = [unit for unit in units if unit[1] != py.NOT_TAKEN]
        self.targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        loads = (unit[2] for unit in units if unit[1] in VARIABLE_LOADS)
        self.loaded = frozenset(loads)

    def fate(self, index: int) -> _Fate:
        """Tell what becomes of the value of the call at `index`."""
        after = index + 1
        if self.units[after][1] == py.GET_AWAITABLE:
            after = next(
                at for at in range(after, len(self.units)) if self.units[at][1] == py.END_SEND
            )
            after += 1
        _, op, argument, _ = self.units[after]
        if op == py.POP_TOP or (op == py.STORE_FAST and argument not in self.loaded):
            return _Fate.DROPPED
        return _Fate.RETURNED if op == py.RETURN_VALUE else _Fate.USED

    def is_of_context(self, index: int) -> bool:
        """Tell whether the call at `index` is what the compiler has for `with`."""
        if self.units[index - 1][1] == py.LOAD_SPECIAL:
            return True
        given = (constant_of(self.code, op, number) for _, op, number, _ in self.units[:index][-3:])
        return [one and (one.value,) for one in given] == [(None,)] * 3

    def called(self, index: int) -> Act:
        """Return what the call at `index` calls."""
        _, op, argument, _ = self.units[index]
        taken = 1 - stack_effect(op, argument)
        start = self._start(index - 1, taken)
        first = self._start(index - 1, taken - 2, is_after_callable=True)
        if start is None or first is None:
            return _UNKNOWN
        last = first - 1  # of what loads the callable
        if self.units[last][1] == py.PUSH_NULL:
            last -= 1
        _, op, argument, _ = self.units[last]
        path, after = self._path(start)
        if op in ATTRIBUTE_LOADS:
            name = attribute_name(self.code, op, argument)
        elif op == py.LOAD_SUPER_ATTR:
            name = self.code.co_names[argument >> 2]
        else:
            name = path[-1] if path and after > last else ""
        return Act(name, path, bool(path) and after <= last)

    def owner(self, index: int, count: int) -> tuple[NamePath, bool]:
        """Return where that comes from which an instruction assigns to.

        Args:
            count: how many values tell what it is, on top of the stack: an object, or a
                container and a key.

        Returns:
            The name path at which it is found, and whether it is the object that the code is a
            method of.
        """
        last = index - 1
        if self.units[last][1] == py.SWAP:  # `x.y += 1`
            copies = (at for at in range(last, 0, -1) if self.units[at][1] == py.COPY)
            last = next(copies, 0) - count
        start = self._start(last, count)
        if start is None:
            return (), False
        _, op, argument, _ = self.units[start]
        return self._path(start)[0], op in _OF_VARIABLES and self._variable(argument) in _SELF

    def _start(self, last: int, count: int, *, is_after_callable: bool = False) -> int | None:
        """Return where the values start that are `count` on the stack after `last`.

        Goes back over `a if b else c`, `a or b` and comprehensions. None where it cannot.

        Args:
            is_after_callable: before the first value there is something else on the stack.
        """
        depth, at = 0, last + 1
        while depth < count or (is_after_callable and self._is_in_choice(at)):
            place = self._before(at)
            if place is None:
                return None
            at = place
            _, op, argument, _ = self.units[at]
            if op not in _STARTING_LOOP:
                depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        return at

    def _is_in_choice(self, at: int) -> bool:
        """Tell whether what starts at `at` is one of several values that an expression may have."""
        before = self.units[at - 1][1]
        is_after_test = before == py.POP_TOP and self.units[at - 2][1] in _TESTING
        return before in _ENDING or before in _TESTING or is_after_test

    def _before(self, at: int) -> int | None:
        """Return what comes before an instruction, on one of the ways to it."""
        at -= 1
        if at < 0:
            return None
        _, op, _, after = self.units[at]
        if op in _ENDING:  # with the other value, and the test jumps over it
            tests = (n for n in range(at) if self.units[n][1] in _TESTING)
            return next((n for n in tests if jump_target(self.units[n]) == after), None)
        if op == py.STORE_FAST:  # of a variable that a comprehension had of its own
            while self.units[at][1] in _ENDING_LOOP:
                at -= 1
            offset = self.units[at + 1][0]
            loops = (n for n in range(at) if self.units[n][1] == py.FOR_ITER)
            at = next((n for n in loops if jump_target(self.units[n]) == offset), 0)
            while at and self.units[at][1] != py.LOAD_FAST_AND_CLEAR:
                at -= 1
            while at and self.units[at - 1][1] in _STARTING_LOOP:
                at -= 1
            return at or None
        return None if op in py.JUMPS and op not in _TESTING else at

    def _path(self, start: int) -> tuple[NamePath, int]:
        """Return the name path that is loaded from `start` on, and the index after it."""
        if self.units[start][1] == py.PUSH_NULL:
            start += 1
        _, op, argument, _ = self.units[start]
        if op in _NAMED:
            return name_path(self.code, self.units, start, self.targets)
        if op == py.LOAD_DEREF and self._variable(argument) in self.code.co_freevars:
            return (self._variable(argument),), start + 1
        return (), start + 1

    def _variable(self, number: int) -> str:
        names = self.code.co_varnames
        if number < len(names):
            return names[number]
        cells = tuple(name for name in self.code.co_cellvars if name not in names)
        return (*cells, *self.code.co_freevars)[number - len(names)]


_UNKNOWN: Final = Act("", ())
_SELF: Final = frozenset({"self", "cls"})
_NAMED: Final = frozenset({py.LOAD_GLOBAL, py.LOAD_NAME})
_OF_VARIABLES: Final = VARIABLE_LOADS | {py.LOAD_DEREF}
_TESTING: Final = py.TESTS & py.JUMPS
_ENDING: Final = py.BACKWARD | frozenset(
    {py.JUMP_FORWARD, py.RETURN_VALUE, py.RETURN_CONST, py.RAISE_VARARGS} - {py.NONE}
)
"""After these comes what something else jumps to."""
_STARTING_LOOP: Final = frozenset({py.GET_ITER, py.LOAD_FAST_AND_CLEAR} - {py.NONE})
_ENDING_LOOP: Final = frozenset({py.STORE_FAST, py.SWAP, py.END_FOR, py.POP_TOP, py.POP_ITER})
