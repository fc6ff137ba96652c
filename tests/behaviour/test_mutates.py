"""What a call changes on purpose is changed on a hit as well."""

from __future__ import annotations

import random
import threading
from collections import deque
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.conftest import outcome
from xetcache import options, xetmemo


@pytest.fixture(autouse=True)
def store(tmp_path):
    """Keep the results of each test in a folder of its own."""
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield


class Layer:
    """A part of a model."""

    def __init__(self) -> None:
        self.weights = [0.0]


class Model:
    """Fills itself when it is fitted."""

    def __init__(self) -> None:
        self.layers = [Layer(), Layer()]
        self.history: list[object] = []
        self.scratch = "unfitted"

    @xetmemo(always=True, mutates="self")
    def fit(self, rows: list[int]) -> Model:
        """Change nearly everything."""
        self.layers[0].weights.append(sum(rows))
        self.layers.append(Layer())
        self.history = [*self.history, rows]
        self.best = self.layers[0]
        del self.scratch
        return self


class Slotted:
    """Has no dictionary."""

    __slots__ = ("a", "b")

    def __init__(self) -> None:
        self.a = 1


def test_a_model_that_is_fitted() -> None:
    """The very object is fitted, the very parts of it are changed, and it is returned."""
    for expected in ("miss", "hit"):
        model, rows = Model(), [1, 2]
        first, layers = model.layers[0], model.layers
        assert model.fit(rows) is model
        assert outcome() == expected
        assert model.layers is layers
        assert model.layers[0] is first is model.best
        assert first.weights == [0.0, 3]
        assert len(layers) == 3
        assert model.history[0] is rows
        assert not hasattr(model, "scratch")


def test_a_model_in_another_state_is_another_call() -> None:
    """Fitting twice is not fitting once."""
    for _ in range(2):
        model = Model()
        model.fit([1])
        model.scratch = "again"
        model.fit([1])
        assert model.layers[0].weights == [0.0, 1, 1]
    assert outcome() == "hit"


def _slots(value: Slotted) -> None:
    value.b = value.a + 1
    del value.a


def _frame(value: pd.DataFrame) -> None:
    value["b"] = value["a"] * 2
    del value["a"]


def _nested(value: dict[str, Any]) -> None:
    value["new"] = value["list"]
    value["list"].append({"deep": value["tuple"][1]})
    value["tuple"][1].add(3)


VALUES: dict[str, tuple[Any, Any, Any]] = {
    "list": (lambda: [1, [2]], lambda value: value[1].append(3), lambda value: value),
    "dict": (
        lambda: {"list": [1], "tuple": (1, {2}), "b": 1},
        _nested,
        lambda value: (value, value["new"] is value["list"]),
    ),
    "deque": (lambda: deque([[1]], 2), lambda value: value.extend([2, 3]), list),
    "slots": (Slotted, _slots, lambda value: (value.b, hasattr(value, "a"))),
    "array": (lambda: np.arange(4), lambda value: value.__imul__(2), lambda value: value.tolist()),
    "part of an array": (
        lambda: {"a": np.zeros((2, 3))},
        lambda value: value["a"][1].fill(5),
        lambda value: value["a"].tolist(),
    ),
    "frame": (
        lambda: pd.DataFrame({"a": [1, 2]}),
        _frame,
        lambda value: (value.to_dict(), list(value.columns)),
    ),
    "random": (
        lambda: random.Random(1),
        lambda value: value.random(),
        lambda value: value.random(),
    ),
    "generator": (
        lambda: np.random.default_rng(1),
        lambda value: value.normal(size=3),
        lambda value: value.normal(),
    ),
    "bytearray": (lambda: bytearray(b"ab"), lambda value: value.extend(b"c"), bytes),
}


@pytest.mark.parametrize(("make", "change", "show"), VALUES.values(), ids=VALUES)
def test_every_kind_of_value(make: Any, change: Any, show: Any) -> None:
    """The object of the caller ends up as after a real run."""
    expected = make()
    change(expected)

    @xetmemo(always=True, mutates="value")
    def work(value: Any) -> int:
        change(value)
        return 1

    for told in ("miss", "hit"):
        value = make()
        assert work(value) == 1
        assert outcome() == told
        assert repr(show(value)) == repr(show(expected if told == "hit" else _copy(make, change)))


def _copy(make: Any, change: Any) -> Any:
    value = make()
    change(value)
    return value


def test_sharing_counts() -> None:
    """Equal lists and one list twice are changed in other ways."""

    @xetmemo(always=True, mutates="pair")
    def work(pair: list[list[int]]) -> None:
        pair[0].append(1)

    one = [0]
    for pair, expected in (
        ([[0], [0]], [[0, 1], [0]]),
        ([one, one], [[0, 1], [0, 1]]),
    ):
        work(pair)
        assert pair == expected


def test_sharing_between_arguments_counts() -> None:
    """One object given twice is not two equal ones."""

    @xetmemo(always=True, mutates=("one", "other"))
    def work(one: list[int], other: list[int]) -> None:
        one.append(1)
        other.append(2)

    first, second = [0], [0]
    work(first, second)
    assert (first, second) == ([0, 1], [0, 2])
    both = [0]
    work(both, both)
    assert both == [0, 1, 2]
    assert outcome() == "miss"


