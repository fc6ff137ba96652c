"""Edits made at random to a real package: each that changes a result is noticed.

A handful of what `benchmarks/mutation.py` does with hundreds of edits of many packages.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

KNOWN = {"annotation inside", "line break"}
"""Harmless kinds of edits that miss for reasons told in `test_walker_harmless.py`."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="every edit is met by a fork")
def test_edits_of_a_package_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is served after an edit is what the edited program computes."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import mutation

    trials = mutation.try_package("packaging", 14, seed=5)

    assert len({trial.edit for trial in trials}) > 10
    assert {trial.verdict for trial in trials} >= {"noticed", "kept"}
    assert [f"{trial}\n{trial.diff}" for trial in trials if trial.verdict == "STALE"] == []
    spurious = {trial.edit.kind for trial in trials if trial.verdict == "SPURIOUS"}
    assert spurious <= KNOWN, [str(trial) for trial in trials if trial.verdict == "SPURIOUS"]
    for name in ("mutation", "edits"):
        sys.modules.pop(name)
