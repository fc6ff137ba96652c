"""The command `xetcache`: what is kept, why a call missed, and removing it."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.same_everywhere

APP = """
    from xetcache import xetmemo

    class Settings:
        def __init__(self, rate, token):
            self.rate, self.token = rate, token

    def helper(x):
        return x + 1

    @xetmemo(always=True, ignore=["verbose"])
    def train(rows, lr=0.1, verbose=False):
        return sum(map(helper, rows)) * lr

    @xetmemo(always=True, key="second")
    def score(settings):
        return settings.rate

    @xetmemo
    def quick(x):
        return x

    def run():
        train([1, 2])
        return score(Settings(2, "hunter2"))
"""


@pytest.fixture
def app(project):
    """Give a project with two entries."""
    project.write("app.py", APP)
    assert project.call("app.run").value == 2
    return project


def command(project, *words: str, status: int = 0) -> str:
    """Run `xetcache` in the project; return what it answers."""
    done = project.python("-m", "xetcache", *words)
    assert done.returncode == status, done.stderr
    return done.stdout


def explained(project, *words: str) -> dict:
    """Return the one explanation that `xetcache explain --json` gives."""
    document = json.loads(command(project, "explain", "--last", "--json", *words))
    assert document["schema"] == 1
    (explanation,) = document["explanations"]
    return explanation


def test_ls(app) -> None:
    """One line an entry, newest first, with its label."""
    lines = command(app, "ls").splitlines()
    assert len(lines) == 3
    assert lines[1].split()[1] == "app.score"
    assert lines[1].endswith("second")
    assert lines[2].split()[1] == "app.train"
    assert "app.train" not in command(app, "ls", "score")
    entries = json.loads(command(app, "ls", "--json", "app.train"))["entries"]
    assert [entry["function"] for entry in entries] == ["app.train"]


def test_show(app) -> None:
    """An entry with its arguments and all it depends on."""
    name = command(app, "ls", "train").splitlines()[1].split()[0]
    text = command(app, "show", name)
    assert "app.train" in text
    assert "rows[0] = 1" in text
    assert "train → helper" in text
    found = json.loads(command(app, "show", name, "--json"))
    assert ["train", "helper"] in [node["path"] for node in found["depends_on"]]
    assert command(app, "show", "zzz", status=4) == ""


def test_clear(app) -> None:
    """Nothing is removed without being asked; what is removed leaves a tombstone."""
    assert "would remove 2 entries" in command(app, "clear", "--dry-run")
    command(app, "clear", status=2)
    assert "removed 1 entry" in command(app, "clear", "app.train", "--yes")
    assert "app.train" not in command(app, "ls")
    app.call("app.train", [1, 2])
    explanation = explained(app)
    assert [cause["kind"] for cause in explanation["causes"]] == ["cleared"]
    assert "xetcache clear app.train" in command(app, "explain")


def test_explain_a_hit(app) -> None:
    """A hit says where its value came from, and what was ignored."""
    app.call("app.train", [1, 2], verbose=True)
    explanation = explained(app)
    assert (explanation["outcome"], explanation["causes"]) == ("hit", [])
    assert explanation["ignored"] == ["verbose"]
    assert "hit" in command(app, "explain")


def test_explain_a_new_argument(app) -> None:
    """Only the part that differs is named."""
    app.call("app.train", [1, 5])
    (cause,) = explained(app)["causes"]
    assert (cause["kind"], cause["name"]) == ("argument", "rows[1]")
    assert (cause["before"], cause["after"]) == ("2", "5")


def test_explain_tells_arrays_apart(project) -> None:
    """Two values that look alike in short are told by their digests."""
    pytest.importorskip("numpy")
    project.write("app.py", ARRAYS)
    project.call("app.run", 0)
    project.call("app.run", 1)
    (cause,) = explained(project)["causes"]
    assert cause["name"] == "rows"
    assert cause["before"].startswith("ndarray 3 int64 (")
    assert cause["before"] != cause["after"]


ARRAYS = """
    import numpy
    from xetcache import xetmemo

    @xetmemo(always=True)
    def total(rows):
        return int(rows.sum())

    def run(first):
        return total(numpy.array([first, 1, 2], "i8"))
