"""Whether code may read the world outside: files, variables, the network.

Told from a dependency graph, before anything runs, for functions whose answers a program
keeps. Code reads nothing if all that it reaches of libraries is known to read nothing,
and if it asks no object for a method that is named like one that reads.

A wrong "may read" costs little: what such a function kept is looked at. A wrong "reads
nothing" would hide a file, so what is not listed here may read.
"""

from __future__ import annotations

import io
import sys
from functools import cache
from types import CodeType, FunctionType
from typing import Final

from .bytecode import facts_of
from .graph import DependencyGraph, Node, NodeKind, code_of, once_for_each
from .meanings import Effect, effect_said


def may_read_outside(graph: DependencyGraph, number: int) -> bool:
    """Tell whether what a node stands for reaches anything that may read outside.

    Cost: linear in what it reaches.
    """
    seen = {number}
    queue = [number]
    for one in queue:
        if _may_read(graph.nodes[one]):
            return True
        for edge in graph.edges[one]:
            if edge.target not in seen:
                seen.add(edge.target)
                queue.append(edge.target)
    return False


@once_for_each
def names_read(graph: DependencyGraph) -> frozenset[str]:
    """Return the names that code of a graph reads, from whatever.

    Cost: linear in the graph, once for each graph.
    """
    origins = [node.origin for node in graph.nodes if node.kind is NodeKind.FUNCTION]
    codes = [one.__code__ if type(one) is FunctionType else one for one in origins]
    # Names in code that is nested in it are among them.
    found = [facts_of(code).names for code in codes if type(code) is CodeType]
    return frozenset[str]().union(*found)


def variables_implied(graph: DependencyGraph, names: frozenset[str]) -> frozenset[str]:
    """Return variables that decide what functions of the standard library give.

    Args:
        names: those that its code reads, from `names_read`.

    Not told by who reads them: libraries ask for the same ones, and it is no matter of
    their results; and what was found once is kept.
    """
    libraries = {node.name for node in graph.nodes if node.kind is NodeKind.BUILTIN}
    tops = {name.partition(".")[0] for name in libraries}
    return frozenset(
        variable
        for module, name, variables in _IMPLIED
        if module in tops and (name in names or f"{module}.{name}" in libraries)
        for variable in variables
    )


@once_for_each
def codes_that_take_input(graph: DependencyGraph) -> frozenset[int]:
    """Return identities of the code that asks standard input for more than what it is."""
    streams = {
        number
        for number, node in enumerate(graph.nodes)
        if node.name == "sys.stdin" or (node.origin is not None and node.origin is sys.stdin)
    }
    found: set[int] = set()
    for node, edges in zip(graph.nodes, graph.edges, strict=True) if streams else ():
        labels = [edge.label for edge in edges if edge.target in streams]
        code = code_of(node.origin)
        if type(code) is CodeType and any(_takes_input(label, code) for label in labels):
            found.add(id(code))
    return frozenset(found)


def _takes_input(label: str, code: CodeType) -> bool:
    """Tell whether code asks what this name path leads to for more than what it is."""
    reads = facts_of(code).reads
    size = label.count(".") + 1
    asked = [path[size : size + 1] for path in reads if ".".join(path[:size]) == label]
    named = {name for rest in asked for name in rest}
    if not asked or not named <= _SAYS_WHAT_IT_IS:
        return True
    # Handed on or read line by line; or asked first whether it has what it is asked for.
    return () in asked and not (named and ("hasattr",) in reads)


_SAYS_WHAT_IT_IS: Final = frozenset(
    ["isatty", "fileno", "encoding", "errors", "closed", "name", "__module__", "__class__"]
)

_IMPLIED: Final = (
    ("shutil", "which", ("PATH",)),
    ("tempfile", "gettempdir", ("TMPDIR", "TEMP", "TMP")),
    ("tempfile", "gettempdirb", ("TMPDIR", "TEMP", "TMP")),
    ("getpass", "getuser", ("LOGNAME", "USER", "LNAME", "USERNAME")),
    *(
        ("time", name, ("TZ",))
        for name in ("tzset", "tzname", "timezone", "localtime", "mktime", "ctime", "strftime")
    ),
    *(
        ("email", name, ("TZ",))
        for name in ("formatdate", "localtime", "mktime_tz", "parsedate_to_datetime")
    ),
    *(("datetime", name, ("TZ",)) for name in ("fromtimestamp", "astimezone", "timestamp")),
)
"""Module, function, variables."""


