"""Facts: what an entry was computed from outside the program, and whether it is so now.

A fact in a header is `[kind, name, state]` or `[kind, name, state, preview]`, as in
`["file", "data.csv", "9f…", "120 bytes"]`. A path counts from the working directory if
that is how the call asked for it, and from the folder that holds the store if it is
absolute and lies in there, so that a checkout may lie anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

import tracer

from .entry import Fact
from .privacy import HIDDEN, is_secret

_ROOT: Final = "<project>/"
"""What a path within the folder of the project begins with, on disk."""

_VARIABLE: Final = tracer.WorldKind.VARIABLE


def recorded(facts: tuple[tracer.Fact, ...], root: str, *, store: str) -> tuple[Fact, ...]:
    """Return facts as they are written; nothing of a secret is shown.

    Args:
        store: folder of the store, whose files are nobody's input.
    """
    inside = os.path.join(store, "")
    return tuple(
        Fact(
            fact.kind.value,
            _portable(fact.name, root) if fact.kind.is_path else fact.name,
            fact.state,
            HIDDEN if fact.kind is _VARIABLE and is_secret(fact.name) else fact.preview,
        )
        for fact in facts
        if not fact.kind.is_path
        or not os.path.join(os.path.abspath(fact.name), "").startswith(inside)
    )


def id_of(facts: tuple[Fact, ...]) -> str:
    """Return what tells entries of one call apart; nothing where there are no facts."""
    if not facts:
        return ""
    lines = (f"{fact.kind}\0{fact.name}\0{fact.state}" for fact in facts)
    return str(tracer.digest_of("facts", *(os.fsencode(line) for line in lines)))


def observed(facts: tuple[Fact, ...], root: str) -> tuple[tracer.Fact, ...]:
    """Return recorded facts as an observation notes them."""
    return tuple(
        tracer.Fact(tracer.WorldKind(fact.kind), _located(fact.name, root), fact.state)
        for fact in facts
    )


def differing(facts: tuple[Fact, ...], root: str) -> Iterator[tuple[Fact, Fact]]:
    """Yield each fact that is not so now, with what is.

    A kind that this version does not know is never so.
    """
    for fact in facts:
        try:
            kind = tracer.WorldKind(fact.kind)
        except ValueError:
            yield fact, Fact(fact.kind, fact.name, "")
            continue
        path = _located(fact.name, root)
        state = tracer.state_of(kind, path, fact.state)
        if state != fact.state:
            hidden = kind is _VARIABLE and is_secret(fact.name)
            shown = HIDDEN if hidden else tracer.preview_of(kind, path)
            yield fact, Fact(fact.kind, fact.name, state, shown)


def shown_name(name: str) -> str:
    """Return the name of a fact as a person calls it."""
    return name.removeprefix(_ROOT)


def _portable(name: str, root: str) -> str:
    inside = os.path.join(root, "")
    if not os.path.isabs(name) or not name.startswith(inside):
        return name
    return _ROOT + name[len(inside) :].replace(os.sep, "/")


def _located(name: str, root: str) -> str:
    return os.path.join(root, name.removeprefix(_ROOT)) if name.startswith(_ROOT) else name
