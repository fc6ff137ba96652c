"""What cannot change a result does not change the digest: too many misses is a bug too."""

from __future__ import annotations

from collections.abc import Callable

from tests.tracer.programs import Edit, Outcome, cases

CASES = (
    Edit(
        "nested-annotations",
        """
        def f(x):
            def g(y: int) -> int:
                return y
            return g(x)
        """,
        "y: int",
        "y: str",
    ),
    Edit(
        "split-line",
        """
        def f(x, y=2):
            return (x + y)
        """,
        "(x + y)",
        "(x +\n     y)",
    ),
    Edit(
        "split-line-store",
        """
        def f(x, y=2):
            a = x; b = y
            return a * b
        """,
        "a = x; b = y",
        "a = x\n    b = y",
    ),
    Edit(
        "docstring-with-name",
        """
        def h(x):
            'one'
            return x
        def f(x):
            return type(x).__name__ + str(h(x))
        """,
        "one",
        "two",
    ),
    Edit(
        "nested-fn-rename-with-name",
        """
        def h(x):
            def inner(): return x
            return inner()
        def f(x):
            return type(x).__name__ + str(h(x))
        """,
        "inner",
        "outer",
    ),
    Edit(
        "captured-rename-order",
        """
        def f(x):
            a = 1
            b = x
            def g(): return a - b
            return g()
        """,
        "a",
        "z",
    ),
    Edit(
        "closure-free-rename-order",
        """
        def make(a, b):
            def f(x): return a - b + x
            return f
        f = make(1, 2)
        """,
        "(a, b):\n    def f(x): return a - b",
        "(z, b):\n    def f(x): return z - b",
    ),
    Edit(
        "posonly-rename",
        """
        def h(a, /): return a
        def f(x):
            return h(x)
        """,
        "a, /): return a",
        "b, /): return b",
    ),
    Edit(
        "class-local-shadow",
        """
        a = 1
        def f(x):
            class K:
                a = 5
                b = a
            return K.b
        """,
        "a = 1",
        "a = 2",
    ),
    Edit(
        "pass-added",
        """
        def f(x):
            if x:
                y = 1
            return x
        """,
        "y = 1",
        "y = 1\n        pass",
    ),
    Edit(
        "if-oneline",
        """
        def f(x):
            if x: return 1
            return 2
        """,
        "if x: return 1",
        "if x:\n        return 1",
    ),
    Edit(
        "elif",
        """
        def f(x):
            if x == 1:
                y = 1
            else:
                if x == 2:
                    y = 2
                else:
                    y = 3
            return y
        """,
        "    else:\n        if x == 2:\n            y = 2\n        else:\n            y = 3\n",
        "    elif x == 2:\n        y = 2\n    else:\n        y = 3\n",
    ),
    Edit(
        "try-comment",
        """
        def f(x):
            try:
                return x
            except ValueError:
                return 0
        """,
        "return x\n",
        "# c\n\n        return x\n",
    ),
    Edit(
        "global-rename-stored",
        """
        def f(x):
            global R
            R = x
            return R
        """,
        "R",
        "S",
        bug="names of globals that code binds count",
    ),
    Edit(
        "helper-moved",
        """
        from helpers import h
        def f(x):
            return h(x)
        """,
        "from helpers import h\n",
        "def h(x): return x + 1\n",
        modules={
            "helpers": """
            def h(x): return x + 1
            """,
        },
    ),
    Edit(
        "helper-attr",
        """
        import helpers
        from helpers import h
        def f(x):
            return helpers.h(x)
        """,
        "helpers.h(x)",
        "h(x)",
        modules={
            "helpers": """
            def h(x): return x + 1
            """,
        },
    ),
    Edit(
        "unused-class-member",
        """
        class K:
            def a(self): return 1
            def b(self): return 2
        def f(x):
            return K().a()
        """,
        "return 2",
        "return 3",
    ),
    Edit(
        "dataclass-annotation",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x):
            return K().a
        """,
        "a: int",
        "a: float",
    ),
    Edit(
        "fortran",
        """
        import numpy as np
        V = np.ones((2, 3), order='C')
        def f(x):
            return V.ravel(order='K').tolist()
        """,
        "'C'",
        "'F'",
        needs=("numpy",),
    ),
    Edit(
        "helper-renamed",
        """
        def h(x):
            return x * 2
        def f(x):
            return h(x)
        """,
        "h(x)",
        "helper(x)",
    ),
    Edit(
        "global-renamed",
        """
        R = 2
        def f(x):
            return R * x
        """,
        "R",
        "RATE",
    ),
    Edit(
        "comment-and-lines",
        """
        def h(x):
            return x * 2
        def f(x):
            return h(x)
        """,
        "    return x * 2",
        "    # doubled\n\n    return x * 2",
    ),
    Edit(
        "docstring-of-helper",
        """
        def h(x):
            'one'
            return x * 2
        def f(x):
            return h(x)
        """,
        "'one'",
        "'another'",
    ),
    Edit(
        "docstring-of-class",
        """
        class K:
            'one'
            n = 2
        def f(x):
            return K.n * x
        """,
        "'one'",
        "'another'",
    ),
    Edit(
        "annotation-of-helper",
        """
        def h(x: int) -> int:
            return x * 2
        def f(x):
            return h(x)
        """,
        "int",
        "float",
    ),
    Edit(
        "annotation-of-class",
        """
        class K:
            n: int = 2
        def f(x):
            return K.n * x
        """,
        "n: int",
        "n: float",
    ),
    Edit(
        "unreached-function",
        """
        def g(x):
            return 2
        def f(x):
            return x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "unreached-in-module",
        """
        import helpers
        def f(x):
            return helpers.rate(x)
        """,
        "x * 3",
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
        "unreached-in-held-module",
        """
        import helpers
        def f(x):
            m = helpers
            return m.rate(x)
        """,
        "x * 3",
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
        "unreached-method",
        """
        class K:
            def rate(self):
                return 2
            def other(self):
                return 3
        def f(x):
            return K().rate() * x
        """,
        "return 3",
        "return 5",
    ),
    Edit(
        "order-of-definitions",
        """
        def a(x):
            return x * 2

        def b(x):
            return a(x)
        def f(x):
            return b(x)
        """,
        "def a(x):\n    return x * 2\n\ndef b(x):\n    return a(x)\n",
        "def b(x):\n    return a(x)\n\ndef a(x):\n    return x * 2\n",
    ),
    Edit(
        "order-of-class-members",
        """
        class K:
            a = 1
            b = 2
        def f(x):
            return K.a + K.b
        """,
        "a = 1\n    b = 2",
        "b = 2\n    a = 1",
    ),
    Edit(
        "import-style",
        """
        import helpers
        def f(x):
            return helpers.rate(x)
        """,
        "import helpers\ndef f(x):\n    return helpers.rate(x)",
        "from helpers import rate\ndef f(x):\n    return rate(x)",
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
        "set-order",
        """
        S = {'a', 'b', 'c'}
        def f(x):
            return sorted(S)
        """,
        "{'a', 'b', 'c'}",
        "{'c', 'b', 'a'}",
    ),
    Edit(
        "unused-global",
        """
        R = 2
        Q = 3
        def f(x):
            return R * x
        """,
        "Q = 3",
        "Q = 5",
    ),
    Edit(
        "unused-default-of-unreached",
        """
        def g(n=2):
            return n
        def f(x):
            return x
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "own-docstring",
        """
        def f(x):
            'one'
            return x
        """,
        "'one'",
        "'another'",
    ),
    Edit(
        "local-renamed",
        """
        def f(x):
            rate = x
            return rate
        """,
        "rate",
        "cost",
    ),
    Edit(
        "computed-class-attribute-same",
        """
        class K:
            a = sorted({3, 1, 2})
        def f(x):
            return K.a
        """,
        "{3, 1, 2}",
        "{1, 2, 3}",
    ),
    Edit(
        "shared-text",
        """
        A = 'ab'
        T = {'k': A, 'l': A}
        def f(x):
            return [A, T]
        """,
        "'l': A",
        "'l': ''.join(['a', 'b'])",
    ),
    Edit(
        "shared-tuple",
        """
        A = (1, 2)
        T = [A, A]
        def f(x):
            return [A, T]
        """,
        "[A, A]",
        "[A, tuple([1, 2])]",
    ),
    Edit(
        "shared-date",
        """
        import datetime, decimal, pathlib
        A = datetime.date(2020, 1, 1)
        B = decimal.Decimal('1.5')
        C = pathlib.PurePosixPath('a')
        T = [A, B, C]
        def f(x):
            return T, A, B, C
        """,
        "T = [A, B, C]",
        "T = [datetime.date(2020, 1, 1), decimal.Decimal('1.5'), pathlib.PurePosixPath('a')]",
    ),
    Edit(
        "shared-named-tuple",
        """
        import typing
        class P(typing.NamedTuple):
            a: int
        A = P(1)
        T = [A]
        def f(x):
            return T, A
        """,
        "[A]",
        "[P(1)]",
    ),
    Edit(
        "shared-index",
        """
        import pandas as pd
        A = pd.DataFrame({'a': [1, 2]}, index=['x', 'y'])
        B = A * 2
        def f(x):
            return len(A) + len(B)
        """,
        "A * 2",
        "pd.DataFrame({'a': [2, 4]}, index=['x', 'y'])",
        needs=("pandas",),
    ),
    Edit(
        "nested-annotations-of-all-kinds",
        """
        from __future__ import annotations
        def f(x):
            def g(y: int, *, z: str = 'a') -> bool:
                return y
            return g(x)
        """,
        "y: int, *, z: str = 'a') -> bool",
        "y, *, z: bool = 'a')",
    ),
    Edit(
        "nested-annotations-generic",
        """
        import typing
        def f(x):
            a = 1
            def g(y: dict[str, int] | None, z: typing.Callable[[int], str] = len, *, k: int = 2):
                return [y + a for _ in range(k)]
            return g(x)
        """,
        "y: dict[str, int] | None, z: typing.Callable[[int], str]",
        "y: list, z",
    ),
    Edit(
        "nested-annotations-around-a-jump",
        """
        def f(x):
            if x:
                def g(y: int) -> int:
                    return y
            else:
                def g(y):
                    return -y
            return [g(i) for i in range(x)]
        """,
        "y: int",
        "y",
    ),
    Edit(
        "helper-docstring-with-class-name",
        """
        def h(x):
            'one'
            return x
        class K:
            def who(self): return self.__class__.__name__
        def f(x):
            return K().who() + type(x).__qualname__ + str(h(x))
        """,
        "'one'",
        "'two'",
    ),
    Edit(
        "helper-rename-with-class-name",
        """
        def h(x):
            return x
        def f(x):
            return x.__class__.__name__ + str(h(x))
        """,
        "h",
        "helper",
    ),
    Edit(
        "captured-rename-three-deep",
        """
        def f(x):
            a = 1
            m = 2
            def g(b):
                c = 3
                def h(): return a - b * c + m
                return h
            return g(x)()
        """,
        "a",
        "zz",
    ),
    Edit(
        "captured-argument-rename",
        """
        def h(aa, b, /):
            return [lambda: aa - b]
        def f(x):
            return h(1, x)[0]()
        """,
        "aa",
        "z",
    ),
    Edit(
        "captured-rename-in-class",
        """
        def f(x):
            aa = 1
            b = x
            class K:
                def m(self): return super().__init__() or aa - b
            return K().m()
        """,
        "aa",
        "z",
    ),
    Edit(
        "captured-rename-in-comprehension",
        """
        def f(x):
            aa = 1
            b = 2
            return [g() for g in [lambda: i + aa - b for i in range(x)]]
        """,
        "aa",
        "z",
    ),
    Edit(
        "class-body-shadows-for-good",
        """
        a = 1
        def f(x):
            class K:
                a = 5
                b = a + 1
                c = [b, a]
                def m(self): return self.b
            return K.c, K().m()
        """,
        "a = 1",
        "a = 2",
    ),
    Edit(
        "imported-inside-other-member",
        """
        def f(x):
            import helpers
            from helpers import other
            return helpers.rate(x) + other
        """,
        "return 7",
        "return 8",
        modules={
            "helpers": """
            other = 1
            def rate(x): return x
            def unread(x): return 7
            """,
        },
    ),
    Edit(
        "named-module-other-member",
        """
        def f(x):
            import importlib
            return importlib.import_module('helpers').rate(x)
        """,
        "return 7",
        "return 8",
        modules={
            "helpers": """
            def rate(x): return x
            def unread(x): return 7
            """,
        },
    ),
    Edit(
        "constant-format",
        """
        class K:
            def unread(self): return 7
            rate = 2
        def f(x):
            return '{0.rate}'.format(K()) + '{}'.format(x) + f'{x}'
        """,
        "return 7",
        "return 8",
    ),
    Edit(
        "constant-query",
        """
        import pandas as pd
        L = 2
        M = 3
        def f(x):
            unread = 5
            return len(pd.DataFrame({'a': [1, 2, 3]}).query('a > @L'))
        """,
        "unread",
        "other",
        needs=("pandas",),
    ),
    Edit(
        "constant-query-other-global",
        """
        import pandas as pd
        L = 2
        M = 3
        def f(x):
            return len(pd.DataFrame({'a': [1, 2, 3]}).query('a > @L'))
        """,
        "M = 3",
        "M = 4",
        needs=("pandas",),
    ),
    Edit(
        "model-eval",
        """
        M = 3
        class Model:
            def eval(self): return self
        def f(x):
            Model().eval()
            return x
        """,
        "M = 3",
        "M = 4",
    ),
    Edit(
        "dataclass-type-unread",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x):
            return type(K()).__name__, [q.name for q in dataclasses.fields(K)]
        """,
        "a: int",
        "a: float",
    ),
    Edit(
        "variable-names-unread",
        """
        def h(x):
            rate = x
            return rate
        def f(x):
            return h(x), h.__name__
        """,
        "rate",
        "cost",
    ),
    Edit(
        "lib-class-patched-unread",
        """
        from packaging.version import Version
        Version.rate = 2
        def f(x):
            return Version("1.2").major
        """,
        "rate = 2",
        "rate = 5",
        needs=("packaging",),  # of which the text can be read wherever these tests run
    ),
    Edit(
        "lib-fn-attr-unread",
        """
        import json
        json.dumps.rate = 2
        def f(x):
            return json.dumps(x)
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "module-class-unread",
        """
        import types
        import helpers
        class M(types.ModuleType):
            @property
            def other(self): return 2
        helpers.__class__ = M
        def f(x):
            return helpers.rate * x
        """,
        "return 2",
        "return 5",
        modules={"helpers": "rate = 1"},
    ),
    Edit(
        "function-in-table-renamed",
        """
        def h(x): return x
        T = {'a': h}
        def f(x):
            return T['a'](x)
        """,
        "h",
        "other",
    ),
    Edit(
        "method-nobody-calls-beside-a-dataclass",
        """
        from dataclasses import dataclass
        from decimal import Decimal
        @dataclass
        class D:
            x: int
        class K:
            def used(self): return 1
            def unused(self): return 2
        ONE = Decimal(1)
        def f(x):
            return D(x), ONE, K().used()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "helper-renamed-beside-text",
        """
        def helping(x): return x
        class K:
            a = 1
        k = K()
        def f(x):
            return f'{helping(x)} {k.a}' + str(x)
        """,
        "helping",
        "other",
    ),
)


@cases(*CASES)
def test_a_harmless_edit_is_not_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """An edit that cannot change what the call returns keeps the digest."""
    outcome = compare(edit)
    assert not outcome.matters
    assert not outcome.noticed
