"""A result that code had a part in which no name leads to is not kept, and that is said."""

from __future__ import annotations

import sys

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="before 3.12 nothing tells cheaply what starts"
)

REGISTERED = """
    import codecs
    from xetcache import xetmemo

    def instead(error):
        return "?", error.end

    codecs.register_error("own", instead)

    @xetmemo(always=True{options})
    def plain(text):
        return text.encode("ascii", "own")
"""


def test_it_is_said_and_not_kept(project: Project) -> None:
    """The message names the function, and what to do."""
    project.write("app.py", REGISTERED.format(options=""))

    for _ in range(2):
        done = project.call("app.plain", "a\xe9")
        assert done.value == b"a?"
        assert done.ran == ["app.plain", "app.instead"]
        assert "it used `app.instead` (unseen)" in done.stderr
        assert "depends_on" in done.stderr
    assert project.call("app.plain", "a").value == b"a"
    assert project.call("app.plain", "a").ran == []


def test_what_is_declared_is_followed(project: Project) -> None:
    """`depends_on` makes it one of the things that count."""
    project.write("app.py", REGISTERED.format(options=", depends_on=[instead]"))
    assert project.call("app.plain", "a\xe9").value == b"a?"
    assert project.call("app.plain", "a\xe9").ran == []

    project.replace("app.py", '"?"', '"!"')

    assert project.call("app.plain", "a\xe9").value == b"a!"


def test_what_is_pinned_is_not_looked_at(project: Project) -> None:
    """`pin` says that the code of a module does not count."""
    project.write("own.py", REGISTERED.partition("@")[0])
    project.write(
        "app.py",
        """
        import own
        from xetcache import xetmemo

        @xetmemo(always=True, pin="own")
        def plain(text):
            return text.encode("ascii", "own")
        """,
    )
    assert project.call("app.plain", "a\xe9").value == b"a?"
    assert project.call("app.plain", "a\xe9").ran == []


IGNORED = """
    from xetcache import xetmemo

    class Log:
        def __init__(self):
            self.file = open("log.txt", "a")
        def say(self, text):
            self.write(text)
        def write(self, text):
            self.file.write(text)

    LOG = Log()

    @xetmemo(always=True, ignore=["LOG"])
    def by_global(x):
        LOG.say("called")
        return x + 1

    class Model:
        @xetmemo(always=True, ignore=["self"])
        def fit(self, x):
            return self.step(x)
        def step(self, x):
            return x + 1

    @xetmemo(always=True, ignore=["show"])
    def by_argument(x, show):
        show(x)
        return x + 1

    def run():
        return by_global(1), Model().fit(1), by_argument(1, lambda x: None)
"""


def test_what_is_ignored_may_run(project: Project) -> None:
    """Code behind an ignored parameter or variable is no part of the result."""
    project.environment["PYTHONWARNINGS"] = "ignore"
    project.write("app.py", IGNORED)

    assert project.call("app.run").value == (2, 2, 2)

    assert project.call("app.run").ran == ["app.run"]


def test_what_reports_may_run(project: Project) -> None:
    """Handlers of loggers and of warnings make no difference to a result."""
    project.write(
        "app.py",
        """
        import logging
        import warnings
        from xetcache import xetmemo

        class Handler(logging.Handler):
            def emit(self, record):
                show(self.format(record))

        class Format(logging.Formatter):
            def format(self, record):
                return record.getMessage()

        def show(*args):
            pass

        def setup():
            handler = Handler()
            handler.setFormatter(Format())
            logging.getLogger().addHandler(handler)
            warnings.showwarning = show

        @xetmemo(always=True)
        def work(x):
            logging.getLogger("work").error("working")
            warnings.warn("slow")
            return x + 1

        def run(x):
            setup()
            return work(x)
        """,
    )
    assert "app.Handler.emit" in project.call("app.run", 1).ran
    assert project.call("app.run", 1).ran == ["app.run", "app.setup"]


def test_what_prints_and_what_digests_may_run(project: Project) -> None:
    """A stream of the program's own, and what stands for its classes in keys."""
    project.write(
        "app.py",
        """
        import sys
        import xetcache
        from xetcache import xetmemo

        class Tee:
            def __init__(self, *streams):
                self.streams = streams
            def write(self, text):
                return self.each("write", text)
            def flush(self):
                self.each("flush")
            def each(self, name, *args):
                for stream in self.streams:
                    getattr(stream, name)(*args)

        class Model:
            pass

        def stands_for(model):
            return "model"

        xetcache.register(Model, stands_for)

        @xetmemo(always=True)
        def inner(model):
            return 1

        @xetmemo(always=True)
        def outer(x):
            print("working")
            return inner(Model()) + x

        def run(x):
            sys.stdout = Tee(sys.stdout)
            return outer(x)
        """,
    )
    first = project.call("app.run", 1)
    assert first.stderr == ""
    assert {"app.Tee.write", "app.Tee.each", "app.stands_for"} <= set(first.ran)
    assert project.call("app.run", 1).ran == ["app.run", "app.Tee.__init__"]


