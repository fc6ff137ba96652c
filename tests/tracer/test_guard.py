"""A guard notices every change within a process, and nothing but changes."""

from __future__ import annotations

import builtins
import json
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.tracer.programs import Program
from tracer.pyversion import LAZY_ANNOTATIONS

HELPERS = {"helpers": "def rate(x):\n    return x * 2\n"}


@dataclass(frozen=True)
class Change:
    """A program, and what is done to it while it runs."""

    id: str
    source: str
    change: str
    modules: dict[str, str] = field(default_factory=dict)
    needs: str = ""
    until: tuple[int, int] = (3, 99)
    """The last minor version of Python on which the change matters."""
    bug: str = ""


CHANGES = (
    Change(
        "computed-getattr-module",
        """
        import helpers
        def f(x, n='ra'): return getattr(helpers, n + 'te')(x)
        """,
        "helpers.rate = lambda x: x*5",
        modules=HELPERS,
    ),
    Change(
        "vars-module-new",
        """
        import helpers
        def f(x): return len(vars(helpers))
        """,
        "helpers.extra = 1",
        modules=HELPERS,
    ),
    Change(
        "vars-module-order",
        """
        import helpers
        def f(x): return list(vars(helpers))[-1]
        """,
        "rate = helpers.rate; del helpers.rate; helpers.rate = rate",
        modules={"helpers": "rate = 2\nother = 3\n"},
    ),
    Change(
        "globals-order",
        """
        a = 1
        b = 2
        def f(x): return [name for name in globals() if name in ('a', 'b')]
        """,
        "globals().update(a=globals().pop('a'))",
    ),
    Change(
        "vars-module-rebind",
        """
        import helpers
        def f(x, n='rate'): return vars(helpers)[n](x)
        """,
        "helpers.rate = lambda x: x*5",
        modules=HELPERS,
    ),
    Change(
        "dict-module-rebind",
        """
        import helpers
        N='rate'
        K=[N]
        def f(x, n=None): return helpers.__dict__[''.join(['ra','te'])](x)
        """,
        "helpers.rate = lambda x: x*5",
        modules=HELPERS,
    ),
    Change(
        "eval",
        """
        R=2
        def f(x): return eval('R')
        """,
        "R=5",
    ),
    Change(
        "eval-module",
        """
        import helpers
        def f(x): return eval('helpers.rate(x)')
        """,
        "helpers.rate = lambda x: x*5",
        modules=HELPERS,
    ),
    Change(
        "globals-new",
        "def f(x): return len(globals())",
        "NEW=1",
    ),
    Change(
        "void-scalar",
        """
        import numpy as np
        V = np.zeros(1, [('a', 'i4')])[0]
        def f(x): return int(V['a'])
        """,
        "V['a'] = 5",
        needs="numpy",
    ),
    Change(
        "enum-attr",
        """
        import enum
        class E(enum.Enum):
            A=1
        E.A.label='x'
        def f(x): return E.A.label
        """,
        "E.A.label = 'y'",
    ),
    Change(
        "thread-local",
        """
        import threading
        L=threading.local()
        L.r=2
        def f(x): return L.r
        """,
        "L.r=5",
    ),
    Change(
        "contextvar",
        """
        import contextvars
        V=contextvars.ContextVar('V', default=2)
        def f(x): return V.get()
        """,
        "V.set(5)",
    ),
    Change(
        "lib-dict-inplace",
        """
        import json
        json.R={'a':2}
        def f(x): return json.R['a']
        """,
        "json.R['a']=5",
    ),
    Change(
        "lib-class-patched",
        """
        import fractions
        fractions.Fraction.r=lambda s:2
        def f(x): return fractions.Fraction(1,2).r()
        """,
        "fractions.Fraction.r=lambda s:5",
    ),
    Change(
        "kwdef-add",
        """
        def h(*, k=1, j): return j
        def f(x):
            try: return h()
            except TypeError: return 0
        """,
        "h.__kwdefaults__['j']=5",
    ),
    Change(
        "metaclass-change",
        """
        class M(type):
            r=2
        class N(M):
            r=5
        class K(metaclass=M): pass
        def f(x): return K.r
        """,
        "K.__class__=N",
    ),
    Change(
        "abc-register",
        """
        import abc
        class S(abc.ABC): pass
        class T: pass
        def f(x): return isinstance(T(), S)
        """,
        "S.register(T)",
    ),
    Change(
        "new-subclass",
        """
        class S: pass
        def f(x): return len(S.__subclasses__())
        """,
        "class T(S): pass",
    ),
    Change(
        "instance-class",
        """
        class K:
            r=2
        class N:
            r=5
        k=K()
        def f(x): return k.r
        """,
        "k.__class__=N",
    ),
    Change(
        "cell",
        """
        def mk():
            n=2
            def f(x): return n
            def s(v):
                nonlocal n
                n=v
            return f, s
        f,s=mk()
        """,
        "s(5)",
    ),
    Change(
        "code",
        """
        def h(x): return 2
        def f(x): return h(x)
        """,
        "h.__code__=(lambda x: 5).__code__",
    ),
    Change(
        "defaults",
        """
        def h(x=2): return x
        def f(x): return h()
        """,
        "h.__defaults__=(5,)",
    ),
    Change(
        "kwdefaults",
        """
        def h(*, x=2): return x
        def f(x): return h()
        """,
        "h.__kwdefaults__['x']=5",
    ),
    Change(
        "kwdefaults-set",
        """
        def h(*, x=2): return x
        def f(x): return h()
        """,
        "h.__kwdefaults__={'x':5}",
    ),
    Change(
        "default-list",
        """
        def h(x=[2]): return x[0]
        def f(x): return h()
        """,
        "h.__defaults__[0][0]=5",
    ),
    Change(
        "array",
        """
        import numpy as np
        V=np.zeros(3)
        def f(x): return V.sum()
        """,
        "V[1]=5",
        needs="numpy",
    ),
    Change(
        "array-view",
        """
        import numpy as np
        B=np.zeros(3)
        V=B[1:]
        def f(x): return V.sum()
        """,
        "B[1]=5",
        needs="numpy",
    ),
    Change(
        "frame",
        """
        import pandas as pd
        V=pd.DataFrame({'a':[1]})
        def f(x): return int(V.a.sum())
        """,
        "V.loc[0,'a']=5",
        needs="pandas",
    ),
    Change(
        "frame-attrs",
        """
        import pandas as pd
        V=pd.DataFrame({'a':[1]})
        def f(x): return V.attrs.get('q')
        """,
        "V.attrs['q']=5",
        needs="pandas",
    ),
    Change(
        "index-name",
        """
        import pandas as pd
        V=pd.Index([1])
        def f(x): return V.name
        """,
        "V.name='q'",
        needs="pandas",
    ),
    Change(
        "tuple-list",
        """
        V=([2],)
        def f(x): return V[0][0]
        """,
        "V[0][0]=5",
    ),
    Change(
        "set",
        """
        V={1}
        def f(x): return len(V)
        """,
        "V.add(2)",
    ),
    Change(
        "frozenset-inst",
        """
        class K:
            pass
        k=K()
        k.r=2
        V=frozenset([k])
        def f(x): return [i.r for i in V]
        """,
        "k.r=5",
    ),
    Change(
        "class-attr",
        """
        class K:
            r=2
        def f(x): return K.r
        """,
        "K.r=5",
    ),
    Change(
        "class-list",
        """
        class K:
            r=[2]
        def f(x): return K.r[0]
        """,
        "K.r[0]=5",
    ),
    Change(
        "method",
        """
        class K:
            def r(s): return 2
        def f(x): return K().r()
        """,
        "K.r=lambda s:5",
    ),
    Change(
        "base-attr",
        """
        class B:
            r=2
        class K(B): pass
        def f(x): return K.r
        """,
        "B.r=5",
    ),
    Change(
        "bases",
        """
        class B:
            r=2
        class C:
            r=5
        class K(B): pass
        def f(x): return K.r
        """,
        "K.__bases__=(C,)",
    ),
    Change(
        "slot",
        """
        class K:
            __slots__=('r',)
        k=K()
        k.r=2
        def f(x): return k.r
        """,
        "k.r=5",
    ),
    Change(
        "instance-fn",
        """
        class K: pass
        k=K()
        k.h=lambda: 2
        def f(x): return k.h()
        """,
        "k.h=lambda: 5",
    ),
    Change(
        "instance-fn-samecode",
        """
        class K: pass
        k=K()
        def mk(v): return lambda: v
        k.h=mk(2)
        def f(x): return k.h()
        """,
        "k.h=mk(5)",
    ),
    Change(
        "builtin-shadow",
        "def f(x): return len([1])",
        "len=lambda v: 5",
    ),
    Change(
        "absent",
        """
        def f(x):
            try: return Q
            except NameError: return 0
        """,
        "Q=5",
    ),
    Change(
        "module-attr",
        """
        import helpers
        def f(x): return helpers.rate(x)
        """,
        "helpers.rate=lambda x: 5",
        modules=HELPERS,
    ),
    Change(
        "module-local-var",
        """
        def f(x):
            import helpers as h
            return h.rate(x)
        """,
        """
        import helpers
        helpers.rate=lambda x: 5
        """,
        modules=HELPERS,
    ),
    Change(
        "module-replaced",
        """
        def f(x):
            import helpers as h
            return h.rate(x)
        """,
        """
        import sys,types
        m=types.ModuleType('helpers')
        m.rate=lambda x: 5
        sys.modules['helpers']=m
        """,
        modules=HELPERS,
    ),
    Change(
        "function-attr",
        """
        def h(): pass
        h.r=2
        def f(x): return h.r
        """,
        "h.r=5",
    ),
    Change(
        "function-attr-list",
        """
        def h(): pass
        h.r=[2]
        def f(x): return h.r[0]
        """,
        "h.r[0]=5",
    ),
    Change(
        "partial-kw",
        """
        import functools
        def h(a, b=1): return b
        p=functools.partial(h, b=2)
        def f(x): return p(1)
        """,
        "p.keywords['b']=5",
    ),
    Change(
        "lru-wrapped-code",
        """
        import functools
        @functools.lru_cache
        def h(a): return 2
        def f(x): return h(1)
        """,
        """
        h.cache_clear()
        h.__wrapped__.__code__=(lambda a: 5).__code__
        """,
    ),
    Change(
        "singledispatch-register",
        """
        import functools
        @functools.singledispatch
        def h(a): return 2
        def f(x): return h(1)
        """,
        "h.register(int, lambda a: 5)",
    ),
    Change(
        "rng",
        """
        import numpy as np
        r=np.random.default_rng(1)
        def f(x): return r.bit_generator.state['state']['state']
        """,
        "r.random()",
        needs="numpy",
    ),
    Change(
        "random.Random",
        """
        import random
        r=random.Random(1)
        def f(x): return r.getstate()[1][:2]
        """,
        "r.seed(5)",
    ),
    Change(
        "mappingproxy",
        """
        import types
        d={'a':2}
        V=types.MappingProxyType(d)
        def f(x): return V['a']
        """,
        "d['a']=5",
    ),
    Change(
        "chainmap",
        """
        import collections
        d={'a':2}
        V=collections.ChainMap(d)
        def f(x): return V['a']
        """,
        "d['a']=5",
    ),
    Change(
        "iterator",
        """
        it=iter([2,5])
        def f(x): return it.__reduce__()[2]
        """,
        "next(it)",
    ),
    Change(
        "memoryview",
        """
        b=bytearray(b'a')
        V=memoryview(b)
        def f(x): return V[0]
        """,
        "b[0]=5",
    ),
    Change(
        "weakref",
        """
        import weakref
        class K: pass
        k=K()
        w=weakref.ref(k)
        def f(x): return w() is None
        """,
        """
        del k
        import gc
        gc.collect()
        """,
    ),
    Change(
        "property-fget",
        """
        class K:
            @property
            def r(s): return 2
        def f(x): return K().r
        """,
        "K.r.fget.__code__=(lambda s:5).__code__",
    ),
    Change(
        "class-doc",
        """
        class K:
            'a'
        def f(x): return K.__doc__
        """,
        "K.__doc__='b'",
    ),
    Change(
        "annotations",
        """
        def h(a: int): pass
        def f(x): return str(h.__annotations__)
        """,
        "h.__annotations__['a']=str",
    ),
    Change(
        "qualname",
        """
        def h(a): pass
        def f(x): return h.__name__
        """,
        "h.__name__='z'",
    ),
    Change(
        "wraps-name",
        """
        def h(a): pass
        def f(x): return h.__doc__
        """,
        "h.__doc__='z'",
    ),
    Change(
        "annotations-added",
        """
        def h(a): pass
        def f(x): return str(h.__annotations__)
        """,
        "h.__annotations__['a'] = str",
    ),
    Change(
        "annotations-of-one-without",
        """
        def h(a): pass
        def f(x): return str(h.__annotations__)
        """,
        "h.__annotations__ = {'a': str}",
    ),
    Change(
        "module-of-a-function",
        """
        def h(a): pass
        def f(x): return h.__module__
        """,
        "h.__module__ = 'other'",
    ),
    Change(
        "annotations-replaced",
        """
        def h(a: int): pass
        def f(x): return str(h.__annotations__)
        """,
        "h.__annotations__ = {'a': str}",
    ),
    Change(
        "annotations-of-a-class",
        """
        class K:
            a: int
        def f(x): return str(K.__annotations__)
        """,
        "K.__annotations__['a'] = str",
    ),
    Change(
        "field-type",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x): return [str(q.type) for q in dataclasses.fields(K)]
        """,
        "K.__dataclass_fields__['a'].type = str",
    ),
    Change(
        "data-in-a-library-class",
        """
        import fractions
        fractions.Fraction.rate = 2
        def f(x): return fractions.Fraction(1, 2).rate
        """,
        "fractions.Fraction.rate = 5",
    ),
    Change(
        "data-in-a-library-class-in-place",
        """
        import fractions
        fractions.Fraction.rates = [2]
        def f(x): return fractions.Fraction(1, 2).rates[0]
        """,
        "fractions.Fraction.rates[0] = 5",
    ),
    Change(
        "attribute-of-a-library-function",
        """
        import json
        def f(x): return getattr(json.dumps, 'rate', 2) if x > 5 else json.dumps.rate
        json.dumps.rate = 2
        """,
        "json.dumps.rate = 5",
    ),
    Change(
        "attribute-of-a-library-function-new",
        """
        import json
        def f(x):
            try: return json.dumps.rate
            except AttributeError: return 2
        """,
        "json.dumps.rate = 5",
    ),
    Change(
        "class-of-a-module",
        """
        import types, helpers
        class M(types.ModuleType):
            @property
            def rate(self): return lambda x: 7
        def f(x): return helpers.rate(x)
        """,
        "helpers.__class__ = M",
        modules=HELPERS,
        until=(3, 13),  # 3.14 goes on reading the name from the module
    ),
    Change(
        "alias-made-inside",
        """
        A = [[0], [0]]
        def f(x):
            try:
                A[0].append(x)
                return len(A[1])
            finally:
                A[0].pop()
        """,
        "A[1] = A[0]",
    ),
    Change(
        "alias-made-between",
        """
        A = [[0]]
        B = {'k': [0]}
        def f(x):
            try:
                A[0].append(x)
                return len(B['k'])
            finally:
                A[0].pop()
        """,
        "A[0] = B['k'] = [0]",
    ),
    Change(
        "alias-ended",
        """
        class K: pass
        k = K()
        A = k.v = [0]
        def f(x):
            try:
                A.append(x)
                return len(k.v)
            finally:
                A.pop()
        """,
        "k.v = [0]",
    ),
)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case,
            id=case.id,
            marks=[pytest.mark.xfail(strict=True, reason=case.bug)] if case.bug else [],
        )
        for case in CHANGES
        if sys.version_info[:2] <= case.until
    ],
)
def test_a_change_in_the_process_is_noticed(case: Change, program: Callable[..., Program]) -> None:
    """What is rebound, patched or changed in place ends the validity of a trace."""
    if case.needs:
        pytest.importorskip(case.needs)
    made = program(textwrap.dedent(case.source), case.modules)
    guard = made.walk().guard
    assert guard.holds()
    before = repr(made.call("f(3)"))

    exec(textwrap.dedent(case.change), made.modules["app"].__dict__)

    assert repr(made.call("f(3)")) != before
    assert not guard.holds()


def test_a_patched_library_is_noticed(
    program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function of a library that is replaced after the walk counts."""
    made = program("import json\ndef f(x):\n    return json.dumps(x)\n")
    guard = made.walk().guard
    assert guard.holds()
    monkeypatch.setattr(json, "dumps", lambda _: "patched")
    assert not guard.holds()


def test_a_patched_builtin_is_noticed(
    program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A builtin that is replaced for everybody counts."""
    made = program("def f(x):\n    return abs(x)\n")
    guard = made.walk().guard
    assert guard.holds()
    monkeypatch.setattr(builtins, "abs", lambda _: 5)
    assert not guard.holds()


def test_a_file_written_later_is_noticed(program: Callable[..., Program], project_file) -> None:
    """A module that the call will import counts by its file until it is imported."""
    file = project_file("later_helpers", "def rate(x):\n    return x * 2\n")
    made = program("def f(x):\n    import later_helpers\n    return later_helpers.rate(x)\n")
    guard = made.walk().guard
    assert guard.holds()
    file.write_text("def rate(x):\n    return x * 50\n")
    assert not guard.holds()


def test_a_file_that_appears_is_noticed(program: Callable[..., Program], project_file) -> None:
    """A module that was not there when the walk looked for it is looked for again."""
    made = program(
        "def f(x):\n    try:\n        import late_helpers\n"
        "    except ImportError:\n        return 0\n    return 1\n"
    )
    guard = made.walk().guard
    assert guard.holds()
    project_file("late_helpers", "")
    assert not guard.holds()


@pytest.fixture
def project_file(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """Write modules that could be imported: `project_file(name, source)`."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, source: str):
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        return path

    yield write
    for name in [
        n for n, m in sys.modules.items() if str(tmp_path) in str(getattr(m, "__file__", None))
    ]:
        del sys.modules[name]


CALLS = (
    pytest.param(
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x): return K().a
        """,
        id="dataclass",
    ),
    pytest.param(
        """
        import abc
        class S(abc.ABC): pass
        def f(x): return isinstance(x, S)
        """,
        id="abstract-class",
    ),
    pytest.param(
        """
        import functools
        @functools.singledispatch
        def h(a): return 2
        def f(x): return h(1)
        """,
        id="singledispatch",
    ),
    pytest.param(
        """
        import functools
        class K:
            @functools.cached_property
            def r(s): return 2
        k=K()
        def f(x): return k.r
        """,
        id="cached-property",
    ),
    pytest.param(
        """
        import enum
        class F(enum.Flag):
            A=1
            B=2
        def f(x): return F.A|F.B
        """,
        id="flag-combination",
    ),
    pytest.param(
        """
        import typing
        T=typing.TypeVar('T')
        class K(typing.Generic[T]):
            r=1
        def f(x): return K[int]().r
        """,
        id="generic-class",
    ),
    pytest.param(
        """
        import copy
        class K:
            pass
        k=K()
        k.a=1
        def f(x): return copy.copy(k).a
        """,
        id="copied-instance",
    ),
    pytest.param(
        """
        import typing
        @typing.runtime_checkable
        class P(typing.Protocol):
            def q(self): ...
        class K:
            def q(self): return 1
        def f(x): return isinstance(K(), P)
        """,
        id="protocol",
    ),
    pytest.param(
        """
        class K:
            r: int = 1
        def f(x): return K.r + len(K.__annotations__)
        """,
        id="annotations-read",
    ),
    pytest.param(
        """
        def f(x):
            import helpers
            return helpers.rate(x)
        """,
        id="import-inside",
    ),
    pytest.param(
        """
        import copyreg, copy
        class K:
            __slots__=('a',)
        def f(x):
            k=K(); k.a=1
            return copy.copy(k).a
        """,
        id="copied-slots",
    ),
)


@pytest.mark.parametrize("source", CALLS)
def test_a_call_alone_changes_nothing(source: str, program: Callable[..., Program]) -> None:
    """What Python itself remembers during a call is no change."""
    made = program(textwrap.dedent(source), HELPERS)
    guard = made.walk().guard
    assert guard.holds()
    made.call("f(3)")
    assert guard.holds()


@pytest.mark.parametrize(
    "change", ["unrelated = 1", "helpers.unrelated = 1", "K.extra = lambda: 1"]
)
def test_names_nobody_reads_may_change(change: str, program: Callable[..., Program]) -> None:
    """A walk after such a change gives the same digest, whether or not the guard holds."""
    made = program(
        "import helpers\nclass K:\n    n = 2\ndef f(x):\n    return helpers.rate(x) * K.n\n",
        HELPERS,
    )
    before = made.graph().digest
    exec(change, made.modules["app"].__dict__)
    assert made.graph().digest == before


def test_equal_parts_in_the_place_of_others_change_nothing(
    program: Callable[..., Program],
) -> None:
    """A part that nothing else holds may be replaced by one that is equal."""
    made = program("class K: pass\nk = K()\nk.v = [0]\nA = [1]\ndef f(x):\n    return k, A\n")
    guard = made.walk().guard
    assert guard.holds()
    made["k"].v = [0]
    assert guard.holds()
    made["k"].v = made["A"]
    assert not guard.holds()


def test_a_deleted_global_ends_the_guard(program: Callable[..., Program]) -> None:
    """A name that is gone is no error of the guard."""
    made = program("rate = 2\ndef f(x):\n    return x * rate\n")
    guard = made.walk().guard
    assert guard.holds()
    del made.modules["app"].rate
    assert not guard.holds()


# One test changes the union, which `typing` shares with whoever asks for the same.
FIELDS = """
import dataclasses, typing
@dataclasses.dataclass
class K:
    a: int = 1
    b: list[int] = dataclasses.field(default_factory=list)
    c: typing.Optional[memoryview] = None
    d: 'int | None' = None
    e: float | None = dataclasses.field(default=None, metadata={})
def f(x): return K(x), [(one.name, one.type) for one in dataclasses.fields(K)]
"""


def test_a_dataclass_is_read_once(
    program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fields are asked whether they are the same, and not encoded again."""
    made = program(FIELDS.replace(", metadata={}", ""))
    guard = made.walk().guard
    for _ in range(4):
        assert guard.holds()
    monkeypatch.setattr("tracer.guard.encode", None)
    for _ in range(4):
        assert guard.holds()
    assert guard.quick is not None
    assert guard.quick()


@pytest.mark.parametrize(
    "change",
    [
        "K.__dataclass_fields__['a'].default = 5",
        "K.__dataclass_fields__['a'].repr = False",
        "K.__dataclass_fields__['a'].kw_only = True",
        "K.__dataclass_fields__['a']._field_type = K.__dataclass_fields__['V']._field_type",
        "K.__dataclass_fields__['a'].metadata = {'unit': 1}",
        "K.__dataclass_fields__['a'].type = str",
        "K.__dataclass_fields__['b'].default_factory = set",
        pytest.param(
            "K.__dataclass_fields__['c'].type.__args__ = (str,)",
            marks=pytest.mark.skipif(LAZY_ANNOTATIONS, reason="no union can be changed there"),
        ),
        "unit['unit'] = 2",
        "del K.__dataclass_fields__['b']",
        "K.__dataclass_fields__['z'] = K.__dataclass_fields__['a']",
        "held.add(1)",
    ],
)
def test_a_change_of_a_dataclass_is_noticed(change: str, program: Callable[..., Program]) -> None:
    """However often it was asked before, whatever in a field was replaced."""
    source = FIELDS.replace("metadata={}", "metadata=unit").replace("K(x)", "K(x), held")
    source = source.replace("class K:", "class K:\n    V: typing.ClassVar[int] = 1")
    made = program("unit = {'unit': 1}\nheld = set()\n" + source)
    guard = made.walk().guard
    for _ in range(4):
        assert guard.holds()
    exec(change, made.modules["app"].__dict__)
    assert not guard.holds()
