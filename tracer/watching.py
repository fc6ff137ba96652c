"""Watching: what is asked of the world outside, while somebody listens.

    make_ready()
    listen(listener)        told of what is read, written and asked for, in all threads
    …
    leave(listener)

Files that are opened, by Python or by libraries that go through it, SQLite databases,
folders that are listed, paths that are asked for by `os.path` and `pathlib`, environment
variables, processes and connections that are started.

Nothing is watched before somebody listens for the first time. From then on stay, for the
life of the process: one audit hook, five methods of `os.environ`'s class, and a stand-in
for the name `os` in modules of the standard library that ask what is at a path, because no
event tells of that. All of them look whether somebody listens, and go on. What code asks
`os` directly is seen by stand-ins that are there as long as somebody observes, see
`standins`.

Tells whose question it is, the call's or a library's for itself; what it means for a
result is for those who listen to say.
"""

from __future__ import annotations

import os
import stat
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial, wraps
from importlib import import_module
from itertools import dropwhile, islice
from types import CodeType, FrameType
from typing import Any, Final, Protocol, cast

from . import audited, parsers, readers, standins, started
from .asked import UnknownPlaceError, asked, path_of_handle, within
from .commands import paths_named
from .installed import OWN, SHIPPED, STANDARD_LIBRARY, is_installed, is_library_file
from .world import Fact, WorldKind, is_there, working_folder


class Listener(Protocol):
    """What is told of all that is asked outside, as it happens."""

    @property
    def elsewhere(self) -> dict[str, None]:
        """What else was asked, of which nobody knows what it read."""
        ...

    def read(self, kind: WorldKind, name: str) -> None:
        """Be told that something is about to be read."""

    def written(self, path: str) -> None:
        """Be told that a file is about to be written."""

    def made(self, path: str) -> None:
        """Be told that a folder is about to be made."""

    def removed(self, path: str) -> None:
        """Be told that a file or folder is about to be removed."""

    def named(self, path: str) -> None:
        """Be told that another program is told of a path."""

    def declared(self, kind: WorldKind, name: str) -> None:
        """Be told of something that counts whether it is read or not."""

    def found(self, fact: Fact) -> None:
        """Be told of a fact that something served from a cache stands on."""

    def asked_where(self) -> None:
        """Be told that it is asked which folder the program works in."""

    def variable(self, name: str, value: str | None) -> None:
        """Be told that an environment variable is read."""

    def assigned(self, name: str, *, by_library: bool) -> None:
        """Be told that an environment variable is about to be assigned or removed."""

    def seeded(self, module: str) -> None:
        """Be told that the global generator of a module is about to be seeded."""

    def forked(self) -> None:
        """Be told that a copy of the process is made."""

    def spoil(self, why: str) -> None:
        """Be told that something was used up."""

    def asks_for_status(self) -> bool:
        """Tell whether entries of a folder may be asked for their size or time."""
        ...

    def attached(self) -> Iterable[str | None]:
        """Tell which databases may be attached to one; None for one that is not known."""
        ...


_active: tuple[Listener, ...] = ()
"""Replaced and never changed, so that those who tell need no lock."""
_lock = threading.RLock()  # a finalizer may call what is observed, whatever runs here


def listen(listener: Listener) -> None:
    """Be told, until `leave`."""
    global _active  # noqa: PLW0603 - see there
    with _lock:
        _active = (*_active, listener)


def leave(listener: Listener) -> bool:
    """Be told no longer; tell whether it was until now."""
    global _active  # noqa: PLW0603 - see there
    with _lock:
        left = tuple([one for one in _active if one is not listener])
        was_told = len(left) < len(_active)
        _active = left
    return was_told


def listeners() -> tuple[Listener, ...]:
    """Return all who are told."""
    return _active


def anybody_observes() -> bool:
    """Tell whether any observation is going on."""
    return bool(_active)


def declare(kind: WorldKind, name: str) -> None:
    """Tell of something that counts whether it is read or not."""
    for listener in _active:
        listener.declared(kind, name)


def make_ready() -> None:
    """See to it that all that is asked is seen; what was loaded since the last time, too."""
    _watch()
    readers.stand_in(_OS)
    parsers.stand_in(_on_command_line, _on_distribution)


# -- what is watched ------------------------------------------------------------------

_watched: list[bool] = []


