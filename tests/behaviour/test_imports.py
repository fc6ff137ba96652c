"""Calls that import modules of the user inside their body."""

from __future__ import annotations

import pytest

WAYS = {
    "module": ("import helpers", "helpers.h(x)"),
    "name": ("from helpers import h", "h(x)"),
    "submodule": ("import package.inside", "package.inside.h(x)"),
    "from package": ("from package import inside", "inside.h(x)"),
    "relative": ("from . import inside", "inside.h(x)"),
    "from submodule": ("from package.inside import h", "h(x)"),
    "from namespace": ("from spaces import inside", "inside.h(x)"),
    "by name": ("import importlib", "importlib.import_module('helpers').h(x)"),
}

APP = """
    from xetcache import stats, xetmemo

    @xetmemo(always=True)
    def work(x):
        {statement}
        return {expression}

    def thrice(x):
        return [(work(x), stats()["last"]["outcome"])[1] for _ in range(3)]
"""


@pytest.fixture(params=WAYS)
def lazy(project, request):
    """Give a project whose function imports a module when it is called."""
    statement, expression = WAYS[request.param]
    project.is_watched = False
    project.write("package/__init__.py", "")
    project.write("package/app.py", APP.format(statement=statement, expression=expression))
    for name in ("helpers.py", "package/inside.py", "spaces/inside.py"):
        project.write(name, "def h(x): return x + 1")
    return project


def test_it_is_computed_once(lazy) -> None:
    """In this process, where it is imported by now, and in one that has not imported it."""
    assert lazy.call("package.app.thrice", 3).value == ["miss", "hit", "hit"]
    assert lazy.call("package.app.thrice", 3).value == ["hit", "hit", "hit"]


def test_an_edit_of_the_module_is_noticed(lazy) -> None:
    """Whether it is imported or still to import."""
    assert lazy.call("package.app.work", 3).value == 4
    for name in ("helpers.py", "package/inside.py", "spaces/inside.py"):
        lazy.replace(name, "x + 1", "x + 2")
    served = lazy.call("package.app.work", 3)
    assert served.value == 5
    assert lazy.call("package.app.thrice", 3).value == ["hit", "hit", "hit"]


def test_one_that_was_imported_otherwise_counts_as_it_is(project) -> None:
    """What the program did to the module is seen, though its text is as it was."""
    app = APP.format(statement="import helpers", expression="helpers.h(x)")
    project.write("app.py", app)
    project.write("helpers.py", "def h(x): return x + RATE\nRATE = 1")
    project.write(
        "patched.py",
        """
        import helpers, app
        def run(x):
            helpers.RATE = 5
            return app.work(x)
        """,
    )
    assert project.call("app.thrice", 3).value == ["miss", "hit", "hit"]
    assert project.call("patched.run", 3).value == 8
