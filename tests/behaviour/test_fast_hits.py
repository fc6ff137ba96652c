"""Repeated calls with plain arguments are answered quickly, and never otherwise than slowly."""

from __future__ import annotations

import contextvars
import itertools
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tracer
from xetcache import config, events, fast, get_memo_path, options, set_memo_path, stats, xetmemo
from xetcache.memo import Memo
from xetcache.verdict import Hit

RATE = 2


@pytest.fixture(autouse=True)
def store(tmp_path):
    """Keep the results of each test in a folder of its own, for the whole process."""
    before = get_memo_path()
    set_memo_path(tmp_path / "xmemo")
    yield tmp_path / "xmemo"
    set_memo_path(before)


def made(source: str) -> Any:
    """Return a module of a program given as text, whose `f` is kept."""
    module = ModuleType("program")
    module.__dict__["xetmemo"] = xetmemo(always=True)
    exec(source.replace("@kept", "@xetmemo"), module.__dict__)
    return module


def is_fast(memo: Any) -> bool:
    """Tell whether the last call could have been answered quickly."""
    return type(memo) is not Memo


def warm(memo: Any, *args: Any, **kwargs: Any) -> Any:
    """Call until the answer is given quickly; return it."""
    for _ in range(5):
        value = memo(*args, **kwargs)
    assert is_fast(memo)
    return value


def test_it_is_given_quickly() -> None:
    """The third call goes no further than the method made for it."""
    program = made("@kept\ndef f(x): return x + 1")
    assert warm(program.f, 1) == 2
    before = program.f.stats()
    ran: list[str] = []
    original = Memo._answer
    Memo._answer = lambda *_, **__: ran.append("slow")  # type: ignore[assignment, method-assign]
    try:
        assert program.f(1) == 2
        assert program.f(x=1) == 2 or ran == ["slow"]
    finally:
        Memo._answer = original  # type: ignore[method-assign]
    assert program.f.stats()["hits"] == before["hits"] + 2 - len(ran)


VALUES = [
    True, 1, 1.0, False, 0, 0.0, -0.0, "1", b"1", None, "", b"", float("nan"), float("inf"), -1,
    (1,), (True,), (1.0,), 2**70, 1 + 0j, frozenset({1}), frozenset({True}),
]  # fmt: skip


def test_what_is_equal_is_not_the_same() -> None:
    """`1 == True == 1.0` and `0.0 == -0.0`, but they are different arguments."""
    program = made("@kept\ndef f(x): return repr(x)")
    for _ in range(3):
        for value in VALUES:
            assert program.f(value) == repr(value)
    for value in reversed(VALUES):
        assert program.f(value) == repr(value)


def test_two_arguments() -> None:
    """Each counts with its type, in its place."""
    program = made("@kept\ndef f(x, y): return repr((x, y))")
    pairs = list(itertools.product(VALUES[:9], repeat=2))
    for _ in range(3):
        for one, other in pairs:
            assert program.f(one, other) == repr((one, other))


class Name(str):
    """A string with an opinion of its own."""

    __slots__ = ()


class Hostile:
    """What no look-up may touch."""

    def __hash__(self) -> int:
        raise AssertionError("hashed")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")


def test_subclasses_and_objects_go_the_slow_way() -> None:
    """No method of theirs is called to look something up."""
    program = made("@kept\ndef f(x): return type(x).__name__")
    assert warm(program.f, "a") == "str"
    assert program.f(Name("a")) == "Name"
    assert program.f(Hostile()) == "Hostile"
    assert program.f([]) == "list"


FORMS = {
    "plain": (
        "def f(x, y): return (x, y)",
        [((1, 2), {}), ((1,), {"y": 2}), ((), {"y": 2, "x": 1})],
    ),
    "default": ("def f(x, y=5): return (x, y)", [((1,), {}), ((1, 5), {}), ((1,), {"y": 6})]),
    "gap": (
        "def f(x, y=5, z=6): return (x, y, z)",
        [((1,), {"z": 7}), ((1, 5), {"z": 7}), ((1,), {})],
    ),
    "keyword-only": (
        "def f(x, *, y, z=3): return (x, y, z)",
        [((1,), {"y": 2}), ((1,), {"y": 2, "z": 4})],
    ),
    "positional-only": (
        "def f(x, y=2, /, z=3): return (x, y, z)",
        [((1,), {}), ((1, 5), {"z": 4})],
    ),
    "none": ("def f(): return 7", [((), {})]),
    "odd-names": (
        "def f(self, cls): return (self, cls)",
        [((1, 2), {}), ((), {"cls": 1, "self": 2})],
    ),
    "taken-names": ("def f(type, next): return (type, next)", [((1, 2), {})]),
    "more": ("def f(x, *more, **named): return (x, more, sorted(named))", [((1, 2), {"z": 3})]),
    "mutable-default": ("def f(x, y=[]): return (x, len(y))", [((1,), {}), ((1, [2]), {})]),
}  # fmt: skip


