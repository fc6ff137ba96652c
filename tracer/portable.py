"""The portable digest of a dependency graph: one on every Python, or none.

In it each code has its portable form in place of its bytecode, and what Python itself
comes with has no version. Code reads names in an order that is the compiler's, so what a
name leads to is told by the name, which the portable form says, and not by its place.

There is none where the source of a single function is not found to be what runs.

What the walk reached is what this Python made it reach: where another one makes it reach
something else, the digests differ. That is a miss, and never a wrong answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from .canonical import portable_of
from .digests import Digest, digest_of, frame, framed
from .drafts import Draft, DraftEdge, on_every_python, sharing_in, told_apart
from .generated import NOTHING, Generated, generated_in
from .graph import DependencyGraph, Edge, Node, NodeKind, Role


def portable_digest(drafts: Sequence[Draft], root: int, *, ordered: bool) -> Digest | None:
    """Return what stands for all that the root reaches on every Python, or None.

    Args:
        ordered: the order of members counts, in classes and modules.
    """
    places = {root: 0}
    queue = [root]
    nodes: list[Node] = []
    outgoing: list[list[DraftEdge]] = []
    for number in queue:
        draft = drafts[number]
        made = generated_in(draft, drafts)
        edges = _edges(draft, made)
        digest = _digest(draft, edges, made, ordered=ordered)
        if digest is None:
            return None
        nodes.append(Node(draft.kind, draft.name, digest))
        outgoing.append(edges)
        for _, _, target, _ in edges:
            if target not in places:
                places[target] = len(places)
                queue.append(target)
    graph = DependencyGraph(
        told_apart(nodes),
        tuple(
            tuple(Edge(role, label, places[target]) for role, label, target, _ in edges)
            for edges in outgoing
        ),
        sharing_in(drafts, [drafts[number] for number in queue], outgoing),
    )
    return graph.digest


def _edges(draft: Draft, made: Generated) -> list[DraftEdge]:
    if draft.code is None:
        if made is NOTHING:
            return draft.all_edges()
        members = [
            (Role.ATTRIBUTE, name, made.moved.get(name, number), in_case)
            for name, (number, in_case) in sorted(draft.members.items())
            if name not in made.members
        ]
        return [*draft.edges, *members, *made.edges]
    # One name may be read in several places. Two things under one name stay in their order.
    edges = sorted(draft.all_edges(), key=lambda edge: edge[:2])
    return [next(same) for _, same in groupby(edges, key=lambda edge: edge[:3])]


def _digest(
    draft: Draft, edges: list[DraftEdge], made: Generated, *, ordered: bool
) -> Digest | None:
    code: Digest | None = None
    fields = draft.fields
    if draft.code is not None:
        code = portable_of(draft.code)
        if code is None:
            return None
        fields = list(on_every_python(fields))
    elif draft.kind is NodeKind.BUILTIN:
        fields = _without_version(fields)
    order = [name for name in draft.order if name not in made.members] if ordered else ()
    return digest_of(
        draft.kind,
        code or b"",
        frame(*fields),
        framed(order),
        made.note,
        framed(f"{role} {label}" for role, label, _, _ in edges),
    )


def _without_version(fields: list[bytes]) -> list[bytes]:
    """Return the fields of a part of Python without its version; see `_Walk._pinned`."""
    python, _, name, *rest = fields
    if name in _OF_THE_VERSION or name.partition(b".")[0] in _OF_THE_VERSION:
        return fields
    return [python, _MOVED.get(name, name.replace(b"pathlib._local.", b"pathlib.")), *rest]


_OF_THE_VERSION: Final = frozenset(
    [
        *(b"sys.version", b"sys.version_info", b"sys.hexversion", b"sys.api_version"),
        *(b"sys.implementation", b"sys.abiflags", b"sys.platlibdir"),
        *(b"dis", b"marshal", b"opcode", b"platform", b"py_compile", b"sysconfig"),
    ]
)
"""What tells the version of Python, or is about bytecode: modules, and members of others."""

_MOVED: Final = {
    b"_collections._tuplegetter": b"collections._tuplegetter",
    b"_decimal.getcontext": b"decimal.getcontext",
    b"_decimal.localcontext": b"decimal.localcontext",
    b"_decimal.setcontext": b"decimal.setcontext",
    b"_io.open": b"io.open",
    b"re.PatternError": b"re.error",
}
"""What says of itself that it is in another module than in other versions; of all that the
standard library of 3.11 names, this, `pathlib` and things of no use by themselves."""
