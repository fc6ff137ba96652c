"""Traces: what a call depends on, kept as long as it stands.

In one process a function is walked once; after that its guards are asked.

What one call really ran is a trace, too: of the functions that did not run it has no more
than which they are. It is known after a call, and found again in another process by a
walk that goes no further than that call did, however much more its code could reach.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import chain
from types import CodeType, FunctionType, MethodType
from typing import Final, NamedTuple, cast

from .bytecode import Body, body_of, facts_of
from .digests import Digest, digest_of
from .errors import TracerError
from .graph import DependencyGraph, NodeKind
from .hidden import NO_STATES, contents_of, digest_of_states, state_of
from .instructions import with_nested
from .kinds import LruCache, found_at, identity, is_kind, module_name_of, qualified_name_of
from .memos import fillers_in
from .policy import USER_CODE, Policy
from .ran import Counted, Untouched, counted_for
from .silent import Look, answers_of, are_silent, looks_of, properties_with_answers
from .started import Answered
from .values import surrogate_of
from .walker import Walked, walk, walk_code


class OfCall(NamedTuple):
    """What one call depends on."""

    functions: frozenset[Body]
    """Those whose bodies count: what `trace` takes as `counted`."""
    digest: Digest
    """That of the trace, as long as nothing has changed that the call depends on."""
    nodes: tuple[int, ...] = ()
    """Numbers of these functions in the graph of all that the call could reach."""
    beside: tuple[str, ...] = ()
    """Places, as `module:name`, of those among them that none of the others leads to."""
    states: Digest = NO_STATES
    """That of all that registered objects kept, where it was plain."""
    contents: tuple[tuple[int, Digest], ...] = ()
    """What caches held, by their numbers in the graph, where one gave an answer from before."""

    def is_as_recorded(self, found: Walked | Trace, drafted: Digest | None = None) -> bool:
        """Tell whether what a walk of these functions found is what the call depended on.

        Args:
            drafted: the digest of drafts that were known to make a graph with this digest.
        """
        if found.reads_code:
            return False
        is_drafted = drafted is not None and found.drafted == drafted
        if not is_drafted and found.graph.digest != self.digest:
            return False
        if self.contents and not _hold_again(found.graph, self.contents):
            return False
        if not found.keeping:
            return not self.states
        states = {place: one.state for place, one in found.keeping.items()}
        return digest_of_states(found.graph, states) == self.states


class Before(NamedTuple):
    """What may answer in place of functions, as it was before a call."""

    caches: dict[int, tuple[Look, ...]]
    """By identity of a function, the caches that may answer for it."""
    states: dict[int, Digest | None]
    """By identity of a registered object, what stands for all that it keeps."""

    def known(self, asked: AbstractSet[int]) -> frozenset[object]:
        """Return all of it that tells what a call depends on that was given answers of these."""
        looks = chain.from_iterable(self.caches.values()) if asked else ()
        contents = ((id(look.cache), contents_of(look.answers)) for look in looks)
        return frozenset(self.states.items()) | frozenset(contents)

    def held(self, cache: object) -> Digest | None:
        """Return what stands for all that a cache held; None where that is not plain."""
        for look in chain.from_iterable(self.caches.values()):
            if look.cache is cache:
                return contents_of(look.answers)
        return None


def _contents_in(graph: DependencyGraph, before: Before) -> tuple[tuple[int, Digest], ...]:
    """Return what stands for all that each cache in a graph held, where that is plain."""
    found = (
        (number, before.held(node.origin))
        for number, node in enumerate(graph.nodes)
        if type(node.origin) is LruCache
    )
    return tuple((number, digest) for number, digest in found if digest is not None)


def _hold_again(graph: DependencyGraph, contents: Iterable[tuple[int, Digest]]) -> bool:
    """Tell whether caches hold what they held, or nothing: it is computed anew then."""
    now = ((answers_of(graph.nodes[number].origin), digest) for number, digest in contents)
    return all(not answers or contents_of(answers) == digest for answers, digest in now)


class Read(NamedTuple):
    """What a walk read that goes no further than a call did."""

    codes: tuple[CodeType, ...] = ()
    drafted: Digest | None = None


class Trace:
    """The dependency graph of a function and of what comes with a call."""

    __slots__ = (
        "_functions",
        "cached",
        "caches",
        "calls",
        "clears_caches",
        "drafted",
        "drafts",
        "followed",
        "guard",
        "keeping",
        "not_loaded",
        "own_not_loaded",
        "read",
        "reads_code",
        "recorded",
        "refused",
        "stood_for",
        "walk_again",
    )

    def __init__(self, walked: Walked, walk_again: Callable[..., Walked]) -> None:
        self.drafts = walked.drafts
        self.drafted = walked.drafted
        """Digest of the drafts, where not all functions count."""
        self.guard = walked.guard
        self.walk_again = walk_again
        """Holds on to what was walked, so that none of its ids is used again."""
        self.not_loaded = walked.not_loaded
        """Modules that were not imported yet when it was walked."""
        self.own_not_loaded = walked.own_not_loaded
        """Those among them that are no library's."""
        self.followed = walked.followed
        """Identities of the code of functions whose bodies count."""
        self.stood_for = walked.stood_for
        """Identities of functions that something stands for which may answer in their place."""
        self.cached = walked.cached
        """Functions that a cache may answer for, by identity, with these caches."""
        self.caches = walked.caches
        """Each `lru_cache` in a value."""
        self.clears_caches = walked.clears_caches
        self.keeping = walked.keeping
        """Registered objects of which it is known what they keep."""
        self.refused = walked.refused
        """What it can reach and nobody can trace or digest: only calls that did not get there
        are known by what they ran."""
        self.reads_code = walked.reads_code
        """Code may be read in a way that nobody sees: of any function, all may count."""
        self.calls: dict[tuple[object, ...], OfCall | None] = {}
        """What one call depends on, by the code that ran and what counts beside."""
        self.recorded: dict[OfCall, bool] = {}
        """What earlier calls depended on, and whether that is as it was."""
        self._functions: frozenset[Body] | None = None
        self.read: dict[Digest, Read] = {}
        """By `OfCall.digest`, what was read to find it, and is to find it again."""

    @property
    def graph(self) -> DependencyGraph:
        """Everything the call could depend on."""
        return self.drafts.graph

    @property
    def digest(self) -> Digest:
        """Stands for everything the call could depend on."""
        return self.graph.digest

    def was_read(self) -> Read:
        """Return what was read to find it, where not all functions count."""
        return Read(tuple(self.drafts.codes()), self.drafted)

    def holds(self) -> bool:
        """Tell whether nothing it looked at has changed."""
        return self.guard.holds()

    def again(self) -> DependencyGraph:
        """Return the graph as it is now.

        Modules that the code imports, and that were not imported yet, are taken for not
        imported: that the code has imported them is no change of what it depends on.

        Raises what `tracer.walker.walk` raises.
        """
        return self.walk_again(unloaded=self.not_loaded).graph

    def portable(self) -> Digest | None:
        """Return what stands for everything the call could depend on, on every Python.

        Returns:
            None where it has no such digest, or is not as it was when it was traced.

        Raises what `tracer.walker.walk` raises. Cost: a walk, and that of reading the
        source of all code that it reaches.
        """
        if self.refused is not None:
            return None
        walked = self.walk_again(unloaded=self.not_loaded, portable=True)
        return walked.portable if walked.graph.digest == self.graph.digest else None

    def once_imported(self) -> DependencyGraph | None:
        """Return the graph with all imported that the code has imported meanwhile.

        It tells of the same code: that of the modules, where the other has their text.

        Returns:
            None where there was nothing to import.

        Raises what `tracer.walker.walk` raises.
        """
        if self.not_loaded.isdisjoint(sys.modules):
            return None
        return self.walk_again().graph

    def of_call(
        self,
        ran: frozenset[int],
        leaving: Sequence[object] = (),
        answered: Sequence[Answered] = (),
        before: Before | None = None,
        *,
        read: frozenset[int] = frozenset(),
        untouched: Untouched | None = None,
    ) -> OfCall | None:
        """Return what one call depends on, where that is less than all it could reach.

        Args:
            ran: identities of the code that ran, from `Observation.ran`.
            leaving: functions and classes in the result.
            answered: functions that did not run, from `Observation.answered`. Who has answers
                to memoized functions tells of each that it gives.
            before: what `look` has found before the call.
            read: identities of code that was read meanwhile, from `Observation.read_code`.
            untouched: the code of which it is known that nobody has run or read it so far;
                None where nobody knows.

        Returns:
            None where it is all, or cannot be told.

        Raises what `tracer.walker.walk` raises.
        """
        if any(True for _ in fillers_in(self.guard.memos)):
            return None  # they have answered, if not this call then one before
        counted: frozenset[Body] = frozenset()
        for one in answered:
            if one.counted is None or not self.has(one):
                return None
            counted |= one.counted
        places = frozenset(id(surrogate_of(one)) for one in leaving)
        if places and not places <= self.graph.origins:
            return None  # made meanwhile
        asked = self._asked_since(before)
        if asked is None:
            return None
        known = before.known(asked) if before else frozenset[object]()
        key = (
            ran,
            read,
            places,
            counted,
            asked,
            known,
            None if untouched is None else untouched.changes,
        )
        if key not in self.calls:
            if len(self.calls) >= _MAX_CALLS:
                self.calls.clear()
                self.read.clear()
            if not self.own_not_loaded.isdisjoint(sys.modules):
                return None  # what it was before, only the text of modules tells
            found = counted_for(
                self.graph,
                ran,
                read=read,
                untouched=untouched,
                stood_for=self.stood_for,
                kept=asked,
                whole=leaving,
                counted=counted,
            )
            self.calls[key] = None if found is None else self._of_call(found, before, asked)
        return self.calls[key]

    def look(self, objects: Iterable[object]) -> Before:
        """Look at all that may answer for a function, before a call.

        Args:
            objects: those that the call is given or reads, whose cached properties these are.
        """
        answered = properties_with_answers(chain.from_iterable(self.cached.values()), objects)
        caches = {
            one: looks_of(caches)
            for one, caches in self.cached.items()
            if not any(id(cache) in answered for cache in caches)
        }
        states = {place: state_of(one.value) for place, one in self.keeping.items()}
        return Before(caches, states)

    def _asked_since(self, before: Before | None) -> frozenset[int] | None:
        """Return the functions for which an `lru_cache` gave an answer that it had before.

        Returns:
            None where a cached property may have: anybody can assign it.
        """
        if before is None:
            caches: Iterable[object] = chain.from_iterable(self.cached.values())
            are_plain = all(type(one) is LruCache for one in caches)
            return frozenset(self.cached) if are_plain else None
        if before.caches.keys() != self.cached.keys():
            return None
        asked = (
            function
            for function, looks in before.caches.items()
            if not are_silent(looks, may_be_emptied=self.clears_caches)
        )
        return frozenset(asked)

    def stands(self, of_call: OfCall) -> bool:
        """Tell whether nothing has changed that one call depended on, as the program is now.

        To be asked while this holds.
        """
        known = self.recorded.get(of_call)
        if known is None:
            try:
                walked = self.walk_again(counted=of_call.functions, beside=of_call.beside)
            except TracerError:
                known = False
            else:
                known = of_call.is_as_recorded(walked)
            if of_call.states or of_call.contents:
                return known  # no guard tells when that is another
            if len(self.recorded) >= _MAX_CALLS:
                self.recorded.clear()
            self.recorded[of_call] = known
        return known

    @property
    def functions(self) -> frozenset[Body]:
        """All functions in the graph, and what is nested in them."""
        if self._functions is None:
            root = self.drafts.origin  # of a cell, code
            roots = [root] if type(root) is CodeType else []
            codes = chain.from_iterable(map(with_nested, (*roots, *self.drafts.codes())))
            self._functions = frozenset(map(body_of, codes))
        return self._functions

    def has(self, answered: Answered) -> bool:
        """Tell whether the call can reach a function that was answered for, and all it ran.

        By itself: what it ran is known by its bodies, which others may have, too.
        """
        counted = {one.anywhere for one in answered.counted or ()}
        code = getattr(answered.of, "__code__", answered.of)
        return counted <= self.functions and (not counted or id(code) in self.graph.codes)

    def _of_call(
        self, found: Counted, before: Before | None, asked: frozenset[int]
    ) -> OfCall | None:
        walking = partial(self.walk_again, counted=found.functions, unloaded=self.not_loaded)
        walked, beside = walking(), ()
        if not found.surely <= walked.followed:
            # What ran may be called by a name that no code spells, or may have run before.
            codes = found.surely - walked.followed
            beside = tuple(sorted({place for one in codes if (place := self._place_of(one))}))
            walked = walking(beside=beside)
        is_all = walked.followed >= self.followed
        if is_all or walked.reads_code or not found.surely <= walked.followed:
            return None
        before = before or Before({}, {})
        kept = {one: before.states.get(one) for one in walked.keeping}
        states = digest_of_states(walked.graph, kept)
        if states is None:
            return None
        contents = _contents_in(walked.graph, before) if asked else ()
        of_call = OfCall(
            found.functions, walked.graph.digest, found.nodes, beside, states, contents
        )
        self.read[of_call.digest] = Read(tuple(walked.drafts.codes()), walked.drafted)
        return of_call

    def _place_of(self, code: int) -> str:
        """Return where code is found, or what leads to it, as `module:name`; else nothing."""
        nodes, edges = self.graph.nodes, self.graph.edges
        near = [
            number
            for number, node in enumerate(nodes)
            if type(node.origin) is FunctionType and identity(node.origin.__code__) == code
        ]
        for number in near:
            if len(near) > _FAR:
                break
            place = _said_place(nodes[number].origin)
            if place and found_at(place) is not None:
                return place
            if nodes[number].kind is not NodeKind.MODULE:
                near += (
                    source
                    for source, leading in enumerate(edges)
                    if source not in near and any(edge.target == number for edge in leading)
                )
        return ""


