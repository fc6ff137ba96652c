"""What is written comes back as it was; what would not is refused."""

from __future__ import annotations

import math
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xetcache import codecs
from xetcache.errors import EntryDamagedError, NotStorableError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(exclude_categories=()))
    | st.binary()
)
HASHABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(HASHABLE, inner, max_size=5)
        | st.sets(HASHABLE, max_size=5)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


def there_and_back(value, **shared):
    """Return the codec's name and the value that comes back."""
    payload = codecs.encode(value, shared={id(item): name for name, item in shared.items()})
    data = b"".join(bytes(memoryview(buffer)) for buffer in payload.buffers)
    return payload.codec, codecs.decode(payload.codec, data, shared=shared)


def shown(value) -> str:
    """Return a text that tells types, signs of zero and order apart."""
    if isinstance(value, set | frozenset):
        return type(value).__name__ + str(sorted(map(shown, value)))
    if isinstance(value, list | tuple):
        return type(value).__name__ + str([shown(part) for part in value])
    if isinstance(value, dict):
        return "dict" + str([(shown(key), shown(part)) for key, part in value.items()])
    return f"{type(value).__name__} {value!r}"


@given(VALUES)
def test_plain_values_come_back(value) -> None:
    """Every builtin value, with types, signs, surrogates and order."""
    codec, back = there_and_back(value)
    assert codec == "plain"
    assert shown(back) == shown(value)


@given(VALUES)
def test_equal_values_are_equal_bytes(value) -> None:
    """Written twice it is the same, so that equal results are equal files."""
    first, second = codecs.encode(value), codecs.encode(value)
    assert first == second


@given(st.binary(max_size=80))
def test_damaged_bytes_are_damage(data) -> None:
    """Whatever the bytes, reading them gives a value or says that they are damaged."""
    for codec in ("plain", "array", "pickle"):
        try:
            codecs.decode(codec, data)
        except EntryDamagedError:
            continue


def test_an_unknown_codec_is_damage() -> None:
    """Of a later version, perhaps."""
    with pytest.raises(EntryDamagedError, match="does not read"):
        codecs.decode("nosuch", b"")


def test_one_object_stays_one_object() -> None:
    """Sharing inside a value survives, and so do cycles."""
    part = [1]
    _, back = there_and_back({"a": part, "b": [part]})
    assert back["a"] is back["b"][0]
    cycle: list = []
    cycle.append(cycle)
    _, back = there_and_back(cycle)
    assert back[0] is back


def test_objects_of_the_caller_come_back_as_they_are() -> None:
    """In builtin values and in pickled ones."""
    rows, frame = [1, 2], pd.DataFrame({"a": [1]})
    assert there_and_back(rows, rows=rows)[1] is rows
    _, back = there_and_back({"rows": rows, "frame": frame}, rows=rows, frame=frame)
    assert back["rows"] is rows
    assert back["frame"] is frame


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.array(5, dtype=">i2"),
        np.array([], dtype="f4").reshape(0, 3),
        np.array(["2024-01-01", "NaT"], dtype="M8[ns]"),
        np.array(["a", "ü"]),
        np.arange(10)[::2].copy(),
    ],
)
def test_arrays_come_back(array) -> None:
    """Values, dtype, byte order, shape and memory order; writable."""
    codec, back = there_and_back(array)
    assert codec == "array"
    np.testing.assert_array_equal(back, array)
    assert back.dtype.str == array.dtype.str
    assert back.flags.f_contiguous == array.flags.f_contiguous
    assert back.flags.writeable


def test_other_arrays_and_frames_come_back() -> None:
    """Object arrays, views that are not contiguous, frames."""
    for array in (np.array([1, "a", None], dtype=object), np.arange(10)[::2]):
        _, back = there_and_back(array)
        np.testing.assert_array_equal(back, array)
    frame = pd.DataFrame({"a": [1, 2], "b": pd.Categorical(["x", "y"])}, index=[3, 4])
    pd.testing.assert_frame_equal(there_and_back(frame)[1], frame)


def test_functions_without_a_name_come_back() -> None:
    """A closure, by value."""

    def adder(k):
        return lambda x: x + k

    assert there_and_back(adder(2))[1](3) == 5


class Holder:
    """Holds something."""

    def __init__(self, part):
        self.part = part


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"conn": (part for part in "ab")}, r"result\['conn'\]"),
        ([1, threading.Lock()], r"result\[1\]"),
        (Holder({"log": iter([1])}), r"result\.part\['log'\]"),
        (zip([1], [2], strict=True), "result"),
        (Holder(map(str, [1])), r"result\.part"),
    ],
)
def test_what_would_come_back_different_is_refused(value, path) -> None:
    """The error names the part."""
    with pytest.raises(NotStorableError, match=f"`{path}`"):
        codecs.encode(value)


def test_an_open_file_is_refused(tmp_path) -> None:
    """It would come back as something else: its content, or nothing."""
    with (tmp_path / "x.txt").open("w") as file, pytest.raises(NotStorableError, match="open file"):
        codecs.encode({"file": file})


def test_a_class_that_is_gone_is_damage() -> None:
    """An entry of a class that cannot be found any more counts as absent."""
    payload = codecs.encode(Holder(1))
    data = payload.buffers[0].replace(b"Holder", b"Folder")
    with pytest.raises(EntryDamagedError, match="cannot be read"):
        codecs.decode("pickle", data)


def test_nan_comes_back() -> None:
    """It is equal to nothing, and still comes back."""
    assert math.isnan(there_and_back([math.nan])[1][0])
