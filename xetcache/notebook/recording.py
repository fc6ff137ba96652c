"""Notes what a cell shows while it runs; all of it passes through, unchanged.

In a kernel, the messages to the front end are noted as they are sent. They tell which
cell they are of, so output of threads, of handlers that hold the stream, of child
processes and of other cells at the same time finds its place; and printing costs nothing.
Elsewhere, in a terminal or under `%%capture`, methods that show something are wrapped:

    sys.stdout, sys.stderr     .write
    shell.display_pub          .publish, .clear_output

What the value of a cell shows is not noted, only where it stood: on a hit IPython will
show it anew.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any, Final, cast

from . import widgets
from .line import MIME
from .outputs import RESULT, Output, collapsed

_ABSENT: Final = object()
_INSTEAD: Final = "instead"
"""Attribute of what notes no more, and could not be removed: what to put back in its place."""
_STREAMS: Final = ("stdout", "stderr")
_BARRIER: Final = "\0"
_MAX_SECONDS: Final = 2.0


def recorder(shell: Any, *, hold: bool = False) -> Recorder:
    """Return what notes the outputs of the cell that runs now.

    Args:
        hold: show nothing of what is noted.
    """
    targets = (shell.display_pub, *(getattr(sys, name) for name in _STREAMS))
    in_kernel = all(getattr(one, "session", None) is not None for one in targets)
    return _Messages(shell, hold=hold) if in_kernel else _Methods(shell, hold=hold)


class Recorder:
    """Notes what one cell shows, from `start` to `stop`."""

    def __init__(self, shell: Any, *, hold: bool) -> None:
        self.shell = shell
        self.holds = hold
        self.noted: list[Output] = []
        self.is_over = False
        self.shows = 0
        """The thread that shows something just now; what it writes is part of that."""
        self._formatted: tuple[dict[str, Any], ...] = ()
        """How the value that is shown just now is shown, and its metadata."""
        self._formatting = False
        self._aside: list[Output] = []
        """What was shown while that was found out."""
        self._wrapped: list[tuple[Any, str, Any, Any]] = []

    @property
    def outputs(self) -> list[Output]:
        """What there is to see in the end."""
        return [_lasting(one) for one in collapsed(_without_ours(self.noted))]

    @property
    def results(self) -> int:
        """How many values were shown."""
        return sum(one[0] == RESULT for one in self.noted)

    def start(self) -> None:
        """Begin to note what is shown."""
        self.wrap_all()
        self.wrap(self.shell.displayhook, "start_displayhook", self._starter)
        self.wrap(self.shell.displayhook, "compute_format_data", self._formatter)
        self.wrap(self.shell.displayhook, "finish_displayhook", self._finisher)

    def stop(self) -> bool:
        """Note no more; tell whether all that was shown is noted."""
        if self.is_over or not self._wrapped:
            return True
        is_all = self.holds or self.settle()
        self.flush()
        self.is_over = True
        for target, name, own, noting in reversed(self._wrapped):
            while hasattr(own, _INSTEAD):
                own = getattr(own, _INSTEAD)  # noqa: PLW2901 - that of a cell that ended first
            if _own(target, name) is not noting:
                # Another has wrapped what we put there; it will put ours back itself.
                setattr(noting, _INSTEAD, own)
            elif own is _ABSENT:
                delattr(target, name)
            else:
                setattr(target, name, own)
        self._wrapped.clear()
        return is_all

    def release(self) -> None:
        """Show what was held back."""
        for one in self.noted:
            _show(self.shell, one)

    def _note(self, one: Output, *, is_part: bool) -> None:
        """Note what is shown, unless it is part of something that will be shown as a whole."""
        if not is_part:
            self.noted.append(one)
        elif self._formatting:
            self._aside.append(one)

    def wrap(self, target: Any, name: str, make: Callable[[Any], Any]) -> None:
        """Put in place of a method what `make` makes of it."""
        noting = make(getattr(target, name))
        try:
            own = _own(target, name)
            setattr(target, name, noting)
        except (AttributeError, TypeError):
            return  # a stream of a kind that cannot be noted
        self._wrapped.append((target, name, own, noting))

    # -- what differs -------------------------------------------------------------

    def wrap_all(self) -> None:
        """Wrap all that shows something."""
        raise NotImplementedError

    def settle(self) -> bool:
        """Wait for what child processes have written so far; tell whether all of it came."""
        raise NotImplementedError

    def flush(self) -> None:
        """Note what was written and has not been sent."""
        raise NotImplementedError

    # -- the value of the cell ----------------------------------------------------

    def _starter(self, original: Callable[[], None]) -> Callable[[], None]:
        def start_displayhook() -> None:
            self.flush()
            self.shows = threading.get_ident()
            original()

        return start_displayhook

    def _formatter(self, original: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def compute_format_data(result: Any) -> Any:
            self._formatting, self._formatted = True, ()
            try:
                found = original(result)
                self.flush()  # what its `repr` prints
            finally:
                self._formatting = False
            self._formatted = deepcopy(found)
            return found

        return compute_format_data

    def _finisher(self, original: Callable[[], None]) -> Callable[[], None]:
        def finish_displayhook() -> None:
            original()
            self.shows = 0
            if not self.is_over:
                # What shows itself does so again; anything else looks as it did.
                if self._formatted and self._formatted[0]:
                    self.noted += (*self._aside, (RESULT, *self._formatted))
                else:
                    self.noted.append((RESULT,))
            self._formatted = ()
            self._aside.clear()

        return finish_displayhook


class _Messages(Recorder):
    """Notes the messages that a kernel sends to the front end."""

    def __init__(self, shell: Any, *, hold: bool) -> None:
        super().__init__(shell, hold=hold)
        self._session: Any = shell.display_pub.session
        self._cell = _cell_of(shell.display_pub.parent_header)
        self._streams: list[Any] = [getattr(sys, name) for name in _STREAMS]

    def wrap_all(self) -> None:
        self.wrap(self._session, "send", self._sender)

    def settle(self) -> bool:
        return all([_drained(one) for one in self._streams])  # noqa: C419 - each is waited for

    def flush(self) -> None:
        for stream in self._streams:
            stream.flush()

    def _sender(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def send(*args: Any, **named: Any) -> Any:
            if not self.is_over and (one := self._output_in(*args, **named)) is not None:
                self._note(one, is_part=bool(self.shows))
                if self.holds:
                    return None
            return original(*args, **named)

        return send

    def _output_in(
        self, _: object, message: Any = None, content: Any = None, parent: Any = None, *__: Any,
        **___: Any,
    ) -> Output | None:  # fmt: skip
        """Return what a message shows, if it is one of this cell that shows something."""
        kind = message
        if isinstance(message, dict):
            whole = cast(dict[str, Any], message)
            kind, content, parent = whole["msg_type"], whole["content"], whole["parent_header"]
        if not isinstance(kind, str) or _cell_of(parent) != self._cell:
            return None
        match kind:
            case "stream":
                return ("stream", content["name"], content["text"])
            case "display_data" | "update_display_data" if MIME not in content["data"]:
                shown = content["data"], content["metadata"], content.get("transient", {})
                return ("display", *shown, kind != "display_data")
            case "clear_output":
                return ("clear", content["wait"])
            case _:
                return None


class _Methods(Recorder):
    """Notes what is given to the methods that show something."""

    def wrap_all(self) -> None:
        for name in _STREAMS:
            self.wrap(getattr(sys, name), "write", self._writer(name))
        self.wrap(self.shell.display_pub, "publish", self._publisher)
        self.wrap(self.shell.display_pub, "clear_output", self._clearer)

    def settle(self) -> bool:
        return True

    def flush(self) -> None:
        """Do nothing: what is written is shown at once."""

    def _writer(self, name: str) -> Callable[[Any], Any]:
        def make(original: Callable[[str], object]) -> Callable[[str], object]:
            def write(text: str) -> object:
                if not self.is_over:
                    self._note(("stream", name, text), is_part=self._is_part())
                return len(text) if self._hides() else original(text)

            return write

        return make

    def _publisher(self, original: Callable[..., None]) -> Callable[..., None]:
        def publish(
            data: dict[str, Any],
            metadata: dict[str, Any] | None = None,
            *args: Any,
            transient: dict[str, Any] | None = None,
            update: bool = False,
            **more: Any,
        ) -> None:
            if not self.is_over and MIME not in data:
                shown = deepcopy((data, metadata or {}, transient or {}))
                self._note(("display", *shown, update), is_part=self._is_part())
            given = {**more, "transient": transient, "update": update}
            self._pass_on(original, data, metadata, *args, **given)

        return publish

    def _clearer(self, original: Callable[..., None]) -> Callable[..., None]:
        def clear_output(wait: bool = False) -> None:  # noqa: FBT001, FBT002 - as IPython has it
            if not self.is_over:
                self._note(("clear", wait), is_part=self._is_part())
            self._pass_on(original, wait)

        return clear_output

    def _pass_on(self, original: Callable[..., None], *args: Any, **named: Any) -> None:
        if self._hides():
            return
        before, self.shows = self.shows, threading.get_ident()
        try:
            original(*args, **named)
        finally:
            self.shows = before

    def _hides(self) -> bool:
        return self.holds and not self.is_over

    def _is_part(self) -> bool:
        """Tell whether what is written now is part of something that is shown."""
        return self.shows == threading.get_ident()


def _without_ours(outputs: Iterable[Output]) -> Iterator[Output]:
    """Leave out what xetcache has said on the log; it was said of that run."""
    for one in outputs:
        if one[:2] == ("stream", "stderr") and "xetcache: " in one[2]:
            yield (*one[:2], _NOTICE.sub("", one[2]))
        else:
            yield one


_NOTICE: Final = re.compile(r"^xetcache: .* \([a-z-]+\)\n(?:  hint: .*\n)?", re.MULTILINE)
"""As `events` writes it."""


def _lasting(one: Output) -> Output:
    """Put what a widget looks like now in place of what only this process can show."""
    if one[0] not in {"display", RESULT} or not one[1:] or widgets.MIME not in one[1]:
        return one
    return (one[0], widgets.lasting(one[1]), {}, *one[3:])


def _own(target: Any, name: str) -> Any:
    return cast(dict[str, Any], vars(target)).get(name, _ABSENT)


def _cell_of(header: Any) -> object:
    """Return what tells which cell a message belongs to."""
    header = header or {}
    return header.get("header", header).get("msg_id")


def _drained(stream: Any) -> bool:
    """Wait for what child processes have written so far; tell whether it came.

    A kernel reads that from a pipe, in a thread of its own. What is written last by us
    has been read when all else has.
    """
    number = getattr(stream, "_original_stdstream_fd", None)
    reader = getattr(stream, "watch_fd_thread", None)
    if number is None or reader is None or not reader.is_alive():
        return True
    with _one_at_a_time:
        return _read_up_to_here(stream, number, reader)


_one_at_a_time: Final = threading.Lock()


def _read_up_to_here(stream: Any, number: int, reader: threading.Thread) -> bool:
    has_come = threading.Event()
    original, own = stream.write, _own(stream, "write")

    def write(text: str) -> object:
        if _BARRIER in text and threading.current_thread() is reader:
            text = text.replace(_BARRIER, "")
            has_come.set()
        return original(text) if text else 0

    stream.write = write
    try:
        os.write(number, _BARRIER.encode())
        return has_come.wait(_MAX_SECONDS)
    finally:
        if own is _ABSENT:
            del stream.write
        else:
            stream.write = own


# -- shown again ----------------------------------------------------------------------


def replay(shell: Any, outputs: list[Output]) -> None:
    """Show again what was noted."""
    for one in outputs:
        _show(shell, one)
        if one[0] == "stream":
            # Each has a buffer of its own; what is in both would come in any order.
            getattr(sys, one[1]).flush()


def _show(shell: Any, one: Output) -> None:
    match one:
        case ("stream", name, text):
            getattr(sys, name).write(text)
        case ("display", data, metadata, transient, update):
            shell.display_pub.publish(data, metadata, transient=transient, update=update)
        case ("clear", wait):
            shell.display_pub.clear_output(wait)
        case _:
            pass
