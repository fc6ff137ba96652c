"""What a call added to dictionaries in which a function remembers its answers.

Looked at after a call that was observed, and only if a dictionary it could reach has
grown. One becomes a memo, see `memos`, if all of this is so:

* one function names it, and does no more with it than `memo_forms` says; no module has it
  under another name, and no other function asks it for anything;
* what the function reads by name cannot change and stay the same object, so that nobody
  can change it for a while and put it back; it reads nothing outside, draws no random
  numbers, and reaches no library whose values depend on a setting;
* what it held before is as it was, and what was added are answers that cannot change,
  under keys that are told apart by what they hold;
* everything the call depends on is as it was before, and no other thread has run code of
  the user: then it was the function that added, under the state that is known.

What is said where one of these is not so is for people.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import CellType, FrameType, FunctionType, ModuleType
from typing import Any, Final, cast

from . import generators, memos, settings
from .bytecode import facts_of
from .classes import function_in, holds_function
from .errors import NotDigestibleError, TracerError
from .graph import DependencyGraph, NodeKind, Role
from .guard import Guard
from .instructions import with_nested
from .kinds import (
    class_of,
    held_by,
    is_kind,
    is_module,
    is_one_of,
    members_of,
    module_text,
    namespace_of,
)
from .memos import Memo, Table
from .outside import may_read_outside
from .policy import Policy
from .resolve import resolve
from .traces import Trace
from .values import Encoded, encode
from .walker import Walked, state_of


@dataclass(frozen=True, slots=True)
class Additions:
    """What was found of the dictionaries that a call added to."""

    is_all: bool = False
    """Nothing else that the call depends on has changed."""
    refused: dict[int, str] = field(default_factory=dict[int, str])
    """Why a dictionary is no memo, by its identity."""
    mistaken: str = ""
    """What the call was given and may have been taken for something else by a memo."""


class _NoMemoError(Exception):
    """Says why a dictionary is no memo, or not this time."""


def is_alone(policy: Policy) -> bool:
    """Tell whether no other thread may run code of the user.

    Cost: microseconds for each thread.
    """
    here = threading.get_ident()
    frames = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    return all(thread == here or _is_quiet(frame, policy) for thread, frame in frames.items())


def _is_quiet(frame: FrameType, policy: Policy) -> bool:
    """Tell whether a thread is in no code of the user, and is one that is not given any."""
    inner: FrameType | None = frame
    is_known = False
    while inner is not None:
        name = str(inner.f_globals.get("__name__"))
        if policy.pinned_by(name, inner.f_code.co_filename) is None:
            return False
        is_known |= name.partition(".")[0] in _QUIET
        inner = inner.f_back
    return is_known


_QUIET: Final = frozenset({"concurrent", "ipykernel", "IPython", "tqdm"})
"""Libraries whose threads wait, for work that only the user's threads give them, or for a
kernel's front end."""


def note_additions(
    trace: Trace, policy: Policy, values: Sequence[object], *, alone: bool
) -> Additions:
    """Look at dictionaries that have grown while a call ran, and remember what was added.

    Args:
        trace: of the call, from before it ran.
        values: what the call was given.
        alone: no other thread could run code of the user when it began, and no code ran
            of which the trace knows nothing.

    Cost: none where no dictionary has grown. Else that of a walk; where one is met for the
    first time, or names were bound in its module since, modules of the user are read
    through, too.
    """
    grown = [(table, size, before) for table, size, before in trace.guard.tables
             if len(table) > size]  # fmt: skip
    for memo in trace.guard.memos:
        if mistaken := memo.takes_for_another(values):
            return Additions(mistaken=f"`{memo.name}` does not tell {mistaken}")
    known = [memo for memo in trace.guard.memos if len(memo.table) > len(memo.keys)]
    if not grown and not known:
        return Additions()
    refused: dict[int, str] = {}
    found: list[Memo] = []
    looks = [partial(_first, trace, *one) for one in grown] + [partial(_more, one) for one in known]
    tables = [*(table for table, *_ in grown), *(memo.table for memo in known)]
    for table, look in zip(tables, looks, strict=True):
        try:
            found.append(look(policy, alone=alone))
        except (_NoMemoError, TracerError, RuntimeError) as error:
            refused[id(table)] = str(error)
    is_all = not refused and _is_as_before(trace)
    if not is_all:
        for memo in found:
            memos.forget(memo)
            if memo.refused:
                refused[id(memo.table)] = memo.refused
    return Additions(is_all, refused)


