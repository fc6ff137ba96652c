"""Statements that run again when a cell is served: what they make has a place in a file.

Imports, functions and classes; so `inspect.getsource` finds them, instances are of the
class that the notebook has, and a module is imported once. Also constants, because a
definition may name one, and magics that set up the notebook, such as `%matplotlib`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Final

import tracer

from .inference import names_of
from .scopes import DEFINITIONS

NATIVE: Final = (ast.Import, ast.ImportFrom, *DEFINITIONS)


def native_of(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return the statements that run again on a hit: definitions, imports, constants."""
    return [
        one for one in statements if isinstance(one, NATIVE) or _is_constant(one) or sets_up(one)
    ]


def sets_up(statement: ast.stmt) -> bool:
    """Tell whether a statement is a magic that sets up the notebook, such as `%matplotlib`."""
    match statement:
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(
                    value=ast.Call(func=ast.Name(id="get_ipython")), attr="run_line_magic"
                ),
                args=[ast.Constant(value=str(name)), *_],
            )
        ):
            return name in _SET_UP
        case _:
            return False


_SET_UP: Final = frozenset({"matplotlib", "config", "load_ext", "reload_ext", "autoreload"})


def spelled_out(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """Return statements with the names in place of the star of `from library import *`."""
    return [
        _spelled_out(one) if isinstance(one, ast.ImportFrom) and one.names[0].name == "*" else one
        for one in statements
    ]


def _spelled_out(statement: ast.ImportFrom) -> ast.stmt:
    if statement.level or not statement.module:
        return statement
    try:
        module = import_module(statement.module)
    except Exception:  # noqa: BLE001 - raised again by the cell, where it stands
        return statement
    if tracer.USER_CODE.pinned_by(module.__name__, getattr(module, "__file__", None)) is None:
        return statement
    public = [name for name in vars(module) if name[0] != "_"]
    names = [ast.alias(name) for name in getattr(module, "__all__", public)]
    return ast.copy_location(ast.ImportFrom(statement.module, names, 0), statement)


def defined_by(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Return the names that imports, functions and classes among `statements` bind."""
    found: set[str] = set()
    for one in statements:
        if isinstance(one, DEFINITIONS):
            found.add(one.name)
        elif isinstance(one, NATIVE):
            found.update(names_of([one]).bound)
    return frozenset(found)


def modules_named(
    statements: Iterable[ast.stmt], namespace: Mapping[str, object]
) -> dict[str, str]:
    """Return what names mean that stand for modules, or for what was imported from one."""
    found = {name: one.__name__ for name, one in namespace.items() if isinstance(one, ModuleType)}
    for one in statements:
        match one:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    found[alias.asname or top] = alias.name if alias.asname else top
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                for alias in aliases:
                    found[alias.asname or alias.name] = f"{module}.{alias.name}"
            case _:
                pass
    return found


def import_first(statements: Iterable[ast.stmt]) -> None:
    """Import what a cell imports before it does anything else.

    It will be imported in any case, whether the cell is served or run. And a module that
    is there is known in full, while of one that is not only the text is: the second run
    of a cell in one kernel would not find what the first one left.
    """
    for one in statements:
        # An error of an import is the cell's own, and raised when it gets there.
        if isinstance(one, ast.Import):
            for alias in one.names:
                with suppress(Exception):
                    import_module(alias.name)
        elif isinstance(one, ast.ImportFrom) and one.module and not one.level:
            with suppress(Exception):
                module = import_module(one.module)
                for alias in one.names:
                    if not hasattr(module, alias.name):
                        import_module(f"{one.module}.{alias.name}")
        elif not sets_up(one):
            return


def _is_constant(statement: ast.stmt) -> bool:
    """Tell whether a statement only gives a name to an immutable constant."""
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            return _immutable(value)
        case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
            return _immutable(value)
        case _:
            return False


def _immutable(value: ast.expr) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.UnaryOp(operand=ast.Constant()):
            return True
        case ast.Tuple(elts=parts):
            return all(map(_immutable, parts))
        case _:
            return False
