"""Whether a cache gave an answer that it had before somebody looked.

What an `lru_cache` answers from what it computed since, its function has run for. So it says
nothing of before if it held nothing then, or if it has not answered at all. A cached property
says nothing of before if no object had an answer then.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final, NamedTuple

from .kinds import LruCache, class_of, dict_of, members_of, mro_of

Answer = tuple[object, object]
"""What a function was asked, as its cache has it, and what it answered."""


class Look(NamedTuple):
    """A cache, and how it was."""

    cache: Any
    hits: int
    misses: int
    held: int
    answers: tuple[Answer, ...]
    """What it held."""


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
    return tuple(
        Look(cache, hits, misses, held, answers_of(cache) if held else ())
        for cache, (hits, misses, _, held) in infos
    )


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


def answers_of(cache: Any) -> tuple[Answer, ...]:
    """Return what an `lru_cache` holds; something without digest where that cannot be told.

    It has no way to ask. What it holds for the collector is, in this order, the answers
    if their number is limited (question, answer, class of the link), then the dictionary
    (`Modules/_functoolsmodule.c`, `lru_cache_tp_traverse`).
    """
    held: list[Any] = gc.get_referents(cache)
    if held[:1] == [type(cache)]:
        del held[0]
    if cache.cache_parameters()["maxsize"] is None:
        tables = [one for one in held if class_of(one) is dict and one is not cache.__dict__]
        found = tuple(tables[0].items())
    else:
        found = tuple(
            (asked, answer)
            for asked, answer, link in zip(held[::3], held[1::3], held[2::3], strict=False)
            if type(link) is type and link.__name__ == "_lru_list_elem"
        )
    return found if len(found) == cache.cache_info().currsize else (_UNKNOWN,)


_UNKNOWN: Final[Answer] = (None, iter(()))
