"""Builtin values in a tagged encoding of our own. Reading it imports and calls nothing.

    value ::= N | T | F | E                       None, True, False, Ellipsis
            | i size bytes                        int, little-endian, signed
            | f 8 bytes | c 16 bytes              float, complex
            | s size bytes | b size bytes         str in UTF-8, bytes
            | B size bytes                        bytearray
            | ( count value*  | [ count value*    tuple, list
            | { count (value value)*              dict, in its order
            | < count value*  | > count value*    set, frozenset, in the order of their bytes
            | @ size bytes                        an object of the caller, by its name
    size, count ::= 4 bytes, little-endian

Only for values in which no mutable container occurs twice: what is one object must
come back as one object, and pickle knows how to do that.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from ..errors import EntryDamagedError

_MAX_DEPTH: Final = 64
_MAX_VALUES: Final = 50_000  # above, the C code of pickle is quicker
_MAX_SIZE: Final = 2**32 - 1


class _Declined(Exception):  # noqa: N818 - not an error
    """The value is not one for this codec."""


def encode(value: object, shared: Mapping[int, str]) -> bytes | None:
    """Return a value as bytes, or None where it is not one for this codec."""
    writer = _Writer(shared)
    try:
        writer.write(value, 0)
    except _Declined:
        return None
    return b"".join(writer.out)


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
        name = self._shared.get(id(value))
        if name is not None:
            self._sized(b"@", name.encode())
            return
        write = _WRITE.get(type(value))
        if write is None:
            raise _Declined
        write(self, value, depth)

    def _sized(self, tag: bytes, content: bytes) -> None:
        if len(content) > _MAX_SIZE:
            raise _Declined
        self.out += (tag, struct.pack("<I", len(content)), content)

    def _once(self, value: object) -> None:
        """Decline a mutable object that occurs a second time."""
        if id(value) in self._seen:
            raise _Declined
        self._seen.add(id(value))

    def constant(self, value: object, _: int) -> None:
        self.out.append(_CONSTANTS[value])

    def int(self, value: int, _: int) -> None:
        self._sized(b"i", value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True))

    def float(self, value: float, _: int) -> None:
        self.out.append(b"f" + struct.pack("<d", value))

    def complex(self, value: complex, _: int) -> None:
        self.out.append(b"c" + struct.pack("<dd", value.real, value.imag))

    def str(self, value: str, _: int) -> None:
        self._sized(b"s", value.encode("utf-8", "surrogatepass"))

    def bytes(self, value: bytes, _: int) -> None:
        self._sized(b"b", value)

    def bytearray(self, value: bytearray, _: int) -> None:
        self._once(value)
        self._sized(b"B", bytes(value))

    def tuple(self, value: tuple[Any, ...], depth: int) -> None:
        self._items(b"(", value, depth)

    def list(self, value: list[Any], depth: int) -> None:
        self._once(value)
        self._items(b"[", value, depth)

    def dict(self, value: dict[Any, Any], depth: int) -> None:
        self._once(value)
        self.out.append(b"{" + struct.pack("<I", len(value)))
        for key, item in value.items():
            self.write(key, depth + 1)
            self.write(item, depth + 1)

    def set(self, value: set[Any], depth: int) -> None:
        self._once(value)
        self._unordered(b"<", value, depth)

    def frozenset(self, value: frozenset[Any], depth: int) -> None:
        self._unordered(b">", value, depth)

    def _items(self, tag: bytes, items: Any, depth: int) -> None:
        self.out.append(tag + struct.pack("<I", len(items)))
        for item in items:
            self.write(item, depth + 1)

    def _unordered(self, tag: bytes, items: Any, depth: int) -> None:
        parts: list[bytes] = []
        outer = self.out
        for item in items:
            self.out = []
            self.write(item, depth + 1)
            parts.append(b"".join(self.out))
        self.out = outer
        self.out += [tag + struct.pack("<I", len(parts)), *sorted(parts)]


_CONSTANTS: Final[dict[object, bytes]] = {None: b"N", True: b"T", False: b"F", Ellipsis: b"E"}

_WRITE: Final[dict[type, Callable[[_Writer, Any, int], None]]] = {
    type(None): _Writer.constant,
    bool: _Writer.constant,
    type(Ellipsis): _Writer.constant,
    int: _Writer.int,
    float: _Writer.float,
    complex: _Writer.complex,
    str: _Writer.str,
    bytes: _Writer.bytes,
    bytearray: _Writer.bytearray,
    tuple: _Writer.tuple,
    list: _Writer.list,
    dict: _Writer.dict,
    set: _Writer.set,
    frozenset: _Writer.frozenset,
}


def decode(data: memoryview, shared: Mapping[str, object]) -> Any:
    """Return the value that was encoded.

    Raises:
        EntryDamagedError: the bytes are no encoding, or not a whole one.
    """
    reader = _Reader(data, shared)
    try:
        value = reader.read(0)
    except (struct.error, IndexError, UnicodeDecodeError, TypeError, KeyError) as error:
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
        if depth > _MAX_DEPTH:
            raise EntryDamagedError("the payload is nested too deeply")
        tag = self._data[self.at]
        self.at += 1
        for constant, written in _CONSTANTS.items():
            if tag == written[0]:
                return constant
        if tag == ord("f"):
            return self._numbers("<d")[0]
        if tag == ord("c"):
            return complex(*self._numbers("<dd"))
        if tag in b"isbB@":
            return self._sized(tag)
        if tag in b"([{<>":
            return self._container(tag, depth)
        raise EntryDamagedError(f"the payload has an unknown tag {tag}")

    def _numbers(self, form: str) -> tuple[float, ...]:
        found = struct.unpack_from(form, self._data, self.at)
        self.at += 8 * len(found)
        return found

    def _size(self) -> int:
        (size,) = struct.unpack_from("<I", self._data, self.at)
        self.at += 4
        if size > len(self._data):
            raise EntryDamagedError("the payload ends early")
        return size

    def _sized(self, tag: int) -> Any:
        size = self._size()
        content = bytes(self._data[self.at : self.at + size])
        if len(content) != size:
            raise EntryDamagedError("the payload ends early")
        self.at += size
        match chr(tag):
            case "i":
                return int.from_bytes(content, "little", signed=True)
            case "s":
                return content.decode("utf-8", "surrogatepass")
            case "@":
                return self._shared[content.decode()]
            case "B":
                return bytearray(content)
            case _:
                return content

    def _container(self, tag: int, depth: int) -> Any:
        count = self._size()
        if tag == ord("{"):
            found: dict[Any, Any] = {}
            for _ in range(count):
                key = self.read(depth + 1)
                found[key] = self.read(depth + 1)
            return found
        items = [self.read(depth + 1) for _ in range(count)]
        make = cast(
            Callable[[list[Any]], Any], {"(": tuple, "[": list, "<": set, ">": frozenset}[chr(tag)]
        )
        return items if tag == ord("[") else make(items)
