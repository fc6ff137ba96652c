"""What of a graph one call depends on: the functions whose bodies count for it.

Those that ran, or that somebody read. Where something may have answered that it has from
before, such as a cache, any function may have had a part in the answer that has run or was
read so far. So may what is handed to somebody who may know it from before, and what has left
something in a library, where the call may find it. What leaves the call counts whole.

All others enter a trace by which function they are. Reads a graph and code objects; runs
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from types import CodeType, FunctionType
from typing import Final, NamedTuple, Protocol, cast

from .bytecode import Body, body_of
from .graph import OF_LIBRARIES, DependencyGraph, Edge, NodeKind, Role, code_of
from .handed import attributes_taken, captured_to_call, imported_to_call, only_called
from .kinds import identity, says_where_it_belongs
from .pins import place_of
from .stateless import may_keep_something
from .values import PLACED_BY_HASH, surrogate_of


class Counted(NamedTuple):
    """The functions whose bodies count for one call."""

    functions: frozenset[Body]
    """Their bodies."""
    surely: frozenset[int]
    """`identity` of the code of those that a walk must find."""
    nodes: tuple[int, ...]
    """Their numbers in the graph."""


class Untouched(Protocol):
    """The code of which it is known that nobody has run or read it so far."""

    @property
    def changes(self) -> int:
        """How often some of it was run or read: another number means another answer."""
        ...

    @property
    def is_mixed(self) -> bool:
        """Tell whether some of what is kept here may have been computed by who knows what."""
        ...

    @property
    def bodies(self) -> AbstractSet[Body]:
        """Bodies of functions that counted for what was served, wherever they ran."""
        ...

    def __contains__(self, code: CodeType, /) -> bool: ...


def counted_for(
    graph: DependencyGraph,
    ran: AbstractSet[int],
    *,
    read: AbstractSet[int] = frozenset(),
    untouched: Untouched | None = None,
    stood_for: AbstractSet[int] = frozenset(),
    kept: AbstractSet[int] = frozenset(),
    whole: Iterable[object] = (),
    counted: AbstractSet[Body] = frozenset(),
) -> Counted | None:
    """Return the functions in a graph whose bodies count.

    Args:
        ran: identities of the code that ran.
        read: identities of code that was read meanwhile.
        untouched: None where nobody knows.
        stood_for: identities of functions that may have been answered for, if somebody asked.
        kept: identities of functions that were, or of which that cannot be told.
        whole: what counts with all that it reaches, such as what is in the result.
        counted: functions that count in any case.

    Returns:
        None where some of that is not in the graph, or something that could be asked may have
        answered, and nobody knows what had run by then.
    """
    numbers = graph.numbers
    try:
        named = {numbers[id(surrogate_of(target))] for target in whole}
    except KeyError:
        return None
    functions = {
        number: node.origin
        for number, node in enumerate(graph.nodes)
        if node.kind is NodeKind.FUNCTION
    }
    codes = {number: cast(CodeType, code_of(one)) for number, one in functions.items()}
    run = {number for number, code in codes.items() if id(code) in ran}
    # Who asks something that answers in place of a function has run, or is a library's.
    asked = _reached(graph, {0} | run, within=lambda one: one in run or one not in functions)
    known = {numbers[one] for one in stood_for if one in numbers} & asked
    has_answered = any(_leads_on(graph, one) for one in known) or not kept.isdisjoint(numbers)
    handed: set[int] = set()
    cells = {number for number, one in functions.items() if type(one) is CodeType}
    names = {name for number in run | cells for name in attributes_taken(codes[number])}
    for number in asked:
        node, edges = graph.nodes[number], graph.edges[number]
        handed.update(
            edge.target
            for edge in edges
            if any(mark in edge.label for mark in PLACED_BY_HASH)
            and graph.nodes[edge.target].kind is NodeKind.CLASS
            and says_where_it_belongs(cast(type, graph.nodes[edge.target].origin))
        )
        if node.kind is NodeKind.CLASS and any(one.label in _ANSWERS_ARE_KEPT for one in edges):
            handed.add(number)
        if node.kind in _LOOKED_UP_IN:
            members = [one.target for one in edges if one.label in names]
            handed.update(_functions_in(graph, members, functions, run))
        if number in run or number in cells:
            handed.update(_functions_in(graph, _handed_on(codes[number], edges), functions, run))
        elif node.kind in OF_LIBRARIES and node.name not in _CALLS_THROUGH:
            has_answered = has_answered or any(_leads_on(graph, one.target) for one in edges)
    counts = run | _reached(graph, named)
    counts |= {number for number, code in codes.items() if id(code) in read}
    bodies = {number: body_of(code) for number, code in codes.items()}
    if untouched is None:
        touched = codes.keys()
    else:
        touched = {
            one
            for one, code in codes.items()
            if code not in untouched or bodies[one].anywhere in untouched.bodies
        }
    if has_answered:
        all_may = True
        if untouched is None or untouched.is_mixed:
            return None
    else:
        all_may = not run.issuperset(touched) and may_keep_something(
            graph,
            _reached(graph, {0} | run, within=lambda one: one in touched or one not in functions),
        )
        if all_may and untouched is None:
            return None
    may_count = set(codes) if all_may else _reached(graph, handed)
    if untouched is not None:
        may_count &= touched
    counts |= may_count
    anywhere = {one.anywhere for one in counted}
    counts.update(
        number
        for number, body in bodies.items()
        if body in anywhere
        and (body in counted or _at_its_place(body, functions[number]) in counted)
    )
    counted_codes = {number: code for number, code in codes.items() if number in counts}
    others = {body for number, body in bodies.items() if number not in counted_codes}
    told = (
        _at_its_place(bodies[number], functions[number])
        if bodies[number] in others
        else bodies[number]
        for number in counted_codes
    )
    surely = frozenset(map(identity, counted_codes.values()))
    return Counted(frozenset(told), surely, tuple(counted_codes))


def _at_its_place(body: Body, origin: object) -> Body:
    """Return the body of this function alone, among all that have it."""
    return body._replace(place=place_of(origin)) if type(origin) is FunctionType else body


_ANSWERS_ARE_KEPT: Final = frozenset({"__subclasshook__", "_missing_"})
"""Methods that may have run before, for what Python keeps: which classes pass for another, and
members of an enumeration. With them counts all that their class may have them run."""


_LOOKED_UP_IN: Final = frozenset({NodeKind.CLASS, NodeKind.MODULE})


def _leads_on(graph: DependencyGraph, number: int) -> bool:
    """Tell whether a node is code of the user, or leads to some."""
    return any(graph.nodes[one].kind in _OF_USER for one in _reached(graph, (number,)))


_OF_USER: Final = frozenset({NodeKind.FUNCTION, NodeKind.CLASS, NodeKind.MODULE})


_CALLS_THROUGH: Final = frozenset(
    {
        "contextlib.contextmanager.<locals>.helper",
        "contextlib.asynccontextmanager.<locals>.helper",
        "contextlib.ContextDecorator.__call__.<locals>.inner",
        "contextlib.AsyncContextDecorator.__call__.<locals>.inner",
        "dataclasses._recursive_repr.<locals>.wrapper",
        "functools.singledispatch.<locals>.wrapper",
        "reprlib.recursive_repr.<locals>.decorating_function.<locals>.wrapper",
        *(
            f"{module}.deprecated.__call__.<locals>.{name}"
            for module in ("warnings", "typing_extensions")
            for name in ("wrapper", "__new__", "__init_subclass__")
        ),
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
    called: dict[Role, AbstractSet[str]] = {
        Role.GLOBAL: {".".join(path) for path in only_called(code)},
        Role.CLOSURE: captured_to_call(code),
        Role.IMPORT: imported_to_call(code),
        Role.DEFAULT: frozenset(),
        Role.ARGUMENT: frozenset(),
    }
    for role, label, target in edges:
        if role in called and label not in called[role]:
            yield target
