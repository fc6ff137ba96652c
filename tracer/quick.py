"""Guards as one generated function: what hardly ever fails, asked as cheaply as Python can.

The function asks whether the very same objects are still where they were. True means
that the guards hold; false means no more than that they have to be asked exactly.

What makes it cheap is that it runs *in* what it asks about. Its globals are the
namespace of a module, or the dictionary of a class, and its captured variables are
those of the functions that were traced, so that the interpreter's own caches do the
work: some 8 ns a name, and a builtin that gets shadowed is noticed by the same
instruction. Small containers are taken apart by assignment and compared part by part.

Compares by identity alone, so it calls no method of the program's objects.
"""

from __future__ import annotations

import dataclasses
import gc
import keyword
import opcode
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, field
from functools import partial
from operator import attrgetter, is_
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GenericAlias,
    MappingProxyType,
    ModuleType,
    UnionType,
)
from typing import Any, Final, cast

from .kinds import dict_getter_of, dict_of
from .values import has_only_attributes

Condition = Callable[[], bool]

_OWN: Final = "_xt_"
"""What names begin with that are ours and not the program's."""

_FEW: Final = 8

_MAX_PARTS: Final = 64
"""Containers that hold more, at all depths, are not taken apart."""


@dataclass(slots=True)
class Questions:
    """What the function is to ask."""

    namespaces: dict[int, tuple[dict[str, object], dict[str, object]]] = field(
        default_factory=dict[int, tuple[dict[str, object], dict[str, object]]]
    )
    """Names that mean an object, by the namespace they are looked up in."""
    cells: list[tuple[CellType, object]] = field(default_factory=list[tuple[CellType, object]])
    """Captured variables with what is in them; they are not empty."""
    empty: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    mappings: list[dict[Any, Any]] = field(default_factory=list[dict[Any, Any]])
    """Small dictionaries that have the very keys and values they had, in this order."""
    containers: list[object] = field(default_factory=list[object])
    """Values that have the very parts they had, at all depths; see `can_take_apart`."""
    conditions: list[Condition] = field(default_factory=list[Condition])
    """Anything else."""

    @property
    def size(self) -> int:
        """How much is asked, more or less."""
        names = sum(len(names) for _, names in self.namespaces.values())
        others = (self.cells, self.mappings, self.containers, self.conditions)
        return names + sum(map(len, others))

    def name(self, namespace: Mapping[str, object], name: str, meaning: object) -> bool:
        """Ask whether a name means this very object; tell whether it can be asked so."""
        if type(namespace) is not dict or not _is_name(name):
            return False
        plain = cast("dict[str, object]", namespace)
        self.namespaces.setdefault(id(plain), (plain, {}))[1][name] = meaning
        return True

    def class_(self, kind: type, members: dict[str, object]) -> bool:
        """Ask whether a class has these very members, and how many there are."""
        held = _dictionary_of(kind)
        if held is None or not all(self.name(held, *member) for member in members.items()):
            return False
        self.conditions.append(_has_length(held))
        return True

    def items(self, mapping: dict[Any, Any], condition: Condition) -> None:
        """Ask whether a dictionary is as it was; by `condition`, if it is large."""
        if len(mapping) > _MAX_PARTS // 2:
            self.conditions.append(condition)
        else:
            self.mappings.append(mapping)


def compiled(
    questions: Questions, counts: tuple[list[int], list[int]] | None = None
) -> Condition | None:
    """Return the function that asks all of it, and first whether two counts are equal.

    None where there is nothing to ask.
    """
    parts = [part for names in questions.namespaces.values() for part in _asks_names(*names)]
    parts += _asks_containers(questions)
    parts += _asks_cells(questions.cells)
    # The one with the most to ask goes first, and calls the others.
    parts.sort(key=lambda part: -part.size)
    body = parts.pop(0) if parts else _Body({})
    if counts is not None:
        counter, counted = map(body.captured, counts)
        body.first(f"if {counter}[0] != {counted}[0]: return False")
    if len(questions.empty) <= _FEW:
        for mapping in questions.empty:  # a third of the price, as long as they are few
            body.line(f"if {body.captured(mapping)}: return False")
    else:
        asks = f"{body.captured(any)}({body.captured(tuple(questions.empty))})"
        body.line(f"if {asks}: return False")
    for condition in (*(part.function() for part in parts), *questions.conditions):
        body.line(f"if not {body.captured(condition)}(): return False")
    return body.function() if body.asks else None


def can_take_apart(value: object) -> bool:
    """Tell whether identity of its parts, at all depths, says that a value is the same."""
    return taken_apart(value) is not None


