"""What ran while a call was made, beside what its static graph holds.

Run as a program in the folder of a user's project, in a process of its own:

    python executed.py module.function rounds package…

It imports the module, then so many times walks the function and calls it, noting each
code object that starts; the packages named are followed although they are installed. It
prints a `Comparison` for each round, one JSON object a line. The first round meets what
is still to be imported and caches that are empty, the second what the first left behind.

Sees all threads of the process and no other process.
"""

from __future__ import annotations

import json
import os
import pkgutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from types import CodeType, FrameType, FunctionType
from unittest.mock import patch

from tracer import walker
from tracer.drafts import Draft
from tracer.graph import DependencyGraph, NodeKind
from tracer.installed import OWNER
from tracer.instructions import with_nested
from tracer.observation import observe
from tracer.policy import Policy
from tracer.world import WorldKind


@dataclass(frozen=True)
class Comparison:
    """A static graph beside one call of the function it was made for."""

    functions: int
    """How many functions the graph holds."""
    static: int
    """How many code objects these have, with those nested in them."""
    executed: tuple[str, ...]
    """Code that started and that the policy says is followed, as `module.qualname`."""
    made: tuple[str, ...]
    """The part of it that the call made itself, from text."""
    holes: tuple[str, ...]
    """The part of it that is neither in the graph nor made by the call."""
    told: tuple[str, ...]
    """What an observation of the call says that it used, though the graph lacks it: code
    that a result is not kept for, and files of code that are facts of it."""
    refused: tuple[str, ...]
    """Why the graph would not have been handed out: the walk's errors, nearest first."""
    walk_ms: float
    """CPU time of the walk."""


def comparisons(
    function: Callable[[], object], policy: Policy, rounds: int
) -> Iterator[Comparison]:
    """Walk `function`, then call it, and hold what started against the graph; so many times.

    Code that an earlier round made and kept counts as made by the call that runs it: what
    made it is in the graph, and so is what it was made from.
    """
    made: dict[int, CodeType] = {}
    with observe():
        pass  # what it imports for itself, the first time, is no part of the call
    for _ in range(rounds):
        start = time.process_time()
        graph, refused = _walked(function, policy)
        walk_ms = (time.process_time() - start) * 1000
        with recording() as record, observe(graph, policy=policy) as observation:
            function()
        facts, _ = observation.end()
        files = {os.path.abspath(fact.name) for fact in facts if fact.kind is WorldKind.FILE}
        made |= {id(code): code for code in record.made()}
        held = Held(graph)
        started = [one for one in record.started.values() if one.is_followed(policy)]
        missing = [one for one in started if one.code not in held and id(one.code) not in made]
        told = {one.code.co_filename for one in missing} & files
        yield Comparison(
            functions=sum(node.kind is NodeKind.FUNCTION for node in graph.nodes),
            static=len(held.codes),
            executed=_names(started),
            made=_names(one for one in started if id(one.code) in made),
            holes=_names(missing),
            told=(*observation.unseen, *sorted(told)),
            refused=tuple(refused),
            walk_ms=round(walk_ms, 1),
        )


def _walked(function: Callable[[], object], policy: Policy) -> tuple[DependencyGraph, list[str]]:
    """Walk to the end, also where others are refused; return what they would raise."""
    refused: list[str] = []

    def report(drafts: Sequence[Draft], root: int) -> None:
        reached = {root}
        queue = [root]
        for number in queue:
            draft = drafts[number]
            if draft.error is not None:
                refused.append(f"{draft.name}: {draft.error}")
            for _, _, target, in_case in draft.all_edges():
                if target not in reached and not in_case:
                    reached.add(target)
                    queue.append(target)

    with patch.object(walker, "refused_in", report):
        return walker.walk(function, policy=policy).graph, refused


class Held:
    """The code that a static graph stands for.

    A class or module is no more than a place here: those of its functions that count
    have nodes of their own. Only a module that was still to be imported when the graph
    was made has none, since its node stands for the whole text of its file.
    """

    def __init__(self, graph: DependencyGraph) -> None:
        self.codes: dict[int, CodeType] = {}
        self.files: set[str] = set()
        for node in graph.nodes:
            match node.origin:
                case FunctionType() as function if node.kind is NodeKind.FUNCTION:
                    self._add(function.__code__)
                case CodeType() as code if node.kind is NodeKind.FUNCTION:
                    self._add(code)
                case None if node.kind is NodeKind.MODULE and node.where is not None:
                    self.files.add(node.where.rpartition(":")[0])

    def __contains__(self, code: CodeType) -> bool:
        # By identity: code objects are equal when they differ in their file alone.
        return id(code) in self.codes or code.co_filename in self.files

    def _add(self, code: CodeType) -> None:
        self.codes |= {id(one): one for one in with_nested(code)}


