"""Answers: what functions and classes say about themselves, for code that asks.

Docstrings, names and annotations change no result unless some code reads them. So they
count from where an attribute name is met that asks for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from types import FunctionType
from typing import Any, cast

from .bytecode import CodeFacts
from .kinds import class_of, global_of, is_one_of, members_of, module_name_of, qualified_name_of
from .meanings import ANSWERED


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


@dataclass(frozen=True, slots=True)
class Patch:
    """Stands for what the program may have put into a library's class or function."""

    owner: type | None
    """The class; None for a function, whose attributes are guarded together."""
    name: str
    value: object


@dataclass(frozen=True, slots=True)
class Speaker:
    """A function or class that may be asked about itself."""

    of: Any
    facts: CodeFacts | None
    """Those of a function."""

    def answer(self, asked: str) -> Answer | None:
        """Return what it says to whoever asks by an attribute name, if it says anything."""
        name = ANSWERED[asked]
        if self.facts is None:
            return self._of_class(name)
        return None if asked.startswith("type.") else _of_function(self.of, name, self.facts)

    def told(self) -> bytes:
        """Return what text that is made of it says: its name, of a class its module."""
        if self.facts is None:
            name = f"{module_name_of(self.of)}.{qualified_name_of(self.of)}"
        else:
            name = self.of.__qualname__
        return name.encode("utf-8", "surrogatepass")

    def _of_class(self, name: str) -> Answer | None:
        members = members_of(self.of)
        if name == "__code__":
            return None
        if name == "type":
            return _of_fields(members)
        own = members.get(name)
        return Answer(name, own, lambda: members.get(name) is own)


@dataclass(frozen=True, slots=True)
class Answer:
    """What something says about itself."""

    name: str
    value: object
    same: Callable[[], bool]
    """Tells whether the answer is the same; what is in it, a guard of values tells."""


def _of_function(function: FunctionType, name: str, facts: CodeFacts) -> Answer | None:
    """Return an answer of a function; with that of what is nested in it."""
    if name == "type":
        return None
    if name == "__code__":
        reads = tuple(".".join(path) for path in facts.reads)
        said = (facts.variables, reads, facts.labels, facts.documents)
        return Answer(name, said, lambda: True)  # its code is guarded
    if name == "__wrapped__":
        return None  # one of its attributes, and followed as that
    own = getattr(function, name)
    nested: tuple[object, ...] = ()
    if name == "__annotations__":
        nested = (
            *(text for annotation in facts.annotations for text in annotation.text),
            *(
                global_of(function.__globals__, path[0])
                for annotation in facts.annotations
                for path in annotation.reads
            ),
        )
    elif name == "__doc__":
        nested = facts.documents
    elif name != "__module__":
        nested = facts.labels
    shown = own if is_one_of(class_of(own), (str, dict)) else None
    return Answer(name, (shown, nested), lambda: getattr(function, name) is own)


def _of_fields(members: Mapping[str, object]) -> Answer | None:
    """Return the types of the fields of a dataclass."""
    held = members.get("__dataclass_fields__")
    if type(held) is not dict:
        return None
    fields: list[Any] = [
        one for one in cast(dict[str, object], held).values() if type(one) is Field
    ]
    types: list[tuple[str, object]] = [(one.name, one.type) for one in fields]

    def same() -> bool:
        return all(one.type is kind for one, (_, kind) in zip(fields, types, strict=True))

    return Answer("type", types, same)
