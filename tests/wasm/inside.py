"""Runs pytest inside an interpreter that is a WebAssembly module; started by `run.py`."""

from __future__ import annotations

import importlib.util
import os
import sys

sys.dont_write_bytecode = True
sys.path[:0] = ["/checkout", "/installed/site-packages"]
if importlib.util.find_spec("xxhash") is None:
    sys.path.append("/checkout/tests/wasm/without_wheels")
os.chdir("/checkout")

import pytest  # noqa: E402 - found where the lines above say

arguments = ["-p", "no:cacheprovider", "-o", "timeout=0", "--color=no", *sys.argv[1:]]
if sys.platform == "wasi":
    # Compiled into the interpreter, where they have no files and no version.
    sys.modules.update(dict.fromkeys(("numpy", "pandas"), None))
    os.makedirs("/dev", exist_ok=True)
    open("/dev/null", "a").close()
    # File descriptors cannot be put in the place of others.
    made = ["--capture=sys", "-p", "no:faulthandler", "--basetemp=/made"]
    arguments = [*made, *arguments]
raise SystemExit(int(pytest.main(arguments)))
