"""A store that lives as long as its process: a dict, behind the names of a store.

Keeps the promises of `store` to the letter, so that tests and callers without a
folder meet the same behaviour as with one; `tests/xetcache/test_stores_agree.py`
holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .store import Buffer, buffers_of, check_line, check_name, check_prefix


class MemoryStore:
    """A store in memory, seen by this process only."""

    __slots__ = ("_chunks",)

    def __init__(self) -> None:
        # A name has a list, to which lines are appended. Each method changes things by
        # one operation that no other thread can interrupt (`setdefault`, `append`,
        # `pop`); a lock would do as well, until a fork copied it while it was held.
        self._chunks: dict[str, list[bytes]] = {}

    def __repr__(self) -> str:
        return f"MemoryStore({len(self._chunks)} names)"

    def read(self, name: str, *, limit: int | None = None) -> bytes | None:
        """Return the bytes under `name`, or its first `limit` bytes; None if absent."""
        check_name(name)
        chunks = self._chunks.get(name)
        return None if chunks is None else b"".join(tuple(chunks))[:limit]

    def write(
        self,
        name: str,
        data: Buffer | Iterable[Buffer],
        *,
        durable: bool = False,
        replace: bool = False,
    ) -> bool:
        """Put `data` under `name` unless something is there already."""
        del durable  # nothing in memory is
        check_name(name)
        mine = [b"".join(buffers_of(data))]
        if replace:
            self._chunks[name] = mine
            return True
        return self._chunks.setdefault(name, mine) is mine

    def delete(self, name: str) -> bool:
        """Remove what is under `name`; return whether anything was."""
        check_name(name)
        return self._chunks.pop(name, None) is not None

    def names(self, prefix: str = "") -> Iterator[str]:
        """Return the names that start with `prefix`, sorted."""
        check_prefix(prefix)
        return iter(sorted(name for name in tuple(self._chunks) if name.startswith(prefix)))

    def append(self, name: str, line: bytes) -> None:
        """Add one line, which ends with a newline, to what is under `name`."""
        check_name(name)
        check_line(line)
        self._chunks.setdefault(name, []).append(line)

    def size(self, name: str) -> int | None:
        """Return how many bytes are under `name`; None if absent."""
        check_name(name)
        data = self.read(name)
        return None if data is None else len(data)
