"""When answers given from memory may no longer be right.

Settings, listeners, entries that are forgotten: what is checked anew on every call is
told here when it changes, for the sake of those who have no time to check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_waiting: Final[list[Callable[[], object]]] = []


def at_the_next(action: Callable[[], object]) -> None:
    """Call `action` whenever another epoch begins."""
    _waiting.append(action)


def begin() -> None:
    """Start another epoch: whoever answers from memory starts over."""
    for action in tuple(_waiting):
        action()
