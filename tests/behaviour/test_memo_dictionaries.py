"""A dictionary in which a helper remembers its answers is no obstacle, and hides nothing.

Each rule of what is taken for one has the case that it closes. With the rule switched
off, the hole is shown: a wrong value is served.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import pytest

from tests.conftest import Project

HEAD = "from xetcache import xetmemo\n"

FORMS = {
    "asked first": """
        if x not in known:
            known[x] = slow(x)
        return known[x]
    """,
    "tried": """
        try:
            return known[x]
        except KeyError:
            known[x] = slow(x)
            return known[x]
    """,
    "got": """
        found = known.get(x)
        if found is None:
            found = known[x] = slow(x)
        return found
    """,
    "setdefault": """
        return known.setdefault(x, slow(x))
    """,
    "walrus": """
        if (found := known.get(x)) is not None:
            return found
        found = slow(x)
        known[x] = found
        return found
    """,
    "with a lock": """
        with LOCK:
            if x not in known:
                known[x] = slow(x)
            return known[x]
    """,
    "a key of two parts": """
        if (x, y) not in known:
            known[x, y] = slow(x) + y
        return known[x, y]
    """,
}

PROGRAM = """
import threading
LOCK = threading.Lock()
RATE = 2
known = {{{before}}}

def slow(x):
    return x * RATE

def h(x, y=0):
    {body}

@xetmemo(always=True)
def f(x):
    return h(x)

@xetmemo(always=True)
def g(x):
    return h(x) + h(x + 1)

def both(x):
    return f(x), f(x + 1), f(x), g(x), g(x)
"""


def textbook(project: Project, form: str = "asked first", before: str = "") -> None:
    """Write a program whose helper remembers its answers."""
    lines = [line[4:] for line in FORMS[form].strip("\n").splitlines()]
    body = "\n".join(lines).strip()
    project.write("app.py", HEAD + PROGRAM.format(body=body, before=before))


@pytest.mark.parametrize("form", FORMS)
def test_each_call_is_kept_and_served(project: Project, form: str) -> None:
    """What the helper remembers of one call makes no other miss, here or in a new process."""
    textbook(project, form)

    first = project.call("app.both", 3)

    assert first.value == (6, 8, 6, 14, 14)
    # `f` for 3 and for 4, and once for `g`; what `g` adds up was remembered.
    assert first.ran == [
        *("app.both", "app.f", "app.h", "app.slow", "app.f", "app.h", "app.slow"),
        *("app.g", "app.h", *(["app.slow", "app.h", "app.slow"] if form == "setdefault" else [])),
    ]
    again = project.call("app.both", 3)
    assert (again.value, again.ran) == (first.value, ["app.both"])
    for argument, value in ((3, 6), (4, 8)):
        alone = project.call("app.f", argument)
        assert (alone.value, alone.ran) == (value, [])
    assert project.call("app.g", 3).ran == []


def test_an_edited_helper_misses(project: Project) -> None:
    """What fills the dictionary counts, and so does all that it calls."""
    textbook(project)
    project.call("app.both", 3)

    project.replace("app.py", "x * RATE", "x * RATE + 1")

    again = project.call("app.both", 3)
    assert again.value == (7, 9, 7, 16, 16)
    assert project.call("app.both", 3).ran == ["app.both"]


def test_what_it_held_before_is_data(project: Project) -> None:
    """Answers that the program puts there itself count by their values."""
    textbook(project, before="3: 100")
    assert project.call("app.both", 3).value == (100, 8, 100, 108, 108)
    assert project.call("app.both", 3).ran == ["app.both"]

    project.replace("app.py", "3: 100", "3: 50")

    assert project.call("app.f", 3).value == 50
    assert project.call("app.both", 3).value == (50, 8, 50, 58, 58)


def test_emptied_between_calls(project: Project) -> None:
    """A function that only empties it may be there; what was kept serves on."""
    textbook(project)
    project.write(
        "drive.py",
        """
        import app

        def run():
            found = [app.f(3), app.f(4)]
            vars(app)["known"].clear()
            return [*found, app.f(3), app.f(5), app.f(4), app.f(5)]
        """,
    )
    text = (project.folder / "app.py").read_text()
    project.write("app.py", f"{text}\ndef empty():\n    known.clear()\n")

    assert project.call("drive.run").value == [6, 8, 6, 10, 8, 10]
    assert project.call("drive.run").ran == ["drive.run"]


def test_calls_that_fail_or_are_quick(project: Project) -> None:
    """What calls add that are not kept makes no later one miss."""
    project.write(
        "app.py",
        HEAD
        + """
