"""What a cold trace and its guards cost, by the number of functions reached.

Last what one function costs in a project of 10,000, beside one in a project of 300, and a
real package that is followed as if it were the user's: networkx, where it is installed.

Beside them `functools.lru_cache(typed=True)`, the price of a dictionary look-up, and
the compilation of the same source, which is what a tracer by source would have to do.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from measure import first_seconds, row, seconds

import tracer
from tracer import bytecode


def project(count: int) -> tuple[ModuleType, str]:
    """Make a module of `count` helpers in a chain, with classes and data."""
    lines = ["TABLE = {'a': [1, 2, 3], 'b': 'text'}", "RATE = 0.5"]
    for number in range(count):
        after = f"h{number + 1}(x)" if number + 1 < count else "x"
        lines += [
            f"def h{number}(x):",
            f"    if x > {number}:",
            f"        return {after} * RATE + TABLE['a'][1]",
            f"    return [part for part in range(x) if part > {number}]",
        ]
    lines += [
        "class Model:",
        "    scale = 2",
        "    def run(self, x):",
        "        return h0(x) * self.scale",
    ]
    lines += ["def main(x):", "    return Model().run(x)"]
    source = "\n".join(lines)
    module = ModuleType("made")
    exec(compile(source, "made.py", "exec"), vars(module))
    return module, source


def main() -> None:
    known = functools.lru_cache(typed=True)(lambda x: x)
    base = seconds(lambda: known(3), number=10_000)
    print(f"Python {sys.version.split()[0]}\n")
    row("functools.lru_cache(typed=True)", base, "us", base)
    each: dict[int, float] = {}
    for count in (5, 50, 300, 3_000, 10_000):
        module, source = project(count)
        number = max(1, 300 // count)
        repeat = max(8, 3_000 // count)
        compiling = partial(compile, source, "made.py", "exec")
        print()
        compiled = seconds(compiling, number=number, repeat=repeat)
        row(f"{count} functions: compile the source", compiled, "us", base)
        traced = first_seconds(partial(cold, module.main), before=forget, repeat=repeat)
        row(f"{count} functions: cold trace, with digest", traced, "us", base)
        each[count] = traced / count
        holds = tracer.trace(module.main).holds
        row(f"{count} functions: guards", seconds(holds, number=number * 20), "us", base)
    print()
    row("a function of 10000, to one of 300", each[10_000], "us", each[300])
    if find_spec("networkx") is not None:
        networkx(base)


def cold(
    function: Callable[..., object], policy: tracer.Policy = tracer.USER_CODE
) -> tracer.DependencyGraph:
    """Trace as in a new process, once all is forgotten."""
    graph = tracer.walk(function, policy=policy)
    graph.digest  # noqa: B018
    return graph


def forget() -> None:
    """Forget which code was read before."""
    bytecode.facts_of.__globals__["_remembered"].clear()


def networkx(base: float) -> None:
    """Print what it costs to trace a function of networkx through all it can reach."""
    package = import_module("networkx")
    function = package.shortest_path.orig_func
    follow = tracer.Policy(follow=frozenset({"networkx"}), pin=tracer.USER_CODE.pin)
    nodes = tracer.walk(function, policy=follow).nodes
    count = sum(node.kind is tracer.NodeKind.FUNCTION for node in nodes)
    print()
    traced = first_seconds(partial(cold, function, follow), before=forget, repeat=3)
    row(f"networkx, {count} functions: cold trace", traced, "us", base)


if __name__ == "__main__":
    main()
