"""numpy: arrays by dtype, shape and elements; never by memory layout.

Loaded when a numpy type is first seen, so that numpy is never imported by us.
"""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

from ..kinds import dict_of, is_kind
from .encoding import Encoder
from .handlers import handle_family, is_library


def install() -> None:
    """Register the handlers of this file."""
    handle_family(np.ndarray, _array, changes=True)
    handle_family(np.generic, _scalar)
    handle_family(np.dtype, lambda encoder, value: encoder.made(dtype_parts(value)))
    handle_family(np.ufunc, _ufunc)
    handle_family(np.random.Generator, _generator, changes=True)
    handle_family(np.random.BitGenerator, _state)
    handle_family(np.random.RandomState, _random_state, changes=True)


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
    if kind is not np.ndarray and kind is not np.memmap:
        encoder.refer(kind, ".__class__")
        held = dict_of(value) or {}
        encoder.made({name: item for name, item in held.items() if name not in _MASKED})
    # As an array and nothing else, so that no method of a subclass is asked.
    plain = np.ndarray.view(value, np.ndarray)
    encoder.made(dtype_parts(plain.dtype))
    encoder.value(plain.shape)
    if is_kind(value, np.ma.MaskedArray):
        _masked(encoder, plain, dict_of(value) or {})
        return
    _elements(encoder, plain)


def _masked(encoder: Encoder, plain: np.ndarray[Any, Any], held: dict[str, Any]) -> None:
    encoder.value(held.get("_fill_value"))
    masks: Any = np.ma
    mask = masks.make_mask_none(plain.shape, plain.dtype)
    mask[...] = held.get("_mask", False)
    # What lies under the mask is no content.
    for name in plain.dtype.names or (...,):
        part: np.ndarray[Any, Any] = plain[name]
        hides: np.ndarray[Any, Any] = mask[name]
        visible = np.where(hides, np.zeros((), part.dtype), part)
        encoder.buffer(b"mask", _bytes_of(hides))
        _array(encoder, visible)


def _elements(encoder: Encoder, plain: np.ndarray[Any, Any]) -> None:
    if plain.dtype.hasobject or plain.dtype.kind == "T":
        flat = plain.reshape(-1).tolist()
        items = ((f".flat[{index}]", item) for index, item in enumerate(flat))
        encoder.values(b"items", items, len(flat))
    elif plain.dtype.fields:
        # Padding between fields is no content.
        for name in plain.dtype.names or ():
            _array(encoder, np.ascontiguousarray(plain[name]))
    else:
        encoder.buffer(b"data", _bytes_of(plain))


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
    if value.dtype.kind in {"g", "G"} or value.dtype.str[1:] in _PADDED:
        # Long doubles have padding bytes that differ between equal numbers.
        return (
            repr(value.tolist()).encode()
            + value.astype("f8" if value.dtype.kind == "f" else "c16").tobytes()
        )
    contiguous = np.ascontiguousarray(value)
    return contiguous.reshape(-1).view(np.uint8).data


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
    encoder.made(dtype_parts(plain.dtype))
    _elements(encoder, plain)


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


def _random_state(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.mark(b"randomstate")
    encoder.made(value.get_state(legacy=False))
