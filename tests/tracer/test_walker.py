"""The walk reaches all that a result depends on: what it misses would be a wrong result."""

from __future__ import annotations

from collections.abc import Callable

from tests.tracer.programs import Edit, Outcome, cases

CASES = (
    Edit(
        "singledispatch",
        """
        import functools
        @functools.singledispatch
        def h(x): return 0
        @h.register(int)
        def _(x): return 2
        def f(x):
            return h(x)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "contextmanager",
        """
        import contextlib
        @contextlib.contextmanager
        def h(): yield 2
        def f(x):
            with h() as r: return r * x
        """,
        "yield 2",
        "yield 5",
    ),
    Edit(
        "lru",
        """
        import functools
        @functools.lru_cache
        def h(x): return 2
        def f(x):
            return h(x)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "lru-typed",
        """
        import functools
        @functools.lru_cache
        def h(x, y): return str(x)
        def f(x):
            return h(1, 2), h(1.0, 2)
        """,
        "functools.lru_cache\n",
        "functools.lru_cache(typed=True)\n",
    ),
    Edit(
        "lru-size",
        """
        import functools
        @functools.lru_cache(maxsize=2)
        def h(x): return [x]
        def f(x):
            h(1).append(2), h(3), h(4)
            return h(1)
        """,
        "maxsize=2",
        "maxsize=5",
    ),
    Edit(
        "which-of-two-alike",
        """
        def a(v): return v
        def b(v): return v
        NAMES = {a: 'x', b: 'y'}
        def f(x):
            return NAMES[b]
        """,
        "NAMES[b]",
        "NAMES[a]",
    ),
    Edit(
        "one-function-or-two-alike",
        """
        def a(v): return v
        b = a
        def f(x):
            return a is b
        """,
        "b = a",
        "def b(v): return v",
    ),
    Edit(
        "registered-with-a-subclass",
        """
        from abc import ABC
        class A(ABC): pass
        class S(A): pass
        class B: pass
        S.register(B)
        def f(x):
            return isinstance(B(), A)
        """,
        "S.register(B)",
        "pass",
    ),
    Edit(
        "subclass-that-says-what-passes",
        """
        from abc import ABC
        class A(ABC): pass
        class S(A):
            @classmethod
            def __subclasshook__(cls, kind): return True
        class B: pass
        def f(x):
            return isinstance(B(), A)
        """,
        "return True",
        "return False",
    ),
    Edit(
        "library-function-in-place-of-another",
        """
        import math
        import plug
        def f(x):
            return math.floor(x + 0.5)
        """,
        "math.ceil",
        "math.trunc",
        modules={
            "plug": """
            import math
            math.floor = math.ceil
            """
        },
    ),
    Edit(
        "user-decorator-class",
        """
        class D:
            def __init__(s, fn): s.fn = fn
            def __call__(s, x): return s.fn(x) * 2
        @D
        def h(x): return x
        def f(x):
            return h(x)
        """,
        "* 2",
        "* 5",
    ),
    Edit(
        "ellipsis-const",
        """
        def f(x):
            return ...
        """,
        "...",
        "None",
    ),
    Edit(
        "NotImplemented",
        """
        def f(x):
            return NotImplemented
        """,
        "NotImplemented",
        "None",
    ),
    Edit(
        "kwdefault-order",
        """
        def h(*, a=1, b=2): return (a, b)
        def f(x):
            return h()
        """,
        "a=1, b=2",
        "a=2, b=1",
    ),
    Edit(
        "try-import-fallback",
        """
        try:
            import nope_fast as impl
        except ImportError:
            impl = None
        def f(x):
            return 2 if impl is None else 5
        """,
        "impl = None",
        "impl = 1",
    ),
    Edit(
        "absent-global-rename",
        """
        def f(x):
            try: return missing_a
            except NameError as e: return str(e)
        """,
        "missing_a",
        "missing_b",
    ),
    Edit(
        "global-function",
        """
        def h(x):
            return x * 2
        def f(x):
            return h(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "far-function",
        """
        def g(x):
            return x * 2
        def h(x):
            return g(x)
        def f(x):
            return h(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "closure-variable",
        """
        def make(n):
            def f(x):
                return x * n
            return f
        f = make(2)
        """,
        "make(2)",
        "make(5)",
    ),
    Edit(
        "closure-two-deep",
        """
        def make(n):
            def middle():
                def f(x):
                    return x * n
                return f
            return middle()
        f = make(2)
        """,
        "make(2)",
        "make(5)",
    ),
    Edit(
        "nested-two-deep",
        """
        def f(x):
            def a():
                def b():
                    return x * 2
                return b()
            return a()
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "closure-function",
        """
        def h(x):
            return x * 2
        def make(fn):
            def f(x):
                return fn(x)
            return f
        f = make(h)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "default",
        """
        def f(x, n=2):
            return x * n
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "default-of-helper",
        """
        def h(x, n=2):
            return x * n
        def f(x):
            return h(x)
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "default-moved",
        """
        def h(a, b=2):
            return (a, b)
        def f(x):
            return h(x)
        """,
        "a, b=2",
        "b, a=2",
    ),
    Edit(
        "keyword-default",
        """
        def h(x, *, n=2):
            return x * n
        def f(x):
            return h(x)
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "default-function",
        """
        def g(x):
            return x * 2
        def h(x, fn=g):
            return fn(x)
        def f(x):
            return h(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "default-list",
        """
        def h(x, n=[2]):
            return x * n[0]
        def f(x):
            return h(x)
        """,
        "n=[2]",
        "n=[5]",
    ),
    Edit(
        "decorator",
        """
        import functools
        def twice(fn):
            @functools.wraps(fn)
            def wrapper(x):
                return fn(x) * 2
            return wrapper
        @twice
        def f(x):
            return x
        """,
        "fn(x) * 2",
        "fn(x) * 5",
    ),
    Edit(
        "decorated-function",
        """
        import functools
        def twice(fn):
            @functools.wraps(fn)
            def wrapper(x):
                return fn(x)
            return wrapper
        @twice
        def f(x):
            return x * 2
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "decorator-argument",
        """
        def times(n):
            def decorate(fn):
                return lambda x: fn(x) * n
            return decorate
        @times(2)
        def f(x):
            return x
        """,
        "times(2)",
        "times(5)",
    ),
    Edit(
        "decorator-removed",
        """
        import functools
        @functools.lru_cache
        def h(x):
            return [x]
        def f(x):
            return h(x) is h(x)
        """,
        "@functools.lru_cache\n",
        "",
    ),
    Edit(
        "partial-function",
        """
        import functools
        def h(n, x):
            return x * n
        p = functools.partial(h, 2)
        def f(x):
            return p(x)
        """,
        "x * n",
        "x + n",
    ),
    Edit(
        "partial-argument",
        """
        import functools
        def h(n, x):
            return x * n
        p = functools.partial(h, 2)
        def f(x):
            return p(x)
        """,
        "(h, 2)",
        "(h, 5)",
    ),
    Edit(
        "partial-keyword",
        """
        import functools
        def h(x, n=1):
            return x * n
        p = functools.partial(h, n=2)
        def f(x):
            return p(x)
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "dispatch-table",
        """
        def a(x):
            return x * 2
        def b(x):
            return x * 3
        T = {'a': a, 'b': b}
        def f(x):
            return T['a'](x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "dispatch-table-swap",
        """
        def a(x):
            return x * 2
        def b(x):
            return x * 3
        T = {'a': a, 'b': b}
        def f(x):
            return T['a'](x)
        """,
        "{'a': a, 'b': b}",
        "{'a': b, 'b': a}",
    ),
    Edit(
        "registry",
        """
        R = []
        def register(fn):
            R.append(fn)
            return fn
        @register
        def a(x):
            return x * 2
        def f(x):
            return [fn(x) for fn in R]
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "lambdas-on-a-line",
        """
        a, b = (lambda x: x * 2), (lambda x: x * 3)
        def f(x):
            return a(x) - b(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "lambdas-swapped",
        """
        a, b = (lambda x: x * 2), (lambda x: x * 3)
        def f(x):
            return a(x)
        """,
        "a, b",
        "b, a",
    ),
    Edit(
        "star-import",
        """
        from helpers import *
        def f(x):
            return rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "import-inside",
        """
        def f(x):
            import helpers
            return helpers.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "import-as-inside",
        """
        def f(x):
            import pkg.core.deep as d
            return d.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": "",
            "pkg.core.deep": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "from-import-inside",
        """
        def f(x):
            from helpers import rate as r
            return r(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "from-package-inside",
        """
        def f(x):
            from pkg.core import deep
            return deep.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": "",
            "pkg.core.deep": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "module-chain",
        """
        import pkg.core.deep
        def f(x):
            return pkg.core.deep.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": "",
            "pkg.core.deep": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "module-in-local",
        """
        import helpers
        def f(x):
            m = helpers
            return m.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "module-as-argument",
        """
        import helpers
        def h(m, x):
            return m.rate(x)
        def f(x):
            return h(helpers, x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "module-constant",
        """
        import helpers
        def f(x):
            return helpers.RATE * x
        """,
        "RATE = 2",
        "RATE = 5",
        modules={
            "helpers": """
            RATE = 2
            """,
        },
    ),
    Edit(
        "conditional-import",
        """
        try:
            from helpers import rate
        except ImportError:
            rate = None
        def f(x):
            return rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2

            def other(x):
                return x * 3
            """,
        },
    ),
    Edit(
        "absent-name-defined",
        """
        def f(x):
            try:
                return RATE * x
            except NameError:
                return 0
        """,
        "def f",
        "RATE = 2\ndef f",
    ),
    Edit(
        "shadowed-builtin",
        """
        def f(x):
            return len([x])
        """,
        "def f",
        "def len(x):\n    return 5\ndef f",
    ),
    Edit(
        "mutual-recursion",
        """
        def even(n):
            return n == 0 or odd(n - 1)
        def odd(n):
            return n != 0 and even(n - 1)
        def f(x):
            return even(x)
        """,
        "n != 0",
        "n != 1",
    ),
    Edit(
        "cycle-of-class-and-function",
        """
        class K:
            def make(self):
                return build()
            n = 2
        def build():
            return K()
        def f(x):
            return build().make().n * x
        """,
        "n = 2",
        "n = 5",
    ),
    Edit(
        "global-in-nested-function",
        """
        R = 2
        def f(x):
            def g():
                return R
            return g() * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "global-in-comprehension",
        """
        R = 2
        def f(x):
            return [R * i for i in range(x)]
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "global-in-generator",
        """
        R = 2
        def f(x):
            return sum(R * i for i in range(x))
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "global-in-class-body",
        """
        R = 2
        def f(x):
            class K:
                r = R
            return K.r * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "async-helper",
        """
        import asyncio
        async def h(x):
            return x * 2
        def f(x):
            return asyncio.run(h(x))
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "generator-fn-frame",
        """
        def g():
            yield 2
        def f(x):
            return list(g())
        """,
        "yield 2",
        "yield 5",
    ),
    Edit(
        "try-finally",
        """
        def f(x):
            try:
                return 1
            finally:
                x += 1
        """,
        "x += 1",
        "return 5",
    ),
    Edit(
        "star-import-override",
        """
        from helpers import *
        from helpers2 import *
        def f(x):
            return rate(x)
        """,
        "from helpers import *\nfrom helpers2 import *",
        "from helpers2 import *\nfrom helpers import *",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
            "helpers2": """
            def rate(x): return x * 5
            """,
        },
    ),
    Edit(
        "cond-global",
        """
        if True:
            R = 2
        else:
            R = 5
        def f(x):
            return R
        """,
        "if True",
        "if False",
    ),
)


@cases(*CASES)
def test_an_edit_that_is_reached_is_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """Whatever a call runs or reads, however far away, changes the digest with it."""
    outcome = compare(edit)
    assert outcome.matters
    assert outcome.noticed
