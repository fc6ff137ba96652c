"""Fixtures that make programs from text, run them, and forget them."""

from __future__ import annotations

import fractions
import json
import linecache
import math
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import HAS_PROCESSES, Project
from tests.tracer import executed
from tests.tracer.executed import Comparison
from tests.tracer.programs import Edit, Outcome, Program

PATCHED = (json, json.dumps, math, textwrap, fractions.Fraction)
"""What programs add members to, or replace some of, to see whether that is noticed."""


@pytest.fixture
def program() -> Iterator[Callable[..., Program]]:
    """Make programs: `program(source, helpers="...")`; the main module is `app`."""
    names: set[str] = set()
    before = dict(sys.modules)
    argv = list(sys.argv)
    members = [(owner, dict(vars(owner))) for owner in PATCHED]

    def make(source: str, modules: dict[str, str] | None = None, **others: str) -> Program:
        sources = {**(modules or {}), **others, "app": source}
        names.update(sources)
        return Program(sources)

    yield make
    for name in [name for name in linecache.cache if name.startswith("/project/")]:
        del linecache.cache[name]
    for name in names:
        sys.modules.pop(name, None)
        if name in before:
            sys.modules[name] = before[name]
    sys.argv[:] = argv
    for owner, there in members:
        for name, member in list(vars(owner).items()):
            if name not in there:
                delattr(owner, name)
            elif member is not there[name]:
                setattr(owner, name, there[name])


@pytest.fixture
def compare(program: Callable[..., Program]) -> Callable[[Edit], Outcome]:
    """Run a program before and after its edit: digests first, then the call.

    Each edit is held against portable digests, too.
    """

    def run(edit: Edit) -> Outcome:
        for name in edit.needs:
            pytest.importorskip(name)
        sources = {"app": edit.source, **edit.modules}
        sources = {name: textwrap.dedent(text) for name, text in sources.items()}
        if not HAS_PROCESSES and "asyncio.run" in edit.source:
            pytest.skip("an event loop needs what is not there")
        assert any(edit.old in text for text in sources.values()), "the edit changes nothing"
        edited = {name: text.replace(edit.old, edit.new) for name, text in sources.items()}
        values, graphs, portables = [], [], []
        for version in (sources, edited):
            app = version.pop("app")
            made = program(app, version)
            graphs.append(made.graph())
            portables.append(made.portable())
            values.append(repr(made.call(edit.call)))
        # What bytecode tells apart, source tells apart, too, where there is any.
        if graphs[0].digest != graphs[1].digest and None not in portables:
            assert portables[0] != portables[1]
        return Outcome((values[0], values[1]), (graphs[0], graphs[1]))

    return run


@pytest.fixture
def what_ran(project: Project) -> Callable[..., list[Comparison]]:
    """Compare what `app.run` of the project holds and runs, in a new process.

    `what_ran(package, ..., rounds=1)`: packages that count as the user's own code, and
    how often to walk and call.
    """
    # Measuring coverage slows a walk of thousands of functions, which other tests cover.
    for name in [name for name in project.environment if name.startswith("COVERAGE_")]:
        del project.environment[name]

    def compare(*packages: str, rounds: int) -> list[Comparison]:
        project.write("executed.py", Path(executed.__file__).read_text(encoding="utf-8"))
        done = project.run_script("executed.py", "app.run", str(rounds), *packages)
        if done.returncode:
            raise RuntimeError(f"the program failed\n{done.stderr}")
        return [comparison_of(line) for line in done.stdout.splitlines()]

    return compare


def comparison_of(line: str) -> Comparison:
    """Return what `executed.py` printed as one line."""
    parts = json.loads(line).items()
    return Comparison(**{name: tuple(x) if isinstance(x, list) else x for name, x in parts})
