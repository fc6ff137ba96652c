"""Nothing that ran is missing from the static graph without being reported.

Each workload is a function of the user that calls a real package, which counts as the
user's own code. The function is walked first and called then, in a process of its own;
every code object that started must be in the graph. What a call makes itself from text,
such as a compiled template, is no part of any graph.

Not here, though real: `seaborn.boxplot` and `statsmodels`' `multipletests`, whose installing
would cost more than they show. `tests/tracer/test_executed_unseen.py` has the programs
whose graphs do miss something.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.conftest import Project
from tests.tracer.executed import Comparison
from tests.tracer.many_ways import AT_IMPORT, FILES
from tracer.instructions import with_nested

WhatRan = Callable[..., list[Comparison]]


@dataclass(frozen=True)
class Workload:
    """A call of a package, and what is known of it."""

    package: str
    source: str
    runs: int
    """About how many code objects of the package start in a first call; more is fine."""
    rounds: int = 2
    python: tuple[int, int] | None = None
    """The one minor version of Python it is run on, where it is slow to install."""
    refused: str = ""
    """Part of what the walk is refused for today; empty where it is not."""


COMPUTED_MODULE = "it asks for a module whose name is computed"

WORKLOADS = {
    "rich-table": Workload(
        package="rich",
        runs=140,
        refused=COMPUTED_MODULE,
        source="""
            import io

            from rich.console import Console
            from rich.table import Table

            def run():
                table = Table(title="Sizes")
                table.add_column("name")
                table.add_column("bytes", justify="right")
                table.add_row("a", "[bold]2[/]")
                file = io.StringIO()
                Console(file=file, width=60, force_terminal=True).print(table)
                return file.getvalue()
        """,
    ),
    "jinja2-compile-and-render": Workload(
        package="jinja2",
        runs=180,
        refused=COMPUTED_MODULE,
        source="""
            import jinja2

            TEXT = '''
                {% macro row(name) %}<li>{{ name|upper }}</li>{% endmacro %}
                {% for one in names %}{{ row(one) }}{% if loop.last %}.{% endif %}{% endfor %}
            '''

            def run():
                return jinja2.Environment().from_string(TEXT).render(names=["a", "b"])
        """,
    ),
    "networkx-pagerank-and-louvain": Workload(
        package="networkx",
        runs=80,
        rounds=1,  # a walk takes seconds
        source="""
            import networkx

            def run():
                graph = networkx.karate_club_graph()
                communities = networkx.community.louvain_communities(graph, seed=1)
                return networkx.pagerank(graph), communities
        """,
    ),
    "sklearn-f1-score-and-ridge": Workload(
        package="sklearn",
        runs=120,
        rounds=1,
        refused=COMPUTED_MODULE,
        source="""
            import numpy
            from sklearn.linear_model import Ridge
            from sklearn.metrics import f1_score

            ROWS = numpy.arange(60.0).reshape(20, 3) ** 0.5

            def run():
                return f1_score([0, 1, 1], [0, 1, 0]), Ridge().fit(ROWS, ROWS[:, 0])
        """,
    ),
    "httpx-url": Workload(
        package="httpx",
        runs=15,
        source="""
            import httpx

            def run():
                return str(httpx.URL("https://example.org/z?a=1").copy_with(path="/q"))
        """,
    ),
    "sympy-igcd": Workload(
        package="sympy",
        python=(3, 12),
        runs=1,
        source="""
            import sympy

            def run():
                return sympy.igcd(12, 18)
        """,
    ),
    "sympy-factorint-and-simplify": Workload(
        package="sympy",
        python=(3, 12),
        runs=700,
        rounds=1,  # a walk takes many seconds
        refused=COMPUTED_MODULE,
        source="""
            import sympy

            def run():
                x = sympy.symbols("x")
                simpler = sympy.simplify(sympy.sin(x) ** 2 + sympy.cos(x) ** 2)
                return sympy.factorint(360360), simpler
        """,
    ),
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_what_a_real_package_runs_is_in_its_graph(
    name: str, project: Project, what_ran: WhatRan
) -> None:
    """Of a package that is followed, every function that a call runs was walked."""
    workload = WORKLOADS[name]
    if workload.python not in {None, sys.version_info[:2]}:
        pytest.skip(f"on Python {workload.python} only")
    project.write("app.py", workload.source)

    first, *later = what_ran(workload.package, rounds=workload.rounds)

    print(
        f"{name}: {len(first.executed)} of {first.static} code objects ran, "
        f"{first.functions} functions walked in {first.walk_ms:.0f} ms"
    )
    assert len(first.executed) >= workload.runs
    assert [one.holes for one in (first, *later)] == [()] * (1 + len(later))
    for one in (first, *later):
        assert any(workload.refused in refused for refused in one.refused or [""])
        assert bool(one.refused) == bool(workload.refused)


def test_what_many_features_run_is_in_the_graph(project: Project, what_ran: WhatRan) -> None:
    """However a function is reached, it was walked: a project made of such ways."""
    for name, text in FILES.items():
        project.write(name, text)

    first, second = what_ran(rounds=2)

    assert (first.holes, first.refused) == ((), ())
    assert (second.holes, second.refused) == ((), ())
    # So that no way is in the project without being gone.
    assert functions_of(FILES) - set(first.executed) == AT_IMPORT


def functions_of(files: dict[str, str]) -> set[str]:
    """Return every function that the text of a project defines, as `module.qualname`."""
    found: set[str] = set()
    for name, text in files.items():
        module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        code = compile(text, name, "exec", dont_inherit=True)
        found |= {f"{module}.{one.co_qualname}" for one in with_nested(code) if one.co_flags & 1}
    return found


def test_what_is_not_in_the_graph_is_noticed(project: Project, what_ran: WhatRan) -> None:
    """The comparison would tell: code that waits for the end of an object is a hole."""
    project.write(
        "app.py",
        """
        import weakref

        class Row:
            pass

        class Hidden:
            def act(self):
                return [one for one in (1, 2)]

        ROWS = [Row()]
        weakref.finalize(ROWS[0], Hidden().act)

        def run():
            ROWS.clear()
        """,
    )

    (only,) = what_ran(rounds=1)

    inlined = sys.version_info >= (3, 12)  # comprehensions are, PEP 709
    comprehension = () if inlined else ("app.Hidden.act.<locals>.<listcomp>",)
    assert only.holes == ("app.Hidden.act", *comprehension)
    assert only.refused == ()


def test_all_that_starts_is_recorded(project: Project, what_ran: WhatRan) -> None:
    """Threads, generators that go on or are thrown into, and a second round count."""
    project.write(
        "app.py",
        """
        import threading

        def going_on():
            while True:
                try:
                    yield
                except ValueError:
                    pass

        def thrown_into():
            try:
                yield
            except ValueError:
                yield

        first, second = going_on(), thrown_into()
        next(first), next(second)
        KEPT = {"first": first, "second": second}

        def in_thread():
            pass

        def run():
            thread = threading.Thread(target=in_thread)
            thread.start()
            thread.join()
            next(KEPT["first"])
            if "second" in KEPT:
                KEPT.pop("second").throw(ValueError)
        """,
    )

    one, two = what_ran(rounds=2)

    assert one.executed == ("app.going_on", "app.in_thread", "app.run", "app.thrown_into")
    assert two.executed == ("app.going_on", "app.in_thread", "app.run")
