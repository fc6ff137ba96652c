"""What a function left in a library before the call, and does not run within it, counts.

In each program a first call configures something of a library and notes that it has. So a second
call does not run what configured it. An edit of that is noticed. An edit of what ran before is not,
where all that the code reaches is of libraries that keep nothing of the kind.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

APP = """
from xetcache import xetmemo
import lib
{rule}
lib.ensure()
@xetmemo(always=True)
def main(x):
    lib.ensure()
    return (x, {use})
print(main(3), int(main.stats()["hits"]))
"""

SWITCHED_OFF = "import tracer.ran; tracer.ran.may_keep_something = lambda *_: False"

LIB = """
{imports}
_done = False
def rate():
    return 2
{configure}
def ensure():
    global _done
    if not _done:
        {ensure}
        _done = True
"""


@dataclass(frozen=True)
class Left:
    """What is put where, and how it is found there."""

    imports: str
    configure: str
    use: str
    ensure: str = "configure()"

    def write(self, project: Project, rule: str = "") -> None:
        """Write the program."""
        configure = self.configure
        if not configure.startswith(("def ", "async ", "class ", "configure =")):
            configure = f"def configure():\n    {configure}"
        app = APP.format(use=self.use, rule=rule)
        project.write("app.py", f"{self.imports}\n{app}")
        lib = LIB.format(imports=self.imports, configure=configure, ensure=self.ensure)
        project.write("lib.py", lib)


LEVEL = 'logging.getLogger("x").level'
LEFT = {
    "by a call": Left("import logging", 'logging.getLogger("x").setLevel(rate())', LEVEL),
    "by an attribute": Left(
        "import reprlib", "reprlib.aRepr.maxlist = rate()", "reprlib.repr([1, 2, 3, 4])"
    ),
    "by an attribute that is counted up": Left(
        "import reprlib", "reprlib.aRepr.maxlist += rate() - 5", "reprlib.repr([1, 2, 3, 4, 5])"
    ),
    "by an item": Left(
        "import mimetypes", 'mimetypes.types_map[".x"] = "%d" % rate()',
        'mimetypes.types_map.get(".x")',
    ),
    "by its name in text": Left("import sys", 'setattr(sys, "rate_", rate())', "sys.rate_"),
    "by a value that is not used": Left(
        "import socket", "_ = socket.setdefaulttimeout(rate())", "socket.getdefaulttimeout()"
    ),
    "in a variable": Left(
        "import logging",
        'def configure():\n    log = logging.getLogger("x")\n    log.setLevel(rate())',
        LEVEL,
    ),
    "with a choice": Left(
        "import csv", "csv.field_size_limit(7 if rate() == 2 else 9)", "csv.field_size_limit()"
    ),
    "at the end of a lambda": Left(
        "import sys", "configure = lambda: sys.setrecursionlimit(1000 * rate())",
        "sys.getrecursionlimit()",
    ),
    "by a method": Left(
        "import sys",
        "class Setter:\n    def configure(self):\n"
        "        return sys.setrecursionlimit(1000 * rate())",
        "sys.getrecursionlimit()", ensure="Setter().configure()",
    ),
    "by who awaits": Left(
        "import asyncio; import sys",
        "class Context:\n    async def __aenter__(self):\n"
        "        sys.setrecursionlimit(1000 * rate())\n"
        "    async def __aexit__(self, *_):\n        pass\n"
        "async def configure():\n    async with Context():\n        await asyncio.sleep(0)",
        "sys.getrecursionlimit()", ensure="asyncio.run(configure())",
    ),
    "by what it is given": Left(
        "import sys", "def configure(rate):\n    sys.setrecursionlimit(1000 * rate)",
        "sys.getrecursionlimit()", ensure="configure(rate())",
    ),
    "by a function that is registered": Left(
        "import codecs",
        'def configure():\n    codecs.register_error("mine", handler)\n'
        'def handler(error):\n    return "?" * RATE, error.end\n'
        "RATE = rate()",
        '"\\xe9".encode("ascii", "mine")',
    ),
    "in a figure": Left(
        'import matplotlib; matplotlib.use("Agg"); import matplotlib.pyplot as plt',
        "def configure():\n    figure, axes = plt.subplots()\n"
        '    axes.set_title("%d" % rate())',
        "plt.gca().get_title()",
    ),
    "by an alias": Left(
        "import mimetypes",
        "def configure():\n    types = mimetypes.types_map\n    types['.x'] = '%d' % rate()",
        'mimetypes.types_map.get(".x")',
    ),
    "by a slice": Left("import sys", 'sys.path[:0] = ["%d" % rate()]', "sys.path[0]"),
    "by a value that is used": Left(
        "import os", "def configure():\n    return os.umask(rate()) + 1", "os.umask(2)",
        ensure="assert configure()",
    ),
    "by who is called by another": Left(
        "import csv",
        "def configure():\n    return [step(rate()) for step in (csv.field_size_limit,)]",
        "csv.field_size_limit()",
    ),
    "by an object of its own": Left(
        "import logging",
        "class Settings:\n    def __init__(self):\n        self.log = logging.getLogger('x')\n"
        "    def apply(self):\n        self.log.propagate = rate()\n"
        "def configure():\n    Settings().apply()",
        'logging.getLogger("x").propagate',
    ),
    "by a function that runs again": Left(
        "import logging",
        "def level():\n    return 0 if logging.root.handlers else rate()\n"
        "def configure():\n    found = level()\n    if found:\n"
        "        logging.basicConfig(level=found)",
        "[lib.configure(), logging.root.level]",
    ),
    "by who calls it with something else": Left(
        "import logging",
        "def setup(level):\n    logging.basicConfig(level=level)\n"
        "def configure():\n    setup(rate())",
        "[lib.setup(30), logging.root.level]",
    ),
    "in a table of a class": Left(
        "import configparser",
        "configparser.ConfigParser.BOOLEAN_STATES['sure'] = rate() == 2",
        "configparser.ConfigParser.BOOLEAN_STATES['sure']",
    ),
    "in a class that is handed on": Left(
        "import json",
        "def put(kind, name, value):\n    setattr(kind, name, value)\n"
        "def configure():\n    put(json.JSONEncoder, 'item_separator', ';' * rate())",
        "json.JSONEncoder().encode([1, 2])",
    ),
    "in the thread": Left(
        "import threading", "threading.current_thread().tenant = rate()",
        "threading.current_thread().tenant",
    ),
    "in settings": Left(
        "import polars", "polars.Config.set_tbl_rows(rate())",
        'str(polars.DataFrame({"a": list(range(20))}))',
    ),
}  # fmt: skip

NOTHING = {
    "a list of its own": Left("", "found = []; found.append(rate())", "1"),
    "a list with a choice": Left(
        "", "found = []; found.append(1 if rate() else 2); found.extend([x for x in found])", "1"
    ),
    "a table of its own": Left("", "found = {}; found[1] = rate(); found[1] += 1", "1"),
    "a list of the module": Left("FOUND = []", "FOUND.append(2)", "1"),
    "an attribute of an object": Left(
        "",
        "class Box:\n    def fill(self):\n        self.x = rate()\n"
        "def configure():\n    box = Box()\n    box.fill()\n    box.x = 1",
        "1",
    ),
    "an argument of numpy": Left(
        "import numpy", "found = numpy.zeros(2); found.fill(rate()); found.sort()", "1"
    ),
    "a frame": Left(
        "import pandas", "found = pandas.DataFrame({1: [rate()]}); found.columns = ['a']", "1"
    ),
    "what is called by a local name": Left(
        "", "def each(do):\n    do(1)\ndef configure():\n    each(len if not rate() else abs)", "1"
    ),
    "what is told": Left(
        "import logging; import sys",
        'def configure():\n    logging.getLogger("x").debug(rate())\n    print(end="")\n'
        '    sys.stdout.write("")',
        "1",
    ),
    "a file": Left(
        "import os",
        'def configure():\n    os.makedirs("out", exist_ok=True)\n'
        '    with open("out/a", "w") as file:\n        file.write("x")',
        "1",
    ),
    "a heap": Left("import heapq", "heap = []; heapq.heappush(heap, rate())", "1"),
    "a value that is used": Left("import json", "return json.dumps([rate()])", "1"),
}  # fmt: skip


def before_and_after(project: Project, to: str) -> tuple[str, str]:
    """Return what the program prints, and what it does once `return 2` is edited."""
    first = answered(project)
    project.replace("lib.py", "return 2", to)
    return first, answered(project)


def answered(project: Project) -> str:
    """Run the program; return what it prints."""
    done = project.run_script("app.py")
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", LEFT)
def test_what_was_left_counts(project: Project, name: str) -> None:
    """Who made it is edited: the call is made again."""
    LEFT[name].write(project)
    first, again = before_and_after(project, "return 3")
    assert first.endswith(" 0\n")
    assert again.endswith(" 0\n")
    assert again != first


@pytest.mark.parametrize("name", ["by a call", "by an attribute", "in a figure"])
def test_without_the_rule_it_would_be_served(project: Project, name: str) -> None:
    """The hole is there: an old value is served."""
    LEFT[name].write(project, SWITCHED_OFF)
    first, again = before_and_after(project, "return 3")
    assert again == first.replace(" 0\n", " 1\n")


@pytest.mark.parametrize("name", NOTHING)
def test_what_left_nothing_does_not(project: Project, name: str) -> None:
    """It ran before, not in the call, and left nothing in a library: it may be edited."""
    NOTHING[name].write(project)
    first, again = before_and_after(project, "return 3 - 1 + 0 * len(str(2))")
    assert again == first.replace(" 0\n", " 1\n")
