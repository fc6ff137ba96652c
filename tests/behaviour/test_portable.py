"""What one version of Python computed serves another, where you allow it and source agrees.

Most tests pretend to be another version: all that is asked of it is its name. The last
ones run real ones, see `other_pythons`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project

APP = """
    import os
    import tracer
    tracer.PYTHON = os.environ.get("PRETEND", tracer.PYTHON)

    from xetcache import options, xetmemo
    from helpers import scale

    @xetmemo(always=True)
    def total(x):
        return scale(x) + 1

    @xetmemo(always=True, python="ignore")
    def always_any(x):
        return scale(x)

    @xetmemo(always=True, python="minor")
    def never_any(x):
        return scale(x) - 1

    @xetmemo(always=True)
    def read(name):
        return open(name).read()

    @xetmemo(always=True, mutates="rows")
    def append(rows, x):
        rows.append(x)
        return len(rows)

    def appended(x):
        rows = []
        return append(rows, x), rows

    @xetmemo(always=True)
    def function(x):
        return [lambda: x]

    def called(x):
        return function(x)[0]()

    @xetmemo(always=True)
    def path(x):
        from pathlib import Path
        return Path(x)

    def both(x):
        first = total(x)
        with options(python="minor"):
            return first, total(x)

    def edited(x):
        with open("helpers.py", "w") as file:
            file.write("def scale(x):\\n    return x * 3\\n")
        return total(x)

    def forgotten(x):
        total.forget(x)

    def why(x):
        return str(total.explain(x))
"""

HELPERS = """
    RATE = 2

    def scale(x):
        return x * RATE
