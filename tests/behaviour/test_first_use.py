"""Objects of libraries that note something in themselves when they are used first."""

from __future__ import annotations

import pytest

USES = {
    "function of networkx": """
        import networkx
        def use(x): return networkx.shortest_path(networkx.path_graph(5), 0, x)
    """,
    "graph of networkx": """
        import networkx
        GRAPH = networkx.path_graph(5)
        def use(x): return list(GRAPH.edges), list(GRAPH.nodes), dict(GRAPH[x]), GRAPH.adj[1]
    """,
    "graph as argument": """
        import networkx
        from xetcache import xetmemo
        @xetmemo(always=True)
        def rank(graph): return networkx.pagerank(graph)
        def use(x): return rank(networkx.path_graph(x))
    """,
    "sparse matrix": """
        import numpy, scipy.sparse
        MATRIX = scipy.sparse.csr_matrix(numpy.eye(3))
        def use(x): return float(MATRIX.sum()), (MATRIX @ MATRIX).toarray().tolist()
    """,
    "protocol": """
        from typing import Protocol
        class Shape(Protocol):
            def area(self): ...
        class Square(Shape):
            def area(self): return 4
        def use(x): return Square().area()
    """,
    "attrs": """
        import attrs
        @attrs.frozen
        class Point:
            x: int
        def use(x): return hash(Point(x)), Point(x)
    """,
    "structure": """
        import struct
        LAYOUT = struct.Struct("<i")
        def use(x): return LAYOUT.pack(x)
    """,
}


@pytest.mark.parametrize("use", USES)
def test_that_is_no_change(project, use) -> None:
    """The call is kept by the process that uses it first, and served in the next."""
    project.write("library_use.py", USES[use])
    project.write(
        "app.py",
        """
        from xetcache import stats, xetmemo
        from library_use import use
        work = xetmemo(always=True)(use)
        def run(x): return repr(work(x)) and stats()["last"]["outcome"]
        """,
    )
    assert project.call("app.run", 3).value == "miss"
    assert project.call("app.run", 3).value == "hit"
