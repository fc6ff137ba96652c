"""Guards: conditions, cheap to test, under which a graph may be used again.

A walk notes what it looked at: what each name meant, what each function and class was
made of, what each mutable value held. As long as all of that is the same, so is the
graph. Identity is asked wherever a thing cannot change and stay the same object;
only mutable values are digested again.

What makes it cheap:

* What is asked for the third time is asked by one generated function, see `quick`. Only
  where that finds something moved, everything is asked exactly.
* Code, defaults and bases of functions and classes can only be replaced by an attribute
  assignment that is audited. A hook counts those; while the count stands, nobody looks.

Guards hold what they compare with by strong reference, so an `id` is never used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import partial
from operator import is_
from types import CellType, CodeType, FunctionType, ModuleType
from typing import Any, ClassVar, Final, cast

from .audited import listen
from .errors import NotDigestibleError
from .kinds import bases_of, builtins_of, global_of, identity, members_of
from .meanings import NO_MEMBER
from .memos import Memo
from .module_code import told as told_of_module_code
from .pyversion import LAZY_IMPORT
from .quick import Questions, can_take_apart, compiled, taken_apart
from .values import Encoded, Place, encode

ABSENT: Final = object()
"""Stands for a name that is not there."""

Condition = Callable[[], bool]
Content = Callable[[], "tuple[Place, ...] | None"]
"""Gives the parts of a value that can change, or None where it has changed."""

Defaults = tuple[object, ...] | None
KeywordDefaults = dict[str, object] | None

_OFTEN: Final = 3
"""Who is asked so many times will be asked again, and is worth a function of its own."""
_MAX_COMPILED: Final = 4
_TOO_MANY: Final = 5_000
"""Questions that would take longer to compile than to ask a hundred times."""


class Guard:
    """The conditions of one graph, collected while it was walked."""

    replacements: ClassVar[list[int]]
    """How often, so far, code or defaults of any function, or bases or the class of
    anything, were assigned. The number is another object whenever it is another."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[Mapping[str, object], dict[str, object]]] = {}
        self._builtins: dict[int, tuple[dict[str, object], dict[str, object]]] = {}
        self._functions: dict[int, tuple[FunctionType, CodeType, Defaults, KeywordDefaults]] = {}
        self._cells: list[tuple[CellType, object]] = []
        self._modules: dict[int, tuple[ModuleType, type]] = {}
        self._attributes: tuple[list[FunctionType], list[str], list[object]] = ([], [], [])
        self._empty: list[dict[str, object]] = []
        self._items: list[tuple[dict[Any, Any], Condition]] = []
        self._classes: list[tuple[type, Condition]] = []
        self._conditions: list[Condition] = []
        self._after_code: list[Condition] = []
        self._contents: list[tuple[object, tuple[Place, ...], Content]] = []
        self.tables: list[tuple[dict[Any, Any], int, Encoded]] = []
        """Dictionaries that were read whole, with how much was in them."""
        self.memos: list[Memo] = []
        """Those of which only that counts which they held before any call."""
        # What was replaced between the walk and the first question is asked about once.
        self._replaced = [-1]
        self._asked = 0
        self._compiled = 0
        self._questions = Questions()
        self._rest: tuple[Condition | None] | None = None
        self.quick: Condition | None = None
        """If true, this holds; if false, it has to be asked exactly. None until it was
        asked often enough for that to be worth its while."""

    # -- what a walk notes --------------------------------------------------------

    def binding(self, namespace: Mapping[str, object], name: str, meaning: object) -> None:
        """Hold while `name` means this very object, or is `ABSENT`."""
        if type(meaning) is LAZY_IMPORT:
            # To ask by name would import it.
            self._conditions.append(lambda: global_of(namespace, name) is meaning)
            return
        self.bindings(namespace)[name] = meaning

    def bindings(self, namespace: Mapping[str, object]) -> dict[str, object]:
        """Return where `binding` notes names of a namespace that are no lazy imports."""
        place = identity(namespace)
        known = self._names.get(place)
        if known is None:
            known = self._names[place] = (namespace, {})
        return known[1]

    def view(self, namespace: dict[str, object], names: AbstractSet[str]) -> None:
        """Hold while all of these names mean what they mean now, there or not there.

        Cost: of the fewer, names or members of the namespace. A walk may ask hundreds of
        modules about thousands of names.
        """
        for name in names & dict[str, object].keys(namespace):
            self.binding(namespace, name, namespace[name])
        self.absent(namespace, names)

    def absent(self, namespace: Mapping[str, object], names: AbstractSet[str]) -> None:
        """Hold while those of these names that are not there now are not there."""
        # Made like this, a subclass has no say; that of a class is a proxy, which has none.
        there = (
            dict[str, object].keys(namespace) if isinstance(namespace, dict) else namespace.keys()
        )
        absent = names - there
        self._conditions.append(lambda: there.isdisjoint(absent))

    def builtin(self, namespace: dict[str, object], name: str, meaning: object) -> None:
        """Hold while a name that is no global means this very builtin."""
        self.builtins(namespace)[name] = meaning

    def builtins(self, namespace: dict[str, object]) -> dict[str, object]:
        """Return where `builtin` notes names that are no globals of a namespace."""
        place = identity(namespace)
        known = self._builtins.get(place)
        if known is None:
            known = self._builtins[place] = (namespace, {})
        return known[1]

    def function(self, function: FunctionType, code: CodeType) -> None:
        """Hold while a function has this very code and these defaults."""
        keywords = function.__kwdefaults__
        self._functions[identity(function)] = (function, code, function.__defaults__, keywords)
        if keywords:
            self.items(keywords)

    def defaults_of(self, function: FunctionType) -> tuple[Defaults, KeywordDefaults]:
        """Return the defaults that a function had when it was met.

        To ask itself once more is audited, which takes longer.
        """
        return self._functions[identity(function)][2:]

    def module(self, module: ModuleType) -> None:
        """Hold while a module has this very class."""
        self._modules[identity(module)] = (module, type(module))

    def cell(self, cell: CellType) -> None:
        """Hold while a captured variable has this very content."""
        self._cells.append((cell, _content(cell)))

    def attributes(self, function: FunctionType) -> None:
        """Hold while a function has these very attributes of its own."""
        attributes = function.__dict__
        if attributes:
            self.items(attributes)
        else:
            self._empty.append(attributes)

    def attribute(self, function: FunctionType, name: str, value: object) -> None:
        """Hold while a function has this very object as its `__doc__` or the like."""
        functions, names, values = self._attributes
        functions.append(function)
        names.append(name)
        values.append(value)

    def empty(self, mapping: dict[str, object]) -> None:
        """Hold while a dictionary is empty."""
        self._empty.append(mapping)

    def items(self, mapping: dict[Any, Any]) -> None:
        """Hold while a dictionary has these very keys and values, in this order."""
        self._items.append((mapping, _same_dict(mapping)))

    def class_(self, kind: type) -> None:
        """Hold while a class has these very members."""
        now = members_of(kind)
        names, members = list(now), list(now.values())
        bases, metaclass = bases_of(kind), type(kind)

        def holds() -> bool:
            if bases_of(kind) is not bases or type(kind) is not metaclass:
                return False
            if len(now) == len(names) and all(map(is_, now, names)):
                return all(map(is_, now.values(), members))
            # What Python notes in a class for its own use is no change of it.
            before = dict(zip(names, members, strict=True))
            changed = {
                name
                for name in {*before, *now}
                if before.get(name, ABSENT) is not now.get(name, ABSENT)
            }
            return changed <= NO_MEMBER

        self._classes.append((kind, holds))

    def value(self, value: object, encoded: Encoded) -> None:
        """Hold while a mutable value has this content and leads to the same code."""
        content = _same_content(value, encoded)
        self._contents.append((value, encoded.changeable, content))
        if type(value) is dict:
            table = cast("dict[Any, Any]", value)
            self.tables.append((table, len(table), encoded))

    def memo(self, memo: Memo) -> None:
        """Hold while a dictionary has what it had before, and what calls have added."""
        self.memos.append(memo)
        self._conditions.append(memo.stands)

    def condition(self, condition: Condition) -> None:
        """Hold while `condition()` is true."""
        self._conditions.append(condition)

    def after_code(self, condition: Condition) -> None:
        """Hold while `condition()` is true, which only code of a module or cell can change."""
        self._after_code.append(condition)

    def parts(self) -> Iterator[object]:
        """Yield the mutable values that were looked at, and what in them can change."""
        for _, places, _ in self._contents:
            for _, part in places:
                yield part

    # -- what a call asks ---------------------------------------------------------

    def holds(self) -> bool:
        """Tell whether nothing that was looked at has changed since.

        Cost: some 8 ns for each name, more for each class and mutable value; large
        values are read whole.
        """
        quick = self.quick
        if quick is not None and quick():
            return True
        return self._holds_exactly()

    def without_replacements(self) -> Condition | None:
        """Return what `quick` asks beside `replacements`, or None if that is nothing.

        For who compares the number itself, which is cheaper than a call.
        """
        rest = self._rest
        if rest is None:
            rest = self._rest = (compiled(self._questions),)
        return rest[0]

    def _holds_exactly(self) -> bool:
        _count_replacements()
        now = _replaced[0]
        is_replaced = self._replaced[0] != now
        if is_replaced and not all(
            function.__code__ is code
            and function.__defaults__ is defaults
            and function.__kwdefaults__ is keywords
            for function, code, defaults, keywords in self._functions.values()
        ):
            return False
        if is_replaced and any(type(one) is not kind for one, kind in self._modules.values()):
            return False
        if is_replaced and not all(condition() for condition in self._after_code):
            return False
        if not (all(condition() for condition in self._exactly()) and self._same_contents()):
            return False
        self._replaced[0] = now
        self._asked += 1
        if self._asked >= _OFTEN and not is_replaced and self._compiled < _MAX_COMPILED:
            # What moved and holds all the same is where it is, from now on.
            self._compiled += 1
            # Without it everything is asked exactly, which is right and slower.
            with suppress(AssertionError, ValueError):
                self.quick = self._made_quick()
        return True

    def _exactly(self) -> Iterator[Condition]:
        """Yield the conditions but for those on mutable values."""
        for namespace, names in self._names.values():
            yield partial(_mean_the_same, namespace, names)
        for namespace, names in self._builtins.values():
            yield partial(_are_builtins, namespace, names)
        yield lambda: not any(self._empty)
        yield self._same_attributes
        yield lambda: all(_holds_content(*cell) for cell in self._cells)
        for _, condition in (*self._items, *self._classes):
            yield condition
        yield from self._conditions

    def _same_attributes(self) -> bool:
        functions, names, values = self._attributes
        return all(map(is_, map(getattr, functions, names), values))

    def _same_contents(self) -> bool:
        moved = False
        parts_now: list[tuple[Place, ...]] = []
        for _, before, content in self._contents:
            parts = content()
            if parts is None:
                return False
            moved = moved or parts is not before
            parts_now.append(parts)
        # Equal parts may have come in the place of others; what matters is what they
        # share with the rest.
        before_all = [before for _, before, _ in self._contents]
        return not moved or _shared(parts_now) == _shared(before_all)

    def _made_quick(self) -> Condition | None:
        """Return a function that asks whether everything is where it is now.

        None where there is too much for one function, or where parts of a value are made
        anew each time they are asked for, so that they are never where they were.
        """
        ask = Questions()
        self._ask_names(ask)
        for cell, content in self._cells:
            if content is ABSENT:
                ask.conditions.append(partial(_holds_content, cell, content))
            else:
                ask.cells.append((cell, content))
        ask.empty += self._empty
        for mapping, condition in self._items:
            ask.items(mapping, condition)
        for kind, condition in self._classes:
            members = {name: one for name, one in members_of(kind).items() if name not in NO_MEMBER}
            if not ask.class_(kind, members):
                ask.conditions.append(condition)
        for value, before, content in self._contents:
            if can_take_apart(value):
                ask.containers.append(value)
            else:
                ask.conditions.append(partial(_is_as_before, content, before))
        if self._attributes[0]:
            ask.conditions.append(self._same_attributes)
        ask.conditions += self._conditions
        is_too_much = ask.size > _TOO_MANY
        if is_too_much or any(content() is not before for _, before, content in self._contents):
            return None
        self._questions = ask
        self._rest = None
        return compiled(ask, (_replaced, self._replaced))

    def _ask_names(self, ask: Questions) -> None:
        for place, (namespace, names) in self._names.items():
            # That a builtin is meant says that no global is.
            builtins = self._builtins.get(place, ({}, {}))[1]
            rest = {
                name: meaning
                for name, meaning in names.items()
                if name not in builtins
                if meaning is ABSENT or not ask.name(namespace, name, meaning)
            }
            if rest:
                ask.conditions.append(_asks_by_name(namespace, rest))
        for namespace, names in self._builtins.values():
            for name, meaning in names.items():
                if not ask.name(namespace, name, meaning):
                    ask.conditions.append(partial(_are_builtins, namespace, {name: meaning}))


