"""Which global names the functions in a piece of code read and bind.

Asks the compiler, which knows the rules of scopes better than a reader of the tree.
"""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from typing import Final

DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def globals_in(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda,
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the global names that functions in `node` read, and those they bind."""
    statement = ast.Expr(node) if isinstance(node, ast.Lambda) else node
    text = ast.unparse(ast.fix_missing_locations(ast.Module([statement], [])))
    reads: set[str] = set()
    writes: set[str] = set()
    for table in _inside(symtable.symtable(text, "<cell>", "exec")):
        in_class = table.get_type() == "class"
        for symbol in table.get_symbols():
            name = symbol.get_name()
            if symbol.is_global() and symbol.is_assigned():
                writes.add(name)
            if symbol.is_referenced() and (symbol.is_global() or (in_class and symbol.is_local())):
                reads.add(name)
    return frozenset(reads), frozenset(writes)


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)
