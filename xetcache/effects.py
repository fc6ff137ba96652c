"""What a call changed besides returning a value.

A hit must leave the world as a real run does. An argument that the call changed in
place is put back exactly on a hit, where that is possible: a builtin container of
immutable values, an array of the same shape, a generator of random numbers. Where it is
not, or where something else that the call depends on changed, the result is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Container
from typing import Any, Final, cast

import tracer

from . import generators
from .key import Argument

LOST: Final = object()
"""Stands for a change that cannot be put back."""

_IMMUTABLE: Final = (bool, int, float, complex, str, bytes, type(None), tuple, frozenset, range)


def changed_arguments(
    arguments: tuple[Argument, ...], *, allowed: Container[str] = ()
) -> dict[str, Any]:
    """Return the state of each argument that differs from before the call, or `LOST`.

    Args:
        allowed: names of arguments that are changed on purpose.
    """
    changed: dict[str, Any] = {}
    for argument in arguments:
        if argument.encoded.immutable or argument.name in allowed:
            continue
        try:
            now = tracer.encode(argument.value)
        except tracer.NotDigestibleError:
            changed[argument.name] = LOST
            continue
        if now.digest != argument.encoded.digest:
            changed[argument.name] = _state(argument.value)
    return changed


def _state(value: Any) -> Any:
    """Return what `apply` needs to bring an equal object into this state."""
    if type(value) in (list, set):
        return value.copy() if _all_immutable(value) else LOST
    if type(value) is dict:
        items = cast(dict[Any, Any], value)
        return dict(items) if _all_immutable(items.values()) and _all_immutable(items) else LOST
    if type(value) is bytearray:
        return bytes(value)
    generator = generators.ways(value)
    if generator is not None:
        return generator.read()
    if (
        type(value) is getattr(sys.modules.get("numpy"), "ndarray", None)
        and not value.dtype.hasobject
    ):
        return value.copy()
    return LOST


def _all_immutable(values: Any) -> bool:
    # By identity nothing else could be told apart, so a copy is as good as the part.
    return all(type(value) in _IMMUTABLE and tracer.encode(value).immutable for value in values)


def apply(arguments: dict[str, Any], states: dict[str, Any]) -> None:
    """Bring arguments into the state that the call left them in."""
    for name, state in states.items():
        value = arguments[name]
        if isinstance(value, dict):
            items = cast(dict[Any, Any], value)
            items.clear()
            items.update(state)
        elif isinstance(value, set):
            value.clear()
            value |= state
        elif isinstance(value, list | bytearray):
            value[:] = state
        elif (generator := generators.ways(value)) is not None:
            generator.write(state)
        else:
            value[...] = state


def changed_dependencies(
    trace: tracer.Trace, additions: tracer.Additions, *, allowed: Collection[str] = ()
) -> tuple[str, ...]:
    """Return names of what the code depends on and what is not as it was.

    Args:
        additions: what is known of dictionaries that have grown.
        allowed: names of global variables that are changed on purpose.
    """
    if additions.is_all or trace.holds():
        return ()
    try:
        now = trace.again()
    except tracer.TracerError as error:
        return (str(error),)
    return tuple(
        " → ".join(change.path) + _why_no_memo(change, additions)
        for change in tracer.diff(trace.graph, now)
        if not any(step.partition("[")[0] in allowed for step in change.path)
    )


def _why_no_memo(change: tracer.Change, additions: tracer.Additions) -> str:
    why = additions.refused.get(id(change.node.origin))
    return f" (not taken for a memo: {why})" if why else ""


def shareable(arguments: tuple[Argument, ...]) -> dict[int, str]:
    """Return the identity of each mutable argument, by which a result may refer to it."""
    return {id(one.value): one.name for one in arguments if not one.encoded.immutable}
