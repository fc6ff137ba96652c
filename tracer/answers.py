"""Answers: what functions and classes say about themselves, for code that asks.

Docstrings, names and annotations change no result unless some code reads them. So they
count from where code is met that asks for them; see `questions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import Field, dataclass, field
from types import CodeType, FunctionType
from typing import Any, Final, cast

from .bytecode import CodeFacts
from .kinds import class_of, global_of, is_one_of, members_of, module_name_of, qualified_name_of
from .questions import ANSWERED


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
        """Return what it says to a question, if it says anything."""
        name = ANSWERED.get(asked)
        if name is None:
            return None
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
        if name in _OF_CODE:
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
    if name in _OF_CODE:
        return Answer(name, _told_by_code(function.__code__, facts, name), _for_good)
    if name == "__wrapped__":
        return None  # one of its attributes, and followed as that
    own = getattr(function, name)
    nested: tuple[object, ...] = ()
    if name == "__annotations__":
        nested = (
            *_annotations(facts),
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


def told_by_source(facts: CodeFacts, asked: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield what the functions and classes of a module say that is not imported yet."""
    names = {ANSWERED.get(question) for question in asked}
    if names & {"__doc__", "constants", "code"}:
        yield facts.documents
    if names & {"__annotations__", "constants", "names", "code"}:
        yield tuple(_annotations(facts))
    if names & {"variables", "parameters", "code"}:
        yield facts.variables
    if names & {"__name__", "__qualname__", "constants", "labels", "code"}:
        yield facts.labels


def _for_good() -> bool:
    return True  # code does not change, and which code a function has is guarded


_OF_CODE: Final = frozenset({"code", "constants", "labels", "names", "parameters", "variables"})
"""Answers that the code of a function gives."""


def _told_by_code(code: CodeType, facts: CodeFacts, name: str) -> tuple[object, ...]:
    """Return what code tells beside what is run, with what is nested in it."""
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & _STAR) + bool(code.co_flags & _DOUBLE_STAR)
    reads = tuple(".".join(path) for path in facts.reads)
    # A docstring is the first constant; whether the first one is none, does not matter.
    own = tuple(text for text in code.co_consts[:1] if isinstance(text, str))
    constants = (*own, *facts.documents, *facts.labels, *_annotations(facts))
    match name:
        case "parameters":
            return code.co_varnames[:count]
        case "variables":
            return facts.variables
        case "labels":
            return facts.labels
        case "names":
            return (*reads, *_annotations(facts))
        case "constants":
            return constants
        case _:
            return (facts.variables, reads, constants)


_STAR: Final = 0x04
_DOUBLE_STAR: Final = 0x08


def _annotations(facts: CodeFacts) -> Iterator[str]:
    """Yield what is written in annotations of nested functions."""
    for annotation in facts.annotations:
        yield from annotation.text


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