@pytest.mark.parametrize(("source", "calls"), FORMS.values(), ids=FORMS)
def test_every_form_of_call(
    source: str, calls: list[tuple[tuple[Any, ...], dict[str, Any]]]
) -> None:
    """Positional, by name, left to defaults: as the original answers."""
    program = made(f"@kept\n{source}")
    plain = program.f.__wrapped__
    for _ in range(4):
        for args, kwargs in calls:
            assert program.f(*args, **kwargs) == plain(*args, **kwargs)


def test_a_wrong_call_names_the_function() -> None:
    """After quick answers, too."""
    program = made("@kept\ndef f(x): return x")
    warm(program.f, 1)
    with pytest.raises(TypeError, match=r"f\(\) missing 1 required positional argument: 'x'"):
        program.f()
    with pytest.raises(TypeError, match=r"f\(\) got an unexpected keyword argument 'y'"):
        program.f(1, y=2)


CHANGES = {
    "helper": "h = lambda x: x + 100",
    "helper-code": "def other(x): return x + 100\nh.__code__ = other.__code__",
    "constant": "RATE = 200",
    "default": "def other(x, y=300): pass\nf.__wrapped__.__defaults__ = (300,)",
    "list": "LIMITS.append(1000)",
    "list-item": "LIMITS[0] = 1000",
    "dict": "TABLE['a'] = 1000",
    "attribute": "Config.rate = 1000",
    "method": "Config.get = lambda self: 1000",
    "instance": "CONFIG.offset = 1000",
    "builtin": "len = lambda x: 1000",
    "closure": "move(1000)",
}

PROGRAM = """
RATE = 2
LIMITS = [1, 2]
TABLE = {"a": 1}
class Config:
    rate = 3
    def get(self): return self.rate
CONFIG = Config()
CONFIG.offset = 0
def counter():
    step = 1
    def get(): return step
    def move(to):
        nonlocal step
        step = to
    return get, move
get, move = counter()
def h(x): return x + 1
@kept
def f(x, y=1):
    total = h(x) * RATE + y + sum(LIMITS) + TABLE["a"] + len(TABLE)
    return total + CONFIG.get() + CONFIG.offset + get()
"""


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_noticed_at_once(change: str) -> None:
    """The guards are asked on every call, and the earlier answer is not lost."""
    program = made(PROGRAM)
    before = warm(program.f, 1)
    exec(change, program.__dict__)
    after = program.f.__wrapped__(1)
    assert after != before
    for _ in range(4):
        assert program.f(1) == after


def test_settings_are_obeyed() -> None:
    """Those of a block, and those of the process."""
    program = made("ran = []\n@kept\ndef f(x): return x + 1")
    warm(program.f, 1)
    with options(mode="off"):
        program.f(1)
        assert stats()["last"]["outcome"] == "bypass"
        context = contextvars.copy_context()
    program.f(1)
    assert stats()["last"]["outcome"] == "hit"
    context.run(program.f, 1)
    assert stats()["last"]["outcome"] == "bypass"


def test_another_store_is_another_store(tmp_path: Path) -> None:
    """What is kept in one is not served from the other."""
    program = made("@kept\ndef f(x): return x + 1")
    warm(program.f, 1)
    set_memo_path(tmp_path / "other")
    program.f(1)
    assert stats()["last"]["outcome"] == "miss"


def test_forgotten_and_refreshed() -> None:
    """The verbs reach what is answered quickly."""
    program = made("@kept\ndef f(x): return x + 1")
    warm(program.f, 1)
    assert program.f.forget(1)
    program.f(1)
    assert stats()["last"]["outcome"] == "miss"
    warm(program.f, 1)
    program.f.refresh(1)
    assert stats()["last"]["outcome"] == "miss"


def test_listeners_hear_of_every_call() -> None:
    """While there are any, every call goes the slow way."""
    program = made("@kept\ndef f(x): return x + 1")
    warm(program.f, 1)
    heard: list[object] = []
    stop = events.listen(heard.append)
    try:
        for _ in range(5):
            program.f(1)
    finally:
        stop()
    assert len(heard) == 5


def test_what_can_change_is_a_copy() -> None:
    """Only results that nobody can change are given to two callers."""
    program = made("@kept\ndef f(x): return ([x], 1)")
    for _ in range(4):
        value = program.f(1)
        assert value == ([1], 1)
        value[0].append(2)


