"""An entry is read whole and as it was written, or it is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_128_digest

from xetcache.entry import (
    PREFIX_SIZE,
    Header,
    Leaf,
    from_bytes,
    header_end,
    header_from,
    to_buffers,
)
from xetcache.errors import EntryDamagedError

SMALL = Header(key="00ff", closure="ab", function="app.train", codec="plain")
FULL = Header(
    key="00ff",
    closure="ab",
    function="app.train",
    codec="pickle",
    size=7,
    label="nightly",
    arguments=(Leaf("rows", "0102", "[1, 2]"), Leaf("config.rates[0]", "0304")),
    graph="graphs/ab/ab12",
    python="cpython 3.11",
    version="0.1.0",
    seconds=1.25,
    created=1764104400.5,
    by="someone@somewhere",
    ignored=("verbose",),
    options={"version": "2"},
    effects={"changed": ["rows"], "nested": {"depth": [1, None, True, "é"]}},
)


def written(header: Header, *payload: bytes) -> bytes:
    return b"".join(to_buffers(header, payload))


def sealed(header: Any, payload: bytes = b"") -> bytes:
    """Return a whole entry with any JSON, or any bytes, for its header."""
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    data = b"XETC\x01" + len(encoded).to_bytes(4, "big") + encoded
    data += len(payload).to_bytes(8, "big") + payload
    return data + xxh3_128_digest(data)


TEXT = st.text(st.characters(), max_size=8)  # with lone surrogates
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
HEADERS = st.builds(
    Header,
    key=TEXT,
    closure=TEXT,
    function=TEXT,
    codec=TEXT,
    label=st.none() | TEXT,
    arguments=st.lists(st.builds(Leaf, TEXT, TEXT, st.none() | TEXT), max_size=3).map(tuple),
    graph=TEXT,
    python=TEXT,
    version=TEXT,
    seconds=st.floats(0, 1e9),
    created=st.floats(0, 1e12),
    by=TEXT,
    ignored=st.lists(TEXT, max_size=2).map(tuple),
    options=st.dictionaries(TEXT, TEXT, max_size=2),
    effects=st.dictionaries(TEXT, JSON, max_size=2),
)


@given(HEADERS, st.lists(st.binary(max_size=30), max_size=3))
def test_what_is_written_is_read(header: Header, payload: list[bytes]) -> None:
    """Every field and every byte."""
    data = written(header, *payload)
    entry = from_bytes(data)
    joined = b"".join(payload)
    assert entry.header.size == len(joined)
    assert bytes(entry.payload) == joined
    again = written(entry.header, joined)
    assert again == data
    assert header_from(data) == entry.header
    fields = [name for name in Header.__slots__ if name != "size"]
    assert [getattr(entry.header, name) for name in fields] == [
        getattr(header, name) for name in fields
    ]


def test_the_layout_is_the_one_that_is_documented() -> None:
    """Another program can read it with the grammar at the top of `entry.py` alone."""
    data = written(FULL, b"pay", b"load")
    size = int.from_bytes(data[5:9], "big")
    header, rest = data[9 : 9 + size], data[9 + size :]
    assert data[:5] == b"XETC\x01"
    assert rest == (7).to_bytes(8, "big") + b"payload" + xxh3_128_digest(data[:-16])
    shown = json.loads(header)
    assert header == json.dumps(shown, sort_keys=True, separators=(",", ":")).encode()
    assert shown["arguments"] == [["rows", "0102", "[1, 2]"], ["config.rates[0]", "0304"]]
    assert {name: shown[name] for name in ("key", "label", "seconds", "size", "ignored")} == {
        "key": "00ff",
        "label": "nightly",
        "seconds": 1.25,
        "size": 7,
        "ignored": ["verbose"],
    }


def test_what_is_not_known_takes_no_room() -> None:
    """An entry of one number is not ten times its size."""
    assert len(written(SMALL, b"x")) - PREFIX_SIZE - 8 - 16 - 1 < 90


def test_buffers_are_not_copied() -> None:
    """A gigabyte is written from where it lies."""
    payload = memoryview(bytearray(1000))
    assert any(buffer is payload for buffer in to_buffers(SMALL, [payload]))


def test_the_payload_is_a_view_of_what_was_read() -> None:
    """Nor is it copied when it is read."""
    data = written(SMALL, b"payload")
    assert from_bytes(data).payload.obj is data


@pytest.mark.parametrize("header", [SMALL, FULL], ids=["small", "full"])
def test_every_changed_byte_is_damage(header: Header) -> None:
    """Wherever it is, and whatever it becomes."""
    data = written(header, b"payload")
    for position in range(len(data)):
        for change in (1, 2, 0x10, 0x80, 0xFF):
            broken = bytearray(data)
            broken[position] ^= change
            with pytest.raises(EntryDamagedError):
                from_bytes(broken)


@pytest.mark.parametrize("header", [SMALL, FULL], ids=["small", "full"])
def test_every_cut_is_damage(header: Header) -> None:
    """At each byte, and one byte too many as well."""
    data = written(header, b"payload")
    for size in range(len(data)):
        with pytest.raises(EntryDamagedError):
            from_bytes(data[:size])
    with pytest.raises(EntryDamagedError, match="1 bytes follow"):
        from_bytes(data + b"\0")


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    """Whatever lies in the folder, the answer is that it is no entry."""
    for read in (from_bytes, header_from, header_end):
        for bytes_read in (data, b"XETC\x01" + data):
            try:
                read(bytes_read)
            except EntryDamagedError:
                pass
            else:
                assert read is header_end


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"XE", "cut short"),
        (b"XETC\x01\0\0", "cut short"),
        (b"\x80\x05junk that is long enough to be something", "bad magic"),
        (b"XETC\x02" + bytes(40), "unknown format 2"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n", "LFS pointer"),
        (b"<<<<<<< HEAD\nXETC", "merge conflict"),
        (written(SMALL, b"payload")[:-20], "cut short"),
        (written(SMALL, b"payload")[:-1] + b"?", "seal differs"),
        (sealed(b"{"), "not JSON"),
        (sealed(b"\xff"), "not JSON"),
        (sealed(b"[" * 100_000), "not JSON"),
        (sealed(b'{"seconds":NaN}'), "not JSON"),
        (sealed(b'{"seconds":' + b"9" * 5000 + b"}"), "not JSON"),
        (sealed([]), "not an object"),
        (sealed({}), "lacks `key`"),
        (sealed({"key": 1}), "`key` in the header is not text"),
    ],
)
def test_the_reason_says_what_is_wrong(data: bytes, reason: str) -> None:
    """A person can tell a merge conflict from a bad disk."""
    with pytest.raises(EntryDamagedError, match=reason):
        from_bytes(data)


LEAST = {"key": "k", "closure": "c", "function": "f", "codec": "plain", "size": 0}


@pytest.mark.parametrize("name", LEAST)
def test_what_must_be_there_is_asked_for(name: str) -> None:
    """Without it the entry could be mistaken for another."""
    with pytest.raises(EntryDamagedError, match=f"lacks `{name}`"):
        from_bytes(sealed({key: value for key, value in LEAST.items() if key != name}))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("key", None),
        ("label", 1),
        ("size", True),
        ("size", -1),
        ("size", 0.0),
        ("seconds", "1"),
        ("seconds", False),
        ("created", None),
        ("arguments", {}),
        ("arguments", [["only a path"]]),
        ("arguments", [["path", "digest", 3]]),
        ("arguments", ["ab"]),
        ("ignored", "x"),
        ("ignored", [1]),
        ("options", []),
        ("options", {"a": 1}),
        ("effects", "x"),
    ],
)
def test_fields_of_another_type_are_damage(name: str, value: object) -> None:
    """Whoever reads a header can rely on what its fields are."""
    with pytest.raises(EntryDamagedError, match=f"`{name}` in the header is not"):
        from_bytes(sealed({**LEAST, name: value}))


def test_later_fields_are_ignored_and_missing_ones_have_a_default() -> None:
    """Entries of a later version within the format serve an earlier one."""
    later = {**LEAST, "arguments": [["p", "d", None, "new"]], "new": [1]}
    assert from_bytes(sealed(later)).header == Header(
        key="k", closure="c", function="f", codec="plain", arguments=(Leaf("p", "d"),)
    )


def test_a_header_of_another_size_is_damage() -> None:
    """It tells of another payload than there is."""
    with pytest.raises(EntryDamagedError, match="tells of 3 bytes, 2 are there"):
        from_bytes(sealed({**LEAST, "size": 3}, b"xx"))


def test_the_header_can_be_read_alone() -> None:
    """From as many bytes as `header_end` says, and from no fewer."""
    data = written(FULL, b"payload")
    end = header_end(data[:PREFIX_SIZE])
    assert header_from(data[:end]) == FULL
    with pytest.raises(EntryDamagedError, match=f"ends at byte {end}"):
        header_from(data[: end - 1])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes"])
def test_what_json_has_not_cannot_be_written(value: object) -> None:
    """Found out by the writer, not years later by a reader."""
    with pytest.raises((ValueError, TypeError)):
        to_buffers(Header(key="", closure="", function="", codec="", effects={"x": value}), [])
