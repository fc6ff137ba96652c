"""A memoized cell is a cell like any other to IPython, and to whoever else has hooks."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.same_everywhere

HOOKED = """
seen = []
ip = get_ipython()
ip.events.register("pre_run_cell", lambda info: seen.append("pre"))
ip.events.register("post_run_cell", lambda result: seen.append("post"))
"""
LOADED = """
ip = get_ipython()
print(len([one for one in ip.ast_transformers if type(one).__name__ == "Hooks"]),
      len([one for one in ip.input_transformer_manager.line_transforms
           if one.__module__.startswith("xetcache")]),
      "xetmemo" in ip.magics_manager.magics["cell"])
"""
BROKEN = """
from xetcache.notebook import cell
def fail(*args): raise KeyError("broken")
cell.Cell.{method} = fail
"""


def test_hooks_of_others_run_once(start_kernel) -> None:
    """There is no cell inside the cell."""
    kernel = start_kernel()
    kernel.run(HOOKED)
    kernel.run("seen.clear()")
    kernel.memo("x = 1")
    kernel.memo("x = 1")
    assert kernel.value("seen")[:60] == str(["post", "pre", "post", "pre", "post", "pre"])


@pytest.mark.parametrize(
    "setup", ["import xetcache", "%load_ext xetcache", "import xetcache\n%load_ext xetcache"]
)
def test_loading(start_kernel, setup: str) -> None:
    """Importing and loading are the same, and both at once is the same as one."""
    kernel = start_kernel(setup=setup)
    assert kernel.run(LOADED).printed == "1 1 True\n"
    assert kernel.memo("x = 1").outcome in {"miss", "hit"}
    kernel.run("%load_ext xetcache")
    kernel.run("%reload_ext xetcache")
    assert kernel.run(LOADED).printed == "1 1 True\n"
    assert kernel.memo("x = 1").outcome == "hit"
    kernel.run("%unload_ext xetcache")
    assert kernel.run(LOADED).printed == "0 0 False\n"
    assert "not found" in kernel.run("%%xetmemo\nx = 1").printed
    kernel.run("%load_ext xetcache")
    assert kernel.memo("x = 1").outcome == "hit"


def test_bad_lines_run_nothing(start_kernel) -> None:
    """What the line asks for and cannot have is an error before anything runs."""
    kernel = start_kernel()
    kernel.run("table = 1")
    for line, error in (
        ("input=tabel", "CellError: %%xetmemo input=tabel: there is no variable `tabel`; did you"),
        ("magic=True", "OptionError: %%xetmemo has no option `magic`; did you mean `always`?"),
    ):
        ran = kernel.run(f"%%xetmemo {line}\nprint('ran')\nx = 1")
        assert ran.status == "error"
        assert ran.error.startswith(error)
        assert (ran.printed, ran.line) == ("", {})
    assert kernel.run("x").error.startswith("NameError")


def test_a_bad_setting_is_told_once(start_kernel, project) -> None:
    """Cells run, and nothing is kept, as with functions."""
    project.write("pyproject.toml", "[tool.xetcache]\nruntime_treshold = 1\n")
    kernel = start_kernel()
    first, second = kernel.memo("x = 1"), kernel.memo("x = 1")
    assert "did you mean `runtime_threshold`?" in first.printed
    assert (second.printed, second.line) == ("", {})


def test_the_original_grammar(start_kernel) -> None:
    """Cells that were written for the first xetcache run as they are."""
    kernel = start_kernel()
    kernel.run("v1, v2 = 1, 2")
    assert kernel.memo("v3 = v1 + v2\nv4 = v1", "input=v1,v2 output=v3,v4").outcome == "not kept"
    cell = "v3 = v1 + v2\nv4 = v1"
    for outcome in ("miss", "hit"):
        ran = kernel.memo(cell, "input=v1,v2 output=v3,v4 key=hello always=True")
        assert (ran.outcome, ran.line["names"]) == (outcome, ["v3", "v4"])
    kernel.run("label = 'hello'")
    assert kernel.memo(cell, "input=v1,v2 output=v3,v4 key={label} always=True").outcome == "hit"


def test_inside_other_magics(start_kernel) -> None:
    """Below `%%time` a cell is run plainly, and that is said once; `%%capture` is no matter."""
    kernel = start_kernel()
    ran = kernel.run("%%time\n%%xetmemo always=True\nx = 1")
    assert (ran.status, ran.line) == ("ok", {})
    assert "because `%%xetmemo` is not its first line" in ran.printed
    assert "CPU times" in ran.printed
    assert "first line" not in kernel.run("%%time\n%%xetmemo always=True\nx = 2").printed
    assert kernel.value("x") == "2"
    for outcome in ("miss", "hit"):
        ran = kernel.run("%%capture got\n%%xetmemo always=True\nx = 3")
        assert ran.status == "ok"
        found = kernel.value("got.outputs[0].data['application/vnd.xetcache+json']['outcome']")
        assert found == repr(outcome)
    ran = kernel.run("get_ipython().run_cell_magic('xetmemo', 'always=True', 'x = 3')")
    assert (ran.outcome, kernel.value("x")) == ("hit", "3")
    ran = kernel.run("get_ipython().run_cell_magic('xetmemo', '', '1/0')")
    assert ran.status == "error"


def test_a_cell_that_runs_cells(start_kernel) -> None:
    """Cells inside a memoized one, blank ones too, do not end it."""
    kernel = start_kernel()
    kernel.run(
        "def inner():\n    shell.run_cell('')\n    shell.run_cell('y = 1')\nshell = get_ipython()"
    )
    ran = kernel.memo("inner()\nx = 1", "ignore=shell,inner output=x always=True")
    assert (ran.outcome, kernel.value("(x, y)")) == ("miss", "(1, 1)")


def test_silent(start_kernel) -> None:
    """What front ends run silently is run plainly, and leaves nothing behind."""
    kernel = start_kernel()
    assert kernel.run("%%xetmemo always=True\nx = 1", silent=True).line == {}
    assert kernel.value("x") == "1"
    assert kernel.memo("x = 1").outcome == "miss"


@pytest.mark.parametrize("method", ["prepare", "start", "finish"])
def test_our_own_failure(start_kernel, method: str) -> None:
    """When xetcache fails the cell runs, and it is said once; in strict mode it shows."""
    kernel = start_kernel(XETCACHE_STRICT="0")
    kernel.run(BROKEN.format(method=method))
    kernel.run("i = 7")
    ran = kernel.run("%%xetmemo always=True\nfor i in []: pass\nx = 1\nx")
    assert (ran.status, ran.shown) == ("ok", "1")
    assert "KeyError: 'broken' (internal-error)" in ran.printed
    assert "please report it" in ran.printed
    assert kernel.run("%%xetmemo always=True\nx = 2").status == "ok"
    assert kernel.run("%%time\n%%xetmemo\nx = 3").status == "ok"
    assert kernel.value("x") == "3"

    kernel = start_kernel()
    kernel.run(BROKEN.format(method=method))
    ran = kernel.run("%%xetmemo always=True\nx = 1")
    assert "broken" in ran.error or "Error in callback" in ran.printed


@pytest.mark.parametrize(
    "code", ["import time\ntime.sleep(60)", "import asyncio\nawait asyncio.sleep(2)"]
)
def test_interrupted(start_kernel, code: str) -> None:
    """A cell that is interrupted is not kept, and the next one is as always."""
    kernel = start_kernel()
    kernel.run("i = 7")
    cell = f"%%xetmemo always=True\nprint('begun', flush=True)\n{code}\nfor i in []: pass"
    ran = kernel.run(cell, interrupt_at="begun")
    assert (ran.status, ran.line) == ("error", {})
    assert kernel.value("i") == "7"
    assert kernel.memo("x = 1").outcome == "miss"
    assert kernel.memo("x = 1").outcome == "hit"


def test_two_cells_at_once(start_kernel) -> None:
    """Cells in two subshells know nothing of each other, though one runs in the other."""
    # Not by a file that one waits for and the other makes: what a cell waited for and
    # found is what it was computed from, and changed while it ran.
    slow = "import time\ntime.sleep(1)\nslow = 2"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        ran = kernel.run_beside(
            f"%%xetmemo always=True output=slow\n{slow}",
            "%%xetmemo always=True output=quick\nquick = 1",
        )
        assert [one.outcome for one in ran] == [outcome, outcome]
        assert [one.line["names"] for one in ran] == [["slow"], ["quick"]]
        assert kernel.value("slow, quick") == "(2, 1)"


def test_in_a_terminal(project) -> None:
    """Terminal IPython has the magic too; the line is plain text."""
    project.write("session.py", SESSION)
    first, second = (project.run_script("session.py") for _ in range(2))
    assert first.returncode == second.returncode == 0, second.stderr + second.stdout
    assert "xetcache: ● ran" in first.stdout
    assert "computing" in first.stdout
    assert "xetcache: ⚡ cached" in second.stdout
    assert second.stdout.count("computing") == 1
    assert "Out[4]: 6" in first.stdout
    assert "Out[4]: 6" in second.stdout
    assert second.stdout.count("Out[4]") == first.stdout.count("Out[4]") == 1


SESSION = r"""
    import sys
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance(colors="nocolor")
    for cell in (
        "import xetcache",
        "rows = [1, 2, 3]",
        "%%xetmemo output=total always=True\nprint('computing')\ntotal = sum(rows)",
        "%%xetmemo always=True\nx = total\nx",
    ):
        if not shell.run_cell(cell, store_history=True).success:
            sys.exit(3)
