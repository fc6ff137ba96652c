"""The portable digest of a dependency graph: what enters it, and when there is none."""

from __future__ import annotations

import copy
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tracer import canonical
from tracer.policy import USER_CODE, Policy
from tracer.walker import walk

Portable = Callable[..., str | None]


@pytest.fixture
def portable(tmp_path: Path) -> Iterator[Portable]:
    """Give the portable digest of `f` in a program of this text, read from files."""
    names = {"app", "other"}
    sys.path.insert(0, str(tmp_path))

    def portable(text: str, name: str = "f", also: str = "", **more: Any) -> str | None:
        canonical._kept.clear()
        modules: dict[str, ModuleType] = {}
        for module, source in (("other", also), ("app", text)):
            file = tmp_path / f"{module}.py"
            file.write_text(textwrap.dedent(source), encoding="utf-8")
            if source:
                modules[module] = sys.modules[module] = ModuleType(module)
                modules[module].__file__ = str(file)
                code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
                exec(code, vars(modules[module]))
        if more.pop("unloaded", False):
            sys.modules.pop("other", None)
        walked = walk(vars(modules["app"])[name], portable=True, **more)
        return None if walked.portable is None else str(walked.portable)

    yield portable
    sys.path.remove(str(tmp_path))
    for name in names:
        sys.modules.pop(name, None)


def test_it_is_asked_for() -> None:
    """A walk that is not asked for it pays nothing, and has none."""
    assert walk(textwrap.dedent).portable is None


DATA = "from dataclasses import dataclass, field\n@dataclass\nclass D:\n"
ENUM = "import enum\nclass E(enum.Enum):\n"

