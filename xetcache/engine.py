"""The order of one call, whole.

    mode off            → Bypass
    no key              → Bypass    it cannot be traced, or an argument has no digest
    memory, then store  → Hit
    claim, look again   → Hit       someone else computed it meanwhile
    run, check, keep    → Miss      kept, unless it was too quick, changed what it
                                    depends on, or cannot be stored

An entry serves while its facts are so: the files and variables that computing it read.

The value is the user's in every case. What xetcache itself fails at is said once, and
raised in strict mode only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    nullcontext,
    suppress,
)
from copy import copy
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import tracer

from . import (
    acceptance,
    ambient,
    clock,
    codecs,
    effects,
    epoch,
    events,
    facts,
    flight,
    journal,
    memory,
    mutation,
    portable,
    records,
    tally,
)
from .acceptance import Acceptance
from .algorithm import mark
from .call import Call, Options
from .config import Settings, settings
from .entry import (
    Buffer,
    Entry,
    Fact,
    Header,
    Leaf,
    from_verified,
    header_from,
    to_buffers,
    verify,
)
from .errors import (
    CacheMissError,
    ConfigError,
    EntryDamagedError,
    NotStorableError,
    StoreError,
    XetcacheError,
)
from .key import (
    Key,
    Question,
    closure_of,
    entries_prefix,
    entry_name,
    key_of,
    policy_of,
    question_of,
    variants_prefix,
)
from .leaves import leaves_of
from .stores import LEAST_MAPPED, LocalStore, Store
from .verdict import Bypass, Hit, Miss, Reason, Verdict
from .version import __version__

_DURABLE_SECONDS: Final = 1.0
"""Results that took longer are synced to the disk; it takes some 10 ms."""

_FAULT: Final = "this is a fault of xetcache; please report it"

_UNSEEN_READS: Final = "unseen-reads"
"""Slug of what is said of a call that may read files of which nothing tells."""

_HINT_UNSEEN: Final = "pass what it gives as an argument, or name it in `depends_on=[…]`"

_WORTH_A_WRITE_SECONDS: Final = 0.1

_stores: dict[str, LocalStore] = {}


def name_of(header: Header) -> str:
    """Return the name in a store of the entry that has this header."""
    return entry_name(header.key, header.closure, facts.id_of(header.facts))


def header_of(store: Store, name: str) -> Header | None:
    """Return the header of an entry, not verified; None where there is none to read.

    Raises:
        StoreError: the store cannot be read.
    """
    data = store.read(name, limit=_HEADER_BYTES)
    if data is None:
        return None
    try:
        return header_from(data)
    except EntryDamagedError:
        try:
            return header_from(store.read(name) or b"")
        except EntryDamagedError:
            return None


_HEADER_BYTES: Final = 65_536
"""Nearly every header is shorter."""


def store_of(options: Options) -> LocalStore:
    """Return the store that a call with these options is kept in."""
    path = options.store or settings().memo_path
    store = _stores.get(path)
    if store is None:
        store = _stores[path] = LocalStore(path)
    return store


def current_settings() -> Settings:
    """Return the settings that hold here; say it once if they could not be read."""
    now = settings()
    if now.problem:
        events.notice(ConfigError.slug, "settings", f"nothing is kept: {now.problem}")
    return now


def check_may_compute(name: str, now: Settings) -> None:
    """Raise `CacheMissError` where the mode forbids to compute what is not kept."""
    if now.mode == "offline":
        raise CacheMissError(f"{name} would have to be computed, and mode is offline")


def peek(call: Call) -> Hit | None:
    """Return the kept answer to `call`, or None. Computes nothing, notes nothing."""
    answer = _answer_to(call, quiet=True)
    return None if answer is None else answer.look_up()


def forget(call: Call) -> bool:
    """Remove what is kept for `call`; tell whether there was anything."""
    answer = _answer_to(call)
    return answer is not None and answer.forget()


def _answer_to(call: Call, *, quiet: bool = False) -> Answer | None:
    """Return where the answer to `call` is looked up, or None if it has no key."""
    try:
        key = key_now(call)
    except tracer.TracerError:
        return None
    return answer_to(call, key, settings(), quiet=quiet)


def key_now(call: Call) -> Key:
    """Return the key of a call, as the settings of this moment have it.

    Raises what `key_of` raises.
    """
    return key_of(call, partly=may_be_partly(settings()))


def may_be_partly(now: Settings) -> bool:
    """Tell whether a call may be kept for what it ran where not all can be traced."""
    return now.precision == "trace" and tracer.TELLS_WHAT_RUNS


def _answers_as_recorded(call: Call, question: Question, now: Settings) -> Iterator[Answer]:
    """Yield where earlier calls left an answer that ran nothing but what is as it was."""
    store = store_of(call.options)
    last = _last.get((store.path, question.key))
    if last is not None and (key := question.as_recorded(*last)) is not None:
        yield answer_to(call, key, now, as_recorded=last[0])
    seen = {last}
    for _, header, of_call in _recorded(store, question.key):
        if (of_call, header.closure) in seen:
            continue
        seen.add((of_call, header.closure))
        known = records.recall_code(store, header.trace)
        key = question.as_recorded(of_call, header.closure, known.drafted)
        if key is not None:
            if now.mode != "readonly":
                records.keep_code(store, header.trace, key.trace.was_read(), known)
            if len(_last) >= _MAX_LAST:
                _last.clear()
            _last[store.path, question.key] = of_call, header.closure
            yield answer_to(call, key, now, as_recorded=of_call)


def _recorded(store: Store, key: str) -> Iterator[tuple[str, Header, tracer.OfCall]]:
    """Yield the entries of a key of which is known what the call ran, with their names."""
    for name in store.names(entries_prefix(key)):
        header = header_of(store, name)
        if header is not None and header.trace:
            of_call = records.load_trace(store, header.trace)
            if of_call is not None:
                yield name, header, of_call


_MAX_LAST: Final = 10_000
_last: Final[dict[tuple[str, str], tuple[tracer.OfCall, str]]] = {}
"""By store and key, what was run by the call that served last."""


def served_as_recorded(call: Call, question: Question, now: Settings) -> Hit | None:
    """Return what an earlier call left, if what it ran and read is as it was.

    It is not asked what else the code can reach, which may be a thousand times as much.
    """
    if now.precision == "static":
        return None
    try:
        hits = (answer.look_up() for answer in _answers_as_recorded(call, question, now))
        return next((hit for hit in hits if hit is not None), None)
    except StoreError:
        return None  # the store is asked again, and says so then
    except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
        say_failed(call.name, now, error)
        return None


def answer_to(
    call: Call,
    key: Key,
    now: Settings,
    *,
    quiet: bool = False,
    as_recorded: tracer.OfCall | None = None,
) -> Answer:
    """Return where the answer to a call with this key is looked up and kept.

    Args:
        as_recorded: what an earlier call depended on, where nothing more was looked at.
    """
    answer = Answer(
        call.name,
        call.options,
        key,
        store_of(call.options),
        now,
        quiet=quiet,
        as_recorded=as_recorded,
    )
    if call.options.mutates:
        arguments, names = call.changed_on_purpose()
        function: Any = call.function
        answer.mutable = {**arguments, "globals": mutation.Globals(function.__globals__, names)}
    return answer


def find(call: Call) -> Header | None:
    """Return what is known of the entry that would answer `call`, or None."""
    answer = _answer_to(call, quiet=True)
    entry = None if answer is None else answer.find()
    return None if entry is None else entry.header


def run(call: Call, *, refresh: bool = False) -> Verdict:
    """Answer `call` from its store, or compute it and keep the value.

    Args:
        refresh: compute it in any case, and replace what is kept.

    Raises:
        Exception: whatever the function raises; it is never kept.
        CacheMissError: in mode `offline`, when the value would have to be computed.
    """
    now = current_settings()
    if now.mode == "off":
        return told(call.name, Bypass(call.run(), Reason.DISABLED))
    refresh = refresh or now.mode == "refresh"
    try:
        answer = asked(call, now, refresh=refresh)
    except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
        reason = refused(call, now, error)
        started = clock.perf_counter()
        value = call.run()
        seconds = clock.perf_counter() - started
        bypass = bypassed(call.name, store_of(call.options), value, reason, error, seconds)
        return told(call.name, bypass)
    if isinstance(answer, Hit):
        return told(call.name, answer)
    check_may_compute(call.name, now)
    with answer.claim():
        # Another thread or process may have finished since this one looked.
        if not refresh and (hit := answer.look_up()) is not None:
            return told(call.name, hit)
        return told(call.name, _compute(call, answer, refresh=refresh))


def asked(call: Call, now: Settings, *, refresh: bool) -> Hit | Answer:
    """Return the kept value or, if there is none, where it will be kept.

    What an earlier call ran is quickly asked, where it is not known yet what all the code
    can reach.

    Raises what `key_of` raises.
    """
    question = question_of(call)
    if not refresh and not question.is_traced():
        hit = served_as_recorded(call, question, now)
        if hit is not None:
            return hit
    answer = answer_to(call, question.traced(partly=may_be_partly(now)), now)
    hit = None if refresh else answer.look_up()
    return answer if hit is None else hit


def _compute(call: Call, answer: Answer, *, refresh: bool) -> Verdict:
    """Run the function, and keep what it returns if that is allowed."""
    try:
        answer.look_around()
        observation = answer.observe(call)
    except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
        reason = refused(call, answer.settings, error)
        started = clock.perf_counter()
        value = call.run()
        return answer.refuse(value, clock.perf_counter() - started, reason, str(error))
    started = clock.perf_counter()
    try:
        value = call.run()
    except BaseException as error:
        observation.stop()
        answer.note_failure(clock.perf_counter() - started, error)
        raise
    observation.stop()
    return answer.keep(value, clock.perf_counter() - started, refresh=refresh)


@dataclass(slots=True)
class Answer:
    """One call or cell on its way to a verdict, with where it is looked up and kept."""

    name: str
    options: Options
    key: Key
    store: LocalStore
    settings: Settings
    quiet: bool = False
    """It is only asked: nothing is noted in the journal, and no argument is changed."""
    as_recorded: tracer.OfCall | None = None
    """What the call depended on that may serve; None where all that the code can reach is known."""
    damaged: bool = False
    began: float = field(default_factory=clock.time)
    mutable: dict[str, Any] | None = None
    """What the call changes on purpose: arguments, and `globals`."""
    outline: Callable[[], mutation.State | None] | None = None
    """Tells what a cell may change, if that is asked; in place of `mutable`."""
    before: mutation.State | NotStorableError | None = None
    """What was in these when somebody looked last, or why that cannot be told."""
    shared: Mapping[str, object] | None = None
    """What the value may refer to instead of holding it; the arguments, if None."""
    views: frozenset[int] = frozenset()
    """Identities of arrays in the value that lie in the memory of another."""
    leaves: tuple[Leaf, ...] | None = None
    """Of the arguments, from before a run that may change them; as they are now, if None."""
    observation: tracer.Observation | None = None
    """What the computation read outside; None where nobody looked."""
    stale: bool = False
    """Something is kept whose facts are not so any longer."""
    settings_now: tuple[Fact, ...] = ()
    """Settings of libraries that count and are not the default, when somebody looked last."""
    facts: tuple[Fact, ...] = ()
    """What was read outside; known once it was computed."""
    alone: bool = False
    """No other thread could run code of the user when it began to be computed."""
    looks: tracer.Before | None = None
    """What may answer for functions, as it was when it began; None if others could run."""
    additions: tracer.Additions = field(default_factory=tracer.Additions)
    """What is known of dictionaries that it added to; known once it was computed."""
    _graph: str = ""
    """Name of the record of the dependency graph, once it is written."""
    _portable: str | None = None
    """The portable key, nothing if there is none; None until it is asked for."""

    @property
    def root(self) -> str:
        """The folder that file names in records count from."""
        return os.path.dirname(self.store.path)

    def look_up(self) -> Hit | None:
        """Return the kept value, or None where there is none that is whole."""
        try:
            return self._look_up()
        except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
            self._say_failed(error)
            return None

    def _look_up(self) -> Hit | None:
        kept = self.find()
        if kept is None:
            return None
        header = kept.header
        try:
            value = self._value_of(kept)
        except EntryDamagedError as error:
            if not portable.is_of_another(header):
                self._damage(name_of(header), error)
            return None  # one that another Python can read, and this one cannot, stays
        frozen = ambient.frozen(header)
        served = self.key.trace.drafts.origin
        is_asked = tracer.untouched_code() is not None or tracer.anybody_observes()
        counted = self._counted_for(header) if is_asked else None
        told = facts.observed(ambient.told(header, frozen), self.root)
        tracer.tell(told, of=served, counted=counted)
        if not self.quiet:
            ambient.put_back(header, frozen)
            hit: dict[str, Any] = {
                "outcome": "hit",
                "function": self.name,
                "entry": name_of(header),
                "seconds": header.seconds,
            }
            if header.closure != self.key.closure:
                hit["closure"] = self.key.closure  # it serves because an edit was accepted
            if portable.is_of_another(header):
                hit["python"] = tracer.PYTHON
            if frozen:
                hit["frozen"] = frozen
            journal.note(self.store, hit, later=True)
        stands_alone = not header.facts and not header.effects
        guard = self.key.trace.guard
        if not stands_alone or guard.quick is None:
            return Hit(value, header.seconds, header.created, size=header.size)
        untouched = tracer.settings_untouched(self.key.trace.graph)
        return Hit(value, header.seconds, header.created, guard, untouched, header.size)

    def _counted_for(self, header: Header) -> frozenset[tracer.Body] | None:
        """Return the functions that count for an entry; None where nobody knows."""
        if not header.trace:
            # Nor where it is of another Python, or an edit was accepted: these are others.
            return self.key.trace.functions if header.closure == self.key.closure else None
        of_call = records.load_trace(self.store, header.trace)
        return None if of_call is None else of_call.functions

    def find(self) -> Entry | None:
        """Return a whole entry whose facts are so, or None."""
        self._look_at_mutable()
        self._look_at_settings()
        for kept in memory.get(self.store, self.key.entry_name):
            if self._stands(kept.header):
                return kept
        for name in self.names():
            # Of several, few stand, and a header is quickly read.
            header = None if name == self.key.entry_name else header_of(self.store, name)
            if header is not None and not self._stands(header):
                continue
            kept = self._read(name)
            if kept is not None and (kept.header == header or self._stands(kept.header)):
                return kept
        return None

    def names(self) -> Iterator[str]:
        """Yield the names of entries that may serve: few, if any, need facts.

        What was kept for other code may serve, if that was accepted or did not run.
        """
        try:
            yield from self._variants(self.key.entry_name)
            for one in acceptance.leading_to(self.store, self.key.closure):
                yield from self._variants(self.key.under(bytes.fromhex(one.root), one.before))
            if self.settings.precision == "trace":
                for name, header, of_call in _recorded(self.store, self.key.key):
                    if header.closure != self.key.closure and self.key.trace.stands(of_call):
                        yield name
            if key := self._portable_key():
                for name in portable.names(self.store, key):
                    yield from self._variants(name)
        except StoreError as error:
            self._say_unavailable(error)

    def _variants(self, name: str) -> Iterator[str]:
        is_there = self.store.size(name) is not None
        if is_there and not self.settings_now:
            yield name
            return
        self.stale |= is_there  # one that needs no facts was made under default settings
        yield from self.store.names(variants_prefix(name))

    def _portable_key(self) -> str:
        """Return the name under which other Pythons find the entry; nothing if none shall."""
        if self._portable is None:
            wanted = portable.is_wanted(self.options, self.settings)
            self._portable = portable.key_of(self.key) if wanted else ""
        return self._portable

    def _stands(self, header: Header) -> bool:
        if header.algorithm != mark():
            return False  # somebody may have built it to have the name of another
        if not portable.may_serve(header, self.options, self.settings):
            return False  # read when that was allowed
        if self.as_recorded is not None and not self._is_as_recorded(header):
            return False  # other files, of which it is made, had the same code run something else
        shape = header.effects.get("shape")
        if shape is not None and self.outline is not None:
            self.before = self.outline()
        if shape is not None and (
            not isinstance(self.before, mutation.State) or self.before.shape != shape
        ):
            return False  # equal, but other parts of it are one and the same object
        stands = (
            ambient.is_under(header.facts, self.settings_now)
            and next(facts.differing(header.facts, self.root), None) is None
        )
        self.stale |= not stands
        return stands

    def _is_as_recorded(self, header: Header) -> bool:
        """Tell whether an entry depends on what was looked at, and on nothing more."""
        of_call = records.load_trace(self.store, header.trace) if header.trace else None
        return of_call == self.as_recorded

    def _say_failed(self, error: Exception) -> None:
        say_failed(self.name, self.settings, error)

    def _say_unavailable(self, error: StoreError) -> None:
        _say(self.settings, Reason.STORE_UNAVAILABLE, self.store.path, str(error), error)

    def _read(self, name: str) -> Entry | None:
        may_note = self.settings.mode != "readonly"
        try:
            data = self.store.checked(name, verify, note=may_note)
            if data is None:
                return None
            entry = from_verified(data)
        except StoreError as error:
            self._say_unavailable(error)
            return None
        except EntryDamagedError as error:
            self._damage(name, error)
            return None
        # Memory that was mapped is for one hit, which gives it away: what a program does to
        # arrays that lie in it must not show in the next.
        if isinstance(data, bytes):
            memory.put(self.store, self.key.entry_name, entry)
        return entry

    def _value_of(self, entry: Entry) -> Any:
        """Decode a value; the parts it shares with the arguments are the caller's own."""
        arguments = {argument.name: argument.value for argument in self.key.arguments}
        shared = arguments if self.shared is None else self.shared
        made = entry.header.effects
        before = self.before if "shape" in made else None
        if isinstance(before, mutation.State):
            shared = {**shared, **before.objects}
        value = codecs.decode(entry.header.codec, entry.payload, shared=shared)
        # Who only asks has nothing changed.
        if "changed" in made:
            value, states = value
            if not self.quiet:
                effects.apply(arguments, states)
        if isinstance(before, mutation.State):
            value, contents = value
            if not self.quiet:
                before.apply(contents)
        return value

    def look_around(self) -> None:
        """Note what a run may change, before it does."""
        self.leaves = leaves_of(self.key.arguments)
        self._look_at_mutable()
        self._look_at_settings()

    def _look_at_settings(self) -> None:
        self.facts = self.settings_now = ambient.counting(self.key)

    def _look_at_mutable(self) -> None:
        if self.mutable is not None:
            try:
                self.before = mutation.state_of(self.mutable)
            except NotStorableError as error:
                self.before = error

    def _damage(self, name: str, error: Exception) -> None:
        """Note that an entry is not whole; it will be computed and written again."""
        self.damaged = True
        text = f"an entry of {self.name} is damaged: {error}"
        events.notice(
            Reason.ENTRY_DAMAGED, name, text, "it is computed again; nothing needs to be done"
        )
        memory.drop(self.store, self.key.entry_name)
        if self.settings.mode != "readonly":
            with suppress(StoreError):
                self._remove(name, "damaged", "read")

    def forget(self) -> bool:
        """Remove what is kept and leave tombstones; tell whether there was anything."""
        memory.drop(self.store, self.key.entry_name)
        removed = [self._remove(name, "cleared", "forget()") for name in tuple(self.names())]
        return any(removed)

    def _remove(self, name: str, kind: str, by: str) -> bool:
        epoch.begin()
        if not self.store.delete(name):
            return False
        key, closure, *_ = name.rpartition("/")[2].removesuffix(".xet").split("-")
        what = {"name": name, "key": key, "closure": closure}
        journal.bury(self.store, kind, by, [{**what, "function": self.name}])
        return True

    def claim(self) -> AbstractContextManager[bool]:
        """Hold off others that would compute the same."""
        folder = self._claims
        if folder is None:
            return nullcontext(enter_result=False)
        return flight.claim(folder, key=self._claimed)

    def claim_awaited(self) -> AbstractAsyncContextManager[bool]:
        """Do as `claim`, and let the event loop go on meanwhile."""
        folder = self._claims
        if folder is None:
            return nullcontext(enter_result=False)
        return flight.claim_awaited(folder, key=self._claimed)

    @property
    def _claimed(self) -> str:
        return f"{self.key.key}-{self.key.closure}"

    @property
    def _claims(self) -> str | None:
        """The folder of claims, where there is one that may be written."""
        if self.settings.mode == "readonly":
            return None
        with suppress(StoreError):
            return self.store.local_path("claims")
        return None

    def observe(self, call: Call) -> tracer.Observation:
        """Note what is read outside from here on, until the observation is told to stop."""
        policy = policy_of(self.options)
        self.alone = tracer.is_alone(policy)
        if self.alone:
            self.looks = self.key.trace.look(self.key.parts())
        spared = partial(_codes_behind_ignored, call)
        observation = self.begin_to_observe(policy=policy, spared=spared)
        try:
            for thing in self.options.depends_on.outside:
                # Who calls this depends on it, too.
                tracer.declare(tracer.WorldKind(thing.kind), thing.name)
        except BaseException:
            observation.stop()
            raise
        return observation

    def begin_to_observe(self, **how: Any) -> tracer.Observation:
        """Note what is read outside from here on, until the observation is told to stop.

        Args:
            how: further arguments of `tracer.observe`.
        """
        observation = tracer.observe(
            self.key.trace.graph, objects=self.key.parts(), caches=self.key.caches(), **how
        )
        self.observation = observation
        # Whoever answers from memory tells nobody of it; from here on, somebody asks.
        epoch.begin()
        return observation

    def _note_additions(self) -> None:
        """Note what was added to memo dictionaries, also by a call that is not kept."""
        if self.mutable is not None:
            return  # what it changes is kept, and put back
        values = [argument.value for argument in self.key.arguments]
        observation = self.observation
        alone = self.alone and observation is not None and not observation.met_strangers
        try:
            self.additions = tracer.note_additions(
                self.key.trace, policy_of(self.options), values, alone=alone
            )
        except Exception as error:  # noqa: BLE001 - no failure of ours may become the user's
            self._say_failed(error)

    def too_quick(self, seconds: float) -> str:
        """Say which threshold a computation stays under; nothing if it is kept."""
        given, default = self.options.threshold, self.settings.runtime_threshold
        threshold = default if given is None else given
        return "" if self.options.always or seconds > threshold else f"{threshold:g} s"

    def refuse(self, value: Any, seconds: float, why: Reason, detail: str) -> Miss:
        """Note that what was computed must not be kept."""
        self._note(seconds, Reason.NO_ENTRY, why=why, detail=detail)
        return Miss(value, seconds, (Reason.NO_ENTRY,), why, detail)

    def keep(
        self, value: Any, seconds: float, *, refresh: bool = False, settled: bool = False
    ) -> Miss | Bypass:
        """Keep what was computed in so many seconds, if that is allowed.

        Args:
            refresh: it was computed although it may have been there.
            settled: the caller has asked whether it was `too_quick`, and knows what else
                the computation changed, and that the value says all of it; why it is
                not kept is the caller's to say.
        """
        reason = self._why_computed(refresh=refresh)
        if not settled:
            self._note_additions()
        try:
            not_stored, detail = (self._keep_settled if settled else self._keep)(
                value, seconds, replace=refresh or self.damaged
            )
        except tracer.TracerError as error:  # `Trace.refused`: it got there
            why = _say_refused(self.name, error, [one.name for one in self.key.arguments])
            return bypassed(self.name, self.store, value, why, error, seconds)
        except Exception as error:  # noqa: BLE001 - as above
            self._say_failed(error)
            not_stored, detail = Reason.INTERNAL_ERROR, str(error)
        self._note(seconds, reason, why=not_stored, detail=detail)
        return Miss(value, seconds, (reason,), not_stored, detail)

    def _why_computed(self, *, refresh: bool) -> Reason:
        if refresh:
            return Reason.REFRESH
        if self.damaged:
            return Reason.ENTRY_DAMAGED
        return Reason.WORLD_CHANGED if self.stale else Reason.NO_ENTRY

    def note_failure(self, seconds: float, error: BaseException) -> None:
        """Note that the computation raised; nothing is kept of it."""
        self._note_additions()
        self._note(seconds, Reason.NO_ENTRY, why="exception", detail=type(error).__name__)

    def _keep(self, value: Any, seconds: float, *, replace: bool) -> tuple[Reason | None, str]:
        """Write the entry; return why not, if not, with what to say about it."""
        name, now = self.name, self.settings
        if now.mode == "readonly":
            return Reason.READ_ONLY, ""
        if threshold := self.too_quick(seconds):
            _say(
                now, Reason.BELOW_THRESHOLD, name,
                f"{name} took {seconds:.2g} s, under the threshold of {threshold}: not kept",
                None, "`always=True` keeps it, `threshold=` changes the limit",
            )  # fmt: skip
            return Reason.BELOW_THRESHOLD, threshold
        self._check_refused(value)  # before it is asked what has changed of all there is
        allowed = self.options.mutates
        changed = effects.changed_arguments(self.key.arguments, allowed=allowed)
        lost = [parameter for parameter, state in changed.items() if state is effects.LOST]
        moved = effects.changed_dependencies(self.key.trace, self.additions, allowed=allowed)
        outside = self._note_facts()
        if lost or moved or outside:
            names = _listed((*lost, *moved, *outside))
            _say(
                now, Reason.CHANGED_WHILE_RUNNING, name,
                f"{name} changed {names} while it ran: not kept", None,
                "return what is new instead of changing what was given, say `mutates=`, or "
                "`register` what counts of a class that only remembers",
            )  # fmt: skip
            return Reason.CHANGED_WHILE_RUNNING, names
        if unseen := self._unseen():
            _say(
                now, Reason.UNSEEN, name, f"{name} is computed and not kept: {unseen}", None,
                _HINT_UNSEEN,
            )  # fmt: skip
            return Reason.UNSEEN, unseen
        try:
            self._write(value, changed, seconds, replace=replace)
        except NotStorableError as error:
            _say(now, Reason.NOT_STORABLE, name, f"{name}: {error}: not kept", error,
                 "return plain data, or leave the part out of the result")  # fmt: skip
            return Reason.NOT_STORABLE, error.path
        except StoreError as error:
            _say(now, Reason.STORE_UNAVAILABLE, self.store.path, str(error), error)
            return Reason.STORE_UNAVAILABLE, str(error)
        self._say_what_is_unseen()
        with suppress(StoreError, tracer.TracerError):  # this call itself is kept
            self._serve_once_imported()
        return None, ""

    def _serve_once_imported(self) -> None:
        """See to it that calls are served for which this one has imported the modules."""
        graph = self.key.trace.once_imported()
        if graph is None:
            return
        after = closure_of(graph)
        if after != self.key.closure:
            acceptance.record(
                self.store,
                Acceptance(
                    "import",
                    self.name,
                    before=self.key.closure,
                    after=after,
                    root=self.key.root.hex(),
                    changes=tuple(sorted(self.key.trace.not_loaded)),
                    created=clock.time(),
                    by=who(),
                ),
            )

    def _say_what_is_unseen(self) -> None:
        """Say it where code may read files of which nothing tells, and none was named."""
        if self.options.depends_on.outside:
            return
        name, hint = self.name, 'name them: `depends_on=["data.bin"]`'
        if unseen := tracer.unseen_readers(self.key.trace.graph):
            text = f"{name} reaches {unseen[0]}, and files that it reads are not seen"
            events.notice(_UNSEEN_READS, name, text, hint)
        elif self.observation is not None and self.observation.elsewhere:
            started = " and ".join(self.observation.elsewhere)
            text = f"{name} used {started}, and what is read there is not seen"
            events.notice(_UNSEEN_READS, name, text, hint)

    def _keep_settled(
        self, value: Any, seconds: float, *, replace: bool
    ) -> tuple[Reason | None, str]:
        if self.settings.mode == "readonly":
            return Reason.READ_ONLY, ""
        self._check_refused(value)
        if outside := self._note_facts():
            return Reason.CHANGED_WHILE_RUNNING, _listed(outside)
        if unseen := self._unseen():
            return Reason.UNSEEN, unseen
        try:
            self._write(value, {}, seconds, replace=replace)
        except NotStorableError as error:
            return Reason.NOT_STORABLE, str(error)
        except StoreError as error:
            if self.settings.strict:
                raise
            return Reason.STORE_UNAVAILABLE, str(error)
        return None, ""

    def _note_facts(self) -> tuple[str, ...]:
        """Note what was read outside; return names of what changed since."""
        if self.observation is None:
            return ()
        found, changed = self.observation.end()
        read = facts.recorded(found, self.root, store=self.store.path)
        self.facts = (*read, *self.settings_now)
        return changed

    def _unseen(self) -> str:
        """Say what was used, and nobody knows how or of what; known after `_note_facts`."""
        if self.additions.mistaken:
            return f"it used a memo: {self.additions.mistaken}"
        if self.observation is None:
            return ""
        if self.observation.unseen:
            return f"it used {', '.join(self.observation.unseen)}"
        trace = self.key.trace
        answered = self.observation.answered
        strange = [one.of for one in answered if one.counted and not trace.has(one)]
        if strange:
            names = ", ".join(sorted({f"`{getattr(one, '__name__', '')}`" for one in strange}))
            return f"it used an answer of {names} that stands on code which it cannot reach itself"
        names = ", ".join(f"`{one}`" for one in self.observation.hidden)
        return names and f"it has {names} in a table or default, and what that is asked is not seen"

    def _leaves(self) -> tuple[Leaf, ...]:
        return leaves_of(self.key.arguments) if self.leaves is None else self.leaves

    def _graph_record(self) -> str:
        if not self._graph:
            self._graph = records.store_graph(self.store, self.key.trace.graph, self.root)
        return self._graph

    def _check_refused(self, value: Any) -> None:
        """Raise what has no digest or cannot be traced, where the call may have got there.

        Raises:
            tracer.TracerError: `tracer.Trace.refused`.
        """
        if self.key.trace.refused is not None:
            self._known_of_call(value)

    def _known_of_call(self, value: Any) -> tracer.OfCall | None:
        """Do as `_of_call`, and raise as `_check_refused`."""
        of_call, refused = self._of_call(value), self.key.trace.refused
        if of_call is None and refused is not None:
            raise copy(refused)  # itself, it would gather a traceback at each call
        return of_call

    def _of_call(self, value: Any) -> tracer.OfCall | None:
        """Return what the call depended on, where that is known to be less than it could."""
        observation = self.observation
        if self.settings.precision == "static" or observation is None or self.mutable:
            return None
        ran = observation.ran
        if ran is None:
            return None
        try:
            leaving = [part.target for part in tracer.encode(value).references]
            # What the user names counts, whether it runs or not.
            leaving += (thing for _, thing in self.options.depends_on.objects)
            answered = list(observation.answered)
            for argument in self.key.arguments:
                answered += (tracer.Answered(one, None) for one in argument.encoded.answered)
            return self.key.trace.of_call(
                ran,
                leaving,
                answered,
                self.looks,
                read=observation.read_code,
                untouched=tracer.untouched_code(),
            )
        except tracer.TracerError:
            return None

    def _trace_record(self, of_call: tracer.OfCall | None) -> str:
        """Write what the call ran, where that is less than it could; return the record's name."""
        if of_call is None:
            return ""
        name = records.store_trace(self.store, of_call)
        records.keep_code(self.store, name, self.key.trace.read.pop(of_call.digest, tracer.Read()))
        return name

    def _write(self, value: Any, changed: dict[str, Any], seconds: float, *, replace: bool) -> None:
        shared = effects.shareable(self.key.arguments)
        if self.shared is not None:
            shared = {id(one): name for name, one in self.shared.items()}
        made: dict[str, Any] = {**ambient.left_by(self.observation)}
        if isinstance(self.before, NotStorableError):
            raise self.before
        if self.before is not None:
            value = (value, self.before.changed())
            shared |= self.before.labels
            made["shape"] = self.before.shape
        if changed:
            value = (value, changed)
            made["changed"] = sorted(changed)
        payload = codecs.encode(value, shared=shared, views=self.views)
        of_call = self._known_of_call(value)
        graph = self._graph_record()
        options = self.options
        header = Header(
            key=self.key.key,
            closure=self.key.closure,
            function=self.name,
            label=options.key,
            arguments=self._leaves(),
            root=self.key.root.hex(),
            graph=graph,
            trace=self._trace_record(of_call),
            python=tracer.PYTHON,
            algorithm=mark(),
            version=__version__,
            codec=payload.codec,
            seconds=seconds,
            created=clock.time(),
            by=who(),
            ignored=options.ignore,
            options={} if options.version is None else {"version": options.version},
            effects=made,
            facts=self.facts,
        )
        name = name_of(header)
        memory.drop(self.store, self.key.entry_name)
        buffers = to_buffers(header, payload.buffers)
        durable = seconds > _DURABLE_SECONDS
        if replace:
            epoch.begin()
        if self.store.write(name, buffers, durable=durable, replace=replace):
            self._check_written(name, buffers, value)
        if key := self._portable_key():
            portable.record(self.store, key, header, payload.buffers)

    def _check_written(self, name: str, buffers: Iterable[Buffer], value: object) -> None:
        """Look whether a large entry is whole, so that the first hit need not.

        Raises:
            NotStorableError: it is not, and is removed: the value was written from where it
                lies, and another thread has changed it between the seal and the file.
        """
        if sum(memoryview(one).nbytes for one in buffers) < LEAST_MAPPED:
            return
        try:
            self.store.checked(name, verify, read=False)
        except EntryDamagedError as error:
            self.store.delete(name)
            why = "it was changed while it was written"
            raise NotStorableError("result", type(value).__qualname__, why) from error

    def _note(self, seconds: float, reason: Reason, *, why: str | None, detail: str = "") -> None:
        """Write the miss into the journal, with all it takes to explain it later."""
        if self.settings.mode == "readonly":
            return
        try:
            graph = self._graph_record()
        except XetcacheError:
            return
        except Exception as error:  # noqa: BLE001 - the user's own may be under way
            self._say_failed(error)
            return
        journal.note(
            self.store,
            {
                "outcome": "miss",
                # When it began: what was kept since then is no earlier call.
                "at": self.began,
                "function": self.name,
                "key": self.key.key,
                "closure": self.key.closure,
                "root": self.key.root.hex(),
                "label": self.options.key,
                "version": self.options.version,
                "python": tracer.PYTHON,
                "algorithm": mark(),
                "arguments": [[leaf.path, leaf.digest, leaf.preview] for leaf in self._leaves()],
                "graph": graph,
                "facts": self.facts,
                "seconds": seconds,
                "reason": reason,
                "not_stored": why,
                "detail": detail,
            },
            # A call that took no time is not worth a write of its own.
            later=why is not None and seconds < _WORTH_A_WRITE_SECONDS,
        )


