"""A code object → facts: what its code is, and which names it reads.

The canonical form holds what runs and nothing else: no file, line, docstring,
annotation of a function, name of a local variable, inline cache or padding.
Names that are looked up in a module are replaced by their number of first use, since
what they mean enters by way of the walk; so a renamed helper is not a change. So are
variables that functions share, which the compiler puts in the order of their names.

Reads code objects and no globals. Runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from struct import pack
from types import CodeType
from typing import Any, Final, cast

from . import pyversion as py
from .annotations import Annotation, annotations_in
from .digests import Digest, digest_of, frame
from .instructions import (
    ATTRIBUTE_LOADS,
    NOTHING,
    SILENT,
    Constant,
    Unit,
    attribute_name,
    call_of,
    exception_table,
    instructions,
    jump_target,
    name_path,
    numbers_of,
)
from .local_imports import Import, import_at, reads_of_imports
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
from .variables import Cells

__all__ = ["CodeFacts", "Import", "NamePath", "facts_of", "names_in", "plain_constant"]

NamePath = tuple[str, ...]
"""A global name and the attributes read from it at once: `("os", "path", "join")`."""

# What a function is, beside its instructions: star arguments, generator, coroutine,
# async generator, iterable coroutine. The others say how it was compiled.
_KIND_FLAGS: Final = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200

_ATTRIBUTE_ACCESSORS: Final = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_ATTRIBUTE_BINDERS: Final = frozenset({"setattr", "delattr"})


@dataclass(frozen=True, slots=True)
class CodeFacts:
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
    documents: tuple[str, ...]
    """Docstrings of functions and classes nested in it."""
    variables: tuple[str, ...]
    """Names of local variables, for code that asks for them."""


_MAX_REMEMBERED: Final = 20_000
_remembered: dict[int, tuple[CodeType, CodeFacts]] = {}


def facts_of(code: CodeType) -> CodeFacts:
    """Return the facts of `code`; each code object is read once per process.

    Cost: some 30 µs for a code object of ordinary size, then a dictionary look-up.
    """
    # By identity and not by equality: equal code objects differ in constants'
    # nested names, and comparing them costs more than the look-up saves.
    known = _remembered.get(id(code))
    if known is not None and known[0] is code:
        return known[1]
    scan = _Scan()
    scan.read(code, None)
    facts = scan.facts(code)
    if len(_remembered) >= _MAX_REMEMBERED:
        _remembered.clear()
    _remembered[id(code)] = (code, facts)
    return facts


class _Scan:
    """One pass over a code object and those nested in it."""

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
        self.documents: list[str] = []
        self.variables: list[str] = []
        self.bound: set[str] = set()
        self.cells: Cells | None = None

    def facts(self, code: CodeType) -> CodeFacts:
        cells = self.cells
        spelled = frozenset[str]().union(*map(names_in, self.strings))
        return CodeFacts(
            canonical=digest_of("code", *self.canonical),
            reads=tuple(self.reads),
            names=spelled | self.names,
            questions=frozenset(self.questions | questions_in(spelled)),
            handed_code=tuple(self.handed_code),
            imports=tuple(self.imports),
            stores=frozenset(self.stores),
            attribute_stores=frozenset(self.attribute_stores),
            computed_attribute=self.computed_attribute,
            queries=tuple(self.queries),
            captured=() if cells is None else cells.in_order(code.co_freevars),
            annotations=tuple(self.annotations),
            labels=tuple(self.labels),
            documents=tuple(self.documents),
            variables=tuple(self.variables),
        )

    def read(self, code: CodeType, around: Cells | None) -> None:  # noqa: C901 - one branch for each kind of instruction
        """Add one code object: its shape, its instructions, its exception table."""
        is_root = not self.labels
        self.labels.append(code.co_name)
        self.variables += (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if not is_root and code.co_consts and isinstance(code.co_consts[0], str):
            self.documents.append(code.co_consts[0])  # of a function; one without has None here
        cells = Cells(code, around)
        if is_root:
            self.cells = cells
        units = instructions(code.co_code)
        targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        in_class_body = bool(
            code.co_names[:2] == ("__name__", "__module__") and not code.co_flags & 0x2
        )
        self.canonical.append(_shape(code, cells))
        own_names = _bound_names(code, units)
        if not in_class_body:
            self.bound |= own_names
        skipped, annotations = annotations_in(code, units, targets)
        self.annotations += annotations
        position = numbers_of(units, skipped)
        imported = reads_of_imports(code, units, targets)
        of_types: set[int] = set()
        sure = _SureNames(code, units) if in_class_body else None

        out: list[bytes] = []
        index = 0
        is_plain = not (code.co_cellvars or code.co_freevars)
        while index < len(units):
            offset, op, argument, _ = units[index]
            if skipped and index in skipped:
                index += 1
                continue
            if op in _ORDINARY or (is_plain and op in _LOCALS):
                written = _WRITTEN.get(op << 32 | argument)
                if written is None:
                    written = _WRITTEN[op << 32 | argument] = b"o%d,%d" % (op, argument)
                out.append(written)
                index += 1
                continue
            if in_class_body and _is_bookkeeping(code, units, index):
                if op == py.LOAD_CONST and isinstance(code.co_consts[argument], str):
                    self.documents.append(code.co_consts[argument])
                index += 2
                continue
            if op in _LOCALS:
                written = cells.canonical(op, argument)
                if written is not None:
                    out.append(written)
            elif op in _GLOBAL_LOADS:
                if sure is not None and sure.binds(index, op):
                    out.append(b"l" + _encoded(code.co_names[argument]))
                    index += 1
                    continue
                path, after = name_path(code, units, index, targets)
                number = self.reads.setdefault(path, len(self.reads))
                self.names.update(path[1:])
                self._questions(code, units, range(index + 1, after), targets)
                out.append(b"g%d" % number)
                root = path[0]
                if root in own_names or root in self.bound:
                    # What it means when the code starts is not what it means here.
                    out.append(b"=" + _encoded(root))
                if len(path) > 1:
                    if path[-1] in _QUERIES:
                        self._query(code, units, after)
                elif root in _ATTRIBUTE_ACCESSORS:
                    self._attribute_by_text(code, units, root, after)
                elif root in TELLING:
                    self.names.add(TOLD)
                elif root == "vars":
                    self._listing(code, units, after)
                elif root == "type":
                    call = call_of(code, units, after)
                    if call is not None and len(call.positional) == 1:
                        of_types.add(call.index if py.CALL in py.CALLS else call.index + 1)
                index = after
                continue
            elif op in _CONSTANTS:
                out.append(b"k%d" % op)
                out.append(self._constant(code.co_consts[argument], cells))
            elif op in _JUMPS:
                out.append(b"j%d>%d" % (op, position.get(jump_target(units[index]), -1)))
            elif op in ATTRIBUTE_LOADS:
                name = attribute_name(code, op, argument)
                out.append(b"a" + _encoded(name))
                before = units[index - 1] if index and offset not in targets else NOTHING
                self.names.add(name)
                if name in _OF_CLASSES and index - 1 in of_types:
                    self.questions.add(f"type.{name}")
                elif name in ASKING:
                    self._questions(code, units, (index,), targets)
                if name in _FORMATS:
                    self.names.add(TOLD)
                    if before[1] != py.LOAD_CONST:
                        self.computed_attribute = True
                elif name in _QUERIES:
                    self._query(code, units, index + 1)
            elif op == py.LOAD_SUPER_ATTR:
                name = code.co_names[argument >> 2]
                self.names.add(name)
                self.questions |= questions_in((name,))
                out.append(b"s%d" % (argument & 2) + _encoded(name))
            elif op in _NAMED:
                name = code.co_names[argument]
                out.append(b"n%d" % op + _encoded(name))
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
            elif op == py.MAKE_FUNCTION and argument & 4:
                out.append(b"o%d,%d" % (op, argument & ~4 if annotations else argument))
            elif op not in SILENT:
                out.append(b"o%d,%d" % (op, argument))
                if op in py.FORMATS:
                    self.names.add(TOLD)
                if op == py.RESUME:
                    cells.started = True
            index += 1
        self.canonical.append(frame(*out))
        self.canonical.append(exception_table(code, position))

    def _questions(
        self, code: CodeType, units: list[Unit], indices: Iterable[int], targets: set[int]
    ) -> None:
        """Note what is asked by attributes that are loaded at these places."""
        for index in indices:
            name = _attribute(code, units[index])
            if name not in ASKING:
                continue
            question = question_at(code, units, index, targets)
            receiver = receiver_of(code, units, index) if question in OF_CODE else None
            if receiver is not None and question is not None:
                self.handed_code.append((question, receiver))
            elif question is not None:
                self.questions.add(question)

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

    def _constant(self, value: Any, cells: Cells) -> bytes:
        """Encode a constant by type and content; code objects are read in place."""
        if isinstance(value, CodeType):
            self.read(value, cells)
            return b"C%d" % len(self.labels)
        if isinstance(value, str):
            self.strings.add(value)
            if "%s" in value or "%r" in value:
                self.names.add(TOLD)
        elif isinstance(value, tuple | frozenset):
            parts = [self._constant(item, cells) for item in cast(Iterable[Any], value)]
            if isinstance(value, tuple):
                return b"T" + frame(*parts)
            return b"S" + frame(*sorted(parts))
        return plain_constant(value)


def plain_constant(value: object) -> bytes:
    """Encode a constant that holds no other constants, tagged by its type."""
    if isinstance(value, bool) or value is None or value is Ellipsis:
        return b"P" + repr(value).encode()
    if isinstance(value, int):
        return b"I%x" % value
    if isinstance(value, float):
        return b"F" + pack("<d", value)
    if isinstance(value, complex):
        return b"J" + pack("<dd", value.real, value.imag)
    if isinstance(value, str):
        return b"U" + value.encode("utf-8", "surrogatepass")
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
    _LOCALS, _CONSTANTS, _JUMPS, _GLOBAL_LOADS, _NAMED, ATTRIBUTE_LOADS, SILENT, py.FORMATS,
    {py.LOAD_SUPER_ATTR, py.MAKE_FUNCTION, py.RESUME},
)  # fmt: skip
"""Instructions that are what they are: number and argument."""
_WRITTEN: Final[dict[int, bytes]] = {}
"""These, as they are written."""


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogatepass")


def _attribute(code: CodeType, unit: Unit) -> str:
    return attribute_name(code, unit[1], unit[2])


class _SureNames:
    """Names that a class body has surely bound itself where it reads them.

    Those bound before the first jump, in a body without handlers of exceptions.
    """

    def __init__(self, code: CodeType, units: list[Unit]) -> None:
        self._code, self._units = code, units
        self._bound: dict[str, int] = {}
        if code.co_exceptiontable:
            return
        for index, (_, op, argument, _) in enumerate(units):
            if op in py.JUMPS:
                break
            if op == py.STORE_NAME:
                self._bound.setdefault(code.co_names[argument], index)
        for _, op, argument, _ in units:
            if op == py.DELETE_NAME:
                self._bound.pop(code.co_names[argument], None)

    def binds(self, index: int, op: int) -> bool:
        """Tell whether the name that is read at `index` was bound before."""
        if op == py.LOAD_GLOBAL:
            return False
        name = self._code.co_names[self._units[index][2]]
        return self._bound.get(name, index) < index


def _bound_names(code: CodeType, units: list[Unit]) -> frozenset[str]:
    """Return the names that code binds or deletes, other than local variables."""
    return frozenset(code.co_names[argument] for _, op, argument, _ in units if op in _BINDS)


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


def _is_bookkeeping(code: CodeType, units: list[Unit], index: int) -> bool:
    """Tell whether this load and the store after it only say what a class is called."""
    if index + 1 >= len(units) or units[index + 1][1] != py.STORE_NAME:
        return False
    name = code.co_names[units[index + 1][2]]
    if name not in py.CLASS_BOOKKEEPING:
        return False
    _, op, argument, _ = units[index]
    if name == "__module__":
        return op == py.LOAD_NAME and code.co_names[argument] == "__name__"
    return op == py.LOAD_CONST


def _shape(code: CodeType, cells: Cells) -> bytes:
    """Encode how the code is called: argument counts, their names, star arguments."""
    # Parameters that only have a place are not called by name.
    named = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    return frame(
        b"%d %d %d" % (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        b"%d" % (code.co_flags & _KIND_FLAGS),
        # Free variables by number: what they hold enters as the cells of the closure.
        b"%d %d" % (len(code.co_freevars), len(code.co_cellvars)),
        b"%d " * len(cells.arguments) % cells.arguments,
        *(_encoded(name) for name in named),
    )
