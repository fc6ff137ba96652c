"""The portable form of code: one on every Python, of source that is what runs."""

from __future__ import annotations

import importlib.util
import linecache
import os
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tracer import canonical
from tracer.canonical import portable_of
from tracer.instructions import with_nested

Load = Callable[..., ModuleType]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a module of this text, and import it anew."""

    def load(text: str, name: str = "sample") -> ModuleType:
        file = tmp_path / f"{name}.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        # Not by the loader: an edit within a second would meet the bytecode of the old text.
        exec(compile(file.read_bytes(), str(file), "exec", dont_inherit=True), module.__dict__)
        return module

    return load


@pytest.fixture
def digest(load: Load) -> Callable[..., str | None]:
    """Give the portable digest of `f` in a module of this text."""

    def digest(text: str) -> str | None:
        found = portable_of(load(text).f.__code__)
        canonical._kept.clear()
        return None if found is None else str(found)

    return digest


# -- the same on every Python ---------------------------------------------------------

GOLDEN = {
    "plain": "def f(x, /, y=2, *rest, key, **more):\n    '''Doc.'''\n    return x + y  # comment\n",
    "constants": (
        "def f():\n    return 1, 1.0, True, 0.0, -0.0, 1j, 'é\\ud800', b'\\xff', ..., None\n"
    ),
    "long": f"def f():\n    return {10**5000:#x}\n",
    "text": (
        "def f(x, w):\n"
        "    return f'{x!r:>{w}}' 'a' f'{x=}' f'{x:}' f'{{}}' f'{x:%H:%M}' f'{x + 1:{w}.{w}}'\n"
    ),
    "match": (
        "def f(x):\n"
        "    match x:\n"
        "        case None | True: return 0\n"
        "        case [1, *rest] if rest: return rest\n"
        "        case {'a': y, **more}: return y, more\n"
        "        case complex(real=1.0) as c: return c\n"
        "        case _: return (n := x)\n"
    ),
    "nested": (
        "def f(x):\n"
        "    @staticmethod\n"
        "    def g(y: int = 3) -> 'str':\n"
        "        nonlocal x\n"
        "        x += y\n"
        "    class C(list, metaclass=type):\n"
        "        'Doc.'\n"
        "        __slots__ = ()\n"
        "        a: int = 3\n"
        "        def m(self): return super().m, __class__, self.__b\n"
        "    return g, C, [a for b in x for a in b if a], {k: v for k, v in x}, lambda z=x: z\n"
    ),
    "async": (
        "async def f(x):\n"
        "    async with x as y, x:\n"
        "        async for z in y:\n"
        "            yield await z\n"
        "    return\n"
    ),
    "tries": (
        "def f(x):\n"
        "    global G\n"
        "    try:\n"
        "        G = [*x, *x]; del G[0]\n"
        "    except* (ValueError, TypeError) as error:\n"
        "        raise KeyError from error\n"
        "    else:\n"
        "        assert x, 'no'\n"
        "    finally:\n"
        "        import a.b as c; from . import d\n"
        "    with open(x) as (p, q): pass\n"
        "    return x[1:2, ...] @ x if not x < 3 <= 4 else -x ** 2\n"
    ),
}

EXPECTED = {
    "plain": "a4957798b1f304333c5d62e9ca1740e3",
    "constants": "5bc12c9032d78b60663f88d5e655495f",
    "long": "7f067241f3cd3bb1d171a6ecd9824728",
    "text": "79a5d8f976223a5feebfd045adc974b3",
    "match": "8776af7faecf0f39e9a5ae6c21dfacec",
    "nested": "12dfc85ff1c52ebe4d5d6ca1c5926846",
    "async": "e35015e3093f6d96b525330ae19d2ece",
    "tries": "1f1fe90f6bd46ab70f2f1b18ae147d30",
}


@pytest.mark.parametrize("name", GOLDEN)
def test_a_digest_is_the_same_on_every_python(
    digest: Callable[[str], str | None], name: str
) -> None:
    """What a digest is does not depend on the Python that makes it."""
    assert digest(GOLDEN[name]) == EXPECTED[name]


# -- what changes what runs, changes it -----------------------------------------------

BASE = "def f(x, y=None):\n    return {}\n"

EXPRESSIONS = (
    *("1", "1.0", "True", "1j", "'1'", "b'1'", "0.0", "-0.0", "None", "...", "0", "''", "b''"),
    *("x", "y", "-x", "+x", "not x", "x + y", "y + x", "x - y", "x and y", "x or y", "(x, y)"),
    *("[x, y]", "{x, y}", "{x: y}", "{y: x}", "{**x}", "{**x, 'a': y}", "{'a': y, **x}"),
    *("x(y)", "x(*y)", "x(**y)", "x(y=y)", "x(z=y)", "x(a=1, b=2)", "x(b=2, a=1)", "x(*y, 1)"),
    *("x.a", "x.b", "x.a.b", "x[y]", "x[y:]", "x[:y]", "x[::y]", "x[y,]", "x[...]"),
    *("x < y", "x <= y", "x < y < 3", "(x < y) < 3", "x == y", "x is y", "x in y", "x not in y"),
    *("x if y else 1", "y if x else 1", "lambda: x", "lambda z: x", "lambda z=x: z"),
    *("lambda *z: z", "[z for z in x]", "(z for z in x)", "{z for z in x}", "[z for z in x if z]"),
    *("{z: z for z in x}", "f'{x}'", "f'{x!r}'", "f'{x!s}'", "f'{x:>3}'", "f'{x:{y}}'"),
    *("f'a{x}'", "f'{x}a'", "f'{x}{y}'", "'{x}'", "f'{{x}}'", "(z := x)", "(w := x)"),
    *("(yield x)", "(yield)", "(yield from x)"),
    *("x @ y", "x * y", "x ** y", "x / y", "x // y", "x % y", "x << y", "x >> y", "x & y", "x | y"),
    *("1_000", "0.1", "'a'", "'a b'", "'ab'", "['ab']", "['a', 'b']", "[('a', 'b')]"),
    *("g", "g()", "h()"),
)  # fmt: skip

BODIES = (
    *("pass", "return", "x", "y", "x = y", "y = x", "x += y", "x = x + y"),
    *("x.a = y", "x[0] = y", "del x", "del x.a", "del x[0]", "global g; g = x"),
    *("z = x", "z = w = x", "z, w = x", "z, *w = x", "*z, w = x", "raise x", "raise x from y"),
    *("assert x", "assert x, y", "assert y", "import a", "import a.b", "import a as b"),
    *("from a import b", "from a import b as c", "from . import b", "from .. import b"),
    *("from .a import b", "for z in x: y", "for z in y: x", "while x: y", "if x: y"),
    *("with x: y", "with x as z: y", "with x, y: pass", "z: int"),
    "for z in x: y\nelse: x",
    "for z in x:\n    if z: break",
    "for z in x:\n    if z: continue",
    "if x: y\nelse: x",
    "try: x\nexcept: y",
    "try: x\nexcept E: y",
    "try: x\nexcept F: y",
    "try: x\nexcept E as e: y",
    "try: x\nexcept* E: y",
    "try: x\nfinally: y",
    "try: x\nexcept: y\nelse: x",
    "match x:\n    case 1: y",
    "match x:\n    case 1.0: y",
    "match x:\n    case True: y",
    "match x:\n    case None: y",
    "match x:\n    case z: y",
    "match x:\n    case _: y",
    "match x:\n    case [z]: y",
    "match x:\n    case [*z]: y",
    "match x:\n    case {'a': z}: y",
    "match x:\n    case {**z}: y",
    "match x:\n    case A(z): y",
    "match x:\n    case A(z=1): y",
    "match x:\n    case 1 | 2: y",
    "match x:\n    case 1 as z: y",
    "match x:\n    case 1 if y: y",
    "def g(): pass\nreturn g",
    "def g(a): pass\nreturn g",
    "def g(a=1): pass\nreturn g",
    "def g(a=2): pass\nreturn g",
    "def g(*, a=1): pass\nreturn g",
    "def g(a, /): pass\nreturn g",
    "def g(*a): pass\nreturn g",
    "def g(**a): pass\nreturn g",
    "def g(a: h()): pass\nreturn g",
    "async def g(): pass\nreturn g",
    "@h\ndef g(): pass\nreturn g",
    "def g(): yield\nreturn g",
    "def g():\n    nonlocal x\n    x = 1\nreturn g",
    "def g():\n    global x\n    x = 1\nreturn g",
    "class C: pass",
    "class C(x): pass",
    "class C(metaclass=x): pass",
    "class D: pass",
    "class C: a = 1",
    "class C: a: int = 1",
    "class C: a: str = 1",
    "class C: (a): int = 1",
    "class C:\n    def m(self): return self.__a",
    "class D:\n    def m(self): return self.__a",
)  # fmt: skip


def test_programs_that_differ_in_what_runs_differ(
    digest: Callable[[str], str | None],
) -> None:
    """No two of many small functions are taken for one."""
    texts = [BASE.format(one) for one in EXPRESSIONS]
    texts += ["def f(x, y=None):\n" + textwrap.indent(one, "    ") + "\n" for one in BODIES]
    texts += [
        *("async def f(x, y=None):\n    return x\n", "def f(x, y):\n    return y, x\n"),
        *("def f(x, *y):\n    return x\n", "def f(x, *, y):\n    return x\n"),
        *("def f(x, /, y):\n    return x\n", "def f(x, **y):\n    return x\n"),
        "f = lambda x, y: x\n",
    ]  # fmt: skip
    found: dict[str, str] = {}
    for text in texts:
        one = digest(text)
        assert one is not None, text
        assert one not in found, f"{text!r} is taken for {found[one]!r}"
        found[one] = text


SAME = {
    "comments": "def f(x):  # what it does\n    # and how\n    return g(x)\n",
    "format": "def f(\n    x,\n):\n    return g(\n        x\n    )\n",
    "docstring": "def f(x):\n    'Doc.'\n    return g(x)\n",
    "annotations": "def f(x: int) -> 'list[int]':\n    return g(x)\n",
    "default": "def f(x=3):\n    return g(x)\n",
    "decorator": "def d(f): return f\n@d\ndef f(x):\n    return g(x)\n",
    "place": "\n\nZ = 1\nif Z:\n    def f(x):\n        return g(x)\n",
    "method": "class C:\n    def f(x):\n        return g(x)\nf = C.f\n",
}


@pytest.mark.parametrize("name", SAME)
def test_what_changes_nothing_that_runs_does_not_change_it(
    digest: Callable[[str], str | None], name: str
) -> None:
    """Comments, format, docstrings, annotations and the place are no part of a function."""
    assert digest(SAME[name]) == digest("def f(x):\n    return g(x)\n")


def test_annotations_of_variables_in_a_function_do_not_count(
    digest: Callable[[str], str | None],
) -> None:
    """They are not even evaluated there."""
    annotated = "def f(x):\n    z: int = x\n    def g(y: int) -> str: return y\n    return g\n"
    plain = "def f(x):\n    z = x\n    def g(y): return y\n    return g\n"
    assert digest(annotated) == digest(plain)


def test_what_a_name_belongs_to_counts(digest: Callable[[str], str | None]) -> None:
    """A variable of a function further out is not a global one of the same name."""
    outer = "def outer(g):\n    def f(x):\n        return g(x)\n    return f\nf = outer(1)\n"
    assert digest(outer) not in {None, digest("def f(x):\n    return g(x)\n")}


def test_a_private_name_is_that_of_its_class(digest: Callable[[str], str | None]) -> None:
    """`self.__a` is `_C__a` in `C`; a class is no part of a method otherwise."""
    private = "class {}:\n    def f(self): return self.__a\nf = {}.f\n"
    plain = "class {}:\n    def f(self): return self.a\nf = {}.f\n"
    assert digest(private.format("C", "C")) != digest(private.format("D", "D"))
    assert digest(plain.format("C", "C")) == digest(plain.format("D", "D"))
    nested = "class C:\n  def m():\n    def f(self): return self.__a\n    return f\nf = C.m()\n"
    assert digest(nested) != digest(nested.replace("C", "D"))


def test_imports_from_the_future_count(digest: Callable[[str], str | None]) -> None:
    """They change what annotations are, also those of a class inside."""
    text = "def f():\n    class C: a: int\n    return C\n"
    assert digest(f"from __future__ import annotations\n{text}") != digest(text)


def test_whether_assertions_run_counts(project: Any) -> None:
    """With `-O` the same source is another program."""
    project.write("app.py", "def f(x):\n    assert x\n    return x\n")
    ask = "import app; from tracer.canonical import portable_of; print(portable_of(app.f.__code__))"
    found = {project.python(*flags, "-c", ask).stdout for flags in ([], ["-O"])}
    assert len(found) == 2
    assert "None\n" not in found


# -- only source that is what runs ----------------------------------------------------


def test_a_file_edited_after_it_was_imported_says_nothing(load: Load, tmp_path: Path) -> None:
    """What is in a file now may be another program than the one that runs."""
    old = "def f(x):\n    return g(x) - h(x)\n"
    edits = (
        *("def f(x):\n    return h(x) - g(x)\n", "def f(x):\n    return g(x) - h(x) + 1\n"),
        *("\ndef f(x):\n    return g(x) - h(x)\n", "def f(y):\n    return g(y) - h(y)\n"),
        *("", "def f(", "class C:\n    def f(x):\n        return g(x) - h(x)\n"),
    )
    module = load(old)
    for edit in edits:
        canonical._kept.clear()
        (tmp_path / "sample.py").write_text(edit)
        assert portable_of(module.f.__code__) is None, edit
    (tmp_path / "sample.py").write_text(f"{old}\n\nlater = 1\n")
    assert portable_of(module.f.__code__) is not None


def test_code_that_was_replaced_says_nothing(load: Load) -> None:
    """A decorator may give a function other code, under the same name and line."""
    module = load("def f(x):\n    return 1000, x\n")
    code: CodeType = module.f.__code__
    assert portable_of(code.replace(co_flags=code.co_flags | 0x100)) is None
    constants = tuple(2000 if one == 1000 else one for one in code.co_consts)
    assert portable_of(code.replace(co_consts=constants)) is None
    assert portable_of(code) is not None


def test_code_without_source_says_nothing(tmp_path: Path) -> None:
    """Text that was given to `exec`, a file that is gone."""
    for file in ("<string>", "<nowhere>", str(tmp_path / "gone.py"), ""):
        space: dict[str, Any] = {}
        exec(compile("def f(): return 1", file, "exec"), space)
        assert portable_of(space["f"].__code__) is None
    if os.path.isfile(textwrap.__file__):  # and not in an archive
        assert portable_of(textwrap.dedent.__code__) is not None


def test_bodies_and_comprehensions_say_nothing(load: Load) -> None:
    """Only of functions it is told."""
    module = load("def f(x):\n    class C: a = 1\n    return (y for y in x), [y for y in x]\n")
    for code in with_nested(module.f.__code__):
        assert (portable_of(code) is None) == (code is not module.f.__code__)


def test_lambdas_are_told_apart_by_line(load: Load) -> None:
    """Which one of several on one line is running, is not to be seen."""
    module = load("""
        a = lambda x: x
        b = lambda x: x + 1
        c, d = lambda x: x, lambda x: x + 1
        e, g = lambda x: x, lambda x: x
    """)
    digests = {name: portable_of(vars(module)[name].__code__) for name in "abcdeg"}
    assert digests["a"] not in {digests["b"], None}
    assert digests["c"] is digests["d"] is None
    assert digests["e"] == digests["g"] == digests["a"]


def test_nested_and_decorated_functions_are_found(load: Load) -> None:
    """Wherever a function is made, it has its source."""
    module = load("""
        import functools

        def outer(n):
            def inner(x):
                return [lambda y: x + y + n for _ in x][0]
            return inner

        class C:
            @property
            @functools.cache
            def p(self):
                return super().p
            class D:
                async def m(self): ...
    """)
    found: list[FunctionType] = [
        module.outer,
        module.outer(1),
        module.outer(1)([1]),
        module.C.p.fget.__wrapped__,
        module.C.D.m,
    ]
    assert all(portable_of(one.__code__) is not None for one in found)
    assert len({portable_of(one.__code__) for one in found}) == len(found)


def test_a_cell_is_found_however_it_was_compiled() -> None:
    """IPython compiles each statement of a cell alone."""
    text = "import math\ndef f(x):\n    return math.floor(x)\n"
    name = f"<ipython-input-1-{__name__}>"
    import ast

    whole: dict[str, Any] = {}
    exec(compile(text, name, "exec"), whole)
    alone: dict[str, Any] = {}
    for statement in ast.parse(text).body:
        exec(compile(ast.Module([statement], []), name, "exec"), alone)
    assert portable_of(whole["f"].__code__) is None
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    try:
        assert portable_of(whole["f"].__code__) == portable_of(alone["f"].__code__) is not None
    finally:
        del linecache.cache[name]


@pytest.mark.skipif(sys.platform == "wasi", reason="the stack has not even room to compile it")
def test_source_that_is_nested_too_deeply_says_nothing(load: Load) -> None:
    """And is no reason to fail."""
    deep = "-" * (sys.getrecursionlimit() // 2)
    module = load(f"def f(x):\n    return x\ng = 3\nh = lambda: {deep}g\n")
    assert portable_of(module.h.__code__) is None
    assert portable_of(module.f.__code__) is not None


def test_odd_text_is_read_as_python_reads_it(load: Load, tmp_path: Path) -> None:
    """Encodings, line ends, and escapes that Python warns of."""
    file = tmp_path / "odd.py"
    file.write_bytes(b"# coding: latin-1\r\ndef f():\r\n    return '\xe9\\d'\r\n")
    space: dict[str, Any] = {}
    with pytest.warns((DeprecationWarning, SyntaxWarning)):
        exec(compile(file.read_bytes(), str(file), "exec"), space)
    assert portable_of(space["f"].__code__) is not None
