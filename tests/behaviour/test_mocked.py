"""Mocks, stubs and the end of the stack: what the cache fails at breaks no call."""

from __future__ import annotations

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.same_everywhere

PROGRAMS = {
    "getcwd": "with mock.patch('os.getcwd', return_value='/a'): print(f(1))",
    "stat": "with mock.patch('os.stat', side_effect=OSError): print(f(1))",
    "find-spec": "with mock.patch('importlib.util.find_spec', return_value=None): print(f(1))",
    "environ": "with mock.patch('os.environ', {'PATH': '/bin'}): print(f(1))",
    "time": """
@xetmemo(always=True)
def taken(x): return x if time.time() < time.time() else 0
with mock.patch("time.time", side_effect=[1.0, 2.0]): print(taken(1))
""",
    "stubs": """
for name in ("torch", "matplotlib", "sklearn", "jax", "mpmath", "polars", "pandas", "numpy"):
    sys.modules[name] = types.ModuleType(name)
print(f(1))
""",
    "mocked-library": """
sys.modules["numpy"] = sys.modules["matplotlib"] = mock.MagicMock()
print(f(1))
""",
    "no-engine": """
sys.modules["decimal"] = types.ModuleType("decimal")
print(f(1))
""",
    "closed-stream": """
sys.stderr.close()
@xetmemo(always=True)
def unkept(x): return (one for one in [x])
print(*unkept(1))
""",
    "deep": """
def deep(left): return f(1) if not left else deep(left - 1)
print(deep(sys.getrecursionlimit() - len(inspect.stack()) - 80))
""",
}

HEAD = """
import inspect, sys, time, types
from unittest import mock
from xetcache import xetmemo

@xetmemo(always=True)
def f(x): return x
"""


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_the_call_has_its_value(project: Project, source: str) -> None:
    """The first call of a process, which loads the engine, and the next."""
    project.write("program.py", HEAD + source + "\nprint(f(1))\n")
    done = project.run_script("program.py")
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) == {"1"}
