"""Answers by the very arguments, for calls that have no microsecond to lose.

Once a call was served and its result cannot change, the next call with the same
arguments needs only to know that the code is what it was. That is asked by a method
generated for the function, with its parameters:

    arguments, looked up by type and value → answer
    nothing was replaced, and the guards of its trace hold → it is returned

What else may have changed, such as a setting, empties the table when it does.

Each step was measured beside others, on 3.11 to 3.13 (`benchmarks/hit.py`). A call of an
object costs 45 ns more than one of a function, and is the price of its verbs. The rest:

* Types first, then values: one dictionary with the type in the answer saves 3 ns, and
  `1` and `True` would take turns in it.
* An answer is an `itertools.repeat` of the value. To take the next one counts it and
  returns it in one instruction, which no thread can interrupt and no number is made for.
  `next(count)` costs 15 ns more. How many are left tells how many were taken.
* How often anything was replaced is one number, compared by identity; a guard that asks
  for nothing else is not called at all, which saves 25 ns.
* What the method knows are its globals. Captured variables are copied into the frame at
  every call: 10 ns.

Anything else goes the way of every call. Only exact builtin types are looked up, so
that no `__hash__` or `__eq__` of the user runs, and neither does `0.0` pass for `-0.0`.

Knows nothing of stores and keys.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat
from operator import length_hint
from types import CodeType, FunctionType
from typing import Any, Final

import tracer

from . import config, epoch, events, tally
from .call import VAR_KEYWORD, VAR_POSITIONAL
from .verdict import Hit

_MAX_ANSWERS: Final = 10_000

_ATOMS: Final = frozenset({bool, int, str, bytes, type(None)})
"""Types whose equal instances are the same value."""


_MOST: Final = sys.maxsize
"""How often an answer may be given: a thousand years."""

_Table = dict[Any, dict[Any, tuple["repeat[object]", int, Callable[[], bool] | None]]]
"""Types of the arguments → the arguments → an answer as often as it may be given, how
often anything had been replaced, and what else tells whether it holds."""


class _Absent:
    """Stands for an argument that was left to its default."""


ABSENT: Final = _Absent()


class Answers:
    """The answers of one function, each as long as its guards hold."""

    def __init__(self, parameters: tuple[str, ...], name: str) -> None:
        self._parameters = parameters
        self._said = tally.said(name, Hit.outcome)
        self._table: _Table = {}
        self._given: list[tuple[repeat[object], float]] = []
        """Each answer, and what computing it took."""
        self._earlier = {"hits": 0, "seconds_saved": 0.0}
        epoch.at_the_next(self._forget)
        _all.append(self)

    def _forget(self) -> None:
        with _lock:
            self._table.clear()

    def note(self, arguments: Mapping[str, object], hit: Hit) -> bool:
        """Keep the answer to a call that was served; tell whether it is one to be kept.

        Args:
            arguments: those that were given; others were left to their defaults.
        """
        values = [arguments.get(name, ABSENT) for name in self._parameters]
        guard = hit.guard
        if guard is None or events.anybody_listens() or config.overlay() is not None:
            return False
        if tracer.anybody_observes():
            return False  # asked again below, where nobody can begin to meanwhile
        if not (all(map(_is_known, values)) and is_fixed(hit.value)):
            return False
        if len(self._given) >= _MAX_ANSWERS:
            self._earlier = self.counts()
            self._given.clear()
            self._table.clear()
        # The number first: what is replaced from here on makes it another one.
        replaced = tracer.Guard.replacements[0]
        if guard.quick is None or not guard.quick():
            return False
        holds = guard.without_replacements()
        if hit.untouched is not None:
            if not hit.untouched():
                return False
            holds = partial(_both_hold, hit.untouched, holds) if holds else hit.untouched
        if config.any_overlay[0]:
            holds = partial(_holds_here, holds)
        answer = repeat(hit.value, _MOST)
        self._given.append((answer, hit.seconds_saved))
        types, key = tuple(map(type, values)), tuple(values)
        single = len(values) == 1
        with _lock:
            if tracer.anybody_observes():
                return False  # who computes is to be told of each answer that it gets
            answers = self._table.setdefault(types[0] if single else types, {})
            # Each with its own guards: no call may take an answer of yesterday and ask the
            # guards of today.
            answers[key[0] if single else key] = (answer, replaced, holds)
        return True

    def counts(self) -> dict[str, float]:
        """Return how often an answer was given, and the seconds that saved."""
        found = dict(self._earlier)
        for answer, seconds in tuple(self._given):
            times = _MOST - length_hint(answer)
            found["hits"] += times
            found["seconds_saved"] += times * seconds
        return found

    def method(self, function: FunctionType, otherwise: Callable[..., Any]) -> Callable[..., Any]:
        """Return a `__call__` with the parameters of `function`.

        Args:
            otherwise: called with the object, positional and keyword arguments.
        """
        code = function.__code__
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        source = _SOURCE.format(
            parameters=_parameters(function),
            types=_one_or_tuple([f"type({name})" for name in self._parameters]),
            key=_one_or_tuple(list(self._parameters)),
            positional="".join(f"{name}, " for name in names[: code.co_posonlyargcount]),
            keyword=", ".join(f"{name!r}: {name}" for name in names[code.co_posonlyargcount :]),
        )
        scope: dict[str, Any] = {
            "__name__": __name__,
            "_xc_table": self._table,
            "_xc_said": self._said,
            "_xc_last": tally.last,
            "_xc_number": tracer.Guard.replacements,
            "_xc_absent": ABSENT,
            "_xc_otherwise": _given_only(otherwise),
        }
        exec(source, scope)  # noqa: S102 - made of names of parameters
        made = scope["__call__"]
        made.__qualname__ = function.__qualname__
        return made


_SOURCE: Final = """
def __call__(_xc_self, {parameters}):
    try:
        _xc_answer, _xc_replaced, _xc_holds = _xc_table[{types}][{key}]
        if _xc_replaced is _xc_number[0] and (_xc_holds is None or _xc_holds()):
            for _xc_value in _xc_answer:
                _xc_last[0] = _xc_said
                return _xc_value
    except Exception:
        pass
    return _xc_otherwise(_xc_self, ({positional}), {{{keyword}}})
