"""What a cell showed is shown again when it is served: the same, in the same order."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.same_everywhere

MIME = "application/vnd.xetcache+json"

# Each is run in a kernel and, served, in another one.
CELLS = {
    "both streams": "import sys\nfor n in range(3):\n    print(n)\n    print(-n, file=sys.stderr)",
    "a display": (
        "from IPython.display import display, HTML, Markdown\n"
        "print('before')\ndisplay(HTML('<b>x</b>'), metadata={'text/html': {'isolated': True}})\n"
        "display({'text/plain': 'raw', 'image/png': 'aGVsbG8='}, raw=True)\nprint('after')"
    ),
    "an update": (
        "from IPython.display import display\nhandle = display('one', display_id='x1')\n"
        "print('between')\nhandle.update('two')"
    ),
    "an update of another": (
        "from IPython.display import update_display\nupdate_display('later', display_id='x9')"
    ),
    "cleared": (
        "from IPython.display import clear_output\nprint('gone')\nclear_output()\nprint('stays')\n"
        "for n in range(4):\n    clear_output(wait=True)\n    print(n)"
    ),
    "a value between": "print('before')\n[1, 2]",
    "progress": (
        "from tqdm import tqdm\nimport sys\nfor _ in tqdm(range(300), file=sys.stdout): pass\n"
        "print('done')"
    ),
    "a logger": "import logging\nlogging.getLogger('mine').warning('careful')",
    "an old handler": "import logging\nlogging.getLogger('old').warning('held')",
    "a warning": "import warnings\nwarnings.warn('deprecated soon')",
    "a thread": (
        "import threading\n"
        "def work(n): print('thread', n)\n"
        "for n in range(3):\n    thread = threading.Thread(target=work, args=(n,))\n"
        "    thread.start()\n    thread.join()\ndel thread"
    ),
    "a child process": (
        "import subprocess, sys, time\n"
        "code = subprocess.run([sys.executable, '-c', 'print(6 * 7)']).returncode\ntime.sleep(0.5)"
    ),
    # A kernel reads what comes this way in a thread, which may take its time.
    "a file descriptor": "import os, time\ncount = os.write(1, b'low')\ntime.sleep(0.5)",
    "a module that prints": "import loud\nprint('done')",
    "a class that prints": "class Loud:\n    print('inside')\nx = 1",
    "a value that displays itself": (
        "from IPython.display import display\n"
        "class Chart:\n    def _ipython_display_(self):\n        display('chart')\nChart()"
    ),
    "a value that prints": (
        "class Chatty:\n    def __repr__(self):\n        print('shown')\n        return 'Chatty'\n"
        "Chatty()"
    ),
    "no value": "print('x');",
    "redirected": (
        "import contextlib, io\nbuffer = io.StringIO()\n"
        "with contextlib.redirect_stdout(buffer):\n    print('inside')\ntext = buffer.getvalue()\n"
        "del buffer"
    ),
    "captured": (
        "from IPython.utils.capture import capture_output\n"
        "with capture_output() as got:\n    print('later')\ngot.show()\ndel got"
    ),
}
SETUP = """
import logging, sys
logging.getLogger('old').addHandler(logging.StreamHandler(sys.stderr))
logging.getLogger('old').propagate = False
"""


@pytest.fixture
def loud(project):
    """Give a folder with a module that prints when it is imported."""
    project.write("loud.py", "import sys\nprint('imported')\nprint('badly', file=sys.stderr)\n")


def test_shown_again(start_kernel, loud) -> None:
    """Of every kind that there is; compared with a kernel that knows nothing of xetcache."""
    plain = start_kernel(setup=SETUP)
    truth = {name: plain.run(code).seen for name, code in CELLS.items()}
    assert [one[2] for one in truth["a child process"]] == ["42\n"]
    assert truth["cleared"] == [["stream", "stdout", "3\n"]]
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=f"import xetcache{SETUP}")
        ran = {name: kernel.memo(code) for name, code in CELLS.items()}
        assert {name: one.outcome for name, one in ran.items()} == dict.fromkeys(CELLS, outcome)
        for name, one in ran.items():
            assert normal(one.seen) == normal(truth[name]), name


def normal(outputs: list[Any]) -> list[Any]:
    """Leave out what no two runs have in common."""
    text = repr(outputs)
    for begin, end in (("ipykernel_", ".py"), (" [00:", "]")):
        while begin in text:
            head, _, tail = text.partition(begin)
            text = head + tail.partition(end)[2]
    return [text]


def test_live(start_kernel) -> None:
    """What is recorded shows when it is written, not when the cell has ended."""
    kernel = start_kernel()
    code = "import time\nprint('first', flush=True)\ntime.sleep(60)"
    ran = kernel.run(f"%%xetmemo always=True\n{code}", interrupt_at="first")
    assert ran.printed == "first\n"


def test_only_the_end_is_kept(start_kernel, project) -> None:
    """Ten thousand steps of progress take no more room than one."""
    kernel = start_kernel()
    ran = kernel.memo("for n in range(10_000): print(f'\\r{n:050}', end='')")
    assert ran.outcome == "miss"
    [entry] = (project.folder / "xmemo" / "entries").rglob("*.xet")
    assert entry.stat().st_size < 4_000


def test_the_line_is_not_among_it(start_kernel) -> None:
    """Cells inside a memoized one are shown again, without their lines."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run(
            "shell = get_ipython()\ndef inner():\n"
            "    shell.run_cell('%%xetmemo always=True\\nprint(40)\\ny = 1')"
        )
        ran = kernel.run("%%xetmemo ignore=shell,inner output=x always=True\ninner()\nx = 1")
        lines = [one for _, one in ran.outputs if MIME in one.get("data", {})]
        assert lines[-1]["data"][MIME]["outcome"] == outcome
        assert ran.printed == "40\n"


