"""What registered objects keep, and may answer with in place of functions, was made by what ran.

That counts, whenever it ran; an edit of what never did is none of the call's business. Where what
is kept is plain, it is compared, too: it may come from elsewhere.
"""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

REGISTERED = """
import functools
from xetcache import register, xetmemo
def seldom(x):
    return 5
def weigh(text):
    return len(text)
class Box:
    def __init__(self, text):
        self.text = text
        self._weight = None
    def weight(self):
        if self._weight is None:
            self._weight = weigh(self.text)
        return self._weight
register(Box, lambda box: box.text)
BOX = Box("abc")
@xetmemo(always=True)
def main(x):
    return seldom(x) if x > 100 else (x, BOX.weight())
def warm(x):
    BOX.weight()
    return main(x)
"""

TABLE = REGISTERED.replace("BOX = Box", "BOXES = [Box").replace('("abc")', '("abc")]')
TABLE = TABLE.replace("BOX.", "BOXES[0].")
SHARED = """
import copy
from xetcache import register, xetmemo
def rows():
    return [[0] * 2] * 2
class Box:
    def __init__(self):
        self.rows = rows()
register(Box, lambda box: 1)
BOX = Box()
@xetmemo(always=True)
def main(x):
    found = copy.deepcopy(BOX.rows)
    found[0][0] = x
    return found
"""

COUNTS = {
    "what it runs": ("app.main", ("len(text)", "-len(text)")),
    "what it ran before": ("app.warm", ("len(text)", "-len(text)")),
    "its method": ("app.warm", ("return self._weight\n", "return -self._weight\n")),
    "what made it": ("app.warm", ('Box("abc")', 'Box("abcd")')),
}


def is_served(project: Project, call: str, argument: int = 3) -> bool:
    """Make the call in a new process; tell whether it was served."""
    outcome = project.call(call, argument)
    assert outcome.error is None
    return "app.main" not in outcome.ran


@pytest.mark.parametrize("call", ["app.main", "app.warm"])
def test_what_did_not_run_may_change(project: Project, call: str) -> None:
    """Where as much is kept as when it was computed, it is served."""
    project.write("app.py", REGISTERED)
    assert not is_served(project, call)
    project.replace("app.py", "return 5", "return 6")
    assert is_served(project, call)
    assert is_served(project, call)


@pytest.mark.parametrize("name", COUNTS)
def test_what_ran_or_has_answered_may_not(project: Project, name: str) -> None:
    """An edit of what had a part in it is noticed."""
    call, edit = COUNTS[name]
    project.write("app.py", REGISTERED)
    before = project.call(call, 3).value
    project.replace("app.py", *edit)
    assert project.call(call, 3).value != before


@pytest.mark.parametrize(("one", "other"), [("app.main", "app.warm"), ("app.warm", "app.main")])
def test_where_something_else_is_kept(project: Project, one: str, other: str) -> None:
    """Nobody knows what that was made of: any edit is noticed."""
    project.write("app.py", REGISTERED)
    assert not is_served(project, one)
    assert is_served(project, other)
    project.replace("app.py", "return 5", "return 6")
    assert not is_served(project, other)


KEPT = {
    "a list": "[1]",
    "lists that are one": "[[0] * 2] * 2",
    "a set": "{0, 8}",
    "a function": "seldom",
    "an object": "object()",
    "a tuple of lists": "([1],)",
    "a deep tuple": "functools.reduce(lambda held, _: (held, held), range(50), ())",
    "many": "tuple(range(999))",
}


@pytest.mark.parametrize("name", KEPT)
def test_whatever_is_kept(project: Project, name: str) -> None:
    """What is more than plain is not compared, and what made it counts."""
    kept = f"self._weight, self.kept = None, {KEPT[name]}"
    project.write("app.py", REGISTERED.replace("self._weight = None", kept))
    assert not is_served(project, "app.main")
    project.replace("app.py", "return 5", "return 6")
    assert is_served(project, "app.main")
    project.replace("app.py", kept, "self._weight, self.kept = None, [0]")
    assert not is_served(project, "app.main")


def test_what_is_one_object_with_what(project: Project) -> None:
    """Lists that a registered object keeps are one list, or several: that counts."""
    project.write("app.py", SHARED)
    assert project.call("app.main", 3).value == [[3, 0], [3, 0]]
    project.replace("app.py", "[[0] * 2] * 2", "[[0] * 2 for _ in range(2)]")
    assert project.call("app.main", 3).value == [[3, 0], [0, 0]]


def test_what_an_exception_holds_is_not_compared(project: Project) -> None:
    """Nor what any builtin class holds that a registered one derives from."""
    source = REGISTERED.replace("class Box:", "class Box(Exception):").replace(
        "self._weight = None", "self._weight, self.args = None, (weigh(text),)"
    )
    project.write("app.py", source.replace("BOX.weight()", "BOX.args"))
    assert project.call("app.main", 3).value == (3, (3,))
    project.replace("app.py", "len(text)", "-len(text)")
    assert project.call("app.main", 3).value == (3, (-3,))


def test_objects_in_a_table(project: Project) -> None:
    """Nor is what an object in a table keeps."""
    project.write("app.py", TABLE)
    assert not is_served(project, "app.main")
    project.replace("app.py", "return 5", "return 6")
    assert is_served(project, "app.main")
    project.replace("app.py", "len(text)", "-len(text)")
    assert not is_served(project, "app.main")
