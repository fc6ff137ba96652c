"""Which names a cell reads before it binds them."""

from __future__ import annotations

import ast
import sys
import textwrap

import pytest

from xetcache.notebook import inference, scopes
from xetcache.notebook.inference import Names, names_of
from xetcache.notebook.obstacles import obstacle_in


def names(text: str) -> Names:
    return names_of(ast.parse(textwrap.dedent(text)).body)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("a = b", "b"),
        ("a = 1; b = a", ""),
        ("a = a + 1", "a"),
        ("a += 1", "a"),
        ("a: int = 1; b = a", "int"),
        ("a: T", "T"),
        ("a.x = 1", "a"),
        ("a[i] = v", "a i v"),
        ("del a", "a"),
        ("a = 1; del a; b = a", "a"),
        ("(a, *b), c = d; e = a, b, c", "d"),
        ("a = (b := 1); c = b", ""),
        ("import os.path as p, sys; p, sys", ""),
        ("from m import x as y; y", ""),
        # branches: what all of them bind is sure
        ("if c: a = 1\nelse: a = 2\na", "c"),
        ("if c: a = 1\na", "c a"),
        ("if c: a = 1\nelse: raise E\na", "c E"),
        ("a = 1 if c else b", "c b"),
        ("c and (a := 1); a", "c a"),
        ("0 < b < (a := 1); a", "b a"),
        ("match x:\n  case 1: a = 1\n  case _: a = 2\na", "x"),
        ("match x:\n  case [h, *t] if h: a = t\na", "x a"),
        ("match x:\n  case {'k': v, **rest}: v, rest", "x"),
        ("match x:\n  case K() as k: k", "x K"),
        # what may not happen, or not to its end
        ("for i in n: a = i\na", "n a"),
        ("for i in n: pass\nelse: a = 1\na, i", "n a i"),
        ("for i in n:\n  if i: continue\n  else: a = i\n  a", "n"),
        ("while c: a = 1\na", "c a"),
        ("with f() as g: a = g\na, g", "f a"),
        ("try: a = 1\nexcept E: a = 2\na", "E"),
        ("try: a = 1\nexcept E as e: print(e)\na", "E print a"),
        ("try: a = 1\nexcept E: raise\na", "E"),
        ("try: a = 1\nfinally: a", "a"),
        ("try: a = 1\nfinally: b = 1\na, b", ""),
        ("assert (a := c)\na", "c a"),
        # scopes
        ("[x for x in xs if y]; x", "xs y x"),
        ("{k: v for k, v in d.items()}", "d"),
        ("[y := f(x) for x in xs]; y", "xs f y"),
        ("[z for x in xs for z in x]", "xs"),
        ("[(lambda: x + y) for x in xs]", "xs y"),
        ("f = lambda x, y=d: x + y + z", "d z"),
        # a function reads when it is called
        ("def f(): return k", ""),
        ("def f(): return k\nf()", "k"),
        ("k = 1\ndef f(): return k\nf()", ""),
        ("def f(): return k\nk = 1\nf()", ""),
        ("def f(): return g()\ndef g(): return k\nf()", "k"),
        ("def f(): return f()\nf()", ""),
        ("@d\ndef f(): return k", "d k"),
        ("def f(x: T = v) -> R: pass", "T v R"),
        ("def f():\n  global k\n  k = 1\nf(); k", "k"),
        ("def f():\n  k = 1\n  def g(): return k\n  return g\nf()", ""),
        ("async def f(): await k\nawait f()", "k"),
        # a class runs at once, its methods later
        ("class A:\n  x = y\n  z = x", "y"),
        ("class A:\n  def m(self): return k", ""),
        ("class A:\n  def m(self): return k\nA().m()", "k"),
        ("class A(B):\n  def m(self): return k", "B k"),
        ("class A:\n  @property\n  def m(self): return k", "property"),
        ("class A:\n  @d\n  def m(self): return k", "d k"),
        ("class A:\n  def m(self): return __secret\nA", "_A__secret"),
        ("print(f'{a!r:{w}}')", "print a w"),
    ],
)
def test_reads(text: str, reads: str) -> None:
    """A name counts as read if it may be read from before the cell."""
    assert names(text).reads == frozenset(reads.split())


@pytest.mark.skipif(sys.version_info < (3, 12), reason="needs `type` statements")
def test_type_statement() -> None:
    """A type alias is bound."""
    assert names("type A = B").bound == ("A",)


@pytest.mark.parametrize(
    ("text", "bound", "sure"),
    [
        ("a = 1\nb = 2", "a b", "a b"),
        ("for i in n: a = i", "i a", ""),
        ("if c: a = 1\nelse: a = b = 2", "a b", "a"),
        ("import os.path", "os", "os"),
        ("def f(): pass\nclass C: x = 1", "f C", "f C"),
        ("def f():\n  global k\n  k = 1", "k f", "f"),
        ("[x for x in xs]", "", ""),
        ("try: pass\nexcept E as e: a = 1", "a", ""),
        ("a = 1\ndel a", "a", ""),
        ("with f() as g: pass", "g", "g"),
    ],
)
def test_bound(text: str, bound: str, sure: str) -> None:
    """What a cell may bind, and what it surely binds."""
    found = names(text)
    assert (found.bound, found.sure) == (tuple(bound.split()), frozenset(sure.split()))


def test_deleted() -> None:
    """What is deleted and not bound again is gone."""
    assert names("del a, b\nb = 1").deleted == ("a",)


def test_definitions_are_looked_into_once_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice as many definitions are twice the work."""
    looked: list[str] = []

    def noting(node: ast.FunctionDef) -> tuple[frozenset[str], frozenset[str]]:
        looked.append(node.name)
        return scopes.globals_in(node)

    monkeypatch.setattr(inference, "globals_in", noting)

    def work(count: int) -> int:
        looked.clear()
        text = "k = compute()\n" + "".join(f"def f{one}(): return {one}\n" for one in range(count))
        statements = ast.parse(text).body
        assert obstacle_in(statements, names_of(statements), {}) == ""
        return len(looked)

    assert work(40) == 2 * work(20)
