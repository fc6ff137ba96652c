"""Values that code reaches, and state that hides in libraries, identities and subclasses."""

from __future__ import annotations

from collections.abc import Callable

from tests.tracer.programs import Edit, Outcome, cases

CASES = (
    Edit(
        "alias-two-lists",
        """
        A = []
        B = []
        def h(x): A.append(x)
        def k(): return len(B)
        def f(x):
            h(x)
            return k()
        """,
        "len(B)",
        "len(A)",
    ),
    Edit(
        "closure-share",
        """
        def make():
            n = 0
            def inc():
                nonlocal n
                n += 1
            def get(): return n
            return inc, get
        inc, get = make()

        def f(x):
            inc()
            return get()
        """,
        "inc, get = make()\n\n",
        "inc, get = make()\n_, get = make()\n",
    ),
    Edit(
        "sentinel",
        """
        A = object()
        B = object()
        def h(m=A):
            return m is A
        def f(x):
            return h()
        """,
        "m=A",
        "m=B",
    ),
    Edit(
        "global-swap",
        """
        a = 0
        b = 0
        def f(x):
            global a
            a = x
            return a - b
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "class-body-swap",
        """
        a = 0
        b = 0
        def f(x):
            class K:
                a = 1
                b = 2
                c = a - b
            return K.c
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "del-global",
        """
        R = 2
        def f(x):
            global R
            del R
            try: return R
            except NameError: return 'gone'
        """,
        "    del R\n",
        "",
    ),
    Edit(
        "lib-partial",
        """
        import json, functools
        old = json.dumps
        json.dumps = functools.partial(json.dumps, sort_keys=True)
        def f(x):
            try: return json.dumps({'b': 1, 'a': 2})
            finally: json.dumps = old
        """,
        "sort_keys=True",
        "sort_keys=False",
    ),
    Edit(
        "lib-dict",
        """
        import json
        json.RATES = {'a': 2}
        def f(x):
            return json.RATES['a']
        """,
        "'a': 2",
        "'a': 5",
    ),
    Edit(
        "lib-instance",
        """
        import json
        class K:
            def __call__(self): return 2
        json.hook = K()
        def f(x):
            return json.hook()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "lib-class-patched",
        """
        import fractions
        fractions.Fraction.rate = lambda self: 2
        def f(x):
            return fractions.Fraction(1, 2).rate()
        """,
        "self: 2",
        "self: 5",
    ),
    Edit(
        "lib-class-patched-data",
        """
        import fractions
        fractions.Fraction.rate = 2
        def f(x):
            return fractions.Fraction(1, 2).rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "patched-library-function",
        """
        import textwrap
        textwrap.rate = lambda x: x * 2
        def f(x):
            return textwrap.rate(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "patched-library-constant",
        """
        import textwrap
        textwrap.RATE = 2
        def f(x):
            return textwrap.RATE * x
        """,
        "RATE = 2",
        "RATE = 5",
    ),
    Edit(
        "sys-argv",
        """
        import sys
        sys.argv[1:] = ['a']
        def f(x):
            return sys.argv[1]
        """,
        "'a'",
        "'b'",
    ),
    Edit(
        "threading-local",
        """
        import threading
        L = threading.local()
        L.rate = 2
        def f(x):
            return L.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "threading-local-sub",
        """
        import threading
        class K(threading.local):
            rate = 2
        L = K()
        def f(x):
            return L.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "logger-sub",
        """
        import logging
        class K(logging.Logger):
            def rate(self): return 2
        L = K('a')
        def f(x):
            return L.rate() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "event",
        """
        import threading
        L = threading.Event()
        L.set()
        def f(x):
            return L.is_set()
        """,
        "L.set()",
        "",
    ),
    Edit(
        "contextvar-default",
        """
        import contextvars
        V = contextvars.ContextVar('v', default=2)
        def f(x):
            return V.get() * x
        """,
        "default=2",
        "default=5",
    ),
    Edit(
        "contextvar-set",
        """
        import contextvars
        V = contextvars.ContextVar('v')
        V.set(2)
        def f(x):
            return V.get() * x
        """,
        "set(2)",
        "set(5)",
    ),
    Edit(
        "module-subclass",
        """
        import sys, types
        class M(types.ModuleType):
            @property
            def rate(self): return 2
        import helpers
        helpers.__class__ = M
        def f(x):
            return helpers.rate * x
        """,
        "return 2",
        "return 5",
        modules={
            "helpers": "",
        },
    ),
    Edit(
        "module-getattr",
        """
        import helpers
        def f(x):
            return helpers.rate * x
        """,
        "return 2",
        "return 5",
        modules={
            "helpers": """
            def __getattr__(n): return 2
            """,
        },
    ),
    Edit(
        "module-getattr-lambda-partial",
        """
        import helpers
        def f(x):
            return helpers.rate * x
        """,
        "return 2",
        "return 5",
        modules={
            "helpers": """
            import functools
            def look(n): return 2
            __getattr__ = functools.partial(look)
            """,
        },
    ),
    Edit(
        "from-import-getattr",
        """
        def f(x):
            from helpers import rate
            return rate * x
        """,
        "return 2",
        "return 5",
        modules={
            "helpers": """
            def __getattr__(n): return 2
            """,
        },
    ),
    Edit(
        "instance-attribute",
        """
        class K:
            pass
        k = K()
        k.rate = 2
        def f(x):
            return k.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "instance-dict-order",
        """
        class K: pass
        k = K()
        k.a = 1
        k.b = 2
        def f(x):
            return list(vars(k))
        """,
        "k.a = 1\nk.b = 2",
        "k.b = 2\nk.a = 1",
    ),
    Edit(
        "method-of-instance",
        """
        class K:
            def __init__(s): s.r = 2
            def m(s): return s.r
        h = K().m
        def f(x):
            return h()
        """,
        "s.r = 2",
        "s.r = 5",
    ),
    Edit(
        "generic-fn-attr",
        """
        def h(x): return x
        h.rate = 2
        def f(x):
            return h.rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "exception-argument",
        """
        E = ValueError('a')
        def f(x):
            return E.args
        """,
        "'a'",
        "'b'",
    ),
    Edit(
        "exc-sub-oserror",
        """
        class E(OSError): pass
        V = E(2, 'no', 'a.txt')
        def f(x):
            return V.filename
        """,
        "a.txt",
        "b.txt",
    ),
    Edit(
        "exc-cause",
        """
        V = ValueError('a')
        V.__cause__ = KeyError('b')
        def f(x):
            return str(V.__cause__)
        """,
        "'b'",
        "'c'",
    ),
    Edit(
        "user-exc-cause",
        """
        class E(ValueError): pass
        V = E('a')
        V.__cause__ = KeyError('b')
        def f(x):
            return str(V.__cause__)
        """,
        "'b'",
        "'c'",
    ),
    Edit(
        "str-sub-str",
        """
        class S(str):
            def __str__(self): return 'x'
        V = S('a')
        def f(x):
            return V.upper()
        """,
        "'a'",
        "'b'",
    ),
    Edit(
        "tuple-sub-iter",
        """
        class S(tuple):
            def __iter__(self): return iter(())
        V = S([1, 2])
        def f(x):
            return V[0]
        """,
        "[1, 2]",
        "[2, 2]",
    ),
    Edit(
        "list-sub-iter",
        """
        class S(list):
            def __iter__(self): return iter(())
        V = S([1, 2])
        def f(x):
            return V[0]
        """,
        "[1, 2]",
        "[2, 2]",
    ),
    Edit(
        "complex-sub-real",
        """
        class S(complex):
            real = 1.0
        V = S(1, 2)
        def f(x):
            return V + 0
        """,
        "S(1, 2)",
        "S(3, 2)",
    ),
    Edit(
        "int-sub-attr",
        """
        class S(int): pass
        V = S(1)
        V.rate = 2
        def f(x):
            return V.rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "simplens-sub",
        """
        import types
        class N(types.SimpleNamespace):
            def r(s): return s.v
        V = N(v=2)
        def f(x):
            return V.r()
        """,
        "v=2",
        "v=5",
    ),
    Edit(
        "deque-sub",
        """
        import collections
        class N(collections.deque):
            pass
        V = N([2])
        def f(x):
            return V[0]
        """,
        "[2]",
        "[5]",
    ),
    Edit(
        "defaultdict-sub",
        """
        import collections
        class N(collections.defaultdict): pass
        V = N(lambda: 2)
        def f(x):
            return V['q']
        """,
        "lambda: 2",
        "lambda: 5",
    ),
    Edit(
        "odict-order",
        """
        import collections
        V = collections.OrderedDict(a=1, b=2)
        V.move_to_end('b')
        def f(x):
            return list(V)
        """,
        "move_to_end('b')",
        "move_to_end('a')",
    ),
    Edit(
        "list-iter",
        """
        g = iter([1, 2])
        def f(x):
            return next(g)
        """,
        "[1, 2]",
        "[2, 2]",
    ),
    Edit(
        "map-global",
        """
        def h(x): return 2
        g = map(h, [1])
        def f(x):
            return next(g)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "counter-iter-user",
        """
        class I:
            def __init__(s): s.n = 2
            def __iter__(s): return s
            def __next__(s): s.n += 1; return s.n
        g = I()
        def f(x):
            return next(g)
        """,
        "n = 2",
        "n = 5",
    ),
    Edit(
        "mock",
        """
        from unittest import mock
        m = mock.Mock(return_value=2)
        def f(x):
            return m()
        """,
        "=2",
        "=5",
    ),
    Edit(
        "typevar",
        """
        import typing
        T = typing.TypeVar('T', bound=int)
        def f(x):
            return T.__bound__
        """,
        "bound=int",
        "bound=str",
    ),
    Edit(
        "newtype",
        """
        import typing
        T = typing.NewType('T', int)
        def f(x):
            return T.__supertype__
        """,
        "int",
        "str",
    ),
    Edit(
        "generic-alias",
        """
        import typing
        T = typing.List[int]
        def f(x):
            return T.__args__
        """,
        "[int]",
        "[str]",
    ),
    Edit(
        "dict-nonstr-global",
        """
        globals()[1] = 2
        R = 2
        def f(x):
            return eval('R')
        """,
        "R = 2",
        "R = 5",
    ),
    Edit(
        "frompyfunc",
        """
        import numpy as np
        def h(x): return x * 2
        V = np.frompyfunc(h, 1, 1)
        def f(x):
            return V(x)
        """,
        "x * 2",
        "x * 5",
        needs=("numpy",),
    ),
    Edit(
        "vectorize",
        """
        import numpy as np
        def h(x): return x * 2
        V = np.vectorize(h)
        def f(x):
            return V(x)
        """,
        "x * 2",
        "x * 5",
        needs=("numpy",),
    ),
    Edit(
        "categorical-dtype",
        """
        import pandas as pd
        D = pd.CategoricalDtype(['a', 'b'], ordered=True)
        def f(x):
            return list(pd.Series(['b', 'a']).astype(D).sort_values())
        """,
        "['a', 'b'], o",
        "['b', 'a'], o",
        needs=("pandas",),
    ),
    Edit(
        "frame-metadata",
        """
        import pandas as pd
        class F(pd.DataFrame):
            _metadata = ['rate']
        V = F({'a': [1]})
        V.rate = 2
        def f(x):
            return V.rate
        """,
        "V.rate = 2",
        "V.rate = 5",
        needs=("pandas",),
    ),
    Edit(
        "np-generic-subclass",
        """
        import numpy as np
        class F(np.float64):
            rate = 2
        V = F(1)
        def f(x):
            return V.rate
        """,
        "rate = 2",
        "rate = 5",
        needs=("numpy",),
    ),
    Edit(
        "np-sub-attr",
        """
        import numpy as np
        class F(np.ndarray): pass
        V = np.zeros(2).view(F)
        V.rate = 2
        def f(x):
            return V.rate
        """,
        "rate = 2",
        "rate = 5",
        needs=("numpy",),
    ),
    Edit(
        "np-void",
        """
        import numpy as np
        V = np.zeros(1, [('a', 'i4')])[0]
        V['a'] = 2
        def f(x):
            return int(V['a'])
        """,
        "= 2",
        "= 5",
        needs=("numpy",),
    ),
    Edit(
        "obj-array-alias",
        """
        import numpy as np
        V = np.array([1, 'a', None], dtype=object)
        def f(x):
            return V[1]
        """,
        "'a'",
        "'b'",
        needs=("numpy",),
    ),
    Edit(
        "0d-array-vs-scalar",
        """
        import numpy as np
        V = np.float64(1)
        def f(x):
            return type(V).__name__
        """,
        "np.float64(1)",
        "np.array(1.0)",
        needs=("numpy",),
    ),
    Edit(
        "bool-vs-int-in-container",
        """
        V = [1]
        def f(x):
            return repr(V)
        """,
        "[1]",
        "[True]",
    ),
    Edit(
        "neg-zero",
        """
        V = [0.0]
        def f(x):
            return repr(V)
        """,
        "0.0",
        "-0.0",
    ),
    Edit(
        "nan-payload",
        """
        import struct
        V = struct.unpack('<d', bytes.fromhex('000000000000f87f'))[0]
        def f(x):
            return struct.pack('<d', V)
        """,
        "000000000000f87f",
        "010000000000f87f",
    ),
    Edit(
        "huge-int",
        """
        V = 10**10000
        def f(x):
            return V % 7
        """,
        "10**10000",
        "10**10001",
    ),
    Edit(
        "class-of-a-registered-value",
        """
        import tracer
        class K:
            def run(self): return 2
        tracer.register(K, lambda _: "one of K")
        V = K()
        def f(x):
            return V.run()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "class-of-a-registered-default",
        """
        import tracer
        class K:
            def run(self): return 2
        class Other(K):
            def run(self): return 3
        tracer.register(K, lambda _: "one of K")
        def f(x, v=K()):
            return v.run()
        """,
        "v=K()",
        "v=Other()",
    ),
    Edit(
        "surrogate",
        """
        V = '\\ud800'
        def f(x):
            return ord(V)
        """,
        "ud800",
        "ud801",
    ),
    Edit(
        "deep-linked",
        """
        V = None
        for i in range(200): V = [V, i]
        def f(x):
            return V[1]
        """,
        "200",
        "201",
    ),
    Edit(
        "decimal",
        """
        import decimal
        V = decimal.Decimal('1.0')
        def f(x):
            return str(V)
        """,
        "'1.0'",
        "'1.00'",
    ),
    Edit(
        "tzinfo",
        """
        import datetime
        V = datetime.datetime(2020,1,1,fold=0)
        def f(x):
            return V.fold
        """,
        "fold=0",
        "fold=1",
    ),
    Edit(
        "bound-method-of-library-value",
        """
        D = {'a': 2}
        get = D.get
        def f(x):
            return get('a') * x
        """,
        "'a': 2",
        "'a': 5",
    ),
    Edit(
        "alias-inside-value",
        """
        A = [1]
        B = [A]
        def f(x):
            A.append(x)
            return len(B[0])
        """,
        "B = [A]",
        "B = [[1]]",
    ),
    Edit(
        "alias-instance-attr",
        """
        A = [1]
        class K: pass
        k = K()
        k.a = A
        def f(x):
            A.append(x)
            return len(k.a)
        """,
        "k.a = A",
        "k.a = [1]",
    ),
    Edit(
        "alias-two-instances",
        """
        class K: pass
        a = K()
        b = K()
        a.v = [1]
        b.v = a.v
        def f(x):
            a.v.append(x)
            return len(b.v)
        """,
        "b.v = a.v",
        "b.v = [1]",
    ),
    Edit(
        "alias-class-attr",
        """
        A = [1]
        class K:
            a = A
        def f(x):
            A.append(x)
            return len(K.a)
        """,
        "a = A",
        "a = [1]",
    ),
    Edit(
        "alias-of-no-annotations",
        """
        def g(a): pass
        KEPT = g.__annotations__
        def f(x):
            KEPT['new'] = 1
            n = len(g.__annotations__)
            KEPT.clear()
            return n
        """,
        "KEPT = g.__annotations__",
        "KEPT = {}",
    ),
    Edit(
        "alias-default",
        """
        A = [1]
        def h(x, a=A):
            return len(a)
        def f(x):
            A.append(x)
            return h(x)
        """,
        "a=A",
        "a=[1]",
    ),
    Edit(
        "alias-in-one-value",
        """
        A = [[0], [0]]
        def f(x):
            A[0].append(x)
            return len(A[1])
        """,
        "[[0], [0]]",
        "[[0]] * 2",
    ),
    Edit(
        "sentinel-in-table",
        """
        A = object()
        B = object()
        T = {'k': A}
        def f(x):
            return T['k'] is A
        """,
        "'k': A",
        "'k': B",
    ),
    Edit(
        "sentinel-class-instance",
        """
        class S: pass
        A = S()
        B = S()
        def h(m=A):
            return m is A
        def f(x):
            return h()
        """,
        "m=A",
        "m=B",
    ),
    Edit(
        "sentinel-in-dict-instance",
        """
        class S: pass
        A = S()
        B = S()
        T = {'k': A}
        def f(x):
            return T['k'] is A
        """,
        "'k': A",
        "'k': B",
    ),
    Edit(
        "same-fn-or-copy",
        """
        def g(): return 1
        def h(): return 1
        T = [g, g]
        def f(x):
            return T[0] is T[1]
        """,
        "[g, g]",
        "[g, h]",
    ),
    Edit(
        "lib-fn-attr",
        """
        import json
        json.dumps.rate = 2
        def f(x):
            return json.dumps.rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "lib-nested-obj",
        """
        import json
        json.ns = {'a': {'b': 2}}
        def f(x):
            return json.ns['a']['b']
        """,
        "'b': 2",
        "'b': 5",
    ),
    Edit(
        "lib-lambda-in-dict",
        """
        import json
        json.hooks = {'a': lambda: 2}
        def f(x):
            return json.hooks['a']()
        """,
        "lambda: 2",
        "lambda: 5",
    ),
    Edit(
        "lib-encoder-patched",
        """
        import json
        old = json.JSONEncoder.default
        json.JSONEncoder.default = lambda s, o: 2
        def f(x):
            try: return json.dumps({1})
            finally: json.JSONEncoder.default = old
        """,
        "o: 2",
        "o: 5",
    ),
    Edit(
        "instance-shadow-method",
        """
        class K:
            def m(s): return 1
        k = K()
        k.m = lambda: 2
        def f(x):
            return k.m()
        """,
        "lambda: 2",
        "lambda: 5",
    ),
    Edit(
        "bound-method-in-list",
        """
        class K:
            def __init__(s, v): s.v = v
            def m(s): return s.v
        T = [K(2).m]
        def f(x):
            return T[0]()
        """,
        "K(2)",
        "K(5)",
    ),
    Edit(
        "nonlocal-swap",
        """
        def make():
            a = 0
            b = 0
            def f(x):
                nonlocal a
                a = x
                return a - b
            return f
        f = make()
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "attr-swap-self",
        """
        class K:
            a = 0
            b = 0
        k = K()
        def f(x):
            k.a = x
            return k.a - k.b
        """,
        "k.a - k.b",
        "k.b - k.a",
    ),
    Edit(
        "module-attr-store",
        """
        import helpers
        def f(x):
            helpers.a = x
            return helpers.a - helpers.b
        """,
        "helpers.a - helpers.b",
        "helpers.b - helpers.a",
        modules={
            "helpers": """
            a = 0
            b = 0
            """,
        },
    ),
    Edit(
        "helper-writes-global",
        """
        a = 0
        b = 0
        def h(x):
            global a
            a = x
        def f(x):
            h(x)
            return a - b
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "exec-writes-global",
        """
        a = 0
        b = 0
        def h(x):
            globals()['a'] = x
        def f(x):
            h(x)
            return a - b
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "setattr-module",
        """
        import helpers
        def h(x):
            setattr(helpers, 'a', x)
        def f(x):
            h(x)
            return helpers.a - helpers.b
        """,
        "helpers.a - helpers.b",
        "helpers.b - helpers.a",
        modules={
            "helpers": """
            a = 0
            b = 0
            """,
        },
    ),
    Edit(
        "store-attr-module-elsewhere",
        """
        import helpers
        def h(x):
            helpers.a = x
        def f(x):
            h(x)
            return helpers.a - helpers.b
        """,
        "helpers.a - helpers.b",
        "helpers.b - helpers.a",
        modules={
            "helpers": """
            a = 0
            b = 0
            """,
        },
    ),
    Edit(
        "helper-in-module-writes",
        """
        import helpers
        def f(x):
            helpers.setup(x)
            return helpers.a - helpers.b
        """,
        "helpers.a - helpers.b",
        "helpers.b - helpers.a",
        modules={
            "helpers": """
            a = 0
            b = 0
            def setup(x):
                global a
                a = x
            """,
        },
    ),
    Edit(
        "alias-in-tuple-and-dict",
        """
        A = {'n': 1}
        T = ({'k': A}, 5)
        def f(x):
            T[0]['k']['n'] = x
            return A['n']
        """,
        "'k': A",
        "'k': {'n': 1}",
    ),
    Edit(
        "alias-array-in-table",
        """
        import numpy as np
        A = np.zeros(3)
        T = {'k': A}
        def f(x):
            A[0] = x
            return float(T['k'][0])
        """,
        "'k': A",
        "'k': np.zeros(3)",
        needs=("numpy",),
    ),
    Edit(
        "alias-frame-in-instance",
        """
        import pandas as pd
        A = pd.DataFrame({'a': [1]})
        class K: pass
        k = K()
        k.frame = A
        def f(x):
            A['b'] = x
            return list(k.frame.columns)
        """,
        "k.frame = A",
        "k.frame = A.copy()",
        needs=("pandas",),
    ),
    Edit(
        "alias-bound-method",
        """
        class K:
            n = 1
            def get(self): return self.n
        k = K()
        T = [k.get]
        def f(x):
            k.n = x
            return T[0]()
        """,
        "[k.get]",
        "[K().get]",
    ),
    Edit(
        "alias-default-inside-value",
        """
        A = [1]
        def h(x, a={'k': A}):
            return len(a['k'])
        def f(x):
            A.append(x)
            return h(x)
        """,
        "'k': A",
        "'k': [1]",
    ),
    Edit(
        "alias-slots",
        """
        class K:
            __slots__ = ('v',)
        a, b, c = K(), K(), K()
        a.v = b.v = c.v = 1
        T = [a, b]
        def f(x):
            a.v = x
            return T[0].v
        """,
        "T = [a, b]",
        "T = [c, b]",
    ),
    Edit(
        "alias-in-set",
        """
        class K:
            n = 1
        a, b, c = K(), K(), K()
        S = {a, b}
        def f(x):
            c.n = x
            return sorted(k.n for k in S)
        """,
        "{a, b}",
        "{a, c}",
    ),
    Edit(
        "alias-in-library-instance",
        """
        import types
        A = [1]
        N = types.SimpleNamespace(a=A)
        def f(x):
            A.append(x)
            return len(N.a)
        """,
        "a=A",
        "a=[1]",
    ),
    Edit(
        "lib-class-patched-table",
        """
        import fractions
        fractions.Fraction.rates = {'a': [2]}
        def h(q): return q.rates['a'][0]
        def f(x):
            return h(fractions.Fraction(1, 2))
        """,
        "[2]",
        "[5]",
    ),
    Edit(
        "lib-class-patched-instance",
        """
        import fractions
        class K:
            def __init__(self, rate): self.rate = rate
        fractions.Fraction.helper = K(2)
        q = fractions.Fraction(1, 2)
        def f(x):
            return q.helper.rate
        """,
        "K(2)",
        "K(5)",
    ),
    Edit(
        "lib-class-patched-in-subclass",
        """
        import fractions
        fractions.Fraction.rate = 2
        class Mine(fractions.Fraction): pass
        def f(x):
            return Mine(1, 2).rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "lib-class-patched-partial",
        """
        import fractions, functools
        def rate(n, self): return n
        fractions.Fraction.rate = functools.partial(rate, 2)
        def f(x):
            return fractions.Fraction.rate(0)
        """,
        "functools.partial(rate, 2)",
        "functools.partial(rate, 5)",
    ),
    Edit(
        "lib-fn-attr-table",
        """
        import json
        json.dumps.rates = {'a': 2}
        def f(x):
            return json.dumps.rates['a']
        """,
        "'a': 2",
        "'a': 5",
    ),
    Edit(
        "lib-fn-attr-function",
        """
        from json import dumps
        dumps.hook = lambda: 2
        def f(x):
            d = dumps
            return d.hook()
        """,
        "lambda: 2",
        "lambda: 5",
    ),
    Edit(
        "module-class-deep",
        """
        import types
        import pkg.core
        class M(types.ModuleType):
            def __getattr__(self, name): return 2
        pkg.core.__class__ = M
        def f(x):
            return pkg.core.rate * x
        """,
        "return 2",
        "return 5",
        modules={"pkg": "", "pkg.core": ""},
    ),
    Edit(
        "module-class-hides-a-name",
        """
        import types
        import helpers
        class M(types.ModuleType):
            @property
            def rate(self): return 2
        helpers.__class__ = M
        def f(x):
            from helpers import rate
            return rate * x
        """,
        "return 2",
        "return 5",
        modules={"helpers": "rate = 1"},
    ),
    Edit(
        "typevar-constraints",
        """
        import typing
        T = typing.TypeVar('T', int, str)
        def f(x):
            return T.__constraints__
        """,
        "int, str",
        "int, bytes",
    ),
    Edit(
        "typevar-variance",
        """
        import typing
        T = typing.TypeVar('T', covariant=True)
        def f(x):
            return T.__covariant__
        """,
        "'T', covariant",
        "'T', contravariant",
    ),
    Edit(
        "paramspec-bound",
        """
        import typing
        T = typing.ParamSpec('T', bound=int)
        def f(x):
            return T.__bound__
        """,
        "bound=int",
        "bound=str",
    ),
    Edit(
        "threading-local-in-instance",
        """
        import threading
        class Context:
            def __init__(self, rate):
                self.local = threading.local()
                self.local.stack = [rate]
        C = Context(2)
        def f(x):
            return C.local.stack[0]
        """,
        "Context(2)",
        "Context(5)",
    ),
    Edit(
        "referents-of-a-function",
        """
        import gc
        def g(n=2): return n
        def f(x):
            return [one for one in gc.get_referents(g) if type(one) is tuple][0]
        """,
        "n=2",
        "n=5",
    ),
    Edit(
        "threading-local-sub-filled",
        """
        import threading
        class K(threading.local):
            def get(self): return self.rate
        L = K()
        L.rate = 2
        def f(x):
            return L.get()
        """,
        "rate = 2",
        "rate = 5",
    ),
)


@cases(*CASES)
def test_changed_state_is_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """What a call finds in its surroundings changes the digest with it."""
    outcome = compare(edit)
    assert outcome.matters
    assert outcome.noticed
