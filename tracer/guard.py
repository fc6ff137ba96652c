"""Guards: conditions, cheap to test, under which a graph may be used again.

A walk notes what it looked at: what each name meant, what each function and class was
made of, what each mutable value held. As long as all of that is the same, so is the
graph. Identity is asked wherever a thing cannot change and stay the same object;
only mutable values are digested again.

Guards hold what they compare with by strong reference, so an `id` is never used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import CellType, FunctionType
from typing import Any, Final

from .errors import NotDigestibleError
from .values import Encoded, encode

ABSENT: Final = object()
"""Stands for a name that is not there."""

Condition = Callable[[], bool]


@dataclass(slots=True)
class Guard:
    """The conditions of one graph, collected while it was walked."""

    _bindings: dict[int, tuple[Mapping[str, object], dict[str, object]]] = field(
        default_factory=dict[int, tuple[Mapping[str, object], dict[str, object]]]
    )
    _conditions: list[Condition] = field(default_factory=list[Condition])
    _functions: list[tuple[FunctionType, Any, Any, Any]] = field(
        default_factory=list[tuple[FunctionType, Any, Any, Any]]
    )

    def binding(self, namespace: Mapping[str, object], name: str, meaning: object) -> None:
        """Hold while `name` means this very object, or is `ABSENT`."""
        _, names = self._bindings.setdefault(id(namespace), (namespace, {}))
        names[name] = meaning

    def function(self, function: FunctionType) -> None:
        """Hold while a function has this code, these defaults, and these cells' contents."""
        self._functions.append(
            (function, function.__code__, function.__defaults__, function.__kwdefaults__)
        )
        if function.__kwdefaults__:
            for name, value in function.__kwdefaults__.items():
                self.binding(function.__kwdefaults__, name, value)

    def cell(self, cell: CellType) -> None:
        """Hold while a captured variable has this very content."""
        content = _content(cell)
        self._conditions.append(lambda: _content(cell) is content)

    def class_(self, kind: type) -> None:
        """Hold while a class has these very members and bases."""
        members, bases = dict(kind.__dict__), kind.__bases__
        size = len(members)

        def holds() -> bool:
            now = kind.__dict__
            if len(now) != size or kind.__bases__ != bases:
                return False
            return all(now.get(name, ABSENT) is member for name, member in members.items())

        self._conditions.append(holds)

    def value(self, value: object, encoded: Encoded) -> None:
        """Hold while a mutable value has this content and leads to the same code."""

        def holds() -> bool:
            try:
                now = encode(value)
            except NotDigestibleError:
                return False
            if now.digest != encoded.digest or len(now.references) != len(encoded.references):
                return False
            pairs = zip(now.references, encoded.references, strict=True)
            return all(one.target is other.target for one, other in pairs)

        self._conditions.append(holds)

    def condition(self, condition: Condition) -> None:
        """Hold while `condition()` is true."""
        self._conditions.append(condition)

    def holds(self) -> bool:
        """Tell whether nothing that was looked at has changed since.

        Cost: some 40 ns for each name and function; mutable values are read whole.
        """
        for namespace, names in self._bindings.values():
            get = namespace.get
            for name, meaning in names.items():
                if get(name, ABSENT) is not meaning:
                    return False
        for function, code, defaults, keyword_defaults in self._functions:
            if (
                function.__code__ is not code
                or function.__defaults__ is not defaults
                or function.__kwdefaults__ is not keyword_defaults
            ):
                return False
        return all(condition() for condition in self._conditions)


def _content(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:
        return ABSENT
