"""Many small values in one go: the same content, the same digest; nothing is lost on the way."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.tracer.digest_pairs import Plain
from tracer import NotDigestibleError, digest, encode

pytestmark = pytest.mark.same_everywhere

COUNT = 5_000
"""More than are written at once."""


class Number(int):
    pass


class Text(str):
    __slots__ = ()


class Row(list[int]):
    pass


class OwnHash(type):
    def __hash__(cls) -> int:
        raise AssertionError("asked")


class Asked(metaclass=OwnHash):
    pass


def mixed() -> list[Any]:
    """Make a list of what data mostly is."""
    return [
        one
        for n in range(COUNT // 5)
        for one in (n, f"t{n}", n / 7, {"a": n, "b": [n, None], "c": ()}, (n % 2 == 0, "é"))
    ]


def flat() -> list[Any]:
    """Make a list of containers of atoms."""
    return [one for n in range(COUNT // 4) for one in (n, f"t{n}", [n / 7, None], {"a": n, n: "é"})]


def texts() -> list[Any]:
    """Make a list of texts, some of which have bytes by which empty containers are written."""
    return [f"t{n}" if n % 3 else None if n % 2 else f"([{{{n}}}])" for n in range(COUNT)]


OTHERS: list[object] = [
    *(0, 1, True, 1.0, -0.0, 0.0, "1", b"1", 1j, None, Number(1), Text("1"), float("inf"), 10**40),
    *([], (), {}, [1], (1,), {1: 1}, {1: True}, {"1": 1}, [1.0], ["1"], [Number(1)], [Text("1")]),
    *([b"1"], [[]], [()], [{}], ([],), {"a": []}, {"a": ()}, {"a": {}}, {"a": [1]}, {(): 1}),
    *({(1,): 1}, {"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 2, "b": 1}, Row(), Row([1]), [Row()]),
    *("1" * 70_000, ["1" * 70_000], {"1" * 70_000: 1}, frozenset(), {1}, [{1}], bytearray(b"1")),
    *(Plain(), Plain(a=1), [Plain()], len, int, [len], [int], ..., [...]),
]
"""All of another content."""


@pytest.mark.parametrize("make", [flat, mixed, texts], ids=["flat", "deeper", "texts"])
@pytest.mark.parametrize("kind", [list, tuple, lambda items: dict(enumerate(items))])
def test_every_value_shows(make: Callable[[], list[Any]], kind: Callable[[Any], object]) -> None:
    """One value that is another, in any piece, makes another digest."""
    found: set[object] = set()
    made = 0
    for place in (COUNT - 1,) if make is mixed else (0, COUNT - 1):
        for other in OTHERS:
            items = make()
            items[place] = other
            found.add(digest(kind(items)))
            made += 1
    assert len(found) == made


def test_the_kind_and_the_order_show() -> None:
    """The same values in another container, or in another order, are something else."""
    items = [*range(3_000)]
    values: list[object] = [
        *(items, tuple(items), dict.fromkeys(items), dict(zip(items, items, strict=True))),
        *(items[::-1], [*items, 1], [items], dict.fromkeys(items[::-1]), [(one,) for one in items]),
        *([*map(str, items)], [str(items)], {n: -n for n in items}, {-n: n for n in items}),
        *([*items[:1_500], *items[:1_500]], [{}] * 3_000, [()] * 3_000, [[]] * 3_000),
    ]
    assert len({digest(one) for one in values}) == len(values)


@pytest.mark.parametrize("make", [flat, mixed])
def test_sharing_does_not_show(make: Callable[[], list[Any]]) -> None:
    """Which parts are one object, how texts are kept and what was pickled is no content."""
    one = make()
    assert digest(copy.deepcopy(one)) == digest(one) == digest(pickle.loads(pickle.dumps(one)))
    same = [one[3]] * COUNT
    assert digest(same) == digest([copy.deepcopy(part) for part in same])


@pytest.mark.parametrize(
    "inner", [[], {}, [1], {"a": 1}, ([],), {"a": []}, [[]], {"a": {}}, [{}], {"a": [{}]}], ids=repr
)
@pytest.mark.parametrize("others", [range(COUNT), "abc" * COUNT], ids=["numbers", "texts"])
def test_every_part_that_can_change_is_noted(others: Iterable[object], inner: object) -> None:
    """What somebody may change has a place, wherever in a large value it is."""
    shared = copy.deepcopy(inner)
    whole: list[object] = [*others, shared, *others, shared]
    places = encode(whole).changeable
    work: list[Any] = [shared]
    for one in work:
        work += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if isinstance(one, tuple):
            work += one
    changing = [one for one in work if isinstance(one, list | dict)]
    assert changing
    for one in changing:
        assert [place for place, part in places if part is one]
    assert digest(whole) == digest(copy.deepcopy(whole))
    apart = [*others, shared, *others, copy.deepcopy(shared)]
    assert encode(apart).digest == encode(whole).digest
    assert len({id(part) for _, part in encode(apart).changeable}) > len(
        {id(part) for _, part in places}
    )


def instances(count: int = COUNT, **more: object) -> list[Plain]:
    """Make instances of one class."""
    return [Plain(a=n, b=f"t{n}", c=[n], **more) for n in range(count)]


def test_instances_show() -> None:
    """Of many instances, each counts with its class, its attributes and their order."""

    class Other(Plain):
        pass

    changed: list[Callable[[Plain], object]] = [
        lambda one: setattr(one, "a", -1),
        lambda one: setattr(one, "a", True),
        lambda one: setattr(one, "b", None),
        lambda one: setattr(one, "d", 1),
        lambda one: delattr(one, "c"),
        lambda one: setattr(one, "c", (1,)),
        lambda one: setattr(one, "c", [[1]]),
        lambda one: setattr(one, "c", {"a": 1}),
        lambda one: setattr(one, "c", {"a": [1]}),
        lambda one: setattr(one, "c", b"1"),
        lambda one: setattr(one, "__class__", Other),
        lambda one: vars(one).update(a=vars(one).pop("a")),
    ]
    found = {digest(instances()), digest(tuple(instances())), digest(instances(COUNT - 1))}
    for change in changed:
        for place in (0, COUNT - 1):
            items = instances()
            change(items[place])
            found.add(digest(items))
            found.add(digest({"a": items}))
            assert digest(copy.deepcopy(items)) == digest(items)
    assert len(found) == 3 + 2 * 2 * len(changed)


@pytest.mark.parametrize("more", [{}, {"d": [[]]}, {"d": {"a": []}}], ids=repr)
def test_instances_are_noted(more: dict[str, object]) -> None:
    """Instances, and what in them can change, have places."""
    items = instances(100, **copy.deepcopy(more))
    found = {id(part) for _, part in encode(items).changeable}
    assert found >= {id(items), *map(id, items), *(id(one.c) for one in items)}
    assert encode(items).digest == encode(copy.deepcopy(items)).digest
    assert len(encode(instances(1_000)).changeable) == 2_001


def held(**attributes: object) -> dict[str, object]:
    """Return the dictionary of an instance, which is there."""
    KEPT.append(Plain())
    for name, one in attributes.items():
        setattr(KEPT[-1], name, one)
    return vars(KEPT[-1])


KEPT: list[Plain] = []


@pytest.mark.parametrize("inner", [1, [1], [[1]], {"a": [1]}, ([],), b"1", len], ids=repr)
def test_the_dictionary_of_an_instance_is_one(inner: object) -> None:
    """What the collector is not shown is looked at, too."""
    for count in (1, 2_000):
        whole = [*(held(a=copy.deepcopy(inner)) for _ in range(count)), *range(1_024)]
        assert digest(whole) == digest(copy.deepcopy(whole))
        one, other = encode(whole), encode(copy.deepcopy(whole))
        assert len(one.changeable) == len(other.changeable)
    deep: Any = held()
    deep["me"] = deep
    assert digest([deep, *range(1_024)])


def test_a_text_of_gigabytes_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pickler refuses one; here as if it were small."""

    def refuse(self: object, values: object) -> None:
        raise OverflowError

    found = digest([*range(COUNT)])
    monkeypatch.setattr("tracer.values.many._Asking.dump", refuse, raising=False)
    assert digest([*range(COUNT)]) != found


