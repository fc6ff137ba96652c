"""Records that entries share, by content."""

from __future__ import annotations

import gc
import shutil
import weakref

import tracer
from tracer.graph import DependencyGraph
from tracer.walker import walk
from xetcache import records
from xetcache.stores import LocalStore, MemoryStore

ONE = [1]
TWO = ONE


def reader(x: int) -> int:
    return len(ONE) + len(TWO) + x


def test_a_graph_is_read_back_with_its_digest(tmp_path) -> None:
    """That two names lead to one list is part of it."""
    store = MemoryStore()
    graph = walk(reader).graph
    assert graph.sharing
    read = records.load_graph(store, records.store_graph(store, graph, str(tmp_path)))
    assert isinstance(read, DependencyGraph)
    assert read.digest == graph.digest


def test_a_graph_is_written_once(tmp_path, monkeypatch) -> None:
    """All calls of a function have one graph, and its sources are not read again for each."""
    store, graph = LocalStore(tmp_path), walk(reader).graph
    name = records.store_graph(store, graph, str(tmp_path))
    other = records.store_graph(LocalStore(tmp_path / "other"), graph, str(tmp_path))
    assert other == name
    assert list((tmp_path / "other").rglob("*.txt"))
    assert records.store_graph(store, graph, str(tmp_path)) == name
    monkeypatch.setattr(records, "_portable", None)
    assert records.store_graph(store, graph, str(tmp_path)) == name


def test_a_record_that_was_removed_is_written_again(tmp_path) -> None:
    """Somebody may clear the folder of the store while a program goes on."""
    store, graph = LocalStore(tmp_path / "store"), walk(reader).graph
    trace = tracer.OfCall(frozenset(), tracer.digest_of("read"), (0,), ("app:f",))

    def written() -> set[str]:
        records.store_graph(store, graph, str(tmp_path))
        records.store_trace(store, trace)
        return set(store.names())

    before = written()
    assert {name.partition("/")[0] for name in before} == {"graphs", "traces", "code"}
    shutil.rmtree(store.path)
    assert written() == before


def test_no_graph_is_held(tmp_path) -> None:
    """With one would be all the values that code reads."""
    store = LocalStore(tmp_path)
    graphs = [walk(reader).graph for _ in range(3)]
    gone = [weakref.ref(graph) for graph in graphs]
    for graph in graphs:
        records.store_graph(store, graph, str(tmp_path))
    places = set(map(id, graphs))
    assert places <= records._stored.keys()
    del graph
    graphs.clear()
    gc.collect()
    assert [one() for one in gone] == [None] * 3
    assert places.isdisjoint(records._stored)


def test_what_was_read_of_code_is_kept_here(tmp_path) -> None:
    """It is recalled by the trace it belongs to, and lies where it is shared with nobody."""
    store = LocalStore(tmp_path)
    read = tracer.Read((reader.__code__,), tracer.digest_of("drafts"))
    records.keep_code(store, "traces/ab/abcd.json", read)
    known = records.recall_code(store, "traces/ab/abcd.json")
    assert len(known.contents) == 1
    assert known.drafted == read.drafted
    assert records.recall_code(store, "traces/ab/other.json") == tracer.ToldCode()
    assert not list(store.names())
    path = next((tmp_path / ".local" / "code").iterdir())
    path.write_bytes(b"of another interpreter")
    records.keep_code(store, "traces/ab/abcd.json", read)
    assert records.recall_code(store, "traces/ab/abcd.json") == tracer.ToldCode()
    records.keep_code(store, "traces/ab/abcd.json", read, tracer.ToldCode())
    assert records.recall_code(store, "traces/ab/abcd.json") == known
    walked = walk(reader)
    for _ in range(2):  # before and after the graph is made
        assert tracer.written_code(walked.drafts.codes(), read.drafted, known) is None
        assert walked.graph.nodes[0].origin is walked.drafts.origin is reader


def test_what_was_read_of_code_is_bounded(tmp_path, monkeypatch) -> None:
    """Where there is too much of it, all of it goes."""
    monkeypatch.setattr(records, "_MAX_CODES", 3)
    store = LocalStore(tmp_path)
    for number in range(10):
        records.keep_code(store, f"traces/ab/{number}.json", tracer.Read((reader.__code__,)))
    assert len(list((tmp_path / ".local" / "code").iterdir())) <= 3


def test_a_store_without_a_folder_keeps_nothing_of_code() -> None:
    """What is no store of this machine is not asked."""
    store = MemoryStore()
    records.keep_code(store, "traces/ab/abcd.json", tracer.Read((reader.__code__,)))
    assert records.recall_code(store, "traces/ab/abcd.json") == tracer.ToldCode()
