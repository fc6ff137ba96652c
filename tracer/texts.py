"""Text that code gives to what it calls: `import_module("name")`, `sys.modules["name"]`.

Asked only where a name path has turned out to find modules by text, so that nothing is
known by how it is spelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple, cast

from . import pyversion as py
from .instructions import (
    NOTHING,
    Constant,
    Global,
    Unit,
    call_of,
    constant_of,
    instructions,
    jump_target,
    name_path,
    raw_of,
    subscript_of,
    with_nested,
)
from .local_imports import read_sites


class Given(NamedTuple):
    """What is asked for at one place; None stands for what is not plain."""

    name: Constant | Global | None
    package: Constant | Global | None = None


def texts_given(code: CodeType, path: tuple[str, ...]) -> list[Given]:
    """Return what is given wherever `code`, or code nested in it, reads `path`.

    Cost: the code is decoded again.
    """
    found: list[Given] = []
    for part in with_nested(code):
        units = instructions(raw_of(part))
        targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        found += (
            _given(part, units, start, after) for start, after in _sites(part, units, targets, path)
        )
    return found


def _sites(
    code: CodeType, units: list[Unit], targets: set[int], path: tuple[str, ...]
) -> Iterator[tuple[int, int]]:
    if path[0].startswith("import "):
        yield from read_sites(code, units, targets, path)
        return
    for index, (_, op, _, _) in enumerate(units):
        if op in {py.LOAD_GLOBAL, py.LOAD_NAME, py.LOAD_FROM_DICT_OR_GLOBALS}:
            found, after = name_path(code, units, index, targets)
            if found == path:
                yield index, after


def _given(code: CodeType, units: list[Unit], start: int, after: int) -> Given:
    key = subscript_of(code, units, after)
    if key is not None:
        return Given(key)
    if after < len(units) and units[after][1] == py.CONTAINS_OP:
        before = units[start - 1] if start else NOTHING
        return Given(constant_of(code, *before[1:3]))
    call = call_of(code, units, after)
    if call is None:
        return Given(None)
    return Given(call.argument(0, "name"), call.argument(1, "package"))


def may_give(code: CodeType, name: str) -> bool:
    """Tell whether `code` may give something it calls a keyword argument of this name."""
    for part in with_nested(code):
        if py.CALL_FUNCTION_EX in part.co_code[::2]:
            return True
        for one in part.co_consts:
            texts = cast("tuple[object, ...]", one if type(one) is tuple else (one,))
            if any(type(text) is str and text == name for text in texts):
                return True
    return False
