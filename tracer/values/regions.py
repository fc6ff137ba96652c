"""Regions: where two arrays, or two columns, of equal type and size differ.

Found by halves, by asking whether two slices differ: who asks decides what that means.
Knows the arrays of libraries that are loaded, and imports none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ..kinds import class_of, is_kind, qualified_name_of
from .handlers import is_library
from .parts import is_from
from .previews import preview

Differ = Callable[[object, object], bool]


class Region(NamedTuple):
    """A box around all that differs, and the first element in it of both."""

    slices: tuple[slice, ...]
    was: str
    now: str


def region_of(one: Any, other: Any, *, differ: Differ) -> Region | None:
    """Return where two arrays differ; None where no slice of them tells."""
    one, other = _plain(one), _plain(other)
    sizes = _sizes(one)
    if not sizes or sizes != _sizes(other) or 0 in sizes:
        return None
    box: list[slice] = []
    for size in sizes:

        def differs(start: int, stop: int, before: tuple[slice, ...] = tuple(box)) -> bool:
            part = (*before, slice(start, stop))
            return differ(_slice(one, part), _slice(other, part))

        found = _bounds(size, differs)
        if found is None:
            return None
        box.append(slice(*found))
    return Region(tuple(box), *_firsts(one, other, tuple(box), differ))


def _bounds(size: int, differs: Callable[[int, int], bool]) -> tuple[int, int] | None:
    """Return the first that differs, and the one behind the last."""
    first = _first(0, size, differs)
    if not differs(first, first + 1):
        return None  # what differs is no part of any slice
    last, stop = first, size
    while stop - last > 1:
        middle = (last + stop) // 2
        if differs(middle, stop):
            last = middle
        else:
            stop = middle
    return first, last + 1


def _first(start: int, stop: int, differs: Callable[[int, int], bool]) -> int:
    """Return the first that differs, if one does."""
    while stop - start > 1:
        middle = (start + stop) // 2
        if differs(start, middle):
            stop = middle
        else:
            start = middle
    return start


def _firsts(one: Any, other: Any, box: tuple[slice, ...], differ: Differ) -> tuple[str, str]:
    """Return the first element that differs of each, in the order in which they are counted."""
    at: tuple[slice, ...] = ()
    for number, bounds in enumerate(box):

        def differs(start: int, stop: int, at: tuple[slice, ...] = at, rest: int = number) -> bool:
            part = (*at, slice(start, stop), *box[rest + 1 :])
            return differ(_slice(one, part), _slice(other, part))

        first = _first(bounds.start, bounds.stop, differs)
        at = (*at, slice(first, first + 1))
    return _element(one, at), _element(other, at)


# -- what libraries have -------------------------------------------------------------------


_SHORT: Final = 40  # characters


def is_numpy_array(value: object) -> bool:
    """Tell whether a value is an array of numpy."""
    return is_from(value, "numpy", "ndarray")


def is_array(value: object) -> bool:
    """Tell whether a value consists of elements that are reached by number."""
    if is_numpy_array(value):
        return True
    return is_library(class_of(value)) and (
        is_from(value, "pyarrow", "Array", "ChunkedArray")
        or is_from(value, "polars", "Series")
        or is_from(value, "torch", "Tensor")
        or _is_extension(value)
    )


def is_categorical(value: object) -> bool:
    """Tell whether the elements of an array are numbers that stand for others."""
    return is_from(value, "pandas", "Categorical")


def is_frame(value: object) -> bool:
    """Tell whether a value has rows and columns."""
    return is_library(class_of(value)) and (
        is_from(value, "pandas", "DataFrame")
        or is_from(value, "polars", "DataFrame")
        or is_from(value, "pyarrow", "Table", "RecordBatch")
    )


def facets_of(value: Any) -> list[tuple[str, str]]:
    """Return what arrays or frames have to have in common before their content is compared."""
    if is_frame(value):
        if is_from(value, "polars", "DataFrame"):
            return [("rows", str(value.height))]
        return [("rows", str(value.num_rows if hasattr(value, "num_rows") else len(value.index)))]
    if not is_array(value):
        return []
    plain = _plain(value)
    kind = plain.type if is_from(plain, "pyarrow", "Array", "ChunkedArray") else plain.dtype
    shape = ", ".join(map(str, _sizes(plain)))
    return [("dtype", str(kind)), ("shape", f"({shape})")]


def _is_extension(value: object) -> bool:
    pandas: Any = sys.modules.get("pandas")
    return pandas is not None and is_kind(value, pandas.api.extensions.ExtensionArray)


def _plain(value: Any) -> Any:
    """Return an array as one of no subclass, so that no method of the user is asked."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None or not is_kind(value, numpy.ndarray) or is_kind(value, numpy.ma.MaskedArray):
        return value
    return numpy.ndarray.view(value, numpy.ndarray)


def _sizes(value: Any) -> tuple[int, ...]:
    if not is_array(value) or (is_numpy_array(value) and not is_library(class_of(value))):
        return ()
    return tuple(value.shape) if hasattr(value, "shape") else (len(value),)


def _slice(value: Any, part: tuple[slice, ...]) -> Any:
    return value[part] if len(part) != 1 else value[part[0]]


def _element(value: Any, at: tuple[slice, ...]) -> str:
    found: Any = value
    for bounds in at:
        found = found[bounds.start]
    if is_from(found, "numpy", "generic") or is_from(value, "torch", "Tensor"):
        found = found.item()
    elif is_from(value, "pyarrow", "Array", "ChunkedArray"):
        is_told = not is_kind(value.type, sys.modules["pyarrow"].BaseExtensionType)
        found = found.as_py() if is_told else found
    elif not is_numpy_array(value) and is_library(class_of(found)):
        shown = preview(found) or ""
        if shown == f"<{qualified_name_of(class_of(found))}>":
            text = " ".join(str(found).split())
            return text if len(text) <= _SHORT else shown
        return shown
    return preview(found) or ""
