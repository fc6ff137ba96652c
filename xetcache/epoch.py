"""A number that grows whenever an answer given from memory may no longer be right.

Settings, listeners, entries that are forgotten: what is checked anew on every call
stands behind this one number where a call has no time to ask.
"""

from __future__ import annotations

from typing import Final

now: Final = [0]
"""A list, so that others can hold on to it and look."""


def begin() -> None:
    """Start another epoch: whoever answers from memory starts over."""
    now[0] += 1