"""


@pytest.fixture
def app(project: Project) -> Project:
    """Give a program whose settings allow any Python, and that pretends to be another."""
    project.write("app.py", APP)
    project.write("helpers.py", HELPERS)
    project.environment["XETCACHE_PYTHON"] = "ignore"
    project.environment["PRETEND"] = "cpython 3.10"
    return project


def elsewhere(app: Project) -> Project:
    """Have the program be itself from here on."""
    del app.environment["PRETEND"]
    return app


def ran(app: Project, *call: Any) -> tuple[Any, bool]:
    """Return the value of a call, and whether it was computed."""
    outcome = app.call(*call)
    return outcome.value, bool(outcome.ran and set(outcome.ran) - {call[0]})


def test_another_version_is_served(app: Project) -> None:
    """A result is there for every version of Python."""
    app.call("app.total", 3)

    outcome = elsewhere(app).call("app.total", 3)
    assert (outcome.value, outcome.ran) == (7, [])
    assert app.call("app.total", 4).ran == ["app.total", "helpers.scale"]


def test_by_default_it_is_not(app: Project) -> None:
    """Versions of Python differ in more than their bytecode, so you have to say so."""
    del app.environment["XETCACHE_PYTHON"]
    app.call("app.total", 3)
    assert elsewhere(app).call("app.total", 3).ran
    assert not (app.folder / "xmemo" / "portable").exists()


@pytest.mark.parametrize("reader", ["minor", "ignore"])
def test_it_is_for_the_reader_to_say(app: Project, reader: str) -> None:
    """That it was found before is no reason to be served it now."""
    app.call("app.total", 3)
    elsewhere(app).environment["XETCACHE_PYTHON"] = reader
    assert bool(app.call("app.total", 3).ran) == (reader == "minor")


def test_settings_of_a_block_are_obeyed(app: Project) -> None:
    """An entry in memory is not served either where that is not allowed any longer."""
    app.call("app.total", 3)
    outcome = elsewhere(app).call("app.both", 3)
    assert outcome.value == (7, 7)
    assert outcome.ran == ["app.both", "app.total", "helpers.scale"]


def test_an_option_of_a_function_comes_first(app: Project) -> None:
    """`python=` of a decorator overrides the setting."""
    app.environment["XETCACHE_PYTHON"] = "minor"
    app.call("app.always_any", 3)
    assert app.call("app.never_any", 3).ran
    elsewhere(app)
    assert not app.call("app.always_any", 3).ran
    app.environment["XETCACHE_PYTHON"] = "ignore"
    assert app.call("app.never_any", 3).ran


def test_the_setting_may_stand_in_the_project_file(app: Project) -> None:
    """As every setting; a value it cannot have is refused."""
    del app.environment["XETCACHE_PYTHON"]
    app.write("pyproject.toml", "[tool.xetcache]\npython = 'ignore'\n")
    app.call("app.total", 3)
    assert not elsewhere(app).call("app.total", 3).ran
    app.write("pyproject.toml", "[tool.xetcache]\npython = '3.12'\n")
    outcome = app.call("app.total", 3)
    assert outcome.ran
    assert "python cannot be '3.12': one of minor, ignore" in outcome.stderr


@pytest.mark.parametrize(
    ("old", "new"),
    [("x * RATE", "RATE * x"), ("RATE = 2", "RATE = 3"), ("return x", "return -x")],
)
def test_an_edited_dependency_misses(app: Project, old: str, new: str) -> None:
    """All source that is reached counts, and the values it reads."""
    app.call("app.total", 3)
    elsewhere(app).replace("helpers.py", old, new)
    assert app.call("app.total", 3).ran == ["app.total", "helpers.scale"]


def test_a_comment_or_another_function_does_not(app: Project) -> None:
    """What is no part of what runs changes nothing here, either."""
    app.call("app.total", 3)
    app.replace("helpers.py", "return x * RATE", "# doubled\n    return (x * RATE)")
    app.replace("helpers.py", "RATE = 2", "RATE = 2\n\ndef other(): ...")
    assert not elsewhere(app).call("app.total", 3).ran


def test_a_file_that_was_edited_after_its_import_is_not_taken_for_what_ran(app: Project) -> None:
    """The result is that of the code that ran, and is found for no other."""
    assert app.call("app.edited", 3).value == 7
    assert not (app.folder / "xmemo" / "portable").exists()
    outcome = elsewhere(app).call("app.total", 3)
    assert (outcome.value, outcome.ran) == (10, ["app.total", "helpers.scale"])


def test_facts_hold_as_for_any_entry(app: Project) -> None:
    """A file that was read has to be what it was."""
    app.write("data.txt", "1")
    app.call("app.read", "data.txt")
    elsewhere(app)
    assert not app.call("app.read", "data.txt").ran
    app.write("data.txt", "2")
    assert app.call("app.read", "data.txt").value == "2"


def test_what_a_call_changes_is_changed_on_a_hit(app: Project) -> None:
    """Effects are those of the computation, wherever it was made."""
    assert app.call("app.appended", 3).value == (1, [3])
    outcome = elsewhere(app).call("app.appended", 3)
    assert (outcome.value, outcome.ran) == ((1, [3]), ["app.appended"])


def test_code_in_a_result_stays_with_its_python(app: Project) -> None:
    """Bytecode of one version is nothing that another could run."""
    app.call("app.called", 3)
    assert not (app.folder / "xmemo" / "portable").exists()
    outcome = elsewhere(app).call("app.called", 3)
    assert (outcome.value, "app.function" in outcome.ran) == (3, True)


def test_what_cannot_be_read_here_stays(app: Project) -> None:
    """Another version may read it; this one computes it again."""
    app.call("app.path", "a")
    (entry,) = (app.folder / "xmemo" / "entries").rglob("*.xet")
    app.write(
        "sitecustomize.py",
        "import pickle\n\ndef loads(*_):\n    raise ModuleNotFoundError\n",
    )
    app.environment["PYTHONPATH"] = f"{app.folder}:{app.environment['PYTHONPATH']}"
    app.replace("app.py", "import os", "import os, pickle, sitecustomize")
    app.replace(
        "app.py", "import tracer\n", "import tracer\nif 'PRETEND' not in os.environ:\n"
        "    import xetcache.codecs.pickled as p\n    p.pickle = sitecustomize\n",
    )  # fmt: skip
    outcome = elsewhere(app).call("app.path", "a")
    assert entry.exists()
    assert "app.path" in outcome.ran


def test_forgetting_is_for_all_that_would_serve(app: Project) -> None:
    """`forget` leaves nothing that the same call would be served."""
    app.call("app.total", 3)
    elsewhere(app).call("app.forgotten", 3)
    assert app.call("app.total", 3).ran


def test_explain_says_so(app: Project) -> None:
    """Which Python computed it, and that it was served to another."""
    app.call("app.total", 3)
    said = elsewhere(app).call("app.why", 3).value
    assert re.search(r"would hit.*\n.* on cpython 3.10\n  served on cpython 3\.1\d, as", said)
    app.call("app.total", 3)
    listed = app.python("-m", "xetcache", "explain", "--json").stdout
    (found,) = json.loads(listed)["explanations"]
    assert found["origin"]["python"] == "cpython 3.10"
    assert found["origin"]["served_on"].startswith("cpython 3.1")


def test_a_foreign_file_among_the_names_is_left_alone(app: Project) -> None:
    """Whatever else lies in the folder is no entry."""
    app.call("app.total", 3)
    (name,) = (app.folder / "xmemo" / "portable").rglob("*.json")
    Path(f"{str(name).removesuffix('.json')}-copy.json").write_text("?")
    assert not elsewhere(app).call("app.total", 3).ran


# -- real interpreters ----------------------------------------------------------------

EVERYTHING = """
    import abc, collections, contextlib, dataclasses, decimal, enum, functools, itertools, json
    import math, pathlib, re, typing
    import numpy as np
    from xetcache import xetmemo

    RATE = 2
    TABLE = {"a": 1, "b": [1, 2, 3]}
    NUMBER = re.compile(r"[0-9]+")
    HERE = pathlib.PurePosixPath("a/b")

    class Color(enum.Enum):
        RED = 1
        BLUE = 2
        def next(self):
            return Color.BLUE if self is Color.RED else Color.RED

    class Bits(enum.IntFlag):
        A = enum.auto()
        B = enum.auto()

    @dataclasses.dataclass
    class Point:
        x: float
        y: float = 1.5
        def norm(self):
            return math.hypot(self.x, self.y)

    @dataclasses.dataclass(frozen=True, order=True, slots=True)
    class Frozen:
        a: int
        b: list = dataclasses.field(default_factory=list, compare=False)
        c: typing.ClassVar[int] = 3

    @dataclasses.dataclass(kw_only=True)
    class Space(Point):
        z: float = 0.0
        scale: dataclasses.InitVar[int] = 1
        def __post_init__(self, scale):
            self.z *= scale

    class Pair(typing.NamedTuple):
        left: int
        right: int = 3

    Single = collections.namedtuple("Single", "only")

    class Shape(abc.ABC):
        @abc.abstractmethod
        def area(self): ...
        @property
        def double(self):
            return 2 * self.area()

    class Square(Shape):
        def __init__(self, side):
            self.side = side
            self.__more = 3
        def area(self):
            return self.side ** 2 + self.__more
        @classmethod
        def of(cls, side):
            return cls(side)

    def helper(x):
        return x * RATE + TABLE["a"]

    @functools.lru_cache
    def fib(n):
        return n if n < 2 else fib(n - 1) + fib(n - 2)

    @contextlib.contextmanager
    def scope(x):
        yield x

    def decorate(f):
        @functools.wraps(f)
        def wrapper(*args, **more):
            return f(*args, **more)
        return wrapper

    @decorate
    def decorated(x):
        return helper(x)

    def maker(n):
        def inner(x, m=[1]):
            return [x + n + y for y in m if y in TABLE["b"]]
        return inner

    add = maker(3)

    @xetmemo(always=True, python="ignore")
    def everything(x):
        comprehensions = [helper(i) for i in range(x) if i in TABLE["b"]], {i: math.floor(i) for i in (y for y in [x])}
        ordered = sorted([x, 1], key=lambda v: (helper(v), -v))
        match Point(x, RATE):
            case Point(x=1): found = 1
            case Point(y=y): found = y
        with scope(x) as inside:
            text = f"{inside!r:>{RATE}} {helper(x):.2f} {Pair(x).left=}"
        local = functools.reduce(lambda a, b: a + b, itertools.chain([1], [x]))
        try:
            raise ValueError(x)
        except ValueError as error:
            failed = str(error)
        return (
            comprehensions, ordered, found, text, local, failed, Color(1).next().name, int(Bits.A | Bits.B),
            Frozen(x).a, Space(x=x, z=2.0, scale=3).z, Single(x).only, Square.of(x).double, fib(x),
            decorated(x), add(x), float(np.linalg.norm(np.arange(x))), NUMBER.findall(json.dumps(x)), str(HERE / "c"),
            str(decimal.Decimal(x) + decimal.getcontext().prec),
        )

    @xetmemo(always=True)
    def strict(x):
        return helper(x)

    @xetmemo(always=True, python="ignore")
    def takes(point, numbers):
        import numpy
        return point.norm() + float(numpy.sum(numbers))

    def taken(x):
        return takes(Point(x), np.arange(x))

    def everything_why(x):
        return str(everything.explain(x))
