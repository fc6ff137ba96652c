"""Observation: what is read from the world outside while a call is computed.

    with observe() as observation:
        value = function(x)
    facts, changed = observation.end()

What is seen (`watching`) is told to every observation that is going on: work in other
threads belongs to a call more often than not, and to depend on too much is slow, but
never wrong.

Not seen: files opened by compiled code without telling Python, what child processes
read besides the files that their command names, the clock, the network. What a call
appends to a file is no dependency of it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Any, Self

from . import (
    generators,
    kept,
    kept_by_objects,
    outside,
    settings,
    standins,
    started,
    watching,
)
from .bytecode import Body
from .graph import DependencyGraph
from .kept import preview_of, state_of
from .kept_by_objects import Slot
from .policy import USER_CODE, Policy
from .reached import reached_by
from .statements import databases_attached
from .untouched import known as untouched_code
from .world import (
    ABSENT,
    OTHER,
    Fact,
    Stamp,
    WorldKind,
    is_settled,
    is_there,
    stamp_of,
    state_of_text,
    working_folder,
)

Codes = Callable[[], AbstractSet[int]]
"""Gives identities of code objects."""


class Observation:
    """What was read outside since it began, until it is told to stop or its block ends."""

    # Written out: made once for each call that is computed, and a field with a factory of
    # its own costs as much as all of this.
    __slots__ = (
        "_assigned",
        "_generators",
        "_graph",
        "_made",
        "_named",
        "_read",
        "_removed",
        "_settings",
        "_slots",
        "_spared",
        "_spoiled",
        "_written",
        "advanced",
        "caches",
        "elsewhere",
        "folder",
        "hidden",
        "keeps",
        "places",
        "started",
        "thread",
        "unseen",
    )

    def __init__(self, *, keeps: frozenset[str] = frozenset()) -> None:
        self.keeps = keeps
        """What whoever observes keeps and does again where it is changed, as settings."""
        self.folder = working_folder()
        """The working directory when it began, from which relative paths count."""
        self.thread = threading.get_ident()
        self.caches: tuple[kept.Watched, ...] = ()
        """Caches of the program that it may be given answers by, and that may hide a read."""
        self.started: started.Expected | None = None
        """What started, beside what was expected."""
        self._spared: Codes = frozenset[int]
        self._slots: list[Slot] = []
        """Cached properties of objects that it is given, which had no answer when it began."""
        self.unseen: list[str] = []
        """What it used and nobody knows what it depends on; known at the end."""
        self._read: dict[tuple[WorldKind, str], tuple[Stamp, str | None]] = {}
        """What was read → its stamp at first sight, and its state where that is known."""
        self._written: dict[str, None] = {}
        """Paths that were opened for writing, in order; what is read there later is no input."""
        self._made: dict[str, None] = {}
        """Folders that were made; nothing in them is an input."""
        self._removed: dict[str, None] = {}
        """Paths that were there before, and were removed."""
        self._spoiled: dict[str, None] = {}
        """What was used up."""
        self._assigned: dict[str, str | None] = {}
        """Variables that were assigned → their state before; None where a library did it."""
        self._named: dict[str, None] = {}
        """Paths that were named to another program, which may read or write there."""
        self.hidden: tuple[str, ...] = ()
        """Functions that the code has in a way that no stand-in can be put for."""
        self.elsewhere: dict[str, None] = {}
        """What else it asked, of which nobody knows what it read: programs, computers."""
        self.places: tuple[standins.Place, ...] = ()
        """Names of its own by which the code finds functions that stand-ins are there for."""
        self.advanced: dict[str, bytes] = {}
        """Global generators that it took numbers from → the state it left; known at the end."""
        self._generators: tuple[generators.Watched, ...] = ()
        self._settings: Mapping[str, str] | None = None
        """Those of libraries that were not the default when it began."""
        self._graph: DependencyGraph | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Observe no longer; once is enough, and more is no error."""
        # Until nobody asks any longer what starts, what is called here is made ready to tell,
        # which takes longer than what it does.
        if self.started is not None:
            try:
                started.end(self.started)
            except BaseException:  # it was interrupted
                started.end(self.started)
                self._stopped()
                raise
        self._stopped()

    def _stopped(self) -> None:
        if watching.leave(self):
            standins.take_out(self.places)
            self.settle()

    def expect(
        self,
        graph: DependencyGraph,
        *,
        policy: Policy,
        spared: Codes,
        objects: Iterable[object],
        caches: Iterable[object],
    ) -> None:
        """Be told what may run and be used, so that what else is can be noted."""
        self._graph = graph
        try:
            self._look_at_objects(tuple(objects), graph)
            self.caches = kept.watch(kept.keepers_in(graph, caches))
            self.started = started.Expected(graph, policy, partial(self.read, WorldKind.FILE))
            self._spared = spared
            self._generators = generators.watch(graph)
            generators.offer_seeding(watching.on_seeding)
            self._settings = settings.left_behind()
            self.places, self.hidden = standins.places_in(graph)
            for name in reached_by(graph).variables:
                self.declared(WorldKind.VARIABLE, name)
        except Exception as error:  # noqa: BLE001 - see there
            self._could_not_look(error)

    def _look_at_objects(self, objects: tuple[object, ...], graph: DependencyGraph) -> None:
        """Look at cached properties of what the call is given."""
        for slot in kept_by_objects.slots_of(objects, graph) if objects else ():
            if slot.answer() is kept_by_objects.ABSENT:
                self._slots.append(slot)
            elif (read := kept_by_objects.known(slot)) is not None:
                self._read |= read
            else:
                self.unseen.append(f"what `{slot.shown}` kept from before")

    @property
    def ran(self) -> frozenset[int] | None:
        """Identities of the code in the graph that ran; None where not all of it was seen."""
        started = self.started
        if started is None or self.elsewhere or not started.saw_all():
            return None
        return frozenset(started.ran)

    @property
    def read_code(self) -> frozenset[int]:
        """Identities of the code in the graph that somebody read."""
        return frozenset() if self.started is None else frozenset(self.started.read)

    @property
    def answered(self) -> tuple[started.Answered, ...]:
        """Functions that did not run, because a cache like this one had their answers."""
        return () if self.started is None else tuple(self.started.answered)

    @property
    def met_strangers(self) -> bool:
        """Whether code ran that no name leads to, such as a finalizer."""
        return self.started is not None and any(True for _ in self.started.names())

    def settle(self) -> None:
        """Look at what caches and objects keep now, at the end."""
        try:
            if self.caches:
                kept.unwatch(self.caches)
            for slot in self._slots:
                if slot.answer() is not kept_by_objects.ABSENT:
                    kept_by_objects.remember(slot)
        except Exception as error:  # noqa: BLE001 - see there
            self._could_not_look(error)

    def attached(self) -> tuple[str | None, ...]:
        """Return databases that the code may attach to one that it connects to."""
        return () if self._graph is None else databases_attached(self._graph)

    def asks_for_status(self) -> bool:
        """Tell whether the code may ask entries of a folder for their size or time."""
        return self._graph is None or "stat" in outside.names_read(self._graph)

    def read(self, kind: WorldKind, name: str) -> None:
        """Note that something is about to be read."""
        name = self._as_asked(kind, name)
        if self._is_own(kind, name):
            return
        if (kind, name) not in self._read:
            stamp = stamp_of(name) if kind is WorldKind.FILE else None
            # What has just been written may change once more without another stamp.
            known = None if kind is WorldKind.FILE and is_settled(stamp) else state_of(kind, name)
            self._read.setdefault((kind, name), (stamp, known))
        self._note_for_keepers(kind, name)

    def variable(self, name: str, value: str | None) -> None:
        """Note that a variable is read."""
        if name not in self._assigned:
            self._read.setdefault((WorldKind.VARIABLE, name), (None, state_of_text(value)))
            self._note_for_keepers(WorldKind.VARIABLE, name)

    def assigned(self, name: str, *, by_library: bool) -> None:
        """Note that a variable is about to be assigned or removed."""
        if name in self._assigned:
            return
        if by_library:
            # Neither what it found before nor what it reads after is an input.
            self._read.pop((WorldKind.VARIABLE, name), None)
            self._assigned[name] = None
        else:
            self._assigned[name] = state_of(WorldKind.VARIABLE, name)

    def written(self, path: str) -> None:
        """Note that a file is about to be written."""
        self._written.setdefault(os.path.abspath(path))

    def made(self, path: str) -> None:
        """Note that a folder is about to be made."""
        if not is_there(path):
            self._made.setdefault(os.path.abspath(path))

    def removed(self, path: str) -> None:
        """Note that a file or folder is about to be removed."""
        if not self._is_own(WorldKind.PATH, path):
            self._removed.setdefault(os.path.abspath(path))

    def _is_own(self, kind: WorldKind, name: str) -> bool:
        """Tell whether it is a path, and what is there was put there since this began."""
        if not kind.is_path:
            return False
        place = os.path.abspath(name)
        if place in self._written or place in self._made:
            return True
        return any(place.startswith(folder + os.sep) for folder in self._made)

    def declared(self, kind: WorldKind, name: str) -> None:
        """Note something that counts whether it is read or not."""
        self._read.setdefault((kind, name), (None, state_of(kind, name)))
        self._note_for_keepers(kind, name)

    def asked_where(self) -> None:
        """Note that it is asked which folder the program works in."""
        # Which one the call itself went to, it knows.
        self._read.setdefault((WorldKind.WORKING_FOLDER, ""), (None, self.folder))
        self._note_for_keepers(WorldKind.WORKING_FOLDER, "")

    def named(self, path: str) -> None:
        """Note that another program is told of a path, and may read or write there."""
        self._named.setdefault(os.path.abspath(path))
        if is_there(path):
            self.read(WorldKind.FOLDER if os.path.isdir(path) else WorldKind.FILE, path)

    def found(self, fact: Fact) -> None:
        """Note a fact that something served from a cache stands on."""
        name = self._as_asked(fact.kind, fact.name)
        if not self._is_own(fact.kind, name):
            self._read.setdefault((fact.kind, name), (None, fact.state))
            # The function that read it did not run.
            self._note_for_keepers(fact.kind, name, by_anybody=True)

    def _note_for_keepers(self, kind: WorldKind, name: str, *, by_anybody: bool = False) -> None:
        if not self._slots and not kept.is_watched():
            return
        elsewhere = threading.get_ident() != self.thread
        try:
            running = None if by_anybody or elsewhere else kept.running()
            read = self._read[kind, name]
            kept.note_read(running, (kind, name), read)
            for slot in self._slots:
                slot.note(running, (kind, name), read)
        except Exception as error:  # noqa: BLE001 - see there
            self._could_not_look(error)

    def _could_not_look(self, error: Exception) -> None:
        """Take a failure of ours, which must not become the user's, for something unseen.

        Whatever it is, the result is not kept.
        """
        self.unseen.append(f"what could not be looked at: {error!r}")

    def _join_what_was_kept(self) -> list[Fact]:
        """Note what the answers were made of that caches of the program gave."""
        facts: list[Fact] = []
        for keeper, record, state in kept.used(self.caches):
            for (kind, name), read in list(record.read.items()):
                if not self._is_own(kind, name):
                    self._read.setdefault((kind, name), read)
            if state is None:
                name = keeper.name.replace(":", ".")
                self.unseen.append(f"answers that `{name}` kept from before")
            elif ":" in keeper.name:
                _, told = self._read.pop((WorldKind.ANSWERS, keeper.name), (None, None))
                facts.append(Fact(WorldKind.ANSWERS, keeper.name, kept.merged(state, told or "")))
        return facts

    def _unknown_code(self, started: started.Expected) -> list[str]:
        unknown = list(started.names())
        spared = self._spared() if unknown else ()
        return sorted(f"`{name}`" for code, name in unknown if code not in spared)

    def spoil(self, why: str) -> None:
        """Note that what was computed cannot be found again: it took something that is gone."""
        self._spoiled.setdefault(why)

    def _took_input(self) -> bool:
        asking = outside.codes_that_take_input(self._graph) if self._graph is not None else None
        if not asking:
            return False
        ran = self.ran
        return ran is None or not asking.isdisjoint(ran)

    def end(self) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
        """Return what must be found again, and names of what is not as it was read.

        Facts are in an order of their own. Files that were written are facts as they
        are now: a result goes with them.
        """
        # Each function that is called here is made ready to tell that it starts, and back,
        # which takes longer than to see that there is nothing for it to do.
        facts = self._join_what_was_kept() if self.caches else []
        if self.started is not None and (self.started.unknown or self.started.found):
            self.unseen += self._unknown_code(self.started)
        if self._took_input():
            self.spoil("standard input")
        changed = list(self._spoiled)
        if self._named:
            self._note_what_others_wrote()
        for (kind, name), (stamp, known) in list(self._read.items()):
            if known is None and stamp_of(name) != stamp:
                changed.append(name)
                continue
            if known is not None and self._is_kept(kind, name):
                facts.append(Fact(kind, name, known))
                continue
            now = state_of(kind, name, known or ABSENT)
            is_used_up = kind is WorldKind.FILE and now == OTHER  # such as a pipe
            if is_used_up or (known is not None and now != known):
                changed.append(name)
                continue
            facts.append(Fact(kind, name, now, preview_of(kind, name)))
        if self._written or self._made or self._removed:
            facts += self._left_behind()
        if working_folder() != self.folder and "folder" not in self.keeps:
            changed.append("the working directory")
        if self._assigned and "environment" not in self.keeps:
            changed += [
                name
                for name, before in self._assigned.items()
                if before is not None and state_of(WorldKind.VARIABLE, name) != before
            ]
        changed += self._changed_settings()
        if self._generators:
            facts += self._drawn()
        if not facts and not changed:
            return (), ()
        unique = {(fact.kind, fact.name): fact for fact in facts}
        return tuple(unique[key] for key in sorted(unique)), tuple(dict.fromkeys(changed))

    def _left_behind(self) -> list[Fact]:
        left = [_fact_now(WorldKind.FILE, path) for path in self._written]
        left += [_fact_now(WorldKind.PATH, path) for path in self._made]
        facts = [fact for fact in left if fact.state != ABSENT]  # others were temporary
        return facts + [_fact_now(WorldKind.PATH, path) for path in self._removed]

    def _changed_settings(self) -> list[str]:
        if self._settings is None:
            return []
        before, now = self._settings, settings.left_behind()
        if before == now:
            return []
        names = (
            one for one in sorted(before.keys() | now.keys()) if before.get(one) != now.get(one)
        )
        kept_groups = tuple(f"{group}." for group in self.keeps)
        return [f"the setting {name}" for name in names if not name.startswith(kept_groups)]

    def _is_kept(self, kind: WorldKind, name: str) -> bool:
        """Tell whether something is as it was read, until the call itself changed it."""
        if kind is WorldKind.VARIABLE:
            return "environment" in self.keeps and name in self._assigned
        return kind is WorldKind.WORKING_FOLDER and "folder" in self.keeps

    def _drawn(self) -> Iterator[Fact]:
        """Yield the states that it took random numbers from."""
        for generator in self._generators:
            name, before, after = generator.end()
            if after is not None:
                self.advanced[name] = after
            if before is not None:
                yield Fact(WorldKind.RANDOM, name, before)

    def seeded(self, module: str) -> None:
        """Note that the global generator of a module is about to be seeded."""
        for generator in self._generators:
            generator.seeded(module)

    def forked(self) -> None:
        """Note that a copy of the process is made, which goes on with the same generators."""
        for generator in self._generators:
            generator.copied()

    def _note_what_others_wrote(self) -> None:
        """Take for written what another program was told of, and is not as it was."""
        for path in self._named:
            reads = [
                key for key in self._read if key[0].is_path and os.path.abspath(key[1]) == path
            ]
            if not reads and is_there(path) and not os.path.isdir(path):
                self.written(path)
            for kind, name in reads:
                stamp, known = self._read[kind, name]
                if (stamp_of(name) != stamp) if known is None else state_of(kind, name) != known:
                    if kind is WorldKind.FILE:
                        del self._read[kind, name]
                        self.written(path)
                    else:
                        self._read[kind, name] = (None, state_of(kind, name))

    def _as_asked(self, kind: WorldKind, path: str) -> str:
        """Return how something is called when it is asked for again."""
        if not kind.is_path or os.path.isabs(path):
            return path
        here = working_folder()
        # Asked for from another folder, a relative path means another file.
        return path if here == self.folder else os.path.join(here, path)


