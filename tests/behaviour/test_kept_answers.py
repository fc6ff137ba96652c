"""What a program kept from earlier hides no file that it was made of."""

from __future__ import annotations

import pytest

from tests.conftest import Project

CONFIG = """
    import functools
    import json
    import os

    from xetcache import xetmemo

    {decorator}
    def config():
        {body}

    @xetmemo(always=True)
    def price(x):
        return x * config()

    def warm(x):
        config()
        return price(x)

    def both(x):
        return price(x), price(x + 1)
"""

WRAPPERS = {
    "lru_cache": "@functools.lru_cache",
    "small": "@functools.lru_cache(maxsize=2)",
    "cache": "@functools.cache",
}

READS = {
    "open": """with open("rate.json") as file: return json.load(file)""",
    "path": """from pathlib import Path; return json.loads(Path("rate.json").read_text())""",
    "variable": """return int(os.environ.get("RATE", 0) or json.load(open("rate.json")))""",
}


@pytest.fixture(params=WRAPPERS.values(), ids=WRAPPERS)
def program(request: pytest.FixtureRequest, project: Project) -> Project:
    """Give a program that keeps what it read from `rate.json`."""
    return write(project, request.param)


def write(project: Project, decorator: str, body: str = READS["open"]) -> Project:
    project.environment["PYTHONWARNINGS"] = "ignore"
    project.write("app.py", CONFIG.format(decorator=decorator, body=body))
    project.write("rate.json", "2")
    return project


def test_what_was_read_before_the_call(program: Project) -> None:
    """An answer that the program has from before counts by its value."""
    assert program.call("app.warm", 3).value == 6
    again = program.call("app.warm", 3)
    assert (again.value, again.ran) == (6, ["app.warm", "app.config"])

    program.write("rate.json", "5")

    assert program.call("app.warm", 3).value == 15
    assert program.call("app.price", 3).value == 15
    again = program.call("app.warm", 3)
    assert (again.value, again.ran) == (15, ["app.warm", "app.config"])
    program.write("rate.json", "2")
    assert program.call("app.price", 3).value == 6


def test_what_an_earlier_call_read(program: Project) -> None:
    """The second call in a process stands on the files that the first one read."""
    assert program.call("app.both", 3).value == (6, 8)
    assert program.call("app.both", 3).ran == ["app.both"]
    assert program.call("app.price", 4).ran == []

    program.write("rate.json", "5")

    assert program.call("app.price", 4).value == 20
    assert program.call("app.both", 3).value == (15, 20)


@pytest.mark.parametrize("body", READS.values(), ids=READS)
def test_however_it_is_read(project: Project, body: str) -> None:
    """Files by any function, and variables."""
    write(project, "@functools.cache", body)
    assert project.call("app.warm", 3).value == 6
    assert project.call("app.warm", 3).ran == ["app.warm", "app.config"]

    project.write("rate.json", "5")
    assert project.call("app.warm", 3).value == 15
    project.environment["RATE"] = "7"
    expected = 21 if "RATE" in body else 15
    assert project.call("app.warm", 3).value == expected
    assert project.call("app.both", 3).value[0] == expected


def test_an_answer_of_an_older_state_is_not_stored(project: Project) -> None:
    """What was computed from a file as it was is not kept for the file as it is."""
    write(project, "@functools.cache")
    project.write(
        "edit.py",
        """
        import app
        def run():
            before = app.price(1)
            with open("rate.json", "w") as file:
                file.write("5")
            return before, app.price(2)
        """,
    )

    assert project.call("edit.run").value == (2, 4)

    assert project.call("app.price", 2).value == 10


def test_a_pure_function_may_keep_its_answers(project: Project) -> None:
    """Which answers of a function that reads nothing are kept makes no difference."""
    project.write(
        "app.py",
        """
        import functools
        import math
        import numpy as np
        from xetcache import xetmemo

        @functools.lru_cache
        def root(x):
            return float(np.array([math.sqrt(x)]).sum()) + len(f"{x:d}".strip())

        @xetmemo(always=True)
        def twice(x):
            return 2 * root(x)

        def warm(x, *others):
            for other in others:
                root(other)
            return twice(x)
        """,
    )
    assert project.call("app.twice", 4).value == 6

    for others in ((), (4,), (9, 16)):
        assert "app.twice" not in project.call("app.warm", 4, *others).ran


LOADED = """
    import functools
    from xetcache import xetmemo

    @functools.lru_cache
    def load(path):
        with open(path) as file:
            return [int(file.read())]

    @xetmemo(always=True)
    def total(path):
        return sum(load(path)) + sum(load("base.txt"))

    def all_of(*paths):
        return [total(path) for path in paths]

    def changed(path):
        load("base.txt").append(100)
        return total(path)
"""


