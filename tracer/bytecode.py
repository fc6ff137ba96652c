"""A code object → facts: what its code is, and which names it reads.

The canonical form holds what runs and nothing else: no file, line, docstring,
annotation of a function, name of a local variable, inline cache or padding.
Names that are looked up in a module are replaced by their number of first use, since
what they mean enters by way of the walk; so a renamed helper is not a change. So are
variables that functions share, which the compiler puts in the order of their names.

Reads code objects and no globals. Runs nothing.
"""

from __future__ import annotations

import marshal
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from struct import pack
from types import CodeType, EllipsisType
from typing import Any, Final, NamedTuple, cast

from . import hashing
from . import pyversion as py
from .annotations import Annotation, annotations_in, makes_annotations
from .class_bodies import SureNames, is_bookkeeping, is_class_body
from .digests import Digest, digest_of
from .instructions import (
    ATTRIBUTE_LOADS,
    NOTHING,
    SILENT,
    STARRED,
    SUSPENDED,
    Constant,
    Unit,
    attribute_name,
    call_of,
    docstring_of,
    instructions,
    jump_target,
    marked,
    name_path,
    raw_of,
)
from .kinds import identity
from .local_imports import Import, Reads, import_at, name_of_import, reads_of_imports
from .meanings import TELLING, TOLD
from .questions import (
    ASKING,
    OF_CLASSES,
    OF_CODE,
    OF_FIRST,
    is_first_argument,
    question_at,
    questions_in,
    receiver_of,
)
from .stream import Stream, jumps_in
from .variables import Cells

__all__ = [
    "CodeFacts",
    "Import",
    "NamePath",
    "be_told",
    "content_of",
    "facts_of",
    "is_told",
    "names_in",
]

NamePath = tuple[str, ...]
"""A global name and the attributes read from it at once: `("os", "path", "join")`."""

_KIND_FLAGS: Final = STARRED | SUSPENDED
"""What a function is, beside its instructions. The others say how it was compiled."""

_ATTRIBUTE_ACCESSORS: Final = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_ATTRIBUTE_BINDERS: Final = frozenset({"setattr", "delattr"})


class CodeFacts(NamedTuple):
    """What one code object and those nested in it say, without any namespace."""

    canonical: Digest
    """Stands for what runs; sites of global reads are numbers into `reads`."""
    reads: tuple[NamePath, ...]
    """Name paths looked up in globals, in order of first use."""
    names: frozenset[str]
    """Attribute names the code may look up: its own, and strings that could be one."""
    questions: frozenset[str]
    """What it asks functions, classes and code objects about themselves."""
    handed_code: tuple[tuple[str, NamePath], ...]
    """What it asks code objects only to hand it to a callable, by the global name of that."""
    imports: tuple[Import, ...]
    stores: frozenset[str]
    """Global names the code binds or deletes."""
    attribute_stores: frozenset[str]
    """Attribute names the code binds or deletes, which may be globals of a module."""
    computed_attribute: bool
    """`getattr` and its kin, or a format, are used with a name that is not a constant."""
    queries: tuple[str | None, ...]
    """Texts given to `query` and `eval` methods; None for one that is computed."""
    captured: tuple[str, ...]
    """Variables of functions further out, in order of first use."""
    annotations: tuple[Annotation, ...]
    """Of functions nested in it; they matter to introspection only."""
    labels: tuple[str, ...]
    """Names of this code and those nested in it; they matter to introspection only."""
    class_labels: tuple[str, ...]
    """Qualified names of classes nested in it."""
    documents: tuple[str, ...]
    """Docstrings of functions and classes nested in it."""
    class_documents: tuple[str, ...]
    """Those of classes only."""
    parameters: tuple[str, ...]
    """Names of parameters that are not called by name; the others always count."""
    variables: tuple[str, ...]
    """Names of local variables, for code that asks for them."""


class Body(NamedTuple):
    """The body of a function, wherever it is defined."""

    name: str
    canonical: Digest
    place: str = ""
    """Full name of the function, where it is told from others with this body; else nothing."""

    @property
    def anywhere(self) -> Body:
        """The body of all functions that have it."""
        return Body(self.name, self.canonical) if self.place else self


def body_of(code: CodeType) -> Body:
    """Return what the code of a function is counted by."""
    return Body(code.co_name, facts_of(code).canonical)


