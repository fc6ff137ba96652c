"""Calls into networkx: ranks, communities, paths, flows."""

import networkx as nx
from networkx.algorithms.link_analysis.pagerank_alg import _pagerank_python

from xetcache import xetmemo

EDGES = [
    (one, other, 1 + one * other % 7)
    for one in range(12)
    for other in range(one)
    if (one + 2 * other) % 3
]


def graph(kind=nx.Graph):
    made = kind()
    made.add_weighted_edges_from(EDGES)
    return made


# One call, and not four: to walk networkx takes seconds.
@xetmemo(always=True)
def everything():
    made, directed = graph(), graph(nx.DiGraph)
    ranks = _pagerank_python(directed)
    parts = nx.community.louvain_communities(made, seed=3)
    value, _ = nx.maximum_flow(directed, 11, 0, capacity="weight")
    return [
        sorted((node, round(rank, 9)) for node, rank in ranks.items()),
        sorted(sorted(part) for part in parts),
        nx.dijkstra_path(made, 11, 0),
        nx.shortest_path(made, 11, 2),
        sorted(nx.betweenness_centrality(made).items()),
        sorted(nx.minimum_spanning_tree(made).edges(data="weight")),
        value,
        list(nx.topological_sort(directed)),
        nx.is_connected(directed.to_undirected()),
    ]


# When one of its functions is called for the first time, networkx puts other code into it.
# A call that changes code is not kept.
everything.__wrapped__()
