"""Pickles: the functions and classes that pickled bytes find by name.

The bytes are read by an unpickler that finds nothing but stand-ins, so none of the
program's code is run and nothing is imported.
"""

from __future__ import annotations

import io
import pickle
from types import ModuleType
from typing import Any, Final, cast

from ..kinds import is_kind, is_module, loaded_module, members_of, namespace_of

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
    found = [_found(module, name) for module, name in reader.names]
    return [target for target in found if target is not None]


def _found(module: str, name: str) -> object:
    target: object = loaded_module(module)
    for part in name.split("."):
        if is_module(target):
            target = namespace_of(cast(ModuleType, target)).get(part)
        elif is_kind(target, type):
            target = members_of(cast(type, target)).get(part)
        else:
            return None
    return target


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