PAIRS = {
    "code": ("def f(): return g()\ndef g(): return 1", "def g(): return 1", "def g(): return 2"),
    "value": ("R = 1\ndef f(): return R", "R = 1", "R = 2"),
    "type": ("R = 1\ndef f(): return R", "R = 1", "R = 1.0"),
    "absent": ("R = 1\ndef f(): return R", "R = 1", "S = 1"),
    "default": ("def f(x=1): return x", "x=1", "x=2"),
    "no default": ("def f(x=1): return x", "x=1", "x"),
    "keyword default": ("def f(*, x=1): return x", "x=1", "x=2"),
    "closure": ("def m(n):\n def f(): return n\n return f\nf = m(1)", "m(1)", "m(2)"),
    "swap": (
        "def a(): return 1\ndef b(): return 2\nx, y = a, b\ndef f(): return x() - y()",
        "x, y = a, b", "y, x = a, b",
    ),
    "base order": (
        "class A:\n m = 1\nclass B:\n m = 2\nclass C(A, B): pass\ndef f(): return C.m",
        "C(A, B)", "C(B, A)",
    ),
    "base": (
        "class A:\n m = 1\nclass B:\n m = 2\nclass C(A): pass\ndef f(): return C.m", "C(A)", "C(B)",
    ),
    "method": (
        "class A:\n def m(self): return 1\ndef f(): return A().m()", "return 1", "return 2",
    ),
    "decorated": (
        "def d(f):\n def w(): return f() + 1\n return w\n@d\ndef g(): return 1\ndef f(): g()",
        "f() + 1", "f() + 2",
    ),
    "library": ("import math\nh = math.sin\ndef f(): return h(1)", "math.sin", "math.cos"),
    "one object": ("a = []\nb = a\ndef f(): a.append(1); return b", "b = a", "b = []"),
    "enum": (
        "import enum\nclass E(enum.Enum):\n A = 1\n B = 2\ndef f(): return E.A", "A = 1", "A = 3",
    ),
    "enum hook": (
        ENUM + " def _generate_next_value_(n, s, c, l): return n\n A = enum.auto()\ndef f(): E.A",
        "return n\n A = enum.auto()", "return 7\n A = 'A'",
    ),
    "field": (
        DATA + " x: int = 1\ndef f(): return D()",
        "x: int = 1", "x: int = 2",
    ),
    "field name": (
        DATA + " x: int\ndef f(): return D(1)",
        "x: int", "y: int",
    ),
    "field order": (
        DATA + " x: int\n y: int\ndef f(): return D(1, 2)",
        "x: int\n y", "y: int\n x",
    ),
    "field factory": (
        DATA + " x: list = field(default_factory=list)\ndef f(): return D()",
        "=list)", "=dict)",
    ),
    "field option": (
        DATA + " x: list = field(compare=False)\ndef f(): return D(1) == D(2)",
        "compare=False", "compare=True",
    ),
    "dataclass option": (
        DATA + " x: int\ndef f(): return D(1) == D(1)",
        "@dataclass", "@dataclass(eq=False)",
    ),
    "frozen": (
        DATA + " x: int\ndef f(): D(1).x = 2",
        "@dataclass", "@dataclass(frozen=True)",
    ),
    "slots": (
        DATA.replace("ss\n", "ss(frozen=True)\n") + " x: int\ndef f(): return D(1)",
        "frozen=True", "frozen=True, slots=True",
    ),
    "deleted": (
        DATA + " x: int = 1\nx = 3\ndef f(): return D()", "x = 3", "del D.__repr__",
    ),
    "method told": (
        DATA + " x: int\nD.__init__.tag = 1\ndef f(): return D.__init__.tag", "tag = 1", "tag = 2",
    ),
    "method document": (
        DATA + " x: int\nD.__eq__.__doc__ = 'a'\ndef f(): return D.__eq__.__doc__", "'a'", "'b'",
    ),
    "method name": (
        DATA + " x: int\nD.__eq__.__name__ = 'a'\ndef f(): return D.__eq__.__name__", "'a'", "'b'",
    ),
    "wrapped told": (
        DATA + " x: int\nD.__repr__.tag = 1\ndef f(): return D.__repr__.tag", "tag = 1", "tag = 2",
    ),
    "wrapper and wrapped": (
        DATA + " x: int\nD.__repr__.__wrapped__.tag = 1\n"
        "def f(): return D.__repr__.__wrapped__.tag",
        "tag = 1", "tag = 2",
    ),
    "annotation": (
        DATA + " x: int\nimport inspect\ndef f(): return str(inspect.signature(D))",
        "x: int", "x: str",
    ),
    "annotation of method": (
        DATA + " x: int\ni = D.__init__.__annotations__\n"
        "i['x'] = int\ndef f(): return D.__init__.__annotations__",
        "= int", "= str",
    ),
    "attrs": (
        "import attrs\n@attrs.define\nclass A:\n x: int = 1\ndef f(): return A()", "= 1", "= 2",
    ),
    "own method": (
        DATA + " x: int\n def __repr__(self): return 'a'\ndef f(): return repr(D(1))",
        "'a'", "'b'",
    ),
    "own method or not": (
        DATA + " x: int\n def __eq__(self, other): return True\ndef f(): return D(1) == D(2)",
        "def __eq__", "def other",
    ),
    "named tuple": (
        "import typing\nclass N(typing.NamedTuple):\n a: int\n b: int = 1\ndef f(): return N(1)",
        "b: int = 1", "b: int = 2",
    ),
    "named tuple name": (
        "from collections import namedtuple\nN = namedtuple('N', 'a b')\ndef f(): return N(1, 2)",
        "'a b'", "'b a'",
    ),
}  # fmt: skip


