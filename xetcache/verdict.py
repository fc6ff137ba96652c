"""Verdicts: how a call was answered, as values.

Every call ends in exactly one of three. Each says its reasons, and each reason has an
entry of the same slug in `docs/reference/messages.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tracer import Guard


class Reason(StrEnum):
    """One cause of a verdict."""

    NO_ENTRY = "no-entry"
    """Nothing is stored for this code with these arguments."""
    WORLD_CHANGED = "world-changed"
    """A file, folder or variable that the earlier call read is not as it was."""
    ENTRY_DAMAGED = "entry-damaged"
    """Something is stored, and it is not whole."""
    REFRESH = "refresh"
    """The caller asked for a new computation."""
    BELOW_THRESHOLD = "below-threshold"
    """The call was quicker than the threshold, so its result was not kept."""
    NOT_STORABLE = "not-storable"
    """The result, or a part of it, cannot be written to a store."""
    CHANGED_WHILE_RUNNING = "changed-while-running"
    """The call changed an argument or something else that it depends on."""
    UNSEEN = "unseen"
    """The call used something of which nobody knows what it depends on."""
    STORE_UNAVAILABLE = "store-unavailable"
    """The store could not be written."""
    READ_ONLY = "read-only"
    """`mode = readonly`: nothing is stored."""
    DISABLED = "disabled"
    """xetcache is switched off."""
    UNTRACEABLE = "untraceable"
    """The code depends on something that cannot be proved."""
    NOT_DIGESTIBLE = "not-digestible"
    """An argument or a value that the code reads has no digest."""
    UNKNOWN_PYTHON = "unknown-python"
    """This Python's bytecode is not known to the tracer."""
    INTERNAL_ERROR = "internal-error"
    """xetcache itself failed."""


class Hit(NamedTuple):
    """The value came from a store."""

    value: object
    seconds_saved: float
    """What the computation took when it was made."""
    created: float
    """When it was made, in seconds since the epoch."""
    guard: Guard | None = None
    """Tells whether it still is the answer to the very same call. None where more must
    be asked, or where that cannot be asked quickly, or not yet."""
    untouched: Callable[[], bool] | None = None
    """Tells whether all settings that count are still the default; None where none count."""
    size: int = 0
    """Bytes that it takes in the store."""

    outcome = "hit"
    reasons = ()

    @property
    def counts(self) -> dict[str, float]:
        """What statistics add for it."""
        return {"hits": 1, "seconds_saved": self.seconds_saved}


class Miss(NamedTuple):
    """The value was computed."""

    value: object
    seconds: float
    reasons: tuple[Reason, ...]
    """Why it was computed."""
    not_stored: Reason | None = None
    """Why it was not kept, if it was not."""
    detail: str = ""

    outcome = "miss"

    @property
    def counts(self) -> dict[str, float]:
        """What statistics add for it."""
        return {"misses": 1}


class Bypass(NamedTuple):
    """The value was computed, and nothing says all that it depends on."""

    value: object
    reason: Reason
    detail: str = ""

    outcome = "bypass"

    @property
    def counts(self) -> dict[str, float]:
        """What statistics add for it."""
        return {"bypassed": 1}

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why no store was asked."""
        return (self.reason,)


Verdict = Hit | Miss | Bypass
