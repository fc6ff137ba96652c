"""What is kept that may answer in place of functions, and no digest shows: compared as it is.

What is registered counts by what it was registered as. An instance may keep more, such as
answers of its methods, which then do not run. An `lru_cache` counts by its function. So a
trace has the whole of it, too: all attributes, and all answers that are given again, as they
were when the call began. Then it does not matter what they were made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from .digests import Digest, digest_of
from .errors import NotDigestibleError
from .graph import DependencyGraph
from .kinds import LruCache
from .lru import Answer, answers_of
from .values import encode_whole, surrogate_of


class State(NamedTuple):
    """All that something keeps."""

    digest: Digest
    targets: tuple[object, ...]
    """Functions, classes and modules in it."""


def state_of(value: object) -> State | None:
    """Return all that a value keeps; None where something in it may answer all the same."""
    try:
        encoded = encode_whole(value, most=_MANY)
    except NotDigestibleError:
        return None
    if encoded.answered:
        return None
    return State(encoded.digest, tuple(part.target for part in encoded.references))


def state_of_answers(caches: Iterable[Any]) -> State | None:
    """Return what these `lru_cache` hold; None where that is much, or cannot be told."""
    held: list[tuple[Answer, ...]] = []
    for cache in caches:
        if type(cache) is not LruCache or cache.cache_info().currsize > _MANY:
            return None
        held.append(answers_of(cache))
    return state_of(tuple(held))


_MANY: Final = 2_000
"""Values; some milliseconds."""


def digest_of_states(graph: DependencyGraph, states: Mapping[int, State | None]) -> Digest | None:
    """Return what stands for the states of values in a graph, in any process.

    Args:
        states: by identity of the origin of a node.

    Returns:
        None where one is not known, or has code that is not in the graph.
    """
    if not states:
        return NO_STATES
    numbers = {id(node.origin): number for number, node in enumerate(graph.nodes)}
    parts: list[bytes] = []
    for number, place in sorted((numbers.get(place, -1), place) for place in states):
        state = states[place]
        if number < 0 or state is None:
            return None
        found = [numbers.get(id(surrogate_of(target)), -1) for target in state.targets]
        if -1 in found:
            return None
        parts += (state.digest, repr((number, found)).encode())
    return digest_of("states", *parts)


NO_STATES: Final = Digest(b"")
