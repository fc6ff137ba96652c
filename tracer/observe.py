"""Observation: what is read from the world outside while a call is computed.

    with observe() as observation:
        value = function(x)
    facts, changed = observation.end()

Seen are files that are opened, by Python or by libraries that go through it, SQLite
databases, folders that are listed, paths that are asked for by `os.path` and
`pathlib`, environment variables. What is seen is told to every observation that is
going on: work in other threads belongs to a call more often than not, and to depend on
too much is slow, but never wrong.

Nothing is watched before the first observation. From then on stay, for the life of the
process: one audit hook, five methods of `os.environ`'s class, and a stand-in for the
name `os` in modules of the standard library that ask what is at a path, because no
event tells of that. All of them look whether somebody observes, and go on. What code
asks `os` directly is seen by stand-ins that are there as long as somebody observes, see
`standins`.

Not seen: files opened by compiled code without telling Python, what child processes
read besides the files that their command names, the clock, the network. What a call
appends to a file is no dependency of it.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import partial, wraps
from importlib import import_module
from itertools import dropwhile, islice
from types import CodeType, FrameType
from typing import Any, Final, NamedTuple, Self, cast

from . import (
    generators,
    kept,
    kept_by_objects,
    outside,
    parsers,
    readers,
    settings,
    standins,
    started,
)
from .asked import UnknownPlaceError, asked, path_of_handle, within
from .bytecode import Body
from .commands import paths_named
from .graph import DependencyGraph
from .kept import preview_of, state_of
from .kept_by_objects import Slot
from .policy import OWN, SHIPPED, STANDARD_LIBRARY, USER_CODE, Policy, is_installed, is_library_file
from .reached import reached_by
from .statements import databases_attached
from .world import (
    ABSENT,
    OTHER,
    Stamp,
    WorldKind,
    is_settled,
    stamp_of,
    state_of_text,
    working_folder,
)


class Fact(NamedTuple):
    """What was found outside, and must be found again for a result to be right."""

    kind: WorldKind
    name: str
    """A path, as it was asked for, or the name of a variable."""
    state: str
    preview: str | None = None


def _is_there(path: str) -> bool:
    # Not by `os.path`, which is watched.
    try:
        os.lstat(path)
    except (OSError, ValueError):
        return False
    return True


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
            started.end(self.started)
        self._stopped()

    def _stopped(self) -> None:
        global _active  # noqa: PLW0603 - see there
        with _lock:
            left = tuple([one for one in _active if one is not self])
            if len(left) == len(_active):
                return
            _active = left
        standins.take_out(self.places)
        self.settle()

    def expect(
        self,
        graph: DependencyGraph,
        policy: Policy,
        spared: Codes,
        objects: Iterable[object],
    ) -> None:
        """Be told what may run and be used, so that what else is can be noted."""
        self._graph = graph
        try:
            self._look_at_objects(tuple(objects), graph)
            self.caches = kept.watch(kept.keepers_in(graph))
            self.started = started.Expected(graph, policy, partial(self.read, WorldKind.FILE))
            self._spared = spared
            self._generators = generators.watch(graph)
            generators.offer_seeding(_on_seeding)
            self._settings = settings.all_now()
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

    def attach(self) -> None:
        """Note databases that the code may attach to one that it connects to."""
        for path in () if self._graph is None else databases_attached(self._graph):
            if path is None:
                self.spoil("a database whose name is not in the statement that attaches it")
            else:
                _on_database(path)

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
        if not _is_there(path):
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
        if _is_there(path):
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
        left = [_fact_now(WorldKind.FILE, path) for path in self._written]
        left += [_fact_now(WorldKind.PATH, path) for path in self._made]
        facts += [fact for fact in left if fact.state != ABSENT]  # others were temporary
        facts += [_fact_now(WorldKind.PATH, path) for path in self._removed]
        if working_folder() != self.folder and "folder" not in self.keeps:
            changed.append("the working directory")
        changed += [
            name
            for name, before in self._assigned.items()
            if before is not None
            and "environment" not in self.keeps
            and state_of(WorldKind.VARIABLE, name) != before
        ]
        changed += self._changed_settings()
        if self._generators:
            facts += self._drawn()
        unique = {(fact.kind, fact.name): fact for fact in facts}
        return tuple(unique[key] for key in sorted(unique)), tuple(dict.fromkeys(changed))

    def _changed_settings(self) -> list[str]:
        if self._settings is None:
            return []
        before, now = self._settings, settings.all_now()
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
            if not reads and _is_there(path) and not os.path.isdir(path):
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


_active: tuple[Observation, ...] = ()
"""Replaced and never changed, so that those who tell need no lock."""
_lock = threading.Lock()


def observe(
    graph: DependencyGraph | None = None,
    *,
    policy: Policy = USER_CODE,
    spared: Codes = frozenset,
    objects: Iterable[object] = (),
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
        keeps: what the caller keeps where it is changed meanwhile, so that nothing is said
            of it: `environment`, `folder`, and groups of settings.
    """
    observation = _about_to_observe(graph, policy, spared, objects, keeps)
    if observation.started is not None:
        started.begin(observation.started)
    return observation


