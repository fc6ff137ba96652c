"""Variables that functions share: numbered by first use and not by name.

The compiler sorts them by name, so that renaming one moves others. Within a code object
and those nested in it each has one number, whichever of them uses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Final

from . import pyversion as py

_STAR: Final = 0x04
_STAR_STAR: Final = 0x08


class Cells:
    """The shared variables of one code object, and of those around it."""

    def __init__(self, code: CodeType, around: Cells | None) -> None:
        flags = code.co_flags
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(flags & _STAR) + bool(flags & _STAR_STAR)
        own = code.co_cellvars
        self.started = False
        """What stands before the first instruction makes cells, in the order of names."""
        self.arguments = tuple(
            place for place, name in enumerate(code.co_varnames[:count]) if name in own
        )
        """Places of the arguments that are shared."""
        self._around = around
        self._own = frozenset(own)
        self._numbers: dict[str, int] = {}
        self._count: list[int] = [0] if around is None else around._count  # noqa: SLF001 - another of this class
        extra = tuple(name for name in own if name not in code.co_varnames)
        self._names = (*code.co_varnames, *extra, *code.co_freevars)
        self.unshared = frozenset(
            place for place, name in enumerate(code.co_varnames) if name not in own
        )
        """Places of the variables that are its own alone."""
        for place in self.arguments:
            self._number(code.co_varnames[place])

    def canonical(self, op: int, place: int) -> bytes:
        """Encode which variable an instruction is on; nothing for one that does not count."""
        if op in {py.LOAD_CLOSURE, py.LOAD_FAST}:
            return b"c"  # which ones a nested function is given, its own code tells
        if op == py.MAKE_CELL and not self.started:
            return b""
        return b"v%d" % self._number(self._names[place])

    def in_order(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return `names` in order of first use; those not used come last."""
        last = len(self._numbers)
        return tuple(sorted(names, key=lambda name: (self._numbers.get(name, last), name)))

    def _number(self, name: str) -> int:
        if name not in self._own and self._around is not None:
            return self._around._number(name)  # noqa: SLF001 - another of this class
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = self._count[0]
            self._count[0] += 1
        return number
