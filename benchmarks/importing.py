"""What importing costs, over a bare interpreter, in CPU milliseconds.

Beside `typing` and `dataclasses`, which nearly every program imports anyway, and two peers.
Bytecode is cached, as it is from the second start of a program on.
"""

from __future__ import annotations

import os
import sys
import tempfile

from measure import process_seconds


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="importing-") as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        measured()


def measured() -> None:
    bare = process_seconds("pass")
    version = sys.version.split()[0]
    print(f"Python {version}: bare interpreter {bare * 1000:.1f} ms; each import beyond that\n")
    first_call = """
import tempfile, xetcache
xetcache.set_memo_path(tempfile.mkdtemp())
xetcache.xeteval_always(abs, 1)
"""
    for name, code in (
        ("import typing", "import typing"),
        ("import dataclasses", "import dataclasses"),
        ("import xetcache", "import xetcache"),
        ("import tracer", "import tracer"),
        ("import xetcache, and a first call", first_call),
        ("import joblib", "import joblib"),
        ("import diskcache", "import diskcache"),
    ):
        print(f"{name:<40}{(process_seconds(code) - bare) * 1000:>8.1f} ms")


if __name__ == "__main__":
    main()
