"""An entry is read whole and verified, or it is damaged and says how."""

from __future__ import annotations

import dataclasses

import pytest

from xetcache.entry import Header, Leaf, from_bytes, header_from, to_buffers
from xetcache.errors import EntryDamagedError

HEADER = Header(
    key="ab" * 16,
    closure="cd" * 16,
    function="app.train",
    codec="plain",
    label="first",
    arguments=(Leaf("rows[0]", "ef" * 16, "1"), Leaf("secret", "01" * 16)),
    graph="graphs/ab/cd.json",
    python="cpython 3.12",
    version="0.1.0",
    seconds=1.5,
    created=1_700_000_000.25,
    by="ana@lab",
    ignored=("verbose",),
    options={"version": "2"},
    effects={"changed": ["rows"]},
)


def whole(payload: bytes = b"payload") -> bytes:
    """Return the bytes of an entry."""
    return b"".join(to_buffers(HEADER, [payload]))


def test_what_is_written_is_read() -> None:
    """Every field of the header, and the payload."""
    entry = from_bytes(whole())
    assert entry.header == dataclasses.replace(HEADER, size=7)
    assert bytes(entry.payload) == b"payload"


def test_the_payload_may_be_in_pieces() -> None:
    """Buffers are joined; an empty payload is one."""
    pieces = to_buffers(HEADER, [b"pay", bytearray(b"lo"), memoryview(b"ad")])
    assert b"".join(pieces) == whole()
    assert bytes(from_bytes(whole(b"")).payload) == b""


def test_every_flipped_bit_is_damage() -> None:
    """No byte can change unnoticed."""
    data = whole()
    for position in range(len(data)):
        broken = bytearray(data)
        broken[position] ^= 1
        with pytest.raises(EntryDamagedError):
            from_bytes(broken)


def test_every_cut_is_damage() -> None:
    """At any byte; and so is anything that follows."""
    data = whole()
    for size in range(len(data)):
        with pytest.raises(EntryDamagedError):
            from_bytes(data[:size])
    with pytest.raises(EntryDamagedError, match="follow the end"):
        from_bytes(data + b"x")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"XETC", "cut short"),
        (b"XETC\x07" + bytes(40), "unknown format 7"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (b"<<<<<<< HEAD\nXETC", "merge conflict"),
        (b"PK\x03\x04 a zip file", "bad magic"),
    ],
)
def test_damage_says_what_it_is(data, reason) -> None:
    """The reason is one a person can act on."""
    with pytest.raises(EntryDamagedError, match=reason):
        from_bytes(data)


def test_the_header_can_be_read_alone() -> None:
    """Without the payload, from the first bytes; too few of them say so."""
    data = whole(bytes(10_000))
    assert header_from(data[:2_000]).function == "app.train"
    with pytest.raises(EntryDamagedError, match="the header ends at byte"):
        header_from(data[:20])


def test_fields_of_later_versions_are_ignored() -> None:
    """A reader of the same format skips what it does not know."""
    import json

    from xxhash import xxh3_128_digest

    text = json.dumps(
        {"key": "a", "closure": "b", "function": "c", "codec": "d", "size": 0, "new": [1]}
    ).encode()
    head = b"XETC\x01" + len(text).to_bytes(4, "big") + text + bytes(8)
    header = from_bytes(head + xxh3_128_digest(head)).header
    assert (header.key, header.arguments, header.seconds) == ("a", (), 0.0)
