"""What code does with functions that it reaches, beside calling them: read from its bytecode.

Who calls a function has it run. Who does anything else with it may hand it to somebody that
reads it. To test whether there is one tells nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from opcode import HAVE_ARGUMENT, opmap, stack_effect
from types import CodeType
from typing import Final

from . import pyversion as py
from .bytecode import NamePath
from .instructions import (
    ATTRIBUTE_LOADS,
    VARIABLE_LOADS,
    Unit,
    attribute_name,
    instructions,
    jump_target,
    name_path,
    raw_of,
    with_nested,
)
from .local_imports import import_at, read_sites, reads_of_imports

_LOADS: Final = frozenset({py.LOAD_GLOBAL, py.LOAD_NAME})


@lru_cache(maxsize=10_000)
def only_called(code: CodeType) -> frozenset[NamePath]:
    """Return the names in a module that code reads to call what they mean, and for nothing else."""
    called: set[NamePath] = set()
    others: set[NamePath] = set()
    for part in with_nested(code):
        for path, _, is_called in _paths_in(part, instructions(raw_of(part))):
            (called if is_called else others).add(path)
    return frozenset(called - _with_beginnings(others))


def _paths_in(code: CodeType, units: list[Unit]) -> Iterator[tuple[NamePath, int, bool]]:
    """Yield the name paths that code reads, the index after each, and whether it is called."""
    targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
    for index, unit in enumerate(units):
        if unit[1] in _LOADS:
            path, after = name_path(code, units, index, targets)
            yield path, after, _is_called(units, index, after)


def _with_beginnings(paths: Iterable[NamePath]) -> set[NamePath]:
    """Return name paths with what they begin with, of which more is done than to call it."""
    return {path[:end] for path in paths for end in range(1, len(path) + 1)}


@lru_cache(maxsize=10_000)
def attributes_taken(code: CodeType) -> frozenset[str]:
    """Return the attributes that code reads, and does more with than to call or test them."""
    taken: set[str] = set()
    for part in with_nested(code):
        units = instructions(raw_of(part))
        to_call = _variables_to_call(part, units)
        called = _attributes_called(part, units)
        for index, (_, op, argument, _) in enumerate(units):
            if op in ATTRIBUTE_LOADS and index not in called:
                _, following, variable, _ = units[index + 1]
                is_kept = following == py.STORE_FAST and variable in to_call
                if following not in py.TESTS and not is_kept:
                    taken.add(attribute_name(part, op, argument))
    return frozenset(taken)


def _attributes_called(code: CodeType, units: list[Unit]) -> set[int]:
    """Return where code reads attributes to call them, and for nothing else."""
    found = {
        index
        for index, (_, op, _, _) in enumerate(units)
        if op in ATTRIBUTE_LOADS and _is_called(units, index, index + 1)
    }
    # Those of modules that are imported by name have the null before the whole name path in 3.12.
    return found | {after - 1 for _, after, is_called in _paths_in(code, units) if is_called}


def _variables_to_call(code: CodeType, units: Sequence[Unit]) -> AbstractSet[int]:
    """Return numbers of local variables of which the code calls or tests what is in them."""
    if not _SEE_VARIABLES.isdisjoint(code.co_names):
        return frozenset()
    cells = code.co_cellvars
    found = {number for number, name in enumerate(code.co_varnames) if name not in cells}
    for index, (_, op, argument, _) in enumerate(units):
        if op in py.LOCALS and op != py.STORE_FAST:
            is_load = op in VARIABLE_LOADS
            is_tested = is_load and units[index + 1][1] in py.TESTS
            if not (is_tested or (is_load and _is_called(units, index, index + 1))):
                found.discard(argument)
    return found


@lru_cache(maxsize=10_000)
def imported_to_call(code: CodeType) -> frozenset[str]:
    """Return what code imports to call it, and does nothing else with."""
    called: set[NamePath] = set()
    others: set[NamePath] = set()
    for part in with_nested(code):
        if py.IMPORT_NAME not in part.co_code[::2]:
            continue
        units = instructions(raw_of(part))
        targets = {jump_target(unit) for unit in units if unit[1] in py.JUMPS}
        reads = reads_of_imports(part, units, targets)
        for index in (index for index, unit in enumerate(units) if unit[1] == py.IMPORT_NAME):
            found = import_at(part, units, index, reads)
            root = f"import {'.' * found.level}{found.module}"
            if found.reads is None:  # whatever is done with it
                others.update((root, name) for name in found.names)
            for path in found.reads or ():
                sites = read_sites(part, units, targets, path)
                is_called = all(_is_called(units, *site) for site in sites)
                (called if is_called else others).add(path)
    only = called - _with_beginnings(others)
    return frozenset(".".join(path).removeprefix("import ") for path in only)


@lru_cache(maxsize=10_000)
def captured_to_call(code: CodeType) -> frozenset[str]:
    """Return the captured variables that code calls, as wrappers do, and does nothing else with."""
    called: set[str] = set()
    others: set[str] = set()
    for part in with_nested(code):
        if not _SEE_VARIABLES.isdisjoint(part.co_names):
            return frozenset()
        cells = tuple(name for name in part.co_cellvars if name not in part.co_varnames)
        variables = (*part.co_varnames, *cells, *part.co_freevars)
        units = instructions(raw_of(part))
        for index, (_, op, argument, _) in enumerate(units):
            if op == py.LOAD_DEREF:
                is_called = _is_called(units, index, index + 1)
                (called if is_called else others).add(variables[argument])
            elif op in _OTHER_OF_CELLS:
                others.add(variables[argument])
    return frozenset(called - others)


_SEE_VARIABLES: Final = frozenset({"locals", "vars", "dir", "eval", "exec", "f_locals"})
_OTHER_OF_CELLS: Final = py.OF_CELLS - {
    py.LOAD_CLOSURE,
    py.LOAD_DEREF,
    py.MAKE_CELL,
    py.STORE_DEREF,
}


def _is_called(units: Sequence[Unit], index: int, after: int) -> bool:
    """Tell whether a name path, loaded from `index` on, is what a call calls.

    There the compiler puts a null, by an instruction of its own or by a bit of the load.
    """
    _, op, argument, _ = units[after - 1]
    if op == py.LOAD_METHOD or (op == py.LOAD_ATTR and argument & py.LOAD_ATTR_SHIFT):
        return True
    place = after if py.NULL_AFTER_CALLABLE else index - 1
    has_null = 0 <= place < len(units) and units[place][1] == py.PUSH_NULL
    _, first, of_first, _ = units[index]
    if not has_null and not (first == py.LOAD_GLOBAL and of_first & 1):
        return False
    # Before 3.13 it comes first, and may be followed by an expression that gives the callable.
    return py.NULL_AFTER_CALLABLE or _is_taken_by_call(units, after)


def _is_taken_by_call(units: Sequence[Unit], after: int) -> bool:
    """Tell whether what is on top of the stack at `after` is what the next call of it calls.

    And nothing takes, copies or replaces it before: what does is not among `_TAKEN`.
    """
    depth = 1  # of the stack, down to the callable and with it
    for _, op, argument, _ in units[after:]:
        if op in py.CALLS:
            if depth - argument <= 1:
                return depth - argument == 1
            taken = argument + 2
        elif op == py.CALL_FUNCTION_EX:
            if depth <= 2 + (argument & 1):
                return depth == 2 + (argument & 1)
            taken = 3 + (argument & 1)
        elif op in _TAKEN:
            always, times = _TAKEN[op]
            taken = always + times * argument
        elif op in _TAKEN_BY_FLAGS:
            taken = 1 + (argument & _TAKEN_BY_FLAGS[op]).bit_count()
        else:
            return False
        if taken >= depth:
            return False
        depth += stack_effect(op, argument if op >= HAVE_ARGUMENT else None)
    return False


_TAKEN: Final = {
    opmap[name]: taken
    for taken, names in {
        (0, 0): "LOAD_CONST LOAD_FAST LOAD_FAST_CHECK LOAD_DEREF LOAD_GLOBAL LOAD_NAME "
        "LOAD_CLOSURE PUSH_NULL KW_NAMES",
        (1, 0): "LOAD_ATTR UNARY_NEGATIVE UNARY_NOT UNARY_INVERT CALL_INTRINSIC_1",
        (2, 0): "BINARY_OP BINARY_SUBSCR COMPARE_OP IS_OP CONTAINS_OP",
        (3, 0): "BINARY_SLICE LOAD_SUPER_ATTR",
        (0, 1): "BUILD_TUPLE BUILD_LIST BUILD_SET BUILD_STRING BUILD_SLICE",
        (0, 2): "BUILD_MAP",
        # Of the last, what they add to lies so deep below what they add.
        (1, 1): "BUILD_CONST_KEY_MAP LIST_EXTEND SET_UPDATE DICT_UPDATE DICT_MERGE",
    }.items()
    for name in names.split()
    if name in opmap
}
"""How many values an instruction takes from the stack: always, and for each that its argument
counts. Of those by which arguments are made."""

_TAKEN_BY_FLAGS: Final = {
    opmap[name]: flags
    for name, flags in {"FORMAT_VALUE": 0x04, "MAKE_FUNCTION": 0x0F}.items()
    if name in opmap
}
"""Of those that take one, and one more for each flag."""