def _watch() -> None:
    if not _watched:
        with _lock:
            if not _watched:
                _start_to_watch()
                # Only now: who finds it set may rely on it.
                _watched.append(True)


def _start_to_watch() -> None:
    audited.listen({event: partial(_on_event, action) for event, action in _ACTIONS.items()})
    _watch_environment()
    # One that is first imported by a call would be too late for it.
    import_module("pathlib")  # 20 ms, before the first miss of a process
    for name in ("genericpath", "posixpath", "ntpath", "pathlib", "pathlib._local"):
        module = sys.modules.get(name)
        if module is not None and getattr(module, "os", None) is os:
            cast(Any, module).os = _OS
    # From 3.13 on, `Path.glob` has a function of its own for names without wildcards.
    globber = getattr(sys.modules.get("glob"), "_StringGlobber", None)
    if globber is not None and getattr(globber, "lstat", None) is os.lstat:
        globber.lstat = staticmethod(_OS.lstat)


def _on_event(action: Callable[..., None], *arguments: Any) -> None:
    if _active:
        action(*arguments)


def _on_listing(folder: object) -> None:
    if type(folder) is int:
        try:
            folder = path_of_handle(folder)
        except UnknownPlaceError:
            _on_unknown_place()
            return
    _on_read(WorldKind.FOLDER, "." if folder is None else folder)


def _on_scan(folder: object) -> None:
    asker = next(frame for frame in _frames() if frame.f_code.co_filename not in _WATCHERS)
    is_users = not is_library_file(asker.f_code.co_filename)
    if is_users and any(listener.asks_for_status() for listener in _active):
        _on_read(WorldKind.ENTRIES, "." if folder is None else folder)
    _on_listing(folder)


def _on_unknown_place() -> None:
    for listener in _active:
        listener.spoil("a folder that is known by its handle only")


def on_question(name: str, positional: tuple[Any, ...], keyword: Mapping[str, Any]) -> None:
    """Note what is asked of a function that a stand-in is there for."""
    if not _active:
        return
    try:
        if name == "open":
            if type(keyword.get("dir_fd")) is int:
                given = {**dict(zip(("path", "flags"), positional, strict=False)), **keyword}
                _on_open(within(given["dir_fd"], given.get("path")), None, given.get("flags"))
            return
        questions = asked(name, positional, keyword)
    except (UnknownPlaceError, ValueError):
        _on_unknown_place()
        return
    for kind, target in questions:
        if kind is WorldKind.WORKING_FOLDER:
            _on_working_folder()
        elif kind.is_path:
            _on_read(kind, target)
        else:
            declare(kind, str(target))


def on_seeding(module: str) -> None:
    for listener in _active:
        listener.seeded(module)


def _on_working_folder() -> None:
    for listener in _active:
        listener.asked_where()


def _on_command_line() -> None:
    declare(WorldKind.COMMAND_LINE, "")


def _on_distribution(name: str | None) -> None:
    if _is_for_user():
        kind = WorldKind.PACKAGES if name is None else WorldKind.PACKAGE
        declare(kind, name or "")


def _on_process(executable: object, command: object, folder: object, *_: object) -> None:
    if _is_for_user():
        paths = (*paths_named(executable, folder), *paths_named(command, folder))
        for path in dict.fromkeys(paths):
            _on_named(path)
        _on_program(command if executable is None else executable)
        _on_elsewhere("a process")


def _on_program(command: object) -> None:
    """Note which program of the user a command finds on `PATH`."""
    many = isinstance(command, list | tuple)
    words = cast("list[object]", command) if many else [command]
    name = _path_of(words[0]) if words else None
    if name is None or os.path.dirname(name):
        return
    candidates = (os.path.join(folder, name) for folder in os.get_exec_path())
    found = next((path for path in candidates if os.access(path, os.X_OK)), None)
    if found is not None and not found.startswith(_SYSTEM) and not _is_of_the_place(found):
        declare(WorldKind.VARIABLE, "PATH")
        _on_read(WorldKind.FILE, found)


_SYSTEM: Final = ("/bin/", "/sbin/", "/opt/", "/snap/")


def _on_shell(command: object) -> None:
    _on_process(None, command, None)


def _on_spawn(path: object, command: object, *_: object) -> None:
    _on_process(path, command, None)