OTHERS = """
    import asyncio
    import codecs
    import threading
    import time
    from xetcache import xetmemo

    def hidden(error):
        return "?", error.end

    codecs.register_error("own", hidden)

    def other():
        return "\\xe9".encode("ascii", "own")

    @xetmemo(always=True, ignore=["started", "done"])
    def alone(x):
        started.set()
        done.wait(10)
        return x + 1

    started, done = threading.Event(), threading.Event()

    def beside_a_thread():
        def work():
            started.wait(10)
            other()
            done.set()
        thread = threading.Thread(target=work)
        thread.start()
        result = alone(1)
        thread.join()
        return result

    @xetmemo(always=True)
    async def waits(x):
        for _ in range(5):
            await asyncio.sleep(0)
        return x + 1

    def beside_a_task():
        async def task():
            for _ in range(3):
                await asyncio.sleep(0)
                other()
        async def main():
            return (await asyncio.gather(waits(1), task()))[0]
        return asyncio.run(main())

    @xetmemo(always=True)
    def in_a_thread(x):
        found = []
        thread = threading.Thread(target=lambda: found.append("\\xe9".encode("ascii", "own")))
        thread.start()
        thread.join()
        return found

    @xetmemo(always=True)
    def in_a_task(x):
        async def task():
            return "\\xe9".encode("ascii", "own")
        async def main():
            return await asyncio.create_task(task())
        return asyncio.run(main())

    @xetmemo(always=True)
    def outer(x):
        return in_a_task(x)
"""


@pytest.mark.parametrize("name", ["beside_a_thread", "beside_a_task"])
def test_other_work_is_none_of_the_calls(project: Project, name: str) -> None:
    """What other threads and tasks run meanwhile does not keep a result from being kept."""
    project.write("app.py", OTHERS)

    done = project.call(f"app.{name}")

    assert done.value == 2
    assert "app.hidden" in done.ran
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["in_a_thread", "in_a_task", "outer"])
def test_work_that_the_call_starts_is_its_own(project: Project, name: str) -> None:
    """In threads and tasks, and in calls of other memoized functions."""
    project.write("app.py", OTHERS)

    for _ in range(2):
        done = project.call(f"app.{name}", 1)
        assert "app.hidden" in done.ran
        assert f"app.{name} is computed and not kept: it used `app.hidden`" in done.stderr


def test_a_module_that_no_name_leads_to(project: Project) -> None:
    """Of code that the call loads by a path, the file is a fact."""
    project.write(
        "app.py",
        """
        import importlib.util
        from xetcache import xetmemo

        @xetmemo(always=True)
        def rate(path):
            spec = importlib.util.spec_from_file_location("plugin", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.rate()
        """,
    )
    project.write("plugin.txt.py", "def rate():\n    return 2\n")
    assert project.call("app.rate", "plugin.txt.py").value == 2
    assert project.call("app.rate", "plugin.txt.py").ran == []

    project.replace("plugin.txt.py", "2", "3")

    assert project.call("app.rate", "plugin.txt.py").value == 3


def test_made_classes_are_known(project: Project) -> None:
    """Code that Python writes for a class counts with the class."""
    project.write(
        "app.py",
        """
        import collections
        import dataclasses
        import enum
        import typing
        from xetcache import xetmemo

        @dataclasses.dataclass(order=True)
        class Row:
            size: int = 0

        Point = collections.namedtuple("Point", "x y", defaults=[0])

        class Pair(typing.NamedTuple):
            x: int = 0

        class Color(enum.Enum):
            RED = 1

        @xetmemo(always=True)
        def work(x):
            @dataclasses.dataclass
            class Local:
                size: int = 0
            Made = collections.namedtuple("Made", "x")
            scope = {}
            exec("def f(): return 1", scope)
            rows = sorted([Row(2), Row(1)])
            return repr((Local(1), Made(1), rows, Point(1), Pair(), Color(1), scope["f"]()))
        """,
    )
    first = project.call("app.work", 1)
    assert first.stderr == ""
    assert project.call("app.work", 1).ran == []


def test_our_own_code_is_none_of_it(project: Project) -> None:
    """What looks results up within a call is not taken for code of the call."""
    project.write(
        "app.py",
        """
        from xetcache import xetmemo

        @xetmemo(always=True)
        def fib(n):
            return n if n < 2 else fib(n - 1) + fib(n - 2)
        """,
    )
    assert project.call("app.fib", 9).stderr == ""
    assert project.call("app.fib", 9).ran == []


