"""Answers that objects keep under the names of their cached properties.

Like those of an `lru_cache`, see `tracer.kept`: what the function read is remembered if
it ran while somebody observed. An answer that was there before is one of which nobody
knows what it was made of, since an object does not tell how often it was asked.

Looked at are properties that the graph of a call has, and whose functions may read
outside, in objects that the call was given or reads by name.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Iterable
from contextlib import suppress
from types import CodeType, FunctionType
from typing import Any, Final

from .graph import DependencyGraph, once_for_each
from .kept import Name, Read, Running
from .kinds import dict_of, is_kind, members_of, mro_of, qualified_name_of
from .outside import may_read_outside


class Slot:
    """One cached property of one object, and what its answer was made of."""

    __slots__ = ("code", "name", "owner", "read")

    def __init__(self, owner: object, name: str, code: CodeType | None) -> None:
        self.owner = owner
        self.name = name
        self.code = code
        self.read: dict[Name, Read] = {}

    @property
    def shown(self) -> str:
        """How people call it."""
        return f"{qualified_name_of(type(self.owner))}.{self.name}"

    def answer(self) -> object:
        """Return what is kept, or `ABSENT`."""
        return (dict_of(self.owner) or {}).get(self.name, ABSENT)

    def note(self, running: Running | None, name: Name, read: Read) -> None:
        """Note what was read, if it was for this one; by whom is not known, if None."""
        if running is None or self.code is None or running.is_in(self.code, self.owner):
            self.read[name] = read


ABSENT: Final = object()
"""Stands for an answer that was not asked for yet."""


def slots_of(objects: Iterable[object], graph: DependencyGraph) -> tuple[Slot, ...]:
    """Return cached properties of objects that may hide what was read outside."""
    codes = _codes_of_properties(graph)
    if not codes:
        return ()
    return tuple(
        Slot(one, name, codes[id(member)])
        for one in objects
        for base in mro_of(type(one))
        for name, member in members_of(base).items()
        if id(member) in codes
    )


@once_for_each
def _codes_of_properties(graph: DependencyGraph) -> dict[int, CodeType | None]:
    """Return, by identity of each cached property that may read outside, its code."""
    return {
        id(node.origin): _code_of(node.origin)
        for number, node in enumerate(graph.nodes)
        if is_kind(node.origin, functools.cached_property) and may_read_outside(graph, number)
    }


def _code_of(member: Any) -> CodeType | None:
    function = member.func
    return function.__code__ if type(function) is FunctionType else None


_known: dict[int, tuple[weakref.ref[Any], dict[str, tuple[object, dict[Name, Read]]]]] = {}
"""By identity of the object: by name, the answer and what was read for it. May be emptied
at any time: then nobody knows."""


def known(slot: Slot) -> dict[Name, Read] | None:
    """Return what the answer in a slot was made of; None where nobody knows."""
    if id(slot.owner) not in _known:
        return None
    _, answers = _known[id(slot.owner)]
    answer, read = answers.get(slot.name, (ABSENT, None))
    return read if answer is slot.answer() else None


def remember(slot: Slot) -> None:
    """Note that the answer in a slot was computed while somebody observed."""
    place = id(slot.owner)
    if place not in _known:
        with suppress(TypeError):  # of objects that cannot be referred to, nothing is known
            gone = weakref.ref(slot.owner, lambda _: _known.pop(place, None))
            _known[place] = (gone, {})
    if place in _known:
        _known[place][1][slot.name] = (slot.answer(), dict(slot.read))
