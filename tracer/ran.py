"""What of a graph one call depends on: the functions whose bodies count for it.

Those that ran. What was saved from running counts too, with all that it reaches: a cache
may have answered in its place. So does what was handed to somebody who may read it, or
look at more of it than which function it is, and what leaves the call.

All others enter a trace by which function they are. Reads a graph and code objects; runs
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Final, NamedTuple, cast

from .bytecode import NamePath, facts_of
from .digests import Digest
from .graph import DependencyGraph, Edge, NodeKind, Role
from .instructions import call_of, instructions, jump_target, name_path, with_nested
from .pyversion import JUMPS, LOAD_GLOBAL, LOAD_NAME
from .values import surrogate_of


class Counted(NamedTuple):
    """The functions whose bodies count for one call."""

    functions: frozenset[Digest]
    """The canonical forms of their code."""
    surely: frozenset[int]
    """Identities of the code of those that a walk must find."""


def counted_for(
    graph: DependencyGraph,
    ran: AbstractSet[int],
    *,
    stood_for: AbstractSet[int] = frozenset(),
    whole: Iterable[object] = (),
) -> Counted | None:
    """Return the functions in a graph whose bodies count.

    Args:
        ran: identities of the code that ran.
        stood_for: identities of functions that may have been answered for.
        whole: what counts with all that it reaches, such as what is in the result.

    Returns:
        None where some of that is not in the graph.
    """
    numbers = {id(node.origin): number for number, node in enumerate(graph.nodes)}
    known = {numbers[one] for one in stood_for if one in numbers}
    try:
        named = {numbers[id(surrogate_of(target))] for target in whole}
    except KeyError:
        return None
    functions = {
        number: node.origin
        for number, node in enumerate(graph.nodes)
        if node.kind is NodeKind.FUNCTION
    }
    run = {number for number, one in functions.items() if id(_code_of(one)) in ran}
    for number, node in enumerate(graph.nodes):
        edges = graph.edges[number]
        if number in run or type(node.origin) is CodeType:
            code = _code_of(node.origin)
            found = frozenset(_handed_on(code, edges))
            known.update(one for one in found if one in functions and one not in run)
        elif node.kind in _OF_LIBRARIES:
            known.update(edge.target for edge in edges)
    surely = _reached(graph, named)
    counts = run | surely | _reached(graph, known)
    codes = {number: _code_of(one) for number, one in functions.items() if number in counts}
    return Counted(
        frozenset(facts_of(code).canonical for code in codes.values()),
        frozenset(id(code) for number, code in codes.items() if number in run | surely),
    )


def _code_of(origin: object) -> CodeType:
    return cast(CodeType, origin.__code__ if type(origin) is FunctionType else origin)


_OF_LIBRARIES: Final = frozenset({NodeKind.BUILTIN, NodeKind.DISTRIBUTION})


def _reached(graph: DependencyGraph, whole: Iterable[int]) -> set[int]:
    reached = set(whole)
    queue = list(reached)
    for number in queue:
        for edge in graph.edges[number]:
            if edge.target not in reached:
                reached.add(edge.target)
                queue.append(edge.target)
    return reached


def _handed_on(code: CodeType, edges: Iterable[Edge]) -> Iterator[int]:
    """Yield where edges lead that code may follow to hand a function to somebody."""
    called = {".".join(path) for path in _only_called(code)}
    for edge in edges:
        if edge.role in _BY_NAME:
            if edge.label not in called:
                yield edge.target
        elif edge.role in _HELD:
            yield edge.target


_LOADS: Final = frozenset({LOAD_GLOBAL, LOAD_NAME})
_BY_NAME: Final = frozenset({Role.GLOBAL})
_HELD: Final = frozenset({Role.CLOSURE, Role.DEFAULT, Role.IMPORT, Role.ARGUMENT})


@lru_cache(maxsize=10_000)
def _only_called(code: CodeType) -> frozenset[NamePath]:
    """Return the names in a module that code reads to call what they mean, and for nothing else."""
    called: set[NamePath] = set()
    others: set[NamePath] = set()
    for part in with_nested(code):
        units = instructions(part.co_code)
        targets = {jump_target(unit) for unit in units if unit[1] in JUMPS}
        for index, unit in enumerate(units):
            if unit[1] in _LOADS:
                path, after = name_path(part, units, index, targets)
                is_called = call_of(part, units, after) is not None
                (called if is_called else others).add(path)
    return frozenset(called - others)
