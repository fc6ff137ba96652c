"""Annotations of nested functions: found in the code that makes the function.

They are evaluated when the function is made and change nothing that runs. Only what
merely looks names up is taken out; an annotation that calls something is code.

Since 3.14 they are code of their own, which is evaluated when it is asked for (PEP 649).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Final, NamedTuple

from . import pyversion as py
from .instructions import (
    Unit,
    attribute_name,
    constant_of,
    expression_start,
    instructions,
    marked,
    name_path,
    raw_of,
)

_ANNOTATED: Final = 0x04
_CLOSURE: Final = 0x08
_ANNOTATE: Final = 0x10  # 3.14
_EITHER: Final = _ANNOTATED | _ANNOTATE


class Annotation(NamedTuple):
    """The annotations of one function."""

    text: tuple[str, ...]
    """What is written, one text for each part."""
    reads: tuple[tuple[str, ...], ...]
    """Name paths looked up in globals."""


def makes_annotations(raw: bytes) -> bool:
    """Tell whether code makes functions that have annotations."""
    return any(
        argument & _ANNOTATED if op == py.MAKE_FUNCTION else argument in {_ANNOTATED, _ANNOTATE}
        for _, op, argument, _ in instructions(raw, _MAKING)
    )


_MAKING: Final = marked({py.MAKE_FUNCTION, py.SET_FUNCTION_ATTRIBUTE})


def annotations_in(
    code: CodeType, units: Sequence[Unit], targets: set[int]
) -> tuple[frozenset[int], list[Annotation]]:
    """Return the indices of instructions that make annotations, and what they say.

    Either all annotations in `code` are found or none.
    """
    skipped: set[int] = set()
    found: list[Annotation] = []
    makers = [index for index, unit in enumerate(units) if unit[1] == py.MAKE_FUNCTION]
    for index in makers:
        argument = units[index][2]
        flags, after = argument, index + 1
        while after < len(units) and units[after][1] == py.SET_FUNCTION_ATTRIBUTE:
            flags |= units[after][2]
            if units[after][2] & _EITHER:
                skipped.add(after)
            after += 1
        if not flags & _EITHER:
            continue
        last = index - 2  # before the code of the function
        if flags & _CLOSURE:
            last = expression_start(units, last) - 1
        start = expression_start(units, last)
        part = range(start, last + 1)
        if flags & _ANNOTATE:
            annotation = _said_later(code, units, part)
            if annotation is None:
                return frozenset(), []
            skipped.update(part)
            found.append(annotation)
            continue
        # Where all are text, they are one constant.
        if units[last][1] not in {py.BUILD_TUPLE, py.LOAD_CONST} or not all(
            _looks_up(units[number]) and (number == start or units[number][0] not in targets)
            for number in part
        ):
            return frozenset(), []
        skipped.update(part)
        found.append(_said(code, list(units), part))
    return frozenset(skipped), found


def _said_later(code: CodeType, units: Sequence[Unit], part: range) -> Annotation | None:
    """Return what annotations say that `part` makes a function of, if they only look up.

    The function raises for what it is not asked in, and returns a dictionary.
    """
    made = [number for number in part if units[number][1] == py.MAKE_FUNCTION]
    if len(made) != 1:
        return None
    held = constant_of(code, *units[made[0] - 1][1:3])
    if held is None or not isinstance(held.value, CodeType):
        return None
    inner = held.value
    later, rest = _evaluates(inner)
    return _said(inner, later, rest) if only_looks_up(inner) else None


def only_looks_up(code: CodeType) -> bool:
    """Tell whether code that evaluates annotations does no more than look names up."""
    units, rest = _evaluates(code)
    return all(_looks_up(units[number]) or units[number][1] in _OF_CODE for number in rest)


def _evaluates(code: CodeType) -> tuple[list[Unit], range]:
    units = instructions(raw_of(code))
    start = next((at for at, unit in enumerate(units, 1) if unit[1] == py.RAISE_VARARGS), 0)
    return units, range(start, len(units) - 1)


def _looks_up(unit: Unit) -> bool:
    _, op, argument, _ = unit
    if op == py.LOAD_GLOBAL:
        return not argument & 1  # with the bit it is about to be called
    return op in _HARMLESS or (op, argument) in _HARMLESS_WITH


_OR: Final = 7  # `NB_OR` of `Include/opcode.h`: `int | None`

_HARMLESS: Final = frozenset(
    {
        py.LOAD_CONST,
        py.LOAD_NAME,
        py.LOAD_FAST,
        py.LOAD_FAST_CHECK,
        py.LOAD_DEREF,
        py.LOAD_ATTR,
        py.BUILD_TUPLE,
        py.BUILD_LIST,
    }
    - {py.NONE}
)
_OF_CODE: Final = frozenset(
    {
        py.LOAD_SMALL_INT,
        py.LOAD_COMMON_CONSTANT,
        py.LOAD_FROM_DICT_OR_GLOBALS,
        py.LOAD_FROM_DICT_OR_DEREF,
        py.BUILD_MAP,
        py.COPY,
        py.STORE_SUBSCR,
    }
    - {py.NONE}
)
"""Harmless too, in annotations that are code of their own."""
_HARMLESS_WITH: Final = frozenset({(py.BINARY_OP, _OR), py.SUBSCRIPT})


def _said(code: CodeType, units: list[Unit], part: range) -> Annotation:
    text: list[str] = []
    reads: list[tuple[str, ...]] = []
    for number in part:
        _, op, argument, _ = units[number]
        if op in {py.LOAD_GLOBAL, py.LOAD_NAME, py.LOAD_FROM_DICT_OR_GLOBALS}:
            path, _ = name_path(code, units, number, set())
            reads.append(path)
            text.append(path[0])
        elif op == py.LOAD_CONST:
            text.append(repr(code.co_consts[argument]))
        elif op == py.LOAD_ATTR:
            text.append(attribute_name(code, op, argument))
        else:
            text.append(f"{op} {argument}")
    return Annotation(tuple(text), tuple(reads))