def _listed(names: tuple[str, ...]) -> str:
    """Return the first of some names for a message, and how many more there are."""
    shown = ", ".join(f"`{one}`" for one in names[:_MANY_NAMES])
    more = len(names) - _MANY_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


_MANY_NAMES: Final = 5


def _codes_behind_ignored(call: Call) -> frozenset[int]:
    """Return the code that is behind what the user said does not count."""
    options = call.options
    if not (options.ignore or options.ignore_globals):
        return frozenset()
    place: dict[str, object] = getattr(call.function, "__globals__", {})
    values = [place[name] for name in options.ignore_globals if name in place]
    values += (*call.positional, *call.keyword.values())
    return tracer.codes_behind(values, policy=policy_of(options))


def refused(call: Call, now: Settings, error: Exception) -> Reason:
    """Say why a call has no key; return the reason, if it may be computed without one.

    Raises:
        CacheMissError: in mode `offline`.
        Exception: `error`, where it is a fault of ours and the mode is strict.
    """
    if now.strict and not isinstance(error, tracer.TracerError):
        raise error
    reason = _say_refused(call.name, error, [name for name, _ in call.arguments])
    if now.mode == "offline":
        raise CacheMissError(_refusal(call.name, error)) from error
    return reason


def _say_refused(name: str, error: Exception, parameters: Iterable[str]) -> Reason:
    """Say why a call is not kept; return the reason."""
    match error:
        case tracer.NotDigestibleError():
            reason, hint = Reason.NOT_DIGESTIBLE, _hint_for(parameters, error)
        case tracer.UntraceableError():
            reason, hint = Reason.UNTRACEABLE, "name what it needs as an argument"
        case tracer.UnknownPythonError():
            reason, hint = Reason.UNKNOWN_PYTHON, "use a Python that xetcache was tested on"
        case _:
            reason, hint = Reason.INTERNAL_ERROR, _FAULT
    events.notice(reason, f"{name} {error}", _refusal(name, error), hint)
    return reason


