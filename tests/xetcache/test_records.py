"""Records that entries share, by content."""

from __future__ import annotations

from tracer.graph import DependencyGraph
from tracer.walker import walk
from xetcache import records
from xetcache.stores import MemoryStore

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
