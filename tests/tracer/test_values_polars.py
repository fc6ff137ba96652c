"""Columns of polars: values and types show; chunks and the codes of a category do not."""

from __future__ import annotations

from typing import Any

import pytest

pl = pytest.importorskip("polars")

from tracer.digests import Digest  # noqa: E402
from tracer.values import encode  # noqa: E402

WORDS = ["b", "a", "b", None, "c", "ü"]
KINDS = [pl.String, pl.Categorical, pl.Enum(["a", "b", "c", "ü"])]


def digest(value: object) -> Digest:
    """Return the digest of a value."""
    return encode(value).digest


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_where_words_come_from_does_not_show(kind: Any) -> None:
    """A column cut out of another is the column with those values."""
    plain = pl.Series(WORDS, dtype=kind)
    longer = pl.concat([pl.Series(["c", "a"], dtype=kind), plain, plain])
    assert digest(longer[2:8]) == digest(longer[8:]) == digest(plain)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_word_shows(kind: Any) -> None:
    """Another word, another order, another length or a null is another digest."""
    rows = [
        *(WORDS, WORDS[::-1], WORDS[:-1], ["a", "b", "a", None, "c", "ü"]),
        *(["b", "a", "b", "c", None, "ü"], [None] * 6, [None], [], ["a"], ["b"], ["a", "a"]),
    ]
    seen = [digest(pl.Series(row, dtype=kind)) for row in rows]
    assert len(set(seen)) == len(seen)


def test_kinds_show() -> None:
    """Words, categories and members of an enumeration are three things."""
    seen = [digest(pl.Series(WORDS, dtype=kind)) for kind in KINDS]
    assert len(set(seen)) == len(seen)


def test_words_in_lists_show() -> None:
    """Categories inside of other columns are told by their words, too."""
    kind = pl.List(pl.Categorical)
    one = pl.Series([["a", "b"], [], None, ["b"]], dtype=kind)
    assert digest(one) == digest(pl.Series([["b"], *one.to_list()], dtype=kind)[1:])
    assert digest(one) != digest(pl.Series([["a"], ["b"], None, ["b"]], dtype=kind))
