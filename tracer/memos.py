"""Memo dictionaries: global dictionaries in which one function only remembers its answers.

What such a dictionary held before any memoized call ran is data. What calls have added
since, while somebody observed, is no input of a later call as long as the code that
added it is what it was: the call would add the same. For each dictionary it is known
here what it held, what was added, and under which state of the code; see `additions`
for how it comes to be known.

Where a dictionary holds anything else, it is a value like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import is_
from types import FunctionType
from typing import Any, Final, NamedTuple, cast

from .bytecode import facts_of
from .digests import Digest
from .drafts import Draft
from .errors import NotDigestibleError
from .graph import OF_LIBRARIES, DependencyGraph, NodeKind, Role, code_in
from .kinds import derives, identity, is_hashable, module_name_of, qualified_name_of
from .policy import Policy
from .values import Encoded, encode

Table = dict[Any, Any]


class State(NamedTuple):
    """What a function's answers depend on beside the key."""

    filler: Any
    """The function. A checker of types would take one in a field for a method."""
    policy: Policy
    digest: Digest
    """Of the function and all it reaches, but for the dictionary."""
    holds: Callable[[], bool]
    """Tells quickly whether that is as it was."""


@dataclass(slots=True)
class Memo:
    """A memo dictionary, with what is known of it."""

    table: Table
    name: str
    baseline: Table
    """What it held before."""
    encoded: Encoded
    """That, as it was then."""
    state: State
    names: frozenset[str]
    """By which the function reads anything it reaches: to be bound by nobody meanwhile."""
    keys: list[object]
    """All keys that it is known to hold, those from before first."""
    values: list[object]
    numbers: dict[object, type] = field(default_factory=dict[object, type])
    """Numbers in keys that calls have added, by what they are equal to."""
    refused: str = ""
    """Why it was taken for plain data when it was met last."""

    def stands(self) -> bool:
        """Tell whether it holds what it held and what was added, and nothing else.

        Cost: some 20 ns for each key; a baseline that can change is read whole.
        """
        try:
            return self.holds_first(self.table, exactly=True)
        except RuntimeError:  # another thread adds to it
            return False

    def holds_first(self, table: Table, *, exactly: bool = False) -> bool:
        """Tell whether a table has what is known first, in this order, or only that."""
        if len(table) < len(self.keys) or (exactly and len(table) != len(self.keys)):
            return False
        same = all(map(is_, table, self.keys)) and all(map(is_, table.values(), self.values))
        return same and self._is_baseline_unchanged()

    def _is_baseline_unchanged(self) -> bool:
        # What was added cannot change and stay the same object.
        if all(map(_is_atom, self.baseline.values())):
            return True
        try:
            return encode(self.baseline).digest == self.encoded.digest
        except NotDigestibleError:
            return False

    def add(self, items: Iterable[tuple[object, object]]) -> None:
        """Note what was added."""
        for key, value in items:
            self.keys.append(key)
            self.values.append(value)
            for one in _parts_of((key,)):
                if type(one) in _NUMBERS:
                    self.numbers[one] = type(one)

    def takes_for_another(self, values: Iterable[object]) -> str:
        """Say what is given that may equal a key of another type: `True`, where there is 1.

        Only what is given as such, or in tuples; not what is computed.
        """
        if not self.has_additions:
            return ""
        for one in _parts_of(values):
            kind = type(one)
            if kind in _NUMBERS:
                other = self.numbers.get(one, kind)
                if other is not kind:
                    return f"{one!r} from a `{other.__name__}` that an earlier call gave"
            elif kind not in _ATOMS and _may_equal_atoms(kind):
                return f"a `{qualified_name_of(kind)}` from what it is equal to"
        return ""

    @property
    def has_additions(self) -> bool:
        """Whether answers may come from calls before."""
        return len(self.keys) > len(self.baseline)

    def places(self) -> tuple[tuple[int, object], ...]:
        """Return what of the baseline can change, with the dictionary itself in its place."""
        return tuple(
            (place, self.table if part is self.baseline else part)
            for place, part in self.encoded.changeable
        )


_MAX_KNOWN: Final = 1_000
_known: dict[int, Memo] = {}
"""By identity of the dictionary, which is held. May be emptied at any time: then what a
dictionary holds is data."""


def known(value: object) -> Memo | None:
    """Return what is known of a dictionary that was taken for a memo."""
    return _known.get(identity(value))


def remember(memo: Memo) -> None:
    """Take a dictionary for a memo from here on."""
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known[identity(memo.table)] = memo


def forget(memo: Memo) -> None:
    """Take a dictionary for data from here on."""
    if _known.get(identity(memo.table)) is memo:
        del _known[identity(memo.table)]


