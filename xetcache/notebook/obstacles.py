"""What a cell does that no store can give back: such a cell is run and not kept.

Found in the statements as IPython transformed them, where `!ls` and `%cd` are calls
of `get_ipython()`. Nothing is run to find out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from types import FunctionType, ModuleType
from typing import Final

from . import world
from .inference import Names, asked_for, first_reader, names_of
from .natives import defined_by, modules_named, native_of, sets_up

HISTORY: Final = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_[iod]h|In|Out")
"""Names under which IPython keeps what was typed and shown."""
SHELL: Final = frozenset({"get_ipython", "exit", "quit"})

_CALLS: Final = {
    "input": "asks for `input()`",
    "exec": "runs text with `exec()`",
    "eval": "runs text with `eval()`",
    "globals": "reaches into `globals()`",
    "locals": "reaches into `locals()`",
    "breakpoint": "stops at `breakpoint()`",
}
_LINES: Final = {"run_line_magic": "%", "run_cell_magic": "%%", "system": "!", "getoutput": "!"}


def obstacle_in(
    statements: Sequence[ast.stmt], names: Names, namespace: Mapping[str, object]
) -> str:
    """Say why the results of a cell cannot be kept, or nothing where they can.

    Args:
        namespace: what names mean before the cell runs.
    """
    defined = defined_by(statements)
    modules = modules_named(statements, namespace)
    for statement in statements:
        if sets_up(statement):
            continue
        for node in _nodes_in(statement):
            found = _in_node(node, defined, names, namespace, modules)
            if found:
                return found
    history = sorted(name for name in names.reads if HISTORY.fullmatch(name))
    if history:
        return f"reads `{history[0]}`, which is something else each time"
    return _entangled(statements)


def _nodes_in(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and those in it, but for the question whether a variable is there."""
    if isinstance(node, ast.Compare) and asked_for(node) is not None:
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _nodes_in(child)


def _in_node(
    node: ast.AST,
    defined: frozenset[str],
    names: Names,
    namespace: Mapping[str, object],
    modules: Mapping[str, str],
) -> str:
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython")), attr=attribute)
        ):
            return _magic(attribute, node.args)
        case ast.Name(id="get_ipython", ctx=ast.Load()):
            return "uses `get_ipython()`"
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS and name not in names.bound:
            return _CALLS[name]
        case ast.ImportFrom(names=[ast.alias(name="*")], module=module):
            return f"imports `*` from `{module}`: import it in a cell of its own"
        case ast.Attribute() | ast.Subscript() if not isinstance(node.ctx, ast.Load):
            root = _root(node)
            if world.is_part(_path(node.value, modules)):
                return ""
            means = namespace.get(root)
            is_code = isinstance(means, ModuleType | type | FunctionType)
            if root in defined or (is_code and root not in names.bound):
                return f"sets `{ast.unparse(node)}`, which is no variable"
        case _:
            pass
    return ""


def _magic(method: str, arguments: list[ast.expr]) -> str:
    """Name the magic or shell command that a call of the shell's method stands for."""
    mark = _LINES.get(method)
    if mark is None:
        return "uses `get_ipython()`"
    match arguments:
        case [ast.Constant(value=str(text)), *_]:
            word = text.split()[0] if text.split() else ""
            return f"runs `{mark}{word}`"
        case _:
            return f"runs `{mark}…`"


def _path(node: ast.expr, modules: Mapping[str, str]) -> str:
    """Return what a dotted path means, from the name of its module on; nothing if none."""
    match node:
        case ast.Name(id=name):
            return modules.get(name, "")
        case ast.Attribute(value=value, attr=attribute):
            path = _path(value, modules)
            return path and f"{path}.{attribute}"
        case _:
            return ""


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _entangled(statements: Sequence[ast.stmt]) -> str:
    """Find a definition that needs a value of the same cell when it is defined.

    Definitions run again on a hit, before values are put in place.
    """
    natives = native_of(statements)
    computed = frozenset(names_of([one for one in statements if one not in natives]).bound)
    found = first_reader(natives, computed)
    if found is None:
        return ""
    statement, needs = found
    line = ast.unparse(statement).splitlines()[0]
    return f"needs its own `{min(needs)}` for `{line}`: define that in a cell of its own"
