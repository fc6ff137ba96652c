"""What xetcache costs, beside a peer measured in the same run. Seconds are not asserted."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest

from xetcache import options, xetmemo


def work(x):
    return x + 1


def fastest(action: Callable[[], object], *, number: int = 300, of: int = 7) -> float:
    """Return CPU seconds of one action in the run that was disturbed least."""

    def once() -> float:
        start = time.process_time()
        for _ in range(number):
            action()
        return (time.process_time() - start) / number

    # Coverage traces our lines and not the peer's, which makes ours ten times as slow.
    tracing = sys.gettrace()
    sys.settrace(None)
    try:
        return min(once() for _ in range(of))
    finally:
        sys.settrace(tracing)


def test_a_hit_costs_less_than_joblibs(tmp_path) -> None:
    """A warm hit on an `int`, each with a store of its own."""
    known = joblib.Memory(tempfile.mkdtemp(dir=tmp_path), verbose=0).cache(work)
    with options(memo_path=tmp_path / "xmemo"):
        kept = xetmemo(always=True)(work)
        assert kept(1) == known(1) == 2
        assert fastest(lambda: kept(1)) < fastest(lambda: known(1))


def test_a_hit_costs_the_same_in_a_full_store(tmp_path) -> None:
    """Other entries do not slow a look-up that reads the store."""
    from xetcache import memory

    with options(memo_path=tmp_path / "xmemo"):
        kept = xetmemo(always=True)(work)
        kept(1)

        def cold() -> object:
            memory.clear()
            return kept(1)

        few = fastest(cold, number=50)
        for number in range(500):
            kept(number)
        many = fastest(cold, number=50)
    assert many < 3 * few


HEAVY = {"numpy", "pandas", "IPython", "cloudpickle", "bytecode", "logging"}


@pytest.mark.parametrize(
    ("module", "more"),
    [
        ("xetcache", {"tracer", "json", "dataclasses", "inspect"}),
        ("tracer", {"concurrent", "pathlib"}),
    ],
)
def test_importing_brings_nothing_large(module, more) -> None:
    """`import xetcache` imports no numpy, pandas, IPython, pickle, nor the tracer."""
    code = (
        f"import sys; before = {{*sys.modules}}; import {module}; print(*{{*sys.modules}} - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    loaded = set(done.stdout.split())
    assert loaded & (HEAVY | more) == set()


def test_importing_costs_less_than_joblib(tmp_path) -> None:
    """In CPU seconds of new interpreters that have its bytecode, as they have that of joblib."""
    import resource

    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def seconds(code: str) -> float:
        def once() -> float:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=Path(__file__).parent.parent,
                env=environment,
                check=True,
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

        return min(once() for _ in range(3))

    assert seconds("import xetcache") < seconds("import joblib")
