"""Buffers: digests of large runs of bytes, read where they are.

    digest ::= that of the bytes, up to a leaf; else that of the digests of the leaves

The size of a leaf is part of the format. How many threads read them is not.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .. import hashing

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

LEAF: Final = 1 << 24  # bytes
_WORTH_THREADS: Final = 4 * LEAF
_WORTH_HELP: Final = LEAF // 4
_MOST: Final = min(8, os.cpu_count() or 1)
"""Threads that digest at once, that of the program included."""
HELPERS: Final = "tracer digests"
"""How the names of the others begin; they run no code of the program."""


def digest_buffer(content: bytes | bytearray | memoryview | Any) -> bytes:
    """Return the digest of contiguous bytes, read in place.

    Cost: one read of the memory; from 64 MB on by several threads.
    """
    view = memoryview(content)
    if view.nbytes <= LEAF:
        return hashing.digest(content)
    flat = view.cast("B") if view.format != "B" or view.ndim != 1 else view
    return digest_leaves(len(flat), lambda start: hashing.digest(flat[start : start + LEAF]))


def digest_leaves(size: int, digest_at: Callable[[int], bytes]) -> bytes:
    """Return the digest of more bytes than a leaf has.

    Args:
        size: in bytes.
        digest_at: gives the digest of the leaf that starts at this byte; called in threads,
            several at once, where that is worth their while.
    """
    starts = range(0, size, LEAF)
    if size < _WORTH_THREADS:
        return hashing.digest(b"".join(map(digest_at, starts)))
    return hashing.digest(b"".join(_at_once([partial(digest_at, start) for start in starts])))


class Job(NamedTuple):
    """A digest still to be made."""

    size: int
    """Of what is read for it, in bytes."""
    make: Callable[[], bytes]


def digests_of(jobs: Sequence[Job]) -> list[bytes]:
    """Return the digest that each job makes, several at once where that is worth their while."""
    if len(jobs) == 1 or sum(job.size for job in jobs) < _WORTH_HELP:
        return [job.make() for job in jobs]
    # The largest first, so that nobody waits long for the last.
    order = sorted(range(len(jobs)), key=lambda place: -jobs[place].size)
    made = dict(zip(order, _at_once([jobs[place].make for place in order]), strict=True))
    return [made[place] for place in range(len(jobs))]


def _at_once(calls: Sequence[Callable[[], bytes]]) -> list[bytes]:
    """Return what each call returns, made by several threads if there are any."""
    found = [b""] * len(calls)
    waiting = deque(enumerate(calls))

    def work() -> None:
        while True:
            try:
                place, call = waiting.popleft()
            except IndexError:
                return
            found[place] = call()

    # This thread takes its share: another may begin milliseconds later, or not at all.
    helping = _begun(work, min(_MOST, len(calls)) - 1)
    try:
        work()
    finally:
        waiting.clear()
        late = [one for one in helping if not one.cancel()]
    for one in late:
        one.result()
    return found


def _begun(work: Callable[[], None], count: int) -> list[Future[None]]:
    """Return calls of `work` in so many other threads, or in as many as there can be."""
    begun: list[Future[None]] = []
    # No more threads: the interpreter is about to end, or this machine has none.
    with suppress(RuntimeError):
        while len(begun) < count:
            begun.append(_helpers(os.getpid()).submit(work))
    return begun


@cache
def _helpers(process: int) -> ThreadPoolExecutor:
    """Return the threads that help in this process; a fork has none of its parent's."""
    # Logging comes with it: a tenth of what the tracer takes to import.
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(_MOST - 1, f"{HELPERS} {process}")


def digest_buffers(contents: Sequence[memoryview]) -> bytes:
    """Return the digest of buffers that follow each other, read in place."""
    if len(contents) == 1:
        return digest_buffer(contents[0])
    whole = Stream()
    for content in contents:
        whole.add(content)
    return whole.digest()


class Stream:
    """The digest of a buffer that comes in pieces."""

    def __init__(self) -> None:
        self._state = hashing.hasher()
        self._room = LEAF
        self._leaves: list[bytes] = []

    def add(self, content: bytes | memoryview) -> None:
        """Add bytes that follow those before."""
        view = memoryview(content).cast("B")
        while len(view) > self._room:
            self._state.update(view[: self._room])
            view = view[self._room :]
            self._leaves.append(self._state.digest())
            self._state, self._room = hashing.hasher(), LEAF
        self._state.update(view)
        self._room -= len(view)

    def digest(self) -> bytes:
        """Return what `digest_buffer` does for all of it."""
        last = self._state.digest()
        return hashing.digest(b"".join([*self._leaves, last])) if self._leaves else last
