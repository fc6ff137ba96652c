"""What a function depends on that cannot be seen is said by the user."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import outcome
from xetcache import env, options, package, xetmemo

RATES = {"a": 1}


def helper(x: int) -> int:
    """Take part in what a function depends on."""
    return x + RATES["a"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of a project, with a store of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODE", raising=False)
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield tmp_path


def kept(depends_on: Any) -> Any:
    """Return a kept function that reads nothing by itself."""

    @xetmemo(always=True, depends_on=depends_on)
    def work(x: int) -> int:
        return x * 2

    work(3)
    work(3)
    assert outcome() == "hit"
    return work


def test_a_file() -> None:
    """Whether it is there, and what is in it."""
    work = kept("weights.bin")
    Path("weights.bin").write_text("1")
    work(3)
    assert outcome() == "miss"
    Path("weights.bin").write_text("2")
    assert [cause.name for cause in work.explain(3).causes] == ["weights.bin"]
    work(3)
    assert outcome() == "miss"
    Path("weights.bin").write_text("1")
    work(3)
    assert outcome() == "hit"


def test_a_folder() -> None:
    """With everything in it, at any depth."""
    Path("data/deep").mkdir(parents=True)
    Path("data/deep/a").write_text("1")
    work = kept(Path("data"))
    for change in (
        lambda: Path("data/deep/a").write_text("2"),
        lambda: Path("data/b").write_text(""),
        lambda: Path("data/empty").mkdir(),
        lambda: Path("data/b").rename("data/c"),
    ):
        change()
        work(3)
        assert outcome() == "miss"
    Path("other").write_text("x")
    work(3)
    assert outcome() == "hit"


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the function read it."""
    work = kept([env("MODE")])
    monkeypatch.setenv("MODE", "x")
    cause = work.explain(3).causes[0]
    assert (cause.kind, cause.name, cause.before, cause.after) == ("env", "MODE", "not set", "x")
    work(3)
    assert outcome() == "miss"


def test_a_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its version; one that is not installed may be some day."""
    import importlib.metadata

    import tracer.policy

    work = kept([package("xxhash"), package("no-such-thing"), package("PyYAML")])
    assert tracer.policy.version_of("xxhash") == importlib.metadata.version("xxhash")
    assert tracer.policy.version_of("no-such-thing") == ""
    monkeypatch.setattr("tracer.world.version_of", lambda name: f"{name} 99")
    causes = {(cause.kind, cause.after) for cause in work.explain(3).causes}
    assert ("package", "no-such-thing 99") in causes
    work(3)
    assert outcome() == "miss"


def test_functions_and_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """With all that they reach, as if the function named them."""
    work = kept([helper, RATES])
    monkeypatch.setitem(RATES, "a", 2)
    work(3)
    assert outcome() == "miss"


def test_naming_more_asks_for_more() -> None:
    """What was kept before it was named cannot know of it."""

    def work(x: int) -> int:
        return x

    xetmemo(always=True)(work)(1)
    xetmemo(always=True, depends_on="data.bin")(work)(1)
    assert outcome() == "miss"


def test_global_variables_that_do_not_count(project) -> None:
    """Whoever reads them: the function, a helper, another module."""
    project.write("other.py", "import work\ndef level(): return work.VERBOSE\n")
    project.write(
        "work.py",
        """
        import other
        from xetcache import xetmemo
        VERBOSE = False
        RATE = 2

        def show(x):
            if VERBOSE or other.level():
                print(x)

        @xetmemo(always=True, ignore=["VERBOSE", "extra"])
        def total(x, extra=None):
            show(x)
            return x * RATE
        """,
    )
    assert project.call("work.total", 3).value == 6
    project.replace("work.py", "VERBOSE = False", "VERBOSE = True")
    outcome = project.call("work.total", 3)
    assert outcome.value == 6
    assert "work.show" not in outcome.ran
    project.replace("work.py", "RATE = 2", "RATE = 3")
    assert project.call("work.total", 3).value == 9


def test_a_name_of_nothing() -> None:
    """Is neither a parameter nor a variable."""
    with pytest.raises(TypeError, match="no such parameter, and its module no such variable"):
        xetmemo(ignore="RATEZ")(helper)


def test_what_cannot_be_meant_is_refused() -> None:
    """A set has no order, and names are text."""
    with pytest.raises(TypeError, match="takes a list"):
        xetmemo(depends_on={1, 2})
    with pytest.raises(TypeError, match="takes names"):
        xetmemo(follow=[1])  # type: ignore[list-item]


def test_code_that_is_followed_or_not(project) -> None:
    """`pin=` leaves a module of the user out; `follow=` takes an installed one in."""
    project.write("noise.py", "def level(): return 1\n")
    project.write(
        "work.py",
        """
        import noise
        from xetcache import xetmemo

        @xetmemo(always=True)
        def plain(x): return x + noise.level()

        @xetmemo(always=True, pin="noise")
        def pinned(x): return x + noise.level()
        """,
    )
    assert project.call("work.plain", 1).value == project.call("work.pinned", 1).value == 2
    project.replace("noise.py", "return 1", "return 2")
    assert project.call("work.plain", 1).value == 3
    assert project.call("work.pinned", 1).value == 2


def test_an_installed_module_that_is_followed(project) -> None:
    """Editing it counts, though its version is the same."""
    project.write("site-packages/lib.py", "def h(x): return x + 1\n")
    project.write("site-packages/lib-1.0.dist-info/RECORD", "lib.py,,\n")
    text = """
        import os, sys
        sys.path.insert(0, os.path.abspath("site-packages"))
        import lib
        from xetcache import xetmemo

        @xetmemo(always=True)
        def plain(x): return lib.h(x)

        @xetmemo(always=True, follow="lib")
        def followed(x): return lib.h(x)
    """
    project.write("work.py", text)
    assert project.call("work.plain", 1).value == project.call("work.followed", 1).value == 2
    project.replace("site-packages/lib.py", "x + 1", "x + 2")
    assert project.call("work.plain", 1).value == 2
    assert project.call("work.followed", 1).value == 3
