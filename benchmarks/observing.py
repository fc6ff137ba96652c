"""What it costs a call to be observed: all that it calls is held against its graph once.

Held here, and failing when broken: code that calls much takes no more than a twentieth
longer. Printed is what it really is, and what is around a call: beside the limit, which is
to ask `sys.monitoring` for the same and note nothing, a call of which only files are noted,
and one that can reach 500 functions and runs none of them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import tracer

ROUNDS = 25


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


def reaching(functions: int) -> Callable[[], object]:
    """Return a function that does nothing, and reaches many."""
    names = [f"f{number}" for number in range(functions)]
    lines = [f"def {name}(x): return x + {number}" for number, name in enumerate(names)]
    namespace: dict[str, Callable[[], object]] = {}
    exec("\n".join([*lines, f"def top(): return ({', '.join(names)},)"]), namespace)
    return namespace["top"]


def seconds(function: Callable[[], object], graph: tracer.DependencyGraph | None) -> float:
    observation = tracer.observe(graph)
    start = time.process_time()
    function()
    taken = time.process_time() - start
    observation.stop()
    observation.end()
    return taken


def main() -> None:
    tracer.watch_code()  # as `import xetcache` does
    for function in (calls, generators):
        graph = tracer.walk(function)
        # In turns, so that what disturbs the machine disturbs both.
        runs = [(seconds(function, None), seconds(function, graph)) for _ in range(ROUNDS)]
        plain, observed = (min(taken) for taken in zip(*runs, strict=True))
        print(
            f"{function.__name__:<12}{plain * 1e3:8.2f} ms, held against its graph "
            f"{observed * 1e3:8.2f} ms {100 * (observed / plain - 1):+8.2f} %"
        )
        assert observed < 1.05 * plain
    graph, large = tracer.walk(nothing), reaching(500)
    ways: dict[str, Callable[[], object]] = {
        "the limit": asked_only if sys.version_info >= (3, 12) else nothing,
        "files only": lambda: seconds(nothing, None),
        "all": lambda: seconds(nothing, graph),
        "reaching 500": partial(seconds, large, tracer.walk(large)),
    }
    least = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            for _ in range(100):
                way()
            least[name] = min(least[name], (time.process_time() - start) / 100)
    for name, taken in least.items():
        print(f"around a call, {name:<14}{taken * 1e6:8.1f} us{taken / least['the limit']:8.1f} x")


def asked_only() -> None:
    """Ask what starts, and take it from there that nobody wants to know."""
    monitoring = sys.monitoring
    events = (monitoring.events.PY_START, monitoring.events.PY_RESUME)
    monitoring.use_tool_id(3, "limit")
    for event in events:
        monitoring.register_callback(3, event, lambda *_: monitoring.DISABLE)
    monitoring.set_events(3, events[0] | events[1])
    monitoring.restart_events()
    nothing()
    monitoring.set_events(3, 0)
    monitoring.free_tool_id(3)


if __name__ == "__main__":
    main()