known = {}
def h(x):
    if x not in known:
        known[x] = x * 2
    return known[x]
@xetmemo(threshold=100)
def quick(x):
    return h(x)
@xetmemo(always=True)
def fails(x):
    raise ValueError(h(x))
@xetmemo(always=True)
def f(x):
    return h(x)
def run():
    quick(1)
    try:
        fails(2)
    except ValueError:
        pass
    return f(3), f(1), f(2)
""",
    )
    assert project.call("app.run").value == (6, 2, 4)
    assert [project.call("app.f", x).ran for x in (1, 2, 3)] == [[], [], []]


def test_memoized_calls_within(project: Project) -> None:
    """A call finds what calls within it have added, and each of them is kept."""
    project.write(
        "app.py",
        HEAD
        + """
known = {}
def slow(n):
    return n if n < 2 else f(n - 1) + f(n - 2)
def h(n):
    if n not in known:
        known[n] = slow(n)
    return known[n]
@xetmemo(always=True)
def f(n):
    return h(n)
def run():
    return f(8), f(9), f(3)
""",
    )
    assert project.call("app.run").value == (21, 34, 2)
    assert project.call("app.run").ran == ["app.run"]
    assert project.call("app.f", 7).ran == []

    project.replace("app.py", "n < 2 else", "n < 2 else 1 +")

    assert project.call("app.run").value == (54, 88, 4)


def test_threads_of_the_call(project: Project) -> None:
    """Threads that the call starts, and that are done, add what it would add itself."""
    textbook(project)
    project.write(
        "more.py",
        """
        from concurrent.futures import ThreadPoolExecutor
        from xetcache import xetmemo
        from app import h

        @xetmemo(always=True)
        def total(n):
            with ThreadPoolExecutor(2) as pool:
                return sum(pool.map(h, range(n)))
        """,
    )
    assert project.call("more.total", 5).value == 20
    assert project.call("more.total", 5).ran == []


def test_no_walk_while_calls_only_add(project: Project) -> None:
    """Once it is known, additions move no guard."""
    textbook(project)
    project.write(
        "drive.py",
        """
        import app
        import tracer.walker

        def run():
            app.f(1), app.f(2), app.f(1)
            walks, real = [], tracer.walker._Walk.finish
            def finish(self, root):
                walks.append(self)
                return real(self, root)
            tracer.walker._Walk.finish = finish
            found = [app.f(x) for x in (1, 2, 3, 4, 1, 2, 3, 4) for _ in range(3)]
            return sum(found), len(walks)
        """,
    )
    total, walks = project.call("drive.run").value
    assert total == 2 * 3 * 20
    # Each new answer has what the call depends on found once, for its record.
    assert walks <= 4


def test_explain_says_why_it_is_none(project: Project) -> None:
    """The reason is said where the result is not kept, and by `explain`."""
    textbook(project)
    text = (project.folder / "app.py").read_text()
    project.write("app.py", f"{text}\ndef size():\n    return len(known)\n")

    done = project.call("app.f", 3)
    assert "not taken for a memo: `size` uses it, too" in done.stderr
    project.call("app.f", 3)
    shown = project.python("-m", "xetcache", "explain").stdout
    assert "not taken for a memo: `size` uses it, too" in shown


# -- holes ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Hole:
    """A program, what it does in a first process, and the call that is judged in a second."""

    name: str
    source: str
    first: str
    second: str
    off: str
    """Switches the rule off."""
    edit: tuple[str, str] | None = None
    other: str = ""
    """Text of the module `other`."""
    only_traces: bool = False
    """Before 3.12 nothing tells what ran: there is no such hole, or it is not closed."""


OFF_FORM = "import tracer.memo_forms as m; m.why_not_a_memo = lambda code, name: ''\n"
OFF_STATE = (
    "import tracer.walker as w, tracer.additions as a\n"
    "def off(*given, real=w.state_of):\n"
    "    state, walked = real(*given)\n"
    "    return state._replace(digest=None, holds=lambda: True), walked\n"
    "w.state_of = a.state_of = off\n"
)
OFF_OTHERS = "import tracer.additions as a; a._check_others = lambda *given: None\n"
OFF_CHECKS = "import tracer.additions as a; a._check_state = lambda *given: None\n"
OFF_STANDS = "import tracer.memos as m; m.Memo.stands = lambda memo: True\n"

FILLS = """
known = {}
def h(x):
    if x not in known:
        known[x] = slow(x)
    return known[x]
@xetmemo(always=True)
def f(x):
    return h(x)
@xetmemo(always=True)
def g(x):
    return [h(x)]
"""

HOLES = [
    Hole(
        "what tells whether it was there",
        """
