"""A memoized cell gives in a second kernel what it gave in the first."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.same_everywhere

HELPERS = """
    RATE = 2

    def scale(x):
        return x * RATE

    def unused(x):
        return x - 1
"""
TOTAL = "print('computing')\ntotal = sum(scale(x) for x in rows)"


def test_a_second_kernel_is_served(start_kernel) -> None:
    """The first computes; the second does not, whatever number its cells have."""
    first = start_kernel()
    first.run("rows = [1, 2]\ndef scale(x):\n    return x * 2")
    ran = first.memo(TOTAL, "input=rows output=total always=True")
    assert (ran.outcome, ran.line["names"]) == ("miss", ["total"])
    assert "first run of this cell" in ran.says
    assert "computing" in ran.printed

    second = start_kernel()
    second.run("1 + 1")
    second.run("# the cell below has another number now\nrows = [1, 2]")
    second.run("def scale(x):\n    # with a comment\n    return x * 2")
    ran = second.memo(f"\n# a comment\n{TOTAL}", "input=rows, output = total  always=True")
    assert ran.outcome == "hit"
    assert "restored total" in ran.says
    assert ran.printed == "computing\n"
    assert second.value("total") == "6"


def test_what_a_cell_reads_decides(start_kernel) -> None:
    """A variable, listed or not, a helper and a constant it reads: all count."""
    kernel = start_kernel()
    kernel.run("rows = [1, 2]\nrate = 2\nother = 1\ndef scale(x):\n    return x * rate")
    line = "input=rows output=total always=True"

    def run(change: str) -> tuple[str, str]:
        kernel.run(change)
        ran = kernel.memo(TOTAL, line)
        assert kernel.value("total") == kernel.value("sum(scale(x) for x in rows)")
        return ran.outcome, ran.says

    assert run("")[0] == "miss"
    assert run("other = 2")[0] == "hit"
    assert run("def scale(x):\n    '''Scale it.'''\n    return x * rate")[0] == "hit"
    outcome, says = run("rate = 3")
    assert outcome == "miss"
    assert "because rate changed 2 → 3 (via scale)" in says
    outcome, says = run("rows = [1, 2, 3]")
    assert outcome == "miss"
    assert "rows[2]" in says
    outcome, says = run("def scale(x):\n    return x * rate + 1")
    assert outcome == "miss"
    assert "because scale changed" in says
    assert run("rows, rate = [1, 2], 2\ndef scale(x):\n    return x * rate")[0] == "hit"


def test_an_edited_module(start_kernel, project) -> None:
    """A helper module that was edited counts as it is now; what is not used does not."""
    project.write("helpers.py", HELPERS)
    cell = "from helpers import scale\nrows = [1, 2]\ntotal = sum(map(scale, rows))"
    kernel = start_kernel()
    assert kernel.memo(cell).outcome == "miss"
    assert kernel.memo(cell).outcome == "hit"
    assert start_kernel().memo(cell).outcome == "hit"
    project.replace("helpers.py", "x - 1", "x - 2")
    assert start_kernel().memo(cell).outcome == "hit"
    project.replace("helpers.py", "RATE = 2", "RATE = 5")
    kernel = start_kernel()
    ran = kernel.memo(cell)
    assert ran.outcome == "miss"
    assert "because RATE changed 2 → 5 (via scale)" in ran.says
    assert kernel.value("total") == "15"


def test_a_failing_import(start_kernel) -> None:
    """An import that fails does so where it stands."""
    ran = start_kernel().run("%%xetmemo always=True\nimport nothing_of_this_name")
    assert ran.error.startswith("ModuleNotFoundError")


def test_an_edited_cell(start_kernel) -> None:
    """Code counts, comments and blank lines do not; the line says what it was."""
    kernel = start_kernel()
    assert kernel.memo("a = 1 + 1").outcome == "miss"
    assert kernel.memo("# one\n\na = 1 + 1  # two").outcome == "hit"
    ran = kernel.memo("a = 1 + 2")
    assert ran.outcome == "miss"
    assert ran.says.endswith("first run of this code")
    assert kernel.memo("a = 1 + 1", "always=True key=other").outcome == "miss"
    assert kernel.memo("a = 1 + 1", "output=a always=True").outcome == "hit"


def test_out_and_underscore(start_kernel) -> None:
    """The value of the last expression comes back as `Out[n]` and `_`."""
    cell = "table = {'a': [1]}\ntable"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        ran = kernel.memo(cell)
        assert (ran.outcome, ran.shown) == (outcome, "{'a': [1]}")
        assert kernel.value("_ is table and Out[2] is table") == "True"
        assert kernel.value("In[2]").count("table") == 2

        ran = kernel.memo(f"{cell};")
        assert (ran.outcome, ran.shown) == (outcome, None)
        ran = kernel.memo("None")
        assert (ran.outcome, ran.shown) == (outcome, None)


def test_an_error_stops(start_kernel) -> None:
    """An error in a cell is the cell's; nothing is kept, and names stay as they were."""
    kernel = start_kernel()
    kernel.run("i = 'before'")
    for _ in range(2):
        ran = kernel.run("%%xetmemo always=True\nx = 1\nfor i in []: pass\n1/0")
        assert (ran.status, ran.error) == ("error", "ZeroDivisionError: division by zero")
        assert ran.line == {}
    assert kernel.value("x, i") == "(1, 'before')"
    assert kernel.run("%%xetmemo always=True\nx = = 1").error.startswith("SyntaxError")
    assert kernel.run("%%xetmemo always=True\nraise SystemExit").status == "error"