def _is_as_before(content: Content, before: tuple[Place, ...]) -> bool:
    return content() is before


def _mean_the_same(namespace: Mapping[str, object], names: dict[str, object]) -> bool:
    return all(global_of(namespace, name, ABSENT) is meaning for name, meaning in names.items())


def _are_builtins(namespace: dict[str, object], names: dict[str, object]) -> bool:
    builtins = builtins_of(namespace)
    return all(
        global_of(namespace, name, ABSENT) is ABSENT
        and global_of(builtins, name, ABSENT) is meaning
        for name, meaning in names.items()
    )


def _asks_by_name(namespace: Mapping[str, object], names: dict[str, object]) -> Condition:
    if type(namespace) is not dict or any(meaning is not ABSENT for meaning in names.values()):
        return partial(_mean_the_same, namespace, names)
    wanted = frozenset(names)
    # Goes through the smaller one of the two; made like this, a subclass has no say.
    there = dict[str, object].keys(cast("dict[str, object]", namespace))
    return lambda: there.isdisjoint(wanted)


def _same_content(value: object, encoded: Encoded) -> Content:
    """Return a function that gives the parts of a value, or None where it has changed."""
    before = encoded.changeable
    parts_before: list[object] | None = None
    """Known once somebody has asked: many a guard is never asked."""

    def parts() -> tuple[Place, ...] | None:
        nonlocal parts_before
        parts_now = taken_apart(value)
        if parts_now and parts_before and _are_the_same(parts_now, parts_before):
            return before
        try:
            now = encode(value)
        except NotDigestibleError:
            return None
        if now.digest != encoded.digest or len(now.references) != len(encoded.references):
            return None
        if len(now.cached) != len(encoded.cached):
            return None
        caches = zip(now.cached, encoded.cached, strict=True)
        if not all(one[0] is other[0] for one, other in caches):
            return None  # other answers, of the same function
        pairs = zip(now.references, encoded.references, strict=True)
        if not all(one.target is other.target for one, other in pairs):
            return None
        same = zip(now.changeable, before, strict=True)
        if not all(one[1] is other[1] for one, other in same):
            return now.changeable
        parts_before = parts_now
        return before

    return parts


