"""What code does with functions beside calling them: handed on, it may be read."""

from __future__ import annotations

import sys
from types import CodeType
from typing import Any

import pytest

from tracer.handed import attributes_taken, captured_to_call, only_called

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 no trace is recorded"
)

ONLY_CALLED = [
    "f(x)",
    "f(x, *a, by=1, **k)",
    "f(x)(f(1))",
    "f(f'{x!r:>{y}} {x}', [1, x, *a], (x, y), {1: x, **k}, {x, *a}, -x, not x)",
    "f(x[1], x[1:2], x[::2], x.y.z, x.y(1).z, x + y * 2, x < y, x in y, x is y)",
    "f(lambda: x, lambda k=1, *, j=2: x, g(h(x)), g(x)(h(y), y=x))",
    "[f(one) for one in a]",
    "f(x) + f(y)",
]
HANDED_ON = [
    "f",
    "g(f)",
    "(h := f)(x)",
    "(yield f)(x)",
    "(f | y)(x)",
    "(f < y)(x)",
    "(f in y, str)[1](x)",
    "(f, str)[1](x)",
    "[f, str][1](x)",
    "{f: str}[f](x)",
    "(k := [f, x])[-1](*k)",
    "(lambda k=f: k)()",
    "(lambda *, k=f: k)()",
    "f[1](x)",
    "(b := f)[0](x)",
    "f(x) or f",
]


def code_of(text: str) -> CodeType:
    """Return the code of a function of one expression, in which `m` is a module."""
    arguments = "x, y, a, k" if "h :=" in text or "b :=" in text else "x, y, a, k, b, h"
    return code_in(f"import sys as m\ndef function({arguments}):\n    return {text}\n")


def code_in_closure(text: str) -> CodeType:
    """Return the code of such a function inside another, whose variable `f` is."""
    lines = f"def outer(f):\n    def function(x, y, a, k, g):\n        return {text}\n"
    return code_in(f"{lines}    return function\nfunction = outer(1)\n")


def code_in(module: str) -> CodeType:
    """Return the code of what is called `function` in a module."""
    scope: dict[str, Any] = {}
    exec(module, scope)
    return scope["function"].__code__


@pytest.mark.parametrize("text", ONLY_CALLED)
def test_what_is_called_is_not_handed_on(text: str) -> None:
    """A global, a function of a module, a captured variable."""
    assert ("f",) in only_called(code_of(text))
    of_module = code_of(text.replace("f(", "m.f("))
    assert ("m", "f") in only_called(of_module)
    assert "f" not in attributes_taken(of_module)
    if "for" not in text:
        assert "f" in captured_to_call(code_in_closure(text.replace("h(", "g(")))


@pytest.mark.parametrize("text", HANDED_ON)
def test_what_may_be_kept_is_handed_on(text: str) -> None:
    """Also where something else takes its place before the call."""
    assert ("f",) not in only_called(code_of(text))
    assert ("m", "f") not in only_called(code_of(text.replace("f", "m.f")))
    assert "f" not in captured_to_call(code_in_closure(text))
