"""What is handed to users: one wheel with two packages, and files that name no machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from email import message_from_string
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import pytest

from xetcache.version import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = ("tracer", "xetcache")

# Written so that neither pattern matches itself.
INDEX_ADDRESS = re.compile(rb"pypi\.org|pythonhosted\.org|index[-_]url\s*=", re.IGNORECASE)
MACHINE_PATH = re.compile(rb"(?<![\w./~-])/(?:root|work|home|Users)/\w")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    """Build the wheel, once, with the build backend that `pyproject.toml` names."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.iterdir()
    assert path.name == f"xetcache-{__version__}-py3-none-any.whl"
    return ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: ZipFile) -> Message:
    """Read the wheel's metadata."""
    return message_from_string(wheel.read(f"xetcache-{__version__}.dist-info/METADATA").decode())


def test_the_wheel_holds_both_packages_and_nothing_else(wheel: ZipFile) -> None:
    """Installing xetcache adds `tracer` and `xetcache`, each file of them, and no other."""
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    there = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == there


@pytest.mark.parametrize("package", PACKAGES)
def test_both_packages_are_typed(wheel: ZipFile, package: str) -> None:
    """Type checkers read the annotations of an installed package only beside `py.typed`."""
    assert f"{package}/py.typed" in wheel.namelist()


def test_metadata_says_what_is_supported(metadata: Message) -> None:
    """The name, the one version, the Pythons that are tested, and the licence."""
    assert metadata["Name"] == "xetcache"
    assert metadata["Version"] == __version__
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["License-Expression"] == "BSD-3-Clause"
    classifiers = "\n".join(metadata.get_all("Classifier", []))
    minors = re.findall(r":: (3\.\d+)$", classifiers, re.MULTILINE)
    assert minors == ["3.11", "3.12", "3.13"]


def test_four_distributions_are_needed(metadata: Message) -> None:
    """Everything else that the packages can work with is optional."""
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    names = {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in needed}
    assert names == {"bytecode", "cloudpickle", "ipython", "xxhash"}


def test_the_command_is_installed(wheel: ZipFile) -> None:
    """`xetcache` is a command."""
    entry_points = wheel.read(f"xetcache-{__version__}.dist-info/entry_points.txt").decode()
    assert "xetcache = xetcache.cli:main" in entry_points


def test_every_dependency_is_pinned_for_ci() -> None:
    """A bad release of somebody else's stays out: `constraints.txt` says exact versions."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+( ?; .+)?", pin)] == []


@pytest.mark.parametrize("pattern", [INDEX_ADDRESS, MACHINE_PATH], ids=["index", "path"])
def test_no_file_names_a_machine(pattern: re.Pattern[bytes]) -> None:
    """No file holds the address of a package index, or a path of the machine it was made on."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]!r}"
        for path in _files_of_the_repository()
        for match in pattern.finditer(path.read_bytes())
    ]
    assert found == []


def _files_of_the_repository() -> list[Path]:
    """Return the files that git has, or would add; of an unpacked archive, all files."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        if listed.returncode == 0:
            paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
            return [path for path in paths if path.is_file()]
    made_here = {
        ".venv",
        ".git",
        ".hypothesis",
        ".pytest_cache",
        ".ruff_cache",
        "__pycache__",
        "xmemo",
    }
    return [
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not made_here.intersection(path.relative_to(ROOT).parts)
    ]
