"""Values that may answer in place of the functions that they hold, or run them unseen.

A cache does, what compiles functions, and what shows less than it keeps. A container does
not, nor what has all that it holds run whenever it is asked for what that gives.
"""

from __future__ import annotations

import dataclasses
import functools
import types
import weakref
from collections import ChainMap, OrderedDict, defaultdict, deque
from typing import Final

from ..kinds import derives, identity, module_name_of
from .handlers import is_library, is_registered
from .shapes import hides_state


def may_answer(kind: type) -> bool:
    """Tell whether an instance may keep answers, or compile functions and run them unseen.

    One that the user wrote does so where its digest does not show all that it keeps.
    """
    # That one may is remembered: it is right, or too careful.
    if _known.get(identity(kind)) is kind:
        return True
    if not _may_answer(kind):
        return False
    if len(_known) >= _MAX_KNOWN:
        _known.clear()
    _known[identity(kind)] = kind
    return True


_known: dict[int, type] = {}
"""Classes whose instances may; may be emptied at any time."""
_MAX_KNOWN: Final = 10_000


def _may_answer(kind: type) -> bool:
    if identity(kind) in _IDS_OF_HOLDERS or module_name_of(kind) == "typing":
        return False
    if derives(kind, type) or derives(kind, types.ModuleType):
        return False  # it is the code itself
    return (
        is_library(kind)
        or is_registered(kind)
        or derives(kind, functools.cached_property)
        or hides_state(kind)
    )


_HOLDERS: Final = (
    dict,
    list,
    tuple,
    set,
    frozenset,
    deque,
    OrderedDict,
    defaultdict,
    ChainMap,
    types.MappingProxyType,
    types.SimpleNamespace,
    types.CellType,
    types.GenericAlias,
    types.FunctionType,
    types.CodeType,
    property,
    staticmethod,
    classmethod,
    types.MethodType,
    types.BuiltinFunctionType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    functools.partial,
    functools.partialmethod,
    dataclasses.Field,
    weakref.ref,
)
"""What holds functions and has them run whenever it is asked for what they give."""
_IDS_OF_HOLDERS: Final = frozenset(map(identity, _HOLDERS))
"""A metaclass may have its own `__hash__`."""
