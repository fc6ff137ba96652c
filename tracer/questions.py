"""Questions: what code asks functions, classes and code objects about themselves.

Docstrings, annotations, names of functions and of local variables change no result
unless some code reads them. A question is the name of an attribute that tells one of
these, or a word of ours for what no single name tells; `answers` has what is said to it.

Where an attribute is read decides whether it is a question at all:

    f.__code__.co_argcount     what is told is named by the second attribute
    f.__code__ in known        compared, and told to nobody
    g.__doc__ = f.__doc__      handed on; whoever reads it from `g` asks
    x.__dict__[name]           one member, by a name that is text elsewhere
    self.__dict__              the attributes of an object, unless a class is passed
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from opcode import HAVE_ARGUMENT, stack_effect
from types import CodeType
from typing import Final, NamedTuple

from . import pyversion as py
from .instructions import (
    ATTRIBUTE_LOADS,
    NOTHING,
    Unit,
    attribute_name,
    attributes_after,
    expression_start,
    name_path,
)

INTROSPECTION: Final = frozenset(
    {"__doc__", "__name__", "__qualname__", "__annotations__", "__wrapped__", "__module__"}
)
"""What functions and classes say about themselves."""

OF_FUNCTION: Final = frozenset(
    {"__code__", "__defaults__", "__kwdefaults__", "__closure__", "__globals__", "__builtins__"}
)
"""Attributes by which a function is taken apart."""

SEEN_TO_BE_READ: Final = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
"""Those of them of which an audit event tells that they are read, whoever does it."""

HELD_CODE: Final = "code()"
"""Everything a code object tells, asked where one is handed to who knows whom."""
PARAMETERS: Final = "parameters()"
"""Names of parameters, those that only have a place too."""
OF_CLASSES: Final = "type.__dict__"
"""All members of a class at once: its docstring and annotations are among them."""
OF_FIRST: Final = "self.__dict__"
"""The same of the first argument, which is an object wherever the code is a method."""

EVALUATED: Final = "annotations()"
"""What annotations mean that are text."""

LISTED_NAMES: Final = "dir()"
"""The names of all that a thing has, which may then be looked up one by one."""

HOLDING_CODE: Final = frozenset({"__code__", "f_code", "gi_code", "cr_code", "ag_code"})
"""Attributes that are code objects."""

OF_CODE: Final = {
    "co_varnames": "variables",
    "co_cellvars": "variables",
    "co_freevars": "variables",
    "co_names": "names",
    "co_consts": "constants",
    "co_name": "labels",
    "co_qualname": "labels",
    HELD_CODE: "code",
}
"""Questions to a code object, asked by what is handed on to others too."""

SAID_IN_TEXT: Final = frozenset(
    {*INTROSPECTION, "type", OF_CLASSES, OF_FIRST, LISTED_NAMES, EVALUATED}
)
"""Questions whose answers are all there is to them: code that asks nothing else of a function
reads no more of it."""

ANSWERED: Final = {
    **{name: name for name in INTROSPECTION},
    # Asked of classes only, such as of `type(x)`.
    **{f"type.{name}": name for name in INTROSPECTION - {"__wrapped__"}},
    **OF_CODE,
    PARAMETERS: "parameters",
    "type": "type",  # of the fields of a dataclass
}
"""Question → the answer of a function or class that it asks for."""

_ASKED_BY: Final = {
    **dict.fromkeys(HOLDING_CODE, HELD_CODE),
    "__dict__": OF_CLASSES,
    "__dir__": LISTED_NAMES,
    # By which they are evaluated since 3.14.
    **dict.fromkeys(("__annotate__", "__annotate_func__"), "__annotations__"),
}
"""Attribute name → what it asks, where that is no question of the same name."""

ASKING: Final = frozenset({*ANSWERED, *_ASKED_BY})
"""Names of attributes that may ask something where they are read."""


def questions_in(names: Iterable[str]) -> set[str]:
    """Return what is asked by attribute names of which is known no more than that."""
    return {_ASKED_BY.get(name, name) for name in ASKING.intersection(names)}


def question_at(code: CodeType, units: list[Unit], index: int, targets: set[int]) -> str | None:
    """Return what the attribute asks that is loaded at `index`, if it asks anything.

    Args:
        targets: offsets that are jumped to.
    """
    offset, op, argument, _ = units[index]
    name = attribute_name(code, op, argument)
    before = NOTHING if offset in targets else units[index - 1]
    if name in HOLDING_CODE:
        after = _attribute_after(code, units, index, targets)
        if after is not None and after.startswith("co_"):
            return None
        quiet = _is_compared(code, units, index, targets) or _is_handed_on(units, index, targets)
        return None if quiet else HELD_CODE
    if name == "__dict__":
        if before is not NOTHING and is_first_argument(code, units, index - 1):
            return OF_FIRST
        return None if _reads_one(code, units, index, targets) else OF_CLASSES
    if name in _HANDED_ON:
        if _is_handed_on(units, index, targets):
            return None
        _, op, argument, _ = before
        if op in ATTRIBUTE_LOADS and attribute_name(code, op, argument) == "__class__":
            return f"type.{name}"
    return _ASKED_BY.get(name, name)


_HANDED_ON: Final = INTROSPECTION - {"__wrapped__"}

_PLAIN_LOADS: Final = frozenset(
    {py.LOAD_FAST, py.LOAD_FAST_CHECK, py.LOAD_DEREF, py.LOAD_GLOBAL, py.LOAD_NAME} - {py.NONE}
)
_COMPARISONS: Final = frozenset({py.CONTAINS_OP, py.IS_OP, py.COMPARE_OP})
_SUBSCRIPTS: Final = frozenset({py.STORE_SUBSCR, py.DELETE_SUBSCR})

_OF_ONE_MEMBER: Final = frozenset({"get", "pop", "setdefault", "update", "clear"})
"""Methods of a dictionary that tell of one member at most. All but `get` are those of the
dictionary of an object: a class gives a view that cannot be changed."""


def _unit(units: Sequence[Unit], index: int, targets: set[int]) -> Unit:
    """Return an instruction that is reached from the one before it and nowhere else."""
    if index >= len(units) or units[index][0] in targets:
        return NOTHING
    return units[index]


def _attribute_after(
    code: CodeType, units: Sequence[Unit], index: int, targets: set[int]
) -> str | None:
    _, op, argument, _ = _unit(units, index + 1, targets)
    return attribute_name(code, op, argument) if op in ATTRIBUTE_LOADS else None


def _is_handed_on(units: Sequence[Unit], index: int, targets: set[int]) -> bool:
    """Tell whether what is loaded is assigned to the attribute of the same name."""
    _, load, argument, _ = units[index]
    name = argument >> py.LOAD_ATTR_SHIFT if load == py.LOAD_ATTR else argument
    _, between, _, _ = _unit(units, index + 1, targets)
    _, store, stored, _ = _unit(units, index + 2, targets)
    return between in _PLAIN_LOADS and store == py.STORE_ATTR and stored == name


def _is_compared(code: CodeType, units: list[Unit], index: int, targets: set[int]) -> bool:
    """Tell whether what is loaded is an operand of a comparison and nothing more."""
    _, op, _, _ = _unit(units, index + 1, targets)
    if op in _COMPARISONS:
        return True
    if op not in _PLAIN_LOADS:
        return False
    after = attributes_after(code, units, index + 2, targets, [])
    return _unit(units, after, targets)[1] in _COMPARISONS


def _reads_one(code: CodeType, units: list[Unit], index: int, targets: set[int]) -> bool:
    """Tell whether one member is read, or none, of the dictionary that is loaded."""
    after = _attribute_after(code, units, index, targets)
    if after is not None:
        return after in _OF_ONE_MEMBER
    _, op, _, _ = _unit(units, index + 1, targets)
    if op in _PLAIN_LOADS or op == py.LOAD_CONST:
        path_end = attributes_after(code, units, index + 2, targets, [])
        unit = _unit(units, path_end, targets)
        if unit[1] in _SUBSCRIPTS or unit[1:3] == py.SUBSCRIPT:
            return True
    return _is_compared(code, units, index, targets)


def is_first_argument(code: CodeType, units: Sequence[Unit], index: int) -> bool:
    """Tell whether the first argument, and nothing else, is loaded at `index`."""
    return (
        code.co_argcount > 0
        and units[index][1:3] == (py.LOAD_FAST, 0)
        and code.co_varnames[0] not in code.co_cellvars
        and not any(unit[1:3] == (py.STORE_FAST, 0) for unit in units)
    )


def receiver_of(
    code: CodeType, units: list[Unit], index: int, targets: set[int]
) -> tuple[str, ...] | None:
    """Return the global name path of what is called with the value loaded at `index`.

    None where it is not an argument, or not of such a call.
    """
    start = expression_start(units, index)
    callee = _callee_before(code, units, start, targets)
    if callee is None or not callee.is_called:  # so the value may be another argument of it
        position = _position(units, index)
        if position is None:
            return None
        for _ in range(position):
            start = expression_start(units, start - 1)
        callee = _callee_before(code, units, start, targets)
    return None if callee is None else callee.path


class _Callee(NamedTuple):
    path: tuple[str, ...]
    is_called: bool
    """Whether the instructions say so: the first argument comes next."""


def _callee_before(
    code: CodeType, units: list[Unit], end: int, targets: set[int]
) -> _Callee | None:
    """Return the global name path that is loaded just before `end`, as a callable."""
    is_called = end > 0 and py.NULL_AFTER_CALLABLE and units[end - 1][1] == py.PUSH_NULL
    end -= is_called
    first = end - 1
    while first > 0 and units[first][1] in ATTRIBUTE_LOADS:
        first -= 1
    if first < 0 or units[first][1] != py.LOAD_GLOBAL:
        return None
    path, after = name_path(code, units, first, targets)
    if after != end:
        return None
    if not py.NULL_AFTER_CALLABLE:
        is_called = first > 0 and units[first - 1][1] == py.PUSH_NULL
    _, op, argument, _ = units[end - 1]
    # A bit of the argument says that room for `self` is made, as LOAD_METHOD does.
    has_bit = op == py.LOAD_GLOBAL or (op == py.LOAD_ATTR and py.LOAD_METHOD == py.NONE)
    is_called = is_called or op == py.LOAD_METHOD or (has_bit and bool(argument & 1))
    return _Callee(path, is_called or bool(units[first][2] & 1))


def _position(units: Sequence[Unit], index: int) -> int | None:
    """Return the place, among its arguments, of a value that is given to a call."""
    depth = 1
    for _, op, argument, _ in units[index + 1 :]:
        if op in py.JUMPS or op == py.SWAP:
            return None
        if op == py.KW_NAMES:
            continue
        above = depth - 1 if op == py.CALL_KW else depth
        if (op in py.CALLS or op == py.CALL_KW) and above <= argument:
            return argument - above
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
        if depth < 1:
            return None
    return None
