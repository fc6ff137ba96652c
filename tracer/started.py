"""Code of the user that starts while a call is computed: what of its graph, and what beside.

A graph is made of what code spells out. Code may run that nothing spells out: what the
program registered with a library, what a library calls by a name of its own, what it
patched. Here the interpreter is asked what started. Nothing can be said of how that was
reached, so a result that had a part in it is not kept.

    expected = Expected(graph, policy)
    begin(expected)
    …
    end(expected)
    expected.ran, expected.unknown

Work of other threads and tasks is not the call's: only what runs in the context in which
this began, in tasks made there, and in threads started there. Of what is in the graph, all
that starts anywhere counts as run.

Asks `sys.monitoring`, where there is one: each code object tells once that it starts, and
costs nothing after that. Before Python 3.12 nothing is asked, and nothing found.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import CodeType, FrameType, FunctionType, MethodType
from typing import Any, Final, NamedTuple

from .bytecode import Body, facts_of
from .graph import DependencyGraph, NodeKind, once_for_each
from .installed import OWNER, STANDARD_LIBRARY, is_installed
from .instructions import SUSPENDED, with_nested
from .kinds import dict_of, global_of, loaded_module, member_at, module_text
from .local_imports import absolute_name
from .policy import Policy
from .untouched import MONITORING, is_watching, places, readers, take_tool, touch
from .values.buffers import HELPERS


class Answered(NamedTuple):
    """A function that did not run, because its answer had been kept."""

    of: object
    """The function, or code."""
    counted: frozenset[Body] | None
    """The functions that counted for that answer; None where nobody knows."""


class Expected:
    """What a call may run by its graph, and what it ran beside that."""

    __slots__ = (
        "answered",
        "files",
        "found",
        "graph",
        "is_asked",
        "is_over",
        "made",
        "on_file",
        "policy",
        "ran",
        "read",
        "thread",
        "threads",
        "tool",
        "tool_stays",
        "unknown",
    )

    def __init__(
        self, graph: DependencyGraph, policy: Policy, on_file: Callable[[str], None]
    ) -> None:
        self.graph = graph
        self.policy = policy
        self.on_file = on_file
        """Told of a file that is run as a module, of which the graph knows nothing."""
        self.ran: set[int] = set()
        """Identities of code in the graph that started."""
        self.read: set[int] = set()
        """Identities of code in the graph that somebody read."""
        self.is_asked = False
        """The interpreter tells what starts."""
        self.is_over = False
        self.tool: int | None = None
        """The one of `sys.monitoring` that tells it."""
        self.tool_stays = is_watching()
        """Others are told by it, too, when nobody asks any longer."""
        self.unknown: dict[int, tuple[CodeType, str]] = {}
        """By identity, with the name of its module."""
        self.found: dict[int, tuple[object, str]] = {}
        """Things of the user that the graph knows nothing of, found by a name in data."""
        self.files = {*_files_to_import(graph)}
        """Files whose code is known: those still to be imported, and those run meanwhile."""
        self.made: dict[int, CodeType] = {}
        """What was executed meanwhile: its text is seen, or what made it."""
        self.thread = 0
        """The one it runs in, where that does nothing else meanwhile."""
        self.threads: list[object] = []
        """Those that the call started."""
        self.answered: list[Answered] = []
        """Functions that were answered for. Held, so that no identity is used again."""

    def saw_all(self) -> bool:
        """Tell whether nothing of it can have run, or may still run, without being seen."""
        alive = _threads.values()
        is_left = any(one is thread for thread in self.threads for one in alive)
        return self.is_asked and not is_left and not _has_workers()

    def names(self) -> Iterator[tuple[int, str]]:
        """Yield the identity of each unknown code object, with its name."""
        for code, module in tuple(self.unknown.values()):
            if code.co_filename not in self.files:
                yield id(code), f"{module}.{code.co_qualname}"
        for thing, name in tuple(self.found.values()):
            yield id(thing), name


@once_for_each
def _files_to_import(graph: DependencyGraph) -> tuple[str, ...]:
    """Return the files of modules that are still to be imported."""
    return tuple(
        os.path.abspath(node.where.rpartition(":")[0])
        for node in graph.nodes
        if node.kind is NodeKind.MODULE and node.origin is None and node.where is not None
    )


_active: tuple[Expected, ...] = ()
_here: ContextVar[tuple[Expected, ...]] = ContextVar("xetcache_computes", default=())
_lock = threading.RLock()  # a finalizer may call what is observed, whatever runs here


def begin(expected: Expected) -> None:
    """Ask what starts, until `end`. Where no tool of `sys.monitoring` is free, nobody can.

    May be interrupted anywhere, as `end` may: who began and was not asked for does not take
    it that nothing ran, and whoever begins next asks anew.
    """
    # Little code waits for the call here, or runs before `end` asks no longer: the interpreter
    # makes all of it ready to tell, and back, in a time that grows with how much it is.
    with _lock:
        if _joins(expected):
            # What started before may start again for this one. Said before events are asked
            # for, so that code is made ready once and not twice.
            MONITORING.restart_events()
            if MONITORING.get_events(expected.tool) != _EVENTS:
                MONITORING.set_events(expected.tool, _EVENTS)
            expected.is_asked = True


def _joins(expected: Expected) -> bool:
    global _active  # noqa: PLW0603 - replaced and never changed, for those who read it
    if MONITORING is None:
        return False
    expected.tool = take_tool()
    if expected.tool is None:
        return False
    if not _active and not (expected.tool_stays and _is_told_by == expected.tool):
        _be_told(expected.tool)
    expected.thread = threading.get_ident() if _runs_at_once(expected.graph) else 0
    # Before anything is told: what nobody waits for is not told again.
    _active = (*[one for one in _active if not one.is_over], expected)
    _here.set((*_here.get(), expected))
    return True


@once_for_each
def _runs_at_once(graph: DependencyGraph) -> bool:
    """Tell whether a call cannot be suspended, so that nobody else runs in its thread."""
    origin: Any = graph.nodes[0].origin
    code = origin.__code__ if type(origin) is FunctionType else origin
    return type(code) is CodeType and not code.co_flags & SUSPENDED


def end(expected: Expected) -> None:
    """Stop to ask."""
    with _lock:
        expected.is_over = True
        if _active == (expected,) and MONITORING.get_tool(expected.tool) == OWNER:
            MONITORING.set_events(expected.tool, 0)
        _leaves(expected)


def _leaves(expected: Expected) -> None:
    global _active  # noqa: PLW0603 - see above
    if expected not in _active:
        return
    _here.set(tuple([one for one in _here.get() if not one.is_over]))
    _active = tuple([one for one in _active if not one.is_over])
    if not _active and not expected.tool_stays and MONITORING.get_tool(expected.tool) == OWNER:
        # What is called stays registered: nobody calls it, unless another tool asks for these
        # events and says nothing of who is to be told. To take it back takes a tenth of a call.
        MONITORING.free_tool_id(expected.tool)


def _be_told(tool: int) -> None:
    global _is_told_by  # noqa: PLW0603 - see there
    # Each time, of one that does not stay: somebody may have been interrupted, who knows where.
    MONITORING.register_callback(tool, _events.PY_START, _on_start)
    MONITORING.register_callback(tool, _events.PY_RESUME, _on_start)
    MONITORING.register_callback(tool, _events.PY_THROW, _on_throw)
    _is_told_by = tool


_is_told_by: int | None = None
"""The tool that was told last whom to call."""
_events: Any = getattr(MONITORING, "events", None)
_EVENTS: Final[int] = (
    0 if _events is None else _events.PY_START | _events.PY_RESUME | _events.PY_THROW
)


def _on_start(code: CodeType, _offset: int) -> Any:
    file = code.co_filename
    if file.startswith(_NOBODYS) and not is_installed(file):
        return MONITORING.DISABLE
    if file.endswith(_COMPILED):
        return MONITORING.DISABLE
    place = id(code)  # once: it is audited
    if place in places:
        touch(code)
    settled = True
    for expected in _active:
        if place in expected.graph.codes:
            expected.ran.add(place)
        elif not _is_known(expected, code):
            try:
                settled &= _note(expected, code, sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            except Exception:  # noqa: BLE001 - it would be raised in the code that starts
                expected.unknown[place] = (code, "")
    return MONITORING.DISABLE if settled else None


def _on_throw(code: CodeType, offset: int, _error: BaseException) -> None:
    # Of a generator that had started before. This event cannot be switched off where it is.
    _on_start(code, offset)


_NOBODYS: Final = (
    STANDARD_LIBRARY,
    "<frozen ",
    os.path.join(os.path.dirname(os.path.abspath(__file__)), ""),
)
"""Where code is that no policy follows, unless it is installed there, too."""


_COMPILED: Final = (".pyx", ".pxd")
"""What Cython says of code that it has compiled: a version or a file stands for that."""


def _is_known(expected: Expected, code: CodeType) -> bool:
    return (
        id(code) in expected.made
        or id(code) in expected.unknown
        or code.co_filename in expected.files
    )


def _note(expected: Expected, code: CodeType, frame: FrameType) -> bool:
    """Note that code starts; tell whether nothing more is to be learned from it."""
    module = global_of(frame.f_globals, "__name__")
    module = module if type(module) is str else ""
    if not _is_followed(code, module, expected.policy):
        return True
    if not _is_the_calls(expected):
        return False
    is_file = code.co_name == "<module>" and os.path.isfile(code.co_filename)
    if is_file and not _imports_what_is_there(code, frame, expected):
        expected.files |= {code.co_filename, os.path.abspath(code.co_filename)}
        expected.on_file(code.co_filename)
    elif not _is_for_a_tool(frame, expected):
        expected.unknown[id(code)] = (code, module)
    return True


def _imports_what_is_there(code: CodeType, frame: FrameType, expected: Expected) -> bool:
    """Tell whether a file of which nothing is known takes something from modules of the user.

    Of those that it imports itself, the files are noted as it is.
    """
    for statement in facts_of(code).imports:
        name = absolute_name(statement.module, statement.level, frame.f_globals)
        for each in (name, *(f"{name}.{part}" for part in statement.names)):
            loaded = loaded_module(each)
            file = None if loaded is None else module_text(loaded, "__file__")
            if (
                file is not None
                and not {file, os.path.abspath(file)} & expected.files
                and expected.policy.pinned_by(each, file) is None
            ):
                return True
    return False


def _is_followed(code: CodeType, module: str, policy: Policy) -> bool:
    file = code.co_filename
    if file.startswith("<"):
        # Text that `dataclass` and its like compiled belongs to the module they did it for.
        loaded = loaded_module(module)
        if loaded is None or policy.pinned_by(module, file) is not None:
            return False
        file = module_text(loaded, "__file__") or file
    key = (id(policy), module, file)
    known = _followed.get(key)
    if known is None:
        # What is loose among the installed has no version, and is followed where code
        # spells it out. Nobody does: it is what a virtual environment hooks into imports.
        is_hook = is_installed(file) and module.partition(".")[0] not in policy.follow
        known = not is_hook and policy.pinned_by(module, file) is None
        _followed[key] = known
        _policies.append(policy)
    return known


_followed: Final[dict[tuple[int, str, str], bool]] = {}
_policies: Final[list[Policy]] = []
"""So that no `id` is used again."""


def _is_the_calls(expected: Expected) -> bool:
    """Tell whether what runs now, in this thread, is work of a call."""
    here = threading.get_ident()
    # Code may be run in a context of its own, in which nothing is set.
    if here == expected.thread or any(one is expected for one in _here.get()):
        return True
    thread = _threads.get(here)
    return any(one is thread for one in expected.threads)


def _has_workers() -> bool:
    """Tell whether there are processes, such as those of a pool, that may be given work."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    workers: set[Any] = getattr(multiprocessing, "_children", set[Any]())
    return any(worker._popen.returncode is None for worker in tuple(workers))  # noqa: SLF001


