"""Facts about this interpreter's bytecode, by name, each with its evidence.

The only reader of `sys.version_info`. The names of instructions were read from
`Lib/opcode.py` of CPython 3.11.7, 3.12.1, 3.13.0, 3.14.2 and 3.15.0; a name that does not exist in
one version is looked up as `NONE`, which no instruction has.
"""

from __future__ import annotations

import opcode
import sys
import types
from typing import Any, Final

from .errors import UnknownPythonError

PYTHON: Final = f"{sys.implementation.name} {sys.version_info[0]}.{sys.version_info[1]}"
"""The interpreter, as far as it decides what bytecode means: `cpython 3.12`."""

OLDEST: Final = (3, 11)
NEWEST: Final = (3, 15)

NONE: Final = -1

_MAP: Final = opcode.opmap


def _op(name: str) -> int:
    number = _MAP.get(name, NONE)
    # Above a byte are pseudo instructions of the compiler: 3.12 lists LOAD_METHOD so.
    return number if number < 256 else NONE  # noqa: PLR2004


CACHES: Final = [0] * 256
"""Instruction → how many units after it are inline caches."""
_entries: Any = getattr(opcode, "_inline_cache_entries")  # noqa: B009 - not in the stubs
for _name, _number in _MAP.items():
    # A list by number until 3.12, a mapping by name since.
    if _number < 256:  # noqa: PLR2004
        CACHES[_number] = (
            _entries[_number] if sys.version_info < (3, 13) else _entries.get(_name, 0)
        )
EXTENDED_ARG: Final = _op("EXTENDED_ARG")
NOP: Final = _op("NOP")
PUSH_NULL: Final = _op("PUSH_NULL")
RESUME: Final = _op("RESUME")

LOAD_CONST: Final = _op("LOAD_CONST")
RETURN_CONST: Final = _op("RETURN_CONST")  # 3.12, 3.13
KW_NAMES: Final = _op("KW_NAMES")  # 3.11, 3.12; a constant since 3.13
CONSTANTS: Final = frozenset({LOAD_CONST, RETURN_CONST, KW_NAMES} - {NONE})
LOAD_SMALL_INT: Final = _op("LOAD_SMALL_INT")  # 3.14; the argument is the constant
LOAD_COMMON_CONSTANT: Final = _op("LOAD_COMMON_CONSTANT")  # 3.14; the argument is its number
COMMON_CONSTANTS: Final[tuple[object, ...]] = tuple(getattr(opcode, "_common_constants", ()))
"""Classes and functions that the compiler itself asks for; since 3.15 None and its like, too."""

LOAD_GLOBAL: Final = _op("LOAD_GLOBAL")  # argument: name index << 1 | push null, since 3.11
LOAD_NAME: Final = _op("LOAD_NAME")
LOAD_FROM_DICT_OR_GLOBALS: Final = _op("LOAD_FROM_DICT_OR_GLOBALS")  # 3.12, class bodies
LOAD_FROM_DICT_OR_DEREF: Final = _op("LOAD_FROM_DICT_OR_DEREF")  # 3.12, class bodies
STORE_NAME: Final = _op("STORE_NAME")
DELETE_NAME: Final = _op("DELETE_NAME")
STORE_GLOBAL: Final = _op("STORE_GLOBAL")
DELETE_GLOBAL: Final = _op("DELETE_GLOBAL")
LOAD_ATTR: Final = _op("LOAD_ATTR")
LOAD_METHOD: Final = _op("LOAD_METHOD")  # 3.11; a bit of LOAD_ATTR's argument since 3.12
LOAD_SUPER_ATTR: Final = _op("LOAD_SUPER_ATTR")  # 3.12; name index << 2
STORE_ATTR: Final = _op("STORE_ATTR")
DELETE_ATTR: Final = _op("DELETE_ATTR")
STORE_SUBSCR: Final = _op("STORE_SUBSCR")
DELETE_SUBSCR: Final = _op("DELETE_SUBSCR")
IMPORT_NAME: Final = _op("IMPORT_NAME")
IMPORT_SHIFT: Final = 2 if sys.version_info >= (3, 15) else 0
"""Below the name index are two bits, since 3.15: whether the import is lazy (PEP 810)."""
IMPORT_FROM: Final = _op("IMPORT_FROM")
CONTAINS_OP: Final = _op("CONTAINS_OP")
IS_OP: Final = _op("IS_OP")
COMPARE_OP: Final = _op("COMPARE_OP")
MAKE_FUNCTION: Final = _op("MAKE_FUNCTION")  # argument: flags of what is on the stack, until 3.12
SET_FUNCTION_ATTRIBUTE: Final = _op("SET_FUNCTION_ATTRIBUTE")  # 3.13; one of those flags
RAISE_VARARGS: Final = _op("RAISE_VARARGS")
BUILD_MAP: Final = _op("BUILD_MAP")
BUILD_TUPLE: Final = _op("BUILD_TUPLE")
BUILD_LIST: Final = _op("BUILD_LIST")
BINARY_OP: Final = _op("BINARY_OP")
SUBSCRIPT: Final = (BINARY_OP, 26) if _op("BINARY_SUBSCR") == NONE else (_op("BINARY_SUBSCR"), 0)
"""`x[y]`, with its argument: an operator since 3.14, `NB_SUBSCR` of `Include/opcode.h`."""
COPY: Final = _op("COPY")
SWAP: Final = _op("SWAP")
CALL: Final = _op("CALL")
CALL_FUNCTION_EX: Final = _op("CALL_FUNCTION_EX")
CALLS: Final = frozenset({_op("CALL") if _op("PRECALL") == NONE else _op("PRECALL")})
"""What takes arguments from the stack: on 3.11 PRECALL, which CALL follows."""
CALL_KW: Final = _op("CALL_KW")  # 3.13; names of keywords are on top of the stack
NULL_BEFORE_CALL: Final = _op("CALL_FUNCTION_EX") if sys.version_info >= (3, 14) else NONE
"""Takes a null from the stack where there are no keywords, as `f(*a)`; before, a bit said so."""

