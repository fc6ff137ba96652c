"""The decorator keeps the types of what it decorates."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typing"


@pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not here")
def test_memoized_functions_keep_their_types() -> None:
    """Completion shows the original, and wrong arguments are reported."""
    done = subprocess.run(
        [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, str(FOLDER)],
        cwd=FOLDER.parent.parent,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
