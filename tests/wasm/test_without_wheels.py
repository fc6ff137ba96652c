"""The hash in Python that stands in where no wheel of `xxhash` is to be had."""

from __future__ import annotations

import importlib.util
import random
from pathlib import Path
from typing import Any

import pytest

real = pytest.importorskip("xxhash")


def stand_in() -> Any:
    """Load the module under another name than that of the real one."""
    path = Path(__file__).parent / "without_wheels" / "xxhash.py"
    spec = importlib.util.spec_from_file_location("xxhash_in_python", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SIZES = [*range(260), 511, 512, 513, 1023, 1024, 1025, 1088, 1089, 2048, 5000]


def test_it_is_the_same_hash() -> None:
    """Whatever the size of the data, at once or in parts."""
    ours, chance = stand_in(), random.Random(1)
    for size in SIZES:
        data = chance.randbytes(size)
        expected = real.xxh3_128_digest(data)
        assert ours.xxh3_128_digest(data) == expected
        whole = ours.xxh3_128(data[: size // 3])
        whole.update(memoryview(data)[size // 3 :])
        assert whole.digest() == expected
