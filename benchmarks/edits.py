"""Edits: small changes to the source of a program, made from its syntax tree.

An edit replaces one stretch of a file's bytes, and all other bytes stay as they are.
Three classes of them, and which one an edit belongs to is known from how it is made:

    changing    may change what the program computes; only a run can tell
    harmless    cannot change it: comments, layout, docstrings, names of local variables
    apart       a changing edit to a function that did not run

Nothing here is random and nothing is run: from equal text and equal facts about the run
come equal edits, in the order of the file.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

CHANGING, HARMLESS, APART = "changing", "harmless", "apart"


@dataclass(frozen=True, slots=True)
class Ran:
    """What is known of one file from the run of the unedited program."""

    lines: frozenset[int]
    """Lines that the call ran."""
    imported: frozenset[int]
    """Lines that ran while the program was imported."""
    names: frozenset[str]
    """Names that code of the call reads, in any file."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One stretch of a file, and what to put there."""

    category: str
    kind: str
    file: str
    """Relative to the folder of the program, with forward slashes."""
    line: int
    start: int
    end: int
    new: bytes

    def apply(self, source: bytes) -> bytes:
        """Return the edited text of the file."""
        return source[: self.start] + self.new + source[self.end :]

    def __str__(self) -> str:
        return f"{self.category} {self.kind} at {self.file}:{self.line}"


def edits_of(file: str, source: bytes, ran: Ran) -> list[Edit]:
    """Return every edit this module can make to one file.

    Cost: one parse of the file; whether the edited text compiles is left to
    `is_program`, which is better asked of the few edits that are used.
    """
    finder = _Finder(file, source, ran)
    finder.file()
    return sorted(finder.found, key=lambda edit: (edit.start, edit.end, edit.kind, edit.new))


def is_program(edit: Edit, source: bytes) -> bool:
    """Tell whether the edited text is what its class promises.

    It compiles. A changing edit changes the syntax tree; one of layout does not.
    """
    text = edit.apply(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, edit.file, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError):
        return False
    same = ast.dump(ast.parse(text)) == ast.dump(ast.parse(source))
    return same if edit.kind in LAYOUT else not same


LAYOUT = frozenset({"comment", "blank lines", "line moved", "parentheses", "line break"})

