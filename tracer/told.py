"""What was read of code, written down for the next process.

    text = written({function.__code__ for …}, drafted)    a process that has read them
    take(text)                                            another, which need not read them again

To read a code object takes some fifty microseconds, to find what was read of it ten. It is
found by the whole content of the code object, file and lines too, and taken only by the
interpreter that wrote it and as long as the modules that read code are the same files. So
what is found is what would be read, and no check is left out.

Beside it stands the digest of the drafts that the walk of this code made, which tells
another walk whether its graph is the same before it has made that, see `Drafts.digest`.

    {"by": […], "drafted": digest, "facts": {content: [field of `CodeFacts`, …], …}}

It is JSON, because who reads it need not trust who wrote it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from types import CodeType
from typing import Any, Final, NamedTuple

from .annotations import Annotation
from .bytecode import CodeFacts, be_told, content_of, facts_of, is_told
from .collecting import collector_paused
from .digests import Digest
from .hashing import algorithm
from .local_imports import Import

READERS: Final = (
    "annotations",
    "bytecode",
    "class_bodies",
    "digests",
    "drafts",
    "errors",
    "graph",
    "hashing",
    "instructions",
    "kinds",
    "local_imports",
    "meanings",
    "pyversion",
    "questions",
    "stream",
    "told",
    "variables",
)
"""Modules that have a part in what is read of code, or in which graph is made of drafts."""


class Told(NamedTuple):
    """What a text tells."""

    contents: frozenset[str] = frozenset()
    """Which code it tells of."""
    drafted: Digest | None = None
    """Of the drafts that were made of that code, and made the graph of the trace."""


def written(
    codes: Iterable[CodeType], drafted: Digest | None = None, known: Told | None = None
) -> bytes | None:
    """Return what was read of code, as text.

    Args:
        drafted: the digest of the drafts that were made of it.
        known: what another text tells, which may do.

    Returns:
        None where that other text tells all of it, or nothing could be told.
    """
    codes, by = tuple(codes), _made_by()
    known = Told() if known is None else known
    others = {content_of(code).hex() for code in codes if not is_told(code)}
    if by is None or (others <= {"", *known.contents} and drafted == known.drafted):
        return None
    found = {content_of(code).hex(): code for code in codes}
    found.pop("", None)
    facts = {content: _row(facts_of(code)) for content, code in found.items()}
    record = {"by": by, "drafted": None if drafted is None else drafted.hex(), "facts": facts}
    return json.dumps(record, separators=(",", ":")).encode()


def take(text: bytes) -> Told:
    """Take what another process has read of code; return what that is.

    What another interpreter wrote, or other modules than these, tells nothing.
    """
    try:
        with collector_paused():
            record = json.loads(text)
            if record["by"] is None or record["by"] != _made_by():
                return Told()
            drafted = record["drafted"]
            drafted = None if drafted is None else Digest(bytes.fromhex(drafted))
            rows: dict[str, list[Any]] = record["facts"]
            facts = {bytes.fromhex(content): _from_row(row) for content, row in rows.items()}
    except (ValueError, TypeError, KeyError):
        return Told()
    be_told(facts)
    return Told(frozenset(rows), drafted)


def _made_by() -> list[Any] | None:
    """Return what tells this interpreter, and the modules that read code, from any other."""
    folder = os.path.dirname(os.path.abspath(__file__))
    try:
        states = [os.stat(os.path.join(folder, f"{name}.py")) for name in READERS]
    except OSError:
        return None  # they are in an archive
    return [sys.version, algorithm(), *([state.st_size, state.st_mtime_ns] for state in states)]


def _row(facts: CodeFacts) -> list[Any]:
    return [
        facts.canonical.hex(),
        facts.reads,
        sorted(facts.names),
        sorted(facts.questions),
        facts.handed_code,
        [(one.module, one.level, one.names, one.reads) for one in facts.imports],
        sorted(facts.stores),
        sorted(facts.attribute_stores),
        facts.computed_attribute,
        facts.queries,
        facts.captured,
        [(one.text, one.reads) for one in facts.annotations],
        facts.labels,
        facts.class_labels,
        facts.documents,
        facts.class_documents,
        facts.parameters,
        facts.variables,
    ]


def _from_row(row: list[Any]) -> CodeFacts:
    (
        canonical,
        reads,
        names,
        questions,
        handed_code,
        imports,
        stores,
        attribute_stores,
        computed_attribute,
        queries,
        *texts,
    ) = row
    captured, annotations, *others = texts
    return CodeFacts(
        Digest(bytes.fromhex(canonical)),
        _paths(reads),
        frozenset(names),
        frozenset(questions),
        tuple([(question, tuple(path)) for question, path in handed_code]),
        tuple(
            [
                Import(module, level, tuple(named), None if read is None else _paths(read))
                for module, level, named, read in imports
            ]
        ),
        frozenset(stores),
        frozenset(attribute_stores),
        computed_attribute,
        tuple(queries),
        tuple(captured),
        tuple([Annotation(tuple(text), _paths(read)) for text, read in annotations]),
        *map(tuple, others),
    )


def _paths(lists: list[list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(map(tuple, lists))
