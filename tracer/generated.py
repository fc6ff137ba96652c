"""What the standard library writes into a class, told from what its author wrote.

`@dataclass` compiles methods from text, other text in each version of Python. Where they
are what it makes of the fields of the class, the fields say all there is to say, and a
note that they are takes their place. To see that, a class of the same fields is made,
with objects of our own in the place of defaults, and its methods are compared.

Runs what the standard library has for it, and nothing of the class.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import Field, InitVar
from enum import Enum
from functools import partial
from types import CellType, FunctionType, NoneType
from typing import Any, Final, NamedTuple, cast

from . import pyversion as py
from .bytecode import facts_of
from .digests import frame
from .drafts import Draft, DraftEdge, on_every_python
from .graph import OF_LIBRARIES, NodeKind, Role
from .kinds import derives, global_of, is_kind, members_of, mro_of


class Generated(NamedTuple):
    """What is generated of a class."""

    members: frozenset[str] = frozenset()
    """Those that the note stands for."""
    note: bytes = b""
    """Says also what is not as this Python makes it by itself, since only that is left out."""
    moved: dict[str, int] = {}  # noqa: RUF012 - never changed
    """Those that some version of Python has wrapped, with the draft of what is inside."""
    edges: tuple[DraftEdge, ...] = ()
    """Where those lead that the note stands for: to what they are asked about themselves."""


NOTHING: Final = Generated()


def generated_in(draft: Draft, drafts: Sequence[Draft]) -> Generated:
    """Return what the standard library wrote into a class."""
    if draft.kind is not NodeKind.CLASS:
        return NOTHING
    kind = cast(type, draft.origin)
    members = members_of(kind)
    if derives(kind, Enum):
        return _of_enum(draft, drafts)
    if derives(kind, tuple) and "_replace" in members:
        return _with_replace(draft, drafts, members["_replace"])
    if "__attrs_attrs__" in members:
        return _with_replace(draft, drafts, _EVOLVE)
    held: object = members.get("__dataclass_fields__")
    params: object = members.get("__dataclass_params__")
    if type(held) is not dict or params is None or "__dataclass_fields__" not in draft.members:
        return NOTHING  # the fields are told, with their defaults, by that member
    fields = list(cast("dict[object, object]", held).values())
    if not all(type(one) is Field for one in fields):
        return NOTHING
    own = [one for one in cast("list[Field[Any]]", fields) if _kind_of(one) != "_FIELD_CLASSVAR"]
    return _of_dataclass(draft, drafts, kind, own, params)


def _of_enum(draft: Draft, drafts: Sequence[Draft]) -> Generated:
    number, _ = draft.members.get(_HOOK, (None, False))
    if number is None:
        return NOTHING
    hook = drafts[number]
    is_static = type(hook.origin) is staticmethod and len(hook.edges) == 1
    if is_static != py.STATIC_HOOK:
        return Generated(note=b"hook of another version")
    return Generated(moved={_HOOK: hook.edges[0][2]}) if is_static else NOTHING


_HOOK: Final = "_generate_next_value_"


def _with_replace(draft: Draft, drafts: Sequence[Draft], expected: object) -> Generated:
    """Return that `__replace__` is what the maker of the class puts there, if it is.

    Args:
        expected: the function, or the name of one of an installed package.
    """
    if not py.REPLACES:
        return NOTHING
    number, _ = draft.members.get(_REPLACE, (None, False))
    if number is None:
        return Generated(note=_NOT_REPLACED)
    found = drafts[number]
    is_of_library = found.kind in OF_LIBRARIES
    is_it = found.origin is expected or found.name == expected
    return Generated(frozenset([_REPLACE])) if is_of_library and is_it else NOTHING


_REPLACE: Final = "__replace__"
_NOT_REPLACED: Final = b"no __replace__"
_EVOLVE: Final = "attr._make.evolve"


def _of_dataclass(
    draft: Draft,
    drafts: Sequence[Draft],
    kind: type,
    fields: list[Field[Any]],
    params: object,
) -> Generated:
    given = {name: getattr(params, name, None) for name in _PARAMS}
    options = [given, *(_options(one) for one in fields)]
    # Whatever else is there would be asked by `dataclass` whether it is true.
    if not all(type(value) in {bool, NoneType} for one in options for value in one.values()):
        return NOTHING
    same: dict[int, object] = {}
    try:
        model = _model(kind, fields, given, same)
    except Exception:  # noqa: BLE001 - whatever it is, this is no such class
        return NOTHING
    owner = _owner_of_methods(kind)
    same[id(model)] = owner
    found = frozenset(
        name
        for name in _GENERATED
        if name in draft.members
        and name in members_of(model)
        and drafts[draft.members[name][0]].origin is members_of(kind).get(name)
        and _is_same(members_of(kind).get(name), members_of(model)[name], same)
    )
    said = [frame(one.name.encode(), _flags(one), _kind_of(one).encode()) for one in fields]
    note = frame(
        b"dataclass" if owner is kind else b"dataclass with slots",
        repr((given, _has_more_to_do(kind))).encode(),
        frame(*said),
        *(name.encode() for name in sorted(found - {_REPLACE})),
        _NOT_REPLACED if py.REPLACES and _REPLACE not in members_of(kind) else b"",
    )
    if not found:
        return NOTHING
    texts: list[bytes] = []
    edges: list[DraftEdge] = []
    for name in sorted(found):
        for one in _functions_in(draft.members[name][0], drafts):
            texts += on_every_python(one.fields if one.code is not None else ())
            edges += (
                (Role.ATTRIBUTE, f"{name}.{label}", number, in_case)
                for label, (number, in_case) in sorted(one.members.items())
                if label != "__wrapped__"  # one of these
            )
    return Generated(found, frame(note, *texts), edges=tuple(edges))


def _functions_in(number: int, drafts: Sequence[Draft]) -> list[Draft]:
    """Return the draft of a method, and those of functions that it wraps."""
    found = [drafts[number]]
    if found[0].kind is NodeKind.BUILTIN:
        wrapped = (drafts[target] for _, _, target, _ in found[0].edges)
        found += (one for one in wrapped if one.kind is NodeKind.FUNCTION)
    return found


def _owner_of_methods(kind: type) -> type:
    """Return the class that generated methods know: with `slots=True` it is made twice."""
    method = members_of(kind).get("__setattr__")
    cells: Sequence[CellType] = (type(method) is FunctionType and method.__closure__) or ()
    fields = members_of(kind)["__dataclass_fields__"]
    for cell in cells:
        found = cast(type, _content_of(cell))
        if is_kind(found, type) and members_of(found).get("__dataclass_fields__") is fields:
            return found
    return kind


_PARAMS: Final = ("init", "repr", "eq", "order", "unsafe_hash", "frozen")
"""What every version knows; the others are about members that are compared anyhow."""

_GENERATED: Final = (
    *("__init__", "__repr__", "__eq__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"),
    *("__setattr__", "__delattr__", "__getstate__", "__setstate__", _REPLACE),
)


def _kind_of(field: Field[Any]) -> str:
    return str(getattr(field, "_field_type", None))


def _options(field: Field[Any]) -> dict[str, object]:
    return {name: getattr(field, name) for name in _OPTIONS}


def _flags(field: Field[Any]) -> bytes:
    has_default = field.default is not dataclasses.MISSING
    has_factory = field.default_factory is not dataclasses.MISSING
    return repr((_options(field), has_default, has_factory)).encode()


def _model(
    kind: type, fields: list[Field[Any]], given: dict[str, Any], same: dict[int, object]
) -> type:
    """Return a class of the same fields.

    Args:
        same: gets, by `id` of what is in the model, what has to be in the class.
    """
    specs: list[tuple[str, Any, Any]] = []
    for field in fields:
        options: dict[str, Any] = _options(field)
        if field.default is not dataclasses.MISSING:
            options["default"] = _Default()
            same[id(options["default"])] = field.default
        if field.default_factory is not dataclasses.MISSING:
            options["default_factory"] = partial(_Default)
            same[id(options["default_factory"])] = field.default_factory
        is_given = _kind_of(field) == "_FIELD_INITVAR"
        kind_of_field: Any = InitVar[object] if is_given else object
        specs.append((field.name, kind_of_field, dataclasses.field(**options)))
    namespace: dict[str, Any] = {}
    if _has_more_to_do(kind):
        namespace["__post_init__"] = _Default
    # Kept alive by the model, so that no `id` is used again.
    namespace["<kept>"] = specs
    return dataclasses.make_dataclass("Model", specs, namespace=namespace, **given)


def _has_more_to_do(kind: type) -> bool:
    return any("__post_init__" in members_of(base) for base in mro_of(kind))


class _Default:
    """Stands for a default."""

    def __init__(self, *_: object) -> None: ...


_OPTIONS: Final = ("init", "repr", "hash", "compare", "kw_only")


def _is_same(real: object, model: object, same: dict[int, object]) -> bool:
    """Tell whether a member is what the model has in its place."""
    if id(model) in same:
        return real is same[id(model)]
    if real is model:
        return True
    if type(real) is not type(model):
        return False
    if type(real) is FunctionType:
        return _is_same_function(real, cast(FunctionType, model), same)
    if type(real) is set:
        return True  # who is being shown, which `recursive_repr` remembers
    return type(real) in {str, int, bool} and real == model


def _is_same_function(real: FunctionType, model: FunctionType, same: dict[int, object]) -> bool:
    if real.__code__ is not model.__code__:
        facts, others = facts_of(real.__code__), facts_of(model.__code__)
        if (facts.canonical, facts.reads) != (others.canonical, others.reads):
            return False
        for name, *_ in facts.reads:
            if global_of(real.__globals__, name) is not global_of(model.__globals__, name):
                return False
    return _are_same(
        (*_parts(real), *(real.__kwdefaults__ or {}).values()),
        (*_parts(model), *(model.__kwdefaults__ or {}).values()),
        same,
    )


def _parts(function: FunctionType) -> list[object]:
    cells: Sequence[CellType] = function.__closure__ or ()
    return [*(function.__defaults__ or ()), len(cells), *map(_content_of, cells)]


def _content_of(cell: CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # there is none yet
        return None


def _are_same(real: Sequence[object], model: Sequence[object], same: dict[int, object]) -> bool:
    return len(real) == len(model) and all(
        _is_same(one, other, same) for one, other in zip(real, model, strict=True)
    )
