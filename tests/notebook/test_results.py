"""What a cell changes besides binding names is given back, or the cell is not kept."""

from __future__ import annotations

import sys

import pytest

pytestmark = pytest.mark.same_everywhere


@pytest.fixture
def kernel(start_kernel):
    """Give a kernel with some variables in it."""
    kernel = start_kernel()
    kernel.run("rows = [1, 2]\nsame = rows\ntable = {'a': [1], 'b': [2]}\nlog = []")
    kernel.run("def note(x):\n    log.append(x)\n    return x\nclass Thing: pass")
    return kernel


def refused(kernel, code: str, line: str = "always=True") -> str:
    """Run a cell twice; it must not be kept. Return what is said."""
    says = ""
    for _ in range(2):
        ran = kernel.memo(code, line)
        assert ran.outcome in {"not kept", "bypass"}, ran
        says = ran.says
    return says.partition("not kept: ")[2]


def test_an_unlisted_input_that_is_changed(kernel) -> None:
    """With outputs named, a list that grew and is none of them would not grow on a hit."""
    assert refused(kernel, "log.append(1)\nn = len(log)", "output=n always=True") == (
        "`log` changed while it ran [output=n,log]"
    )
    assert "`rows` changed" in refused(
        kernel, "rows.append(3)\nn = 1", "input=rows output=n always=True"
    )


SOME = """
import numpy as np, pandas as pd
rows, log = [1, 2], []
same, box = rows, [rows, 'mine']
table = pd.DataFrame({'a': [1, 2]})
other = table
whole = np.arange(6.0)
half = whole[:3]
class Point: pass
point = Point()
point.x, point.rows = 1, rows
class Holder: inside = rows
def note(x, to=rows):
    log.append(x)
    return len(to)
numbers = np.random.default_rng(3)
"""
# What a cell changes in place → what must be so afterwards, whether it ran or was served.
IN_PLACE = {
    "rows.append(3)": "rows, same is rows, box[0] is rows, Holder.inside is rows, note(0)",
    "rows.sort(reverse=True)\nn = rows[0]": "rows, n, point.rows is rows",
    "rows += [9]": "rows, same, box",
    "rows += [9]\nrows = rows + [0]": "rows, same, box",
    "n = note(5)": "n, log",
    "table['b'] = table.a * 2": "list(other.columns), other is table, other.b.sum()",
    "table.loc[table.a > 1, 'a'] = 0": "other.a.tolist()",
    "table.drop(columns='a', inplace=True)": "list(other.columns), other is table",
    "whole += 1": "half.tolist(), whole.tolist(), half.base is whole",
    "whole[1] = 7\ntop = whole.max()": "half.tolist(), top",
    "point.x = 2\npoint.new = [rows]": "vars(point), point.new[0] is rows",
    "setattr(point, 'x', 5)": "point.x",
    "setattr(point, 'rows', None)": "point.rows, rows, same",
    "del point.x": "sorted(vars(point))",
    "box[1] = box[0]\nfirst = box[0]": "box[1] is rows is first, box",
    "best = box[0]": "best is rows is same",
    "drawn = numbers.random()": "drawn, numbers.random()",
}


def test_what_is_changed_in_place(start_kernel) -> None:
    """The very objects that are there are changed on a hit, so all who hold them see it."""
    states: dict[str, list[str]] = {}
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        for code, expression in IN_PLACE.items():
            kernel.run(SOME)
            ran = kernel.memo(code)
            assert (ran.outcome, code) == (outcome, code), ran.says
            states.setdefault(code, []).append(kernel.value(expression))
    plain = start_kernel(setup="")
    for code, expression in IN_PLACE.items():
        plain.run(f"{SOME}\n{code}")
        assert states[code] == [plain.value(expression)] * 2, code


def test_changed_in_place_is_named(kernel) -> None:
    """The line says which variables are others now."""
    for outcome in ("miss", "hit"):
        kernel.run("log = []\nrows = [1, 2]")
        ran = kernel.memo("rows.append(3)\nn = note(1)")
        assert (ran.outcome, sorted(ran.line["names"])) == (outcome, ["log", "n", "rows"])


def test_other_holders_are_another_state(start_kernel) -> None:
    """Where objects hold each other in another way, what was kept does not serve."""
    kernel = start_kernel()
    cell = "pair[0].append(2)\nn = len(pair[1])"
    kernel.run("one = [1]\npair = [one, one]")
    assert (kernel.memo(cell).outcome, kernel.value("n, pair")) == ("miss", "(2, [[1, 2], [1, 2]])")
    kernel.run("pair = [[1], [1]]")
    assert (kernel.memo(cell).outcome, kernel.value("n, pair")) == ("miss", "(1, [[1, 2], [1]])")


