"""A difference of two graphs names its roots, each with the path that leads to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracer.programs import Program
from tracer.changes import Change, diff
from tracer.graph import DependencyGraph, NodeKind, Role

SOURCE = """
import helpers

RATE = 2
TABLE = {"a": 1}


class Price:
    tax = 3

    def gross(self, x):
        return x * self.tax


def deep(x):
    return x + RATE


def middle(x):
    return deep(x) + helpers.rate(x)


def f(x, scale=1):
    return middle(x) * scale + Price().gross(x) + TABLE["a"]
"""
HELPERS = "def rate(x):\n    return x * 2\n"


@pytest.fixture
def change(program: Callable[..., Program]) -> Callable[[str, str], tuple[Change, ...]]:
    """Edit the program; return what changed."""

    def run(old: str, new: str) -> tuple[Change, ...]:
        assert old in SOURCE + HELPERS
        before = program(SOURCE, helpers=HELPERS).graph()
        edited = SOURCE.replace(old, new)
        after = program(edited, helpers=HELPERS.replace(old, new)).graph()
        # What was written down long ago has no live objects.
        before = DependencyGraph.from_record(before.to_record())
        return diff(before, after)

    return run


EDITS = {
    "root": ("* scale +", "+ scale +", [("f",)]),
    "near": ("deep(x) +", "deep(x) -", [("f", "middle")]),
    "far": ("x + RATE", "x - RATE", [("f", "middle", "deep")]),
    "value": ("RATE = 2", "RATE = 5", [("f", "middle", "deep", "RATE")]),
    "other module": ("x * 2", "x * 5", [("f", "middle", "rate")]),
    "default": ("scale=1", "scale=5", [("f", "scale")]),
    "method": ("x * self.tax", "x + self.tax", [("f", "Price", "Price.gross")]),
    "class attribute": ("tax = 3", "tax = 5", [("f", "Price", "tax")]),
    "item of a table": ('{"a": 1}', '{"a": 5}', [("f", "TABLE")]),
    "name gone": ("RATE = 2\n", "", [("f", "middle", "deep", "RATE")]),
}


@pytest.mark.parametrize(("old", "new", "paths"), EDITS.values(), ids=EDITS)
def test_only_roots_are_named(
    old: str,
    new: str,
    paths: list[tuple[str, ...]],
    change: Callable[[str, str], tuple[Change, ...]],
) -> None:
    """Callers of what changed read as before, so they are no change."""
    assert [one.path for one in change(old, new)] == paths


def test_nothing_changed(change: Callable[[str, str], tuple[Change, ...]]) -> None:
    """Two graphs of one program have no difference."""
    assert change("RATE = 2", "RATE = 2  # percent") == ()


def test_two_edits_are_two_changes(change: Callable[[str, str], tuple[Change, ...]]) -> None:
    """The nearest to the root comes first."""
    found = change("RATE", "RATE") + change("x", "x")
    assert found == ()
    found = change("2", "7")
    assert [one.path for one in found] == [
        ("f", "middle", "rate"),
        ("f", "middle", "deep", "RATE"),
    ]


def test_a_change_says_what_was_and_what_is(
    change: Callable[[str, str], tuple[Change, ...]],
) -> None:
    """Both states are there, with their previews, and the role in what reads them."""
    (found,) = change("RATE = 2", "RATE = 5")
    assert found.before is not None
    assert found.after is not None
    assert (found.before.preview, found.after.preview) == ("2", "5")
    assert (found.role, found.name, found.node.kind) == (Role.GLOBAL, "RATE", NodeKind.VALUE)


def test_what_replaced_a_function_is_named(
    change: Callable[[str, str], tuple[Change, ...]],
) -> None:
    """A name that now means another kind of thing is one change."""
    (found,) = change("def deep(x):\n    return x + RATE\n", "deep = 5\n")
    assert found.path[:2] == ("f", "middle")
    assert found.node.kind is NodeKind.VALUE


def test_recursion_is_no_trouble(program: Callable[..., Program]) -> None:
    """Functions that call each other are compared once."""
    source = (
        "def even(n):\n    return n == 0 or odd(n - 1)\n"
        "def odd(n):\n    return n != 0 and even(n - 1)\n"
        "def f(x):\n    return even(x)\n"
    )
    before = program(source).graph()
    after = program(source.replace("n != 0", "n != 1")).graph()
    assert [one.path for one in diff(before, after)] == [("f", "even", "odd")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            "    return helpers.rate(x)",
            "    return helpers.other(x)",
            id="another function",
        ),
        pytest.param("A = 1\n", "A = 1\nB = 2\n", id="absent name defined"),
        pytest.param(
            "class K:\n", "class K:\n    def extra(self):\n        return 1\n", id="member"
        ),
        pytest.param("class K(M):\n", "class K(N):\n", id="base"),
        pytest.param("fns = [g, h]", "fns = [h, g]", id="order of functions"),
        pytest.param("fns = [g, h]", "fns = [g]", id="function removed"),
        pytest.param("make(1)", "make(2)", id="captured variable"),
    ],
)
def test_there_is_no_change_without_a_name(
    old: str, new: str, program: Callable[..., Program]
) -> None:
    """Graphs of different digests have at least one change to show."""
    source = (
        "import helpers\nA = 1\nclass M:\n    n = 1\nclass N:\n    n = 2\n"
        "class K:\n    n = 0\nclass K(M):\n    pass\n"
        "def g(x):\n    return x\ndef h(x):\n    return -x\nfns = [g, h]\n"
        "def make(n):\n    def inner():\n        return n\n    return inner\ninner = make(1)\n"
        "def f(x):\n    try:\n        x += B\n    except NameError:\n        pass\n"
        "    k = K().n, getattr(K(), 'ex' + 'tra', None), [fn(x) for fn in fns], inner()\n"
        "    return helpers.rate(x)\n"
    )
    helpers = "def rate(x):\n    return x\ndef other(x):\n    return -x\n"
    assert old in source
    before = program(source, helpers=helpers).graph()
    after = program(source.replace(old, new), helpers=helpers).graph()
    if before.digest != after.digest:
        assert diff(before, after) != ()


@given(st.sets(st.sampled_from("abcdef"), min_size=1))
def test_every_edited_function_is_named_once(edited: set[str]) -> None:
    """Whichever functions of a program are edited, those and no others are named."""
    sources = []
    for now in (set(), edited):
        lines = [
            f"def {name}(x):\n    return x {'-' if name in now else '+'} {number}\n"
            for number, name in enumerate("abcdef")
        ]
        calls = " + ".join(f"{name}(x)" for name in "abcdef")
        sources.append("".join(lines) + f"def f_(x):\n    return {calls}\n")
    before, after = (Program({"app": source}).graph("f_") for source in sources)
    assert {one.path for one in diff(before, after)} == {("f_", name) for name in edited}
