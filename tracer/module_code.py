"""Module code: what modules of the user run when they are imported, and what cells run.

    from PIL import ImageFile
    ImageFile.LOAD_TRUNCATED_IMAGES = True

No function says so, and the code is kept nowhere once it has run. So it is noted as it starts,
where it assigns attributes or items. What of is for others to say.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from types import CodeType, FrameType, ModuleType
from typing import Final, NamedTuple

from .audited import listen
from .installed import OWN, is_users_file


class ModuleCode(NamedTuple):
    """Code that ran outside of all functions, with its globals where they are known."""

    code: CodeType
    namespace: dict[str, object] | None = None


noted: Final[list[ModuleCode]] = []
"""In the order in which it started. Who has dealt with some may remove them."""

told: Final[list[Callable[[], object]]] = []
"""Called when some was noted."""

before: Final[list[ModuleType]] = []
"""Modules of the user that were there before anybody watched."""


def watch() -> None:
    """Note such code from here on, and what is being executed now; once is enough."""
    if _watched:
        return
    _watched.append(True)
    frame: FrameType | None = sys._getframe()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        if frame.f_code.co_name == "<module>":
            _note(frame.f_code, frame.f_globals)
        frame = frame.f_back
    for module in tuple(sys.modules.values()):
        file = module.__dict__.get("__file__") if type(module) is ModuleType else None
        if type(file) is str and is_users_file(file):
            before.append(module)
    listen({"exec": _on_executed})


def note_from_before() -> None:
    """Note what modules ran that were imported before, as it is in their files now.

    Cost: that of reading them, once.
    """
    if not before:
        return
    # For those who have some.
    from importlib.machinery import ModuleSpec, SourceFileLoader  # noqa: PLC0415

    while before:
        module = before.pop()
        spec = module.__dict__.get("__spec__")
        loader = spec.loader if type(spec) is ModuleSpec else None
        if type(loader) is SourceFileLoader:  # another may be of the user, and run anything
            with suppress(Exception):  # whatever is in the file now
                code = loader.get_code(loader.name)
                if code is not None:
                    _note(code, module.__dict__)


_watched: Final[list[bool]] = []


def _on_executed(code: object = None, *_: object) -> None:
    if type(code) is CodeType and code.co_name == "<module>":
        with suppress(Exception):  # it would be raised in the program
            _note(code, _globals_given())


def _globals_given() -> dict[str, object] | None:
    """Return the globals that code is about to run in, where Python's own loaders run it."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code.co_filename.startswith(OWN):
        frame = frame.f_back
    if frame is None:
        return None
    match frame.f_code.co_name:
        case "_call_with_frames_removed":  # of importlib
            given = frame.f_locals.get("args", ())[1:2]
        case "_run_code":  # of runpy
            given = (frame.f_locals.get("run_globals"),)
        case _:
            return None
    return given[0] if given and type(given[0]) is dict else None


def _note(code: CodeType, namespace: dict[str, object] | None) -> None:
    if not is_users_file(code.co_filename) or not _assigns(code):
        return
    noted.append(ModuleCode(code, namespace))
    for tell in told:
        tell()


def _assigns(code: CodeType) -> bool:
    from opcode import opmap  # noqa: PLC0415 - for those who have code of their own

    stores = any(opmap[name] in code.co_code[::2] for name in ("STORE_ATTR", "STORE_SUBSCR"))
    return stores or "setattr" in code.co_names