def _said_place(origin: object) -> str:
    """Return where a function or class says that it is; nothing of anything else."""
    if type(origin) is FunctionType:
        return f"{origin.__globals__.get('__name__')}:{origin.__qualname__}"
    if is_kind(origin, type):
        kind = cast(type, origin)
        return f"{module_name_of(kind)}:{qualified_name_of(kind)}"
    return ""


_FAR: Final = 100
"""So many things lead to something that nobody finds it by one of them."""
_MAX_CALLS: Final = 100

_MAX_KEPT: Final = 2_000
_kept: dict[tuple[int, ...], Trace] = {}


def trace(
    function: Callable[..., object],
    *,
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    ignored: frozenset[str] = frozenset(),
    counted: frozenset[Body] | None = None,
    beside: tuple[str, ...] = (),
    partly: bool = False,
) -> Trace:
    """Return what `function` depends on now, walking only where something changed.

    Args:
        also: code that comes with the call, such as the class of an argument, each
            with the path by which it came.
        ignored: global names of the function's module that do not count.
        counted: functions whose bodies count, see `tracer.walker.walk`.
        beside: places of some of them, see there.
        partly: do not raise for what only some calls may get to: see `Trace.refused`.

    Raises what `tracer.walker.walk` raises.

    Cost: a walk the first time and after a change; else that of the guards.
    """
    key = _key_of(function, also, policy, ignored, (counted, beside))
    known = _kept.get(key)
    if known is not None and known.holds() and (partly or known.refused is None):
        return known
    walking = partial(walk, function, also=also, policy=policy, ignored=ignored, partly=partly)
    if counted is not None:
        walking = partial(walking, counted=counted, beside=beside)
    fresh = _traced(walking)
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    _kept[key] = fresh
    return fresh


