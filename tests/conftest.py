"""Fixtures that all tests share.

`project` is a throw-away folder whose every call is a new process, so a test about
persistence, hash seeds or edited code is written in one line a step.
"""

from __future__ import annotations

import compileall
import importlib.util
import os
import pickle
import re
import subprocess
import sys
import textwrap
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tracer import assigned, module_code

# How long an example takes says more of the machine than of the code.
settings.register_profile("without seconds", deadline=None)
settings.load_profile("without seconds")

# What `Project.call` runs in the new process: `python -c RUNNER request reply`.  Given as
# text and not as a file, so that `sys.path` starts with the project's folder, as it would
# for a user, and not with this one.
RUNNER = r'''
import os, pickle, pkgutil, sys, threading, traceback

with open(sys.argv[1], "rb") as file:
    target, args, kwargs, is_watched = pickle.load(file)
reply = {"value": None, "shown": "", "error": None, "ran": [], "reasons": []}
ran = reply["ran"]
folder = os.path.join(os.getcwd(), "")


def record(frame):
    """Note a function of the project that starts or goes on; a row of equal names is one."""
    code = frame.f_code
    is_body = not code.co_flags & 1  # CO_OPTIMIZED: absent for bodies of modules, classes
    if is_body or code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
        return
    name = f"{frame.f_globals['__name__']}.{code.co_qualname}"
    if ran[-1:] != [name]:
        ran.append(name)


def on_start(code, _):
    # Code of others is not told of again, which `sys.setprofile` would do for every call.
    if not code.co_filename.startswith(folder):
        return sys.monitoring.DISABLE
    record(sys._getframe(1))


def on_throw(code, *_):
    if code.co_filename.startswith(folder):
        record(sys._getframe(1))


def on_profile(frame, event, _):
    if event == "call" and frame.f_code.co_filename.startswith(folder):
        record(frame)


def watch():
    """Record what starts in any thread, until `unwatch`."""
    if sys.version_info < (3, 12):
        threading.setprofile(on_profile)
        sys.setprofile(on_profile)
        return
    monitoring = sys.monitoring
    tool, events = monitoring.PROFILER_ID, monitoring.events
    monitoring.use_tool_id(tool, "tests")
    monitoring.register_callback(tool, events.PY_START, on_start)
    monitoring.register_callback(tool, events.PY_RESUME, on_start)
    monitoring.register_callback(tool, events.PY_THROW, on_throw)
    monitoring.set_events(tool, events.PY_START | events.PY_RESUME | events.PY_THROW)


def unwatch():
    if sys.version_info < (3, 12):
        sys.setprofile(None)
        threading.setprofile(None)
    else:
        sys.monitoring.set_events(sys.monitoring.PROFILER_ID, 0)


def _reasons():
    """Return the reasons of the last verdict, or nothing before there was one."""
    xetcache = sys.modules.get("xetcache")
    last = xetcache.stats().get("last") if hasattr(xetcache, "stats") else None
    return [str(reason) for reason in last["reasons"]] if last else []


try:
    function = pkgutil.resolve_name(target)
    if is_watched:
        watch()
    try:
        value = function(*args, **kwargs)
    finally:
        if is_watched:
            unwatch()
    reply["shown"] = repr(value)
    try:
        reply["value"] = pickle.dumps(value)
    except Exception:  # whatever a `__reduce__` raises: `repr` is all there is to show
        pass
except Exception:
    reply["error"] = traceback.format_exc()
reply["reasons"] = _reasons()
with open(sys.argv[2], "wb") as file:
    pickle.dump(reply, file)
'''


