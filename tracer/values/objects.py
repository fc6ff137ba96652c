"""Instances: by their attributes, or by what they reduce to.

An instance of a class the user wrote is its class and its attributes, read without
calling anything of its own. An instance of a library's class is what `__reduce_ex__`
says, which is the library's own answer to what it would take to make it again.
"""

from __future__ import annotations

import copyreg
import dataclasses
import enum
import functools
import os
import types
import weakref
from collections import ChainMap, OrderedDict, defaultdict, deque
from collections.abc import Iterable
from typing import Any, Final, cast

from ..kinds import (
    CONTENT,
    HEAP_TYPE,
    base_of,
    basic_size_of,
    class_of,
    derives,
    dict_of,
    flags_of,
    is_kind,
    members_of,
    module_name_of,
    mro_of,
    name_of,
    qualified_name_of,
)
from ..policy import PYTHON_ITSELF
from .encoding import (
    Encoder,
    Reference,
    handle,
    handle_family,
    handler_of,
    is_library,
    is_registered,
    library_of,
    surrogate_of,
)
from .plain import is_standard_stream


def install() -> None:
    """Register the handlers of this file."""
    handle_family(enum.Enum, _enum_member)
    handle_family(object, _instance, changes=True)
    for kind in (weakref.ProxyType, weakref.CallableProxyType):
        handle(kind, _refused("what it stands for may be gone at any time"))


_PROTOCOL: Final = 4
_POINTER: Final = 8  # bytes

COMPILED_FUNCTIONS: Final = frozenset({"cython_function_or_method", "fused_cython_function"})
"""Names of the types of functions that Cython makes; each module may have its own."""


def _refused(reason: str) -> Any:
    def refuse(encoder: Encoder, value: object) -> None:
        raise encoder.refuse(value, reason)

    return refuse


def _enum_member(encoder: Encoder, value: Any) -> None:
    encoder.refer(class_of(value))
    attributes = dict_of(value) or {}
    name = attributes.get("_name_")
    encoder.value(name)
    if name is None:  # a combination of flags has no name of its own
        encoder.value(attributes.get("_value_"))


def _instance(encoder: Encoder, value: object) -> None:
    kind = type(value)
    if kind is object:
        if not encoder.sentinels:
            raise encoder.refuse(value, "it is equal to itself alone")
        encoder.refer(value)
        return
    if is_standard_stream(value):
        encoder.mark(b"stream")
        return
    if kind is type(os.environ):
        # What is read from it is a fact of the call that reads it.
        encoder.mark(b"environment")
        return
    if name_of(kind) == "ForwardRef" and is_library(kind):
        # Named by text; its code is made when somebody asks, and tells no more.
        encoder.values(b"forward", [("", getattr(value, "__forward_arg__", None))], 1)
        return
    if name_of(kind) in COMPILED_FUNCTIONS:
        # Of a compiled module, which stands for it; its name says which of them it is.
        named = [getattr(value, part, None) for part in ("__module__", "__qualname__")]
        encoder.values(b"compiled", [("", str(part)) for part in named], len(named))
        encoder.refer(kind)
        return
    encoder.immutable = False
    library = library_of(kind)
    if library is not None:
        # What Python itself comes with calls methods by names that are known.
        encoder.met_library |= library != PYTHON_ITSELF
        _by_reduction(encoder, value)
    elif _hides_state(kind):
        encoder.met_library = True
        _refuse_hooks(encoder, value)
        _by_reduction(encoder, value)
    else:
        _by_attributes(encoder, value)


def has_only_attributes(kind: type) -> bool:
    """Tell whether an instance is its class and what is in its dictionary."""
    return (
        kind is not object
        and not is_registered(kind)
        and not any(_is_content(base) or derives(base, BaseException) for base in mro_of(kind))
        and not derives(kind, enum.Enum)
        and not any(
            type(member) is types.MemberDescriptorType
            for base in mro_of(kind)
            for member in members_of(base).values()
        )
        and not is_library(kind)
        and not _hides_state(kind)
    )


def answered_for(references: Iterable[Reference]) -> list[object]:
    """Return the code that a value holds in something that may answer in its place."""
    return [surrogate_of(one.target) for one in references if any(map(may_answer, one.within))]


def may_answer(kind: type) -> bool:
    """Tell whether an instance may keep answers, or compile functions and run them unseen.

    One that the user wrote does so where its digest does not show all that it keeps.
    """
    if any(kind is one for one in _HOLDERS) or module_name_of(kind) == "typing":
        return False
    return (
        is_library(kind)
        or is_registered(kind)
        or derives(kind, functools.cached_property)
        or _hides_state(kind)
    )


_HOLDERS: Final = (
    dict,
    list,
    tuple,
    set,
    frozenset,
    deque,
    OrderedDict,
    defaultdict,
    ChainMap,
    types.MappingProxyType,
    types.SimpleNamespace,
    types.CellType,
    types.GenericAlias,
    property,
    staticmethod,
    classmethod,
    types.MethodType,
    functools.partial,
    functools.partialmethod,
    dataclasses.Field,
    weakref.ref,
)
"""What holds functions and has them run whenever it is asked for what they give."""


def _hides_state(kind: type) -> bool:
    """Tell whether an instance has state in C that its attributes do not show."""
    return any(
        base is not object
        and not _is_content(base)
        and not derives(base, BaseException)
        and not _is_class_statement(base)
        for base in mro_of(kind)
    )


