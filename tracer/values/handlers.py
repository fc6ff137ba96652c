"""Handlers: what writes values of a type, found by exact type, then along its bases.

Those for a library are loaded when a type of it is first seen: no library is ever
imported by us. Nothing here calls a method of a class that the user wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, Final, TypeVar

from ..kinds import (
    class_of,
    derives,
    dict_offset_of,
    identity,
    is_hashable,
    loaded_module,
    members_of,
    module_name_of,
    module_text,
    mro_of,
)
from ..policy import USER_CODE, Distribution

T = TypeVar("T")

Handler = Callable[[Any, Any], None]
"""Writes, by an `Encoder`, one value of the type it is registered for.

Encoders ask for handlers, so their class is not known here.
"""

_Known = tuple[type, Handler, bool]
"""A type, what writes it, and whether its instances can change."""

# By identity of the class and not by the class: a metaclass may have its own `__hash__`.
_written_here: dict[int, _Known] = {}
_exact: dict[int, _Known] = {}  # those, and what was found for others since
_families: list[_Known] = []
_surrogates: list[tuple[type, Callable[[Any], object]]] = []
_seen_through: list[tuple[type, Callable[[Any], object]]] = []
"""Those among them whose class does not count."""
_stand_ins: dict[int, tuple[type, Callable[[Any], object] | None]] = {}
"""By identity of a class, which is held: what sees through it. May be emptied."""
_MAX_KNOWN: Final = 10_000
shapes: dict[int, tuple[type, Any]] = {}
"""What `shapes.py` has found out, which a registration may change."""

_LIBRARIES: Final = {
    "numpy": "arrays",
    "pandas": "frames",
    "pyarrow": "arrow",
    "polars": "polars_frames",
    "pathlib": "paths",
    "torch": "tensors",
    "zoneinfo": "zones",
}
"""Top-level module of a type → the file here that has handlers for it."""
_installed: set[str] = set()


def register(kind: type[T], stands_for: Callable[[T], object]) -> None:
    """Digest instances of `kind`, and of its subclasses, by what `stands_for` returns.

    The function must return a value made of digestible parts that differs whenever
    the instance would change a result. What the class does counts by itself.
    """
    _surrogates.append((kind, stands_for))
    _exact.clear()
    _exact.update(_written_here)
    shapes.clear()


def see_through(kind: type[T], original_of: Callable[[T], object]) -> None:
    """Take instances of `kind` for what `original_of` returns: nothing of the class counts.

    For what only stands before a function and calls it.
    """
    register(kind, original_of)
    _seen_through.append((kind, original_of))
    _stand_ins.clear()


def surrogate_of(value: object) -> object:
    """Return what an instance of a type that is seen through stands for, or `value` itself."""
    known = _stand_ins.get(identity(type(value)))  # without a call: it is asked of all that is met
    stands_for = _stands_for(type(value)) if known is None else known[1]
    return value if stands_for is None else stands_for(value)


def has_surrogate(value: object) -> bool:
    """Tell whether a value is of a type that is seen through."""
    known = _stand_ins.get(identity(type(value)))
    return (_stands_for(type(value)) if known is None else known[1]) is not None


def _stands_for(kind: type) -> Callable[[Any], object] | None:
    """Return what sees through a type or one it derives from, found once for each."""
    known = _stand_ins.get(identity(kind))
    if known is None:
        found = (one for registered, one in _seen_through if derives(kind, registered))
        if len(_stand_ins) >= _MAX_KNOWN:
            _stand_ins.clear()
        known = _stand_ins[identity(kind)] = (kind, next(found, None))
    return known[1]


def is_registered(kind: type) -> bool:
    """Tell whether instances are seen as what a registered function returns."""
    return any(derives(kind, registered) for registered, _ in _surrogates) or _has_hook(kind)


DIGEST_HOOK: Final = "__xetcache_digest__"
"""Method by which a class of the user says what an instance of it is digested by."""


def _has_hook(kind: type) -> bool:
    return any(DIGEST_HOOK in members_of(base) for base in mro_of(kind))


def _asked(value: Any) -> object:
    kind: Any = class_of(value)
    return getattr(kind, DIGEST_HOOK)(value)


def handle(kind: type, handler: Handler, *, changes: bool = False) -> None:
    """Let `handler` write values of exactly this type.

    Args:
        changes: an instance can change, so it matters where else it is.
    """
    _exact[identity(kind)] = _written_here[identity(kind)] = (kind, handler, changes)


def handle_family(kind: type, handler: Handler, *, changes: bool = False) -> None:
    """Let `handler` write values of this type and of types derived from it."""
    _families.append((kind, handler, changes))


def handler_of(kind: type) -> Handler:
    """Return what writes values of exactly this builtin type, or instances of `object`."""
    written_here = _written_here.get(identity(kind))
    if written_here is not None:
        return written_here[1]
    return next(handler for family, handler, _ in _families if family is kind)


def known(kind: type) -> _Known:
    """Return what writes values of a type, and whether they can change."""
    return _exact.get(identity(kind)) or _resolve(kind)


def _resolve(kind: type) -> _Known:
    """Find the handler for a type that has none of its own, once."""
    for base in mro_of(kind):
        top = module_name_of(base).partition(".")[0]
        if top in _LIBRARIES and top not in _installed and loaded_module(top) is not None:
            # Installing twice does no harm, as two threads may; being late would.
            with suppress(AttributeError, ImportError):  # a stub of that name has no such types
                import_module(f".{_LIBRARIES[top]}", __package__).install()
            _installed.add(top)
    found = _exact[identity(kind)] = (kind, *_handler_among(kind))
    return found


def _handler_among(kind: type) -> tuple[Handler, bool]:
    for registered, stands_for in _surrogates:
        if derives(kind, registered):
            return _by_surrogate(stands_for), False
    if _has_hook(kind):
        return _by_surrogate(_asked), False
    for base in mro_of(kind):
        for family, handler, changes in _families:
            if family is base:
                return handler, changes and (family is not object or can_change(kind))
    raise AssertionError("`object` is a family")


def is_library(kind: type) -> bool:
    """Tell whether a class was installed and not written by the user."""
    return library_of(kind) is not None


def library_of(kind: type) -> Distribution | None:
    """Return what a class was installed with; None for one that the user wrote."""
    name = module_name_of(kind)
    module = loaded_module(name)
    if module is None:
        return None
    known_here = _from.get(identity(kind))
    if known_here is not None and known_here[0] is kind and known_here[1] is module:
        return known_here[2]
    found = USER_CODE.pinned_by(name, module_text(module, "__file__"))
    _from[identity(kind)] = (kind, module, found)
    return found


_from: dict[int, tuple[type, ModuleType, Distribution | None]] = {}
"""By class, its module and what that was installed with."""


_TUPLES_AND_TEXT: Final = (tuple, str, bytes, int, float, complex, frozenset)


def can_change(kind: type) -> bool:
    """Tell whether instances of a class can change and stay the same objects."""
    if is_library(kind):
        # Time stamps and offsets of pandas have dictionaries and never change.
        top = module_name_of(kind).partition(".")[0]
        return top != "pandas" and (dict_offset_of(kind) != 0 or not is_hashable(kind))
    return dict_offset_of(kind) != 0 or not any(derives(kind, base) for base in _TUPLES_AND_TEXT)


def _by_surrogate(stands_for: Callable[[Any], object]) -> Handler:
    def write(encoder: Any, value: object) -> None:
        encoder.immutable = False
        encoder.mark(b"surrogate")
        encoder.refer(type(value), ".__class__")
        try:
            part = stands_for(value)
        except Exception as error:
            raise encoder.refuse(value, f"what stands for it cannot be told: {error}") from error
        encoder.value(part)

    return write