"""


def test_outside_a_kernel(project) -> None:
    """`import xetcache` imports no IPython, and asks for no shell where there is none."""
    done = project.python("-c", "import xetcache, sys; print('IPython' in sys.modules)")
    assert done.stdout == "False\n"
    done = project.python("-c", "import IPython, xetcache, sys; print(*sys.modules)")
    assert done.returncode == 0
    assert "xetcache.notebook" not in done.stdout.split()


def test_a_cell_that_reads_a_file(start_kernel) -> None:
    """Is served while the file is as it was, also in a new kernel."""
    cell = "with open('data.txt') as file: text = file.read()"
    kernel = start_kernel()
    kernel.run("open('data.txt', 'w').write('one')", store_history=False)
    assert kernel.memo(cell).outcome == "miss"
    assert kernel.memo(cell).outcome == "hit"
    kernel = start_kernel()
    assert kernel.memo(cell).outcome == "hit"
    assert kernel.value("text") == "'one'"
    kernel.run("open('data.txt', 'w').write('two')", store_history=False)
    ran = kernel.memo(cell)
    assert ran.outcome == "miss"
    assert "data.txt" in str(ran.line["text"])
    assert kernel.value("text") == "'two'"
    kernel.run("open('data.txt', 'w').write('one')", store_history=False)
    assert kernel.memo(cell).outcome == "hit"
    assert kernel.value("text") == "'one'"