def _is_as_before(trace: Trace) -> bool:
    if trace.holds():
        return True
    try:
        return trace.again().digest == trace.digest
    except TracerError:
        return False


def _first(
    trace: Trace, table: Table, size: int, before: Encoded, policy: Policy, *, alone: bool
) -> Memo:
    """Take a dictionary for a memo, and what is after its first `size` items for added."""
    known = memos.known(table)
    if known is not None and known.encoded.digest == before.digest and known.holds_first(table):
        return _more(known, policy, alone=alone)  # found by a call within this one
    filler, name = _filler_in(trace.graph, table)
    _check_others(table, name, filler, policy)
    items = list(table.items())
    baseline = dict(items[:size])
    encoded = encode(baseline)
    if encoded.digest != before.digest:
        raise _NoMemoError("more than additions changed it")
    if encoded.references or encoded.met_library:
        raise _NoMemoError("it held more than plain data before")
    _check_added(items[size:])
    state, walked = state_of(filler, table, policy)
    _check_state(walked, table)
    _check_alone(policy, alone=alone)
    memo = Memo(
        table, name, baseline, encoded, state, memos.names_read_in(walked.graph),
        [*baseline], [*baseline.values()],
    )  # fmt: skip
    memo.add(items[size:])
    memos.remember(memo)
    return memo


def _more(memo: Memo, policy: Policy, *, alone: bool) -> Memo:
    """Note what else was added to a memo."""
    items = list(memo.table.items())
    size = len(memo.keys)
    if memos.known(memo.table) is not memo or not memo.holds_first(dict(items)):
        raise _NoMemoError("more than additions changed it")
    _check_others(memo.table, memo.name, memo.state.filler, policy)
    _check_added(items[size:])
    _check_alone(policy, alone=alone)
    memo.add(items[size:])
    return memo


# -- who names it ---------------------------------------------------------------------


def _filler_in(graph: DependencyGraph, table: Table) -> tuple[FunctionType, str]:
    """Return the function that names a dictionary, and the name."""
    places = (place for place, node in enumerate(graph.nodes) if node.origin is table)
    number = next(places, None)
    users = [
        (node.kind, node.origin, edge.role, edge.label)
        for node, edges in zip(graph.nodes, graph.edges, strict=True)
        for edge in edges
        if edge.target == number
    ]
    found = memos.user_in(users, table)
    if isinstance(found, str):
        raise _NoMemoError(found)
    return found


def _check_others(table: Table, name: str, filler: FunctionType, policy: Policy) -> None:
    """Check how the function uses a dictionary, and that nobody else does."""
    namespace = filler.__globals__
    modules = [
        module
        for module in tuple(sys.modules.values())
        if is_module(module) and _is_of_user(module, policy)
    ]
    for module in modules:
        for other, value in tuple(namespace_of(module).items()):
            if value is table and (other != name or namespace_of(module) is not namespace):
                raise _NoMemoError(f"`{module.__name__}.{other}` is the same dictionary")
    seen = _seen.get(id(table))
    now = (filler, list(namespace), [*map(id, namespace.values())], [*map(id, modules)])
    if seen == now:
        return
    # Parsers of source take 10 ms to import.
    from .memo_forms import only_empties, why_not_a_memo  # noqa: PLC0415

    code = filler.__code__
    if why := why_not_a_memo(code, name):
        raise _NoMemoError(f"`{filler.__name__}`: {why}")
    canonical = facts_of(code).canonical
    for function in _functions_of(modules):
        if not _names(function, name, namespace, table):
            continue
        is_neighbour = function.__globals__ is namespace
        if is_neighbour and facts_of(function.__code__).canonical == canonical:
            continue  # such as the function itself
        if not (is_neighbour and only_empties(function.__code__, name)):
            raise _NoMemoError(f"`{function.__name__}` uses it, too")
    if len(_seen) >= _MAX_SEEN:
        _seen.clear()
    _seen[id(table)] = now


_MAX_SEEN: Final = 1_000
_seen: dict[int, tuple[FunctionType, list[str], list[int], list[int]]] = {}
"""By identity of a dictionary: what there was, by name and identity, when nobody else named
it. That others come and are not seen would do no harm but that they could tell a hit."""


