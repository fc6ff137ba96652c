"""A large result is served without being read, and is the program's own all the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="files are mapped on Linux only"),
    pytest.mark.same_everywhere,
]

APP = """
    import numpy as np
    from xetcache import xetmemo

    @xetmemo(always=True)
    def table():
        print("ran")
        return np.ones((2200, 1000))

    @xetmemo(always=True)
    def tables():
        print("ran")
        a = np.ones((2200, 1000))
        return {"a": a, "same": a, "b": np.zeros(1000)}

    def total():
        return float(table().sum())

    def changed():
        found = table()
        found *= 2
        return float(found.sum()), float(table().sum())

    def kept_while(what):
        import glob, subprocess, sys
        found, inner = table(), tables()
        if what == "forgotten":
            table.forget(); tables.forget()
        elif what == "refreshed":
            table.refresh(); tables.refresh()
        elif what == "cleared":
            subprocess.run([sys.executable, "-m", "xetcache", "clear", "--yes"], check=True,
                           capture_output=True)
        else:
            import shutil
            shutil.rmtree("xmemo")
        return float(found.sum()), float(inner["a"].sum()), inner["a"] is inner["same"]

    def checked():
        import xetcache.engine as engine
        count, verify = [], engine.verify
        def counting(data):
            count.append(1)
            verify(data)
        engine.verify = counting
        return float(table().sum()), len(count)
"""

ALL = 2_200_000.0
"""Of arrays that are little more than the least that is mapped."""


@pytest.fixture
def kept(project):
    """Give a project with two large entries; strict mode off, as users have it."""
    project.environment["XETCACHE_STRICT"] = "0"
    project.is_watched = False
    project.write("app.py", APP)
    assert project.call("app.total").stdout == "ran\n"
    project.call("app.tables")
    return project


def entries(project) -> list[Path]:
    return sorted((project.folder / "xmemo" / "entries").rglob("*.xet"))


def test_it_is_served_and_not_checked_again(kept) -> None:
    """Not even in the process after the one that computed it."""
    outcome = kept.call("app.checked")
    assert (outcome.value, outcome.stdout) == ((ALL, 0), "")


def test_what_the_program_changes_is_its_own(kept) -> None:
    """It can change it in place, and neither the next hit nor the next process sees it."""
    outcome = kept.call("app.changed")
    assert (outcome.value, outcome.stdout) == ((2 * ALL, ALL), "")
    assert kept.call("app.total").value == ALL


@pytest.mark.parametrize("what", ["forgotten", "refreshed", "cleared", "removed"])
def test_it_outlives_its_entry(kept, what: str) -> None:
    """A result in use stays what it is when the entry is removed or replaced."""
    outcome = kept.call("app.kept_while", what)
    assert outcome.value == (ALL, ALL, True)
    again = kept.call("app.total")
    assert again.value == ALL
    assert again.stdout == ("" if what == "refreshed" else "ran\n")


def made_many(project, count: int) -> list[tuple[Path, Path]]:
    """Make `count` entries of both functions; return their files, one of each a pair."""
    project.environment["XETCACHE_STRICT"] = "0"
    project.is_watched = False
    project.write("app.py", APP)
    project.replace("app.py", "def table():", "def table(number=0):")
    project.replace("app.py", "def tables():", "def tables(number=0):")
    project.write(
        "drive.py",
        f"""
        import app

        def sums():
            found = []
            for number in range({count}):
                found += [float(app.table(number).sum()), float(app.tables(number)["a"].sum())]
            return found
        """,
    )
    assert project.call("drive.sums").stdout == "ran\n" * 2 * count
    assert project.call("drive.sums").stdout == ""
    files = sorted(entries(project), key=lambda path: path.stat().st_size)
    return [*zip(files[:count], files[count:], strict=True)]


def all_are_computed_again(project, count: int) -> None:
    """Both results of each pair are, once, and are right."""
    outcome = project.call("drive.sums")
    assert (outcome.value, outcome.stdout) == ([ALL] * 2 * count, "ran\n" * 2 * count)
    outcome = project.call("drive.sums")
    assert (outcome.value, outcome.stdout) == ([ALL] * 2 * count, "")


def test_every_flipped_bit_is_a_recomputation(project) -> None:
    """Wherever it is, and although the file was found whole before."""
    positions = (0, 8, 200, 4000, 12_000_000, -17, -1)
    for position, pair in zip(positions, made_many(project, len(positions)), strict=True):
        for one in pair:
            one.chmod(0o644)
            with one.open("r+b") as file:
                file.seek(position, os.SEEK_END if position < 0 else os.SEEK_SET)
                byte = file.read(1)
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([byte[0] ^ 4]))
    all_are_computed_again(project, len(positions))


def test_every_cut_is_a_recomputation(project) -> None:
    """Below the size from which on files are mapped, and above."""
    cuts = (1, 500_000, 12_000_000, None)
    for lost, pair in zip(cuts, made_many(project, len(cuts)), strict=True):
        for one in pair:
            one.chmod(0o644)
            os.truncate(one, 0 if lost is None else one.stat().st_size - lost)
    all_are_computed_again(project, len(cuts))


def test_a_copy_of_the_store_is_checked(kept) -> None:
    """A clone has other files, and its notes are of none of them."""
    import shutil

    store = kept.folder / "xmemo"
    shutil.copytree(store, kept.folder / "copy")
    shutil.rmtree(store)
    (kept.folder / "copy").rename(store)
    outcome = kept.call("app.checked")
    assert (outcome.value, outcome.stdout) == ((ALL, 1), "")


def test_a_store_that_is_only_read(kept) -> None:
    """Served, and nothing in the folder is touched."""
    import shutil

    store = kept.folder / "xmemo"
    shutil.rmtree(store / ".local")
    for one in entries(kept):
        one.chmod(0o644)
    kept.environment["XETCACHE_MODE"] = "readonly"
    before = [one.stat() for one in entries(kept)]
    outcome = kept.call("app.changed")
    assert (outcome.value, outcome.stdout) == ((2 * ALL, ALL), "")
    assert [(one.st_mode, one.st_ctime_ns) for one in before] == [
        (one.stat().st_mode, one.stat().st_ctime_ns) for one in entries(kept)
    ]
    assert not (store / ".local" / "whole").exists()


def test_a_result_that_another_thread_changes_meanwhile(project) -> None:
    """While it is written: it is not kept, and the program does not notice."""
    project.environment["XETCACHE_STRICT"] = "0"
    project.write("app.py", APP)
    project.write(
        "meanwhile.py",
        """
        import app
        from xetcache.stores import LocalStore

        write = LocalStore.write

        def disturbed(self, name, data, **how):
            if name.startswith("entries/"):
                for part in data:
                    if len(part) > 1_000_000:
                        held.append(part)
                        memoryview(part).cast("B")[5] ^= 1
            return write(self, name, data, **how)

        held = []

        def disturb():
            LocalStore.write = disturbed
            value = app.table()
            LocalStore.write = write
            return len(held)
        """,
    )
    outcome = project.call("meanwhile.disturb")
    assert outcome.value == 1
    assert "changed while it was written" in outcome.stderr
    assert entries(project) == []
    assert project.call("app.total").stdout == "ran\n"
