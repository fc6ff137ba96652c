"""Everything else, as pickle.

The pickle of the standard library where it can. Where it cannot, cloudpickle: functions
and classes that have no name to be imported by. What is in `__main__` goes by its name
as well: a process that has nothing of this name computes the result again, where a
copy would be an instance of a class that is not the one of that process.

Elements of large arrays are left out of the stream and stand beside it, so that they are
not copied, neither when it is written nor when it is read.

Refused is what would be pickled, but as something else: cloudpickle reads open files to
their end, and a half used iterator would be so again each time it is served.
"""

from __future__ import annotations

import ast
import functools
import gc
import io
import itertools
import pickle
import sys
import threading
import types
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, Protocol, cast

import tracer

from ..errors import EntryDamagedError, NotStorableError
from .plain import SCALARS

Buffer = bytes | bytearray | memoryview

_PROTOCOL: Final = 5

_LARGE: Final = 64 * 1024
"""Bytes of an array from which on its elements stand beside the stream."""

_TOO_DEEP: Final = "it is nested too deeply"
_ONE_USE: Final = "it is used up by whoever reads it first; a list can be read again"
_OF_PROCESS: Final = "it belongs to this process"
_VIEW: Final = "it is a view of a dict, not a copy; `list` makes one"
_WEAK: Final = "what it refers to is not part of it"

_NO_DICT: Final[dict[object, object]] = {}

_REFUSED: Final[tuple[tuple[type[Any], str], ...]] = (
    (io.IOBase, "it is an open file"),
    (types.GeneratorType, _ONE_USE),
    (types.AsyncGeneratorType, _ONE_USE),
    (types.CoroutineType, "it has not run yet"),
    (type(_NO_DICT.keys()), _VIEW),
    (type(_NO_DICT.values()), _VIEW),
    (type(_NO_DICT.items()), _VIEW),
    (memoryview, "it is a view of bytes, not a copy; `bytes` makes one"),
    (weakref.ref, _WEAK),
    (weakref.WeakSet, _WEAK),
    (weakref.WeakKeyDictionary, _WEAK),
    (weakref.WeakValueDictionary, _WEAK),
    (weakref.finalize, "what it does at the end is done by this process"),
    (type(threading.Lock()), _OF_PROCESS),
    (type(threading.RLock()), _OF_PROCESS),
    (threading.Condition, _OF_PROCESS),
    (threading.Event, _OF_PROCESS),
    (threading.Semaphore, _OF_PROCESS),
    (threading.Barrier, _OF_PROCESS),
    (threading.Thread, _OF_PROCESS),
    (types.FrameType, _OF_PROCESS),
)
_IN_MEMORY: Final = (io.BytesIO, io.StringIO)  # files that are all content


class Encoded(NamedTuple):
    """A pickle, and what stands beside it."""

    stream: bytes
    refers: bool
    """Whether it refers to objects of the caller."""
    elements: tuple[memoryview, ...]
    """Of large arrays, where these lie, in the order in which the stream needs them."""


def encode(
    value: object, shared: Mapping[int, str], views: frozenset[int] = frozenset()
) -> Encoded:
    """Return a value as bytes.

    Args:
        views: identities of arrays that are written as where they lie in another.

    Raises:
        NotStorableError: it, or the part it names, cannot be pickled.
    """
    try:
        return _dump(_Pickler, value, shared, views)
    except RecursionError as error:
        raise NotStorableError("result", _name_of(type(value)), _TOO_DEEP) from error
    except _RefusedError as error:
        kind, first = _Pickler, cast(Exception, error)
    except Exception as error:  # noqa: BLE001  whatever a class raises when pickled
        kind, first = _by_value() or _Pickler, error
    try:
        if kind is not _Pickler:
            return _dump(kind, value, shared, views)
    except Exception as error:  # noqa: BLE001  as above
        first = error
    path, part, error = _culprit(kind, value, shared, first)
    raise NotStorableError(path, _name_of(type(part)), _reason_of(error)) from error


def decode(
    data: memoryview,
    shared: Mapping[str, object],
    elements: Iterable[Buffer] = (),
    *,
    refers: bool,
) -> Any:
    """Return the value that was pickled.

    Args:
        elements: what stood beside the stream; the arrays lie in them.
        refers: what `encode` told of it.

    Raises:
        EntryDamagedError: it cannot be read here, such as for a class that is gone.
    """
    try:
        # `loads` reads the bytes where they are, a file would be a copy.
        if not refers:
            return pickle.loads(data, buffers=elements)  # noqa: S301
        return _Unpickler(io.BytesIO(data), shared, elements).load()
    except Exception as error:
        raise EntryDamagedError(
            f"the value cannot be read: {type(error).__name__}: {error}"
        ) from error


class _Kind(Protocol):
    """A pickler that asks `_refuse` about each object that is more than plain data."""

    def __call__(
        self, file: io.BytesIO, views: frozenset[int], elements: list[pickle.PickleBuffer]
    ) -> pickle.Pickler: ...


