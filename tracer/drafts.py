"""Drafts: nodes on their way, and how they are frozen into a graph.

A walk fills drafts in any order. Once it reaches nothing new, what the root leads to is
numbered, nearest first, and digested node by node. Who has seen the very same drafts
before knows the graph without that.

Knows nothing of the things that drafts stand for.
"""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, compress, repeat
from operator import attrgetter, is_
from types import CodeType, FunctionType
from typing import Any, Final, cast

from .digests import Digest, digest_bytes, digest_of, frame, framed
from .errors import NotDigestibleError, UntraceableError
from .graph import DependencyGraph, Edge, Node, NodeKind, Role
from .kinds import identity

DraftEdge = tuple[Role, str, int, bool]
"""Role, label, number of the target, and whether it counts only in case."""


class OfBytecode(bytes):
    """A field that bytecode told, and that the source of the code says, too."""

    instead: bytes | None = None
    """What says it on every Python, where the source does not."""


def on_every_python(fields: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the fields of code that source does not say."""
    for field_ in fields:
        if type(field_) is not OfBytecode:
            yield field_
        elif field_.instead is not None:
            yield field_.instead


class Draft:
    """A node on its way."""

    # No dataclass: with its factories it takes half as long again to make one.
    __slots__ = (
        "cells",
        "changeable",
        "code",
        "edges",
        "error",
        "fields",
        "kind",
        "members",
        "name",
        "order",
        "origin",
        "preview",
        "varies",
        "where",
    )

    def __init__(
        self,
        kind: NodeKind,
        name: str,
        fields: list[bytes],
        origin: object = None,
        preview: str | None = None,
        *,
        where: str | None = None,
        varies: bool = False,
        code: CodeType | None = None,
    ) -> None:
        self.kind = kind
        self.name = name
        self.fields = fields
        self.origin = origin
        self.preview = preview
        self.where = where
        self.edges: list[DraftEdge] = []
        self.members: dict[str, tuple[int, bool]] = {}
        self.order: tuple[str, ...] = ()
        """All members, in the order of the class or module."""
        self.varies = varies
        """It can change and stay the same object, or is known by identity alone."""
        self.error: NotDigestibleError | UntraceableError | None = None
        self.cells: dict[str, int] = {}
        """Captured variable → `id` of its cell, which other functions may share."""
        self.changeable: tuple[tuple[int, object], ...] = ()
        """Parts of a value that can change, each with its place."""
        self.code = code
        """What it was made from, as far as code was read for it."""

    def all_edges(self) -> list[DraftEdge]:
        """Return its edges, those to members last and in the order of their names."""
        if not self.members:
            return self.edges
        members = [
            (Role.ATTRIBUTE, name, number, in_case)
            for name, (number, in_case) in sorted(self.members.items())
        ]
        return self.edges + members


class Drafts:
    """What a walk drafted, and the graph of it, which is made when somebody asks for it."""

    __slots__ = ("_drafts", "_graph", "_ordered", "_root", "origin")

    def __init__(self, drafts: Sequence[Draft], root: int, *, ordered: bool) -> None:
        self._drafts = drafts
        self._root = root
        self._ordered = ordered
        self._graph: DependencyGraph | None = None
        self.origin = drafts[root].origin
        """Where the walk started."""

    @property
    def graph(self) -> DependencyGraph:
        """The dependency graph.

        Cost: linear in what was drafted, the first time.
        """
        drafts = self._drafts  # looked at before the graph: another thread may make it meanwhile
        if self._graph is None:
            self._graph = freeze(drafts, self._root, ordered=self._ordered)
            self._drafts = ()
        return self._graph

    def codes(self) -> Iterator[CodeType]:
        """Yield the code of functions, of those that are known by name too."""
        drafts = self._drafts
        for one in drafts if self._graph is None else self._graph.nodes:
            if type(one.origin) is FunctionType:
                yield one.origin.__code__

    def digest(self) -> Digest | None:
        """Return what stands for the drafts, to be asked for before the graph is.

        Where it is equal, so is the graph. Equal graphs may have been drafted otherwise, in
        another order or under other names.

        Returns:
            None where it cannot be told.

        Cost: a quarter of that of the graph.
        """
        kinds, names, fields, of_each, members, orders, *changing = zip(
            *map(_columns_of, self._drafts), strict=True
        )
        edges = [*chain.from_iterable(of_each)]
        counts = [*map(len, of_each)]
        listed: list[object] = []
        for number, (held, order) in enumerate(zip(members, orders, strict=True)):
            if held or order:
                listed.append((number, list(held.items()), order if self._ordered else ()))
        places = _places(*changing)
        roles, labels, targets, _ = zip(*edges, strict=True) if edges else ((), (), (), ())
        functions = [*compress(names, map(is_, kinds, repeat(NodeKind.FUNCTION)))]
        drafted = (
            *(self._root, ",".join(kinds), ",".join(roles), labels, targets),
            *(counts, fields, listed, places, functions),
        )
        try:
            # Version 2 tells neither which strings are interned nor how often one is in use.
            return digest_bytes(marshal.dumps(drafted, 2))
        except ValueError:
            return None  # names that are of a class of the program


_columns_of: Final[Callable[[Draft], tuple[Any, ...]]] = attrgetter(
    *("kind", "name", "fields", "edges", "members", "order"),
    *("origin", "varies", "cells", "changeable"),
)
"""Gives what is in the digest of drafts: by columns, it takes half the time."""


def _places(
    origins: Sequence[object],
    varying: Sequence[bool],
    cells: Sequence[Mapping[str, int]],
    changeable: Sequence[Sequence[tuple[int, object]]],
) -> list[object]:
    """Return which of all that `sharing_in` asks about is one and the same thing."""
    rows: list[object] = []
    things: list[int] = []
    columns = zip(varying, cells, changeable, strict=True)
    for number, (varies, held, parts) in enumerate(columns):
        if varies or held or parts:
            rows.append((number, varies, list(held), [place for place, _ in parts]))
            things.append(identity(origins[number]))
            things += held.values()
            things += [identity(part) for _, part in parts]
    numbers = {thing: number for number, thing in enumerate(dict.fromkeys(things))}
    return [*rows, [numbers[thing] for thing in things]]


def refused_in(drafts: Sequence[Draft], root: int) -> NotDigestibleError | UntraceableError | None:
    """Return why something cannot be digested or traced, unless it is there only in case."""
    if not any(map(_error_of, drafts)):
        return None
    came_by: dict[int, tuple[int, str]] = {root: (root, drafts[root].name)}
    for number in (queue := [root]):
        draft = drafts[number]
        if isinstance(draft.error, NotDigestibleError):
            return draft.error.under(_path_to(number, came_by))
        if draft.error is not None:
            return draft.error
        for _, label, target, in_case in draft.all_edges():
            if target not in came_by and not in_case:
                is_code = drafts[target].kind in {NodeKind.FUNCTION, NodeKind.CLASS}
                came_by[target] = number, drafts[target].name if is_code else label
                queue.append(target)
    return None


_error_of: Final = attrgetter("error")


def _path_to(number: int, came_by: dict[int, tuple[int, str]]) -> str:
    """Return the names from the root to a draft."""
    before, name = came_by[number]
    names = [name]
    while before != number:
        number = before
        before, name = came_by[number]
        names.append(name)
    return " → ".join(reversed(names))


def freeze(drafts: Sequence[Draft], root: int, *, ordered: bool) -> DependencyGraph:
    """Number what the root reaches, nearest first, and digest each by itself.

    Args:
        ordered: the order of members counts, in classes and modules.
    """
    places = {root: 0}
    queue = [root]
    outgoing: list[list[DraftEdge]] = []
    for number in queue:
        edges = drafts[number].all_edges()
        outgoing.append(edges)
        for _, _, target, _ in edges:
            if target not in places:
                places[target] = len(places)
                queue.append(target)
    reached = [drafts[number] for number in queue]
    return DependencyGraph(
        told_apart(_node(draft, ordered=ordered) for draft in reached),
        tuple(
            tuple([_new_edge((role, label, places[target])) for role, label, target, _ in edges])
            for edges in outgoing
        ),
        sharing_in(drafts, reached, outgoing),
    )


_new_edge: Final = cast(
    "Callable[[tuple[Role, str, int]], Edge]",
    partial(tuple.__new__, Edge),  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
)
"""Makes an edge; there are several for each node, and a call of the class takes thrice as long."""


def told_apart(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return nodes of which functions that are equal by themselves have their names, too.

    Code may ask which of them it has, by `is` or as the key of a dictionary.
    """
    found = tuple(nodes)  # new ones, which nobody has seen
    counts = Counter([node.digest for node in found if node.kind is NodeKind.FUNCTION])
    alike = {digest for digest, count in counts.items() if count > 1}
    for node in found if alike else ():
        if node.digest in alike:
            name = node.name.encode("utf-8", "surrogatepass")
            node.digest = digest_of("named", node.digest, name)
    return found


def _node(draft: Draft, *, ordered: bool) -> Node:
    members = framed(sorted(draft.members)) if draft.members else b""
    order = framed(draft.order) if ordered else b""
    digest = digest_of(draft.kind, frame(*draft.fields), members, order)
    return Node(draft.kind, draft.name, digest, draft.preview, draft.where, None, draft.origin)


def sharing_in(
    drafts: Sequence[Draft], reached: Sequence[Draft], outgoing: Sequence[Sequence[DraftEdge]]
) -> tuple[tuple[int, ...], ...]:
    """Return which edges lead to, and which values hold, one thing that can change.

    Equal lists under two names are told from one list under both: what is done to
    it under one name shows under the other. Edges come first, in their order, then the
    parts of values in theirs.
    """
    places: dict[object, list[int]] = {}
    count = 0
    for draft, edges in zip(reached, outgoing, strict=True):
        for role, label, target, _ in edges:
            cell = draft.cells.get(label) if role is Role.CLOSURE else None
            if cell is not None:
                places.setdefault(("cell", cell), []).append(count)
            if drafts[target].varies:
                places.setdefault(identity(drafts[target].origin), []).append(count)
            count += 1
    for draft in reached:
        for place, part in draft.changeable:
            if part is not draft.origin:
                places.setdefault(identity(part), []).append(count + place)
        count += len(draft.changeable)
    groups = {tuple(found) for found in places.values() if len(set(found)) > 1}
    return tuple(sorted(groups))
