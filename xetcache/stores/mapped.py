"""Large files as private memory: nothing is read before it is used, and none is copied.

What the program writes into such memory stays its own, a file that is removed or replaced
by another stays readable, and pages come from the disk as they are touched. The price is
that the file must never be changed where it is: a page that was not touched yet would
come with the change, and one that is beyond the end of a shortened file is a signal
that ends the process. So a file is mapped only

* where its mode lets nobody write. Programs that copy over files fail then, and those that
  replace them, as git does, do no harm. Root may do all the same;
* on a file system of this machine. Elsewhere another machine can take it away.

Checking a large file takes longer than mapping it, so what was found whole is remembered
by what the file system tells of the file, and not checked again while that is so:

    .local/whole/<name, with + for />    1 boot device inode size modified changed

    boot        ::= of this machine, as the kernel calls it
    modified, changed ::= times of its content and of that or its place, in nanoseconds

The boot is part of it, so that what a power cut did to files is noticed, and since
numbers of devices and inodes mean nothing elsewhere.

On Linux only: what kind of file system a file is on cannot be told elsewhere.
"""

from __future__ import annotations

import errno
import functools
import os
import stat
import sys
from contextlib import suppress
from typing import Any, Final, NamedTuple
from weakref import WeakSet

LEAST: Final = 16 * 1024 * 1024
"""Bytes of a file from which on it is mapped; reading and checking fewer takes 10 ms."""

SETTLED: Final = 3_000_000_000
"""Nanoseconds, of which half are enough: the coarsest clock below counts whole seconds."""

_MOST: Final = 100
"""Files at once. Python keeps each open, and a process may have a thousand."""

_MOST_NOTES: Final = 1_000
_LONGEST_NOTE: Final = 1_000  # bytes

_OF_THIS_MACHINE: Final = frozenset(
    {"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "jfs", "overlay", "tmpfs", "xfs", "zfs"}
)
"""File systems, as the kernel calls them, that keep the time of the last change."""

_WRITABLE: Final = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

_live: Final[WeakSet[Any]] = WeakSet()


class State(NamedTuple):
    """One file in one state: another one, or the same one changed, differs in something."""

    boot: str
    device: int
    inode: int
    size: int
    modified: int
    changed: int

    def to_line(self) -> bytes:
        """Return it as it is written."""
        return " ".join(("1", *map(str, self))).encode() + b"\n"


def state_of(handle: int) -> State | None:
    """Return in which state an open file is; None where that cannot be told."""
    status = os.fstat(handle)
    boot = _boot()
    if not boot:
        return None
    return State(
        boot,
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def is_noted(path: str, state: State) -> bool:
    """Tell whether it is noted in the file `path` that one in this state was whole."""
    try:
        # Not blocking: what somebody has put there might be a pipe.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return False
    try:
        return os.read(handle, _LONGEST_NOTE) == state.to_line()
    except OSError:
        return False
    finally:
        os.close(handle)


def make_room(folder: str) -> None:
    """Remove all notes where they have become many: no entry takes its own along.

    Raises:
        OSError: the folder cannot be listed.
    """
    names = os.listdir(folder)
    if len(names) >= _MOST_NOTES:
        for name in names:
            with suppress(OSError):
                os.unlink(os.path.join(folder, name))


def settle(handle: int) -> None:
    """Make a large file, just written, one that can be mapped and remembered at once.

    Its time is set back: who writes to it within the same tick of the clock would else
    leave it as it was.
    """
    if sys.platform == "linux":
        status = os.fstat(handle)
        os.fchmod(handle, stat.S_IMODE(status.st_mode) & ~_WRITABLE)
        os.utime(handle, ns=(status.st_atime_ns, status.st_mtime_ns - SETTLED))


def memory_of(handle: int, *, protect: bool) -> memoryview | None:
    """Return the content of an open file as writable memory; None where it is to be read.

    Args:
        protect: change its mode where that lets somebody write.
    """
    if sys.platform != "linux" or not _is_of_this_machine(handle) or len(_live) >= _MOST:
        return None
    status = os.fstat(handle)
    if status.st_mode & _WRITABLE:
        if not protect:
            return None
        try:
            os.fchmod(handle, stat.S_IMODE(status.st_mode) & ~_WRITABLE)
        except OSError:  # somebody else's
            return None
    import mmap  # noqa: PLC0415 - for large files only

    try:
        found = mmap.mmap(handle, status.st_size, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):  # no address space, no handle, or shortened meanwhile
        return None
    _live.add(found)
    return memoryview(found)


def can_be_read(memory: memoryview) -> bool:
    """Tell whether all of a mapped file can be had from the disk, and fetch it.

    Touching a page that cannot be had would be a signal that ends the process.
    """
    found: Any = memory.obj
    try:
        found.madvise(_MADV_POPULATE_READ)
    except OSError as error:
        return error.errno == errno.EINVAL  # Linux before 5.14 cannot tell
    return True


_MADV_POPULATE_READ: Final = 22
"""Of madvise(2); Python 3.13 and earlier have no name for it."""


@functools.cache
def _boot() -> str:
    """Return what tells this run of the machine from others; nothing where nothing does."""
    with suppress(OSError), open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()
    return ""


def _is_of_this_machine(handle: int) -> bool:
    """Tell whether a file is on a file system that no other machine can write to."""
    # The device number would do but for btrfs, whose files tell another than its mount.
    try:
        with open(f"/proc/self/fdinfo/{handle}", encoding="ascii") as file:
            found = [line.split()[1] for line in file if line.startswith("mnt_id:")]
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            lines = [line for line in file if line.split(" ", 1)[0] in found]
    except (OSError, IndexError):
        return False
    # See proc_pid_mountinfo(5): after the lone dash comes the type.
    kinds = [line.partition(" - ")[2].partition(" ")[0] for line in lines]
    return len(kinds) == 1 and kinds[0] in _OF_THIS_MACHINE
