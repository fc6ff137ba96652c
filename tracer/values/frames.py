"""pandas: labels, dtypes and values; never the layout of blocks.

Loaded when a pandas type is first seen, so that pandas is never imported by us.
Other pandas objects, such as time stamps and offsets, are what they reduce to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, Final, NamedTuple, cast

import numpy as np
import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
from pandas.api.extensions import (  # pyright: ignore[reportMissingTypeStubs]
    ExtensionArray,
    ExtensionDtype,
)

from ..kinds import dict_getter_of, identity, is_kind, members_of, mro_of, qualified_name_of
from .arrays import write_array
from .encoding import Encoder
from .handlers import handle_family, is_library
from .nodes import Later
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
        "_iter_column_arrays",
        "_get_column_array",
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


def _begin(encoder: Encoder, value: object) -> _MadeOf:
    """Write the class, and return what it is made of.

    Refuses a subclass of the user that answers in its own way.
    """
    kind = type(value)
    encoder.refer(kind, ".__class__")
    made_of = _made_of(kind)
    found = None if made_of.attributes is None else made_of.attributes(value)
    held = found if type(found) is dict else {}
    for base in made_of.of_user:
        own = _ASKED.intersection(members_of(base))
        if own:
            owner = qualified_name_of(base)
            raise encoder.refuse(value, f"`{owner}.{min(own)}` would have to be run")
        metadata = members_of(base).get("_metadata")
        names = cast(list[object], metadata) if type(metadata) is list else []
        encoder.made({name: held.get(name) for name in names if isinstance(name, str)})
    encoder.immutable = False
    # Pandas sets data under private names, and accessors.
    public = [name for name in held if not name.startswith("_")]
    added = [
        (f".{name}", held[name])
        for name in (held if made_of.of_user else public)
        if (
            any(name in stored_by(base) for base in made_of.of_user)
            if name.startswith("_")
            else not any(name in members_of(base) for base in made_of.of_library)
        )
    ]
    if added:
        encoder.attributes(b"added", added)
    return made_of


class _MadeOf(NamedTuple):
    """The classes that a class consists of: the user's, and those of libraries."""

    kind: type
    of_user: list[type]
    of_library: list[type]
    is_library: bool
    """Itself."""
    attributes: Callable[[object], dict[str, object]] | None
    """Gives those of an instance."""


def _made_of(kind: type) -> _MadeOf:
    known = _known.get(identity(kind))
    if known is None or known.kind is not kind:
        bases = mro_of(kind)
        known = _known[identity(kind)] = _MadeOf(
            kind,
            [base for base in bases if not is_library(base)],
            [base for base in bases if is_library(base)],
            is_library(kind),
            dict_getter_of(kind),
        )
    return known


_known: dict[int, _MadeOf] = {}


def _labels(encoder: Encoder, tag: bytes, value: Any, *names: str) -> None:
    """Write the class and what a frame or series has beside its values."""
    encoder.immutable = False
    _begin(encoder, value)
    encoder.made_values(tag, ((f".{name}", getattr(value, name)) for name in names), len(names))
    encoder.made(value.flags.allows_duplicate_labels)


def _frame(encoder: Encoder, value: pd.DataFrame) -> None:
    _labels(encoder, b"frame", value, "index", "columns", "attrs")
    # By position: labels may repeat.
    columns = ((Later(partial(_step, value, at)), array) for at, array in enumerate(_arrays(value)))
    encoder.made_values(b"columns", columns, value.shape[1])


def _arrays(frame: Any) -> Iterator[Any]:
    """Yield the array under each column, without a series around it where pandas can."""
    if hasattr(frame, "_iter_column_arrays"):
        return frame._iter_column_arrays()  # noqa: SLF001 - what is public makes a series of each
    return (_values(column) for _, column in frame.items())


def _step(frame: pd.DataFrame, number: int) -> str:
    label = frame.columns[number]
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
    made_of = _begin(encoder, value)
    encoder.token(b"extension", _dtype(value.dtype).encode())
    chunks: Any = getattr(value, "_pa_array", None) if made_of.is_library else None
    if chunks is not None:
        _write_chunks()(encoder, chunks.chunks, chunks.type)
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


@cache
def _write_chunks() -> Callable[[Encoder, Sequence[Any], Any], None]:
    # Here and not above: pyarrow is there if a frame holds its arrays.
    from .arrow import write_chunks

    return write_chunks


_MASKED: Final = (pd.arrays.IntegerArray, pd.arrays.FloatingArray, pd.arrays.BooleanArray)


def _masked(encoder: Encoder, value: Any) -> None:
    """Write numbers and which of them are missing; what lies under the mask is no content."""
    numbers, mask = value._data, value._mask  # noqa: SLF001 - nothing public tells them apart
    if mask.any():
        numbers = cast(Any, np.where(mask, numbers.dtype.type(0), numbers))
    write_array(encoder, numbers)
    write_array(encoder, mask)
