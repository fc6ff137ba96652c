"""Single-flight: one computation per key at a time, among threads and processes.

Threads of one process take turns at a lock in memory, and whoever has it then locks a
file, for which processes take turns. The kernel releases that file when its holder
dies, so a dead holder delays nobody. The file is removed by whoever releases it: a
process that waited for one which is gone notices by its inode, and starts over.

A claim never makes a thread wait for itself, however it comes to ask again: by calling
itself, by another task of its event loop, by a thread that was given its context. Such
a caller is let through and may compute the same at the same time. So is everybody for
whom there is no lock: Windows, a file system without locks, a folder that cannot be
written. A claim saves work; what is right does not hang on it.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, get_ident
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Final

try:
    import fcntl
except ImportError:  # Windows: claims hold between threads only
    fcntl = None

_OPEN: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)

_held: ContextVar[frozenset[str]] = ContextVar("xetcache_claims", default=frozenset())


@contextmanager
def claim(folder: str | None, *, key: str) -> Generator[bool, None, None]:
    """Hold off others that claim `key` in `folder`; say whether one had to wait.

    Who had to wait looks again before computing: the one before it has the answer.

    Args:
        folder: where the files for locking lie; None for threads of this process only.
        key: fit to be the name of a file.
    """
    name = key if folder is None else os.path.join(folder, key)
    turn = _join(name)
    try:
        if name in _held.get() or turn.holder == get_ident():
            yield False
            return
        done = turn.done
        # By `with`, which no Ctrl-C can enter without leaving. Hence the count: the
        # lock itself does not tell whether there was anybody before.
        with turn.lock:
            lock = turn.begin(name)
            try:
                waited = folder is not None and lock.acquire()
                yield waited or turn.done != done
            finally:
                turn.end(lock)
    finally:
        _leave(name, turn)


@asynccontextmanager
async def claim_awaited(folder: str | None, *, key: str) -> AsyncGenerator[bool, None]:
    """Do as `claim`, for a task: others of its event loop go on while it waits.

    Tasks wait for each other here, unless one was started by the other.
    """
    name = key if folder is None else os.path.join(folder, key)
    turn = _join(name)
    try:
        if name in _held.get():
            yield False
            return
        done = turn.done
        await _until(lambda: turn.lock.acquire(blocking=False))
        try:
            lock = turn.begin(name)
            try:
                waited = folder is not None and await _until(
                    lambda: not lock.acquire(blocking=False)
                )
                yield waited or turn.done != done
            finally:
                turn.end(lock)
        finally:
            turn.lock.release()
    finally:
        _leave(name, turn)


async def _until(succeeds: Callable[[], bool]) -> bool:
    """Try again until it succeeds; return whether once was not enough."""
    from asyncio import sleep  # noqa: PLC0415 - there, or nobody could await this

    # Asked again and not told: the holder may be a thread, another loop or a process.
    pause = _FIRST_PAUSE
    while not succeeds():
        await sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
    return pause > _FIRST_PAUSE


_FIRST_PAUSE: Final = 0.001
_LONGEST_PAUSE: Final = 0.05
"""Seconds between two questions whether a claim is free."""


class _Turn:
    """What threads of this process that claim one key have in common."""

    __slots__ = ("done", "holder", "lock", "users")

    def __init__(self) -> None:
        self.lock = allocate_lock()
        self.holder: int | None = None
        """The thread whose turn it is."""
        self.done = 0
        """How many have had theirs."""
        self.users = 0
        """How many are waiting, or at it; the last one removes it."""

    def begin(self, name: str) -> _FileLock:
        """Note whose turn it is, which has the lock; return the file to lock."""
        self.holder = get_ident()
        _held.set(_held.get() | {name})
        return _FileLock(name)

    def end(self, lock: _FileLock) -> None:
        """Let go of the file and of the turn."""
        # Not by a token: a task may end in another context than it began in.
        _held.set(_held.get() - {lock.path})
        lock.release()
        self.holder = None
        self.done += 1


# State of the module, which it is no place for elsewhere: locks are what threads that
# know nothing of each other must find.
_guard = allocate_lock()
_turns: Final[dict[str, _Turn]] = {}
_locked: Final[set[_FileLock]] = set()


def _join(name: str) -> _Turn:
    with _guard:
        turn = _turns.setdefault(name, _Turn())
        turn.users += 1
        return turn


def _leave(name: str, turn: _Turn) -> None:
    with _guard:
        turn.users -= 1
        if turn.users == 0 and _turns.get(name) is turn:
            del _turns[name]


class _FileLock:
    """A lock between processes, in the shape of a file that exists while it is held."""

    __slots__ = ("handle", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.handle: int | None = None

    def acquire(self, *, blocking: bool = True) -> bool:
        """Lock the file, where it can be locked; return whether that meant to wait.

        Args:
            blocking: wait, if need be; else leave the file as it is.
        """
        waited = False
        try:
            while fcntl is not None:
                self.handle = handle = self._open()
                _locked.add(self)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waited = True
                    if not blocking:
                        self.close()
                        break
                    fcntl.flock(handle, fcntl.LOCK_EX)
                if self._is_current(handle):
                    break
                self.close()
        except OSError:  # no locks here, or no folder
            self.close()
        except BaseException:  # interrupted while waiting: not ours to remove
            self.close()
            raise
        return waited

    def release(self) -> None:
        """Unlock and remove the file, if it was locked."""
        if self.handle is not None and fcntl is not None:
            with suppress(OSError):
                # Removed first: who locks it from now on sees that it is gone.
                os.unlink(self.path)
                # Not left to closing: a process forked by C code has a handle, too.
                fcntl.flock(self.handle, fcntl.LOCK_UN)
        self.close()

    def _open(self) -> int:
        try:
            return os.open(self.path, _OPEN, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            return os.open(self.path, _OPEN, 0o666)

    def _is_current(self, handle: int) -> bool:
        """Tell whether the locked file is still the one under its path."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(handle))
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Let go of the file as it is."""
        _locked.discard(self)
        handle, self.handle = self.handle, None
        if handle is not None:
            os.close(handle)


def _forget_claims() -> None:
    """Leave the claims of the parent to the parent: run in the child of a fork.

    The child's copies of the handles would keep files locked after the parent died.
    Closing them releases nothing while the parent has its own.
    """
    global _guard  # noqa: PLW0603  another thread may have held it, and is not here
    _guard = allocate_lock()
    _turns.clear()
    for lock in tuple(_locked):
        lock.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_claims)
