"""Pickles: the functions and classes that pickled bytes find by name.

The bytes are read by an unpickler that finds nothing but stand-ins, so none of the
program's code is run and nothing is imported.
"""

from __future__ import annotations

import io
import pickle
from typing import Any, Final

from ..kinds import loaded_module, member_at

_FIRST: Final = 0x80  # `PROTO`, which starts every pickle since protocol 2
_LAST: Final = 0x2E  # `STOP`


def named_in_pickle(data: bytes) -> list[object]:
    """Return what `data` names in modules that are loaded; nothing if it is no pickle."""
    if len(data) < len(b"\x80\x04N.") or data[0] != _FIRST or data[-1] != _LAST:
        return []
    reader = _Reader(io.BytesIO(data))
    try:
        reader.load()
    except Exception:  # noqa: BLE001 - bytes that only look like a pickle raise anything
        return []
    found = [member_at(loaded_module(module), name) for module, name in reader.names]
    return [target for target in found if target is not None]


class _Reader(pickle.Unpickler):
    """An unpickler that notes what it is asked to find."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.names: dict[tuple[str, str], None] = {}

    def find_class(self, module_name: str, global_name: str) -> Any:
        self.names[module_name, global_name] = None
        return _StandIn

    def persistent_load(self, pid: object) -> object:
        return pid


class _StandIn:
    """Takes the place of whatever a pickle finds, calls and fills."""

    def __new__(cls, *_: object, **__: object) -> Any:
        return object.__new__(cls)

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass

    def __setitem__(self, _: object, __: object) -> None:
        pass

    def __call__(self, *_: object, **__: object) -> Any:
        return self

    def append(self, _: object) -> None:
        """Take an item of a list."""

    def extend(self, _: object) -> None:
        """Take items of a list."""

    def add(self, _: object) -> None:
        """Take an item of a set."""
