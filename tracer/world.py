"""The world outside, as it is now: files, folders and environment variables.

What a call reads from there is no name in its code, so it is no node of a graph. Each
thing has a kind and a name, and is known by a digest that another process, or another
machine, finds equal where the same is there. Absence is a state like any other.

Reads only; runs none of the user's code.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, NamedTuple

from . import hashing
from .digests import digest_of
from .kinds import loaded_module
from .policy import installed_distributions, version_of


class WorldKind(StrEnum):
    """What is asked about a name."""

    FILE = "file"
    """The content of the file at a path."""
    FOLDER = "folder"
    """The names in the folder at a path."""
    ENTRIES = "entries"
    """Those, with the size of each file and when it was written."""
    PATH = "path"
    """What is at a path: a file, a folder, something else, nothing."""
    STATUS = "status"
    """That, its size, when it was written, and who may do what with it."""
    LINK = "link"
    """Where the symbolic link at a path leads; nothing where there is none."""
    ACCESS = "access"
    """What this process may do with what is at a path."""
    TREE = "tree"
    """What is at a path; of a folder, everything in it, by name and content."""
    PACKAGE = "package"
    """The version of an installed distribution."""
    PACKAGES = "packages"
    """The names and versions of all installed distributions."""
    MODULE = "module"
    """Whether there is a module of a name that could be imported."""
    WORKING_FOLDER = "cwd"
    """The folder that relative paths count from."""
    COMMAND_LINE = "argv"
    """What the program was called with, as a library reads it."""
    VARIABLE = "env"
    """The value of an environment variable."""
    VARIABLES = "environment"
    """The names of all environment variables."""
    ANSWERS = "answers"
    """What the program keeps in the `lru_cache` at `module:name`; see `tracer.kept`."""
    SETTING = "setting"
    """A setting of a library, where it is not the library's default; see `tracer.settings`."""
    RANDOM = "random"
    """The state of a global generator of random numbers; see `tracer.generators`."""

    @property
    def is_path(self) -> bool:
        """Whether names of this kind are paths."""
        return self not in _NO_PATHS


_NO_PATHS: Final = (
    WorldKind.PACKAGE,
    WorldKind.PACKAGES,
    WorldKind.MODULE,
    WorldKind.WORKING_FOLDER,
    WorldKind.COMMAND_LINE,
    WorldKind.VARIABLE,
    WorldKind.VARIABLES,
    WorldKind.ANSWERS,
    WorldKind.SETTING,
    WorldKind.RANDOM,
)


class Fact(NamedTuple):
    """What was found outside, and must be found again for a result to be right."""

    kind: WorldKind
    name: str
    """A path, as it was asked for, or the name of a variable."""
    state: str
    preview: str | None = None


ABSENT: Final = ""
"""The state of what is not there."""
OTHER: Final = "other"
"""The state of what is neither a file nor a folder: a pipe, a device."""

Stamp = tuple[int, ...] | None
"""What tells cheaply that a file was not written to since; None where there is none."""


def state_of(kind: WorldKind, name: str) -> str:
    """Return the state, as it is now, of what `name` means; `ABSENT` where it is not.

    Args:
        name: a path, absolute or from the working directory, or the name of a variable.

    Cost: a file is read whole, unless this process has read it and it was not written
    to since.
    """
    match kind:
        case WorldKind.VARIABLE:
            return state_of_text(_variable(name))
        case WorldKind.VARIABLES:
            return str(digest_of(kind, *sorted(map(os.fsencode, os.environ))))
        case WorldKind.FILE:
            return _content(name)
        case WorldKind.FOLDER | WorldKind.ENTRIES:
            return _listing(name, whole=kind is WorldKind.ENTRIES)
        case WorldKind.TREE:
            return _tree(name)
        case WorldKind.PACKAGE:
            return version_of(name)
        case WorldKind.PATH | WorldKind.STATUS:
            return _status(name, whole=kind is WorldKind.STATUS)
        case WorldKind.LINK:
            return _target(name)
        case WorldKind.ACCESS:
            return "".join(letter for letter, mode in _MODES.items() if _allows(name, mode))
        case WorldKind.PACKAGES:
            return str(digest_of(kind, *map(os.fsencode, installed_distributions())))
        case WorldKind.MODULE:
            return "there" if _is_importable(name) else ABSENT
        case WorldKind.WORKING_FOLDER:
            return working_folder()
        case WorldKind.COMMAND_LINE:
            return str(digest_of(kind, *(os.fsencode(str(one)) for one in sys.argv[1:])))
        case WorldKind.ANSWERS | WorldKind.SETTING | WorldKind.RANDOM:
            return ABSENT  # outside the program there are none


def preview_of(kind: WorldKind, name: str) -> str | None:
    """Return what a person is shown of a state; None where nothing short would do."""
    if kind is WorldKind.VARIABLE:
        value = _variable(name)
        return "not set" if value is None else value if len(value) <= _SHOWN else None
    if kind is WorldKind.PACKAGE:
        return version_of(name) or "not installed"
    if kind is WorldKind.WORKING_FOLDER:
        return working_folder()
    if kind is WorldKind.LINK:
        return _target(name) or "no link"
    if kind is WorldKind.PATH:
        return _status(name, whole=False) or "nothing there"
    if kind is WorldKind.FILE or (kind is WorldKind.TREE and os.path.isfile(name)):
        stamp = stamp_of(name)
        return "not there" if stamp is None else f"{stamp[1]} bytes"
    return None


