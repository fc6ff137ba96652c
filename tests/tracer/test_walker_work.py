"""How much a walk does: each thing once, however often it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.tracer.programs import Program
from tracer import walker


@pytest.mark.parametrize("read", ["fractions.Fraction", "json.dumps", "sys.argv"])
def test_a_library_is_looked_at_once(
    read: str, program: Callable[..., Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Readers of one thing share what is found out about it."""
    looked: list[str] = []
    original = walker._Walk._pinned

    def noting(self, pinned_by, name, origin):
        looked.append(name)
        return original(self, pinned_by, name, origin)

    monkeypatch.setattr(walker._Walk, "_pinned", noting)

    def work(count: int) -> int:
        looked.clear()
        readers = "".join(f"def h{one}(): return {read}\n" for one in range(count))
        called = ", ".join(f"h{one}()" for one in range(count))
        program(f"import fractions, json, sys\n{readers}def f(x): return [{called}]\n").walk()
        return len(looked)

    assert work(2) == work(20)
