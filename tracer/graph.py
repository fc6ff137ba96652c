"""The dependency graph: what code means, as frozen nodes with labelled edges.

A node has a digest of what it is by itself; the digest of a graph covers everything
that can be reached from its root, cycles included. It does not depend on names (but of functions
that are otherwise equal), on the order in which a walk found things, or on how often an equal
thing occurs.

As text a graph is one JSON object:

    {"format": 1, "nodes": [[kind, name, digest, preview, where, source], …],
     "edges": [[[role, label, target], …], …], "sharing": [[edge, …], …]}

The root is node 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, wraps
from types import CodeType, FunctionType
from typing import Any, Final, NamedTuple, TypeVar

from .collecting import collector_paused
from .digests import DIGEST_SIZE, Digest, digest_bytes, digest_of
from .instructions import with_nested

FORMAT: Final = 1


def code_of(origin: object) -> CodeType | None:
    """Return the code of a function, or code itself; None for anything else."""
    code = origin.__code__ if type(origin) is FunctionType else origin
    return code if type(code) is CodeType else None


def code_in(origins: Iterable[object]) -> Iterator[CodeType]:
    """Yield the code of functions, and what is nested in it; nothing for anything else."""
    for origin in origins:
        code = code_of(origin)
        if code is not None:
            yield from with_nested(code)


def codes_in(origins: Iterable[object]) -> frozenset[int]:
    """Return identities of the code of functions, and of what is nested in it."""
    return frozenset(map(id, code_in(origins)))


class NodeKind(StrEnum):
    """What a dependency is."""

    FUNCTION = "function"
    CLASS = "class"
    MODULE = "module"
    """A module that code holds as an object, or one it imports when it runs."""
    VALUE = "value"
    BUILTIN = "builtin"
    """Part of the interpreter or its standard library."""
    DISTRIBUTION = "distribution"
    """Part of an installed distribution, pinned by its version."""
    ABSENT = "absent"
    """A name that was looked for and is not there."""


OF_LIBRARIES: Final = frozenset({NodeKind.BUILTIN, NodeKind.DISTRIBUTION})
"""What stands for a part of something that was installed."""


class Role(StrEnum):
    """What one node is to another."""

    GLOBAL = "global"
    CLOSURE = "closure"
    DEFAULT = "default"
    ATTRIBUTE = "attribute"
    """Of a function, class or module."""
    BASE = "base"
    METACLASS = "metaclass"
    SUBCLASS = "subclass"
    IMPORT = "import"
    ITEM = "item"
    """Inside a value."""
    ARGUMENT = "argument"


class Edge(NamedTuple):
    """How one node leads to another: in which role, and under which name."""

    role: Role
    label: str
    target: int


@dataclass(slots=True, unsafe_hash=True)
class Node:
    """One dependency, without what it depends on itself. Never changed once it is made."""

    # Not frozen: one takes four times as long to make then, and a walk makes thousands.

    kind: NodeKind
    name: str
    digest: Digest
    """Of the thing alone: code without what its names mean, a value, a version."""
    preview: str | None = None
    where: str | None = None
    """`file:line`, for people; no part of any digest."""
    source: str | None = None
    """Name of the record that holds the source text, once it has been stored."""
    origin: object = field(default=None, compare=False, repr=False)
    """The live object, in the process that walked; None in a graph that was read."""


@dataclass(frozen=True)
class DependencyGraph:
    """Everything that one root depends on. Node 0 is the root."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[Edge, ...], ...]
    sharing: tuple[tuple[int, ...], ...] = ()
    """Groups of edges, numbered in their order, that lead to one thing that can change.

    Numbers from that of edges on are parts of values, in the order of their nodes.
    """

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def digest(self) -> Digest:
        """Stands for the meaning of the root: equal when nothing it reaches differs.

        Cost: linear in nodes and edges, and for nodes in cycles times the rounds it
        takes until they can be told apart.
        """
        if not self.sharing:
            return self.digests[0]
        return digest_of("graph", self.digests[0], repr(self.sharing).encode())

    @cached_property
    def digests(self) -> tuple[Digest, ...]:
        """Stands, for each node, for the node and everything it reaches."""
        with collector_paused():
            return tuple(_digests(self))

    @cached_property
    def origins(self) -> frozenset[int]:
        """Identities of what the nodes were made from."""
        return frozenset(id(node.origin) for node in self.nodes)

    @cached_property
    def numbers(self) -> dict[int, int]:
        """Numbers of the nodes, by identity of what they were made from."""
        return {id(node.origin): number for number, node in enumerate(self.nodes)}

    @cached_property
    def codes(self) -> frozenset[int]:
        """Identities of the code of its functions, and of what is nested in it."""
        return codes_in(node.origin for node in self.nodes if node.kind is NodeKind.FUNCTION)

    def to_record(self) -> dict[str, Any]:
        """Return the graph as plain data, see the module's docstring."""
        return {
            "format": FORMAT,
            "nodes": [
                [
                    str(node.kind),
                    node.name,
                    node.digest.hex(),
                    node.preview,
                    node.where,
                    node.source,
                ]
                for node in self.nodes
            ],
            "sharing": self.sharing,
            "edges": [
                [[str(edge.role), edge.label, edge.target] for edge in edges]
                for edges in self.edges
            ],
        }

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> DependencyGraph:
        """Return the graph that `to_record` described.

        Raises:
            ValueError: it is of another format, or not such a description.
        """
        if record.get("format") != FORMAT:
            raise ValueError(f"dependency graph of format {record.get('format')!r}, not {FORMAT}")
        try:
            nodes = tuple(
                Node(NodeKind(kind), name, Digest(bytes.fromhex(digest)), preview, where, source)
                for kind, name, digest, preview, where, source in record["nodes"]
            )
            edges = tuple(
                tuple(Edge(Role(role), label, target) for role, label, target in targets)
                for targets in record["edges"]
            )
            sharing = tuple(tuple(group) for group in record["sharing"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a dependency graph: {error}") from error
        if not nodes or len(nodes) != len(edges):
            raise ValueError("not a dependency graph: nodes and edges do not match")
        for targets in edges:
            for edge in targets:
                if type(edge.target) is not int or not 0 <= edge.target < len(nodes):
                    raise ValueError(f"not a dependency graph: an edge leads to {edge.target!r}")
        return cls(nodes, edges, sharing)

    def paths(self) -> Iterator[tuple[tuple[str, ...], Node]]:
        """Yield every node with the shortest path of names to it, nearest first."""
        seen = {0}
        queue: list[tuple[tuple[str, ...], int]] = [((self.nodes[0].name,), 0)]
        for path, number in queue:
            yield path, self.nodes[number]
            for edge in self.edges[number]:
                if edge.target not in seen:
                    seen.add(edge.target)
                    queue.append(((*path, edge.label), edge.target))


T = TypeVar("T")


def once_for_each(function: Callable[[DependencyGraph], T]) -> Callable[[DependencyGraph], T]:
    """Do a function of a graph once for each graph, which is never changed."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def known(graph: DependencyGraph) -> T:
        kept = graph.__dict__  # where cached properties are kept, too
        if name not in kept:
            kept[name] = function(graph)
        return kept[name]

    return known


def _digests(graph: DependencyGraph) -> list[Digest]:
    """Return a digest for each node that covers all it reaches."""
    targets = [[edge.target for edge in edges] for edges in graph.edges]
    alone = [
        node.digest + ",".join([edge.role for edge in edges]).encode() + b";"
        for node, edges in zip(graph.nodes, graph.edges, strict=True)
    ]
    found = [_UNKNOWN] * len(targets)

    def combined(number: int) -> Digest:
        """Digest a node by itself and by what is known of where its edges lead."""
        # Framed by what it is: digests are of one size, and roles tell how many there are.
        of_targets = b"".join([found[to] for to in targets[number]])
        return digest_bytes(b"node;" + alone[number] + of_targets)

    for component in _components(targets):
        first = component[0]
        if len(component) == 1 and first not in targets[first]:
            found[first] = combined(first)
        else:
            _digest_cycle(component, found, combined)
    return found


_UNKNOWN: Final = Digest(bytes(DIGEST_SIZE))
"""Stands for the digest of a node until there is one."""


def _digest_cycle(
    component: Sequence[int], found: list[Digest], combined: Callable[[int], Digest]
) -> None:
    """Digest nodes that reach each other, so that where one enters does not matter.

    Colour refinement: every node starts with what it is by itself and is mixed with
    the colours of its targets until no two that differ still look alike. Equal nodes
    of different cycles get different digests only where the cycles differ.
    """
    distinct = 0
    while True:
        colours = [combined(number) for number in component]
        for number, colour in zip(component, colours, strict=True):
            found[number] = colour
        before, distinct = distinct, len(set(colours))
        if distinct == before:
            break
    whole = digest_of("cycle", *sorted(set(colours)))
    for number, colour in zip(component, colours, strict=True):
        found[number] = digest_of("in cycle", whole, colour)


def _components(targets: list[list[int]]) -> list[list[int]]:
    """Return strongly connected components, each after those it leads to (Tarjan 1972).

    With a stack of its own, because graphs are deeper than Python's recursion limit.
    """
    count = 0
    order = [-1] * len(targets)  # in which each was found
    low = order[:]
    waiting = [False] * len(targets)
    stack: list[int] = []
    found: list[list[int]] = []
    for root in range(len(targets)):
        if order[root] >= 0:
            continue
        work = [(root, iter(targets[root]))]
        while work:
            node, rest = work[-1]
            if order[node] < 0:
                order[node] = low[node] = count
                count += 1
                stack.append(node)
                waiting[node] = True
            for target in rest:
                if order[target] < 0:
                    work.append((target, iter(targets[target])))
                    break
                if waiting[target] and order[target] < low[node]:
                    low[node] = order[target]
            else:
                work.pop()
                if work and low[node] < low[work[-1][0]]:
                    low[work[-1][0]] = low[node]
                if low[node] == order[node]:
                    component: list[int] = []
                    while not component or component[-1] != node:
                        component.append(stack.pop())
                        waiting[component[-1]] = False
                    found.append(component)
    return found
