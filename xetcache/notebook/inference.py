"""Which names a cell reads before it binds them, and which it binds.

Statements are followed in order. What runs in any case is *sure*; of branches only what
all of them bind; a loop may run no times, and a `with` or `try` may stop anywhere. A
function reads when it is called, so what its body reads counts where the cell first
mentions the function's name, as do methods where it mentions the class.

Errs to one side: a name that may be read from before the cell always counts as read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .scopes import DEFINITIONS, globals_in


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one cell, in the order in which they first occur."""

    reads: frozenset[str]
    """May be read from before the cell."""
    bound: tuple[str, ...]
    """May be bound by the cell."""
    sure: frozenset[str]
    """Bound when the cell has run to its end."""
    deleted: tuple[str, ...]
    """Deleted, and not bound again."""


def names_of(statements: Sequence[ast.stmt]) -> Names:
    """Return which names statements read and bind.

    Cost: linear in their size; some milliseconds for a long cell.
    """
    flow = _Flow()
    flow.block(statements)
    return Names(
        reads=frozenset(flow.reads),
        bound=tuple(flow.bound),
        sure=frozenset(flow.sure),
        deleted=tuple(name for name in flow.deleted if name not in flow.sure),
    )


def first_reader(
    statements: Iterable[ast.stmt], names: frozenset[str]
) -> tuple[ast.stmt, frozenset[str]] | None:
    """Return the first statement that may read one of `names` from before, and which.

    Cost: that of `names_of`.
    """
    flow = _Flow()
    for statement in statements:
        flow.block([statement])
        read = names.intersection(flow.reads)
        if read:
            return statement, read
    return None


def asked_for(node: ast.Compare) -> str | None:
    """Return the variable of which is asked whether it is there: `"name" in globals()`."""
    match node:
        case ast.Compare(
            left=ast.Constant(value=str(name)),
            ops=[ast.In() | ast.NotIn()],
            comparators=[ast.Call(func=ast.Name(id="globals" | "locals"), args=[], keywords=[])],
        ) if name.isidentifier():
            return name
        case _:
            return None


# -- following the flow ---------------------------------------------------------------


