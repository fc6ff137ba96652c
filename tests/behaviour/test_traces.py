"""What a call did not run may change; what it ran, read or was saved from running may not.

Each rule of when a trace may decide has the case that it closes and the twin that still
hits. Where a rule can be switched off, the hole is shown first: with the rule off, the
edit is not noticed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)


@dataclass(frozen=True)
class Rule:
    """A program, an edit that must be noticed, and one that need not be."""

    name: str
    source: str
    counts: tuple[str, str]
    """Text and what it is changed to: the call must be computed again."""
    harmless: tuple[str, str]
    """The same for what the call did not use: it hits."""
    off: str = ""
    """Switches the rule off; None where it is what a trace is made of."""
    argument: int = 3
    other: str = field(default="")
    """Text of the module `other`."""
    memoized: str = "app.main"
    warm: str = ""
    """What the program has run before, at the end of the module."""
    before: tuple[str, str] | None = None
    """An edit after which the call is made once more, with something served within it."""


HEAD = "from xetcache import xetmemo\n"
OFF_ANSWERS = """\
import tracer.ran, tracer.values.answering
tracer.values.answering.may_answer = lambda kind: False
tracer.ran._functions_in = lambda graph, handed, functions, run: ()
tracer.ran.may_keep_something = lambda graph, numbers: False
"""
OFF_STOOD = """\
import tracer.ran, tracer.traces
def off(graph, ran, real=tracer.ran.counted_for, **others):
    return real(graph, ran, whole=others['whole'])