def _fact_now(kind: WorldKind, name: str) -> Fact:
    return Fact(kind, name, state_of(kind, name), preview_of(kind, name))


def observe(
    graph: DependencyGraph | None = None,
    *,
    policy: Policy = USER_CODE,
    spared: Codes = frozenset,
    objects: Iterable[object] = (),
    caches: Iterable[object] = (),
    keeps: frozenset[str] = frozenset(),
) -> Observation:
    """Note what is read outside, in this thread and all others, until it is told to stop.

    Args:
        graph: what the code that is observed depends on; None where that is not known,
            and nothing else is noted. Else also what it is given by caches that the
            program filled, and which code of the user it runs that the graph lacks.
        policy: says what is code of the user.
        spared: code that does not count, asked for if there is any that the graph lacks.
        objects: what it is given and can change; their cached properties are looked at.
        caches: each `lru_cache` in values that it is given or reads; those under a name are known.
        keeps: what the caller keeps where it is changed meanwhile, so that nothing is said
            of it: `environment`, `folder`, and groups of settings.
    """
    observation = _about_to_observe(
        graph, keeps, policy=policy, spared=spared, objects=objects, caches=caches
    )
    if observation.started is not None:
        try:
            started.begin(observation.started)
        except BaseException:  # it was interrupted
            observation.stop()
            raise
    return observation


