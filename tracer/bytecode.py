"""A code object → facts: what its code is, and which names it reads.

The canonical form holds what runs and nothing else: no file, line, docstring,
annotation of a function, name of a local variable, inline cache or padding.
Names that are looked up in a module are replaced by their number of first use, since
what they mean enters by way of the walk; so a renamed helper is not a change.

Reads code objects and no globals. Runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from opcode import HAVE_ARGUMENT, stack_effect
from struct import pack
from types import CodeType
from typing import Any, Final, cast

from . import pyversion as py
from .digests import Digest, digest_of, frame

NamePath = tuple[str, ...]
"""A global name and the attributes read from it at once: `("os", "path", "join")`."""

# What a function is, beside its instructions: star arguments, generator, coroutine,
# async generator, iterable coroutine. The others say how it was compiled.
_KIND_FLAGS: Final = 0x04 | 0x08 | 0x20 | 0x80 | 0x100 | 0x200

_ATTRIBUTE_ACCESSORS: Final = frozenset({"getattr", "hasattr", "setattr", "delattr"})


@dataclass(frozen=True, slots=True)
class Import:
    """An `import` statement that is run by the code itself."""

    module: str
    level: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CodeFacts:
    """What one code object and those nested in it say, without any namespace."""

    canonical: Digest
    """Stands for what runs; sites of global reads are numbers into `reads`."""
    reads: tuple[NamePath, ...]
    """Name paths looked up in globals, in order of first use."""
    names: frozenset[str]
    """Attribute names the code may look up: its own, and strings that could be one."""
    strings: frozenset[str]
    """String constants, for code that finds modules or names by text."""
    imports: tuple[Import, ...]
    stores: frozenset[str]
    """Global names the code binds or deletes."""
    attribute_stores: frozenset[str]
    """Attribute names the code binds or deletes, which may be globals of a module."""
    computed_attribute: bool
    """`getattr` and its kin are used with a name that is not a constant."""
    modules: tuple[tuple[NamePath, str | None], ...]
    """How modules are asked for by text, and their names; None for one that is computed."""
    mentions: tuple[str, ...]
    """Names after an `@` in a string, which `DataFrame.query` looks up."""
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
    scan.read(code)
    facts = scan.facts()
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
        self.strings: set[str] = set()
        self.imports: list[Import] = []
        self.stores: set[str] = set()
        self.attribute_stores: set[str] = set()
        self.computed_attribute = False
        self.modules: list[tuple[NamePath, str | None]] = []
        self.labels: list[str] = []
        self.documents: list[str] = []
        self.variables: list[str] = []
        self.bound: set[str] = set()

    def facts(self) -> CodeFacts:
        return CodeFacts(
            canonical=digest_of("code", *self.canonical),
            reads=tuple(self.reads),
            names=frozenset(self.names).union(*map(names_in, self.strings)),
            strings=frozenset(self.strings),
            imports=tuple(self.imports),
            stores=frozenset(self.stores),
            attribute_stores=frozenset(self.attribute_stores),
            computed_attribute=self.computed_attribute,
            modules=tuple(self.modules),
            mentions=tuple(
                sorted({name for text in self.strings for name in _MENTION.findall(text)})
            ),
            labels=tuple(self.labels),
            documents=tuple(self.documents),
            variables=tuple(self.variables),
        )

    def read(self, code: CodeType) -> None:  # noqa: C901 - one branch for each kind of instruction
        """Add one code object: its shape, its instructions, its exception table."""
        is_root = not self.labels
        self.labels.append(code.co_name)
        self.variables += (*code.co_varnames, *code.co_cellvars, *code.co_freevars)
        if not is_root and code.co_consts and isinstance(code.co_consts[0], str):
            self.documents.append(code.co_consts[0])  # of a function; one without has None here
        units = _instructions(code.co_code)
        position = _numbers(units)
        targets = {_jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        in_class_body = bool(
            code.co_names[:2] == ("__name__", "__module__") and not code.co_flags & 0x2
        )
        self.canonical.append(_shape(code))
        own_names = _bound_names(code, units)
        if not in_class_body:
            self.bound |= own_names

        out: list[bytes] = []
        index = 0
        while index < len(units):
            _, op, argument, _ = units[index]
            if in_class_body and _is_bookkeeping(code, units, index):
                if op == py.LOAD_CONST and isinstance(code.co_consts[argument], str):
                    self.documents.append(code.co_consts[argument])
                index += 2
                continue
            if op == py.LOAD_GLOBAL or op in {py.LOAD_NAME, py.LOAD_FROM_DICT_OR_GLOBALS}:
                path, after = _name_path(code, units, index, targets)
                number = self.reads.setdefault(path, len(self.reads))
                self.names.update(path[1:])
                out.append(b"g%d" % number)
                if path[0] in own_names or path[0] in self.bound:
                    # What it means when the code starts is not what it means here.
                    out.append(b"=" + path[0].encode("utf-8", "surrogatepass"))
                if path[0] in _ATTRIBUTE_ACCESSORS and not isinstance(
                    _argument(code, units, after, 1), str
                ):
                    self.computed_attribute = True
                self._module_by_text(code, units, path, after)
                index = after
                continue
            if op in py.CONSTANTS:
                out.append(b"k%d" % op)
                out.append(self._constant(code.co_consts[argument]))
            elif op in py.JUMPS:
                out.append(b"j%d>%d" % (op, position.get(_jump_target(units[index]), -1)))
            elif op in _ATTRIBUTE_LOADS:
                name = _attribute_name(code, op, argument)
                self.names.add(name)
                out.append(b"a" + name.encode("utf-8", "surrogatepass"))
            elif op == py.LOAD_SUPER_ATTR:
                name = code.co_names[argument >> 2]
                self.names.add(name)
                out.append(b"s%d" % (argument & 2) + name.encode("utf-8", "surrogatepass"))
            elif op in _NAMED:
                name = code.co_names[argument]
                out.append(b"n%d" % op + name.encode("utf-8", "surrogatepass"))
                if op in {py.STORE_ATTR, py.DELETE_ATTR}:
                    self.names.add(name)
                    self.attribute_stores.add(name)
                elif op in {py.STORE_GLOBAL, py.DELETE_GLOBAL}:
                    self.stores.add(name)
                elif op == py.IMPORT_NAME:
                    self._import(code, units, index, name)
                elif op == py.IMPORT_FROM:
                    self.names.add(name)
            elif op not in _SILENT:
                out.append(b"o%d,%d" % (op, argument))
            index += 1
        self.canonical.append(frame(*out))
        self.canonical.append(_exception_table(code, position))

    def _module_by_text(
        self, code: CodeType, units: list[_Unit], path: NamePath, after: int
    ) -> None:
        """Note the name in `import_module("name")` and `sys.modules["name"]`."""
        if path[-1] in _FINDERS or path[:2] == ("sys", "modules"):
            text = _subscript(code, units, after)
            if text is None and (path[-1] in _FINDERS or path[2:]):
                text = _argument(code, units, after, 0)
            self.modules.append((path, text if isinstance(text, str) else None))

    def _import(self, code: CodeType, units: list[_Unit], index: int, module: str) -> None:
        level, names = 0, ()
        if index >= 2 and units[index - 1][1] == py.LOAD_CONST == units[index - 2][1]:  # noqa: PLR2004
            level = code.co_consts[units[index - 2][2]]
            names = code.co_consts[units[index - 1][2]] or ()
        self.imports.append(Import(module, level, tuple(names)))
        self.names.update(names)

    def _constant(self, value: Any) -> bytes:
        """Encode a constant by type and content; code objects are read in place."""
        if isinstance(value, CodeType):
            self.read(value)
            return b"C%d" % len(self.labels)
        if isinstance(value, str):
            self.strings.add(value)
        elif isinstance(value, tuple | frozenset):
            parts = [self._constant(item) for item in cast(Iterable[Any], value)]
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


_Unit = tuple[int, int, int, int]
"""Offset, instruction, argument, offset of the next instruction; all in bytes."""

_ATTRIBUTE_LOADS: Final = frozenset({py.LOAD_ATTR, py.LOAD_METHOD} - {py.NONE})

_SILENT: Final = frozenset({py.PUSH_NULL, py.NOP} - {py.NONE})
"""Calling convention and line markers: `math.floor(x)` is compiled with or without
them according to where `import math` stands, and `pass` leaves one behind."""

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


def _instructions(raw: bytes) -> list[_Unit]:
    """Decode `co_code`, leaving out caches and folding extended arguments."""
    units: list[_Unit] = []
    extended, start = 0, None
    for offset in range(0, len(raw), 2):
        op, argument = raw[offset], raw[offset + 1]
        if op == py.CACHE:
            # Caches belong to the instruction before them, and jumps count from
            # their end.
            last_offset, last_op, last_argument, _ = units[-1]
            units[-1] = (last_offset, last_op, last_argument, offset + 2)
            continue
        if start is None:
            start = offset
        if op == py.EXTENDED_ARG:
            extended = (extended | argument) << 8
            continue
        units.append((start, op, extended | argument, offset + 2))
        extended, start = 0, None
    return units


def _numbers(units: list[_Unit]) -> dict[int, int]:
    """Number the instructions that count; a silent one has the number of the next."""
    numbers: dict[int, int] = {}
    number = 0
    for offset, op, _, after in units:
        numbers[offset] = number
        number += op not in _SILENT
        # A range of the exception table may end where the code ends.
        numbers[after] = number
    return numbers


def _name_path(
    code: CodeType, units: list[_Unit], index: int, targets: set[int]
) -> tuple[NamePath, int]:
    """Return the name path that starts at `index`, and the index after it."""
    _, op, argument, _ = units[index]
    path = [code.co_names[argument >> 1 if op == py.LOAD_GLOBAL else argument]]
    index += 1
    while index < len(units):
        offset, op, argument, _ = units[index]
        # An attribute that can also be jumped to is read from another object too.
        if op not in _ATTRIBUTE_LOADS or offset in targets:
            break
        path.append(_attribute_name(code, op, argument))
        index += 1
    return tuple(path), index


def _argument(code: CodeType, units: list[_Unit], after: int, number: int) -> object:
    """Return a constant argument of the call of what was loaded just before `after`.

    Follows the depth of the stack up to the call that consumes the loaded function
    and looks at what wrote the slot of its argument. Anything unusual on the way, such
    as a jump or no call at all, answers with `code`, which is no constant of any use.
    """
    base, writer = 0, dict[int, tuple[int, int]]()
    if after < len(units) and py.NULL_AFTER_CALLABLE and units[after][1] == py.PUSH_NULL:
        after += 1
    depth = base
    for _, op, argument, _ in units[after:]:
        if op in py.JUMPS:
            return code
        if op in py.CALLS and depth - argument == base:
            wrote, constant = writer.get(base + number, (py.NONE, 0))
            return code.co_consts[constant] if wrote == py.LOAD_CONST else code
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        if depth < base:
            return code
        writer[depth - 1] = (op, argument)
    return code


def _subscript(code: CodeType, units: list[_Unit], after: int) -> object:
    """Return the constant in `x["constant"]` where `x` was loaded just before `after`."""
    if after + 1 >= len(units) or units[after + 1][1] != py.BINARY_SUBSCR:
        return None
    _, op, argument, _ = units[after]
    if op == py.LOAD_GLOBAL and code.co_names[argument >> 1] == "__name__":
        return "__name__"  # `sys.modules[__name__]`: the module itself
    return code.co_consts[argument] if op == py.LOAD_CONST else code


def _bound_names(code: CodeType, units: list[_Unit]) -> frozenset[str]:
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
_MENTION: Final = re.compile(r"@([^\W\d]\w*)")

_FINDERS: Final = frozenset({"import_module", "__import__", "resolve_name"})


def _jump_target(unit: _Unit) -> int:
    _, op, argument, after = unit
    distance = argument * 2
    return after - distance if op in py.BACKWARD else after + distance


def _attribute_name(code: CodeType, op: int, argument: int) -> str:
    return code.co_names[argument >> py.LOAD_ATTR_SHIFT if op == py.LOAD_ATTR else argument]


def _is_bookkeeping(code: CodeType, units: list[_Unit], index: int) -> bool:
    """Tell whether this load and the store after it only say what a class is called."""
    if index + 1 >= len(units):
        return False
    _, op, argument, _ = units[index + 1]
    if op != py.STORE_NAME or code.co_names[argument] not in py.CLASS_BOOKKEEPING:
        return False
    return units[index][1] in {py.LOAD_CONST, py.LOAD_NAME}


def _shape(code: CodeType) -> bytes:
    """Encode how the code is called: argument counts, their names, star arguments."""
    # Parameters that only have a place are not called by name.
    named = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    return frame(
        b"%d %d %d" % (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        b"%d" % (code.co_flags & _KIND_FLAGS),
        # Free variables by number: what they hold enters as the cells of the closure.
        b"%d %d" % (len(code.co_freevars), len(code.co_cellvars)),
        *(name.encode("utf-8", "surrogatepass") for name in named),
    )


def _exception_table(code: CodeType, position: dict[int, int]) -> bytes:
    """Encode which instructions each handler covers, by their number.

    The table is a list of varints, six bits a byte, the first of an entry marked by
    0x80: start, length, target (in units of two bytes), depth << 1 | lasti
    (`Objects/exception_handling_notes.txt`).
    """
    raw = iter(code.co_exceptiontable)
    entries: list[bytes] = []

    def varint(first: int) -> int:
        value = first & 63
        while first & 64:
            first = next(raw)
            value = value << 6 | first & 63
        return value

    for first in raw:
        start = varint(first) * 2
        length = varint(next(raw)) * 2
        target = varint(next(raw)) * 2
        depth = varint(next(raw))
        entries.append(
            b"%d-%d>%d:%d"
            % (
                _at(position, start),
                _at(position, start + length),
                _at(position, target),
                depth,
            )
        )
    return frame(*entries)


def _at(position: dict[int, int], offset: int) -> int:
    """Return the number of the instruction at or before `offset`."""
    while offset > 0 and offset not in position:
        offset -= 2
    return position.get(offset, 0)
