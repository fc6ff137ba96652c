"""What it costs a call to be observed: all that it calls is held against its graph once.

Held here, and failing when broken: code that calls much takes no more than a twentieth
longer. Printed is what it really is, beside a call of which only files are noted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import tracer


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


class Holder:
    def __init__(self, value: int) -> None:
        self.value = value

    def get(self) -> int:
        return self.value


def calls() -> int:
    return fib(20) + sum([Holder(number).get() for number in range(100_000)])


def some(count: int) -> Iterator[int]:
    yield from range(count)


def generators() -> int:
    return sum(sum(some(5)) for _ in range(30_000))


def nothing() -> None:
    pass


def seconds(function: Callable[[], object], graph: tracer.DependencyGraph | None) -> float:
    with tracer.observe(graph) as observation:
        start = time.process_time()
        function()
        taken = time.process_time() - start
    observation.end()
    return taken


def main() -> None:
    for function in (calls, generators):
        graph = tracer.walk(function)
        # In turns, so that what disturbs the machine disturbs both.
        runs = [(seconds(function, None), seconds(function, graph)) for _ in range(25)]
        plain, observed = (min(taken) for taken in zip(*runs, strict=True))
        print(
            f"{function.__name__:<12}{plain * 1e3:8.2f} ms, held against its graph "
            f"{observed * 1e3:8.2f} ms {100 * (observed / plain - 1):+8.2f} %"
        )
        assert observed < 1.05 * plain
    graph = tracer.walk(nothing)
    for name, given in (("files only", None), ("all", graph)):
        start = time.process_time()
        for _ in range(1_000):
            seconds(nothing, given)
        print(f"around a call, {name:<12}{(time.process_time() - start) * 1e3:8.1f} us")


if __name__ == "__main__":
    main()
