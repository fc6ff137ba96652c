"""The algorithm of digests is a setting of the process; results of one do not serve another."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import Project
from xetcache.entry import header_from

needs_blake3 = pytest.mark.skipif(find_spec("blake3") is None, reason="needs blake3")

APP = """
    from xetcache import xetmemo

    @xetmemo(always=True)
    def total(x):
        return x + 1

    def shown(x):
        return str(total.explain(x))
"""


@pytest.fixture
def app(project: Project) -> Project:
    """Give a project with a memoized function."""
    project.write("app.py", APP)
    return project


def entries(app: Project) -> dict[str, Path]:
    """Return the entries of the store by the algorithm that their headers name."""
    found = [path for path in (app.folder / "xmemo" / "entries").rglob("*") if path.is_file()]
    return {header_from(path.read_bytes()).algorithm: path for path in found}


@needs_blake3
def test_results_are_kept_by_blake3(app: Project) -> None:
    """A result is served in the next process, and its entry says how it was named."""
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    assert app.call("app.total", 1).ran == ["app.total"]
    assert app.call("app.total", 1).ran == []
    assert list(entries(app)) == ["blake3"]


def test_the_default_is_not_named(app: Project) -> None:
    """Entries of before there was a choice are those of the default."""
    app.call("app.total", 1)
    assert list(entries(app)) == [""]


@needs_blake3
def test_the_project_can_say_it(app: Project) -> None:
    """`[tool.xetcache]` holds for all who work on it."""
    app.write("pyproject.toml", '[tool.xetcache]\nalgorithm = "blake3"\n')
    app.call("app.total", 1)
    assert list(entries(app)) == ["blake3"]


@needs_blake3
def test_results_of_another_algorithm_do_not_serve(app: Project) -> None:
    """They are computed anew, beside those that are there, and explain says why."""
    app.call("app.total", 1)
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    assert "algorithm of digests   xxh3-128 → blake3" in app.call("app.shown", 1).value
    assert app.call("app.total", 1).ran == ["app.total"]
    assert app.call("app.total", 1).ran == []
    del app.environment["XETCACHE_ALGORITHM"]
    assert app.call("app.total", 1).ran == []
    assert sorted(entries(app)) == ["", "blake3"]


@needs_blake3
def test_explain_compares_with_calls_of_the_same_algorithm(app: Project) -> None:
    """Where there is one, the other algorithm is not mentioned."""
    app.call("app.total", 1)
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    app.call("app.total", 2)
    shown = app.call("app.shown", 3).value
    assert "algorithm" not in shown
    assert "2 → 3" in shown


@needs_blake3
def test_an_entry_of_the_weaker_does_not_serve_under_a_name_of_the_other(app: Project) -> None:
    """Somebody may have built one that has the name of a result of yours."""
    app.call("app.total", 1)
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    app.call("app.total", 1)
    kept = entries(app)
    shutil.copy(kept[""], kept["blake3"])
    outcome = app.call("app.total", 1)
    assert (outcome.value, outcome.ran) == (2, ["app.total"])


def test_a_missing_package_is_said_and_nothing_is_kept(app: Project) -> None:
    """The program runs, as with any setting that cannot be used."""
    app.environment |= {"XETCACHE_ALGORITHM": "blake3", "XETCACHE_STRICT": "0"}
    program = "import sys; sys.modules['blake3'] = None\nimport app\nprint(app.total(1))"
    done = app.python("-c", program)
    assert done.stdout == "2\n"
    assert "XETCACHE_ALGORITHM: algorithm cannot be 'blake3'" in done.stderr
    assert "pip install 'xetcache[blake3]'" in done.stderr
    assert not (app.folder / "xmemo").exists()


@needs_blake3
def test_digests_that_were_made_before_are_said(app: Project) -> None:
    """A program that has digested by itself runs without a store, and is told why."""
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    program = "import tracer\ntracer.digest(1)\nimport app\nprint(app.total(1))"
    done = app.python("-c", program)
    assert done.stdout == "2\n"
    assert "digests were made by xxh3-128 already" in done.stderr
    assert not (app.folder / "xmemo").exists()


@needs_blake3
def test_the_digest_of_values_is_by_the_same(app: Project) -> None:
    """`xetcache.digest` asks the settings, too."""
    program = "import xetcache; print(xetcache.digest([1]))"
    plain = app.python("-c", program).stdout
    app.environment["XETCACHE_ALGORITHM"] = "blake3"
    assert app.python("-c", program).stdout not in {plain, ""}


def test_it_is_no_option_of_a_block(app: Project) -> None:
    """Digests of one process are made by one algorithm."""
    program = "import xetcache\nwith xetcache.options(algorithm='blake3'): pass"
    assert "one for the whole process" in app.python("-c", program).stderr


def test_any_other_name_is_a_bad_setting(app: Project) -> None:
    """The message says which there are."""
    app.environment["XETCACHE_ALGORITHM"] = "md5"
    assert "one of xxh3-128, blake3" in app.call("app.total", 1).stderr
