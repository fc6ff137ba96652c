"""`%xetcache …` tells what is kept of the notebook, and does what it is asked to."""

from __future__ import annotations

import ast
import hashlib
import time

import pytest

pytestmark = pytest.mark.same_everywhere


def told(kernel, line: str) -> str:
    ran = kernel.run(f"%xetcache {line}")
    assert ran.status == "ok", ran.error
    return ran.printed


def test_status(start_kernel) -> None:
    """One row for each cell, with what became of it when it was last run."""
    kernel = start_kernel()
    assert "no cell was memoized yet" in told(kernel, "")
    kernel.memo("a = 1 + 1")
    kernel.memo("b = a + 1")
    kernel.run("%%xetmemo always=True\n1/0")
    kernel.memo("a = 1 + 1")
    rows = told(kernel, "status").splitlines()
    assert [row.split()[1] for row in rows] == ["cell[b]", "cell", "cell[a]"]
    assert rows[2].startswith("In[6]")
    assert "⚡ cached just now" in rows[2]
    assert "ZeroDivisionError" in rows[1]


def test_outdated(start_kernel) -> None:
    """Nothing is run to tell which cells would be."""
    kernel = start_kernel()
    kernel.run("rate, log = 2, []")
    kernel.memo("total = 10 * rate")
    kernel.memo("other = 'x'.upper()")
    assert told(kernel, "outdated") == "none: every cell would be served\n"
    kernel.run("rate = 3\ndel total")
    assert told(kernel, "outdated").split() == ["In[3]", "cell[total]"]
    assert kernel.value("'total' in globals()") == "False"
    kernel.memo("total = 10 * rate")
    assert told(kernel, "outdated") == "none: every cell would be served\n"


def test_explain(start_kernel) -> None:
    """By number, by variable, or the last cell."""
    kernel = start_kernel()
    kernel.run("rate = 2")
    kernel.memo("total = 10 * rate")
    kernel.run("rate = 3")
    kernel.memo("total = 10 * rate")
    for what in ("", "total", "5", "In[5]"):
        said = told(kernel, f"explain {what}")
        assert "rate   2 → 3" in said, (what, said)
    assert "no memoized cell is nothing" in kernel.run("%xetcache explain nothing").error


def test_history(start_kernel) -> None:
    """Every state of a variable that was kept can be brought back."""
    kernel = start_kernel()
    for rate in (2, 3):
        kernel.run(f"rate = {rate}")
        kernel.memo("total = [10 * rate]")
        time.sleep(0.01)
    rows = told(kernel, "history total").splitlines()
    assert [row.split()[0] for row in rows] == ["total@2", "total@1"]
    assert told(kernel, "restore total@1").startswith("restored total, computed")
    assert kernel.value("total") == "[20]"
    told(kernel, "restore total")
    assert kernel.value("total") == "[30]"
    assert "there is no `total@9`" in kernel.run("%xetcache restore total@9").error
    assert "nothing is kept of `rate`" in told(kernel, "history rate")


def test_clear(start_kernel) -> None:
    """Of one cell, or of all."""
    kernel = start_kernel()
    kernel.memo("a = 1 + 1")
    kernel.memo("b = 2 + 2")
    assert len(told(kernel, "ls").splitlines()) == 2
    assert told(kernel, "clear a") == "removed what was kept of In[2]\n"
    assert [kernel.memo(f"{one}").outcome for one in ("b = 2 + 2", "a = 1 + 1")] == ["hit", "miss"]
    assert told(kernel, "clear all") == "removed what was kept of 2 cells\n"
    assert told(kernel, "ls") == "nothing is kept\n"
    assert start_kernel().memo("b = 2 + 2").outcome == "miss"


def test_graph(start_kernel) -> None:
    """Which cell reads what another binds."""
    kernel = start_kernel()
    kernel.memo("a = 1 + 1")
    kernel.memo("b = a + 1")
    lines = told(kernel, "graph").splitlines()
    assert lines[0] == "graph LR"
    assert lines[-1].strip() == "c2 -->|a| c3"


def test_quiet(start_kernel) -> None:
    """Lines are shown only where there is something to correct."""
    kernel = start_kernel()
    told(kernel, "quiet")
    assert kernel.memo("a = 1 + 1").line == {}
    assert "the cell did not bind" in kernel.memo("a = 1", "output=b always=True").says
    told(kernel, "quiet off")
    assert kernel.memo("a = 1 + 1").outcome == "hit"


def test_auto(start_kernel) -> None:
    """Cells that take long are kept with nothing written above them."""
    slow = "import time\ntime.sleep(.3)\nprint('slept')\nx = 5"
    off = "# xetcache: off\nimport time\ntime.sleep(.3)\ny = 6"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert kernel.run(slow.replace("5", "4")).line == {}
        assert "longer than 0.2 s are kept" in told(kernel, "auto 0.2")
        assert (kernel.run(slow).outcome, kernel.value("x")) == (outcome, "5")
        for quick in (off, "z = 1", "%%time\nz = 2", "!true", "print(1)"):
            assert kernel.run(quick).line == {}
        assert kernel.run("1/0").error.startswith("ZeroDivisionError")
        assert kernel.memo("import time\ntime.sleep(.3)\nq = 1", "").outcome == "not kept"
        told(kernel, "auto off")
        assert kernel.run(slow).line == {}


def test_what_cannot_be_done(start_kernel) -> None:
    """The error names what was meant."""
    kernel = start_kernel()
    assert "did you mean `outdated`?" in kernel.run("%xetcache outdate").error
    assert "auto takes on, off or seconds" in kernel.run("%xetcache auto always").error


def test_cells_as_data(start_kernel) -> None:
    """`stats()` lists the cells in the order in which they were run."""
    kernel = start_kernel()
    cells = ["a = 1 + 1", "a = 1 + 1", "g = (n for n in [])", "b = input", "1/0"]
    for code in cells:
        kernel.run(f"%%xetmemo always=True\n{code}\n")
    kernel.memo("b = 3", "")
    found = ast.literal_eval(kernel.value("xetcache.stats()['cells']"))
    statuses = [one["status"] for one in found]
    assert statuses[:3] == ["miss", "hit", "skip"]
    assert statuses[4:] == ["skip", "skip"]
    digests = [hashlib.sha256(code.encode()).hexdigest() for code in [*cells, "b = 3"]]
    assert [one["cell"] for one in found] == digests
    assert "generator" in found[2]["why"]
    assert found[4]["why"] == "it raised ZeroDivisionError"
    assert "quicker" in found[5]["why"]
    assert found[1]["seconds"] == 0
