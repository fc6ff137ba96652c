"""Imports go down the layers only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINT = "from importlinter.cli import lint_imports_command as lint; lint()"


def test_imports_go_down_the_layers() -> None:
    """Every contract of `[tool.importlinter]` is kept."""
    config = str(ROOT / "pyproject.toml")
    done = subprocess.run(
        [sys.executable, "-c", LINT, "--config", config, "--no-cache"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
