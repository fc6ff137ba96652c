"""What a cold trace and its guards cost, by the number of functions reached.

Beside them `functools.lru_cache(typed=True)`, the price of a dictionary look-up, and
the compilation of the same source, which is what a tracer by source would have to do.
"""

from __future__ import annotations

import functools
import sys
from functools import partial
from types import ModuleType

from measure import row, seconds

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
    for count in (5, 50, 300):
        module, source = project(count)

        def cold(main=module.main) -> None:
            bytecode.facts_of.__globals__["_remembered"].clear()
            tracer.walk(main).digest  # noqa: B018

        number = max(1, 300 // count)
        print()
        row(
            f"{count} functions: compile the source",
            seconds(partial(compile, source, "made.py", "exec"), number=number),
            "us",
            base,
        )
        row(f"{count} functions: cold trace, with digest", seconds(cold, number=number), "us", base)
        traced = tracer.trace(module.main)
        row(f"{count} functions: guards", seconds(traced.holds, number=number * 20), "us", base)


if __name__ == "__main__":
    main()
