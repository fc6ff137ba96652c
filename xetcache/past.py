"""The past: calls as they were recorded, by their entries, in the journal, on tombstones.

Reads what is there and compares nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import tracer
from tracer import DependencyGraph

from . import ambient, engine, facts, journal
from .algorithm import mark
from .call import Call
from .entry import Fact, Header, Leaf
from .key import Key
from .leaves import leaves_of
from .stores import Store


@dataclass(frozen=True, slots=True)
class Record:
    """One call as it was recorded: by its entry, in the journal, or on a tombstone."""

    function: str
    key: str
    closure: str
    at: float
    seconds: float = 0.0
    label: str | None = None
    version: str | None = None
    python: str = ""
    algorithm: str = ""
    root: str = ""
    """Digest, in hex, of the code of the function alone."""
    arguments: tuple[Leaf, ...] = ()
    graph: str = ""
    trace: str = ""
    """Name of the record of what it ran, where that was less than it could reach."""
    facts: tuple[Fact, ...] | None = None
    """What it read outside; None where that is not known."""
    settings: tuple[Fact, ...] = ()
    """Settings of libraries that were not the default; among the facts, if these are known."""
    fate: str = "stored"
    """`stored`, `not-stored`, `evicted`, `cleared`, `damaged`."""
    why: str | None = None
    detail: str = ""
    """What else there is to say of why it was not kept."""
    by: str | None = None
    live: DependencyGraph | None = field(default=None, compare=False)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Tells records of one call apart from those of others."""
        return (
            self.key,
            self.closure,
            facts.id_of(self.settings if self.facts is None else self.facts),
        )


def earlier_calls(store: Store, record: Record) -> Iterator[Record]:
    """Yield recorded calls of the same function: entries, journal, tombstones."""
    for header in headers(store):
        if header.function == record.function:
            yield from_header(header)
    for run in journal.runs(store):
        for line in journal.read(run):
            if line.get("outcome") == "miss" and line.get("function") == record.function:
                one = from_journal(line)
                if one.fate != "stored":
                    yield one
    for line in journal.tombstones(store):
        if line.get("function") == record.function and "key" in line:
            yield replace(
                from_journal(line),
                fate=str(line.get("kind")),
                by=line.get("removed_by"),
                why=line.get("kind"),
            )


def headers(store: Store, prefix: str = "entries/") -> Iterator[Header]:
    """Yield the header of every entry that is whole enough to have one."""
    for name in store.names(prefix):
        header = engine.header_of(store, name)
        if header is not None:
            yield header


def from_header(header: Header) -> Record:
    return Record(
        function=header.function,
        key=header.key,
        closure=header.closure,
        at=header.created,
        seconds=header.seconds,
        label=header.label,
        version=header.options.get("version"),
        python=header.python,
        algorithm=header.algorithm,
        root=header.root,
        arguments=header.arguments,
        graph=header.graph,
        trace=header.trace,
        facts=header.facts,
        settings=tuple(ambient.settings_in(header.facts).values()),
    )


def from_journal(line: dict[str, Any]) -> Record:
    why = line.get("not_stored")
    read = tuple(Fact(*fact) for fact in line.get("facts", ()))
    return Record(
        function=line.get("function", ""),
        key=line.get("key", ""),
        closure=line.get("closure", ""),
        at=line.get("at", 0.0),
        seconds=line.get("seconds", 0.0),
        label=line.get("label"),
        version=line.get("version"),
        python=line.get("python", ""),
        algorithm=line.get("algorithm", ""),
        root=line.get("root", ""),
        arguments=tuple(Leaf(*leaf) for leaf in line.get("arguments", ())),
        graph=line.get("graph", ""),
        facts=read,
        settings=tuple(ambient.settings_in(read).values()),
        fate="not-stored" if why else "stored",
        why=why,
        detail=str(line.get("detail") or ""),
    )


def shown_call(name: str, arguments: tuple[Leaf, ...]) -> str:
    """Return the call as one would write it, as far as previews tell."""
    shown: dict[str, str] = {}
    for leaf in arguments:
        parameter = leaf.path.split("[")[0].split(".")[0]
        shown[parameter] = (leaf.preview or "…") if parameter == leaf.path else "…"
    return f"{name}({', '.join(f'{parameter}={text}' for parameter, text in shown.items())})"


def from_key(call: Call, key: Key) -> Record:
    return Record(
        function=call.name,
        key=key.key,
        closure=key.closure,
        at=float("inf"),
        label=call.options.key,
        version=call.options.version,
        python=tracer.PYTHON,
        algorithm=mark(),
        root=key.root.hex(),
        arguments=leaves_of(key.arguments),
        settings=ambient.counting(key),
        live=key.trace.graph,
    )


def is_of(name: str, function: str | None) -> bool:
    """Tell whether a recorded name is that of `function`, or ends with it."""
    wanted = None if function is None else function.replace(":", ".")
    return wanted is None or name == wanted or name.endswith(f".{wanted}")
