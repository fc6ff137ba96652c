"""Paths that compiled readers and writers are given, and standard input."""

from __future__ import annotations

import pytest

from tests.conftest import Project

POLARS = "import os\nimport polars as pl\n"
MAKE = """
import os, pathlib
def put(path, text):
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    open(path, "w").write(text)
"""

READ = {
    "pattern": (
        POLARS + "def f(): return pl.scan_csv('t/*.csv').collect()['a'].sum()",
        "put('t/x.csv', 'a\\n1\\n')",
        "put('t/x.csv', 'a\\n5\\n')",
    ),
    "pattern-one-more": (
        POLARS + "def f(): return pl.read_csv('t/*.csv')['a'].sum()",
        "put('t/x.csv', 'a\\n1\\n')",
        "put('t/y.csv', 'a\\n5\\n')",
    ),
    "pattern-in-the-middle": (
        POLARS + "def f(): return pl.read_csv('t/**/*.csv')['a'].sum()",
        "put('t/u/x.csv', 'a\\n1\\n')",
        "put('t/u/x.csv', 'a\\n5\\n')",
    ),
    "address": (
        POLARS
        + "P = 'file://' + os.path.abspath('x.csv')\n"
        + "def f(): return pl.scan_csv(P).collect()['a'].sum()",
        "put('x.csv', 'a\\n1\\n')",
        "put('x.csv', 'a\\n5\\n')",
    ),
    "absent": (
        POLARS
        + "def f():\n try: return pl.read_csv('x.csv')['a'].sum()\n except OSError: return 0",
        "pass",
        "put('x.csv', 'a\\n5\\n')",
    ),
    "absent-pyarrow": (
        """
import pyarrow.dataset
def f():
    try: return pyarrow.dataset.dataset("x.csv", format="csv").count_rows()
    except OSError: return "none"
""",
        "pass",
        "put('x.csv', 'a\\n5\\n')",
    ),
    "home": (
        "import pandas as pd\ndef f(): return int(pd.read_csv('~/x.csv')['a'].sum())",
        "put('one/x.csv', 'a\\n1\\n'); put('two/x.csv', 'a\\n5\\n')",
        "HOME",
    ),
}

RUN = """
import program, xetcache
print(xetcache.xetmemo(always=True)(program.f)(), xetcache.stats()["last"]["outcome"])
"""


@pytest.mark.parametrize(("source", "make", "change"), READ.values(), ids=READ)
def test_what_is_there_counts(project: Project, source: str, make: str, change: str) -> None:
    """And that there is nothing."""
    for library in ("polars", "pyarrow", "pandas"):
        if library in source:
            pytest.importorskip(library)
    project.write("program.py", source)
    project.write("run.py", RUN)
    project.write("make.py", MAKE + make)
    assert project.run_script("make.py").returncode == 0
    project.environment["HOME"] = str(project.folder / "one")
    first, again = (project.run_script("run.py").stdout.split() for _ in range(2))
    assert (first[1], again) == ("miss", [first[0], "hit"])
    if change == "HOME":
        project.environment["HOME"] = str(project.folder / "two")
    else:
        project.write("make.py", MAKE + change)
        assert project.run_script("make.py").returncode == 0
    after = project.run_script("run.py").stdout.split()
    assert after[1] == "miss"
    assert after[0] != first[0]


WRITE = {
    "polars": POLARS + "def f(): pl.DataFrame({'a': [1]}).write_parquet('o')",
    "pyarrow": """
import pyarrow, pyarrow.parquet
def f(): pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), "o")
""",
    "h5py": """
import h5py
def f():
    with h5py.File("o", "w") as file: file.create_dataset("a", data=[1])
""",
}


@pytest.mark.parametrize("source", WRITE.values(), ids=WRITE)
def test_what_is_written_is_no_input(project: Project, source: str) -> None:
    """A call that writes a file is served as long as it is there."""
    for library in WRITE:
        if f"import {library}" in source:
            pytest.importorskip(library)
    project.write("program.py", source)
    project.write("run.py", RUN)
    assert [project.run_script("run.py").stdout.split()[1] for _ in range(2)] == ["miss", "hit"]
    (project.folder / "o").unlink()
    assert project.run_script("run.py").stdout.split()[1] == "miss"
    assert (project.folder / "o").exists()


INPUT = {
    "read": "import sys\ndef f(): return sys.stdin.read()",
    "by-name": "from sys import stdin\ndef f(): return next(iter(stdin))",
    "handed-on": "import json, sys\ndef f(): return json.load(sys.stdin)",
    "by-number": "def f(): return open(0).read()",
    "by-path": "def f(): return open('/dev/stdin').read()",
}


@pytest.mark.parametrize("source", INPUT.values(), ids=INPUT)
def test_standard_input_is_gone_once_it_was_read(project: Project, source: str) -> None:
    """So what was made of it is not kept."""
    project.write("program.py", source)
    project.write("run.py", RUN)
    for given in ("1", "2", "2"):
        done = project.run_script("run.py", given=given)
        assert done.stdout.split() == [given, "miss"], done.stderr


ASKED = {
    "isatty": "import sys\ndef f(): return sys.stdin.isatty()",
    "hasattr": "import sys\ndef f(): return hasattr(sys.stdin, 'none') and sys.stdin.isatty()",
}


@pytest.mark.parametrize("source", ASKED.values(), ids=ASKED)
def test_what_standard_input_is_may_be_asked(project: Project, source: str) -> None:
    """A call that asks whether it is a terminal is kept."""
    project.write("program.py", source)
    project.write("run.py", RUN)
    found = [project.run_script("run.py", given="").stdout.split() for _ in range(2)]
    assert found == [["False", "miss"], ["False", "hit"]]


SEEDED = """
import numpy, scipy.stats
from xetcache import stats, xetmemo

@xetmemo(always=True)
def drawn(): return scipy.stats.norm.rvs(size=2).tolist()

for seed in (1, 1, 2):
    numpy.random.seed(seed)
    print(drawn(), numpy.random.rand(), stats()["last"]["outcome"], sep="|")
"""


def test_a_library_draws_from_the_generator_of_another(project: Project) -> None:
    """It counts which seed it has, and goes on from where the call left it."""
    pytest.importorskip("scipy")
    project.write("program.py", SEEDED)
    one, again, other = project.run_script("program.py").stdout.splitlines()
    assert again == one.replace("miss", "hit")
    assert other.split("|")[0] != one.split("|")[0]
    assert other.endswith("miss")