def _about_to_observe(
    graph: DependencyGraph | None,
    policy: Policy,
    spared: Codes,
    objects: Iterable[object],
    keeps: frozenset[str],
) -> Observation:
    # Not in `observe`, whose code is made ready to tell what starts, as is all that waits for
    # the call, in a time that grows with how much of it there is.
    global _active  # noqa: PLW0603 - see there
    _watch()
    readers.stand_in(_OS)
    parsers.stand_in(_on_command_line, _on_distribution)
    observation = Observation(keeps=keeps)
    if graph is not None:
        observation.expect(graph, policy, spared, objects)
    observation.places = standins.put_in(observation.places, _on_question)
    with _lock:
        _active = (*_active, observation)
    return observation


def anybody_observes() -> bool:
    """Tell whether any observation is going on."""
    return bool(_active)


def tell(facts: tuple[Fact, ...], *, of: object, counted: frozenset[Body] | None = None) -> None:
    """Tell all observations that a function did not run, because a cache had its answer.

    Args:
        facts: what the answer stands on.
        of: the function, or code.
        counted: the functions that counted for the answer; None where nobody knows.
    """
    started.on_answered(of, counted)
    for observation in _active:
        for fact in facts:
            observation.found(fact)


def put_generators(states: Mapping[str, bytes], *, seeded: Iterable[str]) -> None:
    """Bring global generators into states that something served from a cache left them in.

    Args:
        seeded: names of those that it would have seeded itself.
    """
    for name in seeded:
        _on_seeding(generators.module_of(name))
    generators.put(states)


def declare(kind: WorldKind, name: str) -> None:
    """Tell all observations of something that counts whether it is read or not."""
    for observation in _active:
        observation.declared(kind, name)


# -- what is watched ------------------------------------------------------------------

_watched: list[bool] = []


def _watch() -> None:
    if not _watched:
        with _lock:
            if not _watched:
                _start_to_watch()
                # Only now: who finds it set may rely on it.
                _watched.append(True)


def _start_to_watch() -> None:
    sys.addaudithook(_on_event)
    _watch_environment()
    # One that is first imported by a call would be too late for it.
    import_module("pathlib")  # 20 ms, before the first miss of a process
    for name in ("genericpath", "posixpath", "ntpath", "pathlib", "pathlib._local"):
        module = sys.modules.get(name)
        if module is not None and getattr(module, "os", None) is os:
            cast(Any, module).os = _OS
    # From 3.13 on, `Path.glob` has a function of its own for names without wildcards.
    globber = getattr(sys.modules.get("glob"), "_StringGlobber", None)
    if globber is not None and getattr(globber, "lstat", None) is os.lstat:
        globber.lstat = staticmethod(_OS.lstat)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and (action := _ACTIONS.get(event)) is not None:
        action(*arguments)


def _on_listing(folder: object) -> None:
    if type(folder) is int:
        try:
            folder = path_of_handle(folder)
        except UnknownPlaceError:
            _on_unknown_place()
            return
    _on_read(WorldKind.FOLDER, "." if folder is None else folder)


def _on_scan(folder: object) -> None:
    asker = next(frame for frame in _frames() if frame.f_code.co_filename not in _WATCHERS)
    is_users = not is_library_file(asker.f_code.co_filename)
    if is_users and any(observation.asks_for_status() for observation in _active):
        _on_read(WorldKind.ENTRIES, "." if folder is None else folder)
    _on_listing(folder)