def test_an_error_shows_what_came_before(start_kernel, project) -> None:
    """What a module printed is not lost when the cell fails later."""
    project.write("loud.py", "print('imported')\n")
    kernel = start_kernel()
    ran = kernel.run("%%xetmemo always=True\nimport loud\n1/0")
    assert (ran.status, ran.printed) == ("error", "imported\n")
    project.write("broken.py", "print('half')\n1/0\n")
    ran = kernel.run("%%xetmemo always=True\nimport broken")
    assert (ran.status, ran.printed) == ("error", "half\nhalf\n")


def test_several_values(start_kernel) -> None:
    """A cell that shows more than one value is not kept: only the last comes back as one."""
    kernel = start_kernel()
    kernel.run("get_ipython().ast_node_interactivity = 'all'")
    ran = kernel.memo("x = 1\nx\nx + 1")
    assert (ran.outcome, "shows several values" in ran.says) == ("not kept", True)


def test_cells_at_once(start_kernel) -> None:
    """What the cell of another subshell prints is not taken for one's own."""
    slow = "import time\nfor n in range(5):\n    print('slow', n)\n    time.sleep(.2)\na = 1"
    quick = "import time\nfor n in range(5):\n    print('quick', n)\n    time.sleep(.1)\nb = 1"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        ran = kernel.run_beside(*(f"%%xetmemo always=True\n{one}" for one in (slow, quick)))
        assert [one.outcome for one in ran] == [outcome, outcome]
        for one, word in zip(ran, ("slow", "quick"), strict=True):
            assert one.printed == "".join(f"{word} {n}\n" for n in range(5))


def test_what_goes_on(start_kernel) -> None:
    """A cell that leaves work running is not kept; a thread that is done or waits is none."""
    kernel = start_kernel()
    kernel.run("import asyncio, threading, time\nfrom concurrent.futures import ThreadPoolExecutor")
    kernel.run("def work(): time.sleep(2)\nasync def late(): await asyncio.sleep(2)")
    says = kernel.memo("threading.Thread(target=work, name='mine').start()").says
    assert "the thread `mine` that it started still runs" in says
    says = kernel.memo("held = [asyncio.ensure_future(late())]\nheld.clear()").says
    assert "the task `late` that it started still runs" in says
    cell = "pool = ThreadPoolExecutor(2)\nx = pool.submit(len, 'ab').result()\ndel pool"
    assert kernel.memo(cell).outcome == "miss"


