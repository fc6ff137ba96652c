"""States of the code that are taken for one: what was kept for the one serves the other.

Either an edit between them was declared harmless by a person, or a call has imported the
modules between them that the earlier state has still to import.

    accepted/ab/<closure after>-<closure before>.json      one statement of one person

A statement is about two states of all the code that a call reaches, and so holds for
every call that reaches the same. It is content of the store like any entry: it travels
with it, two people's do not conflict, and withdrawing it is deleting it.

Knows nothing of calls; who may say so is decided elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from .stores import Store

_FORMAT: Final = 1


class Acceptance(NamedTuple):
    """One statement: what was kept for `before` serves `after`."""

    kind: str
    """`edit`, or `import`."""
    function: str
    before: str
    """Digest, in hex, of the dependency graph that entries were kept for."""
    after: str
    """The same for the code that they may serve."""
    root: str
    """Digest, in hex, of the function alone, as it was: it enters the key."""
    changes: tuple[str, ...]
    """What was declared harmless, for people."""
    created: float
    """Seconds since the epoch."""
    by: str


def record(store: Store, acceptance: Acceptance) -> None:
    """Write a statement; one that is there stays as it is.

    Raises:
        StoreError: the store cannot be written.
    """
    text = json.dumps({"format": _FORMAT, **acceptance._asdict()}, sort_keys=True, indent=1)
    store.write(_name(acceptance), text.encode(), durable=True)


def withdraw(store: Store, acceptance: Acceptance) -> bool:
    """Remove a statement; tell whether it was there.

    Raises:
        StoreError: the store cannot be written.
    """
    return store.delete(_name(acceptance))


def all_in(store: Store) -> Iterator[Acceptance]:
    """Yield all statements of a store.

    Raises:
        StoreError: the store cannot be read.
    """
    for name in store.names("accepted/"):
        if (found := _read(store, name)) is not None:
            yield found


def leading_to(store: Store, closure: str) -> Iterator[Acceptance]:
    """Yield what may serve code with this closure, nearest first, over several edits.

    Raises:
        StoreError: the store cannot be read.
    """
    seen, waiting = {closure}, [closure]
    for after in waiting:
        for name in store.names(f"accepted/{after[:2]}/{after}-"):
            found = _read(store, name)
            if found is not None and found.before not in seen:
                seen.add(found.before)
                waiting.append(found.before)
                yield found


def _name(acceptance: Acceptance) -> str:
    after, before = acceptance.after, acceptance.before
    return f"accepted/{after[:2]}/{after}-{before}.json"


def _read(store: Store, name: str) -> Acceptance | None:
    """Return the statement under a name; None where none can be read that says the same."""
    text = store.read(name)
    try:
        found: dict[str, Any] = json.loads(text or b"")
        acceptance = Acceptance(
            kind=str(found["kind"]),
            function=str(found["function"]),
            before=found["before"],
            after=found["after"],
            root=bytes.fromhex(found["root"]).hex(),
            changes=tuple(map(str, found["changes"])),
            created=float(found["created"]),
            by=str(found["by"]),
        )
        is_it = found["format"] == _FORMAT and _name(acceptance) == name
    except (ValueError, TypeError, KeyError):
        return None
    return acceptance if is_it else None
