"""A name path read by code → the object it means now.

Looks into namespaces and nothing else: no property, descriptor, `__getattr__` or
import of the program is run. A path is followed as long as it leads through modules;
what is read from another object is a matter of that object.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Final

from .bytecode import NamePath
from .guard import ABSENT, Guard


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name path means."""

    target: object
    """The object, or `ABSENT`."""
    consumed: int
    """How many parts of the path led to it; the others are read from the object."""
    owner: ModuleType | None
    """The module in which the last consumed part was found, if the path has one."""


def resolve(path: NamePath, namespace: dict[str, object], guard: Guard) -> Meaning:
    """Return what `path` means to code that runs in `namespace`.

    Every look-up is noted in `guard`, those that found nothing too.
    """
    target = namespace.get(path[0], ABSENT)
    owner: ModuleType | None = None
    if target is ABSENT:
        builtins = builtins_of(namespace)
        target = builtins.get(path[0], ABSENT)
    if path[0] not in namespace and target is not ABSENT:
        guard.builtin(namespace, path[0], target)
    else:
        guard.binding(namespace, path[0], target)
        if target is ABSENT:
            guard.binding(builtins_of(namespace), path[0], ABSENT)
    consumed = 1
    while consumed < len(path) and isinstance(target, ModuleType):
        members = namespace_of(target)
        member = members.get(path[consumed], ABSENT)
        guard.binding(members, path[consumed], member)
        owner = target
        target = member
        consumed += 1
    return Meaning(target, consumed, owner)


def builtins_of(namespace: Mapping[str, object]) -> Mapping[str, object]:
    """Return the names that code in `namespace` finds when a global is not there."""
    builtins = namespace.get("__builtins__", sys.modules["builtins"])
    return namespace_of(builtins) if isinstance(builtins, ModuleType) else builtins  # type: ignore[return-value]


def namespace_of(module: ModuleType) -> dict[str, object]:
    """Return a module's names without asking the module, which may have its own ways."""
    return _MODULE_DICT(module)


_MODULE_DICT: Final[Callable[[ModuleType], dict[str, object]]] = vars(ModuleType)[
    "__dict__"
].__get__


def absolute_name(module: str, level: int, namespace: Mapping[str, object]) -> str:
    """Return the full name of a module that code in `namespace` imports relatively."""
    if level == 0:
        return module
    package = namespace.get("__package__")
    if not isinstance(package, str):
        name = str(namespace.get("__name__", ""))
        package = name if "__path__" in namespace else name.rpartition(".")[0]
    for _ in range(level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{module}" if module else package


SOURCE: Final = ".py"


def find_source(module: str) -> str | None:
    """Return the file a module would be imported from, without importing anything.

    Looks where the import system looks by default: for `name.py` and
    `name/__init__.py` in the folders of the parent package or of `sys.path`. Modules
    that come from elsewhere (archives, import hooks) are not found.
    """
    parent, _, last = module.rpartition(".")
    folders: list[str] = sys.path
    if parent:
        loaded = sys.modules.get(parent)
        if loaded is not None and hasattr(loaded, "__path__"):
            folders = [str(folder) for folder in vars(loaded)["__path__"]]
        else:
            source = find_source(parent)
            if source is None or os.path.basename(source) != f"__init__{SOURCE}":
                return None
            folders = [os.path.dirname(source)]
    for folder in folders:
        for candidate in (os.path.join(last, f"__init__{SOURCE}"), last + SOURCE):
            path = os.path.join(folder or os.curdir, candidate)
            if os.path.isfile(path):
                return path
    return None
