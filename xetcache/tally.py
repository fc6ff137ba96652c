"""How calls and cells were answered in this process: counts, and the last of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .verdict import Verdict

Counts = dict[str, float]


def no_counts() -> Counts:
    """Return counts of no calls."""
    return {"hits": 0, "misses": 0, "bypassed": 0, "seconds_saved": 0.0}


def add(counts: Counts, more: Counts) -> None:
    """Add to counts in place."""
    for name, amount in more.items():
        counts[name] += amount


total: Final = no_counts()
last: Final[list[dict[str, Any] | None]] = [None]
"""What was said of the last call; a list, so that others can hold on to it."""


cells: Final[deque[dict[str, Any]]] = deque(maxlen=10_000)
"""What became of the cells of a notebook, in the order in which they were run."""


def note_cell(record: dict[str, Any]) -> None:
    """Note what became of a cell."""
    cells.append(record)


def note(name: str, verdict: Verdict) -> None:
    """Count a verdict on the call of this name."""
    add(total, verdict.counts)
    last[0] = said(name, verdict.outcome, verdict.reasons)


def said(name: str, outcome: str, reasons: Iterable[str] = ()) -> dict[str, Any]:
    """Return what statistics tell of a call when it was the last."""
    return {"function": name, "outcome": outcome, "reasons": [*map(str, reasons)]}