class _Flow(ast.NodeVisitor):
    """Follows statements in order, keeping what is surely bound so far."""

    def __init__(self) -> None:
        self.reads: dict[str, None] = {}
        self.bound: dict[str, None] = {}
        self.deleted: dict[str, None] = {}
        self.sure: set[str] = set()
        self.deferred: dict[str, frozenset[str]] = {}
        """Function or class → what it reads when it is called."""
        self._local: list[frozenset[str]] = []
        """Names of the comprehensions around what is being looked at."""
        self._mentioned: set[str] = set()

    def block(self, statements: Iterable[ast.stmt]) -> bool:
        """Follow statements; tell whether what comes after them is reached."""
        for statement in statements:
            self.visit(statement)
            if isinstance(statement, ast.Raise | ast.Continue | ast.Break | ast.Return):
                return False
        return True

    def read(self, name: str) -> None:
        """Note that a name is read here."""
        if any(name in names for names in self._local):
            return
        if name not in self.sure:
            self.reads[name] = None
        if name in self.deferred and name not in self._mentioned:
            self._mentioned.add(name)
            self._read_all(self.deferred[name])
            self._mentioned.discard(name)

    def _read_all(self, names: Iterable[str]) -> None:
        local, self._local = self._local, []
        for name in sorted(names):
            self.read(name)
        self._local = local

    def bind(self, name: str) -> None:
        """Note that a name is surely bound here."""
        if any(name in names for names in self._local):
            return
        self.bound[name] = None
        self.sure.add(name)

    # -- names --------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node.id)
        elif isinstance(node.ctx, ast.Store):
            self.bind(node.id)
        else:
            self.read(node.id)
            self.sure.discard(node.id)
            self.deleted[node.id] = None

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.annotation)
        if node.value is not None:
            self.visit(node.value)
            self.visit(node.target)
        elif not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        # Inside a comprehension the name belongs to what is around it.
        local, self._local = self._local, []
        self.bind(node.target.id)
        self._local = local

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name.partition(".")[0])

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.name != "*":
                self.bind(alias.asname or alias.name)

    # -- what may not happen ------------------------------------------------------

    def _maybe(self, *nodes: ast.AST | None) -> None:
        """Follow parts that may not run: what they bind is not sure."""
        sure = set(self.sure)
        for node in nodes:
            if node is not None:
                self.visit(node)
        self.sure &= sure

    def _branches(self, branches: Iterable[Sequence[ast.stmt]]) -> None:
        """Follow alternatives; sure is what all that go on have bound."""
        before = set(self.sure)
        ends: list[set[str]] = []
        for branch in branches:
            self.sure = set(before)
            if self.block(branch):
                ends.append(self.sure)
        self.sure = _common(ends) if ends else before

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._branches([node.body, node.orelse])

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit(node.values[0])
        self._maybe(*node.values[1:])

    def visit_Compare(self, node: ast.Compare) -> None:
        name = asked_for(node)
        if name is not None:
            self.read(name)
            return
        self.visit(node.left)
        self.visit(node.comparators[0])
        self._maybe(*node.comparators[1:])

    def visit_Assert(self, node: ast.Assert) -> None:
        self._maybe(node.test, node.msg)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self.visit(node.iter)
        self._maybe(node.target, *node.body)
        self._maybe(*node.orelse)

    visit_AsyncFor = visit_For  # noqa: N815 - names of `ast`

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._maybe(*node.body)
        self._maybe(*node.orelse)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        self.visit(node.items[0])
        # It may swallow an error of what stands inside.
        self._maybe(*node.items[1:], *node.body)

    visit_AsyncWith = visit_With  # noqa: N815 - names of `ast`

    def visit_Try(self, node: ast.Try | ast.TryStar) -> None:
        before = set(self.sure)
        ends: list[set[str]] = []
        if self.block(node.body) and self.block(node.orelse):
            ends.append(self.sure)
        for handler in node.handlers:
            self.sure = set(before)
            self.visit(handler)
            if self.block(handler.body):
                self.sure.discard(handler.name or "")
                ends.append(self.sure)
        deleted = set(self.deleted)
        self.sure = set(before)
        self.block(node.finalbody)
        self.sure |= _common(ends)
        self.sure -= set(self.deleted) - deleted

    visit_TryStar = visit_Try  # noqa: N815 - names of `ast`

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type is not None:
            self.visit(node.type)
        if node.name is not None:
            self.sure.add(node.name)  # gone again when the handler ends

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        before = set(self.sure)
        ends: list[set[str]] = []
        exhausted = False
        for case in node.cases:
            self.sure = set(before)
            self.visit(case.pattern)
            if case.guard is not None:
                self.visit(case.guard)
            if self.block(case.body):
                ends.append(self.sure)
            anything = isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None
            exhausted |= anything and case.guard is None
        if not exhausted:
            ends.append(before)
        self.sure = _common(ends) if ends else before

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.generic_visit(node)
        if node.name is not None:
            self.bind(node.name)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name is not None:
            self.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest is not None:
            self.bind(node.rest)

    # -- scopes -------------------------------------------------------------------

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp
    ) -> None:
        self.visit(node.generators[0].iter)
        targets = [part for one in node.generators for part in ast.walk(one.target)]
        own = frozenset(part.id for part in targets if isinstance(part, ast.Name))
        self._local.append(own)
        for number, one in enumerate(node.generators):
            self._maybe(one.target, *([one.iter] if number else []), *one.ifs)
        self._maybe(*([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]))
        self._local.pop()

    visit_ListComp = visit_SetComp = visit_GeneratorExp = visit_DictComp = _comprehension  # noqa: N815 - names of `ast`

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        # Whoever is given it may call it at once.
        own = {name for names in self._local for name in names}
        reads, _ = globals_in(node)
        self._read_all(reads - own)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._defaults(node.args)
        arguments = node.args
        named = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        for one in (*named, arguments.vararg, arguments.kwarg):
            if one is not None and one.annotation is not None:
                self.visit(one.annotation)
        if node.returns is not None:
            self.visit(node.returns)
        self._define(node, at_once=not all(map(_is_harmless, node.decorator_list)))

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - names of `ast`

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for part in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(part)
        body = _Flow()
        body.sure = set(self.sure)
        body.deferred = self.deferred
        body.block(node.body)
        self._read_all(body.reads)
        at_once = node.decorator_list or node.bases or node.keywords
        decorated = any(
            isinstance(part, DEFINITIONS) and not all(map(_is_harmless, part.decorator_list))
            for part in node.body
        )
        self._define(node, at_once=bool(at_once) or decorated)

    def _define(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, *, at_once: bool
    ) -> None:
        """Bind what a definition makes; what its body reads waits until it is mentioned.

        Args:
            at_once: a decorator or base class may call it while it is defined.
        """
        reads, writes = globals_in(node)
        for name in writes:
            self.bound[name] = None
        if at_once:
            self._read_all(reads - {node.name})
        self.bind(node.name)
        self.deferred[node.name] = reads | self.deferred.get(node.name, frozenset())


def _common(sets: Sequence[set[str]]) -> set[str]:
    """Return what all of the sets have."""
    return {name for name in next(iter(sets), ()) if all(name in one for one in sets)}


_HARMLESS: Final = frozenset(
    {"property", "staticmethod", "classmethod", "abstractmethod", "cached_property", "override"}
)


def _is_harmless(decorator: ast.expr) -> bool:
    """Tell whether a decorator is known not to call what it is given."""
    match decorator:
        case ast.Name(id=name):
            return name in _HARMLESS
        case ast.Attribute(attr=name):
            return name in _HARMLESS | {"setter", "getter", "deleter"}
        case _:
            return False
