"""What of a graph one call depends on: the functions whose bodies count for it.

Those that ran. What was saved from running counts too, with all that it reaches: a cache
may have answered in its place. So does what was handed to somebody who may read it, or
look at more of it than which function it is, and what leaves the call.

All others enter a trace by which function they are. Reads a graph and code objects; runs
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from opcode import HAVE_ARGUMENT, stack_effect
from types import CodeType, FunctionType
from typing import Final, NamedTuple, cast

from . import pyversion as py
from .bytecode import NamePath, facts_of
from .digests import Digest
from .graph import DependencyGraph, Edge, NodeKind, Role
from .instructions import (
    ATTRIBUTE_LOADS,
    Unit,
    attribute_name,
    instructions,
    jump_target,
    name_path,
    raw_of,
    with_nested,
)
from .local_imports import import_at, read_sites, reads_of_imports
from .values import surrogate_of


class Counted(NamedTuple):
    """The functions whose bodies count for one call."""

    functions: frozenset[Digest]
    """The canonical forms of their code."""
    surely: frozenset[int]
    """Identities of the code of those that a walk must find."""
    nodes: tuple[int, ...]
    """Their numbers in the graph."""


def counted_for(
    graph: DependencyGraph,
    ran: AbstractSet[int],
    *,
    stood_for: AbstractSet[int] = frozenset(),
    kept: AbstractSet[int] = frozenset(),
    whole: Iterable[object] = (),
    counted: AbstractSet[Digest] = frozenset(),
) -> Counted | None:
    """Return the functions in a graph whose bodies count.

    Args:
        ran: identities of the code that ran.
        stood_for: identities of functions that may have been answered for, if somebody asked.
        kept: identities of functions that were, or of which that cannot be told.
        whole: what counts with all that it reaches, such as what is in the result.
        counted: functions that count in any case, by the canonical forms of their code.

    Returns:
        None where some of that is not in the graph, or something that could be asked may have
        answered: nobody knows what of the program, as it was then, had a part in that.
    """
    numbers = {id(node.origin): number for number, node in enumerate(graph.nodes)}
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
    # Who asks something that answers in place of a function has run, or is a library's.
    asked = _reached(graph, {0} | run, within=lambda one: one in run or one not in functions)
    known = {numbers[one] for one in stood_for if one in numbers} & asked
    if any(_leads_on(graph, one) for one in known) or not kept.isdisjoint(numbers):
        return None
    handed: set[int] = set()
    cells = {number for number, one in functions.items() if type(one) is CodeType}
    taken = {name for number in run | cells for name in _taken(_code_of(functions[number]))}
    for number in asked:
        node, edges = graph.nodes[number], graph.edges[number]
        if node.kind is NodeKind.CLASS:
            members = [one.target for one in edges if one.label in taken]
            handed.update(_functions_in(graph, members, functions, run))
        if number in run or number in cells:
            code = _code_of(node.origin)
            handed.update(_functions_in(graph, _handed_on(code, edges), functions, run))
        elif (
            node.kind in _OF_LIBRARIES
            and node.name not in _CALLS_THROUGH
            and any(_leads_on(graph, one.target) for one in edges)
        ):
            return None
    surely = _reached(graph, named)
    counts = run | surely | _reached(graph, handed)
    if counted:
        counts |= {
            n for n, one in functions.items() if facts_of(_code_of(one)).canonical in counted
        }
    codes = {number: _code_of(one) for number, one in functions.items() if number in counts}
    return Counted(
        frozenset(facts_of(code).canonical for code in codes.values()),
        frozenset(map(id, codes.values())),
        tuple(codes),
    )


def _leads_on(graph: DependencyGraph, number: int) -> bool:
    """Tell whether a node is code of the user, or leads to some."""
    return any(graph.nodes[one].kind in _OF_USER for one in _reached(graph, (number,)))


_OF_USER: Final = frozenset({NodeKind.FUNCTION, NodeKind.CLASS, NodeKind.MODULE})


def _code_of(origin: object) -> CodeType:
    return cast(CodeType, origin.__code__ if type(origin) is FunctionType else origin)


_OF_LIBRARIES: Final = frozenset({NodeKind.BUILTIN, NodeKind.DISTRIBUTION})

_CALLS_THROUGH: Final = frozenset(
    {
        "contextlib.contextmanager.<locals>.helper",
        "contextlib.asynccontextmanager.<locals>.helper",
        "dataclasses._recursive_repr.<locals>.wrapper",
        "functools.singledispatch.<locals>.wrapper",
        "reprlib.recursive_repr.<locals>.decorating_function.<locals>.wrapper",
    }
)
"""Wrappers that keep nothing: what they hold runs, and is seen, whenever it is asked."""


def _reached(
    graph: DependencyGraph, start: Iterable[int], within: Callable[[int], bool] | None = None
) -> set[int]:
    """Return the nodes that can be reached, going on only from those that are `within`."""
    reached = set(start)
    queue = list(reached)
    for number in queue:
        if within is not None and not within(number):
            continue
        for edge in graph.edges[number]:
            if edge.target not in reached:
                reached.add(edge.target)
                queue.append(edge.target)
    return reached


def _functions_in(
    graph: DependencyGraph,
    handed: Iterable[int],
    functions: Mapping[int, object],
    run: AbstractSet[int],
) -> Iterator[int]:
    """Yield functions that did not run among what is handed to somebody, and in it."""
    for one in handed:
        if one in functions:
            inside = [one]
        elif type(graph.nodes[one].origin) is property:
            continue  # who reads it has it run
        else:
            inside = [edge.target for edge in graph.edges[one] if edge.role is Role.ITEM]
        yield from (number for number in inside if number in functions and number not in run)


def _handed_on(code: CodeType, edges: Iterable[Edge]) -> Iterator[int]:
    """Yield where edges lead that code may follow to hand a function to somebody."""
    only_called: dict[Role, AbstractSet[str]] = {
        Role.GLOBAL: {".".join(path) for path in _only_called(code)},
        Role.CLOSURE: _captured_to_call(code),
        Role.IMPORT: _imported_to_call(code),
        Role.DEFAULT: frozenset(),
        Role.ARGUMENT: frozenset(),
    }
    for role, label, target in edges:
        if role in only_called and label not in only_called[role]:
            yield target


_LOADS: Final = frozenset({py.LOAD_GLOBAL, py.LOAD_NAME})


@lru_cache(maxsize=10_000)
def _only_called(code: CodeType) -> frozenset[NamePath]:
    """Return the names in a module that code reads to call what they mean, and for nothing else."""
    called: set[NamePath] = set()
    others: set[NamePath] = set()
    for part in with_nested(code):
        units = instructions(raw_of(part))
        targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        for index, unit in enumerate(units):
            if unit[1] in _LOADS:
                path, after = name_path(part, units, index, targets)
                (called if _is_called(units, index, after) else others).add(path)
    return frozenset(called - _with_beginnings(others))


def _with_beginnings(paths: Iterable[NamePath]) -> set[NamePath]:
    """Return name paths with what they begin with, of which more is done than to call it."""
    return {path[:end] for path in paths for end in range(1, len(path) + 1)}


@lru_cache(maxsize=10_000)
def _taken(code: CodeType) -> frozenset[str]:
    """Return the attributes that code reads, and does more with than to call or test them."""
    taken: set[str] = set()
    for part in with_nested(code):
        units = instructions(raw_of(part))
        to_call = _variables_to_call(part, units)
        for index, (_, op, argument, _) in enumerate(units):
            if op in ATTRIBUTE_LOADS and not _is_called(units, index, index + 1):
                _, following, variable, _ = units[index + 1]
                is_kept = following == py.STORE_FAST and variable in to_call
                if following not in py.TESTS and not is_kept:
                    taken.add(attribute_name(part, op, argument))
    return frozenset(taken)


def _variables_to_call(code: CodeType, units: Sequence[Unit]) -> AbstractSet[int]:
    """Return numbers of local variables of which the code calls or tests what is in them."""
    if not _SEE_VARIABLES.isdisjoint(code.co_names):
        return frozenset()
    cells = code.co_cellvars
    found = {number for number, name in enumerate(code.co_varnames) if name not in cells}
    for index, (_, op, argument, _) in enumerate(units):
        if op in py.LOCALS and op != py.STORE_FAST:
            is_load = op in _LOADS_OF_VARIABLES
            is_tested = is_load and units[index + 1][1] in py.TESTS
            if not (is_tested or (is_load and _is_called(units, index, index + 1))):
                found.discard(argument)
    return found


_LOADS_OF_VARIABLES: Final = frozenset({py.LOAD_FAST, py.LOAD_FAST_CHECK} - {py.NONE})


@lru_cache(maxsize=10_000)
def _imported_to_call(code: CodeType) -> frozenset[str]:
    """Return what code imports to call it, and does nothing else with."""
    called: set[NamePath] = set()
    others: set[NamePath] = set()
    for part in with_nested(code):
        if py.IMPORT_NAME not in part.co_code[::2]:
            continue
        units = instructions(raw_of(part))
        targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        reads = reads_of_imports(part, units, targets)
        for index in (index for index, unit in enumerate(units) if unit[1] == py.IMPORT_NAME):
            found = import_at(part, units, index, reads)
            root = f"import {'.' * found.level}{found.module}"
            if found.reads is None:  # whatever is done with it
                others.update((root, name) for name in found.names)
            for path in found.reads or ():
                sites = read_sites(part, units, targets, path)
                is_called = all(_is_called(units, *site) for site in sites)
                (called if is_called else others).add(path)
    only = called - _with_beginnings(others)
    return frozenset(".".join(path).removeprefix("import ") for path in only)


@lru_cache(maxsize=10_000)
def _captured_to_call(code: CodeType) -> frozenset[str]:
    """Return the captured variables that code calls, as wrappers do, and does nothing else with."""
    called: set[str] = set()
    others: set[str] = set()
    for part in with_nested(code):
        if not _SEE_VARIABLES.isdisjoint(part.co_names):
            return frozenset()
        cells = tuple(name for name in part.co_cellvars if name not in part.co_varnames)
        variables = (*part.co_varnames, *cells, *part.co_freevars)
        units = instructions(raw_of(part))
        for index, (_, op, argument, _) in enumerate(units):
            if op == py.LOAD_DEREF:
                is_called = _is_called(units, index, index + 1)
                (called if is_called else others).add(variables[argument])
            elif op in _OTHER_OF_CELLS:
                others.add(variables[argument])
    return frozenset(called - others)


_SEE_VARIABLES: Final = frozenset({"locals", "vars", "dir", "eval", "exec", "f_locals"})
_OTHER_OF_CELLS: Final = py.OF_CELLS - {
    py.LOAD_CLOSURE,
    py.LOAD_DEREF,
    py.MAKE_CELL,
    py.STORE_DEREF,
}


def _is_called(units: Sequence[Unit], index: int, after: int) -> bool:
    """Tell whether a name path, loaded from `index` on, is what a call calls.

    There the compiler puts a null, by an instruction of its own or by a bit of the load.
    """
    _, op, argument, _ = units[after - 1]
    if op == py.LOAD_METHOD or (op == py.LOAD_ATTR and argument & py.LOAD_ATTR_SHIFT):
        return True
    place = after if py.NULL_AFTER_CALLABLE else index - 1
    has_null = 0 <= place < len(units) and units[place][1] == py.PUSH_NULL
    if not has_null and not (op == py.LOAD_GLOBAL and argument & 1):
        return False
    # Before 3.13 it comes first, and may be followed by an expression that gives the callable.
    return py.NULL_AFTER_CALLABLE or _is_taken_by_call(units, after)


def _is_taken_by_call(units: Sequence[Unit], after: int) -> bool:
    """Tell whether what is on top of the stack at `after` is what the next call of it calls."""
    depth = 1
    for _, op, argument, _ in units[after:]:
        if op in py.JUMPS:
            return False
        if op in py.CALLS:
            if depth - argument <= 1:
                return depth - argument == 1
        elif op == py.CALL_FUNCTION_EX and depth <= 2 + (argument & 1):
            return depth == 2 + (argument & 1)
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        if depth < 1:
            return False
    return False
