"""Statements that stand in for those of a cell that is not run.

    <imports, functions, classes and constants of the cell>
    served(7).restore()                      variables are put in place
    served(7).shown                          the value that the cell displays

Where what is kept may be made of the cell's own classes, it can be read only when these
are there; then the second line is, for the case that it cannot be read:

    if not served(7).restore():
        <all statements of the cell>
"""

from __future__ import annotations

import ast
import itertools
import sys
from collections.abc import Sequence
from typing import Final

from .cell import Cell
from .recording import Recorder, recorder

_numbers: Final = itertools.count()
_open: Final[dict[int, StandIn]] = {}
"""Cells that are being served; a statement can hold a number, and no object."""


def served(number: int) -> StandIn:
    """Return the cell that the statements of a cell speak of."""
    return _open[number]


class StandIn:
    """What is run in place of a cell."""

    def __init__(self) -> None:
        self.number = next(_numbers)
        _open[self.number] = self

    def close(self) -> None:
        """Forget the cell, when it has ended."""
        _open.pop(self.number, None)

    def statements(self) -> list[ast.stmt]:
        """Return what is run in place of the cell."""
        raise NotImplementedError

    def _part(self, name: str) -> ast.expr:
        text = f"__import__({__name__!r}, fromlist=['served']).served({self.number}).{name}"
        # On line 1, where the line of the magic stands.
        return ast.parse(text, mode="eval").body


class Serving(StandIn):
    """A cell that is served, if what is kept can be read."""

    def __init__(self, cell: Cell, *, otherwise: Sequence[ast.stmt] = ()) -> None:
        """Serve `cell`; run `otherwise` where it has not been read and cannot be."""
        super().__init__()
        self.cell = cell
        self.otherwise = otherwise
        self.instead: Cell | None = None
        self.shown: object = None
        self._muted: Recorder | None = recorder(cell.shell, hold=True)
        # What definitions and imports show is among what the cell showed.
        self._muted.start()

    def _unmute(self) -> Recorder | None:
        muted, self._muted = self._muted, None
        if muted is not None:
            muted.stop()
        return muted

    def close(self) -> None:
        """Forget the cell; show what was held back where an error has ended it."""
        super().close()
        if (muted := self._unmute()) is not None:
            muted.release()
        elif self.instead is None:
            self.cell.show_rest()

    def statements(self) -> list[ast.stmt]:
        """Return what is run in place of the cell."""
        plan = self.cell.plan
        body: list[ast.stmt] = list(plan.natives)
        restored = ast.Call(self._part("restore"), [], [])
        if self.otherwise:
            *first, last = self.otherwise
            if plan.shows and isinstance(last, ast.Expr):
                again = ast.Call(self._part("show"), [last.value], [])
                last = ast.copy_location(ast.Expr(again), last)
            body.append(ast.If(ast.UnaryOp(ast.Not(), restored), [*first, last], []))
        else:
            # No expression, whose value would be shown.
            body.append(ast.If(restored, [ast.Pass()], []))
        if plan.shows:
            body.append(ast.Expr(self._part("shown")))
        return body

    # -- what these statements ask ------------------------------------------------

    def restore(self) -> bool:
        """Put what is kept in place; tell whether that was possible."""
        self._unmute()
        if self.cell.restore():
            self.shown = self.cell.shown
            return True
        self.instead = self.cell
        self.cell.start(sys._getframe(1).f_code)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        return False

    def show(self, value: object) -> None:
        """Take the value that the cell displays, when it had to be run."""
        self.shown = value


class Raising(StandIn):
    """A cell that raises an error in place of being run."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def statements(self) -> list[ast.stmt]:
        """Return what is run in place of the cell."""
        return [ast.Raise(self._part("error"), None)]
