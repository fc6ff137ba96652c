"""Previews: a short text of a value, for people.

Calls `repr` on exact builtin types only, so no code of the user runs.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any, Final

from ..kinds import class_of, identity, is_one_of, loaded_module, module_name_of, qualified_name_of
from .flat import ATOMS

_PREVIEW_SIZE: Final = 80  # characters


def preview(value: object) -> str | None:
    """Return a short text of a plain value, or what kind of thing it is."""
    return _cut(_preview(value, 2))


def _preview(value: Any, depth: int) -> str:
    kind = class_of(value)
    if identity(kind) in ATOMS or kind is bytes:
        if kind is int and int.bit_length(value) > 200:  # noqa: PLR2004
            return "<large int>"  # `repr` refuses numbers of over 4,300 digits
        if is_one_of(kind, (str, bytes)) and len(value) > _PREVIEW_SIZE:
            return repr(value[: _PREVIEW_SIZE // 2])[:-1] + "…"
        return repr(value)
    if is_one_of(kind, (list, tuple, set, frozenset)) and depth:
        opening, closing = "[]" if kind is list else "()" if kind is tuple else "{}"
        shown = [_preview(item, depth - 1) for item, _ in zip(value, range(8), strict=False)]
        if is_one_of(kind, (set, frozenset)):
            shown.sort()
        more = [f"… {len(value) - 8} more"] if len(value) > 8 else []  # noqa: PLR2004
        trailing = "," if kind is tuple and len(shown) == 1 else ""
        return opening + ", ".join(shown + more) + trailing + closing
    if kind is dict and depth:
        items = [
            f"{_preview(key, 0)}: {_preview(item, depth - 1)}"
            for (key, item), _ in zip(value.items(), range(6), strict=False)
        ]
        more = [f"… {len(value) - 6} more"] if len(value) > 6 else []  # noqa: PLR2004
        return "{" + ", ".join(items + more) + "}"
    if is_told_by_repr(value):
        return repr(value)
    if module_name_of(kind).partition(".")[0] in {"numpy", "pandas"}:
        return _preview_of_data(value)
    if kind is FunctionType:
        return f"function {value.__qualname__}"
    return f"<{qualified_name_of(kind)}>"


def is_told_by_repr(value: Any) -> bool:
    """Tell whether a value is a date, a path or the like, whose `repr` says all of it."""
    kind = class_of(value)
    name = module_name_of(kind).partition(".")[0]
    module = loaded_module(name) if name in _TOLD else None
    if module is None or not is_one_of(kind, [getattr(module, one) for one in _TOLD[name]]):
        return False
    # A zone of the user would be asked for its own text.
    zone: object = getattr(value, "tzinfo", None)
    return zone is None or type(zone) is module.timezone


_TOLD: Final = {
    "datetime": ("date", "time", "datetime", "timedelta"),
    "decimal": ("Decimal",),
    "uuid": ("UUID",),
    "pathlib": ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"),
}


def _preview_of_data(value: Any) -> str:
    """Say what kind of array or frame this is; scalars are shown."""
    kind = class_of(value)
    try:
        shape = "×".join(  # noqa: RUF001 - the sign for sizes
            str(size) for size in value.shape
        )
        dtype = f" {value.dtype}" if hasattr(value, "dtype") else ""
        if not shape and value.dtype.kind in "biufcmMSU":
            return f"{qualified_name_of(kind)}({value.item()!r})"
    except Exception:  # noqa: BLE001 - a preview is never worth an error
        return f"<{qualified_name_of(kind)}>"
    return f"{qualified_name_of(kind)} {shape}{dtype}"


def _cut(text: str) -> str:
    if len(text) <= _PREVIEW_SIZE:
        return text
    half = _PREVIEW_SIZE // 2 - 1
    return f"{text[:half]} … {text[-half:]}"