def test_what_cannot_be_changed_in_place(start_kernel) -> None:
    """It is bound anew, if no other variable would see that."""
    setup = "from collections import Counter\nwords = Counter('aab')\n"
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=f"import xetcache\n{setup}")
        assert kernel.memo("words.update('b')").outcome == outcome
        assert kernel.value("words['b']") == "2"
    # One more place: what was kept would leave it behind.
    kernel.run(f"{setup}box = [words]")
    assert refused(kernel, "words.update('b')").startswith("`words` shares a part with `box`")
    kernel.run(f"{setup}del box\ndef count(words=words): return words")
    assert "`words` shares a part with `count`" in refused(kernel, "words.update('b')")


def test_one_more_name_is_bound_anew_too(start_kernel) -> None:
    """Both mean the same object after a hit, as after a run; with another there, it runs."""
    setup = "from collections import Counter\nwords = Counter('aab')\nsame = words\n"
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=f"import xetcache\n{setup}")
        assert kernel.memo("words.update('b')").outcome == outcome
        assert kernel.value("words['b'], same is words") == "(2, True)"
    kernel.run(f"{setup}same = Counter('aab')")
    assert kernel.memo("words.update('b')").outcome == "miss"
    assert kernel.value("words['b'], same['b']") == "(2, 1)"


def test_data_in_an_object_of_a_library_stays_there(start_kernel) -> None:
    """A variable that is part of what a cell changes is part of it after a hit, too."""
    setup = (
        "import argparse\nrows = [1, 2]\nmodel = argparse.Namespace(rows=rows, n=0)\n"
        "def fit(model):\n    model.n = len(model.rows)\n    return [model.rows]\n"
    )
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=f"import xetcache\n{setup}")
        assert kernel.memo("found = fit(model)").outcome == outcome
        assert kernel.value("model.n, model.rows is rows, found[0] is rows") == "(2, True, True)"
    kernel.run(f"{setup}rows = [1, 2]")
    assert kernel.memo("found = fit(model)").outcome == "miss"
    assert kernel.value("model.rows is rows, found[0] is model.rows") == "(False, True)"


def test_an_answer_from_memory_counts(start_kernel, project) -> None:
    """A memoized function that answered often answers the cell, too; its helper is edited."""
    helpers = (
        "from xetcache import xetmemo\ndef leaf(x):\n    return x * 2\n"
        "@xetmemo(always=True)\ndef inner(x):\n    return leaf(x)\ndef other(x):\n    return 1\n"
    )
    project.write("helpers.py", helpers)
    cell = "z = helpers.inner(3) if len('a') == 1 else helpers.other(2)"
    for outcome, found in (("miss", "6"), ("hit", "6"), ("miss", "15")):
        kernel = start_kernel()
        kernel.run("import helpers\nfor _ in range(4): helpers.inner(3)")
        assert (kernel.memo(cell).outcome, kernel.value("z")) == (outcome, found)
        if outcome == "hit":
            project.write("helpers.py", helpers.replace("x * 2", "x * 5"))


def test_what_is_no_variable(kernel, project) -> None:
    """A list of a module, or a default of a function, is given back by nobody."""
    project.write("helpers.py", "seen = []\ndef look(x):\n    seen.append(x)\n    return x\n")
    kernel.run("import helpers\ndef count(x, seen=[]):\n    seen.append(x)\n    return len(seen)")
    assert "`helpers.look → seen` changed" in refused(kernel, "n = helpers.look(1)")
    assert "changed while it ran" in refused(kernel, "n = count(1)")
    assert "imports `*` from `helpers`" in refused(kernel, "from helpers import *")


def test_an_output_that_is_changed_in_place(start_kernel) -> None:
    """An output that is an input too is what the cell made of it."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run("rows = [1, 2]\nlog = []\nlines = []")
        ran = kernel.memo("rows.append(3)", "input=rows output=rows always=True")
        assert (ran.outcome, kernel.value("rows")) == (outcome, "[1, 2, 3]")
        ran = kernel.memo("log.append(3)", "output=log always=True")
        assert (ran.outcome, kernel.value("log")) == (outcome, "[3]")
        ran = kernel.memo("lines += [3]\nlines = lines + [4]")
        assert (ran.outcome, kernel.value("lines")) == (outcome, "[3, 4]")


def test_sharing_is_kept(start_kernel) -> None:
    """What was one object is one object again, and what the cell read is the reader's."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run("table = {'a': [1], 'b': [2]}\nrows = [1]")
        ran = kernel.memo("best = table['a']\npair = [best, best, rows]\npair")
        assert ran.outcome == outcome
        assert kernel.value(
            "best is table['a'] is pair[0] is pair[1], pair[2] is rows, _ is pair"
        ) == ("(True, True, True)")


