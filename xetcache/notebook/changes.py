"""What a run changed of what the cell depends on, besides the names it binds.

The dependency graph from before the run and the one from after it are walked side by
side, along the names that code reads. A name of the notebook that the cell binds is left
out: that it means something else now is what the cell is for. Whatever else differs has
been changed in passing, and a hit would not change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from types import FunctionType
from typing import Final

import tracer
from tracer import DependencyGraph, Edge, NodeKind, Role


def changed_in_passing(
    trace: tracer.Trace, namespace: Mapping[str, object], accounted: frozenset[str]
) -> tuple[str, ...]:
    """Return what the code depends on and what is not as it was, by name.

    Args:
        namespace: the variables of the notebook.
        accounted: those that the cell itself binds.
    """
    try:
        now = trace.again()
    except tracer.TracerError as error:
        return (str(error),)
    return tuple(_Comparison(trace.graph, now, namespace, accounted).changes())


_CODE: Final = frozenset({NodeKind.MODULE, NodeKind.DISTRIBUTION, NodeKind.BUILTIN})


class _Comparison:
    def __init__(
        self,
        before: DependencyGraph,
        after: DependencyGraph,
        namespace: Mapping[str, object],
        accounted: frozenset[str],
    ) -> None:
        self.before = before
        self.after = after
        self.namespace = namespace
        self.accounted = accounted

    def changes(self) -> dict[str, None]:
        found: dict[str, None] = {}
        seen = {(0, 0)}
        queue: list[tuple[int, int, str]] = [(0, 0, "")]
        for old, new, path in queue:
            explained = False
            for one, other in self._pairs(old, new):
                edge = one or other
                if edge is None:
                    continue
                step = f"{path} → {edge.label}" if path else edge.label
                if self._is_accounted(old, edge) or self._is_imported(old, one, other):
                    explained = True
                elif one is None or other is None:
                    found[step] = None
                elif (one.target, other.target) not in seen:
                    seen.add((one.target, other.target))
                    queue.append((one.target, other.target, step))
            # Where a name means something else, so does the code that reads it.
            alike = self.before.nodes[old].digest == self.after.nodes[new].digest
            if old and not alike and not explained:
                found[path] = None
        return found

    def _is_accounted(self, number: int, edge: Edge) -> bool:
        """Tell whether an edge is code of the notebook reading a name the cell binds."""
        if edge.role is not Role.GLOBAL or edge.label.partition(".")[0] not in self.accounted:
            return False
        origin = self.before.nodes[number].origin
        return number == 0 or (
            isinstance(origin, FunctionType) and origin.__globals__ is self.namespace
        )

    def _is_imported(self, number: int, one: Edge | None, other: Edge | None) -> bool:
        """Tell whether all that changed is that a module has been imported by now.

        The next process will import it too.
        """
        if one is not None and one.role is Role.IMPORT:
            return self.before.nodes[one.target].origin is None
        if other is None:
            return one is not None and self._is_lacking(one)
        if other.role is Role.IMPORT:
            return one is None
        lacking = {one.label for one in self.before.edges[number] if self._is_lacking(one)}
        parts = other.label.split(".")
        return self.after.nodes[other.target].kind in _CODE and any(
            ".".join(parts[:count]) in lacking for count in range(2, len(parts) + 1)
        )

    def _is_lacking(self, edge: Edge) -> bool:
        """Tell whether code read an attribute that a module did not have before the run."""
        return "." in edge.label and self.before.nodes[edge.target].kind is NodeKind.ABSENT

    def _pairs(self, old: int, new: int) -> list[tuple[Edge | None, Edge | None]]:
        """Return the edges of two nodes that mean the same place."""
        by_name: dict[tuple[Role, str], tuple[list[Edge], list[Edge]]] = {}
        for side, edges in enumerate((self.before.edges[old], self.after.edges[new])):
            for edge in edges:
                by_name.setdefault((edge.role, edge.label), ([], []))[side].append(edge)
        return [pair for sides in by_name.values() for pair in zip_longest(*sides)]


def same_content(before: DependencyGraph, name: str, value: object) -> bool:
    """Tell whether a value that the cell read by `name` still has the content it had."""
    labels = {edge.label: edge.target for edge in before.edges[0] if edge.role is Role.GLOBAL}
    if name not in labels:
        return True
    try:
        now = tracer.walk_code(compile(name, "<name>", "eval"), {name: value})
    except tracer.TracerError:
        return False
    return before.nodes[labels[name]].digest == now.nodes[now.edges[0][0].target].digest