def test_others_may_have_all_the_tools(project: Project) -> None:
    """Where no tool of `sys.monitoring` is free, results are kept as before."""
    project.write("app.py", REGISTERED.format(options=""))
    project.write(
        "taken.py",
        """
        import sys
        for tool in range(6):
            if sys.monitoring.get_tool(tool) is None:
                sys.monitoring.use_tool_id(tool, "another")
        import app
        run = app.plain
        """,
    )
    assert project.call("taken.run", "a\xe9").stderr == ""


@pytest.mark.parametrize(
    "run",
    [
        "contextvars.Context().run(plain, text)",
        "asyncio.run(in_a_task(text))",
        "in_a_thread(text)",
    ],
)
def test_in_a_context_of_its_own(project: Project, run: str) -> None:
    """What a call runs is its own work in whatever context it runs it."""
    program = REGISTERED.format(options="").replace("    @xetmemo(always=True)\n", "")
    project.write(
        "app.py",
        program
        + f"""
    import asyncio, contextvars, threading

    async def later(text):
        return plain(text)

    async def in_a_task(text):
        return await asyncio.create_task(later(text), context=contextvars.Context())

    def in_a_thread(text):
        found = []
        thread = threading.Thread(target=lambda: found.append(plain(text)))
        contextvars.Context().run(thread.start)
        thread.join()
        return found[0]

    @xetmemo(always=True)
    def main(text):
        return {run}
    """,
    )
    for _ in range(2):
        done = project.call("app.main", "a\xe9")
        assert done.value == b"a?"
        assert "it used `app.instead` (unseen)" in done.stderr


FOUND = """
    import pickle, runpy, importlib.util
    from pathlib import Path
    import conf
    from xetcache import xetmemo

    def loaded(path):
        spec = importlib.util.spec_from_file_location("script", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.SIZE

    @xetmemo(always=True)
    def main():
        return {found}
"""


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ("runpy.run_path('script.py')['SIZE']", "<module>"),
        ("loaded('script.py')", "<module>"),
        ("pickle.loads(Path('kept').read_bytes())", "conf.RATE"),
        ("pickle.loads(Path('kept class').read_bytes()).size", "conf.Kind"),
        ("pickle.Unpickler(Path('kept').open('rb')).load()", "conf.RATE"),
    ],
)
def test_what_only_data_names(project: Project, found: str, named: str) -> None:
    """Modules that a script imports, and what a pickle finds, were there before the call."""
    project.write("app.py", FOUND.format(found=found))
    project.write("conf.py", "RATE = 1\nclass Kind:\n    size = 1\n")
    project.write("script.py", "from conf import RATE\nSIZE = RATE\n")
    project.write("kept", "cconf\nRATE\n.")
    project.write("kept class", "cconf\nKind\n.")

    for rate in (1, 2):
        project.write("conf.py", f"RATE = {rate}\nclass Kind:\n    size = {rate}\n")
        done = project.call("app.main")
        assert done.value == rate
        assert "(unseen)" in done.stderr
        assert named in done.stderr


def test_a_script_on_its_own(project: Project) -> None:
    """A script that imports nothing of the program is an input like any file."""
    project.write("app.py", FOUND.format(found="runpy.run_path('script.py')['SIZE']"))
    project.write("conf.py", "")
    project.write("other.py", "RATE = 1\n")
    project.write("script.py", "import json\nfrom other import RATE\nSIZE = RATE\n")

    assert project.call("app.main").value == 1
    assert project.call("app.main").ran == []
    project.write("other.py", "RATE = 20\n")
    assert project.call("app.main").value == 20


TWIN = """
    from xetcache import xetmemo

    def helper(x):
        return x + 1

    @xetmemo(always=True)
    def instead(error):
        return "%d" % helper(error.start), error.end
"""

TWINS = """
    import codecs
    from xetcache import xetmemo
    import first, second

    codecs.register_error("own", first.instead)
    {before}

    @xetmemo(always=True)
    def main(x):
        return second.instead(x) if x > 100 else "ab\\xe9".encode("ascii", "own")
"""


@pytest.mark.parametrize("before", ["", "'ab\\xe9'.encode('ascii', 'own')"], ids=["new", "kept"])
def test_an_answer_of_a_function_whose_twin_is_known(project: Project, before: str) -> None:
    """Another function of the same body is not the one that answered."""
    project.write("first.py", TWIN)
    project.write("second.py", TWIN)
    project.write("app.py", TWINS.format(before=before))

    assert project.call("app.main", 1).value == b"ab3"
    project.replace("first.py", "x + 1", "x + 2")
    done = project.call("app.main", 1)
    assert done.value == b"ab4"
    assert "(unseen)" in done.stderr
