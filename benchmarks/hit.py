"""What a hit costs, beside `lru_cache`, joblib and diskcache in the same run."""

from __future__ import annotations

import functools
import sys
import tempfile

import diskcache
import joblib
from measure import row, seconds

from xetcache import set_memo_path, xetmemo


def helper(x):
    return x + 1


def work(x):
    return helper(x) * 2


def main() -> None:
    print(f"Python {sys.version.split()[0]}: a hit in the same process, int argument, one helper\n")
    set_memo_path(tempfile.mkdtemp())
    known = functools.lru_cache(typed=True)(work)
    kept = xetmemo(always=True)(work)
    memory = joblib.Memory(tempfile.mkdtemp(), verbose=0).cache(work)
    disk = diskcache.Cache(tempfile.mkdtemp()).memoize()(work)
    base = seconds(lambda: known(3), number=10_000)
    row("functools.lru_cache(typed=True)", base, "us", base)
    for name, function in (
        ("xetcache", kept),
        ("diskcache.memoize", disk),
        ("joblib.Memory", memory),
    ):
        function(3)
        row(name, seconds(lambda: function(3), number=500), "us", base)  # noqa: B023


if __name__ == "__main__":
    main()
