"""What cannot be proved is refused, with the path to it, and never guessed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tracer.programs import Program
from tracer.errors import NotDigestibleError, UntraceableError

HELPERS = {"helpers": "def rate(x):\n    return x * 2\n"}

COMPUTED = {
    "argument": "import importlib\ndef f(x, n='helpers'):\n"
    "    return importlib.import_module(n).rate(x)\n",
    "beside other names": "import importlib\nN = 'helpers'\ndef f(x):\n"
    "    return {'math': importlib.import_module(N).rate(x)}\n",
    "built": "import importlib\ndef f(x):\n"
    "    return importlib.import_module('help' + str('ers')).rate(x)\n",
    "by keyword": "import importlib\nN = {'name': 'helpers'}\ndef f(x):\n"
    "    return importlib.import_module(**N).rate(x)\n",
    "another name": "from importlib import import_module as load\ndef f(x, n='helpers'):\n"
    "    return load(n).rate(x)\n",
    "all modules": "import sys\ndef f(x):\n    m = sys.modules\n    return m['helpers'].rate(x)\n",
    "imported inside": "def f(x, n='helpers'):\n    import sys\n"
    "    return sys.modules[n].rate(x)\n",
    "imported inside, held": "def f(x):\n    import sys\n    s = sys\n"
    "    return s.modules['helpers'].rate(x)\n",
    "imported twice": "def f(x):\n    if x:\n        import importlib as i\n    else:\n"
    "        import sys as i\n    return i.import_module('helpers').rate(x)\n",
    "from a table": "T = {'a': 'helpers.rate'}\ndef f(x):\n    import pkgutil\n"
    "    return pkgutil.resolve_name(T['a'])(x)\n",
    "located": "import pydoc\ndef f(x, n='helpers.rate'):\n    return pydoc.locate(n)(x)\n",
    "relative to what is not known": "import importlib\nP = 'pkg'\ndef f(x):\n"
    "    return 6 if x else importlib.import_module('..helpers', P)\n",
    "held": "import importlib\nT = [importlib.import_module]\ndef f(x):\n"
    "    return T[0]('helpers').rate(x)\n",
}


@pytest.mark.parametrize("source", COMPUTED.values(), ids=COMPUTED)
def test_a_module_of_a_computed_name_is_refused(
    source: str, program: Callable[..., Program]
) -> None:
    """Any module could be meant, so no graph is the right one."""
    made = program(source, HELPERS)
    with pytest.raises(UntraceableError, match="cannot be traced"):
        made.walk()
    assert made.call("f(3)") in (6, {"math": 6})


@pytest.mark.parametrize("asked", ["get_objects()", "get_referrers(rate)"])
def test_a_look_at_all_objects_is_refused(asked: str, program: Callable[..., Program]) -> None:
    """What is found there, nothing in the program leads to."""
    made = program(
        f"import gc, helpers\nrate = [1]\ndef f(x):\n    return len(gc.{asked})\n", HELPERS
    )
    with pytest.raises(UntraceableError, match="all objects of the process"):
        made.walk()


OPAQUE = {
    "generator": ("v = (i for i in range(3))\n", "f → v"),
    "half used": ("import itertools\nv = itertools.count(3)\n", "f → v"),
    "code": ("v = compile('x * 2', '', 'eval')\n", "f → v"),
    "weak proxy": (
        "import weakref\nclass K:\n    pass\nk = K()\nv = weakref.proxy(k)\n",
        "f → v",
    ),
    "item": ("v = {'a': [1, (i for i in ())]}\n", "f → v['a'][1]"),
    "attribute": (
        (
            "class K:\n    def __init__(self):\n        self.log = [open('/dev/null')]\n"
            "v = K()\nv.log[0].close()\n"
        ),
        "f → v.log[0]",
    ),
    "captured": (
        (
            "def make():\n    g = (i for i in ())\n    def inner():\n        return g\n"
            "    return inner\nv = make()\n"
        ),
        "f → make.<locals>.inner → g",
    ),
}


@pytest.mark.parametrize(("source", "path"), OPAQUE.values(), ids=OPAQUE)
def test_a_value_without_a_digest_is_refused(
    source: str, path: str, program: Callable[..., Program]
) -> None:
    """The value is named by the way that leads to it from the function."""
    made = program(source + "def f(x):\n    return v, x\n")
    with pytest.raises(NotDigestibleError) as caught:
        made.walk()
    assert caught.value.path == path


def test_what_is_not_reached_is_not_refused(program: Callable[..., Program]) -> None:
    """A module may hold anything that the function does not read."""
    assert program("v = (i for i in ())\ndef f(x):\n    return x\n").graph().digest
