"""Arrays of pyarrow: values and types show; chunks, offsets and what lies under a null do not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

pa = pytest.importorskip("pyarrow")

from tracer.digests import Digest  # noqa: E402
from tracer.values import encode  # noqa: E402

TEXTS = ["one", "", "two words", "ü", "x" * 40, "last"]
VALUES: list[tuple[Any, list[Any]]] = [
    (pa.string(), TEXTS),
    (pa.large_string(), TEXTS),
    (pa.string_view(), TEXTS),
    (pa.binary(), [text.encode() for text in TEXTS]),
    (pa.large_binary(), [text.encode() for text in TEXTS]),
    (pa.bool_(), [True, False, True]),
    (pa.int8(), [1, 2, 3]),
    (pa.uint16(), [1, 2, 3]),
    (pa.float32(), [0.5, 1.5, float("inf")]),
    (pa.float64(), [0.5, -0.0, 1e300]),
    (pa.binary(3), [b"abc", b"def"]),
    (pa.binary(12), [b"abcdefghijkl", b"lkjihgfedcba"]),
    (pa.decimal128(10, 2), [Decimal("1.25"), Decimal("-7.50")]),
    (pa.timestamp("us", "UTC"), [dt.datetime(2020, 1, day) for day in (1, 2, 3)]),  # noqa: DTZ001
    (pa.list_(pa.int32()), [[1, 2], [], [3]]),
    (pa.list_(pa.string()), [["a", "bc"], [], [""]]),
    (pa.struct([("a", pa.int64()), ("b", pa.string())]), [{"a": 1, "b": "x"}, {"a": 2, "b": None}]),
    (pa.dictionary(pa.int8(), pa.string()), ["a", "b", "a"]),
]


def digest(value: object) -> Digest:
    """Return the digest of a value."""
    return encode(value).digest


def some(values: list[Any], *, nulls: bool) -> list[Any]:
    """Return values in a row of thirty, some of them missing if that is wanted."""
    row = [values[number % len(values)] for number in range(30)]
    return [None if nulls and number % 4 == 1 else item for number, item in enumerate(row)]


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "nulls"])
@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[str(kind) for kind, _ in VALUES])
def test_a_slice_is_what_it_shows(kind: Any, values: list[Any], nulls: bool) -> None:
    """An array cut out of a longer one is the array with those values."""
    row = some(values, nulls=nulls)
    plain = pa.array(row, kind)
    for before in (1, 3, 8, 11):
        longer = pa.array([values[-1]] * before + row + values, kind)
        assert digest(longer.slice(before, len(row))) == digest(plain)


@pytest.mark.parametrize("nulls", [False, True], ids=["full", "nulls"])
@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[str(kind) for kind, _ in VALUES])
def test_chunks_do_not_show(kind: Any, values: list[Any], nulls: bool) -> None:
    """A column is its values, in however many pieces they lie."""
    row = some(values, nulls=nulls)
    whole = pa.chunked_array([pa.array(row, kind)])
    longer = pa.array([*values, *row], kind)
    parts = [row[:7], [], row[7:8], row[8:]]
    pieces = [pa.array(part, kind) for part in parts]
    assert digest(pa.chunked_array(pieces, kind)) == digest(whole)
    pieces[0] = longer.slice(len(values), 7)
    pieces[3] = longer.slice(len(values) + 8)
    assert digest(pa.chunked_array(pieces, kind)) == digest(whole)


@pytest.mark.parametrize(("kind", "values"), VALUES, ids=[str(kind) for kind, _ in VALUES])
def test_every_value_shows(kind: Any, values: list[Any]) -> None:
    """Another value, a null or another length is another digest."""
    row = some(values, nulls=False)
    swapped = [row[1], row[0], *row[2:]]
    seen = [digest(pa.array(one, kind)) for one in (row, swapped, row[:-1], [None, *row[1:]])]
    assert len(set(seen)) == len(seen)


def test_chunks_do_not_show_in_large_columns() -> None:
    """However much is digested at once: more than a leaf in one chunk, or in several."""
    for kind in (pa.int64(), pa.large_string()):
        whole = pa.array(range(2_200_000), pa.int64()).cast(kind)
        parts = [whole.slice(0, 5), whole.slice(5, 2_100_000), whole.slice(2_100_005)]
        assert digest(pa.chunked_array([whole])) == digest(pa.chunked_array(parts))


def test_what_lies_under_a_null_does_not_show() -> None:
    """A null is a null, whatever bytes are in its place."""
    bits = pa.py_buffer(bytes([0b101]))
    ends = pa.array([0, 1, 3, 5], pa.int32()).buffers()[1]
    texts = pa.Array.from_buffers(pa.string(), 3, [bits, ends, pa.py_buffer(b"axxbb")])
    assert digest(texts) == digest(pa.array(["a", None, "bb"]))
    numbers = pa.Array.from_buffers(pa.int16(), 3, [bits, pa.py_buffer(b"\1\0\7\7\2\0")])
    assert digest(numbers) == digest(pa.array([1, None, 2], pa.int16()))
    bools = pa.Array.from_buffers(pa.bool_(), 3, [bits, pa.py_buffer(bytes([0b111]))])
    assert digest(bools) == digest(pa.array([True, None, True]))


def test_where_texts_are_divided_shows() -> None:
    """Texts that run together to the same are other texts."""
    assert digest(pa.array(["ab", "c"])) != digest(pa.array(["a", "bc"]))
    assert digest(pa.array(["ab", ""])) != digest(pa.array(["", "ab"]))
    assert digest(pa.array(["", None])) != digest(pa.array([None, ""]))
