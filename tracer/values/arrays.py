"""numpy: arrays by dtype, shape and elements; never by memory layout.

Loaded when a numpy type is first seen, so that numpy is never imported by us.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from math import gcd
from typing import Any, Final

import numpy as np

from .. import hashing
from ..kinds import dict_of, identity, is_kind
from .buffers import LEAF, Stream, digest_buffer, digest_leaves
from .encoding import Encoder
from .handlers import handle_family, is_library
from .many import digest_of_column


def install() -> None:
    """Register the handlers of this file."""
    handle_family(np.ndarray, _array, changes=True)
    handle_family(np.generic, _scalar)
    handle_family(np.dtype, lambda encoder, value: encoder.made(dtype_parts(value)))
    handle_family(np.ufunc, _ufunc)
    handle_family(np.random.Generator, _generator, changes=True)
    handle_family(np.random.BitGenerator, _state)
    handle_family(np.random.RandomState, _random_state, changes=True)
    handle_family(np.random.SeedSequence, _seeds, changes=True)


def dtype_parts(dtype: np.dtype[Any]) -> object:
    """Return plain values that name a dtype, fields and byte order included."""
    if dtype.fields:
        fields = [(name, dtype_parts(part[0]), part[1]) for name, part in dtype.fields.items()]
        return ("fields", fields, dtype.itemsize)
    if dtype.subdtype:
        return ("sub", dtype_parts(dtype.subdtype[0]), dtype.shape)
    metadata = {str(key): str(item) for key, item in (dtype.metadata or {}).items()}
    return (dtype.str, str(dtype), metadata)


def _array(encoder: Encoder, value: np.ndarray[Any, Any]) -> None:
    encoder.immutable = False
    encoder.mark(b"ndarray")
    kind = type(value)
    if kind is np.ndarray:
        write_array(encoder, value)
        return
    if kind is not np.memmap:
        encoder.refer(kind, ".__class__")
        held = dict_of(value) or {}
        encoder.made({name: item for name, item in held.items() if name not in _MASKED})
    # As an array and nothing else, so that no method of a subclass is asked.
    plain = np.ndarray.view(value, np.ndarray)
    if is_kind(value, np.ma.MaskedArray):
        _head(encoder, plain)
        _masked(encoder, plain, dict_of(value) or {})
        return
    write_array(encoder, plain)


def write_array(encoder: Encoder, plain: np.ndarray[Any, Any]) -> None:
    """Write dtype, shape and elements of an array of no subclass."""
    _head(encoder, plain)
    _elements(encoder, plain)


def _head(encoder: Encoder, plain: np.ndarray[Any, Any]) -> None:
    """Write dtype and shape."""
    text = _text_of(plain.dtype)
    if text is not None:
        encoder.token(b"plain", text + str(plain.shape).encode())
    else:
        encoder.made(dtype_parts(plain.dtype))
        encoder.made(plain.shape)


def _text_of(dtype: np.dtype[Any]) -> bytes | None:
    """Return what names a dtype that is told by its text alone, or None for others."""
    known = _texts.get(identity(dtype))
    if known is not None and known[0] is dtype:
        return known[1]
    is_plain = dtype.kind in _PLAIN and dtype.metadata is None
    text = dtype.str.encode() if is_plain else None
    if len(_texts) >= _MAX_TEXTS:
        _texts.clear()
    _texts[identity(dtype)] = (dtype, text)
    return text


_MAX_TEXTS: Final = 1_000
_texts: dict[int, tuple[np.dtype[Any], bytes | None]] = {}
"""By identity: equal dtypes may have other metadata."""

_PLAIN: Final = "biufcmM"
_UNPADDED: Final = {"b": 1, "i": 8, "u": 8, "f": 8, "c": 16}
"""Kinds whose elements are read as a buffer as they are, and the size up to which they fill it."""


def _masked(encoder: Encoder, plain: np.ndarray[Any, Any], held: dict[str, Any]) -> None:
    masks: Any = np.ma
    fill = held.get("_fill_value")
    # An array that was asked for its value to fill with, or pickled, has the default.
    if fill is None:
        fill = np.array(masks.default_fill_value(plain.dtype), plain.dtype)
    encoder.made(fill)
    mask = masks.make_mask_none(plain.shape, plain.dtype)
    mask[...] = held.get("_mask", False)
    # What lies under the mask is no content.
    for name in plain.dtype.names or (...,):
        part: np.ndarray[Any, Any] = plain[name]
        hides: np.ndarray[Any, Any] = mask[name]
        visible = np.where(hides, np.zeros((), part.dtype), part)
        encoder.buffer(b"mask", _bytes_of(hides))
        write_array(encoder, visible)


def _elements(encoder: Encoder, plain: np.ndarray[Any, Any]) -> None:
    kind = plain.dtype.kind
    if kind in _UNPADDED and plain.dtype.itemsize <= _UNPADDED[kind] and plain.flags.c_contiguous:
        encoder.mark(b"data", digest_buffer(plain))
    elif plain.dtype.hasobject or kind == "T":
        column = plain.reshape(-1)
        digest = digest_of_column(column)
        if digest is None:
            encoder.items(b"items", column.tolist(), ".flat")
        else:
            encoder.column(b"items", digest, column, ".flat")
    elif plain.dtype.fields:
        # Padding between fields is no content.
        for name in plain.dtype.names or ():
            write_array(encoder, plain[name])
    else:
        encoder.mark(b"data", digest_of_elements(plain))


_MASKED = frozenset(
    {
        "_mask",
        "_fill_value",
        "_hardmask",
        "_sharedmask",
        "_isfield",
        "_baseclass",
        "_optinfo",
        "_basedict",
    }
)


def _bytes_of(value: np.ndarray[Any, Any]) -> memoryview | bytes:
    """Return the elements in C order as bytes, without a copy where they lie so."""
    if value.size == 0 or value.dtype.itemsize == 0:
        return b""
    return np.ascontiguousarray(value).reshape(-1).view(np.uint8).data


def digest_of_elements(value: np.ndarray[Any, Any]) -> bytes:
    """Return the digest of the elements in C order, wherever they lie.

    What does not lie in order is brought into it piece by piece, in pieces that stay in
    the cache of a processor: two to three times faster than a copy of the whole.
    """
    if value.dtype.str[1:] in _PADDED:
        return _digest_of_long_doubles(value)
    if value.flags.c_contiguous or value.nbytes <= _TILE:
        return digest_buffer(_bytes_of(value))
    if value.dtype.kind in "mM":
        value = value.view(np.int64)  # whose memory is read without another view
    elif value.dtype.kind not in _UNPADDED:
        value = value.view(f"V{value.itemsize}")
    size = value.itemsize
    if value.nbytes <= LEAF:
        return _digest_of_pieces(_pieces(value))
    if LEAF % size == 0:
        return digest_leaves(value.nbytes, lambda at: _digest_of_leaf(value, at // size))
    whole = Stream()
    for piece in _pieces(value):
        whole.add(_bytes_of(piece))
    return whole.digest()


def _digest_of_leaf(value: np.ndarray[Any, Any], start: int) -> bytes:
    """Return the digest of as many elements as a leaf has, from the one numbered `start` on."""
    stop = min(start + LEAF // value.itemsize, value.size)
    return _digest_of_pieces(_pieces_between(value, start, stop))


def _digest_of_pieces(pieces: Iterable[Any]) -> bytes:
    """Return the digest of elements that are no more than a leaf."""
    state = hashing.hasher()
    for piece in pieces:
        state.update(piece)
    return state.digest()


def _pieces_between(
    value: np.ndarray[Any, Any], start: int, stop: int
) -> Iterator[np.ndarray[Any, Any]]:
    """Yield contiguous arrays of those elements that have these numbers in C order."""
    if start == stop:
        return
    if value.ndim == 1:
        yield from _pieces(value[start:stop])
        return
    row = value[0].size
    first, last = -(-start // row), stop // row
    if first > last:  # within one row
        yield from _pieces_between(value[last], start - last * row, stop - last * row)
        return
    if start < first * row:
        yield from _pieces_between(value[first - 1], start - (first - 1) * row, row)
    if first < last:
        yield from _pieces(value[first:last])
    if last * row < stop:
        yield from _pieces_between(value[last], 0, stop - last * row)


_TILE: Final = 1 << 18  # bytes
_RUN: Final = 1 << 12  # bytes; such a run is read where it lies
_SIDE: Final = 128  # elements
_FEW: Final = 64  # columns


def _pieces(value: np.ndarray[Any, Any]) -> Iterable[np.ndarray[Any, Any]]:
    """Return contiguous arrays whose elements are those of `value`, one after another."""
    if value.flags.c_contiguous:
        return (value,)
    row = value.nbytes // len(value)
    if value.ndim == 2 and abs(value.strides[0]) < abs(value.strides[1]):  # noqa: PLR2004
        # Few columns are read in long runs, and picking from all of them costs least.
        if value.shape[1] > min(_FEW, _kept_together(value.strides[1])):
            return _turned(value)
        return _copied(value, max(1, _TILE // row))
    if value.ndim > 1 and row >= _RUN and value[0].flags.c_contiguous:
        return value
    if value.ndim > 1 and row > _TILE:
        return chain.from_iterable(map(_pieces, value))
    return _copied(value, max(1, _TILE // row))


def _kept_together(step: int) -> int:
    """Return how many runs of memory, so many bytes apart, have a line each in the first cache.

    It is taken for half of one of 32 KB, with 8 lines for addresses that are equal modulo 4 KB.
    """
    return (1 << 14) // max(64, gcd(step, 1 << 12))


def _copied(value: np.ndarray[Any, Any], count: int) -> Iterator[np.ndarray[Any, Any]]:
    """Yield copies of so many rows each, all in one place."""
    buffer = np.empty((min(count, len(value)), *value.shape[1:]), value.dtype)
    for start in range(0, len(value), count):
        part = value[start : start + count]
        piece = buffer[: len(part)]
        np.copyto(piece, part)
        yield piece


def _turned(value: np.ndarray[Any, Any]) -> Iterator[np.ndarray[Any, Any]]:
    """Yield rows of a matrix that lies by columns, block by block.

    Where columns would drive each other out of the cache while rows are picked from them, as
    those do that lie a power of two apart, blocks are first copied as they lie, some bytes
    further apart. There are more rows in a piece where they are short, and then few blocks.
    """
    columns, size = value.T, value.itemsize
    row = len(columns) * size
    rows = min(max(min(_SIDE, LEAF // row), _TILE // row, 1), len(value))
    length = max(1, min(_TILE // (rows * size), len(columns)))
    buffer = np.empty((rows, len(columns)), value.dtype)
    is_apart = length <= _kept_together(columns.strides[0])
    block = np.empty((length, rows + 64 // size + 1), value.dtype)
    for start in range(0, len(value), rows):
        piece = buffer[: min(rows, len(value) - start)]
        for left in range(0, len(columns), length):
            part = columns[left : left + length, start : start + rows]
            if is_apart:
                here = part
            else:
                here = block[: len(part), : part.shape[1]]
                np.copyto(here, part)
            piece[:, left : left + length] = here.T
        yield piece


def _digest_of_long_doubles(value: np.ndarray[Any, Any]) -> bytes:
    """Leave out padding bytes, which differ between equal numbers."""
    size = np.finfo(value.dtype).nmant
    parts = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
    width = value.dtype.itemsize // (2 if value.dtype.kind == "c" else 1)
    rows = parts.reshape(-1, width)
    if value.dtype.isnative and sys.byteorder == "little" and size == _BITS_OF_X87:
        rows = rows[:, :10]
    return digest_buffer(np.ascontiguousarray(rows).reshape(-1).data)


_BITS_OF_X87: Final = 63
"""Of the mantissa of numbers that take 10 bytes, and lie in 12 or 16."""


_PADDED = frozenset({"f16", "c32"})


def _scalar(encoder: Encoder, value: np.generic) -> None:
    encoder.mark(b"npscalar")
    if not is_library(type(value)):
        encoder.refer(type(value), ".__class__")
        encoder.value(dict_of(value))
    # An array of one, made from what numpy itself says of the scalar.
    reduced: Any = np.generic.__reduce__(value)
    dtype, *held = reduced[1]
    plain: Any = np.ndarray((1,), dtype, held[0]) if held else np.zeros((1,), dtype)
    write_array(encoder, plain)


def _ufunc(encoder: Encoder, value: np.ufunc) -> None:
    encoder.token(b"ufunc", value.__name__.encode())
    encoder.refer(type(value))
    if getattr(np, value.__name__, None) is not value:
        # One that was made from a function: what it calls is found behind it.
        functions = [part for part in gc.get_referents(value) if callable(part)]
        encoder.values(b"made from", [("", function) for function in functions], len(functions))


def _generator(encoder: Encoder, value: Any) -> None:
    encoder.mark(b"generator")
    _state(encoder, value.bit_generator)


def _state(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.token(b"rng", type(value).__name__.encode())
    encoder.made(value.state)
    seeds = getattr(value, "seed_seq", None)
    if isinstance(seeds, np.random.SeedSequence):
        _seeds(encoder, seeds)  # what `spawn` makes comes from there
    else:
        encoder.made(None)


def _seeds(encoder: Encoder, value: np.random.SeedSequence) -> None:
    parts: Any = value
    encoder.made((parts.entropy, parts.spawn_key, parts.pool_size, parts.n_children_spawned))


def _random_state(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.mark(b"randomstate")
    encoder.made(value.get_state(legacy=False))
