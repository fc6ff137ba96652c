"""numpy arrays of plain elements, as numpy's own file format, version 2.

    payload ::= magic version size header elements      as in numpy.lib.format

Plain elements are numbers, booleans, times, and text or bytes of fixed width, also
side by side in structures: all whose bytes mean the same in every process. Elements
are written from where they lie, and read into an array of their own with one copy; or
with none, where they stand in memory that is to be the array's own.
"""

from __future__ import annotations

import io
import math
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy

from ..errors import EntryDamagedError

_Array = np.ndarray[Any, Any]

_KINDS: Final = "biufcmMSU"
_OF_THIS_MACHINE: Final = "gG"
"""Long doubles: 80 bits on one machine, 128 on another, and one name for both."""

_HEADER_ROOM: Final = 1 << 16  # bytes; numpy reads headers of 10 000 characters at most


def encode(value: _Array) -> tuple[bytes | memoryview, ...] | None:
    """Return an array as header and elements, or None where it is not one for this codec."""
    if not _is_plain(value.dtype):
        return None
    # One that is neither, such as every second column, comes back as a contiguous one.
    order = "F" if value.flags.f_contiguous and not value.flags.c_contiguous else "C"
    header = io.BytesIO()
    try:
        npy.write_array_header_2_0(
            header,
            {
                "descr": npy.dtype_to_descr(value.dtype),
                "fortran_order": order == "F",
                "shape": value.shape,
            },
        )
    except (ValueError, UnicodeError):  # names of fields that version 2 cannot write
        return None
    return header.getvalue(), _bytes_of(value, order)


def decode(data: memoryview) -> _Array:
    """Return an array of its own, writable. It lies in `data` if that can be written to.

    Raises:
        EntryDamagedError: the bytes are no array, or not a whole one.
    """
    try:
        return _decoded(data)
    except EntryDamagedError:
        raise
    # numpy evaluates the header as a literal: besides ValueError come SyntaxError,
    # TokenError, RecursionError, MemoryError and more.
    except Exception as error:
        raise EntryDamagedError(f"the array cannot be read: {error}") from error


def _decoded(data: memoryview) -> _Array:
    stream = io.BytesIO(data[:_HEADER_ROOM])
    if npy.read_magic(stream) != (2, 0):
        raise EntryDamagedError("the array is written in an unknown version")
    shape, fortran_order, dtype = npy.read_array_header_2_0(stream)
    # Above all no objects: their bytes would be taken for addresses.
    if not _is_plain(dtype):
        raise EntryDamagedError(f"an array of {dtype} is not plain")
    elements = data[stream.tell() :]
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(elements):
        raise EntryDamagedError(f"{len(elements)} bytes are no array of {shape} {dtype}")
    order = "F" if fortran_order else "C"
    if len(elements) and not data.readonly:
        flat = np.frombuffer(elements, dtype)
        if flat.flags.aligned:  # entries of old were not written so
            # As pickle makes them: not the owner of its memory, but a view of one that
            # is, so that its own views can be told from it (`views.owner_of`).
            return flat.reshape(shape, order=order)
    value = np.empty(shape, dtype, order=order)
    if len(elements):
        memoryview(_bytes_of(value, order))[:] = elements
    return value


def _is_plain(dtype: np.dtype[Any]) -> bool:
    """Tell whether elements of this type are bytes that mean the same everywhere."""
    if dtype.metadata is not None or dtype.itemsize == 0:
        return False
    if dtype.names is not None:
        described = npy.descr_to_dtype(npy.dtype_to_descr(dtype))
        same = described == dtype and described.isalignedstruct == dtype.isalignedstruct
        return same and all(_is_plain(dtype[name]) for name in dtype.names)
    if dtype.subdtype is not None:
        return _is_plain(dtype.base)
    # The second half leaves out types of other packages, which borrow a kind.
    return (
        dtype.kind in _KINDS and dtype.char not in _OF_THIS_MACHINE and np.dtype(dtype.str) == dtype
    )


def _bytes_of(value: _Array, order: Any) -> memoryview | bytes:
    """Return the elements in this order; a view where they lie in it already."""
    flat = np.ascontiguousarray(value.T if order == "F" else value).reshape(-1)
    return flat.view(np.uint8).data if flat.nbytes else b""
