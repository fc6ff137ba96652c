"""Which names a cell reads, and what it leaves behind, over one notebook of everyday things.

Each cell is run without us, memoized, and served in another kernel: all that there is in
the notebook must be the same each time, and each variable that the cell made or changed
must be named. Where a cell is not kept, the line says why.
"""

from __future__ import annotations

import ast
from typing import Any

import pytest

pytestmark = pytest.mark.once

NOTEBOOK = """
import numpy as np, pandas as pd
from sklearn.linear_model import LinearRegression
x = 3; y = 4; lst = [1, 2]; d = {'a': 1}; s = {1}
df = pd.DataFrame({'a': [1, 2, 3], 'b': [4., 5., 6.]})
alias_df = df
arr = np.arange(6.0); view = arr[:3]
X = np.arange(10.0).reshape(-1, 1); t = np.arange(10.0)
model = LinearRegression()
class P: pass
p = P(); p.v = 1
K = 10
def helper(q): return q + K
def mutate(l): l.append(99)
box = [lst]
"""
# Cell → the variables that it makes or changes; after `|` those that others see changed.
KEPT = {
    "z = x + y": "z",
    "x = 1\nz = x": "x z",
    "x = x + 1": "x",
    "x += 1": "x",
    "arr += 1": "arr | view",
    "df['c'] = df.a * 2": "df | alias_df",
    "df.loc[df.a > 1, 'b'] = 0": "df | alias_df",
    "df.drop(columns='b', inplace=True)": "df | alias_df",
    "df2 = df.assign(c=1)": "df2",
    "lst.append(5)": "lst | box",
    "mutate(lst)": "lst | box",
    "model.fit(X, t);": "model",
    "pred = model.fit(X, t).predict(X)": "pred model",
    "d['k'] = lst": "d",
    "p.v = 2": "p",
    "setattr(p, 'v', 3)": "p",
    "r = helper(1)": "r",
    "def h2(q): return q * K\nr = h2(2)": "h2 r",
    "sq = [i * x for i in range(3)]": "sq",
    "for i in range(3):\n    w = i": "i w",
    "for i in []:\n    nn = 1\nvv = 1": "vv",
    "if x > 1:\n    a = 1\nelse:\n    b = 2": "a",
    "try:\n    u = undefined_name\nexcept NameError:\n    u = 0": "u",
    "if x > 1:\n    q = 1\nprint(q)": "q",
    "del y": "y",
    "import math\nm = math.sqrt(16)": "math m",
    "f = lambda v: v * x": "f",
    "np.random.seed(0)\nz = np.random.rand()": "z",
    "z = np.random.rand(2)": "z",
    "pd.set_option('display.max_rows', 7)": "",
    "import os\nos.environ['FOO'] = '1'": "os",
    "%matplotlib inline\nz = 1": "z",
    "[v := x, v + 1]": "v",
    "with open('empty') as fh:\n    txt = fh.read()": "txt",
    "match x:\n    case 3: mm = 'three'\n    case _: mm = 'other'": "mm",
    "a1 = [0]; a2 = a1": "a1 a2",
    "cls_obj = P()": "cls_obj",
    "df.head()": "",
    "y.bit_length(); print(f'{x:>{y}}')": "",
    "global_counter = 0\ndef inc():\n    global global_counter\n    global_counter += 1\ninc()": (
        "global_counter inc"
    ),
    "if 'cfg' not in globals():\n    cfg = 1": "cfg",
    "from math import *\nm = sqrt(x)": "m",
}
# Cell → why it is not kept.
REFUSED = {
    "exec('k = x + 1')": "exec()",
    "g = (i for i in range(3))": "`g` is a `generator`",
    "files = !echo hi": "runs `!echo`",
    "_": "reads `_`",
    "Out[2]": "reads `Out`",
}
"""Such as the research found: 47 in all, with those above."""
# Each `%reset` collects what is garbage among all that the libraries hold, twice: most of the time.
SETUP = "import gc, xetcache\ngc.collect = int"
STATE = """
def state():
    import os, random, numpy, pandas, xetcache
    found = {}
    for name, value in dict(globals()).items():
        if name[0] != "_" and name not in get_ipython().user_ns_hidden and name != "state":
            try:
                found[name] = xetcache.digest(value).hex()
            except Exception:
                found[name] = str(type(value))
    objects = [lst, box[0], d.get("k"), df, alias_df, globals().get("a1"), globals().get("a2")]
    found["who is who"] = [[one is other for one in objects] for other in objects]
    found["memory"] = numpy.shares_memory(arr, view), view.tolist()
    found["world"] = os.environ.get("FOO"), pandas.get_option("display.max_rows")
    found["next"] = numpy.random.rand() if "seed" in In[-2] else None
    return found
"""


def state(kernel) -> dict[str, Any]:
    kernel.run(STATE)
    found = ast.literal_eval(kernel.value("state()"))
    kernel.run("del state")
    return found


def test_there_are_47() -> None:
    """None is left out."""
    assert len(KEPT) + len(REFUSED) == 47


@pytest.mark.timeout(300)
def test_all_cases(start_kernel, project) -> None:
    """All but two are exact, and none restores a wrong state."""
    project.write("empty", "")
    truth: dict[str, Any] = {}
    kernel = start_kernel(setup=SETUP)
    for code, names in KEPT.items():
        kernel.run(f"%reset -f\n{NOTEBOOK}")
        before = state(kernel)
        assert kernel.run(code).status == "ok", code
        after = state(kernel)
        truth[code] = after
        touched = {
            name
            for name in before.keys() | after.keys()
            if before.get(name) != after.get(name)
            and name not in {"who is who", "memory", "world", "next"}
        }
        own, _, others = names.partition("|")
        if "import *" not in code:
            assert touched - {"fh"} == {*own.split(), *others.split()} - {"fh"}, code
    inexact: dict[str, str] = {}
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=SETUP)
        for code, names in KEPT.items():
            kernel.run(f"%reset -f\n{NOTEBOOK}")
            ran = kernel.memo(code)
            found = state(kernel)
            if "np.random.rand(2)" in code:  # another sample in each process
                assert found.keys() == truth[code].keys()
                found["z"] = truth[code]["z"]
            if "with open" in code:  # a closed file is of no use, and not restored
                found["fh"] = truth[code]["fh"]
            assert (found, code) == (truth[code], code)
            own = set(names.partition("|")[0].split())
            named = set(ran.line["names"]) if ran.outcome == outcome else {ran.says}
            if ran.outcome != outcome or not named <= own:
                inexact[code] = ran.says
        for code, why in REFUSED.items():
            kernel.run(f"%reset -f\n{NOTEBOOK}\n_ = 1\nOut[2] = 2")
            ran = kernel.memo(code)
            assert ran.outcome in {"bypass", "not kept"}, code
            assert why in ran.says, ran.says
    assert len(inexact) <= 2, inexact
