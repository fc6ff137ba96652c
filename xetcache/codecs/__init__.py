"""Value ↔ payload: how results are written, by type. Never sees a path.

    plain      builtin values in an encoding of our own; reading it runs nothing
    arrays     numpy arrays of plain numbers, as numpy's own file format
    pickled    everything else

Chosen in this order: data in a form for data, pickle only for what has no better one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import EntryDamagedError
from . import plain

Buffer = bytes | bytearray | memoryview

_NOTHING_SHARED: Final[dict[Any, Any]] = {}


@dataclass(frozen=True, slots=True)
class Payload:
    """A value as bytes, with the name of who can read them."""

    codec: str
    buffers: tuple[Buffer, ...]


def encode(value: object, *, shared: Mapping[int, str] = _NOTHING_SHARED) -> Payload:
    """Return a value as bytes.

    Args:
        shared: identity → name of objects of the caller that may be part of the value;
            they are written as references and come back as the caller's own.

    Raises:
        NotStorableError: it, or the part it names, cannot be written.
    """
    written = plain.encode(value, shared)
    if written is not None:
        return Payload("plain", (written,))
    numpy: Any = sys.modules.get("numpy")
    if numpy is not None and type(value) is numpy.ndarray and id(value) not in shared:
        from . import arrays

        array: Any = value
        if arrays.is_plain(array):
            return Payload("array", arrays.encode(array))
    from . import pickled

    return Payload("pickle", (pickled.encode(value, shared),))


def decode(codec: str, data: Buffer, *, shared: Mapping[str, object] = _NOTHING_SHARED) -> Any:
    """Return the value that was encoded.

    Raises:
        EntryDamagedError: it cannot be read here: the bytes are not whole, or what they
            need is not there.
    """
    view = memoryview(data)
    if codec == "plain":
        return plain.decode(view, shared)
    if codec == "array":
        from . import arrays

        return arrays.decode(view)
    if codec == "pickle":
        from . import pickled

        return pickled.decode(view, shared)
    raise EntryDamagedError(f"it is written as {codec!r}, which this version does not read")


def names() -> Iterable[str]:
    """Return the names of all codecs."""
    return ("plain", "array", "pickle")