seen = {}
def h(x):
    if x in seen:
        return "seen"
    seen[x] = True
    return "new"
@xetmemo(always=True)
def f(x):
    return h(x)
@xetmemo(always=True)
def g(x):
    return [h(x)]
""",
        first="app.f(3), app.g(3)",
        second="app.g(3)",
        off=OFF_FORM,
    ),
    Hole(
        "a key that is a constant",
        """
last = {}
def h(x):
    if "v" not in last:
        last["v"] = x
    return last["v"]
@xetmemo(always=True)
def f(x):
    return h(x)
""",
        first="app.f(3), app.f(4)",
        second="app.f(4)",
        off=OFF_FORM,
    ),
    Hole(
        "answers of an older state",
        f"RATE = 2\ndef slow(x):\n    return x * RATE\n{FILLS}",
        first="app.f(3), setattr(app, 'RATE', 3), app.f(3)",
        second="app.f(3)",
        edit=("RATE = 2", "RATE = 3"),
        off=OFF_STATE,
    ),
    Hole(
        "a state that there was for a while",
        f"""
RATE = 2
def slow(x):
    return x * RATE
{FILLS}
@xetmemo(always=True)
def for_a_while(x):
    global RATE
    RATE = 3
    found = h(x)
    RATE = 2
    return found
""",
        first="app.for_a_while(3), app.f(3)",
        second="app.f(3)",
        off="import tracer.memos as m; m.binds = lambda stored, names: ''\n",
    ),
    Hole(
        "a state that a library puts there for a while",
        f"""
from unittest import mock
RATE = 2
def slow(x):
    return x * RATE
{FILLS}
@xetmemo(always=True)
def for_a_while(x):
    with mock.patch("app.RATE", 3):
        return h(x)
""",
        first="app.for_a_while(3), app.f(3)",
        second="app.f(3)",
        off="import tracer.memos as m; m.binds_by_text = lambda drafts: False\n",
    ),
    Hole(
        "a container that is changed for a while",
        f"""
visiting = set()
def slow(x):
    if x in visiting:
        return 0
    visiting.add(x)
    try:
        return 1 + h((x + 1) % 3)
    finally:
        visiting.discard(x)
{FILLS}
""",
        first="app.f(0), app.f(1)",
        second="app.f(1)",
        off=OFF_CHECKS,
    ),
    Hole(
        "answers that the call changes",
        f"""
def slow(x):
    return [x]
{FILLS}
@xetmemo(always=True)
def longer(x, by):
    found = h(x)
    found.append(by)
    return len(found)
""",
        first="app.longer(3, 1), app.longer(3, 2)",
        second="app.longer(3, 2)",
        off="import tracer.memos as m; m.is_fixed_answer = lambda value: True\n",
    ),
    Hole(
        "keys that are equal and not the same",
        f"""
class Point(tuple):
    def __eq__(self, other):
        return self[0] == other[0]
    def __hash__(self):
        return hash(self[0])
def slow(x):
    return x[1]
{FILLS}
""",
        first="app.f(app.Point((1, 2))), app.f(app.Point((1, 3)))",
        second="app.f(app.Point((1, 3)))",
        off="import tracer.memos as m; m.is_plain_key = lambda key: True\n"
        "m.Memo.takes_for_another = lambda memo, values: ''\n",
    ),
    Hole(
        "keys that are equal and of other types",
        f"def slow(x):\n    return str(x)\n{FILLS}",
        first="app.f(1), app.f(True), app.f((2, 3)), app.f((2.0, 3))",
        second="app.f(True), app.f((2.0, 3))",
        off="import tracer.memos as m; m.Memo.takes_for_another = lambda memo, values: ''\n",
    ),
    Hole(
        "an argument that is equal and of another class",
        f"import enum\ndef slow(x):\n    return type(x).__name__\n{FILLS}"
        "class Colour(str, enum.Enum):\n    RED = 'red'\n",
        first="app.f('red'), app.f(app.Colour.RED)",
        second="app.f(app.Colour.RED)",
        off="import tracer.memos as m; m.Memo.takes_for_another = lambda memo, values: ''\n",
    ),
    Hole(
        "a finalizer that puts something there",
        f"""
class Late:
    def __init__(self):
        self.later = [lambda: vars(sys.modules[__name__])["kno" + "wn"].update({{7: 77}})]
    def __del__(self):
        self.later[0]()
import sys
def slow(x):
    return x * 2
{FILLS}
late = {{}}
@xetmemo(always=True, ignore=["late"])
def drops(x):
    late.clear()
    return h(x)