def test_what_we_say_is_not_shown_again(start_kernel) -> None:
    """Notices of xetcache on the log are of the run that they came from."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run("from xetcache import xetmemo\n@xetmemo\ndef f(x): return x")
        ran = kernel.memo("import sys\nprint('before', file=sys.stderr)\ny = f(1)")
        assert ran.outcome == outcome
        assert ("under the threshold" in ran.printed) == (outcome == "miss")
        assert "before\n" in ran.printed


def test_widgets(start_kernel) -> None:
    """A widget is kept as its text at the end; its model is gone with the process."""
    view = "application/vnd.jupyter.widget-view+json"
    fake = (
        "import sys, types\nfrom IPython.display import display\n"
        "class Bar:\n    at = 0\n    def __repr__(self): return f'at {self.at}'\n"
        "bar = Bar()\nmodule = types.ModuleType('w')\nmodule._instances = {'m1': bar}\n"
        "sys.modules['ipywidgets.widgets.widget'] = module"
    )
    cell = (
        f"display({{'text/plain': 'at 0', {view!r}: {{'model_id': 'm1'}}}}, raw=True)\nbar.at = 9"
    )
    texts = []
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run(fake)
        ran = kernel.memo(cell)
        assert ran.outcome == outcome
        texts.append(ran.seen[0][1])
    assert view in texts[0]
    assert texts[1] == {"text/plain": "at 9"}


BAR = """
import ipywidgets
from tqdm.notebook import tqdm
for at in tqdm(range(8), desc="bar"): pass
display(ipywidgets.VBox([ipywidgets.IntSlider(7, description="<deep>"), ipywidgets.Label("a & b")]))
display(ipywidgets.Play())
"""


def test_a_value_looks_as_it_did(start_kernel) -> None:
    """Though what has it look so is not there any more, as where a library set it up."""
    changes = (
        "html = get_ipython().display_formatter.formatters['text/html']\n"
        "html.for_type(fractions.Fraction, str);"
    )
    outcomes, pages = [], []
    for first in (changes, ""):
        kernel = start_kernel()
        kernel.run("import fractions\n" + first)
        ran = kernel.memo("from fractions import Fraction\nhalf = Fraction(1, 2)\nhalf")
        outcomes.append(ran.outcome)
        pages.append(ran.seen)
        assert kernel.run("_ == half == Out[max(Out)]").shown == "True"
    assert outcomes == ["miss", "hit"]
    assert pages[0] == pages[1]
    assert "text/html" in str(pages[1])


def test_what_widgets_look_like(start_kernel) -> None:
    """The bar of `tqdm` comes back as a bar, though it cannot be told as text any more."""
    outcomes, pages = [], []
    for _ in range(2):
        kernel = start_kernel()
        ran = kernel.memo(BAR)
        outcomes.append(ran.outcome)
        pages.append([one[1].get("text/html", "") for one in ran.seen if "text/plain" in one[1]])
    assert outcomes == ["miss", "hit"]
    bar, box, *_ = pages[1]
    assert '<progress max="8.0" value="8.0">' in bar
    assert "8/8" in bar
    assert "&lt;deep&gt;: 7" in box
    assert "a &amp; b" in box


def test_as_a_comment(start_kernel) -> None:
    """`# %%xetmemo` is the magic, too."""
    for outcome in ("miss", "hit"):
        ran = start_kernel().run("# %%xetmemo always=True\nprint(1)\nx = 2\nx")
        assert (ran.outcome, ran.printed, ran.shown) == (outcome, "1\n", "2")
