"""`digest.explain`: where two values differ, as their digests see it."""

from __future__ import annotations

import copy
import datetime as dt
import importlib.util
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xetcache
from tests.tracer.digest_pairs import PAIRS, Other, Plain, defined
from tests.tracer.test_contents import LINKS, built
from tracer import NotDigestibleError, digest

pytestmark = pytest.mark.same_everywhere

AVAILABLE = [
    name
    for name, (verdict, needs, _) in PAIRS.items()
    if verdict != "REFUSE" and (not needs or importlib.util.find_spec(needs))
]

ATOMS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.integers() | st.text(), inner)
        | st.tuples(inner, inner)
        | st.frozensets(ATOMS)
        | st.builds(Plain, a=inner, b=inner)
    ),
    max_leaves=8,
)


def explained(one: object, other: object, name: str = "x") -> list[str]:
    return [str(difference) for difference in digest.explain(one, other, name=name)]


# -- the law: it says nothing exactly where the digests are equal -----------------------------


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", AVAILABLE)
def test_it_never_disagrees_with_the_digest(name: str) -> None:
    """Of every pair of the corpus, something is told if and only if the digests differ."""
    one, other = PAIRS[name][2]()
    assert bool(digest.explain(one, other)) == (digest(one) != digest(other))
    assert digest.explain(one, one) == ()


@settings(deadline=None)
@given(VALUES, VALUES)
def test_of_any_two_values(one: object, other: object) -> None:
    """The same of values at random."""
    assert bool(digest.explain(one, other)) == (digest(one) != digest(other))


@settings(deadline=None)
@given(LINKS, LINKS)
def test_of_values_that_contain_themselves(one: list[Any], other: list[Any]) -> None:
    """The same of values that lead to each other."""
    for left in built(one):
        for right in built(other):
            assert bool(digest.explain(left, right)) == (digest(left) != digest(right))


@given(VALUES, ATOMS, st.lists(st.sampled_from("ldi"), max_size=5))
def test_one_change_is_told_at_its_path(value: object, atom: object, kinds: list[str]) -> None:
    """However deep it lies, one changed part is the only difference."""
    one: object = "before"
    other, path = atom, "x"
    for kind in kinds:
        if kind == "l":
            one, other = [value, one], [copy.deepcopy(value), other]
        elif kind == "d":
            one, other = {"k": one, 1: value}, {"k": other, 1: value}
        else:
            one, other = Plain(a=one, b=value), Plain(a=other, b=value)
    for kind in reversed(kinds):
        path += {"l": "[1]", "d": "['k']", "i": ".a"}[kind]
    found = digest.explain(one, other, name="x")
    assert [difference.path for difference in found] == ([] if atom == "before" else [path])


# -- what it says -----------------------------------------------------------------------------

SAID: dict[str, tuple[object, object, list[str]]] = {
    "in dictionaries": (
        {"model": {"depth": 3, "width": 8}, "old": 1},
        {"model": {"depth": 4, "width": 8}, "new": 2},
        ["x['old'] is gone, was 1", "x['new'] is new: 2", "x['model']['depth'] 3 → 4"],
    ),
    "in instances": ([1, 2, Plain(name="a")], [1, 2, Plain(name="b")], ["x[2].name 'a' → 'b'"]),
    "a missing attribute": (Plain(a=1), Plain(a=1, b=2), ["x.b is new: 2"]),
    "another class": (Plain(a=1), Other(a=1), ["x type Plain → Other"]),
    "another type": ([1], (1,), ["x type list → tuple"]),
    "another type of number": (1, 1.0, ["x 1 → 1.0"]),
    "a sign": (0.0, -0.0, ["x 0.0 → -0.0"]),
    "taken out": ([1, 2, 3, 4], [1, 3, 4], ["x[1] is gone, was 2"]),
    "put in": ([1, {1}], [0, 1, {1}], ["x[0] is new: 0"]),
    "sets": ({1, (2, b"")}, {1, (3, b"")}, ["x{…} is gone, was (2, b'')", "x{…} is new: (3, b'')"]),
    "order": ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ["x order ['a'], ['b'] → ['b'], ['a']"]),
    "keys of other types": ({1: 0}, {True: 0}, ["x[1] is gone, was 0", "x[True] is new: 0"]),
    "long text": ("a" * 1000 + "b", "a" * 1000 + "c", ["x[1000:] 'b' → 'c'"]),
    "dates": (
        [dt.date(2020, 1, 1)],
        [dt.date(2021, 1, 1)],
        ["x[0] datetime.date(2020, 1, 1) → datetime.date(2021, 1, 1)"],
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str) -> None:
    """Paths are those one would write, and both sides are shown."""
    one, other, expected = SAID[name]
    assert explained(one, other) == expected