def made(source: str, mutates: Any) -> ModuleType:
    """Return a module of a program whose `f` changes things on purpose."""
    module = ModuleType("program")
    module.__dict__["kept"] = xetmemo(always=True, mutates=mutates)
    exec(source, module.__dict__)
    return module


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("CALLS = []\n@kept\ndef f(x):\n    CALLS.append(x)\n    return x", [3]),
        ("CALLS = 0\n@kept\ndef f(x):\n    global CALLS\n    CALLS += x\n    return x", 3),
        ("CALLS = {}\n@kept\ndef f(x):\n    CALLS[x] = CALLS\n    return x", None),
    ],
    ids=["in-place", "rebound", "in-itself"],
)
def test_global_variables(source: str, shown: Any) -> None:
    """A counter counts on a hit, too."""
    for told in ("miss", "hit"):
        module = made(source, "CALLS")
        assert module.f(3) == 3
        assert outcome() == told
        if shown is None:
            assert module.CALLS[3] is module.CALLS
        else:
            assert shown == module.CALLS


def test_other_changes_are_not_allowed() -> None:
    """Only what is named may change."""
    module = made("A = []\nB = []\n@kept\ndef f(x):\n    A.append(x)\n    B.append(x)", "A")
    module.f(1)
    module.A.clear()
    module.B.clear()
    assert not module.f.would_hit(1)


def test_nothing_changed() -> None:
    """Then there is nothing to make again."""
    module = made("@kept\ndef f(x):\n    return len(x)", "x")
    for told in ("miss", "hit"):
        assert module.f([1, 2]) == 2
        assert outcome() == told


def test_asking_changes_nothing() -> None:
    """`would_hit` and `explain` look, and leave what they were given."""
    module = made("@kept\ndef f(x):\n    x.append(1)", "x")
    module.f([0])
    value = [0]
    assert module.f.would_hit(value)
    assert module.f.explain(value).is_hit
    module.f.peek(value)
    assert value == [0]


def test_asking_changes_nothing_that_was_not_named_either() -> None:
    """A list that is sorted is put back on a hit, and not before."""

    @xetmemo(always=True)
    def work(value: list[int]) -> None:
        value.sort()

    work([2, 1])
    value = [2, 1]
    assert work.would_hit(value)
    assert value == [2, 1]
    work(value)
    assert value == [1, 2]


def test_what_cannot_be_made_again_is_not_kept() -> None:
    """An array that grew in place would have to be another array."""
    module = made("@kept\ndef f(x):\n    x.resize(4, refcheck=False)\n    return 1", "x")
    assert module.f(np.arange(2)) == 1
    assert not module.f.would_hit(np.arange(2))


def test_names_that_there_are_not() -> None:
    """A typing mistake is told at decoration."""
    with pytest.raises(TypeError, match=r"mutates='modle'.*did you mean `model`"):
        xetmemo(mutates="modle")(lambda model: model)


def test_a_new_process_changes_it_too(project) -> None:
    """As kept, so served."""
    project.write(
        "work.py",
        """
        from xetcache import xetmemo

        class Model:
            def __init__(self):
                self.seen = []

        @xetmemo(always=True, mutates="model")
        def fit(model, rows):
            model.seen.extend(rows)
            return model

        def main():
            model = Model()
            seen = model.seen
            return fit(model, [1, 2]) is model, seen
        """,
    )
    assert project.call("work.main").value == (True, [1, 2])
    outcome = project.call("work.main")
    assert outcome.value == (True, [1, 2])
    assert "work.fit" not in outcome.ran


class Busy:
    """Has a tool that cannot be stored."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: list[int] = []


class Node:
    """One of several in a set."""

    def __init__(self) -> None:
        self.value = 0


class Table(dict[str, int]):
    """A dictionary with an attribute."""

    name = "none"


def _in_set(value: dict[str, set[Node]]) -> None:
    for node in value["nodes"]:
        node.value = 1


def _table(value: Table) -> None:
    value["a"] = 1
    value.name = "filled"


HARD: dict[str, tuple[Any, Any, Any]] = {
    "tool": (Busy, lambda value: value.seen.append(1), lambda value: value.seen),
    "set of objects": (
        lambda: {"nodes": {Node(), Node()}},
        _in_set,
        lambda value: [node.value for node in value["nodes"]],
    ),
    "dictionary with attributes": (Table, _table, lambda value: (dict(value), value.name)),
    "another class": (
        Node,
        lambda value: setattr(value, "__class__", Slotless),
        lambda value: type(value).__name__,
    ),
}


class Slotless:
    """What a node may become."""


@pytest.mark.parametrize(("make", "change", "show"), HARD.values(), ids=HARD)
def test_what_cannot_be_told_is_computed(make: Any, change: Any, show: Any) -> None:
    """The call runs each time, and fails at nothing of ours."""

    @xetmemo(always=True, mutates="value")
    def work(value: Any) -> int:
        change(value)
        return 1

    expected = make()
    change(expected)
    for _ in range(2):
        value = make()
        assert work(value) == 1
        assert show(value) == show(expected)


def test_a_variable_that_is_removed() -> None:
    """Is removed on a hit, too."""
    for told in ("miss", "hit"):
        module = made("T = [1]\n@kept\ndef f(x):\n    global T\n    del T", "T")
        module.f(1)
        assert outcome() == told
        assert not hasattr(module, "T")
