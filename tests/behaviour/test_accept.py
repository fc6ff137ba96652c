"""Edits that are declared harmless: what was kept for the code before serves on."""

from __future__ import annotations

import json

import pytest

from xetcache import acceptance
from xetcache.acceptance import Acceptance
from xetcache.stores import LocalStore

pytestmark = pytest.mark.same_everywhere

APP = """
    import os
    from xetcache import xetmemo

    def clean(rows):
        return [row for row in rows if row > 0]

    class Limit:
        def __init__(self, top):
            self.top = top
        def holds(self, row):
            return row < self.top

    @xetmemo(always=True)
    def total(rows):
        return sum(clean(rows))

    @xetmemo(always=True)
    def limited(rows, limit):
        return sum(filter(limit.holds, clean(rows)))

    @xetmemo(always=True)
    def size(name):
        return len(open(name).read())

    def low(rows):
        return limited(rows, Limit(10))

    def accept(rows):
        return str(total.accept(rows))

    def explained(rows):
        return str(total.explain(rows))
"""


@pytest.fixture
def app(project):
    """Give a project in which some calls were kept and a helper was edited since."""
    project.write("app.py", APP)
    for rows in ([1, -1], [2, -2]):
        project.call("app.total", rows)
        project.call("app.low", rows)
    project.replace("app.py", "row for row in rows if row > 0", "row for row in rows if row >= 0")
    return project


def command(project, *words: str, status: int = 0) -> str:
    """Run `xetcache` in the project; return what it answers."""
    done = project.python("-m", "xetcache", *words)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def ran(outcome) -> list[str]:
    """Return the functions that ran, without those that only make the call."""
    return [name for name in outcome.ran if name not in {"app.low", "app.Limit.__init__"}]


def test_one_missed_call_tells_of_the_edit(app) -> None:
    """After it was accepted, every call of the same code is served, other ones too."""
    assert "app.clean" in app.call("app.total", [1, -1]).ran
    shown = command(app, "explain", "total")
    assert "try: xetcache accept app.total" in shown
    answer = command(app, "accept", "total", "--yes")
    assert "if row >= 0" in answer
    assert "accepted 1 edit" in answer
    served = app.call("app.total", [2, -2])
    assert (served.value, served.ran) == (2, [])
    assert "accepted" in command(app, "explain", "total")
    assert ran(app.call("app.low", [2, -2])) != []  # other code is reached: not accepted


def test_what_is_accepted_is_asked_first(app) -> None:
    """Without a terminal and without `--yes`, nothing is accepted."""
    app.call("app.total", [1, -1])
    command(app, "accept", status=2)
    assert app.call("app.total", [2, -2]).ran != []


def test_it_can_be_taken_back(app) -> None:
    """The statement is a file of the store, and gone with `--undo`."""
    app.call("app.total", [1, -1])
    command(app, "accept", "--yes")
    assert "code clean: total → clean" in command(app, "accept", "--list")
    assert app.call("app.total", [2, -2]).ran == []
    assert "taken back: 1 edit" in command(app, "accept", "--undo", "--yes")
    assert command(app, "accept", "--list") == ""
    assert app.call("app.total", [2, -2]).ran != []


def test_a_later_edit_is_not_accepted(app) -> None:
    """A statement is about two states of the code, and about no third."""
    app.call("app.total", [1, -1])
    command(app, "accept", "--yes")
    app.replace("app.py", "row >= 0", "row >= -5")
    assert app.call("app.total", [2, -2]).value == 0


def test_edits_after_one_another(app) -> None:
    """What was accepted twice serves over both edits."""
    app.call("app.total", [1, -1])
    command(app, "accept", "--yes")
    app.replace("app.py", "row >= 0", "row > -1")
    # Of this call nothing is kept but for the code in the middle.
    app.call("app.total", [1, -1])
    command(app, "accept", "--yes")
    assert app.call("app.total", [2, -2]).ran == []


def test_an_edit_of_the_function_itself(app) -> None:
    """Its own code enters the key, under which the entry before is found all the same."""
    app.replace("app.py", "row >= 0", "row > 0")
    app.replace("app.py", "return sum(clean(rows))", "return sum(list(clean(rows)))")
    app.call("app.total", [1, -1])
    command(app, "accept", "--yes")
    served = app.call("app.total", [2, -2])
    assert (served.value, served.ran) == (2, [])


def test_code_of_an_argument(app) -> None:
    """The class of an argument is part of what was accepted."""
    app.call("app.low", [1, -1])
    command(app, "accept", "limited", "--yes")
    assert ran(app.call("app.low", [2, -2])) == []
    app.replace("app.py", "row < self.top", "row <= self.top")
    assert ran(app.call("app.low", [2, -2])) != []


def test_nothing_is_computed_before(app) -> None:
    """`f.accept(…)` in the program, before anything ran."""
    accepted = app.call("app.accept", [1, -1])
    assert "if row >= 0" in accepted.value
    assert [name for name in accepted.ran if name != "app.accept"] == []
    assert app.call("app.total", [2, -2]).ran == []
    assert app.call("app.accept", [1, -1]).value == "None"
    assert "before an edit accepted" in app.call("app.explained", [2, -2]).value


def test_files_are_asked_all_the_same(app) -> None:
    """Code was declared harmless, and no file was."""
    app.write("data.txt", "one")
    app.call("app.size", "data.txt")
    app.write("other.txt", "two")
    app.call("app.size", "other.txt")
    app.replace("app.py", "len(open(name).read())", "len(open(name).read()) + 0")
    app.call("app.size", "data.txt")
    command(app, "accept", "size", "--yes")
    assert app.call("app.size", "other.txt").ran == []
    app.write("other.txt", "four")
    assert app.call("app.size", "other.txt").ran != []


def test_a_new_call_has_no_edit(app) -> None:
    """Other arguments are no edit that could be harmless."""
    app.replace("app.py", "row >= 0", "row > 0")
    app.call("app.total", [5])
    command(app, "accept", "total", "--yes", status=4)


@pytest.mark.parametrize(
    "change", [{"format": 9}, {"root": "x"}, {"before": "0" * 32}, {"created": "today"}, None]
)
def test_a_statement_that_was_damaged_says_nothing(tmp_path, change) -> None:
    """What cannot be read, or tells of other code than its name, serves nothing."""
    store = LocalStore(tmp_path)
    acceptance.record(
        store, Acceptance("edit", "f", "ab" * 16, "cd" * 16, "ef" * 16, (), 0.0, "me")
    )
    assert [one.before for one in acceptance.leading_to(store, "cd" * 16)] == ["ab" * 16]
    (file,) = (tmp_path / "accepted").rglob("*.json")
    known = json.loads(file.read_text())
    file.write_text("{" if change is None else json.dumps({**known, **change}))
    assert list(acceptance.leading_to(store, "cd" * 16)) == []
