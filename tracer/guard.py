"""Guards: conditions, cheap to test, under which a graph may be used again.

A walk notes what it looked at: what each name meant, what each function and class was
made of, what each mutable value held. As long as all of that is the same, so is the
graph. Identity is asked wherever a thing cannot change and stay the same object;
only mutable values are digested again.

What makes it cheap:

* Names are asked by functions that are generated for it and run *in* the namespace they
  ask about, so that the interpreter's own caches do the work: some 10 ns a name, and a
  builtin that gets shadowed is noticed by the same instruction.
* Code, defaults and bases of functions and classes can only be replaced by an attribute
  assignment that is audited. A hook counts those; while the count stands, nobody looks.

Guards hold what they compare with by strong reference, so an `id` is never used twice.
"""

from __future__ import annotations

import keyword
import sys
from collections.abc import Callable, Mapping, Sequence
from operator import is_
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any, Final, cast

from .errors import NotDigestibleError
from .kinds import bases_of, global_of, is_one_of, members_of
from .meanings import NO_MEMBER
from .values import Encoded, Place, encode

ABSENT: Final = object()
"""Stands for a name that is not there."""

Condition = Callable[[], bool]


class Guard:
    """The conditions of one graph, collected while it was walked."""

    def __init__(self) -> None:
        self._names: dict[int, tuple[Mapping[str, object], dict[str, object]]] = {}
        self._builtins: dict[int, tuple[dict[str, object], dict[str, object]]] = {}
        self._functions: dict[int, tuple[FunctionType, tuple[object, ...]]] = {}
        self._modules: dict[int, tuple[ModuleType, type]] = {}
        self._empty: list[dict[str, object]] = []
        self._conditions: list[Condition] = []
        self._contents: list[tuple[tuple[Place, ...], Callable[[], tuple[Place, ...] | None]]] = []
        self._compiled: list[Condition] | None = None
        self._replaced = 0

    # -- what a walk notes --------------------------------------------------------

    def binding(self, namespace: Mapping[str, object], name: str, meaning: object) -> None:
        """Hold while `name` means this very object, or is `ABSENT`."""
        _, names = self._names.setdefault(id(namespace), (namespace, {}))
        names[name] = meaning

    def builtin(self, namespace: dict[str, object], name: str, meaning: object) -> None:
        """Hold while a name that is no global means this very builtin."""
        _, names = self._builtins.setdefault(id(namespace), (namespace, {}))
        names[name] = meaning

    def function(self, function: FunctionType) -> None:
        """Hold while a function has this very code and these defaults."""
        self._functions[id(function)] = (function, _made_of(function))
        if function.__kwdefaults__:
            self.items(function.__kwdefaults__)

    def module(self, module: ModuleType) -> None:
        """Hold while a module has this very class."""
        self._modules[id(module)] = (module, type(module))

    def cell(self, cell: CellType) -> None:
        """Hold while a captured variable has this very content."""
        content = _content(cell)
        self._conditions.append(lambda: _content(cell) is content)

    def attributes(self, function: FunctionType) -> None:
        """Hold while a function has these very attributes of its own."""
        attributes = function.__dict__
        if attributes:
            self.items(attributes)
        else:
            self._empty.append(attributes)

    def items(self, mapping: dict[Any, Any]) -> None:
        """Hold while a dictionary has these very keys and values, in this order."""
        self._conditions.append(_same_dict(mapping))

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

        self._conditions.append(holds)

    def value(self, value: object, encoded: Encoded) -> None:
        """Hold while a mutable value has this content and leads to the same code."""
        self._contents.append((encoded.changeable, _same_content(value, encoded)))

    def condition(self, condition: Condition) -> None:
        """Hold while `condition()` is true."""
        self._conditions.append(condition)

    # -- what a call asks ---------------------------------------------------------

    def holds(self) -> bool:
        """Tell whether nothing that was looked at has changed since.

        Cost: some 10 ns for each name, 50 ns and more for each class and mutable
        value; large values are read whole.
        """
        if self._compiled is None:
            self._compiled = self._compile()
        if self._replaced != _replaced[0]:
            now = _replaced[0]
            if any(_made_of(function) != made for function, made in self._functions.values()):
                return False
            if any(type(module) is not kind for module, kind in self._modules.values()):
                return False
            self._replaced = now
        for condition in self._compiled:
            if not condition():
                return False
        moved = False
        parts_now: list[tuple[Place, ...]] = []
        for before, content in self._contents:
            parts = content()
            if parts is None:
                return False
            moved = moved or parts is not before
            parts_now.append(parts)
        # Equal parts may have come in the place of others; what matters is what they
        # share with the rest.
        return not moved or _shared(parts_now) == _shared([before for before, _ in self._contents])

    def _compile(self) -> list[Condition]:
        _count_replacements()
        # What was replaced between the walk and now is asked about once.
        self._replaced = -1
        found: list[Condition] = []
        for namespace, names in self._names.values():
            plain = {
                name: meaning
                for name, meaning in names.items()
                if meaning is not ABSENT and name.isidentifier() and not keyword.iskeyword(name)
            }
            rest = names
            if _is_plain(namespace) and plain:
                found.append(_asks_in(cast(dict[str, object], namespace), plain))
                rest = {name: names[name] for name in names.keys() - plain.keys()}
            if rest:
                found.append(_asks_by_name(namespace, rest))
        found += (_asks_in(namespace, names) for namespace, names in self._builtins.values())
        if self._empty:
            found.append(_are_empty(self._empty))
        return found + self._conditions