_threads: Final[dict[int, object]] = getattr(threading, "_active")  # noqa: B009 - not in the stubs
"""Those that are alive; asked like this, none is made for a thread that has none."""


def _is_for_a_tool(frame: FrameType, expected: Expected) -> bool:
    """Tell whether code is run to report something, or to digest: a handler of a logger, say.

    Which of these a program has is taken to make no difference, as for loggers themselves.
    """
    outer: FrameType | None = frame
    while outer is not None and id(outer.f_code) not in expected.graph.codes:
        name = global_of(outer.f_globals, "__name__")
        if type(name) is str and name.partition(".")[0] in _TOOL_MODULES:
            return True
        code = outer.f_code
        owner = outer.f_locals.get(code.co_varnames[0]) if code.co_argcount else None
        if owner is not None and (owner is sys.stdout or owner is sys.stderr):
            return True
        outer = outer.f_back
    return False


_TOOL_MODULES: Final = frozenset({"logging", "warnings", "loguru", "structlog", "tracer"})


# -- told by audit events -------------------------------------------------------------


def _on_read(code: CodeType) -> None:
    for expected in _active:
        if id(code) in expected.graph.codes:
            expected.read.add(id(code))


readers.append(_on_read)


def on_executed(code: object) -> None:
    """Note that code is given to `exec`, or to `eval`."""
    # Text that is in no file; the cell of a notebook, too, has the name of one.
    if _active and type(code) is CodeType and not os.path.isfile(code.co_filename):
        for expected in _active:
            if _is_the_calls(expected):
                expected.made.update((id(one), one) for one in with_nested(code))