_COMPARISONS = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", "<"), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"), ast.In: ("in", "not in"), ast.NotIn: (r"not\s+in", "in"),
}  # fmt: skip
_OPERATORS = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "+"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"), ast.Mod: ("%", "//"), ast.Pow: ("**", "*"), ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"), ast.BitXor: ("^", "|"), ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}  # fmt: skip
_EXCEPTIONS = {"KeyError": "ValueError", "AttributeError": "KeyError", "TypeError": "KeyError"}
_OPENING = re.compile(rb"[a-zA-Z]*('''|\"\"\"|'|\")")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_WRAPPERS = (
    b"@(lambda function: lambda *args, **names: function(*args, **names))",
    b"@(lambda function: lambda *args, **names: not function(*args, **names))",
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


class _Finder:
    """Goes through one file and notes the edits that it allows."""

    def __init__(self, file: str, source: bytes, ran: Ran) -> None:
        self.name = file
        self.source = source
        self.ran = ran
        self.tree = ast.parse(source)
        self.lines = [0]
        for line in source.splitlines(keepends=True):
            self.lines.append(self.lines[-1] + len(line))
        self.found: list[Edit] = []
        self.taken = {
            node.id if isinstance(node, ast.Name) else node.arg
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Name | ast.arg)
        }

    # -- places ---------------------------------------------------------------------

    def at(self, line: int, column: int) -> int:
        return self.lines[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self.at(node.lineno, node.col_offset),
            self.at(node.end_lineno, node.end_col_offset),
        )

    def text(self, node: ast.AST) -> bytes:
        start, end = self.span(node)
        return self.source[start:end]

    def note(self, category: str, kind: str, start: int, end: int, new: bytes) -> None:
        line = self.source.count(b"\n", 0, start) + 1
        self.found.append(Edit(category, kind, self.name, line, start, end, new))

    def between(self, left: ast.AST, right: ast.AST, operator: str) -> tuple[int, int] | None:
        """Return where the operator stands between two nodes; None next to a comment."""
        start, end = self.span(left)[1], self.span(right)[0]
        pattern = operator if operator.isascii() and operator[0].isalpha() else re.escape(operator)
        if operator[0].isalpha():
            pattern = rf"\b{operator}\b"
        gap = self.source[start:end]
        match = re.search(pattern.encode(), gap)
        if match is None or b"#" in gap:
            return None
        return start + match.start(), start + match.end()

    # -- the file ---------------------------------------------------------------------

    def file(self) -> None:
        self.module_values()
        self.imports()
        self.swapped_functions()
        self.body(self.tree.body)
        if self.source.endswith(b"\n"):
            end = len(self.source)
            self.note(APART, "name added", end, end, b"\n\ndef asked_by_nobody():\n    return 1\n")

    def body(self, statements: list[ast.stmt]) -> None:
        """Go through the body of a module or class for functions and classes."""
        for statement in statements:
            if isinstance(statement, Function):
                self.function(statement)
            elif isinstance(statement, ast.ClassDef):
                self.class_(statement)
            elif isinstance(statement, ast.If | ast.Try | ast.With):
                inner = ast.iter_child_nodes(statement)
                self.body([node for node in inner if isinstance(node, ast.stmt)])

    def module_values(self) -> None:
        """Change what the module binds to names that the call reads."""
        for statement in self.tree.body:
            match statement:
                case ast.Assign(targets=targets):
                    names = {node.id for node in targets if isinstance(node, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                    names = {name}
                case _:
                    continue
            if not names.isdisjoint(self.ran.names) and "__all__" not in names:
                for kind, start, end, new in self.expressions(statement.value):
                    if kind != "name":
                        self.note(CHANGING, "module value", start, end, new)

    def imports(self) -> None:
        """Bind a name to another object of the same module."""
        for statement in ast.walk(self.tree):
            if not isinstance(statement, ast.ImportFrom) or statement.col_offset:
                continue
            for one, other in pairwise((*statement.names, *statement.names[:1])):
                bound = one.asname or one.name
                if bound in self.ran.names and one.name not in {other.name, "*"}:
                    new = f"{other.name} as {bound}".encode()
                    self.note(CHANGING, "import", *self.span(one), new)

    def swapped_functions(self) -> None:
        """Let two functions that follow each other change places."""
        for one, other in pairwise(self.tree.body):
            if not (isinstance(one, Function) and isinstance(other, Function)):
                continue
            are_run = self.is_run(one) and self.is_run(other)
            if are_run and one.name != other.name and _is_bare(one) and _is_bare(other):
                start, end = self.span(one)[0], self.span(other)[1]
                gap = self.source[self.span(one)[1] : self.span(other)[0]]
                new = self.text(other) + gap + self.text(one)
                self.note(HARMLESS, "functions swapped", start, end, new)

    # -- classes ------------------------------------------------------------------------

    def class_(self, node: ast.ClassDef) -> None:
        methods = [one for one in node.body if isinstance(one, Function)]
        is_used = node.name in self.ran.names or any(self.is_run(one) for one in methods)
        if is_used:
            self.class_attributes(node)
            self.documented(node)
            for base in node.bases:
                if len(node.bases) > 1:
                    self.note(CHANGING, "base class", *self.span(base), b"object")
            for one in methods:
                if self.is_run(one):
                    start, _ = self.name_of(one)
                    self.note(CHANGING, "method renamed", start, start, b"renamed_")
        self.body(node.body)

    def class_attributes(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            value = getattr(statement, "value", None)
            if not isinstance(statement, ast.Assign | ast.AnnAssign) or value is None:
                continue
            for _, start, end, new in self.expressions(value):
                self.note(CHANGING, "class attribute", start, end, new)
            if len(node.body) > 1:
                self.note(CHANGING, "class attribute", *self.span(statement), b"pass")

    # -- functions ------------------------------------------------------------------------

    def is_run(self, node: Function) -> bool:
        """Tell whether the call ran some of the body."""
        return not self.ran.lines.isdisjoint(range(node.body[0].lineno, node.end_lineno + 1))

    def is_run_at_import(self, node: Function) -> bool:
        return not self.ran.imported.isdisjoint(range(node.body[0].lineno, node.end_lineno + 1))

    def function(self, node: Function) -> None:
        if self.is_run(node):
            self.changed(node, CHANGING, self.ran.lines)
            self.signature(node)
            self.harmless(node)
        elif self.is_run_at_import(node):
            self.changed(node, CHANGING, self.ran.imported, "run at import")
        else:
            lines = frozenset(range(node.lineno, node.end_lineno + 1))
            self.changed(node, APART, lines, "not run")

    def changed(
        self, node: Function, category: str, lines: frozenset[int], kind: str | None = None
    ) -> None:
        """Note edits to those statements of a function that are on `lines`.

        Args:
            kind: what to call them all, instead of what each changes.
        """
        documented = ast.get_docstring(node, clean=False) is not None
        for statement in _statements(node):
            if documented and statement is node.body[0]:
                continue
            if lines.isdisjoint(_own_lines(statement)):
                continue
            for own_kind, start, end, new in self.statement(statement, node):
                self.note(category, kind or own_kind, start, end, new)

    def statement(
        self, statement: ast.stmt, function: Function
    ) -> Iterator[tuple[str, int, int, bytes]]:
        """Yield kind, start, end and new text of edits to one statement, not to its body."""
        start, end = self.span(statement)
        match statement:
            case ast.Return(value=ast.expr() as value):
                yield ("return", *self.span(value), b"None")
                yield ("return", *self.span(value), b"[" + self.text(value) + b"]")
            case ast.Break():
                yield "statement", start, end, b"continue"
            case ast.Continue():
                yield "statement", start, end, b"break"
            case ast.Assign() | ast.AugAssign() | ast.Expr(value=ast.Call()) | ast.Raise():
                yield "statement", start, end, b"pass"
            case ast.Expr(value=ast.Yield(value=ast.expr() as value)):
                yield ("statement", *self.span(value), b"None")
            case ast.If() | ast.While():
                test = self.text(statement.test)
                yield ("condition", *self.span(statement.test), b"not (" + test + b")")
            case _:
                pass
        if isinstance(statement, ast.AugAssign):
            yield from self.operator(statement.op, statement.target, statement.value)
        for handler in getattr(statement, "handlers", ()):
            kind = handler.type
            if isinstance(kind, ast.Name):
                new = _EXCEPTIONS.get(kind.id, "KeyError").encode()
                yield ("exception", *self.span(kind), new)
        for expression in _own_expressions(statement):
            yield from self.expressions(expression, function)

    def expressions(
        self, expression: ast.expr, function: Function | None = None
    ) -> Iterator[tuple[str, int, int, bytes]]:
        """Yield kind, start, end and new text of edits inside one expression."""
        variables = _variables(function) if function is not None else []
        for node in _walk(expression):
            match node:
                case ast.Constant():
                    yield from self.constant(node)
                case ast.JoinedStr():
                    opening = _OPENING.match(self.text(node))
                    if opening:
                        place = self.span(node)[0] + opening.end()
                        yield "f-string", place, place, b"~"
                case ast.Compare() | ast.BinOp() | ast.BoolOp():
                    yield from self.operators(node)
                case ast.UnaryOp(op=ast.Not()):
                    yield ("condition", *self.span(node), self.text(node.operand))
                case ast.IfExp():
                    test = self.text(node.test)
                    yield ("condition", *self.span(node.test), b"not (" + test + b")")
                case ast.Call():
                    yield from self.arguments(node)
                case ast.Name(ctx=ast.Load()) if node.id in variables:
                    other = variables[(variables.index(node.id) + 1) % len(variables)]
                    if other != node.id:
                        yield ("name", *self.span(node), other.encode())
                case ast.Attribute(ctx=ast.Load()):
                    yield from self.attribute(node, function)
                case _:
                    pass

    def constant(self, node: ast.Constant) -> Iterator[tuple[str, int, int, bytes]]:
        start, end = self.span(node)
        match node.value:
            case bool():
                yield "boolean", start, end, str(not node.value).encode()
            case int():
                yield "integer", start, end, str(node.value + 1).encode()
                yield "integer", start, end, b"0" if node.value else b"2"
            case float():
                yield "float", start, end, repr(node.value * 1.5 + 0.125).encode()
            case None:
                yield "None", start, end, b"0"
            case str() | bytes():
                opening = _OPENING.match(self.source[start:end])
                if opening:
                    yield "text", start + opening.end(), start + opening.end(), b"~"
                if node.value:
                    yield "text", start, end, b"b''" if isinstance(node.value, bytes) else b"''"
            case _:
                pass

    def operators(
        self, node: ast.Compare | ast.BinOp | ast.BoolOp
    ) -> Iterator[tuple[str, int, int, bytes]]:
        """Put another operator of the same sort between two operands."""
        match node:
            case ast.BinOp():
                yield from self.operator(node.op, node.left, node.right)
            case ast.Compare():
                sides = pairwise((node.left, *node.comparators))
                for operator, (left, right) in zip(node.ops, sides, strict=True):
                    old, new = _COMPARISONS[type(operator)]
                    place = self.between(left, right, old)
                    if place:
                        yield ("comparison", *place, new.encode())
            case ast.BoolOp():
                old, new = ("and", b"or") if isinstance(node.op, ast.And) else ("or", b"and")
                for left, right in pairwise(node.values):
                    place = self.between(left, right, old)
                    if place:
                        yield ("and, or", *place, new)

    def operator(
        self, operator: ast.operator, left: ast.AST, right: ast.AST
    ) -> Iterator[tuple[str, int, int, bytes]]:
        if type(operator) in _OPERATORS:
            old, new = _OPERATORS[type(operator)]
            place = self.between(left, right, old)
            if place:
                yield ("operator", *place, new.encode())

    def arguments(self, call: ast.Call) -> Iterator[tuple[str, int, int, bytes]]:
        """Swap two arguments, or drop the last one."""
        first = [node for node in call.args if not isinstance(node, ast.Starred)]
        if len(first) > 1 and len(first) == len(call.args):
            (start, _), (_, end) = self.span(first[0]), self.span(first[1])
            gap = self.source[self.span(first[0])[1] : self.span(first[1])[0]]
            yield "arguments", start, end, self.text(first[1]) + gap + self.text(first[0])
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if len(given) > 1:
            yield "arguments", self.span(given[-2])[1], self.span(given[-1])[1], b""
        elif given and not call.keywords and not isinstance(given[0], ast.GeneratorExp):
            yield ("arguments", *self.span(given[0]), b"")

    def attribute(
        self, node: ast.Attribute, function: Function | None
    ) -> Iterator[tuple[str, int, int, bytes]]:
        """Ask the same object for another attribute that the function asks it for."""
        if function is None or not isinstance(node.value, ast.Name):
            return
        others = sorted(
            {
                other.attr
                for other in ast.walk(function)
                if isinstance(other, ast.Attribute)
                and isinstance(other.value, ast.Name)
                and other.value.id == node.value.id
            }
        )
        other = others[(others.index(node.attr) + 1) % len(others)]
        if other != node.attr:
            end = self.span(node)[1]
            yield "attribute", end - len(node.attr.encode()), end, other.encode()

    def signature(self, node: Function) -> None:
        """Change defaults and decorators."""
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                for _, start, end, new in self.expressions(default):
                    self.note(CHANGING, "default", start, end, new)
        for decorator in node.decorator_list:
            start = self.lines[decorator.lineno - 1]
            end = self.lines[decorator.end_lineno]
            if self.source[start:end].lstrip().startswith(b"@"):
                self.note(CHANGING, "decorator removed", start, end, b"")
        top, indent = self.top_of(node), b" " * node.col_offset
        for wrapper in _WRAPPERS:
            self.note(CHANGING, "decorator added", top, top, indent + wrapper + b"\n")

    def name_of(self, node: Function) -> tuple[int, int]:
        start = self.span(node)[0]
        match = re.compile(rb"(async\s+)?def\s+").match(self.source, start)
        place = match.end() if match else start
        return place, place + len(node.name.encode())

    # -- what cannot change a result ---------------------------------------------------------

    def harmless(self, node: Function) -> None:
        self.documented(node)
        documented = ast.get_docstring(node, clean=False) is not None
        for statement in _statements(node):
            if documented and statement is node.body[0]:
                continue
            # The first statement of a line, and nothing open on the line before it.
            start = self.lines[statement.lineno - 1]
            before = self.source[start : self.span(statement)[0]]
            if not before.strip() and not _is_elif(self.source, self.span(statement)[0]):
                self.note(HARMLESS, "comment", start, start, before + b"# Says nothing.\n")
                self.note(HARMLESS, "blank lines", start, start, b"\n\n")
            for expression in _own_expressions(statement):
                self.layout(expression)
        top = self.top_of(node)
        self.note(HARMLESS, "line moved", top, top, b"# Moved.\n" * 3)
        self.annotations(node)
        self.renamed(node)

    def top_of(self, node: Function) -> int:
        """Return where the first line of a function or of its decorators starts."""
        return self.lines[min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1]

    def layout(self, expression: ast.expr) -> None:
        """Put an expression into parentheses, or into lines of its own."""
        for node in _walk(expression):
            if isinstance(node, ast.BinOp | ast.Compare | ast.Call | ast.BoolOp | ast.Attribute):
                if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
                    continue
                start, end = self.span(node)
                text = self.text(node)
                self.note(HARMLESS, "parentheses", start, end, b"(" + text + b")")
            if isinstance(node, ast.Call) and node.args:
                start = self.span(node.args[0])[0]
                opened = self.source[self.span(node.func)[1] : start]
                if opened == b"(":
                    self.note(HARMLESS, "line break", start, start, b"\n        ")

    def documented(self, node: Function | ast.ClassDef) -> None:
        first = node.body[0]
        if ast.get_docstring(node, clean=False) is None or not isinstance(first, ast.Expr):
            return
        opening = _OPENING.match(self.text(first))
        if opening and b"\\" not in self.text(first):
            place = self.span(first)[0] + opening.end()
            self.note(HARMLESS, "docstring", place, place, b"Said anew. ")

    def annotations(self, node: Function) -> None:
        """Change annotations, where no decorator may read them."""
        inner = [one for one in _statements(node) if isinstance(one, Function)]
        for function in (node, *inner):
            if function.decorator_list:
                continue
            kind = "annotation" if function is node else "annotation inside"
            arguments = [one for one in ast.walk(function.args) if isinstance(one, ast.arg)]
            for annotation in (function.returns, *(one.annotation for one in arguments)):
                if annotation is not None:
                    self.note(HARMLESS, kind, *self.span(annotation), b"object")

    def renamed(self, node: Function) -> None:
        """Rename variables that no inner scope uses."""
        if self.reads_variables(node):
            return
        for name in _variables(node, arguments=False):
            fresh = f"other_{name}"
            uses = _uses(node, name)
            if fresh in self.taken or not uses:
                continue
            spans = [self.span(use) for use in uses]
            start, end = self.span(node)
            text, place = b"", start
            for use_start, use_end in sorted(spans):
                text += self.source[place:use_start] + fresh.encode()
                place = use_end
            self.note(HARMLESS, "local name", start, end, text + self.source[place:end])

    def reads_variables(self, node: Function) -> bool:
        named = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        return not named.isdisjoint({"locals", "vars", "eval", "exec", "dir"})


# -- questions to a syntax tree --------------------------------------------------------


def _walk(expression: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of an expression, but nothing inside an f-string.

    Before 3.12 positions in there are not those of the file (python/cpython#80998).
    """
    yield expression
    if not isinstance(expression, ast.JoinedStr):
        for child in ast.iter_child_nodes(expression):
            yield from _walk(child)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield the statements in a function, at any depth."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _statements(child)


def _own_expressions(statement: ast.stmt) -> list[ast.expr]:
    """Return the expressions of a statement that belong to no statement inside it."""
    if isinstance(statement, _SCOPES):
        return []
    if isinstance(statement, ast.AnnAssign):
        return [statement.value] if statement.value is not None else []
    found = [node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.expr)]
    return found + [item.context_expr for item in getattr(statement, "items", ())]


def _own_lines(statement: ast.stmt) -> range:
    body: list[ast.stmt] = getattr(statement, "body", [])
    end = body[0].lineno if body else statement.end_lineno + 1
    return range(statement.lineno, max(end, statement.lineno + 1))


def _variables(function: Function, *, arguments: bool = True) -> list[str]:
    """Return names of local variables, in alphabetical order."""
    found = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    named = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    return sorted(found | named if arguments else found - named)


def _uses(function: Function, name: str) -> list[ast.Name]:
    """Return where a variable is used; nothing if it is more than a plain local one."""
    for node in ast.walk(function):
        match node:
            case ast.Global(names=names) | ast.Nonlocal(names=names):
                shared = name in names
            case ast.ExceptHandler(name=bound) | ast.alias(asname=bound):
                shared = bound == name or getattr(node, "name", None) == name
            case ast.MatchAs() | ast.MatchStar() | ast.MatchMapping() | ast.JoinedStr():
                # Positions in an f-string are not to be had before 3.12.
                shared = True if not isinstance(node, ast.JoinedStr) else _names(node, name)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda() | ast.ClassDef():
                shared = node is not function and _names(node, name)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                shared = _names(node, name)
            case _:
                shared = False
        if shared:
            return []
    return [n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == name]


def _names(node: ast.AST, name: str) -> bool:
    return any(
        (isinstance(one, ast.Name) and one.id == name)
        or (isinstance(one, ast.FunctionDef | ast.ClassDef) and one.name == name)
        or (isinstance(one, ast.arg) and one.arg == name)
        for one in ast.walk(node)
    )


def _is_bare(node: Function) -> bool:
    """Tell whether nothing is computed where the function is defined."""
    arguments = [one for one in ast.walk(node.args) if isinstance(one, ast.arg)]
    computed = (
        *node.decorator_list, *node.args.defaults, *node.args.kw_defaults, node.returns,
        *(one.annotation for one in arguments),
    )  # fmt: skip
    return not any(computed)


def _is_elif(source: bytes, start: int) -> bool:
    return source.startswith(b"elif", start)
