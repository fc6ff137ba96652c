"""Databases that SQL in the text of a program attaches: `ATTACH DATABASE 'other.db' AS o`.

SQLite opens them itself, and no event tells of it, nor of any statement. What code says
in plain text is found; where the name is put into the statement, that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from .graph import DependencyGraph, code_in

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
    origins = [node.origin for node in graph.nodes]
    yield from (origin for origin in origins if type(origin) is str)
    for code in code_in(origins):
        yield from _strings(code.co_consts)


def _strings(constants: tuple[object, ...]) -> Iterator[str]:
    for constant in constants:
        if type(constant) is str:
            yield constant
        elif type(constant) is tuple:
            yield from _strings(cast("tuple[object, ...]", constant))
