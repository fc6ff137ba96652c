"""Instructions of a code object: decoded, and what they do to the stack.

Leaves out caches, folds extended arguments, and takes apart what the compiler of 3.13
joins only where two instructions are on one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from opcode import HAVE_ARGUMENT, stack_effect
from types import CodeType
from typing import Final

from . import pyversion as py

Unit = tuple[int, int, int, int]
"""Offset, instruction, argument, offset of the next instruction; all in bytes."""

NOTHING: Final[Unit] = (0, py.NONE, 0, 0)

ATTRIBUTE_LOADS: Final = frozenset({py.LOAD_ATTR, py.LOAD_METHOD} - {py.NONE})
VARIABLE_LOADS: Final = frozenset({py.LOAD_FAST, py.LOAD_FAST_CHECK} - {py.NONE})

STARRED: Final = 0x04 | 0x08
"""Flags of code: `CO_VARARGS` and `CO_VARKEYWORDS`."""
SUSPENDED: Final = 0x20 | 0x80 | 0x100 | 0x200
"""Flags of the code of generators, coroutines, asynchronous generators and, by
`CO_ITERABLE_COROUTINE`, generators that may be awaited."""

SILENT: Final = frozenset({py.PUSH_NULL, py.NOP} - {py.NONE})
"""Calling convention and line markers: `math.floor(x)` is compiled with or without
them according to where `import math` stands, and `pass` leaves one behind."""


ALL: Final = bytes(1) + bytes((1,)) * 255
"""Marks every instruction; caches, which are zeros in `co_code` whatever ran, have none."""


def marked(kinds: Iterable[int]) -> bytes:
    """Return the table, a byte for each instruction, that has `instructions` find these."""
    return bytes(map({*kinds, py.EXTENDED_ARG}.__contains__, range(256)))


def instructions(raw: bytes, marks: bytes = ALL) -> list[Unit]:
    """Decode `co_code`, or those of its instructions that a table of `marks` names.

    What is not marked is passed over at the speed of C: of the units of ordinary code,
    caches included, a fifth says what the code reads and where it jumps.
    """
    units: list[Unit] = []
    ops, arguments, caches, pairs = raw[::2], raw[1::2], py.CACHES, py.PAIRS
    extended, start = 0, -1
    for place in compress(range(len(ops)), ops.translate(marks)):
        op, argument = ops[place], extended | arguments[place]
        if start < 0:
            start = place * 2
        if op == py.EXTENDED_ARG:
            if marks[ops[place + 1]]:
                extended = argument << 8
            else:
                extended, start = 0, -1
            continue
        # Caches belong to the instruction before them, and jumps count from their end.
        after = place * 2 + 2 + 2 * caches[op]
        if op in pairs:
            first, second = pairs[op]
            units.append((start, first, argument >> 4, start + 1))
            units.append((start + 1, second, argument & 15, after))
        else:
            units.append((start, op, argument, after))
        extended, start = 0, -1
    return units


def raw_of(code: CodeType) -> bytes:
    """Return `co_code`, in which a local variable is loaded in one way only."""
    raw = code.co_code
    if py.BORROWS:
        both = bytearray(raw)
        both[::2] = both[::2].translate(_LOADED)
        raw = bytes(both)
    return raw


_LOADED: Final = bytes(py.BORROWS.get(op, op) for op in range(256))


def docstring_of(code: CodeType) -> str | None:
    """Return the docstring of a function's code."""
    if code.co_flags & py.HAS_DOCSTRING != py.HAS_DOCSTRING or not code.co_consts:
        return None
    first = code.co_consts[0]
    return first if isinstance(first, str) else None


def with_nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all that are nested in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from with_nested(constant)


def jump_target(unit: Unit) -> int:
    """Return the offset that a jump leads to."""
    _, op, argument, after = unit
    distance = argument * 2
    return after - distance if op in py.BACKWARD else after + distance


def attribute_name(code: CodeType, op: int, argument: int) -> str:
    """Return the name that an instruction looks up in an object."""
    return code.co_names[argument >> py.LOAD_ATTR_SHIFT if op == py.LOAD_ATTR else argument]


def name_path(
    code: CodeType, units: list[Unit], index: int, targets: set[int]
) -> tuple[tuple[str, ...], int]:
    """Return the name path that starts at `index`, and the index after it."""
    _, op, argument, _ = units[index]
    name = code.co_names[argument >> 1 if op == py.LOAD_GLOBAL else argument]
    index += 1
    if index == len(units) or units[index][1] not in ATTRIBUTE_LOADS:
        return (name,), index  # as most are
    path = [name]
    index = attributes_after(code, units, index, targets, path)
    return tuple(path), index


