"""Notebooks written for the original xetcache run unchanged: what its README showed."""

from __future__ import annotations

import pytest

CELL = "print('ran')\nv3 = v1 + v2\nv4 = helper(v3)"
SETUP = "v1, v2 = 1, 2\ndef helper(x):\n    return [x]"


@pytest.mark.parametrize("load", ["%load_ext xetcache", "import xetcache"])
def test_inputs_and_outputs(start_kernel, load) -> None:
    """`%%xetmemo input=v1,v2 output=v3,v4 always=True`, in two kernels."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=load)
        kernel.run(SETUP)
        ran = kernel.memo(CELL, "input=v1,v2 output=v3,v4 always=True")
        assert (ran.outcome, ran.printed) == (outcome, "ran\n")
        assert kernel.value("(v3, v4)") == "(3, [3])"


def test_a_key_groups_what_is_kept(start_kernel) -> None:
    """What was kept under `key=experiment1` is not served under another key."""
    kernel = start_kernel()
    kernel.run(SETUP)
    line = "input=v1,v2 output=v3,v4 always=True key="
    outcomes = [kernel.memo(CELL, line + key).outcome for key in ("one", "one", "two")]
    assert outcomes == ["miss", "hit", "miss"]


def test_quick_cells_are_not_kept(start_kernel) -> None:
    """Without `always=True` a cell has to take longer than the threshold."""
    kernel = start_kernel()
    kernel.run(SETUP)
    line = "input=v1,v2 output=v3,v4"
    assert [kernel.memo(CELL, line).outcome for _ in range(2)] == ["not kept", "not kept"]
    kernel.run("xetcache.set_runtime_threshold(0)")
    assert [kernel.memo(CELL, line).outcome for _ in range(2)] == ["miss", "hit"]


def test_inputs_can_be_functions(start_kernel) -> None:
    """Anything that can be pickled, functions included; here their code counts too."""
    kernel = start_kernel()
    kernel.run(SETUP)
    line = "input=v1,helper output=v4 always=True"
    cell = "print('ran')\nv4 = helper(v1)"
    assert kernel.memo(cell, line).outcome == "miss"
    assert kernel.memo(cell, line).outcome == "hit"
    kernel.run("def helper(x):\n    return [x, x]")
    assert kernel.memo(cell, line).outcome == "miss"
    assert kernel.value("v4") == "[1, 1]"
