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
        bug="`import_module`, `sys.modules` are known by name, not by what it means",
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
        bug="`import_module`, `sys.modules` are known by name, not by what it means",
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
        bug="`pkgutil.resolve_name` finds modules by text",
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
        bug="`__doc__` of a nested class is never digested",
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
        bug="`__builtins__` is left out",
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
        bug="a frame further out has variables too",
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
        bug="`DataFrame.query` sees the names of local variables",
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
        bug="`@name` in text that is data is not looked up",
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
        bug="`pandas.eval` reads names without an `@`",
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
        bug="formats inside a value are not learned",
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
        bug="formats inside a value are not learned",
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
        bug="a format with a computed field widens nothing",
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
        "config-string-registry",
        """
        import helpers
        T = {'a': 'helpers.rate'}
        def f(x):
            import pkgutil
            return pkgutil.resolve_name(T['a'])(x)
        """,
        "x * 2",
        "x * 5",
        modules={
            "helpers": """
            def rate(x):
                return x * 2
            """,
        },
        bug="builtins that are imported inside a function are not seen to be what they are",
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
        bug="`pydoc.locate` finds modules by text",
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
        bug="pickled functions are found by text",
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
        bug="a relative name is looked up as it is",
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
        bug="what `__code__` tells is not digested",
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
        bug="what `__code__` tells is not digested",
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
        bug="`repr` of a function tells its name",
    ),
)


@cases(*CASES)
def test_what_is_found_by_text_is_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """Code that looks names up by text depends on what it may find."""
    outcome = compare(edit)
    assert outcome.matters
    assert outcome.noticed
