"""Many small values in one go: what large containers and columns mostly hold.

    many  ::= the digest of what `pickle` writes, by protocol 2 and without a memo, of lists
              of at most 4096 values each

`pickle` spells plain data faster than `marshal`, gives away what it wrote bit by bit, and asks
about all that is not exactly of a type that it knows: so no value has to be looked at before.
It is stopped at whatever it asks about, at what is nested deeper, and where so much is written
that parts may well be one. Whether values are written in this way depends on their content
alone.
"""

from __future__ import annotations

from gc import get_referents
from itertools import chain, filterfalse
from pickle import EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, PROTO, Pickler, PicklingError
from typing import Any, Final, NoReturn

from ..pyversion import INSTANCES_HAVE_VALUES
from .buffers import Stream

PIECE: Final = 1 << 12
"""Values that are written at once, at most."""
_MANY: Final = 256
"""Values from which on a pickler is worth making."""
_SMALL: Final = 256
"""Items that containers have at most, in the mean of all values."""
_LONG: Final = 1 << 10
"""Bytes that values take at most, in the mean."""

_PROTOCOL: Final = 2
"""The last by which it asks about sets, and about bytes, which may be a pickle themselves."""


class NotPlainError(Exception):
    """There is something else among the values, or too much in them."""


class Many:
    """The digest of many plain values: atoms, and builtin containers of atoms.

    Cost: some 20 ns for each atom, and 25 ns for each value beside.
    """

    def __init__(self, count: int) -> None:
        """Begin with so many values to come."""
        self._written = _Written(_LONG * count)
        self._pickler = _Asking(self._written, _PROTOCOL)
        self._pickler.fast = True

    def add(self, values: list[Any]) -> list[Any]:
        """Add at most `PIECE` values; return the containers among them.

        Raises:
            NotPlainError: they cannot be written in this way.
        """
        if _lead_nowhere(values):
            self._written.may_hold_empty = False
            self._dump(values)
            # From here on they are known to be exactly of builtin types, so that none of them
            # says in its own way whether it is empty.
            empty = filterfalse(None, values) if self._written.may_hold_empty else ()
            return _containers_in([*empty])
        holders = _containers_in(values)
        if holders:
            # Looked at before: what is met a thousand times would be written as often.
            if sum(map(len, holders)) > _SMALL * len(values):
                raise NotPlainError
            looked_at: list[Any] = holders
            if INSTANCES_HAVE_VALUES:
                looked_at = [{**one} if type(one) is dict else one for one in holders]
            # A dictionary keeps texts apart, if it has no other keys: they are not among these.
            for one in get_referents(*looked_at):
                kind = type(one)  # pyright: ignore[reportUnknownVariableType]
                if not (kind is str or kind is int or kind is float or one is None or kind is bool):
                    raise NotPlainError
        self._dump(values)
        return holders

    def _dump(self, values: list[Any]) -> None:
        try:
            self._pickler.dump(values)
        except (OverflowError, PicklingError):  # a text of gigabytes, or nothing to be pickled
            raise NotPlainError from None

    def add_states(self, states: list[dict[str, Any]]) -> list[Any]:
        """Add the attributes of at most `PIECE` instances; return the containers in them.

        Raises:
            NotPlainError: they cannot be written in this way.
        """
        self.add(list(map(len, states)))
        self.add(list(chain.from_iterable(states)))
        return self.add(list(chain.from_iterable(map(dict[Any, Any].values, states))))

    def digest(self) -> bytes:
        """Return the digest of all that was added."""
        return self._written.stream.digest()


def _lead_nowhere(values: list[Any]) -> bool:
    """Tell whether values, the first of them a text or None, hold no others.

    The collector knows in a third of the time that a look at each of them takes.
    """
    if not values or not (type(values[0]) is str or values[0] is None):
        return False
    # Few at once: it makes a list of all that they hold, and they may hold the same.
    for start in range(0, len(values), _FEW):
        if get_referents(*values[start : start + _FEW]):
            return False
    return True


_FEW: Final = 64


def _containers_in(values: list[Any]) -> list[Any]:
    """Return the containers among values, those of one type after another.

    Raises:
        NotPlainError: there is something else than atoms beside them.
    """
    found: list[Any] = []
    while values:
        kind = type(values[0])  # pyright: ignore[reportUnknownVariableType]
        if kind is dict or kind is list or kind is tuple:
            found += [one for one in values if type(one) is kind]
        elif not (kind is str or kind is int or kind is float or kind is bool or kind is _NONE):
            raise NotPlainError
        # One look at each, since mostly they are of one type.
        values = [one for one in values if type(one) is not kind]
    return found


_NONE: Final = type(None)


def digest_of_column(column: Any) -> bytes | None:
    """Return the digest of an array of atoms; None for few, and for others.

    Args:
        column: an array of one dimension, whose elements are objects.
    """
    if len(column) < _MANY:
        return None
    many = Many(len(column))
    try:
        for start in range(0, len(column), PIECE):
            if many.add(column[start : start + PIECE].tolist()):
                return None
    except NotPlainError:
        return None
    return many.digest()


class _Asking(Pickler):
    """A pickler that writes nothing but what is exactly of a type that it knows."""

    def reducer_override(self, _: object) -> NoReturn:
        """Stop at anything else."""
        raise NotPlainError


class _Written:
    """What takes the bytes of a pickler."""

    def __init__(self, most: int) -> None:
        self.stream = Stream()
        self.may_hold_empty = False
        """There are bytes by which empty containers are written; texts may have them, too."""
        self._left = most

    def write(self, content: bytes) -> None:
        """Add bytes to the digest, unless they are too many."""
        self._left -= len(content)
        if self._left < 0:
            raise NotPlainError
        self.stream.add(content)
        begin = len(_BEGIN) if content.startswith(_BEGIN) else 0
        self.may_hold_empty |= any(content.find(one, begin) >= 0 for one in _EMPTY)


_BEGIN: Final = PROTO + bytes((_PROTOCOL,)) + EMPTY_LIST
"""What is written first: the list of all values."""
_EMPTY: Final = (EMPTY_LIST, EMPTY_DICT, EMPTY_TUPLE)