"""


def _both_hold(untouched: Callable[[], bool], holds: Callable[[], bool]) -> bool:
    return untouched() and holds()


def _holds_here(holds: Callable[[], bool] | None) -> bool:
    return config.overlay() is None and (holds is None or holds())


def _parameters(function: FunctionType) -> str:
    """Return the parameters of a function as in its `def`; what has a default may be absent."""
    code = function.__code__
    names = code.co_varnames
    first_default = code.co_argcount - len(function.__defaults__ or ())
    shown = [
        name if index < first_default else f"{name}=_xc_absent"
        for index, name in enumerate(names[: code.co_argcount])
    ]
    if code.co_posonlyargcount:
        shown.insert(code.co_posonlyargcount, "/")
    by_keyword = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    if by_keyword:
        defaults = function.__kwdefaults__ or {}
        shown.append("*")
        shown += (f"{name}=_xc_absent" if name in defaults else name for name in by_keyword)
    return ", ".join(shown)


def _one_or_tuple(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def _given_only(otherwise: Callable[..., Any]) -> Callable[..., Any]:
    def call(memo: Any, positional: tuple[Any, ...], keyword: dict[str, Any]) -> Any:
        given = [value for value in positional if value is not ABSENT]
        named = {name: value for name, value in keyword.items() if value is not ABSENT}
        return otherwise(memo, *given, **named)

    return call


def parameters_of(function: Callable[..., Any], ignored: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the parameters that decide; None where answers cannot be given like this."""
    if type(function) is not FunctionType:
        return None
    code: CodeType = function.__code__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    takes_more = code.co_flags & (VAR_POSITIONAL | VAR_KEYWORD)
    # Such as the `.0` of a generator expression.
    is_odd = any(not name.isidentifier() or name.startswith("_xc_") for name in names)
    taken = {"type", "Exception"}.intersection(names)
    if takes_more or is_odd or taken:
        return None
    return tuple(name for name in names if name not in ignored)


def _is_known(value: object) -> bool:
    """Tell whether equal values of this type are the same value."""
    kind = type(value)
    return kind in _ATOMS or kind is _Absent or (kind is float and value != 0.0)


def is_fixed(value: object) -> bool:
    """Tell whether a value cannot change, so that one object will do for all callers."""
    kind = type(value)
    if kind in (tuple, frozenset):
        parts: Any = value
        return all(map(is_fixed, parts))
    return kind in _ATOMS or kind in (float, complex)


_all: Final[list[Answers]] = []
_lock = threading.Lock()
"""For those who put answers into tables, and empty them."""


def counts() -> dict[str, float]:
    """Return `Answers.counts` of all functions taken together."""
    found = {"hits": 0, "seconds_saved": 0.0}
    for answers in tuple(_all):
        tally.add(found, answers.counts())
    return found