def test_what_a_cell_may_bind(start_kernel) -> None:
    """Names bound in loops and branches are given back if they were bound."""
    cell = "for i in range(n): last = i\nif n > 9: big = True\nmaybe = [big_ for big_ in 'a']"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run(f"n = 3\ni = last = {outcome!r}\nbig = 'before'")
        ran = kernel.memo(cell)
        assert (ran.outcome, ran.line["names"]) == (outcome, ["i", "last", "maybe"])
        assert kernel.value("i, last, big") == "(2, 2, 'before')"
        kernel.run("n = 0\ni = 5")
        assert kernel.memo(cell).outcome == outcome
        assert kernel.value("i") == "5"


VIEWS = {
    "part = whole[2:5]": "part",
    "a = np.zeros((3, 4))\nb = a[1:, ::-2]\nc = b.T": "a",
    "pairs = {'all': np.arange(8.0), 'some': None}\npairs['some'] = pairs['all'][::3]": (
        "pairs['some']"
    ),
    "big = np.asfortranarray(np.ones((3, 3)))\ncolumn = big[:, 1]\nfixed = big[:2]\n"
    "fixed.flags.writeable = False": "column",
    "whole += 1\nlast = whole[-2:]": "last",
    "same = half": "same",
}


def test_views(start_kernel) -> None:
    """A view lies in the memory that it lay in: what is set in one shows in the other."""
    show = "[one for one in (whole, half, globals().get('b'), globals().get('c'),"
    show += " globals().get('big'), globals().get('fixed'), globals().get('pairs'))]"
    said: dict[str, list[str]] = {}
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        for code, changed in VIEWS.items():
            kernel.run("%reset -f\nimport numpy as np, xetcache")
            kernel.run("whole = np.arange(9.0)\nhalf = whole[:4]\nother = whole[3:]")
            ran = kernel.memo(code)
            assert (ran.outcome, code) == (outcome, code), ran.says
            kernel.run(f"{changed}[...] = 77.0")
            said.setdefault(code, []).append(kernel.value(show))
    assert [one for one in said.values() if one[0] != one[1]] == []
    assert all("77." in one[0] for one in said.values())


def test_views_that_cannot_be_kept(start_kernel) -> None:
    """Those of objects, and those of a memory that only hidden arrays have."""
    kernel = start_kernel()
    kernel.run("import numpy as np\nhidden = np.arange(9)[::-1]\nobjects = np.array([[], None])")
    says = refused(kernel, "a = np.array([{}, {}])\nb = a[:1]")
    assert says.startswith("arrays of `a`, `b` share memory, and would not on a hit [use")
    says = refused(kernel, "top = hidden[:3]", "output=top always=True")
    assert says == "`top` shares memory with `hidden` [use .copy()]"
    assert kernel.memo("top = hidden[:3]").line["names"] == ["top", "hidden"]
    assert kernel.memo("top = hidden[:3].copy()").outcome == "miss"


def test_a_file_that_was_closed(start_kernel) -> None:
    """`with open(…) as file` leaves a name of no use, which does not count."""
    cell = "with open('f', 'w') as file:\n    done = file.write('text')"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert (kernel.memo(cell).outcome, kernel.value("done")) == (outcome, "4")


def test_what_a_cell_deletes(start_kernel) -> None:
    """A name that is gone after the cell is gone after a hit."""
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        kernel.run("x = 1")
        assert kernel.memo("y = x\ndel x").outcome == outcome
        assert kernel.value("'x' in globals(), y") == "(False, 1)"


def test_a_global_of_a_function(start_kernel) -> None:
    """A name that a function binds by `global` is bound by the cell that defines it."""
    cell = "def f():\n    global made\n    made = [1]\nf()"
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert kernel.memo(cell).outcome == outcome
        assert kernel.value("made") == "[1]"


def test_an_output_that_is_not_there(kernel) -> None:
    """A name that the cell does not make is said, and nothing is kept."""
    ran = kernel.memo("total = 1", "output=totl always=True")
    assert ran.outcome == "not kept"
    assert "`totl`, which the cell did not bind; did you mean `total`?" in ran.says
    assert ran.says.startswith("✗")
    assert kernel.value("total") == "1"
    # One that is there from before and that the cell does not touch is no output either.
    assert (
        "`table`, which the cell did not bind"
        in kernel.memo("if False: table = 2\nx = 1", "output=x,table always=True").says
    )


