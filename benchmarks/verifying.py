"""What the first hit of a new process costs, by how much the code can reach and what it ran.

A package from PyPI is copied out of site-packages, so that it is code of the user, and one
call into it is kept; so is one call of each program that is made here:

    chain-N   50 functions of N, each of which calls the next
    made      50 functions in 25 modules of 40, each of which reads a number and a dictionary of
              its module and could call one of 48 others, of which it counts what they are

New processes then import the program, and measure in CPU time

    the whole call         from `f()` to the value, once xetcache itself is loaded
    verification           what of that is asking whether what the call ran is as it was
    static walk            what asking for all that it could reach would take instead
    one function           verification, for each function that counts
    joblib.Memory          the same call there, which looks at the source of one function

The last ask about the same call after an edit of a function that it could reach and did not run.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import row
from mutation import PACKAGES, make_program

ROUNDS = 9
CHAINS = {f"chain-{size}": size for size in (500, 2_000, 10_000)}
"""How many functions the packages have that are made here to be of different sizes."""
MADE = "made"
"""Name of the other program that is made here."""

ASK = """
import json, sys, time
sys.path.insert(0, {folder!r})
import xetcache
xetcache.set_memo_path({store!r})
xetcache.xeteval_always("load", str, 1)
import joblib
import tracer
from xetcache import engine, key
import app

found = {{}}
memory = joblib.Memory({store!r} + "-joblib", verbose=0)
for name in {calls!r}:
    function = getattr(app, name)
    plain = function.__wrapped__
    tracer.is_traced(plain)
    spent = [0.0]
    real = key.Question.as_recorded
    def timed(self, *given):
        start = time.process_time()
        try:
            return real(self, *given)
        finally:
            spent[0] += time.process_time() - start
    key.Question.as_recorded = timed
    start = time.process_time()
    function()
    whole = time.process_time() - start
    key.Question.as_recorded = real
    last = xetcache.stats()["last"]["outcome"]
    start = time.process_time()
    graph = tracer.trace(plain).graph
    graph.digest
    static = time.process_time() - start
    cached = memory.cache(plain)
    cached()
    start = time.process_time()
    cached()
    peer = time.process_time() - start
    functions = sum(node.kind is tracer.NodeKind.FUNCTION for node in graph.nodes)
    found[name] = [last, whole, spent[0], static, peer, functions]
print(json.dumps(found))
"""


def main() -> None:
    print(f"Python {sys.version.split()[0]}, milliseconds, the least of {ROUNDS} processes\n")
    for package in sys.argv[1:] or [*CHAINS, MADE, *PACKAGES]:
        with tempfile.TemporaryDirectory(prefix="verifying-") as name:
            folder, store = Path(name, "program"), Path(name, "store")
            if package in CHAINS:
                write_chain(folder, CHAINS[package])
            elif package == MADE:
                write_program(folder)
            else:
                make_program(package, folder)
            text = (folder / "app.py").read_text()
            calls = [
                line.removeprefix("def ").partition("(")[0]
                for before, line in zip(text.splitlines(), text.splitlines()[1:], strict=False)
                if before.startswith("@xetmemo")
            ]
            ask(folder, store, calls)
            rounds = [ask(folder, store, calls) for _ in range(ROUNDS)]
            for call in calls:
                found = [one[call] for one in rounds]
                ran = functions_in(store, call)
                least = [min(one[place] for one in found) for place in range(1, 5)]
                outcome = "/".join(sorted({one[0] for one in found}))
                print(f"{package}.{call}: {outcome}, {ran} functions count of {found[0][5]}")
                for title, seconds in zip(
                    ("whole call", "verification", "static walk", "joblib.Memory, warm"),
                    least,
                    strict=True,
                ):
                    row(f"  {title}", seconds, "ms", least[3])
                if ran.isdigit():
                    row("  one function", least[1] / int(ran), "us", least[3])
                print()


def write_chain(folder: Path, size: int, *, modules: int = 10, run: int = 50) -> None:
    """Write a package of so many functions, each of which calls the next."""
    package = folder / "package"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    steps = size // modules
    for number in range(modules):
        after = (number + 1) % modules
        lines = [f"from . import part{after}", f"RATE = {number}"]
        for step in range(steps):
            to = f"step{step + 1}" if step + 1 < steps else f"part{after}.step0"
            lines.append(LINK.format(step=step, to=to, number=number))
        (package / f"part{number}.py").write_text("\n".join(lines))
    (folder / "app.py").write_text(
        APP.format(imports="from package import part0", called=f"part0.step0({run - 1})")
    )


LINK = """
def step{step}(x):
    if x <= 0:
        return RATE - {number}
    return {to}(x - 1) + RATE * {step} + {number}
"""


def write_program(folder: Path, *, modules: int = 40, steps: int = 48, run: int = 25) -> None:
    """Write a program that reaches all of many functions, and runs two in some modules."""
    folder.mkdir()
    for number in range(modules):
        after = (number + 1) % modules
        lines = [f"import part{after}", f"RATE = {number}", f"NAMES = {{'a': {number}, 'b': 2}}"]
        for step in range(steps):
            to = f"step{step + 1}" if step + 1 < steps else f"part{after}.step0"
            lines.append(STEP.format(step=step, to=to))
        lines.append(RUN.format(number=number))
        (folder / f"part{number}.py").write_text("\n".join(lines))
    called = " + ".join(f"part{number}.first({number})" for number in range(run))
    imports = "\n".join(f"import part{number}" for number in range(modules))
    (folder / "app.py").write_text(APP.format(imports=imports, called=called))


STEP = """
def step{step}(x, scale={step}):
    found = [one * RATE for one in range(x)]
    if len(found) > scale:
        return {to}(x - 1) + NAMES["a"]
    return sum(found) + scale
"""

RUN = """
def first(x):
    if x < 0:
        return step0(x)
    return second(x) * RATE + NAMES["a"] - {number}

def second(x, by=3):
    return max(x, by) - len(NAMES) - {number}
"""

APP = """
from xetcache import xetmemo
{imports}

@xetmemo(always=True)
def fifty():
    return {called}
"""


def ask(folder: Path, store: Path, calls: list[str]) -> dict[str, list[float]]:
    """Return what a new process found."""
    code = ASK.format(folder=str(folder), store=str(store), calls=calls)
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=folder
    )
    return json.loads(done.stdout.splitlines()[-1])


def functions_in(store: Path, call: str) -> str:
    """Return how many functions count for a call, as its record says."""
    from xetcache.entry import header_from

    for path in store.glob("entries/*/*.xet"):
        header = header_from(path.read_bytes())
        if header.function.endswith(f".{call}"):
            if not header.trace:
                return "all"
            return str(len(json.loads((store / header.trace).read_text())["functions"]))
    shutil.rmtree(store, ignore_errors=True)
    return "no"


if __name__ == "__main__":
    main()
