"""What a call finds and leaves in libraries: their settings, and generators of random numbers.

Both are facts of an entry, and both ways round: an entry that was made under a setting
serves under that setting alone, and one made under defaults serves under defaults.

What a call left a generator in stands in the header, by the name of the generator:

    effects = {"random": {"numpy.random": "<state, in base64>"}}
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Final

import tracer

from .entry import Fact, Header
from .key import Key

_SETTING: Final = tracer.WorldKind.SETTING.value
_RANDOM: Final = tracer.WorldKind.RANDOM.value

EFFECT: Final = "random"
"""Name among the effects in a header."""


def counting(key: Key) -> tuple[Fact, ...]:
    """Return the settings that count for a call now, and are not the default."""
    if not tracer.settings_that_differ():
        return ()  # mostly, and what code can reach takes time to tell
    values = (argument.value for argument in key.arguments)
    found = tracer.settings_in_reach(key.trace.graph, values)
    return tuple(Fact(_SETTING, *one) for one in found)


def settings_in(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    """Return what is a setting among facts, by name."""
    return {fact.name: fact for fact in facts if fact.kind == _SETTING}


def is_under(facts: tuple[Fact, ...], now: tuple[Fact, ...]) -> bool:
    """Tell whether facts have no other settings than these."""
    made = {name: fact.state for name, fact in settings_in(facts).items()}
    return made == {fact.name: fact.state for fact in now}


def newly_set(facts: tuple[Fact, ...], now: tuple[Fact, ...]) -> Iterator[tuple[Fact, Fact]]:
    """Yield each setting that was the default for the one, with what it is for the other."""
    known = settings_in(facts)
    for fact in now:
        if fact.name not in known:
            yield Fact(_SETTING, fact.name, "", tracer.DEFAULT), fact


def no_longer_set(facts: tuple[Fact, ...], now: tuple[Fact, ...]) -> Iterator[tuple[Fact, Fact]]:
    """Do as `newly_set`, of settings that are the default for the other."""
    return ((one, other) for other, one in newly_set(now, tuple(settings_in(facts).values())))


# -- generators of random numbers -----------------------------------------------------


def frozen(header: Header) -> tuple[str, ...]:
    """Return the generators, now in another state, that the value is a sample from."""
    return tuple(name for name, state in _drawn(header) if tracer.is_frozen(name, state))


def told(header: Header, others: tuple[str, ...]) -> tuple[Fact, ...]:
    """Return the facts of an entry on which a call depends that is served it.

    Settings are those of the served call, which its caller may have made for it alone. A
    generator that was in the same state is put in the state after, and seen to move.

    Args:
        others: those that `frozen` gives.
    """
    return tuple(
        fact
        for fact in header.facts
        if fact.kind != _SETTING and (fact.kind != _RANDOM or fact.name in others)
    )


def put_back(header: Header, others: tuple[str, ...]) -> None:
    """Bring generators into the state that the call left them in, but for `others`."""
    states: dict[str, str] = header.effects.get(EFFECT, {})
    if states:
        drawn = dict(_drawn(header))
        tracer.put_generators(
            {name: b64decode(state) for name, state in states.items() if name not in others},
            seeded=[name for name in states if name not in drawn],
        )


def left_by(observation: tracer.Observation | None) -> dict[str, dict[str, str]]:
    """Return, as an effect, the states that a call has left generators in."""
    if observation is None or not observation.advanced:
        return {}
    states = observation.advanced.items()
    return {EFFECT: {name: b64encode(state).decode() for name, state in states}}


def _drawn(header: Header) -> list[tuple[str, str]]:
    return [(fact.name, fact.state) for fact in header.facts if fact.kind == _RANDOM]
