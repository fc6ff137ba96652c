"""Untouched code: what is known never to have run in this process, nor to have been read.

A cache may answer with what it computed before anybody observed, and so may any object that
keeps something. Whatever had a part in such an answer has run by then, or its code was read by
somebody who made something of it. Of what is untouched, nothing has.

    watch()                 from here on
    …
    code in known()

Code of the user is watched from its birth, which an audit event tells of: when a module or a
cell is executed, nothing of what is in it has run. Each code object tells the interpreter once
that it starts, and costs nothing after that. Of all that was there before, or came to be in some
other way, nobody knows: it is not untouched.

Nothing is known any more once a debugger, a profiler or another tool is there, since what these
call is told to nobody. Once a pickle has named anything of the user, what another process has
computed may have come with it, and be kept here: `Known.is_mixed`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from types import (
    AsyncGeneratorType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
)
from typing import Any, Final, cast
from weakref import ref

from .audited import listen
from .installed import OWNER, is_library_file, is_users_file

MONITORING: Final[Any] = getattr(sys, "monitoring", None)
"""Tells of code that starts, cheaply: since 3.12, PEP 669."""
_TOOLS: Final = (4, 3)
"""Those that are reserved for nobody; 0 to 2 and 5 are for debuggers and their like."""


class Known:
    """The code of which it is known that nobody has run or read it so far."""

    __slots__ = ("_born", "_purged_at", "_touched", "bodies", "is_mixed")

    def __init__(self) -> None:
        self._born: dict[int, ref[CodeType]] = {}
        self._purged_at = _FEW
        self._touched: dict[tuple[str, str], None] = {}
        """File and name of all that was run or read: the same text may be executed again."""
        self.is_mixed = False
        """What is kept here may have been computed by code that another process has run."""
        self.bodies: set[Any] = set()
        """Bodies of functions that counted for what was served here, wherever they ran."""

    def __contains__(self, code: CodeType) -> bool:
        is_untouched = id(code) in places and self._was_born(code)
        return is_untouched and (code.co_filename, code.co_qualname) not in self._touched

    @property
    def changes(self) -> int:
        """How much was run or read: another number means another answer."""
        return len(self._touched) + len(self.bodies) + self.is_mixed

    def add(self, code: CodeType) -> bool:
        """Note that code has come to be; tell whether that is new."""
        if self._was_born(code):  # and is executed once more
            return False
        if len(self._born) > self._purged_at:
            self._purge()
        self._born[id(code)] = ref(code)
        places.add(id(code))
        return True

    def touch(self, code: CodeType) -> None:
        """Note that code runs or is read."""
        places.discard(id(code))
        if self._was_born(code):
            self._touched[code.co_filename, code.co_qualname] = None

    def served(self, counted: Iterable[Any] | None) -> None:
        """Note that an answer was served, for which these functions counted; None: any may have."""
        if counted is None:
            self.is_mixed = True
        else:
            self.bodies.update([one.anywhere for one in counted])

    def _was_born(self, code: CodeType) -> bool:
        born = self._born.get(id(code))
        return born is not None and born() is code

    def _purge(self) -> None:
        # No callback when code is gone: whoever is interrupted there, by a signal, loses it.
        for place, born in tuple(self._born.items()):
            if born() is None:
                del self._born[place]
                places.discard(place)
        self._purged_at = max(_FEW, 2 * len(self._born))


_FEW: Final = 10_000

places: Final[set[int]] = set()
"""Identities of code that is untouched, as far as anything is known: asked of all that starts."""

_known: Known | None = None
_is_over = False
"""It was known once, and is not any more."""
_old_files: frozenset[str] = frozenset()
"""Those of modules that were there before: of what is in them, nobody knows what has run."""
_tool: int | None = None

readers: Final[list[Callable[[CodeType], object]]] = []
"""Called with code that somebody reads, who is not of ours."""


def known() -> Known | None:
    """Return what is untouched; None where that is not known."""
    return _known if is_watching() else None


def is_watching() -> bool:
    """Tell whether code still tells of its start."""
    return _tool is not None and MONITORING.get_tool(_tool) == OWNER


def touch(code: CodeType) -> None:
    """Note that code runs."""
    if _known is not None:
        _known.touch(code)


def forget() -> None:
    """Know nothing from here on."""
    global _known, _is_over
    _known, _is_over = None, True
    places.clear()


def watch() -> None:
    """Watch all code of the user that comes to be from here on; once is enough.

    Before Python 3.12, and where no tool of `sys.monitoring` is free, nobody can. Stays for the
    life of the process: the tool, and the hook of `audited`.
    """
    global _known, _tool, _old_files  # noqa: PLW0603 - there is one process
    if MONITORING is None or _known is not None or _is_over:
        return
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return  # what they call is not told of
    _tool = take_tool()
    if _tool is None:
        return
    MONITORING.register_callback(_tool, MONITORING.events.PY_START, _on_start)
    _known = Known()
    _old_files = frozenset(filter(None, map(_file_of, tuple(sys.modules.values()))))
    _look_at_callers()
    listen(_ACTIONS)


def _file_of(module: object) -> str | None:
    try:  # not by its name, which runs code of modules that are loaded later
        file = object.__getattribute__(module, "__dict__").get("__file__")
    except AttributeError:
        return None
    return file if type(file) is str else None


def take_tool() -> int | None:
    """Return the tool of `sys.monitoring` that is ours, if only from now on; None if none is free.

    Asked of the interpreter: what is noted here might not be what is so there.
    """
    for tool in _TOOLS:
        if MONITORING.get_tool(tool) == OWNER:
            return tool
    for tool in _TOOLS:
        if MONITORING.get_tool(tool) is None:
            MONITORING.use_tool_id(tool, OWNER)
            return tool
    return None


def _look_at_callers() -> None:
    """Watch what is still to be made of the modules that are being executed."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        code, line = frame.f_code, frame.f_lineno
        if code.co_name == "<module>" and is_users_file(code.co_filename):
            for one in code.co_consts:
                # A module runs from its top to its end.
                if type(one) is CodeType and one.co_firstlineno > line:
                    _watch_born(one)
        frame = frame.f_back


