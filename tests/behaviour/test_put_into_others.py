"""What a program puts into modules and classes of a library, and into members of an enum."""

from __future__ import annotations

import functools
import itertools
import sys
from types import ModuleType

import pytest

from xetcache import options, stats, xetmemo

pytestmark = pytest.mark.same_everywhere


@pytest.fixture(autouse=True)
def store(tmp_path):
    """Keep the results of each test in a folder of its own."""
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield


_numbers = itertools.count()


def program(source: str) -> ModuleType:
    """Return a module made of this source."""
    module = ModuleType(f"put_into_others_{next(_numbers)}")
    sys.modules[module.__name__] = module
    exec(source, module.__dict__)
    return module


COLOUR = "from enum import Enum, Flag, IntEnum\nclass C(Enum):\n    A = 1\n    B = 2\n"

CHANGES = {
    "getattr": ("import math\ndef f(): return getattr(math, 'PUT', 0)", "math.PUT = 4"),
    "hasattr": ("import json\ndef f(): return hasattr(json, 'put')", "json.put = 4"),
    "builtins": (
        "import builtins\ndef f(): return getattr(builtins, 'PUT', 0)",
        "builtins.PUT = 4",
    ),
    "changed": ("import string\nstring.PUT = 3\ndef f(): return string.PUT", "string.PUT = 4"),
    "function": (
        "import math\nmath.put = lambda: 1\ndef f(): return getattr(math, 'put')()",
        "math.put = lambda: 2",
    ),
    "sys": ("import sys\nsys.put = 3\ndef f(): return sys.put", "sys.put = 4"),
    "sys-frozen": ("import sys\ndef f(): return getattr(sys, 'frozen', 0)", "sys.frozen = 1"),
    "sys-limit": (
        "import sys\ndef f(): return sys.getrecursionlimit()",
        "sys.setrecursionlimit(sys.getrecursionlimit() + 1)",
    ),
    "class-of-a-library": (
        """
import json
json.JSONEncoder.put = 1
def f(): return getattr(json.JSONEncoder, 'put', 0)
""",
        "json.JSONEncoder.put = 4",
    ),
    "enum": (COLOUR + "def f(): return getattr(C.A, 'label', 0)", "C.A.label = 5"),
    "enum-value": (COLOUR + "def f(): return C.A.value", "C.A._value_ = 5"),
    "enum-name": (COLOUR + "def f(): return C.A.name", "C.A._name_ = 'Z'"),
    "enum-by-value": (COLOUR + "def f(): return getattr(C(1), 'label', 0)", "C.A.label = 5"),
    "enum-in-a-list": (
        COLOUR + "T = [C.B]\ndef f(): return getattr(T[0], 'label', 0)",
        "C.B.label = 5",
    ),
    "flag": (
        COLOUR + "class G(Flag):\n    A = 1\ndef f(): return getattr(G.A, 'label', 0)",
        "G.A.label = 5",
    ),
    "module-getattr": (
        """
import types
m = types.ModuleType("m")
def f():
    try: return m.z
    except AttributeError: return None
""",
        "m.__getattr__ = lambda name: 5",
    ),
}

UNDO = """
for module, name in ((math, "PUT"), (math, "put"), (json, "put"), (json.JSONEncoder, "put"),
                     (builtins, "PUT"), (string, "PUT"), (sys, "put"), (sys, "frozen")):
    if hasattr(module, name):
        delattr(module, name)
sys.setrecursionlimit(limit)
"""


@pytest.fixture
def undone():
    """Take out again what was put into libraries."""
    import builtins
    import json
    import math
    import string

    limit = sys.getrecursionlimit()
    names = {"builtins": builtins, "json": json, "math": math, "string": string}
    yield
    exec(UNDO, {**names, "sys": sys, "limit": limit})


@pytest.mark.parametrize(("source", "change"), CHANGES.values(), ids=CHANGES)
@pytest.mark.usefixtures("undone")
def test_what_is_put_there_counts(source: str, change: str) -> None:
    """A change is noticed at once, and the call is served where there was none."""
    module = program(source)
    plain = module.f
    kept = xetmemo(always=True)(plain)
    assert kept() == kept() == plain()
    assert stats()["last"]["outcome"] == "hit"
    exec(change, module.__dict__)
    assert kept() == plain()
    assert stats()["last"]["outcome"] == "miss"
    kept()
    assert stats()["last"]["outcome"] == "hit"


EFFECTS = {
    "module": "import string\ndef f(x): string.PUT = x * 2",
    "setattr": "import string\ndef f(x): setattr(string, 'PUT', x * 2)",
    "constant": "import math\ndef f(x): math.put = x",
    "class": "import json\ndef f(x): json.JSONEncoder.put = x",
    "enum": COLOUR + "def f(x): C.A.label = x",
}


@pytest.mark.parametrize("source", EFFECTS.values(), ids=EFFECTS)
@pytest.mark.usefixtures("undone")
def test_a_call_that_puts_something_there_is_not_kept(source: str) -> None:
    """A hit would not put it there."""
    kept = xetmemo(always=True)(program(source).f)
    kept(3)
    assert not kept.would_hit(3)


@pytest.mark.parametrize(
    "unchanged", ["sys.path.append('put')", "sys.ps1 = 'put'", "math.unused = 3"]
)
def test_what_no_code_asks_for_does_not_count(unchanged: str) -> None:
    """Nor do the paths and streams of the process."""
    source = """
import math, sys
def f(): return getattr(math, 'PUT', 0), len(sys.path) > 0, sys.byteorder
"""
    module = program(source)
    before = list(sys.path)
    kept = xetmemo(always=True)(module.f)
    kept()
    try:
        exec(unchanged, module.__dict__)
        kept()
        assert stats()["last"]["outcome"] == "hit"
    finally:
        sys.path[:] = before
        vars(sys).pop("ps1", None)
        vars(module.math).pop("unused", None)


def test_wraps_around_a_memoized_function() -> None:
    """It says what it likes of `__wrapped__`, and copies the dictionary of another."""
    memo = xetmemo(always=True)

    @memo
    def base(x):
        return x

    def scaled(function):
        @functools.wraps(function)
        @memo
        def scale(x):
            return function(x) * 2

        return scale

    twice, four_times = scaled(lambda x: x), scaled(scaled(base))
    assert [twice(3), four_times(3), base(3)] == [6, 12, 3]
    assert [twice(3), four_times(3), base(3)] == [6, 12, 3]
    assert stats()["last"]["outcome"] == "hit"

    @functools.wraps(base)
    def plain(x):
        return base(x) + 1

    assert all(name.startswith("__") for name in vars(plain))
