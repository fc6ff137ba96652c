"""Everything else, as pickle.

The pickle of the standard library where it can, cloudpickle where it cannot: functions
and classes without a name to import. What would come back as something else, or half
used, is refused: open files, generators, iterators.
"""

from __future__ import annotations

import io
import pickle
import threading
import types
import weakref
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from ..errors import EntryDamagedError, NotStorableError

_PROTOCOL: Final = 5

_REFUSED: Final[tuple[tuple[type, str], ...]] = (
    (types.GeneratorType, "it is used up by whoever reads it"),
    (types.CoroutineType, "it has not run yet"),
    (types.AsyncGeneratorType, "it is used up by whoever reads it"),
    (io.IOBase, "it is an open file"),
    (type(iter([])), "it may be half used"),
    (type(iter({})), "it may be half used"),
    (type(iter(())), "it may be half used"),
    (map, "it may be half used"),
    (zip, "it may be half used"),
    (filter, "it may be half used"),
    (enumerate, "it may be half used"),
    (reversed, "it may be half used"),
    (type(threading.Lock()), "it belongs to this process"),
    (threading.Thread, "it belongs to this process"),
    (weakref.ref, "what it refers to is not part of it"),
    (types.FrameType, "it belongs to this process"),
)


def encode(value: object, shared: Mapping[int, str]) -> bytes:
    """Return a value as bytes.

    Raises:
        NotStorableError: it, or the part it names, cannot be pickled.
    """
    out = io.BytesIO()
    try:
        _Pickler(out, shared).dump(value)
        return out.getvalue()
    except _Refused as error:
        raise _named(value, error.part, error.reason) from None
    except Exception as first:  # noqa: BLE001 - a class may raise anything when pickled
        try:
            return _by_value(value, shared)
        except _Refused as error:
            raise _named(value, error.part, error.reason) from None
        except Exception:  # noqa: BLE001 - as above
            raise _culprit(value, first) from first


class _Refused(Exception):  # noqa: N818 - not an error of its own
    def __init__(self, part: object, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason


def _reference(part: object, shared: Mapping[int, str]) -> str | None:
    reason = _reason_to_refuse(part)
    if reason is not None:
        raise _Refused(part, reason)
    return shared.get(id(part))


def _reason_to_refuse(part: object) -> str | None:
    return next((reason for kind, reason in _REFUSED if isinstance(part, kind)), None)


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, shared: Mapping[int, str]) -> None:
        super().__init__(file, protocol=_PROTOCOL)
        self._shared = shared

    def persistent_id(self, obj: object) -> str | None:
        return _reference(obj, self._shared)


def _by_value(value: object, shared: Mapping[int, str]) -> bytes:
    import cloudpickle  # pyright: ignore[reportMissingTypeStubs]

    by_value: Any = cloudpickle.Pickler

    class Pickler(by_value):
        def persistent_id(self, obj: object) -> str | None:
            return _reference(obj, shared)

    out = io.BytesIO()
    Pickler(out, protocol=_PROTOCOL).dump(value)
    return out.getvalue()


def decode(data: memoryview, shared: Mapping[str, object]) -> Any:
    """Return the value that was pickled.

    Raises:
        EntryDamagedError: it cannot be read here, such as for a class that is gone.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, pid: Any) -> object:
            return shared[pid]

    try:
        return Unpickler(io.BytesIO(data)).load()
    except Exception as error:
        raise EntryDamagedError(
            f"the value cannot be read: {type(error).__name__}: {error}"
        ) from error


# -- naming the part ------------------------------------------------------------------


def _named(value: object, part: object, reason: str) -> NotStorableError:
    path = next((path for path, item in _walk("result", value) if item is part), "result")
    return NotStorableError(path, type(part).__qualname__, reason)


def _culprit(value: object, error: Exception) -> NotStorableError:
    """Return the error for the innermost part that cannot be pickled."""
    path, culprit = "result", value
    for deeper, item in _walk("result", value):
        if deeper.startswith(path) and not _can(item):
            path, culprit = deeper, item
    return NotStorableError(path, type(culprit).__qualname__, str(error))


def _can(item: object) -> bool:
    try:
        _by_value(item, {})
    except Exception:  # noqa: BLE001 - that it raises is the answer
        return False
    return True


_MAX_PARTS: Final = 2_000


def _walk(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the parts of a value with their paths, each before its own parts."""
    seen: set[int] = set()
    stack: list[tuple[str, Any]] = [(path, value)]
    while stack and len(seen) < _MAX_PARTS:
        at, item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield at, item
        stack += reversed(_parts(at, item))


def _parts(at: str, item: Any) -> list[tuple[str, Any]]:
    """Return what a value holds, with the path to each part."""
    if isinstance(item, dict):
        named = cast(dict[Any, Any], item).items()
        return [(f"{at}[{_key(key)}]", part) for key, part in named]
    if isinstance(item, list | tuple | set | frozenset):
        numbered = enumerate(cast(Iterable[Any], item))
        return [(f"{at}[{number}]", part) for number, part in numbered]
    if isinstance(item, type | types.FunctionType | types.ModuleType):
        return []
    attributes: dict[str, Any] = getattr(item, "__dict__", {})
    return [(f"{at}.{name}", part) for name, part in attributes.items()]


def _key(key: object) -> str:
    return repr(key) if type(key) in (str, int) else "…"