def own_digest(function: object) -> Digest:
    """Return what stands for the code of a function alone, or for code."""
    while isinstance(function, MethodType):
        function = function.__func__
    code = function.__code__ if type(function) is FunctionType else function
    if type(code) is CodeType:
        return facts_of(cast(CodeType, code)).canonical
    kind = type(function)
    return digest_of("callable", f"{module_name_of(kind)}.{qualified_name_of(kind)}".encode())


def is_traced(
    function: Callable[..., object],
    *,
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    ignored: frozenset[str] = frozenset(),
) -> bool:
    """Tell whether `trace` knows the answer without a walk, if nothing has changed."""
    return _key_of(function, also, policy, ignored) in _kept


def _key_of(
    function: Callable[..., object],
    also: Sequence[tuple[str, object]],
    policy: Policy,
    ignored: frozenset[str],
    counts: tuple[frozenset[Body] | None, tuple[str, ...]] = (None, ()),
) -> tuple[int, ...]:
    targets = (id(target) for _, target in also)
    return (id(function), *targets, hash((policy, ignored, counts)))


def trace_code(
    code: CodeType,
    namespace: dict[str, object],
    *,
    name: str,
    written: frozenset[str] = frozenset(),
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    partly: bool = False,
) -> Trace:
    """Return what `code`, run in `namespace`, depends on now, such as a notebook cell.

    Arguments, errors and cost are those of `tracer.walker.walk_code`.
    """
    walking = partial(walk_code, code, namespace, name=name, written=written, also=also)
    return _traced(partial(walking, policy=policy, partly=partly))


def _traced(walk_again: Callable[..., Walked]) -> Trace:
    return Trace(walk_again(), walk_again)
