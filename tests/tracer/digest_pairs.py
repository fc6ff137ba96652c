"""Pairs of values, and what their digests must be to each other.

Run as a script, it prints the digests of all as one JSON object; `test_contents.py` runs it
under several hash seeds. A pair that is `SAME` is content that came about in two ways.
"""

# ruff: noqa: PLC3002, PYI024, SIM115 - a pair is a line, whatever it takes
from __future__ import annotations

import array
import collections
import ctypes
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import importlib.util
import io
import itertools
import json
import operator
import pathlib
import pickle
import re
import sys
import threading
import types
import typing
import weakref
import zoneinfo
from collections.abc import Callable
from typing import Any

Builder = Callable[[], tuple[object, object]]
PAIRS: dict[str, tuple[str, str, Builder]] = {}
"""Name → `SAME`, `DIFF` or `REFUSE`, the packages it needs, and what makes the two."""


def same(name: str, build: Builder, needs: str = "") -> None:
    PAIRS[f"same: {name}"] = ("SAME", needs, build)


def diff(name: str, build: Builder, needs: str = "") -> None:
    PAIRS[f"diff: {name}"] = ("DIFF", needs, build)


def refuse(name: str, build: Builder, needs: str = "") -> None:
    PAIRS[f"refuse: {name}"] = ("REFUSE", needs, build)


def two(make: Callable[[], object]) -> tuple[object, object]:
    return make(), make()


def there_and_back(value: object) -> tuple[object, object]:
    return value, pickle.loads(pickle.dumps(value))


def chars(text: str) -> str:
    """Return the same text, not interned."""
    return "".join(list(text))


def defined(source: str, name: str) -> Any:
    """Run source as a module of the user would be, and return one of its names."""
    namespace: dict[str, Any] = {"__name__": "written"}
    exec(compile(source, "<written>", "exec"), namespace)
    return namespace[name]


class Plain:
    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Other:
    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


