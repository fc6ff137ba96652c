"""Elements of large arrays stand beside the pickle, where they can be used in place."""

from __future__ import annotations

import pickle
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xetcache import codecs
from xetcache.codecs import apart
from xetcache.entry import Header, from_bytes, header_from, to_buffers
from xetcache.errors import EntryDamagedError


def test_large_arrays_stand_at_multiples_of_64() -> None:
    """Of the file, whatever the length of the header is."""
    for length in range(0, 130, 7):
        header = Header(key="x" * length, closure="", function="", codec="array")
        elements = bytes(range(256)) * 256
        data = b"".join(to_buffers(header, [elements]))
        assert data.index(elements) % 64 == 0
        assert header_from(data).key == header.key
        assert bytes(from_bytes(data).payload) == elements


def test_small_values_are_written_as_before() -> None:
    """No padding, and arrays inside of the pickle."""
    payload = codecs.encode([np.arange(8000.0)])
    assert payload.codec == "pickle"
    assert pickle.loads(b"".join(payload.buffers))[0][-1] == 7999
    header = Header(key="00ff", closure="ab", function="f", codec="plain")
    assert b" " not in b"".join(to_buffers(header, [b"payload"]))


def test_from_bytes_each_array_is_its_own() -> None:
    """Where a file was read and not mapped, a change in one hit does not show in the next."""
    payload = codecs.encode({"a": np.zeros(20_000), "b": np.zeros(20_000)})
    assert payload.codec == "pickle-apart"
    data = b"".join(payload.buffers)
    first = codecs.decode(payload.codec, data)
    first["a"] += 1
    assert codecs.decode(payload.codec, data)["a"].max() == 0
    assert first["b"].max() == 0


def test_other_buffers_stay_in_the_pickle() -> None:
    """A class that hands over a buffer gets back what pickle would give it."""
    found = codecs.encode([Handing(np.zeros(100_000)), np.zeros(100_000)])
    assert found.codec == "pickle-apart"
    handing, array = codecs.decode(found.codec, b"".join(found.buffers))
    assert type(handing.content) is bytearray
    assert len(array) == 100_000


class Handing:
    def __init__(self, content: Any) -> None:
        self.content = content

    def __reduce_ex__(self, protocol: Any) -> Any:
        return Handing, (pickle.PickleBuffer(self.content),)


def test_functions_without_a_name_beside_arrays() -> None:
    """They are written by another pickler, which leaves the elements out as well."""
    array = np.arange(20_000.0)
    found = codecs.encode({"f": lambda x: x + 1, "a": array})
    assert found.codec == "pickle-apart"
    again = codecs.decode(found.codec, b"".join(found.buffers))
    assert again["f"](1) == 2
    assert (again["a"] == array).all()


def test_what_refers_to_the_caller_beside_arrays() -> None:
    """The object of the caller comes back as it is."""
    mine = [1]
    found = codecs.encode({"mine": mine, "a": np.zeros(20_000)}, shared={id(mine): "mine"})
    assert found.codec == "pickle-referring-apart"
    again = codecs.decode(found.codec, b"".join(found.buffers), shared={"mine": mine})
    assert again["mine"] is mine
    assert len(again["a"]) == 20_000


@given(st.binary(max_size=80), st.lists(st.binary(max_size=90), max_size=3))
def test_parts_come_back(stream: bytes, buffers: list[bytes]) -> None:
    """Each buffer at a multiple of 64; any cut is noticed."""
    data = b"".join(apart.joined(stream, map(memoryview, buffers)))
    found, parts = apart.split(memoryview(data))
    assert bytes(found) == stream
    assert parts == buffers
    for size in range(len(data)):
        with pytest.raises(EntryDamagedError):
            apart.split(memoryview(data)[:size])


@given(st.binary(max_size=64))
def test_what_is_no_payload_is_damaged(data: bytes) -> None:
    """Whatever its sizes say."""
    with suppress(EntryDamagedError):
        apart.split(memoryview(data))
    with pytest.raises(EntryDamagedError):
        codecs.decode("pickle-apart", data + b"\0")
