"""A name path read by code → the object it means now.

Looks into namespaces and nothing else: no property, descriptor, `__getattr__` or
import of the program is run. A path is followed as long as it leads through modules;
what is read from another object is a matter of that object.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Final, NamedTuple, cast

from .bytecode import NamePath
from .guard import ABSENT, Guard
from .kinds import (
    builtins_of,
    global_of,
    imported_by,
    is_module,
    loaded_module,
    namespace_of,
)
from .policy import search_path
from .pyversion import LAZY_IMPORT


class Meaning(NamedTuple):
    """What a name path means."""

    target: object
    """The object, or `ABSENT`."""
    consumed: int
    """How many parts of the path led to it; the others are read from the object."""
    owner: ModuleType | None
    """The module in which the last consumed part was found, if the path has one."""
    kinds: tuple[type, ...] = ()
    """Classes of modules on the way that are no plain ones, and may have a say."""


def resolve(path: NamePath, namespace: dict[str, object], guard: Guard) -> Meaning:
    """Return what `path` means to code that runs in `namespace`.

    Every look-up is noted in `guard`, those that found nothing too.
    """
    target = global_of(namespace, path[0], ABSENT)
    owner: ModuleType | None = None
    if target is not ABSENT:
        guard.binding(namespace, path[0], target)
    else:
        builtins = builtins_of(namespace)
        target = builtins.get(path[0], ABSENT)
        if target is ABSENT or type(namespace) is not dict:
            guard.binding(namespace, path[0], ABSENT)
            guard.binding(builtins, path[0], target)
        else:
            guard.builtin(namespace, path[0], target)
    target = imported(target, guard)
    consumed = 1
    kinds: tuple[type, ...] = ()
    while consumed < len(path) and is_module(target):
        found: Any = target  # no `cast`, which is a call
        module: ModuleType = found
        guard.module(module)
        if type(module) is not ModuleType:
            kinds += (type(module),)
        members = namespace_of(module)
        member = members.get(path[consumed], ABSENT)
        if member is ABSENT and path[consumed] == "__annotations__":
            # By which they are evaluated since 3.14.
            member = members.get("__annotate__", ABSENT)
            guard.binding(members, "__annotate__", member)
        if member is ABSENT and path[consumed] in _OF_EVERY_MODULE:
            break
        guard.binding(members, path[consumed], member)
        owner = module
        target = imported(member, guard)
        consumed += 1
    return Meaning(target, consumed, owner, kinds)


def imported(target: object, guard: Guard) -> object:
    """Return what a lazy import will give where that runs nothing; anything else as it is."""
    if type(target) is not LAZY_IMPORT:
        return target
    asked = imported_by(target)
    if asked is None:
        return target
    name, part = asked
    for each in (name, name.partition(".")[0]):
        guard.binding(sys.modules, each, sys.modules.get(each, ABSENT))
    module = loaded_module(name)
    if module is None:
        return target
    if part is None:
        return loaded_module(name.partition(".")[0]) or target
    members = namespace_of(module)
    found = members.get(part, ABSENT)
    guard.binding(members, part, found)
    return target if found is ABSENT else imported(found, guard)


_OF_EVERY_MODULE: Final = frozenset({"__dict__", "__class__", "__getattribute__", "__dir__"})
"""What a module has without having it among its names."""


SOURCE: Final = ".py"


def find_source(module: str) -> str | None:
    """Return the file a module would be imported from, without importing anything.

    Looks where the import system looks by default: for `name.py` and
    `name/__init__.py` in the folders of the parent package or of `sys.path`. Modules
    that come from elsewhere (archives, import hooks) are not found.
    """
    parent, _, last = module.rpartition(".")
    for folder in _folders_of(parent):
        for candidate in (os.path.join(last, f"__init__{SOURCE}"), last + SOURCE):
            path = os.path.join(folder or os.curdir, candidate)
            if os.path.isfile(path):
                return path
    return None


def _folders_of(package: str) -> list[str]:
    """Return the folders that modules of a package lie in; without a name, any module."""
    if not package:
        return search_path()
    loaded = loaded_module(package)
    path = None if loaded is None else namespace_of(loaded).get("__path__")
    if path is not None:
        return [str(folder) for folder in cast(Iterable[object], path)]
    source = find_source(package)
    if source is not None:
        is_package = os.path.basename(source) == f"__init__{SOURCE}"
        return [os.path.dirname(source)] if is_package else []
    # Without a file of its own it is a namespace: all folders of its name.
    parent, _, last = package.rpartition(".")
    folders = (os.path.join(folder or os.curdir, last) for folder in _folders_of(parent))
    return [folder for folder in folders if os.path.isdir(folder)]
