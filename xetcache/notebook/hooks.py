"""Where IPython lets us in: before, inside and after a cell.

    line transform    `%%xetmemo …` → a call, on a line of its own; pure
    pre_run_cell      a cell begins: only what is in it directly can be memoized
    AST transform     the cell begins with the call, or `%xetcache auto` was asked for: it
                      is taken out, and the cell's statements
                          kept    → definitions, `serve()`, and the value it shows
                          else    → as they are
    post_run_cell     the cell has ended: `Cell.finish`

A cell that is not kept is therefore run by IPython as any other. A nested `run_cell`
would hide errors from whoever runs all cells, refuse `await`, show what a `;` should
hide, and call everybody's hooks twice.

Cells run at once in several threads (subshells), and inside each other (`%%capture`), so
there is a stack of them for each thread. It cannot be a context variable: IPython starts
a cell with `await` in a task, and ends it outside.
"""

from __future__ import annotations

import ast
import re
import threading
from dataclasses import dataclass
from typing import Any, Final

from IPython.core import inputtransformer2

from .. import events
from ..config import settings
from ..engine import current_settings
from ..errors import CacheMissError, CellError, NotSupportedError, OptionError
from ..verdict import Reason
from . import commands
from .cell import Cell
from .magic import NAME, line_of, parse
from .plan import plan_of, shows_value
from .serving import Raising, Serving, StandIn
from .session import Session

_CALL: Final = f"get_ipython().run_line_magic({NAME!r}, "
"""What the line becomes. Run as it stands, it says that the cell was not memoized."""

_cell_magic: Any = getattr(inputtransformer2, "cell_magic")  # noqa: B009 - it has no types
_THE_USERS: Final = (OptionError, CellError, CacheMissError)
"""Errors that the cell raises in place of running; all others are ours."""

_OPTED_OUT: Final = re.compile(r"^\s*#\s*xetcache:\s*off\b", re.MULTILINE)

_FAR: Final = 1_000_000
"""More frames than there are, so that ours add no names to those of the notebook."""


def install(shell: Any) -> None:
    """Let us into a shell, once."""
    if _found_in(shell) is not None:
        return
    hooks = Hooks(shell)
    shell.input_transformer_manager.line_transforms.insert(0, transform_line)
    shell.ast_transformers.append(hooks)
    shell.events.register("pre_run_cell", hooks.begin)
    shell.events.register("post_run_cell", hooks.end)
    shell.register_magic_function(hooks.run_by_name, "line_cell", NAME)
    shell.register_magic_function(hooks.command, "line", commands.NAME)


def remove(shell: Any) -> None:
    """Take back what `install` did."""
    hooks = _found_in(shell)
    if hooks is None:
        return
    shell.input_transformer_manager.line_transforms.remove(transform_line)
    shell.ast_transformers.remove(hooks)
    shell.events.unregister("pre_run_cell", hooks.begin)
    shell.events.unregister("post_run_cell", hooks.end)
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop(NAME, None)
    shell.magics_manager.magics["line"].pop(commands.NAME, None)


def _found_in(shell: Any) -> Hooks | None:
    return next((one for one in shell.ast_transformers if isinstance(one, Hooks)), None)


def transform_line(lines: list[str]) -> list[str]:
    """Turn `%%xetmemo …` in the first line into a call; IPython does this several times."""
    if not lines or (line := line_of(lines[0])) is None:
        return lines
    # Below it another cell magic may stand, which IPython looks for in the first line.
    rest: list[str] = _cell_magic(lines[1:])
    return [f"{_CALL}{line!r})\n", *rest]


@dataclass(slots=True)
class _Run:
    """One run of a cell by IPython, memoized or not."""

    info: Any
    is_ours: bool
    """The cell itself begins with the magic."""
    is_new: bool = True
    """Its statements were not seen yet."""
    cell: Cell | None = None
    stand_in: StandIn | None = None


