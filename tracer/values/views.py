"""Views: a value as its encoding sees it, with the parts named that went into it.

The handlers that write a digest are run once more, by an encoder that notes what they
hand to it. So what is compared is what was digested, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..kinds import identity
from .encoding import Encoder, attributes
from .flat import holders_in, written
from .nodes import AnyStep, Node, Step, step_now
from .shapes import Shape

Known = tuple[bytes, ...]
"""What tells a part apart from others: its digest, and those of the code in it."""


@dataclass(slots=True)
class View:
    """What was written of one value."""

    value: object
    items: list[tuple[Step, object]] = field(default_factory=list[tuple[Step, object]])
    """Parts, each under its step."""
    sets: list[list[object]] = field(default_factory=list[list[object]])
    """Parts that have no order."""
    code: list[tuple[Step, object]] = field(default_factory=list[tuple[Step, object]])
    """Functions, classes and modules that it holds itself."""
    rest: bytes = b""
    """What was written beside those."""
    inside: set[int] = field(default_factory=set[int])
    """Where among what was written the parts stand."""


class Viewer(Encoder):
    """An encoder that notes the parts of all that it writes."""

    def __init__(self) -> None:
        super().__init__(sentinels=False, content_only=True)
        self.views: dict[int, View] = {}
        self.view = View(None)

    def view_of(self, value: object) -> View:
        """Return what was written of a value that was met, or is plain data."""
        known = self.views.get(identity(value))
        if known is None:
            self._write(Node(value, None, "", made=True))
            known = self.view
        return known

    def known(self, value: object, meaning: Callable[[object], bytes]) -> Known | None:
        """Return what tells a part apart; None inside of values that contain themselves."""
        token = self._plain(value)
        if token is not None:
            return (token,)
        found = self.met[True].get(identity(value))
        if isinstance(found, Node):
            found = found.entered
        if found is None:
            return None
        return (found.digest, *(meaning(target) for target, _ in found.references))

    # -- what handlers write --------------------------------------------------------

    def _write(self, node: Node) -> None:
        self.view = self.views[identity(node.value)] = View(node.value)
        super()._write(node)
        view = self.view
        view.code = [(step_now(rope.step), target) for target, rope in node.references]
        parts = (part for at, part in enumerate(node.parts) if at not in view.inside)
        view.rest = b"".join(parts)

    def value(self, value: object, step: AnyStep = "") -> None:
        self._note(step, value)
        super().value(value, step)

    def sequence(self, tag: bytes, items: Sequence[object]) -> None:
        super().sequence(tag, items)
        self.view.inside.add(len(self.out) - len(items) - 1)  # the count tells no more

    def unordered(self, tag: bytes, items: Iterable[object]) -> None:
        members = list(items)
        super().unordered(tag, members)
        self.view.inside.add(len(self.out) - 1)
        self.view.sets.append(members)

    def state(self, held: dict[str, object]) -> None:
        if holders_in(held) is None:
            super().state(held)
        else:
            self.mark(b"flat", written(held))
            self.view.inside.add(len(self.out) - 1)
            self.view.items += attributes(held)

    def items(self, tag: bytes, items: list[Any], path: str = "") -> bool:
        are_atoms = super().items(tag, items, path)
        if are_atoms:
            self.view.inside.add(len(self.out) - 1)
            self.view.items += ((f"{path}[{at}]", item) for at, item in enumerate(items))
        return are_atoms

    def column(self, tag: bytes, digest: bytes, column: Any, path: str) -> None:
        super().column(tag, digest, column, path)
        self.view.inside.add(len(self.out) - 1)
        self.view.items += ((f"{path}[{at}]", item) for at, item in enumerate(column.tolist()))

    def _note(self, step: AnyStep, value: object) -> None:
        self.view.inside.add(len(self.out))
        self.view.items.append((step_now(step), value))

    def _shape(self, kind: type) -> Shape | None:  # noqa: ARG002
        return None  # instances are written by their handler, each with a view of its own

    def _code(self, value: object, step: AnyStep) -> bytes | None:  # noqa: ARG002
        return None  # so is code
