"""Libraries whose compiled code opens files without telling Python.

No event tells of these files. But most of such libraries ask Python something about a
path before they hand it to their compiled part: where it leads, whether it is there, or
just what it is as text. What they ask about, they are taken to read.

Knows only which libraries these are, and by which frame to tell that one is asking.
"""

from __future__ import annotations

import os
import sys
from types import FrameType, ModuleType
from typing import Any, Final, cast

from .graph import DependencyGraph, NodeKind, once_for_each

_ASKING: Final = frozenset({"h5py", "polars", "pyarrow", "soundfile", "tables"})
"""Those that ask about the paths that they read."""

_OPENING: Final = _ASKING | {"pandas", "xarray"}
"""Those, and others that make a path of one with `~` whole."""

_WRITING: Final = ("write", "sink", "save", "to_", "open_output", "open_append", "create_dir")
"""How names of their functions begin that write."""

_UNSEEN: Final = (
    *("cv2.imread", "cv2.VideoCapture", "duckdb.", "lxml.etree.parse", "netCDF4."),
    *("pyarrow.memory_map", "pyarrow.OSFile"),
)
"""How names begin of functions and classes that read and ask nothing."""


@once_for_each
def unseen_readers(graph: DependencyGraph) -> tuple[str, ...]:
    """Return what a graph reaches that may read files of which nothing tells."""
    return tuple(
        node.name
        for node in graph.nodes
        if node.kind is NodeKind.DISTRIBUTION and f"{node.name}.".startswith(_UNSEEN)
    )


def is_asking(frame: FrameType | None) -> bool:
    """Tell whether the code of a frame belongs to such a library."""
    return _library_of(frame) in _ASKING


def opens_for_user(frame: FrameType | None) -> bool:
    """Tell whether the code of a frame belongs to a library that opens paths it is given."""
    return _library_of(frame) in _OPENING


def _library_of(frame: FrameType | None) -> str:
    """Return the top-level module that the code of a frame is of; nothing where none says so."""
    name = None if frame is None else frame.f_globals.get("__name__")
    return name.partition(".")[0] if type(name) is str else ""


def is_writing(frame: FrameType | None) -> bool:
    """Tell whether such a library asks because it is about to write."""
    while frame is not None and is_asking(frame):
        mode = frame.f_locals.get("mode")
        if frame.f_code.co_name.startswith(_WRITING) or (type(mode) is str and mode[:1] in "wxa"):
            return True
        frame = frame.f_back
    return False


def stand_in(substitute: object, name: str = "") -> None:
    """Put `substitute` in the place of `os` in modules of such libraries.

    Args:
        name: of a module that is about to be imported; nothing happens unless it is one
            of theirs. Without it, libraries are looked at that were not so far.
    """
    library = name.partition(".")[0]
    found = {library} & _ASKING if name else {one for one in _ASKING - _seen if one in sys.modules}
    if not found:
        return
    _seen.update(found)
    for known, module in tuple(sys.modules.items()):
        is_one = known.partition(".")[0] in found and type(module) is ModuleType
        if is_one and vars(module).get("os") is os:
            cast(Any, module).os = substitute


_seen: Final[set[str]] = set()
"""Libraries whose modules were looked at."""