_SHOWN: Final = 60


def state_of_text(value: str | None) -> str:
    """Return the state of a variable that has this value, or that is not set."""
    if value is None:
        return ABSENT
    return str(digest_of(WorldKind.VARIABLE, value.encode("utf-8", "surrogateescape")))


def _variable(name: str) -> str | None:
    try:
        return os.environ.get(name)
    except (TypeError, ValueError):  # a name that no variable can have
        return None


def stamp_of(path: str) -> Stamp:
    """Return mode, size, times and place of what is at a path, or None."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return (
        stat.S_IFMT(status.st_mode),
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino,
        status.st_dev,
    )


def is_settled(stamp: Stamp) -> bool:
    """Tell whether a file that is written to from now on will have another stamp.

    Clocks of file systems tick every few milliseconds, on some every two seconds: what
    is written within one tick of the last time may leave the stamp as it is.
    """
    return stamp is not None and time.time_ns() - max(stamp[2], stamp[3]) > _TICK


_TICK: Final = 2_100_000_000  # nanoseconds; FAT counts in steps of two seconds

_read: dict[str, tuple[Stamp, str]] = {}
"""Path → the state of its content, with the stamp it had when it was read."""
_MAX_READ: Final = 10_000


def _content(path: str) -> str:
    place = os.path.abspath(path)
    stamp = stamp_of(place)
    if stamp is None:
        return ABSENT
    if place.endswith("-wal") and not stamp[1]:
        return ABSENT  # SQLite makes one when it opens a database; while empty it says nothing
    if not stat.S_ISREG(stamp[0]):
        return _TYPES.get(stamp[0], OTHER)
    known = _read.get(place)
    if known is not None and known[0] == stamp:
        return known[1]
    settled = is_settled(stamp)
    try:
        state = _digest_of_file(place)
    except OSError:
        return "unreadable"
    if settled and stamp_of(place) == stamp:
        if len(_read) >= _MAX_READ:
            _read.clear()
        _read[place] = (stamp, state)
    return state


def _digest_of_file(path: str) -> str:
    hasher = hashing.hasher()
    buffer = memoryview(bytearray(1 << 18))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(buffer[:count])
    return hasher.digest().hex()


def _listing(path: str, *, whole: bool) -> str:
    try:
        with os.scandir(path) as found:
            names = sorted(
                os.fsencode(entry.name) + _kind_of(entry) + (_status_of(entry) if whole else b"")
                for entry in found
            )
    except OSError:
        return ABSENT
    return str(digest_of(WorldKind.FOLDER, *names))


def _status_of(entry: os.DirEntry[str]) -> bytes:
    # Of folders nothing: that something came and went in there is no matter here.
    is_folder = _kind_of(entry).startswith(b"/")
    return b"" if is_folder else b"/" + _status(entry.path, whole=True).encode()


def _kind_of(entry: os.DirEntry[str]) -> bytes:
    try:
        kind = b"/" if entry.is_dir() else b"" if entry.is_file() else b"?"
        return kind + (b"@" if entry.is_symlink() else b"")
    except OSError:
        return b"?"


def _tree(path: str) -> str:
    if not os.path.isdir(path):
        return _content(path)
    found: list[bytes] = []
    for folder, folders, names in os.walk(path):
        folders.sort()
        inside = os.path.relpath(folder, path)
        for name in sorted(names):
            place = os.path.normpath(os.path.join(inside, name)).replace(os.sep, "/")
            found += (os.fsencode(place), _content(os.path.join(folder, name)).encode())
        if not folders and not names:
            found += (os.fsencode(inside.replace(os.sep, "/")), b"empty")
    return str(digest_of(WorldKind.TREE, *found))


def _status(path: str, *, whole: bool) -> str:
    stamp = stamp_of(path)
    if stamp is None:
        # A link that leads nowhere is not nothing.
        return "broken link" if os.path.lexists(path) else ABSENT
    kind = _TYPES.get(stamp[0], OTHER)
    return f"{kind} {stamp[1]} {stamp[2]} {_permissions(path):o}" if whole else kind


def _permissions(path: str) -> int:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except OSError:  # it has just gone
        return 0


def _target(path: str) -> str:
    try:
        return os.fsdecode(os.readlink(path))
    except (OSError, ValueError):
        return ABSENT


_MODES: Final = {"f": os.F_OK, "r": os.R_OK, "w": os.W_OK, "x": os.X_OK}


def _allows(path: str, mode: int) -> bool:
    try:
        return os.access(path, mode)
    except ValueError:  # a path that nothing can have
        return False


def is_there(path: str) -> bool:
    """Tell whether anything is at a path. Not by `os.path`, which is watched."""
    try:
        os.lstat(path)
    except (OSError, ValueError):
        return False
    return True


def working_folder() -> str:
    """Return the folder that relative paths count from; nothing where it was removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _is_importable(name: str) -> bool:
    """Tell whether a module could be imported; of its parents, nothing is imported."""
    if name in sys.modules:
        return loaded_module(name) is not None
    parent = name.rpartition(".")[0]
    if parent and parent not in sys.modules:
        return False
    try:
        return find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


_TYPES: Final = {stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
