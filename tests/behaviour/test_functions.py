"""What can be memoized, how it looks, and what can be asked of it."""

from __future__ import annotations

import copy
import functools
import inspect
import typing
from typing import Protocol

import pytest

from xetcache import MISSING, options, set_memo_path, xeteval, xetmemo


@pytest.fixture(autouse=True)
def store(tmp_path):
    """Keep the results of each test in a folder of its own."""
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield tmp_path / "xmemo"


ran: list[object] = []


def test_the_original_shows() -> None:
    """Name, docstring, module and signature are those of the function."""

    @xetmemo
    def work(x: int, *, scale: float = 1.0) -> float:
        """Do the work."""
        return x * scale

    assert work.__name__ == "work"
    assert work.__doc__ == "Do the work."
    assert work.__module__ == __name__
    assert work.__wrapped__(2, scale=3.0) == 6.0
    assert str(inspect.signature(work)) == "(x: 'int', *, scale: 'float' = 1.0) -> 'float'"
    assert typing.get_type_hints(work) == {"x": int, "scale": float, "return": float}


def test_attributes_are_those_of_the_function() -> None:
    """What is set on it, code that reads it depends on, as with any function."""

    def work(x):
        return x * kept.scale

    kept = xetmemo(always=True)(work)
    kept.scale = 2
    assert (kept(3), kept(3), work.scale) == (6, 6, 2)
    kept.scale = 5
    assert (kept(3), kept.scale) == (15, 5)
    assert kept.__code__ is work.__code__
    assert not hasattr(kept, "unknown")
    del kept.scale
    assert not hasattr(work, "scale")
    assert copy.deepcopy(xetmemo(_work)) is not None


def test_implementations_of_a_generic_function() -> None:
    """`singledispatch` reads the annotations of what it registers."""

    @functools.singledispatch
    def show(value):
        return "any"

    @show.register
    @xetmemo(always=True)
    def _(value: int):
        return "int"

    assert (show("text"), show(1)) == ("any", "int")


def test_the_verbs() -> None:
    """Each verb does what its name says, and only `refresh` computes."""
    work = xetmemo(always=True)(_work)
    assert not work.would_hit(1)
    assert work.peek(1) is MISSING
    assert work.explain(1).causes[0].kind == "first-call"
    assert work(1) == [1]
    assert work.would_hit(1)
    assert work.peek(1) == [1]
    assert work.explain(1).is_hit
    assert work.refresh(1) == [1]
    assert work.forget(1)
    assert not work.forget(1)
    assert not work.would_hit(1)
    assert work.explain(1).causes[0].kind == "cleared"
    assert work.stats()["misses"] == 2


def _work(x):
    return [x]


class Shape(Protocol):
    def area(self): ...


class Square(Shape):
    def area(self):
        return 4


def test_a_first_instance_of_a_protocol_changes_nothing() -> None:
    """`typing` writes into a class that implements a protocol, and the call is kept."""
    work = xetmemo(always=True)(lambda: Square().area())
    assert work() == 4
    assert work.would_hit()


def test_a_value_given_back_is_a_copy() -> None:
    """What a caller does to a served value never shows in the next."""
    work = xetmemo(always=True)(_work)
    work(1).append(2)
    work(1).append(3)
    assert work(1) == [1]


def test_exceptions_are_never_kept() -> None:
    """A call that raises is tried again."""

    @xetmemo(always=True)
    def work(x):
        raise ValueError(x)

    for _ in range(2):
        with pytest.raises(ValueError, match="1"):
            work(1)
    assert work.stats() == {"hits": 0, "misses": 0, "bypassed": 0, "seconds_saved": 0.0}


class Model:
    """A class with every kind of memoized method, in either order of decorators."""

    def __init__(self, rate):
        self.rate = rate

    @xetmemo(always=True)
    def method(self, x):
        return (self.rate, x)

    @classmethod
    @xetmemo(always=True)
    def inside_class(cls, x):
        return (cls.__name__, x)

    @xetmemo(always=True)
    @classmethod
    def outside_class(cls, x):
        return (cls.__name__, x)

    @staticmethod
    @xetmemo(always=True)
    def inside_static(x):
        return x

    @xetmemo(always=True)
    @staticmethod
    def outside_static(x):
        return x


def test_methods() -> None:
    """An equal object is served, another is not; the verbs know the object."""
    assert Model(2).method(1) == (2, 1)
    assert Model(2).method.would_hit(1)
    assert not Model(3).method.would_hit(1)
    assert Model(3).method(1) == (3, 1)


@pytest.mark.parametrize(
    "name", ["inside_class", "outside_class", "inside_static", "outside_static"]
)
def test_class_and_static_methods(name) -> None:
    """Either order of the decorators works, on the class and on an object."""
    method = getattr(Model, name)
    expected = ("Model", 1) if "class" in name else 1
    assert method(1) == expected
    assert getattr(Model(2), name)(1) == expected


def test_outer_class_methods_keep_their_verbs() -> None:
    """`@xetmemo` over `@classmethod` binds the verbs too."""
    assert not Model.outside_class.would_hit(5)
    Model.outside_class(5)
    assert Model.outside_class.would_hit(5)