def _is_plain(namespace: object) -> bool:
    return type(namespace) is dict


def _asks_in(namespace: dict[str, object], names: dict[str, object]) -> Condition:
    """Return a function that asks about global names where it runs.

    The objects to compare with are its captured variables, so that all it does is load
    and compare.
    """
    tests = [f"{name} is not _{number}_" for number, name in enumerate(names)]
    return _generated(tests, list(names.values()), namespace)


def _are_empty(containers: list[dict[str, object]]) -> Condition:
    """Return a function that asks whether all of these are still empty."""
    return _generated([f"_{number}_" for number in range(len(containers))], containers, {})


def _generated(
    tests: list[str], captured: Sequence[object], namespace: dict[str, object]
) -> Condition:
    """Return a function that is false where one of `tests` is true.

    Args:
        tests: expressions over globals of `namespace` and captured `_0_`, `_1_`, …
    """
    parameters = ", ".join(f"_{number}_" for number in range(len(captured)))
    lines = "".join(f"            if {test}: return False\n" for test in tests)
    scope: dict[str, Any] = {}
    exec(  # noqa: S102 - made of identifiers that code we trace has as names
        f"def make({parameters}):\n"
        f"    def holds():\n"
        f"        try:\n{lines}"
        f"            return True\n"
        f"        except NameError: return False\n"  # a name that was deleted
        f"    return holds",
        scope,
    )
    made: FunctionType = scope["make"](*captured)
    return FunctionType(made.__code__, namespace, "holds", None, made.__closure__)


def _asks_by_name(namespace: Mapping[str, object], names: dict[str, object]) -> Condition:
    items = tuple(names.items())

    def holds() -> bool:
        return all(global_of(namespace, name, ABSENT) is meaning for name, meaning in items)

    return holds


def _same_content(value: object, encoded: Encoded) -> Callable[[], tuple[Place, ...] | None]:
    """Return a function that gives the parts of a value, or None where it has changed."""
    conditions = _containers(value)
    before = encoded.changeable

    def parts() -> tuple[Place, ...] | None:
        if conditions is not None and all(condition() for condition in conditions):
            return before
        try:
            now = encode(value)
        except NotDigestibleError:
            return None
        if now.digest != encoded.digest or len(now.references) != len(encoded.references):
            return None
        pairs = zip(now.references, encoded.references, strict=True)
        if not all(one.target is other.target for one, other in pairs):
            return None
        same = zip(now.changeable, before, strict=True)
        return before if all(one[1] is other[1] for one, other in same) else now.changeable

    return parts


def _shared(values: list[tuple[Place, ...]]) -> list[list[int]]:
    """Return the places of parts that occur more than once."""
    places: dict[int, list[int]] = {}
    count = 0
    for parts in values:
        for place, part in parts:
            places.setdefault(id(part), []).append(count + place)
        count += len(parts)
    return [found for found in places.values() if len(found) > 1]


_MAX_ITEMS: Final = 64


def _containers(value: object) -> list[Condition] | None:
    """Return conditions that a small container has the very items it had, at all depths.

    None where an item could change and stay the same object, or where there are too
    many: then the value has to be digested.
    """
    found: list[Condition] = []
    queue: list[object] = [value]
    count = 0
    for one in queue:
        if type(one) is list:
            items = list(cast(list[object], one))
            found.append(_same_list(cast(list[object], one), items))
        elif type(one) is dict:
            mapping = cast(dict[object, object], one)
            items = [*mapping, *mapping.values()]
            found.append(_same_dict(mapping))
        elif is_one_of(type(one), _FIXED):
            continue
        else:
            return None
        queue += items
        count += len(items)
        if count > _MAX_ITEMS:
            return None
    return found


_FIXED: Final = frozenset(
    {
        bool,
        int,
        float,
        complex,
        str,
        bytes,
        type(None),
        FunctionType,
        BuiltinFunctionType,
        type,
        ModuleType,
    }
)
"""Types whose instances are what they are, or are guarded by themselves."""


def _same_list(value: list[object], items: list[object]) -> Condition:
    size = len(items)
    return lambda: len(value) == size and all(map(is_, value, items))


def _same_dict(value: dict[Any, Any]) -> Condition:
    # Views show what is there when they are read; made like this, a subclass has no say.
    keys, items = dict[Any, Any].keys(value), dict[Any, Any].values(value)
    names, values = list(keys), list(items)
    size = len(names)
    return lambda: len(keys) == size and all(map(is_, keys, names)) and all(map(is_, items, values))


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT


# -- what can be replaced under a name ------------------------------------------------


class _Made(tuple[object, ...]):
    """What a function is made of, compared by identity."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Made) and all(map(is_, self, other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


def _made_of(function: FunctionType) -> _Made:
    return _Made((function.__code__, function.__defaults__, function.__kwdefaults__))


_REPLACEABLE: Final = frozenset(
    {"__code__", "__defaults__", "__kwdefaults__", "__bases__", "__class__"}
)
_replaced = [0]
"""How often an attribute was assigned that says what a function or class is made of."""
_hooked: list[bool] = []


def _count_replacements() -> None:
    """Count from now on; the hook stays for the life of the process."""
    if _hooked:
        return
    _hooked.append(True)
    sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    # CPython raises the event for exactly these attributes, on every version
    # (`Objects/funcobject.c`, `Objects/typeobject.c`).
    if event == "object.__setattr__" and arguments[1] in _REPLACEABLE:
        _replaced[0] += 1
