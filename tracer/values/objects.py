"""Instances: by their attributes, or by what they reduce to.

An instance of a class the user wrote is its class and its attributes, read without
calling anything of its own. An instance of a library's class is what `__reduce_ex__`
says, which is the library's own answer to what it would take to make it again.
"""

from __future__ import annotations

import copyreg
import enum
import os
import types
import weakref
from collections.abc import Iterable
from typing import Any, Final, cast

from ..bytecode import facts_of
from ..instructions import with_nested
from ..kinds import (
    CONTENT,
    class_of,
    derives,
    dict_of,
    members_of,
    module_name_of,
    mro_of,
    name_of,
    qualified_name_of,
)
from ..policy import PYTHON_ITSELF
from .encoding import Encoder
from .handlers import handle, handle_family, handler_of, is_library, library_of
from .plain import is_standard_stream
from .shapes import PICKLING, hides_state, is_cached, says_how_it_is_pickled, shape_of, steps_of


def install() -> None:
    """Register the handlers of this file."""
    handle_family(enum.Enum, _enum_member)
    handle_family(object, _instance, changes=True)
    for kind in (weakref.ProxyType, weakref.CallableProxyType):
        handle(kind, _refused("what it stands for may be gone at any time"))


_PROTOCOL: Final = 4

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
    shape = shape_of(kind)
    if shape is not None and not (encoder.content_only and shape.is_pickled_its_way):
        encoder.immutable = False
        encoder.mark(b"object")
        encoder.refer(kind, ".__class__")
        encoder.state(shape.state(value))
        return
    if kind is object:
        if not encoder.sentinels:
            raise encoder.refuse(value, "it is equal to itself alone")
        encoder.refer(value)
        return
    if is_standard_stream(value):
        encoder.no_content(value, "it is where a process reads or writes")
        encoder.mark(b"stream")
        return
    if kind is type(os.environ):
        encoder.mark(b"environment")
        if encoder.content_only:
            encoder.value(dict(os.environ))
        # Else what is read from it is a fact of the call that reads it.
        return
    if kind is types.CodeType and encoder.content_only:
        _code(encoder, cast(types.CodeType, value))
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
    if encoder.content_only and library is None and says_how_it_is_pickled(kind):
        _by_reduction(encoder, value)
    elif library is not None:
        # What Python itself comes with calls methods by names that are known.
        encoder.met_library |= library != PYTHON_ITSELF
        _by_reduction(encoder, value)
    elif hides_state(kind):
        encoder.met_library = True
        _refuse_hooks(encoder, value)
        _by_reduction(encoder, value)
    else:
        _by_attributes(encoder, value)


def _code(encoder: Encoder, code: types.CodeType) -> None:
    """Write code without a namespace: what it does, and the names it asks for."""
    codes = list(with_nested(code))
    encoder.token(b"code", facts_of(code).canonical)
    encoder.value([[*one.co_names, None, *one.co_freevars] for one in codes])


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
    encoder.attributes(b"steps", steps_of(value))


_EXCEPTION: Final[dict[str, Any]] = dict(members_of(BaseException))


def _exception(encoder: Encoder, value: object) -> None:
    """Write what an exception holds; its traceback says where and not what.

    What caused it is not pickled with it, so as content it does not count.
    """
    names = ("args",) if encoder.content_only else ("args", "__cause__")
    parts = [(f".{name}", _EXCEPTION[name].__get__(value)) for name in names]
    encoder.values(b"exception", parts, len(parts))
    context = _EXCEPTION["__context__"].__get__(value)
    if context is not None and not encoder.content_only:
        hidden = _EXCEPTION["__suppress_context__"].__get__(value)
        encoder.values(b"context", [(".__context__", context), ("", hidden)], 2)


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
        encoder.attributes(b"attrs", steps_of(value))
        return
    encoder.mark(b"reduced")
    encoder.refer(kind, ".__class__")
    function, arguments, *rest = reduced
    state, items, pairs = (*rest, None, None, None)[:3]
    encoder.value(function)
    encoder.values(b"args", [("", part) for part in arguments], len(arguments))
    encoder.values(b"state", _state_items(kind, state), 1)
    for more in (items, pairs):
        if more is None:
            encoder.value(None)
        else:
            found = [("", part) for part in more]
            encoder.values(b"l", found, len(found))
    if derives(kind, BaseException):
        _exception(encoder, value)
    if library_of(kind) is None and not says_how_it_is_pickled(kind):
        found = [(step, item) for step, item in steps_of(value) if not _tells(state, item)]
        if found:
            encoder.attributes(b"beside", found)


def _tells(state: Any, item: object) -> bool:
    """Tell whether a state, or one of the dictionaries that it consists of, holds an attribute."""
    parts = cast(tuple[object, ...], state if type(state) is tuple else (state,))
    held = [cast(dict[object, object], part) for part in parts if type(part) is dict]
    return any(item is one for part in held for one in part.values())


def _state_items(kind: type, state: Any) -> list[tuple[str, object]]:
    if type(state) is not dict or not all(type(name) is str for name in _names(state)):
        return [("", state)]
    top = module_name_of(kind).partition(".")[0]
    notes = _NOTES.get(top, frozenset[str]()) if is_library(kind) else frozenset[str]()
    named = {
        name: item
        for name, item in cast(dict[str, object], state).items()
        if name not in notes and not is_cached(kind, name)
    }
    if not named:
        return [("", None)]  # as of one that has no attributes
    return [(".__dict__", tuple(named)), *((f".{name}", item) for name, item in named.items())]


_NOTES: Final = {
    "scipy": frozenset({"_has_canonical_format", "_has_sorted_indices"}),
    "sklearn": frozenset({"_stop_words_id", "_deprecated_key_to_warnings"}),
}
"""By library: what its objects have found out about themselves, and may find out again.

Sparse matrices know whether they are sorted; a vectorizer knows by its `id` which list of
words it has checked. What a `Bunch` of data warns of, it forgets when it is pickled.
"""


def _names(state: Any) -> Iterable[object]:
    return state


_HOOKS: Final = (
    *PICKLING,
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
