"""Members of a class: which say what it does, and what is registered with it.

Reads what CPython keeps of a class; asks no class and no metaclass.
"""

from __future__ import annotations

from abc import ABCMeta, get_cache_token
from collections.abc import Callable, Iterable
from enum import Enum
from importlib import import_module
from types import FunctionType
from typing import Any, Final, cast

from .installed import is_library_file
from .kinds import (
    class_member,
    class_of,
    derives,
    is_one_of,
    loaded_module,
    members_of,
    module_name_of,
    mro_of,
    qualified_name_of,
)
from .meanings import NO_MEMBER

OF_ENUM_MEMBERS: Final = frozenset(
    {"_value_", "_name_", "__objclass__", "_sort_order_", "_hashable_values_"}
)
"""Attributes of an enum member that `enum` itself put there."""


def members_that_count(kind: type) -> dict[str, object]:
    """Return the members of a class that say what it does."""
    members = {
        name: member
        for name, member in members_of(kind).items()
        if type(name) is str and name not in NO_MEMBER
    }
    if derives(kind, Enum):
        own = cast(dict[str, object], members_of(kind).get("_member_map_", {}))
        for name in list(members):
            hook = function_in(members[name])
            is_hook = type(hook) is FunctionType
            if name in own or (_is_sunder(name) and not is_hook):
                del members[name]
        members.pop("__new__", None)  # put there by `enum`; the user's is `__new_member__`
    if "__init__" in members and members["__init__"] is _init_of_bases(kind):
        # `typing` puts it into a class that implements a protocol, at its first instance.
        del members["__init__"]
    return members


def _init_of_bases(kind: type) -> object:
    """Return the `__init__` that a class would have without one of its own."""
    stand_in = getattr(loaded_module("typing"), "_no_init_or_replace_init", None)
    found = (members_of(base).get("__init__", stand_in) for base in mro_of(kind)[1:])
    return next((one for one in found if one is not stand_in), None)


def protocol_names(kind: type) -> set[str]:
    """Return the names that `isinstance` looks for where it is asked for a protocol."""
    names: set[str] = set()
    for base in mro_of(kind):
        members = members_of(base)
        if members.get("_is_protocol") is True:
            said = members.get("__annotations__")
            names.update(name for name in members if type(name) is str)
            names.update(cast(dict[str, object], said) if type(said) is dict else ())
            attributes = members.get("__protocol_attrs__")
            names.update(cast(set[str], attributes) if type(attributes) is set else ())
    return {name for name in names if not is_special(name) and not name.startswith("_is_")}


def holds_function(member: object) -> bool:
    """Tell whether a member of a class is a function, or wraps one."""
    return type(function_in(member)) is FunctionType


def function_in(member: object) -> object:
    """Return the function in a member of a class: itself, or what a wrapper holds."""
    if is_one_of(type(member), (staticmethod, classmethod)):
        return cast(Any, member).__func__
    return member.fget if type(member) is property else member


def is_special(name: str) -> bool:
    """Tell whether a name is one that the language itself looks up."""
    return name[:2] == "__" == name[-2:]


def _is_sunder(name: str) -> bool:
    return name[:1] == "_" == name[-1:] and name[1:2] != "_"


_get_dump: Final[Callable[[type], tuple[Any, ...]]] = import_module("_abc")._get_dump  # noqa: SLF001
"""What `ABCMeta` keeps of a class: weak references to those registered, and caches."""


def registered_with(kind: type) -> list[type]:
    """Return classes that have a say in what passes for an abstract class.

    Those registered with it, or with a class that derives from it, and of the latter those
    that say it by code of their own. In an order of their own.
    """
    found: dict[int, type] = {}
    derived = {id(kind): kind}
    queue = [kind]
    for one in queue:
        subclasses = [sub for sub in type.__subclasses__(one) if id(sub) not in derived]
        derived.update((id(sub), sub) for sub in subclasses)
        queue += subclasses
        if derives(class_of(one), ABCMeta):
            references: Iterable[Callable[[], type | None]] = _get_dump(one)[0]
            registered = (reference() for reference in references)
            found.update((id(each), each) for each in registered if each is not None)
        if one is not kind and _says_itself(one):
            found[id(one)] = one
    return sorted(found.values(), key=lambda one: (module_name_of(one), qualified_name_of(one)))


def _says_itself(kind: type) -> bool:
    """Tell whether code of the user says which classes pass for one."""
    if "__subclasshook__" in members_of(kind):
        return True
    check = class_member(class_of(kind), "__subclasscheck__")
    return type(check) is FunctionType and not is_library_file(check.__code__.co_filename)


def registered_for_now(kind: type) -> tuple[list[type], Callable[[], bool]]:
    """Return what `registered_with` gives, and the condition that it gives that still."""
    token = [get_cache_token()]  # first: what is registered meanwhile makes it another
    found = registered_with(kind)

    def holds() -> bool:
        # It is another whenever something is registered anywhere.
        if token[0] == get_cache_token():
            return True
        now = get_cache_token()
        # By identity: a metaclass may have its own `__eq__`.
        if [*map(id, registered_with(kind))] != [*map(id, found)]:
            return False
        token[0] = now
        return True

    return found, holds