class Member:
    """Hashed by identity."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.peers: set[object] = set()


class Text(str):
    __slots__ = ()


class Slotted:
    __slots__ = ("a", "b")


class Cleaned:
    def __init__(self, value: object) -> None:
        self.value = value
        self.handle = threading.Lock()

    def __getstate__(self) -> dict[str, object]:
        return {"value": self.value}


class Rebuilt:
    def __init__(self, value: object) -> None:
        self.value = value
        self.born = id(self)

    def __reduce__(self) -> tuple[object, ...]:
        return Rebuilt, (self.value,)


class Spying:
    """Fails as soon as any code of it is run."""

    def __init__(self, value: object) -> None:
        object.__setattr__(self, "value", value)

    def __getattribute__(self, name: str) -> object:
        raise AssertionError(name)

    __eq__ = __hash__ = __bool__ = __iter__ = __len__ = __repr__ = __getattribute__  # type: ignore[assignment]


@dataclasses.dataclass
class Data:
    a: int
    b: str = ""
    c: list[object] = dataclasses.field(default_factory=list)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Bits(enum.Flag):
    A = 1
    B = 2


Pair = collections.namedtuple("Pair", "x y")


class TypedPair(typing.NamedTuple):
    x: int
    y: int


# -- atoms and values of the standard library --------------------------------------------

diff("True and 1", lambda: (True, 1))
diff("1 and 1.0", lambda: (1, 1.0))
diff("1.0 and 1+0j", lambda: (1.0, 1 + 0j))
diff("parts of complex, sign of zero", lambda: (complex(0.0, -0.0), complex(0.0, 0.0)))
diff("bytes and bytearray", lambda: (b"a", bytearray(b"a")))
diff("bytes in a list, cut elsewhere", lambda: ([b"ab", b"c"], [b"a", b"bc"]))
diff("text of a subclass", lambda: (Text("a"), "a"))
diff("bool in a tuple", lambda: ((True,), (1,)))
diff("text and its repr", lambda: ("a", "'a'"))
diff("text, long, at its end", lambda: ("a" * 200_000, "a" * 199_999 + "b"))
same("text, long, in a list", lambda: (["a" * 200_000] * 2, ["a" * 200_000, chars("a" * 200_000)]))
same("bytes, long", lambda: (bytes(100_000), bytes(bytearray(100_000))))
diff("bytes, long", lambda: (bytes(100_000), bytes(100_001)))
diff("date and datetime", lambda: (dt.date(2020, 1, 1), dt.datetime(2020, 1, 1)))  # noqa: DTZ001
diff("time zones of one offset", lambda: (dt.time(1, tzinfo=dt.UTC), dt.time(1)))
diff("fold of a time", lambda: (dt.time(1, fold=0), dt.time(1, fold=1)))
same(
    "zone, from the cache or not",
    lambda: (zoneinfo.ZoneInfo("Europe/Paris"), zoneinfo.ZoneInfo.no_cache("Europe/Paris")),
)
diff("zones", lambda: (zoneinfo.ZoneInfo("Europe/Paris"), zoneinfo.ZoneInfo("Europe/Berlin")))
diff("zeros of decimals", lambda: (decimal.Decimal(0), decimal.Decimal("-0")))
same("pattern, cached or not", lambda: (re.compile("x+"), (re.purge(), re.compile(chars("x+")))[1]))
diff("flags of a pattern", lambda: (re.compile("x"), re.compile("x", re.IGNORECASE)))
diff("pattern of bytes", lambda: (re.compile("x"), re.compile(b"x")))
diff("namedtuples", lambda: (Pair(1, 2), TypedPair(1, 2)))
same("namedtuple", lambda: there_and_back(TypedPair(1, 2)))
diff("members of enums", lambda: (Color.RED, Bits.A))
same("flags in another order", lambda: (Bits.A | Bits.B, Bits.B | Bits.A))
diff("paths", lambda: (pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("a")))
diff("ranges", lambda: (range(3), range(4)))
diff("slices", lambda: (slice(1, 2), slice(1, 2, 1)))
diff("memory views, shape", lambda: (memoryview(b"abcd"), memoryview(b"abcd").cast("B", (2, 2))))
same("memory view, strided", lambda: (memoryview(b"abcd")[::2], memoryview(b"ac")))
diff("arrays of numbers", lambda: (array.array("b", [1]), array.array("B", [1])))
same("array of numbers", lambda: there_and_back(array.array("d", [1, 2])))
diff("exceptions, notes of arguments", lambda: (OSError(1, "a"), OSError(1, "b")))
same("exceptions, cause", lambda: (ValueError("a"), caused()))
same("positions of streams", lambda: two(lambda: io.BytesIO(b"abc")))
diff("half read stream", lambda: (io.BytesIO(b"abc"), read_one(io.BytesIO(b"abc"))))
diff("C integers", lambda: (ctypes.c_int(1), ctypes.c_int(2)))
diff("getters", lambda: (operator.itemgetter(1), operator.itemgetter(2)))
diff("attribute getters", lambda: (operator.attrgetter("a"), operator.attrgetter("b")))
diff("callers of methods", lambda: (operator.methodcaller("a", 1), operator.methodcaller("a", 2)))
diff("types of generics", lambda: (typing.Optional[int], typing.Optional[str]))  # noqa: UP045
same("types of generics", lambda: (dict[str, list[int]], dict[str, list[int]]))
diff("modules", lambda: (json, pickle))
diff("builtins of one name", lambda: (operator.add, operator.sub))
diff("methods of builtins", lambda: ("a".upper, "b".upper))
diff("unbound methods of builtins", lambda: (str.upper, str.lower))
diff("classes of one name", lambda: (threading.Event, __import__("asyncio").Event))


def caused() -> ValueError:
    error = ValueError("a")
    error.__cause__ = KeyError("b")
    return error


def read_one(stream: io.BytesIO) -> io.BytesIO:
    stream.read(1)
    return stream


# -- containers ---------------------------------------------------------------------------


def diamond(levels: int, bottom: object) -> object:
    for _ in range(levels):
        bottom = [bottom, bottom]
    return bottom


def tree(levels: int) -> object:
    return [tree(levels - 1), tree(levels - 1)] if levels else [1]


def linked_both_ways(count: int) -> Plain:
    first = last = Plain(value=0, before=None, after=None)
    for number in range(1, count):
        one = Plain(value=number, before=last, after=None)
        last.after, last = one, one  # type: ignore[attr-defined]
    return first


def complete_graph(size: int) -> list[Plain]:
    """Values that all lead to each other: they unfold without end."""
    nodes = [Plain(name=number) for number in range(size)]
    for node in nodes:
        node.others = [one for one in nodes if one is not node]  # type: ignore[attr-defined]
    return nodes


def peers(*values: object) -> set[Member]:
    made = {Member(value) for value in values}
    for member in made:
        member.peers = made  # type: ignore[assignment]
    return made


def own(steps: int, *also: object) -> list[object]:
    """Return a list that holds itself so many lists further in."""
    inner: list[object] = [*also]
    outer = inner
    for _ in range(steps - 1):
        outer = [outer, *also]
    inner.append(outer)
    return outer


same("what is shared, spelled out", lambda: (diamond(10, [1]), tree(10)))
same("what is shared, without end", lambda: two(lambda: diamond(80, [1])))
diff("what is shared, without end", lambda: (diamond(80, [1]), diamond(80, [2])))
same(
    "tuples that share",
    lambda: two(lambda: functools.reduce(lambda t, _: (t, t), range(80), ([],))),
)
same(
    "instances that share",
    lambda: two(lambda: functools.reduce(lambda t, _: Plain(a=t, b=t), range(80), 1)),
)
same(
    "dictionaries that share",
    lambda: two(lambda: functools.reduce(lambda t, _: {"a": t, "b": t}, range(80), 1)),
)
same(
    "frozen sets that share",
    lambda: two(lambda: functools.reduce(lambda t, n: frozenset({t, (t, n)}), range(60), 1)),
)
same("deep lists", lambda: two(lambda: functools.reduce(lambda t, _: [t], range(20_000), 1)))
diff(
    "deep lists",
    lambda: tuple(functools.reduce(lambda t, _: [t], range(20_000), n) for n in (1, 2)),
)  # type: ignore[arg-type]
same(
    "deep instances",
    lambda: two(lambda: functools.reduce(lambda t, _: Plain(a=t), range(10_000), 1)),
)
same(
    "deep frozen sets",
    lambda: two(lambda: functools.reduce(lambda t, _: frozenset({t}), range(2_000), 1)),
)
diff("own part, nearer or further", lambda: (own(1), own(2)))
diff("own part, content", lambda: (own(1, 1), own(1, 2)))
same("own part, of two", lambda: (lambda a: ([a, a], [a, own(1)]))(own(1)))
same("own part, met inside", lambda: (own(2, 3)[0], own(2, 3)[0]))
same("what leads to each other", lambda: two(lambda: complete_graph(12)))
diff("what leads to each other", lambda: (complete_graph(12), complete_graph(13)))
same("what leads to each other, many", lambda: two(lambda: complete_graph(60)))
same("linked both ways", lambda: two(lambda: linked_both_ways(2_000)))
diff("linked both ways", lambda: (linked_both_ways(2_000), linked_both_ways(2_001)))
same("linked both ways, all of them listed", lambda: two(lambda: listed(linked_both_ways(400))))
same("members that know their set", lambda: (peers(1, 2, 3), peers(3, 2, 1)))
diff("members that know their set", lambda: (peers(1, 2, 3), peers(1, 2, 4)))
same(
    "deque in itself", lambda: two(lambda: (lambda q: (q.append(q), q)[1])(collections.deque([1])))
)
diff(
    "order of an ordered dict",
    lambda: (collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)),
)
diff("ordered dict and dict", lambda: (collections.OrderedDict(a=1), {"a": 1}))
same("counter", lambda: (collections.Counter("aab"), collections.Counter({"a": 2, "b": 1})))
diff("user dict", lambda: (collections.UserDict(a=1), collections.UserDict(a=2)))
diff(
    "maps of a chain",
    lambda: (collections.ChainMap({}, {"a": 1}), collections.ChainMap({"a": 1}, {})),
)
diff("views of a dict", lambda: (types.MappingProxyType({"a": 1}), {"a": 1}))
diff("keys and values", lambda: ({"a": "b"}, {"b": "a"}))
diff("where a dict ends", lambda: ([{"a": 1}, {"b": 2}], [{"a": 1, "b": 2}, {}]))
diff("where rows end", lambda: ([[1, 2], [3]], [[1], [2, 3]]))
diff("rows and tuples", lambda: ([[1, 2]], [(1, 2)]))
diff("large rows", lambda: ([list(range(300))], [list(range(299)), 299]))
same("large rows, shared", lambda: (lambda r: ([r, r], [r, list(r)]))(list(range(300))))
diff("set of nothing", lambda: (set(), frozenset()))
same(
    "set of sets of tuples",
    lambda: ({frozenset({(1, "a"), (2, "b")})}, {frozenset({(2, "b"), (1, chars("a"))})}),
)
same("set of instances", lambda: ({Member(1), Member("a")}, {Member("a"), Member(1)}))
diff("set of instances", lambda: ({Member(1), Member(2)}, {Member(1), Member(1)}))
same("set of not a number", lambda: ({float("nan"), 1}, {1, float("nan")}))
same("set that has a function", lambda: ({adder(1), adder(2)}, {adder(2), adder(1)}))
diff("set that has a function", lambda: ({adder(1), adder(2)}, {adder(1), adder(3)}))
same(
    "set with functions in tuples",
    lambda: ({(adder(1), 1), (adder(2), 1)}, {(adder(2), 1), (adder(1), 1)}),
)
diff("who has which function", lambda: ([adder(1), adder(2)], [adder(2), adder(1)]))


def listed(first: Plain) -> list[object]:
    found: list[object] = []
    one: Any = first
    while one is not None:
        found.append(one)
        one = one.after
    return found


def adder(n: int) -> Callable[[int], int]:
    return lambda x: x + n


# -- instances ----------------------------------------------------------------------------

diff("instances of look-alikes", lambda: (Plain(a=1), Other(a=1)))
diff("list of instances of look-alikes", lambda: ([Plain(a=1)] * 20, [Other(a=1)] * 20))
diff("list of instances, one differs", lambda: ([Data(1)] * 20, [*[Data(1)] * 19, Data(2)]))
same("list of instances, shared", lambda: ([Data(1)] * 20, [Data(1) for _ in range(20)]))
same(
    "list of instances, one holds more",
    lambda: two(lambda: [*(Data(n) for n in range(20)), Data(1, "", [[[1]]])]),
)
diff(
    "list of instances, one more attribute",
    lambda: ([Plain(a=1)] * 20, [*[Plain(a=1)] * 19, Plain(a=1, b=2)]),
)
same("instance that was pickled", lambda: there_and_back([Data(1, "a", [1, (2,)]), Plain(a={1})]))
same("instance with a state of its own", lambda: (Cleaned([1]), Cleaned([1])))
diff("instance with a state of its own", lambda: (Cleaned([1]), Cleaned([2])))
same("instance that is rebuilt", lambda: there_and_back(Rebuilt(1)))
same("instance that must not be asked", lambda: (Spying(1), Spying(1)))
diff("instance that must not be asked", lambda: (Spying(1), Spying(2)))
diff("slots that are not set", lambda: (Slotted(), filled(Slotted())))
same("weak value dictionary", lambda: ({"a": 1}, {"a": 1}))
diff("attributes that are no text", lambda: (numbered(1), numbered(2)))


def filled(one: Slotted) -> Slotted:
    one.a = None
    return one


diff(
    "attributes in a dictionary of its own kind",
    lambda: (held_by(Keeper(a=1)), held_by(Keeper(a=2))),
)
diff(
    "attributes, nested, in such a one",
    lambda: (held_by(Keeper(a=[[[1]]])), held_by(Keeper(a=[[[2]]]))),
)
same(
    "names of attributes that must not be shown", lambda: two(lambda: held_by({Unshown(): [[[1]]]}))
)


class Keeper(dict):
    def __iter__(self):
        raise AssertionError

    items = keys = values = __iter__  # type: ignore[assignment]


class Unshown:
    def __format__(self, _: str) -> str:
        raise AssertionError

    __str__ = __repr__ = __format__  # type: ignore[assignment]


def held_by(attributes: dict[Any, object]) -> Plain:
    made = Plain()
    made.__dict__ = attributes
    return made


def numbered(key: int) -> Plain:
    made = Plain()
    made.__dict__[key] = 1  # type: ignore[index]
    return made


# -- code ---------------------------------------------------------------------------------

diff(
    "global that a function reads",
    lambda: (defined("K = 1\ndef f(): return K", "f"), defined("K = 2\ndef f(): return K", "f")),
)
diff(
    "helper of a method",
    lambda: (defined(CLASS, "C")(), defined(CLASS.replace("+ 1", "+ 2"), "C")()),
)
same(
    "helper that nobody calls",
    lambda: (defined(CLASS, "C")(), defined(CLASS + "\ndef unused(): pass\n", "C")()),
)
diff(
    "base of a class",
    lambda: (
        defined("class B:\n  x = 1\nclass C(B): pass", "C")(),
        defined("class B:\n  x = 2\nclass C(B): pass", "C")(),
    ),
)
diff(
    "property of a class",
    lambda: (
        defined("class C:\n  @property\n  def x(self): return 1", "C")(),
        defined("class C:\n  @property\n  def x(self): return 2", "C")(),
    ),
)
diff(
    "static and class method",
    lambda: (
        defined("class C:\n  @staticmethod\n  def x(s): pass", "C"),
        defined("class C:\n  @classmethod\n  def x(s): pass", "C"),
    ),
)
diff(
    "keyword defaults",
    lambda: (defined("def f(*, a=1): return a", "f"), defined("def f(*, a=2): return a", "f")),
)
diff(
    "coroutine function",
    lambda: (defined("def f(): return 1", "f"), defined("async def f(): return 1", "f")),
)
diff("closures", lambda: (adder(1), adder(2)))
diff("wrapped function", lambda: (functools.partial(adder(1), 1), functools.partial(adder(2), 1)))
diff(
    "code that asks for other names",
    lambda: (compile("a + 1", "", "eval"), compile("b + 1", "", "eval")),
)
same("code elsewhere", lambda: (compile("a + 1", "x", "eval"), compile("\n\na + 1", "y", "eval")))
diff(
    "members of an enum class",
    lambda: (
        defined("import enum\nclass E(enum.Enum):\n  A = 1", "E"),
        defined("import enum\nclass E(enum.Enum):\n  A = 2", "E"),
    ),
)
diff(
    "enum member, value",
    lambda: (
        defined("import enum\nclass E(enum.Enum):\n  A = 1", "E").A,
        defined("import enum\nclass E(enum.Enum):\n  A = 2", "E").A,
    ),
)
diff("method of another instance", lambda: (Data(1).__repr__, Data(2).__repr__))

CLASS = "def helper(x): return x + 1\nclass C:\n  def m(self): return helper(2)\n"

# -- what has no content ------------------------------------------------------------------

refuse("generator", lambda: two(lambda: (n for n in ())))
refuse("coroutine", lambda: two(coroutine))
refuse("lock", lambda: two(threading.Lock))
refuse("lock in a list", lambda: two(lambda: [threading.RLock()]))
refuse("event", lambda: two(threading.Event))
refuse("thread", lambda: two(threading.Thread))
refuse("file", lambda: two(lambda: open(__file__)))
refuse("standard output", lambda: (sys.__stdout__, sys.__stderr__))
refuse("bare object", lambda: two(object))
refuse("weak reference", lambda: two(lambda: weakref.ref(KEPT)))
refuse("count", lambda: two(lambda: itertools.count(3)))
refuse("frame", lambda: two(sys._getframe))
refuse("pointer", lambda: two(lambda: ctypes.pointer(ctypes.c_int(1))))
refuse("local of threads", lambda: two(threading.local))
refuse("socket", lambda: two(__import__("socket").socket))
refuse("iterator over a generator", lambda: two(lambda: map(str, (n for n in ()))))

KEPT = Plain()


def coroutine() -> object:
    async def run() -> None:
        pass

    made = run()
    made.close()
    return made


# -- numpy ----------------------------------------------------------------------------------


def np() -> Any:
    return __import__("numpy")


def with_padding(fill: int) -> Any:
    dtype = np().dtype([("a", "u1"), ("b", [("c", "u1"), ("d", "f8")])], align=True)
    made = np().full(2 * dtype.itemsize, fill, "u1").view(dtype)
    made["a"], made["b"]["c"], made["b"]["d"] = 1, 2, 3.0
    return made


def spawned(count: int) -> Any:
    made = np().random.default_rng(1)
    made.spawn(count)
    return made


NUMPY: tuple[tuple[Callable[..., None], str, Builder], ...] = (
    (same, "padding in a structure in a structure", lambda: (with_padding(0), with_padding(171))),
    (same, "negative strides", lambda: (np().arange(5)[::-1], np().array([4, 3, 2, 1, 0]))),
    (
        same,
        "large and strided",
        lambda: (lambda a: (a[:, 1:-1], a[:, 1:-1].copy()))(
            np().arange(400_000.0).reshape(400, 1000)
        ),
    ),
    (
        same,
        "large and by columns",
        lambda: (lambda a: (a.T, a.T.copy()))(np().arange(400_001 - 1.0).reshape(400, 1000)),
    ),
    (
        same,
        "large, of three axes",
        lambda: (lambda a: (a.transpose(2, 0, 1), a.transpose(2, 0, 1).copy()))(
            np().arange(480_000.0).reshape(60, 80, 100)
        ),
    ),
    (same, "large, rows of nothing", lambda: (np().zeros((0, 1000)).T, np().zeros((1000, 0)))),
    (
        same,
        "larger than a leaf",
        lambda: (lambda a: (a, a[::-1][::-1].copy()))(np().arange(2_200_000.0)),
    ),
    (
        same,
        "larger than a leaf, strided",
        lambda: (lambda a: (a[:, ::2], a[:, ::2].copy()))(
            np().arange(4_600_000.0).reshape(1000, 4600)
        ),
    ),
    (
        same,
        "broadcast and large",
        lambda: (lambda a: (a, a.copy()))(np().broadcast_to(np().arange(1000.0), (300, 1000))),
    ),
    (
        same,
        "dates, strided",
        lambda: (lambda a: (a[::2], a[::2].copy()))(np().arange(100_000).astype("M8[s]")),
    ),
    (same, "view of a memory map", lambda: (np().arange(3), np().arange(5)[:3])),
    (
        same,
        "long doubles, strided",
        lambda: (lambda a: (a[::2], a[::2].copy()))(np().arange(9, dtype="g")),
    ),
    (
        diff,
        "long doubles, last bit",
        lambda: (np().array([1], "g"), np().nextafter(np().array([1], "g"), 2)),
    ),
    (diff, "long double and double", lambda: (np().array([1], "g"), np().array([1], "d"))),
    (
        diff,
        "byte order, same bytes",
        lambda: (np().array([1], "<i4"), np().array([1], "<i4").view(">i4")),
    ),
    (diff, "void", lambda: (np().array([b"ab"], "V2"), np().array([b"ac"], "V2"))),
    (diff, "bytes and void", lambda: (np().array([b"ab"], "S2"), np().array([b"ab"], "V2"))),
    (
        diff,
        "not a time and a time",
        lambda: (np().array(["NaT"], "M8[s]"), np().array([0], "M8[s]")),
    ),
    (
        diff,
        "offsets of fields",
        lambda: (
            np().zeros(
                1, np().dtype({"names": ["a"], "formats": ["u1"], "offsets": [0], "itemsize": 4})
            ),
            np().zeros(
                1, np().dtype({"names": ["a"], "formats": ["u1"], "offsets": [1], "itemsize": 4})
            ),
        ),
    ),
    (
        diff,
        "record arrays",
        lambda: (
            np().rec.array([(1, 2)], names="a,b"),
            np().array([(1, 2)], [("a", "i8"), ("b", "i8")]),
        ),
    ),
    (diff, "matrices", lambda: (np().matrix([[1]]), np().array([[1]]))),
    (
        same,
        "under a mask",
        lambda: (np().ma.array([1, 2], mask=[0, 1]), np().ma.array([1, 3], mask=[0, 1])),
    ),
    (
        diff,
        "fill of a masked array",
        lambda: (
            np().ma.array([1], mask=[1], fill_value=1),
            np().ma.array([1], mask=[1], fill_value=2),
        ),
    ),
    (
        same,
        "object arrays, nested",
        lambda: two(lambda: np().array([[1, None], ["a", (2,)]], dtype=object)),
    ),
    (
        diff,
        "object arrays, shape",
        lambda: (
            np().array([1, 2, 3, 4], dtype=object),
            np().array([[1, 2], [3, 4]], dtype=object),
        ),
    ),
    (diff, "scalars and arrays of none", lambda: (np().float64(1), np().array(1.0))),
    (diff, "numpy and Python numbers", lambda: ([np().float64(1)], [1.0])),
    (diff, "numpy and Python text", lambda: ([np().str_("a")], ["a"])),
    (
        diff,
        "generators of other algorithms",
        lambda: (
            np().random.Generator(np().random.PCG64(1)),
            np().random.Generator(np().random.Philox(1)),
        ),
    ),
    (diff, "generator that had children", lambda: (spawned(0), spawned(1))),
    (same, "generator", lambda: there_and_back(np().random.default_rng(3))),
    (
        diff,
        "strings of variable size, missing",
        lambda: (
            np().array(["a"], np().dtypes.StringDType()),
            np().array(["a"], np().dtypes.StringDType(na_object=None)),
        ),
    ),
    (diff, "dtypes", lambda: (np().dtype("i4"), np().dtype("u4"))),
    (diff, "dtypes of fields", lambda: (np().dtype([("a", "i4")]), np().dtype([("b", "i4")]))),
    (same, "polynomials", lambda: there_and_back(np().polynomial.Polynomial([1, 2]))),
)
for verdict, name, build in NUMPY:
    verdict(f"numpy: {name}", build, "numpy")


# -- frames -----------------------------------------------------------------------------------


def pd() -> Any:
    return __import__("pandas")


def series(values: object, dtype: object = None) -> Any:
    return pd().Series(values, dtype=dtype)


PANDAS: tuple[tuple[Callable[..., None], str, Builder], ...] = (
    (same, "fragments", lambda: (pd().DataFrame({c: [1.0] for c in "abcdef"}), inserted())),
    (
        same,
        "slice with a step",
        lambda: (lambda f: (f.iloc[::2], f.iloc[::2].copy()))(
            pd().DataFrame({"a": range(9), "b": list("abcdefghi")})
        ),
    ),
    (
        same,
        "after a filter",
        lambda: (lambda f: (f[f.a > 1], f.iloc[2:]))(pd().DataFrame({"a": range(9)})),
    ),
    (
        same,
        "frame",
        lambda: there_and_back(
            pd().DataFrame({"a": [1, None], "b": ["x", None], "c": pd().Categorical(["u", "v"])})
        ),
    ),
    (
        same,
        "index of two levels",
        lambda: there_and_back(pd().MultiIndex.from_product([["a", "b"], [1, 2]])),
    ),
    (
        diff,
        "index of two levels",
        lambda: (
            pd().MultiIndex.from_tuples([("a", 1), ("b", 2)]),
            pd().MultiIndex.from_tuples([("a", 2), ("b", 1)]),
        ),
    ),
    (
        diff,
        "names of columns' index",
        lambda: (pd().DataFrame({"a": [1]}), pd().DataFrame({"a": [1]}).rename_axis(columns="n")),
    ),
    (diff, "attributes of a series", lambda: (series([1]), with_attributes(series([1])))),
    (diff, "flags", lambda: (series([1]), series([1]).set_flags(allows_duplicate_labels=False))),
    (
        diff,
        "zones",
        lambda: (
            series(pd().to_datetime(["2020"]).tz_localize("UTC")),
            series(pd().to_datetime(["2020"]).tz_localize("Europe/Paris")),
        ),
    ),
    (
        diff,
        "booleans that may be missing",
        lambda: (series([True, None], "boolean"), series([True, False], "boolean")),
    ),
    (
        diff,
        "order of categories",
        lambda: (pd().Categorical(["a"], ["a", "b"]), pd().Categorical(["a"], ["b", "a"])),
    ),
    (
        diff,
        "categories of another type",
        lambda: (pd().Categorical([1, 2]), pd().Categorical(["1", "2"])),
    ),
    (
        diff,
        "sparse fill",
        lambda: (
            pd().arrays.SparseArray([0.0, 1.0]),
            pd().arrays.SparseArray([0.0, 1.0], fill_value=1.0),
        ),
    ),
    (diff, "missing in objects", lambda: (series([pd().NA], object), series([None], object))),
    (diff, "objects of bytes", lambda: (series([b"a"], object), series(["a"], object))),
    (
        same,
        "objects with sets",
        lambda: (series([{"a", "b"}], object), series([{"b", "a"}], object)),
    ),
    (diff, "kinds of index", lambda: (pd().Index([1, 2]), pd().Index([1.0, 2.0]))),
    (diff, "time stamps", lambda: (pd().Timestamp("2020", tz="UTC"), pd().Timestamp("2020"))),
    (diff, "offsets", lambda: (pd().offsets.Day(1), pd().offsets.Day(2))),
    (diff, "intervals", lambda: (pd().Interval(0, 1), pd().Interval(0, 1, closed="left"))),
    (diff, "empty frames", lambda: (pd().DataFrame(index=[1]), pd().DataFrame(columns=[1]))),
    (
        diff,
        "cells of text",
        lambda: (pd().DataFrame({"a": ["ab", "c"]}), pd().DataFrame({"a": ["a", "bc"]})),
    ),
)
for verdict, name, build in PANDAS:
    verdict(f"pandas: {name}", build, "pandas")


def inserted() -> Any:
    made = pd().DataFrame({"f": [1.0]})
    for column in "edcba":
        made.insert(0, column, [1.0])
    return made


def with_attributes(made: Any) -> Any:
    made.attrs["unit"] = "m"
    return made


def pa() -> Any:
    return __import__("pyarrow")


def pl() -> Any:
    return __import__("polars")


ARROW: tuple[tuple[Callable[..., None], str, Builder], ...] = (
    (
        same,
        "text, sliced",
        lambda: (pa().array(["x", "ab", None, "c"])[1:], pa().array(["ab", None, "c"])),
    ),
    (
        same,
        "lists, sliced",
        lambda: (pa().array([[9], [1, 2], None, []])[1:], pa().array([[1, 2], None, []])),
    ),
    (
        same,
        "lists of text, in pieces",
        lambda: (
            pa().chunked_array([[["a"], ["b", "c"]], [[], None]]),
            pa().chunked_array([[["a"], ["b", "c"], [], None]]),
        ),
    ),
    (
        same,
        "views",
        lambda: (
            pa().array(["x", "a" * 20, "b"], pa().string_view())[1:],
            pa().array(["a" * 20, "b"], pa().string_view()),
        ),
    ),
    (
        same,
        "fixed lists, sliced",
        lambda: (
            pa().array([[1, 2], [3, 4]], pa().list_(pa().int8(), 2))[1:],
            pa().array([[3, 4]], pa().list_(pa().int8(), 2)),
        ),
    ),
    (
        same,
        "structures under a null",
        lambda: (
            pa().array([{"a": 1}, None]),
            pa().StructArray.from_arrays(
                [pa().array([1, 5])], ["a"], mask=pa().array([False, True])
            ),
        ),
    ),
    (
        same,
        "dictionaries, in pieces",
        lambda: (
            pa().chunked_array(
                [
                    pa().array(["a", "b"]).dictionary_encode(),
                    pa().array(["b", "c"]).dictionary_encode(),
                ]
            ),
            pa().chunked_array([pa().array(["a", "b", "b", "c"]).dictionary_encode()]),
        ),
    ),
    (same, "table", lambda: there_and_back(pa().table({"a": [1, None], "b": ["x", "y"]}))),
    (same, "runs", lambda: two(lambda: pa().RunEndEncodedArray.from_arrays([2, 3], ["a", "b"]))),
    (
        diff,
        "fields that may be null",
        lambda: (
            pa().schema([pa().field("a", pa().int8())]),
            pa().schema([pa().field("a", pa().int8(), nullable=False)]),
        ),
    ),
    (diff, "names in a structure", lambda: (pa().array([{"a": 1}]), pa().array([{"b": 1}]))),
    (
        diff,
        "maps",
        lambda: (
            pa().array([[("k", 1)]], pa().map_(pa().string(), pa().int8())),
            pa().array([[("k", 2)]], pa().map_(pa().string(), pa().int8())),
        ),
    ),
    (diff, "scalars", lambda: (pa().scalar(1), pa().scalar(1, pa().int8()))),
    (
        diff,
        "scalars, missing",
        lambda: (pa().scalar(None, pa().int8()), pa().scalar(0, pa().int8())),
    ),
    (diff, "types", lambda: (pa().list_(pa().int8()), pa().list_(pa().int16()))),
    (diff, "buffers", lambda: (pa().py_buffer(b"a"), pa().py_buffer(b"b"))),
    (
        diff,
        "booleans",
        lambda: (pa().array([True, False] * 5), pa().array([True, False] * 4 + [True, True])),
    ),
    (
        diff,
        "unions",
        lambda: (
            pa().UnionArray.from_sparse(
                pa().array([0, 1], pa().int8()), [pa().array([1, 2]), pa().array(["a", "b"])]
            ),
            pa().UnionArray.from_sparse(
                pa().array([1, 1], pa().int8()), [pa().array([1, 2]), pa().array(["a", "b"])]
            ),
        ),
    ),
)
for verdict, name, build in ARROW:
    verdict(f"pyarrow: {name}", build, "pyarrow")

POLARS: tuple[tuple[Callable[..., None], str, Builder], ...] = (
    (
        same,
        "categories met in another order",
        lambda: (
            pl().Series(["b", "a"], dtype=pl().Categorical),
            (
                pl().Series(["a", "b"], dtype=pl().Categorical),
                pl().Series(["b", "a"], dtype=pl().Categorical),
            )[1],
        ),
    ),
    (
        same,
        "lists in pieces",
        lambda: (
            pl().concat([pl().Series([[1], []]), pl().Series([[2, 3], None])], rechunk=False),
            pl().Series([[1], [], [2, 3], None]),
        ),
    ),
    (
        same,
        "lists of text, sliced",
        lambda: (pl().Series([["x"], ["a", None], []])[1:], pl().Series([["a", None], []])),
    ),
    (
        same,
        "structures",
        lambda: (
            pl().Series([{"a": 1, "b": "x"}, None, {"a": None, "b": "y"}])[1:],
            pl().Series(
                [None, {"a": None, "b": "y"}],
                dtype=pl().Struct({"a": pl().Int64, "b": pl().String}),
            ),
        ),
    ),
    (
        same,
        "arrays",
        lambda: (
            pl().Series([[1, 2], [3, 4]], dtype=pl().Array(pl().Int8, 2))[1:],
            pl().Series([[3, 4]], dtype=pl().Array(pl().Int8, 2)),
        ),
    ),
    (
        same,
        "frame",
        lambda: there_and_back(
            pl().DataFrame({"a": [1, None], "b": ["x", None], "c": [b"1", b"22"]})
        ),
    ),
    (diff, "empty lists and nulls", lambda: (pl().Series([[1], []]), pl().Series([[1], None]))),
    (
        diff,
        "empty lists and lists of null",
        lambda: (
            pl().Series([[], [1]], dtype=pl().List(pl().Int8)),
            pl().Series([[None], [1]], dtype=pl().List(pl().Int8)),
        ),
    ),
    (diff, "where text ends", lambda: (pl().Series(["ab", "c"]), pl().Series(["a", "bc"]))),
    (diff, "null and false", lambda: (pl().Series([True, None]), pl().Series([True, False]))),
    (
        diff,
        "decimals",
        lambda: (pl().Series([decimal.Decimal("1.0")]), pl().Series([decimal.Decimal("1.1")])),
    ),
    (
        diff,
        "enums",
        lambda: (
            pl().Series(["a"], dtype=pl().Enum(["a"])),
            pl().Series(["a"], dtype=pl().Enum(["a", "b"])),
        ),
    ),
    (diff, "zones", lambda: (pl().Datetime("us"), pl().Datetime("us", "UTC"))),
    (diff, "names in a structure", lambda: (pl().Series([{"a": 1}]), pl().Series([{"b": 1}]))),
    (diff, "where nulls are", lambda: (pl().Series([1, None, 1]), pl().Series([None, 1, 1]))),
    (diff, "shape of nothing", lambda: (pl().DataFrame({"a": []}), pl().DataFrame())),
    (refuse, "plans", lambda: two(lambda: pl().LazyFrame({"a": [1]}))),
)
for verdict, name, build in POLARS:
    verdict(f"polars: {name}", build, "polars")


# -- other libraries --------------------------------------------------------------------------


def model(depth: int = 3) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    made = RandomForestRegressor(4, max_depth=depth, random_state=0)
    return made.fit(np().arange(40.0).reshape(20, 2), np().arange(20.0))


def picture(color: int) -> Any:
    from PIL import Image

    return Image.new("P", (2, 2), color)


def palette(made: Any, first: int) -> Any:
    made.putpalette([first, 0, 0] * 256)
    return made


def labelled(name: str) -> Any:
    import xarray

    return xarray.DataArray(np().arange(4).reshape(2, 2), dims=("x", name), coords={"x": [1, 2]})


def validated(**fields: Any) -> Any:
    import pydantic

    return pydantic.create_model("Made", __module__=__name__, **fields)


def attributed(a: int) -> Any:
    import attr

    return attr.make_class("Attributed", ["a"], slots=True)(a)


def sparse() -> Any:
    return __import__("scipy.sparse").sparse


same("sklearn: model", lambda: there_and_back(model()), "sklearn")
diff("sklearn: models", lambda: (model(3), model(2)), "sklearn")
same("scipy: matrix", lambda: there_and_back(sparse().csr_array(np().eye(3))), "scipy")
diff(
    "scipy: formats",
    lambda: (sparse().csr_array(np().eye(3)), sparse().csc_array(np().eye(3))),
    "scipy",
)
diff("scipy: shapes", lambda: (sparse().csr_array((2, 3)), sparse().csr_array((3, 2))), "scipy")
same("pillow: picture", lambda: there_and_back(picture(1)), "PIL")
diff("pillow: pictures", lambda: (picture(1), picture(2)), "PIL")
diff("pillow: palettes", lambda: (palette(picture(0), 1), palette(picture(0), 2)), "PIL")
same("xarray: array", lambda: there_and_back(labelled("y")), "xarray")
diff("xarray: dimensions", lambda: (labelled("y"), labelled("z")), "xarray")
same("pydantic: model", lambda: two(lambda: validated(a=(int, 1))(a=2)), "pydantic")
diff(
    "pydantic: fields",
    lambda: (validated(a=(int, 1))(), validated(a=(int, 1), b=(int, 1))()),
    "pydantic",
)
diff(
    "pydantic: values", lambda: (validated(a=(int, 1))(a=2), validated(a=(int, 1))(a=3)), "pydantic"
)
same("attrs: instance", lambda: (attributed(1), attributed(1)), "attr")
diff("attrs: instances", lambda: (attributed(1), attributed(2)), "attr")


def torch() -> Any:
    return __import__("torch")


TORCH: tuple[tuple[Callable[..., None], str, Builder], ...] = (
    (
        same,
        "of complex numbers, conjugated",
        lambda: (torch().tensor([1 + 2j]).conj(), torch().tensor([1 - 2j])),
    ),
    (same, "sparse", lambda: two(lambda: torch().eye(3).to_sparse())),
    (diff, "sparse", lambda: (torch().eye(3).to_sparse(), torch().eye(4).to_sparse())),
    (diff, "sparse and dense", lambda: (torch().eye(3).to_sparse(), torch().eye(3))),
    (same, "state of a module", lambda: there_and_back(linear(1).state_dict())),
    (same, "module", lambda: there_and_back(linear(1))),
    (diff, "modules", lambda: (linear(1), linear(2))),
    (same, "generator", lambda: two(lambda: torch().Generator().manual_seed(1))),
    (
        diff,
        "generators",
        lambda: (torch().Generator().manual_seed(1), torch().Generator().manual_seed(2)),
    ),
    (diff, "shapes", lambda: (torch().zeros(2, 3), torch().zeros(3, 2))),
    (diff, "dtypes", lambda: (torch().float16, torch().bfloat16)),
    (diff, "sizes", lambda: (torch().Size([1, 2]), (1, 2))),
    (refuse, "without data", lambda: two(lambda: torch().empty(2, device="meta"))),
)
for verdict, name, build in TORCH:
    verdict(f"torch: {name}", build, "torch")


def linear(seed: int) -> Any:
    torch().manual_seed(seed)
    return torch().nn.Linear(3, 2)


def main() -> None:
    """Print the digests of all pairs, or why there is none."""
    from tracer import TracerError, digest

    def taken(value: object) -> str:
        try:
            return str(digest(value))
        except TracerError as error:
            return f"refused: {error}"

    found: dict[str, list[str]] = {}
    for name, (_, needs, build) in PAIRS.items():
        if not needs or importlib.util.find_spec(needs) is not None:
            one, other = build()
            found[name] = [taken(one), taken(other)]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
