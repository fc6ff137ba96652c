"""pandas: labels, dtypes and values; never the layout of blocks.

Loaded when a pandas type is first seen, so that pandas is never imported by us.
Other pandas objects, such as time stamps and offsets, are what they reduce to.
"""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
from pandas.api.extensions import (  # pyright: ignore[reportMissingTypeStubs]
    ExtensionArray,
    ExtensionDtype,
)

from ..kinds import class_of, dict_of, is_kind, members_of, mro_of, qualified_name_of
from .arrays import write_array
from .encoding import Encoder
from .handlers import handle_family, is_library
from .shapes import stored_by


def install() -> None:
    """Register the handlers of this file."""
    handle_family(pd.DataFrame, _frame, changes=True)
    handle_family(pd.Series, _series, changes=True)
    handle_family(pd.Index, _index)
    handle_family(ExtensionArray, _extension)
    handle_family(ExtensionDtype, _extension_dtype)


def _extension_dtype(encoder: Encoder, value: Any) -> None:
    encoder.token(b"dtype", _dtype(value).encode())
    if is_kind(value, pd.CategoricalDtype):
        encoder.made((value.categories, value.ordered))


def _dtype(dtype: Any) -> str:
    return f"{type(dtype).__qualname__} {dtype!s}"


_ASKED: Final = frozenset(
    {
        "index",
        "columns",
        "attrs",
        "flags",
        "items",
        "shape",
        "name",
        "names",
        "array",
        "_mgr",
        "__getattr__",
        "__getattribute__",
        "__len__",
        "__iter__",
        "dtype",
        "isna",
        "tolist",
        "__array__",
    }
)
"""What the handlers here ask a frame, series, index or array for."""


def _begin(encoder: Encoder, value: object) -> None:
    """Write the class; refuse a subclass of the user that answers in its own way."""
    kind = type(value)
    encoder.refer(kind, ".__class__")
    of_user, of_library = _bases(kind)
    for base in of_user:
        own = _ASKED.intersection(members_of(base))
        if own:
            owner = qualified_name_of(base)
            raise encoder.refuse(value, f"`{owner}.{min(own)}` would have to be run")
        held = dict_of(value) or {}
        metadata = members_of(base).get("_metadata")
        names = cast(list[object], metadata) if type(metadata) is list else []
        encoder.made({name: held.get(name) for name in names if isinstance(name, str)})
    encoder.immutable = False
    held = dict_of(value) or {}
    added = [
        (f".{name}", item)
        for name, item in held.items()
        # Pandas sets data under private names, and accessors.
        if (
            any(name in stored_by(base) for base in of_user)
            if name.startswith("_")
            else not any(name in members_of(base) for base in of_library)
        )
    ]
    if added:
        encoder.attributes(b"added", added)


def _bases(kind: type) -> tuple[list[type], list[type]]:
    """Return the classes that a class consists of: the user's, and those of libraries."""
    known = _known_bases.get(id(kind))
    if known is None or known[0] is not kind:
        bases = mro_of(kind)
        of_user = [base for base in bases if not is_library(base)]
        known = (kind, (of_user, [base for base in bases if is_library(base)]))
        _known_bases[id(kind)] = known
    return known[1]


_known_bases: dict[int, tuple[type, tuple[list[type], list[type]]]] = {}


def _labels(encoder: Encoder, tag: bytes, value: Any, *names: str) -> None:
    """Write the class and what a frame or series has beside its values."""
    encoder.immutable = False
    _begin(encoder, value)
    encoder.made_values(tag, ((f".{name}", getattr(value, name)) for name in names), len(names))
    encoder.made(value.flags.allows_duplicate_labels)


def _frame(encoder: Encoder, value: pd.DataFrame) -> None:
    _labels(encoder, b"frame", value, "index", "columns", "attrs")
    # By position: labels may repeat.
    columns = (
        (_step(label, number), _values(column))
        for number, (label, column) in enumerate(value.items())
    )
    encoder.made_values(b"columns", columns, value.shape[1])


def _step(label: object, number: int) -> str:
    return f"[{label!r}]" if isinstance(label, str) else f".iloc[:, {number}]"


def _series(encoder: Encoder, value: pd.Series) -> None:
    _labels(encoder, b"series", value, "index", "name", "attrs")
    encoder.made_values(b"values", [(".values", _values(value))], 1)


def _values(series: pd.Series | pd.Index) -> Any:
    """Return the array under a series; a numpy array comes without a copy."""
    array = series.array
    return (
        array.to_numpy()
        if type(array).__name__ in {"NumpyExtensionArray", "PandasArray"}
        else array
    )


def _index(encoder: Encoder, value: pd.Index) -> None:
    _begin(encoder, value)
    encoder.made(list(value.names))
    if isinstance(value, pd.RangeIndex):
        encoder.made((value.start, value.stop, value.step))
    elif isinstance(value, pd.MultiIndex):
        levels: Any = value
        encoder.made([levels.get_level_values(number) for number in range(levels.nlevels)])
    else:
        encoder.made(getattr(value, "freqstr", None))
        encoder.made(_values(value))


def _extension(encoder: Encoder, value: Any) -> None:
    encoder.immutable = False
    _begin(encoder, value)
    encoder.token(b"extension", _dtype(value.dtype).encode())
    chunks: Any = getattr(value, "_pa_array", None) if is_library(class_of(value)) else None
    if chunks is not None:
        # Here and not above: pyarrow is there if a frame holds its arrays.
        from .arrow import write_chunks

        write_chunks(encoder, chunks.chunks, chunks.type)
    elif isinstance(value, pd.Categorical):
        encoder.made((value.categories, value.ordered))
        write_array(encoder, value.codes)
    elif hasattr(value, "asi8"):  # dates, durations and periods, counted in their unit
        write_array(encoder, value.asi8)
    elif isinstance(value, pd.arrays.IntervalArray):
        encoder.made((value.left, value.right, value.closed))
    elif isinstance(value, pd.arrays.SparseArray):
        encoder.made((np.asarray(value), value.fill_value))
    elif isinstance(value, _MASKED):
        _masked(encoder, value)
    else:
        missing = np.asarray(value.isna())
        items = [
            None if gone else item
            for item, gone in zip(value.tolist(), missing.tolist(), strict=True)
        ]
        encoder.items(b"items", items)
        encoder.buffer(b"missing", missing.view(np.uint8).data)


_MASKED: Final = (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)


def _masked(encoder: Encoder, value: Any) -> None:
    """Write numbers and which of them are missing; what lies under the mask is no content."""
    numbers, mask = value._data, value._mask  # noqa: SLF001 - nothing public tells them apart
    if mask.any():
        numbers = cast(Any, np.where(mask, numbers.dtype.type(0), numbers))
    write_array(encoder, numbers)
    write_array(encoder, mask)
