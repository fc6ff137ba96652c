"""Classes: members, bases, descriptors, metaclasses, and what makes classes."""

from __future__ import annotations

from collections.abc import Callable

from tests.tracer.programs import Edit, Outcome, cases

ATTRS = """
    import attrs
    def make():
        return [1]
    def convert(value):
        return int(value)
    def check(instance, attribute, value):
        if not value < 5:
            raise ValueError(value)
    @attrs.define
    class K:
        rate: int = 2
        size: int = 4
        items: list = attrs.field(factory=make)
        whole: int = attrs.field(default=3, converter=convert, eq=False, repr=False)
        small: int = attrs.field(default=1, validator=check)
        def __attrs_post_init__(self):
            self.size += 1
    def f(x):
        k = K(small=4 if x else 1) if False else K()
        try:
            checked = K(small=4)
        except ValueError:
            checked = None
        return repr(k), k.items, k.whole, K(whole=5) == K(whole=6), checked is None, k.size, k.rate
"""

CASES = (
    Edit(
        "property",
        """
        class K:
            @property
            def rate(self):
                return 2
        k = K()
        def f(x):
            return k.rate * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "property-setter",
        """
        class K:
            @property
            def rate(self):
                return self._rate
            @rate.setter
            def rate(self, value):
                self._rate = value * 2
        def f(x):
            k = K()
            k.rate = x
            return k.rate
        """,
        "value * 2",
        "value * 5",
    ),
    Edit(
        "descriptor",
        """
        class D:
            def __get__(self, instance, owner):
                return 2
        class K:
            rate = D()
        def f(x):
            return K().rate * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "data-descriptor-in-base",
        """
        class D:
            def __get__(self, instance, owner):
                return instance.n
            def __set__(self, instance, value):
                instance.n = value * 2
        class B:
            rate = D()
        class K(B):
            pass
        def f(x):
            k = K()
            k.rate = x
            return k.rate
        """,
        "value * 2",
        "value * 5",
    ),
    Edit(
        "cached-property",
        """
        import functools
        class K:
            @functools.cached_property
            def rate(self): return 2
        k = K()
        def f(x):
            return k.rate * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "metaclass-method",
        """
        class M(type):
            def __call__(cls, x):
                return x * 2
        class K(metaclass=M):
            pass
        def f(x):
            return K(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "metaclass-attr",
        """
        class M(type):
            rate = 2
        class K(metaclass=M): pass
        def f(x):
            return K.rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "metaclass-vs-base",
        """
        class M(type):
            def __call__(cls, *a): return len(a)

        class K(metaclass=M): pass
        def f(x):
            return K('a', (), {})
        """,
        "K(metaclass=M)",
        "K(M)",
    ),
    Edit(
        "inherited-method",
        """
        class B:
            def rate(self):
                return 2
        class K(B):
            pass
        def f(x):
            return K().rate() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "override-added",
        """
        class B:
            def rate(self):
                return 2
        class K(B):
            pass
        def f(x):
            return K().rate() * x
        """,
        "class K(B):\n    pass\n",
        "class K(B):\n    def rate(self):\n        return 5\n",
    ),
    Edit(
        "mro-swap",
        """
        class A:
            r = 1
        class B:
            r = 2
        class K(A, B): pass
        def f(x):
            return K.r
        """,
        "K(A, B)",
        "K(B, A)",
    ),
    Edit(
        "mixin-super",
        """
        class A:
            def r(self): return 2
        class K(A):
            def r(self): return super().r() * 2
        def f(x):
            return K().r()
        """,
        "return 2\n",
        "return 5\n",
    ),
    Edit(
        "special-method",
        """
        class K:
            def __add__(self, x):
                return x * 2
        def f(x):
            return K() + x
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "class-method",
        """
        class K:
            n = 2
            @classmethod
            def rate(cls):
                return cls.n
        def f(x):
            return K.rate() * x
        """,
        "n = 2",
        "n = 5",
    ),
    Edit(
        "static-method",
        """
        class K:
            @staticmethod
            def rate(x):
                return x * 2
        def f(x):
            return K.rate(x)
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "init",
        """
        class K:
            def __init__(self, x):
                self.x = x * 2
        def f(x):
            return K(x).x
        """,
        "x * 2",
        "x * 5",
    ),
    Edit(
        "init-subclass",
        """
        R = []
        class A:
            def __init_subclass__(cls, **k): R.append(cls)
        class B(A):
            def r(self): return 2
        def f(x):
            return [c().r() for c in R]
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "subclasses",
        """
        class A: pass
        class B(A):
            def r(self): return 2
        def f(x):
            return [c().r() for c in A.__subclasses__()]
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "partial-method",
        """
        import functools
        class K:
            def m(s, a): return a
            n = functools.partialmethod(m, 2)
        def f(x):
            return K().n()
        """,
        "m, 2",
        "m, 5",
    ),
    Edit(
        "singledispatchmethod",
        """
        import functools
        class K:
            @functools.singledispatchmethod
            def m(s, a): return 0
            @m.register
            def _(s, a: int): return 2
        def f(x):
            return K().m(1)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "slots",
        """
        class K:
            __slots__ = ('a', 'b')
        def f(x):
            k = K()
            try: k.b = 1
            except AttributeError: return 0
            return 1
        """,
        "('a', 'b')",
        "('a',)",
    ),
    Edit(
        "slot-attribute",
        """
        class K:
            __slots__ = ('rate',)
        k = K()
        k.rate = 2
        def f(x):
            return k.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "enum-value",
        """
        import enum
        class E(enum.Enum):
            A = 2
        def f(x):
            return E.A.value * x
        """,
        "A = 2",
        "A = 5",
    ),
    Edit(
        "enum-alias",
        """
        import enum
        class E(enum.Enum):
            A = 1
            B = 2
            C = 1
        def f(x):
            return E.C.name
        """,
        "C = 1",
        "C = 2",
    ),
    Edit(
        "enum-method",
        """
        import enum
        class E(enum.Enum):
            A = 1
            def rate(self):
                return 2
        def f(x):
            return E.A.rate() * x
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "enum-order",
        """
        import enum
        class E(enum.Enum):
            A = 1
            B = 2
        def f(x):
            return [e.name for e in E]
        """,
        "A = 1\n    B = 2",
        "B = 2\n    A = 1",
    ),
    Edit(
        "enum-missing",
        """
        import enum
        class E(enum.Enum):
            A = 1
            B = 2
            @classmethod
            def _missing_(cls, v): return cls.A
        def f(x):
            return E(x).name
        """,
        "return cls.A",
        "return cls.B",
    ),
    Edit(
        "enum-new",
        """
        import enum
        class E(enum.Enum):
            A = 1, 'one'
            def __new__(cls, v, label):
                o = object.__new__(cls)
                o._value_ = v
                o.label = label
                return o
        def f(x):
            return E.A.label
        """,
        "'one'",
        "'two'",
    ),
    Edit(
        "enum-new-code",
        """
        import enum
        class E(enum.Enum):
            A = 1
            def __new__(cls, v):
                o = object.__new__(cls)
                o._value_ = v
                o.label = v * 2
                return o
        def f(x):
            return E.A.label
        """,
        "v * 2",
        "v * 3",
    ),
    Edit(
        "enum-attr-later",
        """
        import enum
        class E(enum.Enum):
            A = 1
        E.A.label = 'one'
        def f(x):
            return E.A.label
        """,
        "'one'",
        "'two'",
    ),
    Edit(
        "flag-combination",
        """
        import enum
        class E(enum.Flag):
            A = 1
            B = 2
            C = 4
        v = E.A | E.B
        def f(x):
            return v.value
        """,
        "E.A | E.B",
        "E.A | E.C",
    ),
    Edit(
        "dataclass-default",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x):
            return K().a
        """,
        "int = 1",
        "int = 2",
    ),
    Edit(
        "dataclass-factory",
        """
        import dataclasses
        def make():
            return [2]
        @dataclasses.dataclass
        class K:
            a: list = dataclasses.field(default_factory=make)
        def f(x):
            return K().a
        """,
        "return [2]",
        "return [5]",
    ),
    Edit(
        "dataclass-frozen",
        """
        import dataclasses
        @dataclasses.dataclass(frozen=False)
        class K:
            a: int = 1
        def f(x):
            k = K()
            try: k.a = 2
            except Exception as e: return 'no'
            return k.a
        """,
        "frozen=False",
        "frozen=True",
    ),
    Edit(
        "dataclass-order",
        """
        import dataclasses
        @dataclasses.dataclass(order=True)
        class K:
            a: int
            b: int = dataclasses.field(default=1, compare=True)
        def f(x):
            return K(1, 2) < K(1, 3)
        """,
        "compare=True",
        "compare=False",
    ),
    Edit(
        "dataclass-repr",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int
            b: int = dataclasses.field(default=1, repr=True)
        def f(x):
            return repr(K(1, 2))
        """,
        "repr=True",
        "repr=False",
    ),
    Edit(
        "dataclass-field-order",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
            b: int = 2
        def f(x):
            return repr(K(5))
        """,
        "a: int = 1\n    b: int = 2",
        "b: int = 2\n    a: int = 1",
    ),
    Edit(
        "namedtuple-default",
        """
        import typing
        class K(typing.NamedTuple):
            a: int = 1
        def f(x):
            return K().a
        """,
        "int = 1",
        "int = 2",
    ),
    Edit(
        "namedtuple-fields",
        """
        import collections
        K = collections.namedtuple('K', 'a b')
        def f(x):
            return repr(K(1, 2))
        """,
        "'a b'",
        "'a c'",
    ),
    Edit(
        "new-class",
        """
        import types
        K = types.new_class('K', (), {}, lambda ns: ns.update(rate=2))
        def f(x):
            return K.rate * x
        """,
        "rate=2",
        "rate=5",
    ),
    Edit(
        "abcmeta-class",
        """
        import abc
        K = abc.ABCMeta('K', (), {'rate': 2})
        def f(x):
            return K.rate * x
        """,
        "'rate': 2",
        "'rate': 5",
    ),
    Edit(
        "bare-exec-class",
        """
        ns = {}
        exec('class K:\\n    rate = 2', ns)
        K = ns['K']
        def f(x):
            return K.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "abc-register",
        """
        import abc
        class S(abc.ABC): pass
        class T: pass
        S.register(T)
        def f(x):
            return isinstance(T(), S)
        """,
        "S.register(T)",
        "",
    ),
    Edit(
        "xml-target",
        """
        import xml.etree.ElementTree as ET
        class T:
            n = 0
            def start(self, tag, at): self.n += 1
            def close(self): return self.n
        def f(x):
            p = ET.XMLParser(target=T())
            p.feed('<a><b/></a>')
            return p.close()
        """,
        "+= 1",
        "+= 2",
    ),
    Edit(
        "json-items",
        """
        import json
        class D(dict):
            def items(self): return [('a', 1)]
        def f(x):
            return json.dumps(D(b=2))
        """,
        "'a', 1",
        "'a', 2",
    ),
    Edit(
        "copy-reg-stdlib",
        """
        import copy
        class K:
            def __init__(s): s.v = 1
            def __copy__(s): return 2
        def f(x):
            return copy.copy(K())
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "string-template",
        """
        import string
        class K(string.Template):
            delimiter = '$'
        def f(x):
            return K('$a %a').substitute(a=1)
        """,
        "'$'\n",
        "'%'\n",
    ),
    Edit(
        "proxy-class",
        """
        def h(x): return x
        class P:
            def __init__(self, fn): self.fn = fn
            __class__ = property(lambda self: type(self.fn))
            def __getattr__(self, n): return getattr(self.fn, n)
            def __call__(self, x): return self.fn(x) * 2
        h = P(h)
        def f(x):
            return h(x)
        """,
        "* 2",
        "* 5",
    ),
    Edit(
        "facade",
        """
        import sys
        class K:
            rate = 2
        k = K()
        sys.modules[__name__] = k
        def f(x):
            return k.rate * x
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "class-nonstr",
        """
        import warnings
        with warnings.catch_warnings(action='ignore'):
            K = type('K', (), {1: 2, 'rate': 2})
        def f(x):
            return K.rate
        """,
        "'rate': 2",
        "'rate': 5",
    ),
    Edit(
        "match-args-none",
        """
        class K:
            __match_args__ = None
            rate = 2
        def f(x):
            return K.rate
        """,
        "rate = 2",
        "rate = 5",
    ),
    Edit(
        "userdict",
        """
        import collections
        class N(collections.UserDict):
            def __getitem__(s, k): return 2
        V = N()
        def f(x):
            return V['q']
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "deque-sub-code",
        """
        import collections
        class N(collections.deque):
            def r(s): return 2
        V = N([2])
        def f(x):
            return V.r()
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "datetime-sub",
        """
        import datetime
        class N(datetime.datetime):
            def r(s): return s.year
        V = N(2020, 1, 1)
        def f(x):
            return V.r()
        """,
        "2020",
        "2021",
    ),
    Edit(
        "class-name",
        """
        class K: pass
        def f(x):
            return K.__name__
        """,
        "K",
        "L",
    ),
    Edit(
        "class-module",
        """
        class K: pass
        def f(x):
            return K.__module__
        """,
        "class K: pass",
        "class K: __module__ = 'other'",
    ),
    Edit(
        "class-qualname-explicit",
        """
        class K: pass
        def f(x):
            return K.__qualname__
        """,
        "class K: pass",
        "class K: __qualname__ = 'other'",
    ),
    Edit(
        "str-class",
        """
        class K: pass
        T = [K]
        def f(x):
            return str(T)
        """,
        "class K: pass",
        "class K: __module__ = 'other'",
    ),
    Edit(
        "slots-order",
        """
        class K:
            __slots__ = ('a', 'b')
        def f(x):
            return K.__slots__
        """,
        "('a', 'b')",
        "('b', 'a')",
    ),
    Edit(
        "mro",
        """
        class A: pass
        class B: pass
        class K(A, B): pass
        def f(x):
            return [c.__name__ for c in K.__mro__]
        """,
        "K(A, B)",
        "K(B, A)",
    ),
    Edit(
        "class-list-order-dataclass",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
            b: int = 2
        def f(x):
            return [q.name for q in dataclasses.fields(K)]
        """,
        "a: int = 1\n    b: int = 2",
        "b: int = 2\n    a: int = 1",
    ),
    Edit(
        "dataclass-type",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: int = 1
        def f(x):
            return [q.type for q in dataclasses.fields(K)]
        """,
        "a: int",
        "a: float",
    ),
    Edit(
        "namedtuple-annotations",
        """
        import typing
        class K(typing.NamedTuple):
            a: int = 1
        def f(x):
            return K.__annotations__
        """,
        "a: int",
        "a: float",
    ),
    Edit(
        "enum-iter-members",
        """
        import enum
        class E(enum.Enum):
            A = 1
        E2 = enum.Enum('E2', {'A': 1})
        def f(x):
            return [e.value for e in E2]
        """,
        "{'A': 1}",
        "{'A': 2}",
    ),
    Edit(
        "enum-str-mixin",
        """
        import enum
        class E(str, enum.Enum):
            A = 'x'
        def f(x):
            return E.A + 'y'
        """,
        "'x'",
        "'z'",
    ),
    Edit(
        "enum-member-default",
        """
        import enum
        class E(enum.Enum):
            A = 1
            B = 2
        def h(e=E.A): return e.name
        def f(x):
            return h()
        """,
        "e=E.A",
        "e=E.B",
    ),
    Edit(
        "enum-nonmember",
        """
        import enum
        class E(enum.Enum):
            A = 1
            def __str__(self): return 'one'
        def f(x):
            return str(E.A)
        """,
        "'one'",
        "'two'",
    ),
    Edit(
        "enum-generate",
        """
        import enum
        class E(enum.Enum):
            @staticmethod
            def _generate_next_value_(n, s, c, l): return n + '1'
            A = enum.auto()
        def f(x):
            return E.A.value
        """,
        "'1'",
        "'2'",
    ),
    Edit(
        "lib-method-patched-instance",
        """
        import json
        class D(json.JSONEncoder):
            def default(s, o): return 2
        def f(x):
            return json.dumps({1, 2}, cls=D)
        """,
        "return 2",
        "return 5",
    ),
    Edit(
        "dataclass-type-by-name",
        """
        import dataclasses
        @dataclasses.dataclass
        class K:
            a: 'int' = 1
        def f(x):
            return getattr(dataclasses.fields(K)[0], 'type')
        """,
        "'int'",
        "'float'",
    ),
    Edit(
        "dataclass-type-inherited",
        """
        import dataclasses
        @dataclasses.dataclass
        class B:
            a: int = 1
        @dataclasses.dataclass
        class K(B):
            b: int = 1
        def f(x):
            return {q.name: q.type for q in dataclasses.fields(K)}
        """,
        "a: int",
        "a: float",
    ),
    Edit(
        "text-of-classes-formatted",
        """
        class K: pass
        T = {'a': (K,)}
        def f(x):
            return f'{T}'
        """,
        "class K: pass",
        "class K: __module__ = 'other'",
    ),
    Edit(
        "text-of-classes-by-format",
        """
        class K: pass
        T = {'a': (K,)}
        def f(x):
            return '{}'.format(T)
        """,
        "class K: pass",
        "class K: __module__ = 'other'",
    ),
    Edit(
        "text-of-classes-by-percent",
        """
        class K: pass
        T = {'a': (K,)}
        def f(x):
            return '%s' % T
        """,
        "class K: pass",
        "class K: __module__ = 'other'",
    ),
    Edit(
        "type-alias",
        "type Row = list[int]\ndef f(x): return Row.__value__",
        "list[int]",
        "list[str]",
        since=(3, 12),
    ),
    Edit(
        "type-alias-through-another",
        "type A = int\ntype B = list[A]\ndef f(x): return B.__value__.__args__[0].__value__",
        "= int",
        "= str",
        since=(3, 12),
    ),
    Edit(
        "boundary-of-flags",
        """
        from enum import IntFlag, KEEP, STRICT
        class E(IntFlag, boundary=KEEP):
            A = 1
        def f(x):
            try:
                return int(E(5))
            except ValueError:
                return 'error'
        """,
        "boundary=KEEP",
        "boundary=STRICT",
    ),
    Edit(
        "compiled-structure",
        """
        import struct
        LAYOUT = struct.Struct('<i')
        def f(x): return LAYOUT.pack(x)
        """,
        "<i",
        ">i",
    ),
    Edit(
        "function-that-compares",
        """
        from functools import cmp_to_key
        KEY = cmp_to_key(lambda a, b: a - b)
        def f(x): return sorted([1, 3, 2], key=KEY)
        """,
        "a - b",
        "b - a",
    ),
    Edit(
        "protocol-implemented",
        """
        from typing import Protocol
        class Shape(Protocol):
            def __init__(self): self.size = 1
            def area(self): ...
        class Square(Shape):
            def area(self): return self.size
        def f(x): return Square().area()
        """,
        "self.size = 1",
        "self.size = 2",
    ),
    Edit(
        "attrs-default",
        ATTRS,
        "rate: int = 2",
        "rate: int = 3",
        needs=("attrs",),
    ),
    Edit(
        "attrs-factory",
        ATTRS,
        "return [1]",
        "return [2]",
        needs=("attrs",),
    ),
    Edit(
        "attrs-converter",
        ATTRS,
        "return int(value)",
        "return int(value) + 1",
        needs=("attrs",),
    ),
    Edit(
        "attrs-validator",
        ATTRS,
        "value < 5",
        "value < 3",
        needs=("attrs",),
    ),
    Edit(
        "attrs-eq",
        ATTRS,
        "eq=False",
        "eq=True",
        needs=("attrs",),
    ),
    Edit(
        "attrs-order-of-fields",
        ATTRS,
        "    rate: int = 2\n    size: int = 4",
        "    size: int = 4\n    rate: int = 2",
        needs=("attrs",),
    ),
    Edit(
        "attrs-post-init",
        ATTRS,
        "self.size += 1",
        "self.size += 2",
        needs=("attrs",),
    ),
    Edit(
        "attrs-repr",
        ATTRS,
        "repr=False",
        "repr=True",
        needs=("attrs",),
    ),
)


@cases(*CASES)
def test_an_edited_class_is_noticed(edit: Edit, compare: Callable[[Edit], Outcome]) -> None:
    """What a class does, or an instance gets from it, changes the digest with it."""
    outcome = compare(edit)
    assert outcome.matters
    assert outcome.noticed
