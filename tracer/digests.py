"""Digests: framed fields in, 16 bytes out, meaning the same thing everywhere.

Equal fields give an equal digest in every process, under every hash seed and on
every machine; any differing field gives a different one. Three rules carry that
promise, each with a test of the same name in `tests/tracer/test_digests.py`:

* every part is written after its length, so no two field lists share a byte stream;
* order is the caller's: this module never sorts, so it can never sort wrongly;
* `hash()` is never called, because it changes with `PYTHONHASHSEED`.

The algorithm is that of the process (`hashing.py`).

Knows bytes, and text as its bytes. Turning Python values into bytes is the work of `tracer.values`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from . import hashing

FORMAT: Final = 1
"""Number of the encoding of digests; it enters every key made from them."""

DIGEST_SIZE: Final = 16  # bytes


class Digest(bytes):
    """What stands for a value, a function or a whole graph: 16 bytes, shown as hex."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"Digest({self.hex()})"


def digest_bytes(data: bytes | bytearray | memoryview) -> Digest:
    """Return the digest of one buffer, read in place."""
    return Digest(hashing.digest(data))


def frame(*parts: bytes) -> bytes:
    """Write each of `parts` after its length in bytes."""
    # A plain loop: with `map` and `chain` it takes three times as long for a few parts,
    # which is what most calls have, and a third of a walk was spent here.
    framed: list[bytes] = []
    for part in parts:
        size = len(part)
        framed.append(_SHORT[size] if size < 256 else size.to_bytes(8, "little"))  # noqa: PLR2004
        framed.append(part)
    return b"".join(framed)


def framed(texts: Iterable[str]) -> bytes:
    """Write each of `texts` after its length in bytes."""
    return frame(*[text.encode("utf-8", "surrogatepass") for text in texts])


_SHORT: Final = [size.to_bytes(8, "little") for size in range(256)]


def digest_of(kind: str, *parts: bytes) -> Digest:
    """Return the digest of `parts`, in this order, as fields of a thing of `kind`."""
    return Digest(hashing.digest(frame(kind.encode(), *parts)))
