"""Builtins and value types of the standard library.

Each type has its tag, so that 1, True and 1.0 differ, and so do a list and a tuple.
Types that hold no value but a resource, such as locks and loggers, stand for
themselves: nothing a program computes depends on which one it has.
"""

from __future__ import annotations

import builtins
import contextvars
import dataclasses
import functools
import gc
import re
import struct
import sys
import threading
import types
import typing
import weakref
from collections import ChainMap, Counter, OrderedDict, defaultdict, deque
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from ..kinds import (
    LruCache,
    class_of,
    dict_of,
    is_one_of,
    loaded_module,
    member_at,
    members_of,
    module_name_of,
    mro_of,
    qualified_name_of,
)
from ..pyversion import LAZY_IMPORT
from .encoding import Encoder
from .handlers import Handler, handle, handle_family
from .nodes import Step

WEAK_CACHES = (weakref.WeakKeyDictionary, weakref.WeakValueDictionary)
"""Containers in which libraries remember answers by the objects they are for."""


_DESCRIPTORS: Final = (
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)


def install() -> None:
    """Register the handlers of this file."""
    for kind, tag in ((type(...), b"E"), (type(NotImplemented), b"NI")):
        handle(kind, _constant(tag))
    handle(type(dataclasses.MISSING), _sentinel)
    for kind in (type(None), bool, int, float, complex, str):
        handle(kind, Encoder.atom)
    handle(bytes, Encoder.bytes_)
    handle(bytearray, _bytearray, changes=True)
    handle(memoryview, _memoryview)
    handle(list, _list, changes=True)
    handle(tuple, lambda encoder, value: encoder.sequence(b"t", value))
    handle(dict, _dict, changes=True)
    handle(set, _set, changes=True)
    handle(frozenset, lambda encoder, value: encoder.unordered(b"z", value))
    handle(
        range, lambda encoder, value: _parts(encoder, b"range", value.start, value.stop, value.step)
    )
    handle(
        slice, lambda encoder, value: _parts(encoder, b"slice", value.start, value.stop, value.step)
    )
    handle(deque, _deque, changes=True)
    handle(OrderedDict, _with_added(_tagged_dict(b"odict")), changes=True)
    handle(Counter, _with_added(_tagged_dict(b"counter")), changes=True)
    handle(defaultdict, _defaultdict, changes=True)
    handle(ChainMap, _with_added(_made_of(b"chain", "maps")))
    handle(types.MappingProxyType, _proxy)
    if _FROZEN_DICT is not None:
        handle(_FROZEN_DICT, _frozen_dict)
    if LAZY_IMPORT is not None:
        handle(LAZY_IMPORT, _lazy_import)
    handle(
        types.SimpleNamespace,
        lambda encoder, value: _mutable_parts(encoder, b"ns", _attributes(value)),
        changes=True,
    )
    handle(re.Pattern, lambda encoder, value: _parts(encoder, b"re", value.pattern, value.flags))
    handle(struct.Struct, lambda encoder, value: _parts(encoder, b"struct", value.format))
    handle(type(functools.cmp_to_key(cast(Any, None))), _compared)
    alias: type | None = getattr(typing, "TypeAliasType", None)
    if alias is not None:  # since 3.12
        handle(alias, _type_alias)
    handle(types.CellType, _cell)
    handle(
        property,
        lambda encoder, value: _parts(encoder, b"prop", value.fget, value.fset, value.fdel),
    )
    handle(staticmethod, _with_added(_made_of(b"static", "__func__")))
    handle(classmethod, _with_added(_made_of(b"class", "__func__")))
    handle(functools.cached_property, _with_added(_made_of(b"cprop", "func")))
    of_partial = ("func", "args", "keywords")
    handle(functools.partial, _with_added(_made_of(b"partial", *of_partial)))
    handle(functools.partialmethod, _with_added(_made_of(b"pmethod", *of_partial)))
    handle(types.MethodType, _method)
    handle(LruCache, _with_added(_lru_cache))
    for kind in (types.FunctionType, type, types.ModuleType):
        handle_family(kind, Encoder.refer)
    handle(types.BuiltinFunctionType, _builtin)
    for kind in _DESCRIPTORS:
        handle(kind, _descriptor)
    handle(types.MethodWrapperType, _bound_slot)
    handle(
        types.GenericAlias,
        lambda encoder, value: _parts(encoder, b"alias", value.__origin__, value.__args__),
    )
    handle(type(int | str), lambda encoder, value: _parts(encoder, b"union", value.__args__))
    handle(weakref.ref, _weak_reference)
    handle(contextvars.ContextVar, _context_variable)
    handle(dataclasses.Field, _field)
    for kind in _resources():
        handle_family(kind, _resource)
    handle_family(threading.Event, _flag("_flag"), changes=True)
    handle_family(threading.Semaphore, _flag("_value"), changes=True)
    handle_family(threading.local, _thread_local, changes=True)
    variables: list[type] = [typing.TypeVar, typing.ParamSpec, typing.TypeVarTuple]
    for kind in variables:
        if is_one_of(type(members_of(kind).get("__name__")), _DESCRIPTORS):
            handle(kind, _type_variable)  # before 3.12 they are classes in Python


