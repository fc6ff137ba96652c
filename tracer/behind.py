"""What may have had a part in an answer that something gave without running it now.

An answer that a cache kept was computed by its function, with arguments of whatever kind
the program has. What that ran is not known; what it may have run is found by the names
that its code looks up, as a walk finds it, but only by those.

Reads a graph and code objects; runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from types import CodeType, FunctionType
from typing import Final, cast

from .bytecode import facts_of
from .classes import is_special
from .graph import DependencyGraph, NodeKind, Role
from .meanings import PROTOCOL_NAMES
from .values import names_of_text


def behind(graph: DependencyGraph, start: Iterable[int], read: Iterable[int] = ()) -> set[int]:
    """Return the nodes that may have had a part in what functions and classes did.

    Args:
        start: their numbers.
        read: those of functions that did nothing yet, and that somebody may read. Who makes
            something else of one follows what it names; what it is given runs, and is seen.
    """
    start = tuple(start)
    found = _Found(graph)
    for number in chain(start, read):
        found.add(number, whole=True)
    if any(_is_given_things(graph.nodes[number].origin) for number in start):
        for number, node in enumerate(graph.nodes):
            if node.kind is NodeKind.CLASS:
                found.add(number)
    found.go_on()
    return found.reached


def _is_given_things(origin: object) -> bool:
    """Tell whether what is called may be given objects of any class."""
    code = origin.__code__ if type(origin) is FunctionType else origin
    if type(code) is not CodeType:
        return True
    return bool(code.co_argcount or code.co_kwonlyargcount or code.co_flags & _TAKES_MORE)


_TAKES_MORE: Final = 0x04 | 0x08
"""`CO_VARARGS` and `CO_VARKEYWORDS`."""

_WITH_MEMBERS: Final = frozenset({NodeKind.CLASS, NodeKind.MODULE})


class _Found:
    """What was reached so far, and which members wait for a name."""

    def __init__(self, graph: DependencyGraph) -> None:
        self.graph = graph
        self.reached: set[int] = set()
        self.queue: list[tuple[int, bool]] = []
        self.names: set[str] = set(PROTOCOL_NAMES)
        self.any_name = False
        """A name may be computed, or looked up by a library."""
        self.waiting: dict[str, list[int]] = {}

    def add(self, number: int, *, whole: bool = False) -> None:
        """Reach a node.

        Args:
            whole: with all members that it has.
        """
        if number not in self.reached:
            self.reached.add(number)
            self.queue.append((number, whole))

    def go_on(self) -> None:
        """Reach all that there is to reach."""
        while self.queue:
            number, whole = self.queue.pop()
            node = self.graph.nodes[number]
            if node.kind is NodeKind.FUNCTION:
                self._look_up(_code_of(node.origin))
            elif node.kind is NodeKind.DISTRIBUTION or node.name.startswith("effect "):
                self._look_up_any()
            elif type(node.origin) is str:
                self._learn(names_of_text(node.origin))
            for target in self._followed(number, whole=whole):
                self.add(target)

    def _followed(self, number: int, *, whole: bool) -> Iterator[int]:
        by_name = self.graph.nodes[number].kind in _WITH_MEMBERS and not whole
        for role, label, target in self.graph.edges[number]:
            is_member = role is Role.ATTRIBUTE and label.isidentifier()
            if not (by_name and is_member) or self._is_looked_up(label):
                yield target
            else:
                self.waiting.setdefault(label, []).append(target)

    def _is_looked_up(self, name: str) -> bool:
        return self.any_name or name in self.names or is_special(name)

    def _look_up(self, code: CodeType) -> None:
        facts = facts_of(code)
        if facts.computed_attribute:
            self._look_up_any()
        self._learn(facts.names)

    def _learn(self, names: Iterable[str]) -> None:
        for name in set(names) - self.names:
            self.names.add(name)
            for target in self.waiting.pop(name, ()):
                self.add(target)

    def _look_up_any(self) -> None:
        self.any_name = True
        for targets in self.waiting.values():
            for target in targets:
                self.add(target)
        self.waiting.clear()


def _code_of(origin: object) -> CodeType:
    return cast(CodeType, origin.__code__ if type(origin) is FunctionType else origin)