def _on_unknown_place() -> None:
    for observation in _active:
        observation.spoil("a folder that is known by its handle only")


def _on_question(name: str, positional: tuple[Any, ...], keyword: Mapping[str, Any]) -> None:
    """Note what is asked of a function that a stand-in is there for."""
    if not _active:
        return
    try:
        if name == "open":
            if type(keyword.get("dir_fd")) is int:
                given = {**dict(zip(("path", "flags"), positional, strict=False)), **keyword}
                _on_open(within(given["dir_fd"], given.get("path")), None, given.get("flags"))
            return
        questions = asked(name, positional, keyword)
    except (UnknownPlaceError, ValueError):
        _on_unknown_place()
        return
    for kind, target in questions:
        if kind is WorldKind.WORKING_FOLDER:
            _on_working_folder()
        elif kind.is_path:
            _on_read(kind, target)
        else:
            declare(kind, str(target))


def _on_seeding(module: str) -> None:
    for observation in _active:
        observation.seeded(module)


def _on_working_folder() -> None:
    for observation in _active:
        observation.asked_where()


def _on_command_line() -> None:
    declare(WorldKind.COMMAND_LINE, "")


def _on_distribution(name: str | None) -> None:
    if _is_for_user():
        kind = WorldKind.PACKAGES if name is None else WorldKind.PACKAGE
        declare(kind, name or "")


def _on_process(executable: object, command: object, folder: object, *_: object) -> None:
    if _is_for_user():
        paths = (*paths_named(executable, folder), *paths_named(command, folder))
        for path in dict.fromkeys(paths):
            _on_named(path)
        _on_elsewhere("a process")


def _on_shell(command: object) -> None:
    _on_process(None, command, None)


def _on_spawn(path: object, command: object, *_: object) -> None:
    _on_process(path, command, None)


def _on_fork(*_: object) -> None:
    if _is_for_user():
        _on_elsewhere("a process")
        for observation in _active:
            observation.forked()


def _on_connection(_socket: object, address: object) -> None:
    if type(address) is tuple and _is_for_user():
        _on_elsewhere("a connection")


def _on_elsewhere(what: str) -> None:
    for observation in _active:
        observation.elsewhere.setdefault(what)


def _on_named(target: str) -> None:
    path = _path_of(target)
    if path is None or _is_of_the_place(os.path.abspath(path)) or _is_program(path):
        return
    here = os.path.join(working_folder(), "")
    if not here.startswith(os.path.join(os.path.abspath(path), "")) and _is_the_calls(path):
        for observation in _active:
            observation.named(path)


def _is_program(path: str) -> bool:
    """Tell whether a path is that of a program which is installed, here or there."""
    folder = os.path.dirname(path)
    return os.path.isabs(path) and (folder == "/bin" or folder in os.get_exec_path())


def _on_import(name: object, *_: object) -> None:
    readers.stand_in(_OS, str(name))
    if parsers.load(str(name)):
        parsers.stand_in(_on_command_line, _on_distribution)


def _on_input(*_: object) -> None:
    for observation in _active:
        observation.spoil("standard input")


def _on_connection_to_database(target: object) -> None:
    _on_database(target)
    if _is_the_calls(""):
        # No event tells of a statement, so it is what the code says.
        for observation in _active:
            observation.attach()


def _on_database(target: object) -> None:
    path = _path_of(_database_of(target))
    if path is not None:
        for ending in ("", "-wal", "-journal"):
            _on_read(WorldKind.FILE, path + ending)


def _on_open(target: object, _mode: object, flags: object) -> None:
    if type(flags) is not int or flags & _O_TMPFILE == _O_TMPFILE:
        return  # a file without a name
    if flags & os.O_EXCL and not is_library_file(
        _reader()
    ):  # names of temporary files are nobody's
        _on_read(WorldKind.PATH, target)
    writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
    appends = bool(flags & os.O_APPEND)
    empties = not appends and bool(flags & (os.O_TRUNC | os.O_EXCL))
    if not flags & os.O_WRONLY and not (writes and empties):
        _on_read(WorldKind.FILE, target)
    if writes and not appends:
        _on_change(target, Observation.written)


_O_TMPFILE: Final = getattr(os, "O_TMPFILE", -1)


def _is_here(folder: object) -> bool:
    """Tell whether a path is not counted from the handle of a folder."""
    return folder == -1


