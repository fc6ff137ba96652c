"""What objects and caches keep that no digest shows: compared as it is, where it is plain.

What is registered counts by what it was registered as. An instance may keep more, such as
answers of its methods, which then do not run. So a trace has all its attributes, too, as they
were when the call began: with these, the same code does the same, whatever they were made of.

An `lru_cache` that has given an answer from before is compared in the same way.

Only where each attribute is a number, a text, or a tuple of such and of tuples of them. Of
anything else, more may count than a digest shows: what is one object with what, or the order
of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, cast

from .digests import Digest, digest_of
from .graph import DependencyGraph
from .kinds import CONTENT, derives
from .values import attributes_of, encode, is_library, is_registered
from .values.flat import changing_among, holders_in, is_atom
from .values.shapes import hides_state


def state_of(value: object) -> Digest | None:
    """Return what stands for all that an instance keeps; None where it may be more than plain."""
    kind = type(value)
    if not is_registered(kind) or is_library(kind) or hides_state(kind):
        return None
    if any(derives(kind, base) for base in (*CONTENT, BaseException)):
        return None
    parts: list[bytes] = []
    for name, one in attributes_of(value):
        if type(name) is not str or not _is_plain(one):
            return None
        parts += (name.encode("utf-8", "surrogatepass"), encode(one).digest)
    return digest_of("state", *parts)


def contents_of(answers: Iterable[tuple[object, object]]) -> Digest | None:
    """Return what stands for the answers of a cache, in any order; None if not all is plain."""
    parts: list[bytes] = []
    for asked, answer in answers:
        if len(parts) >= _MANY or not (_is_plain(asked) and _is_plain(answer)):
            return None
        parts.append(encode((asked, answer)).digest)
    return digest_of("contents", *sorted(parts))


def _is_plain(value: object) -> bool:
    if type(value) is not tuple:
        return is_atom(value)
    parts = cast("tuple[object, ...]", value)
    holders = holders_in(parts) if len(parts) <= _MANY else None
    return holders is not None and not changing_among(holders)


_MANY: Final = 100


def digest_of_states(graph: DependencyGraph, states: Mapping[int, Digest | None]) -> Digest | None:
    """Return what stands for the states of objects in a graph, in any process.

    Args:
        states: by identity of the origin of a node.

    Returns:
        None where one is not known.
    """
    if not states:
        return NO_STATES
    parts: list[bytes] = []
    for number, place in sorted((graph.numbers.get(place, -1), place) for place in states):
        state = states[place]
        if number < 0 or state is None:
            return None
        parts += (b"%d" % number, state)
    return digest_of("states", *parts)


NO_STATES: Final = Digest(b"")
