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
from typing import Any, Final, cast

from .kinds import derives, global_of, module_name_of, name_of
from .pyversion import CLASS_BOOKKEEPING
from .questions import EVALUATED, HELD_CODE, LISTED_NAMES, OF_CLASSES, PARAMETERS

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
        # Made by pydantic from the fields, decorators and configuration of a model; with
        # the address of the class in it.
        "__pydantic_core_schema__",
        "__pydantic_serializer__",
        "__pydantic_validator__",
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

TELLING: Final = frozenset({"str", "repr", "ascii", "format"})
"""Builtins that make text of anything, which names the functions and classes in it."""

TOLD: Final = "str()"
"""Stands, among names that are met, for text that is made of values."""


class Effect(Flag):
    """What a builtin can do that is not seen in the code that calls it."""

    NONE = 0
    ATTRIBUTE = auto()
    """Looks up an attribute by text."""
    LISTING = auto()
    """Hands out all members or their names, in their order."""
    MEMBERS = auto()
    """Hands out members themselves, and not only of an object."""
    DIRECTORY = auto()
    """Hands out the names of all members."""
    NAMESPACE = auto()
    """Hands out, or evaluates in, the globals of whoever calls it."""
    VARIABLES = auto()
    """Sees the names of local variables."""
    MODULES = auto()
    """Finds a module by text."""
    DOCUMENTS = auto()
    """Tells docstrings."""
    ANNOTATIONS = auto()
    """Tells annotations."""
    NAMES = auto()
    """Tells what functions and classes are called, and where they were defined."""
    PARAMETERS = auto()
    """Tells what parameters are called; goes through wrappers."""
    CODE = auto()
    """Tells everything that a code object holds: names of variables, docstrings."""
    FRAMES = auto()
    """Tells what running functions are called."""
    LOCALS = auto()
    """Tells the names of variables of running functions."""
    PROCESS = auto()
    """Finds objects that nothing in the program leads to."""
    EVALUATION = auto()
    """Evaluates annotations that are text, where the annotated code is."""
    EVALUATION_IF_TOLD = auto()
    """Does so where it is given `eval_str`."""


_QUESTIONS: Final = {
    Effect.DOCUMENTS: ("__doc__",),
    Effect.ANNOTATIONS: ("__annotations__",),
    Effect.EVALUATION: (EVALUATED,),
    Effect.NAMES: ("__name__", "__qualname__", "__module__"),
    # Annotations are written with the names of classes.
    Effect.PARAMETERS: (PARAMETERS, "type.__module__", "type.__qualname__"),
    Effect.CODE: (HELD_CODE,),
    Effect.FRAMES: ("co_name",),
    Effect.LOCALS: ("co_varnames",),
    Effect.MEMBERS: (OF_CLASSES,),
    Effect.DIRECTORY: (LISTED_NAMES,),
}
_ATTRIBUTES: Final = {
    Effect.PARAMETERS: (
        *("__wrapped__", "__signature__", "__text_signature__"),
        *("_partialmethod", "__partialmethod__"),
    ),
    Effect.NAMES: ("__wrapped__",),
}
TELLS: Final = (
    Effect.DOCUMENTS
    | Effect.ANNOTATIONS
    | Effect.EVALUATION
    | Effect.EVALUATION_IF_TOLD
    | Effect.NAMES
    | Effect.PARAMETERS
    | Effect.CODE
    | Effect.FRAMES
    | Effect.LOCALS
)
"""Effects that are questions and reach nothing."""


def name_of_effect(effect: Effect) -> str:
    """Return what stands in a graph for something that has an effect, whatever it is."""
    return f"{_EFFECT}{effect.value}"


def effect_said(name: str) -> Effect | None:
    """Return the effect that `name_of_effect` gave this name; None for any other name."""
    number = name.removeprefix(_EFFECT)
    return Effect(int(number)) if number != name and number.isdecimal() else None


_EFFECT: Final = "effect "