def test_counts_are_exact() -> None:
    """Quick answers count, from all threads."""
    program = made("@kept\ndef f(x): return x + 1")
    warm(program.f, 1)
    before, total = program.f.stats(), stats()

    def work() -> None:
        for _ in range(2_000):
            program.f(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert program.f.stats()["hits"] == before["hits"] + 8_000
    assert stats()["hits"] == total["hits"] + 8_000
    per_hit = before["seconds_saved"] / before["hits"]
    assert program.f.stats()["seconds_saved"] == pytest.approx(
        before["seconds_saved"] + 8_000 * per_hit
    )
    assert stats()["last"] == {"function": program.f.full_name, "outcome": "hit", "reasons": []}


def test_a_file_that_was_read_is_asked_about(tmp_path: Path) -> None:
    """Guards of code know nothing of files, so such answers go the slow way."""
    path = tmp_path / "data"
    path.write_text("1")
    program = made(
        f"@kept\ndef f(x):\n    with open({str(path)!r}) as file: return file.read() * x"
    )
    for _ in range(3):
        assert program.f(2) == "11"
    path.write_text("2")
    assert program.f(2) == "22"


def test_an_ignored_argument_does_not_count() -> None:
    """Whatever it is."""
    module = ModuleType("program")
    module.__dict__["kept"] = xetmemo(always=True, ignore="log")
    exec("@kept\ndef f(x, log=None): return x + 1", module.__dict__)
    for log in (None, [], Hostile(), 1):
        assert warm(module.f, 1, log=log) == 2


def test_threads_that_redefine() -> None:
    """Never is an answer of yesterday given under the guards of today."""
    program = made("def h(x): return 0\n@kept\ndef f(x): return h(x)")
    wrong: list[tuple[int, int]] = []
    current = [0]
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            before = current[0]
            value = program.f(1)
            if value < before:
                wrong.append((value, before))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        exec(f"def h(x): return {number}", program.__dict__)
        current[0] = number
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_methods_are_not_confused() -> None:
    """An object as first argument goes the slow way, on every object."""

    class Model:
        def __init__(self, rate: int) -> None:
            self.rate = rate

        @xetmemo(always=True)
        def get(self, x: int) -> int:
            return self.rate * x

    for _ in range(4):
        assert [Model(rate).get(2) for rate in (1, 2, 3)] == [2, 4, 6]


def test_it_does_not_grow_for_ever() -> None:
    """Ten thousand answers are enough; then it starts over."""
    answers = fast.Answers(("x",), "f")
    guard = tracer.Guard()
    while guard.quick is None:
        assert guard.holds()
    for number in range(fast._MAX_ANSWERS + 10):
        assert answers.note({"x": number}, Hit(number, 1.0, 0.0, guard))
    assert len(answers._table[int]) == 10


def test_nothing_is_asked_where_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard whose walk met no name leaves one number to compare."""
    monkeypatch.setattr(config, "any_overlay", [False])
    program = made("RATE = 2\n@kept\ndef f(x): return x * 2\n@kept\ndef g(x): return x * RATE")
    program.g(1)  # one that is computed has all others asked anew
    assert (warm(program.f, 1), warm(program.g, 1)) == (2, 2)
    (_, _, of_f), (_, _, of_g) = (memo._fast._table[int][1] for memo in (program.f, program.g))
    assert of_f is None
    assert of_g is not None


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("__code__", (lambda x: x * 3).__code__),
        ("__defaults__", (7,)),
        ("__kwdefaults__", {"y": 7}),
    ],
)
def test_what_is_replaced_is_computed_anew(attribute: str, value: Any) -> None:
    """Code and defaults are asked for although no name leads to them."""
    program = made("@kept\ndef f(x, *, y=2): return x * y")
    assert warm(program.f, 2) == 4
    function = program.f.__wrapped__
    setattr(function, attribute, value)
    expected = function(2)
    assert [program.f(2) for _ in range(5)] == [expected] * 5


def test_an_attribute_counts_where_it_is_looked_up() -> None:
    """A function that asks itself for an attribute is asked for it on every call."""
    program = made("def f(x): return x * getattr(h, 'rate', 2)\ndef h(): pass\nf = xetmemo(f)")
    assert warm(program.f, 1) == 2
    program.h.rate = 5
    assert program.f(1) == 5


def test_every_answer_is_counted_among_threads() -> None:
    """No hit is lost and none is counted twice, however the threads take turns."""
    program = made("@kept\ndef f(x): return x * 2")
    assert warm(program.f, 1) == 2
    before = program.f.stats()["hits"]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [
            threading.Thread(target=lambda: [program.f(1) for _ in range(20_000)]) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert program.f.stats()["hits"] == before + 80_000
