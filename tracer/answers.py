"""Answers: what functions and classes say about themselves, for code that asks.

Docstrings, names and annotations change no result unless some code reads them. So they
count from where code is met that asks for them; see `questions`.

Most of what functions say is text. A program has thousands of them and often one line
that asks, so their texts are gathered at the end of a walk and once for each function.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, field
from functools import lru_cache
from gc import get_referents
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final, ForwardRef, NamedTuple, cast

from .annotations import only_looks_up
from .bytecode import CodeFacts
from .digests import frame, framed
from .instructions import docstring_of
from .kinds import global_of, is_kind, members_of, module_name_of, qualified_name_of
from .pyversion import LAZY_ANNOTATIONS
from .questions import ANSWERED, INTROSPECTION, OF_CODE, PARAMETERS
from .values import encode


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
        """Return what it says to a question, beside plain text of a function."""
        if self.facts is not None:
            is_own = asked == "__annotations__"
            return _annotations_of(self.of, self.facts) if is_own else None
        name = ANSWERED.get(asked)
        return None if name is None else self._of_class(name)

    def texts(self, names: Sequence[str]) -> tuple[dict[str, object], bytes]:
        """Return these answers of a function, as far as they are plain text.

        Returns:
            Those of its attributes that are among them, and all of the text.
        """
        facts: Any = self.facts
        code = self.of.__code__
        own = dict(_own(self.of, name) for name in names if name in INTROSPECTION)
        said = [b"s" + _encoded(text) if type(text) is str else b"" for text in own.values()]
        if not _WITH_CONSTANTS.isdisjoint(names):
            document = docstring_of(code)
            said.append(framed([document] if type(document) is str else []))
        said += [framed(texts) if texts else b"" for texts in texts_of(facts, names)]
        return own, frame(b"says", framed(names), *said)

    def told(self) -> bytes:
        """Return what text that is made of it says: its name, of a class its module."""
        if self.facts is None:
            name = f"{module_name_of(self.of)}.{qualified_name_of(self.of)}"
        else:
            name = self.of.__qualname__
        return _encoded(name)

    def _of_class(self, name: str) -> Answer | None:
        members = members_of(self.of)
        if name in _OF_CODE:
            return None
        if name == "type":
            return _of_fields(members)
        if name == "__annotations__" and LAZY_ANNOTATIONS:
            return _annotations_of_class(members)
        own = members.get(name)
        return Answer(name, own, lambda: members.get(name) is own)


def answers_to(asked: Iterable[str]) -> list[str]:
    """Return the names of the answers in plain text to these questions, in one order.

    What is asked of classes only is answered by code, too: classes may be nested in it.
    """
    names = {
        question if question.startswith("type.") else ANSWERED[question]
        for question in asked
        if question in ANSWERED
    }
    # `__wrapped__` is one of its own attributes, and followed as that.
    return sorted(names - {"type", "__wrapped__"})


def texts_of(facts: CodeFacts, names: Collection[str]) -> Iterator[Iterable[str]]:
    """Yield what code says in plain text with all that is nested in it, for these answers."""
    if not _WITH_LABELS.isdisjoint(names):
        yield facts.labels
    if not _WITH_CLASS_LABELS.isdisjoint(names):
        yield facts.class_labels
    if not _WITH_DOCUMENTS.isdisjoint(names):
        yield facts.documents
    elif "type.__doc__" in names:
        yield facts.class_documents
    if not _WITH_ANNOTATIONS.isdisjoint(names):
        yield _texts_of_annotations(facts)
    if not _WITH_VARIABLES.isdisjoint(names):
        yield facts.variables
    elif "parameters" in names:
        yield facts.parameters
    if not _WITH_NAMES.isdisjoint(names):
        yield map(".".join, facts.reads)


def without_comprehensions(facts: CodeFacts) -> CodeFacts:
    """Return facts without the names of code that is there until 3.11 only."""
    return facts._replace(labels=tuple([one for one in facts.labels if one not in _INLINED]))


_INLINED: Final = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})
"""Code of its own until PEP 709 came, with 3.12."""

_OF_CODE: Final = frozenset({ANSWERED[PARAMETERS], *OF_CODE.values()})
"""Answers that the code of a function gives, whose identity is guarded; no class has them."""

_WITH_CONSTANTS: Final = frozenset({"code", "constants"})
_WITH_NAMES: Final = frozenset({"code", "names"})
_WITH_VARIABLES: Final = frozenset({"code", "variables"})
_WITH_LABELS: Final = _WITH_CONSTANTS | {"labels", "__name__", "__qualname__"}
_WITH_CLASS_LABELS: Final = _WITH_LABELS | {"type.__name__", "type.__qualname__"}
_WITH_DOCUMENTS: Final = _WITH_CONSTANTS | {"__doc__"}
_WITH_ANNOTATIONS: Final = _WITH_CONSTANTS | {"names", "__annotations__"}


class InText(NamedTuple):
    """An annotation that is text, or has text in it, as in `list["Row"]`."""

    code: CodeType
    """That of the text, as an expression."""
    module: str | ModuleType | None
    """Where it says itself that it is to be evaluated."""


def annotations_in_text(of: Any, *, is_function: bool) -> Iterator[InText]:
    """Yield what is text in the annotations of a function or class.

    Since 3.14 text is looked for in what evaluates them.
    """
    if is_function:
        _, said = _own(of, "__annotations__")
    else:
        members = members_of(of)
        said = members.get("__annotations__", members.get("__annotate_func__"))
    held: list[tuple[object, str | ModuleType | None]] = [(said, None)]
    if type(said) is dict:
        held = [(one, None) for one in cast("dict[str, object]", said).values()]
    for one, module in held:
        if type(one) is FunctionType:
            held += [(const, module) for const in one.__code__.co_consts if type(const) is str]
            held += _evaluated_by(one)
        elif type(one) is str:
            code = _expression(one)
            if code is not None:
                yield InText(code, module)
                held += [(const, module) for const in code.co_consts if type(const) is str]
        elif type(one) is ForwardRef:
            held.append((one.__forward_arg__, one.__forward_module__ or module))
        elif module_name_of(type(one)) in _OF_ANNOTATIONS:
            arguments: object = getattr(one, "__args__", ())
            if type(arguments) is tuple:
                held += [(part, module) for part in cast("tuple[object, ...]", arguments)]


def _evaluated_by(annotate: FunctionType) -> Iterator[tuple[object, str]]:
    """Yield what a function that `typing` made for a `TypedDict` asks in its turn."""
    if annotate.__module__ != "typing":
        return
    for cell in annotate.__closure__ or ():
        try:
            held: object = cell.cell_contents
        except ValueError:
            continue
        if type(held) is FunctionType:
            yield held, held.__module__
        for base in cast("tuple[object, ...]", held) if type(held) is tuple else ():
            if is_kind(base, type):
                kind = cast(type, base)
                yield members_of(kind).get("__annotate_func__"), module_name_of(kind)


_OF_ANNOTATIONS: Final = frozenset({"typing", "types", "collections.abc", "typing_extensions"})
"""Modules whose classes have arguments as in `list["Row"]`."""


@lru_cache(maxsize=10_000)
def _expression(text: str) -> CodeType | None:
    try:
        return compile(text.strip(), "<annotation>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None


class Answer(NamedTuple):
    """What something says about itself."""

    name: str
    value: object
    same: Callable[[], bool]
    """Tells whether the answer is the same; what is in it, a guard of values tells."""


def _own(function: FunctionType, name: str) -> tuple[str, object]:
    """Return what a function says under a name; annotations that would be evaluated, unevaluated.

    They would run code of the program: what evaluates them stands for them.
    """
    is_later = name == "__annotations__" and LAZY_ANNOTATIONS
    annotate: object = getattr(function, "__annotate__", None) if is_later else None
    return (name, getattr(function, name)) if annotate is None else ("__annotate__", annotate)


def _changed_annotations(function: FunctionType) -> dict[str, object] | None:
    """Return the annotations of a function if they were evaluated and then changed in place."""
    others = (function.__globals__, function.__builtins__, function.__dict__)
    for held in get_referents(function):
        if (
            type(held) is dict
            and held is not function.__kwdefaults__
            and not any(held is other for other in others)
        ):
            return _if_changed(
                cast("dict[str, object]", held), _own(function, "__annotations__")[1]
            )
    return None


def _if_changed(evaluated: object, annotate: object) -> dict[str, object] | None:
    """Return annotations that are not what evaluating them gives.

    Where they only look names up, what the program evaluated before is evaluated again.
    """
    if type(evaluated) is not dict:
        return None
    found = cast("dict[str, object]", evaluated)
    try:
        if type(annotate) is FunctionType and only_looks_up(annotate.__code__):
            one, other = encode(found), encode(annotate(_VALUE))
            if one.digest == other.digest and all(
                part.target is again.target
                for part, again in zip(one.references, other.references, strict=True)
            ):
                return None
    except Exception:  # noqa: BLE001 - whatever a look-up of the program raises
        return found
    return found


_VALUE: Final = 1  # `annotationlib.Format.VALUE`


def _annotations_of_class(members: Mapping[str, object]) -> Answer:
    """Return the annotations of a class: what evaluates them, or what was put in its place."""
    own = (members.get("__annotations__"), members.get("__annotate_func__"))

    def changed() -> dict[str, object] | None:
        return _if_changed(members.get("__annotations_cache__"), own[1])

    now = changed()
    said = None if own[0] is own[1] is None and now is None else (*own, now)

    def same() -> bool:
        return (
            members.get("__annotations__") is own[0]
            and members.get("__annotate_func__") is own[1]
            and changed() is now
        )

    return Answer("__annotations__", said, same)


def _annotations_of(function: FunctionType, facts: CodeFacts) -> Answer | None:
    """Return the annotations of a function, with those of what is nested in it."""
    name, own = _own(function, "__annotations__")
    changed = _changed_annotations(function) if name == "__annotate__" else None
    if changed is not None:
        own = (own, changed)
    if not own and not facts.annotations:
        return None
    nested = (
        *_texts_of_annotations(facts),
        *(
            global_of(function.__globals__, path[0])
            for annotation in facts.annotations
            for path in annotation.reads
        ),
    )
    if name == "__annotate__":
        return Answer(
            "__annotations__", (own, nested), lambda: _changed_annotations(function) is changed
        )
    return Answer("__annotations__", (own, nested), lambda: True)  # see `texts`


def _texts_of_annotations(facts: CodeFacts) -> tuple[str, ...]:
    """Return what is written in annotations of functions nested in code."""
    return tuple([text for annotation in facts.annotations for text in annotation.text])


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
