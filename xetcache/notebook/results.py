"""What a cell leaves behind when it has run: what to keep, or why not.

All that a cell bound is kept as one value, so that what two of its variables share is
one object again after a hit:

    {"names": {name: value}, "shown": [value] or [], "gone": [name, …],
     "outputs": [output, …], "rebound": [name, …],
     "world": what it changed that is in no variable}

Variables that were changed in place are among the names. Their objects, and all that
these hold, are not kept but referred to: on a hit they are there, and get their content.
Those that are `rebound` are new objects instead.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any, Final

import tracer

from .. import mutation
from ..config import nearest
from ..engine import Answer
from ..errors import NotStorableError
from ..verdict import Reason
from . import background, world
from .aliases import Reached, can_change, owner_of, sharing
from .changes import Changes, changed_in_passing, same_content, variables_in
from .line import ticked
from .obstacles import HISTORY
from .outputs import Output
from .plan import Plan

Refusal = tuple[Reason, str, str]
"""Why a cell is not kept: the reason, in words, and what to write instead."""


_COPY: Final = "use .copy()"


@dataclass(slots=True)
class Results:
    """One run of a cell, from before it to what is kept of it."""

    plan: Plan
    answer: Answer
    namespace: dict[str, object]
    """The variables of the notebook."""
    hidden: frozenset[str]
    """Those that IPython put there."""
    _before: dict[str, object] = field(init=False)
    _aside: dict[str, object] = field(default_factory=dict[str, object])
    _not_bound: frozenset[str] = frozenset()
    _running: frozenset[int] = field(init=False)
    """Threads and tasks from before it."""
    _world: world.World = field(init=False)
    _world_changes: world.World = field(default_factory=dict[str, world.State])
    _names: list[str] = field(default_factory=list[str])
    """What is kept."""
    _outline: mutation.Outline | None = field(init=False)
    """The objects that the cell may change; None where there are too many."""
    _contents: list[object] = field(default_factory=list[object])
    """What is now in those that it changed."""
    _rebound: list[str] = field(default_factory=list[str])
    """Variables whose content changed, and that are bound to a new object on a hit."""

    def __post_init__(self) -> None:
        """Note how things stand, and set names aside, just before the cell runs."""
        self._running = background.running()
        self._world = world.look()
        self._outline = outline_of(self.answer.key.trace.graph, self.plan, self.namespace)
        self.answer.before = None  # that of an entry which could not be read
        names = {*self.plan.accounted, *self.plan.request.input}
        self._before = {name: self.namespace[name] for name in names if name in self.namespace}
        self._set_aside()

    def _set_aside(self) -> None:
        """Take away what the cell may bind and nobody reads, to see whether it does.

        Identity would not tell: a cell may bind a name to the object it means already.
        """
        names = self.plan.names
        graph = self.answer.key.trace.graph
        read = {edge.label.partition(".")[0] for edges in graph.edges for edge in edges}
        read |= names.reads | set(self.plan.request.input)
        for name in names.bound:
            if name not in names.sure and name not in read and name in self.namespace:
                self._aside[name] = self.namespace.pop(name)

    def put_back(self) -> None:
        """Give names that were set aside, and that the cell did not bind, their values."""
        self._not_bound = frozenset(self._aside.keys() - self.namespace.keys())
        for name in self._not_bound:
            self.namespace[name] = self._aside[name]

    # -- what is kept -------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        """The variables that are kept, once `refusal` has looked at them."""
        return self._names

    def value(self, shown: object, outputs: list[Output]) -> dict[str, Any]:
        """Return what is kept of the cell.

        Args:
            shown: the value that it displayed, if it did.
            outputs: what else it showed.
        """
        return {
            "names": {name: self.namespace[name] for name in self._names},
            "shown": [] if shown is None else [shown],
            "gone": self._gone(),
            "outputs": outputs,
            "rebound": self._rebound,
            "world": self._world_changes,
        }

    def _gone(self) -> list[str]:
        """Return the names that mean nothing after the cell, or nothing of use."""
        deleted = [name for name in self.plan.names.deleted if name not in self.namespace]
        return deleted + [
            name
            for name in self.plan.outputs
            if name not in self._not_bound and _is_used_up(self.namespace.get(name))
        ]

    def lacking(self) -> str:
        """Say which of the outputs asked for the cell did not make."""
        asked_for = self.plan.request.output or ()
        lacking = [name for name in asked_for if not self._is_produced(name)]
        if not lacking:
            return ""
        hint = nearest(lacking[0], self.plan.names.bound).partition(" (")[0]
        return f"`output=` names {ticked(lacking)}, which the cell did not bind{hint}"

    def _is_produced(self, name: str) -> bool:
        if name not in self.namespace or name in self._not_bound:
            return False
        names, request = self.plan.names, self.plan.request
        if name in names.bound or name in names.reads or name in request.input:
            return True
        # Bound by a function that says `global`, or changed by one that reads it.
        value = self.namespace[name]
        nodes = self.answer.key.trace.graph.nodes
        return self._before.get(name) is not value or any(node.origin is value for node in nodes)

    def refusal(self, shown: object) -> Refusal | None:
        """Say why the cell cannot be kept; None where it can."""
        if left := background.left_running(self._running, self.namespace):
            return Reason.CHANGED_WHILE_RUNNING, f"{left} that it started still runs", ""
        self._world_changes = world.changes_since(self._world)
        changes = self._changes()
        changed = [*changes.variables, *changes.others]
        if changed and (changes.others or self._outline is None or self.plan.request.output):
            return (
                Reason.CHANGED_WHILE_RUNNING,
                f"{ticked(changed)} changed while it ran",
                self._add_outputs(changed),
            )
        self._names = [
            name
            for name in self.plan.outputs
            if name in self.namespace
            and name not in self._not_bound
            and name not in self.plan.defined
            and not _is_used_up(self.namespace[name])
        ]
        self._names += (name for name in changes.variables if name not in self._names)
        self._change_in_place(changes.variables, shown)
        self._rebind_other_names()
        if shared := self._shared_with(shown):
            return self._because_shared(shared)
        return self._made_here(shown) or self._views(shown)

    def _add_outputs(self, names: Iterable[str]) -> str:
        """Return how to write that these are results too, if they are variables."""
        found = [name for name in names if name in self.namespace]
        return f"output={','.join(dict.fromkeys((*self.plan.outputs, *found)))}" if found else ""

    # -- what it changed ----------------------------------------------------------

    def _changes(self) -> Changes:
        """Return what the cell changed and does not give as a result."""
        trace, plan = self.answer.key.trace, self.plan
        found = changed_in_passing(trace, self.namespace, plan.accounted)
        variables = dict.fromkeys(found.variables)
        for name, value in self._before.items():
            still = self.namespace.get(name) is value
            if name not in plan.outputs and still and not self._is_as_before(name, value):
                variables[name] = None
        return Changes(tuple(variables), found.others)

    def _is_as_before(self, name: str, value: object) -> bool:
        """Tell whether an object that the cell could read has the content it had."""
        if not can_change(value):
            return True
        for argument in self.answer.key.arguments:
            if argument.name == name:
                return _digest(value) == argument.encoded.digest
        return same_content(self.answer.key.trace.graph, name, value, self.namespace)

    def _change_in_place(self, variables: Iterable[str], shown: object) -> None:
        """See to it that objects that are there get their content on a hit, where that helps.

        Then whoever else holds one of them sees the change, as when the cell runs. Where
        it cannot be made so, variables are bound to new objects, as other results are.
        """
        self._rebound = list(variables)
        if (outline := self._outline) is None:
            return
        changed = [
            name
            for name, value in self._before.items()
            if name not in variables and not self._is_as_before(name, value)
        ]
        outline.changed_roots = tuple(
            name for name in (*variables, *changed) if name in outline.roots
        )
        try:
            self._contents = list(outline.changed().values())
        except NotStorableError:
            return
        reached = Reached([*(self.namespace[name] for name in self._names), shown])
        parts = outline.labels.keys() - set(map(id, (self.answer.shared or {}).values()))
        owners = [
            owner for owner, arrays in reached.arrays.items() if {owner} != {*map(id, arrays)}
        ]
        holds_parts = not parts.isdisjoint(reached.mutable)
        if self._contents or holds_parts or not outline.labels.keys().isdisjoint(owners):
            self.answer.before = outline
            self._rebound = []

    def _rebind_other_names(self) -> None:
        """Bind other names of what is bound anew, too, that the cell could change it by."""
        changed = {id(self.namespace[name]) for name in self._rebound if name in self.namespace}
        for name in sorted(self.plan.reads & self.namespace.keys()):
            if id(self.namespace[name]) in changed and name not in self._names:
                self._names.append(name)
                self._rebound.append(name)

    # -- what shares with what ----------------------------------------------------

    def _shared_with(self, shown: object) -> list[str]:
        """Name variables that hold a part of the results and are none themselves.

        A part that the cell read by name is no such part: on a hit it is taken from
        there. With no outputs asked for, variables that the cell read join the results.
        """
        others = {
            name: value
            for name, value in self.namespace.items()
            if name not in self.hidden
            and name not in self.plan.accounted
            and not HISTORY.fullmatch(name)
        }
        replaced = [
            value
            for name, value in self._before.items()
            if self.namespace.get(name) is not value and not self._is_as_before(name, value)
        ]
        here = id(self.namespace)
        if labels := self._there:
            there = [here, *labels]
            values = [*(self.namespace[name] for name in self._names), shown, *self._contents]
            reached = Reached(values, without=there)
            reached.forget_arrays(labels)  # views of what is there are so on a hit
            return sharing(reached, others, but=self._names, without=there)
        while True:
            shared = self.answer.shared or {}
            kept = {*self._names, *self.plan.accounted}
            self.answer.shared = {name: one for name, one in shared.items() if name not in kept}
            values = [*(self.namespace[name] for name in self._names), shown, *replaced]
            without = [id(one) for one in self.answer.shared.values()]
            reached = Reached(values, without=(*without, here))
            found = sharing(reached, others, but=self._names, without=[here])
            read = self.plan.names.reads | self.plan.inside
            may_join = self.plan.request.output is None and read.issuperset(found)
            if not found or not may_join:
                return found
            self._names += found
            self._rebound += found

    def _because_shared(self, names: list[str]) -> Refusal:
        """Say which result shares with variables that are no results."""
        held = Reached([self.namespace[name] for name in names])
        results = {name: self.namespace[name] for name in self._names}
        name = next(iter(sharing(held, results)), "")
        what = f"`{name}`" if name else "what it changed"
        if name and held.mutable.isdisjoint(Reached([results[name]]).mutable):
            return Reason.NOT_STORABLE, f"{what} shares memory with {ticked(names)}", _COPY
        text = f"{what} shares a part with {ticked(names)}"
        return Reason.NOT_STORABLE, text, self._add_outputs(names)

    # -- what cannot be found again -----------------------------------------------

    def _made_here(self, shown: object) -> Refusal | None:
        """Refuse functions and classes that the notebook made and gave no name.

        Stored by value they would have variables of their own, and not see when one of
        the notebook's is bound anew.
        """
        for name, value in (*((name, self.namespace[name]) for name in self._names), ("", shown)):
            reached = Reached([value])
            for one in (*reached.functions, *reached.classes):
                if self._is_of_notebook(one) and not self._is_named(one):
                    what = f"`{name}`" if name else "the value shown"
                    text = f"{what} holds `{one.__qualname__}`, which has no name in the notebook"
                    return Reason.NOT_STORABLE, text, ""
        return None

    def _views(self, shown: object) -> Refusal | None:
        """See to it that arrays share memory on a hit as they do now; refuse where they cannot."""
        values = {name: self.namespace[name] for name in self._names}
        there = self._there
        reached = Reached([*values.values(), shown, *self._contents], without=there)
        arrays = reached.views(there)
        if not arrays:
            return None
        from ..codecs import views  # noqa: PLC0415 - numpy is there, since there are arrays

        lost = [one for one in arrays if not views.is_writable(one)]
        # Of what they are views together with one that is there, nobody can tell on a hit.
        objects = self._outline.objects.values() if there and self._outline is not None else ()
        hidden = {owner_of(one) for one in objects} - there
        if not lost and hidden.isdisjoint(reached.arrays):
            self.answer.views = frozenset(map(id, arrays))
            return None
        found = [name for name, value in values.items() if Reached([value]).arrays]
        text = f"arrays of {ticked(found) or 'its results'} share memory, and would not on a hit"
        return Reason.NOT_STORABLE, text, _COPY

    @property
    def _there(self) -> frozenset[int]:
        """Identities of objects that are there on a hit, and are not made anew."""
        if self.answer.before is None or self._outline is None:
            return frozenset()
        return frozenset(self._outline.labels)

    def _is_of_notebook(self, one: FunctionType | type) -> bool:
        if isinstance(one, FunctionType):
            return one.__globals__ is self.namespace
        return one.__module__ == self.namespace.get("__name__")

    def _is_named(self, one: FunctionType | type) -> bool:
        first, *rest = one.__qualname__.split(".")
        found = self.namespace.get(first)
        for part in rest:
            found = vars(found).get(part) if isinstance(found, type) else None
        return getattr(found, "__wrapped__", found) is one or found is one


def outline_of(
    graph: tracer.DependencyGraph, plan: Plan, namespace: dict[str, object]
) -> mutation.Outline | None:
    """Return which objects a cell may change, by the variables that it and its functions read."""
    request = plan.request
    names = {*variables_in(graph, namespace), *plan.reads, *request.input} - {
        *request.options.ignore
    }
    roots = {name: namespace[name] for name in sorted(names & namespace.keys())}
    try:
        return mutation.outline_of(roots)
    except NotStorableError:
        return None


def held_elsewhere(
    names: Iterable[str], kept: Iterable[str], namespace: dict[str, object], hidden: frozenset[str]
) -> list[str]:
    """Return variables, other than those that are kept, which hold a part of some of them.

    They would not see it where these are bound to new objects.
    """
    others = {
        name: value
        for name, value in namespace.items()
        if name not in hidden and not HISTORY.fullmatch(name)
    }
    here = [id(namespace)]
    values = [namespace[name] for name in names if name in namespace]
    return sharing(Reached(values, without=here), others, but=kept, without=here) if values else []


def _digest(value: object) -> tracer.Digest | None:
    try:
        return tracer.encode(value).digest
    except tracer.NotDigestibleError:
        return None


def _is_used_up(value: object) -> bool:
    """Tell whether a value is a closed file, as `with open(…) as file` leaves behind.

    Nothing can be done with it, so it is not kept, and nobody misses it.
    """
    return isinstance(value, io.IOBase) and value.closed
