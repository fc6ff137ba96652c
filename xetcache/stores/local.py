"""A store in a folder: one file a name, meant to be committed with the project.

    xmemo/
        README.txt          what this is; written once, when the folder is made
        .gitattributes      every file is bytes, not text
        calls/ab/ab12…      the file of the name `calls/ab/ab12…`
        .local/             state of this machine; its `.gitignore` keeps it from git
            tmp/            files being written
            whole/          which large files were found whole, see `mapped`
            …               whatever `local_path` was asked for: claims, a journal

How the promises of `store` are kept:

* A file is written under `.local/tmp` and then *linked* to its name, which succeeds
  for one writer only and shows the whole file at once.
* Links inside the folder are not part of it: a cloned repository may hold one that
  points anywhere. They are neither read, listed, written through nor swept. The
  folder itself may be reached through links, for those are its user's own.
* A failed write leaves nothing. What a killed one leaves is swept a day later.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from ..errors import StoreError
from . import mapped
from .store import Buffer, buffers_of, check_line, check_name, check_prefix, is_part

_README: Final = b"""\
This folder holds results that xetcache keeps, so that they need not be computed again.

It is meant to be committed: whoever has it gets the results without computing them.
Files are never changed, only added, so additions of several people merge by themselves.
It is safe to delete, whole or in part: what is missing is computed again when needed.
`.local` belongs to this machine alone and stays out of git.
"""
_GITATTRIBUTES: Final = b"* -text -diff\n"
_GITIGNORE: Final = b"*\n"

_SWEEP_AGE_SECONDS: Final = 24 * 60 * 60  # nobody writes one file for a day
_JOIN_SIZE: Final = 64 * 1024  # bytes up to which copying is cheaper than a system call
_ONE_READ: Final = 1 << 30  # bytes; Linux gives at most 2 GiB less a page at once

# Windows has no O_NOFOLLOW and no O_NONBLOCK, and turns newlines without O_BINARY.
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_PLAIN: Final = getattr(os, "O_BINARY", 0) | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
# Without O_NONBLOCK, opening a pipe that somebody planted would wait for ever.
_READ: Final = os.O_RDONLY | _PLAIN
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | _PLAIN

_ABSENT: Final = frozenset(
    {
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ELOOP,  # a link, not followed; FreeBSD says EMLINK
        errno.EMLINK,
        errno.ENXIO,  # a socket
        errno.ESTALE,  # removed by another machine while NFS still showed it
    }
)
_NO_LINKS: Final = frozenset(
    {
        errno.EPERM,  # FAT and exFAT on Linux
        errno.EACCES,  # Android
        errno.EINVAL,  # FAT on Windows
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
    }
)
_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EBADF})

_NOT_A_FOLDER: Final = "a link or a file is where a folder should be"

_HINTS: Final = {
    errno.ENOSPC: "free some space; until then results are computed but not kept",
    errno.EDQUOT: "free some of your quota; until then results are computed but not kept",
    errno.EACCES: "make the folder yours to write, or choose another with `set_memo_path`",
    errno.EPERM: "make the folder yours to write, or choose another with `set_memo_path`",
    errno.ENOTDIR: "remove it; links inside a store are not followed",
    errno.ELOOP: "remove it; links inside a store are not followed",
    errno.EROFS: "choose a folder that can be written, with `set_memo_path`",
}
_OTHER_HINT: Final = "look at the disk, or choose another folder with `set_memo_path`"


class LocalStore:
    """A store in the folder `path`, which is made when something is first written."""

    __slots__ = ("_local", "_swept", "_temporary", "path")

    def __init__(self, path: str | os.PathLike[str]) -> None:
        # Absolute from the start: a later `chdir` moves no store.
        self.path: Final = os.path.abspath(path)
        self._local = os.path.join(self.path, ".local")
        self._temporary = os.path.join(self._local, "tmp")
        self._swept = False

    def __repr__(self) -> str:
        return f"LocalStore({self.path!r})"

    def read(self, name: str, *, limit: int | None = None) -> bytes | None:
        """Return the bytes under `name`, or its first `limit` bytes; None if absent."""
        check_name(name)
        path = self._path_of(name)
        try:
            if self._first_link(name) is not None:
                return None
            handle = os.open(path, _READ)
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    return None
                return _read(handle, status.st_size if limit is None else limit)
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise self._failure("read", name, error) from error

    def checked(
        self,
        name: str,
        check: Callable[[Buffer], object],
        *,
        note: bool = True,
        read: bool = True,
    ) -> bytes | memoryview | None:
        """Return what is under `name` if `check` does not raise for it; None if absent.

        What is large comes as memory of the caller's own, to be written to, see `mapped`.
        It is not checked if the file is as it was when that was done last, in whichever
        process.

        Args:
            check: called with all of it, to raise if it is not whole.
            note: note that a large one was whole, for which its mode is made one that lets
                nobody write.
            read: read what is not mapped; else None stands for it.
        """
        check_name(name)
        try:
            if self._first_link(name) is not None:
                return None
            handle = os.open(self._path_of(name), _READ)
            try:
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    return None
                if status.st_size >= mapped.LEAST:
                    memory = self._mapped(name, handle, check, note=note)
                    if memory is not None:
                        return memory
                data = _read(handle, status.st_size) if read else None
            finally:
                os.close(handle)
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise self._failure("read", name, error) from error
        if data is not None:
            check(data)
        return data

    def _mapped(
        self, name: str, handle: int, check: Callable[[Buffer], object], *, note: bool
    ) -> memoryview | None:
        memory = mapped.memory_of(handle, protect=note)
        if memory is None:
            return None
        # After it was mapped: a change between the two shows in the state, and not before.
        state = mapped.state_of(handle)
        path = os.path.join(self._local, "whole", name.replace("/", "+"))
        if state is not None and mapped.is_noted(path, state):
            return memory
        if not mapped.can_be_read(memory):
            return None
        if not note or state is None:
            check(memory)
            return memory
        with self._to_be_noted(path, state):
            check(memory)
        return memory

    @contextmanager
    def _to_be_noted(self, path: str, state: mapped.State) -> Generator[None]:
        """Note a file as whole if the block, which checks it, raises nothing."""
        temporary = ""
        try:
            # Before the check, and by the clock that stamps the files, which need not be
            # this machine's: a file whose time has not passed yet could be changed after
            # the check and show the same one.
            temporary, handle = self._open_temporary()
            try:
                is_settled = state.modified + mapped.SETTLED // 2 < os.fstat(handle).st_mtime_ns
                _write_one(handle, state.to_line())
            finally:
                os.close(handle)
        except OSError:  # it is checked again then
            is_settled = False
        try:
            yield
            if is_settled:
                with suppress(OSError):
                    self._make_folders(self._local, "whole/x")
                    mapped.make_room(os.path.dirname(path))
                    os.replace(temporary, path)
        finally:
            if temporary:
                with suppress(OSError):
                    os.unlink(temporary)

    def write(
        self,
        name: str,
        data: Buffer | Iterable[Buffer],
        *,
        durable: bool = False,
        replace: bool = False,
    ) -> bool:
        """Put `data` under `name` unless something is there already."""
        check_name(name)
        try:
            temporary, handle = self._open_temporary()
            try:
                try:
                    size = _write(handle, buffers_of(data))
                    if size >= mapped.LEAST:
                        mapped.settle(handle)
                    if durable:
                        _sync_data(handle)
                finally:
                    os.close(handle)  # here NFS tells what it could not write
                return self._publish(temporary, name, durable=durable, replace=replace)
            finally:
                with suppress(OSError):  # gone if it was renamed; else for the sweep
                    os.unlink(temporary)
        except OSError as error:
            raise self._failure("write", name, error) from error

    def delete(self, name: str) -> bool:
        """Remove what is under `name`; return whether anything was."""
        check_name(name)
        try:
            self._refuse_links(name)
            os.unlink(self._path_of(name))
        except OSError as error:
            if error.errno in _ABSENT:
                return False
            raise self._failure("delete", name, error) from error
        return True

    def names(self, prefix: str = "") -> Iterator[str]:
        """Return the names that start with `prefix`, sorted."""
        check_prefix(prefix)
        folder, _, rest = prefix.rpartition("/")
        return self._names(f"{folder}/" if folder else "", rest)

    def append(self, name: str, line: bytes) -> None:
        """Add one line, which ends with a newline, to what is under `name`."""
        check_name(name)
        check_line(line)
        path = self._path_of(name)
        try:
            self._refuse_links(name)
            try:
                handle = os.open(path, _APPEND, 0o666)
            except FileNotFoundError:
                self._create()
                self._make_folders(self.path, name)
                handle = os.open(path, _APPEND, 0o666)
            try:
                # One call: the kernel keeps appended pieces apart, not lines.
                if os.write(handle, line) != len(line):
                    raise OSError(errno.ENOSPC, "only a part of the line was written")
            finally:
                os.close(handle)
        except OSError as error:
            raise self._failure("append to", name, error) from error

    def size(self, name: str) -> int | None:
        """Return how many bytes are under `name`; None if absent."""
        check_name(name)
        try:
            if self._first_link(name) is not None:
                return None
            status = os.lstat(self._path_of(name))
        except OSError as error:
            if error.errno in _ABSENT:
                return None
            raise self._failure("read", name, error) from error
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def local_path(self, name: str) -> str:
        """Return the path of `name` in the part of the folder that git never sees.

        Makes the folders it lies in, not the file. For locks and a journal, which
        their owners open themselves.
        """
        check_name(name)
        path = os.path.join(self._local, *name.split("/"))
        if os.path.isdir(os.path.dirname(path)):
            return path
        try:
            self._create()
            self._make_folders(self._local, name)
        except OSError as error:
            raise self._failure("make the folder of", f".local/{name}", error) from error
        return path

    def _path_of(self, name: str) -> str:
        return f"{self.path}{os.sep}{name}"  # Windows knows `/` within a path as well

    def _names(self, folder: str, rest: str) -> Iterator[str]:
        """Yield the names in `folder` (empty, or with its slash) that go on with `rest`."""
        path = self._path_of(folder)
        found: list[tuple[str, bool]] = []
        try:
            if folder and self._first_link(f"{folder}x") is not None:
                return
            with os.scandir(path) as children:
                for child in children:
                    if not is_part(child.name) or not child.name.startswith(rest):
                        continue
                    if child.is_dir(follow_symlinks=False):
                        found.append((f"{child.name}/", True))
                    elif child.is_file(follow_symlinks=False):
                        found.append((child.name, False))
        except OSError as error:
            if error.errno in _ABSENT:
                return
            raise self._failure("list", folder or ".", error) from error
        # Folders sort with their slash, so that whole names come out sorted.
        for name, is_folder in sorted(found):
            if is_folder:
                yield from self._names(folder + name, "")
            else:
                yield folder + name

    def _open_temporary(self) -> tuple[str, int]:
        """Return path and handle of a new file that nobody else will ever open."""
        # The process number is for people who look; machines that share the folder
        # may have the same ones, so the rest is random.
        path = os.path.join(self._temporary, f"{os.getpid()}-{os.urandom(8).hex()}")
        self._refuse_links(".local/tmp/x")
        try:
            handle = os.open(path, _CREATE, 0o666)
        except FileNotFoundError:
            self._create()
            handle = os.open(path, _CREATE, 0o666)
        if not self._swept:
            self._swept = True
            # Ages are measured by the clock that stamps the files, which need not be
            # this machine's: else one that is a day fast removes files in use.
            self._sweep(older_than=os.fstat(handle).st_mtime - _SWEEP_AGE_SECONDS)
        return path, handle

    def _sweep(self, *, older_than: float) -> None:
        """Remove what killed writers left."""
        with suppress(OSError), os.scandir(self._temporary) as children:
            for child in children:
                # Another process may sweep at the same time.
                with suppress(OSError):
                    status = child.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and status.st_mtime < older_than:
                        os.unlink(child.path)

    def _publish(self, temporary: str, name: str, *, durable: bool, replace: bool) -> bool:
        """Give the file `temporary` its name; return False if that is taken."""
        target = self._path_of(name)
        self._make_folders(self.path, name)
        try:
            # Not `rename`: it would replace what is there, for which ext4 first flushes
            # the data (auto_da_alloc). With 16 processes: 3 800 writes a second instead
            # of 102 000.
            if replace:
                os.replace(temporary, target)
            else:
                os.link(temporary, target)
        except FileExistsError:
            return False
        except OSError as error:
            if replace or error.errno not in _NO_LINKS:
                raise
            # Two writers may both come through here, and the later one wins. Both
            # mean the same by the name, so no reader is worse off.
            if os.path.lexists(target):
                return False
            os.rename(temporary, target)
        if durable:
            try:
                self._sync_folders(name)
            except OSError:
                with suppress(OSError):
                    os.unlink(target)
                raise
        return True

    def _create(self) -> None:
        """Make the folder and what is always in it, as far as it is not there."""
        os.makedirs(self.path, exist_ok=True)
        if not os.listdir(self.path):
            _plant(os.path.join(self.path, "README.txt"), _README)
            _plant(os.path.join(self.path, ".gitattributes"), _GITATTRIBUTES)
        self._make_folders(self.path, ".local/x")
        _plant(os.path.join(self._local, ".gitignore"), _GITIGNORE)
        self._make_folders(self._local, "tmp/x")

    def _make_folders(self, root: str, name: str) -> None:
        """Make the folders of `name` below `root` and refuse links among them."""
        for folder in _folders(root, name):
            try:
                status = os.lstat(folder)
            except FileNotFoundError:
                with suppress(FileExistsError):  # somebody else was quicker
                    os.mkdir(folder)
            else:
                if not stat.S_ISDIR(status.st_mode):
                    raise NotADirectoryError(errno.ENOTDIR, _NOT_A_FOLDER, folder)

    def _first_link(self, name: str) -> str | None:
        """Return the first folder of `name` that is a link, if one is."""
        for folder in _folders(self.path, name):
            if os.path.islink(folder):
                return folder
        return None

    def _refuse_links(self, name: str) -> None:
        link = self._first_link(name)
        if link is not None:
            raise NotADirectoryError(errno.ENOTDIR, _NOT_A_FOLDER, link)

    def _sync_folders(self, name: str) -> None:
        """Make sure that the name, and the folders made for it, survive a power cut."""
        if os.name == "nt":
            return  # folders cannot be opened there, and NTFS journals them itself
        for folder in (*_folders(self.path, name), self.path, os.path.dirname(self.path)):
            try:
                handle = os.open(folder, os.O_RDONLY)
            except PermissionError:
                continue  # to add to a folder one need not be allowed to list it
            try:
                os.fsync(handle)
            except OSError as error:
                if error.errno not in _NO_FOLDER_SYNC:
                    raise
            finally:
                os.close(handle)

    def _failure(self, action: str, name: str, error: OSError) -> StoreError:
        """Say what could not be done, where and why, and what would help."""
        why = error.strerror or str(error)
        where = f" (`{error.filename}`)" if error.filename else ""
        hint = _HINTS.get(error.errno or 0, _OTHER_HINT)
        failure = StoreError(
            f"the store `{self.path}` could not {action} `{name}`: {why}{where}\nhint: {hint}"
        )
        failure.errno = error.errno
        return failure


def _folders(root: str, name: str) -> list[str]:
    """Return the folders of `name` below `root`, the outermost first."""
    folders: list[str] = []
    at = name.find("/")
    while at >= 0:
        folders.append(f"{root}{os.sep}{name[:at]}")
        at = name.find("/", at + 1)
    return folders


def _read(handle: int, size: int) -> bytes:
    """Return the first `size` bytes of a file, or all of them if it has fewer."""
    if size <= _ONE_READ and len(data := os.read(handle, size)) == size:
        return data
    os.lseek(handle, 0, os.SEEK_SET)
    with open(handle, "rb", buffering=0, closefd=False) as file:
        # Grows one `bytes` in place, where joining pieces would need twice the memory.
        return file.readall()[:size]


def _write(handle: int, buffers: Iterable[Buffer]) -> int:
    """Write all of `buffers`, the large ones without a copy; return how many bytes."""
    small: list[Buffer] = []
    total = 0
    for buffer in buffers:
        size = memoryview(buffer).nbytes
        total += size
        if size <= _JOIN_SIZE:
            small.append(buffer)
            continue
        _write_one(handle, b"".join(small))
        small = []
        _write_one(handle, buffer)
    _write_one(handle, b"".join(small))
    return total


def _write_one(handle: int, buffer: Buffer) -> None:
    if not memoryview(buffer).nbytes:
        return
    rest = memoryview(buffer).cast("B")
    while rest:
        rest = rest[os.write(handle, rest) :]


def _sync_data(handle: int) -> None:
    getattr(os, "fdatasync", os.fsync)(handle)  # macOS and Windows have no fdatasync


def _plant(path: str, content: bytes) -> None:
    """Write a file that nobody verifies, unless it is there."""
    try:
        handle = os.open(path, _CREATE, 0o666)
    except FileExistsError:
        return
    try:
        try:
            _write_one(handle, content)
        finally:
            os.close(handle)
    except BaseException:
        os.unlink(path)
        raise
