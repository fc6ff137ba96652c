"""What a cell is, before anything is looked up: its names, its outputs, its code."""

from __future__ import annotations

import ast
import copy
import linecache
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final

import tracer

from .inference import Names, asked_for, names_of
from .magic import NAME, Request
from .natives import NATIVE, defined_by, native_of, sets_up, spelled_out
from .obstacles import HISTORY

_SHOWN: Final = "_"
"""The variable that IPython binds to the value a cell shows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A cell, and what of it is kept."""

    request: Request
    statements: tuple[ast.stmt, ...]
    """Without the line of the magic."""
    text: str
    """As the user wrote it, without the line of the magic."""
    names: Names
    natives: tuple[ast.stmt, ...]
    """Statements that run again on a hit."""
    defined: frozenset[str]
    """Names that these bind, and no other statement: they are not kept."""
    outputs: tuple[str, ...]
    """Variables to keep: those asked for, or all that the cell may bind."""
    shows: bool
    """Whether the value of its last expression is displayed."""
    inside: frozenset[str] = frozenset()
    """Variables whose objects are parts of what it reads: these it may change, too."""

    @property
    def name(self) -> str:
        """What explanations call the cell, before and after an edit."""
        names = self.outputs or self.names.bound
        return f"cell[{', '.join(names)}]" if names else "cell"

    @property
    def reads(self) -> frozenset[str]:
        """Variables whose content from before the cell decides what it leaves behind."""
        return self.names.reads | self.inside | set(self.outputs) - set(self.names.bound)

    @property
    def accounted(self) -> frozenset[str]:
        """Variables of which everybody can see that the cell changes them."""
        return frozenset((*self.names.bound, *self.names.deleted, *self.outputs))


def plan_of(request: Request, statements: Sequence[ast.stmt], text: str, *, shows: bool) -> Plan:
    """Return what a cell is."""
    statements = spelled_out(statements)
    names = names_of(statements)
    natives = native_of(statements)
    others = [one for one in statements if not isinstance(one, NATIVE)]
    defined = defined_by(statements) - set(names_of(others).bound)
    inferred = (
        name
        for name in names.bound
        if name not in defined and name not in names.deleted and not HISTORY.fullmatch(name)
    )
    outputs = request.output if request.output is not None else tuple(inferred)
    return Plan(request, tuple(statements), text, names, tuple(natives), defined, outputs, shows)


def shows_value(shell: Any, statements: Sequence[ast.stmt]) -> bool:
    """Tell whether IPython will display the value of the last statement."""
    last = statements[-1] if statements else None
    how = shell.ast_node_interactivity
    if isinstance(last, ast.Assign | ast.AugAssign | ast.AnnAssign):
        return how == "last_expr_or_assign" and not shell.displayhook.quiet()
    return isinstance(last, ast.Expr) and how != "none" and not shell.displayhook.quiet()


def code_of(plan: Plan, flags: int) -> CodeType:
    """Compile what a cell means: its statements, and which results are wanted.

    So a cell whose last value is not shown, for the `;` at its end, is another one.

    Args:
        flags: those of the shell, which knows of `from __future__ import …` before.
    """
    statements = [one for one in map(_as_read, plan.statements) if not sets_up(one)]
    last = statements[-1] if statements else None
    if plan.shows and isinstance(last, ast.Expr):
        shown = ast.Assign([ast.Name(_SHOWN, ast.Store())], last.value)
        statements[-1] = ast.copy_location(shown, last)
    names = sorted({*plan.outputs, *plan.inside})
    wanted: list[ast.expr] = [ast.Name(name, ast.Load()) for name in names]
    if wanted:
        statements.append(ast.Expr(ast.Tuple(wanted, ast.Load())))
    module = ast.fix_missing_locations(ast.Module(statements, []))
    file = f"<ipython-input-{NAME}-{tracer.digest_of('cell', plan.text.encode())}>"
    lines = plan.text.splitlines(keepends=True)
    # Where explanations find the text, to show what was edited.
    linecache.cache[file] = (len(plan.text), None, lines, file)
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    return compile(module, file, "exec", flags, dont_inherit=True)


def _as_read(statement: ast.stmt) -> ast.stmt:
    """Return a statement that reads `name` where one asks whether `"name" in globals()`."""
    return _AsRead().visit(copy.deepcopy(statement))


class _AsRead(ast.NodeTransformer):
    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        name = asked_for(node)
        if name is None:
            self.generic_visit(node)
            return node
        return ast.copy_location(ast.Name(name, ast.Load()), node)


def written_in(code: CodeType, reads: frozenset[str]) -> frozenset[str]:
    """Return the names in `code` that do not mean what they mean before it runs."""
    return frozenset((*_names_in(code), _SHOWN)) - reads


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
