"""Calls whose code can reach what has no digest or cannot be traced, and that do not get there.

They are kept by what they ran. One that gets there is not, and neither is one of which nobody
knows what it ran.
"""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Project

needs_traces = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

APP = """
import importlib
from xetcache import xetmemo
{setup}
def seldom(n):
    {used}
    return -n
def helper(n):
    return n * 2
@xetmemo(always=True)
def main(n):
    return seldom(n) if n < 0 else helper(n)
@xetmemo(always=True)
async def awaited(n):
    return seldom(n) if n < 0 else helper(n)
"""

OUT_OF_REACH = {
    "an open file": ('OUT = open("out.txt", "a")', "OUT.write(str(n))"),
    "a generator": ("NUMBERS = (n for n in range(9))", "n += next(NUMBERS)"),
    "a part of a table": ("TABLE = {'rate': 2, 'all': (n for n in ())}", "n *= TABLE['rate']"),
    "a captured one": (
        'def make(out):\n    return lambda n: out.write(str(n))\nwrite = make(open("out", "a"))',
        "write(n)",
    ),
    "a computed import": ("", "importlib.import_module('js' + str('on')).dumps(n)"),
    "what finds modules": ("FIND = importlib.import_module", "n += len([*map(FIND, ['json'])])"),
    "all there is": ("import gc", "n += len(gc.get_objects()) * 0"),
}
"""What stands in the module, and what uses it."""


def app(name: str) -> str:
    setup, used = OUT_OF_REACH[name]
    return APP.format(setup=setup, used=used)


def is_served(project: Project, argument: int, call: str = "app.main") -> bool:
    """Make the call in a new process; tell whether it was served."""
    outcome = project.call(call, argument)
    assert outcome.error is None
    return call not in outcome.ran


@needs_traces
@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_a_call_that_does_not_get_there_is_kept(project: Project, name: str) -> None:
    """And what it ran is what it depends on."""
    project.write("app.py", app(name))
    assert not is_served(project, 3)
    assert is_served(project, 3)
    project.replace("app.py", "return -n", "return -n - 1")
    assert is_served(project, 3)
    project.replace("app.py", "n * 2", "n * 3")
    assert project.call("app.main", 3).value == 9


@pytest.mark.parametrize("name", OUT_OF_REACH)
def test_a_call_that_gets_there_is_not(project: Project, name: str) -> None:
    """It is computed each time, and said why."""
    project.write("app.py", app(name))
    for _ in range(2):
        outcome = project.call("app.main", -3)
        assert "app.main" in outcome.ran
        assert outcome.reasons[-1] in {"not-digestible", "untraceable"}
        assert "is computed and not kept" in outcome.stderr


def test_where_all_that_is_in_reach_decides(project: Project) -> None:
    """Nothing is kept without knowing what a call ran."""
    project.write("app.py", app("an open file"))
    project.environment["XETCACHE_PRECISION"] = "static"
    assert not is_served(project, 3)
    assert not is_served(project, 3)


@needs_traces
def test_what_was_kept_is_not_served_where_all_decides(project: Project) -> None:
    """A reader may ask for more than the writer did."""
    project.write("app.py", app("an open file"))
    assert not is_served(project, 3)
    project.environment["XETCACHE_PRECISION"] = "static"
    assert not is_served(project, 3)


@needs_traces
def test_one_process_makes_both_kinds_of_call(project: Project) -> None:
    """Served at once what did not get there, before and after what did."""
    project.write("app.py", app("an open file"))
    project.write(
        "script.py",
        """
        import xetcache, app
        def ask(n):
            app.main(n)
            return xetcache.stats()["last"]["outcome"]
        print([ask(n) for n in (3, 3, 3, 3, 3, -3, -3, 3, 3)])
        """,
    )
    hits = ["hit"] * 4
    assert project.run_script("script.py").stdout.strip() == str(
        ["miss", *hits, "bypass", "bypass", "hit", "hit"]
    )


@needs_traces
def test_what_takes_the_place_of_it(project: Project) -> None:
    """A value that has a digest counts as ever."""
    project.write("app.py", app("an open file").replace("OUT.write(str(n))", "n += OUT"))
    assert not is_served(project, 3)
    project.replace("app.py", 'open("out.txt", "a")', "1")
    assert is_served(project, 3)
    assert project.call("app.main", -3).value == 2
    assert is_served(project, -3)
    project.replace("app.py", "OUT = 1", "OUT = 2")
    assert project.call("app.main", -3).value == 1


@needs_traces
def test_what_ran_before_may_have_left_something(project: Project) -> None:
    """Where a library may keep it: so what cannot be traced must not have run, either."""
    source = app("an open file").replace("return n * 2", "return n * logging.root.level")
    project.write("app.py", source.replace("import importlib", "import importlib, logging"))
    project.replace("app.py", "OUT.write(str(n))", "logging.root.setLevel(OUT.fileno())")
    project.write("script.py", "import app\napp.seldom(1)\nprint(app.main(3))\n")
    assert project.run_script("script.py").stdout != "90\n"
    assert not is_served(project, 3)


@needs_traces
def test_what_awaits(project: Project) -> None:
    """A coroutine is kept as a function is."""
    project.write("app.py", app("a generator"))
    project.write(
        "script.py",
        """
        import asyncio, sys
        import xetcache, app
        def ask(n):
            asyncio.run(app.awaited(n))
            return xetcache.stats()["last"]["outcome"]
        print([ask(n) for n in (3, 3, -3, -3)])
        """,
    )
    expected = ["miss", "hit", "bypass", "bypass"]
    assert project.run_script("script.py").stdout.strip() == str(expected)


@needs_traces
def test_what_explain_says(project: Project) -> None:
    """That nothing can be kept, as long as nothing is; later what was edited."""
    project.write("app.py", app("an open file"))
    asked = ("-c", "import app; print(app.main.explain(3)); print(app.main.explain(-3))")
    assert project.python(*asked).stdout.count("bypass") == 2
    assert not is_served(project, 3)
    assert "would hit" in project.python(*asked).stdout
    project.replace("app.py", "n * 2", "n * 3")
    assert "n * 3" in project.python(*asked).stdout
