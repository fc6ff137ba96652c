"""A result is computed again when something changed that it read outside the program."""

# ruff: noqa: E501 - one program a line

from __future__ import annotations

import asyncio
import contextvars
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import outcome
from xetcache import options, xetmemo

pytestmark = [
    # The programs leave closing to the garbage collector, as their users do.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Work in a folder of a project, with a store of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("MODE", "OTHER"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "data.txt").write_text("5")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("1")
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield tmp_path


def made(source: str) -> Callable[[], Any]:
    """Return `f` of a program given as text."""
    module = ModuleType("program")
    module.__file__ = os.path.abspath("program.py")
    exec(compile(textwrap.dedent(source), module.__file__, "exec"), module.__dict__)
    return module.f


def check(source: str, change: Callable[[], object], undo: Callable[[], object] | None) -> None:
    """Check that a change misses, that it hits once undone, and that both are kept."""
    plain = made(source)
    kept = xetmemo(always=True)(plain)
    before = kept()
    assert outcome() == "miss"
    assert kept() == before == plain()
    assert outcome() == "hit"
    change()
    after = kept()
    assert outcome() == "miss"
    assert after == plain() != before
    assert kept() == after
    assert outcome() == "hit"
    if undo is not None:
        undo()
        assert kept() == before
        assert outcome() == "hit"


CONTENT = {
    "open": "def f(): return open('data.txt').read()",
    "with-mode": "def f():\n    with open('data.txt', 'rb') as file: return file.readlines()",
    "absolute": "import os\ndef f(): return open(os.path.abspath('data.txt')).read()",
    "path-object": "from pathlib import Path\ndef f(): return Path('data.txt').read_text()",
    "imported-inside": "def f():\n    from pathlib import Path\n    return Path('data.txt').read_bytes()",
    "beside-the-module": """
        from pathlib import Path
        HERE = Path(__file__).parent
        def f(): return (HERE / "data.txt").read_text()
    """,
    "os-open": """
        import os
        def f():
            handle = os.open("data.txt", os.O_RDONLY)
            try: return os.read(handle, 100)
            finally: os.close(handle)
    """,
    "fileinput": "import fileinput\ndef f(): return list(fileinput.input(['data.txt']))",
    "linecache": """
        import linecache
        def f():
            linecache.clearcache()
            return linecache.getline("data.txt", 1)
    """,
    "mmap": """
        import mmap
        def f():
            with open("data.txt", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as m:
                return bytes(m)
    """,
    "copy": """
        import shutil, os
        def f():
            shutil.copyfile("data.txt", "copy.txt")
            try: return open("copy.txt").read()
            finally: os.remove("copy.txt")
    """,
    "thread": """
        import threading
        def f():
            found = []
            thread = threading.Thread(target=lambda: found.append(open("data.txt").read()))
            thread.start(); thread.join()
            return found
    """,
    "pool": """
        from concurrent.futures import ThreadPoolExecutor
        def read(path): return open(path).read()
        def f():
            with ThreadPoolExecutor(2) as pool: return list(pool.map(read, ["data.txt"]))
    """,
    "numpy-loadtxt": "import numpy as np\ndef f(): return float(np.loadtxt('data.txt'))",
    "numpy-fromfile": "import numpy as np\ndef f(): return np.fromfile('data.txt', 'u1').tolist()",
    "numpy-memmap": "import numpy as np\ndef f(): return int(np.memmap('data.txt', 'u1', 'r').sum())",
    "pandas-csv": "import pandas as pd\ndef f(): return pd.read_csv('data.txt', header=None)[0].tolist()",
    "size": "import os\ndef f(): return os.path.getsize('data.txt')",
    "path-size": "from pathlib import Path\ndef f(): return Path('data.txt').stat().st_size",
    "if-there": """
        import os
        def f(): return open("data.txt").read() if os.path.exists("data.txt") else None
    """,
    "generator": "def lines(): yield from open('data.txt')\ndef f(): return list(lines())",
}


@pytest.mark.parametrize("source", CONTENT.values(), ids=CONTENT)
def test_the_content_of_a_file(source: str) -> None:
    """However it is read."""
    path = Path("data.txt")
    status = path.stat()

    def undo() -> None:
        path.write_text("5")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    check(source, lambda: path.write_text("66"), undo)


THERE = {
    "exists": "import os\ndef f(): return os.path.exists('flag')",
    "isfile": "from os.path import isfile\ndef f(): return isfile('flag')",
    "lexists": "import os.path\ndef f(): return os.path.lexists('flag')",
    "path-exists": "from pathlib import Path\ndef f(): return Path('flag').exists()",
    "path-is-file": "from pathlib import Path\ndef f(): return Path('flag').is_file()",
    "asks-forgiveness": """
        def f():
            try: return len(open("flag").read())
            except FileNotFoundError: return -1
    """,
    "listed": "import os\ndef f(): return sorted(os.listdir())",
    "listed-by-path": "import os\ndef f(): return sorted(os.listdir('.'))",
    "scanned": "import os\ndef f(): return sorted(entry.name for entry in os.scandir())",
    "walked": "import os\ndef f(): return sorted(n for top, _, names in os.walk('.') for n in names if 'xmemo' not in top)",
    "globbed": "import glob\ndef f(): return glob.glob('fl*')",
    "path-globbed": "from pathlib import Path\ndef f(): return [one.name for one in Path().glob('f*')]",
    "iterdir": "from pathlib import Path\ndef f(): return sorted(one.name for one in Path().iterdir())",
}


@pytest.mark.parametrize("source", THERE.values(), ids=THERE)
def test_a_file_that_appears(source: str) -> None:
    """That it was not there is what the result was computed from."""
    Path("xmemo").mkdir()  # what is kept lies here too, and is listed
    flag = Path("flag")
    check(source, lambda: flag.write_text("x"), flag.unlink)


def test_a_file_in_a_folder_below() -> None:
    """Folders that are walked are listed one by one."""
    source = "import os\ndef f(): return [sorted(n) for _, _, n in os.walk('in')]"
    new = Path("in/b.txt")
    check(source, lambda: new.write_text("x"), new.unlink)


VARIABLES = {
    "get": "import os\ndef f(): return os.environ.get('MODE', 'none')",
    "getenv": "from os import getenv\ndef f(): return getenv('MODE')",
    "in": "import os\ndef f(): return 'MODE' in os.environ",
    "subscript": """
        import os
        def f():
            try: return os.environ["MODE"]
            except KeyError: return None
    """,
    "bytes": "import os\ndef f(): return os.environb.get(b'MODE')",
    "expandvars": "import os\ndef f(): return os.path.expandvars('$MODE')",
    "all": "import os\ndef f(): return sorted(os.environ) + [dict(os.environ).get('MODE')]",
    "items": "import os\ndef f(): return {k: v for k, v in os.environ.items() if k == 'MODE'}",
}


@pytest.mark.parametrize("source", VARIABLES.values(), ids=VARIABLES)
def test_an_environment_variable(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set, where it was not."""
    check(
        source,
        lambda: monkeypatch.setenv("MODE", "x"),
        lambda: monkeypatch.delenv("MODE"),
    )


def test_a_database() -> None:
    """SQLite opens its file itself, and tells."""

    def execute(statement: str) -> None:
        connection = sqlite3.connect("data.db")
        connection.execute(statement)
        connection.commit()
        connection.close()

    execute("create table t (v)")
    source = """
        import sqlite3
        def f():
            connection = sqlite3.connect("data.db")
            try: return connection.execute("select count(*) from t").fetchone()
            finally: connection.close()
    """
    check(source, lambda: execute("insert into t values (1)"), None)


@pytest.mark.parametrize("how", ["'data.db'", "'file:data.db?mode=ro'"])
def test_an_attached_database(how: str) -> None:
    """Is read like the one that was connected to."""

    def execute(statement: str) -> None:
        with closing(sqlite3.connect("data.db")) as connection, connection:
            connection.execute(statement)

    execute("create table t (v)")
    source = f"""
        import sqlite3
        def f():
            connection = sqlite3.connect(":memory:", uri=True)
            connection.execute({f"attach database {how} as d"!r})
            try: return connection.execute("select count(*) from d.t").fetchone()
            finally: connection.close()
    """
    check(source, lambda: execute("insert into t values (1)"), None)


ATTACHES = {
    "parameter": "'attach ? as d', ('new.db',)",
    "formatted": "f'attach {NAME!r} as d'",
    "joined": "'ATTACH DATABASE ' + repr(NAME) + ' AS d'",
}


@pytest.mark.parametrize("statement", ATTACHES.values(), ids=ATTACHES)
def test_a_database_whose_name_the_statement_does_not_tell(statement: str) -> None:
    """Cannot be told, so nothing is kept."""
    source = f"""
        import sqlite3
        NAME = "new.db"
        def f():
            connection = sqlite3.connect(":memory:")
            connection.execute({statement})
            connection.close()
    """
    kept = xetmemo(always=True)(made(source))
    kept()
    assert not kept.would_hit()


# -- what is no reason ----------------------------------------------------------------


# -- what is asked of `os` directly -----------------------------------------------------


def grown() -> None:
    """Write to a file, and give a link to it another target."""
    Path("data.txt").write_text("66")
    Path("made").mkdir()
    os.unlink("link")
    os.symlink("in", "link")


ASKED = {
    "stat": "import os\ndef f(): return os.stat('data.txt').st_size",
    "stat-by-keyword": "import os\ndef f(): return os.stat(path='data.txt').st_size",
    "stat-under-another-name": "from os import stat as ask\ndef f(): return ask('data.txt').st_size",
    "stat-handed-over": "import os\ndef f(): return [one.st_size for one in map(os.stat, ['data.txt'])]",
    "stat-imported-inside": "def f():\n    from os import stat\n    return stat('data.txt').st_size",
    "stat-asks-forgiveness": """
        import os
        def f():
            try: return bool(os.stat("made"))
            except FileNotFoundError: return False
    """,
    "lstat": "import os\ndef f(): return os.lstat('link').st_size",
    "access": "import os\ndef f(): return os.access('made', os.R_OK)",
    "readlink": "import os\ndef f(): return os.readlink('link')",
    "path-readlink": "from pathlib import Path\ndef f(): return str(Path('link').readlink())",
    "realpath": "import os\ndef f(): return os.path.realpath('link')",
    "resolve": "from pathlib import Path\ndef f(): return str(Path('link').resolve())",
    "samefile": "import os\ndef f(): return os.path.samefile('link', 'in')",
    "entry-stat": "import os\ndef f(): return sum(one.stat().st_size for one in os.scandir() if one.name == 'data.txt')",
    "entry-stat-by-helper": """
        import os
        def size(entry): return entry.stat().st_size if entry.name == "data.txt" else 0
        def f():
            with os.scandir(".") as found: return sum(map(size, found))
    """,
    "listdir-by-handle": """
        import os
        def f():
            handle = os.open(".", os.O_RDONLY)
            try: return "made" in os.listdir(handle)
            finally: os.close(handle)
    """,
    "fwalk": "import os\ndef f(): return sorted(folder for top, folders, *_ in os.fwalk('.') for folder in folders if 'xmemo' not in top)",
    "open-within-a-folder": """
        import os
        def f():
            folder = os.open(".", os.O_RDONLY)
            file = os.open("data.txt", os.O_RDONLY, dir_fd=folder)
            try: return os.read(file, 9)
            finally: os.close(file); os.close(folder)
    """,
    "which": "import shutil\ndef f(): return bool(shutil.which('tool', path='.')), __import__('os').path.exists('made')",
    "glob-of-plain-names": "from pathlib import Path\ndef f(): return [one.name for one in Path().glob('made')]",
    "find-spec": "import importlib.util, os\ndef f(): return os.path.isdir('made'), importlib.util.find_spec('nothing_here')",
}


@pytest.mark.parametrize("source", ASKED.values(), ids=ASKED)
def test_what_is_asked_directly(source: str) -> None:
    """Without an event that tells of it."""
    os.symlink("data.txt", "link")
    Path("xmemo").mkdir()
    status = Path("data.txt").stat()

    def undo() -> None:
        Path("data.txt").write_text("5")
        os.utime("data.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
        Path("made").rmdir()
        os.unlink("link")
        os.symlink("data.txt", "link")

    check(source, grown, undo)


@pytest.mark.parametrize("source", ASKED.values(), ids=ASKED)
def test_what_was_not_asked_directly(source: str) -> None:
    """Leaves results fresh."""
    os.symlink("data.txt", "link")
    Path("xmemo").mkdir()
    kept = xetmemo(always=True)(made(source))
    kept()
    Path("in/a.txt").write_text("other")
    os.environ["OTHER"] = "x"
    kept()
    assert outcome() == "hit"


def test_a_name_without_wildcards_below_others() -> None:
    """That is looked for in folders which a pattern found."""
    Path("in/b").mkdir()
    new = Path("in/b/x.txt")
    source = (
        "from pathlib import Path\ndef f(): return [one.name for one in Path('in').glob('*/x.txt')]"
    )
    check(source, lambda: new.write_text("x"), new.unlink)


@pytest.mark.parametrize("call", ["os.getcwd()", "str(Path.cwd())", "os.path.abspath('x')"])
def test_the_working_directory(call: str, folder: Path) -> None:
    """Counts where it is asked for."""
    source = f"import os\nfrom pathlib import Path\ndef f(): return {call}"
    check(source, lambda: os.chdir("in"), lambda: os.chdir(folder))


def test_a_working_directory_that_is_left_and_come_back_to(folder: Path) -> None:
    """Is asked for on the way."""
    source = """
        import os
        def f():
            before = os.getcwd()
            os.chdir("in")
            try: return os.getcwd() and sorted(os.listdir())
            finally: os.chdir(before)
    """
    check(source, lambda: Path("in/b.txt").write_text("x"), Path("in/b.txt").unlink)


def test_a_working_directory_that_is_not_asked_for(folder: Path) -> None:
    """Does not count: the same file may be found from there."""
    kept = xetmemo(always=True)(made("def f(): return open('data.txt').read()"))
    kept()
    Path("in/data.txt").write_text("5")
    os.chdir("in")
    kept()
    assert outcome() == "hit"


HIDDEN = {
    "table": "import os\nASK = {'it': os.stat}\ndef f(): return ASK['it']('data.txt').st_size",
    "default": "import os\ndef f(stat=os.stat): return stat('data.txt').st_size",
    "captured": """
        def outer():
            from os import stat
            def f(): return stat("data.txt").st_size
            return f
        f = outer()
    """,
    "class": """
        import os
        class Files: stat = staticmethod(os.stat)
        def f(): return Files.stat("data.txt").st_size
    """,
}


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_a_function_that_no_stand_in_can_be_put_for(source: str) -> None:
    """Because no name leads to it: nothing is kept."""
    kept = xetmemo(always=True)(made(source))
    assert kept() == 1
    Path("data.txt").write_text("66")
    assert kept() == 2


def test_it_is_said_that_a_function_of_os_is_hidden() -> None:
    """With the reason, in the explanation."""
    kept = xetmemo(always=True)(made(HIDDEN["table"]))
    kept()
    assert "could not be followed" in str(kept.explain())


def test_functions_of_os_are_as_they_were() -> None:
    """While the program is not observed; and whoever looks meanwhile finds them equal."""
    before = os.stat
    module = ModuleType("program")
    kept = xetmemo(always=True)(
        made(
            """
            import os, pickle
            def f():
                again = pickle.loads(pickle.dumps(os.stat))
                return os.stat in os.supports_dir_fd, again == os.stat, os.stat.__name__, repr(os.stat)
            """
        )
    )
    assert kept() == (True, True, "stat", repr(before))
    assert os.stat is before
    assert vars(module).get("stat") is None


def test_a_command_names_its_files() -> None:
    """What another program is told to read is read."""
    for source in (
        "import subprocess\ndef f(): return subprocess.check_output(['cat', 'data.txt'])",
        "import os\ndef f(): return os.popen('cat < data.txt').read()",
        "import subprocess\ndef f(): return subprocess.run('cat data.txt', shell=True, capture_output=True).stdout",
        "import subprocess\ndef f(): return subprocess.run(['cat', 'data.txt'], cwd='in/..', capture_output=True).stdout",
    ):
        check(
            source,
            lambda: Path("data.txt").write_text("66"),
            lambda: Path("data.txt").write_text("5"),
        )


def test_work_in_another_process_is_said(caplog) -> None:
    """Once, unless something is named that it depends on."""

    @xetmemo(always=True)
    def starts() -> int:
        return subprocess.run(["true"], check=True).returncode

    @xetmemo(always=True, depends_on="data.txt")
    def says() -> int:
        return subprocess.run(["true"], check=True).returncode

    says()
    assert "a process" not in caplog.text
    starts()
    assert "starts used a process" in caplog.text


def test_a_kept_call_within_another_is_served() -> None:
    """Though a stand-in is where it was not when the inner one was kept."""
    module = ModuleType("program")
    exec(
        textwrap.dedent(
            """
            import os
            from os import stat
            from xetcache import xetmemo
            @xetmemo(always=True)
            def inner(): return os.stat("data.txt").st_size, stat("data.txt").st_size, os.getcwd()
            @xetmemo(always=True)
            def f(x): return os.path.basename("a"), inner()
            """
        ),
        module.__dict__,
    )
    module.inner()
    kept: list[str] = []
    for number in range(3):
        module.f(number)
        kept += (outcome(),)
    assert kept == ["miss"] * 3
    assert module.inner.stats()["misses"] == 1
    Path("data.txt").write_text("66")
    assert module.f(0)[1][:2] == (2, 2)


def test_a_command_that_fills_a_folder() -> None:
    """What it leaves there must stand."""
    source = """
        import subprocess
        def f(): return subprocess.run(["cp", "data.txt", "in"]).returncode
    """
    kept = xetmemo(always=True)(made(source))
    kept()
    kept()
    assert outcome() == "hit"
    Path("in/data.txt").unlink()
    kept()
    assert outcome() == "miss"
    assert Path("in/data.txt").exists()


def test_a_command_that_writes() -> None:
    """What it leaves must stand, like what the call writes itself."""
    kept = xetmemo(always=True)(
        made(
            "import subprocess\ndef f(): return subprocess.run(['cp', 'data.txt', 'out']).returncode"
        )
    )
    kept()
    kept()
    assert outcome() == "hit"
    Path("out").unlink()
    kept()
    assert outcome() == "miss"
    assert Path("out").read_text() == "5"


def test_the_command_line_that_a_library_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts where it is read, and not where a parser is given its arguments."""
    program = """
        def f():
            from argparse import ArgumentParser
            parser = ArgumentParser()
            parser.add_argument("--k")
            return parser.parse_args({}).k
    """
    before = ["prog", "--k", "one"]
    monkeypatch.setattr(sys, "argv", before)
    check(
        program.format(""),
        lambda: monkeypatch.setattr(sys, "argv", ["prog", "--k", "two"]),
        lambda: monkeypatch.setattr(sys, "argv", before),
    )
    kept = xetmemo(always=True)(made(program.format("['--k', 'three']")))
    kept()
    monkeypatch.setattr(sys, "argv", ["prog", "other"])
    kept()
    assert outcome() == "hit"


IMPLIED = {
    "get": ("HOME", "import os\ndef f(): return os.environ.get('HOME')"),
    "home": ("HOME", "from pathlib import Path\ndef f(): return str(Path.home())"),
    "getuser": ("LOGNAME", "import getpass\ndef f(): return getpass.getuser()"),
    "getuser-by-name": ("LOGNAME", "from getpass import getuser as g\ndef f(): return g()"),
    "count": ("MODE", "import os\ndef f(): return len(os.environ)"),
}


@pytest.mark.parametrize(("name", "source"), IMPLIED.values(), ids=IMPLIED)
def test_a_variable_of_the_place(name: str, source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts where the user's code asks for it."""
    if name != "MODE":
        monkeypatch.setenv(name, "UTC")
    check(
        source,
        lambda: monkeypatch.setenv(name, "JST-9"),
        lambda: monkeypatch.delenv(name) if name == "MODE" else monkeypatch.setenv(name, "UTC"),
    )


BY_LIBRARY = {
    "which": ("PATH", "/bin", "/", "import shutil\ndef f(): return shutil.which('sh')"),
    "which-by-name": (
        "PATH",
        "/bin",
        "/",
        "from shutil import which as w\ndef f(): return w('sh')",
    ),
    "terminal": (
        *("COLUMNS", "80", "40"),
        "import shutil\ndef f(): return shutil.get_terminal_size().columns",
    ),
    "usage": (
        *("COLUMNS", "80", "40"),
        """
        import argparse
        def f():
            parser = argparse.ArgumentParser("prog")
            parser.add_argument("--rate", help="how often it is asked for " * 9)
            return parser.format_help()
        """,
    ),
}


@pytest.mark.parametrize(("name", "before", "after", "source"), BY_LIBRARY.values(), ids=BY_LIBRARY)
def test_a_variable_that_only_a_library_names(
    name: str, before: str, after: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts where it decides what the call is given."""
    monkeypatch.setenv(name, before)
    check(source, lambda: monkeypatch.setenv(name, after), lambda: monkeypatch.setenv(name, before))


def test_the_program_that_a_command_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts by its content and by the folders it is looked for in, unless it is the system's."""
    for name in ("one", "two"):
        tool = tmp_path / name / "tool"
        tool.parent.mkdir()
        tool.write_text(f"#!/bin/sh\necho {name}\n")
        tool.chmod(0o755)
    path = "{}:/usr/bin:/bin"
    monkeypatch.setenv("PATH", path.format(tmp_path / "one"))
    source = "import subprocess\ndef f(): return subprocess.check_output(['{}'{}], text=True)"
    check(
        source.format("tool", ""),
        lambda: monkeypatch.setenv("PATH", path.format(tmp_path / "two")),
        lambda: monkeypatch.setenv("PATH", path.format(tmp_path / "one")),
    )
    check(
        source.format("tool", ", 'again'"),
        lambda: (tmp_path / "one" / "tool").write_text("#!/bin/sh\necho other\n"),
        None,
    )
    kept = xetmemo(always=True)(made(source.format("echo", ", 'x'")))
    kept()
    monkeypatch.setenv("PATH", path.format(tmp_path / "two"))
    kept()
    assert outcome() == "hit"


def test_a_file_that_must_not_be_there() -> None:
    """Is not kept as made, and kept as what was there."""
    source = """
        def f():
            try: open("new", "x").close()
            except FileExistsError: return "there"
            return "made"
    """
    kept = xetmemo(always=True)(made(source))
    assert (kept(), kept()) == ("made", "there")
    kept()
    assert outcome() == "hit"
    Path("new").unlink()
    assert kept() == "made"


DISTRIBUTION = """
    import importlib.metadata, os, sys
    from importlib.util import find_spec
    sys.path.insert(0, os.path.abspath("site-packages"))
    from xetcache import xetmemo

    @xetmemo(always=True)
    def version():
        try: return importlib.metadata.version("lib")
        except importlib.metadata.PackageNotFoundError: return None

    @xetmemo(always=True)
    def plugins():
        return sorted(one.name for one in importlib.metadata.entry_points(group="plugins"))

    @xetmemo(always=True)
    def there():
        return find_spec("other") is not None
"""


PLACE = "site-packages/lib-{}.dist-info/"


@pytest.mark.parametrize(
    ("name", "values"),
    [("version", (None, "1.0", "2.0")), ("plugins", ([], ["a"], []))],
    ids=["version", "plugins"],
)
def test_what_is_installed(project, name: str, values: tuple[object, ...]) -> None:
    """Is what a call asks for, by name or for all of it; absent, of one version, of another."""
    project.write("work.py", DISTRIBUTION)
    project.write("site-packages/x.txt", "")
    assert project.call(f"work.{name}").value == values[0]
    assert project.call(f"work.{name}").ran == []
    project.write(PLACE.format("1.0") + "METADATA", "Name: lib\nVersion: 1.0\n")
    project.write(PLACE.format("1.0") + "entry_points.txt", "[plugins]\na = lib:x\n")
    assert project.call(f"work.{name}").value == values[1]
    shutil.rmtree(project.folder / PLACE.format("1.0"))
    project.write(PLACE.format("2.0") + "METADATA", "Name: lib\nVersion: 2.0\n")
    assert project.call(f"work.{name}").value == values[2]


def test_whether_there_is_a_module(project) -> None:
    """Is found out anew when there is one; what else is installed is no matter."""
    project.write("work.py", DISTRIBUTION)
    project.write("site-packages/x.txt", "")
    assert project.call("work.there").value is False
    project.write(PLACE.format("1.0") + "METADATA", "Name: lib\nVersion: 1.0\n")
    assert project.call("work.there").ran == []
    project.write("other.py", "")
    assert project.call("work.there").value is True


HARMLESS: dict[str, Callable[[], object]] = {
    "touched": lambda: os.utime("data.txt"),
    "other-file": lambda: Path("other.txt").write_text("x"),
    "other-variable": lambda: os.environ.__setitem__("OTHER", "x"),
    "replaced-by-equal": lambda: shutil.copy("data.txt", "new") and os.replace("new", "data.txt"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_was_not_read(change: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Or is read as before, leaves results fresh."""
    monkeypatch.setenv("OTHER", "")
    kept = xetmemo(always=True)(
        made("import os\ndef f(): return open('data.txt').read(), os.environ.get('MODE')")
    )
    kept()
    change()
    kept()
    assert outcome() == "hit"


def test_what_the_call_writes_is_no_input() -> None:
    """A file that it makes, reads and removes is nobody else's."""
    kept = xetmemo(always=True)(
        made(
            """
            import os, tempfile
            def f():
                with tempfile.TemporaryDirectory() as folder:
                    path = os.path.join(folder, "x")
                    with open(path, "w") as file: file.write("1")
                    return open(path).read()
            """
        )
    )
    assert kept() == "1"
    assert kept() == "1"
    assert outcome() == "hit"


# -- what it leaves -------------------------------------------------------------------

WRITES = """
    def f():
        with open("out.txt", "w") as file: file.write("made")
        return 1
"""


@pytest.mark.parametrize(
    "change",
    [lambda: Path("out.txt").unlink(), lambda: Path("out.txt").write_text("else")],
    ids=["removed", "rewritten"],
)
def test_a_file_that_it_wrote_must_stand(change: Callable[[], object]) -> None:
    """A hit does not write it again, so it is served only where that would change nothing."""
    kept = xetmemo(always=True)(made(WRITES))
    kept()
    kept()
    assert outcome() == "hit"
    change()
    kept()
    assert outcome() == "miss"
    assert Path("out.txt").read_text() == "made"


def test_a_file_that_it_moved_must_stand() -> None:
    """And one that it removed must be gone."""
    kept = xetmemo(always=True)(
        made("import os\ndef f():\n    os.replace('data.txt', 'moved.txt'); return 1")
    )
    kept()
    kept()
    assert outcome() == "hit"
    Path("data.txt").write_text("again")
    kept()
    assert outcome() == "miss"
    assert Path("moved.txt").read_text() == "again"


def test_a_folder_that_it_made_must_stand() -> None:
    """Missing parents are made, and nobody minds that they were missing."""
    kept = xetmemo(always=True)(
        made(
            """
            import os
            def f():
                os.makedirs("a/b", exist_ok=True)
                open("a/b/c", "w").close()
                return os.listdir("a/b")
            """
        )
    )
    assert kept() == ["c"]
    kept()
    assert outcome() == "hit"
    shutil.rmtree("a")
    assert kept() == ["c"]
    assert outcome() == "miss"
    assert Path("a/b/c").exists()


LEAVES = {
    "counter": """
        def f():
            number = int(open("data.txt").read()) + 1
            open("data.txt", "w").write(str(number))
            return number
    """,
    "variable": "import os\ndef f(): os.environ['MODE'] = 'x'",
    "folder": "import os\ndef f(): os.chdir('in')",
    "made-if-absent": """
        import os
        def f():
            if os.path.exists("flag"): return 1
            open("flag", "w").close()
            return 0
    """,
    "database": """
        import sqlite3
        def f():
            connection = sqlite3.connect("new.db")
            connection.execute("create table if not exists t (v)")
            connection.execute("insert into t values (1)")
            connection.commit()
            connection.close()
    """,
}


@pytest.mark.parametrize("source", LEAVES.values(), ids=LEAVES)
def test_what_changes_what_it_read_is_not_kept(source: str, folder: Path) -> None:
    """The next real run would find something else."""
    kept = xetmemo(always=True)(made(source))
    try:
        kept()
        os.chdir(folder)
        assert not kept.would_hit()
    finally:
        os.environ.pop("MODE", None)


def test_a_log_that_grows_is_no_matter() -> None:
    """What is appended is neither read nor replayed."""
    kept = xetmemo(always=True)(made("def f(): print(1, file=open('log', 'a')); return 2"))
    kept()
    kept()
    assert outcome() == "hit"


# -- calls in calls -------------------------------------------------------------------


def test_a_file_behind_a_kept_call() -> None:
    """What an inner result was served from is what the outer one depends on."""
    module = ModuleType("program")
    exec(
        textwrap.dedent(
            """
            from xetcache import xetmemo
            @xetmemo(always=True)
            def inner(): return open("data.txt").read()
            @xetmemo(always=True)
            def f(): return inner() * 2
            """
        ),
        module.__dict__,
    )
    module.inner()
    assert module.f() == "55"  # the inner call was served
    Path("data.txt").write_text("6")
    assert module.f() == "66"


def test_awaited_calls() -> None:
    """What a coroutine reads between two awaits is seen."""

    @xetmemo(always=True)
    async def read() -> str:
        await asyncio.sleep(0)
        return Path("data.txt").read_text()  # noqa: ASYNC240

    assert asyncio.run(read()) == "5"
    Path("data.txt").write_text("6")
    assert asyncio.run(read()) == "6"


def test_another_process_serves_it(project) -> None:
    """In another folder of the same shape, too."""
    project.write("data.txt", "one")
    project.write(
        "work.py",
        """
        import os
        from xetcache import xetmemo
        HERE = os.path.dirname(os.path.abspath(__file__))

        @xetmemo(always=True)
        def read():
            return open(os.path.join(HERE, "data.txt")).read().strip()
        """,
    )
    assert project.call("work.read").value == "one"
    assert project.call("work.read").ran == []
    project.replace("data.txt", "one", "two")
    outcome = project.call("work.read")
    assert outcome.value == "two"
    assert outcome.reasons == ["world-changed"]


def test_explain_names_the_file_and_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what was there, unless it is a secret."""
    monkeypatch.setenv("MODE", "fast")
    monkeypatch.setenv("API_TOKEN", "hush")
    kept = xetmemo(always=True)(
        made(
            """
            import os
            def f(): return open("data.txt").read(), os.environ["MODE"], os.environ["API_TOKEN"]
            """
        )
    )
    kept()
    Path("data.txt").write_text("66")
    monkeypatch.setenv("MODE", "slow")
    monkeypatch.setenv("API_TOKEN", "other")

    told = kept.explain()

    causes = {cause.name: (cause.kind, cause.before, cause.after) for cause in told.causes}
    assert causes == {
        "data.txt": ("file", "1 bytes", "2 bytes"),
        "MODE": ("env", "fast", "slow"),
        "API_TOKEN": ("env", None, None),
    }
    assert "hush" not in str(told)
    kept()
    assert kept.explain().is_hit


def test_what_the_cache_reads_itself_is_no_fact() -> None:
    """Nor what importing a module reads."""
    Path("helper.py").write_text("VALUE = 1\n")
    kept = xetmemo(always=True)(
        made(
            """
            import sys
            def f():
                sys.path.insert(0, ".")
                try:
                    import helper
                    return helper.VALUE
                finally:
                    sys.path.remove(".")
                    del sys.modules["helper"]
            """
        )
    )
    kept()
    for path in Path("xmemo").rglob("*.xet"):
        assert path.stem.count("-") == 1, "it has facts"


def test_two_observations_at_once() -> None:
    """Each gets what is read while it lasts."""
    started, go_on = threading.Event(), threading.Event()

    @xetmemo(always=True, ignore=("one", "other"))
    def wait(one: threading.Event, other: threading.Event) -> str:
        one.set()
        other.wait(30)
        return Path("data.txt").read_text()

    context = contextvars.copy_context()  # the settings of the test
    thread = threading.Thread(target=context.run, args=(wait, started, go_on))
    thread.start()
    started.wait(30)
    quick = xetmemo(always=True)(made("def f(): return open('in/a.txt').read()"))
    quick()
    go_on.set()
    thread.join()
    Path("in/a.txt").write_text("2")
    assert quick() == "2"


# -- what a hostile reader found ------------------------------------------------------


@pytest.mark.parametrize(
    "declared", ["depends_on='data.txt'", "depends_on=env('MODE')"], ids=["file", "variable"]
)
def test_what_an_inner_call_declares(declared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is what the outer call depends on, too."""
    monkeypatch.setenv("MODE", "one")
    module = ModuleType("program")
    exec(
        textwrap.dedent(
            f"""
            import subprocess, sys
            from xetcache import env, xetmemo
            READ = "import os; print(open('data.txt').read(), os.environ['MODE'])"
            @xetmemo(always=True, {declared})
            def inner():
                return subprocess.run([sys.executable, "-c", READ], capture_output=True).stdout
            @xetmemo(always=True)
            def f(): return inner()
            """
        ),
        module.__dict__,
    )
    before = module.f()
    assert module.f() == before
    assert outcome() == "hit"
    Path("data.txt").write_text("changed")
    monkeypatch.setenv("MODE", "changed")
    assert module.f() != before


def test_the_version_of_an_inner_call() -> None:
    """Asks for a new computation of whoever calls it."""
    program = "from xetcache import xetmemo\n@xetmemo(version={})\ndef inner(): return 1\ndef f(): return inner()"
    for number in (1, 2, 1):
        xetmemo(always=True)(made(program.format(number)))()
        assert outcome() == (
            "hit" if number == 1 and len(list(Path("xmemo").rglob("*.xet"))) == 2 else "miss"
        )


APPENDED = "def f():\n    with open('data.txt', 'a+') as file:\n        file.seek(0)\n        return file.read()"
LINKED = """
    import os, tempfile
    def f():
        with tempfile.TemporaryDirectory() as folder:
            os.{}(os.path.abspath("data.txt"), os.path.join(folder, "in"))
            return open(os.path.join(folder, "in")).read()
"""


@pytest.mark.parametrize(
    "source",
    [APPENDED, LINKED.format("symlink"), LINKED.format("link")],
    ids=["append-and-read", "symlink", "link"],
)
def test_files_that_are_read_in_odd_ways(source: str) -> None:
    """Are read all the same."""
    check(
        source, lambda: Path("data.txt").write_text("66"), lambda: Path("data.txt").write_text("5")
    )


def test_what_can_be_read_once(folder: Path) -> None:
    """A pipe has something else for whoever reads it next."""
    os.mkfifo("pipe")
    kept = xetmemo(always=True)(made("def f(): return open('pipe').read()"))
    for text in ("one", "two"):
        writer = threading.Thread(target=lambda text=text: Path("pipe").write_text(text))
        writer.start()
        assert kept() == text
        writer.join()


MAKES = {
    "mkdir": "import os\ndef f():\n    os.mkdir('new')\n    return 1",
    "mkdir-of-path": "from pathlib import Path\ndef f():\n    Path('new').mkdir(exist_ok=True)\n    return 1",
}


@pytest.mark.parametrize("source", MAKES.values(), ids=MAKES)
def test_a_new_folder_is_kept_at_once(source: str) -> None:
    """That it was not there is no question of the call."""
    kept = xetmemo(always=True)(made(source))
    kept()
    kept()
    assert outcome() == "hit"


def test_a_folder_that_is_gone(folder: Path) -> None:
    """Who needs no working directory can do without."""
    kept = xetmemo(always=True)(made("def f(): return 1"))
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir(folder / "gone")
    try:
        assert kept() == 1
    finally:
        os.chdir(folder)


def test_variables_that_a_library_sets(project) -> None:
    """It will set them again when it is imported again."""
    project.write(
        "site-packages/lib.py", "import os\nos.environ.setdefault('LIB_OPTION', '1')\nX = 1\n"
    )
    project.write("site-packages/lib-1.0.dist-info/RECORD", "lib.py,,\n")
    project.write(
        "work.py",
        """
        import os, sys
        sys.path.insert(0, os.path.abspath("site-packages"))
        from xetcache import xetmemo

        @xetmemo(always=True)
        def f(x):
            import lib
            return x + lib.X
        """,
    )
    assert project.call("work.f", 1).value == 2
    assert project.call("work.f", 1).ran == []


def test_a_stand_in_that_was_imported_stays_while_the_call_goes_on(project) -> None:
    """A call within, which reads by the same name, does not take it away."""
    project.write("sizes.py", "from os import stat\ndef size(path): return stat(path).st_size\n")
    project.write(
        "app.py",
        """
        from xetcache import xetmemo
        @xetmemo(always=True)
        def inner(x):
            import sizes
            return sizes.size("other.txt")
        @xetmemo(always=True)
        def outer(x):
            import sizes
            inner(x)
            return sizes.size("data.txt")
        """,
    )
    project.write("other.txt", "1")
    project.write("data.txt", "123")
    assert project.call("app.outer", 1).value == 3
    project.write("data.txt", "123456")
    assert project.call("app.outer", 1).value == 6
