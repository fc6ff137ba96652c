"""Examples of the reference run, and print what it says they print."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def test_examples_of_digests() -> None:
    """What `docs/reference/digest.md` shows is what is said."""
    pytest.importorskip("pandas")
    page = REFERENCE / "digest.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted > 0
    assert found.failed == 0
