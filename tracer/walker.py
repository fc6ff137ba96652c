"""The walk: from a function to everything it can reach, as a dependency graph.

A work list over code, classes, modules and values. Each object is looked at once;
what its code reads is resolved, and what is found is looked at in turn.

How far a class or module goes is decided by name. A method runs only where some code
asks for an attribute of its name, so a member is followed once a name that reached
code may look up is its own; special methods always. Where names cannot be known, all
members count: `getattr` with a computed name, and, for classes, libraries that may
call back.

Runs none of the code it reads. Imports nothing.
"""

from __future__ import annotations

import os
import sys
from abc import ABCMeta
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, partial, partialmethod
from importlib.machinery import EXTENSION_SUFFIXES
from itertools import chain
from operator import attrgetter, itemgetter, methodcaller
from types import (
    BuiltinFunctionType,
    ClassMethodDescriptorType,
    CodeType,
    FunctionType,
    GeneratorType,
    GetSetDescriptorType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final, NamedTuple, cast

from . import assigned, memos, pyversion
from .answers import (
    Holder,
    Patch,
    Speaker,
    Subclasses,
    annotations_in_text,
    answers_to,
    texts_of,
    without_comprehensions,
)
from .bytecode import Body, CodeFacts, Import, NamePath, facts_of
from .classes import (
    OF_ENUM_MEMBERS,
    function_in,
    holds_function,
    is_special,
    members_that_count,
    protocol_names,
    registered_for_now,
)
from .collecting import collector_paused
from .digests import Digest, frame, framed
from .drafts import Draft, DraftEdge, Drafts, OfBytecode, refused_in
from .errors import NotDigestibleError, UntraceableError
from .graph import DependencyGraph, NodeKind, Role, codes_in
from .guard import ABSENT, Defaults, Guard, KeywordDefaults
from .hidden import state_of as hidden_state_of
from .instructions import STARRED, SUSPENDED, Constant, Global
from .kinds import (
    CONTENT,
    HEAP_TYPE,
    LruCache,
    bases_of,
    builtins_of,
    class_of,
    derives,
    dict_of,
    flags_of,
    found_at,
    global_of,
    globals_in,
    identity,
    imported_by,
    is_kind,
    is_module,
    is_one_of,
    loaded_module,
    members_of,
    module_name_of,
    module_text,
    mro_of,
    name_of,
    namespace_of,
    qualified_name_of,
)
from .local_imports import absolute_name
from .meanings import (
    FORMATTING_NAMES,
    LISTING_NAMES,
    MENTION,
    NAMESPACE_NAMES,
    NO_NAME,
    OF_THE_PLACE,
    PROTOCOL_NAMES,
    TELLS,
    TOLD,
    WIDENING_NAMES,
    Effect,
    are_quiet,
    attributes_of,
    effect_named,
    effect_of,
    effects_in,
    effects_named,
    name_of_effect,
    questions_of,
)
from .pins import Pins, imported_as, module_of, place_of, stands_for
from .policy import PYTHON_ITSELF, USER_CODE, Distribution, Policy, distribution_of, required_by
from .questions import (
    EVALUATED,
    HELD_CODE,
    INTROSPECTION,
    LISTED_NAMES,
    OF_CLASSES,
    OF_CODE,
    OF_FIRST,
    OF_FUNCTION,
    PARAMETERS,
    SAID_IN_TEXT,
    SEEN_TO_BE_READ,
    questions_in,
)
from .resolve import Meaning, find_source, imported, resolve
from .texts import Given, may_give, texts_given
from .untouched import asking
from .values import (
    COMPILED_FUNCTIONS,
    encode,
    has_surrogate,
    names_of_text,
    preview,
    surrogate_of,
)
from .values.flat import digest_of_atom
from .values.plain import WEAK_CACHES
from .world import WorldKind, stamp_of
from .world import state_of as outside_now


class Keeping(NamedTuple):
    """A registered object, which may keep more than its digest shows."""

    value: object
    state: Digest
    """Stands for all that it keeps."""


class _ToImport(NamedTuple):
    """Stands for a member of a library's module that is there once it was asked for."""

    name: str
    pinned_by: Distribution


@dataclass(frozen=True, slots=True)
class Walked:
    """A dependency graph, with the conditions under which it may be used again."""

    drafts: Drafts
    """What the graph is made of."""
    guard: Guard
    not_loaded: frozenset[str]
    """Modules that it looked for and that were not imported yet."""
    own_not_loaded: frozenset[str]
    """Those among them that no library's version stands for."""
    followed: frozenset[int]
    """Identities of the code of functions whose bodies count."""
    stood_for: frozenset[int]
    """Identities of functions that something stands for which may answer in their place."""
    cached: Mapping[int, Sequence[Any]]
    """Of functions that an `lru_cache` or a cached property may answer for, and nothing else,
    with these caches."""
    caches: tuple[Any, ...]
    """Each `lru_cache` in a value."""
    clears_caches: bool
    """Code may empty an `lru_cache`."""
    keeping: Mapping[int, Keeping]
    """By identity, each registered object that may keep more than its digest shows."""
    reads_code: bool
    """Code may be read in a way that nobody sees: of any function, all may count."""
    portable: Digest | None = None
    """Stands for all of it on every Python, if that was asked for and can be told."""
    drafted: Digest | None = None
    """That of the drafts, where it was said which functions count."""
    refused: NotDigestibleError | UntraceableError | None = None
    """What has no digest or cannot be traced, where that was allowed: it is in the graph by
    its name only."""

    @property
    def graph(self) -> DependencyGraph:
        """The dependency graph, made when it is first asked for."""
        return self.drafts.graph


def walk(
    function: Callable[..., object],
    *,
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    ignored: frozenset[str] = frozenset(),
    unloaded: frozenset[str] = frozenset(),
    counted: frozenset[Body] | None = None,
    beside: Sequence[str] = (),
    portable: bool = False,
    without: object = None,
    partly: bool = False,
) -> Walked:
    """Walk everything `function` can reach; return its dependency graph.

    Reads code objects, globals, closure cells, classes and values, and runs none of
    the code it reads: no property, descriptor, `__getattr__` or `__eq__`.

    Args:
        also: code that comes with the call, such as the class of an argument, each
            with the path by which it came.
        policy: says for each module whether its code is followed or pinned.
        ignored: global names of the function's module that do not count, whoever reads
            them.
        unloaded: modules to be taken for not imported yet, although they are.
        counted: the functions whose bodies count; of any other it counts which one it is.
            None if all of them do.
        beside: places, as `module:name`, of functions among these that none of the others
            leads to.
        portable: find the source of all code, too; see `portable`.
        without: a dictionary of which it counts that it is there, and not what it holds.
        partly: go on where something has no digest or cannot be traced, and say so in
            `Walked.refused`; only without `counted`, where what does not run may be that.

    Raises:
        UntraceableError: code was reached whose meaning cannot be proved.
        NotDigestibleError: a value was reached that has no digest.
        UnknownPythonError: this Python's bytecode is not known.

    Cost: some 25 µs for each function reached, and some 30 µs the first time its code is
    read; figures are printed by `benchmarks/tracing.py`.
    """
    pyversion.require_known()
    place = getattr(function, "__globals__", None)
    walk = _Walk(
        policy, unloaded, ignored=ignored, ignored_in=place, counted=counted, portable=portable
    )
    walk.without = without
    walk.partly = partly and counted is None
    with collector_paused(), asking():
        root = walk.visit(function)
        walk.reach(root, [(Role.ARGUMENT, label, target) for label, target in also])
        walk.reach_beside(root, beside)
        return walk.finish(root)


def walk_code(
    code: CodeType,
    namespace: dict[str, object],
    *,
    name: str,
    written: frozenset[str] = frozenset(),
    also: Sequence[tuple[str, object]] = (),
    policy: Policy = USER_CODE,
    unloaded: frozenset[str] = frozenset(),
    counted: frozenset[Body] | None = None,
    beside: Sequence[str] = (),
    portable: bool = False,
    partly: bool = False,
) -> Walked:
    """Walk everything that `code`, run in `namespace`, can reach.

    Args:
        name: what to call the code in explanations, such as `cell`.
        written: names the code surely binds before it reads them; they are not looked up.

    Other arguments, errors and cost are those of `walk`.
    """
    pyversion.require_known()
    walk = _Walk(policy, unloaded, counted=counted, portable=portable)
    walk.partly = partly and counted is None
    with collector_paused(), asking():
        root = walk.visit_code(code, namespace, name, written)
        walk.reach(root, [(Role.ARGUMENT, label, target) for label, target in also])
        walk.reach_beside(root, beside)
        return walk.finish(root)


def walk_values(
    targets: Sequence[tuple[str, object]], *, policy: Policy = USER_CODE
) -> tuple[Walked, tuple[int, ...]]:
    """Walk code that values hold, such as their classes, as far as anybody could use it.

    Args:
        targets: the code, each with the path by which it came.

    Returns:
        The walk, and the number of the node of each target.

    Raises and cost are those of `walk`.
    """
    pyversion.require_known()
    walk = _Walk(policy, frozenset())
    walk.classes_whole = True
    walk.modules_whole = any(is_module(target) for _, target in targets)
    with collector_paused(), asking():
        root = walk.visit(_NO_CODE)
        walk.reach(root, [(Role.ARGUMENT, path, target) for path, target in targets])
        walked = walk.finish(root)
    edges = [edge for edge in walked.graph.edges[0] if edge.role is Role.ARGUMENT]
    return walked, tuple(edge.target for edge in edges)


def state_of(
    filler: FunctionType, table: memos.Table, policy: Policy
) -> tuple[memos.State, Walked]:
    """Return what the answers of a function depend on, but for a dictionary that keeps them.

    Raises and cost are those of `walk`.
    """
    walked = walk(filler, policy=policy, without=table)
    return memos.State(filler, policy, walked.graph.digest, walked.guard.holds), walked


_IN_MODULE: Final = 2
"""Parts of a name path that leads to what a module has."""

_GLOBAL: Final = Role.GLOBAL

_NO_REST: Final = OfBytecode()
"""Of a name path of which nothing is left to be read."""

_NO_DEFAULTS: Final = (b"0 defaults", b"")
"""What is written of a function without any."""

_TOLD_APART: Final = OF_THE_PLACE | {"__file__"}
"""Globals of which something else counts than what they are."""

_NO_CODE: Final = ()
"""Where a walk starts that starts from no code."""


def codes_behind(targets: Iterable[object], *, policy: Policy = USER_CODE) -> frozenset[int]:
    """Return identities of the code that values may lead to, as far as it can be followed."""
    walk = _Walk(policy, frozenset())
    walk.classes_whole = True
    codes: list[object] = []
    for target in targets:
        codes.append(_code_of_generator(target) if class_of(target) is GeneratorType else target)
        walk.visit(target)
        walk.visit(type(target))  # which a value without digest would not name
    walk.work_off()
    codes += (draft.origin for draft in walk.drafts if draft.kind is NodeKind.FUNCTION)
    return codes_in(codes)


_code_of_generator: Final[Callable[[object], object]] = vars(GeneratorType)["gi_code"].__get__


class _Reading(NamedTuple):
    """What code reads in one namespace."""

    meant: dict[NamePath, tuple[bytes, list[DraftEdge]]]
    """What a name path means there, for the next code that reads it."""
    globals: dict[str, object]
    """What names are there, for the guard."""
    builtins: dict[str, object]
    """What names are that are not there, for the guard."""
    all_builtins: Mapping[str, object]
    is_quiet: bool
    """Its functions do nothing beside what is seen."""


def _reading_of(namespace: dict[str, object], guard: Guard) -> _Reading:
    there = guard.bindings(namespace), guard.builtins(namespace)
    return _Reading({}, *there, builtins_of(namespace), are_quiet(namespace))


class _Walk:
    """One walk: what was reached, which names were met, what still waits for a name."""

    def __init__(
        self,
        policy: Policy,
        unloaded: frozenset[str],
        *,
        ignored: frozenset[str] = frozenset(),
        ignored_in: dict[str, object] | None = None,
        counted: frozenset[Body] | None = None,
        portable: bool = False,
    ) -> None:
        self.policy = policy
        self.counted = counted
        self.counted_by_name: dict[str, dict[Digest, set[str]]] = {}
        """Name → form → places, or nothing among them where it counts in each."""
        for name, canonical, place in counted or ():
            self.counted_by_name.setdefault(name, {}).setdefault(canonical, set()).add(place)
        self.followed: set[int] = set()
        self.stood_for: set[int] = set()
        self.cached: dict[int, list[Any]] = {}
        self.keeping: dict[int, Keeping] = {}
        self.portable = portable
        self.unloaded = unloaded
        self.not_loaded: set[str] = set()
        self.pinned_not_loaded: set[str] = set()
        self.ignored = ignored
        """Names that do not count in `ignored_in`."""
        self.ignored_in = ignored_in
        self.guard = Guard()
        self.drafts: list[Draft] = []
        self.numbers: dict[object, int] = {}
        self.readings: dict[int, _Reading] = {}
        """By `id` of a namespace."""
        self.pins = Pins(policy)
        self.kept: list[object] = []
        self.names: set[str] = set(PROTOCOL_NAMES)
        self.waiting: dict[str, list[tuple[Draft, object]]] = {}
        self.in_case: dict[str, list[Draft]] = {}
        self.effects_waiting: dict[str, list[tuple[Draft, Effect]]] = {}
        self.classes_whole = False
        self.modules_whole = False
        self.lists_members = False
        self.namespaces_whole = False
        self.namespaces: list[tuple[Draft, dict[str, object]]] = []
        self.readers: list[tuple[Draft, CodeFacts]] = []
        self.speakers: list[tuple[Draft, object]] = []
        """Functions and classes that may be asked about themselves; see `Speaker`."""
        self.functions: list[FunctionType] = []
        self.not_run: list[tuple[Draft, FunctionType, CodeType]] = []
        """Functions whose bodies do not count, and whose defaults were not followed either."""
        self.asked: list[str] = []
        """Questions that every function and class answers."""
        self.computes_attributes = False
        self.listers: list[Draft] = []
        """Functions that list the members of their first argument."""
        self.sources: list[tuple[Draft, CodeFacts]] = []
        self.in_values: set[int] = set()
        self.stored: set[str] = set()
        self.module_views: list[dict[str, object]] = []
        self.library_views: list[tuple[Draft, ModuleType]] = []
        self.class_views: list[Mapping[str, object]] = []
        self.distributions: set[Distribution] = set()
        self.without: object = None
        self.partly = False
        self.put: set[tuple[int, str, str | None]] = set()
        """What modules of the user put into libraries, as far as it was followed."""
        self.memos: list[tuple[Draft, memos.Memo]] = []
        """Dictionaries that were memos so far, whose drafts wait for who else names them."""
        self.work: list[Callable[[], None]] = []

    # -- the work list ------------------------------------------------------------

    def visit(self, target: object) -> int:
        """Return the number of the draft for `target`, making it on first sight."""
        place = identity(target)
        number = self.numbers.get(place)
        if number is not None:
            return number
        kind = type(target)
        if kind is FunctionType:
            function: Any = target  # no `cast`, which is a call
            draft = self._function(function)
        elif identity(kind) in _DATA and target is not sys.modules:
            draft = self._value(target)
        else:
            found = imported(target, self.guard) if kind is pyversion.LAZY_IMPORT else target
            stands = surrogate_of(found)
            if stands is not target:
                target, place = stands, identity(stands)
                if place in self.numbers:
                    return self.numbers[place]
            draft = self._draft_of(target)
            if draft.origin is not target:
                self.kept.append(target)  # an `id` must not be used again while we count on it
        number = self.numbers[place] = len(self.drafts)
        self.drafts.append(draft)
        return number

    def visit_code(
        self, code: CodeType, namespace: dict[str, object], name: str, written: frozenset[str]
    ) -> int:
        """Return the number of a draft for code that runs in `namespace`."""
        facts = facts_of(code)
        self.followed.add(identity(code))
        draft = Draft(NodeKind.FUNCTION, name, [OfBytecode(facts.canonical)], code, code=code)
        number = self._new(object(), draft)
        self.work.append(lambda: self._code(draft, code, facts, namespace, written))
        return number

    def reach(self, number: int, targets: Iterable[tuple[Role, str, object]]) -> None:
        """Add edges from a draft to `targets`."""
        for role, label, target in targets:
            self._edge(self.drafts[number], role, label, target)

    def reach_beside(self, number: int, places: Iterable[str]) -> None:
        """Add edges from a draft to what is at these places now."""
        targets = {place: found_at(place) for place in places}
        for place, target in targets.items():
            # What refuses it would refuse the call, if the call used it for sure.
            self._edge(self.drafts[number], Role.ARGUMENT, place, target, in_case=True)
        if targets:
            self.guard.condition(
                lambda: all(found_at(place) is target for place, target in targets.items())
            )

    def _reach_items(self, number: int, found: list[tuple[Role, str, object]]) -> None:
        """Add edges from a value to what it holds; its text would name what it shows."""
        self.reach(number, found)
        for _, label, target in found:
            if not label.endswith(".__class__"):
                self.in_values.add(self.visit(target))

    def finish(self, root: int) -> Walked:
        """Reach all there is to reach, then freeze what was."""
        self._reach_all_with_put(root)
        for draft, memo in self.memos:
            draft.fields.append(memo.encoded.digest)
            draft.changeable = memo.places()
            self.guard.memo(memo)
        for pinned_by in sorted(required_by(self.distributions) - self.distributions, key=str):
            key = ("required", pinned_by)
            to = self._pinned(pinned_by, "", None)
            self._special(self.drafts[root], Role.IMPORT, pinned_by.name, key, to)
        # Where no code looks up a name, none that is added to a function is looked up.
        is_plain = self.names <= PROTOCOL_NAMES and not self.modules_whole
        for function in self.functions:
            if function.__dict__ or not is_plain:
                self.guard.attributes(function)
        for _, module in self.library_views:
            self.guard.absent(namespace_of(module), self.names)
        if self.stored:
            for members in self.class_views:
                self.guard.absent(members, self.stored)
        for namespace in self.module_views:
            if self.modules_whole:
                self.guard.items(namespace)
            self.guard.view(namespace, self.names)
        if TOLD in self.names:
            for draft, of in self.speakers:
                if self.numbers[identity(of)] in self.in_values:
                    speaker = _speaker(of)
                    draft.fields.append(speaker.told())
                    self.guard.condition(partial(_tells, speaker, speaker.told()))
        self._hear_texts()
        self._name_what_is_bound()
        refused = refused_in(self.drafts, root)
        if refused is not None and not self.partly:
            raise refused
        drafts = Drafts(self.drafts, root, ordered=self.lists_members)
        portable = None
        if self.portable:
            # Parsers of source, for the few that ask for it: they take 10 ms to import.
            from .portable import portable_digest  # noqa: PLC0415

            portable = portable_digest(self.drafts, root, ordered=self.lists_members)
        return Walked(
            drafts,
            self.guard,
            frozenset(self.not_loaded),
            frozenset(self.not_loaded - self.pinned_not_loaded),
            frozenset(self.followed),
            frozenset(self.stood_for),
            {one: caches for one, caches in self.cached.items() if one not in self.stood_for},
            tuple(
                [one for one in chain.from_iterable(self.cached.values()) if type(one) is LruCache]
            ),
            "cache_clear" in self.names or self.computes_attributes,
            self.keeping,
            self._reads_code(),
            portable,
            None if self.counted is None else drafts.digest(),
            refused,
        )

    def _reach_all_with_put(self, root: int) -> None:
        """Reach all there is to reach, with what modules of the user put into libraries."""
        self._reach_all()
        if self.drafts[root].origin is not _NO_CODE:
            while self._put_by_modules(self.drafts[root]):
                self._reach_all()

    def _put_by_modules(self, draft: Draft) -> bool:
        """Follow what modules of the user put into libraries in reach; tell if there was more."""
        known = assigned.places()
        self.guard.after_code(partial(assigned.are_all, len(known)))
        others = {key: place for key, place in known.items() if key not in self.put}
        for namespace, name in assigned.awaited():
            self.guard.binding(namespace, name, global_of(namespace, name, ABSENT))
        if not others:
            return False
        # Which modules of Python a library uses, nobody knows.
        in_reach = {PYTHON_ITSELF, *self.distributions, *required_by(self.distributions)}
        found = {
            key: (assigned.spelled(place), place)
            for key, place in others.items()
            if self.pins.any_of(place.owner) in in_reach
        }
        self.put.update(found)
        # Not in the order in which modules were imported.
        for label, (owner, name, key) in sorted(found.values(), key=itemgetter(0)):
            if is_module(owner) and _is_of_the_process(cast(ModuleType, owner), name):
                continue
            if type(owner) is FunctionType:
                self.guard.function(owner, owner.__code__)
                value: object = self.guard.defaults_of(owner)
            else:
                members = assigned.members_in(owner)
                value = members.get(name, ABSENT)
                self.guard.binding(members, name, value)
            if key is not None and type(value) is dict:
                table = cast("dict[str, object]", value)
                value = table.get(key, ABSENT)
                self.guard.binding(table, key, value)
            if value is not ABSENT:
                self._edge(draft, Role.ATTRIBUTE, label, value, in_case=True)
        return bool(found)

    def _reach_all(self) -> None:
        """Reach all there is to reach, with what dictionaries hold that are no memos here."""
        while True:
            self._work_off_with_defaults()
            if OF_CLASSES not in self.asked and self._lists_classes():
                self._ask((OF_CLASSES,))
                self._work_off_with_defaults()
            kept: list[tuple[Draft, memos.Memo]] = []
            others: list[tuple[Draft, memos.Memo]] = []
            for one in self.memos:
                (kept if self._is_memo(one[1]) else others).append(one)
            if not others:
                return
            self.memos = kept
            for draft, memo in others:
                draft.preview = preview(memo.table)
                self._content(draft, memo.table)

    def _work_off_with_defaults(self) -> None:
        """Work off; who asks for parameters is told their defaults, of what does not run, too."""
        self.work_off()
        while PARAMETERS in self.asked and self.not_run:
            asked, self.not_run = self.not_run, []
            for draft, function, code in asked:
                self._defaults(draft, function, code)
            self.work_off()

    def _is_memo(self, memo: memos.Memo) -> bool:
        """Tell whether what was added to a dictionary is no input of this code."""
        memo.refused = self._why_no_memo(memo)
        return not memo.refused

    def _why_no_memo(self, memo: memos.Memo) -> str:
        if not memo.stands():
            return "it holds what no memoized call has added"
        filler = memos.why_not_in(self.drafts, self.numbers[identity(memo.table)], memo.table)
        if isinstance(filler, str):
            return filler
        if name := memos.binds(self.stored, memo.names):
            return f"`{name}` is bound by the code that uses it"
        holds_modules = any(draft.kind is NodeKind.MODULE for draft in self.drafts)
        by_text = self.computes_attributes or memos.binds_by_text(self.drafts)
        if holds_modules or by_text or self.namespaces_whole:
            return "code may bind names that it does not say"
        if memos.is_interrupted(self.drafts):
            return "other tasks may run meanwhile"
        state = memo.state
        if state.filler is filler and state.policy == self.policy and state.holds():
            return ""
        try:
            found, _ = state_of(filler, memo.table, self.policy)
        except (NotDigestibleError, UntraceableError) as error:
            return str(error)
        if found.digest != state.digest:
            return f"it holds answers of `{filler.__name__}` as it was before a change"
        memo.state = found
        return ""

    def _reads_code(self) -> bool:
        """Tell whether code asks of functions what only their code tells, and nobody sees it.

        Whoever asks a function for its code is seen (`started`); who has code as a value is not.
        """
        if any(one.name.lower() in _READERS_OF_CODE for one in self.distributions):
            return True
        asked = {question for question in self.asked if not question.startswith("type.")}
        of_code = asked - _TOLD_OF_ALL
        if not of_code <= OF_CODE.keys() or not (self.names - PROTOCOL_NAMES).isdisjoint(_UNSEEN):
            return True
        return bool(of_code) and any(type(one.origin) is CodeType for one in self.drafts[1:])

    def _name_what_is_bound(self) -> None:
        """Add names that code reads and some code binds.

        What a name means when the call starts is not what it means once it has been bound,
        so there the name itself counts.
        """
        stored, whole = self.stored, self.modules_whole
        for draft, facts in self.readers if stored or whole else ():
            if whole or not stored.isdisjoint(chain.from_iterable(facts.reads)):
                names = [
                    ".".join(path).encode() if whole or not stored.isdisjoint(path) else b""
                    for path in facts.reads
                ]
                draft.fields.append(OfBytecode(frame(*names)))
        # Of any frame that is further out.
        for draft, facts in self.readers if "f_locals" in self.names else ():
            draft.fields.append(OfBytecode(framed(facts.variables)))

    def work_off(self) -> None:
        """Work until nothing new is reached."""
        while self.work:
            self.work.pop()()

    def _new(self, key: object, draft: Draft) -> int:
        number = self.numbers[key] = len(self.drafts)
        self.drafts.append(draft)
        return number

    def _edge(
        self, draft: Draft, role: Role, label: str, target: object, *, in_case: bool = False
    ) -> None:
        draft.edges.append((role, label, self.visit(target), in_case))

    def _link_known(self, draft: Draft, role: Role, label: str, key: object) -> bool:
        """Add an edge to what is known under `key`; tell whether there was anything."""
        number = self.numbers.get(key)
        if number is not None:
            draft.edges.append((role, label, number, False))
        return number is not None

    def _special(self, draft: Draft, role: Role, label: str, key: object, to: Draft) -> None:
        """Add an edge to a draft that stands for no object, such as an absent name."""
        if not self._link_known(draft, role, label, key):
            draft.edges.append((role, label, self._new(key, to), False))

    def _library(self, draft: Draft, name: str, pinned_by: Distribution) -> Draft:
        """Add an edge to a library's module, loaded or not; return its draft."""
        key = ("library", name)
        self._special(draft, Role.IMPORT, name, key, self._pinned(pinned_by, name, None))
        return self.drafts[self.numbers[key]]

    def _draft_of(self, target: object) -> Draft:
        if type(target) is FunctionType:
            return self._function(target)
        if is_kind(target, type):
            return self._class(cast(type, target))
        if is_module(target):
            return self._module(cast(ModuleType, target))
        if type(target) is BuiltinFunctionType and (
            target.__self__ is None or is_module(target.__self__)
        ):
            return self._builtin(target)
        if is_one_of(type(target), _METHODS):
            pinned = self._method_of_library(cast(MethodType, target))
            if pinned is not None:
                return pinned
        if target is sys.modules:
            draft = self._pinned(PYTHON_ITSELF, "sys.modules", None)
            self._is_held(draft, target)
            return draft
        if imported_by(target) is not None:
            draft = Draft(NodeKind.VALUE, "lazy import", [b"lazy import"], target)
            self.work.append(lambda: self._import(draft, _statement(target), {}))
            return draft
        if type(target) is object:
            # Nothing but itself: where it occurs twice, it is the same one.
            return Draft(NodeKind.VALUE, "object", [b"sentinel"], target, "<object>", varies=True)
        return self._callable_of_library(target) or self._value(target)

    # -- functions ----------------------------------------------------------------

    def _function(self, function: FunctionType) -> Draft:
        code = function.__code__  # once, as `id`
        pinned_by = self.pins.function(function, code.co_filename)
        self.guard.function(function, code)
        if pinned_by is not None:
            found = self.pins.name_in_library(function, function.__module__, function.__qualname__)
            name = found or f"{module_of(function.__globals__)}.{code.co_qualname}"
            draft = self._pinned(pinned_by, name, function)
            self._is_held(draft, function)
            self.work.append(lambda: self._given_to(draft, function))
            if found is None and "<locals>" in code.co_qualname:
                # Made by a factory of the library, often around code of the user:
                # `contextmanager`, `singledispatch`, a decorator.
                self.work.append(lambda: self._bindings(draft, function, code, None))
            return draft
        draft = Draft(NodeKind.FUNCTION, function.__qualname__, [], function, code=code)
        if self.counted is None:  # for people, as the preview of a value
            draft.where = f"{code.co_filename}:{code.co_firstlineno}"
        facts = self._facts_if_counted(function, code)
        if facts is None:
            self._stays_out(draft, function, code)
            return draft
        draft.fields.append(OfBytecode(facts.canonical))
        self.followed.add(identity(code))
        self.work.append(partial(self._follow_function, draft, function, code, facts))
        return draft

    def _facts_if_counted(self, function: FunctionType, code: CodeType) -> CodeFacts | None:
        """Return the facts of a function whose body counts; None of any other."""
        if self.counted is None:
            return facts_of(code)
        # By name first: the code of most that did not run need not be looked at.
        forms = self.counted_by_name.get(code.co_name)
        if forms is None:
            return None
        facts = facts_of(code)
        places = forms.get(facts.canonical)
        if places is None or ("" not in places and place_of(function) not in places):
            return None
        return facts

    def _stays_out(self, draft: Draft, function: FunctionType, code: CodeType) -> None:
        """Write which function it is, whose body does not count."""
        name = f"{imported_as(function.__globals__)}.{function.__qualname__}".encode()
        draft.fields += (b"not run", name, _called_as(code, *self.guard.defaults_of(function)))
        draft.preview = "not run"
        self.not_run.append((draft, function, code))
        self.work.append(partial(self._know_function, draft, function))

    def _follow_function(
        self, draft: Draft, function: FunctionType, code: CodeType, facts: CodeFacts
    ) -> None:
        self._code(draft, code, facts, function.__globals__)
        self._bindings(draft, function, code, facts.captured)
        self._know_function(draft, function)

    def _know_function(self, draft: Draft, function: FunctionType) -> None:
        """Follow what a function has and says, whether it runs or not."""
        if function.__dict__:
            self._offer(draft, function.__dict__)
        self._speaks(draft, function)
        self.functions.append(function)

    def _method_of_library(self, method: MethodType) -> Draft | None:
        """Draft a method that a library's module has as a function, such as `random.choice`.

        What it is bound to is the library's own, and nothing that the program made.
        """
        if type(method) is MethodType:
            made = type(method.__func__)
            if made is not FunctionType and qualified_name_of(made) not in COMPILED_FUNCTIONS:
                return None  # whatever its name is, it would have to be asked
        kind = type(method.__self__)
        pinned_by = self.pins.class_(kind)
        owner = loaded_module(module_name_of(kind))
        name = method.__name__
        if (
            pinned_by is None
            or owner is None
            or not stands_for(namespace_of(owner).get(name), method)
        ):
            return None
        return self._pinned(pinned_by, f"{module_name_of(kind)}.{name}", method)

    def _callable_of_library(self, target: object) -> Draft | None:
        """Draft an object that stands in a library's module for a function of that name.

        A function that a decorator of the library made such an object of, as in networkx.
        What it notes in itself when it is called is the library's own.
        """
        said = dict_of(target)
        if not said or "__module__" not in said:
            return None
        name = said.get("__qualname__", said.get("__name__"))
        found = self.pins.name_in_library(target, said["__module__"], name)
        pinned_by = self.pins.class_(type(target))
        if found is None or pinned_by is None:
            return None
        return self._pinned(pinned_by, found, target)

    def _bindings(
        self,
        draft: Draft,
        function: FunctionType,
        code: CodeType,
        captured: tuple[str, ...] | None,
    ) -> None:
        """Follow defaults and captured variables.

        Args:
            captured: the variables, in the order in which they count; None for a function
                of a library, of which all count in case only.
        """
        in_case = captured is None
        self._defaults(draft, function, code, in_case=in_case)
        if not function.__closure__:
            return
        cells = dict(zip(code.co_freevars, function.__closure__, strict=True))
        for name in code.co_freevars if captured is None else captured:
            cell = cells[name]
            self.guard.cell(cell)
            try:
                content = cell.cell_contents
            except ValueError:
                self._absent(draft, Role.CLOSURE, name)
                continue
            if in_case and any(is_kind(content, kind) for kind in WEAK_CACHES):
                # What a library remembers, such as the answers of `singledispatch`.
                continue
            if name == "__classdict__" and pyversion.LAZY_ANNOTATIONS and type(content) is dict:
                content = self._names_in_class(code, cast("dict[str, object]", content))
            draft.cells[name] = identity(cell)
            self.kept.append(cell)
            self._edge(draft, Role.CLOSURE, name, content, in_case=in_case)

    def _defaults(
        self, draft: Draft, function: FunctionType, code: CodeType, *, in_case: bool = False
    ) -> None:
        """Follow the defaults of parameters."""
        defaults, keyword_defaults = self.guard.defaults_of(function)
        if not (defaults or keyword_defaults):
            draft.fields += _NO_DEFAULTS
            return
        draft.fields += (
            b"%d defaults" % len(defaults or ()),
            framed(sorted(keyword_defaults)) if keyword_defaults else b"",
        )
        if defaults:
            names = code.co_varnames[: code.co_argcount]
            for name, value in zip(names[len(names) - len(defaults) :], defaults, strict=False):
                self._edge(draft, Role.DEFAULT, name, value, in_case=in_case)
        if keyword_defaults:
            for name in sorted(keyword_defaults):
                self._edge(draft, Role.DEFAULT, name, keyword_defaults[name], in_case=in_case)

    def _names_in_class(self, code: CodeType, members: dict[str, object]) -> Holder:
        """Return what code that evaluates annotations may read in the class around it."""
        read = {*code.co_names, *code.co_freevars} - {"__classdict__"}
        for name in read:
            self.guard.binding(members, name, members.get(name, ABSENT))
        return Holder({name: members[name] for name in sorted(read) if name in members})

    def _code(
        self,
        draft: Draft,
        code: CodeType,
        facts: CodeFacts,
        namespace: dict[str, object],
        written: frozenset[str] = frozenset(),
    ) -> None:
        """Follow everything the code reads in its module."""
        self._learn_from(draft, facts, namespace)
        self.namespaces.append((draft, namespace))
        self.readers.append((draft, facts))
        self.stored.update(facts.stores, facts.attribute_stores)
        if self.namespaces_whole:
            self._whole_namespace(draft, namespace)
        may_be_left_out = written or self.ignored
        is_plain = type(namespace) is dict
        place = identity(namespace)
        reading = self.readings.get(place)
        if reading is None:
            reading = self.readings[place] = _reading_of(namespace, self.guard)
        meant = reading.meant
        for path in facts.reads:
            if may_be_left_out and (path[0] in written or self._is_ignored(path, namespace)):
                draft.fields.append(OfBytecode(".".join(path).encode()))
                self._learn(path[1:])
                continue
            known = meant.get(path)
            if known is not None:
                draft.fields.append(known[0])
                draft.edges += known[1]
                continue
            if not (is_plain and self._plain_name(draft, path, namespace, reading)):
                self._path(draft, path, code, namespace)
        for name in sorted(facts.stores - written) if facts.stores else ():
            if self._is_ignored((name,), namespace):
                continue
            # What the code binds is looked at too, so that a call which leaves another
            # value behind is noticed.
            self._read_name(draft, name, namespace)
        for annotation in facts.annotations:
            for path in annotation.reads:
                if resolve(path, namespace, self.guard).target is ABSENT:
                    self._absent(draft, Role.GLOBAL, path[0])
        for statement in facts.imports:
            self._import(draft, statement, namespace, code)
        if facts.computed_attribute:
            self._look_up_any()
        if facts.queries and loaded_module("pandas") is not None:
            self._queries(draft, facts, namespace)

    def _path(
        self, draft: Draft, path: NamePath, code: CodeType, namespace: dict[str, object]
    ) -> None:
        """Follow a name path that code reads, and what is done by what it means."""
        meaning = self._resolve(path, namespace)
        rest = path[meaning.consumed :]
        draft.fields.append(OfBytecode(".".join(rest).encode()))
        first = len(draft.edges)
        effect = effect_of(meaning.target)
        self._read(draft, path, meaning, namespace, effect)
        self._effect(draft, effect, path, code, namespace)
        if rest and rest[-1] in FORMATTING_NAMES and type(meaning.target) is not str:
            self._widen(classes=True, modules=True)
        # An effect is another for each code. What stands for a value is made each time
        # it is asked for.
        if effect is Effect.NONE and not has_surrogate(meaning.target):
            self.readings[identity(namespace)].meant[path] = draft.fields[-1], draft.edges[first:]

    def _plain_name(
        self,
        draft: Draft,
        path: NamePath,
        namespace: dict[str, object],
        reading: _Reading,
    ) -> bool:
        """Follow what means something plainly and has no effect, as most does; tell if it did.

        A name alone, or one in a module of the user. What `_path` does with it comes down to
        this, and takes four times as long.
        """
        label = name = path[0]
        found = namespace.get(name, ABSENT)
        noted = reading.globals
        if len(path) != 1:
            if type(found) is not ModuleType or len(path) != _IN_MODULE:
                return False
            module, members = found, namespace_of(found)
            name = path[1]
            found = members.get(name, ABSENT)
            if found is ABSENT or self.pins.module(module) is not None:
                return False
            self.guard.module(module)
            reading.globals[path[0]] = module
            label, noted = f"{path[0]}.{name}", self.guard.bindings(members)
        elif found is ABSENT:
            found, noted = reading.all_builtins.get(name, ABSENT), reading.builtins
            if found is ABSENT:
                return False
        elif name in _TOLD_APART:
            return False
        if not _is_harmless(found, namespace, reading):
            return False
        noted[name] = found
        draft.fields.append(_NO_REST)
        edge = (_GLOBAL, label, self.visit(found), False)
        draft.edges.append(edge)
        if not has_surrogate(found):
            reading.meant[path] = _NO_REST, [edge]
        return True

    def _is_ignored(self, path: NamePath, namespace: dict[str, object]) -> bool:
        """Tell whether a name path leads through a name that does not count."""
        if not self.ignored:
            return False
        found: object = None
        for part in path:
            if namespace is self.ignored_in and part in self.ignored:
                return True
            found = global_of(namespace, part)
            if not is_module(found):
                return False
            namespace = namespace_of(cast(ModuleType, found))
        return False

    def _read_name(self, draft: Draft, name: str, namespace: dict[str, object]) -> None:
        """Follow what a global name means."""
        meaning = resolve((name,), namespace, self.guard)
        self._read(draft, (name,), meaning, namespace, effect_of(meaning.target))

    def _queries(self, draft: Draft, facts: CodeFacts, namespace: dict[str, object]) -> None:
        """Follow names that `frame.query("price > @limit")` looks up where it is called."""
        mentioned = {name for text in facts.queries for name in MENTION.findall(text or "")}
        if None in facts.queries:
            mentioned.update(facts.variables)
            self._whole_namespace(draft, namespace)
        of_variables = framed(
            f"{number} {name}" for number, name in enumerate(facts.variables) if name in mentioned
        )
        draft.fields.append(OfBytecode(of_variables))
        for name in sorted(mentioned):
            if global_of(namespace, name, ABSENT) is not ABSENT:
                self._read_name(draft, name, namespace)

    def _read(
        self,
        draft: Draft,
        path: NamePath,
        meaning: Meaning,
        namespace: dict[str, object],
        effect: Effect,
        *,
        role: Role = Role.GLOBAL,
    ) -> None:
        """Follow what one name path means."""
        target, owner = meaning.target, meaning.owner
        for kind in meaning.kinds:
            if self.pins.class_(kind) is None:
                self._edge(draft, Role.METACLASS, f"class in {'.'.join(path)}", kind)
        label = ".".join(path[: meaning.consumed]).removeprefix("import ")
        is_global = owner is None and global_of(namespace, path[0], ABSENT) is not ABSENT
        if is_global and path[0] == "__builtins__":
            target = sys.modules["builtins"]  # a dictionary or a module, whoever runs the code
        elif is_global and path[0] in OF_THE_PLACE:
            return
        if is_global and path[0] == "__file__" and type(target) is str:
            target = os.path.basename(target)
        if type(target) is _ToImport:
            key = ("library", target.name)
            if not self._link_known(draft, role, label, key):
                pinned = self._pinned(target.pinned_by, target.name, None)
                self._special(draft, role, label, key, pinned)
            return
        if target is ABSENT:
            self._absent(draft, role, label)
            hook = ABSENT
            if owner is not None:
                hook = namespace_of(owner).get("__getattr__", ABSENT)
                self.guard.binding(namespace_of(owner), "__getattr__", hook)
            if hook is not ABSENT:
                name = module_text(cast(ModuleType, owner), "__name__")
                self._edge(draft, Role.ATTRIBUTE, f"{name}.__getattr__", hook)
            return
        if effect is not Effect.NONE:
            # What it does is followed from here; that it is there is all it is by itself.
            pinned = self._pinned(PYTHON_ITSELF, name_of_effect(effect), None)
            self._special(draft, role, label, ("effect", identity(target)), pinned)
            return
        pinned_by = self.pins.module(owner) if owner is not None else None
        if owner is None or pinned_by is None or self.pins.is_followed(target):
            self._edge(draft, role, label, target)
        else:
            self._library_member(draft, path, meaning, role=role, owner=owner, pinned_by=pinned_by)

    def _resolve(self, path: NamePath, namespace: dict[str, object]) -> Meaning:
        """Return what a name path means, also in a module imported when it is asked for.

        A library's `__getattr__` may import a module of its own, as that of numpy does for
        `np.random`, or put a name there that it has from one, as that of `concurrent.futures`
        does. What it gives is pinned as it would be if it were there already.
        """
        meaning = resolve(path, namespace, self.guard)
        owner, consumed = meaning.owner, meaning.consumed
        if meaning.target is not ABSENT or owner is None:
            return meaning
        hook, pinned_by = namespace_of(owner).get("__getattr__"), self.pins.module(owner)
        if pinned_by is None or type(hook) is not FunctionType:
            return meaning
        name = f"{owner.__name__}.{path[consumed - 1]}"
        if hook.__globals__ is not namespace_of(owner):
            return meaning
        if find_source(name) is None:
            return meaning._replace(target=_ToImport(name, pinned_by))
        member = ".".join((name, *path[consumed : consumed + 1]))
        return meaning._replace(
            target=_ToImport(member, pinned_by), consumed=min(consumed + 1, len(path))
        )

    # -- what is not seen in the code that does it --------------------------------

    def _effect(
        self,
        draft: Draft,
        effect: Effect,
        path: NamePath,
        code: CodeType,
        namespace: dict[str, object],
    ) -> None:
        """Follow what something can reach that is called here, if it reaches anything."""
        if effect is Effect.NONE:
            return
        if Effect.PROCESS in effect:
            draft.error = UntraceableError(draft.name, "it looks among all objects of the process")
            return
        # `getattr(x, "name")` under its own name: the code says whether it is a constant.
        if Effect.ATTRIBUTE in effect and path not in _SEEN_BY_BYTECODE:
            self._look_up_any()
        if Effect.LISTING in effect:
            self._list_members()
        # So does it say of `vars(x)` whether `x` may be a class.
        self._ask(questions_of(effect) - ({OF_CLASSES} if path == ("vars",) else set()))
        if Effect.EVALUATION_IF_TOLD in effect and may_give(code, "eval_str"):
            self._ask((EVALUATED,))
        self._learn(attributes_of(effect), ())
        if Effect.VARIABLES in effect:
            draft.fields.append(OfBytecode(framed(facts_of(code).variables)))
        if Effect.NAMESPACE in effect:
            self._whole_namespace(draft, namespace)
        if Effect.MODULES in effect:
            for given in texts_given(code, path):
                name = self._named(given, namespace)
                if name is None:
                    draft.error = UntraceableError(
                        draft.name, "it asks for a module whose name is computed"
                    )
                    return
                self._by_text(draft, name)

    def _named(self, given: Given, namespace: dict[str, object]) -> str | None:
        """Return the full name that is given as text, if it is known."""
        name = self._text(given.name, namespace)
        if name is None or not name.startswith("."):
            return name
        package = self._text(given.package, namespace)
        level = len(name) - len(name.lstrip("."))
        if package is None:
            return None
        return absolute_name(name[level:], level, {"__package__": package})

    def _text(self, given: Constant | Global | None, namespace: dict[str, object]) -> str | None:
        if type(given) is Constant:
            return given.value if type(given.value) is str else None
        if type(given) is Global and given.name in {"__name__", "__package__"}:
            text = global_of(namespace, given.name)
            self.guard.binding(namespace, given.name, text)
            return text if type(text) is str else None
        return None

    def _is_held(self, draft: Draft, target: object) -> None:
        """Follow what something can do that is held as a value and called who knows where."""
        self._held_effect(draft, effect_of(target))

    def _held_effect(self, draft: Draft, effect: Effect) -> None:
        if effect is Effect.NONE:
            return
        if Effect.MODULES in effect:
            draft.error = UntraceableError(
                draft.name, "what finds modules by text is held as a value"
            )
            return

        def follow() -> None:
            if effect & ~TELLS:
                self._widen(classes=True, modules=True)
            if Effect.ATTRIBUTE in effect:
                self._look_up_any()
            if Effect.LISTING in effect:
                self._list_members()
            self._ask(questions_of(effect))
            if Effect.EVALUATION_IF_TOLD in effect:
                self._ask((EVALUATED,))
            self._learn(attributes_of(effect), ())
            if Effect.NAMESPACE in effect or Effect.VARIABLES in effect:
                self._widen_namespaces()

        self.work.append(follow)

    def _look_up_any(self) -> None:
        """Let code look up attributes by names that are computed."""
        self._widen(classes=True, modules=True)
        self.computes_attributes = True
        self._ask_by_listed_names()

    def _ask_by_listed_names(self) -> None:
        """Ask everything where names that `dir` gave may be looked up."""
        if self.computes_attributes and LISTED_NAMES in self.asked:
            self._ask((*INTROSPECTION, HELD_CODE))

    def _list_members(self) -> None:
        """Let the order of members count, and all of them."""
        self.lists_members = True
        self._widen(classes=True, modules=True)

    def _widen_namespaces(self) -> None:
        """Let everything count that is global to any code that was reached."""
        if not self.namespaces_whole:
            self.namespaces_whole = True
            for draft, namespace in list(self.namespaces):
                self._whole_namespace(draft, namespace)

    def _whole_namespace(self, draft: Draft, namespace: dict[str, object]) -> None:
        """Follow everything that is global to some code."""
        self._widen(classes=True, modules=True)
        key = ("namespace", identity(namespace))
        if self._link_known(draft, Role.ATTRIBUTE, "globals", key):
            return
        view = Draft(NodeKind.MODULE, module_of(namespace), [b"whole"])
        self._special(draft, Role.ATTRIBUTE, "globals", key, view)
        self.guard.items(namespace)
        found = {
            part: item
            for part, item in globals_in(namespace).items()
            if part not in NO_NAME and not self._is_ignored((part,), namespace)
        }
        self.work.append(lambda: self._offer(view, found, whole=True))

    def _by_text(self, draft: Draft, text: str) -> None:
        """Follow what code finds by a name it holds as text: `a.b`, `a.b:name`, `a.b.name`."""
        name, _, rest = text.partition(":")
        self._learn(rest.split("."))
        while True:
            module = self._loaded(name)
            self.guard.binding(sys.modules, name, ABSENT if module is None else module)
            if module is not None:
                self._edge(draft, Role.IMPORT, name, module)
                return
            self._not_imported(draft, name)
            # What is not a module may be in one.
            name, _, last = name.rpartition(".")
            if not name or find_source(f"{name}.{last}") is not None:
                return
            self._learn((last,))

    def _library_member(
        self,
        draft: Draft,
        path: NamePath,
        meaning: Meaning,
        *,
        role: Role,
        owner: ModuleType,
        pinned_by: Distribution,
    ) -> None:
        """Pin what was read from a library's module, by its name there."""
        part = path[meaning.consumed - 1]
        label = ".".join(path[: meaning.consumed]).removeprefix("import ")
        name = f"{owner.__name__}.{part}"
        key = ("library", name)
        if type(meaning.target) is FunctionType and path[meaning.consumed :]:
            self.guard.attributes(meaning.target)
        if self._link_known(draft, role, label, key):
            return
        to = self._pinned(pinned_by, name, meaning.target)
        said = _own_name(meaning.target)
        if said not in {"", part}:
            # It has another name there, or the program has put another in its place.
            to.fields.append(said.encode("utf-8", "surrogatepass"))
        self._special(draft, role, label, key, to)
        self._held_in_library(to, owner, part, meaning.target)

    def _held_in_library(self, to: Draft, owner: ModuleType, part: str, target: object) -> None:
        """Follow what the program may have put into a member of a library's module."""
        if type(target) is FunctionType:
            self._given_to(to, target)
        elif is_kind(target, type):
            found = cast(type, target)
            self.work.append(lambda: self._patches(to, found))
            if derives(class_of(found), ABCMeta):
                self.work.append(lambda: self._registered(to, found))
        elif qualified_name_of(type(target)) in COMPILED_FUNCTIONS and not dict_of(target):
            return  # it has a dictionary, and nothing was put there
        elif _is_of_the_process(owner, part):
            return
        elif self._is_data(target):
            name = f"{owner.__name__}.{part}"
            self.work.append(lambda: self._edge(to, Role.ATTRIBUTE, name, target, in_case=True))

    def _absent(self, draft: Draft, role: Role, label: str) -> None:
        to = Draft(NodeKind.ABSENT, label, [label.encode()])
        self._special(draft, role, label, ("absent", label), to)

    # -- modules ------------------------------------------------------------------

    def _module(self, module: ModuleType) -> Draft:
        """Draft a module that code holds as an object."""
        name = module_text(module, "__name__") or ""
        pinned_by = self.pins.module(module)
        if pinned_by is not None:
            pinned = self._pinned(pinned_by, name, module)
            held = effects_in(name, namespace_of(module))
            self.work.append(lambda: self._offer(pinned, held))
            self.work.append(lambda: self._look_into_library(pinned, module))
            return pinned
        draft = Draft(NodeKind.MODULE, name, [], module)
        namespace = namespace_of(module)
        self.module_views.append(namespace)

        def follow() -> None:
            if type(module) is not ModuleType:
                self._edge(draft, Role.METACLASS, "class", type(module))
            found = {
                part: item
                for part, item in namespace.items()
                if part not in OF_THE_PLACE and not self._is_ignored((part,), namespace)
            }
            if type(found.get("__file__")) is str:
                found["__file__"] = os.path.basename(cast(str, found["__file__"]))
            self._offer(draft, found, always=("__getattr__",))

        self.work.append(follow)
        return draft

    def _look_into_library(self, draft: Draft, module: ModuleType) -> None:
        """Follow what the program may have put into a library's module, by name."""
        self.library_views.append((draft, module))
        for name in sorted(self.names & namespace_of(module).keys()):
            self._put_into_library(draft, module, name)

    def _put_into_library(self, draft: Draft, module: ModuleType, name: str) -> None:
        namespace = namespace_of(module)
        found = namespace.get(name, ABSENT)
        if found is ABSENT or name in draft.members or name.startswith("_"):
            return
        if _is_of_the_process(module, name):
            return
        if self._is_data(found) or self.pins.is_followed(found):
            self.guard.binding(namespace, name, found)
            draft.members[name] = (self.visit(found), True)

    def _import(
        self,
        draft: Draft,
        statement: Import,
        namespace: dict[str, object],
        code: CodeType | None = None,
    ) -> None:
        """Follow an import that the code runs itself."""
        name = absolute_name(statement.module, statement.level, namespace)
        wanted = [name, *(f"{name}.{part}" for part in statement.names)]
        module = self._loaded(name)
        for full in wanted:
            self.guard.binding(sys.modules, full, sys.modules.get(full, ABSENT))
        if module is None:
            if self._not_imported(draft, name):
                for part in statement.names:
                    self._not_imported_part(draft, f"{name}.{part}")
            self._effects_of_import(draft, statement, name, namespace, code)
            return
        if not is_module(module):
            # Something that puts itself in the place of its module.
            self._edge(draft, Role.IMPORT, name, module)
            return
        pinned_by = self.pins.module(module)
        if pinned_by is not None and name not in _ALWAYS_LOADED:
            self._library_import(draft, statement, module, pinned_by)
            self._effects_of_import(draft, statement, name, namespace, code)
            return
        if not statement.names:
            top = sys.modules.get(name.partition(".")[0])
            if statement.reads is not None and code is not None and is_module(top):
                self._read_imported(draft, statement.reads, cast(ModuleType, top), code, namespace)
                return
            self._edge(draft, Role.IMPORT, name, module)
            if top is not None and top is not module:
                self._edge(draft, Role.IMPORT, name.partition(".")[0], top)
            return
        if "*" in statement.names:
            if statement.reads is not None and code is not None:
                self._read_imported(draft, statement.reads, module, code, namespace)
            # Its members are followed by the names of what the code reads.
            self._edge(draft, Role.IMPORT, name, module)
            return
        self._import_parts(draft, statement, module, namespace, code)

    def _import_parts(
        self,
        draft: Draft,
        statement: Import,
        module: ModuleType,
        namespace: dict[str, object],
        code: CodeType | None,
    ) -> None:
        """Follow `from module import part`, where a part may be a module still to import."""
        name = absolute_name(statement.module, statement.level, namespace)
        to_import = {part for part in statement.names if self._is_to_import(module, part)}
        for part in sorted(to_import):
            self._loaded(f"{name}.{part}")
            self._not_imported(draft, f"{name}.{part}")
        if statement.reads is not None and code is not None:
            reads = [path for path in statement.reads if to_import.isdisjoint(path[1:2])]
            self._read_imported(draft, reads, module, code, namespace)
        for part in statement.names:
            meaning = self._resolve((name, part), {name: module})
            if part not in to_import and (statement.reads is None or code is None):
                effect = effect_of(meaning.target)
                self._read(draft, (name, part), meaning, {name: module}, effect, role=Role.IMPORT)
                self._held_effect(draft, effect)

    def _is_to_import(self, package: ModuleType, part: str) -> bool:
        """Tell whether `from package import part` will import a module of the package.

        One that is to be taken for not imported yet is in the package by now.
        """
        names = namespace_of(package)
        if part not in names:
            return "__getattr__" not in names
        full = f"{module_text(package, '__name__')}.{part}"
        return full in self.unloaded and names[part] is sys.modules.get(full)

    def _library_import(
        self, draft: Draft, statement: Import, module: ModuleType, pinned_by: Distribution
    ) -> None:
        """Pin a library's module that is loaded, as it would be pinned if it were not.

        Who imports it first must make no difference: its version stands for it. Only
        what the program put there is added.
        """
        name = module_text(module, "__name__") or ""
        to = self._library(draft, name, pinned_by)
        paths = statement.reads or tuple((f"import {name}", part) for part in statement.names)
        for path in paths:
            place: dict[str, object] = {path[0]: module}
            if not statement.names:  # `import a.b` binds `a`
                place = {path[0]: sys.modules.get(name.partition(".")[0], module)}
            meaning = self._resolve(path, place)
            owner, target = meaning.owner, meaning.target
            if owner is None or target is ABSENT:
                continue
            if self.pins.module(owner) is None or self.pins.is_followed(target):
                self._read(draft, path, meaning, place, effect_of(target), role=Role.IMPORT)
            else:
                self._held_in_library(to, owner, path[meaning.consumed - 1], target)

    def _effects_of_import(
        self,
        draft: Draft,
        statement: Import,
        name: str,
        namespace: dict[str, object],
        code: CodeType | None,
    ) -> None:
        """Follow what members of a library's module do, by their names: it need not be loaded."""
        effects = effects_named(name)
        if not effects:
            return
        if statement.reads is None or code is None:
            if statement.names and "*" not in statement.names:
                for part in statement.names:
                    self._held_effect(draft, effect_named(name, part))
                return
            for part, effect in effects.items():
                if not part or part in self.names:
                    self._held_effect(draft, effect)
                else:
                    self.effects_waiting.setdefault(part, []).append((draft, effect))
            return
        for path in statement.reads:
            self._effect(draft, effect_named(name, path[1]), path, code, namespace)

    def _read_imported(
        self,
        draft: Draft,
        paths: Iterable[NamePath],
        module: ModuleType,
        code: CodeType,
        namespace: dict[str, object],
    ) -> None:
        """Follow name paths that start at a module which the code imports itself."""
        for path in paths:
            place: dict[str, object] = {path[0]: module}
            meaning = self._resolve(path, place)
            effect = effect_of(meaning.target)
            self._read(draft, path, meaning, place, effect, role=Role.IMPORT)
            self._effect(draft, effect, path, code, namespace)

    def _loaded(self, name: str) -> ModuleType | None:
        """Return a module if it is imported already, and not to be taken for not."""
        module = None if name in self.unloaded else sys.modules.get(name)
        if module is None:
            self.not_loaded.add(name)
        return module

    def _not_imported(self, draft: Draft, name: str) -> bool:
        """Follow a module by its source, because importing it would run it.

        Returns:
            Whether it is one of the user's, which is followed.
        """
        path = find_source(name)
        top = name.partition(".")[0]
        if path is not None:
            pinned_by = self.pins.module_named(name, path)
        else:
            pinned_by = PYTHON_ITSELF if top in sys.stdlib_module_names else distribution_of(top)
        if pinned_by is not None:
            self.pinned_not_loaded.add(name)
            self._library(draft, name, pinned_by)
            return False
        if path is None:
            self.guard.condition(lambda: find_source(name) is None)
            self._absent(draft, Role.IMPORT, name)
        else:
            # What it lies in is imported first.
            parent = name.rpartition(".")[0]
            if parent and self._loaded(parent) is None and find_source(parent) is not None:
                self._not_imported(draft, parent)
            self._source(draft, name, path)
        return True

    def _not_imported_part(self, draft: Draft, name: str) -> None:
        """Follow what is imported from a package, if it is a module of its own."""
        if name.endswith(".*"):
            return  # all that the package binds, which its source tells
        if find_source(name) is not None:
            self._not_imported(draft, name)
        else:
            self.guard.condition(lambda: find_source(name) is None)

    def _source(self, draft: Draft, name: str, path: str) -> None:
        key = ("source", path)
        if self._link_known(draft, Role.IMPORT, name, key):
            return
        stamp = stamp_of(path)
        self.guard.condition(lambda: stamp_of(path) == stamp)
        try:
            with open(path, "rb") as file:
                code = compile(file.read(), path, "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError):
            self._absent(draft, Role.IMPORT, name)
            return
        facts = facts_of(code)
        fields: list[bytes] = [OfBytecode(facts.canonical), *map(OfBytecode, _paths(facts))]
        to = Draft(NodeKind.MODULE, name, fields, where=f"{path}:1", code=code)
        self._special(draft, Role.IMPORT, name, key, to)
        self.sources.append((to, facts))
        self._learn(facts.names, facts.questions)
        self._ask(
            question
            for question, callee in facts.handed_code
            if not _makes_code(question, callee, facts)
        )
        if OF_FIRST in facts.questions:
            self._ask((OF_CLASSES,))
        if any("*" in statement.names for statement in facts.imports):
            # Any name it reads may come from there.
            self._learn(path[0] for path in facts.reads)
        if facts.computed_attribute:
            self._look_up_any()
        builtins = namespace_of(sys.modules["builtins"])
        for read in facts.reads:
            if read not in _SEEN_BY_BYTECODE:
                self._held_effect(to, effect_of(builtins.get(read[0])))
        package = name if os.path.basename(path) == "__init__.py" else name.rpartition(".")[0]
        place: dict[str, object] = {"__name__": name, "__package__": package}
        for statement in facts.imports:
            self._import(to, statement, place)

    # -- classes ------------------------------------------------------------------

    def _class(self, kind: type) -> Draft:
        pinned_by = self.pins.class_(kind)
        if pinned_by is not None:
            name = f"{module_name_of(kind)}.{qualified_name_of(kind)}"
            draft = self._pinned(pinned_by, name, kind)
            self._is_held(draft, kind)
            self.work.append(lambda: self._patches(draft, kind))
            return draft
        name = qualified_name_of(kind)
        draft = Draft(NodeKind.CLASS, name, [name.encode()], kind)
        self.guard.class_(kind)
        loaded = loaded_module(module_name_of(kind))
        if loaded is not None:
            self._compiled_in(draft, loaded)

        def follow() -> None:
            if type(kind) is not type:
                self._edge(draft, Role.METACLASS, "metaclass", type(kind))
            for base in bases_of(kind):
                if base is not object:
                    self._edge(draft, Role.BASE, qualified_name_of(base), base)
            bases = (*mro_of(kind), *mro_of(class_of(kind)))
            library_base = any(self.pins.calls_back(base) for base in bases)
            if derives(kind, Enum):
                self._enum_members(draft, kind)
            self._offer(draft, members_that_count(kind), whole=library_base, special=True)
            positional = members_of(kind).get("__match_args__")
            if type(positional) is tuple:
                self._learn(
                    name for name in cast(tuple[object, ...], positional) if type(name) is str
                )
            if members_of(kind).get("_is_runtime_protocol") is True:
                # `isinstance` looks for all that it names.
                self._learn(protocol_names(kind), ())
            if library_base:
                self._offer_mixins(kind)
            self._speaks(draft, kind)
            self._offer(draft, {"__subclasses__": Subclasses(kind)})
            if derives(class_of(kind), ABCMeta):
                self._registered(draft, kind)

        self.work.append(follow)
        return draft

    def _offer_mixins(self, kind: type) -> None:
        """Follow all members of bases that a library's class may call back in this one."""
        for base in mro_of(kind)[1:]:
            if self.pins.class_(base) is None:
                draft = self.drafts[self.visit(base)]
                self.work.append(partial(self._offer_rest, draft, members_that_count(base)))

    def _offer_rest(self, draft: Draft, members: Mapping[str, object]) -> None:
        for name, member in members.items():
            if name not in draft.members and name not in _ONLY_BY_NAME:
                self._member(draft, name, member, in_case=name not in self.names)

    def _patches(self, draft: Draft, kind: type) -> None:
        """Follow what the program put into a library's class: functions, and data by name."""
        for base in mro_of(kind):
            if base is object:
                continue
            of_base = members_of(base)
            if not flags_of(base) & HEAP_TYPE and _OF_STATIC_CLASSES.issuperset(
                map(identity, map(type, of_base.values()))
            ):
                continue  # nobody can assign anything
            self.class_views.append(of_base)
            functions: dict[str, object] = {}
            data: dict[str, object] = {}
            for name, member in of_base.items():
                if identity(type(member)) in _OF_LIBRARY_CLASSES or type(name) is not str:
                    continue
                if holds_function(member):
                    if self.pins.is_followed(function_in(member)):
                        functions[name] = member
                elif not is_special(name) and self._is_data(member):
                    data[name] = Patch(base, name, member)
            if functions:
                self.guard.class_(base)
                self._offer(draft, functions, special=True)
            self._offer(draft, data)

    def _is_data(self, value: object) -> bool:
        """Tell whether a value in a library is plain data, or an instance of the user's."""
        kind = class_of(value)
        return is_one_of(kind, _PLAIN) or self.pins.class_(kind) is None

    def _given_to(self, draft: Draft, function: FunctionType) -> None:
        """Follow attributes of a library's function, by name."""
        if function.__dict__:
            self.guard.attributes(function)
            found = {name: Patch(None, name, held) for name, held in function.__dict__.items()}
            self._offer(draft, found)

    def _registered(self, draft: Draft, kind: type) -> None:
        """Follow classes that were registered with an abstract one."""
        registered, holds = registered_for_now(kind)
        self.guard.condition(holds)
        is_library = self.pins.class_(kind) is not None
        for subclass in registered:
            if not is_library or self.pins.class_(subclass) is None:
                self._edge(
                    draft, Role.SUBCLASS, f"register {qualified_name_of(subclass)}", subclass
                )

    def _enum_members(self, draft: Draft, kind: type) -> None:
        members = cast(dict[str, object], members_of(kind).get("_member_map_", {}))
        draft.fields.append(framed(members))
        boundary = (dict_of(members_of(kind).get("_boundary_")) or {}).get("_name_")
        draft.fields.append(framed([boundary] if type(boundary) is str else []))
        renamed: list[str] = []
        for name, member in members.items():
            held = dict_of(member) or {}
            self.guard.items(held)
            said = held.get("_name_")
            if type(said) is str and said != name:  # another name of it, or one given later
                renamed += (name, said)
            self._edge(draft, Role.ATTRIBUTE, name, held.get("_value_"))
            more = {part: item for part, item in held.items() if part not in OF_ENUM_MEMBERS}
            content = [
                content_of(member) for base, content_of in CONTENT.items() if is_kind(member, base)
            ]
            if more or content:
                self._edge(draft, Role.ATTRIBUTE, name, Holder((more, content[:1])))
        if renamed:
            draft.fields.append(framed(renamed))

    # -- members by name ----------------------------------------------------------

    def _offer(
        self,
        draft: Draft,
        members: Mapping[str, object],
        *,
        whole: bool = False,
        special: bool = False,
        always: tuple[str, ...] = (),
    ) -> None:
        """Follow those members whose names are looked up; let the others wait."""
        named = {name: member for name, member in members.items() if type(name) is str}
        draft.order += tuple([name for name in named if name not in INTROSPECTION])
        for name, member in named.items():
            asked_for = name in self.names or name in always or (special and is_special(name))
            if type(member) is Patch or type(member) is Subclasses:
                asked_for = name in self.names
                if not asked_for:
                    self.waiting.setdefault(name, []).append((draft, member))
                    continue
            if asked_for or (
                (whole or self._is_whole(draft, member)) and name not in _ONLY_BY_NAME
            ):
                self._member(draft, name, member, in_case=not asked_for)
            else:
                self.waiting.setdefault(name, []).append((draft, member))

    def _member(self, draft: Draft, name: str, member: object, *, in_case: bool) -> None:
        if type(member) is Patch:
            if member.owner is not None:
                self.guard.binding(members_of(member.owner), name, member.value)
            draft.members[name] = (self.visit(member.value), True)
            return
        if type(member) is Subclasses:
            self.guard.condition(member.same())
            draft.fields.append(b"%d subclasses" % len(member.found))
            for subclass in member.found:
                self._edge(draft, Role.SUBCLASS, qualified_name_of(subclass), subclass)
            return
        draft.members[name] = (self.visit(member), in_case)
        if in_case:
            self.in_case.setdefault(name, []).append(draft)

    def _speaks(self, draft: Draft, of: object) -> None:
        """Follow what a function or class says about itself, where it is asked."""
        self.speakers.append((draft, of))
        for asked in self.asked:
            self._say(draft, _speaker(of), asked)

    def _say(self, draft: Draft, speaker: Speaker, asked: str) -> None:
        if asked == EVALUATED:
            self._evaluate_annotations(draft, speaker)
            return
        answer = speaker.answer(asked)
        if answer is not None:
            self.guard.condition(answer.same)
            if answer.value is None:
                return  # such as a class without a docstring
            # Many a `type` is no question about the fields of a dataclass.
            in_case = answer.name == "type"
            draft.members[f"{answer.name} said"] = (self.visit(Holder(answer.value)), in_case)

    def _evaluate_annotations(self, draft: Draft, speaker: Speaker) -> None:
        """Follow the names in annotations that are text, wherever they may be evaluated."""
        of, is_function = speaker.of, speaker.facts is not None
        places: dict[int, dict[str, object]] = {}
        if is_function:
            # What it wraps says where, by its own account.
            wrapped: Any = of
            met: set[int] = set()
            while type(wrapped) is FunctionType and identity(wrapped) not in met:
                met.add(identity(wrapped))
                places[identity(wrapped.__globals__)] = wrapped.__globals__
                wrapped = wrapped.__dict__.get("__wrapped__")
        elif (module := loaded_module(module_name_of(of))) is not None:
            places[identity(module)] = namespace_of(module)
        members: Mapping[str, object] = {} if is_function else members_of(of)
        for code, said in annotations_in_text(of, is_function=is_function):
            facts = facts_of(code)
            for path in facts.reads:
                if path[0] in members:
                    self._edge(draft, Role.ATTRIBUTE, path[0], members[path[0]])
                    self._learn(path[1:])
            module = loaded_module(said) if isinstance(said, str) else said
            for place in places.values() if module is None else [namespace_of(module)]:
                self._code(draft, code, facts, place)

    def _hear_texts(self) -> None:
        """Add what code says about itself in plain text, as far as it is asked for."""
        names = answers_to(self.asked)
        for draft, of in self.speakers if names else ():
            speaker = _speaker(of)
            facts = speaker.facts
            if facts is None:
                continue
            own, said = speaker.texts(names)
            if self.portable:
                said = OfBytecode(said)
                said.instead = Speaker(of, without_comprehensions(facts)).texts(names)[1]
            draft.fields.append(said)
            for name, value in own.items():
                self.guard.attribute(cast(FunctionType, of), name, value)
                if type(value) is dict and not value and not facts.annotations:
                    self.guard.empty(cast("dict[str, object]", value))
                    draft.changeable = ((0, cast(object, value)),)
        for draft, facts in self.sources:
            found = map(framed, texts_of(facts, names))
            if self.portable:
                on_all = texts_of(without_comprehensions(facts), names)
                found = [OfBytecode(said) for said in found]
                for said, instead in zip(found, on_all, strict=True):
                    said.instead = framed(instead)
            draft.fields += found

    def _learn_from(self, draft: Draft, facts: CodeFacts, namespace: dict[str, object]) -> None:
        """Note the names that code may look up, and what it asks."""
        if facts.questions or not facts.names <= self.names:
            self._learn(facts.names, facts.questions)
            if OF_FIRST in facts.questions:
                self.listers.append(draft)
        for question, path in facts.handed_code:
            if _may_tell(question, resolve(path, namespace, self.guard), path):
                self._ask((question,))

    def _ask(self, questions: Iterable[str]) -> None:
        """Have functions and classes answer, those that are reached later too."""
        for asked in sorted(frozenset(questions).difference(self.asked)):
            self.asked.append(asked)
            for draft, of in list(self.speakers):
                self._say(draft, _speaker(of), asked)
            if asked == OF_CLASSES:
                self._ask(("type.__doc__", "type.__annotations__", "type.__module__"))
                self._learn(_SAID_OF_MODULE, ())
            elif asked == LISTED_NAMES:
                self._ask_by_listed_names()

    def _lists_classes(self) -> bool:
        """Tell whether a class may be what some function lists as its first argument.

        Not where the function is known as a method and in no other way: the first
        argument is an object then.
        """
        if not self.listers:
            return False
        listers = {identity(draft) for draft in self.listers}
        asked = {number for number, draft in enumerate(self.drafts) if identity(draft) in listers}
        methods: set[int] = set()
        others: set[int] = set()
        for draft in self.drafts:
            others.update(number for _, _, number, _ in draft.edges)
            is_class = draft.kind is NodeKind.CLASS and not derives(cast(type, draft.origin), type)
            members = methods if is_class else others
            members.update(number for number, _ in draft.members.values())
        return not asked <= methods - others

    def _learn(self, names: Iterable[str], questions: Iterable[str] | None = None) -> None:
        """Note names that code may look up, and follow members that waited for them.

        Args:
            questions: what is asked where they are looked up, as far as that is known.
        """
        names = frozenset(names)
        if questions is None:
            questions = questions_in(names)
        if questions:
            self._ask(questions)
        if names <= self.names:
            return
        # In an order of their own: sets have another one in every process.
        for name in sorted(names - self.names):
            self.names.add(name)
            for draft, module in self.library_views:
                self._put_into_library(draft, module, name)
            for draft, member in self.waiting.pop(name, ()):
                self._member(draft, name, member, in_case=False)
            for draft, effect in self.effects_waiting.pop(name, ()):
                self._held_effect(draft, effect)
            for draft in self.in_case.pop(name, ()):
                draft.members[name] = (draft.members[name][0], False)
            if name in LISTING_NAMES:
                self._list_members()
            elif name in WIDENING_NAMES:
                self._widen(classes=True, modules=True)
            elif name in NAMESPACE_NAMES:
                self._widen_namespaces()

    def _is_whole(self, draft: Draft, member: object) -> bool:
        """Tell whether a member counts although nothing asks for its name."""
        if type(member) is Patch or type(member) is Subclasses:
            return False
        match draft.kind:
            case NodeKind.CLASS:
                return self.classes_whole
            case NodeKind.BUILTIN | NodeKind.DISTRIBUTION:
                # Of a library only what the program patched it with.
                return (
                    self.classes_whole
                    and holds_function(member)
                    and effect_of(member) is Effect.NONE
                )
            case _:
                return self.modules_whole

    def _widen(self, *, classes: bool = False, modules: bool = False) -> None:
        """Follow all members of classes, or of modules, from here on and so far."""
        if (not classes or self.classes_whole) and (not modules or self.modules_whole):
            return
        self.classes_whole |= classes
        self.modules_whole |= modules
        for name, waiting in list(self.waiting.items()):
            still: list[tuple[Draft, object]] = []
            for draft, member in waiting:
                if self._is_whole(draft, member) and name not in _ONLY_BY_NAME:
                    self._member(draft, name, member, in_case=True)
                else:
                    still.append((draft, member))
            self.waiting[name] = still

    # -- libraries and values -----------------------------------------------------

    def _builtin(self, target: BuiltinFunctionType) -> Draft:
        module = target.__self__
        name = target.__module__ or ""
        if not name and is_module(module):
            name = module_text(cast(ModuleType, module), "__name__") or ""
        loaded = loaded_module(name)
        pinned_by = self.pins.module(loaded) if loaded is not None else None
        draft = self._pinned(pinned_by or PYTHON_ITSELF, f"{name}.{target.__qualname__}", target)
        if loaded is not None and pinned_by is None:
            self._compiled_in(draft, loaded)
        self._is_held(draft, target)
        return draft

    def _compiled_in(self, draft: Draft, module: ModuleType) -> None:
        """Add the file of a compiled module of the user, of which nothing else can be read."""
        file = module_text(module, "__file__")
        if file is None or not file.endswith(_COMPILED):
            return
        stamp = stamp_of(file)
        draft.fields.append(outside_now(WorldKind.FILE, file).encode())
        self.guard.condition(lambda: stamp_of(file) == stamp)

    def _pinned(self, pinned_by: Distribution, name: str, origin: object) -> Draft:
        """Draft a part of a library, for which its version stands."""
        fields = [pinned_by.name.encode(), pinned_by.version.encode(), name.encode()]
        if pinned_by == PYTHON_ITSELF:
            return Draft(NodeKind.BUILTIN, name, fields, origin, str(pinned_by))
        self.distributions.add(pinned_by)
        # Whatever it is, it may call methods of objects it is given by name.
        self.work.append(lambda: self._widen(classes=True))
        return Draft(NodeKind.DISTRIBUTION, name, fields, origin, str(pinned_by))

    def _value(self, value: object) -> Draft:
        # For people, who are shown what a call can reach and not what one was looked up by.
        shown = preview(value) if self.counted is None else None
        kind = type(value)
        if identity(kind) in _NUMBERS:  # comes down to this
            return Draft(NodeKind.VALUE, kind.__name__, [digest_of_atom(value)], value, shown)
        draft = Draft(NodeKind.VALUE, qualified_name_of(kind), [], value, shown)
        held: Any = value
        if type(value) is Holder:
            held = value.held
            draft.preview = None
        of_held = type(held)  # pyright: ignore[reportUnknownVariableType]
        if of_held is dict:
            if held is self.without:
                draft.fields.append(b"memo")
                return draft
            memo = memos.known(held)
            if memo is not None:
                draft.varies, draft.preview = True, preview(memo.baseline)
                self.memos.append((draft, memo))
                return draft
        self._content(draft, held)
        return draft

    def _content(self, draft: Draft, value: object) -> None:
        """Add to a draft what a value holds."""
        name = draft.name
        try:
            encoded = encode(value)
        except NotDigestibleError as error:
            draft.error = error
            draft.varies = True
            draft.fields += [b"opaque", name.encode()]
            return
        draft.fields.append(encoded.digest)
        if encoded.places is not None:
            draft.changeable = encoded.changeable
        kind = type(value)
        if kind is attrgetter or kind is methodcaller:
            # Of these, as of text in what a container holds, nothing else tells the names.
            names: Any = value.__reduce__()[1]
            self._learn(name for path in names for name in str(path).split("."))
            self.computes_attributes |= kind is methodcaller
        if type(value) is str:
            # Text may be a format, or the name that `attrgetter` is given.
            self._learn(names_of_text(value))
        if not encoded.immutable:
            draft.varies = True
            self.guard.value(value, encoded)
        if encoded.met_library:
            self.work.append(lambda: self._widen(classes=True))
        if encoded.references:
            # Of one that was met before, or else of the next.
            number = self.numbers.get(identity(draft.origin), len(self.drafts))
            found = [(Role.ITEM, part.path, part.target) for part in encoded.references]
            for cache, target in encoded.cached:
                self.cached.setdefault(id(surrogate_of(target)), []).append(cache)
            by_cache = {identity(target) for _, target in encoded.cached}
            others = [one for one in encoded.answered if identity(one) not in by_cache]
            if others and not self._keeps(draft, value):
                self.stood_for.update(id(surrogate_of(one)) for one in others)
            self.work.append(lambda: self._reach_items(number, found))

    def _keeps(self, draft: Draft, value: object) -> bool:
        """Note all that a registered object keeps; tell whether that is known."""
        state = hidden_state_of(value)
        if state is None or draft.origin is not value:
            return False
        self.keeping[id(value)] = Keeping(value, state)
        if self.counted is not None:
            self.guard.condition(lambda: hidden_state_of(value) == state)
        return True


def _statement(lazy: object) -> Import:
    """Return the statement that a lazy import stands for."""
    name, part = cast("tuple[str, str | None]", imported_by(lazy))
    return Import(name, 0, () if part is None else (part,), None)


def _is_harmless(found: object, namespace: dict[str, object], reading: _Reading) -> bool:
    """Tell whether what a name means is there, and does nothing beside what is seen."""
    kind = type(found)
    if kind is FunctionType:
        function: Any = found  # no `cast`, which is a call
        is_quiet = reading.is_quiet and function.__globals__ is namespace
        return is_quiet or effect_of(found) is Effect.NONE
    if identity(kind) in _DATA:
        return found is not sys.modules
    return kind is not pyversion.LAZY_IMPORT and effect_of(found) is Effect.NONE


def _is_of_the_process(module: ModuleType, name: str) -> bool:
    """Tell whether it is where and how a program runs, and not what it computes."""
    return name in _OF_THE_PROCESS and module_text(module, "__name__") == "sys"


_OF_THE_PROCESS: Final = frozenset(
    [
        *("path", "modules", "meta_path", "path_hooks", "path_importer_cache", "pycache_prefix"),
        *("stdin", "stdout", "stderr", "displayhook", "excepthook", "unraisablehook"),
        *("breakpointhook", "last_exc", "last_type", "last_value", "last_traceback", "ps1", "ps2"),
        *("executable", "prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "orig_argv"),
        *("platlibdir", "dont_write_bytecode", "warnoptions", "tracebacklimit", "flags"),
    ]
)
"""Of `sys`: paths, streams, modules and hooks."""


def _own_name(target: object) -> str:
    """Return the name that a function or class says it has; nothing of anything else."""
    if is_kind(target, type):
        return name_of(cast(type, target))
    if type(target) is FunctionType or type(target) is BuiltinFunctionType:
        return target.__qualname__.rpartition(".")[2]
    return ""


def _speaker(of: object) -> Speaker:
    return Speaker(of, facts_of(of.__code__) if type(of) is FunctionType else None)


def _called_as(code: CodeType, defaults: Defaults, keyword_defaults: KeywordDefaults) -> bytes:
    """Write what a call of a function tells of it although its body does not start.

    That is whether arguments fit, and whether it makes a generator or a coroutine.
    """
    positional, named = code.co_argcount, code.co_kwonlyargcount
    counts = (
        *(positional, code.co_posonlyargcount, named, code.co_flags & _OF_THE_CALL),
        len(defaults) if defaults else 0,
    )
    names = code.co_varnames[: positional + named]
    if keyword_defaults:
        names = (*names, *sorted(keyword_defaults))
    return b"%d %d %d %d %d " % counts + framed(names)


_OF_THE_CALL: Final = STARRED | SUSPENDED

_READERS_OF_CODE: Final = frozenset(
    {
        *("numba", "torch", "jax", "jaxlib", "tensorflow", "taichi", "triton", "cupy"),
        *("pytensor", "aesara", "theano", "pythran", "cython"),
    }
)
"""Distributions that may make other code of functions, and run that."""

_TOLD_OF_ALL: Final = SAID_IN_TEXT | {PARAMETERS}
"""Questions that a walk answers for functions that do not run, too."""

_UNSEEN: Final = OF_FUNCTION - SEEN_TO_BE_READ
"""Attributes of a function of which no event tells that somebody reads them."""

_SAID_OF_MODULE: Final = frozenset(
    {"__doc__", "__annotations__", "__annotate__", "__conditional_annotations__"}
)
"""What counts of a module only where it is asked for."""

_ONLY_BY_NAME: Final = _SAID_OF_MODULE | {"__warningregistry__"}
"""That, and which warnings were shown of it."""

_METHODS: Final = (MethodType, BuiltinFunctionType)

_COMPILED: Final = tuple(EXTENSION_SUFFIXES)

_ALWAYS_LOADED: Final = frozenset({"sys", "builtins"})

_SEEN_BY_BYTECODE: Final = frozenset({("getattr",), ("hasattr",), ("setattr",), ("delattr",)})
"""Names under which the code itself tells whether `getattr` is given a constant."""

_DATA: Final = frozenset(
    map(
        identity,
        (bool, int, float, complex, str, bytes, type(None), list, dict, tuple, set, frozenset),
    )
)
"""By identity: types of which an instance is nothing but a value."""

_NUMBERS: Final = frozenset(map(identity, (bool, int, float, complex, type(None))))
"""Of these: types of which an instance holds nothing and is no text."""

_PLAIN: Final = (
    bool,
    int,
    float,
    str,
    bytes,
    type(None),
    list,
    dict,
    tuple,
    set,
    frozenset,
    partial,
    partialmethod,
    cached_property,
    LruCache,
)

_OF_LIBRARY_CLASSES: Final = frozenset(
    map(
        identity,
        (
            WrapperDescriptorType,
            MethodDescriptorType,
            ClassMethodDescriptorType,
            GetSetDescriptorType,
            MemberDescriptorType,
            BuiltinFunctionType,
        ),
    )
)
"""By identity: what only a compiled class has among its members."""

_OF_STATIC_CLASSES: Final = _OF_LIBRARY_CLASSES | {*map(identity, (str, type(None), staticmethod))}
"""Those, what a class says of itself, and `str.maketrans`."""


_QUIET: Final = (FunctionType, CodeType, exec, eval, isinstance, getattr, hasattr, id)
"""What may be given a code object and tells nothing of it."""


def _may_tell(question: str, meaning: Meaning, path: NamePath) -> bool:
    """Tell whether a code object, or part of it, is given to what may tell of it.

    A code object may be put into a container of the builtin types, because who takes it
    out has to ask, too. Parts of it are text and tuples, which anything tells.
    """
    target, rest = meaning.target, path[meaning.consumed :]
    if question != HELD_CODE:
        return target is not CodeType or bool(rest)
    if rest:
        return len(rest) > 1 or not is_one_of(type(target), (dict, list, set))
    return not any(target is quiet for quiet in _QUIET)


def _makes_code(question: str, path: NamePath, facts: CodeFacts) -> bool:
    """Tell whether a module that is not imported yet makes a function or code of it only.

    What its names mean is not known, but for those that it imports from `types`.
    """
    makers = {"CodeType", "FunctionType"} if question == HELD_CODE else {"CodeType"}
    return path[-1] in makers and any(
        statement.module == "types" and (path[0] in statement.names or path[0] == "types")
        for statement in facts.imports
    )


def _tells(speaker: Speaker, before: bytes) -> bool:
    """Tell whether text that is made of a function or class would be the same."""
    return speaker.told() == before


def _paths(facts: CodeFacts) -> list[bytes]:
    """Return the name paths of code whose names are not resolved."""
    return [".".join(path).encode() for path in facts.reads]
