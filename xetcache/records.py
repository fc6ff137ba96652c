"""Shared records: dependency graphs and the source of functions, by content.

    graphs/ab/<digest>.json   a graph as `tracer.DependencyGraph.to_record` gives it
    traces/ab/<digest>.json   which functions ran, and what stands for all that they read
    code/ab/<digest>.txt      the source text of one function, as it was
    .local/code/<digest>      what was read and found behind a trace, see `tracer.written_code`

An entry names its graph; most calls of a function have the same. Function sources are
kept so that a difference can be shown years later, without version control. What is in
`.local` saves time, and may be removed.
"""

from __future__ import annotations

import json
import linecache
import os
import weakref
from contextlib import suppress
from dataclasses import replace
from types import CodeType, FunctionType
from typing import Final, NamedTuple

import tracer

from .errors import StoreError
from .privacy import HIDDEN, is_secret
from .stores import LocalStore, Store


class _Stored(NamedTuple):
    """A graph of which there is a record."""

    graph: weakref.ref[tracer.DependencyGraph]
    """Not held: with it are all the values that code reads."""
    store: Store
    root: str
    name: str


_stored: dict[int, _Stored] = {}
"""By identity of the graph, as long as there is one. Most calls of a function have the same."""


def store_graph(store: Store, graph: tracer.DependencyGraph, root: str) -> str:
    """Write a graph and the sources it names; return the name of its record.

    Args:
        root: folder that file names in the record count from.

    Cost: linear in the graph; that of looking for one file where it was written before.
    """
    place = id(graph)
    known = _stored.get(place)
    if (
        known is None
        or known.graph() is not graph
        or known.store is not store
        or known.root != root
        or store.size(known.name) is None
    ):
        gone = weakref.ref(graph, lambda _: _stored.pop(place, None))
        known = _stored[place] = _Stored(gone, store, root, _write_graph(store, graph, root))
    return known.name


def _write_graph(store: Store, graph: tracer.DependencyGraph, root: str) -> str:
    secret = {edge.target for edges in graph.edges for edge in edges if is_secret(edge.label)}
    nodes = tuple(
        _portable(store, node, root, hide=number in secret)
        for number, node in enumerate(graph.nodes)
    )
    record = replace(graph, nodes=nodes).to_record()
    text = json.dumps(record, ensure_ascii=True, separators=(",", ":")).encode()
    return _put(store, "graphs", text, "json")


def load_graph(store: Store, name: str) -> tracer.DependencyGraph | None:
    """Return the graph of a record, or None where it is missing or not readable."""
    text = store.read(name)
    if text is None:
        return None
    try:
        return tracer.DependencyGraph.from_record(json.loads(text))
    except ValueError:
        return None


def store_trace(store: Store, trace: tracer.OfCall) -> str:
    """Write what a call ran; return the name of its record."""
    record = {
        "format": _FORMAT,
        "digest": trace.digest.hex(),
        "functions": sorted((one.name, one.canonical.hex(), one.place) for one in trace.functions),
        "nodes": trace.nodes,
        "beside": trace.beside,
        "states": trace.states.hex(),
        "contents": [(number, digest.hex()) for number, digest in trace.contents],
    }
    return _put(store, "traces", json.dumps(record, separators=(",", ":")).encode(), "json")


def load_trace(store: Store, name: str) -> tracer.OfCall | None:
    """Return what a record says that a call ran; None where it is missing or not readable."""
    known = _traces.get(name)
    if known is not None:
        return known
    text = store.read(name)
    if text is None or _name("traces", text, "json") != name:
        return None
    try:
        record = json.loads(text)
        if record["format"] != _FORMAT:
            return None
        functions = frozenset(
            tracer.Body(str(name), tracer.Digest(bytes.fromhex(canonical)), str(place))
            for name, canonical, place in record["functions"]
        )
        digest = tracer.Digest(bytes.fromhex(record["digest"]))
        nodes, beside = tuple(map(int, record["nodes"])), tuple(map(str, record["beside"]))
        states = tracer.Digest(bytes.fromhex(record["states"]))
        contents = tuple(
            (int(number), tracer.Digest(bytes.fromhex(held))) for number, held in record["contents"]
        )
        trace = tracer.OfCall(functions, digest, nodes, beside, states, contents)
    except (ValueError, TypeError, KeyError):
        return None
    _traces[name] = trace
    return trace


_FORMAT: Final = 5
_traces: dict[str, tracer.OfCall] = {}
"""Those that were read, by name, which says what is in them."""


