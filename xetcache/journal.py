"""The journal: what happened to every call, kept so that it can be explained.

    .local/journal/<started>-<pid>-<random>.jsonl     one file a process, append-only
    tombstones/<writer>.jsonl                          shared: what was removed, and why

A journal line is one call: time, outcome, function, key, closure, label, argument
leaves, graph, seconds, and why it was not kept. Hits are written behind, with the next
miss or when the process ends, because they must cost next to nothing. The journal is
local; tombstones travel with the store, so that a colleague can learn why an entry
that was there is gone.
"""

from __future__ import annotations

import atexit
import json
import os
import time
from collections.abc import Iterator
from typing import Any, Final

from . import clock
from .stores import LocalStore, Store

_KEEP_RUNS: Final = 200
_MAX_WAITING: Final = 1_000

_waiting: dict[str, list[dict[str, Any]]] = {}
_runs: dict[tuple[str, int], str] = {}


def note(store: Store, record: dict[str, Any], *, later: bool = False) -> None:
    """Write one line about a call; with `later`, at the next occasion.

    Never raises: a call is not worth less because nobody could write about it.
    """
    if not isinstance(store, LocalStore):
        return
    lines = _waiting.setdefault(store.path, [])
    lines.append({"at": clock.time(), **record})
    if not later or len(lines) >= _MAX_WAITING:
        _flush(store.path)


def _flush(path: str) -> None:
    lines = _waiting.pop(path, [])
    if not lines:
        return
    try:
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        file = _file_of_this_run(path)
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            os.write(handle, text.encode("utf-8", "surrogatepass"))
        finally:
            os.close(handle)
    except Exception:  # noqa: BLE001 - see `note`
        return


def _flush_all() -> None:
    for path in list(_waiting):
        _flush(path)


def _forget_waiting() -> None:
    # A forked child would write its parent's lines a second time.
    _waiting.clear()


atexit.register(_flush_all)
os.register_at_fork(after_in_child=_forget_waiting)


def _file_of_this_run(path: str) -> str:
    run = _runs.get((path, os.getpid()))
    if run is None:
        store = LocalStore(path)
        # One reading of the clock: two could lie on either side of a full second, and
        # runs are ordered by these names.
        seconds, fraction = divmod(time.time_ns(), 10**9)
        started = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(seconds))}-{fraction:09d}"
        run = store.local_path(f"journal/{started}-{os.getpid()}-{os.urandom(3).hex()}.jsonl")
        _runs[path, os.getpid()] = run
        _sweep(os.path.dirname(run))
    return run


def _sweep(folder: str) -> None:
    """Keep the newest runs only."""
    for name in sorted(os.listdir(folder))[:-_KEEP_RUNS]:
        try:
            os.unlink(os.path.join(folder, name))
        except OSError:
            continue


def runs(store: Store) -> list[str]:
    """Return the journal files of a store, newest first."""
    if not isinstance(store, LocalStore):
        return []
    _flush_all()
    folder = os.path.join(store.path, ".local", "journal")
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [os.path.join(folder, name) for name in sorted(names, reverse=True)]


def read(run: str) -> list[dict[str, Any]]:
    """Return the lines of one run, oldest first; a torn line counts as absent."""
    try:
        with open(run, encoding="utf-8", errors="surrogatepass") as file:
            return list(_parsed(file))
    except OSError:
        return []


def _parsed(lines: Any) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


# -- tombstones -----------------------------------------------------------------------


def bury(store: Store, kind: str, by: str, entries: list[dict[str, Any]]) -> None:
    """Leave a tombstone for each removed entry.

    Args:
        kind: `cleared`, `evicted`, `damaged` or `expired`.
        by: the command or call that removed them.
        entries: the header of each entry, as plain data.
    """
    for entry in entries:
        line = {**entry, "at": clock.time(), "kind": kind, "removed_by": by}
        text = json.dumps(line, separators=(",", ":")).encode("utf-8", "surrogatepass")
        store.append(f"tombstones/{_writer()}.jsonl", text + b"\n")


def tombstones(store: Store) -> list[dict[str, Any]]:
    """Return all tombstones of a store, newest first."""
    found: list[dict[str, Any]] = []
    for name in store.names("tombstones/"):
        text = store.read(name)
        if text is not None:
            found += _parsed(text.decode("utf-8", "surrogatepass").splitlines())
    return sorted(found, key=lambda line: line.get("at", 0), reverse=True)


def _writer() -> str:
    """Return a name for who writes here, so that two people never write one file."""
    import getpass  # noqa: PLC0415 - for tombstones only
    import socket  # noqa: PLC0415

    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = "someone"
    text = f"{user}-{socket.gethostname()}".lower()
    return "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text)
