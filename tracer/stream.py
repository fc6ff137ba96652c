"""The instructions of one code object as they count: a text of bytes, and operands beside it.

The text is `co_code` with zeros for arguments that only number a constant, a name or a
shared variable; what those are is told by the operands, in the order of the text. Most
code is written so as it is. Where some instruction is left out or written otherwise, all
that is after it moves, and jumps and handlers of exceptions with it.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import Final

from . import pyversion as py
from .instructions import Unit, handlers, instructions, marked

Operand = str | bytes | int | tuple[int, str]
"""An attribute, a constant, the number of what is read in globals, and by which name."""


class Stream:
    """What is written of one code object while it is read."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.text = bytearray(raw)
        self.operands: list[Operand] = []
        self._replaced: list[tuple[int, int, bytes]] = []
        """Start, end and what is written instead, in order."""

    def replace(self, start: int, end: int, by: bytes = b"") -> None:
        """Write something else, or nothing, for what is from `start` to `end`."""
        self._replaced.append((start, end, by))

    def without_extension(self, unit: Unit) -> int:
        """Leave out what extends an argument; return the place of its last byte."""
        start, op, _, after = unit
        at = after - 1 - 2 * py.CACHES[op]
        if at > start + 1:
            self.replace(start, at - 1)
        return at

    def attribute(self, unit: Unit) -> None:
        """Write a load of an attribute; how it will be called does not count."""
        _, op, _, after = unit
        at = self.without_extension(unit)
        self.text[at] = 0
        if op == py.LOAD_METHOD:
            self.text[at - 1] = py.LOAD_ATTR
            if _MORE_CACHES:
                self.replace(after - 2 * _MORE_CACHES, after)

    def written(self, code: CodeType) -> tuple[bytes, bytes, bytes]:
        """Return the text, the operands, and the table of exceptions."""
        table = code.co_exceptiontable
        if self._replaced:
            table = self._move(code)
        return bytes(self.text), repr(self.operands).encode(), table

    def _move(self, code: CodeType) -> bytes:
        """Write what replaces other text, and have jumps lead where they led."""
        moved: list[int] = []  # by how much, for each offset
        by = 0
        for start, end, piece in self._replaced:
            moved += [by] * (end - len(moved))
            by += len(piece) - (end - start)
        text, end_of_all = self.text, len(self.text)
        moved += [by] * (end_of_all + 1 - len(moved))
        for start, op, argument, after in jumps_in(self.raw):
            target = after - argument * 2 if op in _BACKWARD else after + argument * 2
            if not 0 <= target <= end_of_all or moved[target] == moved[after]:
                continue  # out of the code, as nobody compiles it, or over nothing replaced
            distance = abs(target + moved[target] - after - moved[after]) // 2
            if distance != argument:
                for slot in range(after - 1 - 2 * py.CACHES[op], start, -2):
                    text[slot] = distance & 0xFF
                    distance >>= 8
                if distance:
                    self.operands.append(b">%d %d" % (start, distance))
        for start, end, piece in reversed(self._replaced):
            text[start:end] = piece
        table: list[bytes] = []
        for start, stop, handler, depth in handlers(code):
            # Tables that are made by hand may lead out of the code, too.
            first, last, leads = [
                offset + moved[min(offset, end_of_all)] for offset in (start, stop, handler)
            ]
            table += (
                _varint(first // 2, _FIRST),
                _varint((last - first) // 2),
                _varint(leads // 2),
                _varint(depth),
            )
        return b"".join(table)


_MORE_CACHES: Final = py.CACHES[py.LOAD_METHOD] - py.CACHES[py.LOAD_ATTR]
"""Of LOAD_METHOD, where there is one."""


_JUMPS: Final = marked(py.JUMPS)
_BACKWARD: Final = py.BACKWARD


def jumps_in(raw: bytes) -> list[Unit]:
    """Return the jumps of `co_code`."""
    return instructions(raw, _JUMPS)


_FIRST: Final = 0x80
"""Marks where an entry of a table of exceptions begins."""


@lru_cache(maxsize=10_000)
def _varint(number: int, mark: int = 0) -> bytes:
    """Encode a number of a table of exceptions, as `handlers` reads it."""
    shifts = range((number.bit_length() - 1) // 6 * 6, 0, -6)
    data = bytearray([number >> shift & 63 | 64 for shift in shifts])
    data.append(number & 63)
    data[0] |= mark
    return bytes(data)
