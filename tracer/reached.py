"""Which libraries the code of a dependency graph reaches, by name and by its values.

By name: what it calls or holds of the standard library and of distributions, with all
that these require. By value: whose instances are among the values that it reads, or
among those that it is given; a Decimal needs no name in code that divides it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Final, NamedTuple

from .graph import OF_LIBRARIES, DependencyGraph, NodeKind, code_in, once_for_each
from .kinds import held_by, is_kind, module_name_of, mro_of
from .meanings import TOLD
from .outside import names_read, variables_implied

DISTRIBUTION: Final = "*"
"""Stands, among libraries, for any that is not Python's own."""

ANYTHING: Final = "?"
"""Stands for what may lead to any library: `pickle`, `importlib`, a module not imported."""


TEXT: Final = "str()"
"""Stands for code that asks values for their text."""

PLOTS: Final = "plot()"
"""Stands for code that has a library plot."""

LOCAL_NUMBERS: Final = ":n"
"""Stands for code that formats numbers as the locale says: `f"{x:n}"`."""

LOCAL_TIME: Final = "TZ"
"""Stands for code that asks for local time."""


class Reached(NamedTuple):
    """What code reaches, as far as its graph tells."""

    libraries: frozenset[str]
    """Top-level modules, distributions, and full names of members: `builtins.open`; also
    `TEXT` and the like."""
    values: tuple[object, ...]
    """Values it reads that may hold instances of other libraries."""
    variables: frozenset[str]
    """Environment variables that decide what functions of the standard library give."""


@once_for_each
def reached_by(graph: DependencyGraph) -> Reached:
    """Return what the code of a graph reaches.

    Cost: linear in the graph, once for each graph.
    """
    names = names_read(graph)
    variables = variables_implied(graph, names)
    return Reached(
        frozenset((*_libraries(graph), *_what_it_does(graph, names, variables))),
        tuple(
            node.origin
            for node in graph.nodes
            if node.kind is NodeKind.VALUE and not is_plain(node.origin)
        ),
        variables,
    )


def _libraries(graph: DependencyGraph) -> Iterator[str]:
    for node in graph.nodes:
        match node.kind:
            case NodeKind.BUILTIN:
                name = node.name.lstrip("_")  # that of an accelerator, such as `_decimal`
                top = name.partition(".")[0]
                yield from (name, top)
                if top in _LEAD_ANYWHERE or name in _LEAD_ANYWHERE:
                    yield ANYTHING
            case NodeKind.DISTRIBUTION:
                yield from (DISTRIBUTION, node.name, node.name.partition(".")[0])
                yield (node.preview or "").partition(" ")[0].lower()
            case NodeKind.MODULE:
                if node.origin is None and node.where is not None:
                    yield ANYTHING  # what it will import is not known before
            case NodeKind.VALUE:
                yield from map(_top_of, mro_of(type(node.origin)))
            case _:
                pass


def _what_it_does(
    graph: DependencyGraph, names: frozenset[str], variables: frozenset[str]
) -> Iterator[str]:
    # Global names are not among those that are read: they lead to what they mean.
    called = (node.name.rpartition(".")[2] for node in graph.nodes if node.kind in OF_LIBRARIES)
    names = names.union(called)
    if not names.isdisjoint(_MAKE_TEXT):
        yield TEXT
    if not names.isdisjoint(_PLOT) or any("plot" in name for name in names):
        yield PLOTS
    if any(_N_FORMAT.search(text) for text in _texts(graph)):
        yield LOCAL_NUMBERS
    if "TZ" in variables:
        yield LOCAL_TIME


_LEAD_ANYWHERE: Final = frozenset(
    [
        *("pickle", "shelve", "marshal", "importlib", "runpy", "pkgutil", "ctypes", "code"),
        *("copyreg", "builtins.exec", "builtins.eval", "builtins.__import__"),
    ]
)
"""What may give code, or instances, of libraries that no name tells of."""

_MAKE_TEXT: Final = frozenset(
    [
        *(TOLD, "print", "to_string", "to_html", "to_csv", "to_latex", "to_markdown", "info"),
        *("display", "style", "array2string", "array_str", "array_repr", "pprint", "pformat"),
        *("__str__", "__repr__", "__format__", "_repr_html_", "substitute", "safe_substitute"),
        *("writerow", "writerows", "format_exc", "urlencode", "get_printoptions"),
    ]
)


_PLOT: Final = frozenset({"hist", "from_estimator", "from_predictions", "background_gradient"})
"""What plots besides functions that have `plot` in their name."""

_N_FORMAT: Final = re.compile(r"(?:^|[:!])(?:.?[<>=^])?[-+ ]?z?#?0?\d*(?:\.\d*)?n(?:\}|$)")
"""The `n` of `f"{x:n}"`, `"{:.3n}".format(x)` or `format(x, "n")`."""


def _texts(graph: DependencyGraph) -> Iterator[str]:
    """Yield texts of the code, and of variables, that may be formats."""
    origins = [node.origin for node in graph.nodes]
    yield from (origin for origin in origins if type(origin) is str)
    for code in code_in(origins):
        yield from (one for one in code.co_consts if type(one) is str and "n" in one)


# -- by value -------------------------------------------------------------------------

_PLAIN: Final = frozenset(map(id, (bool, int, float, complex, str, bytes, type(None))))
"""By identity: a metaclass may have its own `__hash__`."""
_NO_VALUES: Final = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)
_MAX_LOOKED_AT: Final = 200_000


def is_plain(value: object) -> bool:
    """Tell whether a value is of a builtin type that holds no others."""
    return id(type(value)) in _PLAIN


def _top_of(kind: type) -> str:
    return module_name_of(kind).partition(".")[0].lstrip("_")


def libraries_of(values: Iterable[object]) -> frozenset[str]:
    """Return the top-level modules of the classes of these values and all that they hold.

    Runs no code of the user.

    Cost: linear in what they hold.
    """
    found: set[str] = set()
    seen: set[int] = set()
    kinds: set[int] = set()
    waiting = [value for value in values if not is_plain(value)]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if len(seen) > _MAX_LOOKED_AT:
            return frozenset({ANYTHING})
        kind = type(value)
        if id(kind) not in kinds:
            kinds.add(id(kind))
            found.update(map(_top_of, mro_of(kind)))
        if not any(is_kind(value, one) for one in _NO_VALUES):
            waiting += (part for part in held_by(value) if not is_plain(part))
    return frozenset(found)