def test_what_is_not_finished_is_refused() -> None:
    """Generator functions of both kinds are refused when they are decorated."""

    async def later(x):
        yield x

    def items(x):
        yield x

    for function, kind in ((later, "async generator"), (items, "generator")):
        with pytest.raises(TypeError, match=kind):
            xetmemo(function)
        with pytest.raises(TypeError, match=kind):
            xeteval(function, 1)


def test_a_wrong_call_raises_pythons_own_error() -> None:
    """The error names the parameter, as without xetcache."""
    work = xetmemo(always=True)(_work)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        work()
    with pytest.raises(TypeError, match="unexpected keyword argument 'y'"):
        work(1, y=2)


def test_callables_of_all_kinds() -> None:
    """Builtins, partials, classes and bound methods can be evaluated."""
    import functools

    assert xeteval(sorted, [2, 1]) == [1, 2]
    assert xeteval(functools.partial(pow, 2), 3) == 8
    assert xeteval(Model, 2).rate == 2
    assert xeteval(Model(4).method.__wrapped__, 1) == (4, 1)


def test_a_result_that_is_an_argument_comes_back_as_it() -> None:
    """On a hit too, what was passed in is what comes out."""

    @xetmemo(always=True)
    def same(xs):
        return xs

    for _ in range(2):
        xs = [1, 2]
        assert same(xs) is xs


def test_a_changed_argument_is_changed_on_a_hit() -> None:
    """The caller finds the world as after a real run."""

    @xetmemo(always=True)
    def order(xs):
        xs.sort()
        return xs[0]

    for _ in range(2):
        xs = [3, 1, 2]
        assert order(xs) == 1
        assert xs == [1, 2, 3]
    assert order.stats()["hits"] == 1


def test_a_change_that_cannot_be_put_back_is_not_kept(caplog) -> None:
    """An object that fills itself: computed each time, and said."""

    class Filled:
        def __init__(self):
            self.seen = []

        @xetmemo(always=True)
        def fill(self, x):
            self.seen.append(x)
            return x

    for _ in range(2):
        filled = Filled()
        filled.fill(1)
        assert filled.seen == [1]
    assert "changed `self` while it ran" in caplog.text


def test_a_global_the_call_changes_is_noticed(caplog) -> None:
    """A counter in a global: a hit would leave it behind."""
    work = xetmemo(always=True)(_counts)
    before = len(ran)
    work(1)
    work(1)
    assert len(ran) == before + 2
    assert "changed `_counts → ran` while it ran" in caplog.text


def _counts(x):
    ran.append(x)
    return x


def test_an_argument_without_a_digest_is_named(caplog) -> None:
    """The call runs, and the log names the part and what to do."""

    @xetmemo(always=True)
    def work(config):
        return 1

    assert work({"a": [1, (part for part in "ab")]}) == 1
    assert "`config['a'][1]` is a `generator`" in caplog.text
    assert "ignore=['config']" in caplog.text
    assert work.stats()["bypassed"] == 1


def test_a_result_that_cannot_be_stored_is_named(caplog) -> None:
    """The value is returned, and the log names the part."""

    @xetmemo(always=True)
    def work(x):
        return {"open": (part for part in "ab"), "x": x}

    assert work(1)["x"] == 1
    assert "result['open']" in caplog.text
    assert not work.would_hit(1)


def test_set_memo_path(tmp_path) -> None:
    """The folder can be set for the process; a path object will do."""
    from xetcache import get_memo_path

    before = get_memo_path()
    with options():
        set_memo_path(tmp_path / "other")
    assert before


def test_bound_methods_are_copied_and_compared() -> None:
    """As plain ones are: by their object and their name."""
    import copy
    import pickle

    model = Model(3)
    assert model.method == model.method
    assert model.method != Model(3).method
    assert len({model.method, model.method}) == 1
    assert copy.copy(model.method)(2) == model.method(2)
    assert pickle.loads(pickle.dumps(model.method))(2) == model.method(2)


def test_abstract_methods_stay_abstract() -> None:
    """A class that leaves one open cannot be instantiated."""
    import abc

    class Base(abc.ABC):
        @xetmemo
        @abc.abstractmethod
        def get(self, x):
            """Return something."""

    with pytest.raises(TypeError, match="abstract"):
        Base()


@pytest.mark.parametrize(
    "patched", ["json.dumps", "json.loads", "linecache.getlines", "inspect.getblock"]
)
def test_a_library_patched_by_a_test_breaks_no_call(monkeypatch, patched) -> None:
    """What the cache fails at is its own: the call has its value, or its own exception."""

    def fails(*_, **__):
        raise RuntimeError("patched")

    work = xetmemo(always=True)(_work)
    broken = xetmemo(always=True)(_raises)
    with options(strict=False), monkeypatch.context() as patch:
        patch.setattr(patched, fails)
        values = [work(1), work(1)]
        try:
            broken(1)
        except ZeroDivisionError as error:
            values.append(error)
    assert values[:2] == [[1], [1]]
    assert len(values) == 3


def _raises(x):
    return x / 0
