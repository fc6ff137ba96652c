"""Classes, instances and modules as they are, without asking them.

`type(x)`, `x.__dict__`, `isinstance` and even a dictionary look-up by class may run code
of a class or metaclass. The functions here read what CPython keeps, by the descriptors
of `type`, `object` and the builtin containers themselves.
"""

from __future__ import annotations

import functools
import sys
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from gc import get_referents
from types import FunctionType, GetSetDescriptorType, ModuleType, WrapperDescriptorType
from typing import Any, Final, cast

from .errors import UntraceableError
from .pyversion import LAZY_IMPORT

_TYPE: Final[Mapping[str, Any]] = vars(type)

HEAP_TYPE: Final = 1 << 9  # Py_TPFLAGS_HEAPTYPE: made at run time, by a `class` statement or so


identity: Final[Callable[[object], int]] = object.__hash__
"""What `id` tells, turned round by four bits. `id` is audited: where somebody listens, as here in
most processes, it takes ten times as long."""


def class_of(value: object) -> type:
    """Return the class of a value, whatever its `__class__` says."""
    return type(value)


mro_of: Final[Callable[[type], tuple[type, ...]]] = _TYPE["__mro__"].__get__
"""Return a class and its bases in the order of look-up."""

bases_of: Final[Callable[[type], tuple[type, ...]]] = _TYPE["__bases__"].__get__

members_of: Final[Callable[[type], Mapping[str, object]]] = _TYPE["__dict__"].__get__
"""Return the namespace of a class, its own members only."""

flags_of: Final[Callable[[type], int]] = _TYPE["__flags__"].__get__
basic_size_of: Final[Callable[[type], int]] = _TYPE["__basicsize__"].__get__
dict_offset_of: Final[Callable[[type], int]] = _TYPE["__dictoffset__"].__get__
"""Return where an instance has its dictionary of attributes, or 0 where it has none."""

base_of: Final[Callable[[type], type | None]] = _TYPE["__base__"].__get__
name_of: Final[Callable[[type], str]] = _TYPE["__name__"].__get__
qualified_name_of: Final[Callable[[type], str]] = _TYPE["__qualname__"].__get__

namespace_of: Final[Callable[[ModuleType], dict[str, object]]] = vars(ModuleType)[
    "__dict__"
].__get__
"""Return the names of a module."""


def module_name_of(kind: type) -> str:
    """Return the name of the module a class says it is from, or nothing."""
    if flags_of(kind) & HEAP_TYPE:
        name = members_of(kind).get("__module__")
    else:
        name = _TYPE["__module__"].__get__(kind)  # part of the name of a static type
    return name if type(name) is str else ""


def is_kind(value: object, kind: type) -> bool:
    """Tell whether a value is an instance of a class, by its own class and not its word."""
    if type(kind) is type:
        return issubclass(type(value), kind)  # see `derives`
    return derives(type(value), kind)


def is_one_of(kind: type, kinds: Iterable[type]) -> bool:
    """Tell whether a class is among others, by identity: a metaclass may compare its own way."""
    # Spelled out, like what follows: a generator takes three times as long, and a walk asks
    # hundreds of times for each function.
    for one in kinds:  # noqa: SIM110
        if kind is one:
            return True
    return False


def derives(kind: type, base: type) -> bool:
    """Tell whether a class is, or derives from, another; no hook is asked."""
    if type(base) is type:
        return issubclass(kind, base)  # its hook is that of `type`
    return is_one_of(base, mro_of(kind))


def class_member(kind: type, name: str) -> object:
    """Return what a class, or the next of its bases, has under a name; None where none has it."""
    for base in mro_of(kind):
        members = members_of(base)
        if name in members:
            return members[name]
    return None


def is_hashable(kind: type) -> bool:
    """Tell whether instances of a class say that they have a hash; none is asked."""
    return class_member(kind, "__hash__") is not None


def says_where_it_belongs(kind: type) -> bool:
    """Tell whether code says where instances of a class, or the class, belong in a set."""
    return any(_is_hashed_by_code(one) for one in (kind, class_of(kind)))


def _is_hashed_by_code(kind: type) -> bool:
    found = class_member(kind, "__hash__")
    if type(found) is FunctionType:
        return not found.__code__.co_filename.startswith("<")  # as that of a dataclass
    return found is not None and type(found) is not WrapperDescriptorType


def held_by(value: object) -> list[Any]:
    """Return what the collector is shown of a value; of a dictionary, all that is in it.

    Since 3.13 it is not shown what is in the dictionary of an instance, which has it itself.
    """
    if type(value) is dict:
        found = cast("dict[object, object]", value)
        return [*found, *found.values()]
    return get_referents(value)


def is_module(value: object) -> bool:
    """Tell whether a value is a module, by its class."""
    return is_kind(value, ModuleType)