def _refusal(name: str, error: Exception) -> str:
    return f"{name} is computed and not kept: {error}"


def bypassed(  # noqa: PLR0917 - the words of one line in the journal
    name: str, store: Store, value: Any, reason: Reason, error: Exception, seconds: float
) -> Bypass:
    """Note a call that was computed and has nothing that it could be kept under."""
    journal.note(
        store,
        {"outcome": "bypass", "function": name, "reason": reason, "detail": str(error),
         "path": getattr(error, "path", ""), "seconds": seconds},
    )  # fmt: skip
    return Bypass(value, reason, str(error))


def _hint_for(parameters: Iterable[str], error: tracer.NotDigestibleError) -> str:
    parameter = next((name for name in parameters if error.path.startswith(name)), None)
    if parameter is not None:
        return (
            f"give `{error.type_name}` a digest with `xetcache.register`, or leave the argument "
            f"out of the key with `ignore=[{parameter.lstrip('*')!r}]`"
        )
    return f"give `{error.type_name}` a digest with `xetcache.register`"


def say_failed(name: str, now: Settings, error: Exception) -> None:
    """Say that we failed at something; the call has its value all the same.

    Raises:
        Exception: `error`, in strict mode.
    """
    if now.strict:
        raise error
    events.notice(Reason.INTERNAL_ERROR, name, f"{name}: {error}", _FAULT)


def _say(  # noqa: PLR0917 - six words of one sentence
    now: Settings, slug: Reason, about: str, text: str, error: Exception | None, hint: str = ""
) -> None:
    if (
        now.strict
        and slug in {Reason.STORE_UNAVAILABLE, Reason.INTERNAL_ERROR}
        and error is not None
    ):
        raise error
    events.notice(slug, about, text, hint)


def told(name: str, verdict: Verdict) -> Verdict:
    """Count a verdict on the call of this name, and tell who listens."""
    tally.note(name, verdict)
    events.tell(events.Answered(name, verdict))
    return verdict


def who() -> str:
    """Return who computes here, as `user@host`."""
    import getpass  # noqa: PLC0415 - for entries that are written only

    try:
        return f"{getpass.getuser()}@{_host()}"
    except (KeyError, OSError):
        return f"someone@{_host()}"


def _host() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import socket  # noqa: PLC0415 - 10 ms, where nothing else tells

    return socket.gethostname()
