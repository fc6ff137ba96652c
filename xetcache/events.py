"""What happened, told to whoever listens.

The engine tells of every verdict and of everything a user should hear once. The log
is one listener; tests and the notebook are others.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from . import epoch

if TYPE_CHECKING:
    from .verdict import Verdict

LOGGER = "xetcache"


class Answered(NamedTuple):
    """A call has its verdict."""

    function: str
    verdict: Verdict


class Notice(NamedTuple):
    """Something a user should hear, once for each `about`."""

    slug: str
    about: str
    text: str
    hint: str = ""


Event = Answered | Notice
Listener = Callable[[Event], None]

_listeners: list[Listener] = []
_said: set[tuple[str, str]] = set()


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener` with every event from now on; return what ends that."""
    _listeners.append(listener)
    epoch.begin()
    return lambda: _listeners.remove(listener)


def anybody_listens() -> bool:
    """Tell whether somebody wants to hear of every call."""
    return bool(_listeners)


def tell(event: Event) -> None:
    """Tell all listeners, and the log."""
    for listener in tuple(_listeners):
        listener(event)


def notice(slug: str, about: str, text: str, hint: str = "") -> None:
    """Say something once per process: on the log, and to listeners."""
    if (slug, about) in _said:
        return
    _said.add((slug, about))
    event = Notice(slug, about, text, hint)
    tell(event)
    _log(event)


def _log(event: Notice) -> None:
    # Imported when first needed: a program that says nothing does not pay for it.
    import logging  # noqa: PLC0415

    hint = f"\n  hint: {event.hint}" if event.hint else ""
    text = f"{event.text} ({event.slug}){hint}"
    # A stream that is closed, a clock that is mocked, the end of the stack: no matter of the call.
    with suppress(Exception):
        if sys.stderr is None:
            return
        logging.getLogger(LOGGER).warning("xetcache: %s", text)
