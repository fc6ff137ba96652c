"""What a direct call of a function of `os` asks about the world, in kinds and names.

Pure but for one thing: a folder that is given by its handle is looked up, to say where
it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final, cast

from .world import WorldKind

Question = tuple[WorldKind, object]
"""A kind, and what it is asked about: a path as it was given, or a name."""


class UnknownPlaceError(Exception):
    """A handle of a folder of which nobody can say where it is."""


def asked(name: str, positional: tuple[Any, ...], keyword: Mapping[str, Any]) -> list[Question]:
    """Return what a call of this function asks; nothing where the call is none.

    Raises:
        UnknownPlaceError: it asks about a path within a folder that cannot be named.
    """
    if name in {"getcwd", "getcwdb"}:
        return [(WorldKind.WORKING_FOLDER, "")]
    target = positional[0] if positional else keyword.get("path", keyword.get("name"))
    if name == "find_spec":
        return [(WorldKind.MODULE, target)] if _is_absolute(target) else []
    kinds = _KINDS.get(name, ())
    if name == "stat" and keyword.get("follow_symlinks") is False:
        kinds = _KINDS["lstat"]
    place = within(keyword.get("dir_fd"), target)
    return [(kind, place) for kind in kinds]


_KINDS: Final[dict[str, tuple[WorldKind, ...]]] = {
    "stat": (WorldKind.STATUS,),
    "lstat": (WorldKind.STATUS, WorldKind.LINK),
    "access": (WorldKind.ACCESS,),
    "readlink": (WorldKind.LINK,),
}


def _is_absolute(name: object) -> bool:
    return isinstance(name, str) and name != "" and not name.startswith(".")


def within(folder: object, target: object) -> object:
    """Return a path that counts from the handle of a folder, or from where the program is.

    Raises:
        UnknownPlaceError: nobody can say where that folder is.
    """
    if type(folder) is not int or not isinstance(target, str | bytes | os.PathLike):
        return target
    path = os.fsdecode(cast("str | bytes | os.PathLike[str]", target))
    return path if os.path.isabs(path) else os.path.join(path_of_handle(folder), path)


def path_of_handle(handle: int) -> str:
    """Return where the folder or file is that a handle was opened for.

    Raises:
        UnknownPlaceError: nobody can say.
    """
    for look in (_on_linux, _on_mac):
        with suppress(OSError, ImportError, AttributeError, ValueError):
            path = look(handle)
            if os.path.isabs(path) and os.path.lexists(path):
                return path
    raise UnknownPlaceError(handle)


def _on_linux(handle: int) -> str:
    return os.readlink(f"/proc/self/fd/{handle}")


def _on_mac(handle: int) -> str:
    import fcntl  # noqa: PLC0415 - not there on Windows

    ask: Callable[..., Any] = fcntl.fcntl
    return os.fsdecode(ask(handle, _F_GETPATH, b"\0" * 1024).rstrip(b"\0"))


_F_GETPATH: Final = 50