def _dump(
    kind: _Kind, value: object, shared: Mapping[int, str], views: frozenset[int] = frozenset()
) -> Encoded:
    out = io.BytesIO()
    elements: list[pickle.PickleBuffer] = []
    pickler = kind(out, views, elements)
    referred: list[str] = []
    if shared:  # only then, because it is asked about each and every number

        def reference(part: object) -> str | None:
            if id(part) not in shared or type(part) in SCALARS:
                return None
            referred.append(shared[id(part)])
            return referred[-1]

        pickler.persistent_id = reference
    pickler.dump(value)
    return Encoded(out.getvalue(), bool(referred), tuple(one.raw() for one in elements))


class _RefusedError(Exception):
    def __init__(self, part: object, reason: str) -> None:
        super().__init__(reason)
        self.part = part
        self.reason = reason


class _Libraries:
    """Objects that a library has one of, in the module of their class: `scipy.stats.t`.

    They go by name. A copy would be another one, with a state of its own.
    """

    def __init__(self) -> None:
        self._named: dict[type, dict[int, str]] = {}

    def name_of(self, part: object) -> str:
        """Return the name of an object in the module of its class; nothing if it has none."""
        kind = type(part)
        named = self._named.get(kind)
        if named is None:
            named = self._named[kind] = dict(_named_by(kind))
        return named.get(id(part), "") if named else ""


def _named_by(kind: type) -> Iterator[tuple[int, str]]:
    if kind in _CODE or not tracer.is_library(kind):
        return
    module = sys.modules.get(kind.__module__)
    for name, value in vars(module).items() if isinstance(module, types.ModuleType) else ():
        if type(value) is kind:
            yield id(value), name


_CODE: Final = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)


class _Pickler(pickle.Pickler):
    def __init__(
        self, file: io.BytesIO, views: frozenset[int], elements: list[pickle.PickleBuffer]
    ) -> None:
        super().__init__(file, protocol=_PROTOCOL, buffer_callback=_all_but(elements))
        self._checked: set[type] = set()
        self._libraries = _Libraries()
        self._views = views
        self._elements = elements

    def reducer_override(self, obj: object) -> Any:
        _refuse(obj, self._checked)
        if id(obj) in self._views:
            return _reduced_view(obj)
        return self._libraries.name_of(obj) or _reduced_here(obj, self._elements)


class _Unpickler(pickle.Unpickler):
    def __init__(
        self, file: io.BytesIO, shared: Mapping[str, object], elements: Iterable[Buffer]
    ) -> None:
        super().__init__(file, buffers=elements)
        self._shared = shared

    def persistent_load(self, pid: str) -> object:
        return self._shared[pid]


@functools.cache
def _by_value() -> _Kind | None:
    """Return the pickler that writes functions and classes themselves, if there is one."""
    try:
        import cloudpickle  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        return None
    by_value: Any = cloudpickle.Pickler

    class Pickler(by_value):
        def __init__(
            self, file: io.BytesIO, views: frozenset[int], elements: list[pickle.PickleBuffer]
        ) -> None:
            callback = _all_but(elements)
            by_value.__init__(self, file, protocol=_PROTOCOL, buffer_callback=callback)
            self._checked: set[type] = set()
            self._libraries = _Libraries()
            self._views = views
            self._elements = elements

        def reducer_override(self, obj: object) -> Any:
            _refuse(obj, self._checked)
            if id(obj) in self._views:
                return _reduced_view(obj)
            if name := self._libraries.name_of(obj):
                return name
            if _is_named_in_main(obj):
                return NotImplemented  # by its name
            reduced = _reduced_here(obj, self._elements)
            if reduced is not NotImplemented:
                return reduced
            return by_value.reducer_override(self, obj)

    return Pickler


def _reduced_view(array: Any) -> Any:
    from . import views

    return views.reduced(array)


def _reduced_here(part: object, elements: list[pickle.PickleBuffer]) -> Any:
    """Return how a large array is made again from its elements, which are added to `elements`.

    `NotImplemented` for anything else, but for counters.
    """
    if type(part) is itertools.count:
        return _reduced_count(part)
    if type(part) is not getattr(sys.modules.get("numpy"), "ndarray", None):
        return NotImplemented
    array: Any = part
    if array.nbytes < _LARGE:
        return NotImplemented
    reduced = array.__reduce_ex__(_PROTOCOL)
    # No buffer where its elements are objects, or not side by side.
    if reduced[1] and type(reduced[1][0]) is pickle.PickleBuffer:
        elements.append(reduced[1][0])
    return reduced


def _reduced_count(part: Any) -> Any:
    """Return how a counter is made again, which shows all of it: `count(3, 2)`.

    Python 3.12 and 3.13 warn of pickling one, and later ones cannot. Matplotlib has one in
    each axis with names on it.
    """
    held = [one for one in gc.get_referents(part) if one is not itertools.count]
    if any(type(one) not in {int, float} for one in held):
        raise _RefusedError(part, _ONE_USE)  # other numbers are not what they are written as
    try:
        return itertools.count, ast.literal_eval(f"({repr(part)[6:-1]},)")
    except ValueError:  # nan, inf
        raise _RefusedError(part, _ONE_USE) from None