_MAX_REMEMBERED: Final = 20_000
_remembered: dict[int, tuple[CodeType, CodeFacts, bool]] = {}
"""By identity: the code, its facts, and whether they were told."""
_told: dict[bytes, CodeFacts] = {}
"""What an earlier process read, by the content of the code."""


def facts_of(code: CodeType) -> CodeFacts:
    """Return the facts of `code`; each code object is read once per process.

    Cost: some 30 µs for a code object of ordinary size, then a dictionary look-up.
    """
    # By identity and not by equality: equal code objects differ in constants'
    # nested names, and comparing them costs more than the look-up saves.
    known = _remembered.get(identity(code))
    if known is not None and known[0] is code:
        return known[1]
    told = _told.get(content_of(code)) if _told else None
    facts = _Scan().facts(code) if told is None else told
    if len(_remembered) >= _MAX_REMEMBERED:
        _remembered.clear()
    _remembered[identity(code)] = (code, facts, told is not None)
    return facts


def be_told(facts: Mapping[bytes, CodeFacts]) -> None:
    """Take facts of code that was read before, by its content, instead of reading it again."""
    if len(_told) >= _MAX_REMEMBERED:
        _told.clear()
    _told.update(facts)


def is_told(code: CodeType) -> bool:
    """Tell whether the facts of `code` are as they were told."""
    known = _remembered.get(identity(code))
    return known is not None and known[0] is code and known[2]


def content_of(code: CodeType) -> bytes:
    """Return what stands for all there is to a code object, for this interpreter only.

    Returns:
        Nothing where that cannot be told, as of code made by hand.
    """
    # Of a buffer, which may be of a class of the user, its bytes would be taken for it.
    if not _is_compiled(code.co_consts):
        return b""
    try:
        # Version 2 neither tells which strings are interned nor how often a thing is in use.
        return hashing.digest(marshal.dumps(code, 2))
    except ValueError:
        return b""


def _is_compiled(constants: Collection[object]) -> bool:
    """Tell whether constants are what a compiler makes, and not of a kind that passes for it."""
    if _PLAIN.issuperset(map(type, constants)):
        return True
    for constant in constants:
        kind = type(constant)
        if kind is CodeType:
            inside = cast(CodeType, constant).co_consts
        elif kind is tuple or kind is frozenset:
            inside = cast("tuple[object, ...]", constant)
        elif kind in _PLAIN:
            continue
        else:
            return False
        if not _is_compiled(inside):
            return False
    return True


_PLAIN: Final = frozenset({str, int, float, complex, bytes, bool, type(None), EllipsisType})


