"""What importing costs, over a bare interpreter, in CPU milliseconds."""

from __future__ import annotations

import sys

from measure import process_seconds


def main() -> None:
    bare = process_seconds("pass")
    version = sys.version.split()[0]
    print(f"Python {version}: bare interpreter {bare * 1000:.1f} ms; each import beyond that\n")
    first_call = """
import tempfile, xetcache
xetcache.set_memo_path(tempfile.mkdtemp())
xetcache.xeteval_always(abs, 1)
"""
    for name, code in (
        ("import xetcache", "import xetcache"),
        ("import xetcache, and a first call", first_call),
        ("import joblib", "import joblib"),
        ("import diskcache", "import diskcache"),
    ):
        print(f"{name:<40}{(process_seconds(code) - bare) * 1000:>8.1f} ms")


if __name__ == "__main__":
    main()
