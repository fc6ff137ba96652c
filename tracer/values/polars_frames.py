"""polars: names, types and values; never chunks, or the codes of a category.

Loaded when a type of polars is first seen, so that polars is never imported by us.
Asks polars alone, so that a digest does not depend on what else is installed. Plans
that were not run are no content.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as _polars  # noqa: ICN001 # pyright: ignore[reportMissingTypeStubs]

from .buffers import Stream, digest_buffer
from .encoding import Encoder
from .handlers import handle_family, is_library
from .nodes import size_token

pl: Final[Any] = _polars


def install() -> None:
    """Register the handlers of this file."""
    handle_family(pl.DataFrame, _frame, changes=True)
    handle_family(pl.Series, _series, changes=True)
    handle_family(pl.LazyFrame, _plan)
    handle_family(pl.DataType, _type)


def _plan(encoder: Encoder, value: object) -> None:
    raise encoder.refuse(value, "it is a plan; `.collect()` gives what it stands for")


def _type(encoder: Encoder, value: object) -> None:
    encoder.mark(b"polars type")
    encoder.made(_text_of(value))


def _text_of(kind: Any) -> object:
    """Return plain data that names a type, with all its parameters."""
    if isinstance(kind, pl.Enum):
        return ("Enum", kind.categories.to_list())
    if isinstance(kind, pl.Struct):
        return ("Struct", [(field.name, _text_of(field.dtype)) for field in kind.fields])
    if isinstance(kind, pl.List):
        return ("List", _text_of(kind.inner))
    if isinstance(kind, pl.Array):
        return ("Array", _text_of(kind.inner), kind.size)
    return str(kind)


def _frame(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"polars frame")
    columns: list[Any] = value.get_columns()
    encoder.made((value.height, len(columns)))
    for column in columns:
        _column(encoder, column)


def _series(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"polars series")
    _column(encoder, value)


def _begin(encoder: Encoder, value: object, tag: bytes) -> None:
    encoder.immutable = False
    encoder.mark(tag)
    if not is_library(type(value)):
        encoder.refer(type(value), ".__class__")


def _column(encoder: Encoder, column: Any) -> None:
    encoder.made((column.name, _text_of(column.dtype)))
    _write(encoder, column)


def _write(encoder: Encoder, column: Any) -> None:
    """Write the length, which values are missing, and the others."""
    nulls = column.null_count()
    encoder.mark(b"length", size_token(len(column)) + size_token(nulls))
    kind = column.dtype
    if kind == pl.Null or not len(column):
        return
    if kind == pl.Object:
        encoder.values(b"objects", enumerate(list[object](column.to_list())), len(column))
        return
    if nulls:
        encoder.buffer(b"valid", _bytes(column.is_not_null().cast(pl.UInt8)))
    if isinstance(kind, pl.Struct):
        _struct(encoder, column, nulls)
        return
    if isinstance(kind, (pl.List, pl.Array)):
        whole = column.drop_nulls()
        if isinstance(kind, pl.List):
            sizes = whole.list.len()
            encoder.buffer(b"lengths", _bytes(sizes.cast(pl.Int64)))
            whole = whole.filter(sizes > 0)
        _write(
            encoder,
            whole.explode() if len(whole) and _has_items(kind) else pl.Series(dtype=kind.inner),
        )
        return
    if isinstance(kind, (pl.Categorical, pl.Enum)):
        _categories(encoder, column.drop_nulls())
        return
    if kind.is_decimal() or kind in _WIDE:
        column = column.cast(pl.String)
        kind = pl.String
    if kind == pl.String:
        lengths = column.str.len_bytes().drop_nulls()
        encoder.buffer(b"lengths", _bytes(lengths.cast(pl.UInt32)))
        size = int(lengths.sum())
        encoder.later(b"data", size, lambda: size_token(size) + _digest_of_texts(column))
        return
    values = column.drop_nulls()
    if kind == pl.Binary:
        encoder.buffer(b"lengths", _bytes(values.bin.size().cast(pl.Int64)))
        encoder.buffer(b"data", b"".join(values.to_list()))
    else:
        plain = _bytes(values.cast(pl.UInt8) if kind == pl.Boolean else values.to_physical())
        size = len(plain)
        encoder.later(b"data", size, lambda: size_token(size) + digest_buffer(plain))


def _digest_of_texts(column: Any) -> bytes:
    """Return the digest of all texts one after another, none of those that are missing."""
    whole = Stream()
    for start in range(0, len(column), _PIECE):
        joined = column[start : start + _PIECE].str.join("").cast(pl.Binary)
        whole.add(joined.item() or b"")
    return whole.digest()


_PIECE: Final = 1 << 16  # elements; they stay in the cache


_WIDE: Final = tuple(
    getattr(pl, name) for name in ("Int128", "UInt128", "Float16") if hasattr(pl, name)
)


def _has_items(kind: Any) -> bool:
    return not isinstance(kind, pl.Array) or kind.size > 0


def _categories(encoder: Encoder, values: Any) -> None:
    """Write the words that occur, by first use, and for each value the number of its word."""
    used = values.unique(maintain_order=True)
    codes = used.to_physical().to_numpy()
    numbers = np.zeros(int(codes.max()) + 1 if len(codes) else 0, np.uint32)
    numbers[codes] = np.arange(len(codes), dtype=np.uint32)
    _write(encoder, used.cast(pl.String))
    encoder.buffer(b"numbers", numbers[values.to_physical().to_numpy()].view(np.uint8).data)


def _struct(encoder: Encoder, column: Any, nulls: int) -> None:
    # What lies under a missing struct is no content.
    present = column.filter(column.is_not_null()) if nulls else column
    for name in present.struct.fields:
        field = present.struct.field(name)
        encoder.made(name)
        _write(encoder, field)


def _bytes(column: Any) -> memoryview:
    values = np.ascontiguousarray(column.to_numpy())
    return values.reshape(-1).view(np.uint8).data
