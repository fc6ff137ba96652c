"""What may happen by a name that no code spells out.

Some names are asked for by the interpreter or the standard library on behalf of plain
syntax. Some builtins take names as text, or hand out a whole namespace. Here are the
tables of both; what follows from them is the walk's to do.
"""

from __future__ import annotations

import builtins
import re
import sys
from enum import Flag, auto
from types import BuiltinFunctionType, FunctionType
from typing import Final, cast

from .kinds import derives, global_of, module_name_of, name_of
from .pyversion import CLASS_BOOKKEEPING

PROTOCOL_NAMES: Final = frozenset(
    # `**mapping`, `yield from`, `print(file=…)`, `json.load(file)`, `dict(x)`, sqlite3,
    # `xml.etree` targets, `with` locks, `contextlib.closing`.
    [
        "keys",
        "items",
        "values",
        "send",
        "throw",
        "close",
        "write",
        "writelines",
        "flush",
        "read",
        "readline",
        "readlines",
        "readinto",
        "seek",
        "tell",
        "fileno",
        "isatty",
        "mro",
        "step",
        "finalize",
        "inverse",
        "value",
        "emit",
        "acquire",
        "release",
        "start",
        "end",
        "data",
        "comment",
        "pi",
        "start_ns",
        "end_ns",
        "doctype",
        "feed",
    ]
)
"""Names that may be looked up although no code of the user has them."""

NO_MEMBER: Final = CLASS_BOOKKEEPING | frozenset(
    [
        "__dict__",
        "__weakref__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__orig_bases__",
        "__parameters__",
        "__type_params__",
        "__slotnames__",
        "__classcell__",
        "__dataclass_params__",
        "_abc_impl",
        "__conditional_annotations__",
    ]
)
"""Names in every class that say how it was written or what was remembered about it."""

OF_THE_PLACE: Final = frozenset(
    {"__spec__", "__loader__", "__cached__", "__builtins__", "__path__"}
)
"""Globals that tell where a module was loaded from, which a checkout may change."""

NO_NAME: Final = OF_THE_PLACE | {"__file__", "__name__", "__package__"}
"""Globals that every module has without asking."""

TRANSPARENT_BASES: Final = frozenset({"abc", "typing", "builtins", "_typing", "typing_extensions"})
"""Modules whose classes call no method by a name of their own."""

WIDENING_NAMES: Final = frozenset({"__getattribute__", "__getattr__", "__get__"})
"""Attribute names by which code asks for others whose names it computes."""

LISTING_NAMES: Final = frozenset({"__dict__", "__dir__"})
"""Attribute names by which code gets all members at once."""

NAMESPACE_NAMES: Final = frozenset({"__globals__", "f_globals", "f_locals"})
"""Attribute names by which code gets the globals of a function or frame."""

FORMATTING_NAMES: Final = frozenset({"format", "format_map"})
"""Methods of text that look up attributes named in it: `"{0.rate}"`."""

MENTION: Final = re.compile(r"@([^\W\d]\w*)")
"""A name in the text of `DataFrame.query` that is not a column."""

INTROSPECTION: Final = frozenset(
    {"__doc__", "__name__", "__qualname__", "__annotations__", "__wrapped__", "__module__"}
)
"""What functions and classes say about themselves."""

TELLING: Final = frozenset({"str", "repr", "ascii", "format"})
"""Builtins that make text of anything, which names the functions and classes in it."""

TOLD: Final = "str()"
"""Stands, among names that are met, for text that is made of values."""

ANSWERED: Final = {
    **{name: name for name in INTROSPECTION},
    # Asked of `type(x)`, so of classes only.
    **{f"type.{name}": name for name in ("__doc__", "__name__", "__qualname__", "__module__")},
    # Names and constants of code, whoever holds it.
    **dict.fromkeys(("__code__", "f_code", "gi_code", "cr_code", "ag_code"), "__code__"),
    "type": "type",  # of the fields of a dataclass
}
"""Attribute name → the answer of a function or class that it asks for."""


class Effect(Flag):
    """What a builtin can do that is not seen in the code that calls it."""

    NONE = 0
    ATTRIBUTE = auto()
    """Looks up an attribute by text."""
    LISTING = auto()
    """Hands out all members, in their order."""
    NAMESPACE = auto()
    """Hands out, or evaluates in, the globals of whoever calls it."""
    VARIABLES = auto()
    """Sees the names of local variables."""
    MODULES = auto()
    """Finds a module by text."""
    INTROSPECTION = auto()
    """Reads what functions and classes say about themselves."""


