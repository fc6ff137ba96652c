"""The record on disk: bytes ↔ header, payload, seal.

    entry        ::= magic format header_size header payload_size payload seal
    magic        ::= "XETC"
    format       ::= 1 byte, 1
    header_size  ::= 4 bytes, big-endian
    header       ::= JSON in UTF-8: one object, keys sorted, no spaces, no NaN
    payload_size ::= 8 bytes, big-endian
    payload      ::= what the codec named in the header wrote
    seal         ::= 16 bytes, xxh3-128 of everything before it

Format 1 (0.1): the first. Within a format, fields are only added to the header: a
reader ignores those it does not know and has a default for those it does not find.
Anything else gets a new number, and a reader reports numbers it does not know.

The header stands first and can be read alone, for listing and explaining. Only a whole
entry can be verified, so only `from_bytes` is good for serving a result. The seal
stands against accident, not against an attacker, who can compute it.

Knows nothing of stores, and of codecs only their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Final, cast

from xxhash import xxh3_128, xxh3_128_digest

from .errors import EntryDamagedError

FORMAT: Final = 1
"""Number of the layout above; an entry of another is reported as damaged."""

MAGIC: Final = b"XETC"

PREFIX_SIZE: Final = 9
"""Bytes that tell where the header ends, see `header_end`."""

_LENGTH_SIZE: Final = 8  # bytes, of the payload
_SEAL_SIZE: Final = 16  # bytes

_LFS: Final = b"version https://git-lfs"
_CONFLICT: Final = b"<<<<<<< "

Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class Leaf:
    """One part of the arguments, with what stands for it in the key."""

    path: str
    """How to reach it from the parameter: `config.rates[0]`."""
    digest: str
    preview: str | None = None
    """What a person is shown; None where nothing short would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What is known of a result without reading it."""

    key: str
    """Digest, in hex, of what decides the result but for the code it runs."""
    closure: str
    """Digest, in hex, of the dependency graph."""
    function: str
    """How explanations call it: `app.train`."""
    codec: str
    """Who reads the payload."""
    size: int = 0
    """Bytes of the payload; `to_buffers` fills it in."""
    label: str | None = None
    arguments: tuple[Leaf, ...] = ()
    graph: str = ""
    """Name of the record that holds the dependency graph."""
    python: str = ""
    version: str = ""
    """Of xetcache."""
    seconds: float = 0.0
    """What computing it took."""
    created: float = 0.0
    """Seconds since 1970."""
    by: str = ""
    """Who computed it."""
    ignored: tuple[str, ...] = ()
    """Parameters that did not decide the result."""
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    """Options that shape the key."""
    effects: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Anything else, as JSON."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A whole entry, verified."""

    header: Header
    payload: memoryview
    """A view of the bytes it was read from."""


def to_buffers(header: Header, payload: Iterable[Buffer]) -> list[Buffer]:
    """Return the bytes of an entry as buffers to be joined.

    Those of `payload` are among them as they are, so they must not change before they
    are written; all of them are read once, for the seal.

    Raises:
        ValueError, TypeError: the header holds what JSON does not.
    """
    parts = [part if isinstance(part, bytes) else memoryview(part) for part in payload]
    size = sum(memoryview(part).nbytes for part in parts)
    encoded = _header_to_json(header, size)
    head = b"".join(
        (
            MAGIC,
            bytes((FORMAT,)),
            len(encoded).to_bytes(PREFIX_SIZE - 5, "big"),
            encoded,
            size.to_bytes(_LENGTH_SIZE, "big"),
        )
    )
    seal = xxh3_128(head)
    for part in parts:
        seal.update(part)
    return [head, *parts, seal.digest()]


def from_bytes(data: Buffer) -> Entry:
    """Return the entry that `data` is, verified to its last byte.

    Raises:
        EntryDamagedError: it is none, or not whole; the message says why.
    """
    view = memoryview(data)
    end = header_end(view)
    start = end + _LENGTH_SIZE
    if len(view) < start + _SEAL_SIZE:
        raise EntryDamagedError(_cut_short(len(view), "at least", start + _SEAL_SIZE))
    size = int.from_bytes(view[end:start], "big")
    total = start + size + _SEAL_SIZE
    if len(view) < total:
        raise EntryDamagedError(_cut_short(len(view), "", total))
    if len(view) > total:
        raise EntryDamagedError(f"{len(view) - total} bytes follow the end of the entry")
    if xxh3_128_digest(view[: total - _SEAL_SIZE]) != bytes(view[total - _SEAL_SIZE :]):
        raise EntryDamagedError("the seal differs: bytes have changed since it was written")
    header = _header_from_json(bytes(view[PREFIX_SIZE:end]))
    if header.size != size:
        raise EntryDamagedError(f"the header tells of {header.size} bytes, {size} are there")
    return Entry(header, view[start : start + size])


