"""The example scripts show what they say they show."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str) -> str:
    """Run an example as a reader would; return what it printed."""
    environment = {
        name: text for name, text in os.environ.items() if not name.startswith("XETCACHE")
    }
    done = subprocess.run(
        [sys.executable, name],
        cwd=EXAMPLES,
        env=environment | {"PYTHONPATH": str(EXAMPLES.parent), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.timeout(300)
def test_train() -> None:
    """Computed, served, computed after an edit, explained, served after the undo."""
    output = run("train.py")
    how = re.findall(r"· (computed|from the cache) in (\d+\.\d\d) s", output)
    assert [word for word, _ in how] == [
        "computed",
        "from the cache",
        "computed",
        "from the cache",
    ]
    assert "miss" in output
    assert "MAX_DEVIATION   4.0 → 3.5" in output
    assert "experiment → train → clean → MAX_DEVIATION" in output
    assert re.search(r"took (\d+\.\d s|\d+ min)", output)


@pytest.mark.timeout(300)
def test_ask_10000() -> None:
    """10,000 calls are made once, and again when the question is worded anew."""
    output = run("ask_10000.py")
    assert re.findall(r"10,000 answers · (asked|from the cache)", output) == [
        "asked",
        "from the cache",
        "asked",
    ]
    assert "ask_all → prompt_for" in output
    assert "famous for" in output
