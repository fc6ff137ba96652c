"""Annotations of nested functions: found in the code that makes the function.

They are evaluated when the function is made and change nothing that runs. Only what
merely looks names up is taken out; an annotation that calls something is code.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType
from typing import Final, NamedTuple

from . import pyversion as py
from .instructions import Unit, attribute_name, expression_start, name_path

_ANNOTATED: Final = 0x04
_CLOSURE: Final = 0x08


class Annotation(NamedTuple):
    """The annotations of one function."""

    text: tuple[str, ...]
    """What is written, one text for each part."""
    reads: tuple[tuple[str, ...], ...]
    """Name paths looked up in globals."""


def makes_annotations(ops: bytes, arguments: bytes) -> bool:
    """Tell whether code makes functions that have annotations."""
    return py.MAKE_FUNCTION in ops and any(
        argument & _ANNOTATED if op == py.MAKE_FUNCTION else argument == _ANNOTATED
        for op, argument in zip(ops, arguments, strict=True)
        if op in _MAKING
    )


_MAKING: Final = frozenset({py.MAKE_FUNCTION, py.SET_FUNCTION_ATTRIBUTE})


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
            if units[after][2] == _ANNOTATED:
                skipped.add(after)
            after += 1
        if not flags & _ANNOTATED:
            continue
        last = index - 2  # before the code of the function
        if flags & _CLOSURE:
            last = expression_start(units, last) - 1
        start = expression_start(units, last)
        part = range(start, last + 1)
        # Where all are text, they are one constant.
        if units[last][1] not in {py.BUILD_TUPLE, py.LOAD_CONST} or not all(
            _looks_up(units[number]) and (number == start or units[number][0] not in targets)
            for number in part
        ):
            return frozenset(), []
        skipped.update(part)
        found.append(_said(code, list(units), part))
    return frozenset(skipped), found


def _looks_up(unit: Unit) -> bool:
    _, op, argument, _ = unit
    if op == py.LOAD_GLOBAL:
        return not argument & 1  # with the bit it is about to be called
    return op in _HARMLESS or (op == py.BINARY_OP and argument == _OR)


_OR: Final = 7  # `NB_OR` of `Include/opcode.h`: `int | None`

_HARMLESS: Final = frozenset(
    {
        py.LOAD_CONST,
        py.LOAD_NAME,
        py.LOAD_FAST,
        py.LOAD_FAST_CHECK,
        py.LOAD_DEREF,
        py.LOAD_ATTR,
        py.BINARY_SUBSCR,
        py.BUILD_TUPLE,
        py.BUILD_LIST,
    }
    - {py.NONE}
)


def _said(code: CodeType, units: list[Unit], part: range) -> Annotation:
    text: list[str] = []
    reads: list[tuple[str, ...]] = []
    for number in part:
        _, op, argument, _ = units[number]
        if op in {py.LOAD_GLOBAL, py.LOAD_NAME}:
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