def test_each_call_stands_on_what_its_answers_read(project: Project) -> None:
    """A file that another answer was made of counts only where answers are used again."""
    project.write("app.py", LOADED)
    for name, text in {"base.txt": "1", "a.txt": "2", "b.txt": "3"}.items():
        project.write(name, text)
    assert project.call("app.all_of", "a.txt", "b.txt").value == [3, 4]
    assert project.call("app.all_of", "b.txt", "a.txt").ran == ["app.all_of"]

    project.write("b.txt", "5")

    assert project.call("app.total", "a.txt").ran == []
    assert project.call("app.total", "b.txt").value == 6


def test_a_kept_answer_that_was_changed_since(project: Project) -> None:
    """What is kept is data of the program, like a variable."""
    project.write("app.py", LOADED)
    for name, text in {"base.txt": "1", "a.txt": "2"}.items():
        project.write(name, text)
    assert project.call("app.total", "a.txt").value == 3

    assert project.call("app.changed", "a.txt").value == 103
    assert project.call("app.total", "a.txt").value == 3


def test_answers_changed_by_the_program(project: Project) -> None:
    """Settings that the program overrides are not those of the file, nor the reverse."""
    project.write(
        "app.py",
        """
        import functools
        import json
        from xetcache import xetmemo

        class Settings:
            def __init__(self, rate):
                self.rate = rate
                self._table = None

            def table(self):
                if self._table is None:
                    with open("table.json") as file:
                        self._table = json.load(file)
                return self._table

        @functools.lru_cache
        def settings():
            with open("rate.json") as file:
                return Settings(json.load(file))

        @xetmemo(always=True)
        def price(x):
            return x * settings().rate

        @xetmemo(always=True)
        def row(x):
            return settings().table()[x]

        def run(rate=None):
            first = price(3)
            if rate is not None:
                settings().rate = rate
            return first, price(3), price(4)

        def rows():
            return row(0), row(1)
        """,
    )
    project.write("rate.json", "2")
    project.write("table.json", "[1, 2]")
    assert project.call("app.run").value == (6, 6, 8)
    assert project.call("app.run", 5).value == (6, 15, 20)
    assert project.call("app.run", 7).value == (6, 21, 28)
    assert project.call("app.run").value == (6, 6, 8)
    assert project.call("app.run").ran == ["app.run"]

    assert project.call("app.rows").value == (1, 2)
    project.write("table.json", "[3, 4]")
    assert project.call("app.row", 1).value == 4
    assert project.call("app.rows").value == (3, 4)


def test_a_cache_that_was_emptied(project: Project) -> None:
    """What is read anew counts as it is now."""
    write(project, "@functools.cache")
    project.write(
        "empty.py",
        """
        import app
        def run(edited):
            found = [app.warm(1)]
            app.config.cache_clear()
            with open("rate.json", "w") as file:
                file.write(edited)
            app.config()
            return [*found, app.price(1)]
        """,
    )
    assert project.call("empty.run", "5").value == [2, 5]
    assert project.call("empty.run", "7").value == [5, 7]
    assert project.call("app.price", 1).value == 7
    assert project.call("app.warm", 1).value == 7


def test_what_cannot_be_digested_is_not_stored(project: Project) -> None:
    """An answer without digest that was there before: computed, said, not kept."""
    project.write(
        "app.py",
        """
        import functools
        from xetcache import xetmemo

        @functools.cache
        def source():
            return open("rate.json")

        @xetmemo(always=True)
        def size(x):
            return source().seek(0, 2) * x

        def run():
            source()
            return size(1)
        """,
    )
    project.write("rate.json", "2")

    for _ in range(2):
        done = project.call("app.run")

        assert "app.size" in done.ran
        assert "it used answers that `app.source` kept from before (unseen)" in done.stderr


def test_caches_without_a_name(project: Project) -> None:
    """Around a `partial`, around a function of a library, in a closure."""
    project.environment["PYTHONWARNINGS"] = "ignore"
    project.write(
        "app.py",
        """
        import functools
        from pathlib import Path
        from xetcache import xetmemo

        def read(path, times):
            return int(open(path).read()) * times

        def local():
            @functools.cache
            def inner(path):
                return read(path, 1)
            return inner

        of_partial = functools.cache(functools.partial(read, times=2))
        of_library = functools.cache(Path.read_text)
        inner = local()

        @xetmemo(always=True)
        def total(x):
            found = of_partial("rate.json"), of_library(Path("rate.json")), inner("rate.json")
            return [int(one) for one in found]

        def both():
            return total(1), total(2)

        def warm():
            of_partial("rate.json"), of_library(Path("rate.json"))
            return total(3)
        """,
    )
    for text, expected in (("2", [4, 2, 2]), ("5", [10, 5, 5])):
        project.write("rate.json", text)
        assert project.call("app.warm").value == expected
        assert project.call("app.both").value == (expected, expected)
        assert project.call("app.total", 2).ran == []