""",
        first="app.late.update(a=app.Late()), app.drops(3), app.f(7)",
        second="app.f(7)",
        off="from tracer import Observation; Observation.met_strangers = False\n",
        only_traces=True,
    ),
    Hole(
        "zeros of both signs",
        f"def slow(x):\n    return str(x)\n{FILLS}",
        first="app.f(0.0), app.f(-0.0)",
        second="app.f(-0.0)",
        off="import tracer.memos as m; m.is_plain_key = lambda key: True\n",
    ),
    Hole(
        "a file that was read once",
        f"def slow(x):\n    return open('other.py').read()\n{FILLS}",
        first="app.f(3), app.g(3)",
        second="app.g(3)",
        edit=("text = 1", "text = 2"),
        other="text = 1\n",
        off=OFF_CHECKS,
    ),
    Hole(
        "a setting that is changed for a while",
        f"""
from decimal import Decimal, localcontext
def slow(x):
    return str(Decimal(1) / Decimal(x))
{FILLS}
@xetmemo(always=True)
def short(x):
    with localcontext() as context:
        context.prec = 3
        return h(x)
""",
        first="app.short(3), app.f(3)",
        second="app.f(3)",
        off="import tracer.settings as s; s.groups_in_reach = lambda graph: frozenset()\n",
    ),
    Hole(
        "what did not run because the answer was there",
        f"def slow(x):\n    return x * 2\n{FILLS}",
        first="app.f(3), app.g(3)",
        second="app.g(3)",
        edit=("x * 2", "x * 3"),
        off="import tracer.traces; tracer.traces.fillers_in = lambda memos: ()\n",
        only_traces=True,
    ),
    Hole(
        "another function that counts",
        f"def slow(x):\n    return x * 2\n{FILLS}def size():\n    return len(known)\n",
        first="app.f(3)",
        second="app.f(3), app.size()",
        off=OFF_OTHERS,
    ),
    Hole(
        "a method that counts",
        f"def slow(x):\n    return x * 2\n{FILLS}"
        "class Tool:\n    @property\n    def size(self):\n        return len(known)\n",
        first="app.f(3)",
        second="app.f(3), app.Tool().size",
        off=OFF_OTHERS,
    ),
    Hole(
        "a name in another module",
        f"def slow(x):\n    return x * 2\n{FILLS}import other\n",
        first="app.f(3)",
        second="app.f(3), app.other.size()",
        other="import app\ndef size():\n    return len(app.known)\n",
        off=OFF_OTHERS,
    ),
    Hole(
        "an alias in another module",
        f"def slow(x):\n    return x * 2\n{FILLS}import other\n",
        first="app.f(3)",
        second="app.f(3), len(app.other.mine)",
        other="from app import known as mine\n",
        off=OFF_OTHERS,
    ),
    Hole(
        "an import within a function",
        f"def slow(x):\n    return x * 2\n{FILLS}import other\n",
        first="app.f(3)",
        second="app.f(3), app.other.size()",
        other="def size():\n    from app import known\n    return len(known)\n",
        off=OFF_OTHERS,
    ),
    Hole(
        "what the program puts there",
        f"def slow(x):\n    return x * 2\n{FILLS}",
        first="app.f(3), vars(app)['known'].update({4: 100}), app.f(4)",
        second="app.f(4)",
        off=OFF_STANDS,
    ),
    Hole(
        "what the program puts in the place of an answer",
        f"def slow(x):\n    return x * 2\n{FILLS}",
        first="app.f(3), vars(app)['known'].update({3: 100}), app.g(3)",
        second="app.g(3)",
        off=OFF_STANDS,
    ),
]


def in_two_processes(hole: Hole, project: Project, *, off: str = "") -> tuple[object, object]:
    """Return what the judged call gives, and what it gives where nothing is kept."""
    project.environment["PYTHONWARNINGS"] = "ignore"
    project.is_watched = False
    project.write("app.py", off + HEAD + hole.source)
    if hole.other:
        project.write("other.py", hole.other)
    project.write(
        "drive.py",
        f"import app\ndef first():\n    {hole.first}\ndef second():\n    return {hole.second}\n",
    )
    assert project.call("drive.first").error is None
    if hole.edit is not None:
        old, new = hole.edit
        name = "app.py" if old in (project.folder / "app.py").read_text() else "other.py"
        project.replace(name, old, new)
    found = project.call("drive.second").value
    project.environment["XETCACHE_MODE"] = "off"
    return found, project.call("drive.second").value


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_no_wrong_value(hole: Hole, project: Project) -> None:
    """What is served is what the call would give in a process of its own."""
    if hole.only_traces and sys.version_info < (3, 12):
        pytest.skip("nothing tells what ran")
    found, right = in_two_processes(hole, project)
    assert found == right


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name)
def test_without_the_rule_it_would_be_wrong(hole: Hole, project: Project) -> None:
    """The hole is there."""
    if hole.only_traces and sys.version_info < (3, 12):
        pytest.skip("nothing tells what ran")
    found, right = in_two_processes(hole, project, off=hole.off)
    assert found != right


FOR_A_WHILE = {
    "a class": ("class C:\n    rate = 2", "C.rate", "C.rate = 3", "C.rate = 2"),
    "by text": (
        "import sys\nRATE = 2",
        "RATE",
        "setattr(sys.modules[__name__], 'RATE', 3)",
        "setattr(sys.modules[__name__], 'RATE', 2)",
    ),
    "by the namespace": ("RATE = 2", "RATE", "globals()['RATE'] = 3", "globals()['RATE'] = 2"),
    "a context variable": (
        "from contextvars import ContextVar\nrate = ContextVar('rate', default=2)",
        "rate.get()",
        "token = rate.set(3)",
        "rate.reset(token)",
    ),
    "an attribute of a function": ("def rate():\n    ...\nrate.x = 2", "rate.x", "rate.x = 3",
                                   "rate.x = 2"),
    "code": ("def rate():\n    return 2\ndef other():\n    return 3", "rate()",
             "old, rate.__code__ = rate.__code__, other.__code__", "rate.__code__ = old"),
    "a builtin": ("import builtins", "abs(2)", "old, builtins.abs = abs, lambda x: 3",
                  "builtins.abs = old"),
    "an object": ("class C:\n    rate = 2\nc = C()", "c.rate", "c.rate = 3", "del c.rate"),
    "a captured variable": (
        ("def make():\n    rate = 2\n    def get():\n        return rate\n"
        "    def put(new):\n        nonlocal rate\n        rate = new\n    return get, put\n"
        "get, put = make()"), "get()", "put(3)", "put(2)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", FOR_A_WHILE)
def test_what_is_changed_for_a_while(way: str, project: Project) -> None:
    """However it is done: what is added meanwhile is no answer for later."""
    before, rate, change, back = FOR_A_WHILE[way]
    source = (
        f"{before}\ndef slow(x):\n    return x * {rate}\n{FILLS}\n@xetmemo(always=True)\n"
        f"def changes(x):\n    {change}\n    found = h(x)\n    {back}\n    return found\n"
    )
    hole = Hole(way, source, first="app.changes(3), app.f(3)", second="app.f(3)", off="")
    found, right = in_two_processes(hole, project)
    assert found == right == 6


def test_an_answer_of_an_older_state(project: Project) -> None:
    """The call gives what the program gives, and it serves no program without that answer."""
    textbook(project)
    project.write(
        "drive.py",
        """
        import app

        def run():
            found = [app.f(3)]
            app.RATE = 5
            return [*found, app.f(3), app.f(4), app.f(4)]
        """,
    )

    assert project.call("drive.run").value == [6, 6, 20, 20]

    project.replace("app.py", "RATE = 2", "RATE = 5")
    assert project.call("app.f", 3).value == 15
    assert project.call("app.f", 4).value == 20


def test_code_that_awaits(project: Project) -> None:
    """Other tasks may change what the answers depend on for a while: nothing is kept."""
    project.write(
        "app.py",
        HEAD
        + """
import asyncio
known = {}
def h(x):
    if x not in known:
        known[x] = x * 2
    return known[x]
@xetmemo(always=True)
async def f(x):
    return h(x)
def run():
    return asyncio.run(f(3))
""",
    )
    done = project.call("app.run")
    assert done.value == 6
    assert "other tasks may run meanwhile" in done.stderr
    assert "app.f" in project.call("app.run").ran


def test_other_threads(project: Project) -> None:
    """While another thread may run code of the user, additions are nobody's for sure."""
    textbook(project)
    project.write(
        "drive.py",
        """
        import threading
        from concurrent.futures import ThreadPoolExecutor
        import app

        def run():
            done = threading.Event()
            thread = threading.Timer(1000, print)
            thread.start()
            try:
                return app.f(3)
            finally:
                thread.cancel()

        def beside_a_pool():
            with ThreadPoolExecutor(1) as pool:
                pool.submit(int).result()
                return app.f(3)
        """,
    )
    assert project.call("drive.run").value == 6
    assert "app.f" in project.call("drive.run").ran
    assert "app.f" in project.call("drive.beside_a_pool").ran
    assert "app.f" not in project.call("drive.beside_a_pool").ran
