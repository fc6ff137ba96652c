"""Single-flight: one computation per key at a time, among threads and processes.

A claim is a lock on a file of its own. The kernel releases it when its holder dies, so
a dead holder delays nobody. Files are removed by whoever releases them; one that was
removed while somebody waited for it is noticed by its inode, and asked for anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

try:
    from fcntl import flock
except ImportError:  # Windows: no claims, so equal calls at once are computed each
    flock = None

_LOCK_EX: Final = 2  # `fcntl.LOCK_EX` and `LOCK_NB`, the same on all systems that have them
_LOCK_NB: Final = 4

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
    if folder is None or flock is None or name in held:
        yield False
        return
    try:
        handle, waited = _lock(folder, name, flock)
    except OSError:
        yield False
        return
    token = _held.set(held | {name})
    try:
        yield waited
    finally:
        _held.reset(token)
        _release(handle, name)


def _lock(folder: str, name: str, flock: Callable[[int, int], None]) -> tuple[int, bool]:
    os.makedirs(folder, exist_ok=True)
    waited = False
    while True:
        handle = os.open(name, _OPEN, 0o666)
        try:
            try:
                flock(handle, _LOCK_EX | _LOCK_NB)
            except BlockingIOError:
                waited = True
                flock(handle, _LOCK_EX)
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