def _on_read(kind: WorldKind, target: object) -> None:
    path = _path_of(target)
    if path is not None and _is_the_calls(path, listed=kind is WorldKind.FOLDER):
        for observation in _active:
            observation.read(kind, path)


def _on_change(target: object, note: Callable[[Observation, str], None]) -> None:
    path = _path_of(target)
    if path is not None and _is_the_calls(path):
        for observation in _active:
            note(observation, path)


def _on_removal(target: object, folder: object) -> None:
    if _is_here(folder):
        _on_change(target, Observation.removed)


def _on_rename(source: object, target: object, one: object, other: object) -> None:
    if _is_here(one) and _is_here(other):
        _on_removal(source, one)
        _on_change(target, Observation.written)


def _on_link(source: object, target: object, one: object, other: object) -> None:
    if _is_here(one) and _is_here(other):
        _on_read(WorldKind.FILE, source)
        _on_change(target, Observation.written)


def _on_symbolic_link(source: object, target: object, folder: object) -> None:
    place, name = _path_of(target), _path_of(source)
    if place is not None and name is not None and _is_here(folder):
        # It counts from the folder that the link is in.
        _on_read(WorldKind.FILE, os.path.join(os.path.dirname(place), name))
        _on_change(target, Observation.written)


def _on_new_folder(target: object, _mode: object, folder: object) -> None:
    if _is_here(folder):
        _on_change(target, Observation.made)


def _on_truncation(target: object, _length: object) -> None:
    _on_open(target, None, os.O_RDWR)


def _on_found(module: object, name: object) -> None:
    if not _reader().startswith(OWN):  # who reads what is stored
        started.on_found(module, name)


_ACTIONS: Final[dict[str, Callable[..., None]]] = {
    "open": _on_open,
    "import": _on_import,
    "os.listdir": _on_listing,
    "os.scandir": _on_scan,
    "os.remove": _on_removal,
    "os.rmdir": _on_removal,
    "os.rename": _on_rename,
    "os.link": _on_link,
    "os.symlink": _on_symbolic_link,
    "os.mkdir": _on_new_folder,
    "os.truncate": _on_truncation,
    "os.system": _on_shell,
    "os.posix_spawn": _on_spawn,
    "os.fork": _on_fork,
    "os.forkpty": _on_fork,
    "subprocess.Popen": _on_process,
    "socket.connect": _on_connection,
    "sqlite3.connect": _on_connection_to_database,
    "builtins.input": _on_input,
    "exec": started.on_executed,
    "pickle.find_class": _on_found,
    "_thread.start_new_thread": started.on_new_thread,
    "_thread.start_joinable_thread": started.on_new_thread,  # since 3.13
}
"""Audit event → what is done with its arguments."""


def _database_of(target: object) -> object:
    """Return the path in a URI such as `file:data.db?mode=ro`; a path as it is."""
    if isinstance(target, str) and target.startswith("file:"):
        from urllib.parse import unquote  # noqa: PLC0415 - for those who use a URI

        path = target.removeprefix("file:").partition("?")[0].partition("#")[0]
        return unquote(path.removeprefix("//"))
    return target


def _path_of(target: object) -> str | None:
    """Return a path as text; None for a handle, and for what is no file of the user."""
    if isinstance(target, os.PathLike):
        target = os.fspath(cast("os.PathLike[str]", target))
    if isinstance(target, bytes):
        target = os.fsdecode(target)
    if not isinstance(target, str) or target in {"", ":memory:"}:
        return None
    is_none = target.startswith(_NOT_FILES) and not target.startswith("/dev/shm/")  # noqa: S108
    return None if is_none or "\0" in target else target


_NOT_FILES: Final = ("/proc/", "/dev/", "/sys/")

# -- who reads ------------------------------------------------------------------------

_WATCHERS: Final = frozenset({__file__, standins.__file__, parsers.__file__})
"""Files of the code that is called instead of what was asked."""
_FINDS_DISTRIBUTIONS: Final = os.path.join(STANDARD_LIBRARY, "importlib", "metadata", "")
_SHOW_SOURCE: Final = frozenset(
    os.path.join(STANDARD_LIBRARY, name) for name in ("traceback.py", "warnings.py")
)


