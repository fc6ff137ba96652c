"""Generators of random numbers that a program holds: how to read and set their state.

Global ones, which have no name in a program, are the tracer's matter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple


class Ways(NamedTuple):
    """How the state of one generator is read, and set in an equal one."""

    read: Callable[[], Any]
    write: Callable[[Any], None]


def ways(value: Any) -> Ways | None:
    """Return how the state of a generator is read and set; None where it is none."""
    python, numpy = sys.modules.get("random"), sys.modules.get("numpy.random")
    if type(value) is getattr(python, "Random", None):
        return Ways(value.getstate, value.setstate)
    if type(value) is getattr(numpy, "RandomState", None):
        return Ways(partial(value.get_state, legacy=False), value.set_state)
    if type(value) is getattr(numpy, "Generator", None):
        return Ways(partial(_read, value.bit_generator), partial(_write, value.bit_generator))
    return None


def _read(bits: Any) -> tuple[Any, int]:
    return bits.state, _spawned(bits)


def _write(bits: Any, state: tuple[Any, int]) -> None:
    bits.state, spawned = state
    if missing := spawned - _spawned(bits):
        bits.seed_seq.spawn(missing)  # so that the next ones are those after


def _spawned(bits: Any) -> int:
    # What it was seeded by; the name is public since numpy 1.25.
    return getattr(getattr(bits, "seed_seq", None), "n_children_spawned", 0)
