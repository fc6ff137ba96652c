"""A walk, and the guards after it, run none of the code they look at.

Every class here has methods that count their calls in `RAN` and then raise.
"""

from __future__ import annotations

import builtins
import sys
import textwrap
from collections.abc import Callable, Iterator

import pytest

from tests.tracer.programs import Program
from tracer.errors import TracerError


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Give programs a builtin `ran(name)`; collect the names."""
    names: list[str] = []

    def note(name: str) -> None:
        names.append(name)
        raise RuntimeError(name)

    monkeypatch.setattr(builtins, "ran", note, raising=False)
    return names


def look_at(made: Program, ran: list[str]) -> list[str]:
    """Walk, ask the guard twice, and return what ran."""
    ran.clear()
    try:
        walked = made.walk()
        walked.guard.holds()
        walked.guard.holds()
    except TracerError:
        pass  # refused: not digested, and not run either
    except RuntimeError:
        assert ran
    return sorted(set(ran))


HOOKS = [
    "__getattr__",
    "__eq__",
    "__ne__",
    "__lt__",
    "__hash__",
    "__repr__",
    "__str__",
    "__len__",
    "__bool__",
    "__iter__",
    "__next__",
    "__contains__",
    "__getitem__",
    "__call__",
    "__index__",
    "__int__",
    "__float__",
    "__bytes__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__copy__",
    "__deepcopy__",
    "__sizeof__",
    "__dir__",
    "__format__",
    "__fspath__",
    "items",
    "keys",
    "values",
    "get",
]
BASES = {
    "object": "",
    "dict": "a=1",
    "list": "[1]",
    "tuple": "[1]",
    "str": "'a'",
    "bytes": "b'a'",
    "bytearray": "b'a'",
    "set": "[1]",
    "frozenset": "[1]",
    "int": "1",
    "float": "1.0",
    "complex": "1j",
    "ValueError": "'a'",
}


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("hook", HOOKS)
def test_no_hook_of_an_instance_runs(
    hook: str,
    base: str,
    program: Callable[..., Program],
    ran: list[str],
) -> None:
    """An instance is looked at without asking it anything."""
    made = program(
        f"class K({base}):\n"
        f"    def {hook}(self, *args, **kwargs):\n"
        f"        ran('{hook}')\n"
        f"k = K({BASES[base]})\n"
        "box = [k, (k,), {1: k}]\n"
        "def f(x):\n"
        "    return k, box, K, k.rate, k == x, len(k)\n"
    )
    assert look_at(made, ran) == []


OTHERS = {
    "property": (
        (
            "class K:\n    @property\n    def rate(self):\n        ran('rate')\n"
            "k = K()\ndef f(x):\n    return k.rate\n"
        ),
        "",
    ),
    "descriptor": (
        (
            "class D:\n    def __get__(self, *args):\n        ran('get')\n"
            "class K:\n    d = D()\nk = K()\ndef f(x):\n    return k.d, K.d\n"
        ),
        "",
    ),
    "getattribute": (
        (
            "class K:\n    def __getattribute__(self, name):\n        ran(name)\n"
            "k = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "class property": (
        (
            "class K:\n    @property\n    def __class__(self):\n        ran('class')\n"
            "k = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "dict property": (
        (
            "class K:\n    @property\n    def __dict__(self):\n        ran('dict')\n"
            "k = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "metaclass getattribute": (
        (
            "class M(type):\n    def __getattribute__(cls, name):\n        ran(name)\n"
            "class K(metaclass=M):\n    pass\ndef f(x):\n    return K\n"
        ),
        "",
    ),
    "metaclass checks": (
        (
            "class M(type):\n"
            "    def __instancecheck__(cls, other):\n        ran('instancecheck')\n"
            "    def __subclasscheck__(cls, other):\n        ran('subclasscheck')\n"
            "    def __subclasses__(cls):\n        ran('subclasses')\n"
            "    def __repr__(cls):\n        ran('repr')\n"
            "    def __bool__(cls):\n        ran('bool')\n"
            "class K(metaclass=M):\n    pass\n"
            "def f(x):\n    return K, isinstance(x, K), K.__subclasses__()\n"
        ),
        "",
    ),
    "metaclass hash": (
        (
            "class M(type):\n"
            "    def __hash__(cls):\n        ran('hash')\n"
            "    def __eq__(cls, other):\n        ran('eq')\n"
            "class K(metaclass=M):\n    pass\nk = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "doc object": (
        (
            "class D:\n    def __str__(self):\n        ran('str')\n"
            "def h():\n    pass\nh.__doc__ = D()\ndef f(x):\n    return h()\n"
        ),
        "",
    ),
    "match args": (
        (
            "class D:\n    def __iter__(self):\n        ran('iter')\n"
            "class K:\n    __match_args__ = D()\ndef f(x):\n    return K\n"
        ),
        "",
    ),
    "enum": (
        (
            "import enum\nclass E(enum.Enum):\n    A = 1\n"
            "    def __eq__(self, other):\n        ran('eq')\n"
            "    def __hash__(self):\n        ran('hash')\n"
            "    value = enum.property(lambda self: ran('value'))\n"
            "def f(x):\n    return E.A, [E.A]\n"
        ),
        "",
    ),
    "ordered dict": (
        (
            "import collections\nclass K(collections.OrderedDict):\n"
            "    def items(self):\n        ran('items')\n"
            "k = K(a=1)\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "deque": (
        (
            "import collections\nclass K(collections.deque):\n"
            "    def __iter__(self):\n        ran('iter')\n"
            "k = K([1])\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "iterators": (
        (
            "class I:\n    def __iter__(self):\n        return self\n"
            "    def __next__(self):\n        ran('next')\n"
            "    def __reduce__(self):\n        ran('reduce')\n"
            "m = map(str, I())\ndef f(x):\n    return m\n"
        ),
        "",
    ),
    "thread local": (
        (
            "import threading\nclass K(threading.local):\n"
            "    def __getattribute__(self, name):\n        ran(name)\n"
            "k = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "weak proxy": (
        (
            "import weakref\nclass K:\n    def __getattr__(self, name):\n        ran(name)\n"
            "    def __reduce__(self):\n        ran('reduce')\n"
            "k = K()\np = weakref.proxy(k)\ndef f(x):\n    return p\n"
        ),
        "",
    ),
    "copyreg": (
        (
            "import copyreg\nclass K:\n    pass\ncopyreg.pickle(K, lambda k: ran('copyreg'))\n"
            "k = K()\ndef f(x):\n    return k\n"
        ),
        "",
    ),
    "keys": (
        (
            "silent = True\nclass K:\n"
            "    def __hash__(self):\n        return 1 if silent else ran('hash')\n"
            "    def __eq__(self, other):\n        return False if silent else ran('eq')\n"
            "d, s = {K(): 1, K(): 2}, {K(), K()}\nsilent = False\ndef f(x):\n    return d, s\n"
        ),
        "",
    ),
    "namespace": (
        (
            "class N(dict):\n    def get(self, *args):\n        ran('get')\n"
            "space = N()\nexec('def f(x): return rate', space)\nf = space['f']\n"
        ),
        "",
    ),
    "array subclass": (
        (
            "import numpy as np\nclass A(np.ndarray):\n"
            "    def view(self, *args):\n        ran('view')\n"
            "    @property\n    def dtype(self):\n        ran('dtype')\n"
            "    @property\n    def shape(self):\n        ran('shape')\n"
            "a = np.ndarray.__new__(A, (2,))\na[:] = 0\ndef f(x):\n    return a\n"
        ),
        "",
    ),
    "array of objects": (
        (
            "import numpy as np\nclass K:\n"
            "    def __repr__(self):\n        ran('repr')\n"
            "    def __eq__(self, other):\n        ran('eq')\n"
            "    def __hash__(self):\n        ran('hash')\n"
            "    def __float__(self):\n        ran('float')\n"
            "a = np.empty(2, dtype=object)\na[0] = K()\ndef f(x):\n    return a\n"
        ),
        "",
    ),
    "array of one object": (
        (
            "import numpy as np\nclass K:\n    def __repr__(self):\n        ran('repr')\n"
            "a = np.empty((), dtype=object)\na[()] = K()\ndef f(x):\n    return a\n"
        ),
        "",
    ),
    "frame subclass": (
        (
            "import pandas as pd\nclass F(pd.DataFrame):\n"
            "    @property\n    def shape(self):\n        ran('shape')\n"
            "    @property\n    def columns(self):\n        ran('columns')\n"
            "a = F.__new__(F)\npd.DataFrame.__init__(a, {'a': [1]}) if 0 else None\n"
            "object.__setattr__(a, '_mgr', pd.DataFrame({'a': [1]})._mgr)\n"
            "object.__setattr__(a, '_attrs', {})\n"
            "def f(x):\n    return a\n"
        ),
        "",
    ),
}

if sys.version_info >= (3, 12):
    OTHERS["bound of a type variable"] = (
        (
            "def bound():\n    ran('bound')\n    return int\n"
            "def g[T: bound()](y: T): return y\n"
            "t = g.__type_params__[0]\ndef f(x):\n    return t.__bound__, g(x)\n"
        ),
        "",
    )
OTHERS["thread local"] = (
    (
        "import threading\nclass L(threading.local):\n"
        "    def __getattribute__(self, name):\n        ran(name)\n"
        "l = L()\ndef f(x):\n    return l\n"
    ),
    "",
)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            source,
            id=name,
            marks=[pytest.mark.xfail(strict=True, reason=bug)] if bug else [],
        )
        for name, (source, bug) in OTHERS.items()
    ],
)
def test_nothing_of_the_program_runs(
    source: str, program: Callable[..., Program], ran: list[str]
) -> None:
    """Properties, descriptors, metaclasses and the like are looked at, never used."""
    for library in ("numpy", "pandas"):
        if f"import {library}" in source:
            pytest.importorskip(library)
    assert look_at(program(source), ran) == []


MODULE_HOOK = "\n\ndef __getattr__(name):\n    ran(name)\n\n\nclass K:\n    pass\n"


def test_a_modules_getattr_does_not_run(program: Callable[..., Program], ran: list[str]) -> None:
    """A name that a module would make when asked is not asked for."""
    made = program(
        "import helpers\ndef f(x):\n    m = helpers\n    return m.rate, helpers.other, helpers.K\n",
        helpers=MODULE_HOOK,
    )
    assert look_at(made, ran) == []


def test_a_module_without_a_file_is_not_asked_for_it(
    program: Callable[..., Program], ran: list[str]
) -> None:
    """Modules made by hand have no `__file__`, and may have a `__getattr__`."""
    made = program(
        "import helpers\nk = helpers.K()\ndef f(x):\n    return k\n", helpers=MODULE_HOOK
    )
    del made.modules["helpers"].__file__
    assert look_at(made, ran) == []


def test_a_module_is_not_asked_whether_it_is_a_package(
    program: Callable[..., Program], ran: list[str]
) -> None:
    """Looking for a submodule reads the names of a module."""
    made = program("def f(x):\n    import helpers.sub\n", helpers=MODULE_HOOK)
    assert look_at(made, ran) == []


def test_a_class_of_modules_is_not_asked(program: Callable[..., Program], ran: list[str]) -> None:
    """A module may be an instance of a class of the program."""
    made = program(
        textwrap.dedent("""
        import types
        import helpers

        class Module(types.ModuleType):
            def __getattribute__(self, name):
                ran(name)

        helpers.__class__ = Module
        def f(x):
            m = helpers
            return m.rate
        """),
        helpers="rate = 2\n",
    )
    assert look_at(made, ran) == []


def test_an_object_in_place_of_a_module_is_not_asked(
    program: Callable[..., Program], ran: list[str]
) -> None:
    """A program may put any object into `sys.modules`."""
    made = program(
        textwrap.dedent("""
        import sys

        class Facade:
            def __getattr__(self, name):
                ran(name)

        facade = Facade()
        def f(x):
            return facade
        sys.modules[__name__] = facade
        """)
    )
    assert look_at(made, ran) == []


def test_a_walk_changes_nothing(program: Callable[..., Program]) -> None:
    """Classes, functions and iterators are after a walk what they were before."""
    made = program(
        "import copy\nclass K:\n    n: int = 2\n    def rate(self):\n        return 2\n"
        "it = iter([1, 2, 3])\ndef h(x):\n    return x\n"
        "def f(x):\n    return K().rate(), next(it), h(x), copy.copy(K())\n"
    )
    space = made.modules["app"].__dict__
    before = (list(space), list(vars(space["K"])), dict(vars(space["h"])))
    made.walk()
    assert (list(space), list(vars(space["K"])), dict(vars(space["h"]))) == before
    assert next(space["it"]) == 1


def test_a_pickle_is_not_loaded(program: Callable[..., Program], ran: list[str]) -> None:
    """What pickled bytes name is found, and neither called nor filled."""
    made = program(
        "import pickle\nclass K:\n"
        "    def __reduce__(self):\n"
        "        return make, (1,), {'a': 1}, iter([1]), iter([(1, 2)])\n"
        "class L(list):\n"
        "    def __setstate__(self, state):\n        ran('setstate')\n"
        "    def append(self, item):\n        ran('append')\n"
        "    def __setitem__(self, name, item):\n        ran('setitem')\n"
        "def make(x):\n    ran('make')\n    return L()\n"
        "b = pickle.dumps(K())\ndef f(x):\n    return pickle.loads(b)\n"
    )
    assert look_at(made, ran) == []
