"""The world outside, as it is now: files, folders and environment variables.

What a call reads from there is no name in its code, so it is no node of a graph. Each
thing has a kind and a name, and is known by a digest that another process, or another
machine, finds equal where the same is there. Absence is a state like any other.

Reads only; runs none of the user's code.
"""

from __future__ import annotations

import os
import stat
import time
from enum import StrEnum
from typing import Final

from xxhash import xxh3_128

from .digests import digest_of
from .policy import version_of


class WorldKind(StrEnum):
    """What is asked about a name."""

    FILE = "file"
    """The content of the file at a path."""
    FOLDER = "folder"
    """The names in the folder at a path."""
    PATH = "path"
    """What is at a path: a file, a folder, something else, nothing."""
    STATUS = "status"
    """That, its size, and when it was written."""
    TREE = "tree"
    """What is at a path; of a folder, everything in it, by name and content."""
    PACKAGE = "package"
    """The version of an installed distribution."""
    VARIABLE = "env"
    """The value of an environment variable."""
    VARIABLES = "environment"
    """The names of all environment variables."""
    ANSWERS = "answers"
    """What the program keeps in the `lru_cache` at `module:name`; see `tracer.kept`."""

    @property
    def is_path(self) -> bool:
        """Whether names of this kind are paths."""
        return self not in _NO_PATHS


_NO_PATHS: Final = (
    WorldKind.PACKAGE,
    WorldKind.VARIABLE,
    WorldKind.VARIABLES,
    WorldKind.ANSWERS,
)


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
        case WorldKind.FOLDER:
            return _listing(name)
        case WorldKind.TREE:
            return _tree(name)
        case WorldKind.PACKAGE:
            return version_of(name)
        case WorldKind.PATH | WorldKind.STATUS:
            return _status(name, whole=kind is WorldKind.STATUS)
        case WorldKind.ANSWERS:
            return ABSENT  # outside the program there are none


def preview_of(kind: WorldKind, name: str) -> str | None:
    """Return what a person is shown of a state; None where nothing short would do."""
    if kind is WorldKind.VARIABLE:
        value = _variable(name)
        return "not set" if value is None else value if len(value) <= _SHOWN else None
    if kind is WorldKind.PACKAGE:
        return version_of(name) or "not installed"
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
    hasher = xxh3_128()
    buffer = memoryview(bytearray(1 << 18))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(buffer[:count])
    return hasher.hexdigest()


def _listing(path: str) -> str:
    try:
        with os.scandir(path) as found:
            names = sorted(
                os.fsencode(entry.name) + (b"/" if _is_folder(entry) else b"") for entry in found
            )
    except OSError:
        return ABSENT
    return str(digest_of(WorldKind.FOLDER, *names))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


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
    return f"{kind} {stamp[1]} {stamp[2]}" if whole else kind


_TYPES: Final = {stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
