"""numpy: arrays by dtype, shape and elements; never by memory layout.

Loaded when a numpy type is first seen, so that numpy is never imported by us.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .encoding import Encoder, handle_family


def install() -> None:
    """Register the handlers of this file."""
    handle_family(np.ndarray, _array)
    handle_family(np.generic, _scalar)
    handle_family(np.dtype, lambda encoder, value: encoder.value(dtype_parts(value)))
    handle_family(np.ufunc, _ufunc)
    handle_family(np.random.Generator, lambda encoder, value: _state(encoder, value.bit_generator))
    handle_family(np.random.BitGenerator, _state)
    handle_family(np.random.RandomState, _random_state)


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
    encoder.out.append(b"ndarray")
    if type(value) not in (np.ndarray, np.memmap):
        encoder.refer(type(value), ".__class__")
        encoder.value({name: item for name, item in vars(value).items() if name not in _MASKED})
    encoder.value(dtype_parts(value.dtype))
    encoder.value(value.shape)
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value)
        encoder.buffer(b"mask", _bytes_of(mask))
        encoder.value(value.fill_value)
        # What lies under the mask is no content.
        value = np.where(mask, np.zeros((), value.dtype), np.asarray(value.data))
    plain = value.view(np.ndarray)
    if plain.dtype.hasobject or plain.dtype.kind == "T":
        flat = plain.reshape(-1).tolist()
        encoder.values(
            b"items", ((f".flat[{index}]", item) for index, item in enumerate(flat)), len(flat)
        )
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
    encoder.out.append(b"npscalar")
    encoder.value(dtype_parts(value.dtype))
    if isinstance(value, np.void) or value.dtype.hasobject:
        encoder.value(value.item())
    else:
        encoder.token(b"n", bytes(_bytes_of(np.asarray(value).reshape(1))))


def _ufunc(encoder: Encoder, value: np.ufunc) -> None:
    encoder.token(b"ufunc", value.__name__.encode())


def _state(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.token(b"rng", type(value).__name__.encode())
    encoder.value(value.state)


def _random_state(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    encoder.out.append(b"randomstate")
    encoder.value(value.get_state(legacy=False))
