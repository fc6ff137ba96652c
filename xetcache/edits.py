"""Edits since a call was kept, and how one is declared harmless.

    `xetcache accept`, `f.accept(…)` → what was kept for the code before serves the code after

An edit is what stands between two recorded calls with the same arguments: what the
newer one reaches, and what the older one was kept for. It is accepted as one, by a
person who has seen what it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from . import acceptance, clock, engine, epoch, journal, memory
from .acceptance import Acceptance
from .call import Call
from .comparison import compared, tier_of
from .explanation import Explanation
from .past import Record, earlier_calls, from_journal, from_key, is_of
from .stores import Store


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit of the code because of which a call missed that was kept before."""

    acceptance: Acceptance
    """What declares it harmless, once it is recorded."""
    explanation: Explanation
    """The miss, with the edit as its causes."""


def accept_before(call: Call) -> Explanation | None:
    """Accept the edit since this call was kept; return the miss that it explains.

    Returns:
        None where the call would be served, or was never kept.

    Raises:
        tracer.TracerError: the call has no key.
        StoreError: the store cannot be written.
    """
    if engine.find(call) is not None:
        return None
    store = engine.store_of(call.options)
    edit = _edit_of(store, from_key(call, engine.key_now(call)), "dry-run")
    if edit is None:
        return None
    acceptance.record(store, edit.acceptance)
    return edit.explanation


def of_last_run(store: Store, function: str | None = None) -> list[Edit]:
    """Return the edits because of which calls of the newest run with misses missed.

    Args:
        function: consider calls of this function only; the last part of its name is
            enough.
    """
    for run in journal.runs(store):
        lines = [line for line in journal.read(run) if is_of(line.get("function", ""), function)]
        missed = [from_journal(line) for line in lines if line.get("outcome") == "miss"]
        if missed:
            found: dict[tuple[str, str], Edit] = {}
            # Most calls of a run have the same code, and one of them tells of its edit.
            for record in {(one.function, one.closure): one for one in missed}.values():
                edit = _edit_of(store, record, "recorded")
                if edit is not None:
                    found.setdefault((edit.acceptance.after, edit.acceptance.before), edit)
            return list(found.values())
    return []


def withdraw(store: Store, accepted: Acceptance) -> bool:
    """Take a statement back; tell whether it was there.

    Raises:
        StoreError: the store cannot be written.
    """
    epoch.begin()
    memory.clear()
    return acceptance.withdraw(store, accepted)


def _edit_of(store: Store, record: Record, mode: str) -> Edit | None:
    kept = [
        one
        for one in earlier_calls(store, record)
        if one.fate == "stored"
        and one.closure != record.closure
        and (one.label, one.version, one.python) == (record.label, record.version, record.python)
        and tier_of(record, one) == "same-arguments"
    ]
    found = compared(store, record, mode, kept)
    if found is None:
        return None
    baseline, explanation = found
    accepted = Acceptance(
        "edit",
        record.function,
        before=baseline.closure,
        after=record.closure,
        root=baseline.root,
        changes=tuple(
            f"{one.kind} {one.name}: {' → '.join(filter(None, one.path))}"
            for one in explanation.causes
        ),
        created=clock.time(),
        by=engine.who(),
    )
    return Edit(accepted, explanation)
