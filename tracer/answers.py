"""Answers: what functions and classes say about themselves, for code that asks.

Docstrings, names and annotations change no result unless some code reads them. Each
answer waits as a member of what it is about until its name is met.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .bytecode import CodeFacts
from .kinds import global_of, is_kind, members_of


@dataclass(slots=True)
class Holder:
    """Stands for a value that no object of the program is."""

    held: object


@dataclass(slots=True)
class Subclasses:
    """Stands for the answer of `kind.__subclasses__()`, for code that asks for it."""

    kind: type
    found: list[type] = field(init=False)

    def __post_init__(self) -> None:
        self.found = type.__subclasses__(self.kind)

    def same(self) -> Callable[[], bool]:
        """Return the condition that no subclass has come or gone."""
        kind, found = self.kind, self.found
        return lambda: type.__subclasses__(kind) == found


@dataclass(slots=True)
class Said:
    """Stands for what a function or class says about itself, for code that asks."""

    of: Any
    name: str
    facts: CodeFacts | None

    def said(self) -> object:
        """Return the answer as a value; with that of what is nested in it."""
        return Holder((self._own(), self._nested(), self._meant()))

    def _own(self) -> object:
        if is_kind(self.of, type):
            return members_of(self.of).get(self.name)
        if self.name == "__annotations__":
            return dict(self.of.__annotations__)
        if self.name == "__wrapped__":
            return None  # one of its attributes, and followed as that
        answer = getattr(self.of, self.name)
        return answer if type(answer) in (str, type(None)) else None

    def _nested(self) -> tuple[str, ...]:
        if self.facts is None:
            return ()
        if self.name == "__doc__":
            return self.facts.documents
        if self.name == "__annotations__":
            return tuple(text for nested in self.facts.annotations for text in nested.text)
        return self.facts.labels if self.name in {"__name__", "__qualname__"} else ()

    def _meant(self) -> list[object]:
        """Return what nested annotations look up in the module."""
        if self.facts is None or self.name != "__annotations__":
            return []
        reads = (path for nested in self.facts.annotations for path in nested.reads)
        return [global_of(self.of.__globals__, path[0]) for path in reads]

    def same(self) -> Callable[[], bool]:
        """Return the condition that the answer is the same."""
        if self.name == "__annotations__":
            return lambda: True  # guarded as a value
        before = self._own()
        return lambda: self._own() is before
