"""Single-flight: one computation per key at a time, among threads and processes.

A claim is a lock on a file of its own. The kernel releases it when its holder dies, so
a dead holder delays nobody. Files are removed by whoever releases them; one that was
removed while somebody waited for it is noticed by its inode, and asked for anew.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

try:
    import fcntl
except ImportError:  # Windows: no claims, so equal calls at once are computed each
    fcntl = None

_held: ContextVar[frozenset[str]] = ContextVar("xetcache claims", default=frozenset())
_OPEN: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


@contextmanager
def claim(folder: str | None, *, key: str) -> Generator[bool, None, None]:
    """Hold off others that claim `key` in `folder`; say whether one had to wait.

    A caller that holds the claim already, such as a function that calls itself with
    the same arguments, does not wait for itself. Where files cannot be locked, nobody
    waits.
    """
    held = _held.get()
    name = f"{folder}/{key}"
    if folder is None or fcntl is None or name in held:
        yield False
        return
    try:
        handle, waited = _lock(folder, name)
    except OSError:
        yield False
        return
    token = _held.set(held | {name})
    try:
        yield waited
    finally:
        _held.reset(token)
        _release(handle, name)


def _lock(folder: str, name: str) -> tuple[int, bool]:
    os.makedirs(folder, exist_ok=True)
    waited = False
    while True:
        handle = os.open(name, _OPEN, 0o666)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waited = True
                fcntl.flock(handle, fcntl.LOCK_EX)
            if _is_current(handle, name):
                return handle, waited
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_current(handle: int, name: str) -> bool:
    """Tell whether the locked file is still the one under that name."""
    try:
        there = os.stat(name)
    except OSError:
        return False
    mine = os.fstat(handle)
    return (there.st_ino, there.st_dev) == (mine.st_ino, mine.st_dev)


def _release(handle: int, name: str) -> None:
    try:
        os.unlink(name)
    except OSError:
        pass
    finally:
        os.close(handle)
