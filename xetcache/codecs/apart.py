"""Large buffers beside the pickle that they belong to, each where it can be used in place.

    payload  ::= count size* stream (padding buffer)*
    count    ::= 8 bytes, little-endian: how many sizes follow
    size     ::= 8 bytes, little-endian: of the stream, then of each buffer
    stream   ::= pickle of protocol 5, which tells where the buffers belong
    padding  ::= zeros, so that the buffer starts at a multiple of 64 from the payload's start

Knows nothing of what is in either.
"""

from __future__ import annotations

from collections.abc import Iterable
from struct import error as StructError  # noqa: N812 - named like a function there
from struct import pack, unpack_from
from typing import Final

from ..errors import EntryDamagedError

Buffer = bytes | bytearray | memoryview

_ALIGNMENT: Final = 64  # bytes: what numpy gives its own arrays


def joined(stream: bytes, buffers: Iterable[memoryview]) -> tuple[Buffer, ...]:
    """Return a payload; the buffers are in it as they are."""
    elements = tuple(buffers)
    sizes = (len(stream), *map(len, elements))
    head = pack(f"<{len(sizes) + 1}Q", len(sizes), *sizes) + stream
    found: list[Buffer] = [head]
    at = len(head)
    for one in elements:
        padding = bytes(-at % _ALIGNMENT)
        found += (padding, one)
        at += len(padding) + len(one)
    return tuple(found)


def split(data: memoryview) -> tuple[memoryview, list[Buffer]]:
    """Return the stream and the buffers: those of `data`, or copies where that is not writable.

    Raises:
        EntryDamagedError: the sizes are not those of `data`.
    """
    try:
        (count,) = unpack_from("<Q", data)
        size, *sizes = unpack_from(f"<{count}Q", data, 8)
    # OverflowError: a false count that no format can have; ValueError: none at all.
    except (StructError, OverflowError, ValueError) as error:
        raise EntryDamagedError(f"the sizes of its parts cannot be read: {error}") from error
    at = 8 * (count + 1) + size
    stream = data[at - size : at]
    buffers: list[Buffer] = []
    for length in sizes:
        at += -at % _ALIGNMENT
        part = data[at : at + length]
        # Each a copy of its own, as large as what it holds, as pickle would make them.
        buffers.append(bytearray(part) if data.readonly else part)
        at += length
    if at != len(data):
        raise EntryDamagedError(f"{len(data)} bytes are there, its parts are {at}")
    return stream, buffers
