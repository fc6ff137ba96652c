"""Answers: what functions and classes say about themselves, for code that asks.

Docstrings, names and annotations change no result unless some code reads them. So they
count from where an attribute name is met that asks for them.

Most of what functions say is text. A program has thousands of them and often one line
that asks, so their texts are gathered at the end of a walk and once for each function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

from .bytecode import CodeFacts
from .digests import frame, framed
from .kinds import global_of, members_of, module_name_of, qualified_name_of
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


class Speaker(NamedTuple):
    """A function or class that may be asked about itself."""

    of: Any
    facts: CodeFacts | None
    """Those of a function."""

    def answer(self, asked: str) -> Answer | None:
        """Return what it says to whoever asks by an attribute name, beside plain text."""
        name = ANSWERED[asked]
        if self.facts is None:
            return self._of_class(name)
        return _annotations_of(self.of, self.facts) if name == "__annotations__" else None

    def texts(self, asked: Sequence[str]) -> tuple[list[object], bytes]:
        """Return what a function says in plain text to whoever asks by these attributes.

        Returns:
            What it has under each of them, and the text in it as bytes.
        """
        facts = cast(CodeFacts, self.facts)
        own = [getattr(self.of, name) for name in asked]
        said = [b"s" + _encoded(text) if type(text) is str else b"" for text in own]
        # With a function comes what is nested in it.
        if not _LABELLED.isdisjoint(asked):
            said.append(framed(facts.labels))
        if not _DOCUMENTED.isdisjoint(asked):
            said.append(framed(facts.documents))
        if "__code__" in asked:
            said.append(framed(facts.variables))
            said.append(framed(map(".".join, facts.reads)))
        return own, frame(b"says", framed(asked), *said)

    def told(self) -> bytes:
        """Return what text that is made of it says: its name, of a class its module."""
        if self.facts is None:
            name = f"{module_name_of(self.of)}.{qualified_name_of(self.of)}"
        else:
            name = self.of.__qualname__
        return _encoded(name)

    def _of_class(self, name: str) -> Answer | None:
        members = members_of(self.of)
        if name == "__code__":
            return None
        if name == "type":
            return _of_fields(members)
        own = members.get(name)
        return Answer(name, own, lambda: members.get(name) is own)


def of_functions(asked: Iterable[str]) -> list[str]:
    """Return which attributes of functions are asked for, by these attribute names."""
    names = {ANSWERED[name] for name in asked if not name.startswith("type.")}
    # `__wrapped__` is one of its own attributes, and followed as that.
    return sorted(names - {"type", "__wrapped__"})


_LABELLED: Final = frozenset({"__code__", "__name__", "__qualname__"})
_DOCUMENTED: Final = frozenset({"__code__", "__doc__"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What something says about itself."""

    name: str
    value: object
    same: Callable[[], bool]
    """Tells whether the answer is the same; what is in it, a guard of values tells."""


def _annotations_of(function: FunctionType, facts: CodeFacts) -> Answer | None:
    """Return the annotations of a function, with those of what is nested in it."""
    own = function.__annotations__
    if not own and not facts.annotations:
        return None
    nested = (
        *(text for annotation in facts.annotations for text in annotation.text),
        *(
            global_of(function.__globals__, path[0])
            for annotation in facts.annotations
            for path in annotation.reads
        ),
    )
    return Answer("__annotations__", (own, nested), lambda: True)  # see `texts`


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


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
