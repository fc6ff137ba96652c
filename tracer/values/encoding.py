"""What an encoding is: tagged, length-framed tokens, references, cycles, refusals.

    value     ::= tag content
    tag       ::= one or more bytes that name the type
    content   ::= a fixed size, or a length of 8 bytes and so many bytes, or a count
                  of 8 bytes and so many values
    reference ::= "@" number     a function, class or module, numbered by first use
    cycle     ::= "^" number     the container so many levels further out

Handlers for types are found by exact type, then along the class's bases. Nothing here
calls a method of a class that the user wrote.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeVar

from ..bytecode import facts_of
from ..digests import Digest, digest_bytes
from ..errors import NotDigestibleError

T = TypeVar("T")

Handler = Callable[["Encoder", Any], None]
"""Writes one value of the type it is registered for."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A function, class or module that a value holds, with the path to it."""

    path: str
    target: object


@dataclass(frozen=True, slots=True)
class Encoded:
    """A value as its encoding sees it."""

    digest: Digest
    """Stands for the value; what references mean is not in it."""
    references: tuple[Reference, ...]
    immutable: bool
    """No part of it can change as long as it is the same object."""
    met_library: bool
    """It holds an instance of a library's class, whose methods may call back."""


def encode(value: object, *, sentinels: bool = True) -> Encoded:
    """Return the canonical encoding of `value`.

    Args:
        sentinels: accept a bare `object()`, which stands for itself alone. Right where
            it was found under a name; wrong for an argument, where any other would
            look the same.

    Raises:
        NotDigestibleError: a part of it has no digest that would mean the same in
            another process; its `path` leads there from `value`.

    Cost: proportional to the size of the value; buffers are read in place.
    """
    encoder = Encoder(sentinels=sentinels)
    try:
        encoder.value(value)
    except RecursionError:
        raise NotDigestibleError("", type(value).__name__, "nested too deeply") from None
    return Encoded(
        digest=digest_bytes(b"".join(encoder.out)),
        references=tuple(encoder.references),
        immutable=encoder.immutable,
        met_library=encoder.met_library,
    )


_written_here: dict[type, Handler] = {}
_exact: dict[type, Handler] = {}  # those, and what was found for other types since
_families: dict[type, Handler] = {}
_surrogates: dict[type, Callable[[Any], object]] = {}

_LIBRARIES: Final = {"numpy": "arrays", "pandas": "frames"}
"""Top-level module of a type → the file here that has handlers for it."""


def register(kind: type[T], stands_for: Callable[[T], object]) -> None:
    """Digest instances of `kind`, and of its subclasses, by what `stands_for` returns.

    The function must return a value made of digestible parts that differs whenever
    the instance would change a result.
    """
    _surrogates[kind] = stands_for
    _exact.clear()
    _exact.update(_written_here)


def surrogate_of(value: object) -> object:
    """Return what a registered type wants to be seen as, or `value` itself."""
    for base in type(value).__mro__ if _surrogates else ():
        if base in _surrogates:
            return _surrogates[base](value)
    return value


def handle(kind: type, handler: Handler) -> None:
    """Let `handler` write values of exactly this type."""
    _exact[kind] = _written_here[kind] = handler


def handle_family(kind: type, handler: Handler) -> None:
    """Let `handler` write values of this type and of types derived from it."""
    _families[kind] = handler


def class_of(value: object) -> type:
    """Return the class of a value; the type checker learns no more than that."""
    return type(value)


def mro_of(kind: type) -> tuple[type, ...]:
    """Return a class and its bases in the order of look-up, without asking its metaclass."""
    return _MRO(kind)


_MRO: Final[Callable[[type], tuple[type, ...]]] = vars(type)["__mro__"].__get__


def handler_of(kind: type) -> Handler:
    """Return what writes values of exactly this builtin type."""
    return _written_here[kind]


class Encoder:
    """One encoding on its way: what was written, and where in the value it is."""

    __slots__ = (
        "active",
        "immutable",
        "met_library",
        "numbers",
        "out",
        "path",
        "references",
        "sentinels",
    )

    def __init__(self, *, sentinels: bool, around: Encoder | None = None) -> None:
        self.out: list[bytes] = []
        self.references: list[Reference] = []
        self.numbers: dict[int, int] = {}
        self.immutable = True
        self.met_library = False
        self.sentinels = sentinels
        # Inside a set: the same containers around it, and the path goes on.
        self.active: dict[int, int] = {} if around is None else dict(around.active)
        self.path: list[str] = [] if around is None else [*around.path, "{…}"]

    # -- tokens -------------------------------------------------------------------

    def token(self, tag: bytes, content: bytes | memoryview = b"") -> None:
        """Write a tag and one run of bytes."""
        self.out += (tag, len(content).to_bytes(8, "little"), bytes(content))

    def buffer(self, tag: bytes, content: memoryview | bytes) -> None:
        """Write a tag and the digest of a large run of bytes, read in place."""
        size = memoryview(content).nbytes
        self.out += (tag, size.to_bytes(8, "little"), digest_bytes(content))

    def text(self, text: str) -> None:
        """Write a string, lone surrogates included."""
        self.token(b"s", text.encode("utf-8", "surrogatepass"))

    def values(self, tag: bytes, items: Iterable[tuple[str, object]], count: int) -> None:
        """Write a tag, a count and so many values, each under its step of the path."""
        self.out += (tag, count.to_bytes(8, "little"))
        for step, item in items:
            self.path.append(step)
            self.value(item)
            self.path.pop()

    def unordered(self, tag: bytes, items: Iterable[object]) -> None:
        """Write values whose order carries no meaning, in the order of their bytes."""
        parts: list[tuple[bytes, list[bytes], Encoder]] = []
        for item in items:
            inner = Encoder(sentinels=self.sentinels, around=self)
            inner.value(item)
            keys = [_sort_key(reference.target) for reference in inner.references]
            parts.append((b"".join(inner.out), keys, inner))
        parts.sort(key=lambda part: part[:2])
        self.out += (tag, len(parts).to_bytes(8, "little"))
        for encoded, _, inner in parts:
            self.token(b"e", encoded)
            for reference in inner.references:
                self.refer(reference.target, "{…}")
            self.immutable &= inner.immutable
            self.met_library |= inner.met_library

    def refer(self, target: object, step: str = "") -> None:
        """Write a reference to code, whose meaning is the caller's to find out."""
        number = self.numbers.get(id(target))
        if number is None:
            number = self.numbers[id(target)] = len(self.references)
            self.references.append(Reference("".join(self.path) + step, target))
        self.out.append(b"@%d;" % number)

    def refuse(self, value: object, reason: str = "") -> NotDigestibleError:
        """Return the error that names `value` by the path that led to it."""
        return NotDigestibleError("".join(self.path), type(value).__qualname__, reason)

    # -- values -------------------------------------------------------------------

    def value(self, value: object) -> None:
        """Write any value, by the handler of its type."""
        kind = type(value)
        handler = _exact.get(kind) or _resolve(kind)
        level = self.active.get(id(value))
        if level is not None:
            self.out.append(b"^%d;" % (len(self.active) - level))
            return
        if kind in _ATOMS:
            handler(self, value)
            return
        self.active[id(value)] = len(self.active)
        try:
            handler(self, value)
        finally:
            del self.active[id(value)]


