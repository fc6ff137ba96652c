"""The record on disk: bytes ↔ header, payload, seal.

    entry        ::= magic format header_size header payload_size payload seal
    magic        ::= "XETC"
    format       ::= 1 byte, 1
    header_size  ::= 4 bytes, big-endian
    header       ::= JSON in UTF-8: one object, keys sorted, no spaces, no NaN; then spaces
                     if the payload is large, so that it starts at a multiple of 64
    payload_size ::= 8 bytes, big-endian
    payload      ::= what the codec named in the header wrote
    seal         ::= 16 bytes, xxh3-128 of everything before it

Format 1 (0.1): the first. Within a format, fields are only added to the header: a
reader ignores those it does not know and has a default for those it does not find.
Anything else gets a new number, and a reader reports numbers it does not know.

The header stands first and can be read alone, for listing and explaining. Only a whole
entry can be verified, so only `from_bytes` is good for serving a result, or
`from_verified` for what is known to have passed `verify`. The seal stands against
accident, not against an attacker, who can compute it.

Knows nothing of stores, and of codecs only their names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, cast

from tracer import checksum, checksummer

from .errors import EntryDamagedError

FORMAT: Final = 1
"""Number of the layout above; an entry of another is reported as damaged."""

MAGIC: Final = b"XETC"

PREFIX_SIZE: Final = 9
"""Bytes that tell where the header ends, see `header_end`."""

_LENGTH_SIZE: Final = 8  # bytes, of the payload
_SEAL_SIZE: Final = 16  # bytes

_ALIGNED_SIZE: Final = 64 * 1024
"""Bytes of a payload from which on it is worth 63 more to let its elements be used in place."""
_ALIGNMENT: Final = 64  # bytes: what numpy gives its own arrays

_LFS: Final = b"version https://git-lfs"
_CONFLICT: Final = b"<<<<<<< "

Buffer = bytes | bytearray | memoryview


class Leaf(NamedTuple):
    """One part of the arguments, with what stands for it in the key."""

    path: str
    """How to reach it from the parameter: `config.rates[0]`."""
    digest: str
    preview: str | None = None
    """What a person is shown; None where nothing short would do."""


class Fact(NamedTuple):
    """Something outside the program that the result was computed from."""

    kind: str
    """What was asked: the content of a file, the value of a variable, …"""
    name: str
    state: str
    """Digest of what was found, or a word for it; empty where nothing was there."""
    preview: str | None = None


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
    root: str = ""
    """Digest, in hex, of the code of the function alone; it enters the key."""
    graph: str = ""
    """Name of the record that holds the dependency graph."""
    trace: str = ""
    """Name of the record of what the call ran, where that is less than it could reach."""
    python: str = ""
    algorithm: str = ""
    """Of the digests; nothing for xxh3-128."""
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
    facts: tuple[Fact, ...] = ()
    """All must be so again for the entry to serve."""


class Entry(NamedTuple):
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
    parts = list(payload)
    size = sum(memoryview(part).nbytes for part in parts)
    encoded = _header_to_json(header, size)
    if size >= _ALIGNED_SIZE:
        encoded += b" " * (-(PREFIX_SIZE + len(encoded) + _LENGTH_SIZE) % _ALIGNMENT)
    head = b"".join(
        (
            MAGIC,
            bytes((FORMAT,)),
            len(encoded).to_bytes(PREFIX_SIZE - 5, "big"),
            encoded,
            size.to_bytes(_LENGTH_SIZE, "big"),
        )
    )
    seal = checksummer()
    seal.update(head)
    for part in parts:
        seal.update(part)
    return [head, *parts, seal.digest()]


def from_bytes(data: Buffer) -> Entry:
    """Return the entry that `data` is, verified to its last byte.

    Raises:
        EntryDamagedError: it is none, or not whole; the message says why.
    """
    verify(data)
    return from_verified(data)


def verify(data: Buffer) -> None:
    """Do nothing if `data` is a whole entry.

    Raises:
        EntryDamagedError: it is none, or not whole; the message says why.
    """
    view = memoryview(data)
    _payload_of(view)
    if checksum(view[:-_SEAL_SIZE]) != bytes(view[-_SEAL_SIZE:]):
        raise EntryDamagedError("the seal differs: bytes have changed since it was written")


def from_verified(data: Buffer) -> Entry:
    """Return the entry that `data` is, of which `verify` is known to have said nothing.

    Raises:
        EntryDamagedError: the header cannot be read.
    """
    view = memoryview(data)
    end, payload = _payload_of(view)
    header = _header_from_json(bytes(view[PREFIX_SIZE:end]))
    if header.size != len(payload):
        raise EntryDamagedError(
            f"the header tells of {header.size} bytes, {len(payload)} are there"
        )
    return Entry(header, payload)


def _payload_of(view: memoryview) -> tuple[int, memoryview]:
    """Return where the header ends, and the payload, by the lengths that are written there."""
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
    return end, view[start : start + size]


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

    shown: dict[str, Any] = {}
    for name, (_, default) in _FIELDS.items():
        value: Any = size if name == "size" else getattr(header, name)
        # Defaults take no room; that they never change is part of the format.
        if value != default:
            shown[name] = dict(value) if name in _OBJECTS else value
    if header.arguments:
        shown["arguments"] = [
            _without_none(leaf.path, leaf.digest, leaf.preview) for leaf in header.arguments
        ]
    if header.facts:
        shown["facts"] = [_without_none(*fact) for fact in header.facts]
    # ASCII with escapes, so that a lone surrogate in a preview is no error.
    return json.dumps(shown, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _without_none(*parts: str | None) -> list[str]:
    return [part for part in parts if part is not None]


def _header_from_json(encoded: bytes) -> Header:
    import json  # noqa: PLC0415  as above

    try:
        found = json.loads(encoded, parse_constant=_no_number)
    # ValueError: not JSON, not UTF-8, a number too long; RecursionError: thousands of
    # brackets.
    except (ValueError, RecursionError) as error:
        raise EntryDamagedError(f"the header is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise EntryDamagedError("the header is JSON, but not an object")
    shown = cast("dict[str, Any]", found)
    known: dict[str, Any] = {}
    for name, (read, default) in _FIELDS.items():
        if name not in shown and default is _REQUIRED:
            raise EntryDamagedError(f"the header lacks `{name}`")
        if name in shown:
            try:
                known[name] = read(shown[name])
            except TypeError as error:
                raise EntryDamagedError(f"`{name}` in the header is not {error}") from error
    return Header(**known)


def _no_number(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError("a number")
    return float(value)


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("a count")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list")
    return cast("list[object]", value)


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _leaves(value: object) -> tuple[Leaf, ...]:
    return tuple(map(_leaf, _list(value)))


def _leaf(value: object) -> Leaf:
    parts = _list(value)
    if len(parts) < 2:  # noqa: PLR2004
        raise TypeError("a list of path, digest and preview")
    path, digest, *later = parts
    return Leaf(_text(path), _text(digest), _text_or_none(later[0]) if later else None)


def _facts(value: object) -> tuple[Fact, ...]:
    return tuple(map(_fact, _list(value)))


def _fact(value: object) -> Fact:
    parts = _list(value)
    if len(parts) < 3:  # noqa: PLR2004
        raise TypeError("a list of kind, name, state and preview")
    kind, name, state, *later = parts
    preview = _text_or_none(later[0]) if later else None
    return Fact(_text(kind), _text(name), _text(state), preview)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("an object")
    return cast("dict[str, Any]", value)


def _text_object(value: object) -> dict[str, str]:
    return {name: _text(item) for name, item in _object(value).items()}


_OBJECTS: Final = frozenset({"options", "effects"})
_REQUIRED: Final = object()

_FIELDS: Final[Mapping[str, tuple[Callable[[object], Any], object]]] = {
    "key": (_text, _REQUIRED),
    "closure": (_text, _REQUIRED),
    "function": (_text, _REQUIRED),
    "codec": (_text, _REQUIRED),
    "size": (_count, _REQUIRED),
    "label": (_text_or_none, None),
    "arguments": (_leaves, ()),
    "root": (_text, ""),
    "graph": (_text, ""),
    "trace": (_text, ""),
    "python": (_text, ""),
    "algorithm": (_text, ""),
    "version": (_text, ""),
    "seconds": (_number, 0.0),
    "created": (_number, 0.0),
    "by": (_text, ""),
    "ignored": (_texts, ()),
    "options": (_text_object, {}),
    "effects": (_object, {}),
    "facts": (_facts, ()),
}
"""Field → how it is read, and what it is where it is not there."""
