"""What is kept and may answer in place of functions is compared as it is.

Registered objects and `lru_cache` hold answers of which nobody knows what they were made
of. A call that may have been given some stands on the answers themselves: where they are
the same, an edit of what it did not run is none of its business; where not, all that the
code can reach decides.
"""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

REGISTERED = """
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

CACHED = """
from functools import lru_cache
from xetcache import xetmemo
def seldom(x):
    return 5
def inner(x):
    return x + 1
@lru_cache
def helper(x):
    return {maker}
{first}
@xetmemo(always=True)
def main(x):
    return seldom(x) if x > 100 else (x, helper(1){then})
def warm(x):
    helper(1)
    return main(x)
def other(x):
    helper(7)
    helper(1)
    return main(x)
class Made:
    def __init__(self, held):
        self.held = held
    def told(self):
        return self.held
"""


def cached(maker: str = "inner(x)", then: str = "", first: str = "") -> str:
    """Return a program with a cache."""
    return CACHED.format(maker=maker, then=then, first=first)


PROGRAMS = {
    "registered": (REGISTERED, "app.main", ("return 5", "return 6")),
    "registered, warm": (REGISTERED, "app.warm", ("return 5", "return 6")),
    "cache": (cached(), "app.main", ("return 5", "return 6")),
    "cache, warm": (cached(), "app.warm", ("return 5", "return 6")),
    "cache, filled at import": (cached(first="helper(1)"), "app.main", ("return 5", "return 6")),
    "cache of lists": (cached("[inner(x)]"), "app.warm", ("return 5", "return 6")),
}
COUNTS = {
    "what a registered object runs": (REGISTERED, "app.main", ("len(text)", "-len(text)")),
    "what it ran before": (REGISTERED, "app.warm", ("len(text)", "-len(text)")),
    "its method": (REGISTERED, "app.warm", ("return self._weight\n", "return -self._weight\n")),
    "what a cache runs": (cached(), "app.main", ("x + 1", "x + 2")),
    "what a cache ran before": (cached(), "app.warm", ("x + 1", "x + 2")),
    "what it ran at import": (cached(first="helper(1)"), "app.main", ("x + 1", "x + 2")),
    "method of an answer": (
        cached("Made(inner(x))", ".told()"), "app.warm", ("return self.held", "return -self.held"),
    ),
    "answer that is a function": (
        cached("lambda: inner(x)", "()"), "app.warm", ("x + 1", "x + 2"),
    ),
}  # fmt: skip


def is_served(project: Project, call: str, argument: int = 3) -> bool:
    """Make the call in a new process; tell whether it was served."""
    outcome = project.call(call, argument)
    assert outcome.error is None
    return "app.main" not in outcome.ran


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_did_not_run_may_change(project: Project, name: str) -> None:
    """Where as much is kept as when it was computed, it is served."""
    source, call, harmless = PROGRAMS[name]
    project.write("app.py", source)
    assert not is_served(project, call)
    project.replace("app.py", *harmless)
    assert is_served(project, call)
    assert is_served(project, call)


@pytest.mark.parametrize("name", COUNTS)
def test_what_ran_or_has_answered_may_not(project: Project, name: str) -> None:
    """An edit of what had a part in it is noticed."""
    source, call, edit = COUNTS[name]
    project.write("app.py", source)
    before = project.call(call, 3).value
    project.replace("app.py", *edit)
    after = project.call(call, 3).value
    assert after != before


@pytest.mark.parametrize(
    ("source", "one", "other"),
    [
        (REGISTERED, "app.main", "app.warm"),
        (REGISTERED, "app.warm", "app.main"),
        (cached(), "app.warm", "app.main"),
        (cached(), "app.warm", "app.other"),
        (cached(), "app.other", "app.warm"),
    ],
)
def test_where_something_else_is_kept_all_counts(
    project: Project, source: str, one: str, other: str
) -> None:
    """It is not known what that was made of: any edit is noticed."""
    project.write("app.py", source)
    assert not is_served(project, one)
    assert is_served(project, other)
    project.replace("app.py", "return 5", "return 6")
    assert not is_served(project, other)


def test_large_things_are_not_looked_at(project: Project) -> None:
    """What would take long to compare is not compared; the call is kept as ever."""
    project.write(
        "app.py",
        REGISTERED.replace(
            "self._weight = None", "self._weight, self.rows = None, [*range(9_999)]"
        ),
    )
    assert not is_served(project, "app.main")
    assert is_served(project, "app.main")
    project.replace("app.py", "return 5", "return 6")
    assert not is_served(project, "app.main")