# Code → what the line says. Many in one kernel, because a kernel takes seconds.
NOT_STORABLE = {
    "import threading\nlock = threading.Lock()": "`lock` is a `_thread.lock`, which cannot be",
    "things = {'a': [open('f', 'w')]}": "`things['a'][0]` is a `_io.TextIOWrapper`",
    "fs = [lambda: rows]": "`fs` holds `<lambda>`, which has no name in the notebook",
    "def make():\n    class A: pass\n    return A()\na = make()": "`a` holds `make.<locals>.A`",
    "x = 1\nlambda: 1": "the value shown holds `<lambda>`",
    "x = (i for i in rows)": "`x` is a `generator`",
}
NOT_A_BINDING = {
    "!true\nx = 1": "runs `!true`",
    "x = !echo a": "runs `!echo`",
    "%cd .\nx = 1": "runs `%cd`",
    "%%time\nx = 1": "runs `%%time`",
    "ip = get_ipython()": "uses `get_ipython()`",
    "exec('x = 1')": "runs text with `exec()`",
    "x = eval('1')": "runs text with `eval()`",
    "globals()['x'] = 1": "reaches into `globals()`",
    "x = _": "reads `_`",
    "x = Out": "reads `Out`",
    "Thing.x = 1": "sets `Thing.x`",
    "class A: pass\nA.x = 1": "sets `A.x`",
    "import math\nmath.tau = 6": "sets `math.tau`",
    "base = list(rows)\ndef f(x=base): pass": "needs its own `base` for `def f(x=base):`",
}


@pytest.mark.parametrize("cells", [NOT_STORABLE, NOT_A_BINDING], ids=["storable", "binding"])
def test_what_no_store_gives_back(kernel, cells: dict[str, str]) -> None:
    """Such a cell is run and not kept; the line names the variable, or says what it does."""
    said = {code: refused(kernel, code) for code in cells}
    wrong = {code: text for code, text in said.items() if cells[code] not in text}
    assert wrong == {}


def test_input_is_not_asked_twice(kernel) -> None:
    """`input()` is a question to a person."""
    ran = kernel.run("%%xetmemo always=True\nx = input()", allow_stdin=False)
    assert ran.error.startswith("StdinNotImplementedError")


def test_what_has_no_digest(kernel) -> None:
    """A cell that depends on what cannot be digested is run, and the line names it."""
    kernel.run("numbers = (i for i in range(9))")
    says = refused(kernel, "x = next(numbers)")
    assert "numbers` is a `generator`, which has no digest" in says
    says = refused(kernel, "x = 1", "input=numbers always=True")
    assert "`numbers` is a `generator`, which has no digest" in says
    assert kernel.memo("x = next(numbers)", "ignore=numbers always=True").outcome == "miss"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="before 3.12 nothing tells what ran")
def test_what_has_no_digest_and_was_not_used(kernel) -> None:
    """A cell that could use it and did not is kept for what it ran."""
    kernel.run("numbers = (i for i in range(9))\nwanted = lambda: next(numbers)")
    kernel.run("def pick(n):\n    return wanted() if n > 3 else n")
    assert [kernel.memo("x = pick(2)").outcome for _ in range(2)] == ["miss", "hit"]
    ran = kernel.memo("x = pick(5)")
    assert (ran.outcome, ran.line["not_kept"]) == ("bypass", "not-digestible")
    assert "numbers` is a `generator`, which has no digest" in ran.says
    kernel.run("def pick(n):\n    return wanted() if n > 3 else n + 1")
    assert kernel.memo("x = pick(2)").outcome == "miss"
    assert kernel.value("x") == "3"


def test_ignored_variables(kernel) -> None:
    """An ignored variable does not decide."""
    kernel.run("level = 1")
    line = "ignore=level always=True"
    assert kernel.memo("x = rows[0] + level", line).outcome == "miss"
    kernel.run("level = 2")
    assert kernel.memo("x = rows[0] + level", line).outcome == "hit"


LARGE = """
import numpy as np
first = np.zeros((2000, 1000))
same, half = first, first[:1000]
turned = np.ones((1000, 500), order="F")
"""


def test_large_arrays(start_kernel) -> None:
    """They lie in the file of the entry, and are as those that the cell made, and its own."""
    asks = (
        "type(first), first.shape, first.flags.writeable, turned.flags.f_contiguous",
        "same is first, half.base is not None, np.shares_memory(half, first)",
        "first.sum(), half.sum(), turned.sum()",
    )
    states: dict[str, list[str]] = {}
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert kernel.memo(LARGE).outcome == outcome
        before = [kernel.value(one) for one in asks]
        # In place, after the cell: seen under all its names, and by no later hit.
        kernel.run("first += 1\nturned *= 3")
        states[outcome] = [*before, kernel.value(asks[-1])]
        assert kernel.memo(LARGE).outcome == "hit"
        assert [kernel.value(one) for one in asks] == before
        # And by another cell.
        assert kernel.memo("first[0] = 5\nn = first.sum()").outcome == outcome
        states[outcome].append(kernel.value("n, same[0, 0], half[0, 0], first[1, 0]"))
    assert states["miss"] == states["hit"]
