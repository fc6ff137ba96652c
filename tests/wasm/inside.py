"""Runs pytest inside an interpreter that is a WebAssembly module; started by `run.py`."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.machinery import PathFinder
from typing import Any


class Finder(PathFinder):
    """Finds no package that is compiled into the interpreter: those have no files, no version."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
        """Find modules as ever, but for these."""
        if fullname.partition(".")[0] in {"numpy", "pandas", "scipy", "sklearn"}:
            return None
        return super().find_spec(fullname, path, target)


sys.dont_write_bytecode = True
sys.path[:0] = ["/checkout", "/installed/site-packages"]
if importlib.util.find_spec("xxhash") is None:
    sys.path.append("/checkout/tests/wasm/without_wheels")
os.chdir("/checkout")

import pytest  # noqa: E402 - found where the lines above say

arguments = ["-p", "no:cacheprovider", "-o", "timeout=0", "--color=no", *sys.argv[1:]]
if sys.platform == "wasi":
    sys.meta_path[:] = [Finder if one is PathFinder else one for one in sys.meta_path]
    os.makedirs("/dev", exist_ok=True)
    open("/dev/null", "a").close()
    # File descriptors cannot be put in the place of others.
    made = ["--capture=sys", "-p", "no:faulthandler", "--basetemp=/made"]
    arguments = [*made, *arguments]
raise SystemExit(int(pytest.main(arguments)))