def test_what_cannot_be_pickled_is_refused_by_name() -> None:
    """Among texts, too, where the pickler is what meets it first."""
    gone = pickle.PickleBuffer(b"")
    gone.release()
    with pytest.raises(NotDigestibleError, match="PickleBuffer"):
        digest([*"abc" * COUNT, gone])


def test_what_is_met_often_is_not_written_often() -> None:
    """Large parts that are met again and again are read once, whatever they would unfold to."""
    text, row = "x" * 60_000, [*range(1_000_000)]
    for part in (text, row, [text], {text: 1}, [row], Plain(a=text), Plain(a=row)):
        digest([part] * 3_000)
        digest(["", *[part] * 3_000])
        digest(dict.fromkeys(range(3_000), part))


def test_no_code_of_a_class_is_run() -> None:
    """A metaclass is not asked for the hash of a class."""
    assert digest([*range(COUNT), Asked()]) == digest([*range(COUNT), Asked()])
    assert digest([[1, Asked()] for _ in range(COUNT)])
    assert digest([*"abc" * COUNT, Asked()]) == digest([*"abc" * COUNT, Asked()])


def test_a_part_that_differs_is_named() -> None:
    """Of many values, the one that is another is told."""
    one, other = flat(), flat()
    other[COUNT - 1] = {"a": 5, COUNT // 4 - 1: "é"}
    found = digest.explain(one, other)
    assert list(map(str, found)) == [f"value[{COUNT - 1}]['a'] {COUNT // 4 - 1} → 5"]
    left, right = instances(), instances()
    right[4_000].b = "z"
    assert list(map(str, digest.explain(left, right))) == ["value[4000].b 't4000' → 'z'"]


GOLDEN: dict[str, tuple[object, str]] = {
    "list": (
        [{"a": n, "b": str(n), "c": [n / 7, None, True]} for n in range(COUNT)],
        "0158e86c0881476512215a0cf4e3cfb6",
    ),
    "rows": (
        [{"a": n, "b": str(n), "c": n / 7, n: None} for n in range(COUNT)],
        "4a0a64068dcad319cff128d32c266f46",
    ),
    "dictionary": ({n: (n, -n) for n in range(COUNT)}, "d40c32ece3e0103fac4544399f912637"),
    "tuple": (tuple(map(str, range(COUNT))), "ab1e8a48ad828a70a7e69beb44e333a6"),
    "atoms": (
        [*range(-COUNT, 0), 10**30, -0.0, "é\ud800", None, True, False],
        "6e709ed0d862c459f48097243f492111",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_digests_of_known_values(name: str) -> None:
    """Digests on disk are those of every supported version of Python."""
    value, expected = GOLDEN[name]
    assert str(digest(value)) == expected