def _all_but(elements: list[pickle.PickleBuffer]) -> Callable[[pickle.PickleBuffer], bool]:
    """Return what tells a pickler to write all buffers into the stream, but for `elements`.

    Read from there, a buffer is a `bytes` or `bytearray`, which other classes than arrays
    may count on.
    """
    return lambda buffer: not any(one is buffer for one in elements[-1:])


def _is_named_in_main(part: object) -> bool:
    if not isinstance(part, type | types.FunctionType) or part.__module__ != "__main__":
        return False
    found: object = sys.modules.get("__main__")
    for name in part.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is part


def _refuse(part: object, checked: set[type]) -> None:
    """Raise for an object whose type is refused; `checked` are types that are not."""
    kind = type(part)
    if kind in checked:
        return
    reason = _why_not(kind)
    if reason is not None:
        raise _RefusedError(part, reason)
    checked.add(kind)


def _why_not(kind: type[Any]) -> str | None:
    """Return why objects of this type cannot be stored, if that is known of the type."""
    if issubclass(kind, _IN_MEMORY):
        return None
    for refused, reason in _REFUSED:
        if issubclass(kind, refused):
            return reason
    if kind is itertools.count:
        return None
    if kind.__module__ in {"builtins", "itertools"} and hasattr(kind, "__next__"):
        return _ONE_USE
    return None


# -- naming the part ------------------------------------------------------------------


def _culprit(
    kind: _Kind, value: object, shared: Mapping[int, str], error: Exception
) -> tuple[str, object, Exception]:
    """Return path and object of the innermost part that fails as the whole does.

    Parts are pickled one by one. That one fails alone is not enough: a class may leave
    it out when it is pickled itself.
    """
    path, part, seen = "result", value, {id(value)}
    while True:
        for deeper, inner in _parts(path, part):
            if id(inner) in seen or type(inner) in SCALARS:
                continue
            seen.add(id(inner))
            failure = _failure(kind, inner, shared)
            if failure is not None and _is_same(failure, error):
                path, part, error = deeper, inner, failure
                break
        else:
            return path, part, error


def _failure(kind: _Kind, part: object, shared: Mapping[int, str]) -> Exception | None:
    try:
        _dump(kind, part, shared)
    except Exception as error:  # noqa: BLE001  that it raises is the answer
        return error
    return None


def _is_same(error: Exception, other: Exception) -> bool:
    if isinstance(error, _RefusedError) and isinstance(other, _RefusedError):
        # Attributes may be made anew each time they are read, so equal types will do.
        return type(error.part) is type(other.part)
    return type(error) is type(other) and str(error) == str(other)


def _parts(path: str, value: Any) -> Iterator[tuple[str, object]]:
    """Yield what a value is made of, each with the expression that reaches it."""
    kind = type(cast(object, value))
    if issubclass(kind, type | types.ModuleType):
        return
    if issubclass(kind, types.FunctionType):
        yield from _parts_of_function(path, value)
        return
    if issubclass(kind, dict):
        for number, key in enumerate(value):
            yield f"list({path})[{number}]", key
        for key, item in value.items():
            yield f"{path}[{repr(key) if type(key) in SCALARS else '…'}]", item
    elif issubclass(kind, list | tuple | set | frozenset):
        names: tuple[str, ...] = getattr(value, "_fields", ())
        shown = path if issubclass(kind, list | tuple) else f"list({path})"
        for number, item in enumerate(value):
            yield f"{path}.{names[number]}" if names else f"{shown}[{number}]", item
    for readable, attributes in _READABLE:
        if issubclass(kind, readable):
            for name in attributes:
                yield f"{path}.{name}", getattr(value, name)
    yield from _attributes(path, value)


_READABLE: Final[tuple[tuple[type[Any], tuple[str, ...]], ...]] = (
    (functools.partial, ("func", "args", "keywords")),
    (types.MethodType, ("__self__",)),
    (BaseException, ("args",)),
)


def _parts_of_function(path: str, function: types.FunctionType) -> Iterator[tuple[str, object]]:
    for number, cell in enumerate(function.__closure__ or ()):
        try:
            yield f"{path}.__closure__[{number}].cell_contents", cell.cell_contents
        except ValueError:  # empty
            continue
    for number, default in enumerate(function.__defaults__ or ()):
        yield f"{path}.__defaults__[{number}]", default
    for name in function.__code__.co_names:
        if name in function.__globals__:
            yield f"{path}.__globals__[{name!r}]", function.__globals__[name]


def _attributes(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the attributes that an object keeps, without running its properties."""
    try:
        kept: dict[str, object] = object.__getattribute__(value, "__dict__")
    except AttributeError:
        kept = {}
    for name, item in tuple(kept.items()):
        yield f"{path}.{name}", item
    for kind in type(value).__mro__:
        for name, member in vars(kind).items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    yield f"{path}.{name}", member.__get__(value)
                except AttributeError:  # not set
                    continue


def _name_of(kind: type) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )


def _reason_of(error: Exception) -> str:
    return error.reason if isinstance(error, _RefusedError) else str(error) or type(error).__name__
