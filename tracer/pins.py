"""What pins code: the distribution whose version stands for it, or nothing where it is the user's.

The policy knows it of modules by name and file. Functions and classes say themselves which
module they are of, and who made them may have them say anything: they are believed where
the module has them under their names.
"""

from __future__ import annotations

import os
from importlib.machinery import ModuleSpec
from types import FunctionType, ModuleType
from typing import cast

from .kinds import (
    HEAP_TYPE,
    flags_of,
    global_of,
    identity,
    is_kind,
    is_module,
    loaded_module,
    member_at,
    members_of,
    module_name_of,
    module_text,
    qualified_name_of,
)
from .meanings import TRANSPARENT_BASES
from .policy import Distribution, Policy
from .standins import StandIn, original_of
from .values import surrogate_of


def stands_for(member: object, target: object) -> bool:
    """Tell whether a member is this very object, or stands in for it."""
    return member is target or (type(member) is StandIn and original_of(member) is target)


def module_of(namespace: dict[str, object]) -> str:
    """Return the name of the module whose globals these are."""
    return str(global_of(namespace, "__name__", ""))


def imported_as(namespace: dict[str, object]) -> str:
    """Return the name under which a module is, or would be, imported."""
    name = module_of(namespace)
    if name != "__main__":
        return name
    spec, file = global_of(namespace, "__spec__"), global_of(namespace, "__file__")
    if type(spec) is ModuleSpec:
        return spec.name  # `python -m`
    return os.path.splitext(os.path.basename(file))[0] if type(file) is str else name


def place_of(function: FunctionType) -> str:
    """Return the full name of a function, as that of its code."""
    return f"{imported_as(function.__globals__)}.{function.__code__.co_qualname}"


class Pins:
    """Asks a policy, once for each module."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._modules: dict[tuple[str, str | None], Distribution | None] = {}
        self._places: dict[tuple[int, str], Distribution | None] = {}
        """By `id` of a namespace and file, what pins functions of that place."""
        self._kept: list[object] = []
        """So that no `id` is used again."""

    def module(self, module: ModuleType) -> Distribution | None:
        """Return what pins a module."""
        name = module_text(module, "__name__") or ""
        return self.module_named(name, module_text(module, "__file__"))

    def module_named(self, module: str, file: str | None) -> Distribution | None:
        """Return what pins a module that need not be loaded."""
        key = (module, file)
        if key not in self._modules:
            self._modules[key] = self._policy.pinned_by(module, file)
        return self._modules[key]

    def name_in_library(self, target: object, module: object, name: object) -> str | None:
        """Return the name under which a library's module has a thing that says so itself."""
        loaded = loaded_module(module) if type(module) is str else None
        if (
            loaded is None
            or type(name) is not str
            or not stands_for(member_at(loaded, name), target)
        ):
            return None
        return None if self.module(loaded) is None else f"{module}.{name}"

    def function(self, function: FunctionType, file: str) -> Distribution | None:
        """Return what pins a function whose code is of this file."""
        namespace = function.__globals__
        place = (identity(namespace), file)
        if place in self._places:  # as for all other functions of the module
            return self._places[place]
        module = module_of(namespace)
        pinned_by = self.module_named(module, file)
        if pinned_by is None and file.startswith("<"):
            # Compiled from text, perhaps by a library and for itself.
            loaded = loaded_module(module)
            if loaded is not None and self.name_in_library(
                function, function.__module__, function.__qualname__
            ):
                return self.module(loaded)
        else:
            self._kept.append(namespace)
            self._places[place] = pinned_by
        return pinned_by

    def class_(self, kind: type) -> Distribution | None:
        """Return what pins a class, if it is one that a library defines."""
        module = loaded_module(module_name_of(kind))
        if module is None:
            return None
        pinned_by = self.module(module)
        if pinned_by is None or not flags_of(kind) & HEAP_TYPE:
            return pinned_by
        found = member_at(module, qualified_name_of(kind))
        # Classes of an extension need not be found under their names. All others that
        # are not were made by whoever could set `__module__`.
        is_extension = not (module_text(module, "__file__") or ".so").endswith((".py", ".pyc"))
        has_functions = any(type(member) is FunctionType for member in members_of(kind).values())
        is_made = module_name_of(kind) in {"builtins", "abc"}
        return (
            pinned_by
            if found is kind or (is_extension and not has_functions and not is_made)
            else None
        )

    def any_of(self, thing: object) -> Distribution | None:
        """Return what pins a module, class or function."""
        if is_module(thing):
            return self.module(cast(ModuleType, thing))
        if is_kind(thing, type):
            return self.class_(cast(type, thing))
        function = cast(FunctionType, thing)
        return self.function(function, function.__code__.co_filename)

    def calls_back(self, base: type) -> bool:
        """Tell whether a base class may call methods by names that only it knows."""
        if base is object or base is type or module_name_of(base) in TRANSPARENT_BASES:
            return False
        return self.class_(base) is not None

    def is_followed(self, target: object) -> bool:
        """Tell whether what was found in a library is the user's: a patched function."""
        target = surrogate_of(target)
        if type(target) is FunctionType:
            return self.function(target, target.__code__.co_filename) is None
        if is_kind(target, type):
            return self.class_(cast(type, target)) is None
        if is_module(target):
            return self.module(cast(ModuleType, target)) is None
        return False
