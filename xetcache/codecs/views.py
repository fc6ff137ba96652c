"""Arrays that lie in the memory of another, written as where they lie in it.

    view ::= restored, (owner, strides of the owner, offset, shape, dtype, strides, writable)

So after they are read, what is set in the one is seen in the other, as before. The bytes
are those of the array that owns the memory, which is written whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_Array = np.ndarray[Any, Any]


def owner_of(array: _Array) -> _Array:
    """Return the array that has the memory in which this one lies."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def is_writable(array: _Array) -> bool:
    """Tell whether an array can be written as a view of its owner."""
    owner = owner_of(array)
    flags = owner.flags
    return (
        type(array) is type(owner) is np.ndarray
        and not (array.dtype.hasobject or owner.dtype.hasobject)
        and (flags.c_contiguous or flags.f_contiguous)
        and 0 <= _offset(array, owner) <= owner.nbytes
    )


def reduced(array: _Array) -> tuple[Any, tuple[Any, ...]]:
    """Return how an array is made again, in the way of `__reduce__`."""
    owner = owner_of(array)
    place = _offset(array, owner), array.shape, array.dtype, array.strides
    return restored, (owner, owner.strides, *place, array.flags.writeable)


def restored(  # noqa: PLR0917 - what pickle hands over has no names
    owner: _Array,
    strides_of_owner: tuple[int, ...],
    offset: int,
    shape: tuple[int, ...],
    dtype: Any,
    strides: tuple[int, ...],
    writable: bool,  # noqa: FBT001 - as above
) -> _Array:
    """Return the view.

    Raises:
        ValueError: the owner, which is the reader's own, lies otherwise in memory.
    """
    if owner.strides != strides_of_owner:
        raise ValueError("an array that others are views of lies otherwise in memory")
    flat = owner.ravel("K").view(np.uint8)
    made: _Array = np.ndarray(shape, dtype, flat, offset, strides)
    made.flags.writeable = writable and made.flags.writeable
    return made


def _offset(array: _Array, owner: _Array) -> int:
    return array.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