def recall_code(store: Store, trace: str) -> tracer.ToldCode:
    """Take what was read here of the code behind a trace; return what that is.

    Args:
        trace: name of its record.
    """
    if not isinstance(store, LocalStore):
        return tracer.ToldCode()
    try:
        with open(os.path.join(store.path, ".local", "code", _digest_in(trace)), "rb") as file:
            text = file.read()
    except OSError:
        return tracer.ToldCode()
    return tracer.take_code(text)


def keep_code(
    store: Store, trace: str, read: tracer.Read, known: tracer.ToldCode | None = None
) -> None:
    """Write down what was read of the code behind a trace, for `recall_code`.

    Args:
        known: what was recalled; nothing is written if it is all. None where nobody looked,
            and what is there stays.
    """
    if not isinstance(store, LocalStore):
        return
    with suppress(OSError, StoreError):  # it is read once more then
        path = store.local_path(f"code/{_digest_in(trace)}")
        if known is None and os.path.exists(path):
            return
        text = tracer.written_code(read.codes, read.drafted, known)
        if text is None:
            return
        _make_room(os.path.dirname(path))
        temporary = f"{path}-{os.getpid()}-{os.urandom(4).hex()}"
        with open(temporary, "xb") as file:
            file.write(text)
        os.replace(temporary, path)


def _digest_in(name: str) -> str:
    return os.path.splitext(os.path.basename(name))[0]


def _make_room(folder: str) -> None:
    """Remove what was read of code, all of it, where that has become too much."""
    names = os.listdir(folder)
    if len(names) >= _MAX_CODES:
        for name in names:
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))


_MAX_CODES: Final = 1_000
"""Of traces."""


def load_source(store: Store, name: str | None) -> str | None:
    """Return the source text of a record, or None where there is none."""
    text = store.read(name) if name else None
    return None if text is None else text.decode("utf-8", "replace")


def source_of(store: Store, node: tracer.Node) -> str | None:
    """Return the source of a node: of the live object, or from its record."""
    return _source_of(node.origin) or load_source(store, node.source)


def place_of(node: tracer.Node, root: str) -> str | None:
    """Return `file:line` of a node, with the file counted from the folder `root`."""
    return None if node.where is None else _place(node.where, root)


def _portable(store: Store, node: tracer.Node, root: str, *, hide: bool) -> tracer.Node:
    """Return a node as it is written: file names of this checkout, source by name."""
    source = _source_of(node.origin)
    return replace(
        node,
        preview=HIDDEN if hide and node.preview is not None else node.preview,
        where=None if node.where is None else _place(node.where, root),
        source=None
        if source is None
        else _put(store, "code", source.encode("utf-8", "replace"), "txt"),
        origin=None,
    )


def _place(where: str, root: str) -> str:
    """Return `file:line` with the file as people in this project call it."""
    file, _, line = where.rpartition(":")
    if file.startswith("<ipython-input") or f"{os.sep}ipykernel_" in file:
        return f"cell:{line}"
    if file.startswith("<"):
        return where
    inside = os.path.relpath(file, root) if os.path.isabs(file) else file
    return f"{os.path.basename(file) if inside.startswith(os.pardir) else inside}:{line}".replace(
        os.sep, "/"
    )


def _source_of(origin: object) -> str | None:
    """Return the text a function was compiled from, if it can be found."""
    # Whatever it is may say that it is of another class.
    if type(origin) is FunctionType:
        code, module = origin.__code__, origin.__globals__
    elif type(origin) is CodeType:
        lines = linecache.getlines(origin.co_filename)
        return "".join(lines) or None
    else:
        return None
    lines = linecache.getlines(code.co_filename, module)[code.co_firstlineno - 1 :]
    if not lines:
        return None
    from inspect import getblock  # noqa: PLC0415 - 18 ms, and a miss takes longer

    try:
        return "".join(getblock(lines))
    except (SyntaxError, IndexError):
        return None


def _put(store: Store, kind: str, text: bytes, ending: str) -> str:
    name = _name(kind, text, ending)
    # Looking first saves the temporary file, and most records are there already. What was
    # there before may have been removed: a folder, by hand.
    if store.size(name) is None:
        store.write(name, text)
    return name


def _name(kind: str, text: bytes, ending: str) -> str:
    digest = str(tracer.digest_of(kind, text))
    return f"{kind}/{digest[:2]}/{digest}.{ending}"