def taken_apart(value: object) -> list[object] | None:
    """Return the parts of a value at all depths, by whose identity it is the same.

    None where a part can change and stay the same object, or where there are too many.
    """
    queue: list[object] = [value]
    sizes: list[object] = []
    for one in queue:
        kind = type(one)
        if kind is str or kind is int:  # as most are; the others take longer to tell
            continue
        held: Any = one  # no `cast`, which is a call
        if kind is list or kind is set:
            items = [*held]
            queue += items
            sizes.append(len(items))
        elif kind is dict:
            queue += [*held, *held.values()]
            sizes.append(len(held))
        elif is_fixed(one):
            continue
        elif kind is tuple:
            queue += held
            sizes.append(len(held))
        elif kind is Field:
            parts = _PARTS_OF_FIELD(one)
            queue += [part for part in parts if not is_fixed(part)]
            sizes += parts
        else:
            if id(kind) not in _ALIASES and not has_only_attributes(kind):
                return None
            attributes = dict_of(one) or {}
            queue += [*attributes, *attributes.values()]
            sizes += (kind, len(attributes))
        if len(queue) > _MAX_PARTS:
            return None
    # Small integers are one object each, so sizes can be compared like parts.
    return queue + sizes


def is_fixed(value: object) -> bool:
    """Tell whether a value is what it is as long as it is the same object."""
    kind = type(value)
    if kind is tuple or kind is frozenset:
        return all(map(is_fixed, cast(tuple[object, ...], value)))
    place = id(kind)
    if place in _MADE_OF_TYPES:
        return all(map(is_fixed, gc.get_referents(value)))
    return place in _FIXED or any(value is one for one in _SINGLE)


_MADE_OF_TYPES: Final = frozenset(map(id, (GenericAlias, UnionType)))

_FIXED: Final = frozenset(
    map(
        id,
        (
            *(bool, int, float, complex, str, bytes, type(None)),
            *(FunctionType, BuiltinFunctionType, type, ModuleType),
        ),
    )
)
"""Types whose instances are what they are, or are guarded by themselves; by identity, since
a metaclass may have its own `__hash__`."""


_PARTS_OF_FIELD: Final[Callable[[Any], tuple[object, ...]]] = attrgetter(
    "name", "default", "default_factory", "init", "repr", "hash", "compare", "metadata",
    "kw_only", "_field_type.name",
)  # fmt: skip
"""What a field of a dataclass is encoded by."""

_SINGLE: Final[tuple[object, ...]] = (
    MISSING,
    getattr(dataclasses, "_HAS_DEFAULT_FACTORY", MISSING),
    # Shared by all fields that were given none; nothing else leads to the dictionary behind.
    cast("Field[Any]", field()).metadata,
    *(typing.Union, typing.Literal, typing.ClassVar, typing.Final, typing.Any),
)
"""What is itself, and holds nothing that anybody changes."""

_ALIASES: Final = frozenset(
    id(type(alias))
    for alias in (typing.Optional[int], typing.List[int], typing.Literal[1])  # noqa: UP006, UP045
)
"""Types of what `typing` makes of types, which is told by its attributes."""


def _asks_names(namespace: dict[str, object], names: dict[str, object]) -> Iterator[_Body]:
    items = list(names.items())
    for start in range(0, len(items), _MAX_CONSTANTS):
        body = _Body(namespace)
        for name, meaning in items[start : start + _MAX_CONSTANTS]:
            body.same(name, meaning)
        yield body


def _asks_containers(questions: Questions) -> Iterator[_Body]:
    body = _Body({})
    deep = ((container, True) for container in questions.containers)
    shallow = ((mapping, False) for mapping in questions.mappings)
    for container, is_deep in (*deep, *shallow):
        if body.size + _MAX_PARTS > _MAX_CONSTANTS:
            yield body
            body = _Body({})
        body.container(container, deep=is_deep)
    if body.asks:
        yield body


def _asks_cells(cells: list[tuple[CellType, object]]) -> Iterator[_Body]:
    """Yield bodies whose captured variables are those of the program."""
    for start in range(0, len(cells), _MAX_CONSTANTS):
        body = _Body({})
        for cell, content in cells[start : start + _MAX_CONSTANTS]:
            body.same(body.cell(cell), content)
        yield body


