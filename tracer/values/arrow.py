"""pyarrow: types, lengths and values; never chunks, offsets or what lies under a null.

Loaded when a type of pyarrow is first seen, so that pyarrow is never imported by us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final, cast

import numpy as np
import pyarrow as _pyarrow  # noqa: ICN001 # pyright: ignore[reportMissingTypeStubs]
import pyarrow.compute as _compute  # pyright: ignore[reportMissingTypeStubs]

from .buffers import Stream, digest_buffer, digest_buffers
from .encoding import Encoder
from .handlers import handle_family, is_library
from .nodes import size_token

pa: Final[Any] = _pyarrow
pc: Final[Any] = _compute
is_: Final[Any] = pa.types


def install() -> None:
    """Register the handlers of this file."""
    handle_family(pa.Table, _table)
    handle_family(pa.RecordBatch, _table)
    handle_family(pa.ChunkedArray, _chunked)
    handle_family(pa.Array, _array)
    handle_family(pa.Scalar, _scalar)
    handle_family(pa.Schema, _schema)
    handle_family(pa.Field, _field)
    handle_family(pa.DataType, _type)
    handle_family(pa.Buffer, _buffer)


def _begin(encoder: Encoder, value: object, tag: bytes) -> None:
    encoder.immutable = False  # it may be a view of memory that somebody writes to
    encoder.mark(tag)
    if not is_library(type(value)):
        encoder.refer(type(value), ".__class__")


def _table(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"table" if isinstance(value, pa.Table) else b"batch")
    _fields(encoder, value.schema)
    encoder.made(value.num_rows)
    for column in value.columns:
        chunks = column.chunks if isinstance(value, pa.Table) else [column]
        write_chunks(encoder, chunks, column.type)


def _chunked(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"chunked")
    write_chunks(encoder, value.chunks, value.type)


def _array(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"arrow")
    write_chunks(encoder, [value], value.type)


def _scalar(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"scalar")
    if isinstance(value, pa.ExtensionScalar):
        encoder.made(_text_of(value.type))
        encoder.made(value.value)
    else:
        write_chunks(encoder, [pa.repeat(value, 1)], value.type)


def _schema(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"schema")
    _fields(encoder, value)


def _field(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"field")
    _fields(encoder, pa.schema([value]))


def _fields(encoder: Encoder, schema: Any) -> None:
    encoder.made(
        [
            (field.name, _text_of(field.type), field.nullable, dict(field.metadata or {}))
            for field in schema
        ]
    )
    encoder.made(dict(schema.metadata or {}))


def _type(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"arrow type")
    encoder.made(_text_of(value))


def _text_of(kind: Any) -> object:
    """Return plain data that names a type, with all its parameters."""
    if isinstance(kind, pa.BaseExtensionType):
        # What an extension says of itself stands in the schema, as it is written to files.
        return (
            str(kind),
            _text_of(kind.storage_type),
            pa.schema([("", kind)]).serialize().to_pybytes(),
        )
    inside = [kind.field(number) for number in range(kind.num_fields)]
    if not inside or is_.is_dictionary(kind):
        return str(kind)
    return (
        str(kind),
        [
            (field.name, _text_of(field.type), field.nullable, dict(field.metadata or {}))
            for field in inside
        ],
    )


def _buffer(encoder: Encoder, value: Any) -> None:
    _begin(encoder, value, b"arrow buffer")
    encoder.buffer(b"data", memoryview(value).cast("B") if value.size else b"")


# -- values -----------------------------------------------------------------------------


def write_chunks(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    """Write the values of one array that lies in pieces."""
    encoder.made(_text_of(kind))
    _write(encoder, chunks, kind)


def _write(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    chunks = [chunk for chunk in chunks if len(chunk)]
    nulls = sum(chunk.null_count for chunk in chunks)
    size = sum(map(len, chunks))
    encoder.mark(b"length", size_token(size) + size_token(nulls))
    writer = _writers.get(kind.id)
    if writer is None:
        writer = _writers[kind.id] = _writer_of(kind)
    if nulls and writer not in _SAY_WHAT_IS_MISSING:
        _stream(encoder, b"valid", size, (_bytes(_valid(chunk)) for chunk in chunks))
    writer(encoder, chunks, kind)


Writer = Callable[[Encoder, Sequence[Any], Any], None]
_writers: Final[dict[int, Writer]] = {}
"""By the number that pyarrow has for a family of types, which is all that decides."""


def _writer_of(kind: Any) -> Writer:
    if isinstance(kind, pa.BaseExtensionType):
        return _extension
    for is_of_kind, writer in _WRITERS:
        if is_of_kind(kind):
            return writer
    return _fixed


def _nothing(_encoder: Encoder, _chunks: Sequence[Any], _kind: Any) -> None:
    """Write nothing: all are null."""


def _union(encoder: Encoder, chunks: Sequence[Any], _kind: Any) -> None:
    encoder.made([value for chunk in chunks for value in chunk.to_pylist()])
    codes = [np.asarray(chunk.type_codes).tobytes() for chunk in chunks]
    encoder.token(b"codes", b"".join(codes))


def _runs(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    decoded = [pc.run_end_decode(chunk) for chunk in chunks]
    _write(encoder, decoded, kind.value_type)


_SAY_WHAT_IS_MISSING: Final = (_nothing, _union, _runs)
"""What needs no note beside it of which values are null."""


def _extension(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    _write(encoder, [chunk.storage for chunk in chunks], kind.storage_type)


def _dictionary(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    unified = pa.chunked_array(chunks, kind).unify_dictionaries().chunks
    _write(encoder, [chunk.indices for chunk in unified], kind.index_type)
    words = [unified[0].dictionary] if unified else []
    _write(encoder, words, kind.value_type)


def _text(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    """Write where each text ends, counted from the first, and what stands between."""
    large = is_.is_large_string(kind) or is_.is_large_binary(kind)
    found = [_starts_and_data(chunk, kind, large=large) for chunk in chunks]
    total = sum(int(starts[-1]) - int(starts[0]) for starts, _ in found)
    width = np.int64 if large or total > _MOST_OF_32_BITS else np.int32
    of_chunks = [starts for starts, _ in found]
    size = sum(map(len, of_chunks)) * width().itemsize
    encoder.later(b"ends", size, partial(_digest_of_ends, of_chunks, width))
    runs = [
        memoryview(data).cast("B")[int(starts[0]) : int(starts[-1])]
        for starts, data in found
        if starts[-1] > starts[0]
    ]
    encoder.later(b"data", total, partial(digest_buffers, runs))


def _digest_of_ends(found: Sequence[np.ndarray[Any, Any]], width: Any) -> bytes:
    """Return the digest of where texts end, by where those of each chunk start."""
    if len(found) == 1 and found[0][0] == 0 and found[0].dtype == width:
        return digest_buffer(_bytes(found[0][1:]))
    ends = Stream()
    before = 0
    for starts in found:
        first = int(starts[0])
        for at in range(1, len(starts), _PIECE):
            ends.add(_bytes(np.add(starts[at : at + _PIECE], before - first, dtype=width)))
        before += int(starts[-1]) - first
    return ends.digest()


_PIECE: Final = 1 << 16  # elements; they stay in the cache
_MOST_OF_32_BITS: Final = (1 << 31) - 1


def _starts_and_data(chunk: Any, kind: Any, *, large: bool) -> tuple[np.ndarray[Any, Any], Any]:
    """Return where texts start, and the last one ends, in bytes in which nulls are empty."""
    _, starts, data = chunk.buffers()
    width = np.int64 if large else np.int32
    found = np.frombuffer(starts, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    if chunk.null_count and np.greater(found[1:] > found[:-1], _valid(chunk)).any():
        empty = pa.scalar("" if is_.is_string(kind) or is_.is_large_string(kind) else b"", kind)
        return _starts_and_data(pc.fill_null(chunk, empty), kind, large=large)
    return found, data


def _is_view(kind: Any) -> bool:
    return kind in (pa.string_view(), pa.binary_view())


def _views(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    plain = pa.large_string() if kind == pa.string_view() else pa.large_binary()
    _text(encoder, [chunk.cast(plain) for chunk in chunks], plain)


def _bools(encoder: Encoder, chunks: Sequence[Any], _: Any) -> None:
    size = sum(map(len, chunks))
    _stream(encoder, b"data", size, (_bytes(_values_of_bools(chunk)) for chunk in chunks))


def _values_of_bools(chunk: Any) -> np.ndarray[Any, Any]:
    values = _unpacked(chunk.buffers()[1], chunk)
    return values & _valid(chunk) if chunk.null_count else values


def _struct(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    flat = [chunk.flatten() for chunk in chunks]
    for number in range(kind.num_fields):
        _write(encoder, [parts[number] for parts in flat], kind.field(number).type)


def _lists(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    if is_.is_map(kind):
        inner = pa.struct([kind.key_field, kind.item_field])
        chunks = [chunk.cast(pa.list_(inner)) for chunk in chunks]
    else:
        inner = kind.value_type
    lengths = (pc.fill_null(pc.list_value_length(chunk), 0) for chunk in chunks)
    size = sum(map(len, chunks)) * 8
    pieces = (_bytes(np.asarray(one).astype(np.int64)) for one in lengths)
    _stream(encoder, b"lengths", size, pieces)
    _write(encoder, [chunk.flatten() for chunk in chunks], inner)


def _fixed(encoder: Encoder, chunks: Sequence[Any], kind: Any) -> None:
    try:
        width = kind.bit_width // 8
    except ValueError:
        raise encoder.refuse(kind, f"arrays of type {kind} are not known here") from None
    if not width:
        return
    size = sum(map(len, chunks)) * width
    if any(chunk.null_count for chunk in chunks):
        pieces = chain.from_iterable(_fixed_bytes(one, width) for one in chunks)
        _stream(encoder, b"data", size, pieces)
    else:
        found = [_memory_of(chunk, width) for chunk in chunks]
        encoder.later(b"data", size, partial(digest_buffers, found))


def _fixed_bytes(chunk: Any, width: int) -> Iterator[memoryview]:
    """Yield elements of so many bytes, zeros where one is null."""
    data = _memory_of(chunk, width)
    if not chunk.null_count:
        yield data
        return
    valid = _valid(chunk)
    part = next(size for size in (8, 4, 2, 1) if width % size == 0)
    rows = np.frombuffer(data, f"u{part}").reshape(len(chunk), width // part)
    for at in range(0, len(rows), _PIECE):
        yield _bytes(rows[at : at + _PIECE] * valid[at : at + _PIECE, None])


def _memory_of(chunk: Any, width: int) -> memoryview:
    """Return where elements of so many bytes lie."""
    start, stop = chunk.offset * width, (chunk.offset + len(chunk)) * width
    return memoryview(chunk.buffers()[1]).cast("B")[start:stop]


def _valid(chunk: Any) -> np.ndarray[Any, Any]:
    """Return a byte for each element: 1, or 0 where it is null."""
    bits = chunk.buffers()[0]
    return np.ones(len(chunk), np.uint8) if bits is None else _unpacked(bits, chunk)


def _unpacked(bits: Any, chunk: Any) -> np.ndarray[Any, Any]:
    """Return a byte for each bit that belongs to the elements of an array."""
    first, last = chunk.offset, chunk.offset + len(chunk)
    packed = np.frombuffer(bits, np.uint8)[first // 8 : -(-last // 8)]
    skipped = first % 8
    return np.unpackbits(packed, bitorder="little")[skipped : skipped + len(chunk)]


def _bytes(values: np.ndarray[Any, Any]) -> memoryview:
    return np.ascontiguousarray(values).reshape(-1).view(np.uint8).data


def _stream(encoder: Encoder, tag: bytes, size: int, pieces: Iterable[bytes | memoryview]) -> None:
    """Write a tag and the digest of so many bytes, which lie in pieces."""

    def digest() -> bytes:
        whole = Stream()
        for piece in pieces:
            whole.add(piece)
        return whole.digest()

    encoder.later(tag, size, digest)


_WRITERS: Final = cast(
    "tuple[tuple[Callable[[Any], bool], Writer], ...]",
    (
        (is_.is_null, _nothing),
        (is_.is_union, _union),
        (is_.is_run_end_encoded, _runs),
        (is_.is_dictionary, _dictionary),
        (is_.is_string, _text),
        (is_.is_binary, _text),
        (is_.is_large_string, _text),
        (is_.is_large_binary, _text),
        (_is_view, _views),
        (is_.is_boolean, _bools),
        (is_.is_struct, _struct),
        (is_.is_nested, _lists),
    ),
)