def _about_to_observe(
    graph: DependencyGraph | None, keeps: frozenset[str], **expected: Any
) -> Observation:
    # Not in `observe`, whose code is made ready to tell what starts, as is all that waits for
    # the call, in a time that grows with how much of it there is.
    watching.make_ready()
    observation = Observation(keeps=keeps)
    if graph is not None:
        observation.expect(graph, **expected)
    observation.places = standins.put_in(observation.places, watching.on_question)
    watching.listen(observation)
    return observation


def tell(facts: tuple[Fact, ...], *, of: object, counted: frozenset[Body] | None = None) -> None:
    """Tell all who ask what runs that a function did not, because a cache had its answer.

    Args:
        facts: what the answer stands on.
        of: the function, or code.
        counted: the functions that counted for the answer; None where nobody knows.
    """
    untouched = untouched_code()
    if untouched is not None:
        untouched.served(counted)
    started.on_answered(of, counted)
    for listener in watching.listeners():
        for fact in facts:
            listener.found(fact)


def put_generators(states: Mapping[str, bytes], *, seeded: Iterable[str]) -> None:
    """Bring global generators into states that something served from a cache left them in.

    Args:
        seeded: names of those that it would have seeded itself.
    """
    for name in seeded:
        watching.on_seeding(generators.module_of(name))
    generators.put(states)