def test_a_memoized_function_behind_a_memoized_function(project: Project) -> None:
    """The outer result stands on the file that the inner one was made of, hit or not."""
    project.write(
        "app.py",
        """
        import functools
        import json
        from xetcache import xetmemo

        @xetmemo(always=True)
        def rate():
            with open("rate.json") as file:
                return json.load(file)

        @functools.cache
        def kept():
            return rate()

        @xetmemo(always=True)
        def price(x):
            return x * rate()

        @xetmemo(always=True)
        def through(x):
            return x * kept()

        def run():
            return rate(), price(3), through(3), through(4)
        """,
    )
    project.write("rate.json", "2")
    assert project.call("app.run").value == (2, 6, 6, 8)
    assert project.call("app.run").ran == ["app.run"]
    assert project.call("app.through", 4).ran == []

    project.write("rate.json", "5")

    assert project.call("app.through", 4).value == 20
    assert project.call("app.price", 3).value == 15
    assert project.call("app.run").value == (5, 15, 15, 20)


PROPERTIES = """
    import functools
    from xetcache import xetmemo

    class Table:
        def __init__(self, path):
            self.path = path

        @functools.cached_property
        def rows(self):
            with open(self.path) as file:
                return [int(line) for line in file]

        @functools.cached_property
        def name(self):
            return self.path.partition(".")[0]

    @xetmemo(always=True)
    def total(table, power):
        return sum(row ** power for row in table.rows), table.name

    @xetmemo(always=True)
    def title(table):
        return table.name.upper()

    def cold():
        table = Table("a.txt")
        return total(table, 1)[0], total(table, 2)[0]

    def warm():
        table = Table("a.txt")
        table.rows
        return total(table, 1)[0], total(table, 2)[0]

    def named():
        table = Table("a.txt")
        table.name
        return title(table)

    SHARED = Table("a.txt")

    @xetmemo(always=True)
    def of_shared(power):
        return sum(row ** power for row in SHARED.rows)

    def shared():
        return of_shared(1), of_shared(2)
"""


@pytest.mark.parametrize("name", ["cold", "shared"])
def test_what_an_object_keeps_is_known_once_it_was_seen(project: Project, name: str) -> None:
    """The second call stands on the file that the first one read into the object."""
    project.write("app.py", PROPERTIES)
    project.write("a.txt", "1\n2\n")
    assert project.call(f"app.{name}").value == (3, 5)
    again = project.call(f"app.{name}")
    assert (again.value, "app.Table.rows" in again.ran, again.stderr) == ((3, 5), False, "")

    project.write("a.txt", "3\n")

    assert project.call(f"app.{name}").value == (3, 9)
    assert project.call("app.of_shared", 2).value == 9


def test_what_an_object_kept_from_before_is_not_known(project: Project) -> None:
    """The result is computed and not kept, and the message names the property."""
    project.write("app.py", PROPERTIES)
    project.write("a.txt", "1\n2\n")
    for _ in range(2):
        done = project.call("app.warm")
        assert done.value == (3, 5)
        assert "it used what `Table.rows` kept from before (unseen)" in done.stderr
    project.write("a.txt", "3\n")
    assert project.call("app.warm").value == (3, 9)

    assert project.call("app.named").value == "A"
    assert "app.title" not in project.call("app.named").ran


def test_a_name_that_comes_to_mean_another_cache(project: Project) -> None:
    """What was kept is told by a name that means the cache when the call is made."""
    project.write(
        "app.py",
        """
        import functools
        from xetcache import xetmemo
        @functools.lru_cache
        def read(number):
            return open("data.txt").read()
        cached = read
        cached(1)
        @xetmemo(always=True)
        def work(x):
            return cached(1) + str(x)
        def main():
            global read
            found = work(1)
            @functools.lru_cache
            def read(number):
                return "one"
            read(1)
            return found, work(2)
        """,
    )
    project.write("data.txt", "one")
    assert project.call("app.main").value == ("one1", "one2")
    project.write("data.txt", "two")
    assert project.call("app.main").value == ("two1", "two2")


@pytest.mark.parametrize(
    ("where", "asks"),
    {
        "a list": ("held = [read]", "held[0](1)"),
        "a dictionary": ("held = {'read': read}", "held['read'](1)"),
        "a tuple": ("held = (read,)", "held[0](1)"),
        "an instance": ("held = Holder(); held.read = read", "held.read(1)"),
        "a partial": ("held = functools.partial(read, 1)", "held()"),
        "an argument": ("held = None", "given[0](1)"),
    }.values(),
    ids=["list", "dict", "tuple", "instance", "partial", "argument"],
)
def test_a_cache_in_a_value(project: Project, where: str, asks: str) -> None:
    """What it kept from before is data of the call, as of one that has a name."""
    project.write(
        "app.py",
        f"""
        import functools
        from xetcache import xetmemo
        class Holder:
            pass
        @functools.lru_cache
        def read(number):
            return open("data.txt").read()
        {where}
        read(1)
        @xetmemo(always=True)
        def work(x, given):
            return {asks} + str(x)
        def main():
            return work(1, [read])
        """,
    )
    project.write("data.txt", "one")
    assert project.call("app.main").value == "one1"
    served = project.call("app.main")
    assert served.value == "one1"
    assert "app.work" not in served.ran
    project.write("data.txt", "two")
    assert project.call("app.main").value == "two1"
