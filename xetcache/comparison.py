"""A call compared with the nearest earlier one: why it missed.

A call is compared with the nearest earlier one of the same function, in this order:

    same call           it was computed before and is not there: evicted, never kept, …
    same arguments      something it depends on changed: the surprising miss
    same code           a new call: the expected miss
    other               both differ

Inside a tier the one with the fewest differences wins, then the newest. Every
difference against that one earlier call is named, and nothing else. What is compared
was recorded when the calls were made, so this runs no code of the user.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import tracer
from tracer import Change, DependencyGraph, NodeKind, Role

from . import acceptance, ambient, engine, facts, journal, records
from .call import Call
from .entry import Header, Leaf
from .explanation import Baseline, Cause, Explanation
from .leaves import leaves_of
from .past import Record, earlier_calls, from_journal, from_key, is_of, shown_call
from .privacy import HIDDEN
from .stores import LocalStore, Store

SCHEMA: Final = 1


# -- the two questions ----------------------------------------------------------------


def explain_call(call: Call) -> Explanation:
    """Say whether a call would be served now and, if not, why not."""
    store = engine.store_of(call.options)
    try:
        key = engine.key_now(call)
    except tracer.TracerError as error:
        return _bypassed(call.name, "dry-run", error.slug, str(error), getattr(error, "path", ""))
    shown = shown_call(call.name, leaves_of(key.arguments))
    if (header := engine.find(call)) is not None:
        found = _hit(call.name, "dry-run", shown, header, ignored=call.options.ignore)
        found = replace(_with_python(found, tracer.PYTHON), frozen=ambient.frozen(header))
        accepted = _with_acceptance(store, found, header, key.closure)
        return accepted or _with_unused(store, found, header, key.trace.graph)
    missed = _missed(store, from_key(call, key), "dry-run")
    if missed.baseline is None and (error := key.trace.refused) is not None:
        # None of its calls was kept: they may all get to where nothing can be traced.
        return _bypassed(call.name, "dry-run", error.slug, str(error), error.path)
    return missed


def explain_last(store: Store, function: str | None = None) -> Explanation | None:
    """Explain the newest miss of the newest run, else its newest bypass or hit.

    Args:
        function: consider calls of this function only; the last part of its name is
            enough.

    Returns:
        None where no call was recorded.
    """
    for run in journal.runs(store):
        lines = [line for line in journal.read(run) if is_of(line.get("function", ""), function)]
        for outcomes in (("miss",), ("bypass", "hit")):
            for line in reversed(lines):
                if line.get("outcome") in outcomes:
                    return _explain_line(store, line)
    return None


def _explain_line(store: Store, line: dict[str, Any]) -> Explanation:
    name = line.get("function", "")
    match line.get("outcome"):
        case "hit":
            entry = line.get("entry")
            header = engine.header_of(store, entry) if entry else None
            found = _hit(name, "recorded", "", header, ignored=header.ignored if header else ())
            found = _with_python(found, line.get("python", ""))
            if header is not None and "closure" in line:
                found = _with_acceptance(store, found, header, line["closure"]) or found
            found = replace(found, frozen=tuple(line.get("frozen", ())))
            return replace(found, at=line.get("at"), seconds=line.get("seconds"))
        case "bypass":
            found = _bypassed(
                name,
                "recorded",
                line.get("reason", ""),
                line.get("detail", ""),
                line.get("path", ""),
            )
            return replace(found, at=line.get("at"), seconds=line.get("seconds"))
        case _:
            return _missed(store, from_journal(line), "recorded", reason=line.get("reason") or "")


# -- hits and bypasses ----------------------------------------------------------------


def _hit(
    name: str, mode: str, shown: str, header: Header | None, *, ignored: tuple[str, ...]
) -> Explanation:
    if header is None:
        return Explanation("hit", mode, name, call=shown, ignored=ignored)
    origin = {
        "created": header.created,
        "by": header.by,
        "python": header.python,
        "size": header.size,
    }
    return Explanation(
        "hit", mode, name,
        call=shown or shown_call(name, header.arguments),
        seconds=header.seconds, origin=origin, ignored=ignored,
    )  # fmt: skip


def _with_python(found: Explanation, python: str) -> Explanation:
    """Add for which Python an entry of another one was served."""
    if not python or found.origin is None or found.origin["python"] in {python, ""}:
        return found
    return replace(found, origin={**found.origin, "served_on": python})


def _with_acceptance(
    store: Store, found: Explanation, header: Header, closure: str
) -> Explanation | None:
    """Add by which statement an entry of other code was served, if it was by one."""
    for one in acceptance.leading_to(store, closure):
        if one.before == header.closure and one.kind == "edit":
            said = {"changes": list(one.changes), "at": one.created, "by": one.by}
            return replace(found, origin={**(found.origin or {}), "accepted": said})
    return None


def _with_unused(
    store: Store, found: Explanation, header: Header, now: DependencyGraph
) -> Explanation:
    """Add what has changed since then, of all that the call could reach and did not use."""
    before = records.load_graph(store, header.graph)
    if before is None or before.digest == now.digest or header.python != tracer.PYTHON:
        return found
    unused = [f"{one.node.kind} {' → '.join(one.path)}" for one in tracer.diff(before, now)]
    return replace(found, origin={**(found.origin or {}), "unused": unused})


def _bypassed(name: str, mode: str, slug: str, detail: str, path: str) -> Explanation:
    kind = {"not-digestible": "unhashable", "untraceable": "untraceable"}.get(slug, slug)
    cause = Cause(
        kind, path or name.rpartition(".")[2], path=(name.rpartition(".")[2], path), why=detail
    )
    hints = (
        ("register a digest for its type, or `ignore=` the argument",)
        if kind == "unhashable"
        else ()
    )
    return Explanation("bypass", mode, name, (cause,), hints=hints)


# -- misses ---------------------------------------------------------------------------


def compared(store: Store, record: Record, mode: str, kept: list[Record]) -> Compared | None:
    """Compare a call with the nearest of those that were `kept`; None where there is none."""
    graph = record.live or records.load_graph(store, record.graph)
    nearest = _nearest(store, record, graph, kept)
    if nearest is None:
        return None
    tier, baseline, causes = nearest
    inputs = (len(graph) if graph else 0) + len(record.arguments)
    near = Baseline(tier, baseline.at, baseline.seconds, inputs)
    return baseline, replace(_miss(record, mode, causes), baseline=near)


def _miss(record: Record, mode: str, causes: tuple[Cause, ...]) -> Explanation:
    return Explanation(
        "miss", mode, record.function, causes,
        call=shown_call(record.function, record.arguments),
        at=None if record.at == float("inf") else record.at,
        seconds=record.seconds or None,
    )  # fmt: skip


Compared = tuple[Record, Explanation]
"""The earlier call, and what differs."""


def _missed(store: Store, record: Record, mode: str, reason: str = "") -> Explanation:
    short = record.function.rpartition(".")[2]
    earlier: list[Record] = []
    if reason not in _OWN_CAUSES:
        earlier = [one for one in earlier_calls(store, record) if _is_earlier(one, record)]
    found = compared(store, record, mode, earlier)
    if found is None:
        return _miss(record, mode, (Cause(_OWN_CAUSES.get(reason, "first-call"), short),))
    baseline, explanation = found
    tier = explanation.baseline.tier if explanation.baseline else ""
    causes = (_fate(baseline, short),) if tier == "same-call" else explanation.causes
    hints = tuple(_hints(record.function, tier, causes))
    return replace(explanation, causes=causes, hints=hints)


def _is_earlier(one: Record, record: Record) -> bool:
    """Tell whether a record is of another call than the one that is explained.

    Clocks decide among records of the same call only: they may be set back, and those of
    two machines differ. Its own entry is none; had it been there, it would have served.
    """
    if one.identity != record.identity:
        return True
    return one.fate != "stored" and one.at < record.at


_OWN_CAUSES: Final = {"refresh": "refreshed", "entry-damaged": "corrupt"}
"""Reasons that say all there is to say."""


def _fate(baseline: Record, short: str) -> Cause:
    kind = {"damaged": "corrupt", "stored": "corrupt"}.get(baseline.fate, baseline.fate)
    detail = baseline.detail if baseline.why == "changed-while-running" else None
    return Cause(
        kind, short, why=baseline.why, detail=detail or None, when=baseline.at, by=baseline.by
    )


def _hints(function: str, tier: str, causes: tuple[Cause, ...]) -> Iterator[str]:
    if tier == "same-arguments" and all(cause.kind == "code" for cause in causes):
        yield f"xetcache accept {function}      if this edit cannot change any result"
    for cause in causes:
        if cause.kind == "not-stored" and cause.why == "below-threshold":
            yield "@xetmemo(always=True), or a lower `runtime_threshold`"
        elif cause.kind == "not-stored" and cause.why == "changed-while-running":
            yield "return what is new instead of changing what was given"


_TIERS: Final = ("same-call", "same-arguments", "same-code", "other")

_Nearest = tuple[str, Record, tuple[Cause, ...]]


def _nearest(
    store: Store, record: Record, graph: DependencyGraph | None, earlier: list[Record]
) -> _Nearest | None:
    """Return the tier, the earlier call that is nearest, and how it differs."""
    tiers: dict[str, list[Record]] = {tier: [] for tier in _TIERS}
    alike = [one for one in earlier if one.algorithm == record.algorithm]
    for one in alike or earlier:
        tiers[tier_of(record, one)].append(one)
    for tier in _TIERS:
        newest = sorted(tiers[tier], key=lambda one: one.at, reverse=True)[:512]
        if not newest:
            continue
        if tier == "same-call":
            return tier, newest[0], ()
        compared = [(one, _differences(store, one, record, graph)) for one in _distinct(newest)]
        baseline, causes = min(compared, key=lambda pair: (len(pair[1]), -pair[0].at))
        return tier, baseline, causes
    return None


def _distinct(newest: list[Record]) -> list[Record]:
    """Leave out older records of a call that is there already; a few are enough."""
    seen: dict[tuple[str, str, str], Record] = {}
    for one in newest:
        seen.setdefault(one.identity, one)
    return list(seen.values())[:64]


def tier_of(record: Record, one: Record) -> str:
    """Tell how near an earlier call is."""
    if (one.key, one.closure) == (record.key, record.closure) and not _facts_differ(one, record):
        return "same-call"
    if [(leaf.path, leaf.digest) for leaf in one.arguments] == [
        (leaf.path, leaf.digest) for leaf in record.arguments
    ]:
        return "same-arguments"
    return "same-code" if one.closure == record.closure else "other"


def _differences(
    store: Store, before: Record, after: Record, graph: DependencyGraph | None
) -> tuple[Cause, ...]:
    if before.algorithm != after.algorithm:  # so nothing else can be compared
        kind, default = "algorithm", tracer.ALGORITHMS[0]
        one, other = before.algorithm or default, after.algorithm or default
        return (Cause(kind, "of digests", before=one, after=other),)
    short = after.function.rpartition(".")[2]
    causes: list[Cause] = []
    if before.closure != after.closure and graph is not None:
        old = records.load_graph(store, before.graph)
        if old is not None:
            causes += (_cause(store, change) for change in _changes(store, before, old, graph))
    causes += _fact_causes(store, short, before, after)
    causes += _argument_causes(short, before.arguments, after.arguments)
    for kind, name, one, other in (
        ("label", "key", before.label, after.label),
        ("label", "version", before.version, after.version),
        ("python", "python", before.python, after.python),
    ):
        if one != other:
            causes.append(Cause(kind, name, before=_text(one), after=_text(other)))
    return tuple(causes)


def _changes(
    store: Store, before: Record, old: DependencyGraph, graph: DependencyGraph
) -> tuple[Change, ...]:
    """Return what changed of all that an earlier call ran or, if nothing did, could reach."""
    ran = records.load_trace(store, before.trace) if before.trace else None
    used = tracer.diff(old, graph, counted=frozenset(ran.nodes)) if ran is not None else ()
    return used or tracer.diff(old, graph)


def _text(value: str | None) -> str:
    return "none" if value is None else value


def _argument_causes(
    short: str, before: tuple[Leaf, ...], after: tuple[Leaf, ...]
) -> Iterator[Cause]:
    old = {leaf.path: leaf for leaf in before}
    new = {leaf.path: leaf for leaf in after}
    for path in {**new, **old}:
        one, other = old.get(path), new.get(path)
        if one is not None and other is not None and one.digest == other.digest:
            continue
        was, now = one.preview if one else None, other.preview if other else None
        if one is not None and other is not None and was == now and was not in {None, HIDDEN}:
            was, now = (f"{was} ({leaf.digest[:8]})" for leaf in (one, other))  # as arrays are
        yield Cause("argument", path, path=(short, path), before=was, after=now)


def _facts_differ(one: Record, record: Record) -> bool:
    """Tell whether a kept call was computed from files or variables of another state."""
    if one.fate != "stored" or not (one.facts or record.settings):
        return False
    return record.facts is None or one.identity != record.identity


def _fact_causes(store: Store, short: str, before: Record, after: Record) -> Iterator[Cause]:
    """Compare what two calls read outside; a call that was not made reads what is there."""
    if before.fate != "stored":
        return
    known = before.facts or ()
    pairs = list(ambient.newly_set(known, after.settings))
    if after.facts is None:
        pairs += facts.differing(known, _root_of(store))
    else:
        # What only one of them read, it read because of something else that differs.
        now = {(fact.kind, fact.name): fact for fact in after.facts}
        both = ((fact, now.get((fact.kind, fact.name))) for fact in known)
        pairs += ((one, other) for one, other in both if other and one.state != other.state)
        pairs += ambient.no_longer_set(known, after.settings)
    for one, other in pairs:
        kind = _FACT_CAUSES.get(one.kind, "file")
        name = facts.shown_name(one.name) or _NAMELESS.get(one.kind, one.kind)
        shown = (one.preview, other.preview) if one.preview != other.preview else (None, None)
        yield Cause(kind, name, path=(short, name), before=shown[0], after=shown[1])


_FACT_CAUSES: Final = {
    "env": "env",
    "environment": "env",
    "package": "package",
    "packages": "package",
    "module": "package",
    "cwd": "env",
    "argv": "env",
    "answers": "answers",
    "setting": "setting",
    "random": "random",
}
_NAMELESS: Final = {
    "environment": "the names of all variables",
    "packages": "what is installed",
    "cwd": "the working directory",
    "argv": "the command line",
}


def _root_of(store: Store) -> str:
    return os.path.dirname(store.path) if isinstance(store, LocalStore) else ""


def _cause(store: Store, change: Change) -> Cause:
    """Say a change of the dependency graph in the user's terms."""
    node = change.node
    if node.kind in {NodeKind.FUNCTION, NodeKind.CLASS, NodeKind.MODULE}:
        return Cause(
            "code", node.name, path=change.path, at=_place(store, node), role=_role(change),
            diff=_diff(store, change),
            before=_what(change.before, node), after=_what(change.after, node),
        )  # fmt: skip
    if node.kind in _PINNED and (change.before is None or change.before.name == node.name):
        kind = "package" if node.kind is NodeKind.DISTRIBUTION else "python"
        name = (node.preview or node.name).partition(" ")[0] if kind == "package" else "python"
        return Cause(
            kind,
            name,
            path=change.path,
            before=_version(change.before),
            after=_version(change.after),
        )
    kind = {Role.CLOSURE: "closure", Role.DEFAULT: "code"}.get(change.role or Role.GLOBAL, "global")
    return Cause(
        kind, change.name, path=change.path, role=_role(change),
        before=_shown_value(change.before), after=_shown_value(change.after),
    )  # fmt: skip


_PINNED: Final = (NodeKind.DISTRIBUTION, NodeKind.BUILTIN)


def _role(change: Change) -> str | None:
    return None if change.role is None else str(change.role)


def _what(one: tracer.Node | None, other: tracer.Node) -> str | None:
    """Say what stood here where it was of another kind: a function that was a number."""
    return None if one is None or one.kind is other.kind else _shown_value(one)


def _version(node: tracer.Node | None) -> str | None:
    if node is None:
        return None
    return (node.preview or node.name).partition(" ")[2] or node.name


def _shown_value(node: tracer.Node | None) -> str | None:
    if node is None or node.kind is NodeKind.ABSENT:
        return "not defined"
    if node.kind in _PINNED:
        return node.name
    return node.preview or f"{node.kind} {node.name}"


def _place(store: Store, node: tracer.Node) -> str | None:
    return records.place_of(node, _root_of(store))


def _diff(store: Store, change: Change) -> str | None:
    before, after = (
        None if node is None else records.source_of(store, node)
        for node in (change.before, change.after)
    )
    if before is None or after is None or before == after:
        return None
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))
