"""Lazy imports: what they would import counts, and nothing is imported to see it.

The interpreter remembers what was to be imported lazily, and asks modules of these names for
it: they are called as in no other test.
"""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tracer.errors import TracerError
from tracer.values import encode
from tracer.walker import Walked, walk

pytestmark = pytest.mark.skipif(sys.version_info < (3, 15), reason="PEP 810 is of 3.15")

Load = Callable[..., ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Make a program of which only the main module runs: `load(source, {"lately": "..."})`."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)

    def forget() -> None:
        for name in set(sys.modules) - before:
            del sys.modules[name]

    def make(source: str, others: dict[str, str]) -> ModuleType:
        forget()
        for file, text in {**others, "app": source}.items():
            path = tmp_path / f"{file}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))
        importlib.invalidate_caches()
        app = sys.modules["app"] = ModuleType("app")
        app.__dict__["__file__"] = str(tmp_path / "app.py")
        exec(compile(textwrap.dedent(source), str(tmp_path / "app.py"), "exec"), app.__dict__)
        return app

    yield make
    forget()


def walked(app: ModuleType, name: str = "f") -> Walked:
    return walk(app.__dict__[name])


RATE = "print('imported')\ndef rate(x): return x * 2\n"
EDITED = RATE.replace("x * 2", "x * 3")

PROGRAMS = {
    "module": "lazy import lately\ndef f(x): return lately.rate(x)\n",
    "module, as": "lazy import lately as h\ndef f(x): return h.rate(x)\n",
    "part": "lazy from lately import rate\ndef f(x): return rate(x)\n",
    "part, as": "lazy from lately import rate as r\ndef f(x): return r(x)\n",
    "any name": "lazy from lately import rate\ndef f(x): return eval('ra' + 'te')(x)\n",
    "held": "lazy import lately\ndef f(x): return getattr(lately, 'ra' + 'te')(x)\n",
    "default": "lazy import lately\ndef f(x, of=[1]): return lately.rate(x) + of[0]\n",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_what_would_be_imported_counts(
    load: Load, program: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An edit of it is another graph, before it was imported and after."""
    digests = set()
    for source in (RATE, EDITED):
        app = load(program, {"lately": source})
        before = walked(app)
        assert "lately" not in sys.modules
        assert before.guard.holds()
        assert app.f(3) in {6, 9, 7, 10}
        after = walked(app)
        digests |= {before.graph.digest, after.graph.digest}
    assert len(digests) == 4
    assert capsys.readouterr().out == "imported\n" * 2


def test_other_text_does_not_count(load: Load) -> None:
    """Such as a module that the function does not read, and comments."""
    program = "lazy import lately, others\ndef f(x): return lately.rate(x)\n"
    one = walked(load(program, {"lately": RATE, "others": "a = 1\n"}))
    other = walked(load(program, {"lately": f"# said\n{RATE}", "others": "a = 2\n"}))
    assert one.graph.digest == other.graph.digest


def test_a_guard_imports_nothing(load: Load) -> None:
    """However often it is asked, by whatever means."""
    app = load(PROGRAMS["part"], {"lately": RATE})
    guard = walked(app).guard
    for _ in range(10):
        assert guard.holds()
    assert "lately" not in sys.modules
    app.f(1)
    assert not guard.holds()


def test_what_was_imported_by_others_counts_as_it_is(load: Load) -> None:
    """It runs nothing then, and what it means is what the name will mean."""
    app = load(PROGRAMS["part"], {"lately": RATE})
    lately = __import__("lately")
    one = walked(app)
    lately.rate = lambda x: x
    assert not one.guard.holds()
    assert walked(app).graph.digest != one.graph.digest


@pytest.mark.parametrize(
    "program",
    [
        "lazy import deferred.deep\ndef f(x): return deferred.deep.rate(x)\n",
        "lazy import deferred.deep as d\ndef f(x): return d.rate(x)\n",
        "lazy from deferred import deep\ndef f(x): return deep.rate(x)\n",
        "lazy from deferred.deep import rate, rate as r\ndef f(x): return r(x)\n",
    ],
)
def test_parts_of_packages_count(load: Load, program: str) -> None:
    """A module in a package, and the package."""
    digests = {
        walked(load(program, {"deferred/deep": deep, "deferred/__init__": init})).graph.digest
        for deep in (RATE, EDITED)
        for init in ("", "a = 1\n")
    }
    assert len(digests) == 4


def test_a_value_has_no_digest(load: Load) -> None:
    """Where it is data, as in a copy of the globals."""
    app = load(PROGRAMS["part"], {"lately": RATE})
    with pytest.raises(TracerError):
        encode(dict(app.__dict__))
    assert "lately" not in sys.modules
