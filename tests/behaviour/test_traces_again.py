"""Found again in the order in which it was found before, a call is served; after an edit, not.

A process that finds just what the last one found does not make a graph of it. Each of these
edits must show in what it finds.
"""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

APP = """
from xetcache import xetmemo
import part
RATE = 2
TABLE = {"a": {"b": 1}}
FIRST = SECOND = []
def inner(x, by=3, *, at=1):
    return x * by + at
def helper(x):
    return inner(x) + RATE + TABLE["a"]["b"]
class Base:
    weight = 1
    def size(self):
        return self.weight
class Model(Base):
    def depth(self):
        return self.size()
model = Model()
def make(n):
    def made(x):
        return x + n
    return made
plus = make(4)
def optional(x):
    try:
        return EXTRA + x
    except NameError:
        return x
def seldom(x):
    return 5
@xetmemo(always=True)
def main(x):
    if x > 100:
        return seldom(x)
    found = [helper(x), model.depth(), plus(x), optional(x), part.scaled(x), len("abc")]
    return found, FIRST is SECOND
"""

PART = """
SCALE = 1
def scaled(x):
    return x * SCALE
"""

COUNT = """
import tracer.drafts
made = []
real = tracer.drafts.freeze
def freeze(*given, **named):
    made.append(1)
    return real(*given, **named)
tracer.drafts.freeze = freeze
def graphs(x):
    import app
    app.main(x)
    return len(made)
"""

COUNTS = {
    "body": ("return x * by + at", "return x * by - at"),
    "default": ("by=3", "by=4"),
    "keyword default": ("at=1", "at=2"),
    "fewer defaults": ("by=3, *, at=1):", "by=3, *, at):"),
    "global value": ("RATE = 2", "RATE = 3"),
    "type of a value": ("RATE = 2", "RATE = 2.0"),
    "inside a value": ('{"b": 1}', '{"b": 2}'),
    "attribute of a class": ("weight = 1", "weight = 2"),
    "attribute of an object": ("model = Model()", "model = Model(); model.weight = 7"),
    "method of a base": ("return self.weight", "return -self.weight"),
    "method that overrides": (
        "class Model(Base):",
        "class Model(Base):\n    size = lambda self: 9",
    ),
    "base": ("class Model(Base):", "class Other(Base): weight = 8\nclass Model(Other):"),
    "captured value": ("make(4)", "make(5)"),
    "name that was absent": ("def seldom", "EXTRA = 10\ndef seldom"),
    "builtin": ("def seldom", "def len(x): return 0\ndef seldom"),
    "one object under two names": ("FIRST = SECOND = []", "FIRST, SECOND = [], []"),
    "another function of that name": ("def helper", "def inner(x): return 0\ndef helper"),
    "decorator": ("def helper", "@lambda f: lambda x: -f(x)\ndef helper"),
    "name of a function": ("def helper", "inner = make(1)\ndef helper"),
    "another module": ("SCALE = 1", "SCALE = 2"),
    "name that a module has": ("def scaled", "SCALE = 3\ndef scaled"),
    "how what did not run is called": ("def seldom(x):", "def seldom(x, y):"),
}

HARMLESS = {
    "comment": ("RATE = 2", "# more\nRATE = 2"),
    "what did not run": ("return 5", "return 6"),
    "docstring": ("return x * by + at", "'''New.'''\n    return x * by + at"),
    "name of a variable": ("n):\n    def made(x):\n        return x + n", "m):\n    def made(x):\n        return x + m"),  # noqa: E501
    "order of members": (
        "weight = 1\n    def size(self):\n        return self.weight",
        "def size(self):\n        return self.weight\n    weight = 1",
    ),
}  # fmt: skip


@pytest.fixture
def app(project: Project) -> Project:
    """A program whose call was computed, and served to a process that made no graph."""
    project.write("app.py", APP)
    project.write("part.py", PART)
    project.write("count.py", COUNT)
    assert "app.main" in project.call("app.main", 3).ran
    assert project.call("count.graphs", 3).value == 0
    return project


def edit(project: Project, old: str, new: str) -> None:
    name = "app.py" if old in (project.folder / "app.py").read_text() else "part.py"
    project.replace(name, old, new)


@pytest.mark.parametrize("edited", COUNTS.values(), ids=COUNTS)
def test_what_counts_is_found(app: Project, edited: tuple[str, str]) -> None:
    """It is computed again; as it was before, it is served as before."""
    edit(app, *edited)
    again = app.call("app.main", 3)
    assert "app.main" in again.ran or again.error

    edit(app, *reversed(edited))
    assert app.call("app.main", 3).ran == []


@pytest.mark.parametrize("edited", HARMLESS.values(), ids=HARMLESS)
def test_what_does_not_count_is_served(app: Project, edited: tuple[str, str]) -> None:
    """Found in another order or not, it is the same graph; the next process knows it, too."""
    edit(app, *edited)
    assert app.call("app.main", 3).ran == []
    assert app.call("count.graphs", 3).value == 0