def on_new_thread(function: object, *_: object) -> None:
    """Note that a thread is started, which will call `function`."""
    thread = getattr(function, "__self__", None)
    name = (dict_of(thread) or {}).get("_name")
    if type(name) is str and name.startswith(HELPERS):
        return
    for expected in _active:
        if _is_the_calls(expected):
            expected.threads.append(thread)


def on_found(module: object, name: object) -> None:
    """Note that a pickle names something of a module, which it finds there."""
    loaded = loaded_module(module) if type(module) is str else None
    if loaded is None or type(name) is not str:
        return  # what is imported for it runs, and is seen
    thing = member_at(loaded, name)
    for expected in _active:
        if (
            id(thing) not in expected.graph.origins
            and expected.policy.pinned_by(str(module), module_text(loaded, "__file__")) is None
            and _is_the_calls(expected)
        ):
            expected.found[id(thing)] = (thing, f"{module}.{name}")


# -- told by who keeps answers ----------------------------------------------------------


def on_answered(function: Any, counted: frozenset[Body] | None) -> None:
    """Note that a function, or code, did not run, because its answer had been kept."""
    while isinstance(function, MethodType):
        function = function.__func__
    code = function.__code__ if type(function) is FunctionType else function
    # What was made while the call ran may be given to a thread that was there before.
    is_made = code is function or "<locals>" in function.__qualname__
    for expected in _active:
        # Of what is in the graph, all that is answered anywhere counts, as all that starts does.
        if is_made or id(code) in expected.graph.codes or _is_the_calls(expected):
            expected.answered.append(Answered(function, counted))
