"""A store that is damaged, read-only, full or missing breaks nothing but its own use."""

from __future__ import annotations

import os

import pytest

WORK = """
    from xetcache import xetmemo

    @xetmemo(always=True)
    def work(x):
        print("ran")
        return list(range(x))
"""


@pytest.fixture
def kept(project):
    """Give a project with one entry; strict mode off, as users have it."""
    project.environment["XETCACHE_STRICT"] = "0"
    project.write("app.py", WORK)
    assert project.call("app.work", 50).stdout == "ran\n"
    (entry,) = (project.folder / "xmemo" / "entries").rglob("*.xet")
    return project, entry


def test_every_cut_is_a_recomputation(kept) -> None:
    """An entry cut anywhere counts as absent, is computed again, and then serves."""
    project, entry = kept
    whole = entry.read_bytes()
    for size in (0, 3, 8, 60, len(whole) // 2, len(whole) - 1):
        entry.write_bytes(whole[:size])
        outcome = project.call("app.work", 50)
        assert (outcome.value, outcome.stdout) == (list(range(50)), "ran\n")
        assert "damaged" in outcome.stderr
        assert project.call("app.work", 50).stdout == ""


def test_a_flipped_bit_is_a_recomputation(kept) -> None:
    """No bit of an entry can change and the value be served."""
    project, entry = kept
    whole = entry.read_bytes()
    for position in range(0, len(whole), max(1, len(whole) // 12)):
        broken = bytearray(whole)
        broken[position] ^= 0x10
        entry.write_bytes(broken)
        outcome = project.call("app.work", 50)
        assert (outcome.value, outcome.stdout) == (list(range(50)), "ran\n"), position


def test_explain_says_that_it_was_damaged(kept) -> None:
    """The damage is the cause that is named."""
    project, entry = kept
    entry.write_bytes(entry.read_bytes()[:-1])
    project.call("app.work", 50)
    text = project.python("-m", "xetcache", "explain").stdout
    assert "corrupt" in text
    assert "damaged" in text


def test_a_missing_store_is_an_empty_one(kept) -> None:
    """Someone removed the folder: everything is computed again."""
    import shutil

    project, _ = kept
    shutil.rmtree(project.folder / "xmemo")
    assert project.call("app.work", 50).stdout == "ran\n"
    assert project.call("app.work", 50).stdout == ""


def test_a_file_in_the_place_of_the_store(project) -> None:
    """The call runs, its value is right, and one notice says what is wrong."""
    project.environment["XETCACHE_STRICT"] = "0"
    project.write("app.py", WORK + "\n    def twice():\n        return work(3), work(3)\n")
    (project.folder / "xmemo").write_text("not a folder")
    outcome = project.call("app.twice")
    assert outcome.value == ([0, 1, 2], [0, 1, 2])
    assert outcome.stdout == "ran\nran\n"
    assert outcome.stderr.count("store-unavailable") == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(kept) -> None:
    """Hits are served; misses are computed and said once."""
    project, _ = kept
    folder = project.folder / "xmemo"
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert project.call("app.work", 50).stdout == ""
        outcome = project.call("app.work", 60)
        assert outcome.stdout == "ran\n"
        assert "store-unavailable" in outcome.stderr
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)


def test_graph_records_that_are_gone_cost_the_explanation_only(kept) -> None:
    """Entries serve without the records that explain them."""
    import shutil

    project, _ = kept
    shutil.rmtree(project.folder / "xmemo" / "graphs")
    shutil.rmtree(project.folder / "xmemo" / "code")
    assert project.call("app.work", 50).stdout == ""
    project.replace("app.py", "range(x)", "range(x + 1)")
    assert project.call("app.work", 50).stdout == "ran\n"
    assert project.python("-m", "xetcache", "explain").returncode == 0
