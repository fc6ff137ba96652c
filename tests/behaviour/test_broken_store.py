"""A store that is damaged, read-only, full or missing breaks nothing but its own use."""

from __future__ import annotations

import os

import pytest

pytestmark = pytest.mark.same_everywhere

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


@pytest.fixture
def many(kept):
    """Give a project with 13 entries, a function that returns what they hold, and them."""
    project, _ = kept
    project.replace("app.py", "import xetmemo", "import xetmemo\nNUMBERS = range(50, 63)")
    project.write("drive.py", "import app\ndef all():\n    return [*map(app.work, app.NUMBERS)]\n")
    project.is_watched = False
    assert project.call("drive.all").stdout == "ran\n" * 12
    files = sorted((project.folder / "xmemo" / "entries").rglob("*.xet"))
    assert len(files) == 13
    return project, files


VALUES = [list(range(number)) for number in range(50, 63)]


def test_every_cut_is_a_recomputation(many) -> None:
    """An entry cut anywhere counts as absent, is computed again, and then serves."""
    project, files = many
    for part, file in enumerate(files):
        whole = file.read_bytes()
        sizes = [0, 3, 8, 60, len(whole) - 1, len(whole) // 2]
        file.write_bytes(whole[: sizes[part] if part < 6 else len(whole) * part // 13])
    outcome = project.call("drive.all")
    assert (outcome.value, outcome.stdout) == (VALUES, "ran\n" * 13)
    assert outcome.stderr.count("is damaged") == 13
    assert project.call("drive.all").stdout == ""


def test_a_flipped_bit_is_a_recomputation(many) -> None:
    """No bit of an entry can change and the value be served."""
    project, files = many
    for part, file in enumerate(files):
        broken = bytearray(file.read_bytes())
        broken[len(broken) * part // 13] ^= 0x10
        file.write_bytes(broken)
    outcome = project.call("drive.all")
    assert (outcome.value, outcome.stdout) == (VALUES, "ran\n" * 13)


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