_OF_BUILTINS: Final = {
    "getattr": Effect.ATTRIBUTE,
    "hasattr": Effect.ATTRIBUTE,
    "setattr": Effect.ATTRIBUTE,
    "delattr": Effect.ATTRIBUTE,
    "vars": Effect.LISTING | Effect.VARIABLES,
    "dir": Effect.LISTING | Effect.VARIABLES,
    "locals": Effect.VARIABLES,
    "globals": Effect.NAMESPACE | Effect.LISTING,
    "eval": Effect.NAMESPACE | Effect.ATTRIBUTE | Effect.VARIABLES,
    "exec": Effect.NAMESPACE | Effect.ATTRIBUTE | Effect.VARIABLES,
    "compile": Effect.NAMESPACE | Effect.ATTRIBUTE,
    "__import__": Effect.MODULES,
}
_OF_MODULES: Final = {
    ("operator", "attrgetter"): Effect.ATTRIBUTE,
    ("operator", "methodcaller"): Effect.ATTRIBUTE,
    ("_operator", "attrgetter"): Effect.ATTRIBUTE,
    ("_operator", "methodcaller"): Effect.ATTRIBUTE,
    ("importlib", "import_module"): Effect.MODULES,
    ("pkgutil", "resolve_name"): Effect.MODULES,
    ("pydoc", "locate"): Effect.MODULES,
    ("runpy", "run_module"): Effect.MODULES,
    ("string", "Formatter"): Effect.ATTRIBUTE,
    ("pandas", "eval"): Effect.NAMESPACE | Effect.VARIABLES,
    ("numexpr", "evaluate"): Effect.NAMESPACE | Effect.VARIABLES,
    ("pandas.core.computation.eval", "eval"): Effect.NAMESPACE | Effect.VARIABLES,
    ("numexpr.necompiler", "evaluate"): Effect.NAMESPACE | Effect.VARIABLES,
    ("sys", "_getframe"): Effect.NAMESPACE | Effect.VARIABLES,
    ("sys", "_getframemodulename"): Effect.NAMESPACE,
    ("typing", "get_type_hints"): Effect.INTROSPECTION,
}


def effects_in(module: str, namespace: dict[str, object]) -> dict[str, object]:
    """Return the members of a library's module that do more than is seen."""
    if module not in _WITH_EFFECTS:
        return {}
    return {
        name: member for name, member in namespace.items() if effect_of(member) is not Effect.NONE
    }


def effects_named(module: str) -> dict[str, Effect]:
    """Return what members of a module do that is not loaded, and so cannot be asked."""
    if module == "inspect":
        return {"": _OF_INSPECT | Effect.NAMESPACE | Effect.VARIABLES}
    return {name: effect for (owner, name), effect in _OF_MODULES.items() if owner == module}


def effect_named(module: str, name: str) -> Effect:
    """Return what one member does of a module that need not be loaded."""
    if module == "inspect" and _asks_for_the_kind(name):
        return Effect.NONE
    effects = effects_named(module)
    return effects.get(name, effects.get("", Effect.NONE))


def _asks_for_the_kind(name: str) -> bool:
    """Tell whether a function of `inspect` asks what kind of thing it is given, no more."""
    return name.startswith("is")


_OF_INSPECT: Final = Effect.LISTING | Effect.ATTRIBUTE | Effect.INTROSPECTION

_WITH_EFFECTS: Final = frozenset(
    {"builtins", "inspect", "pandas", "numexpr", *(module for module, _ in _OF_MODULES)}
)


def effect_of(target: object) -> Effect:
    """Return what an object that code holds can do beside what is seen."""
    kind = type(target)
    if kind is FunctionType:
        return _effect_of_function(cast(FunctionType, target))
    if kind is BuiltinFunctionType:
        builtin = cast(BuiltinFunctionType, target)
        name = builtin.__name__
        if name in _OF_BUILTINS and vars(builtins).get(name) is target:
            return _OF_BUILTINS[name]
        return _OF_MODULES.get((builtin.__module__ or "", name), Effect.NONE)
    if derives(kind, type):
        held = cast(type, target)
        return _OF_MODULES.get((module_name_of(held), name_of(held)), Effect.NONE)
    return Effect.MODULES if target is sys.modules else Effect.NONE


def _effect_of_function(function: FunctionType) -> Effect:
    module = global_of(function.__globals__, "__name__")
    if type(module) is not str or module not in _WITH_EFFECTS:
        return Effect.NONE
    name = function.__name__
    if module != "inspect":
        return _OF_MODULES.get((module, name), Effect.NONE)
    if _asks_for_the_kind(name):
        return Effect.NONE
    if "frame" in name or name in {"stack", "trace", "getargvalues"}:
        return _OF_INSPECT | Effect.NAMESPACE | Effect.VARIABLES
    return _OF_INSPECT
