"""How the benchmarks here measure: CPU seconds, the least of many short runs.

The least and not the mean: on a shared machine every disturbance only adds.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Mapping


def seconds(action: Callable[[], object], *, number: int, repeat: int = 7) -> float:
    """Return CPU seconds of one `action`, from the fastest of `repeat` runs of `number`."""

    def once() -> float:
        start = time.process_time()
        for _ in range(number):
            action()
        return (time.process_time() - start) / number

    return min(once() for _ in range(repeat))


def first_seconds(
    action: Callable[[], object], *, before: Callable[[], object], repeat: int
) -> float:
    """Return CPU seconds of one `action` just after `before`, from the fastest of `repeat`.

    To free what it returns is no part of it.
    """

    def once() -> tuple[float, object]:
        before()
        start = time.process_time()
        made = action()
        return time.process_time() - start, made

    return min(once()[0] for _ in range(repeat))


def call_seconds(
    function: Callable[..., object], *arguments: object, number: int, repeat: int = 15
) -> float:
    """Return CPU seconds of one call, without what a loop around it would add."""
    names = [f"a{index}" for index in range(len(arguments))]
    timer = timeit.Timer(
        f"f({', '.join(names)})",
        timer=time.process_time,
        globals={"f": function, **dict(zip(names, arguments, strict=True))},
    )
    return min(timer.repeat(repeat, number)) / number


def process_seconds(
    code: str, environment: Mapping[str, str] | None = None, repeat: int = 9
) -> float:
    """Return CPU seconds of a new interpreter that runs `code`."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, env=environment or os.environ)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)

    return min(once() for _ in range(repeat))


def row(name: str, amount: float, unit: str, base: float) -> None:
    """Print one figure, with its ratio to the first of its table."""
    factor = {"ns": 1e9, "us": 1e6, "ms": 1e3, "s": 1}[unit]
    print(f"{name:<44}{amount * factor:>10.1f} {unit:<3}{amount / base:>10.2f} x")