def _on_fork(*_: object) -> None:
    if _is_for_user():
        _on_elsewhere("a process")
        for listener in _active:
            listener.forked()


def _on_connection(_socket: object, address: object) -> None:
    if type(address) is tuple and _is_for_user():
        _on_elsewhere("a connection")


def _on_elsewhere(what: str) -> None:
    for listener in _active:
        listener.elsewhere.setdefault(what)


def _on_named(target: str) -> None:
    path = _path_of(target)
    if path is None or _is_of_the_place(os.path.abspath(path)) or _is_program(path):
        return
    here = os.path.join(working_folder(), "")
    if not here.startswith(os.path.join(os.path.abspath(path), "")) and _is_the_calls(path):
        for listener in _active:
            listener.named(path)


def _is_program(path: str) -> bool:
    """Tell whether a path is that of a program which is installed, here or there."""
    folder = os.path.dirname(path)
    return os.path.isabs(path) and (folder == "/bin" or folder in os.get_exec_path())


def _on_import(name: object, *_: object) -> None:
    readers.stand_in(_OS, str(name))
    if parsers.load(str(name)):
        parsers.stand_in(_on_command_line, _on_distribution)


def _on_input(*_: object) -> None:
    for listener in _active:
        listener.spoil("standard input")


def _on_connection_to_database(target: object) -> None:
    _on_database(target)
    if _is_the_calls(""):
        # No event tells of a statement, so it is what the code says.
        for listener in _active:
            _on_attached(listener)


def _on_attached(listener: Listener) -> None:
    for path in listener.attached():
        if path is None:
            listener.spoil("a database whose name is not in the statement that attaches it")
        else:
            _on_database(path)


def _on_database(target: object) -> None:
    path = _path_of(_database_of(target))
    if path is not None:
        for ending in ("", "-wal", "-journal"):
            _on_read(WorldKind.FILE, path + ending)


def _on_open(target: object, _mode: object, flags: object) -> None:
    if type(flags) is not int or flags & _O_TMPFILE == _O_TMPFILE:
        return  # a file without a name
    if (target == 0 and type(target) is int) or (
        type(target) is str and target.startswith(_HANDLES) and not flags & os.O_WRONLY
    ):
        _on_input()
    if flags & os.O_EXCL and not is_library_file(
        _reader()
    ):  # names of temporary files are nobody's
        _on_read(WorldKind.PATH, target)
    writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
    appends = bool(flags & os.O_APPEND)
    empties = not appends and bool(flags & (os.O_TRUNC | os.O_EXCL))
    if not flags & os.O_WRONLY and not (writes and empties):
        _on_read(WorldKind.FILE, target)
    if writes and not appends:
        _on_change(target, _written)


_HANDLES: Final = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
_O_TMPFILE: Final = getattr(os, "O_TMPFILE", -1)


def _is_here(folder: object) -> bool:
    """Tell whether a path is not counted from the handle of a folder."""
    return folder == -1


def _on_read(kind: WorldKind, target: object) -> None:
    path = _path_of(target)
    if path is not None and _is_the_calls(path, listed=kind is WorldKind.FOLDER):
        for listener in _active:
            listener.read(kind, path)


def _on_change(target: object, note: Callable[[Listener, str], None]) -> None:
    path = _path_of(target)
    if path is not None and _is_the_calls(path):
        for listener in _active:
            note(listener, path)


def _written(listener: Listener, path: str) -> None:
    listener.written(path)


def _made(listener: Listener, path: str) -> None:
    listener.made(path)


def _removed(listener: Listener, path: str) -> None:
    listener.removed(path)


def _on_removal(target: object, folder: object) -> None:
    if _is_here(folder):
        _on_change(target, _removed)


def _on_rename(source: object, target: object, one: object, other: object) -> None:
    if _is_here(one) and _is_here(other):
        _on_removal(source, one)
        _on_change(target, _written)


def _on_link(source: object, target: object, one: object, other: object) -> None:
    if _is_here(one) and _is_here(other):
        _on_read(WorldKind.FILE, source)
        _on_change(target, _written)


def _on_symbolic_link(source: object, target: object, folder: object) -> None:
    place, name = _path_of(target), _path_of(source)
    if place is not None and name is not None and _is_here(folder):
        # It counts from the folder that the link is in.
        _on_read(WorldKind.FILE, os.path.join(os.path.dirname(place), name))
        _on_change(target, _written)