def attributes_after(
    code: CodeType, units: list[Unit], index: int, targets: set[int], path: list[str]
) -> int:
    """Add the attributes to `path` that are read at once; return the index after them."""
    after = units[index - 1][3]
    while index < len(units):
        offset, op, argument, next_after = units[index]
        # What stands between may not be listed. An attribute that can also be jumped to is
        # read from another object too.
        if op not in ATTRIBUTE_LOADS or offset != after or offset in targets:
            break
        path.append(attribute_name(code, op, argument))
        after = next_after
        index += 1
    return index


class Global:
    """An argument that is what a global name means."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Constant:
    """An argument that is a constant."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Call:
    """One call, as far as its arguments are plain; None stands for one that is not."""

    __slots__ = ("index", "keywords", "positional")

    def __init__(
        self,
        index: int,
        positional: tuple[Constant | Global | None, ...],
        keywords: dict[str, Constant | Global | None],
    ) -> None:
        self.index = index
        """Of the instruction that calls."""
        self.positional = positional
        self.keywords = keywords

    def argument(self, position: int, name: str) -> Constant | Global | None:
        """Return an argument that is given by position or by name, if it is plain."""
        if position < len(self.positional):
            return self.positional[position]
        return self.keywords.get(name)


def call_of(code: CodeType, units: Sequence[Unit], after: int) -> Call | None:
    """Return the call of what was loaded just before `after`.

    Follows the depth of the stack up to the call that consumes the loaded function
    and looks at what wrote the slots of its arguments. Anything unusual on the way,
    such as a jump, star arguments or no call at all, answers with None.
    """
    depth, writers = 0, dict[int, tuple[int, int]]()
    if after < len(units) and py.NULL_AFTER_CALLABLE and units[after][1] == py.PUSH_NULL:
        after += 1
    names: tuple[str, ...] = ()
    for index in range(after, len(units)):
        _, op, argument, _ = units[index]
        if op in py.JUMPS or op == py.SWAP:
            return None
        if op == py.KW_NAMES:
            names = code.co_consts[argument]
            continue
        if op == py.CALL_KW and depth - 1 - argument == 0:
            _, constant = writers[depth]
            names = code.co_consts[constant]
            depth -= 1
        if (op in py.CALLS or op == py.CALL_KW) and depth == argument:
            given = [
                _plain(code, writers.get(slot, (py.NONE, 0))) for slot in range(1, argument + 1)
            ]
            count = argument - len(names)
            keywords = dict(zip(names, given[count:], strict=True))
            return Call(index, tuple(given[:count]), keywords)
        if op in py.CALLS:
            names = ()
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        if depth < 0:
            return None
        writers[depth] = (op, argument)
    return None


def constant_of(code: CodeType, op: int, argument: int) -> Constant | None:
    """Return the constant that an instruction loads, if it does nothing else."""
    if op == py.LOAD_CONST:
        return Constant(code.co_consts[argument])
    if op == py.LOAD_SMALL_INT:
        return Constant(argument)
    if op == py.LOAD_COMMON_CONSTANT:
        value = py.COMMON_CONSTANTS[argument]
        return None if callable(value) else Constant(value)
    return None


def _plain(code: CodeType, written: tuple[int, int]) -> Constant | Global | None:
    op, argument = written
    constant = constant_of(code, op, argument)
    if constant is not None:
        return constant
    if op == py.LOAD_GLOBAL:
        return Global(code.co_names[argument >> 1])
    return Global(code.co_names[argument]) if op == py.LOAD_NAME else None


def subscript_of(code: CodeType, units: Sequence[Unit], after: int) -> Constant | Global | None:
    """Return the key in `x[key]` where `x` was loaded just before `after`, if plain."""
    if after + 1 >= len(units) or units[after + 1][1:3] != py.SUBSCRIPT:
        return None
    return _plain(code, units[after][1:3])


def expression_start(units: Sequence[Unit], last: int) -> int:
    """Return the index where the expression starts whose value `last` pushes."""
    depth = 0
    for index in range(last, -1, -1):
        _, op, argument, _ = units[index]
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        if depth == 1:
            return index
    return last + 1


def handlers(code: CodeType) -> list[tuple[int, int, int, int]]:
    """Return the entries of the exception table: start, end and handler in bytes, and depth.

    The table is a list of varints, six bits a byte, all but the last of each marked by
    0x40: start, length, target (in units of two bytes), depth << 1 | lasti
    (`Objects/exception_handling_notes.txt`).
    """
    numbers: list[int] = []
    number = 0
    for byte in code.co_exceptiontable:
        number = number << 6 | byte & 63
        if not byte & 64:
            numbers.append(number)
            number = 0
    table = iter(numbers)
    return [
        (start * 2, (start + length) * 2, target * 2, depth)
        for start, length, target, depth in zip(table, table, table, table, strict=True)
    ]
