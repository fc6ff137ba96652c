"""numpy arrays of plain numbers, as numpy's own file format, version 1 to 3.

The elements are written from where they lie and are not copied.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.lib import format as npy

from ..errors import EntryDamagedError


def is_plain(value: np.ndarray[Any, Any]) -> bool:
    """Tell whether an array is one for this codec: numbers, contiguous, nothing else."""
    flags = value.flags
    plain = value.dtype.kind in "biufcmMSU" and value.dtype.metadata is None
    return plain and bool(flags.c_contiguous or flags.f_contiguous)


def encode(value: np.ndarray[Any, Any]) -> tuple[bytes | memoryview, ...]:
    """Return an array as header and elements."""
    header = io.BytesIO()
    npy.write_array_header_2_0(header, npy.header_data_from_array_1_0(value))
    flat = value.reshape(-1, order="C" if value.flags.c_contiguous else "F")
    elements = flat.view(np.uint8).data if flat.nbytes else b""
    return header.getvalue(), elements


def decode(data: memoryview) -> np.ndarray[Any, Any]:
    """Return an array of its own, writable.

    Raises:
        EntryDamagedError: the bytes are no array, or not a whole one.
    """
    try:
        return npy.read_array(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError, OSError, SyntaxError, TypeError) as error:
        raise EntryDamagedError(f"the array cannot be read: {error}") from error
