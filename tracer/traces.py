"""Traces: what a call depends on, kept as long as it stands.

In one process a function is walked once; after that its guards are asked. What a
call really ran, recorded and verified in another process, will live here too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Final

from .digests import Digest
from .graph import DependencyGraph
from .guard import Guard
from .policy import USER_CODE, Policy
from .walker import Walked, walk, walk_code


@dataclass(frozen=True, slots=True)
class Trace:
    """The dependency graph of a function and of what comes with a call."""

    graph: DependencyGraph
    guard: Guard
    walk_again: Callable[..., Walked]
    """Holds on to what was walked, so that none of its ids is used again."""
    not_loaded: frozenset[str]
    """Modules that were not imported yet when it was walked."""

    @property
    def digest(self) -> Digest:
        """Stands for everything the call could depend on."""
        return self.graph.digest

    def holds(self) -> bool:
        """Tell whether nothing it looked at has changed."""
        return self.guard.holds()

    def again(self) -> DependencyGraph:
        """Return the graph as it is now.

        Modules that the code imports, and that were not imported yet, are taken for not
        imported: that the code has imported them is no change of what it depends on.

        Raises what `tracer.walker.walk` raises.
        """
        return self.walk_again(unloaded=self.not_loaded).graph

    def portable(self) -> Digest | None:
        """Return what stands for everything the call could depend on, on every Python.

        Returns:
            None where it has no such digest, or is not as it was when it was traced.

        Raises what `tracer.walker.walk` raises. Cost: a walk, and that of reading the
        source of all code that it reaches.
        """
        walked = self.walk_again(unloaded=self.not_loaded, portable=True)
        return walked.portable if walked.graph.digest == self.graph.digest else None

    def once_imported(self) -> DependencyGraph | None:
        """Return the graph with all imported that the code has imported meanwhile.

        It tells of the same code: that of the modules, where the other has their text.

        Returns:
            None where there was nothing to import.

        Raises what `tracer.walker.walk` raises.
        """
        if self.not_loaded.isdisjoint(sys.modules):
            return None
        return self.walk_again().graph


_MAX_KEPT: Final = 2_000
_kept: dict[tuple[int, ...], Trace] = {}


def trace(
    function: Callable[..., object],
    *,
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    ignored: frozenset[str] = frozenset(),
) -> Trace:
    """Return what `function` depends on now, walking only where something changed.

    Args:
        also: code that comes with the call, such as the class of an argument, each
            with the path by which it came.
        ignored: global names of the function's module that do not count.

    Raises what `tracer.walker.walk` raises.

    Cost: a walk the first time and after a change; else that of the guards.
    """
    key = (id(function), *(id(target) for _, target in also), hash((policy, ignored)))
    known = _kept.get(key)
    if known is not None and known.holds():
        return known
    fresh = _traced(partial(walk, function, also=also, policy=policy, ignored=ignored))
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    _kept[key] = fresh
    return fresh


def trace_code(
    code: CodeType,
    namespace: dict[str, object],
    *,
    name: str,
    written: frozenset[str] = frozenset(),
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
) -> Trace:
    """Return what `code`, run in `namespace`, depends on now, such as a notebook cell.

    Arguments, errors and cost are those of `tracer.walker.walk_code`.
    """
    return _traced(
        partial(walk_code, code, namespace, name=name, written=written, also=also, policy=policy)
    )


def _traced(walk_again: Callable[..., Walked]) -> Trace:
    walked = walk_again()
    return Trace(walked.graph, walked.guard, walk_again, walked.not_loaded)
