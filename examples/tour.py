"""Shows a small project being run, run again, edited and explained.

Works on a copy in a temporary folder, so that the edit stays out of the checkout.
Every step is a process of its own, as if it were another day.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


class Tour:
    """A copy of an example's folder, and the steps taken in it."""

    def __init__(self, folder: str) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="xetcache-tour-")
        self._folder = Path(self._scratch.name) / folder
        shutil.copytree(
            Path(__file__).parent / folder,
            self._folder,
            ignore=shutil.ignore_patterns("xmemo", "__pycache__"),
        )

    def say(self, text: str) -> None:
        """Print what the next step is about."""
        print(f"\n# {text}", flush=True)

    def run(self, *command: str) -> float:
        """Run Python with `command` in the copy; return the seconds it took."""
        print(f"$ python {' '.join(command)}", flush=True)
        started = time.perf_counter()
        subprocess.run(  # noqa: S603 - runs the example itself
            [sys.executable, *command],
            cwd=self._folder,
            check=True,
            # Bytecode of a file edited within the same second would pass for fresh.
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        )
        return time.perf_counter() - started

    def edit(self, file: str, old: str, new: str) -> None:
        """Change one place of a file in the copy, and show it."""
        path = self._folder / file
        text = path.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise SystemExit(f"{file} does not say {old!r} exactly once")
        path.write_text(text.replace(old, new), encoding="utf-8")
        print(f"  {file}\n  - {old}\n  + {new}", flush=True)