def _is_content(kind: type) -> bool:
    return any(kind is base for base in CONTENT)


def _is_class_statement(kind: type) -> bool:
    """Tell whether a class is as large as its slots say: nothing else is in it.

    Two more pointers are allowed, for the dictionary and for weak references.
    """
    base = base_of(kind)
    if not flags_of(kind) & HEAP_TYPE or base is None:
        return False
    members = members_of(kind)
    extra = basic_size_of(kind) - basic_size_of(base)
    slots = sum(type(member) is types.MemberDescriptorType for member in members.values())
    says_so = any(name in members for name in ("__dict__", "__weakref__", "__slots__"))
    return extra <= (slots + 2) * _POINTER if says_so else extra == 0


def _by_attributes(encoder: Encoder, value: object) -> None:
    kind = type(value)
    encoder.mark(b"object")
    encoder.refer(kind, ".__class__")
    for base, content_of in CONTENT.items():
        if derives(kind, base):
            handler_of(base)(encoder, content_of(value))
            break
    if derives(kind, BaseException):
        _exception(encoder, value)
    attributes = steps_of(value)
    named = [(step, part) for step, item in attributes for part in (step, item)]
    encoder.values(b"attrs", named, len(attributes))


_EXCEPTION: Final[dict[str, Any]] = dict(members_of(BaseException))


def _exception(encoder: Encoder, value: object) -> None:
    """Write what an exception holds; its traceback says where and not what."""
    parts = [(f".{name}", _EXCEPTION[name].__get__(value)) for name in ("args", "__cause__")]
    encoder.values(b"exception", parts, len(parts))


def steps_of(value: object) -> list[tuple[str, object]]:
    """Return every attribute that holds state, under the step that leads to it: `.rate`.

    Answers that a cached property keeps are none.
    """
    kind = type(value)
    return [(f".{name}", item) for name, item in attributes_of(value) if not _is_cached(kind, name)]


def attributes_of(value: object) -> list[tuple[str, object]]:
    """Return the attributes that an instance keeps: in its dictionary, then in slots."""
    found = list((dict_of(value) or {}).items())
    for base in mro_of(type(value)):
        for name, member in members_of(base).items():
            if type(member) is types.MemberDescriptorType:
                try:
                    found.append((name, member.__get__(value)))
                except AttributeError:  # not set
                    continue
    return found


def _class_member(kind: type, name: str) -> object:
    for base in mro_of(kind):
        members = members_of(base)
        if name in members:
            return members[name]
    return None


def _by_reduction(encoder: Encoder, value: object) -> None:
    kind = type(value)
    if module_name_of(kind) == "itertools":
        raise encoder.refuse(value, "it may be half used")
    try:
        table = list(copyreg.dispatch_table.items())
        reducer = next((reducer for one, reducer in table if one is kind), None)
        reduced: Any = reducer(value) if reducer else value.__reduce_ex__(_PROTOCOL)
    except Exception as error:
        raise encoder.refuse(value, str(error)) from error
    if isinstance(reduced, str):
        # It is found again under a global name; what it holds beside that counts too.
        encoder.token(b"global", f"{module_name_of(kind)}.{reduced}".encode())
        attributes = steps_of(value)
        encoder.values(b"attrs", attributes, len(attributes))
        return
    encoder.mark(b"reduced")
    encoder.refer(kind, ".__class__")
    function, arguments, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    encoder.value(function)
    encoder.values(b"args", [("", part) for part in arguments if part is not kind], len(arguments))
    encoder.values(b"state", _state_items(kind, state), 1)
    for more in (items, pairs):
        if more is None:
            encoder.value(None)
        else:
            found = [("", part) for part in more]
            encoder.values(b"l", found, len(found))
    if derives(kind, BaseException):
        _exception(encoder, value)


def _state_items(kind: type, state: Any) -> list[tuple[str, object]]:
    if type(state) is not dict or not all(type(name) is str for name in _names(state)):
        return [("", state)]
    named = {
        name: item
        for name, item in cast(dict[str, object], state).items()
        if name not in _NOTES and not _is_cached(kind, name)
    }
    return [(".__dict__", tuple(named)), *((f".{name}", item) for name, item in named.items())]


_NOTES: Final = frozenset({"_has_canonical_format", "_has_sorted_indices"})
"""What sparse matrices of scipy have found out about themselves, and may find out again."""


def _is_cached(kind: type, name: str) -> bool:
    """Tell whether an attribute is an answer that a cached property keeps."""
    return is_kind(_class_member(kind, name), functools.cached_property)


def _names(state: Any) -> Iterable[object]:
    return state


_HOOKS: Final = (
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__getnewargs__",
    "__getnewargs_ex__",
    # What `copyreg` and the pickling of containers ask an instance for.
    "__getattribute__",
    "__getattr__",
    "__iter__",
    "__len__",
    "items",
    "keys",
    "values",
    "__class__",
    "__dict__",
)


def _refuse_hooks(encoder: Encoder, value: object) -> None:
    """Refuse an instance whose hidden state is told by a method of the user."""
    for base in mro_of(type(value)):
        if is_library(base):
            continue
        members = members_of(base)
        for name in _HOOKS:
            if name in members and type(members[name]) is not types.GetSetDescriptorType:
                owner = qualified_name_of(base)
                reason = f"its state is told by `{owner}.{name}`, which is not run"
                raise encoder.refuse(value, reason)
