"""Bodies of classes: code that runs once, in a namespace of its own.

Each stores what the class is called and where it stands, which says nothing of what it
does. A name that a body has bound is read from there and not from the module.
"""

from __future__ import annotations

from types import CodeType
from typing import Final

from . import pyversion as py
from .instructions import Unit, constant_of

_NEW_LOCALS: Final = 0x2  # `CO_NEWLOCALS`: a function


def is_class_body(code: CodeType) -> bool:
    """Tell whether code is the body of a class."""
    return code.co_names[:2] == ("__name__", "__module__") and not code.co_flags & _NEW_LOCALS


def is_bookkeeping(code: CodeType, units: list[Unit], index: int) -> bool:
    """Tell whether this load and the store after it only say what a class is called."""
    if index + 1 >= len(units) or units[index + 1][1] != py.STORE_NAME:
        return False
    name = code.co_names[units[index + 1][2]]
    if name not in py.CLASS_BOOKKEEPING:
        return False
    _, op, argument, _ = units[index]
    if name == "__module__":
        return op == py.LOAD_NAME and code.co_names[argument] == "__name__"
    return constant_of(code, op, argument) is not None


class SureNames:
    """Names that a class body has surely bound itself where it reads them.

    Those bound before the first jump, in a body without handlers of exceptions.
    """

    def __init__(self, code: CodeType, units: list[Unit]) -> None:
        self._code, self._units = code, units
        self._bound: dict[str, int] = {}
        if code.co_exceptiontable:
            return
        for index, (_, op, argument, _) in enumerate(units):
            if op in py.JUMPS:
                break
            if op == py.STORE_NAME:
                self._bound.setdefault(code.co_names[argument], index)
        for _, op, argument, _ in units:
            if op == py.DELETE_NAME:
                self._bound.pop(code.co_names[argument], None)

    def binds(self, index: int, op: int) -> bool:
        """Tell whether the name that is read at `index` was bound before."""
        if op == py.LOAD_GLOBAL:
            return False
        name = self._code.co_names[self._units[index][2]]
        return self._bound.get(name, index) < index