LOAD_FAST: Final = _op("LOAD_FAST")
LOAD_FAST_CHECK: Final = _op("LOAD_FAST_CHECK")  # 3.12
STORE_FAST: Final = _op("STORE_FAST")
LOAD_CLOSURE: Final = _op("LOAD_CLOSURE")  # LOAD_FAST of a cell since 3.13
LOAD_DEREF: Final = _op("LOAD_DEREF")
STORE_DEREF: Final = _op("STORE_DEREF")
OF_CELLS: Final = frozenset(op for op in opcode.hasfree if op < 256)  # noqa: PLR2004
MAKE_CELL: Final = _op("MAKE_CELL")
LOCALS: Final = frozenset(op for op in (*opcode.haslocal, *opcode.hasfree) if op < 256)  # noqa: PLR2004
"""Instructions whose argument is the number of a variable, cells behind the others."""

FORMATS: Final = frozenset(
    {_op("FORMAT_VALUE"), _op("FORMAT_SIMPLE"), _op("FORMAT_WITH_SPEC"), _op("CONVERT_VALUE")}
    | {_op("BUILD_INTERPOLATION")} - {NONE}
)
"""What f-strings are made of: one instruction until 3.12, three since; and t-strings, of 3.14."""

BORROWS: Final = {
    _op("LOAD_FAST_BORROW"): LOAD_FAST,
    _op("LOAD_FAST_BORROW_LOAD_FAST_BORROW"): _op("LOAD_FAST_LOAD_FAST"),
}
"""Loads of 3.14 that count no reference, where the compiler sees that none is needed."""
BORROWS.pop(NONE, None)

PAIRS: Final = {
    _op("LOAD_FAST_LOAD_FAST"): (LOAD_FAST, LOAD_FAST),
    _op("STORE_FAST_LOAD_FAST"): (STORE_FAST, LOAD_FAST),
    _op("STORE_FAST_STORE_FAST"): (STORE_FAST, STORE_FAST),
}
"""Two instructions in one, which 3.13 makes of two on one line: number << 4 | number."""
PAIRS.pop(NONE, None)

LOAD_ATTR_SHIFT: Final = 1 if NONE == LOAD_METHOD else 0
"""LOAD_ATTR keeps a `method` bit below the name index since 3.12 (python/cpython#93429)."""

NULL_AFTER_CALLABLE: Final = sys.version_info >= (3, 13)
"""PUSH_NULL follows the callable it belongs to; before 3.13 it comes first."""

JUMPS: Final = frozenset(opcode.hasjrel)
TESTS: Final = frozenset(
    op
    for name, op in _MAP.items()
    if name.startswith("POP_JUMP") or name in {"TO_BOOL", "UNARY_NOT", "POP_TOP", "IS_OP"}
)
"""Instructions that take what is on top of the stack, and give it to nobody."""
BACKWARD: Final = frozenset(
    # END_ASYNC_FOR says since 3.14 where its SEND is, and jumps nowhere.
    op
    for name, op in _MAP.items()
    if "BACKWARD" in name or name == "END_ASYNC_FOR"
)

STATIC_HOOK: Final = sys.version_info >= (3, 12)
"""`enum` makes a static method of `_generate_next_value_` (python/cpython#98250)."""
REPLACES: Final = sys.version_info >= (3, 13)
"""Dataclasses and named tuples have `__replace__`, for `copy.replace` (python/cpython#108751)."""

LAZY_IMPORT: Final[type | None] = getattr(types, "LazyImportType", None)
"""The class of what a lazy import binds until the name is first read, since 3.15 (PEP 810).

Reading it as a global, or as an attribute of a module, imports; from a dictionary it comes
as it is.
"""

INSTANCES_HAVE_VALUES: Final = sys.version_info >= (3, 13)
"""What is in the dictionary of an instance lies in the instance: the collector is not shown it."""

LAZY_ANNOTATIONS: Final = sys.version_info >= (3, 14)
"""Annotations are evaluated when they are first asked for, by `__annotate__` (PEP 649)."""

HAS_DOCSTRING: Final = 0x4000000 if sys.version_info >= (3, 14) else 0
"""The flag without which the first constant is no docstring; before, it was None then."""

CLASS_BOOKKEEPING: Final = frozenset(
    {"__module__", "__qualname__", "__firstlineno__", "__static_attributes__", "__doc__"}
)
"""Names every class body stores about itself; the two in the middle came with 3.13."""


def require_known() -> None:
    """Raise `UnknownPythonError` where the facts above have not been checked.

    A wrong fact would be a wrong digest, so an unknown minor version traces nothing.
    """
    version = sys.version_info[:2]
    if sys.implementation.name != "cpython" or not OLDEST <= version <= NEWEST:
        raise UnknownPythonError(
            f"{PYTHON} is not known to the tracer (CPython {OLDEST[0]}.{OLDEST[1]} to "
            f"{NEWEST[0]}.{NEWEST[1]} are)"
        )
