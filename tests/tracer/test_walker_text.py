"""Names that code holds as text, computes, or leaves to a library to look up."""

from __future__ import annotations

from collections.abc import Callable

from tests.tracer.programs import Edit, Outcome, cases

CASES = (
    Edit(
        "builtins-getattr",
        """
        import builtins
        class I:
            def rate(self): return 2
        def f(x):
            return builtins.getattr(I(), 'ra' + str('te'))() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "getattr-alias",
        """
        look = getattr
        class I:
            def rate(self): return 2
        def f(x):
            return look(I(), 'ra' + str('te'))() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "getattr-partial",
        """
        from functools import partial
        class I:
            def rate(self): return 2
        look = partial(getattr, I())
        def f(x):
            return look('ra' + str('te'))() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "getattr-default",
        """
        class I:
            def rate(self): return 2
        def h(o, n, get=getattr): return get(o, n)()
        def f(x):
            return h(I(), 'ra' + str('te')) * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "getattr-constant",
        """
        import helpers
        def f(x):
            return getattr(helpers, 'rate')(x)
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
        "getattr-computed",
        """
        import helpers
        def f(x, n='ra'):
            return getattr(helpers, n + 'te')(x)
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
        "getattr-computed-class",
        """
        class K:
            def rate(self, x):
                return x * 2
        def f(x, n='ra'):
            return getattr(K(), n + 'te')(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "attrgetter-computed",
        """
        import operator
        class I:
            @property
            def rate(self): return 2
        def f(x):
            return operator.attrgetter('ra' + str('te'))(I()) * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "methodcaller-computed",
        """
        import operator
        class I:
            def rate(self): return 2
        def f(x):
            return operator.methodcaller('ra' + str('te'))(I()) * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "names-in-global-data",
        """
        FIELDS = ['rate']
        import operator
        class K:
            rate = property(lambda s: 2)
        def f(x):
            return operator.attrgetter(*FIELDS)(K())
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "attrgetter-dotted",
        """
        import operator
        class I:
            @property
            def rate(self): return 2
        class K:
            i = I()
        def f(x):
            return operator.attrgetter('i.rate')(K()) * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "attrgetter-global-property",
        """
        import operator
        g = operator.attrgetter('rate')
        class K:
            rate = property(lambda s: 2)
        def f(x):
            return g(K())
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "attrgetter-global-which",
        """
        import operator
        g = operator.attrgetter('a')
        class K:
            a = 1
            b = 2
        def f(x):
            return g(K())
        """,
        "getter('a')",
        "getter('b')",
    ),
    Edit(
        "methodcaller-global",
        """
        import operator
        g = operator.methodcaller('rate')
        class K:
            def rate(s): return 2
        def f(x):
            return g(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "operator-itemgetter",
        """
        import operator
        g = operator.itemgetter('a')
        def f(x):
            return g({'a': 1, 'b': 2})
        """,
        "getter('a')",
        "getter('b')",
    ),
    Edit(
        "object-getattribute",
        """
        class K:
            def __getattribute__(self, n): return object.__getattribute__(self, '_i_' + n)
            def _i_rate(self): return 2
        def f(x):
            return K().rate()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "super-getattribute",
        """
        class K:
            def __getattr__(self, n): return super().__getattribute__('_i_' + n)
            def _i_rate(self): return 2
        def f(x):
            return K().rate()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "type-getattribute",
        """
        class K:
            def rate(s): return 2
        def f(x, n='ra'):
            return type.__getattribute__(K, n + 'te')(None)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "get-descr",
        """
        class K:
            rate = 2
        def f(x, n='ra'):
            return K().__getattribute__(n + 'te')
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "getmembers",
        """
        import inspect, helpers
        def f(x):
            return [h(x) for n, h in inspect.getmembers(helpers, inspect.isfunction)]
        """,
        "x*2",
        "x*5",
        modules={
            "helpers": """
            def rate(x): return x*2
            """,
        },
    ),
    Edit(
        "getmembers-class",
        """
        import inspect
        class K:
            def rate(self): return 2
        def f(x):
            return [h(K()) for n, h in inspect.getmembers(K, inspect.isfunction)]
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "getattr-static",
        """
        import inspect
        class K:
            rate = 2
        def f(x):
            return inspect.getattr_static(K, 'ra'+str('te'))
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "eval-name",
        """
        R = 2
        def f(x):
            return eval('R') * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "exec-name",
        """
        R = 2
        def f(x):
            out = {}
            exec('r = R', globals(), out)
            return out['r'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "eval-alias",
        """
        run = eval
        R = 2
        def f(x):
            return run('R') * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "builtins-eval",
        """
        import builtins
        R = 2
        def f(x):
            return builtins.eval('R') * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "eval-attr",
        """
        import helpers
        def f(x):
            return eval('helpers.rate(x)')
        """,
        "x*2",
        "x*5",
        modules={
            "helpers": """
            def rate(x): return x*2
            """,
        },
    ),
    Edit(
        "eval-method",
        """
        class K:
            def rate(self): return 2
        k = K()
        def f(x):
            return eval('k.rate()') * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "globals-subscript",
        """
        R = 2
        def f(x):
            return globals()['R'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "globals-order",
        """
        a = 1
        b = 2
        def f(x):
            return [n for n in globals() if n in ('a', 'b')]
        """,
        "a = 1\nb = 2",
        "b = 2\na = 1",
    ),
    Edit(
        "doc-via-globals",
        """
        'one'
        def f(x):
            return globals()['__doc__']
        """,
        "one",
        "two",
    ),
    Edit(
        "fn-globals",
        """
        R = 2
        def h(): pass
        def f(x):
            return h.__globals__['R'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "getframe",
        """
        import sys
        R = 2
        def f(x):
            return sys._getframe().f_globals['R'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "vars-module",
        """
        import helpers
        def f(x):
            return vars(helpers)['rate'](x)
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
        "vars-module-order",
        """
        import helpers
        def f(x):
            return [n for n in vars(helpers) if n[0] != '_']
        """,
        "a = 1\nb = 2",
        "b = 2\na = 1",
        modules={
            "helpers": """
            a = 1
            b = 2
            """,
        },
    ),
    Edit(
        "vars-class-order",
        """
        class K:
            a = 1
            b = 2
        def f(x):
            return [n for n in vars(K) if n[0] != '_']
        """,
        "a = 1\n    b = 2",
        "b = 2\n    a = 1",
    ),
    Edit(
        "dict-of-module",
        """
        import helpers
        def f(x, n='ra'):
            return helpers.__dict__[n + 'te'](x)
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
        "sorted-key-data",
        """
        import dataclasses
        class K:
            rate = property(lambda s: 2)
        def f(x, n='rate'):
            return K.__dict__[n].fget(None)
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "sys-modules-text",
        """
        import sys
        def f(x):
            return sys.modules['helpers'].rate(x)
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
        "sys-modules-name-with-decoy",
        """
        import sys
        R = 2
        def f(x):
            return {'math': sys.modules[__name__].__dict__.get('R')}['math'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "sys-modules-name-with-decoy2",
        """
        import sys
        R = 2
        def f(x):
            return {'math': sys.modules[__name__].R}['math'] * x
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "import-module-text",
        """
        import importlib
        def f(x):
            return importlib.import_module('helpers').rate(x)
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
        "import-module-local",
        """
        def f(x):
            import importlib
            return importlib.import_module('helpers').rate(x)
        """,
        "x*2",
        "x*5",
        modules={
            "helpers": """
            def rate(x): return x*2
            """,
        },
    ),
    Edit(
        "import-module-localfrom",
        """
        def f(x):
            from importlib import import_module
            return import_module('helpers').rate(x)
        """,
        "x*2",
        "x*5",
        modules={
            "helpers": """
            def rate(x): return x*2
            """,
        },
    ),
    Edit(
        "dunder-import-text",
        """
        def f(x):
            return __import__('helpers').rate(x)
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
        "resolve-name",
        """
        import pkgutil
        def f(x):
            return pkgutil.resolve_name('helpers:rate')(x)
        """,
        "x*2",
        "x*5",
        modules={
            "helpers": """
            def rate(x): return x*2
            """,
        },
    ),
    Edit(
        "format-attr",
        """
        class K:
            @property
            def rate(self): return 2
        def f(x):
            return '{0.rate}'.format(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "query",
        """
        import pandas as pd
        L = 2
        def f(x):
            return len(pd.DataFrame({'a': [1, 2, 3]}).query('a > @L'))
        """,
        "L = 2",
        "L = 1",
        needs=("pandas",),
    ),
    Edit(
        "locals-rename",
        """
        def f(x):
            rate = x
            return locals()
        """,
        "rate",
        "cost",
    ),
    Edit(
        "locals-eval",
        """
        def f(x):
            rate = x
            cost = 5
            return eval('rate')
        """,
        "rate = x\n    cost = 5",
        "cost = x\n    rate = 5",
    ),
    Edit(
        "nested-doc",
        """
        def f(x):
            def g():
                'one'
            return g.__doc__
        """,
        "one",
        "two",
    ),
    Edit(
        "doc-and-name-change-places",
        """
        def one(x):
            'two'
        def f(x):
            return [one.__doc__, one.__name__]
        """,
        "def one(x):\n    'two'",
        "def two(x):\n    'one'\none = two",
    ),
    Edit(
        "doc-that-is-no-text",
        """
        def g(x):
            'text'
        g.__doc__ = None
        def f(x):
            return g.__doc__
        """,
        "g.__doc__ = None",
        "g.__doc__ = ''",
    ),
    Edit(
        "nested-class-doc",
        """
        def f(x):
            class G:
                'one'
            return G.__doc__
        """,
        "one",
        "two",
    ),
    Edit(
        "nested-class-doc-global",
        """
        T='one'
        def f(x):
            class G:
                __doc__ = T
            return G.__doc__
        """,
        "one",
        "two",
    ),
    Edit(
        "fn-annotations",
        """
        def h(a: int): return a
        def f(x):
            return h.__annotations__
        """,
        "a: int",
        "a: str",
    ),
    Edit(
        "class-annotations",
        """
        class K:
            a: int
        def f(x):
            return K.__annotations__
        """,
        "a: int",
        "b: int",
    ),
    Edit(
        "get-type-hints",
        """
        import typing
        class K:
            a: int
        def f(x):
            return typing.get_type_hints(K)
        """,
        "a: int",
        "a: str",
    ),
    *(
        Edit(
            f"text-in-annotations-{number}",
            f"""
            from __future__ import annotations
            import inspect
            import typing
            from typing import Optional
            STRICT = dict(eval_str=True)
            class Rate:
                def of(self):
                    return 2
            class Row:
                rate: {annotation}
            def h(rate: {annotation}, more: int = 0):
                return rate
            def f(x):
                return {made}().of() * x
            """,
            "return 2",
            "return 5",
        )
        for number, (annotation, made) in enumerate(
            (
                ("Rate", "typing.get_type_hints(Row)['rate']"),
                ("Rate", "typing.get_type_hints(h)['rate']"),
                ("'Rate'", "typing.get_type_hints(h)['rate']"),
                ("Optional[Rate]", "typing.get_args(typing.get_type_hints(h)['rate'])[0]"),
                ("list['Rate']", "typing.get_type_hints(h)['rate'].__args__[0]"),
                ("Rate", "inspect.signature(h, eval_str=True).parameters['rate'].annotation"),
                ("Rate", "inspect.signature(h, **STRICT).parameters['rate'].annotation"),
                ("Rate", "inspect.get_annotations(Row, eval_str=True)['rate']"),
                (
                    "Rate",
                    "inspect.Signature.from_callable(h, eval_str=True)"  # noqa: ISC004
                    ".parameters['rate'].annotation",
                ),
                ("Rate", "list(map(typing.get_type_hints, [Row]))[0]['rate']"),
            )
        )
    ),
    *(
        Edit(
            f"text-in-annotations-elsewhere-{number}",
            f"""
            import collections.abc
            import functools
            import typing
            class Rate:
                def of(self):
                    return 2
            class Row:
                class Inner:
                    def of(self):
                        return 3
                Same = Rate
                {annotation}
            def h(x: "Rate"):
                return x
            @functools.wraps(h)
            def g(x):
                return x
            def f(x):
                return {made}().of() * x
            """,
            old,
            "return 5",
        )
        for number, (annotation, made, old) in enumerate(
            (
                (
                    "made: collections.abc.Callable[['Rate'], int]",
                    "typing.get_args(typing.get_type_hints(Row)['made'])[0][0]",
                    "return 2",
                ),
                ("made: 'Inner'", "typing.get_type_hints(Row)['made']", "return 3"),
                ("made: 'Same'", "typing.get_type_hints(Row)['made']", "return 2"),
                ("pass", "typing.get_type_hints(g)['x']", "return 2"),
            )
        )
    ),
    Edit(
        "text-in-annotations-of-another-module",
        """
        import typing
        import other
        class Row(other.Base):
            more: int
        class Named:
            rate: typing.ForwardRef("Rate", module="other")
        def f(x):
            return typing.get_type_hints(Row)["rate"]().of() * x
        """,
        "return 2",
        "return 5",
        modules={
            "other": """
            import typing
            class Rate:
                def of(self):
                    return 2
            class Base(typing.TypedDict):
                rate: "Rate"
            """
        },
    ),
    Edit(
        "text-in-annotations-behind-two-wrappers",
        """
        import functools
        import typing
        import other
        @functools.wraps(other.h)
        def inner(x):
            return x
        @functools.wraps(inner)
        def outer(x):
            return x
        def f(x):
            return typing.get_type_hints(outer)["x"]().of() * x
        """,
        "return 2",
        "return 5",
        modules={
            "other": """
            class Rate:
                def of(self):
                    return 2
            def h(x: "Rate"):
                return x
            """
        },
    ),
    Edit(
        "text-in-annotations-quoted",
        """
        import typing
        class Rate:
            def of(self):
                return 2
        class Row:
            rates: "list[Rate]"
            rate: typing.Optional["Rate"] = None
        def f(x):
            return typing.get_args(typing.get_type_hints(Row)["rate"])[0]().of() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "signature",
        """
        import inspect
        def h(a: int): return a
        def f(x):
            return str(inspect.signature(h))
        """,
        "a: int",
        "a: str",
    ),
    Edit(
        "typeddict",
        """
        import typing
        class K(typing.TypedDict):
            a: int
        def f(x):
            return list(K.__annotations__)
        """,
        "a: int",
        "b: int",
    ),
    Edit(
        "match-args",
        """
        class K:
            __match_args__ = ('a',)
            a = property(lambda s: 2)
        def f(x):
            match K():
                case K(v): return v
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "match-kw",
        """
        class K:
            a = property(lambda s: 2)
        def f(x):
            match K():
                case K(a=v): return v
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "match-args-base",
        """
        class B:
            __match_args__ = ('a',)
        class K(B):
            a = property(lambda s: 2)
        def f(x):
            match K():
                case K(v): return v
        """,
        "s: 2",
        "s: 5",
    ),
    Edit(
        "local-attrgetter",
        """
        class K:
            def rate(s): return 2
        def f(x, n='ra'):
            from operator import attrgetter
            return attrgetter(n + 'te')(K())()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "local-operator",
        """
        class K:
            def rate(s): return 2
        def f(x, n='ra'):
            import operator
            return operator.attrgetter(n + 'te')(K())()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "local-builtins-getattr",
        """
        class K:
            def rate(s): return 2
        def f(x, n='ra'):
            import builtins
            return builtins.getattr(K(), n + 'te')()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "local-from-builtins",
        """
        class K:
            def rate(s): return 2
        def f(x, n='ra'):
            from builtins import getattr as g
            return g(K(), n + 'te')()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "local-builtins-eval",
        """
        R = 2
        def f(x):
            import builtins as b
            return b.eval('R')
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "local-from-inspect",
        """
        import helpers
        def f(x):
            from inspect import getmembers, isfunction
            return [m(x) for n, m in getmembers(helpers, isfunction)]
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "dunder-builtins",
        """
        R = 2
        def f(x):
            e = __builtins__['eval'] if isinstance(__builtins__, dict) else __builtins__.eval
            return e('R')
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "f-locals",
        """
        import sys
        def f(x):
            rate = x
            return sorted(sys._getframe().f_locals)
        """,
        "rate",
        "cost",
    ),
    Edit(
        "dir-no-args",
        """
        def f(x):
            rate = x
            return dir()
        """,
        "rate",
        "cost",
    ),
    Edit(
        "vars-no-args",
        """
        def f(x):
            rate = x
            return vars()
        """,
        "rate",
        "cost",
    ),
    Edit(
        "locals-via-helper",
        """
        import inspect
        def h():
            return sorted(inspect.currentframe().f_back.f_locals)
        def f(x):
            rate = x
            return h()
        """,
        "rate = x",
        "cost = x",
    ),
    Edit(
        "query-local-swap",
        """
        import pandas as pd
        F = pd.DataFrame({'a': [1, 2, 3]})
        def f(x):
            lo = 1
            hi = 2
            return len(F.query('a > @lo'))
        """,
        "lo = 1\n    hi = 2",
        "hi = 1\n    lo = 2",
        needs=("pandas",),
    ),
    Edit(
        "query-in-data",
        """
        import pandas as pd
        F = pd.DataFrame({'a': [1, 2, 3]})
        Q = 'a > @L'
        L = 2
        def f(x):
            return len(F.query(Q))
        """,
        "L = 2",
        "L = 1",
        needs=("pandas",),
    ),
    Edit(
        "query-in-helper-level",
        """
        import pandas as pd
        F = pd.DataFrame({'a': [1, 2, 3]})
        L = 2
        def f(x):
            return len(F.query('a > @L and a < @L + 5'))
        """,
        "L = 2",
        "L = 1",
        needs=("pandas",),
    ),
    Edit(
        "pd-eval",
        """
        import pandas as pd
        L = 2
        def f(x):
            return int(pd.eval('L * 3'))
        """,
        "L = 2",
        "L = 5",
        needs=("pandas",),
    ),
    Edit(
        "format-in-data",
        """
        class K:
            @property
            def rate(s): return 2
        F = '{0.rate}'
        def f(x):
            return F.format(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-in-list",
        """
        class K:
            @property
            def rate(s): return 2
        F = ['{0.rate}']
        def f(x):
            return F[0].format(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-in-dict-nested",
        """
        class K:
            @property
            def rate(s): return 2
        F = {'fmt': ('{k.rate!r:>5}',)}
        def f(x):
            return F['fmt'][0].format(k=K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-computed",
        """
        class K:
            @property
            def rate(s): return 2
        def f(x, n='rate'):
            return ('{0.' + n + '}').format(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-concat",
        """
        class K:
            @property
            def rate(s): return 2
        def f(x, n='ra'):
            return f'{{0.{n}te}}'.format(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-map",
        """
        class K:
            @property
            def rate(s): return 2
        def f(x):
            return '{k.rate}'.format_map({'k': K()})
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "attrgetter-list-data",
        """
        import operator
        class I:
            @property
            def rate(s): return 2
        class K:
            i = I()
        N = ['i.rate']
        def f(x):
            return operator.attrgetter(N[0])(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "pydoc-locate",
        """
        import pydoc
        def f(x):
            return pydoc.locate('helpers.rate')(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "mock-patch",
        """
        from unittest import mock
        import helpers
        def f(x):
            with mock.patch('helpers.rate', return_value=3):
                return helpers.other(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x): return 0
            def other(x): return x * 2 + rate(x)
            """,
        },
    ),
    Edit(
        "pickle-loads",
        """
        import pickle, helpers
        B = pickle.dumps(helpers.rate)
        def f(x):
            return pickle.loads(B)(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "sys-modules-get",
        """
        import sys
        def f(x):
            return sys.modules.get('helpers').rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
        },
    ),
    Edit(
        "import-module-relative",
        """
        import importlib
        def f(x):
            return importlib.import_module('.core', 'pkg').rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": """
            def rate(x): return x * 2
            """,
        },
    ),
    Edit(
        "import-module-sub",
        """
        import importlib
        def f(x):
            return importlib.import_module('pkg.core').rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": """
            def rate(x): return x * 2
            """,
        },
    ),
    Edit(
        "dunder-import-sub",
        """
        def f(x):
            return __import__('pkg.core').core.rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": """
            def rate(x): return x * 2
            """,
        },
    ),
    Edit(
        "fn-code-consts",
        """
        def h(x):
            return 2
        def f(x):
            return h.__code__.co_consts
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "fn-code-varnames",
        """
        def h(x):
            rate = x
            return rate
        def f(x):
            return h.__code__.co_varnames
        """,
        "rate",
        "cost",
    ),
    Edit(
        "fn-code-names",
        """
        R = S = 1
        def h(x):
            return R
        def f(x):
            return h.__code__.co_names
        """,
        "return R",
        "return S",
    ),
    Edit(
        "getsource-attr",
        """
        import inspect
        def h(x): return 1
        def f(x):
            return inspect.signature(h).parameters['x'].default
        """,
        "(x): return 1",
        "(x=2): return 1",
    ),
    Edit(
        "wrapped-attr",
        """
        import functools
        def h(x): return 2
        @functools.wraps(h)
        def g(x): return 0
        def f(x):
            return g.__wrapped__(x)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "fn-qualname",
        """
        def h(x): pass
        def f(x):
            return h.__qualname__
        """,
        "h",
        "g",
    ),
    Edit(
        "fn-name-rename",
        """
        def h(x): pass
        T = [h]
        def f(x):
            return T[0].__name__
        """,
        "h",
        "g",
    ),
    Edit(
        "repr-fn",
        """
        def h(x): pass
        T = [h]
        def f(x):
            return repr(T[0]).split(' at ')[0]
        """,
        "h",
        "g",
    ),
    Edit(
        "import-module-local-renamed",
        """
        def f(x):
            import importlib as il
            return il.import_module('helpers').rate(x)
        """,
        "x*2",
        "x*5",
        modules={"helpers": "def rate(x): return x*2"},
    ),
    Edit(
        "import-module-renamed",
        """
        from importlib import import_module as load
        def f(x):
            return load('helpers').rate(x)
        """,
        "x*2",
        "x*5",
        modules={"helpers": "def rate(x): return x*2"},
    ),
    Edit(
        "import-module-keyword",
        """
        import importlib
        def f(x):
            return importlib.import_module(name='helpers').rate(x)
        """,
        "x*2",
        "x*5",
        modules={"helpers": "def rate(x): return x*2"},
    ),
    Edit(
        "import-module-relative-keyword",
        """
        import importlib
        def f(x):
            return importlib.import_module('.core', package='pkg').rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={"pkg": "", "pkg.core": "def rate(x): return x * 2"},
    ),
    Edit(
        "import-module-relative-here",
        """
        import pkg.front
        def f(x):
            return pkg.front.load(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": "def rate(x): return x * 2",
            "pkg.front": """
            from importlib import import_module
            def load(x): return import_module('.core', __package__).rate(x)
            """,
        },
    ),
    Edit(
        "sys-modules-local",
        """
        def f(x):
            import sys
            return sys.modules['helpers'].rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={"helpers": "def rate(x): return x * 2"},
    ),
    Edit(
        "sys-modules-from",
        """
        from sys import modules as loaded
        def f(x):
            return loaded['helpers'].rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={"helpers": "def rate(x): return x * 2"},
    ),
    Edit(
        "resolve-name-dotted",
        """
        from pkgutil import resolve_name
        def f(x):
            return resolve_name('pkg.core.K.rate')(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "pkg": "",
            "pkg.core": """
            class K:
                @staticmethod
                def rate(x): return x * 2
            """,
        },
    ),
    Edit(
        "locate-local",
        """
        def f(x):
            from pydoc import locate
            return locate('helpers.rate')(x)
        """,
        "x * 2",
        "x * 5",
        modules={"helpers": "def rate(x): return x * 2"},
    ),
    Edit(
        "attrgetter-local",
        """
        class K:
            @property
            def rate(s): return 2
        N = ['rate']
        def f(x):
            from operator import attrgetter
            return attrgetter(N[0])(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "dunder-builtins-getattr",
        """
        R = 2
        def f(x):
            b = __builtins__
            e = b['eval'] if type(b) is dict else getattr(b, 'eval')
            return e('R')
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "locals-two-frames-out",
        """
        import sys
        def h():
            return sorted(sys._getframe(2).f_locals)
        def k():
            return h()
        def f(x):
            rate = x
            return k()
        """,
        "rate = x",
        "cost = x",
    ),
    Edit(
        "query-computed",
        """
        import pandas as pd
        F = pd.DataFrame({'a': [1, 2, 3]})
        L = 2
        def f(x, n='L'):
            return len(F.query(f'a > @{n}'))
        """,
        "L = 2",
        "L = 1",
        needs=("pandas",),
    ),
    Edit(
        "frame-eval",
        """
        import pandas as pd
        L = 2
        def h(frame):
            return frame.eval('a * @L')
        def f(x):
            return list(h(pd.DataFrame({'a': [1, 2, 3]})))
        """,
        "L = 2",
        "L = 1",
        needs=("pandas",),
    ),
    Edit(
        "pd-eval-local",
        """
        import pandas as pd
        def f(x):
            lo = 1
            hi = 2
            return int(pd.eval('lo * 3'))
        """,
        "lo = 1\n    hi = 2",
        "hi = 1\n    lo = 2",
        needs=("pandas",),
    ),
    Edit(
        "format-as-argument",
        """
        class K:
            @property
            def rate(s): return 2
        def h(text, k): return text.format(k=k)
        def f(x, n='{k.'):
            return h(n + 'rate}', K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-unbound",
        """
        class K:
            @property
            def rate(s): return 2
        F = ['{0.rate}']
        def f(x):
            return list(map(str.format, F, [K()]))
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "format-of-module",
        """
        import helpers
        F = ['{0.RATE}']
        def f(x):
            return F[0].format(helpers)
        """,
        "RATE = 2",
        "RATE = 5",
        modules={"helpers": "RATE = 2"},
    ),
    Edit(
        "string-formatter",
        """
        import string
        class K:
            @property
            def rate(s): return 2
        F = ['{0.rate}']
        def f(x):
            return string.Formatter().format(F[0], K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "nested-annotations-read",
        """
        def f(x):
            def g(y: int): pass
            return g.__annotations__
        """,
        "y: int",
        "y: str",
    ),
    Edit(
        "nested-annotations-of-alias",
        """
        A = int
        def f(x):
            def g(y: A): pass
            return g.__annotations__
        """,
        "A = int",
        "A = str",
    ),
    Edit(
        "nested-annotation-missing",
        """
        def f(x):
            def g(y: int): return y
            return g(x)
        """,
        "y: int",
        "y: missing",
        until=(3, 13),
    ),
    Edit(
        "nested-annotation-called",
        """
        def note(x, seen=[]):
            seen.append(x)
            return seen[:]
        def f(x):
            def g(y: note(1)): return y
            return note(g(x))
        """,
        "note(1)",
        "note(2)",
        until=(3, 13),
    ),
    Edit(
        "nested-class-module",
        """
        def f(x):
            class G:
                __module__ = 'one'
            return G.__module__
        """,
        "one",
        "two",
    ),
    Edit(
        "setattr-module-deleted",
        """
        import helpers
        def h():
            delattr(helpers, 'a')
        def f(x):
            helpers.a = 0
            h()
            return getattr(helpers, 'a', 1) - helpers.b
        """,
        "helpers, 'a', 1) - helpers.b",
        "helpers, 'b', 1) - helpers.b",
        modules={"helpers": "a = 0\nb = 0"},
    ),
    Edit(
        "which-argument-is-captured",
        """
        def h(a, b):
            return lambda: a
        def f(x):
            return h(1, 2)()
        """,
        "lambda: a",
        "lambda: b",
    ),
    Edit(
        "which-variable-is-captured",
        """
        def f(x):
            a, b = 1, 2
            def g():
                def h(): return a, b
                return h()
            return g()
        """,
        "return a, b",
        "return b, a",
    ),
    Edit(
        "which-scope-is-captured",
        """
        def f(x):
            a = 1
            def g(b):
                def h(): return a
                return h() + b - b
            return g(2)
        """,
        "return a\n",
        "return b\n",
    ),
    Edit(
        "nonlocal-moved",
        """
        def f(x):
            a = b = 0
            def g():
                nonlocal a
                a = x
            g()
            return a - b
        """,
        "nonlocal a\n        a = x",
        "nonlocal b\n        b = x",
    ),
    Edit(
        "class-name-changed",
        """
        class K: pass
        def f(x):
            return type(K()).__name__ + K().__class__.__qualname__
        """,
        "K",
        "L",
    ),
    Edit(
        "class-body-conditional",
        """
        a = 1
        def f(x):
            class K:
                if x > 5:
                    a = 5
                b = a
            return K.b
        """,
        "a = 1",
        "a = 2",
    ),
    Edit(
        "class-body-reads-before-it-binds",
        """
        a = 1
        def f(x):
            class K:
                b = a
                a = 5
            return K.b
        """,
        "a = 1",
        "a = 2",
    ),
    Edit(
        "code-attribute-in-decorator",
        """
        def deco(fn):
            names = fn.__code__.co_varnames
            def wrapper(x): return names, fn(x)
            return wrapper
        @deco
        def f(x):
            rate = x
            return rate
        """,
        "rate",
        "cost",
    ),
    Edit(
        "code-of-a-frame",
        """
        import sys
        def h():
            cost = 1
            return sys._getframe().f_code.co_varnames
        def f(x):
            return h()
        """,
        "cost",
        "rate",
    ),
    Edit(
        "parameter-names",
        """
        import inspect
        def h(a, /): pass
        def f(x):
            return list(inspect.signature(h).parameters)
        """,
        "(a, /)",
        "(b, /)",
    ),
    Edit(
        "pickle-in-table",
        """
        import pickle
        from helpers import K
        T = {'a': [pickle.dumps(K(), protocol=2)]}
        def f(x):
            return pickle.loads(T['a'][0]).rate(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            class K:
                def rate(self, x): return x * 2
            """,
        },
    ),
    Edit(
        "pickle-of-method",
        """
        import pickle
        from helpers import K
        B = pickle.dumps(K.rate)
        def f(x):
            load = pickle.loads
            return load(B)(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            class K:
                @staticmethod
                def rate(x): return x * 2
            """,
        },
    ),
)


@cases(*CASES)
def test_what_is_found_by_text_is_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """Code that looks names up by text depends on what it may find."""
    outcome = compare(edit)
    assert outcome.matters
    assert outcome.noticed
