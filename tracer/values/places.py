"""Places: where in a value the parts are that can change.

A place is a number, the same in every process for values of the same content that share
the same parts. What is inside of a part that was met before has no places of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..kinds import identity

Place = tuple[int, object]
"""Where in a value a part is, by number, and the part.

Members of a set that look alike have the same numbers.
"""

_MANY: Final = 64
"""Changeable parts that an unchangeable container may hold before it is noted itself."""


class Places:
    """The changeable parts of one value: itself, and those inside."""

    __slots__ = ("inner", "itself", "size")

    def __init__(self) -> None:
        self.itself: tuple[object, ...] = ()
        self.inner: list[Inside] = []
        self.size: int = 0
        """Changeable parts that are reached without passing another one."""

    def settle(self, value: object, *, changes: bool) -> None:
        """Note what was found: every part inside is known now."""
        inside = sum(one.size for one in self.inner)
        if changes or inside > _MANY:
            # How often one list is met behind shared tuples may grow without bound.
            self.itself = (value,)
        self.size = 1 if self.itself else inside


class Parts:
    """Changeable parts that hold no others."""

    __slots__ = ("parts", "size")

    def __init__(self, parts: Sequence[object]) -> None:
        self.parts = parts
        self.size: int = len(parts)


class Unordered:
    """The members of a set, by groups that look alike."""

    __slots__ = ("groups", "size")

    def __init__(self, groups: list[list[Places]]) -> None:
        self.groups = groups
        self.size: int = sum(one.size for group in groups for one in group)


Inside = Places | Unordered | Parts
"""What is inside: another value, a set, or parts that hold no others."""


def numbered(root: Places) -> tuple[Place, ...]:
    """Return all places of a value."""
    if not root.inner:
        return tuple([(0, part) for part in root.itself])
    found: list[Place] = []
    _number(root, 0, set(), found)
    return tuple(found)


def _number(root: Places, start: int, seen: set[int], found: list[Place]) -> int:
    """Add the places of one value; return the number of the next."""
    count = start
    work: list[tuple[Inside, bool]] = [(root, False)]
    while work:
        one, is_known = work.pop()
        if isinstance(one, Parts):
            found += enumerate(one.parts, count)
            count += one.size
        elif isinstance(one, Unordered):
            for group in one.groups:
                count = _number_alike(group, count, seen, found)
        else:
            if one.itself:
                found.append((count, one.itself[0]))
                count += 1
            is_known = is_known or identity(one) in seen
            seen.add(identity(one))
            if one.size and not (one.itself and is_known):
                work += ((part, is_known) for part in reversed(one.inner))
    return count


def _number_alike(group: list[Places], count: int, seen: set[int], found: list[Place]) -> int:
    """Number members that look alike from the same number on, none before another."""
    before = frozenset(seen)
    following = count
    for member in group:
        seen_here = set(before)
        following = max(following, _number(member, count, seen_here, found))
        seen |= seen_here
    return following