def _may_read(node: Node) -> bool:
    match node.kind:
        case NodeKind.BUILTIN | NodeKind.DISTRIBUTION:
            return _library_may_read(node.name)
        case NodeKind.FUNCTION:
            return _asks_to_read(node.origin)
        case NodeKind.MODULE:
            return node.origin is None and node.where is not None  # still to be imported
        case _:
            return False


def _asks_to_read(origin: object) -> bool:
    code = code_of(origin)
    if code is None:
        return True
    return any(
        name in _reading() or name.startswith(_READING_PREFIXES) for name in facts_of(code).names
    )


def _library_may_read(name: str) -> bool:
    effect = effect_said(name)
    if effect is not None:
        return bool(effect & _RUNS_TEXT)
    name = name.lstrip("_")  # that of an accelerator, such as `_json`
    if name in _HARMLESS:
        return False
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        readers = _READ_NOTHING_BUT.get(".".join(parts[:count]))
        if readers is not None:
            # The module itself leads to all that is in it.
            return parts[count] in readers if len(parts) > count else bool(readers)
    return True


_RUNS_TEXT: Final = Effect.NAMESPACE | Effect.MODULES

_NOTHING: Final[frozenset[str]] = frozenset()

_READ_NOTHING_BUT: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        [
            *("abc", "array", "ast", "base64", "binascii", "bisect", "blake2", "calendar"),
            *("cmath", "collections", "colorsys", "contextlib", "contextvars", "copy", "copyreg"),
            *("dataclasses", "datetime", "decimal", "difflib", "enum", "errno", "fractions"),
            *("functools", "graphlib", "hashlib", "heapq", "hmac", "html", "itertools", "json"),
            *("keyword", "logging", "math", "md5", "more_itertools", "numbers", "operator"),
            *("pprint", "queue", "random", "re", "reprlib", "secrets", "sha1", "sha2", "sha3"),
            *("sre", "statistics", "string", "struct", "textwrap", "thread", "threading", "time"),
            *("toolz", "traceback", "types", "typing", "typing_extensions", "unicodedata"),
            *("urllib.parse", "uuid", "warnings", "weakref", "xxhash", "zlib"),
        ],
        _NOTHING,
    ),
    "builtins": frozenset({"open", "input", "breakpoint"}),
    "codecs": frozenset({"open"}),
    "io": frozenset({"open", "open_code", "FileIO"}),
    "numpy": frozenset(
        [
            *("load", "loadtxt", "genfromtxt", "fromfile", "fromregex", "memmap", "DataSource"),
            *("lib", "ctypeslib", "f2py", "get_include", "show_config"),
        ]
    ),
    "sys": frozenset({"stdin", "modules", "argv", "path"}),
}
"""Module → what in it may read outside; nothing else does. Accelerators have no underscore."""

_HARMLESS: Final = frozenset(
    [
        *("os.sep", "os.linesep", "os.name", "os.fspath", "os.fsencode", "os.fsdecode"),
        *("os.PathLike", "os.pathsep"),
        *(
            f"{module}.{name}"
            for module in ("posixpath", "ntpath")
            for name in ("join", "basename", "dirname", "split", "splitext", "normpath", "isabs")
        ),
        *("pathlib.PurePath", "pathlib.PurePosixPath", "pathlib.PureWindowsPath"),
    ]
)
"""What reads nothing, of modules that are not above."""


@cache
def _reading() -> frozenset[str]:
    """Return methods by which objects are asked to read; what text and lists can do is none."""
    from pathlib import Path, PurePath  # noqa: PLC0415 - 5 ms, for code that keeps answers

    found = {name for kind in (Path, io.TextIOWrapper, io.BufferedReader) for name in dir(kind)}
    none = {name for name in found if any(hasattr(kind, name) for kind in (PurePath, str, list))}
    others = {"execute", "executemany", "request", "urlopen", "fetch", "getenv", "environ"}
    return frozenset(found - none | others)


_READING_PREFIXES: Final = ("read_", "load_", "open_", "fetch_", "scan_", "from_file", "download")
