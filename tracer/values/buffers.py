"""Buffers: digests of large runs of bytes, read where they are.

    digest ::= that of the bytes, up to a leaf; else that of the digests of the leaves

The size of a leaf is part of the format. How many threads read them is not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from .. import hashing

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

LEAF: Final = 1 << 24  # bytes
_WORTH_THREADS: Final = 4 * LEAF


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
    pool = _pool(os.getpid()) if size >= _WORTH_THREADS else None
    return hashing.digest(b"".join((pool.map if pool else map)(digest_at, starts)))


@cache
def _pool(process: int) -> ThreadPoolExecutor | None:
    """Return the threads of this process; a fork has none of its parent's."""
    # Logging comes with it: a tenth of what the tracer takes to import.
    from concurrent.futures import ThreadPoolExecutor

    count = min(8, os.cpu_count() or 1)
    return ThreadPoolExecutor(count, f"digest-{process}") if count > 1 else None


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
