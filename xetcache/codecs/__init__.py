"""Value ↔ payload: how results are written, by type. Never sees a path.

    plain      builtin values in an encoding of our own; reading it runs nothing
    arrays     numpy arrays of plain numbers, as numpy's own file format
    views      arrays that lie in the memory of another, inside of what is pickled
    pickled    everything else; `pickle-referring` if it holds objects of the caller
    apart      elements of large arrays, beside the pickle that they belong to: `…-apart`

Chosen in this order: data in a form for data, pickle only for what has no better one.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, cast

from ..errors import EntryDamagedError
from . import plain

Buffer = bytes | bytearray | memoryview

_PLAIN: Final = "plain"
_ARRAY: Final = "array"
_PICKLE: Final = "pickle"
_PICKLE_REFERRING: Final = "pickle-referring"
_PICKLES: Final = frozenset({_PICKLE, _PICKLE_REFERRING})
_APART: Final = "-apart"

_NOTHING_SHARED: Final[dict[Any, Any]] = {}


class Payload(NamedTuple):
    """A value as bytes, with the name of who can read them."""

    codec: str
    buffers: tuple[Buffer, ...]


def encode(
    value: object,
    *,
    shared: Mapping[int, str] = _NOTHING_SHARED,
    views: frozenset[int] = frozenset(),
) -> Payload:
    """Return a value as bytes.

    Args:
        shared: identity → name of objects of the caller that may be part of the value;
            they are written as references and come back as the caller's own.
        views: identities of arrays that lie in the memory of another, and shall do so again.

    Raises:
        NotStorableError: it, or the part it names, cannot be written.
    """
    written = plain.encode(value, shared)
    if written is not None:
        return Payload(_PLAIN, written)
    if type(value) is getattr(sys.modules.get("numpy"), "ndarray", None):
        from . import arrays

        elements = arrays.encode(cast(Any, value))
        if elements is not None:
            return Payload(_ARRAY, elements)
    from . import pickled

    stream, refers, elements = pickled.encode(value, shared, views)
    codec = _PICKLE_REFERRING if refers else _PICKLE
    if not elements:
        return Payload(codec, (stream,))
    from . import apart

    return Payload(codec + _APART, apart.joined(stream, elements))


def decode(codec: str, data: Buffer, *, shared: Mapping[str, object] = _NOTHING_SHARED) -> Any:
    """Return the value that was encoded.

    Args:
        data: where it can be written to, large arrays of the value lie in it, so it has to
            be nobody else's. Else they are copied.
        shared: name → object of the caller, for the names that `encode` was given.

    Raises:
        EntryDamagedError: it cannot be read here: the bytes are not whole, or what they
            need is not there.
    """
    view = memoryview(data)
    if codec == _PLAIN:
        return plain.decode(view, shared)
    if codec == _ARRAY:
        try:
            from . import arrays
        except ImportError as error:
            raise EntryDamagedError(f"it is an array, and there is no numpy: {error}") from error
        return arrays.decode(view)
    kind = codec.removesuffix(_APART)
    if kind in _PICKLES:
        from . import pickled

        elements: list[Buffer] = []
        if kind != codec:
            from . import apart

            view, elements = apart.split(view)
        return pickled.decode(view, shared, elements, refers=kind == _PICKLE_REFERRING)
    raise EntryDamagedError(f"it is written as `{codec}`, which this version does not read")
