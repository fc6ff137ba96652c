"""The memory tier: entries read or written lately, as bytes.

Bytes and not values, so that what a caller does to a value it was given never shows
in the next: every hit decodes a copy of its own. Bounded; may be emptied at any time.
"""

from __future__ import annotations

import threading
from typing import Final

from .entry import Entry
from .stores import Store

_MAX_ENTRY: Final = 4 * 1024 * 1024  # bytes
_MAX_TOTAL: Final = 64 * 1024 * 1024  # bytes

_entries: dict[tuple[int, str], tuple[Store, tuple[Entry, ...]]] = {}
_total = 0
_lock = threading.Lock()


def get(store: Store, name: str) -> tuple[Entry, ...]:
    """Return what is held under a name, newest first: entries that differ in facts."""
    held = _entries.get((id(store), name))
    return () if held is None else held[1]


def put(store: Store, name: str, entry: Entry) -> None:
    """Hold an entry under a name, beside those that need other facts, if it is small."""
    global _total  # noqa: PLW0603 - counts what is in the dictionary beside it
    size = len(entry.payload)
    if size > _MAX_ENTRY:
        return
    with _lock:
        if _total + size > _MAX_TOTAL:
            _entries.clear()
            _total = 0
        facts = entry.header.facts
        others = tuple(one for one in get(store, name) if one.header.facts != facts)
        _entries[id(store), name] = (store, (entry, *others))
        _total += size


def clear() -> None:
    """Hold nothing."""
    global _total  # noqa: PLW0603 - as above
    with _lock:
        _entries.clear()
        _total = 0


def drop(store: Store, name: str) -> None:
    """Hold nothing under a name any longer."""
    with _lock:
        _entries.pop((id(store), name), None)
