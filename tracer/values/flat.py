"""Plain data: builtin containers of atoms, two levels deep, written in one go.

What a program passes around most is made of numbers, text and small containers of
them. `marshal` spells such data twenty times faster than any code here could, in its
version 2: no references, no interning, every atom with its type and length.

Whether a value is plain depends on its content alone, so that equal values are always
written in the same way. The limits keep what is shared from being written too often: a
container met at two places is written at both only while it is small.
"""

from __future__ import annotations

import marshal
from itertools import chain
from typing import Any, Final, cast

from ..digests import Digest, digest_bytes

_VERSION: Final = 2
"""Of `marshal`; the last without references, and the same on every Python."""

ATOMS: Final = frozenset(map(id, (type(None), bool, int, float, complex, str)))
"""By identity: a metaclass may have its own `__hash__`."""
HOLDERS: Final = frozenset(map(id, (list, tuple, dict)))

LARGE: Final = 1 << 16
"""Characters; text that is longer is read in place."""
_SMALL: Final = 256
"""Items of a container that may be written as part of another."""

_TEXT: Final = id(str)
_NOTHING: Final[list[Any]] = []


def is_atom(value: object) -> bool:
    """Tell whether a value is small and holds no other."""
    kind = id(type(value))
    return kind in ATOMS and not (kind == _TEXT and len(cast(str, value)) > LARGE)


def written(value: Any) -> bytes:
    """Return the bytes of plain data; they tell their own end."""
    return marshal.dumps(value, _VERSION)


def digest_of_flat(value: Any) -> Digest:
    """Return the digest of plain data."""
    return digest_bytes(b"p" + marshal.dumps(value, _VERSION))


def holders_in(value: Any) -> list[Any] | None:
    """Return the containers in a builtin container, or None if it is not plain data.

    Args:
        value: a list, tuple or dictionary of exactly these types.
    """
    holders = _holders(chain(value, value.values()) if type(value) is dict else value)
    if not holders:
        return holders
    if max(map(len, holders)) > _SMALL:
        return None
    inner: list[Any] | None = _holders(chain.from_iterable(holders))
    if inner is _NOTHING:
        mappings = [one for one in holders if type(one) is dict]
        if mappings:
            inner = _holders(chain.from_iterable(map(dict[Any, Any].values, mappings)))
    return holders if inner is _NOTHING else None


def _holders(items: Any) -> list[Any] | None:
    """Return the containers among items; None if there is anything but those and atoms."""
    found = _NOTHING
    for item in items:
        kind = id(type(item))
        if kind == _TEXT:
            if len(item) > LARGE:
                return None
        elif kind not in ATOMS:
            if kind not in HOLDERS:
                return None
            if found is _NOTHING:
                found = [item]
            else:
                found.append(item)
    return found