def questions_of(effect: Effect) -> set[str]:
    """Return what something with this effect asks of functions and classes."""
    return {name for one, names in _QUESTIONS.items() if one in effect for name in names}


def attributes_of(effect: Effect) -> set[str]:
    """Return the attributes that something with this effect looks up by names of its own."""
    return {name for one, names in _ATTRIBUTES.items() if one in effect for name in names}


_EVALUATES: Final = Effect.EVALUATION | Effect.EVALUATION_IF_TOLD
_ALL_OF_IT: Final = Effect.LISTING | Effect.MEMBERS | Effect.ATTRIBUTE | TELLS & ~_EVALUATES
_OF_BUILTINS: Final = {
    "getattr": Effect.ATTRIBUTE,
    "hasattr": Effect.ATTRIBUTE,
    "setattr": Effect.ATTRIBUTE,
    "delattr": Effect.ATTRIBUTE,
    "vars": Effect.LISTING | Effect.MEMBERS | Effect.VARIABLES,
    "dir": Effect.LISTING | Effect.VARIABLES | Effect.DIRECTORY,
    "locals": Effect.VARIABLES,
    "globals": Effect.NAMESPACE | Effect.LISTING | Effect.MEMBERS,
    "eval": Effect.NAMESPACE | Effect.ATTRIBUTE | Effect.VARIABLES,
    "exec": Effect.NAMESPACE | Effect.ATTRIBUTE | Effect.VARIABLES,
    "compile": Effect.NAMESPACE | Effect.ATTRIBUTE,
    "__import__": Effect.MODULES,
    "__lazy_import__": Effect.MODULES,
}
_OF_INSPECT: Final = {
    (
        *("ArgInfo", "Arguments", "Attribute", "BlockFinder", "BoundArguments", "BufferFlags"),
        *("ClassFoundException", "ClosureVars", "EndOfBlock", "FrameInfo", "FullArgSpec"),
        *("Parameter", "Traceback", "cleandoc", "formatannotation", "formatannotationrelativeto"),
        *("formatargvalues", "getasyncgenstate", "getblock", "getclasstree", "getcoroutinestate"),
        *("getgeneratorstate", "getlineno", "getmodulename", "getmro", "indentsize"),
        *("markcoroutinefunction", "walktree"),
    ): Effect.NONE,
    ("getargs", "getcallargs", "getfullargspec"): Effect.PARAMETERS | Effect.ANNOTATIONS,
    ("Signature", "signature"): (
        Effect.PARAMETERS | Effect.ANNOTATIONS | Effect.EVALUATION_IF_TOLD
    ),
    ("getabsfile", "getfile", "getsourcefile", "unwrap"): Effect.NAMES,
    ("getdoc",): Effect.DOCUMENTS | Effect.NAMES,
    ("get_annotations",): (Effect.ANNOTATIONS | Effect.ATTRIBUTE | Effect.EVALUATION_IF_TOLD),
    ("getattr_static",): Effect.ATTRIBUTE,
    ("currentframe", "getframeinfo", "getinnerframes", "getouterframes", "stack", "trace"): (
        Effect.NAMESPACE | Effect.VARIABLES | Effect.FRAMES
    ),
    ("getargvalues",): Effect.NAMESPACE | Effect.VARIABLES | Effect.LOCALS,
    ("getasyncgenlocals", "getcoroutinelocals", "getgeneratorlocals"): Effect.LOCALS,
    (
        *("classify_class_attrs", "findsource", "getclosurevars", "getcomments", "getmembers"),
        *("getmembers_static", "getmodule", "getsource", "getsourcelines"),
    ): _ALL_OF_IT,
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
    ("typing", "get_type_hints"): Effect.ANNOTATIONS | Effect.EVALUATION,
    ("typing_extensions", "get_type_hints"): Effect.ANNOTATIONS | Effect.EVALUATION,
    ("annotationlib", "get_annotations"): (
        Effect.ANNOTATIONS | Effect.ATTRIBUTE | Effect.EVALUATION_IF_TOLD
    ),
    ("gc", "get_objects"): Effect.PROCESS,
    ("gc", "get_referrers"): Effect.PROCESS,
    ("gc", "get_referents"): _ALL_OF_IT,
    ("marshal", "dump"): Effect.CODE,
    ("marshal", "dumps"): Effect.CODE,
    ("traceback", "TracebackException"): Effect.FRAMES | Effect.LOCALS,
    ("traceback", "StackSummary"): Effect.FRAMES | Effect.LOCALS,
    # They read docstrings of methods of who derives from them.
    ("cmd", "Cmd"): Effect.DOCUMENTS,
    ("unittest.case", "TestCase"): Effect.DOCUMENTS,
    **{("inspect", name): effect for names, effect in _OF_INSPECT.items() for name in names},
}
_OF_ALL_IN: Final = {
    "dis": Effect.CODE,
    "doctest": _ALL_OF_IT,
    "inspect": _ALL_OF_IT,
    "pydoc": _ALL_OF_IT,
}
"""What functions and classes of a module do, but for those that are known one by one."""


