"""How a function is written → bytes that are the same on every Python.

Written is what runs: statements, expressions, names and constants. Not written are
positions, comments, docstrings, type comments, and annotations in functions that merely
look names up. Of the function that is asked about neither name, decorators, defaults nor
annotations: they belong to the code that makes it.

Names stay as they are, so a renamed local variable makes another function.

    node       (Kind field=value …)     fields in the order of their names, without empty ones
    list       [value …]
    name       n3:abc
    constant   a letter for its type, its size where it has one, its content

Newer Pythons add fields that are empty in programs which older ones can read, and divide
f-strings otherwise; both do not show. Nothing else is known to differ from 3.11 to 3.15.

Knows trees; what is written means where it stands is the work of `canonical`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import pack
from typing import Final

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

Place = tuple[str, int]
"""The name and the first line of a function, as its code has them."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One function, or module, as it is written."""

    tree: bytes
    owner: str
    """The class that its private names are named after; nothing where it has none."""


def functions_in(tree: ast.AST) -> Iterator[tuple[Place, Definition | None]]:
    """Yield each function in a tree with its place; None for one that is nested too deeply."""
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, owner = waiting.pop()
        if isinstance(node, Function):
            yield place_of(node), definition_of(node, owner)
        if isinstance(node, ast.ClassDef):
            waiting += ((child, node.name) for child in node.body)
            outside = (*node.decorator_list, *node.bases, *node.keywords)
            waiting += ((child, owner) for child in outside)
        else:
            waiting += ((child, owner) for child in ast.iter_child_nodes(node))


def definition_of(node: Function | ast.Module, owner: str = "") -> Definition | None:
    """Return how a function or module is written; None where it is nested too deeply.

    Args:
        owner: the innermost class around a function.
    """
    writer = _Writer()
    try:
        writer.root(node)
    except RecursionError:
        return None
    return Definition(b"".join(writer.out), owner if writer.has_private else "")


def place_of(node: Function) -> Place:
    """Return the name and the first line of a function, as its code has them."""
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    return node.name, (node.decorator_list[0] if node.decorator_list else node).lineno


class _Writer:
    """Writes one definition."""

    def __init__(self) -> None:
        self.out: list[bytes] = []
        self.has_private = False
        self.in_function = False

    def root(self, node: Function | ast.Module) -> None:
        if isinstance(node, ast.Module):
            self._node(node)
            return
        self.in_function = True
        self.out.append(b"(" + type(node).__name__.encode())
        given = node.args
        for one in (
            *(given.posonlyargs, given.args, given.kwonlyargs),
            *([] if starred is None else [starred] for starred in (given.vararg, given.kwarg)),
        ):
            self._list([argument.arg for argument in one])
        self.out.append(b" body=")
        if isinstance(node, ast.Lambda):
            self._node(node.body)
        else:
            self._list(_without_docstring(node.body))
        self.out.append(b")")

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Constant | ast.MatchSingleton):
            self.out += (_KINDS[type(node)], _constant(node.value))
            return
        skipped: str | None = None
        body: list[ast.stmt] | None = None
        around = self.in_function
        match node:
            case ast.AnnAssign() if around and _only_looks_up(node.annotation):
                # Not evaluated here. That a name is bound it says all the same.
                skipped = "annotation"
                if node.value is not None:
                    node = ast.Assign([node.target], node.value)
            case ast.arg() if node.annotation is None or _only_looks_up(node.annotation):
                skipped = "annotation"
            case ast.FormattedValue(format_spec=ast.JoinedStr(values=[])):
                skipped = "format_spec"
            case ast.JoinedStr():
                node = ast.JoinedStr(list(_joined(node.values)))
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.returns is None or _only_looks_up(node.returns):
                    skipped = "returns"
                self.in_function, body = True, node.body
            case ast.ClassDef():
                self.in_function, body = False, node.body
            case _:
                pass
        self.out.append(b"(" + type(node).__name__.encode())
        for name in sorted(node._fields):
            value: object = getattr(node, name, None)
            if not value or name == skipped or name in _NOT_RUN:
                continue
            self.out.append(b" %s=" % name.encode())
            if body is not None and value is body:
                self._list(_without_docstring(body))
            else:
                self._value(value)
        self.out.append(b")")
        self.in_function = around

    def _value(self, value: object) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            self._list(value)  # pyright: ignore[reportUnknownArgumentType]
        elif isinstance(value, str):
            self.has_private |= value.startswith("__") and not value.endswith("__")
            text = value.encode("utf-8", "surrogatepass")
            self.out.append(b"n%d:%s" % (len(text), text))
        else:
            self.out.append(_constant(value))

    def _list(self, values: Iterable[object]) -> None:
        self.out.append(b"[")
        for value in values:
            self._value(value)
        self.out.append(b"]")


_KINDS: Final = {ast.Constant: b"", ast.MatchSingleton: b"="}

_NOT_RUN: Final = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields that say nothing, or what the place of a node says."""


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(value=ast.Constant(value=str())), *rest]:
            return rest or [ast.Pass()]
        case _:
            return body


def _only_looks_up(node: ast.AST) -> bool:
    """Tell whether an annotation does no more than look names up; see `annotations`."""
    return all(isinstance(part, _LOOKS_UP) for part in ast.walk(node))


_LOOKS_UP: Final = (
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.Tuple, ast.List),
    *(ast.BinOp, ast.BitOr, ast.expr_context),
)


def _joined(values: list[ast.expr]) -> Iterator[ast.expr]:
    """Yield the parts of an f-string, none of them empty and no two of them text."""
    text = ""
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            text += value.value
            continue
        if text:
            yield ast.Constant(text)
            text = ""
        yield value
    if text:
        yield ast.Constant(text)


def _constant(value: object) -> bytes:
    if isinstance(value, str):
        # No `repr`: which characters it escapes is another thing in each version.
        text = value.encode("utf-8", "surrogatepass")
        return b"s%d:%s" % (len(text), text)
    if isinstance(value, bytes):
        return b"b%d:%s" % (len(value), value)
    if value is None or value is Ellipsis or isinstance(value, bool):
        return b"p%s;" % repr(value).encode()
    if isinstance(value, int):
        return b"i%s;" % hex(value).encode()  # `str` refuses numbers of many digits
    if isinstance(value, float):
        return b"f" + pack("<d", value)
    if isinstance(value, complex):
        return b"j" + pack("<dd", value.real, value.imag)
    raise AssertionError(f"constant of type {type(value).__name__}")
