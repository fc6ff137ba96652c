"""What a run changed of what the cell depends on, besides the names it binds.

    variables    whose value is another now, although they mean the same object
    others       by the way to them: an attribute of a module, a default of a function

The dependency graph from before the run and the one from after it are walked side by
side, along the names that code reads. A name of the notebook that the cell binds is left
out: that it means something else now is what the cell is for. Whatever else differs has
been changed in passing, and a hit would not change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import zip_longest
from types import FunctionType
from typing import Final

import tracer
from tracer import DependencyGraph, Edge, NodeKind, Role


@dataclass(frozen=True, slots=True)
class Changes:
    """What was changed in passing."""

    variables: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


def changed_in_passing(
    trace: tracer.Trace, namespace: Mapping[str, object], accounted: frozenset[str]
) -> Changes:
    """Return what the code depends on and what is not as it was.

    Args:
        namespace: the variables of the notebook.
        accounted: those that the cell itself binds.
    """
    try:
        now = trace.again()
    except tracer.TracerError as error:
        return Changes(others=(str(error),))
    found = _Comparison(trace.graph, now, namespace, accounted).changes()
    return Changes(
        tuple(dict.fromkeys(name for name in found.values() if name)),
        tuple(path for path, name in found.items() if not name),
    )


def variables_in(graph: DependencyGraph, namespace: Mapping[str, object]) -> dict[str, int]:
    """Return the variables of the notebook that code reads, and the nodes they lead to."""
    return {
        edge.label.partition(".")[0]: edge.target
        for number, edges in enumerate(graph.edges)
        for edge in edges
        if _is_of_notebook(graph, number, namespace) and edge.role is Role.GLOBAL
    }


def _is_of_notebook(graph: DependencyGraph, number: int, namespace: Mapping[str, object]) -> bool:
    """Tell whether a node is the cell, or a function whose global names are its variables."""
    origin = graph.nodes[number].origin
    return number == 0 or (isinstance(origin, FunctionType) and origin.__globals__ is namespace)


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

    def changes(self) -> dict[str, str]:
        """Return the way to each change, with the variable that it is the content of."""
        found: dict[str, str] = {}
        seen = {(0, 0)}
        queue: list[tuple[int, int, str, str]] = [(0, 0, "", "")]
        for old, new, path, name in queue:
            explained = False
            for one, other in self._pairs(old, new):
                edge = one or other
                if edge is None:
                    continue
                step = f"{path} → {edge.label}" if path else edge.label
                if self._is_accounted(old, edge) or self._is_imported(old, one, other):
                    explained = True
                elif one is None or other is None:
                    found[step] = name
                elif (one.target, other.target) not in seen:
                    seen.add((one.target, other.target))
                    queue.append((one.target, other.target, step, self._variable(old, one, name)))
            # Where a name means something else, so does the code that reads it.
            alike = self.before.nodes[old].digest == self.after.nodes[new].digest
            if old and not alike and not explained:
                found[path] = name
        return found

    def _variable(self, number: int, edge: Edge, name: str) -> str:
        """Return the variable whose content an edge leads into, if it is one that holds data."""
        if self.before.nodes[edge.target].kind is not NodeKind.VALUE:
            return ""
        if edge.role is Role.GLOBAL:
            is_here = _is_of_notebook(self.before, number, self.namespace)
            return edge.label if is_here and "." not in edge.label else ""
        return name

    def _is_accounted(self, number: int, edge: Edge) -> bool:
        """Tell whether an edge is code of the notebook reading a name the cell binds."""
        if edge.role is not Role.GLOBAL or edge.label.partition(".")[0] not in self.accounted:
            return False
        return _is_of_notebook(self.before, number, self.namespace)

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
        nodes = self.before.nodes[old], self.after.nodes[new]
        if nodes[0].kind is NodeKind.VALUE and nodes[0].digest != nodes[1].digest:
            return self._pairs_of_content(old, new)
        by_name: dict[tuple[Role, str], tuple[list[Edge], list[Edge]]] = {}
        for side, edges in enumerate((self.before.edges[old], self.after.edges[new])):
            for edge in edges:
                by_name.setdefault((edge.role, edge.label), ([], []))[side].append(edge)
        return [pair for sides in by_name.values() for pair in zip_longest(*sides)]

    def _pairs_of_content(self, old: int, new: int) -> list[tuple[Edge | None, Edge | None]]:
        """Return the edges of a value, before and after its content changed, to the same code.

        What it leads to only before or only after is a part of the change.
        """
        after = {
            id(self.after.nodes[edge.target].origin): edge
            for edge in self.after.edges[new]
            if self.after.nodes[edge.target].origin is not None
        }
        found = (
            (edge, after.get(id(self.before.nodes[edge.target].origin)))
            for edge in self.before.edges[old]
        )
        return [pair for pair in found if pair[1] is not None]


def same_content(
    before: DependencyGraph, name: str, value: object, namespace: Mapping[str, object]
) -> bool:
    """Tell whether a value that code read by `name` still has the content it had."""
    number = variables_in(before, namespace).get(name)
    if number is None:
        return True
    try:
        now = tracer.walk_code(compile(name, "<name>", "eval"), {name: value})
    except tracer.TracerError:
        return False
    return before.nodes[number].digest == now.nodes[now.edges[0][0].target].digest