_FROZEN_DICT: Final[type | None] = getattr(builtins, "frozendict", None)
"""Since 3.15."""


def _made_of(tag: bytes, *names: str) -> Handler:
    """Return what writes these attributes of a value."""

    def write(encoder: Encoder, value: object) -> None:
        _parts(encoder, tag, *[getattr(value, name) for name in names])

    return write


def _with_added(handler: Handler) -> Handler:
    """Return what writes attributes, too, that the program gave a value."""

    def write(encoder: Encoder, value: object) -> None:
        handler(encoder, value)
        encoder.added(value)

    return write


def _sentinel(encoder: Encoder, value: Any) -> None:
    """Write one that is known by its name; that of dataclasses is of the same class since 3.15."""
    if value is dataclasses.MISSING:
        encoder.mark(b"missing")
        return
    module, name = value.__module__, value.__name__
    owner = loaded_module(module) if type(module) is str else None
    if owner is None or member_at(owner, name) is not value:
        raise encoder.refuse(value, "no module has it under its name")
    encoder.immutable = False
    encoder.values(b"sentinel", [("", module), ("", name)], 2)


def _lazy_import(encoder: Encoder, value: object) -> None:
    raise encoder.refuse(value, "it is an import that was not done yet")


def _frozen_dict(encoder: Encoder, value: Any) -> None:
    # Not as a value: the copy is another one each time.
    encoder.values(b"frozendict", _items(_BUILTIN_DICT(value)), len(value))


def _compared(encoder: Encoder, value: Any) -> None:
    """Write what `cmp_to_key` makes; only the collector tells of its function."""
    _parts(encoder, b"compared", *gc.get_referents(value))


def _type_alias(encoder: Encoder, value: Any) -> None:
    """Write what `type X = ...` makes: the code of its value, which runs when it is asked.

    One that was made by a call has its value.
    """
    code = [part for part in gc.get_referents(value) if type(part) is types.FunctionType]
    meaning = code[0] if code else value.__value__
    _parts(encoder, b"type alias", value.__name__, value.__type_params__, meaning)


def _parts(encoder: Encoder, tag: bytes, *parts: object) -> None:
    encoder.values(tag, (("", part) for part in parts), len(parts))


def _mutable_parts(encoder: Encoder, tag: bytes, *parts: object) -> None:
    encoder.immutable = False
    _parts(encoder, tag, *parts)


def _constant(tag: bytes) -> Handler:
    def write(encoder: Encoder, _: object) -> None:
        encoder.mark(tag)

    return write


def _bytearray(encoder: Encoder, value: bytearray) -> None:
    encoder.immutable = False
    encoder.token(b"ba", bytes(value))


def _memoryview(encoder: Encoder, value: memoryview) -> None:
    encoder.immutable = False
    _parts(encoder, b"mv", value.format, value.shape)
    encoder.buffer(b"mv", value.tobytes())


def _list(encoder: Encoder, value: list[Any]) -> None:
    encoder.immutable = False
    encoder.sequence(b"l", value)


