"""The promise every store keeps: a dict from names to bytes that is never half changed.

* What is under a name was written whole, by one `write`: readers see all of it or
  nothing, whatever is killed and whenever.
* A name is written once. Writers of one name agree on what it means, so the second
  has nothing to add, unless it says that it replaces what is there.
* A store that does not exist yet is empty. Absence is an answer (`None`, `False`, no
  names) and never an error; every other failure is a `StoreError`.
* Nothing is remembered between calls: what another process wrote is seen at once.

A name is a relative path of parts joined by `/`, each of `a-z 0-9 . _ -`, so that it
is one file on every file system, whatever that thinks of case or of Unicode. A part
does not start with a dot: those are the store's own. No name is a folder of another;
names are made by this package, and that much is left to it.

Knows nothing of entries, keys or values: what bytes mean is the work of `entry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol, cast

Buffer = bytes | bytearray | memoryview
"""Bytes, wherever they are."""

_PART_CHARACTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789._-"
_PART_LENGTH: Final = 200  # most file systems allow 255, eCryptfs 143 of its own


class Store(Protocol):
    """Names ↔ bytes; the module says what every implementation promises.

    Safe to use from several threads and after a fork. Every method raises
    `ValueError` for a name that is none and `StoreError` for what is broken.
    """

    def read(self, name: str, *, limit: int | None = None) -> bytes | None:
        """Return the bytes under `name`, or its first `limit` bytes; None if absent."""
        ...

    def write(
        self,
        name: str,
        data: Buffer | Iterable[Buffer],
        *,
        durable: bool = False,
        replace: bool = False,
    ) -> bool:
        """Put `data` under `name` unless something is there already.

        Args:
            name: what `read` is to be asked for.
            data: one buffer, or several to be joined; they are not copied in memory.
            durable: return only when a power cut can no longer undo it. Costs
                1 to 10 ms; without it a cut may lose what was written, never damage it.
            replace: take the place of what is there, in one step.

        Returns:
            Whether it was put there; False if something already was.
        """
        ...

    def delete(self, name: str) -> bool:
        """Remove what is under `name`; return whether anything was."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Return the names that start with `prefix`, sorted.

        Costs as much as the folder that `prefix` ends in has names.
        """
        ...

    def append(self, name: str, line: bytes) -> None:
        """Add one line, which ends with a newline, to what is under `name`.

        Lines of several writers stay whole and do not overwrite each other. Only a
        crash or a full disk may tear a line, so readers skip what they cannot read.
        """
        ...

    def size(self, name: str) -> int | None:
        """Return how many bytes are under `name`; None if absent."""
        ...


def check_name(name: str) -> None:
    """Raise `ValueError` unless `name` is one that a store can have."""
    for part in name.split("/"):
        if not is_part(part):
            raise ValueError(f"`{name}` is not a name in a store: its part `{part}` may not be one")


def is_part(part: str) -> bool:
    """Tell whether `part` may stand between the slashes of a name."""
    # `strip` leaves nothing exactly if every character is an allowed one.
    return (
        0 < len(part) <= _PART_LENGTH
        and not part.strip(_PART_CHARACTERS)
        and not part.startswith(".")
        and not part.endswith(".")  # Windows drops it, and two names would be one file
    )


def check_prefix(prefix: str) -> None:
    """Raise `ValueError` unless `prefix` may be the start of a name."""
    *folders, rest = prefix.split("/")
    allowed = not rest or (not rest.startswith(".") and not rest.strip(_PART_CHARACTERS))
    if not allowed or not all(is_part(folder) for folder in folders):
        raise ValueError(f"`{prefix}` is not the start of a name in a store")


def buffers_of(data: Buffer | Iterable[Buffer]) -> Iterable[Buffer]:
    """Return `data` as several buffers, also if it is one."""
    if isinstance(data, bytes | bytearray | memoryview):
        return (cast(Buffer, data),)
    return data


def check_line(line: bytes) -> None:
    """Raise `ValueError` unless `line` is one line with its newline."""
    if line.find(b"\n") != len(line) - 1 or not line:
        raise ValueError("what is appended is one line, ending with its only newline")
