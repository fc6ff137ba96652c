"""What an `lru_cache` holds, which it has no way to be asked for."""

from __future__ import annotations

import gc
from typing import Any, Final

from .kinds import class_of

Answer = tuple[object, object]
"""What a function was asked, as the cache has it, and what it answered."""


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
