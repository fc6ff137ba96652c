"""Instances: by their attributes, or by what they reduce to.

An instance of a class the user wrote is its class and its attributes, read without
calling anything of its own. An instance of a library's class is what `__reduce_ex__`
says, which is the library's own answer to what it would take to make it again.
"""

from __future__ import annotations

import copyreg
import enum
import functools
import sys
import types
from collections.abc import Iterable
from typing import Any, Final, cast

from ..policy import USER_CODE
from .encoding import Encoder, class_of, handle_family, handler_of, mro_of
from .plain import is_standard_stream


def install() -> None:
    """Register the handlers of this file."""
    handle_family(enum.Enum, _enum_member)
    handle_family(object, _instance)


_PROTOCOL: Final = 4
_HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made at run time, by a `class` statement or so
_POINTER: Final = 8  # bytes

_BUILTIN_CONTENT: Final[tuple[type[Any], ...]] = (
    dict,
    list,
    tuple,
    set,
    frozenset,
    str,
    bytes,
    bytearray,
    int,
    float,
    complex,
)


def _enum_member(encoder: Encoder, value: Any) -> None:
    encoder.refer(class_of(value))
    name = value._name_
    encoder.value(name)
    if name is None:  # a combination of flags has no name of its own
        encoder.value(value._value_)


def _instance(encoder: Encoder, value: object) -> None:
    kind = type(value)
    if kind is object:
        if not encoder.sentinels:
            raise encoder.refuse(value, "it is equal to itself alone")
        encoder.out.append(b"sentinel")
        return
    if is_standard_stream(value):
        encoder.out.append(b"stream")
        return
    encoder.immutable = False
    if is_library(kind):
        encoder.met_library = True
        _by_reduction(encoder, value)
    elif _hides_state(kind):
        encoder.met_library = True
        _refuse_hooks(encoder, value)
        _by_reduction(encoder, value)
    else:
        _by_attributes(encoder, value)


def is_library(kind: type) -> bool:
    """Tell whether a class was installed and not written by the user."""
    module = sys.modules.get(kind.__module__)
    if module is None:
        return False
    file = getattr(module, "__file__", None)
    return USER_CODE.pinned_by(kind.__module__, file) is not None


def _hides_state(kind: type) -> bool:
    """Tell whether an instance has state in C that its attributes do not show."""
    return any(
        base is not object
        and base not in _BUILTIN_CONTENT
        and not _is_exception(base)
        and not _is_class_statement(base)
        for base in mro_of(kind)
    )


def _is_exception(kind: type) -> bool:
    return issubclass(kind, BaseException)


def _is_class_statement(kind: type) -> bool:
    """Tell whether a class is as large as its slots say: nothing else is in it.

    Two more pointers are allowed, for the dictionary and for weak references.
    """
    if not kind.__flags__ & _HEAP_TYPE or kind.__base__ is None:
        return False
    extra = kind.__basicsize__ - kind.__base__.__basicsize__
    slots = sum(isinstance(member, types.MemberDescriptorType) for member in vars(kind).values())
    return extra <= (slots + 2) * _POINTER if _says_so(kind) else extra == 0


def _says_so(kind: type) -> bool:
    return any(name in kind.__dict__ for name in ("__dict__", "__weakref__", "__slots__"))


def _by_attributes(encoder: Encoder, value: object) -> None:
    kind = type(value)
    encoder.out.append(b"object")
    encoder.refer(kind, ".__class__")
    for base in _BUILTIN_CONTENT:
        if issubclass(kind, base):
            _content(encoder, base, value)
            break
    if isinstance(value, BaseException):
        encoder.values(b"args", [(".args", value.args)], 1)
    attributes = attributes_of(value)
    named = [(step, part) for step, item in attributes for part in (step, item)]
    encoder.values(b"attrs", named, len(attributes))


def _content(encoder: Encoder, base: type, value: Any) -> None:
    """Write what an instance of a subclass holds as a builtin container."""
    handler_of(base)(encoder, base(value) if base in (str, bytes, tuple, frozenset) else value)


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return every attribute that holds state, under the step that leads to it: `.rate`."""
    found: list[tuple[str, object]] = []
    kind: Any = type(value)
    instance: dict[str, object] = {}
    if _has_dict(kind):
        instance = object.__getattribute__(value, "__dict__")
    for name, item in instance.items():
        if not isinstance(_class_member(kind, name), functools.cached_property):
            found.append((f".{name}", item))
    for base in kind.__mro__:
        for name, member in base.__dict__.items():
            if isinstance(member, types.MemberDescriptorType):
                try:
                    item = member.__get__(value)
                except AttributeError:
                    continue
                found.append((f".{name}", item))
    return found


def _has_dict(kind: type) -> bool:
    return kind.__dictoffset__ != 0


def _class_member(kind: type, name: str) -> object:
    for base in kind.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def _by_reduction(encoder: Encoder, value: object) -> None:
    kind = type(value)
    try:
        reducer = copyreg.dispatch_table.get(kind)
        reduced = reducer(value) if reducer else value.__reduce_ex__(_PROTOCOL)
    except Exception as error:
        raise encoder.refuse(value, str(error)) from error
    if isinstance(reduced, str):
        # It is found again under a global name: it stands for itself.
        encoder.token(b"global", f"{kind.__module__}.{reduced}".encode())
        return
    encoder.out.append(b"reduced")
    encoder.refer(kind, ".__class__")
    function, arguments, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    encoder.value(function)
    encoder.values(b"args", [("", part) for part in arguments if part is not kind], len(arguments))
    encoder.values(b"state", _state_items(state), 1)
    encoder.value(list(items) if items is not None else None)
    encoder.value(list(pairs) if pairs is not None else None)


def _state_items(state: Any) -> list[tuple[str, object]]:
    if type(state) is not dict or not all(type(name) is str for name in _names(state)):
        return [("", state)]
    named = cast(dict[str, object], state)
    return [(".__dict__", tuple(named)), *((f".{name}", item) for name, item in named.items())]


def _names(state: Any) -> Iterable[object]:
    return state


_HOOKS: Final = (
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
)


def _refuse_hooks(encoder: Encoder, value: object) -> None:
    """Refuse an instance whose hidden state is told by a method of the user."""
    for base in type(value).__mro__:
        if is_library(base):
            continue
        for name in _HOOKS:
            if name in base.__dict__:
                reason = f"its state is told by `{base.__qualname__}.{name}`, which is not run"
                raise encoder.refuse(value, reason)