def _watch_born(code: CodeType) -> None:
    for one in (code, *_nested_in(code)):
        if _known is not None and _known.add(one):
            MONITORING.set_local_events(_tool, one, MONITORING.events.PY_START)


def _nested_in(code: CodeType) -> Iterator[CodeType]:
    for one in code.co_consts:
        if type(one) is CodeType:
            yield one
            yield from _nested_in(one)


def _on_start(code: CodeType, _: int) -> Any:
    touch(code)
    return MONITORING.DISABLE


# -- told by audit events -------------------------------------------------------------


def _on_executed(code: object = None, *_: object) -> None:
    if _known is None or type(code) is not CodeType or not is_users_file(code.co_filename):
        return
    if code.co_filename in _old_files:
        return
    try:
        for one in code.co_consts:
            if type(one) is CodeType:
                _watch_born(one)
    except ValueError:  # somebody has freed the tool
        forget()


def _on_attribute(thing: object = None, name: object = None, *_: object) -> None:
    if type(name) is not str or name not in _TELL_CODE or threading.get_ident() in _asking:
        return
    if not _asks_for_itself():
        _on_read(thing, name)


def _on_referents(things: object = None, *_: object) -> None:
    if type(things) is tuple and threading.get_ident() not in _asking and not _asks_for_itself():
        for thing in cast("tuple[object, ...]", things):
            _on_read(thing, "__code__")


def _asks_for_itself() -> bool:
    """Tell whether who asks makes nothing of it: the tracer, who uses it, `typing.overload`."""
    frame = sys._getframe(2).f_back  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    if frame is None:
        return False
    name = dict[str, object].get(frame.f_globals, "__name__")  # a subclass may have its own
    if name == "typing":
        return frame.f_code.co_name == "overload"  # in which line it is, to tell it from others
    return type(name) is str and name.partition(".")[0] in _OURS


_OURS: Final = frozenset({__name__.partition(".")[0], OWNER})


def _on_read(thing: object, name: str) -> None:
    if type(thing) not in _HAVE_CODE:
        return
    with asking():
        code: object = getattr(thing, _TELL_CODE[name])
    if type(code) is CodeType:
        touch(code)
        for reader in readers:
            reader(code)


@contextmanager
def asking() -> Generator[None]:
    """Ask functions for their code within, on behalf of nobody who makes something of it."""
    here = threading.get_ident()
    if here in _asking:
        yield
        return
    _asking.add(here)
    try:
        yield
    finally:
        _asking.discard(here)


_asking: Final[set[int]] = set()
"""Threads in which the tracer asks."""


def _on_pickle(module: object = None, *_: object) -> None:
    file = _file_of(sys.modules.get(module)) if type(module) is str else None
    is_users = not (module in sys.builtin_module_names if file is None else is_library_file(file))
    if is_users and _known is not None:
        _known.is_mixed = True


def _on_blindness(*_: object) -> None:
    """Note that code may run of which nobody is told: what a debugger or an audit hook calls."""
    forget()


def _on_another_tool(*_: object) -> None:
    if MONITORING.get_tool(MONITORING.DEBUGGER_ID) is not None:
        forget()


_TELL_CODE: Final = {
    "__code__": "__code__",
    "__defaults__": "__code__",
    "__kwdefaults__": "__code__",
    **dict.fromkeys(("gi_code", "gi_frame"), "gi_code"),
    **dict.fromkeys(("cr_code", "cr_frame"), "cr_code"),
    **dict.fromkeys(("ag_code", "ag_frame"), "ag_code"),
}
"""Attribute that tells of code → the one that is it."""

_HAVE_CODE: Final = (FunctionType, GeneratorType, CoroutineType, AsyncGeneratorType)

_ACTIONS: Final = {
    "exec": _on_executed,
    "object.__getattr__": _on_attribute,
    "gc.get_referents": _on_referents,
    "pickle.find_class": _on_pickle,
    "sys.settrace": _on_blindness,
    "sys.setprofile": _on_blindness,
    "sys.addaudithook": _on_blindness,
    "sys.monitoring.register_callback": _on_another_tool,
}
"""Audit event → what is done with its arguments."""
