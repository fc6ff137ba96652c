"""What a digest costs, beside one read of the memory or one pickling by C.

`read` is xxh3-128 over a buffer of the same size, which is as fast as memory can be read;
`pickle` is protocol 5. The same run measures both.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np
import pandas as pd
from measure import row, seconds
from xxhash import xxh3_128_digest

from tracer import digest


@dataclass
class Item:
    number: int
    text: str
    parts: list[int]


def words(count: int) -> list[str]:
    """Make short texts, some of them equal."""
    return [f"w{number * 7919 % 50_000:06}-{'xyz'[: number % 4]}" for number in range(count)]


def small() -> dict[str, Any]:
    """Make what functions are mostly called with."""
    return {
        "int": 42,
        "text": "hello world",
        "tuple of 5": (1, "abc", 2.5, None, True),
        "instance": Item(1, "a", [1]),
    }


def objects() -> dict[str, Any]:
    """Make large values of many objects."""
    return {
        "list of 1e6 texts": words(1_000_000),
        "dict of 1e5 dicts": {f"k{n}": {"a": n, "b": str(n), "c": n * 0.5} for n in range(100_000)},
        "1e5 dataclasses": [Item(n, f"s{n}", [n]) for n in range(100_000)],
    }


def buffers() -> dict[str, tuple[Any, int]]:
    """Make large values of few objects, with their size in bytes."""
    flat = np.arange(1 << 24, dtype="f8") * 0.37
    square = (
        flat.reshape(4000, -1) if flat.size % 4000 == 0 else flat[:16_000_000].reshape(4000, -1)
    )
    text = words(1_000_000)
    table = pd.DataFrame({f"f{n}": flat[n : n + 1_000_000] for n in range(6)})
    table["day"] = pd.Timestamp("2020") + pd.to_timedelta(np.arange(1_000_000), unit="s")
    table["kind"] = pd.Categorical.from_codes(
        np.arange(1_000_000) % 100, [str(n) for n in range(100)]
    )
    found = {
        "array of 1 MB": flat[: 1 << 17],
        "array of 128 MB": flat,
        "by columns": square.T,
        "ten columns": flat[:10_000_000].reshape(10, -1).T,
        "every other column": square[:, ::2],
        "without the borders": square[:, 100:-100],
    }
    made: dict[str, tuple[Any, int]] = {name: (one, one.nbytes) for name, one in found.items()}
    for name, column in {
        "frame, objects": pd.Series(text, dtype=object),
        "frame, arrow": pd.Series(text, dtype="string[pyarrow]"),
    }.items():
        frame = table.assign(a=column, b=column)
        made[name] = (frame, int(frame.memory_usage(deep=True).sum()))
    return made


def main() -> None:
    """Print all tables."""
    print(f"Python {sys.version.split()[0]}, numpy {np.__version__}, pandas {pd.__version__}\n")
    for name, value in small().items():
        took = seconds(partial(digest, value), number=5_000)
        row(name, took, "us", seconds(partial(pickle.dumps, value, 5), number=5_000))
    print("\nbeside one pickling\n")
    for name, value in objects().items():
        took = seconds(partial(digest, value), number=1)
        row(name, took, "ms", seconds(partial(pickle.dumps, value, 5), number=1))
    print("\nbeside one read of the memory\n")
    for name, (value, size) in buffers().items():
        memory = np.arange(size, dtype="u1")
        number = max(1, (1 << 24) // size)
        read: Callable[[], object] = partial(xxh3_128_digest, memory)
        row(
            name, seconds(partial(digest, value), number=number), "ms", seconds(read, number=number)
        )
    deep: Any = reduce(lambda inner, _: [inner], range(10_000), 1)
    shared: Any = reduce(lambda inner, _: [inner, inner], range(1_000), 1)
    print("\nbeside a flat list of as many items\n")
    base = seconds(partial(digest, [[number] for number in range(10_000)]), number=5)
    row("10,000 levels deep", seconds(partial(digest, deep), number=5), "ms", base)
    row("1,000 levels, shared", seconds(partial(digest, shared), number=5), "ms", base)


if __name__ == "__main__":
    main()