def test_arrays() -> None:
    """A box around what differs is named; type and shape first."""
    np = pytest.importorskip("numpy")
    one = np.zeros((5, 100))
    other = one.copy()
    other[3, 8:64] = 2
    assert explained(one, other) == ["x[3, 8:64] first 0.0 → 2.0"]
    assert explained(one.T, other.T) == ["x[8:64, 3] first 0.0 → 2.0"]
    other[3, 9:] = 0
    assert explained([one], [other]) == ["x[0][3, 8] 0.0 → 2.0"]
    assert explained(one, one.astype("f4")) == ["x dtype float64 → float32"]
    assert explained(one, one[:2]) == ["x shape (5, 100) → (2, 100)"]
    assert explained(np.array(["a", None], object), np.array(["a", 1], object)) == ["x[1] None → 1"]


def test_frames() -> None:
    """Columns and rows are named."""
    pd = pytest.importorskip("pandas")
    rows = range(10_000)
    one = pd.DataFrame({"price": [float(row) for row in rows], "name": ["a" for _ in rows]})
    other = one.copy()
    other.loc[4096:4159, "price"] += 1
    other.loc[5, "name"] = "b"
    assert explained(one, other, "df") == [
        "df['price'] rows 4096–4159, first 4096.0 → 4097.0",  # noqa: RUF001
        "df['name'] row 5 'a' → 'b'",
    ]
    assert explained(one, one[:10]) == ["x rows 10000 → 10"]
    renamed = one.rename(columns={"name": "title"})
    assert [found.path for found in digest.explain(one, renamed)] == [
        "value['name']",
        "value['title']",
    ]
    assert explained(one["price"], other["price"])[0].startswith("x.values")


@pytest.mark.parametrize("library", ["polars", "pyarrow"])
def test_frames_of_other_libraries(library: str) -> None:
    """Those whose columns are written in one go are told by column as well."""
    module = pytest.importorskip(library)
    make = module.DataFrame if library == "polars" else module.table
    one, other = make({"a": [1, 2], "b": ["x", None]}), make({"a": [1, 2], "b": ["x", "z"]})
    assert explained(one, other) == ["x['b'] row 1 None → 'z'"]


def test_an_edited_class_is_told_once() -> None:
    """Code is named, and what follows from it is not told for each instance."""
    versions = [
        defined(f"class Model:\n    def run(self): return {result}", "Model") for result in (1, 2)
    ]
    one, other = ([version() for _ in range(3)] for version in versions)
    assert explained(one, other) == ["x[0] code `Model` → edited"]


# -- what it costs and what it runs -----------------------------------------------------------


def test_the_first_differences_only() -> None:
    """Two values that differ everywhere are told by some places."""
    assert len(digest.explain(list(range(100)), list(range(100, 200)))) == 16
    assert len(digest.explain(list(range(100)), list(range(100, 200)), limit=3)) == 3


def test_it_goes_as_deep_as_the_digest() -> None:
    """Neither depth nor sharing is followed more than once."""
    pairs: list[Any] = []
    for inner in (1, 2):
        deep: Any = inner
        for _ in range(10_000):
            deep = [deep]
        shared: Any = [inner, {inner}]
        for _ in range(100):
            shared = [shared, shared]
        pairs.append((deep, shared))
    (one, shared), (other, again) = pairs
    assert explained(one, other) == ["x" + "[0]" * 10_000 + " 1 → 2"]
    assert str(digest.explain(shared, again)[0]).endswith("[0][0] 1 → 2")


def test_it_runs_no_code_of_the_values() -> None:
    """Neither comparisons nor texts of the program's classes are asked."""

    class Loud:
        def __init__(self, label: int) -> None:
            self.label = label

        def run(self, *_: object) -> Any:
            raise AssertionError

        __eq__ = __hash__ = __repr__ = __getattr__ = __len__ = __bool__ = run  # type: ignore[assignment]

    assert explained([Loud(1)], [Loud(2)]) == ["x[0].label 1 → 2"]
    assert explained([Loud(1)], [1]) == [
        "x[0] <test_it_runs_no_code_of_the_values.<locals>.Loud> → 1"
    ]


def test_what_has_no_digest_is_refused() -> None:
    """Nothing is said of what `digest` refuses."""
    with pytest.raises(NotDigestibleError):
        digest.explain([(n for n in ())], [1])


def test_it_is_offered_beside_the_digest() -> None:
    """`xetcache.digest` is a function that has it."""
    assert xetcache.digest.explain is digest.explain
    assert digest.__name__ == "digest"