def imported_by(value: object) -> tuple[str, str | None] | None:
    """Return the module that a lazy import is of, and what it takes from there, if it is one.

    Nothing is taken by `import a.b`, which binds `a`.
    """
    if type(value) is not LAZY_IMPORT:
        return None
    # It shows neither, but to the collector: what it is taken from first, and then its name.
    parts: list[str] = []
    held = get_referents(value)
    inner: object = held[0] if held else None
    while type(inner) is LAZY_IMPORT:
        # Each part is an import of its own; before the final 3.15.0 the last one says it all.
        parts[:0] = [one for one in held if type(one) is str]
        held = get_referents(inner)
        inner = held[0] if held else None
    match [one for one in held if type(one) is str]:
        case [module] if not parts:
            return module, None
        case [module] if any(type(one) is tuple for one in held) and len(parts) == 1:
            return module, parts[0]  # `from module import part`
        case [module] if module == ".".join((module.partition(".")[0], *parts)):
            return module.rpartition(".")[0], parts[-1]  # `import module as name`
        case [module, part] if not parts:
            return module, part
        case _:
            raise UntraceableError("lazy import", "it is not known what it imports")


def loaded_module(name: str) -> ModuleType | None:
    """Return the module of that name, if it is loaded and is a module."""
    module = sys.modules.get(name)
    return module if is_module(module) else None


def member_at(owner: object, path: str) -> object:
    """Return what a dotted name leads to in a module or class; None where it leads nowhere."""
    found = owner
    for part in path.split("."):
        if is_module(found):
            found = namespace_of(cast(ModuleType, found)).get(part)
        elif is_kind(found, type):
            found = members_of(cast(type, found)).get(part)
        else:
            return None
    return found


def found_at(place: str) -> object:
    """Return what `module:name` means, if that module is loaded; None where it leads nowhere."""
    module_name, _, path = place.partition(":")
    module = loaded_module(module_name)
    return None if module is None else member_at(module, path)


def module_text(module: ModuleType, name: str) -> str | None:
    """Return a text that a module has under `name`, such as `__file__`."""
    text = namespace_of(module).get(name)
    return text if type(text) is str else None


def dict_of(value: object) -> dict[str, object] | None:
    """Return the attributes of an instance, or None where it has no dictionary."""
    get = dict_getter_of(type(value))
    found = None if get is None else get(value)
    return found if type(found) is dict else None


def dict_getter_of(kind: type) -> Callable[[object], dict[str, object]] | None:
    """Return what gives the dictionary of an instance, or None where there is none.

    Found through the class that brought the dictionary, since another may hide it behind
    a property of the same name.
    """
    for base in mro_of(kind):
        descriptor = members_of(base).get("__dict__")
        if type(descriptor) is GetSetDescriptorType and base is not type:
            return descriptor.__get__
    return None


LruCache: Final[Any] = type(functools.lru_cache(len))
"""The class of functions that `functools.lru_cache` and `functools.cache` make."""

_DICT: Final[Any] = dict


def global_of(namespace: Mapping[str, object], name: str, default: object = None) -> object:
    """Return what a name is in a namespace.

    Code may run in a dictionary of its own kind, whose `get` would be the user's.
    """
    if isinstance(namespace, dict):
        return _DICT.get(namespace, name, default)
    return namespace.get(name, default)


def globals_in(namespace: dict[str, object]) -> dict[str, object]:
    """Return what a namespace holds, as a plain dictionary."""
    return _DICT(_DICT.items(namespace))


def _content_of() -> dict[type, Callable[[Any], Any]]:
    # By the methods of the builtins themselves, which take any instance as their own.
    mapping, ordered, queue, row, fixed, some, frozen, raw, buffer = _BUILTIN_KINDS
    return {
        mapping: lambda value: mapping(list(mapping.items(value))),
        row: lambda value: list(row.__iter__(value)),
        fixed: lambda value: tuple(fixed.__iter__(value)),
        some: lambda value: set(some.__iter__(value)),
        frozen: lambda value: frozenset(frozen.__iter__(value)),
        str: str.__str__,
        bytes: lambda value: raw.__getitem__(value, slice(None)),
        bytearray: lambda value: bytearray(buffer.__iter__(value)),
        int: int.__int__,
        float: float.__float__,
        complex: complex.__complex__,
        queue: lambda value: queue(queue.__iter__(value)),
        ordered: lambda value: ordered(list(ordered.items(value))),
    }


_BUILTIN_KINDS: Final[tuple[Any, ...]] = (
    dict,
    OrderedDict,
    deque,
    list,
    tuple,
    set,
    frozenset,
    bytes,
    bytearray,
)

CONTENT: Final[dict[type, Callable[[Any], Any]]] = _content_of()
"""Builtin container → what an instance of a subclass holds, as that very container.

None of these asks the subclass: an `__iter__` or `__len__` of the user is not run.
"""


def builtins_of(namespace: Mapping[str, object]) -> Mapping[str, object]:
    """Return the names that code in `namespace` finds when a global is not there."""
    builtins: Any = global_of(namespace, "__builtins__", sys.modules["builtins"])
    return namespace_of(builtins) if is_module(builtins) else builtins