def _is_the_calls(path: str, *, listed: bool = False) -> bool:
    """Tell whether what is read is something that the call depends on by itself.

    Code is not, for the graph has it; nor are files of installed packages, for which
    their version stands; nor what the cache itself reads.
    """
    if is_installed(path) or path.startswith(STANDARD_LIBRARY):
        return False
    is_code = listed or path.endswith((".py", ".pyc"))
    for frame in _frames():
        name = frame.f_code.co_filename
        if name.startswith(OWN):
            if name not in _WATCHERS:
                return False
        elif is_code and (name in _SHOW_SOURCE or name.startswith("<frozen importlib")):
            return False
        elif name.startswith(_FINDS_DISTRIBUTIONS):
            return False  # their versions stand for them
        elif not name.startswith(SHIPPED):
            return not (is_installed(name) and _is_of_the_place(path))
    return True


def _is_for_user() -> bool:
    """Tell whether the code that asks is the user's, or the standard library's for it."""
    names = (frame.f_code.co_filename for frame in _frames())
    asker = next(
        (name for name in names if not name.startswith(SHIPPED) and name not in _WATCHERS), ""
    )
    return not is_installed(asker) and not asker.startswith(OWN)


def _is_of_the_place(path: str) -> bool:
    """Tell whether a path says where things are: no matter of a library's results."""
    inside, installed = os.path.join(path, ""), os.path.join(sys.prefix, "")
    return inside.startswith(("/etc/", "/usr/", installed)) or installed.startswith(inside)


def _frames() -> Iterator[FrameType]:
    """Yield frames, from the innermost outwards."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        yield frame
        frame = frame.f_back


def _asker() -> FrameType | None:
    """Return the frame of the code that asks: the first that does not only hand on."""
    outside = dropwhile(lambda frame: frame.f_code.co_filename in _WATCHERS, _frames())
    return next((one for one in outside if one.f_globals.get("__name__") not in _GO_BETWEEN), None)


def _reader() -> str:
    """Return the file of the code that asks."""
    asker = _asker()
    return "" if asker is None else asker.f_code.co_filename


_GO_BETWEEN: Final = frozenset(
    [
        *("os", "posixpath", "ntpath", "genericpath", "_collections_abc", "collections.abc"),
        *("pathlib", "pathlib._abc", "pathlib._local"),
    ]
)
"""Modules that ask for who calls them."""

_OF_THE_PLACE: Final = frozenset(
    [
        *("HOME", "USER", "LOGNAME", "USERNAME", "USERPROFILE", "SHELL", "SHLVL", "PWD", "OLDPWD"),
        *("PATH", "TEMP", "TMP", "TMPDIR", "COLUMNS", "LINES", "TERM", "DISPLAY"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    ]
)
"""Where things are and how wide a screen is: no matter of a library's results."""


def _is_dependency(name: str) -> bool:
    reader = _reader()
    if reader.startswith(OWN):
        return False
    return not (is_library_file(reader) and name in _OF_THE_PLACE)


def _watch_environment() -> None:
    kind: Any = type(os.environ)
    get, put, remove, names, count = (
        kind.__getitem__,
        kind.__setitem__,
        kind.__delitem__,
        kind.__iter__,
        kind.__len__,
    )

    @wraps(get)
    def getitem(self: Any, key: Any) -> Any:
        if not _active:
            return get(self, key)
        try:
            value = get(self, key)
        except KeyError:
            _on_variable(key, None)
            raise
        _on_variable(key, value)
        return value

    @wraps(put)
    def setitem(self: Any, key: Any, value: Any) -> None:
        _on_assignment(key)
        put(self, key, value)

    @wraps(remove)
    def delitem(self: Any, key: Any) -> None:
        _on_assignment(key)
        remove(self, key)

    @wraps(names)
    def iterate(self: Any) -> Any:
        _on_all_variables()
        return names(self)

    @wraps(count)
    def length(self: Any) -> int:
        _on_all_variables()
        return count(self)

    kind.__getitem__, kind.__setitem__ = getitem, setitem
    kind.__delitem__, kind.__iter__, kind.__len__ = delitem, iterate, length


def _on_all_variables() -> None:
    if _active and not _reader().startswith(OWN):
        for observation in _active:
            observation.read(WorldKind.VARIABLES, "")