def header_end(prefix: Buffer) -> int:
    """Return how many bytes of an entry `header_from` needs.

    Raises:
        EntryDamagedError: `prefix`, of `PREFIX_SIZE` bytes or more, starts no entry.
    """
    view = memoryview(prefix)
    magic = bytes(view[: len(MAGIC)])
    if not magic:
        raise EntryDamagedError("the file is empty")
    if not MAGIC.startswith(magic):
        raise EntryDamagedError(_what_it_is_instead(bytes(view[:200])))
    if len(view) > len(MAGIC) and view[len(MAGIC)] != FORMAT:
        raise EntryDamagedError(
            f"unknown format {view[len(MAGIC)]}; this version of xetcache knows format {FORMAT}"
        )
    if len(view) < PREFIX_SIZE:
        raise EntryDamagedError(_cut_short(len(view), "at least", PREFIX_SIZE))
    return PREFIX_SIZE + int.from_bytes(view[len(MAGIC) + 1 : PREFIX_SIZE], "big")


def header_from(prefix: Buffer) -> Header:
    """Return the header of an entry from its first bytes, which are not verified.

    Raises:
        EntryDamagedError: `prefix` starts no entry, or ends before the header does; the
            message says how many bytes are needed.
    """
    view = memoryview(prefix)
    end = header_end(view)
    if len(view) < end:
        raise EntryDamagedError(
            f"the header ends at byte {end}, of which the first {len(view)} are here"
        )
    return _header_from_json(bytes(view[PREFIX_SIZE:end]))


def _cut_short(there: int, bound: str, needed: int) -> str:
    return f"cut short: {there} bytes of {bound}{' ' if bound else ''}{needed}"


def _what_it_is_instead(start: bytes) -> str:
    """Say what a file is that is no entry, for the ways git has to make one of it."""
    if start.startswith(_LFS):
        return "a Git LFS pointer stands here instead of the entry; `git lfs pull` fetches it"
    if start.startswith(_CONFLICT):
        return "a merge conflict was left in it"
    return f"bad magic: it starts with {start[: len(MAGIC)]!r}, an entry with {MAGIC!r}"


def _header_to_json(header: Header, size: int) -> bytes:
    import json  # noqa: PLC0415  2 ms, which `import xetcache` need not pay

    found: dict[str, Any] = {"size": size}
    for name, default in _DEFAULTS.items():
        value = getattr(header, name)
        # Defaults take no room; that they never change is part of the format.
        if name != "size" and (name in _REQUIRED or value != default):
            found[name] = value
    if header.arguments:
        found["arguments"] = [_leaf_to_json(leaf) for leaf in header.arguments]
    for name in ("options", "effects"):
        if name in found:
            found[name] = dict(found[name])
    # ASCII with escapes, so that lone surrogates in a preview are no error.
    text = json.dumps(found, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _leaf_to_json(leaf: Leaf) -> list[str]:
    return (
        [leaf.path, leaf.digest] if leaf.preview is None else [leaf.path, leaf.digest, leaf.preview]
    )


def _header_from_json(encoded: bytes) -> Header:
    import json  # noqa: PLC0415  as above

    try:
        found = json.loads(encoded)
    # ValueError: no JSON, no UTF-8, or a number too long; RecursionError: a hundred
    # thousand brackets.
    except (ValueError, RecursionError) as error:
        raise EntryDamagedError(f"the header is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise EntryDamagedError("the header is JSON, but not an object")
    known: dict[str, Any] = {}
    for name, value in cast(dict[str, Any], found).items():
        read = _READERS.get(name)
        if read is not None:
            known[name] = read(name, value)
    missing = sorted(_REQUIRED - known.keys())
    if missing:
        raise EntryDamagedError(f"the header lacks `{missing[0]}`")
    return Header(**known)


def _defaults() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields(Header):
        found[one.name] = None if one.default is MISSING else one.default
        if one.default_factory is not MISSING:
            found[one.name] = one.default_factory()
    return found


_DEFAULTS: Final = _defaults()
_REQUIRED: Final = frozenset({"key", "closure", "function", "codec"})


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise EntryDamagedError(f"`{name}` in the header is no text")
    return value


def _text_or_none(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EntryDamagedError(f"`{name}` in the header is no number")
    return value


def _count(name: str, value: Any) -> int:
    return int(_number(name, value))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise EntryDamagedError(f"`{name}` in the header is no list")
    return tuple(_text(name, part) for part in cast(list[Any], value))


def _object(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise EntryDamagedError(f"`{name}` in the header is no object")
    return cast(dict[str, Any], value)


def _leaves(name: str, value: Any) -> tuple[Leaf, ...]:
    if not isinstance(value, list):
        raise EntryDamagedError(f"`{name}` in the header is no list")
    parts = [_texts(name, part) for part in cast(list[Any], value)]
    if not all(len(part) in (2, 3) for part in parts):
        raise EntryDamagedError(f"`{name}` in the header is no list of leaves")
    return tuple(Leaf(*part) for part in parts)


_READERS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "key": _text,
    "closure": _text,
    "function": _text,
    "codec": _text,
    "size": _count,
    "label": _text_or_none,
    "arguments": _leaves,
    "graph": _text,
    "python": _text,
    "version": _text,
    "seconds": _number,
    "created": _number,
    "by": _text,
    "ignored": _texts,
    "options": _object,
    "effects": _object,
}
