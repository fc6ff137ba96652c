"""Nodes: values on their way to a digest, and the paths to what they hold.

A node is what was written of a value, with places left open for the values inside.
Knows nothing of types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, final

from ..kinds import identity
from .flat import ATOMS
from .places import Places


@final
class Later:
    """Text that is made when it is asked for."""

    __slots__ = ("text",)

    def __init__(self, text: Callable[[], str]) -> None:
        self.text = text


Step = str | int | tuple[object, ...]
"""How a part is reached: text as it is shown, an index, or the key of a dictionary.

To the key itself it is that with a mark behind.
"""
AnyStep = Step | Later


def step_now(step: AnyStep) -> Step:
    """Return a step with its text."""
    return step.text() if isinstance(step, Later) else step


def size_token(size: int) -> bytes:
    """Return how lengths, counts and numbers are written."""
    return _SHORT[size] if size < 256 else size.to_bytes(8, "little")  # noqa: PLR2004


_SHORT: Final = [size.to_bytes(8, "little") for size in range(256)]


class Rope:
    """A path on its way, from the inside out."""

    __slots__ = ("rest", "step")

    def __init__(self, step: AnyStep, rest: Rope | None = None) -> None:
        self.step = step
        self.rest = rest


class Done:
    """A value that was digested."""

    __slots__ = ("digest", "keys", "places", "references", "value")

    def __init__(
        self,
        value: object,
        digest: bytes,
        references: list[tuple[object, Rope]],
        places: Places | None,
    ) -> None:
        self.value = value  # kept, so that its id is not used again
        self.digest = digest
        self.references = references
        self.places = places
        self.keys: tuple[bytes, ...] | None = None


class Slot:
    """A place in what is written of a value, for another value."""

    __slots__ = ("found", "made", "position", "step", "value")

    def __init__(self, position: int, step: AnyStep, value: object, *, made: bool) -> None:
        self.position = position
        self.step = step
        self.value = value
        self.made = made
        self.found: Done | Node | None = None


class Group:
    """A place for the members of a set."""

    __slots__ = ("position", "slots", "texts")

    def __init__(self, position: int) -> None:
        self.position = position
        self.texts: list[bytes] = []
        self.slots: list[Slot] = []


class Node:
    """A value that is being written."""

    __slots__ = (
        "at",
        "component",
        "entered",
        "groups",
        "is_cyclic",
        "low",
        "made",
        "numbers",
        "open",
        "order",
        "parent",
        "parts",
        "places",
        "references",
        "slots",
        "step",
        "value",
    )

    def __init__(self, value: object, parent: Node | None, step: AnyStep, *, made: bool) -> None:
        self.value = value
        self.parent = parent
        self.step = step
        self.made = made
        self.parts: list[bytes] = []
        self.slots: list[Slot] = []
        """Values inside, those of sets included."""
        self.groups: list[Group] = []
        self.references: list[tuple[object, Rope]] = []
        self.numbers: dict[int, int] = {}
        self.places = None if made else Places()
        self.open: list[Slot] = []
        """Values inside that lead back here, those of sets not included."""
        self.at = 0
        self.order = -1
        self.low = -1
        self.entered: Done | None = None
        self.is_cyclic = False
        self.component: Any = None

    def refer(self, target: object, rope: Rope) -> int:
        """Return the number of a reference in what is written of this value."""
        number = self.numbers.get(identity(target))
        if number is None:
            number = self.numbers[identity(target)] = len(self.numbers)
            self.references.append((target, rope))
        return number


def shown_path(rope: Rope | None) -> str:
    """Return a path as it is shown."""
    steps: list[str] = []
    while rope is not None:
        step = rope.step
        steps.append(step if isinstance(step, str) else _shown_step(step))
        rope = rope.rest
    return "".join(steps)


def _shown_step(step: int | tuple[object, ...] | Later) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    if isinstance(step, Later):
        return step.text()
    key, *is_key = step
    shown = repr(key) if identity(type(key)) in ATOMS or type(key) is bytes else "…"
    return f".keys()[{shown}]" if is_key else f"[{shown}]"