_ATOMS: Final = frozenset({bool, int, float, complex, str, bytes, type(None)})


def _resolve(kind: type) -> Handler:
    """Find the handler for a type that has none of its own, once."""
    for base in kind.__mro__:
        library = _LIBRARIES.pop(base.__module__.partition(".")[0], None)
        if library is not None:
            import_module(f".{library}", __package__).install()
            if kind in _exact:
                return _exact[kind]
    for base in kind.__mro__:
        if base in _surrogates:
            handler = _by_surrogate(_surrogates[base])
            break
        if base in _families:
            handler = _families[base]
            break
    else:  # pragma: no cover - `object` is a family
        raise AssertionError(kind)
    _exact[kind] = handler
    return handler


def _by_surrogate(stands_for: Callable[[Any], object]) -> Handler:
    def write(encoder: Encoder, value: object) -> None:
        encoder.immutable = False
        encoder.out.append(b"surrogate")
        encoder.value(stands_for(value))

    return write


def _sort_key(target: object) -> bytes:
    """Return bytes by which code in a set can be put in an order of its own."""
    if isinstance(target, FunctionType):
        return target.__qualname__.encode() + facts_of(target.__code__).canonical
    if isinstance(target, ModuleType | BuiltinFunctionType | type):
        return target.__name__.encode()
    return type(target).__name__.encode()


# -- previews -------------------------------------------------------------------------

_PREVIEW_SIZE: Final = 80  # characters


def preview(value: object) -> str | None:
    """Return a short text of a plain value, or what kind of thing it is.

    Calls `repr` on exact builtin types only, so no code of the user runs.
    """
    return _cut(_preview(value, 2))


def _preview(value: Any, depth: int) -> str:
    kind = class_of(value)
    if kind in _ATOMS:
        if kind is int and int.bit_length(value) > 200:  # noqa: PLR2004
            return "<large int>"  # `repr` refuses numbers of over 4,300 digits
        if kind in (str, bytes) and len(value) > _PREVIEW_SIZE:
            return repr(value[: _PREVIEW_SIZE // 2])[:-1] + "…"
        return repr(value)
    if kind in (list, tuple, set, frozenset) and depth:
        opening, closing = "[]" if kind is list else "()" if kind is tuple else "{}"
        shown = [_preview(item, depth - 1) for item, _ in zip(value, range(8), strict=False)]
        if kind in (set, frozenset):
            shown.sort()
        more = [f"… {len(value) - 8} more"] if len(value) > 8 else []  # noqa: PLR2004
        trailing = "," if kind is tuple and len(shown) == 1 else ""
        return opening + ", ".join(shown + more) + trailing + closing
    if kind is dict and depth:
        items = [
            f"{_preview(key, 0)}: {_preview(item, depth - 1)}"
            for (key, item), _ in zip(value.items(), range(6), strict=False)
        ]
        more = [f"… {len(value) - 6} more"] if len(value) > 6 else []  # noqa: PLR2004
        return "{" + ", ".join(items + more) + "}"
    if kind.__module__.partition(".")[0] in {"numpy", "pandas"}:
        return _preview_of_data(value)
    if isinstance(value, FunctionType):
        return f"function {value.__qualname__}"
    return f"<{kind.__qualname__}>"


def _preview_of_data(value: Any) -> str:
    """Say what kind of array or frame this is; scalars are shown."""
    kind = class_of(value)
    try:
        shape = "×".join(  # noqa: RUF001 - the sign for sizes
            str(size) for size in value.shape
        )
        if not shape:
            return repr(value)
        dtype = f" {value.dtype}" if hasattr(value, "dtype") else ""
    except Exception:  # noqa: BLE001 - a preview is never worth an error
        return f"<{kind.__qualname__}>"
    return f"{kind.__qualname__} {shape}{dtype}"


def _cut(text: str) -> str:
    if len(text) <= _PREVIEW_SIZE:
        return text
    half = _PREVIEW_SIZE // 2 - 1
    return f"{text[:half]} … {text[-half:]}"
