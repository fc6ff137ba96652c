"""Answers that the program keeps in an `lru_cache`, and what they were made of.

Such an answer may have been read from a file that nobody reads again while a call is
computed, so observing the call does not show that it depends on the file. Of each
`lru_cache` that a call can reach, and whose function may read outside, it is noted

* what its function read while somebody observed: a call that is given a kept answer
  depends on that, too;
* which answers it got while nobody observed. What they were made of is not known, so
  they are data of the program: a call that is given one depends on their values.

Answers that are not among the second are of the first kind. Where that is in doubt, all
are of the second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any, Final, NamedTuple, cast
from weakref import WeakKeyDictionary

from . import generators, settings
from .digests import digest_of
from .errors import NotDigestibleError
from .graph import OF_LIBRARIES, DependencyGraph, once_for_each
from .kinds import (
    LruCache,
    found_at,
    is_kind,
    module_name_of,
    qualified_name_of,
)
from .outside import may_read_outside
from .silent import Answer, answers_of
from .values import encode
from .world import ABSENT, Stamp, WorldKind
from .world import preview_of as preview_of_world
from .world import state_of as state_of_world

Name = tuple[WorldKind, str]
Read = tuple[Stamp, str | None]
"""The stamp of what was read, and its state where that was known."""


class Keeper(NamedTuple):
    """An `lru_cache` that a call can reach, whose function may read outside."""

    cache: Any
    name: str
    """`module:name` under which it is found again; only `name` if it is not."""
    code: CodeType | None
    """That of its function, where it is a plain one."""
    reached: frozenset[int]
    """Identities of all that the call can reach by its code."""


def keepers_in(graph: DependencyGraph, others: Iterable[object] = ()) -> tuple[Keeper, ...]:
    """Return each `lru_cache` of the user that a call can reach, if its function may read outside.

    Args:
        others: those in values, which are no nodes of the graph.
    """
    keepers: list[Keeper] = []
    for number, names in _caches_in(graph):
        cache: Any = graph.nodes[number].origin
        if not _is_of_library(cache, graph, number):
            keepers.append(_keeper(cache, names, graph.nodes[number].name, graph))
    seen: set[int] = set()
    for cache in others:
        if type(cache) is LruCache and id(cache) not in graph.origins and id(cache) not in seen:
            seen.add(id(cache))
            said = _said_name(cache)
            if _may_read(cache, said, graph):
                keepers.append(_keeper(cache, (said,), said.rpartition(":")[2], graph))
    return tuple(keepers)


def _may_read(cache: Any, said: str, graph: DependencyGraph) -> bool:
    number = graph.numbers.get(id(cache.__wrapped__))
    if number is None:
        return True
    if graph.nodes[number].kind in OF_LIBRARIES and found_at(said) is cache:
        return False
    known = _known_to_read(graph)
    if number not in known:
        known[number] = may_read_outside(graph, number)
    return known[number]


@once_for_each
def _known_to_read(_: DependencyGraph) -> dict[int, bool]:
    """Return, by number, which nodes may read outside, as far as somebody has asked."""
    return {}


def _keeper(cache: Any, names: Iterable[str], otherwise: str, graph: DependencyGraph) -> Keeper:
    wrapped = cache.__wrapped__
    code = wrapped.__code__ if type(wrapped) is FunctionType else None
    # Asked anew each time: a name may come to mean another cache.
    name = next((name for name in names if found_at(name) is cache), otherwise)
    return Keeper(cache, name, code, graph.origins)


@once_for_each
def _caches_in(graph: DependencyGraph) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """Return the numbers of caches whose functions may read outside, with names they may have."""
    return tuple(
        (number, _names_of(node.origin, graph, number))
        for number, node in enumerate(graph.nodes)
        if type(node.origin) is LruCache and may_read_outside(graph, number)
    )


def _is_of_library(cache: Any, graph: DependencyGraph, number: int) -> bool:
    """Tell whether a library keeps it for itself: its version stands for it."""
    targets = [graph.nodes[edge.target] for edge in graph.edges[number]]
    is_pinned = any(
        node.origin is cache.__wrapped__ and node.kind in OF_LIBRARIES for node in targets
    )
    return is_pinned and found_at(_said_name(cache)) is cache


def _said_name(cache: Any) -> str:
    # Around a `partial` it has no name.
    return f"{getattr(cache, '__module__', '')}:{getattr(cache, '__qualname__', '')}"


def _names_of(cache: Any, graph: DependencyGraph, number: int) -> tuple[str, ...]:
    names = [_said_name(cache)]
    for node, edges in zip(graph.nodes, graph.edges, strict=True):
        if type(node.origin) is FunctionType:
            module = node.origin.__globals__.get("__name__")
            names += (f"{module}:{edge.label}" for edge in edges if edge.target == number)
    return tuple(names)


# -- what is known of each ------------------------------------------------------------


class Record:
    """What is known of the answers that one `lru_cache` holds."""

    __slots__ = ("digests", "misses", "read", "unseen")

    def __init__(self, misses: int, unseen: tuple[Answer, ...]) -> None:
        self.misses = misses
        """How many answers it had computed when somebody looked last."""
        self.unseen = unseen
        """Those that it got, or that were changed, while nobody observed."""
        self.read: dict[Name, Read] = {}
        """What its function read while somebody observed."""
        self.digests: dict[int, bytes] = {}
        """Of answers that can change, by identity, as they were when somebody looked last."""


_records: WeakKeyDictionary[Any, Record] = WeakKeyDictionary()
"""May be emptied at any time: then all answers are unseen."""


def _record_of(cache: Any, *, observed: bool) -> Record:
    """Return what is known of a cache now.

    Args:
        observed: whatever it got since the last look was computed under observation.
    """
    misses = cache.cache_info().misses
    record = _records.get(cache)
    if record is None:
        record = _records[cache] = Record(misses, answers_of(cache))
    elif record.misses != misses or record.unseen:
        held = answers_of(cache)
        there = {(id(asked), id(answer)) for asked, answer in held}
        still = tuple(one for one in record.unseen if (id(one[0]), id(one[1])) in there)
        if record.misses != misses or len(still) != len(record.unseen):
            # Fewer than before: it was emptied, and what is in it now is anybody's guess.
            record.unseen = still if observed else held
            record.misses = misses
        if not held:
            record.read = {}
            record.digests = {}
    return record


# -- while somebody observes ----------------------------------------------------------


class Watched(NamedTuple):
    """A cache as it was when an observation began."""

    keeper: Keeper
    hits: int
    misses: int
    held: frozenset[int]
    """Identities of the answers it held."""

    def was_asked(self) -> bool:
        """Tell whether it has given an answer since."""
        hits, misses, *_ = self.keeper.cache.cache_info()
        return (hits, misses) != (self.hits, self.misses)


_watched: dict[int, tuple[Keeper, Record, int]] = {}
"""By identity of the cache: with its record, and how many observations watch it."""


def watch(keepers: Iterable[Keeper]) -> tuple[Watched, ...]:
    """Look at caches before a call; what they get from here on is observed."""
    found: list[Watched] = []
    for keeper in keepers:
        cache = keeper.cache
        _, _, count = _watched.get(id(cache), (keeper, None, 0))
        record = _record_of(cache, observed=count > 0)
        _notice_changes(cache, record)
        _watched[id(cache)] = (keeper, record, count + 1)
        hits, misses, *_ = cache.cache_info()
        held = frozenset(id(answer) for _, answer in answers_of(cache))
        found.append(Watched(keeper, hits, misses, held))
    return tuple(found)


def unwatch(watched: Iterable[Watched]) -> None:
    """Look at caches after a call."""
    for keeper, *_ in watched:
        record = _record_of(keeper.cache, observed=True)
        _, _, count = _watched.pop(id(keeper.cache))
        if count > 1:
            _watched[id(keeper.cache)] = (keeper, record, count - 1)


class Running(NamedTuple):
    """What this thread is in: code, and the objects whose methods that is."""

    codes: set[int]
    objects: set[int]

    def is_in(self, code: CodeType, owner: object) -> bool:
        """Tell whether this code runs, and a method of this object."""
        return id(code) in self.codes and id(owner) in self.objects


def running() -> Running:
    """Look at the frames of this thread."""
    found = Running(set(), set())
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        code = frame.f_code
        found.codes.add(id(code))
        if code.co_argcount:
            found.objects.add(id(frame.f_locals.get(code.co_varnames[0])))
        frame = frame.f_back
    return found


def is_watched() -> bool:
    """Tell whether any cache is watched."""
    return bool(_watched)


def note_read(running: Running | None, name: Name, read: Read) -> None:
    """Note that something was read, for the functions that run; for all, if None.

    A method of an answer reads for the function that gave it: it may do so once only.
    """
    for keeper, record, _ in tuple(_watched.values()):
        if (
            running is None
            or keeper.code is None
            or id(keeper.code) in running.codes
            or any(id(answer) in running.objects for _, answer in answers_of(keeper.cache))
        ):
            record.read[name] = read


def _notice_changes(cache: Any, record: Record) -> None:
    """Look at the answers that can change; those that did are unseen."""
    apart = {id(answer) for _, answer in record.unseen}
    digests: dict[int, bytes] = {}
    changed: list[Answer] = []
    for asked, answer in answers_of(cache):
        digest = None if id(answer) in apart else _digest_if_it_changes(answer)
        if digest is not None:
            digests[id(answer)] = digest
            if record.digests.get(id(answer), digest) != digest:
                changed.append((asked, answer))
    record.unseen += tuple(changed)
    record.digests = digests


def _digest_if_it_changes(answer: object) -> bytes | None:
    try:
        encoded = encode(answer)
    except NotDigestibleError:
        return b""
    return None if encoded.immutable else encoded.digest


# -- answers as a fact ----------------------------------------------------------------

_MANY: Final = 64
_MORE: Final = "…"


def used(watched: Iterable[Watched]) -> Iterator[tuple[Keeper, Record, str | None]]:
    """Yield the caches that have given answers since `watch`, and which, as text.

    That text is the state of a fact: `question=answer` in digests, for each answer that
    may have been given, after a `!` where it is an unseen one; `…` at the end if there may
    be others. It is None where an unseen answer cannot be told from another elsewhere.
    """
    for one in watched:
        if one.was_asked():
            record = _record_of(one.keeper.cache, observed=True)
            yield one.keeper, record, _state(one, record)


def _state(watched: Watched, record: Record) -> str | None:
    keeper = watched.keeper
    hits, _, limit, size = keeper.cache.cache_info()
    unseen = {id(answer) for _, answer in record.unseen}
    given = [
        (asked, answer)
        for asked, answer in answers_of(keeper.cache)
        if hits != watched.hits or id(answer) not in watched.held
    ]
    needed = [_told(*one, reached=keeper.reached) for one in given if id(one[1]) in unseen]
    if None in needed or (needed and ":" not in keeper.name):
        return None
    others = [_told(*one) for one in given if id(one[1]) not in unseen]
    more = size == limit or len(others) > _MANY or None in others
    found = [f"!{one}" for one in needed]
    if len(others) <= _MANY:
        found += (one for one in others if one is not None)
    return " ".join([*sorted(found), *([_MORE] if more else [])])


def _told(asked: object, answer: object, *, reached: frozenset[int] | None = None) -> str | None:
    """Return a question with its answer as text; None where they have no digest.

    Functions have none: what they do is in no digest of a value. Classes do, if the call
    reaches them by its code.
    """
    try:
        parts = encode(asked), encode(answer)
    except NotDigestibleError:
        return None
    names: list[bytes] = []
    for target in (reference.target for part in parts for reference in part.references):
        if type(target) is object:  # what separates arguments by keyword
            continue
        if not is_kind(target, type) or (reached is not None and id(target) not in reached):
            return None
        kind = cast(type, target)
        names.append(f"{module_name_of(kind)}.{qualified_name_of(kind)}".encode())
    return f"{parts[0].digest}={digest_of('answer', parts[1].digest, *names)}"


def are_given(name: str, state: str) -> bool:
    """Tell whether a call that was given these answers would be given them now.

    Those that were unseen must be there. The others stand on what was read when they were
    computed; only if an unseen one has come in the place of one of them, it must be equal.
    """
    cache = found_at(name)
    if type(cache) is not LruCache:
        return False
    record = _record_of(cache, observed=id(cache) in _watched)
    _notice_changes(cache, record)
    recorded = state.split()
    needed = {one[1:] for one in recorded if one.startswith("!")}
    answers = dict(one.lstrip("!").split("=") for one in recorded if one != _MORE)
    now = [_told(*one) for one in record.unseen]
    if not needed.issubset(now):
        return False
    for one in now:
        if one is None:
            return False
        asked, answer = one.split("=")
        if answers.get(asked, None if _MORE in recorded else answer) != answer:
            return False
    return True


def merged(one: str, other: str) -> str:
    """Return what two states of a fact say together."""
    return " ".join(sorted({*one.split(), *other.split()}))


def state_of(kind: WorldKind, name: str, before: str = ABSENT) -> str:
    """Return the state, as it is now, of what `name` means outside, or in the program.

    Args:
        before: the state it had; answers, and generators of random numbers, have the same
            as long as that may stand.
    """
    match kind:
        case WorldKind.ANSWERS:
            return before if are_given(name, before) else _OTHERS
        case WorldKind.SETTING:
            return settings.state_of(name)
        case WorldKind.RANDOM:
            return generators.state_of(name, before)
        case _:
            return state_of_world(kind, name)


_OTHERS: Final = "others"


def preview_of(kind: WorldKind, name: str) -> str | None:
    """Return what a person is shown of a state; None where nothing short would do."""
    if kind is WorldKind.SETTING:
        return settings.preview_of(name)
    return None if kind is WorldKind.ANSWERS else preview_of_world(kind, name)