# Without those that hold the version of a package.
EXPECTED = {
    "code": "9c71069438814829c39f78ca087909e1",
    "value": "affacd3d13b54e573575c52bd273d85f",
    "type": "affacd3d13b54e573575c52bd273d85f",
    "absent": "affacd3d13b54e573575c52bd273d85f",
    "default": "90c9f7b12a6adad5535aa26c88632dc7",
    "no default": "90c9f7b12a6adad5535aa26c88632dc7",
    "keyword default": "c118448cae4b22d92d81e94f459d8e60",
    "closure": "b1bc96be5eb19e893487c300c2d5626b",
    "swap": "70f3ee4acd3b7ae84701ed657a04f5d0",
    "base order": "8329f316f5bc87290ce333ddf258ec03",
    "base": "c0fb785e9493c5c541d67ffdb0036bd7",
    "method": "8221883e5bc5eec49f2402162e64a610",
    "decorated": "963864f9053534f920b028b27ad208c8",
    "library": "bb1bed5e88b7fbe5cc2a2c4a2e3c086d",
    "one object": "05c9f956a4e47ce0e062df1b4697261c",
    "enum": "dd1324ca596f38c592c81b2013d0b665",
    "enum hook": "f7a126b01f359abbf559ebc09e9909ca",
    "field": "6b2375aa57080e817bd30fa0a4ddd034",
    "field name": "dfdb99dda86769263bf7294a9e468cb0",
    "field order": "63037a72496b6aebfa3fb396fb942449",
    "field factory": "0b9d2a659a7670d9ed12e538754e6ce4",
    "field option": "f7c19f7dc34e29483837614347594dcd",
    "dataclass option": "e91e5e9d85ef5a2a4be7b1df72c462a7",
    "frozen": "5f599e1183e7bd43fe6259b2b7aa6d64",
    "slots": "c24b87d82cf031c0e9424566173742e6",
    "deleted": "6b2375aa57080e817bd30fa0a4ddd034",
    "method told": "a21bca957320bc3680e84837c57cad5d",
    "method document": "d99534d80f1a9b28d9f95e78280b8882",
    "method name": "6cc3709afb747b3375d5dd560d474c8c",
    "wrapped told": "c54c37e17b055f918b0e35fb1ceb4c8f",
    "wrapper and wrapped": "039b2e63f3c55d92f25f537f968d5b1d",
    "annotation": "2cbc50b48e6106c6b237de1e985d5bc1",
    "annotation of method": "ab78a52b9f5f212304a6005be46f3b2d",
    "own method": "63d300e1d14d2cec8273aea256962ba0",
    "own method or not": "59f712319b298a4d30daee6885788605",
    "named tuple": "33356164fbc5c20125f237d6d0bce186",
    "named tuple name": "3dcdb4381021a1e9ed65e60b05345748",
}


EVALUATES_LATER = sys.version_info >= (3, 14)
NOT_TOLD = {"annotation", "annotation of method", "named tuple"} if EVALUATES_LATER else set[str]()
"""What evaluates annotations since 3.14 has no source of its own."""


def test_a_digest_is_the_same_on_every_python(portable: Portable) -> None:
    """What it is does not depend on the Python that makes it."""
    expected: dict[str, str | None] = dict(EXPECTED) | dict.fromkeys(NOT_TOLD)
    if sys.version_info >= (3, 15):
        del expected["method document"]  # another one there, which is a miss; why is not known
    assert {name: portable(PAIRS[name][0]) for name in expected} == expected


@pytest.mark.parametrize("name", [name for name in PAIRS if name not in NOT_TOLD])
def test_what_changes_a_result_changes_it(portable: Portable, name: str) -> None:
    """Source that is reached counts, and what its names mean; the rest does not."""
    text, old, new = PAIRS[name]
    assert text.count(old) == 1
    before, after = portable(text), portable(text.replace(old, new))
    assert before is not None
    assert after is not None
    assert before != after
    assert portable(f"# a comment\n{text}\n\nlater = 1\n") == before


def test_modules_still_to_import_count_by_their_text(portable: Portable) -> None:
    """And as code, not as bytes."""
    text = "def f():\n    import other\n    return other.g()\n"
    before = portable(text, also="def g(): return 1\n", unloaded=True)
    assert before is not None
    assert portable(text, also="def g(): return 1  # one\n", unloaded=True) == before
    assert portable(text, also="def g(): return 2\n", unloaded=True) != before


