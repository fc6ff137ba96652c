"""Arguments → leaves: the parts by which a changed argument is explained.

A scalar is one leaf; a container, a frame or an object has one for each part, down to
a bound. What lies deeper is folded into the part that holds it.
"""

from __future__ import annotations

from typing import Final

import tracer

from .entry import Leaf
from .key import Argument
from .privacy import HIDDEN, is_secret

_MAX_LEAVES: Final = 256
_MAX_DEPTH: Final = 4


def leaves_of(arguments: tuple[Argument, ...]) -> tuple[Leaf, ...]:
    """Return the leaves of bound arguments, in their order."""
    found: list[Leaf] = []
    for argument in arguments:
        found += _leaves(argument.name, argument.value, _MAX_LEAVES - len(found))
    return tuple(found)


def _leaves(path: str, value: object, room: int) -> list[Leaf]:
    """Return the leaves of one argument, at least one even where there is no room."""
    parts: list[tuple[str, object]] = [(path, value)]
    for _ in range(_MAX_DEPTH):
        finer = [part for name, item in parts for part in _finer(name, item)]
        if len(finer) > max(room, 1) or len(finer) == len(parts):
            break
        parts = finer
    return [_leaf(name, item) for name, item in parts]


def _finer(path: str, value: object) -> list[tuple[str, object]]:
    parts = tracer.parts_of(value)
    return [(path + step, part) for step, part in parts] if parts else [(path, value)]


def _leaf(path: str, value: object) -> Leaf:
    shown = HIDDEN if is_secret(path) else tracer.preview(value)
    try:
        return Leaf(path, str(tracer.encode(value).digest), shown)
    except tracer.NotDigestibleError:
        return Leaf(path, "", shown)
