"""Values that contain themselves: digests of what leads back to itself.

A cycle is written as the way back to where it closes, counted in values: a list that
holds itself differs from one that holds a list which holds the first. Written out like
this, values that lead to each other in many ways would take forever. Where that takes
more than `_UNFOLDED` values, they are told apart by refinement instead, as the nodes of
a dependency graph are.

Neither shows what is shared, and which of them is used depends on content alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, cast

from .. import hashing
from ..kinds import identity
from .nodes import Done, Node, Rope, Slot, size_token
from .places import Places, Unordered

_UNFOLDED: Final = 500
"""Ways back that are written out for a cycle, and ways further in."""


class Component:
    """Values that all lead to each other."""

    def __init__(self, members: list[Node], order: Callable[[object], bytes]) -> None:
        self.members = members
        self.order = order
        self.ambiguous = False
        """Code in a set was left in the order in which the set has it."""
        self.refined: dict[tuple[int, ...], dict[int, bytes]] = {}
        self.first: dict[int, bytes] | None = None
        self.targets = self._targets()
        """The code that all members lead to, if it has an order that all agree on."""

    def entered(self, node: Node) -> Done:
        """Return what stands for these values where `node` is met from outside."""
        if node.entered is None:
            targets = self.targets if self.targets is not None else self._references(node)
            numbers = {identity(target): number for number, (target, _) in enumerate(targets)}
            digest = self._unfolded(node, numbers) or self._coloured(node, numbers)
            node.entered = Done(node.value, digest, targets, node.places)
        return node.entered

    def settle(self) -> None:
        """Note which parts can change."""
        for node in self.members:
            for group in node.groups:
                opened = [slot for slot in group.slots if type(slot.found) is Node]
                if node.places is not None and opened:
                    alike: dict[bytes, list[Places]] = {}
                    for slot in self._sorted(opened):
                        member = cast(Node, slot.found)
                        if member.places is not None:
                            colour = self._first_colours()[identity(member)]
                            alike.setdefault(colour, []).append(member.places)
                    node.places.inner.append(Unordered(list(alike.values())))

        found = [(node.places, node.value) for node in self.members if node.places is not None]
        for places, _ in found:
            places.size = len(places.itself)
        before = -1
        while before != (before := sum(places.size for places, _ in found)):
            # Tuples of tuples that lead back here: a few rounds, since sizes have an end.
            for places, value in found:
                places.settle(value, changes=bool(places.itself))

    def _targets(self) -> list[tuple[object, Rope]] | None:
        """Return the code that members hold, by who holds it; None where that is no order."""
        found: dict[int, tuple[object, Rope]] = {}
        for node in self.members:
            for target, rope in node.references:
                found.setdefault(identity(target), (target, rope))
        if len(found) < 2:  # noqa: PLR2004
            return list(found.values())
        colours = self._first_colours()
        held_by: dict[int, set[bytes]] = {one: set() for one in found}
        for node in self.members:
            for number, (target, _) in enumerate(node.references):
                held_by[identity(target)].add(colours[identity(node)] + size_token(number))
        keys = {one: b"".join(sorted(holders)) for one, holders in held_by.items()}
        if len(set(keys.values())) < len(found):
            return None
        return [found[one] for one in sorted(found, key=lambda one: keys[one])]

    def _references(self, entry: Node) -> list[tuple[object, Rope]]:
        """Return the code that is reached from a member, in the order in which it is met."""
        found: dict[int, tuple[object, Rope]] = {}
        came_by: dict[int, tuple[Node, Slot] | None] = {}
        work: list[tuple[Node, tuple[Node, Slot] | None]] = [(entry, None)]
        while work:
            node, came = work.pop()
            if identity(node) in came_by:
                continue
            came_by[identity(node)] = came
            for target, inner in node.references:
                if identity(target) not in found:
                    at, rope = node, inner
                    while (step := came_by[identity(at)]) is not None:
                        at, slot = step
                        rope = Rope(slot.step, rope)
                    found[identity(target)] = (target, rope)
            inside = reversed(self._opened(node))
            work += ((cast(Node, slot.found), (node, slot)) for slot in inside)
        return list(found.values())

    def _opened(self, node: Node) -> list[Slot]:
        """Return the values inside of one that lead back to it, in an order of their own."""
        opened = list(node.open)
        for group in node.groups:
            opened += self._sorted([slot for slot in group.slots if type(slot.found) is Node])
        return opened

    def _sorted(self, slots: list[Slot]) -> list[Slot]:
        if len(slots) < 2:  # noqa: PLR2004
            return slots
        colours = self._first_colours()
        ordered = sorted(slots, key=lambda slot: colours[identity(slot.found)])
        for one, other in pairwise(ordered):
            if colours[identity(one.found)] == colours[identity(other.found)]:
                self.ambiguous |= bool(cast(Node, one.found).references)
        return ordered

    def _first_colours(self) -> dict[int, bytes]:
        """Tell members apart by what they are and what their code is called."""
        if self.first is None:
            order = self.order
            self.first = self._refine(
                lambda node: b"".join(
                    size_token(len(key)) + key
                    for key in (order(target) for target, _ in node.references)
                )
            )
        return self.first

    def _unfolded(self, entry: Node, numbers: Mapping[int, int]) -> bytes | None:
        """Write a cycle as far as it goes before it closes; None if that is too far."""
        if len(self.members) > _UNFOLDED:
            return None
        count = 0
        levels: dict[int, int] = {}
        work: list[tuple[Node, list[Slot], dict[int, bytes]]] = []
        node: Node | None = entry
        while True:
            if node is not None:
                levels[identity(node)] = len(work)
                work.append((node, self._opened(node), {}))
                node = None
                count += len(work[-1][1])
                if count > _UNFOLDED:
                    return None
            at, opened, tokens = work[-1]
            if len(tokens) < len(opened):
                slot = opened[len(tokens)]
                level = levels.get(identity(slot.found))
                if level is None:
                    node = cast(Node, slot.found)
                else:
                    tokens[identity(slot)] = b"\1^" + size_token(len(work) - level)
                continue
            work.pop()
            del levels[identity(at)]
            content = _content(at, _numbered(at, numbers), lambda one, by=tokens: by[identity(one)])
            if not work:
                return hashing.digest(b"\5cycle" + content)
            _, opened, tokens = work[-1]
            tokens[identity(opened[len(tokens)])] = b"\1u" + hashing.digest(content)

    def _coloured(self, entry: Node, numbers: Mapping[int, int]) -> bytes:
        """Stand for a member by what it is among all of them."""
        colours = self.refined.get(tuple(numbers))
        if colours is None:
            colours = self._refine(lambda node: _numbered(node, numbers))
            whole = b"".join(sorted(set(colours.values())))
            colours = {
                one: hashing.digest(b"\6colour" + colour + whole) for one, colour in colours.items()
            }
            self.refined[tuple(numbers)] = colours
        return colours[identity(entry)]

    def _refine(self, head: Callable[[Node], bytes]) -> dict[int, bytes]:
        """Mix each member with those inside until no two that differ look alike."""
        heads = {identity(node): head(node) for node in self.members}
        colours = dict.fromkeys(heads, bytes(16))
        distinct = 0
        while True:
            before = colours
            colours = {
                identity(node): hashing.digest(
                    _content(
                        node,
                        heads[identity(node)],
                        lambda slot, by=before: b"\1c" + by[identity(slot.found)],
                    )
                )
                for node in self.members
            }
            known, distinct = distinct, len(set(colours.values()))
            if distinct == known:
                return colours


def close_component(members: list[Node], order: Callable[[object], bytes]) -> Component:
    """Note that values lead to each other and to no others that are not digested.

    Args:
        order: gives bytes by which code in a set is put in an order of its own.
    """
    component = Component(members, order)
    for member in members:
        member.component = component
    component.settle()
    return component


def _numbered(node: Node, numbers: Mapping[int, int]) -> bytes:
    return b"".join([size_token(numbers[identity(target)]) for target, _ in node.references])


def _content(node: Node, head: bytes, token: Callable[[Slot], bytes]) -> bytes:
    """Return what is written of a member, given what is written of those inside."""
    parts = list(node.parts)
    for slot in node.open:
        parts[slot.position] = token(slot)
    for group in node.groups:
        opened = sorted(token(slot) for slot in group.slots if type(slot.found) is Node)
        if opened:
            parts[group.position] = b"".join((parts[group.position], *opened))
    return head + b"".join(parts)
