"""Two dependency graphs → what changed between them, in the user's terms.

Both graphs are walked side by side from their roots. Only roots of change are named:
code that reads as before is no change, even where what it calls is another. Each
change has the path of names that leads to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from .graph import DependencyGraph, Edge, Node, NodeKind, Role


class Change(NamedTuple):
    """One dependency that is not what it was."""

    before: Node | None
    after: Node | None
    role: Role | None
    """What it is to the code that reaches it; None for the root."""
    name: str
    path: tuple[str, ...]
    """Names from the root to the change, both included."""

    @property
    def node(self) -> Node:
        """The dependency as it is now, or as it last was."""
        if self.after is not None:
            return self.after
        if self.before is not None:
            return self.before
        raise ValueError("a change of nothing into nothing")


def diff(
    before: DependencyGraph, after: DependencyGraph, *, counted: AbstractSet[int] | None = None
) -> tuple[Change, ...]:
    """Return the changes from one graph to the other, nearest to the root first.

    Empty exactly if the graphs have the same digest or differ in a way that the names
    in them cannot show, such as how equal functions share one captured variable.

    Args:
        counted: numbers of the functions in `before` whose bodies counted, see
            `OfCall.nodes`; what others are and lead to is no change. None if all did.
    """
    return tuple(_Comparison(before, after, counted).changes())


class _Comparison:
    """Pairs of nodes that stand in the same place."""

    def __init__(
        self,
        before: DependencyGraph,
        after: DependencyGraph,
        counted: AbstractSet[int] | None,
    ) -> None:
        self.before = before
        self.after = after
        self.counted = counted

    def changes(self) -> Iterator[Change]:
        root = self.after.nodes[0].name
        seen = {(0, 0)}
        named: set[tuple[str, str, str]] = set()
        queue: list[tuple[int, int, Role | None, tuple[str, ...]]] = [(0, 0, None, (root,))]
        for old, new, role, path in queue:
            if self.before.digests[old] == self.after.digests[new]:
                continue
            one, other = self.before.nodes[old], self.after.nodes[new]
            if one.kind is other.kind is NodeKind.FUNCTION and not self._counts(old):
                continue
            if one.digest != other.digest or self._reads_others(old, new):
                # The same thing may stand in several places; one is enough.
                mark = (other.kind, other.name, path[-1])
                if mark not in named:
                    named.add(mark)
                    yield Change(one, other, role, path[-1], path)
                if one.kind is not other.kind:
                    continue
            for edge, counterpart in self._pairs(old, new):
                if (edge.target, counterpart.target) not in seen:
                    seen.add((edge.target, counterpart.target))
                    step = self._step(counterpart)
                    onwards = (*path, step) if step and step != path[-1] else path
                    queue.append((edge.target, counterpart.target, counterpart.role, onwards))

    def _counts(self, old: int) -> bool:
        return self.counted is None or old in self.counted or old == 0

    def _reads_others(self, old: int, new: int) -> bool:
        """Tell whether code that is the same but for names now names other things."""
        if self.before.nodes[old].digest != self.after.nodes[new].digest:
            return False
        return any(
            edge.label != counterpart.label
            and self.before.digests[edge.target] != self.after.digests[counterpart.target]
            for edge, counterpart in zip(
                self.before.edges[old], self.after.edges[new], strict=False
            )
        )

    def _pairs(self, old: int, new: int) -> Iterator[tuple[Edge, Edge]]:
        """Yield edges of two nodes that lead from the same place, by name."""
        olds, news = self.before.edges[old], self.after.edges[new]
        by_name: dict[tuple[Role, str], list[Edge]] = {}
        for edge in olds:
            by_name.setdefault((edge.role, edge.label), []).append(edge)
        for edge in news:
            candidates = by_name.get((edge.role, edge.label))
            if candidates:
                yield candidates.pop(0), edge

    def _step(self, edge: Edge) -> str:
        """Return what to call the step along an edge: code by its name, data by its place."""
        node = self.after.nodes[edge.target]
        if node.kind in {NodeKind.FUNCTION, NodeKind.CLASS}:
            return node.name
        return edge.label