class _Scan:
    """One pass over a code object and those nested in it.

    What is written of each of them, those nested in it first:

        shape      how it is called, see `_shape`
        text       its instructions, see `stream`
        operands   what their arguments number: of constants text as it is, all else as bytes
        table      which of them are covered by which handlers of exceptions
    """

    def __init__(self) -> None:
        self.canonical: list[bytes] = []
        self.reads: dict[NamePath, int] = {}
        self.names: set[str] = set()
        self.questions: set[str] = set()
        self.handed_code: list[tuple[str, NamePath]] = []
        self.strings: set[str] = set()
        self.imports: list[Import] = []
        self.stores: set[str] = set()
        self.attribute_stores: set[str] = set()
        self.computed_attribute = False
        self.queries: list[str | None] = []
        self.annotations: list[Annotation] = []
        self.labels: list[str] = []
        self.class_labels: list[str] = []
        self.documents: list[str] = []
        self.class_documents: list[str] = []
        self.parameters: list[str] = []
        self.variables: list[str] = []
        self.bound: set[str] = set()

    def facts(self, code: CodeType) -> CodeFacts:
        cells = self.read(code, None)
        names, questions = _frozen(self.names), _frozen(self.questions)
        if self.strings:
            spelled = _NO_NAMES.union(*map(names_in, self.strings))
            if spelled:
                names, questions = names | spelled, questions | questions_in(spelled)
        # By position, which takes less than half of the time that eighteen keywords take.
        return CodeFacts(
            digest_of("code", *self.canonical),
            tuple(self.reads),
            names,
            questions,
            tuple(self.handed_code),
            tuple(self.imports),
            _frozen(self.stores),
            _frozen(self.attribute_stores),
            self.computed_attribute,
            tuple(self.queries),
            () if cells is None else cells.in_order(code.co_freevars),
            tuple(self.annotations),
            tuple(self.labels),
            tuple(self.class_labels),
            tuple(self.documents),
            tuple(self.class_documents),
            tuple(self.parameters),
            tuple(self.variables),
        )

    def read(self, code: CodeType, around: Cells | None) -> Cells | None:  # noqa: C901 - one branch for each kind of instruction
        """Add one code object; return the variables it shares with others, if any."""
        document = docstring_of(code) if self.labels else None
        if document is not None:
            self.documents.append(document)
        self.labels.append(code.co_name)
        self.variables += (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if code.co_posonlyargcount or code.co_flags & STARRED:
            self.parameters += _not_called_by_name(code)
        names, raw = code.co_names, raw_of(code)
        present = frozenset(raw[::2].translate(None, _PASSED_OVER))
        cells = Cells(code, around) if code.co_cellvars or code.co_freevars else None
        unshared = range(code.co_nlocals) if cells is None else cells.unshared
        in_class_body = is_class_body(code)
        annotates = py.MAKE_FUNCTION in present and makes_annotations(raw)
        # What is around an instruction will be looked at.
        units_are_all = (
            in_class_body
            or annotates
            or py.IMPORT_NAME in present
            or not _TOLD_IN_PLACE.isdisjoint(names)
        )
        if units_are_all:
            units = instructions(raw)
        else:
            units = instructions(raw, _MARKS if cells is None else _MARKS_WITH_CELLS)
        # Who asks what can be jumped to asks about attributes, or about what is around.
        targets: set[int] = set()
        if units_are_all or not present.isdisjoint(ATTRIBUTE_LOADS):
            targets.update(map(jump_target, jumps_in(raw)))
        binds = not present.isdisjoint(_BINDS)
        own_names = _bound_names(names, units) if binds else _NO_NAMES
        skipped: frozenset[int] = frozenset()
        if annotates:
            skipped, annotations = annotations_in(code, units, targets)
            self.annotations += annotations
        imported: Reads = {}
        if py.IMPORT_NAME in present:
            imported = reads_of_imports(code, units, targets)
        sure = SureNames(code, units) if in_class_body else None
        if not in_class_body:
            self.bound |= own_names

        of_types: set[int] = set()
        stream = Stream(raw)
        text, operands = stream.text, stream.operands
        has_long = py.EXTENDED_ARG in present
        index = 0
        while index < len(units):
            number = index
            offset, op, argument, after = units[number]
            index += 1
            if skipped and number in skipped:
                stream.replace(offset, after)
                continue
            if op in _ORDINARY or op in _JUMPS:
                if sure is not None and op in _NUMBERED and is_bookkeeping(code, units, number):
                    stream.replace(offset, units[index][3])
                    index += 1
                continue
            at = offset + 1  # of the argument
            if has_long and op in _BLANKED:
                at = stream.without_extension(units[number])
            if op in _CONSTANTS:
                if sure is not None and is_bookkeeping(code, units, number):
                    self._said_of_class(names[units[index][2]], code.co_consts[argument])
                    stream.replace(offset, units[index][3])
                    index += 1
                else:
                    text[at] = 0
                    operands.append(self._constant(code.co_consts[argument], cells))
            elif op in _GLOBAL_LOADS:
                if sure is not None and is_bookkeeping(code, units, number):
                    stream.replace(offset, units[index][3])
                    index += 1
                elif sure is not None and sure.binds(number, op):
                    text[at] = 0
                    operands.append(names[argument])
                else:
                    path, index = name_path(code, units, number, targets)
                    text[at] = 0
                    operand = self.reads.setdefault(path, len(self.reads))
                    root = path[0]
                    if root in own_names or root in self.bound:
                        # What it means when the code starts is not what it means here.
                        operands.append((operand, root))
                    else:
                        operands.append(operand)
                    if len(path) > 1:
                        # `helpers.rate` is what `rate` is, where that was imported from there.
                        stream.replace(after, units[index - 1][3])
                        self.names.update(path[1:])
                        if not ASKING.isdisjoint(path[1:]):
                            for place in range(number + 1, index):
                                self._question(code, units, place, targets)
                        if path[-1] in _QUERIES:
                            self._query(code, units, index)
                    elif root in _ATTRIBUTE_ACCESSORS:
                        self._attribute_by_text(code, units, root, index)
                    elif root in TELLING:
                        self.names.add(TOLD)
                    elif root == "vars":
                        self._listing(code, units, index)
                    elif root == "type":
                        call = call_of(code, units, index)
                        if call is not None and len(call.positional) == 1:
                            of_types.add(call.index if py.CALL in py.CALLS else call.index + 1)
            elif op in ATTRIBUTE_LOADS:
                name = attribute_name(code, op, argument)
                stream.attribute(units[number])
                operands.append(name)
                self.names.add(name)
                if name in ASKING:
                    if name in _OF_CLASSES and number - 1 in of_types and offset not in targets:
                        self.questions.add(f"type.{name}")
                    else:
                        self._question(code, units, number, targets)
                if name in _FORMATS:
                    self.names.add(TOLD)
                    before = NOTHING if offset in targets else _just_before(units, number)
                    if before[1] != py.LOAD_CONST:
                        self.computed_attribute = True
                elif name in _QUERIES:
                    self._query(code, units, index)
            elif op in SILENT:
                # Whether a call has keywords, a null in their place may say.
                if after >= len(raw) or raw[after] != py.NULL_BEFORE_CALL:
                    stream.replace(offset, after)
            elif op in _LOCALS:
                if argument not in unshared:
                    operand = b"" if cells is None else cells.canonical(op, argument)
                    if operand:
                        stream.replace(offset, after, bytes((op, 0)))
                        operands.append(operand)
                    else:
                        stream.replace(offset, after)
                elif (offset | after) & 1:
                    stream.replace(offset, after, bytes((op, argument)))  # half of a pair
            elif op in _NAMED:
                is_import = op == py.IMPORT_NAME
                name = name_of_import(code, units[number]) if is_import else names[argument]
                text[at] = argument & _OF_IMPORT if is_import else 0
                operands.append(name)
                self._named(code, units, number, name, imported)
            elif op == py.LOAD_SUPER_ATTR:
                name = names[argument >> 2]
                self.names.add(name)
                self.questions |= questions_in((name,))
                text[at] = argument & 2
                operands.append(name)
            elif op == py.MAKE_FUNCTION and skipped:
                text[at] = argument & ~4
            elif op in py.FORMATS:
                self.names.add(TOLD)
            elif op == py.RESUME and cells is not None:
                cells.started = True
        self.canonical.append(_shape(code, cells))
        self.canonical += stream.written(code)
        return cells

    def _named(
        self, code: CodeType, units: list[Unit], index: int, name: str, imported: Reads
    ) -> None:
        """Note what an instruction with a name binds, deletes or imports."""
        op = units[index][1]
        if op in {py.STORE_ATTR, py.DELETE_ATTR}:
            self.names.add(name)
            self.attribute_stores.add(name)
        elif op in {py.STORE_GLOBAL, py.DELETE_GLOBAL}:
            self.stores.add(name)
        elif op == py.IMPORT_NAME:
            statement = import_at(code, units, index, imported)
            self.imports.append(statement)
            self.names.update(statement.names)
            for path in statement.reads or ():
                self.names.update(path[1:])
                self.questions |= questions_in(path)
        elif op == py.IMPORT_FROM:
            self.names.add(name)

    def _said_of_class(self, name: str, value: object) -> None:
        """Note what a class body stores that only says something of the class."""
        if not isinstance(value, str):
            return
        if name == "__doc__":
            self.documents.append(value)
            self.class_documents.append(value)
        else:
            self.class_labels.append(value)

    def _question(self, code: CodeType, units: list[Unit], index: int, targets: set[int]) -> None:
        """Note what is asked by the attribute that is loaded at `index`, if it asks anything."""
        if _attribute(code, units[index]) not in ASKING:
            return
        question = question_at(code, units, index, targets)
        if question is None:
            return
        receiver = receiver_of(code, units, index, targets) if question in OF_CODE else None
        if receiver is None:
            self.questions.add(question)
        else:
            self.handed_code.append((question, receiver))

    def _listing(self, code: CodeType, units: list[Unit], after: int) -> None:
        """Note whose members `vars(x)` gives."""
        call = call_of(code, units, after)
        if call is not None and len(call.positional) == 1:
            of_first = is_first_argument(code, units, call.index - 1)
            self.questions.add(OF_FIRST if of_first else OF_CLASSES)
        elif call is None or call.positional:
            self.questions.add(OF_CLASSES)

    def _attribute_by_text(
        self, code: CodeType, units: list[Unit], accessor: str, after: int
    ) -> None:
        """Note the name in `getattr(x, "name")`, which may be computed."""
        call = call_of(code, units, after)
        given = None if call is None else call.argument(1, "")
        if type(given) is not Constant or type(given.value) is not str:
            self.computed_attribute = True
        elif accessor in _ATTRIBUTE_BINDERS:
            self.attribute_stores.add(given.value)

    def _query(self, code: CodeType, units: list[Unit], after: int) -> None:
        """Note the text in `frame.query("text")`, which may be computed."""
        call = call_of(code, units, after)
        if call is not None and not call.positional and "expr" not in call.keywords:
            return  # such as `model.eval()`
        given = None if call is None else call.argument(0, "expr")
        text = given.value if type(given) is Constant else None
        self.queries.append(text if type(text) is str else None)

    def _constant(self, value: Any, cells: Cells | None) -> str | bytes:
        """Encode a constant by type and content; code objects are read in place."""
        if isinstance(value, str):
            # Code made by hand may hold any kind of text, whose `repr` is not to be run.
            text = value if type(value) is str else str.__str__(value)
            self.strings.add(text)
            if "%s" in text or "%r" in text:
                self.names.add(TOLD)
            return text
        if isinstance(value, CodeType):
            self.read(value, cells)
            return b"C%d" % len(self.labels)
        if isinstance(value, tuple | frozenset):
            parts = [repr(self._constant(item, cells)) for item in cast(Iterable[Any], value)]
            if isinstance(value, frozenset):
                parts.sort()
            return (b"T" if isinstance(value, tuple) else b"S") + repr(parts).encode()
        if isinstance(value, slice):  # since 3.14
            bounds = cast("slice[Any, Any, Any]", value)
            return (
                b"L"
                + repr(
                    [self._constant(one, cells) for one in (bounds.start, bounds.stop, bounds.step)]
                ).encode()
            )
        return _plain_constant(value)


def _plain_constant(value: object) -> bytes:
    """Encode a constant that holds no other constants, tagged by its type."""
    if isinstance(value, int) and not isinstance(value, bool):
        return b"I%x" % value
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return b"P" + repr(value).encode()
    if isinstance(value, float):
        return b"F" + pack("<d", value)
    if isinstance(value, complex):
        return b"J" + pack("<dd", value.real, value.imag)
    if isinstance(value, bytes):
        return b"B" + value
    raise AssertionError(f"constant of type {type(value).__name__}")


# Looked up here and not in `py`, because the scan asks for each instruction.
_LOCALS: Final = py.LOCALS
_CONSTANTS: Final = py.CONSTANTS
_JUMPS: Final = py.JUMPS
_GLOBAL_LOADS: Final = frozenset(
    {py.LOAD_GLOBAL, py.LOAD_NAME, py.LOAD_FROM_DICT_OR_GLOBALS} - {py.NONE}
)

_FORMATS: Final = frozenset({"format", "format_map"})
"""Methods whose text names attributes, `"{0.rate}"`."""

_QUERIES: Final = frozenset({"query", "eval"})
"""Methods whose text names variables of whoever calls them, `"price > @limit"`."""

_TOLD_IN_PLACE: Final = _ATTRIBUTE_ACCESSORS | _QUERIES | ASKING | {"type", "vars"}
"""Names of which it counts what is around them: their arguments, or who is given them."""

_OF_CLASSES: Final = frozenset({"__name__", "__qualname__", "__module__", "__doc__"})
"""What is often asked of `type(x)`, which is never a function."""

_BINDS: Final = frozenset(
    {py.STORE_NAME, py.DELETE_NAME, py.STORE_GLOBAL, py.DELETE_GLOBAL} - {py.NONE}
)

_NAMED: Final = frozenset(
    {
        py.STORE_NAME,
        py.DELETE_NAME,
        py.STORE_GLOBAL,
        py.DELETE_GLOBAL,
        py.STORE_ATTR,
        py.DELETE_ATTR,
        py.IMPORT_NAME,
        py.IMPORT_FROM,
    }
)


_ORDINARY: Final = frozenset(range(256)).difference(
    _LOCALS, _CONSTANTS, _JUMPS, _GLOBAL_LOADS, _NAMED, ATTRIBUTE_LOADS, SILENT, py.PAIRS,
    py.FORMATS, {py.LOAD_SUPER_ATTR, py.MAKE_FUNCTION, py.RESUME},
)  # fmt: skip
"""Instructions that are what they are: number and argument."""

_PASSED_OVER: Final = bytes(_ORDINARY - {py.EXTENDED_ARG})

_NUMBERED: Final = frozenset({py.LOAD_SMALL_INT, py.LOAD_COMMON_CONSTANT} - {py.NONE})
"""Instructions whose argument is a constant, or says which one."""

_OF_IMPORT: Final = (1 << py.IMPORT_SHIFT) - 1
"""What an import says beside a name."""

_BLANKED: Final = _CONSTANTS | _GLOBAL_LOADS | _NAMED | {py.LOAD_SUPER_ATTR}
"""Instructions whose argument is told by an operand."""

_MARKS_WITH_CELLS: Final = marked(frozenset(range(256)) - _ORDINARY - _JUMPS - {py.MAKE_FUNCTION})
"""Instructions to look at: where variables are shared, those on variables too."""
_MARKS: Final = marked(
    frozenset(range(256))
    - _ORDINARY
    - _JUMPS
    - (_LOCALS - frozenset(py.PAIRS))
    - {py.MAKE_FUNCTION, py.RESUME}
)
"""Instructions to look at where no variable is shared."""


def _just_before(units: list[Unit], index: int) -> Unit:
    """Return the instruction before, if it is listed."""
    before = units[index - 1] if index else NOTHING
    return before if before[3] == units[index][0] else NOTHING


def _attribute(code: CodeType, unit: Unit) -> str:
    return attribute_name(code, unit[1], unit[2])


def _bound_names(names: Sequence[str], units: list[Unit]) -> frozenset[str]:
    """Return the names that code binds or deletes, other than local variables."""
    return frozenset([names[argument] for _, op, argument, _ in units if op in _BINDS])


def _frozen(names: set[str]) -> frozenset[str]:
    return frozenset(names) if names else _NO_NAMES  # which takes no room for each code


_NO_NAMES: Final = frozenset[str]()


def names_in(text: str) -> frozenset[str]:
    """Return attribute names that a text may stand for.

    The text itself, the parts of dotted text as `attrgetter` takes it, and what the
    fields of a format string read.
    """
    if text.isidentifier():
        return frozenset((text,))
    if "{" in text:
        return frozenset(name for part in _FIELD.findall(text) for name in _WORD.findall(part))
    if "." in text and _DOTTED.fullmatch(text):
        return frozenset(text.split("."))
    return frozenset()


_FIELD: Final = re.compile(r"\{[^{}]*?([.\[][^{}:!]*)[^{}]*\}")
_WORD: Final = re.compile(r"[^\W\d]\w*")
_DOTTED: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)+")


def _shape(code: CodeType, cells: Cells | None) -> bytes:
    """Encode how the code is called: argument counts, their names, star arguments."""
    return _as_text(
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags & _KIND_FLAGS,
        # Free variables by number: what they hold enters as the cells of the closure.
        len(code.co_freevars),
        len(code.co_cellvars),
        () if cells is None else cells.arguments,
        # Parameters that only have a place are not called by name.
        code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount],
    )


@lru_cache(maxsize=1_000)
def _as_text(*shape: int | tuple[int | str, ...]) -> bytes:
    return repr(shape).encode()  # many functions are called alike


def _not_called_by_name(code: CodeType) -> Iterator[str]:
    """Yield the names of parameters that only have a place, and those with stars."""
    yield from code.co_varnames[: code.co_posonlyargcount]
    named = code.co_argcount + code.co_kwonlyargcount
    yield from code.co_varnames[named : named + (code.co_flags & STARRED).bit_count()]