"""  # noqa: E501


@pytest.fixture
def program(project: Project) -> Project:
    """Give a program with a bit of everything."""
    project.write("app.py", EVERYTHING)
    return project


def test_real_versions_serve_each_other(program: Project, other_pythons: list[str]) -> None:
    """From this Python to each other one, and from each of them to this."""
    here = program.interpreter
    expected = program.call("app.everything", 5)
    assert expected.ran
    computed_there = 6
    for other in other_pythons:
        program.interpreter = other
        outcome = program.call("app.everything", 5)
        assert (outcome.value, outcome.ran) == (expected.value, [])
        assert program.call("app.taken", computed_there).ran != ["app.taken"]
        assert program.call("app.strict", 5).ran
        program.interpreter = here
        assert program.call("app.taken", computed_there).ran == ["app.taken"]
        computed_there += 1


def test_real_versions_say_so(program: Project, other_pythons: list[str]) -> None:
    """`explain` names both versions."""
    program.call("app.everything", 5)
    program.interpreter = other_pythons[0]
    said = program.call("app.everything_why", 5).value
    versions = re.findall(r"on (cpython 3\.\d+)", said)
    assert len(set(versions)) == 2, said


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x * RATE + TABLE", "x + RATE + TABLE"),
        ("RATE = 2", "RATE = 3"),
        ("y: float = 1.5", "y: float = 2.5"),
        ("order=True, slots", "slots"),
        ("right: int = 3", "right: int = 4"),
        ("BLUE = 2", "BLUE = 3"),
        ("self.__more = 3", "self.__more = 4"),
        ("def inner(x, m=[1])", "def inner(x, m=[2])"),
        ("default_factory=list", "default_factory=dict"),
    ],
)
def test_an_edit_is_seen_on_every_version(
    program: Project, other_pythons: list[str], old: str, new: str
) -> None:
    """What it computed before an edit is not served after it, wherever."""
    program.call("app.everything", 5)
    program.replace("app.py", old, new)
    here, program.interpreter = program.interpreter, other_pythons[0]
    outcome = program.call("app.everything", 5)
    assert outcome.ran
    for interpreter in (here, other_pythons[-1]):
        program.interpreter = interpreter
        again = program.call("app.everything", 5)
        assert (again.value, again.ran) == (outcome.value, [])