def _are_the_same(one: list[object], other: list[object]) -> bool:
    return len(one) == len(other) and all(map(is_, one, other))


def _shared(values: list[tuple[Place, ...]]) -> list[list[int]]:
    """Return the places of parts that occur more than once."""
    places: dict[int, list[int]] = {}
    count = 0
    for parts in values:
        for place, part in parts:
            places.setdefault(identity(part), []).append(count + place)
        count += len(parts)
    return [found for found in places.values() if len(found) > 1]


def _same_dict(value: dict[Any, Any]) -> Condition:
    # Views show what is there when they are read; made like this, a subclass has no say.
    keys, items = dict[Any, Any].keys(value), dict[Any, Any].values(value)
    names, values = list(keys), list(items)
    size = len(names)
    return lambda: len(keys) == size and all(map(is_, keys, names)) and all(map(is_, items, values))


def _holds_content(cell: CellType, content: object) -> bool:
    return _content(cell) is content


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


# -- what can be replaced under a name ------------------------------------------------


_REPLACEABLE: Final = frozenset(
    {"__code__", "__defaults__", "__kwdefaults__", "__bases__", "__class__"}
)
_replaced = [0]
"""How often an attribute was assigned that says what a function or class is made of."""
Guard.replacements = _replaced
_hooked: list[bool] = []


def _count_replacements() -> None:
    """Count from now on; the hook stays for the life of the process."""
    if _hooked:
        return
    _hooked.append(True)
    listen({"object.__setattr__": _on_assigned})
    told_of_module_code.append(_on_module_code)


def _on_assigned(_: object, name: str, *_others: object) -> None:
    # CPython raises the event for exactly these attributes, on every version
    # (`Objects/funcobject.c`, `Objects/typeobject.c`).
    if name in _REPLACEABLE:
        _replaced[0] += 1


def _on_module_code() -> None:
    _replaced[0] += 1