def _on_variable(key: object, value: object) -> None:
    name, text = _text(key), _text(value)
    if name is not None and _is_dependency(name):
        for observation in _active:
            observation.variable(name, text)


def _on_assignment(key: object) -> None:
    name = _text(key)
    if name is None or not _active:
        return
    # What a library sets for itself, often when it is imported, it will set again.
    by_library = is_library_file(_reader())
    for observation in _active:
        observation.assigned(name, by_library=by_library)


def _text(value: object) -> str | None:
    return os.fsdecode(value) if isinstance(value, str | bytes) else None


class _Os:
    """`os`, for modules that ask it what is at a path: it tells of that."""

    def fspath(self, path: Any) -> str | bytes:
        """Do as `os.fspath`."""
        if _active:
            # Asked at every join of a path, so by the shortest way. A path that was given
            # to a library is asked for as it is, or made whole first; what the library
            # makes of it is asked for by other functions.
            asker: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            if asker.f_code.co_name == "expanduser":
                asker = asker.f_back
            if readers.is_asking(asker):
                _on_handed_on(path)
        return cast("str | bytes", os.fspath(path))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def getcwd(self) -> str:
        """Do as `os.getcwd`."""
        if _active and not is_library_file(reader := _reader()) and not reader.startswith(OWN):
            _on_working_folder()
        return os.getcwd()

    def readlink(self, path: Any, **options: Any) -> Any:
        """Do as `os.readlink`."""
        if _active:
            _on_read(WorldKind.LINK, path)
        return os.readlink(path, **options)

    def stat(self, path: Any, **options: Any) -> os.stat_result:
        """Do as `os.stat`."""
        if _active:
            _on_status(path)
        return os.stat(path, **options)

    def lstat(self, path: Any, **options: Any) -> os.stat_result:
        """Do as `os.lstat`."""
        if _active:
            _on_status(path)
        return os.lstat(path, **options)


_OS: Final = _Os()


def _on_handed_on(target: object) -> None:
    """Note that a path is about to be read, with all that is in it if it is a folder."""
    path = _path_of(target)
    if path is not None and _is_there(path):
        _on_read(WorldKind.TREE if stat.S_ISDIR(os.stat(path).st_mode) else WorldKind.FILE, path)


def _is_makedirs() -> bool:
    codes = map(_code_of, islice(_frames(), _NEAR))
    return any(code is os.makedirs.__code__ for code in codes)


_NEAR: Final = 10  # frames


def _code_of(frame: FrameType) -> CodeType:
    return frame.f_code


def _goes_on(code: CodeType) -> bool:
    """Tell whether code only hands on what it was asked: `Path.stat` for `Path.exists`."""
    name = code.co_filename
    return name in _WATCHERS or (code.co_name == "stat" and "pathlib" in name)


_ASKS_WHAT_IS_THERE: Final = frozenset(
    [
        *("exists", "lexists", "isfile", "isdir", "islink", "ismount", "samefile"),
        *("is_file", "is_dir", "is_symlink", "is_mount", "select_exists"),
    ]
)
_ASKS_FOR_LINKS: Final = frozenset(
    {"islink", "is_symlink", "samefile", "realpath", "_joinrealpath", "resolve"}
)


def _on_status(target: object) -> None:
    path = _path_of(target)
    if path is None:
        return
    code = next(code for code in map(_code_of, _frames()) if not _goes_on(code))
    if _is_makedirs():
        return  # what it asks for, it sees to
    if readers.is_asking(_asker()) and os.path.isfile(path):
        _on_read(WorldKind.FILE, path)
    if code.co_name in _ASKS_FOR_LINKS:
        _on_read(WorldKind.LINK, path)
    if code.co_name in _LEADS_ON and not _is_strict():
        return  # what is there is no matter
    only_kind = code.co_name in _ASKS_WHAT_IS_THERE or code.co_name in _LEADS_ON
    kind = WorldKind.PATH if only_kind else WorldKind.STATUS
    if _is_the_calls(path):
        for observation in _active:
            observation.read(kind, path)


_LEADS_ON: Final = frozenset({"realpath", "_joinrealpath", "resolve"})


def _is_strict() -> bool:
    """Tell whether a path is resolved by code that minds if nothing is there."""
    asker = next(frame for frame in _frames() if frame.f_code.co_name in _LEADS_ON)
    return bool(asker.f_locals.get("strict"))
