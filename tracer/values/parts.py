"""A value → its parts, by which a difference between two values is named.

Containers have items, frames have columns, instances of the user's classes have
attributes. Everything else is one piece.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

from ..kinds import class_of, is_one_of
from .handlers import is_library
from .shapes import steps_of

_MAX_PARTS: Final = 256


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
    elif (pandas := sys.modules.get("pandas")) is not None and kind is pandas.DataFrame:
        yield from _columns(value)
    elif not is_library(kind):
        yield from steps_of(value)


def _columns(frame: Any) -> Iterator[tuple[str, object]]:
    yield ".index", frame.index
    yield ".columns", frame.columns
    if frame.columns.is_unique:
        for label in frame.columns:
            # The index is a part of its own.
            yield f"[{label!r}]", frame[label].array
