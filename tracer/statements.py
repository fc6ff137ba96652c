"""Databases that SQL in the text of a program attaches: `ATTACH DATABASE 'other.db' AS o`.

SQLite opens them itself, and no event tells of it, nor of any statement. What code says
in plain text is found; where the name is put into the statement, that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Final, cast

from .graph import DependencyGraph
from .instructions import with_nested

_ATTACH: Final = re.compile(
    r"""\battach\s+(?:database\s+)?(?:'([^'{]+)'|"([^"{]+)"|(?=['"?:@$])|$)""", re.IGNORECASE
)


def databases_attached(graph: DependencyGraph) -> tuple[str | None, ...]:
    """Return paths or URIs that text in a graph attaches; None for one not told there."""
    return tuple(
        dict.fromkeys(
            found[1] or found[2] for text in _texts(graph) for found in _ATTACH.finditer(text)
        )
    )


def _texts(graph: DependencyGraph) -> Iterator[str]:
    for node in graph.nodes:
        origin = node.origin
        if type(origin) is str:
            yield origin
        code = origin.__code__ if type(origin) is FunctionType else origin
        if type(code) is CodeType:
            for nested in with_nested(code):
                yield from _strings(nested.co_consts)


def _strings(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if type(constant) is str:
            yield constant
        elif type(constant) is tuple:
            yield from _strings(cast("tuple[object, ...]", constant))