class _Body:
    """The lines of a generated function, and the objects that it knows.

    Objects to compare with are constants of its code. The compiler takes no such
    constants, so it is given `...`, and the code is told afterwards what each of them
    is. They are a third of the price of captured variables, which are copied into the
    frame at every call.
    """

    def __init__(self, namespace: dict[str, object]) -> None:
        self._namespace = namespace
        self._lines: list[str] = []
        self._constants: list[object] = []
        self._cells: dict[str, CellType] = {}
        self._locals = 0

    @property
    def size(self) -> int:
        """How many objects it compares."""
        return len(self._constants)

    @property
    def asks(self) -> bool:
        """Whether it asks anything."""
        return bool(self._lines)

    def first(self, text: str) -> None:
        """Add a statement before all others."""
        self._lines.insert(0, text)

    def line(self, text: str) -> None:
        """Add a statement."""
        self._lines.append(text)

    def captured(self, value: object) -> str:
        """Return the name under which the function knows an object."""
        return self.cell(CellType(value))

    def cell(self, cell: CellType) -> str:
        """Return the name under which the function knows what is in a cell."""
        name = f"{_OWN}c{len(self._cells)}"
        self._cells[name] = cell
        return name

    def same(self, name: str, meaning: object) -> None:
        """Ask whether a name means this very object."""
        if _can_be_constant(meaning):
            self._constants.append(meaning)
            self.line(f"if {name} is not ...: return False")
        else:
            self.line(f"if {name} is not {self.captured(meaning)}: return False")

    def container(self, value: object, *, deep: bool) -> None:
        """Ask whether a container has the very items it has now, or all its parts."""
        name = self.captured(value)
        if type(value) is list or type(value) is set:
            self._items(name, [*cast(list[object], value)], deep=deep)
            return
        if type(value) is tuple:
            self._inside(cast(tuple[object, ...], value))
            return
        if type(value) is Field:
            parts = _PARTS_OF_FIELD(value)
            self.line(f"if not {self.captured(partial(_has_parts, value, parts))}(): return False")
            self._inside(parts)
            return
        if type(value) is not dict:
            get = dict_getter_of(type(value))
            if get is None:
                return  # no dictionary, no attributes
            value, name = get(value), f"{self.captured(get)}({name})"
        mapping = cast(dict[object, object], value)
        held = f"{_OWN}d{len(self._cells)}"
        self.line(f"{held} = {name}")
        self._items(held, list(mapping), deep=deep)
        values = f"{self.captured(dict[Any, Any].values)}({held})"
        self._items(values, list(mapping.values()), deep=deep)

    def _items(self, source: str, items: Sequence[object], *, deep: bool) -> None:
        if not items:
            self.line(f"for _ in {source}: return False")
            return
        # Taking apart fails unless there are just as many.
        names = [f"{_OWN}v{self._locals + index}" for index in range(len(items))]
        self._locals += len(items)
        self.line(f"{', '.join(names)}, = {source}")
        for name, item in zip(names, items, strict=True):
            self.same(name, item)
        if deep:
            self._inside(items)

    def _inside(self, items: Sequence[object]) -> None:
        for item in items:
            if not is_fixed(item):
                self.container(item, deep=True)

    def function(self) -> Condition:
        """Return the function, running in its namespace."""
        lines = "".join(f"            {line}\n" for line in self._lines)
        scope: dict[str, Any] = {}
        source = (
            f"def make({', '.join(self._cells)}):\n"
            f"    def holds():\n"
            f"        try:\n{lines}"
            f"            return True\n"
            # A name that was deleted, a container of another size.
            f"        except (NameError, ValueError): return False\n"
            f"    return holds"
        )
        # It runs among the names of the user, so its file says that it is ours.
        made = compile(source, f"{__file__}:made", "exec", dont_inherit=True)
        exec(made, scope)  # noqa: S102 - of identifiers that code we trace has as names
        code: CodeType = next(
            one for one in scope["make"].__code__.co_consts if isinstance(one, CodeType)
        )
        closure = tuple(self._cells[name] for name in code.co_freevars)
        return FunctionType(
            _with_constants(code, self._constants), self._namespace, "holds", None, closure
        )


_LOAD_CONST: Final = opcode.opmap["LOAD_CONST"]
_MAX_CONSTANTS: Final = 200
"""So that each constant is named by one byte, beside the few that are there anyway."""


def _can_be_constant(value: object) -> bool:
    """Tell whether code can have this very object as a constant.

    Text that could be a name is replaced by its interned twin when code is made, also in
    tuples, which are changed for that.
    """
    kind = type(value)
    if kind is str:
        return _ANY_CODE.replace(co_consts=(value,)).co_consts[0] is value
    return kind is not tuple and kind is not frozenset


_ANY_CODE: Final = (lambda: None).__code__


def _with_constants(code: CodeType, constants: list[object]) -> CodeType:
    """Return code in which each `...` is the next of these constants."""
    if not constants:
        return code
    known = code.co_consts
    placeholder = next(n for n, one in enumerate(known) if one is ...)
    units = bytearray(code.co_code)
    number = len(known)
    for place in range(0, len(units), 2):
        if units[place] == _LOAD_CONST and units[place + 1] == placeholder:
            units[place + 1] = number
            number += 1
    if number != len(known) + len(constants):
        raise AssertionError("the compiler loads constants in a way that is not known")
    made = code.replace(co_code=bytes(units), co_consts=(*known, *constants))
    if not all(map(is_, made.co_consts[len(known) :], constants)):
        raise AssertionError("code does not keep its constants as they are")
    return made


def _has_parts(one: object, parts: tuple[object, ...]) -> bool:
    return all(map(is_, _PARTS_OF_FIELD(one), parts))


def _has_length(held: dict[str, object]) -> Condition:
    size = len(held)
    return lambda: len(held) == size


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith(_OWN)


def _dictionary_of(kind: type) -> dict[str, object] | None:
    """Return the dictionary behind the view that `__dict__` of a class is.

    Only looked at. What a view refers to is found by the garbage collector's own means.
    """
    view = type.__dict__["__dict__"].__get__(kind)
    if type(view) is not MappingProxyType:
        return None
    found = gc.get_referents(view)
    held = found[0] if len(found) == 1 else None
    return cast("dict[str, object]", held) if type(held) is dict else None
