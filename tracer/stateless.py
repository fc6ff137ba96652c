"""Libraries in which a program leaves nothing that a later call would find.

`logging.getLogger().setLevel(10)`, a figure, an entry in a table of codecs: a function puts
something into a library, and a call that comes later finds it there. It is in no value of the
program, so nothing tells of it but the code that made it. Only where all that code can reach is of
libraries that are known to keep nothing of the kind, there is nothing to find.

What is told in some other way is none of it: files, the environment, random numbers, the settings
that are facts (`settings.py`), and what is put into a class.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from types import CodeType, ModuleType
from typing import Final, cast

from .bytecode import facts_of
from .graph import OF_LIBRARIES, DependencyGraph, Node, NodeKind, Role, code_of
from .kinds import (
    class_member,
    derives,
    found_at,
    is_kind,
    loaded_module,
    module_name_of,
    qualified_name_of,
)
from .meanings import TELLS, Effect, effect_said
from .values import is_library


def may_keep_something(graph: DependencyGraph, numbers: Iterable[int]) -> bool:
    """Tell whether a library that these nodes lead to may keep what the program left in it."""
    nodes = {number: graph.nodes[number] for number in numbers}
    codes = {
        number: code_of(node.origin) if node.kind is NodeKind.FUNCTION else None
        for number, node in nodes.items()
    }
    said = [one for one in codes.values() if one is not None]
    spelled = frozenset[str]().union(*map(_spelled, said))
    stores = frozenset[str]().union(*(facts_of(one).attribute_stores for one in said))
    if "__subclasses__" in spelled:
        return True
    if not _SET_BY_TEXT.isdisjoint(spelled):
        stores |= {name for name in spelled if not name.startswith("__")}
    are_told = False
    for number, node in nodes.items():
        names = [_kind_of(node)] if node.kind is NodeKind.VALUE else []
        for role, _, target in graph.edges[number]:
            other = graph.nodes[target]
            if other.kind not in OF_LIBRARIES:
                continue
            if node.kind is not NodeKind.MODULE and (
                _may_change(codes[number], other, role) or _is_shared(other, role)
            ):
                return True
            origin = _origin_of(other)
            if is_kind(origin, type) and _changes(cast(type, origin), spelled, stores):
                return True
            names.append(other.name)
        are_told = are_told or not _TELLERS.isdisjoint(names)
        if not all(name in _TELLERS or keeps_nothing(name) for name in names):
            return True
    return are_told and not _OF_TELLERS.isdisjoint(spelled)


def _kind_of(value: Node) -> str:
    """Return what class a value is of, by its full name; nothing where its edges lead to that."""
    kind = type(value.origin)
    name = f"{module_name_of(kind)}.{qualified_name_of(kind)}"
    return name if is_library(kind) and not name.startswith(_OURS) else ""


_OURS: Final = f"{__name__.partition('.')[0]}."
"""What begins so stands for something else, where edges lead."""


@lru_cache(maxsize=10_000)
def _spelled(code: CodeType) -> frozenset[str]:
    """Return all names that code looks up somewhere, but in the end its own variables."""
    facts = facts_of(code)
    paths = (*facts.reads, *(path for one in facts.imports for path in one.reads or ()))
    return facts.names.union(*paths)


def _may_change(code: CodeType | None, other: Node, role: Role) -> bool:
    """Tell whether code may change what it leads to, where that is a module or has no name."""
    stores = code is not None and bool(facts_of(code).attribute_stores)
    effect = effect_said(other.name)
    if effect is not None:  # it stands for what it does
        return stores and bool(effect & TELLS)
    if loaded_module(other.name) is None and ("." in other.name or not other.name):
        return False
    if code is None or role is not Role.IMPORT or stores:
        return True
    # It may be handed on, whole.
    paths = [path for one in facts_of(code).imports for path in one.reads or ((),)]
    return any(len(path) <= 1 for path in paths) or any(map(_is_setter, _spelled(code)))


def _origin_of(node: Node) -> object:
    """Return what a node of a library stands for, if it is known."""
    module, _, name = node.name.rpartition(".")
    return found_at(f"{module}:{name}") if node.origin is None else node.origin


def _changes(kind: type, spelled: Iterable[str], stores: Iterable[str]) -> bool:
    """Tell whether attributes that are assigned may be those of a class, or a table of it is read.

    Not those of its instances, to which they are assigned then, and none of a class written in C.
    """
    if not _flags_of(kind) & _CAN_CHANGE:
        return False
    tables = (class_member(kind, name) for name in spelled)
    if any(type(one) in _TABLES for one in tables):
        return True
    found = (class_member(kind, name) for name in stores)
    return any(one is not None and class_member(type(one), "__set__") is None for one in found)


_flags_of: Final[Callable[[type], int]] = vars(type)["__flags__"].__get__
_CAN_CHANGE: Final = 1 << 9
"""`Py_TPFLAGS_HEAPTYPE`: those that are made while the program runs, as by statements."""

_SET_BY_TEXT: Final = frozenset({"setattr", "__setattr__"})
_TABLES: Final = frozenset({dict, list, set})


def _is_shared(other: Node, role: Role) -> bool:
    """Tell whether it may be an object that a library uses itself, such as a table."""
    if other.origin is None:
        last = other.name.rpartition(".")[2]
        return role in _BY_NAME and last.startswith("_") and not last.startswith("__")
    kind = type(other.origin)
    is_fixed = callable(other.origin) or any(derives(kind, one) for one in _FIXED)
    return not is_fixed and other.name not in _TELLERS and not _is_listed(other.name)


_FIXED: Final = (
    *(type(None), int, float, complex, str, bytes, tuple, frozenset, ModuleType),
    *(dt.tzinfo, dt.timedelta, dt.date, Decimal, re.Pattern),
)


def _is_listed(name: str) -> bool:
    """Tell whether it has been named as something in which nothing is left."""
    library, *parts = name.split(".")
    return bool(parts) and parts[0] in _STATELESS.get(library.removeprefix("_"), _ALL)


@lru_cache(maxsize=10_000)
def keeps_nothing(name: str) -> bool:
    """Tell whether a thing of a library, by its full name, has nothing left in it."""
    if not name:
        return True  # it stands for the version of something that is reached
    effect = effect_said(name)
    if effect is not None:
        return not effect & _HIDES_NAMES
    library, *parts = name.split(".")
    found = _STATELESS.get(library.removeprefix("_"))
    if found is None or (found and not (parts and parts[0] in found)):
        return False
    if library == "builtins":
        return parts[-1:] not in _RUN_TEXT
    return not any(map(_is_setter, parts))


def _is_setter(name: str) -> bool:
    return name.startswith(_SETTERS) or name in _SETTINGS


_BY_NAME: Final = frozenset({Role.GLOBAL, Role.CLOSURE, Role.IMPORT})

_HIDES_NAMES: Final = Effect.NAMESPACE | Effect.MODULES
_RUN_TEXT: Final = (["exec"], ["eval"], ["__import__"])
_SETTERS: Final = (
    *("set", "reset", "use", "register", "unregister", "add_", "enable", "disable", "configure"),
)
"""How names begin of what changes how a library works."""
_SETTINGS: Final = frozenset(
    {"Config", "api", "config", "mock", "option_context", "options", "plotting"}
)
"""What else it may be called."""

_ALL: Final = frozenset[str]()
_STATELESS: Final = {
    **dict.fromkeys(
        (
            *("future__", "abc", "argparse", "array", "ast", "base64", "binascii", "bisect"),
            *("builtins", "bz2", "cmath", "collections", "colorsys", "concurrent", "configparser"),
            *("contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "difflib"),
            *("enum", "errno", "fnmatch", "fractions", "functools", "getpass", "glob", "graphlib"),
            *("genericpath", "gzip", "hashlib", "heapq", "hmac", "html", "inspect", "io"),
            *("ipaddress", "itertools", "json", "keyword", "linecache", "lzma", "marshal", "math"),
            *("ntpath", "numbers", "operator", "pathlib", "pickle", "platform", "posixpath"),
            *("pprint", "queue", "random", "re", "secrets", "shlex", "statistics", "string"),
            *("stringprep", "struct", "subprocess", "tarfile", "textwrap", "token", "tokenize"),
            *("traceback", "types", "typing", "unicodedata", "unittest", "uuid", "xml", "zipfile"),
            *("zlib", "zoneinfo"),
            *("attr", "attrs", "dateutil", "more_itertools", "networkx", "numpy", "pandas"),
            *("polars", "pyarrow", "pytz", "scipy", "six", "sklearn", "toolz", "tqdm"),
            *("typing_extensions", "xarray"),
        ),
        _ALL,
    ),
    "asyncio": frozenset(
        {"Future", "Queue", "Task", "create_task", "gather", "run", "sleep", "to_thread", "wait"}
        | {"wait_for"}
    ),
    "matplotlib": frozenset({"figure"}),
    "os": frozenset(
        {"environ", "fspath", "getcwd", "getenv", "getpid", "listdir", "makedirs", "mkdir", "path"}
        | {"remove", "rename", "replace", "rmdir", "scandir", "sep", "stat", "unlink", "walk"}
        | {"PathLike", "cpu_count", "devnull", "fsdecode", "fsencode", "linesep", "name", "pathsep"}
    ),
    "shutil": frozenset({"copy", "copy2", "copyfile", "copytree", "move", "rmtree", "which"}),
    "sqlite3": frozenset({"Connection", "Cursor", "Error", "Row", "connect"}),
    "sys": frozenset(
        {"argv", "byteorder", "exc_info", "exit", "float_info", "getsizeof", "intern", "maxsize"}
        | {"executable", "flags", "hexversion", "implementation", "maxunicode", "prefix"}
        | {"platform", "version", "version_info"}
    ),
    "tempfile": frozenset({"NamedTemporaryFile", "TemporaryDirectory", "mkdtemp", "mkstemp"}),
    "thread": frozenset({"allocate_lock"}),
    "threading": frozenset({"Event", "Lock", "RLock", "Semaphore", "Thread"}),
    "time": frozenset(
        {"monotonic", "perf_counter", "process_time", "sleep", "strftime", "strptime", "time"}
        | {"gmtime", "localtime", "time_ns", "perf_counter_ns", "monotonic_ns"}
    ),
    "urllib": frozenset({"parse"}),
    "warnings": frozenset({"catch_warnings", "warn"}),
}
"""Library → its names in which nothing is left; where it has none here, all but setters."""

_TELLERS: Final = frozenset({"logging.getLogger", "logging.Logger", "sys.stderr", "sys.stdout"})
"""Most programs only tell them something."""
_OF_TELLERS: Final = frozenset(
    (
        *("addFilter", "addHandler", "disabled", "filters", "handlers", "level", "manager"),
        *("parent", "propagate", "removeFilter", "removeHandler", "root", "setLevel"),
        *("makeRecord", "reconfigure", "setattr", "vars", "__dict__"),
    )
)
"""What there is to change of them."""
