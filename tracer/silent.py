"""Whether an `lru_cache` gave an answer that it had before somebody looked.

What it answers from what it computed since, its function has run for. So it says nothing
of before if it held nothing then, or if it has not answered at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple


class Look(NamedTuple):
    """A cache, and how it was."""

    cache: Any
    hits: int
    misses: int
    held: int


def looks_of(caches: Iterable[Any]) -> tuple[Look, ...]:
    """Look at caches. Holds only if no other thread computes an answer of them meanwhile."""
    infos = ((cache, cache.cache_info()) for cache in caches)
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
