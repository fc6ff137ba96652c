"""What xetcache costs, beside a peer measured in the same run. Seconds are not asserted."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest

from xetcache import get_memo_path, options, set_memo_path, xetmemo


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
    before = get_memo_path()
    set_memo_path(tmp_path / "xmemo")  # not by `options`, in which all is checked at each call
    try:
        kept = xetmemo(always=True)(work)
        for _ in range(6):
            assert kept(1) == known(1) == 2
        assert 10 * fastest(lambda: kept(1)) < fastest(lambda: known(1))
    finally:
        set_memo_path(before)


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


def calls_in(action: Callable[[], object]) -> int:
    """Return how many functions are called, those of the interpreter too."""
    called = 0

    def count(_frame: object, event: str, _: object) -> None:
        nonlocal called
        called += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(before)
    return called


@pytest.mark.parametrize("precision", ["trace", "static"])
def test_a_miss_costs_the_same_whatever_the_code_reaches(tmp_path, monkeypatch, precision) -> None:
    """Once it is known what that is: another argument is another call of the same code."""
    monkeypatch.syspath_prepend(tmp_path)

    def calls_of_a_miss(functions: int) -> int:
        name = f"reaches_{functions}_{precision}"
        body = "".join(f"def f{one}(x):\n    return x + {one}\n\n" for one in range(functions))
        last = ", ".join(f"f{one}" for one in range(functions))
        (tmp_path / f"{name}.py").write_text(f"{body}def top(x):\n    return [{last}][0](x)\n")
        kept = xetmemo(always=True)(importlib.import_module(name).top)
        for number in range(3):
            kept(number)
        return min(calls_in(lambda number=number: kept(number)) for number in range(3, 6))

    with options(memo_path=tmp_path / "xmemo", precision=precision):
        few, many = calls_of_a_miss(3), calls_of_a_miss(200)
    assert many < few + 20


HEAVY = {"numpy", "pandas", "IPython", "cloudpickle", "bytecode", "logging"}


@pytest.mark.parametrize(
    ("module", "more"),
    [
        ("xetcache", {"tracer.front", "tracer.policy", "json", "dataclasses", "inspect"}),
        ("tracer", {"tracer.front", "tracer.policy", "json", "dataclasses", "inspect"}),
        ("tracer.front", {"concurrent", "pathlib"}),
    ],
)
def test_importing_brings_nothing_large(module, more) -> None:
    """`import xetcache` imports no numpy, pandas, IPython, pickle, nor what the tracer offers."""
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