def test_ignored_names_are_not_the_same_as_names_that_count(portable: Portable) -> None:
    """What is left out is told from what is in."""
    text = "R = 1\ndef f(): return R\n"
    ignored = frozenset({"R"})
    assert portable(text, ignored=ignored) != portable(text)
    assert portable(text, ignored=ignored) == portable(text.replace("1", "2"), ignored=ignored)


def test_code_that_asks_for_the_version_is_told_apart(
    portable: Portable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it is told is another thing on each Python."""
    from tracer import policy, walker

    texts = {
        "tells": "import sys\ndef f(): return sys.version_info\n",
        "platform": "import platform\ndef f(): return platform.python_version()\n",
        "other": "import sys, math\ndef f(): return sys.maxsize, math.pi, len('')\n",
    }
    before = {name: portable(text) for name, text in texts.items()}
    python = policy.Distribution("cpython", "3.99")
    for module in (policy, walker):
        monkeypatch.setattr(module, "PYTHON_ITSELF", python)
    after = {name: portable(text) for name, text in texts.items()}
    assert None not in before.values()
    assert {name for name in texts if before[name] == after[name]} == {"other"}


def test_one_function_without_source_is_enough_to_have_none(portable: Portable) -> None:
    """What is not known of it could be anything."""
    assert portable("exec('def g(): return 1')\ndef f(): return g()\n") is None
    assert portable("exec('def g(): return 1')\ndef f(): return 1\n") is not None


def test_a_generated_method_that_was_replaced_is_no_generated_one(portable: Portable) -> None:
    """It has the code of its own, or none that is found."""
    text = """
        from dataclasses import dataclass
        @dataclass
        class D:
            x: int = 1
        @dataclass
        class Other:
            x: int = 1
            y: int = 2
        {}
        def f(): return D()
    """
    plain = portable(text.format(""))
    assert plain is not None
    assert portable(text.format("D.__init__ = lambda self: None")) not in {plain, None}
    assert portable(text.format("D.__init__ = Other.__init__")) is None
    assert portable(text.format("type = 3")) == plain
    assert portable(text.format("D.__init__.__defaults__ = (2,)")) is None
    assert portable(text.format("del D.__eq__")) not in {plain, None}
    if hasattr(copy, "replace"):
        assert portable(text.format("del D.__replace__")) not in {plain, None}


@pytest.mark.skipif(not hasattr(copy, "replace"), reason="there is none before 3.13")
@pytest.mark.parametrize("made", ["attrs.make_class('D', ['x'])", "namedtuple('D', 'x')"])
def test_a_generated_method_that_was_deleted_is_missed(portable: Portable, made: str) -> None:
    """What Python or a package puts there by itself is left out, and nothing else."""
    text = f"import attrs\nfrom collections import namedtuple\nD = {made}\n"
    text += "{}\ndef f(): return D(1)\n"
    plain = portable(text.format(""))
    assert plain is not None
    assert portable(text.format("del D.__replace__")) not in {plain, None}
    assert portable(text.format("D.__replace__ = 3")) not in {plain, None}


def test_it_runs_nothing_of_a_dataclass(portable: Portable) -> None:
    """Not its defaults, factories, metaclass or descriptors."""
    text = """
        from dataclasses import dataclass, field
        ran = []
        class Meta(type):
            def __getattribute__(self, name):
                ran.append(name)
                return super().__getattribute__(name)
        def factory():
            ran.append("factory")
        @dataclass
        class D(metaclass=Meta):
            x: int = field(default_factory=factory)
            def __post_init__(self):
                ran.append("post")
        ran.clear()
        def f(): return D.x
        def told(): return list(ran)
    """
    assert portable(text) is not None
    assert sys.modules["app"].told() == []


def test_installed_packages_count_by_version(portable: Portable) -> None:
    """As they do without; code that is followed has its source."""
    text = "import packaging.version\ndef f(): return packaging.version.parse('1')\n"
    assert portable(text) is not None
    followed = Policy(frozenset({"packaging"}), USER_CODE.pin)
    assert portable(text, policy=followed) not in {portable(text), None}
