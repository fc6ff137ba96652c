"""What code does for its effect alone, as its bytecode says."""

from __future__ import annotations

import sys
from types import CodeType

import pytest

from tracer.lasting import Act, acts_of

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="asked only where it is known what ran: since 3.12"
)

CALLS = {
    "print(x)": "print",
    "plt.figure(figsize=(1, 2))": "plt.figure",
    "plt.figure(**x)": "plt.figure",
    "f(*x, **x)": "f",
    "old = np.seterr(all='raise')": "np.seterr",
    "old = np.seterr(all='raise'); return old": "",
    "return f(x)": "",
    "x = f(x); return x": "",
    "log.getLogger('x').setLevel(3)": "log.getLogger ~ setLevel",
    "a[x].b(3)": "a ~ b",
    "super().add(x)": "super ~ add",
    "x.go()": "~ go",
    "x[0].go(1); x().stay(2); x.p.q(3)": "~ go, ~ q, ~ stay",
    "x(3)": "~",
    "x.go(i for i in x)": "~ go",
    "x.go([i for i in x], 3)": "~ go",
    "x.go({i: j for i, j in x if i}, 3)": "~ go",
    "x.go({i for i in x for j in i}, k=[i for i in (x if y else x)])": "~ go",
    "x.go(3 if x else 2)": "~ go",
    "lib.a.add(x and y and 3)": "lib.a.add",
    "lib.a(x < 1 < y)": "lib.a",
    "lib.a(f(x)(y)[0].z, *x)": "lib.a",
    "lib.a(f'{x}{y!r:>{x}}', -x, x[1:2], not y, x is y, (x, y), {**x}, [*x])": "lib.a",
    "lib.a(lambda: 3)": "lib.a",
    "if x: lib.a(1)\nelse: lib.b(2)": "lib.a, lib.b",
    "if x: return 1\nlib.b(3 if y else 2)": "lib.b",
    "for i in x:\n if i: x.add(a or c)\n else: x.go([1 if j else 2 for j in i])": "~ add, ~ go",
    "while x:\n lib.a(x or (y if z else t))": "lib.a",
    "try:\n lib.a(1)\nexcept ValueError: lib.b()": "lib.a, lib.b",
    "with lib.a() as z: lib.b(1)": "lib.b",
    "def g(): x.go(); lib.a()\nreturn g": "lib.a, x ~ go",
    "async def g():\n await lib.a(1)\n return await lib.b(2)": "lib.a",
    "async def g():\n async with lib.a() as b: await b.go(x or y)": "~ go",
}
STORES = {
    "lib.a.b = x if y else 3": "lib.a b",
    "lib.count += 1": "lib count",
    "lib.get(x).a = 2": "lib.get a",
    "del lib.a": "lib a",
    "x.a.b = 3": " b",
    "x = 3; x.a = 3": " a",
    "self.a = 1; self.b.c = 2; self.d += 1": "",
    "d.e['x'] = 1": "d.e ",
    "d[x] += 1": "d ",
    "lib.get(x)['a'] = 2": "lib.get ",
    "lib.d[x if y else 1] = 3": "lib.d ",
    "x['a'] = 1; x[1] += 2": "",
    "del lib.z['a']": "lib.z ",
}


def code_of(body: str) -> CodeType:
    """Return the code of a function with this body, and the parameters self, x and y."""
    namespace: dict[str, object] = {}
    lines = "\n ".join(body.splitlines())
    exec(f"def f(self, x, y=0):\n {lines}", namespace)
    return getattr(namespace["f"], "__code__")  # noqa: B009 - it is an `object` here


def told(act: Act) -> str:
    """Return one call as text: a name path, or what is called of what is found there."""
    path = ".".join(act.path)
    return path if act.path and not act.is_deeper else f"{path} ~ {act.name}".strip()


@pytest.mark.parametrize("body", CALLS)
def test_calls_whose_value_nobody_gets(body: str) -> None:
    """What is called, however its arguments are made."""
    assert ", ".join(sorted(map(told, acts_of(code_of(body)).calls))) == CALLS[body]


@pytest.mark.parametrize("body", STORES)
def test_assignments_to_what_it_did_not_make(body: str) -> None:
    """To what is found at a name path; of anything else the attributes."""
    stores = acts_of(code_of(body)).stores
    assert ", ".join(f"{'.'.join(one.path)} {one.name}" for one in stores) == STORES[body]


def test_what_is_returned_and_what_is_its_own() -> None:
    """The value may be dropped by who calls; what a method assigns to its object is known."""
    acts = acts_of(code_of("self.a = 1; self.b.c = 2; self.d += 1; return lib.set(x)"))
    assert acts.own == {"a", "c", "d"}
    assert {told(one) for one in acts.tails} == {"lib.set"}
