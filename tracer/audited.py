"""Audit events: what Python tells of all that a program does, to all here who want to know.

There is one hook for all of them. It stays for the life of the process and takes some 0.3 us
of each event; each further one would take as much again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

Action = Callable[..., object]
"""Called with the arguments of an event."""

_actions: Final[dict[str, Action]] = {}


def listen(actions: Mapping[str, Action]) -> None:
    """Have actions called for events, from here on."""
    is_first = not _actions
    for event, action in actions.items():
        known = _actions.get(event)
        _actions[event] = action if known is None else partial(_both, known, action)
    if is_first:
        sys.addaudithook(_on_event)


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _actions:
        _actions[event](*arguments)


def _both(one: Action, other: Action, *arguments: object) -> None:
    one(*arguments)
    other(*arguments)