tracer.traces.counted_for = off
"""
OFF_KEPT = """\
import tracer.ran
tracer.ran._ANSWERS_ARE_KEPT = frozenset()
tracer.ran.says_where_it_belongs = lambda kind: False
"""
OFF_READ = "import tracer.audited; del tracer.audited._actions['object.__getattr__']\n"
OFF_HANDED = "import tracer.ran; tracer.ran._handed_on = lambda code, edges: ()\n"

RULES = [
    Rule(
        "1 names on a branch that was not taken",
        """
        RATE, SPARE = 2, 5
        def seldom(x):
            return SPARE
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x) * RATE
            return x
        """,
        counts=("RATE, SPARE = 2", "RATE, SPARE = 3"),
        harmless=("return SPARE", "return -SPARE"),
    ),
    Rule(
        "2 answers that a cache kept",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        @lru_cache
        def helper(x):
            return inner(x)
        def seldom(x):
            return 5
        helper(3)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else helper(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off=OFF_ANSWERS,
    ),
    *(
        Rule(
            f"2 answers of a cache around {made}",
            f"""
        import operator
        from functools import lru_cache, partial
        def inner(x):
            return x + 1
        class Made:
            def go(self):
                return inner(1)
            def __call__(self, x):
                return inner(1)
            def __format__(self, how):
                return str(inner(1))
            value = property(go)
        one = Made()
        helper = lru_cache({made})
        def seldom(x):
            return 5
        helper(one)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else (x, helper(one))
            """,
            counts=("return x + 1", "return x + 2"),
            harmless=("return 5", "return 6"),
        )
        for made in (
            "operator.methodcaller('go')",
            "operator.attrgetter('value')",
            "'{}'.format",
            "Made()",
            "partial(Made())",
        )
    ),
    Rule(
        "3 a wrapper that keeps nothing",
        """
        import contextlib
        def inner(x):
            return x + 1
        class Quiet(contextlib.ContextDecorator):
            def __enter__(self):
                return self
            def __exit__(self, *_):
                return False
        @Quiet()
        def helper(x):
            return inner(x)
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else helper(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "2 answers that an object kept",
        """
        from functools import cached_property
        def inner():
            return 1
        class Model:
            @cached_property
            def depth(self):
                return inner()
        def seldom(x):
            return 5
        model = Model()
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else x + model.depth
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "2 answers that a cache has from the call itself",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        @lru_cache
        def helper(x):
            return seldom(x) if x > 100 else inner(x)
        @xetmemo(always=True)
        def main(x):
            return helper(x) + helper(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "2 answers that a cache has and is not asked for",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        @lru_cache
        def helper(x):
            return seldom(x) if x > 100 else inner(x)
        def seldom(x):
            return 5
        helper(3)
        @xetmemo(always=True)
        def main(x):
            return helper(x) if x > 100 else inner(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "2 answers of a cache that is emptied, and asked as often",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        @lru_cache
        def helper(x):
            return inner(x) if x == 3 else x
        helper(3), helper(3)
        @xetmemo(always=True)
        def main(x):
            found = helper(x)
            helper.cache_clear()
            return found, helper(4), helper(4)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return x + 1", "return x + 1"),
        off="import tracer.silent as silent, tracer.traces\n"
        "def off(looks, may_be_emptied, real=silent.are_silent):\n"
        "    return real(looks, may_be_emptied=False)\n"
        "tracer.traces.are_silent = off\n",
    ),
    Rule(
        "2 answers of a cache that another thread may fill",
        """
        import threading
        from functools import lru_cache
        began, goes_on = threading.Event(), threading.Event()
        def inner(x):
            return x + 1
        @lru_cache
        def helper(x):
            found = inner(x)
            began.set()
            goes_on.wait(30)
            return found
        @xetmemo(always=True, ignore=["goes_on", "began"])
        def work(x):
            goes_on.set()
            other.join()
            return helper(x)
        def main(x):
            global other
            other = threading.Thread(target=helper, args=(x,))
            other.start()
            began.wait(30)
            return work(x)
        other = None
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return x + 1", "return x + 1"),
        memoized="app.work",
    ),
    *(
        Rule(
            f"2 answers that a cache kept, by {how}",
            f"""
        from functools import lru_cache
        def amount():
            return 1
        class Shape:
            def area(self):
                return amount()
            def __add__(self, other):
                return amount()
            @property
            def size(self):
                return amount()
        def seldom(x):
            return 5
        shape = Shape()
        @lru_cache
        def helper(one, name="area"):
            return {does}
        helper(shape)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else helper(shape)
        """,
            counts=("return 1", "return 2"),
            harmless=("return 5", "return 6"),
            off=OFF_STOOD,
        )
        for how, does in {
            "a method of its argument": "one.area()",
            "a special method": "one + 1",
            "a property": "one.size",
            "a computed name": "getattr(one, name)()",
        }.items()
    ),
    Rule(
        "2 answers that a cache kept, which was given nothing",
        """
        from functools import lru_cache
        class Shape:
            def __init__(self):
                self.size = 1
            def __add__(self, other):
                return 5
        class Model:
            def __add__(self, other):
                return 1
        model, shape = Model(), Shape()
        @lru_cache
        def helper():
            return model + 1
        helper()
        @xetmemo(always=True)
        def main(x):
            return shape + 1 if x > 100 else helper()
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "10 memoized calls within, of which nobody knows what they ran",
        """
        class Shape:
            def area(self):
                return 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def helper(one):
            return eval("one.area()")
        shape = Shape()
        helper(shape)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else helper(shape)
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 6"),
    ),
    *(
        Rule(
            f"2 answers that a cache kept, {how}",
            f"""
        import ast, functools
        from functools import lru_cache
        def inner(x=0):
            return 1
        def seldom(x):
            return 5
        {lines}
        """.replace("        |", "        "),
            counts=("return 1", "return 2"),
            harmless=("return 5", "return 6"),
            other="handed = None\n",
            memoized="app.work" if "def work" in lines else "app.main",
        )
        for how, lines in {
            "through what a library calls back": """class V(ast.NodeVisitor):
        |    n = 0
        |    def visit_Name(self, node):
        |        self.n += inner()
        |@lru_cache
        |def helper(text):
        |    v = V()
        |    v.visit(ast.parse(text))
        |    return v.n
        |helper("a+b")
        |@xetmemo(always=True)
        |def main(x):
        |    return seldom(x) if x > 50 else helper("a+b")""",
            "behind a wrapper that is called elsewhere": """def log(f):
        |    @functools.wraps(f)
        |    def logged(*args):
        |        return f(*args)
        |    return logged
        |@log
        |@lru_cache
        |def compute(x):
        |    return inner()
        |compute(3)
        |@xetmemo(always=True)
        |def main(x):
        |    return compute(x) if x > 50 else compute.__wrapped__(x)""",
            "of one that was put in the place of another": """TABLE = {"k": lru_cache(inner)}
        |@xetmemo(always=True)
        |def work(x):
        |    if x > 50:
        |        return seldom(x), inner()
        |    return 0 if x == 5 else TABLE["k"](0)
        |def main(x):
        |    work(5)
        |    TABLE["k"] = lru_cache(inner)
        |    TABLE["k"](0)
        |    return work(x)""",
            "and was emptied under a computed name": """@lru_cache
        |def helper(x):
        |    return inner(x) if x == 3 else x
        |helper(3), helper(3)
        |NAMES = ["cache_clear"]
        |@xetmemo(always=True)
        |def main(x):
        |    found = helper(3)
        |    getattr(helper, NAMES[0])()
        |    return found, helper(4), helper(4)""",
            "and is asked through what was imported": """import other
        |@lru_cache
        |def run(f, x):
        |    return f(x)
        |other.handed = inner
        |run(other.handed, 3)
        |@xetmemo(always=True)
        |def main(x):
        |    from other import handed
        |    def deep():
        |        return run(handed, x)
        |    if x > 100:
        |        from other import handed as again
        |        return again(x)
        |    return deep()""",
        }.items()
    ),
    Rule(
        "4 a generator that goes on with an error",
        """
        def inner(x):
            return 1
        def counting():
            while True:
                try:
                    yield 0
                except ValueError:
                    yield inner(0)
        @xetmemo(always=True, ignore=["counts"])
        def work(x, counts):
            if x > 100:
                return [*counting()]
            return counts.throw(ValueError)
        def main(x):
            counts = counting()
            next(counts)
            return work(x, counts)
        """,
        counts=("yield inner(0)", "yield -inner(0)"),
        harmless=("return 1", "return 1"),
        memoized="app.work",
    ),
    Rule(
        "2 answers that an object kept from before",
        """
        from functools import cached_property
        def inner():
            return 1
        class Model:
            @cached_property
            def depth(self):
                return inner()
        class Deeper(Model):
            pass
        def seldom(x):
            return 5
        model = Deeper()
        model.depth
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else x + model.depth
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 5"),
    ),
    Rule(
        "2 answers of a cache in a table",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        TABLE = {"rate": lru_cache(lambda x: inner(x))}
        def seldom(x):
            return 5
        TABLE["rate"](3)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else TABLE["rate"](x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off=OFF_ANSWERS,
    ),
    Rule(
        "2 answers of a cache in a class",
        """
        from functools import lru_cache
        def inner(x):
            return x + 1
        class Model:
            @staticmethod
            @lru_cache
            def depth(x):
                return inner(x)
        def seldom(x):
            return 5
        Model.depth(3)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else Model.depth(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off=OFF_ANSWERS,
    ),
    Rule(
        "2 answers that a property of the user keeps",
        """
        from functools import cached_property
        class kept(cached_property):
            pass
        def inner():
            return 1
        class Model:
            @kept
            def depth(self):
                return inner()
        def seldom(x):
            return 5
        model = Model()
        model.depth
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else x + model.depth
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 6"),
        off=OFF_ANSWERS,
    ),
    Rule(
        "2 answers that an argument keeps out of its digest",
        """
        def inner():
            return 1
        class Model:
            found = None
            def __xetcache_digest__(self):
                return "model"
            def depth(self):
                if self.found is None:
                    self.found = inner()
                return self.found
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def work(models):
            return seldom(models) if len(models) > 100 else models[0].depth()
        def main(x):
            model = Model()
            model.depth()
            return work([model])
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 5"),
        memoized="app.work",
    ),
    Rule(
        "3 what holds functions for a library",
        """
        import json
        def inner(x):
            return x + 1
        class Holder:
            encoder = json.JSONEncoder(default=inner)
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else Holder.encoder.encode(x)
        """,
        warm="inner(3)",
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off=OFF_ANSWERS,
    ),
    Rule(
        "4 functions that are handed on",
        """
        def inner(x):
            return x + 1
        def handed(x):
            return inner(x)
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return sorted([0] * (x - 3), key=handed)
        """,
        warm="handed(3)",
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off=OFF_HANDED,
    ),
    *(
        Rule(
            f"4 members that are handed on: {handed}",
            f"""
        def inner(x):
            return x + 1
        class Box:
            table = {{"f": inner}}
            bare = staticmethod(inner)
            def ranked(self, x):
                return inner(x)
            @property
            def other(self):
                return seldom(3)
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            box = Box()
            if x > 100:
                return seldom(x), box.other
            return sorted([0] * (x - 3), key={handed})
        """,
            warm="inner(3)",
            counts=("return x + 1", "return x + 2"),
            harmless=("return 5", "return 6"),
        )
        for handed in ("Box.table['f']", "box.table['f']", "Box.bare", "box.bare", "box.ranked")
    ),
    Rule(
        "4 imported functions that are handed on",
        """
        import other
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            from other import handed, spare
            if x > 100:
                return seldom(x), spare(x)
            return sorted([0] * (x - 3), key=handed)
        """,
        other="def inner(x):\n    return x + 1\ndef handed(x):\n    return inner(x)\n"
        "def spare(x):\n    return x + 7\nhanded(3)\n",
        counts=("return x + 1", "return x + 2"),
        harmless=("return x + 7", "return x + 8"),
        off=OFF_HANDED,
    ),
    Rule(
        "4 functions of a module that is held",
        """
        import other
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            module = other
            if x > 100:
                return seldom(x), other.spare(x), other.handed(x)
            return sorted([0] * (x - 3), key=module.handed)
        """,
        other="def inner(x):\n    return x + 1\ndef handed(x):\n    return inner(x)\n"
        "def spare(x):\n    return x + 7\nhanded(3)\n",
        counts=("return x + 1", "return x + 2"),
        harmless=("return x + 7", "return x + 8"),
    ),
    *(
        Rule(
            f"4 functions of a module {how}",
            f"""
        {how}
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x), other.spare(x, other.spare(x, by=2)), other.Box.spare(x)
            return sorted([0] * (x - 3), key=other.handed)
        """,
            other="def inner(x):\n    return x + 1\ndef handed(x):\n    return inner(x)\n"
            "def spare(x, by=1):\n    return x + 7\n"
            "class Box:\n    spare = staticmethod(spare)\nhanded(3)\n",
            counts=("return x + 1", "return x + 2"),
            harmless=("return x + 7", "return x + 8"),
            off=OFF_HANDED,
        )
        for how in ("import other", "import importlib; other = importlib.import_module('other')")
    ),
    *(
        Rule(
            f"4 a member that is kept and {what}",
            f"""
        def inner(x):
            return x + 1
        class Box:
            def ranked(self, x):
                return inner(x)
            def spare(self, x):
                return seldom(x)
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x, box=Box()):
            use, unused = box.ranked, box.spare
            if box.spare and x > 100:
                return unused(x)
            return {use}
        """,
            warm="inner(3)",
            counts=("return x + 1", "return x + 2"),
            harmless=("return 5", "return 5" if "locals" in use else "return 6"),
        )
        for what, use in {
            "called": "use(x)",
            "handed on": "sorted([0] * (x - 3), key=use)",
            "seen in all variables": "sorted([0] * (x - 3), key=locals()['use'])",
        }.items()
    ),
    Rule(
        "4 parameters that are told",
        """
        import inspect
        def handed(x, by=3):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return str(inspect.signature(handed))
        """,
        counts=("by=3", "by=4"),
        harmless=("return 5", "return 6"),
        off=OFF_HANDED + OFF_READ + "import tracer.walker; tracer.walker.PARAMETERS = None\n",
    ),
    Rule(
        "4 functions that are read",
        """
        def handed(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else len(handed.__code__.co_code)
        """,
        counts=("return x + 1", "return x + x + x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "4 arguments that do not fit",
        """
        def inner(x, y):
            return 5
        @xetmemo(always=True)
        def main(x):
            try:
                return inner(x)
            except TypeError:
                return 0
        """,
        counts=("def inner(x, y)", "def inner(x, y=1)"),
        harmless=("return 5", "return 6"),
        off="import tracer.walker; tracer.walker._called_as = lambda *_: b''\n",
    ),
    Rule(
        "4 generators that are made and not asked",
        """
        def inner(x):
            yield 5
        @xetmemo(always=True)
        def main(x):
            return type(inner(x)).__name__
        """,
        counts=("yield 5", "return 5"),
        harmless=("yield 5", "yield 6"),
        off="import tracer.walker; tracer.walker._called_as = lambda *_: b''\n",
    ),
    Rule(
        "4 hashes by which a set was put in its order",
        """
        class Item:
            def __init__(self, number):
                self.number = number
            def __hash__(self):
                return self.place()
            def __eq__(self, other):
                return self.number == other.number
            def place(self):
                return self.number + 0
        class Other:
            def spare(self):
                return 5
        ITEMS = {Item(1), Item(2), Item(3)}
        @xetmemo(always=True)
        def main(x):
            return [item.number if x < 100 else Other().spare() for item in ITEMS]
        """,
        counts=("return self.number + 0", "return 7 - self.number"),
        harmless=("return 5", "return 6"),
        off=OFF_KEPT,
    ),
    *(
        Rule(
            f"4 hashes by which a set was put in its order: {items}",
            f"""
        def place(number):
            return number + 0
        class Place(type):
            def __hash__(kind):
                return place(kind.number)
        class Item:
            def __init__(self, number):
                self.number = number
            def __hash__(self):
                return place(self.number)
            def __eq__(self, other):
                return self.number == other.number
        class Holder:
            def __init__(self, **held):
                self.__dict__.update(held)
        class Other:
            def spare(self):
                return 5
        def three():
            return [Item(1), Item(2), Item(3)]
        first = Item(9)
        HELD = {items}
        @xetmemo(always=True)
        def main(x):
            found = HELD[-1] if type(HELD) is list else HELD.all
            return [item.number if x < 100 else Other().spare() for item in set(found)]
        """,
            counts=("number + 0", "number * -1 + 7"),
            harmless=("return 5", "return 6"),
        )
        for items in (
            "[first, set(three())]",
            "[Item, frozenset(three())]",
            "[first, dict.fromkeys(three())]",
            "[three() * 20, {(one, 0): 1 for one in three()}, set(three())]",
            "Holder(first=first, all=set(three()))",
            "[{Place(name, (), {'number': n}) for n, name in enumerate('abc')}]",
        )
    ),
    Rule(
        "4 what the program was told of classes before",
        """
        from abc import ABC
        class Any(ABC):
            @classmethod
            def __subclasshook__(cls, kind):
                return cls.takes(kind)
            @classmethod
            def takes(cls, kind):
                return True
        class Kind:
            def spare(self):
                return 5
        isinstance(Kind(), Any)
        @xetmemo(always=True)
        def main(x):
            return Kind().spare() if x > 100 else isinstance(Kind(), Any)
        """,
        counts=("return True", "return False"),
        harmless=("return 5", "return 6"),
        off=OFF_KEPT,
    ),
    Rule(
        "4 members that an enumeration has made before",
        """
        import enum
        class Kind(enum.Flag):
            A = 1
            B = 2
            @classmethod
            def _missing_(cls, value):
                found = super()._missing_(value)
                found.size = 2
                return found
        class Other:
            def spare(self):
                return 5
        Kind(3)
        @xetmemo(always=True)
        def main(x):
            return Other().spare() if x > 100 else Kind(3).size
        """,
        counts=("found.size = 2", "found.size = 3"),
        harmless=("return 5", "return 6"),
        off=OFF_KEPT,
    ),
    Rule(
        "4 classes that are pickled by value",
        """
        import sys
        import cloudpickle
        class Model:
            def depth(self):
                return 1
        class Other:
            def depth(self):
                return 5
        cloudpickle.register_pickle_by_value(sys.modules[__name__])
        @xetmemo(always=True)
        def main(x):
            return Other() if x > 100 else cloudpickle.dumps(Model())
        """,
        counts=("return 1", "return 2"),
        harmless=("return 5", "return 6"),
        off=OFF_READ,
    ),
    Rule(
        "4 functions that a wrapper calls",
        """
        import functools
        def timed(function):
            @functools.wraps(function)
            def timing(*args, **kwargs):
                return function(*args, **kwargs)
            return timing
        @timed
        def inner(x):
            return x + 1
        @timed
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else inner(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "5 what leaves the call",
        """
        def inner():
            return 1
        class Model:
            def depth(self):
                return inner()
        class Other:
            def depth(self):
                return 7
        def seldom(x):
            return Other().depth()
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else Model()
        """,
        counts=("return 1", "return 2"),
        harmless=("return 7", "return 8"),
        off="import tracer; tracer.Trace.of_call = (\n"
        "    lambda self, ran, *_, real=tracer.Trace.of_call, **more: real(self, ran, **more))\n",
    ),
    Rule(
        "5 what leaves the call and was used",
        """
        class Model:
            def depth(self):
                return 1
        def seldom(x):
            return 7
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            model = Model()
            model.found = model.depth()
            return model
        """,
        counts=("return 1", "return 2"),
        harmless=("return 7", "return 8"),
    ),
    Rule(
        "6 what a container held before",
        """
        KNOWN = {}
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        KNOWN[3] = inner(3)
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return KNOWN[x]
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "7 a module that the call imports",
        """
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            from other import rate
            return seldom(x) if x > 100 else x * rate()
        """,
        other="def rate():\n    return 2\n",
        counts=("return 2", "return 3"),
        harmless=("return 5", "return 5"),
    ),
    Rule(
        "8 work of another process",
        """
        import subprocess, sys
        def inner(x):
            return x + 1
        def seldom(x):
            return inner(x)
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return subprocess.check_output([sys.executable, "-c", "print(5)"]).split()
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 5"),
    ),
    Rule(
        "8 work of processes that are there already",
        """
        import multiprocessing
        def inner(x):
            return x + 1
        class Model:
            def depth(self, x):
                return inner(x)
        model = Model()
        def seldom(x):
            return 5
        @xetmemo(always=True, ignore=["pool"])
        def work(x, pool):
            return seldom(x) if x > 100 else pool.map(model.depth, [x])
        def main(x):
            with multiprocessing.get_context("fork").Pool(1) as pool:
                pool.map(abs, [1])
                return work(x, pool)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 5"),
        off=OFF_ANSWERS + "import tracer.started; tracer.started._has_workers = lambda: False\n",
        memoized="app.work",
    ),
    Rule(
        "9 another function of the same name",
        """
        from other import inner
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else inner(x)
        """,
        other="def made(k):\n    def inner(x):\n        return x + k\n    return inner\n"
        "inner = made(1)\n",
        counts=("made(1)", "made(2)"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "10 memoized calls within",
        """
        def inner(x):
            return x + 1
        @xetmemo(always=True)
        def helper(x):
            return inner(x)
        def seldom(x):
            return 5
        helper(3)
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else helper(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off="import tracer.ran, tracer.traces\n"
        "def off(graph, ran, real=tracer.ran.counted_for, **others):\n"
        "    return real(graph, ran, whole=others['whole'])\n"
        "tracer.traces.counted_for = off\n",
    ),
    *(
        Rule(
            f"10 memoized calls within{often}, and what they did not run",
            f"""
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def helper(x):
            return seldom(x) if x > 100 else inner(x)
        for _ in range({times}):
            helper(3)
        @xetmemo(always=True)
        def main(x):
            return helper(x)
        """,
            counts=("return x + 1", "return x + 2"),
            harmless=("return 5", "return 6"),
            off="import tracer.started; tracer.started.on_answered = lambda *_: None\n",
        )
        for often, times in {"": 1, " that are answered from memory": 5}.items()
    ),
    Rule(
        "10 memoized calls within calls within",
        """
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def deepest(x):
            return seldom(x) if x > 100 else inner(x)
        @xetmemo(always=True)
        def helper(x):
            return deepest(x) + 1
        deepest(3)
        helper(3)
        @xetmemo(always=True)
        def main(x):
            return helper(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        off="import tracer.started; tracer.started.on_answered = lambda *_: None\n",
    ),
    Rule(
        "4 functions with the same body",
        """
        import other
        class Box:
            def size(self, x):
                return x + 1
        class Spare:
            def size(self, x):
                return x + 1
        def used(x):
            return Box().size(x) + other.inner(x)
        def inner(x):
            return used(x - 1)
        @xetmemo(always=True)
        def main(x):
            return inner(x) if x < 100 else Spare().size(inner(x))
        """,
        other="RATE = 2\ndef inner(x):\n    return used(x - 1)\n"
        "def used(x):\n    return x * RATE\n",
        counts=(
            "class Box:\n    def size(self, x):\n        return x + 1",
            "class Box:\n    def size(self, x):\n        return x + 2",
        ),
        harmless=(
            "class Spare:\n    def size(self, x):\n        return x + 1",
            "class Spare:\n    def size(self, x):\n        return x + 2",
        ),
    ),
    Rule(
        "10 a digest that other threads help to make",
        """
        import xetcache
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return xetcache.digest(bytes(80 << 20)).hex(), inner(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "10 a memoized call of another thread",
        """
        import queue, threading
        asked, told = queue.Queue(), queue.Queue()
        def inner(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def helper(x):
            return seldom(x) if x > 100 else inner(x)
        helper(3)
        def worker():
            while (x := asked.get()) is not None:
                told.put(helper(x))
        @xetmemo(always=True, ignore=["asked", "told"])
        def work(x):
            if x > 100:
                return helper(x)
            asked.put(x)
            return told.get()
        def main(x):
            threading.Thread(target=worker, daemon=True).start()
            return work(x)
        """,
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
        memoized="app.work",
    ),
    Rule(
        "10 a memoized call of what the call makes",
        """
        def helper(x):
            return x + 1
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            @xetmemo(always=True)
            def inner(y):
                return helper(y)
            return inner(x) * RATE
        RATE = 2
        """,
        before=("RATE = 2", "RATE = 3"),
        counts=("return x + 1", "return x + 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "11 a class that starts to override",
        """
        class Base:
            def depth(self):
                return 1
        class Model(Base):
            def other(self):
                return 2
        @xetmemo(always=True)
        def main(x):
            return x + Model().depth()
        """,
        counts=("def other(self)", "def depth(self)"),
        harmless=("return 2", "return 3"),
    ),
    Rule(
        "11 a mixin of what a library calls back",
        """
        import json
        class Mixin:
            def other(self, value):
                return 2
        class Encoder(Mixin, json.JSONEncoder):
            pass
        @xetmemo(always=True)
        def main(x):
            try:
                return json.dumps(1j, cls=Encoder)
            except TypeError:
                return x
        """,
        counts=("def other(self", "def default(self"),
        harmless=("return 2", "return 3"),
    ),
    Rule(
        "11 what a protocol asks for",
        """
        from typing import Protocol, runtime_checkable
        @runtime_checkable
        class Deep(Protocol):
            def depth(self): ...
        class Model:
            def other(self):
                return 2
        @xetmemo(always=True)
        def main(x):
            return x + isinstance(Model(), Deep)
        """,
        counts=("def other(self", "def depth(self"),
        harmless=("return 2", "return 3"),
    ),
    Rule(
        "12 a file that the call reads",
        """
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            return seldom(x) if x > 100 else open("other.py").read()
        """,
        other="text = 1\n",
        counts=("text = 1", "text = 2"),
        harmless=("return 5", "return 6"),
    ),
    Rule(
        "13 subclasses that are looked for",
        """
        class Base:
            rate = 1
        class One(Base):
            rate = 2
        def seldom(x):
            return 5
        @xetmemo(always=True)
        def main(x):
            if x > 100:
                return seldom(x)
            return [one.rate for one in Base.__subclasses__()]
        """,
        counts=("def seldom(x):", "class Two(Base): rate = 3\ndef seldom(x):"),
        harmless=("return 5", "return 6"),
    ),
]


def program(rule: Rule, project: Project, *, off: str = "") -> None:
    """Write the program of a rule, without the indent of the table."""
    body = "\n".join(line[8:] for line in rule.source.strip("\n").splitlines())
    project.write("app.py", f"{off}{HEAD}{body}\n{rule.warm}\n")
    if rule.other:
        project.write("other.py", rule.other)


def edit(rule: Rule, project: Project, old: str, new: str) -> None:
    """Make an edit wherever its text is."""
    name = "app.py" if old in (project.folder / "app.py").read_text() else "other.py"
    project.replace(name, old, new)


NAMES = [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_what_counts_is_noticed(rule: Rule, project: Project) -> None:
    """What the call ran, read, or was saved from running: it is computed again."""
    program(rule, project)
    first = project.call("app.main", rule.argument)
    assert rule.memoized in first.ran
    if rule.before is not None:
        edit(rule, project, *rule.before)
        assert rule.memoized in project.call("app.main", rule.argument).ran

    edit(rule, project, *rule.counts)

    again = project.call("app.main", rule.argument)
    assert rule.memoized in again.ran
    assert again.error is None


@pytest.mark.parametrize("rule", RULES, ids=NAMES)
def test_what_did_not_run_may_change(rule: Rule, project: Project) -> None:
    """What the call could have run and did not: it is served."""
    if rule.harmless[0] == rule.harmless[1]:
        pytest.skip("where this holds, all that the call can reach decides")
    program(rule, project)
    before = project.call("app.main", rule.argument)

    edit(rule, project, *rule.harmless)

    after = project.call("app.main", rule.argument)
    assert rule.memoized not in after.ran
    assert after.value == before.value or " at 0x" in before.value


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.off], ids=lambda rule: rule.name)
def test_without_the_rule_it_would_be_stale(rule: Rule, project: Project) -> None:
    """The hole is there: with the rule switched off, what counts is not noticed."""
    program(rule, project, off=rule.off)
    project.call("app.main", rule.argument)

    edit(rule, project, *rule.counts)

    assert rule.memoized not in project.call("app.main", rule.argument).ran


def test_all_may_be_asked_for(project: Project) -> None:
    """`precision = "static"`: whatever the call could reach counts."""
    program(RULES[0], project)
    project.environment["XETCACHE_PRECISION"] = "static"
    project.call("app.main", 3)
    assert project.call("app.main", 3).ran == []

    edit(RULES[0], project, *RULES[0].harmless)

    assert "app.main" in project.call("app.main", 3).ran


def test_explain_says_what_was_not_used(project: Project) -> None:
    """A hit after an edit names the edit, and that the call does not use it."""
    program(RULES[0], project)
    project.call("app.main", 3)
    edit(RULES[0], project, *RULES[0].harmless)

    project.write("ask.py", "import app\nprint(app.main.explain(3))\n")
    shown = project.run_script("ask.py").stdout

    assert "would hit" in shown
    assert "changed since then, and not used by this call" in shown
    assert "main → seldom" in shown


def test_it_is_found_without_a_walk_of_all(project: Project) -> None:
    """A new process that is served looks at what the call ran, and at nothing else."""
    helpers = "\n".join(f"def h{number}(x):\n    return h{number + 1}(x)" for number in range(200))
    project.write(
        "app.py",
        f"{HEAD}{helpers}\ndef h200(x):\n    return x\n"
        "@xetmemo(always=True)\ndef main(x):\n    return h0(x) if x > 100 else x\n",
    )
    project.write(
        "count.py",
        """
        import tracer.walker
        import app

        def size(x):
            sizes, real = [], tracer.walker._Walk.finish
            def finish(self, root):
                found = real(self, root)
                sizes.append(len(found.graph))
                return found
            tracer.walker._Walk.finish = finish
            app.main(x)
            return max(sizes)
        """,
    )
    assert project.call("count.size", 3).value > 200
    assert project.call("count.size", 3).value < 10


def test_a_miss_is_explained_by_what_the_call_ran(project: Project) -> None:
    """An edit of what it did not run is no cause beside one of what it ran."""
    program(RULES[0], project)
    project.call("app.main", 3)
    edit(RULES[0], project, *RULES[0].harmless)
    edit(RULES[0], project, *RULES[0].counts)
    project.call("app.main", 3)

    shown = project.python("-m", "xetcache", "explain").stdout

    assert "RATE" in shown
    assert "seldom" not in shown
    assert "1 of" in shown


def test_each_entry_stands_on_what_its_own_call_ran(project: Project) -> None:
    """With another file the same code ran something else, which is edited: computed again."""
    project.write(
        "app.py",
        """
        from xetcache import xetmemo
        def one():
            return 1
        def two():
            return 2
        @xetmemo(always=True)
        def main():
            return one() if open("flag.txt").read() == "one" else two()
        """,
    )
    for flag in ("one", "two"):
        project.write("flag.txt", flag)
        project.call("app.main")

    project.replace("app.py", "return 2", "return 22")

    assert project.call("app.main").value == 22
    project.write("flag.txt", "one")
    assert project.call("app.main").ran == []


def test_an_answer_of_code_that_a_call_cannot_reach(project: Project) -> None:
    """Were it computed, that code would be unknown; what was served instead is no better known."""
    project.write("other.py", "class Box:\n    def area(self):\n        return 1\n")
    project.write(
        "app.py",
        """
        import pickle
        from xetcache import xetmemo
        @xetmemo(always=True)
        def helper(one):
            return one.area()
        @xetmemo(always=True)
        def main():
            with open("box.pickle", "rb") as file:
                return helper(pickle.load(file))
        """,
    )
    project.write(
        "make.py",
        """
        import pickle, app, other
        with open("box.pickle", "wb") as file:
            pickle.dump(other.Box(), file)
        app.helper(other.Box())
        """,
    )
    project.run_script("make.py")
    assert project.call("app.main").value == 1
    project.replace("other.py", "return 1", "return 2")
    assert project.call("app.main").value == 2