def fillers_in(memos: Iterable[Memo]) -> Iterator[FunctionType]:
    """Yield functions that may not have run because their answers were remembered."""
    for memo in memos:
        if memo.has_additions:
            yield memo.state.filler


# -- what may be remembered -----------------------------------------------------------

_ATOMS: Final = frozenset({bool, int, float, complex, str, bytes, type(None)})


def _is_atom(value: object) -> bool:
    return type(value) in _ATOMS


def _parts_of(values: Iterable[object]) -> Iterator[object]:
    for value in values:
        if type(value) is tuple:
            yield from _parts_of(cast("tuple[object, ...]", value))
        else:
            yield value


def _may_equal_atoms(kind: type) -> bool:
    """Tell whether instances of a class may be found under a key that is plain."""
    if any(derives(kind, base) for base in (int, float, complex, str, bytes, tuple)):
        return True
    return is_hashable(kind) and module_name_of(kind).partition(".")[0] in _HAVE_NUMBERS


_HAVE_NUMBERS: Final = frozenset({"numpy", "decimal", "fractions"})
_NUMBERS: Final = frozenset({bool, int, float, complex})


def is_plain_key(key: object) -> bool:
    """Tell whether all of a key is what it is compared by."""
    if type(key) is tuple:
        return all(map(is_plain_key, cast("tuple[object, ...]", key)))
    # `0.0` and `-0.0` are equal, and of one type.
    return _is_atom(key) and not (type(key) is float and key == 0.0)


def is_fixed_answer(value: object) -> bool:
    """Tell whether an answer is what it was when it was added, whoever was given it."""
    if _is_atom(value):
        return True
    try:
        encoded = encode(value)
    except NotDigestibleError:
        return False
    return encoded.immutable and not encoded.references


# -- where it is met ------------------------------------------------------------------


def user_in(
    users: Sequence[tuple[NodeKind, object, Role, str]], table: Table
) -> tuple[FunctionType, str] | str:
    """Return the one function that names a dictionary, and how; or why there is none.

    Args:
        users: of each edge that leads to it, the node where it starts, role and label.
    """
    found: dict[int, tuple[FunctionType, str]] = {}
    for kind, origin, role, label in users:
        if kind is not NodeKind.FUNCTION or role is not Role.GLOBAL:
            return "it is held by something else than a function"
        if type(origin) is not FunctionType or origin.__globals__.get(label) is not table:
            return "code of another module uses it"
        found[identity(origin)] = (origin, label)
    if len(found) != 1:
        names = sorted(f"`{function.__name__}`" for function, _ in found.values())
        return f"more than one function uses it: {', '.join(names)}"
    return next(iter(found.values()))


def why_not_in(drafts: Sequence[Draft], number: int, table: Table) -> FunctionType | str:
    """Return the one function of a walk that names a dictionary; or why there is none."""
    users: list[tuple[NodeKind, object, Role, str]] = []
    for draft in drafts:
        users += (
            (draft.kind, draft.origin, role, label)
            for role, label, target, _ in draft.all_edges()
            if target == number
        )
        if draft.origin is not table and any(part is table for _, part in draft.changeable):
            return "another value holds it"
    found = user_in(users, table)
    return found if isinstance(found, str) else found[0]


def names_read_in(graph: DependencyGraph) -> frozenset[str]:
    """Return all names by which code of a graph reads what it reaches."""
    found = {part for edges in graph.edges for edge in edges for part in edge.label.split(".")}
    codes = code_in(node.origin for node in graph.nodes if node.kind is NodeKind.FUNCTION)
    for code in codes:
        found |= facts_of(code).names
    return frozenset(found)


def binds(stored: Iterable[str], names: frozenset[str]) -> str:
    """Return a name among those that code binds which may be what a function reads."""
    return next(
        (one for one in sorted(stored) if one in names or one.startswith("__")),
        "",
    )


def binds_by_text(drafts: Iterable[Draft]) -> bool:
    """Tell whether code reaches a library that binds names of the user for a while."""
    return any(
        draft.name.startswith(_BIND_BY_TEXT) for draft in drafts if draft.kind in OF_LIBRARIES
    )


_BIND_BY_TEXT: Final = ("unittest.mock", "mock", "pytest", "_pytest")


def is_interrupted(drafts: Iterable[Draft]) -> bool:
    """Tell whether other tasks may run while code does: it awaits something."""
    origins = (draft.origin for draft in drafts if draft.kind is NodeKind.FUNCTION)
    return any(code.co_flags & _AWAITS for code in code_in(origins))


_AWAITS: Final = 0x80 | 0x100 | 0x200
"""Flags of coroutines, iterable coroutines and generators of the asynchronous kind."""