def outcome() -> str:
    """Tell how the last call in this process was answered: `hit`, `miss` or `bypass`."""
    import xetcache

    return xetcache.stats()["last"]["outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one call did, in the process that made it."""

    returned: Any
    error: str | None
    """The traceback, if the call raised."""
    watched: list[str] | None
    """What is asked for as `ran`; nothing where the project is not watched."""
    reasons: list[str]
    """The reasons of the last verdict: `slug: path`."""
    stdout: str
    stderr: str

    @property
    def value(self) -> Any:
        """What the call returned: its `repr`, if only the project knows its class."""
        assert self.error is None, f"the call raised\n{self.error}"
        return self.returned

    @property
    def ran(self) -> list[str]:
        """Functions of the project that ran, in order, as `module.qualname`."""
        assert self.watched is not None, "nobody watched, see `Project.is_watched`"
        return self.watched


class Project:
    """A folder with a user's modules in it, run in new processes.

    Each process has strict mode on, a hash seed and a home folder of its own, and no
    setting of the process that runs the tests.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.interpreter = sys.executable
        self.environment = _environment(home)
        self.is_watched = True
        """Calls tell what `ran`, which takes a fifth of their time."""
        self._home = home

    def write(self, name: str, text: str) -> None:
        """Make the file `name` say `text`, without the indent of the test around it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Edit the file `name` in the one place that says `old`."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{name} says {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def call(self, target: str, *args: object, **kwargs: object) -> Outcome:
        """Call `module.function` in a new process; arguments go there by pickle.

        Not seen in `ran`: what runs while modules are imported, and in processes that
        the call starts.
        """
        request, reply = self._home / "request", self._home / "reply"
        request.write_bytes(pickle.dumps((target, args, kwargs, self.is_watched)))
        reply.unlink(missing_ok=True)
        done = self.python("-c", RUNNER, str(request), str(reply))
        assert reply.exists(), f"the process ended with {done.returncode}\n{done.stderr}"
        answer = pickle.loads(reply.read_bytes())
        return Outcome(
            returned=_value(answer["value"], answer["shown"]),
            error=answer["error"],
            watched=answer["ran"] if self.is_watched else None,
            reasons=answer["reasons"],
            stdout=done.stdout,
            stderr=done.stderr,
        )

    def run_script(
        self, name: str, *argv: str, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run the file `name` as a program, with what is given on standard input."""
        return self.python(name, *argv, given=given)

    def python(self, *argv: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run `python` in the folder with `argv`, such as `-m xetcache explain`."""
        return subprocess.run(
            [self.interpreter, *argv],
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


def pytest_configure(config: pytest.Config) -> None:
    """Write the bytecode of all that is tested, before the workers start.

    Processes of a project write none. What only they import, such as all for notebooks,
    each of them would compile anew.
    """
    root = _checkout()
    if root and not sys.dont_write_bytecode and not hasattr(config, "workerinput"):
        for package in ("tracer", "xetcache"):
            compileall.compile_dir(Path(root, package), quiet=2)


HAS_PROCESSES = sys.platform not in {"emscripten", "wasi"}
"""And threads: WebAssembly has neither."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None]:
    """Skip what turns out to need a process or a thread where there are none."""
    try:
        return (yield)
    except (OSError, RuntimeError) as error:
        if not HAS_PROCESSES and _MISSING.search(str(error)):
            pytest.skip(f"there are no processes and no threads here: {error}")
        raise


_MISSING = re.compile(r"does not support processes|can't start new thread|Function not implemented")


@pytest.fixture(scope="session")
def other_pythons() -> list[str]:
    """Give interpreters of other minor versions that have what xetcache needs.

    Those that `XETCACHE_TEST_PYTHONS` names, as `PATH` names folders.
    """
    named = os.environ.get("XETCACHE_TEST_PYTHONS", "").split(os.pathsep)
    versions = {one: _version_of(one) for one in named if one}
    found = [one for one, version in versions.items() if version not in {"", _version_of()}]
    if not found:
        pytest.skip("XETCACHE_TEST_PYTHONS names no other version of Python")
    return found


@pytest.fixture(autouse=True)
def nothing_assigned() -> None:
    """Forget what tests before this one, and their modules, have assigned in libraries."""
    for known in (assigned.known, module_code.noted, module_code.before):
        known.clear()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give an empty project, gone after the test."""
    folder, home = tmp_path / "project", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    return Project(folder, home)


def _version_of(interpreter: str = sys.executable) -> str:
    """Return the minor version of an interpreter; nothing if it lacks what we need."""
    ask = "import sys, xxhash, cloudpickle, numpy; print(sys.version_info[:2])"
    done = subprocess.run([interpreter, "-c", ask], capture_output=True, check=False, text=True)
    return done.stdout.strip()


def _environment(home: Path) -> dict[str, str]:
    """Return the variables a user's process would have, with `home` as its home."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "XETCACHE", "XDG_", "IPYTHON", "JUPYTER"))
    }
    return kept | {
        "HOME": str(home),
        "PYTHONDONTWRITEBYTECODE": "1",  # an edit within a second would meet its old bytecode
        "PYTHONHASHSEED": "random",
        "PYTHONPATH": _checkout(),
        "PYTHONUTF8": "1",
        "XETCACHE_STRICT": "1",
    }


def _checkout() -> str:
    """Return the folder that `xetcache` is imported from; nothing if it is installed."""
    spec = importlib.util.find_spec("xetcache")
    assert spec is not None
    assert spec.origin is not None
    root = Path(spec.origin).parents[1]
    return "" if root.name == "site-packages" else str(root)


def _value(pickled: bytes | None, shown: str) -> Any:
    """Return the value, or its `repr` where its class cannot be imported here."""
    if pickled is None:
        return shown
    try:
        return pickle.loads(pickled)
    except (ImportError, AttributeError):
        return shown
