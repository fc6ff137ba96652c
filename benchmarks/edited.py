"""The process that has the program: observes it, fills a store, asks what would be served.

    python edited.py FOLDER STORE      FOLDER holds `app.py` and the packages it uses

Reads a request a line and answers each with a line of JSON. Every request is met by a
fork that imports the program anew, and every call by a fork of that: they start from
what a new process has, and from nothing that another call left behind. The process
itself has imported xetcache and what the program takes from the standard library, and
never the program.

    {"do": "observe", "calls": [...]}    what each call runs and reads
    {"do": "fill", "calls": [...]}       make each call, memoized
    {"do": "ask", "calls": [...]}        what each call would be served, and what is true
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

IMPORT_SECONDS = 10
CALL_SECONDS = 12
FILL_SECONDS = 100
"""CPU seconds: a machine that is busy with something else ends no call."""

MEMORY_BYTES = 2 << 30


def main(folder: str, store: str) -> None:
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    _load_xetcache(store)
    for line in sys.stdin:
        request = json.loads(line)
        action = {"observe": observe, "fill": fill, "ask": ask}[request["do"]]
        calls: list[str] = request["calls"]
        for name in request.get("modules", ()):
            __import__(name)
        print(json.dumps(in_fork(lambda: action(folder, calls), IMPORT_SECONDS)), file=answers)  # noqa: B023
        answers.flush()


def _load_xetcache(store: str) -> None:
    """Import all that a hit or miss takes, so that every program starts from the same.

    Which modules of the standard library are loaded is part of some digests.
    """
    import xetcache

    xetcache.set_memo_path(store)
    xetcache.xeteval_always(f"miss {time.time_ns()}", _nothing)


def _nothing() -> None:
    return None


def in_fork(action: Callable[[], Any], seconds: int) -> Any:
    """Return what `action` returns in a fork, or `{"ended": why}` if it ends it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _limit(seconds)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        try:
            answer = action()
        except BaseException as error:  # noqa: BLE001 - an edited program may raise anything
            answer = {"ended": f"{type(error).__name__}: {error}"[:200]}
        with os.fdopen(writing, "w", encoding="utf-8") as file:
            json.dump(answer, file)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    if text:
        return json.loads(text)
    is_late = os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGALRM, signal.SIGPROF}
    return {"ended": "timeout" if is_late else f"status {status}"}


def _limit(seconds: int) -> None:
    """End this process after so many CPU seconds, or ten times as many of the clock.

    Nothing handles the signals, so they end it in the middle of C code too. None for 0.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.alarm(10 * seconds)


# -- requests --------------------------------------------------------------------------


def observe(folder: str, calls: list[str]) -> Any:
    """Return lines that ran and names that code read: of the import, and of each call."""
    before = set(sys.modules)
    imported = Observer(folder)
    _limit(0)  # it takes its time when it is watched
    app = imported.watch(_program)
    new = sorted(set(sys.modules) - before)
    library = [name for name in new if name.partition(".")[0] in sys.stdlib_module_names]

    def one(name: str) -> Any:
        observer, digesting = Observer(folder), Observer(folder)
        function = getattr(app, name)
        # What is registered is digested by code of the program.
        digesting.watch(lambda: _digest(function))
        value = observer.watch(function.__wrapped__)
        facts = observer.facts()
        return {"value": repr(value), "digested": digesting.facts()["lines"], **facts}

    found = {name: in_fork(lambda: one(name), FILL_SECONDS) for name in calls}  # noqa: B023
    return {"imported": imported.facts(), "modules": library, "calls": found}


def fill(folder: str, calls: list[str]) -> Any:
    """Make each call, so that its result is kept; return how each was answered."""
    app = _program()

    def one(name: str) -> Any:
        import xetcache

        function = getattr(app, name)
        digest = _digest(function)
        function()
        last = xetcache.stats()["last"]
        traces = _traces_of(name)
        return {"digest": digest, "kept": bool(traces), "traced": any(traces), **last}

    return {name: in_fork(lambda: one(name), FILL_SECONDS) for name in calls}  # noqa: B023


def ask(folder: str, calls: list[str]) -> Any:
    """Return for each call what the store would serve, and then what is true."""
    app = _program()

    def one(name: str) -> Any:
        from xetcache.memo import MISSING

        function = getattr(app, name)
        # Asked first: nothing of the program has run but its import.
        served = function.peek()
        answer = {
            "digest": _digest(function),
            "served": None if served is MISSING else repr(served),
        }
        try:
            answer["true"] = repr(function.__wrapped__())
        except Exception as error:  # noqa: BLE001 - an edited program may raise anything
            answer["true"] = f"raises {type(error).__name__}"
        return answer

    return {name: in_fork(lambda: one(name), CALL_SECONDS) for name in calls}  # noqa: B023


def _traces_of(call: str) -> list[str]:
    """Return for each entry of a call what says what the call ran; nothing where nobody knows."""
    from xetcache.entry import header_from

    found = (header_from(path.read_bytes()) for path in Path(sys.argv[2]).glob("entries/*/*.xet"))
    return [one.trace for one in found if one.function == f"app.{call}"]


def _digest(function: Any) -> str:
    """Return what the tracer says of a memoized function: a digest, or why it has none."""
    import tracer

    try:
        return str(tracer.trace(function.__wrapped__).digest.hex())
    except tracer.TracerError as error:
        return f"{type(error).__name__}: {error}"


def _program() -> Any:
    """Import the program; from here on each call has a limit of its own."""
    import app

    _limit(0)
    return app


class Observer:
    """Notes which lines of the program run, and which names its code reads."""

    def __init__(self, folder: str) -> None:
        self.folder = os.path.join(folder, "")
        self.lines: dict[str, set[int]] = {}
        self.code: set[CodeType] = set()

    def watch(self, action: Callable[[], Any]) -> Any:
        sys.settrace(self._entered)
        try:
            return action()
        finally:
            sys.settrace(None)

    def facts(self) -> dict[str, Any]:
        names: set[str] = set()
        for code in self.code:
            names.update(code.co_names)
        lines: Iterable[tuple[str, set[int]]] = sorted(self.lines.items())
        return {"lines": {file: sorted(ran) for file, ran in lines}, "names": sorted(names)}

    def _entered(self, frame: FrameType, event: str, _: Any) -> Any:
        code = frame.f_code
        if not code.co_filename.startswith(self.folder):
            return None
        self.code.add(code)
        ran = self.lines.setdefault(
            code.co_filename[len(self.folder) :].replace(os.sep, "/"), set()
        )

        def line(frame: FrameType, event: str, _: Any) -> Any:
            if event == "line":
                ran.add(frame.f_lineno)
            return line

        return line


if __name__ == "__main__":
    main(*sys.argv[1:])
