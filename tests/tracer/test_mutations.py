"""Edits made at random to a real package: each that changes a result is noticed.

A handful of what `benchmarks/mutation.py` does with hundreds of edits of many packages.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

KNOWN = {"annotation inside", "line break"}
"""Harmless kinds of edits that miss for reasons told in `test_walker_harmless.py`."""


@pytest.fixture
def mutation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Import the benchmark as if it were run, and forget it."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import mutation

    yield mutation
    for name in ("mutation", "edits"):
        sys.modules.pop(name)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="every edit is met by a fork")
def test_edits_of_a_package_are_noticed(mutation: Any) -> None:
    """What is served after an edit is what the edited program computes."""
    trials = mutation.try_package("packaging", 10, seed=7)

    assert len({trial.edit for trial in trials}) >= 9
    assert {trial.verdict for trial in trials} >= {"noticed", "kept"}
    assert [f"{trial}\n{trial.diff}" for trial in trials if trial.verdict == "STALE"] == []
    spurious = [trial for trial in trials if trial.verdict == "SPURIOUS"]
    assert {trial.edit.kind for trial in spurious} <= KNOWN, [str(trial) for trial in spurious]


@pytest.mark.parametrize(
    ("category", "digest", "served", "true", "verdict"),
    [
        ("changing", "new", None, "2", "noticed"),
        ("changing", "new", "1", "2", "STALE"),
        ("changing", "old", None, "raises ValueError", "STALE"),  # not stored, but not noticed
        ("changing", "new", None, "1", "careful"),
        ("harmless", "old", "1", "1", "kept"),
        ("harmless", "new", None, "1", "SPURIOUS"),
    ],
)
def test_a_verdict_is_on_what_would_be_served(
    mutation: Any, *, category: str, digest: str, served: str | None, true: str, verdict: str
) -> None:
    """An edit is judged by what is served, what is true, and whether it could matter."""
    edit = mutation.Edit(category, "text", "app.py", 1, 0, 0, b"")
    answer = {"digest": digest, "served": served, "true": true}

    known = mutation.Known("1", "old", [{"app.py": [1]}, {}], traced=True, imported={"app.py": [9]})
    untraced = mutation.Known("1", "old", [{}, {"app.py": [1]}], traced=False, imported={})
    assert mutation.judge(edit, answer, known, range(0)) == verdict
    assert mutation.judge(edit, answer, known, range(1, 3)) == verdict
    assert mutation.judge(edit, answer, untraced, range(1, 3)) == verdict
    if verdict == "careful":
        assert mutation.judge(edit, answer, known, range(5, 7)) == "UNUSED"
        assert mutation.judge(edit, answer, known, range(9, 12)) == "at import"
        assert mutation.judge(edit, answer, untraced, range(5, 7)) == "untraced"


def test_the_body_around_an_edit(mutation: Any) -> None:
    """It is that of the outermost function, without what runs when it is defined."""
    source = b"x = 1\nclass A:\n    def f(self, y=2):\n        def g():\n            return 3\n"
    edits = [mutation.Edit("changing", "text", "app.py", line, 0, 0, b"") for line in range(1, 6)]
    found = [mutation._body_around(edit, source) for edit in edits]
    assert found == [range(0), range(0), range(0), range(4, 6), range(4, 6)]