def _on_new_folder(target: object, _mode: object, folder: object) -> None:
    if _is_here(folder):
        _on_change(target, _made)


def _on_truncation(target: object, _length: object) -> None:
    _on_open(target, None, os.O_RDWR)


def _on_found(module: object, name: object) -> None:
    if not _reader().startswith(OWN):  # who reads what is stored
        started.on_found(module, name)


_ACTIONS: Final[dict[str, Callable[..., None]]] = {
    "open": _on_open,
    "import": _on_import,
    "os.listdir": _on_listing,
    "os.scandir": _on_scan,
    "os.remove": _on_removal,
    "os.rmdir": _on_removal,
    "os.rename": _on_rename,
    "os.link": _on_link,
    "os.symlink": _on_symbolic_link,
    "os.mkdir": _on_new_folder,
    "os.truncate": _on_truncation,
    "os.system": _on_shell,
    "os.posix_spawn": _on_spawn,
    "os.fork": _on_fork,
    "os.forkpty": _on_fork,
    "subprocess.Popen": _on_process,
    "socket.connect": _on_connection,
    "sqlite3.connect": _on_connection_to_database,
    "builtins.input": _on_input,
    "exec": started.on_executed,
    "pickle.find_class": _on_found,
    "_thread.start_new_thread": started.on_new_thread,
    "_thread.start_joinable_thread": started.on_new_thread,  # since 3.13
}
"""Audit event → what is done with its arguments."""


def _database_of(target: object) -> object:
    """Return the path in a URI such as `file:data.db?mode=ro`; a path as it is."""
    if isinstance(target, str) and target.startswith("file:"):
        from urllib.parse import unquote  # noqa: PLC0415 - for those who use a URI

        path = target.removeprefix("file:").partition("?")[0].partition("#")[0]
        return unquote(path.removeprefix("//"))
    return target


def _path_of(target: object) -> str | None:
    """Return a path as text; None for a handle, and for what is no file of the user."""
    if isinstance(target, os.PathLike):
        target = os.fspath(cast("os.PathLike[str]", target))
    if isinstance(target, bytes):
        target = os.fsdecode(target)
    if not isinstance(target, str) or target in {"", ":memory:"}:
        return None
    is_none = target.startswith(_NOT_FILES) and not target.startswith("/dev/shm/")  # noqa: S108
    return None if is_none or "\0" in target else target


_NOT_FILES: Final = ("/proc/", "/dev/", "/sys/")

# -- who reads ------------------------------------------------------------------------

_OBSERVE: Final = os.path.join(os.path.dirname(__file__), "observation.py")
_WATCHERS: Final = frozenset(
    {__file__, _OBSERVE, audited.__file__, standins.__file__, parsers.__file__}
)
"""Files of the code that is called instead of what was asked."""
_FINDS_DISTRIBUTIONS: Final = os.path.join(STANDARD_LIBRARY, "importlib", "metadata", "")
_SHOW_SOURCE: Final = frozenset(
    os.path.join(STANDARD_LIBRARY, name) for name in ("traceback.py", "warnings.py")
)


def _is_the_calls(path: str, *, listed: bool = False) -> bool:
    """Tell whether what is read is something that the call depends on by itself.

    Code is not, for the graph has it; nor are files of installed packages, for which
    their version stands; nor what the cache itself reads.
    """
    if is_installed(path) or path.startswith(STANDARD_LIBRARY):
        return False
    is_code = listed or path.endswith((".py", ".pyc"))
    for frame in _frames():
        name = frame.f_code.co_filename
        if name.startswith(OWN):
            if name not in _WATCHERS:
                return False
        elif is_code and (name in _SHOW_SOURCE or name.startswith("<frozen importlib")):
            return False
        elif name.startswith(_FINDS_DISTRIBUTIONS):
            return False  # their versions stand for them
        elif not name.startswith(SHIPPED):
            return not (is_installed(name) and _is_of_the_place(path))
    return True


def _is_for_user() -> bool:
    """Tell whether the code that asks is the user's, or the standard library's for it."""
    names = (frame.f_code.co_filename for frame in _frames())
    asker = next(
        (name for name in names if not name.startswith(SHIPPED) and name not in _WATCHERS), ""
    )
    return not is_installed(asker) and not asker.startswith(OWN)


