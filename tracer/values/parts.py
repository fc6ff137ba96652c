"""A value → its parts, by which a difference between two values is named.

Containers have items, frames have columns, instances of the user's classes have
attributes. Everything else is one piece.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from ..kinds import class_of, is_kind, is_one_of
from .handlers import is_library
from .shapes import steps_of

_MAX_PARTS: Final = 256
_MAX_COLUMNS: Final = 32
"""Of frames whose columns are no parts in their encoding; what is noted of them is stored."""


def parts_of(value: object) -> list[tuple[str, object]]:
    """Return the parts of a value, each under the step that leads to it: `[0]`, `.rate`.

    Nothing for a value that is one piece, or has too many parts to name.
    """
    found = list(_parts(value))
    return found if len(found) <= _MAX_PARTS else []


def _parts(value: Any) -> Iterator[tuple[str, object]]:
    kind = class_of(value)
    if is_one_of(kind, (list, tuple)):
        if len(value) <= _MAX_PARTS:
            yield from ((f"[{index}]", item) for index, item in enumerate(value))
    elif kind is dict:
        plain = all(is_one_of(class_of(name), (str, int)) for name in value)
        if len(value) <= _MAX_PARTS and plain:
            yield from ((f"[{name!r}]", item) for name, item in value.items())
    elif kind is getattr(sys.modules.get("pandas"), "DataFrame", None):
        yield from _columns(value)
    elif not is_library(kind):
        yield from steps_of(value)
    elif 0 < len(columns := columns_of(value)) <= _MAX_COLUMNS:
        if is_from(value, "pyarrow", "Table", "RecordBatch"):
            yield ".schema", value.schema
        yield from columns


def columns_of(value: Any) -> list[tuple[str, object]]:
    """Return the columns of a frame whose encoding does not have them one by one."""
    if not is_library(class_of(value)):
        return []
    if is_from(value, "polars", "DataFrame"):
        return [(f"[{column.name!r}]", column) for column in value.get_columns()]
    if is_from(value, "pyarrow", "Table", "RecordBatch"):
        names = value.schema.names
        return [(f"[{name!r}]", one) for name, one in zip(names, value.columns, strict=True)]
    return []


def is_from(value: object, library: str, *names: str) -> bool:
    """Tell whether a value is an instance of a class of a library, if that is loaded."""
    module = sys.modules.get(library)
    kinds = [getattr(module, name, None) for name in names]
    return any(isinstance(kind, type) and is_kind(value, kind) for kind in kinds)


def _columns(frame: Any) -> Iterator[tuple[str, object]]:
    yield ".index", frame.index
    yield ".columns", frame.columns
    if frame.attrs:
        yield ".attrs", frame.attrs
    if not frame.flags.allows_duplicate_labels:
        yield ".flags.allows_duplicate_labels", False
    if frame.columns.is_unique:
        for label in frame.columns:
            # The index is a part of its own.
            yield f"[{label!r}]", frame[label].array