def effects_in(module: str, namespace: dict[str, object]) -> dict[str, object]:
    """Return the members of a library's module that do more than is seen."""
    if module not in _WITH_EFFECTS:
        return {}
    return {
        name: member for name, member in namespace.items() if effect_of(member) is not Effect.NONE
    }


def effects_named(module: str) -> dict[str, Effect]:
    """Return what members of a module do that is not loaded, and so cannot be asked.

    That of any other member stands under the empty name.
    """
    found = {name: effect for (owner, name), effect in _OF_MODULES.items() if owner == module}
    if module in _OF_ALL_IN and module != "inspect":  # of which all are known by name
        found[""] = _OF_ALL_IN[module]
    return found


def effect_named(module: str, name: str) -> Effect:
    """Return what one member does of a module that need not be loaded."""
    if module not in _WITH_EFFECTS:
        return Effect.NONE
    known = _OF_MODULES.get((module, name))
    if known is not None:
        return known
    asks_for_the_kind = module == "inspect" and name.startswith("is")
    return Effect.NONE if asks_for_the_kind else _OF_ALL_IN.get(module, Effect.NONE)


_WITH_EFFECTS: Final = frozenset(
    {"builtins", "pandas", "numexpr", *_OF_ALL_IN, *(module for module, _ in _OF_MODULES)}
)


def are_quiet(namespace: dict[str, object]) -> bool:
    """Tell whether no function of a namespace does anything beside what is seen."""
    by_name = type(namespace) is dict
    module = namespace.get("__name__") if by_name else global_of(namespace, "__name__")
    return type(module) is not str or module not in _WITH_EFFECTS


def effect_of(target: object) -> Effect:
    """Return what an object that code holds can do beside what is seen."""
    kind = type(target)
    if kind is FunctionType:
        function: Any = target  # no `cast`, which is a call: this is asked of each name
        namespace: dict[str, object] = function.__globals__
        if are_quiet(namespace):
            return Effect.NONE  # as of all functions of the user
        return effect_named(str(global_of(namespace, "__name__")), function.__name__)
    if kind is BuiltinFunctionType:
        builtin: Any = target
        name = builtin.__name__
        if name in _OF_BUILTINS and vars(builtins).get(name) is target:
            return _OF_BUILTINS[name]
        return _OF_MODULES.get((builtin.__module__ or "", name), Effect.NONE)
    if derives(kind, type):
        held = cast(type, target)
        name = name_of(held)
        # What a module has for its own use is told by what it has for others.
        return Effect.NONE if name.startswith("_") else effect_named(module_name_of(held), name)
    if target is sys.modules:
        return Effect.MODULES
    known = _OF_INSTANCES.get(name_of(kind))
    return Effect.NONE if known is None else known.get(module_name_of(kind), Effect.NONE)


_OF_INSTANCES: Final = {
    "_Helper": {"_sitebuiltins": _ALL_OF_IT},
    "Helper": {"pydoc": _ALL_OF_IT},
}
"""What the only object of a class does, by the names of class and module: `help`."""