"""


@pytest.mark.parametrize(
    ("library", "frame"), [("polars", "polars.DataFrame"), ("pyarrow", "pyarrow.table")]
)
def test_explain_names_columns(project, library: str, frame: str) -> None:
    """A frame whose one column changed is told by that column."""
    pytest.importorskip(library)
    project.write("app.py", FRAMES.replace("LIBRARY", library).replace("FRAME", frame))
    project.call("app.run", 0)
    project.call("app.run", 1)
    assert [cause["name"] for cause in explained(project)["causes"]] == ["rows['b']"]


FRAMES = """
    import LIBRARY
    from xetcache import xetmemo

    @xetmemo(always=True)
    def size(rows):
        return len(rows.columns)

    def run(first):
        return size(FRAME({"a": [1, 2], "b": [first, 1]}))
"""


def test_explain_hides_secrets(app) -> None:
    """What is called a token is not shown, and nowhere written."""
    app.replace("app.py", '"hunter2"', '"hunter3"')
    app.call("app.run")
    (cause,) = explained(app, "score")["causes"]
    assert cause["name"] == "settings.token"
    assert cause["after"] == "(hidden)"
    for path in (app.folder / "xmemo").rglob("*"):
        assert path.is_dir() or b"hunter" not in path.read_bytes()


def test_explain_two_edits_at_once(app) -> None:
    """Both are named, and the caller that only calls them is not."""
    app.replace("app.py", "x + 1", "x + 2")
    app.call("app.train", [1, 2], lr=0.2)
    causes = explained(app)["causes"]
    assert {(cause["kind"], cause["name"]) for cause in causes} == {
        ("code", "helper"),
        ("argument", "lr"),
    }


def test_explain_a_call_that_was_too_quick(app) -> None:
    """It was computed before and not kept."""
    app.call("app.quick", 1)
    app.call("app.quick", 1)
    (cause,) = explained(app)["causes"]
    assert (cause["kind"], cause["why"]) == ("not-stored", "below-threshold")
    assert "threshold" in command(app, "explain")


def test_explain_a_bypass(app) -> None:
    """An argument without a digest is named by its path."""
    app.write(
        "other.py", "import app\ndef go():\n    return app.score({'a': iter([1]), 'b': open})\n"
    )
    outcome = app.call("other.go")
    assert outcome.error is not None  # a dict has no rate
    app.write("lazy.py", "import app\ndef go():\n    return app.quick({'a': (x for x in 'ab')})\n")
    app.call("lazy.go")
    explanation = explained(app)
    assert explanation["outcome"] == "bypass"
    assert explanation["causes"][0]["kind"] == "unhashable"
    assert explanation["causes"][0]["name"] == "x['a']"


def test_a_renamed_helper_is_no_change_and_an_edited_caller_is(app) -> None:
    """What a function calls may move; another function called is an edit."""
    app.replace("app.py", "def helper(x)", "def renamed(x)")
    app.replace("app.py", "map(helper, rows)", "map(renamed, rows)")
    assert app.call("app.train", [1, 2]).ran == []
    app.replace("app.py", "map(renamed, rows)", "map(abs, rows)")
    app.call("app.train", [1, 2])
    (cause,) = explained(app)["causes"]
    assert (cause["kind"], cause["name"]) == ("code", "train")
    assert "abs" in cause["diff"]


def test_exit_statuses(app) -> None:
    """Scripts can tell a hit from a miss, and nothing from something."""
    app.call("app.train", [7])
    command(app, "explain", "--exit-code", status=1)
    command(app, "explain", "nosuch", status=4)
    assert app.python("-m", "xetcache").returncode == 2
    assert app.python("-m", "xetcache", "--store", "empty", "ls").returncode == 0


def test_dry_run_and_recorded_agree(app) -> None:
    """What `f.explain(x)` foretells is what is recorded when the call is made."""
    app.replace("app.py", "x + 1", "x + 2")
    app.write("ask.py", "import app\nprint(app.train.explain([1, 2]).to_dict()['causes'])\n")
    foretold = app.run_script("ask.py")
    app.call("app.train", [1, 2])
    assert foretold.stdout.strip() == str(explained(app)["causes"])
