"""Plain data: builtin containers of atoms, two levels deep, written in one go.

What a program passes around most is made of numbers, text and small containers of
them. `marshal` spells such data twenty times faster than any code here could, in its
version 2: no references, no interning, every atom with its type and length. Containers
of many values are written piece by piece, see `many.py`.

Whether a value is plain depends on its content alone, so that equal values are always
written in the same way. The limits keep what is shared from being written too often: a
container met at two places is written at both only while it is small.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, Final, NamedTuple

from .. import hashing
from ..kinds import identity
from .many import PIECE, Many, NotPlainError

FORMAT: Final = 3
"""Number of the encoding; it enters every digest that leaves this process."""

_VERSION: Final = 2
"""Of `marshal`; the last without references, and the same on every Python."""

ATOMS: Final = frozenset(map(identity, (type(None), bool, int, float, complex, str)))
"""By identity: a metaclass may have its own `__hash__`."""
HOLDERS: Final = frozenset(map(identity, (list, tuple, dict)))

LARGE: Final = 1 << 16
"""Characters; text that is longer is read in place."""
_SMALL: Final = 256
"""Items of a container that may be written as part of another."""

_NOTHING: Final[list[Any]] = []
_values_of: Final[Callable[[Any], Iterable[Any]]] = dict[Any, Any].values


def is_atom(value: object) -> bool:
    """Tell whether a value is small and holds no other."""
    if type(value) is str:
        return len(value) <= LARGE
    return identity(type(value)) in ATOMS


def written(value: Any) -> bytes:
    """Return the bytes of plain data; they tell their own end."""
    return marshal.dumps(value, _VERSION)


def digest_of_atom(value: Any) -> bytes:
    """Return the digest of an atom, or of few plain values."""
    return hashing.digest(_HEAD + marshal.dumps(value, _VERSION))


_HEAD: Final = b"p" + bytes((FORMAT,))
_HEAD_OF_MANY: Final = b"q" + bytes((FORMAT,))


class Flat(NamedTuple):
    """A builtin container that is plain data."""

    digest: bytes
    holders: list[Any]
    """The containers in it."""


def digest_of_flat(value: Any) -> bytes | None:
    """Return the digest of a builtin container, or None if it is not plain data."""
    if len(value) >= _MANY:
        found = _flat_of_many(value)
        return None if found is None else found.digest
    if type(value) is not dict:
        # What `_holders` and `digest_of_atom` do, without the calls: they are an eighth of what
        # it takes for a few atoms.
        for item in value:
            kind = type(item)  # pyright: ignore[reportUnknownVariableType]
            if kind is str:
                if len(item) > LARGE:
                    return None
            elif not (
                kind is int or kind is float or item is None or kind is bool or kind is complex
            ):
                break
        else:
            return hashing.digest(_HEAD + marshal.dumps(value, _VERSION))
    return None if holders_in(value) is None else digest_of_atom(value)


def flat(value: Any) -> Flat | None:
    """Return the digest of a builtin container, and the containers in it; None if not plain data.

    Args:
        value: a list, tuple or dictionary of exactly these types.
    """
    if len(value) >= _MANY:
        return _flat_of_many(value)
    holders = holders_in(value)
    if holders is None:
        return None
    return Flat(digest_of_atom(value), holders)


def _flat_of_many(value: Any) -> Flat | None:
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    parts: list[list[Any]] = [value if kind is list else list(value)]
    if kind is dict:
        parts.append(list(_values_of(value)))
    many = Many(len(value) * len(parts))
    holders: list[Any] = []
    try:
        for part in parts:
            for start in range(0, len(part), PIECE):
                holders += many.add(part[start : start + PIECE])
    except NotPlainError:
        return None
    head = _HEAD_OF_MANY + kind.__name__[:1].encode() + len(value).to_bytes(8, "little")
    return Flat(hashing.digest(head + many.digest()), holders)


_MANY: Final = 1_024
"""Items from which on a container is written piece by piece."""


def holders_in(value: Any) -> list[Any] | None:
    """Return the containers in a builtin container, or None if it is not plain data.

    Args:
        value: a list, tuple or dictionary of exactly these types.
    """
    items: Iterable[Any] = value
    kind = type(value)  # pyright: ignore[reportUnknownVariableType]
    if kind is dict:
        items = chain(items, _values_of(value))
    holders = _holders(items)
    return holders if not holders or _are_small(holders) else None


def changing_among(holders: list[Any]) -> list[object]:
    """Return those of the containers that can change."""
    return [one for one in holders if type(one) is not tuple]


def _are_small(holders: list[Any]) -> bool:
    """Tell whether containers hold nothing but atoms, and not many."""
    if max(map(len, holders)) > _SMALL or _holders(chain.from_iterable(holders)) is not _NOTHING:
        return False
    mappings: list[dict[Any, Any]] = [one for one in holders if type(one) is dict]
    values = chain.from_iterable(map(dict[Any, Any].values, mappings))
    return _holders(values) is _NOTHING


def _holders(items: Any) -> list[Any] | None:
    """Return the containers among items; None if there is anything but those and atoms."""
    found = _NOTHING
    for item in items:
        kind = type(item)  # pyright: ignore[reportUnknownVariableType]
        # By identity, and the likely ones first: a metaclass may have its own `__hash__`.
        if kind is str:
            if len(item) > LARGE:
                return None
        elif kind is int or kind is float or item is None or kind is bool or kind is complex:
            pass
        elif kind is list or kind is dict or kind is tuple:
            if found is _NOTHING:
                found = [item]
            else:
                found.append(item)
        else:
            return None
    return found
