"""Digests mean the same thing everywhere, and differ where any field differs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.digests import DIGEST_SIZE, Digest, digest_bytes, digest_of, frame

PARTS = st.lists(st.binary(max_size=12), max_size=5)


@given(PARTS, PARTS)
def test_no_two_field_lists_share_a_byte_stream(one: list[bytes], other: list[bytes]) -> None:
    """Every part is written after its length, so parts cannot run into each other."""
    assert (frame(*one) == frame(*other)) == (one == other)


@given(PARTS, PARTS)
def test_order_is_the_callers(one: list[bytes], other: list[bytes]) -> None:
    """Fields in another order are other fields."""
    assert (digest_of("kind", *one) == digest_of("kind", *other)) == (one == other)


def test_hash_is_never_called() -> None:
    """A digest is the same under every hash seed."""
    program = "from tracer.digests import digest_of; print(digest_of('kind', b'a', b'bc'))"
    root = str(Path(__file__).parents[2])
    shown = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            check=True,
            text=True,
        ).stdout.strip()
        for seed in ("0", "1", "2")
    }
    assert shown == {str(digest_of("kind", b"a", b"bc"))}


def test_the_digest_of_a_format_never_changes() -> None:
    """Digests on disk are compared with digests of today."""
    assert str(digest_of("kind", b"a", b"bc")) == "4febf66af78a542821248e5ba490ece6"
    assert str(digest_bytes(b"")) == "99aa06d3014798d86001c324468d497f"


def test_the_kind_is_a_field() -> None:
    """Equal fields of things of another kind have another digest, whatever they are called."""
    assert digest_of("value", b"a") != digest_of("node", b"a")
    assert digest_of("ab", b"c") != digest_of("a", b"bc")
    assert digest_of("ab") != digest_of("a", b"b")


@pytest.mark.parametrize("buffer", [b"abc", bytearray(b"abc"), memoryview(b"abc")])
def test_buffers_of_equal_bytes_are_equal(buffer: bytes | bytearray | memoryview) -> None:
    """What kind of buffer holds the bytes does not matter."""
    assert digest_bytes(buffer) == digest_bytes(b"abc")


def test_a_digest_is_its_bytes() -> None:
    """It can be stored, compared and sorted as bytes, and is shown as hex."""
    digest = digest_of("kind")
    assert len(digest) == DIGEST_SIZE
    assert bytes.fromhex(str(digest)) == digest
    assert repr(digest) == f"Digest({digest})"
    assert Digest(bytes(digest)) == digest
