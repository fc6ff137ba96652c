"""`digest`: what a value is, code included, the same in every process."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import fractions
import importlib.util
import json
import os
import pathlib
import pickle
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import xetcache
from tests.tracer.digest_pairs import PAIRS, Plain, two
from tracer import NotDigestibleError, digest, encode
from xetcache import codecs
from xetcache.errors import NotStorableError

pytestmark = pytest.mark.same_everywhere

HERE = Path(__file__).parent
AVAILABLE = [
    name for name, (_, needs, _) in PAIRS.items() if not needs or importlib.util.find_spec(needs)
]


def digests(seed: str) -> dict[str, list[str]]:
    """Return the digests of all pairs in a process of their own."""
    done = subprocess.run(
        [sys.executable, str(HERE / "digest_pairs.py")],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        check=True,
        text=True,
    )
    return json.loads(done.stdout)


def is_as_it_must_be(verdict: str, one: str, other: str) -> bool:
    """Tell whether two digests are to each other what was said of the pair."""
    refused = [one.startswith("refused"), other.startswith("refused")]
    if verdict == "REFUSE":
        return all(refused)
    return not any(refused) and (one == other) == (verdict == "SAME")


def test_content_decides() -> None:
    """Equal content has one digest, other content another, and none has what is no content.

    Hash seeds and addresses do not show.
    """
    found, again = digests("1"), digests("77")
    assert set(found) == set(AVAILABLE)
    wrong = [name for name in found if not is_as_it_must_be(PAIRS[name][0], *found[name])]
    assert wrong == []
    refused = {name for name in found if PAIRS[name][0] == "REFUSE"}
    assert [name for name in found.keys() - refused if found[name] != again[name]] == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", AVAILABLE)
def test_what_a_store_gives_back_has_the_digest_of_what_was_put_in(name: str) -> None:
    """A result that is passed on from the cache finds what depends on it."""
    verdict, _, build = PAIRS[name]
    if verdict == "REFUSE":
        pytest.skip("it has no digest")
    for value in build():
        try:
            payload = codecs.encode(value)
        except (NotStorableError, RecursionError, AssertionError):
            continue  # `pickle` asks what must not be asked
        given_back = codecs.decode(payload.codec, b"".join(payload.buffers))
        assert digest(given_back) == digest(value)


# -- values at random -----------------------------------------------------------------------

LINKS = st.integers(1, 6).flatmap(
    lambda size: st.lists(
        st.tuples(
            st.sampled_from("ldti"),
            st.lists(st.integers(0, size - 1), max_size=3),
            st.integers(0, 2),
        ),
        min_size=size,
        max_size=size,
    )
)
"""Kind, links and label of each of a few values; links may lead anywhere."""


def built(links: list[tuple[str, list[int], int]]) -> list[Any]:
    """Make the values that are described, each once."""
    kinds = {"l": list, "d": dict, "t": list, "i": Plain}
    made: list[Any] = [kinds[kind]() for kind, _, _ in links]
    for one, (kind, targets, label) in zip(made, links, strict=True):
        inside = [made[number] for number in targets]
        if kind == "d":
            one.update(enumerate(inside), label=label)
        elif kind == "i":
            one.label, one.inside = label, tuple(inside)
        else:
            one += [label, tuple(inside) if kind == "t" else [*inside]]
    return made


def unfolds_alike(one: Any, other: Any) -> bool:
    """Tell whether two values have equal content, whatever is one object in them."""
    pairs = [(one, other)]
    seen: set[tuple[int, int]] = set()
    kept: list[object] = []
    while pairs:
        left, right = pairs.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, int | str):
            if left != right:
                return False
            continue
        if (id(left), id(right)) in seen:
            continue
        seen.add((id(left), id(right)))
        parts = [vars(side) if isinstance(side, Plain) else side for side in (left, right)]
        if isinstance(parts[0], dict):
            parts = [[*side.items()] for side in parts]
        kept += parts
        if len(parts[0]) != len(parts[1]):
            return False
        pairs += zip(*parts, strict=True)
    return True


@settings(deadline=None)
@given(LINKS, LINKS)
def test_equal_digests_are_of_equal_content(one: list[Any], other: list[Any]) -> None:
    """Whatever leads to whatever: what has one digest cannot be told apart by its content."""
    for left in built(one):
        for right in built(other):
            if digest(left) == digest(right):
                assert unfolds_alike(left, right)


@settings(deadline=None)
@given(LINKS)
def test_a_copy_has_the_same_digest(links: list[Any]) -> None:
    """A value that was copied or pickled is the same, with all that leads back in it."""
    for value in built(links):
        assert digest(copy.deepcopy(value)) == digest(value)
        assert digest(pickle.loads(pickle.dumps(value))) == digest(value)


@settings(deadline=None)
@given(LINKS)
def test_places_are_those_of_every_process(links: list[Any]) -> None:
    """Two values made in the same way share the same parts at the same places."""

    def shared(value: object) -> list[list[int]]:
        places: dict[int, list[int]] = {}
        for place, part in encode(value).changeable:
            places.setdefault(id(part), []).append(place)
        return sorted(found for found in places.values())

    for one, other in zip(built(links), built(links), strict=True):
        assert shared(one) == shared(other)


@settings(deadline=None)
@given(LINKS)
def test_every_changeable_part_is_noted(links: list[Any]) -> None:
    """What is reached from a value, and can change, has a place in it."""
    for value in built(links):
        noted = {id(part) for _, part in encode(value).changeable}
        reached: dict[int, object] = {}
        work: list[Any] = [value]
        while work:
            one = work.pop()
            if id(one) in reached or isinstance(one, int | str):
                continue
            reached[id(one)] = one
            held = vars(one) if isinstance(one, Plain) else one
            work += held.values() if isinstance(held, dict) else held
        changing = {place for place, one in reached.items() if not isinstance(one, tuple)}
        assert changing == noted


def test_sharing_shows_beside_the_digest() -> None:
    """Two equal lists in one value are told from one list in two places."""
    inner = [1]
    one, other = encode([inner, (inner,)]), encode([[1], ([1],)])
    assert one.digest == other.digest
    assert [place for place, part in one.changeable if part is inner] == [1, 2]
    assert len({id(part) for _, part in other.changeable}) == 3


# -- the same on every Python ---------------------------------------------------------------

GOLDEN: dict[str, tuple[object, str]] = {
    "none": (None, "43c3ca59c7d088ea4aae3e49666739f4"),
    "int": (10**30, "62cb73df9c479f202721fc1dfe0bd02a"),
    "text": ("é\ud800", "e8ad0a7e59569a5df382caacf4335234"),
    "complex": (1j, "f0e9a7b8de8ee0664c41a0ae98b71888"),
    "plain": ({"a": (1, 2.5, None), "b": [True, 2j]}, "9d55d7924b0d167e91b00bd1f82ff196"),
    "nested": (
        [{"a": [(1, 2.5, None)]}, {b"x", "y"}, frozenset()],
        "abdfcc6b25321ce3a7ca331c2131d151",
    ),
    "large text": ("ab" * 100_000, "0daf13b985dffc46b6f89d2788b7c613"),
    "decimal": (decimal.Decimal("1.10"), "ac332765eaf3294c4e1a4dfa2be7ab13"),
    "fraction": (fractions.Fraction(1, 3), "d32fc1ec6c0bea3b8a7d1b4d5e2a9850"),
    "datetime": (
        dt.datetime(2020, 1, 2, 3, 4, 5, 6, dt.UTC, fold=1),
        "121f3b32273288275ad993deee461ccc",
    ),
    "duration": (dt.timedelta(1, 2, 3), "fbf9c56cc105483111198d23cb4b62ce"),
    "uuid": (uuid.UUID(int=5), "e6de1a58b76e894a9ad680f747d3a4b8"),
    "path": (pathlib.PurePosixPath("/a"), "0206e1213d8f7ecf87c969e2a24005ad"),
    "pattern": (re.compile("a+", re.IGNORECASE), "4c3c60ac5aa123bc68e530c4c47d6c66"),
    "exception": (ValueError("a", 1), "daa1b742c44e7d50ae75094c9f5cefd4"),
    "functions": ([len, os.path.join, dict, json], "02935b479d8246ad2a34e62678cf6883"),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_digests_of_known_values(name: str) -> None:
    """Digests on disk are those of every supported version of Python."""
    value, expected = GOLDEN[name]
    assert str(digest(value)) == expected


def test_digests_of_known_arrays() -> None:
    """Nor do they change with the version of numpy or pandas."""
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": np.arange(3), "b": pd.array([1, None, 3], dtype="Int64")})
    found = [digest(np.arange(6.0).reshape(2, 3)), digest(np.array(["a", "bc"])), digest(frame)]
    assert [str(one) for one in found] == [
        "38041417b2cf7804c8828c0479b67dee",
        "a8aaf51ac5db89a2aed04f23d5dd84c9",
        "88c82985a679d0028a4ca9f847af6251",
    ]


# -- what is said -----------------------------------------------------------------------------


def test_it_is_part_of_what_the_package_offers() -> None:
    """`xetcache.digest` is the one."""
    assert xetcache.digest is digest


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"model": [1, two]}, None),
        ({"model": [1, (n for n in ())]}, "['model'][1]"),
        (Plain(log=Plain(handlers=[open(os.devnull)])), ".log.handlers[0]"),  # noqa: SIM115
        ([[[[[(n for n in ())]]]]], "[0][0][0][0][0]"),
        ({1: {(2, 3): object()}}, "[1][…]"),
        ({(n for n in ()): 1}, ".keys()[…]"),
    ],
)
def test_a_refusal_names_the_path(value: object, path: str | None) -> None:
    """It leads from the value to the part that has no content."""
    if path is None:
        assert digest(value)
        return
    with pytest.raises(NotDigestibleError) as caught:
        digest(value)
    assert caught.value.path == path


def test_an_edit_of_a_class_shows() -> None:
    """The walk is kept as long as the code stands, and no longer."""

    class Model:
        def run(self) -> int:
            return 1

    model = Model()
    before = digest(model)
    assert digest(model) == before
    Model.run = lambda self: 2  # type: ignore[method-assign]
    assert digest(model) != before


def test_a_member_that_came_later_counts() -> None:
    """What is known of a class is asked again once the class has changed."""

    class Model:
        pass

    model = Model()
    model.total = 1  # type: ignore[attr-defined]
    before = digest(model)
    model.total = 2  # type: ignore[attr-defined]
    assert digest(model) != before
