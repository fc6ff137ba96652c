"""Builtin values in a tagged encoding of our own. Reading it imports and calls nothing.

    value ::= N | T | F | E                       None, True, False, Ellipsis
            | i size bytes                        int, little-endian, signed
            | f 8 bytes | c 16 bytes              float, complex: their bits, little-endian
            | s size bytes | b size bytes         str in UTF-8, bytes
            | B size bytes                        bytearray
            | ( count value*  | [ count value*    tuple, list
            | { count (value value)*              dict, in its order
            | < count value*  | > count value*    set, frozenset, in the order of their bytes
            | @ size bytes                        an object of the caller, by its name
    size, count ::= 4 bytes, little-endian

UTF-8 is that of Python's `surrogatepass`: text may hold lone surrogates.

Only for values in which nothing but small immutable things occurs twice: what is one
object must come back as one object, and pickle knows how to do that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from struct import pack, unpack_from
from typing import Any, Final

from ..errors import EntryDamagedError

SCALARS: Final = frozenset({type(None), bool, type(Ellipsis), int, float, complex, str, bytes})
"""Types whose objects are what they are worth: which one it is tells nothing."""

_MAX_DEPTH: Final = 64
_MAX_VALUES: Final = 50_000  # above, the C code of pickle is many times quicker
_MAX_SIZE: Final = 2**32 - 1
_SMALL: Final = 64  # bytes, up to which a scalar may be written as often as it occurs
_JOIN_SIZE: Final = 64 * 1024  # bytes, up to which copying costs less than keeping apart


def encode(value: object, shared: Mapping[int, str]) -> tuple[bytes, ...] | None:
    """Return a value as buffers, or None where it is not one for this codec."""
    writer = _Writer(shared)
    try:
        writer.write(value, 0)
    # RuntimeError: another thread changes it, or the stack is as deep as it may be.
    except (_Declined, RuntimeError):
        return None
    return tuple(_joined(writer.out))


class _Declined(Exception):  # noqa: N818 - not an error
    """The value is not one for this codec."""


class _Writer:
    def __init__(self, shared: Mapping[int, str]) -> None:
        self.out: list[bytes] = []
        self._shared = shared
        self._seen: set[int] = set()
        self._count = 0

    def write(self, value: object, depth: int) -> None:
        self._count += 1
        if depth > _MAX_DEPTH or self._count > _MAX_VALUES:
            raise _Declined
        kind = type(value)
        # A number may be the very object that an argument is, by chance and not by
        # meaning: small ones exist once.
        if kind not in SCALARS and (name := self._shared.get(id(value))) is not None:
            self._sized(b"@", name.encode())
            return
        write = _WRITE.get(kind)
        if write is None:
            raise _Declined
        write(self, value, depth)

    def _sized(self, tag: bytes, content: bytes) -> None:
        if len(content) > _MAX_SIZE:
            raise _Declined
        self.out += (tag + pack("<I", len(content)), content)

    def _once(self, value: object) -> None:
        """Decline an object that occurs a second time.

        One that can change must stay one object; one that cannot would only be written
        again and again, and pickle does better.
        """
        if id(value) in self._seen:
            raise _Declined
        self._seen.add(id(value))

    def put_constant(self, value: object, _: int) -> None:
        self.out.append(_CONSTANTS[value])

    def put_int(self, value: int, _: int) -> None:
        if value.bit_length() > 8 * _SMALL:
            self._once(value)
        self._sized(b"i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))

    def put_float(self, value: float, _: int) -> None:
        self.out.append(pack("<cd", b"f", value))

    def put_complex(self, value: complex, _: int) -> None:
        self.out.append(pack("<cdd", b"c", value.real, value.imag))

    def put_str(self, value: str, _: int) -> None:
        if len(value) > _SMALL:
            self._once(value)
        self._sized(b"s", value.encode("utf-8", "surrogatepass"))

    def put_bytes(self, value: bytes, _: int) -> None:
        if len(value) > _SMALL:
            self._once(value)
        self._sized(b"b", value)

    def put_bytearray(self, value: bytearray, _: int) -> None:
        self._once(value)
        self._sized(b"B", bytes(value))

    def put_tuple(self, value: tuple[Any, ...], depth: int) -> None:
        if value:  # there is one empty tuple only
            self._once(value)
        self._items(b"(", value, depth)

    def put_list(self, value: list[Any], depth: int) -> None:
        self._once(value)
        self._items(b"[", tuple(value), depth)

    def put_dict(self, value: dict[Any, Any], depth: int) -> None:
        self._once(value)
        # Copied at once, and not walked: another thread may be changing it.
        items = tuple(value.items())
        self._counted(b"{", len(items))
        for key, item in items:
            self.write(key, depth + 1)
            self.write(item, depth + 1)

    def put_set(self, value: set[Any], depth: int) -> None:
        self._once(value)
        self._unordered(b"<", tuple(value), depth)

    def put_frozenset(self, value: frozenset[Any], depth: int) -> None:
        if value:
            self._once(value)
        self._unordered(b">", tuple(value), depth)

    def _counted(self, tag: bytes, count: int) -> None:
        if self._count + count > _MAX_VALUES:
            raise _Declined  # now, and not after most of the work
        self.out.append(tag + pack("<I", count))

    def _items(self, tag: bytes, items: tuple[Any, ...], depth: int) -> None:
        self._counted(tag, len(items))
        for item in items:
            self.write(item, depth + 1)

    def _unordered(self, tag: bytes, items: tuple[Any, ...], depth: int) -> None:
        self._counted(tag, len(items))
        outer = self.out
        parts: list[bytes] = []
        for item in items:
            self.out = []
            self.write(item, depth + 1)
            parts.append(b"".join(self.out))
        self.out = outer
        self.out += sorted(parts)


_CONSTANTS: Final[dict[object, bytes]] = {None: b"N", True: b"T", False: b"F", Ellipsis: b"E"}

_WRITE: Final[dict[type, Callable[[_Writer, Any, int], None]]] = {
    type(None): _Writer.put_constant,
    bool: _Writer.put_constant,
    type(Ellipsis): _Writer.put_constant,
    int: _Writer.put_int,
    float: _Writer.put_float,
    complex: _Writer.put_complex,
    str: _Writer.put_str,
    bytes: _Writer.put_bytes,
    bytearray: _Writer.put_bytearray,
    tuple: _Writer.put_tuple,
    list: _Writer.put_list,
    dict: _Writer.put_dict,
    set: _Writer.put_set,
    frozenset: _Writer.put_frozenset,
}


def _joined(pieces: list[bytes]) -> Iterator[bytes]:
    """Join what is small; leave what is large where it is."""
    small: list[bytes] = []
    for piece in pieces:
        if len(piece) > _JOIN_SIZE:
            yield b"".join(small)
            yield piece
            small = []
        else:
            small.append(piece)
    yield b"".join(small)


def decode(data: memoryview, shared: Mapping[str, object]) -> Any:
    """Return the value that was encoded.

    Raises:
        EntryDamagedError: the bytes are no encoding, or not a whole one.
    """
    reader = _Reader(data, shared)
    try:
        value = reader.read(0)
    except EntryDamagedError:
        raise
    except (struct.error, IndexError) as error:
        raise EntryDamagedError("the payload ends early") from error
    # TypeError for a list in a set, UnicodeDecodeError for bytes that are no text, and
    # whatever the `__hash__` of an object of the caller raises.
    except Exception as error:
        raise EntryDamagedError(f"the payload cannot be read: {error}") from error
    if reader.at != len(data):
        raise EntryDamagedError("the payload goes on after its value")
    return value


class _Reader:
    def __init__(self, data: memoryview, shared: Mapping[str, object]) -> None:
        self._data = data
        self._shared = shared
        self.at = 0

    def read(self, depth: int) -> Any:
        tag = self._data[self.at]
        self.at += 1
        read = _READ.get(tag)
        if read is None:
            raise EntryDamagedError(f"the payload has an unknown tag {tag}")
        return read(self, depth)

    def _number(self) -> int:
        (number,) = unpack_from("<I", self._data, self.at)
        self.at += 4
        return number

    def _content(self) -> memoryview:
        size = self._number()
        end = self.at + size
        if end > len(self._data):
            raise EntryDamagedError("the payload ends early")
        content = self._data[self.at : end]
        self.at = end
        return content

    def get_int(self, _: int) -> int:
        return int.from_bytes(self._content(), "little", signed=True)

    def get_float(self, _: int) -> float:
        (number,) = unpack_from("<d", self._data, self.at)
        self.at += 8
        return number

    def get_complex(self, _: int) -> complex:
        real, imaginary = unpack_from("<dd", self._data, self.at)
        self.at += 16
        return complex(real, imaginary)

    def get_str(self, _: int) -> str:
        return str(self._content(), "utf-8", "surrogatepass")

    def get_bytes(self, _: int) -> bytes:
        return bytes(self._content())

    def get_bytearray(self, _: int) -> bytearray:
        return bytearray(self._content())

    def get_reference(self, _: int) -> object:
        name = str(self._content(), "utf-8")
        if name not in self._shared:
            raise EntryDamagedError(f"it refers to `{name}`, which is no argument of this call")
        return self._shared[name]

    def get_list(self, depth: int) -> list[Any]:
        count = self._number()
        if depth >= _MAX_DEPTH:
            raise EntryDamagedError("the payload is nested too deeply")
        # A false count ends with the data: every value takes a byte at least.
        return [self.read(depth + 1) for _ in range(count)]

    def get_tuple(self, depth: int) -> tuple[Any, ...]:
        return tuple(self.get_list(depth))

    def get_dict(self, depth: int) -> dict[Any, Any]:
        count = self._number()
        if depth >= _MAX_DEPTH:
            raise EntryDamagedError("the payload is nested too deeply")
        found: dict[Any, Any] = {}
        for _ in range(count):
            key = self.read(depth + 1)
            found[key] = self.read(depth + 1)
        _require(len(found), count)
        return found

    def get_set(self, depth: int) -> set[Any]:
        items = self.get_list(depth)
        found = set(items)
        _require(len(found), len(items))
        return found

    def get_frozenset(self, depth: int) -> frozenset[Any]:
        return frozenset(self.get_set(depth))


def _require(found: int, expected: int) -> None:
    if found != expected:
        raise EntryDamagedError("the payload has a key twice")


def _constant(value: object) -> Callable[[_Reader, int], object]:
    return lambda _reader, _depth: value


_READ: Final[dict[int, Callable[[_Reader, int], Any]]] = {
    **{tag[0]: _constant(constant) for constant, tag in _CONSTANTS.items()},
    ord("i"): _Reader.get_int,
    ord("f"): _Reader.get_float,
    ord("c"): _Reader.get_complex,
    ord("s"): _Reader.get_str,
    ord("b"): _Reader.get_bytes,
    ord("B"): _Reader.get_bytearray,
    ord("("): _Reader.get_tuple,
    ord("["): _Reader.get_list,
    ord("{"): _Reader.get_dict,
    ord("<"): _Reader.get_set,
    ord(">"): _Reader.get_frozenset,
    ord("@"): _Reader.get_reference,
}
