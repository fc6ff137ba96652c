"""Where something may have answered that it has from before, what ever ran or was read counts.

In each program an answer was kept before the call, and one function had a part in it that the
call itself does not run. An edit of that is noticed. An edit of what nobody ever ran or read is
none of the call's business, unless nobody knows what ran.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what ran"
)

MAIN = """
import functools
from xetcache import xetmemo
import lib
{before}
@xetmemo(always=True)
def main(x):
    return lib.seldom(x) if x > 100 else (x, {asked})
print(main(3), int(main.stats()["hits"]))
"""

LIB = """
import functools
def seldom(x):
    return 5
def part(x):
    return x + 1
@functools.lru_cache
def kept(x, call=None):
    return call(x) if call else part(x)
@functools.lru_cache
def size(function):
    return len(function.__code__.co_code)
class Box:
    @functools.cached_property
    def weight(self):
        return part(self.x)
def boxed(x):
    box = Box()
    box.x = x
    box.weight
    return box
def numbers():
    while True:
        yield part(1)
"""


@dataclass(frozen=True)
class Kept:
    """What has been kept before, and what of it the call asks."""

    before: str
    asked: str
    knows: bool = True
    """It is known what has not run by then."""
    first: str = ""
    """What runs before xetcache is imported."""
    part: tuple[str, str] = ("return x + 1", "return x + x + 8")


KEPT = {
    "an answer": Kept("lib.kept(1)", "lib.kept(1)"),
    "by a function that it was given": Kept(
        "given = lib.part; lib.kept(1, given)", "lib.kept(1, lib.part)"
    ),
    "in a thread": Kept(
        "import threading\nthread = threading.Thread(target=lib.kept, args=(1,))\n"
        "thread.start(); thread.join()",
        "lib.kept(1)",
    ),
    "by a call that a memoized one made": Kept(
        "warm = xetmemo(always=True)(lambda x: [lib.kept(x)])\nwarm(1)", "lib.kept(1)"
    ),
    "by code that was compiled from text": Kept("exec('lib.kept(1)')", "lib.kept(1)"),
    "from reading code": Kept("lib.size(lib.part)", "lib.size(lib.part)"),
    "from reading code of a generator": Kept(
        "@functools.lru_cache\ndef length(_):\n    return len(lib.numbers().gi_code.co_code)\n"
        "length(1)",
        "length(1)",
        part=("yield part(1)", "yield part(1) + part(2)"),
    ),
    "before xetcache was imported": Kept(
        "", "lib.kept(1)", knows=False, first="import lib\nlib.kept(1)\n"
    ),
    "nothing, and lib is imported before xetcache": Kept(
        "lib.kept(1)", "lib.kept(1)", knows=False, first="import lib\n"
    ),
    "in another process": Kept(
        "import pickle, subprocess, sys\n"
        "text = 'import pickle, sys, lib; sys.stdout.buffer.write(pickle.dumps(lib.boxed(1)))'\n"
        "told = subprocess.run([sys.executable, '-c', text], capture_output=True)\n"
        "BOX = pickle.loads(told.stdout)",
        "BOX.weight",
        knows=False,
    ),
    "in an object that is served": Kept(
        "make = xetmemo(always=True)(lib.boxed)\nBOX = make(1)\nBOX = make(1)",
        "BOX.weight",
        knows=False,
    ),
}


def run(project: Project, kept: Kept) -> str:
    """Run the program; return what it prints."""
    main = MAIN.format(before=kept.before, asked=kept.asked)
    project.write("app.py", kept.first + main)
    done = project.run_script("app.py")
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", KEPT)
def test_what_had_a_part_in_it_counts(project: Project, name: str) -> None:
    """An edit of it is noticed, although the call did not run it."""
    project.write("lib.py", LIB)
    first = run(project, KEPT[name])
    assert first.endswith(" 0\n")
    project.replace("lib.py", *KEPT[name].part)
    again = run(project, KEPT[name])
    assert again.endswith(" 0\n")


@pytest.mark.parametrize("name", KEPT)
def test_what_never_ran_does_not(project: Project, name: str) -> None:
    """It may be edited; where nobody knows what ran, all that the code can reach decides."""
    project.write("lib.py", LIB)
    first = run(project, KEPT[name])
    project.replace("lib.py", "return 5", "return 6")
    again = run(project, KEPT[name])
    assert again == first.replace(" 0\n", f" {int(KEPT[name].knows)}\n")