def _is_of_the_place(path: str) -> bool:
    """Tell whether a path says where things are: no matter of a library's results."""
    inside, installed = os.path.join(path, ""), os.path.join(sys.prefix, "")
    return inside.startswith(("/etc/", "/usr/", installed)) or installed.startswith(inside)


def _frames() -> Iterator[FrameType]:
    """Yield frames, from the innermost outwards."""
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        yield frame
        frame = frame.f_back


def _asker() -> FrameType | None:
    """Return the frame of the code that asks: the first that does not only hand on."""
    outside = dropwhile(lambda frame: frame.f_code.co_filename in _WATCHERS, _frames())
    return next((one for one in outside if one.f_globals.get("__name__") not in _GO_BETWEEN), None)


def _reader() -> str:
    """Return the file of the code that asks."""
    asker = _asker()
    return "" if asker is None else asker.f_code.co_filename


_GO_BETWEEN: Final = frozenset(
    [
        *("os", "posixpath", "ntpath", "genericpath", "_collections_abc", "collections.abc"),
        *("pathlib", "pathlib._abc", "pathlib._local"),
    ]
)
"""Modules that ask for who calls them."""

_OF_THE_PLACE: Final = frozenset(
    [
        *("HOME", "USER", "LOGNAME", "USERNAME", "USERPROFILE", "SHELL", "SHLVL", "PWD", "OLDPWD"),
        *("PATH", "TEMP", "TMP", "TMPDIR", "TERM", "DISPLAY"),
        *("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    ]
)
"""Where things are, and what a screen can show: no matter of a library's results."""


def _is_dependency(name: str) -> bool:
    asker = _asker()
    reader = "" if asker is None else asker.f_code.co_filename
    if reader.startswith(OWN):
        return False
    if name == "HOME" and readers.opens_for_user(asker):
        return True  # for a path that it is given
    return not (is_library_file(reader) and name in _OF_THE_PLACE)


def _watch_environment() -> None:
    kind: Any = vars(os)["_Environ"]  # whatever is in the place of `os.environ` now
    get, put, remove, names, count = (
        kind.__getitem__,
        kind.__setitem__,
        kind.__delitem__,
        kind.__iter__,
        kind.__len__,
    )

    @wraps(get)
    def getitem(self: Any, key: Any) -> Any:
        if not _active:
            return get(self, key)
        try:
            value = get(self, key)
        except KeyError:
            _on_variable(key, None)
            raise
        _on_variable(key, value)
        return value

    @wraps(put)
    def setitem(self: Any, key: Any, value: Any) -> None:
        _on_assignment(key)
        put(self, key, value)

    @wraps(remove)
    def delitem(self: Any, key: Any) -> None:
        _on_assignment(key)
        remove(self, key)

    @wraps(names)
    def iterate(self: Any) -> Any:
        _on_all_variables()
        return names(self)

    @wraps(count)
    def length(self: Any) -> int:
        _on_all_variables()
        return count(self)

    kind.__getitem__, kind.__setitem__ = getitem, setitem
    kind.__delitem__, kind.__iter__, kind.__len__ = delitem, iterate, length


def _on_all_variables() -> None:
    if _active and not _reader().startswith(OWN):
        for listener in _active:
            listener.read(WorldKind.VARIABLES, "")


def _on_variable(key: object, value: object) -> None:
    name, text = _text(key), _text(value)
    if name is not None and _is_dependency(name):
        for listener in _active:
            listener.variable(name, text)


def _on_assignment(key: object) -> None:
    name = _text(key)
    if name is None or not _active:
        return
    # What a library sets for itself, often when it is imported, it will set again.
    by_library = is_library_file(_reader())
    for listener in _active:
        listener.assigned(name, by_library=by_library)


def _text(value: object) -> str | None:
    return os.fsdecode(value) if isinstance(value, str | bytes) else None


class _Os:
    """`os`, for modules that ask it what is at a path: it tells of that."""

    def fspath(self, path: Any) -> str | bytes:
        """Do as `os.fspath`."""
        if _active:
            # Asked at every join of a path, so by the shortest way. A path that was given
            # to a library is asked for as it is, or made whole first; what the library
            # makes of it is asked for by other functions.
            asker: FrameType | None = sys._getframe(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            if asker.f_code.co_name == "expanduser":
                asker = asker.f_back
            if readers.is_asking(asker):
                _on_handed_on(path, to_write=readers.is_writing(asker))
        return cast("str | bytes", os.fspath(path))

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def getcwd(self) -> str:
        """Do as `os.getcwd`."""
        if _active and not is_library_file(reader := _reader()) and not reader.startswith(OWN):
            _on_working_folder()
        return os.getcwd()

    def readlink(self, path: Any, **options: Any) -> Any:
        """Do as `os.readlink`."""
        if _active:
            _on_read(WorldKind.LINK, path)
        return os.readlink(path, **options)

    def stat(self, path: Any, **options: Any) -> os.stat_result:
        """Do as `os.stat`."""
        if _active:
            _on_status(path)
        return os.stat(path, **options)

    def lstat(self, path: Any, **options: Any) -> os.stat_result:
        """Do as `os.lstat`."""
        if _active:
            _on_status(path)
        return os.lstat(path, **options)


_OS: Final = _Os()


def _on_handed_on(target: object, *, to_write: bool) -> None:
    """Note that a path is about to be read, with all that is in it if it is a folder."""
    path = _path_of(target)
    if path is None:
        return
    if to_write:
        _on_named(path)
        return
    path = path.removeprefix("file://")
    if is_there(path):
        _on_read(WorldKind.TREE if stat.S_ISDIR(os.stat(path).st_mode) else WorldKind.FILE, path)
    elif not _MAGIC.isdisjoint(path):
        _on_pattern(path)
    elif "://" not in path:
        _on_read(WorldKind.FILE, path)  # that there is none


def _on_pattern(pattern: str) -> None:
    """Note that what a pattern of paths matches is about to be read."""
    from glob import glob  # noqa: PLC0415 - for those who use one

    folder = os.path.dirname(pattern)
    if _MAGIC.isdisjoint(folder):
        _on_read(WorldKind.FOLDER, folder or os.curdir)
        for path in glob(pattern):
            _on_read(WorldKind.FILE, path)
        return
    while not _MAGIC.isdisjoint(folder):
        folder = os.path.dirname(folder)
    _on_read(WorldKind.TREE, folder or os.curdir)


_MAGIC: Final = frozenset("*?[")


def _is_makedirs() -> bool:
    codes = map(_code_of, islice(_frames(), _NEAR))
    return any(code is os.makedirs.__code__ for code in codes)


_NEAR: Final = 10  # frames


def _code_of(frame: FrameType) -> CodeType:
    return frame.f_code


def _goes_on(code: CodeType) -> bool:
    """Tell whether code only hands on what it was asked: `Path.stat` for `Path.exists`."""
    name = code.co_filename
    return name in _WATCHERS or (code.co_name == "stat" and "pathlib" in name)


_ASKS_WHAT_IS_THERE: Final = frozenset(
    [
        *("exists", "lexists", "isfile", "isdir", "islink", "ismount", "samefile"),
        *("is_file", "is_dir", "is_symlink", "is_mount", "select_exists"),
    ]
)
_ASKS_FOR_LINKS: Final = frozenset(
    {"islink", "is_symlink", "samefile", "realpath", "_joinrealpath", "resolve"}
)


def _on_status(target: object) -> None:
    path = _path_of(target)
    if path is None:
        return
    code = next(code for code in map(_code_of, _frames()) if not _goes_on(code))
    if _is_makedirs():
        return  # what it asks for, it sees to
    if readers.is_asking(_asker()) and os.path.isfile(path):
        _on_read(WorldKind.FILE, path)
    if code.co_name in _ASKS_FOR_LINKS:
        _on_read(WorldKind.LINK, path)
    if code.co_name in _LEADS_ON and not _is_strict():
        return  # what is there is no matter
    only_kind = code.co_name in _ASKS_WHAT_IS_THERE or code.co_name in _LEADS_ON
    kind = WorldKind.PATH if only_kind else WorldKind.STATUS
    if _is_the_calls(path):
        for listener in _active:
            listener.read(kind, path)


_LEADS_ON: Final = frozenset({"realpath", "_joinrealpath", "resolve"})


def _is_strict() -> bool:
    """Tell whether a path is resolved by code that minds if nothing is there."""
    asker = next(frame for frame in _frames() if frame.f_code.co_name in _LEADS_ON)
    return bool(asker.f_locals.get("strict"))