def _deque(encoder: Encoder, value: deque[Any]) -> None:
    encoder.immutable = False
    _parts(encoder, b"dq", value.maxlen)
    encoder.sequence(b"l", value)


def _attributes(value: types.SimpleNamespace) -> dict[str, object]:
    return vars(value)


def _plain_items(value: dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
    return dict[Any, Any].items(value)


def _items(value: dict[Any, Any]) -> Iterator[tuple[Step, Any]]:
    # `dict.items` and not `value.items`: a subclass may have its own.
    for key, item in _plain_items(value):
        yield (key, True), key
        yield (key,), item


def _dict(encoder: Encoder, value: dict[Any, Any]) -> None:
    encoder.immutable = False
    encoder.values(b"d", _items(value), len(value))


_BUILTIN_DICT: Final[Any] = dict
_BUILTIN_ODICT: Final[Any] = OrderedDict


def _tagged_dict(tag: bytes) -> Handler:
    def write(encoder: Encoder, value: Any) -> None:
        encoder.immutable = False
        # The order of an OrderedDict is its own list, which `dict.items` does not see.
        kind = _BUILTIN_ODICT if type(value) is OrderedDict else _BUILTIN_DICT
        items: dict[Any, Any] = _BUILTIN_DICT(kind.items(value))
        encoder.values(tag, _items(items), len(items))

    return write


def _proxy(encoder: Encoder, value: types.MappingProxyType[Any, Any]) -> None:
    encoder.immutable = False
    # Not as a value: the copy is another one each time.
    encoder.values(b"proxy", _items(dict(value)), len(value))


def _defaultdict(encoder: Encoder, value: defaultdict[Any, Any]) -> None:
    _parts(encoder, b"dd", value.default_factory)
    _dict(encoder, value)


def _set(encoder: Encoder, value: set[Any]) -> None:
    encoder.immutable = False
    encoder.unordered(b"y", value)


def _cell(encoder: Encoder, value: types.CellType) -> None:
    encoder.immutable = False
    try:
        contents = value.cell_contents
    except ValueError:
        encoder.mark(b"empty")
    else:
        _parts(encoder, b"cell", contents)


def _method(encoder: Encoder, value: types.MethodType) -> None:
    _parts(encoder, b"method", value.__func__, value.__self__)


def _lru_cache(encoder: Encoder, value: Any) -> None:
    # What the cache holds is an answer and not an input. What it may hold decides which calls
    # give the same object, and whether 1.0 is answered as 1 was.
    wrapped: object = value.__wrapped__
    _parts(encoder, b"lru", wrapped, LruCache.cache_info(value).maxsize, _is_typed(value))
    if type(wrapped) is not types.FunctionType:
        # Such as `methodcaller`, which holds no code: the cache itself stands for what answers.
        encoder.refer(LruCache, ".__class__")


def _is_typed(cache: Any) -> bool | None:
    """Tell whether a cache tells arguments by their type, too; None where it does not say."""
    # Not called: the program may have put something else there.
    says = (dict_of(cache) or {}).get("cache_parameters")
    if type(says) is not types.FunctionType or says.__code__ not in _SAY_PARAMETERS:
        return None
    cells = dict(zip(says.__code__.co_freevars, says.__closure__ or (), strict=True))
    return bool(cells["typed"].cell_contents)


_SAY_PARAMETERS: Final = frozenset(
    cast(Any, cache).cache_parameters.__code__
    for cache in (functools.lru_cache(len), functools.lru_cache(maxsize=1)(len))
)
"""Code of functions that `lru_cache` has its caches say by how they were made."""


def _field(encoder: Encoder, value: Any) -> None:
    # All but the annotation, which does not decide what a dataclass does.
    parts = (value.name, value.default, value.default_factory, value.init, value.repr, value.hash)
    metadata = value.metadata
    if not metadata and type(metadata) is _FROZEN_DICT:
        metadata = _NO_METADATA  # as it was before 3.15
    more = (value.compare, metadata, value.kw_only, _field_type(value))
    _parts(encoder, b"field", *parts, *more)


_NO_METADATA: Final = types.MappingProxyType[str, object]({})


def _field_type(field: Any) -> str:
    return field._field_type.name  # noqa: SLF001 - whether it is a field, an InitVar or a ClassVar


def _weak_reference(encoder: Encoder, value: weakref.ref[Any]) -> None:
    encoder.no_content(value, "what it leads to may be gone at any time")
    encoder.immutable = False
    # Not noted as a part: whoever holds on to parts would keep it alive.
    encoder.made_values(b"weak", [("", value())], 1)


def _context_variable(encoder: Encoder, value: contextvars.ContextVar[Any]) -> None:
    encoder.no_content(value, "it is known by itself alone")
    try:
        now = (value.get(),)
    except LookupError:
        now = ()
    _mutable_parts(encoder, b"context", value.name, now)


def _builtin(encoder: Encoder, value: types.BuiltinFunctionType) -> None:
    owner = value.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        encoder.refer(value)
    else:
        _parts(encoder, b"bound", value.__name__, owner)


def _descriptor(encoder: Encoder, value: Any) -> None:
    _parts(encoder, b"descr", value.__name__, value.__objclass__)


def _bound_slot(encoder: Encoder, value: Any) -> None:
    _parts(encoder, b"slot", value.__name__, value.__self__)


def _resources() -> list[type]:
    """Types whose instances are tools and not values."""
    kinds: list[type] = [
        type(threading.Lock()),
        type(threading.RLock()),
        threading.Condition,
        threading.Barrier,
    ]
    if "logging" in sys.modules:
        kinds += [sys.modules["logging"].Logger, sys.modules["logging"].LoggerAdapter]
    return kinds


def _resource(encoder: Encoder, value: object) -> None:
    """Write which tool it is; of a class the user wrote, what it holds beside that."""
    encoder.no_content(value, "it is a tool and holds nothing")
    encoder.token(b"resource", qualified_name_of(type(value)).encode())
    _own_attributes(encoder, value)


def _own_attributes(encoder: Encoder, value: object) -> None:
    kind = type(value)
    module = module_name_of(kind).partition(".")[0]
    if module not in {"threading", "_thread", "logging"}:
        encoder.refer(kind, ".__class__")
    encoder.added(value)


def _flag(name: str) -> Handler:
    def write(encoder: Encoder, value: object) -> None:
        encoder.no_content(value, "it is a tool that others wait for")
        encoder.immutable = False
        encoder.token(b"flag", qualified_name_of(type(value)).encode())
        encoder.value((dict_of(value) or {}).get(name))
        _own_attributes(encoder, value)

    return write


def _thread_local(encoder: Encoder, value: threading.local) -> None:
    encoder.no_content(value, "each thread has another")
    kind = type(value)
    for base in mro_of(kind):
        if base is not threading.local and base is not object and "__init__" in members_of(base):
            owner = qualified_name_of(base)
            raise encoder.refuse(value, f"`{owner}.__init__` fills it in each thread")
    encoder.immutable = False
    encoder.mark(b"local")
    encoder.refer(kind, ".__class__")
    # It has no dictionary of its own but one for each thread, which it hands out itself.
    encoder.value(dict(_LOCAL.__getattribute__(value, "__dict__")))


_LOCAL: Final[Any] = threading.local


def _type_variable(encoder: Encoder, value: Any) -> None:
    encoder.mark(b"typevar")
    encoder.atom(value.__name__)
    members = members_of(class_of(value))
    said = [name for name in _VARIANCE if name in members]
    encoder.value([getattr(value, name) for name in said])
    # A bound may be code that has not run yet; found behind the variable, it is not run.
    around: object = class_of(value)
    held = [
        part for part in gc.get_referents(value) if type(part) is not dict and part is not around
    ]
    found = [part for part in held if type(part) is types.FunctionType] or held
    encoder.values(b"held", [("", part) for part in found], len(found))


_VARIANCE: Final = ("__covariant__", "__contravariant__", "__infer_variance__")


def is_standard_stream(value: object) -> bool:
    """Tell whether this is one of the streams that a process is born with."""
    # Not `in`, which would ask the value whether it is equal.
    return any(value is stream for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__))
