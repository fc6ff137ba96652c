"""What a hit costs, beside `lru_cache`, joblib and diskcache in the same run."""

from __future__ import annotations

import functools
import sys
import tempfile

import diskcache
import joblib
from measure import call_seconds, row

from xetcache import set_memo_path, xetmemo


def helper(x):
    return x + 1


@xetmemo(always=True)
def alone(x):
    return x * 2


@xetmemo(always=True)
def total(items):
    return sum(items)


def work(x):
    return helper(x) * 2


def main() -> None:
    print(f"Python {sys.version.split()[0]}: a hit in the same process, int argument\n")
    set_memo_path(tempfile.mkdtemp())
    known = functools.lru_cache(typed=True)(work)
    kept = xetmemo(always=True)(work)
    memory = joblib.Memory(tempfile.mkdtemp(), verbose=0).cache(work)
    disk = diskcache.Cache(tempfile.mkdtemp()).memoize()(work)
    base = call_seconds(known, 3, number=100_000)
    row("functools.lru_cache(typed=True)", base, "ns", base)
    for name, function, argument, number in (
        ("xetcache, no name outside it", alone, 3, 100_000),
        ("xetcache, one helper", kept, 3, 100_000),
        ("xetcache, a list as argument", total, [1, 2, 3], 500),
        ("diskcache.memoize", disk, 3, 500),
        ("joblib.Memory", memory, 3, 500),
    ):
        for _ in range(6):
            function(argument)
        row(name, call_seconds(function, argument, number=number), "ns", base)


if __name__ == "__main__":
    main()