class Hooks:
    """What one shell calls us by."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.session = Session()
        self._local = threading.local()

    @property
    def _runs(self) -> list[_Run]:
        """Cells that this thread is in, the innermost last."""
        return self._local.__dict__.setdefault("runs", [])

    # -- before and after a cell --------------------------------------------------

    def begin(self, info: Any) -> None:
        """Note that a cell begins; IPython does not tell of silent ones."""
        self._runs.append(_Run(info, is_ours=line_of(info.raw_cell or "") is not None))

    def end(self, result: Any) -> None:
        """Finish what was begun.

        Args:
            result: None where a cell with `await` was interrupted.
        """
        runs = self._runs
        info = getattr(result, "info", None)
        is_known = any(run.info is info for run in runs)
        if info is not None and not is_known and runs and runs[-1].info.raw_cell != info.raw_cell:
            return  # a cell of nothing but blanks ends without having begun
        while runs:
            run = runs.pop()
            has_ended = run.info is info or not is_known
            # Of a run that was interrupted, nobody may have told that it ended.
            self._finish(run, result if has_ended else None)
            if has_ended:
                return

    def _finish(self, run: _Run, result: Any) -> None:
        if run.stand_in is not None:
            run.stand_in.close()
        if isinstance(run.stand_in, Serving):
            run.cell = run.stand_in.instead
        if (cell := run.cell) is None:
            return
        error: BaseException | None = KeyboardInterrupt()
        if result is not None:
            error = result.error_before_exec or result.error_in_exec
        try:
            cell.finish(error, result.result if result is not None and cell.plan.shows else None)
        except Exception as failure:
            if settings().strict:
                raise
            _say_failed(cell.plan.name, failure)

    # -- its statements -----------------------------------------------------------

    def visit(self, node: ast.AST) -> ast.AST:
        """Transform the statements of a cell; IPython drops who raises here."""
        if not isinstance(node, ast.Module) or not node.body:
            return node
        marker, *statements = node.body
        line = _line_in(marker)
        run = self._runs[-1] if self._runs else None
        is_new = run is not None and run.is_new
        if run is not None:
            run.is_new = False
        if line is None:
            if run is not None and is_new and self._is_for_auto(run):
                request = f"threshold={self.session.auto_seconds}"
                self._transform(node, run, request, node.body, is_auto=True)
            return node
        node.body = statements or [ast.copy_location(ast.Pass(), marker)]
        if run is None or not (run.is_ours and is_new):
            _say_not_first()
            return node
        if statements:
            self._transform(node, run, line, statements)
        return node

    def _is_for_auto(self, run: _Run) -> bool:
        """Tell whether a cell is kept though nothing is written above it."""
        info = run.info
        is_meant = self.session.auto_seconds is not None and info.store_history
        return is_meant and not _OPTED_OUT.search(info.raw_cell or "")

    def _transform(
        self,
        node: ast.Module,
        run: _Run,
        line: str,
        statements: list[ast.stmt],
        *,
        is_auto: bool = False,
    ) -> ast.Module:
        """Put in place of a cell's statements what serves it, if it is served."""
        if current_settings().mode == "off":
            return node
        try:
            self._memoize(run, line, statements, is_auto=is_auto)
        except Exception as error:  # noqa: BLE001 - whatever it is, the cell must run
            if run.cell is not None:
                run.cell.abandon()
                run.cell = None
            if is_auto and isinstance(error, _THE_USERS):
                return node  # nobody asked for it
            if isinstance(error, _THE_USERS):
                # How we came to it is no concern of the cell's.
                error = error.with_traceback(None)
            elif not settings().strict:
                _say_failed("a cell", error)
                return node
            run.stand_in = Raising(error)
        if run.stand_in is not None:
            node.body = run.stand_in.statements()
        return node

    def _memoize(self, run: _Run, line: str, statements: list[ast.stmt], *, is_auto: bool) -> None:
        """Decide whether the cell is served or run.

        Raises:
            OptionError, CellError, CacheMissError: the line asks for what cannot be.
        """
        expanded = self.shell.var_expand(line, _FAR) if "{" in line or "$" in line else line
        shows = shows_value(self.shell, statements)
        text = run.info.raw_cell if is_auto else _below_magic(run.info.raw_cell)
        plan = plan_of(parse(expanded), statements, text, shows=shows)
        cell = Cell(self.shell, plan, self.session, is_auto=is_auto)
        try:
            self._answer(run, cell, statements)
        except Exception:
            cell.release()
            raise

    def _answer(self, run: _Run, cell: Cell, statements: list[ast.stmt]) -> None:
        cell.prepare()
        if cell.defines and cell.is_kept():
            # Whether it can be read shows only when its definitions have run.
            run.stand_in = Serving(cell, otherwise=statements)
        elif not cell.defines and cell.look_up():
            run.stand_in = Serving(cell)
        else:
            run.cell = cell
            cell.start()

    def command(self, line: str) -> None:
        """See what is kept of this notebook, and what would be run now.

        Without a word behind it: the cells that were run. Else `outdated`, `explain 7`,
        `ls`, `clear 7`, `history name`, `restore name@2`, `graph`, `auto on`, `quiet on`.
        """
        if text := commands.run(self.shell, self.session, line):
            print(text)  # noqa: T201 - what a magic is for

    # -- by name ------------------------------------------------------------------

    def run_by_name(self, line: str, cell: str | None = None) -> None:
        """Keep the results of a cell, as long as nothing they depend on changes.

        `%%xetmemo input=a,b output=c key=label always=True`, all of it optional: without
        `input` and `output`, everything that the cell reads and binds counts.
        """
        if cell is None:
            _say_not_first()
            return
        # Only programs get here, by `run_cell_magic`; what is typed is transformed.
        self.shell.run_cell(f"%%{NAME} {line}\n{cell}").raise_error()


def _line_in(statement: ast.stmt) -> str | None:
    """Return the line of the magic, if a statement is what it was turned into."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_line_magic"
                ),
                args=[ast.Constant(value=str(name)), ast.Constant(value=str(line)), *_],
            )
        ) if name == NAME:
            return line
        case _:
            return None


def _below_magic(raw: str) -> str:
    """Return the text of a cell without the line of the magic."""
    return raw.lstrip().partition("\n")[2]


def _say_not_first() -> None:
    text = f"a cell was run and not kept, because `%%{NAME}` is not its first line"
    events.notice(NotSupportedError.slug, NAME, text, f"put `%%{NAME}` above other cell magics")


def _say_failed(name: str, error: Exception) -> None:
    text = f"{name} was run and not kept: {type(error).__name__}: {error}"
    hint = "this is a fault of xetcache; please report it"
    events.notice(Reason.INTERNAL_ERROR, f"{name} {error}", text, hint)