@dataclass(frozen=True)
class Started:
    """One code object that started."""

    code: CodeType
    module: str
    """The module whose globals it had."""

    def is_followed(self, policy: Policy) -> bool:
        file = self.code.co_filename
        if file.startswith("<") and not file.startswith("<frozen "):
            # Text that `dataclass` and its like compiled belongs to the module they did it for.
            file = getattr(sys.modules.get(self.module), "__file__", None) or file
        return policy.pinned_by(self.module, file) is None

    def __str__(self) -> str:
        return f"{self.module}.{self.code.co_qualname}"


@dataclass
class Record:
    """What started, by the identity of its code, and what was compiled meanwhile."""

    started: dict[int, Started] = field(default_factory=dict)
    compiled: set[object] = field(default_factory=set)
    """File names given to what was compiled from text."""
    executed: list[CodeType] = field(default_factory=list)
    """What was given to `exec`, `eval` and their like."""

    def note(self, code: CodeType, frame: FrameType) -> None:
        """Add code that started in `frame`, unless it is this file's own."""
        if frame.f_globals is not globals():
            self.started.setdefault(id(code), Started(code, _module_of(frame)))

    def made(self) -> Iterator[CodeType]:
        """Yield code that was compiled from text, which no file holds, and then executed."""
        for code in self.executed:
            if code.co_filename in self.compiled and code.co_filename.startswith("<"):
                yield from with_nested(code)


def _module_of(frame: FrameType) -> str:
    """Return the name of the module that code running in `frame` belongs to."""
    name = str(frame.f_globals.get("__name__", ""))
    if name.startswith("namedtuple_"):
        # The `__new__` of a named tuple has globals of its own; its class says whose it is.
        return str(next(iter(frame.f_locals.values())).__module__)
    return name


@contextmanager
def recording() -> Iterator[Record]:
    """Note every code object that starts or goes on, in any thread, until the end."""
    record = Record()
    _watch_compiling(record)
    try:
        with _monitoring(record) if sys.version_info >= (3, 12) else _profiling(record):
            yield record
    finally:
        _active.remove(record)


_active: list[Record] = []


def _watch_compiling(record: Record) -> None:
    """Let `record` know of what is compiled and executed, while it is active."""
    if not _hooked:
        sys.addaudithook(_on_event)  # which nothing removes
        _hooked.append(True)
    _active.append(record)


_hooked: list[bool] = []


def _on_event(event: str, arguments: tuple[object, ...]) -> None:
    for record in _active:
        if event == "compile":
            record.compiled.add(arguments[1])
        elif event == "exec" and isinstance(arguments[0], CodeType):
            record.executed.append(arguments[0])


@contextmanager
def _monitoring(record: Record) -> Iterator[None]:
    monitoring = sys.monitoring
    events = monitoring.events
    tool = next(number for number in range(6) if monitoring.get_tool(number) is None)

    def started(code: CodeType, offset: int) -> object:
        record.note(code, sys._getframe(1))
        return monitoring.DISABLE  # once for each code object is enough

    def thrown(code: CodeType, offset: int, error: BaseException) -> None:
        record.note(code, sys._getframe(1))

    monitoring.use_tool_id(tool, "executed")
    monitoring.register_callback(tool, events.PY_START, started)
    monitoring.register_callback(tool, events.PY_RESUME, started)
    monitoring.register_callback(tool, events.PY_THROW, thrown)
    # What another round has seen is to be seen again.
    monitoring.restart_events()
    monitoring.set_events(tool, events.PY_START | events.PY_RESUME | events.PY_THROW)
    try:
        yield
    finally:
        monitoring.set_events(tool, events.NO_EVENTS)
        for event in (events.PY_START, events.PY_RESUME, events.PY_THROW):
            monitoring.register_callback(tool, event, None)
        monitoring.free_tool_id(tool)


@contextmanager
def _profiling(record: Record) -> Iterator[None]:
    def called(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            record.note(frame.f_code, frame)

    before = sys.getprofile()
    threading.setprofile(called)
    sys.setprofile(called)
    try:
        yield
    finally:
        sys.setprofile(before)
        threading.setprofile(before)


def _names(started: Iterable[Started]) -> tuple[str, ...]:
    return tuple(sorted(map(str, started)))


def main() -> None:
    """Compare as the command line says; see the module's docstring."""
    target, rounds, *packages = sys.argv[1:]
    function = pkgutil.resolve_name(target)
    # This file is nobody's project, so what it shares with one is not followed.
    policy = Policy(follow=frozenset(packages), pin=frozenset({"tracer", OWNER}))
    for comparison in comparisons(function, policy, int(rounds)):
        print(json.dumps(asdict(comparison)), flush=True)


if __name__ == "__main__":
    main()
