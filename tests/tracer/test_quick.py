"""The generated function asks by identity, and says no where anything moved."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from tracer import quick


class Plain:
    """Has attributes and nothing else."""


def made(*containers: object, **names: object) -> tuple[Any, dict[str, object]]:
    """Return the function for names and containers, and the namespace of the names."""
    ask = quick.Questions()
    namespace = dict(names)
    for name, meaning in names.items():
        assert ask.name(namespace, name, meaning)
    for container in containers:
        assert quick.can_take_apart(container)
        ask.containers.append(container)
    return quick.compiled(ask, ([0], [0])), namespace


def test_text_is_compared_by_identity() -> None:
    """Code replaces text that could be a name by its interned twin, so it holds no text."""
    fresh = "".join(["sca", "le_", str(len(sys.argv) * 0)])
    holds, namespace = made({fresh: fresh}, name=fresh)
    assert holds()
    namespace["name"] = sys.intern("scale_0")
    assert not holds()


def test_a_tuple_is_not_touched() -> None:
    """Nor is the text in it."""
    fresh = "".join(["na", str(len(sys.argv) * 0)])
    pair = (fresh, (fresh,))
    holds, _ = made({"a": pair}, pair=pair)
    assert holds()
    assert pair[0] is fresh
    assert pair[1][0] is fresh


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 1_000])
def test_any_number_of_names(count: int) -> None:
    """Each is asked, however many there are."""
    holds, namespace = made(**{f"name{number}": object() for number in range(count)})
    assert holds()
    for name in list(namespace)[:: max(1, count // 7)]:
        before = namespace[name]
        namespace[name] = object()
        assert not holds()
        namespace[name] = before
        assert holds()
        del namespace[name]
        assert not holds()
        namespace[name] = before


def instance(**attributes: object) -> Plain:
    """Return an instance with these attributes."""
    value = Plain()
    value.__dict__.update(attributes)
    return value


CHANGES: dict[str, tuple[Any, Any]] = {
    "append": ([1], lambda value: value.append(2)),
    "item": ([1, 2], lambda value: value.__setitem__(0, 3)),
    "equal item": ([1], lambda value: value.__setitem__(0, True)),
    "emptied": ([1], lambda value: value.clear()),
    "no longer empty": ([], lambda value: value.append(1)),
    "key": ({"a": 1}, lambda value: value.__setitem__("b", 1)),
    "other key": ({"a": 1}, lambda value: (value.pop("a"), value.__setitem__("b", 1))),
    "order": ({"a": 1, "b": 1}, lambda value: value.__setitem__("a", value.pop("a"))),
    "deep": ([{"a": [[1]]}], lambda value: value[0]["a"][0].append(2)),
    "between": ([[1], []], lambda value: value[1].append(value[0].pop())),
    "attribute": (instance(a=1), lambda value: setattr(value, "a", 2)),
    "new attribute": (instance(a=1), lambda value: setattr(value, "b", 2)),
    "first attribute": (instance(), lambda value: setattr(value, "b", 2)),
    "replaced dictionary": (instance(a=1), lambda value: setattr(value, "__dict__", {"a": 2})),
    "in an instance": (instance(a=[1]), lambda value: value.a.append(2)),
    "in a tuple": (([1], (2, [3])), lambda value: value[1][1].append(4)),
    "a set": ([{1}], lambda value: value[0].add(2)),
    "a set of another": ({1}, lambda value: (value.clear(), value.add(2))),
    "an empty set": (set(), lambda value: value.add(2)),
    "in a list": ([instance(a=1)], lambda value: setattr(value[0], "a", 2)),
}


@pytest.mark.parametrize(("value", "change"), CHANGES.values(), ids=CHANGES)
def test_a_container_that_changed(value: Any, change: Any) -> None:
    """At any depth."""
    holds, _ = made(value)
    assert holds()
    change(value)
    assert not holds()


@pytest.mark.parametrize(
    "value",
    [[bytearray()], [object()], list(range(100)), SimpleNamespace(a=1), ({1: bytearray()},)],
    ids=["bytearray", "object", "many", "namespace", "tuple"],
)
def test_what_identity_does_not_tell(value: object) -> None:
    """What can change and stay the same object has to be digested."""
    assert not quick.can_take_apart(value)


def test_a_shadowed_builtin() -> None:
    """Is noticed by the name itself."""
    ask = quick.Questions()
    namespace: dict[str, object] = {}
    ask.name(namespace, "len", len)
    holds = quick.compiled(ask, ([0], [0]))
    assert holds()
    namespace["len"] = max
    assert not holds()


def test_members_of_a_class() -> None:
    """Replaced, added and removed ones, in the dictionary of the class itself."""

    class Kind:
        a = 1

        def run(self) -> None:
            pass

    ask = quick.Questions()
    assert ask.class_(Kind, {"a": Kind.a, "run": Kind.__dict__["run"]})
    holds = quick.compiled(ask, ([0], [0]))
    assert holds()
    for name, change, undo in (
        ("a", 2, 1),
        ("run", len, Kind.__dict__["run"]),
        ("more", 1, None),
    ):
        setattr(Kind, name, change)
        assert not holds()
        delattr(Kind, name) if undo is None else setattr(Kind, name, undo)
        assert holds()


def test_a_count_that_moved() -> None:
    """Code and bases that were replaced are counted."""
    counter, counted = [1], [1]
    holds = quick.compiled(quick.Questions(), (counter, counted))
    assert holds()
    counter[0] = 2
    assert not holds()
    counted[0] = 2
    assert holds()