def test_await(start_kernel) -> None:
    """`await` at top level works, and is served."""
    cell = "import asyncio\nasync def get(x):\n    await asyncio.sleep(0)\n    return x\n"
    for outcome in ("miss", "hit"):
        ran = start_kernel().memo(f"{cell}got = await get(3)\ngot + 1")
        assert (ran.outcome, ran.shown, ran.line["names"]) == (outcome, "4", ["got"])


def test_classes_and_functions(start_kernel) -> None:
    """Definitions in a cell are real ones: instances are theirs, source is found."""
    cell = (
        "import math\nDEFAULT = 2\n"
        "class Model:\n    def __init__(self, x): self.x = x\n"
        "def fit(x=DEFAULT):\n    return Model(math.sqrt(x))\n"
        "model = fit(9)\nmodel.x"
    )
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        ran = kernel.memo(cell)
        assert (ran.outcome, ran.shown) == (outcome, "3.0")
        assert kernel.value("isinstance(model, Model), fit().x == 2 ** .5") == "(True, True)"
        assert "return Model" in kernel.value("__import__('inspect').getsource(fit)")


def test_a_kept_class_that_is_gone(start_kernel, project) -> None:
    """What cannot be read after all is computed, shown and kept again."""
    kernel = start_kernel(XETCACHE_STRICT="0")
    cell = "class Model: x = 1\nmodel = Model()\nprint('computing')\nmodel.x"
    assert kernel.memo(cell).outcome == "miss"
    entry = next((project.folder / "xmemo" / "entries").rglob("*.xet"))
    whole = entry.read_bytes()
    entry.write_bytes(whole[:-20])
    # A new kernel, because the first one still has the entry in memory.
    kernel = start_kernel(XETCACHE_STRICT="0")
    ran = kernel.memo(cell)
    assert (ran.outcome, ran.shown) == ("miss", "1")
    assert "computing" in ran.printed
    assert start_kernel().memo(cell).outcome == "hit"


def test_random_numbers_go_on(start_kernel) -> None:
    """After a served cell, generators stand where the cell would have left them."""
    draws = []
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert kernel.memo("import random\nrandom.seed(1)\nx = random.random()").outcome == outcome
        draws.append(kernel.value("random.random()"))
    assert draws[0] == draws[1]


@pytest.mark.parametrize("mode", ["off", "readonly", "offline", "refresh"])
def test_modes(start_kernel, mode: str) -> None:
    """Settings hold for cells as they do for functions."""
    cell = "%%xetmemo always=True\nx = 1"
    kernel = start_kernel(XETCACHE_MODE=mode)
    ran = kernel.run(cell)
    if mode == "off":
        assert (ran.outcome, kernel.value("x")) == ("", "1")
    elif mode == "readonly":
        assert ran.outcome == "not kept"
        assert "the store is only read" in ran.says
    elif mode == "offline":
        assert ran.error.startswith("CacheMissError")
        assert "NameError" in kernel.run("x").error
    else:
        assert (ran.outcome, kernel.run(cell).outcome) == ("miss", "miss")
        assert "a new computation was asked for" in kernel.run(cell).says


def test_too_quick(start_kernel) -> None:
    """What took no time is not kept, and the line says how to keep it."""
    kernel = start_kernel()
    ran = kernel.memo("x = 1", "")
    assert ran.outcome == "not kept"
    assert ran.says.endswith("not kept: quicker than 3 s [always=True]")
    assert kernel.memo("x = 1", "threshold=0").outcome == "miss"
    assert kernel.memo("x = 1", "").outcome == "hit"


def test_the_command_explains(start_kernel, project) -> None:
    """After a run, the command names what changed since the cell was kept."""
    for alpha in (0.1, 0.3):
        kernel = start_kernel()
        kernel.run(f"alpha = {alpha}")
        kernel.memo("total = 10 * alpha", "output=total always=True")
    said = project.python("-m", "xetcache", "explain", "--last").stdout
    assert "cell[total]" in said
    assert "global   alpha   0.1 → 0.3" in said
