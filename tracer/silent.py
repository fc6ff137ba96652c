"""Whether a cache gave an answer that it had before somebody looked.

What an `lru_cache` answers from what it computed since, its function has run for. So it says
nothing of before if it held nothing then, or if it has not answered at all. A cached property
says nothing of before if no object had an answer then.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, NamedTuple

from .kinds import LruCache, dict_of, members_of, mro_of


class Look(NamedTuple):
    """A cache, and how it was."""

    cache: Any
    hits: int
    misses: int
    held: int


def properties_with_answers(caches: Iterable[Any], objects: Iterable[object]) -> set[int]:
    """Return the identities of the cached properties of which one of the objects has an answer."""
    properties: list[Any] = [one for one in caches if type(one) is cached_property]
    found: set[int] = set()
    of_classes: dict[int, tuple[type, list[Any]]] = {}
    for one in objects if properties else ():
        kind = type(one)
        if id(kind) not in of_classes:
            members = [members_of(base) for base in mro_of(kind)]
            own = [
                each
                for each in properties
                if any(each is names.get(each.attrname or "") for names in members)
            ]
            of_classes[id(kind)] = kind, own
        _, own = of_classes[id(kind)]
        if own:
            held = dict_of(one) or {}
            found.update(id(each) for each in own if each.attrname in held)
    return found


def looks_of(caches: Iterable[Any]) -> tuple[Look, ...]:
    """Look at caches. Holds only if no other thread computes an answer of them meanwhile."""
    infos = ((cache, cache.cache_info()) for cache in caches if type(cache) is LruCache)
    return tuple(Look(cache, hits, misses, held) for cache, (hits, misses, _, held) in infos)


def are_silent(looks: Iterable[Look], *, may_be_emptied: bool) -> bool:
    """Tell whether none of these caches has answered since from what it held then.

    Args:
        may_be_emptied: somebody may have emptied one, which starts its counts over.
    """
    return all(_is_silent(look, may_be_emptied=may_be_emptied) for look in looks)


def _is_silent(look: Look, *, may_be_emptied: bool) -> bool:
    if look.held == 0:
        return True
    hits, misses, *_ = look.cache.cache_info()
    return not may_be_emptied and hits == look.hits and misses >= look.misses