def _is_of_user(module: ModuleType, policy: Policy) -> bool:
    name, file = module_text(module, "__name__"), module_text(module, "__file__")
    return policy.pinned_by(name or "", file) is None


def _functions_of(modules: Sequence[ModuleType]) -> Iterator[FunctionType]:
    """Yield the functions that names in modules lead to: methods and decorated ones, too."""
    queue: list[object] = []
    for module in modules:
        queue += namespace_of(module).values()
    seen: dict[int, object] = {}
    for one in queue:
        if len(seen) > _MOST:
            raise _NoMemoError("there is too much to look through")
        if id(one) in seen:
            continue
        seen[id(one)] = one
        if type(one) is FunctionType:
            yield one
            queue += one.__closure__ or ()
            queue += one.__dict__.values()
        elif is_kind(one, type):
            queue += members_of(cast(type, one)).values()
        elif type(one) is CellType:
            queue += gc.get_referents(one)
        elif holds_function(one):
            queue.append(function_in(one))
        elif class_of(one) in _CONTAINERS or not gc.is_tracked(one):
            continue
        elif not is_module(one):
            queue += (part for part in held_by(one) if _may_lead(part))


_MOST: Final = 100_000
_CONTAINERS: Final = (list, tuple, set, frozenset)


def _may_lead(part: object) -> bool:
    return type(part) is FunctionType or type(part) is dict or holds_function(part)


def _names(function: FunctionType, name: str, namespace: dict[str, Any], table: Table) -> bool:
    """Tell whether code of a function names the dictionary."""
    if all(name not in code.co_names for code in with_nested(function.__code__)):
        return False
    facts = facts_of(function.__code__)
    if name in facts.stores and function.__globals__ is namespace:
        return True
    if any(name in path for one in facts.imports for path in (one.names, *(one.reads or ()))):
        return True  # from whatever module
    nobody = Guard()
    return any(
        resolve(path, function.__globals__, nobody).target is table
        for path in facts.reads
        if name in path
    )


# -- what is added, and what that depends on ------------------------------------------


def _check_added(items: Sequence[tuple[object, object]]) -> None:
    for key, value in items:
        if not memos.is_plain_key(key):
            raise _NoMemoError(f"a key of it is a `{type(key).__qualname__}`")
        if not memos.is_fixed_answer(value):
            raise _NoMemoError(
                f"an answer in it is a `{type(value).__qualname__}`, which can change"
            )


def _check_alone(policy: Policy, *, alone: bool) -> None:
    if not (alone and is_alone(policy)):
        raise _NoMemoError("other code ran meanwhile, or another thread, and may have changed it")


def _check_state(walked: Walked, table: Table) -> None:
    """Check that what a function depends on cannot change for a while and be put back."""
    graph = walked.graph
    if walked.not_loaded:
        raise _NoMemoError("its function imports modules")
    for node, edges in zip(graph.nodes, graph.edges, strict=True):
        if node.kind is NodeKind.MODULE:
            raise _NoMemoError("its function holds a module as an object")
        if any(edge.role is Role.CLOSURE for edge in edges):
            raise _NoMemoError(f"`{node.name}`, which it calls, captures variables")
        if node.kind is NodeKind.VALUE and node.origin is not table and _can_change(node.origin):
            raise _NoMemoError(f"its function reads a `{node.name}`, which may change")
    if may_read_outside(graph, 0):
        raise _NoMemoError("its function may read files or variables")
    if generators.watch(graph):
        raise _NoMemoError("its function may draw random numbers")
    if counting := settings.groups_in_reach(graph) - _ONLY_RAISE:
        raise _NoMemoError(f"its function depends on settings: {', '.join(sorted(counting))}")


_LOCKS: Final = (type(threading.Lock()), type(threading.RLock()))

_ONLY_RAISE: Final = frozenset({"sys", "numpy.errors"})
"""Settings that say whether there is an answer, and not which."""


def _can_change(value: object) -> bool:
    if is_one_of(type(value), _LOCKS):
        return False  # whoever holds it, answers are the same
    try:
        encoded = encode(value)
    except NotDigestibleError:
        return True
    return not encoded.immutable or bool(encoded.references)
