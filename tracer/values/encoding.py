"""What an encoding is: tagged, length-framed tokens, references, cycles, refusals.

    value     ::= tag content
    tag       ::= its length in one byte, and that many bytes that name the type
    content   ::= a fixed size, or a length of 8 bytes and so many bytes, or a count
                  of 8 bytes and so many values
    reference ::= "@" number     a function, class or module, numbered by first use
    cycle     ::= "^" number     the container so many levels further out

Handlers for types are found by exact type, then along the class's bases. Nothing here
calls a method of a class that the user wrote.

Which parts of a value are one object is no part of its encoding. Those that can change
are noted beside it, for whoever has to know what else shows what is done to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, TypeVar, cast

from ..bytecode import facts_of
from ..digests import Digest, digest_bytes
from ..errors import NotDigestibleError
from ..kinds import (
    class_of,
    derives,
    dict_offset_of,
    is_hashable,
    is_kind,
    is_module,
    is_one_of,
    loaded_module,
    members_of,
    module_name_of,
    module_text,
    mro_of,
    namespace_of,
    qualified_name_of,
)
from ..policy import USER_CODE, Distribution

T = TypeVar("T")

Handler = Callable[["Encoder", Any], None]
"""Writes one value of the type it is registered for."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A function, class or module that a value holds, with the path to it."""

    path: str
    target: object
    within: tuple[type, ...] = field(default=(), compare=False)
    """Types of the objects that it is in, from the outermost."""


Place = tuple[int, object]
"""Where in a value a part is, by number, and the part.

Numbers are the same in every process. Members of a set that look alike have the same.
"""


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
    changeable: tuple[Place, ...] = field(default=(), compare=False, repr=False)
    """Parts that can change, itself included."""


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
        name = qualified_name_of(type(value))
        raise NotDigestibleError("", name, "nested too deeply") from None
    return Encoded(
        digest=digest_bytes(b"".join(encoder.out)),
        references=tuple(encoder.references),
        immutable=encoder.immutable,
        met_library=encoder.met_library,
        changeable=tuple(encoder.changeable),
    )


_Known = tuple[type, Handler, bool]
"""A type, what writes it, and whether its instances can change."""

# By identity of the class and not by the class: a metaclass may have its own `__hash__`.
_written_here: dict[int, _Known] = {}
_exact: dict[int, _Known] = {}  # those, and what was found for others since
_families: list[_Known] = []
_surrogates: list[tuple[type, Callable[[Any], object]]] = []

_LIBRARIES: Final = {"numpy": "arrays", "pandas": "frames"}
"""Top-level module of a type → the file here that has handlers for it."""
_installed: set[str] = set()


def register(kind: type[T], stands_for: Callable[[T], object]) -> None:
    """Digest instances of `kind`, and of its subclasses, by what `stands_for` returns.

    The function must return a value made of digestible parts that differs whenever
    the instance would change a result.
    """
    _surrogates.append((kind, stands_for))
    _exact.clear()
    _exact.update(_written_here)


def surrogate_of(value: object) -> object:
    """Return what a registered type wants to be seen as, or `value` itself."""
    for kind, stands_for in _surrogates:
        if is_kind(value, kind):
            return stands_for(value)
    return value


def has_surrogate(value: object) -> bool:
    """Tell whether a value is of a type that was registered to be seen as another."""
    return bool(_surrogates) and any(is_kind(value, kind) for kind, _ in _surrogates)


def is_registered(kind: type) -> bool:
    """Tell whether instances are seen as what a registered function returns."""
    return any(derives(kind, registered) for registered, _ in _surrogates) or _has_hook(kind)


DIGEST_HOOK: Final = "__xetcache_digest__"
"""Method by which a class of the user says what an instance of it is digested by."""


def _has_hook(kind: type) -> bool:
    return any(DIGEST_HOOK in members_of(base) for base in mro_of(kind))


def _asked(value: Any) -> object:
    kind: Any = class_of(value)
    return getattr(kind, DIGEST_HOOK)(value)


def handle(kind: type, handler: Handler, *, changes: bool = False) -> None:
    """Let `handler` write values of exactly this type.

    Args:
        changes: an instance can change, so it matters where else it is.
    """
    _exact[id(kind)] = _written_here[id(kind)] = (kind, handler, changes)


def handle_family(kind: type, handler: Handler, *, changes: bool = False) -> None:
    """Let `handler` write values of this type and of types derived from it."""
    _families.append((kind, handler, changes))


def handler_of(kind: type) -> Handler:
    """Return what writes values of exactly this builtin type."""
    return _written_here[id(kind)][1]


_SIZES: Final = tuple(bytes((size,)) for size in range(256))


class Encoder:
    """One encoding on its way: what was written, and where in the value it is."""

    __slots__ = (
        "active",
        "changeable",
        "immutable",
        "made_by_handlers",
        "met_library",
        "numbers",
        "out",
        "path",
        "places",
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
        self.changeable: list[Place] = []
        self.places = 0
        self.made_by_handlers = 0 if around is None else around.made_by_handlers
        # Inside a set: the same containers around it, and the path goes on.
        self.active: dict[int, type] = {} if around is None else dict(around.active)
        self.path: list[str] = [] if around is None else [*around.path, "{…}"]

    # -- tokens -------------------------------------------------------------------

    def mark(self, tag: bytes, content: bytes = b"") -> None:
        """Write a tag, and content of a size that the tag implies."""
        self.out += (_SIZES[len(tag)], tag, content)

    def token(self, tag: bytes, content: bytes | memoryview = b"") -> None:
        """Write a tag and one run of bytes."""
        self.out += (_SIZES[len(tag)], tag, len(content).to_bytes(8, "little"), bytes(content))

    def buffer(self, tag: bytes, content: memoryview | bytes) -> None:
        """Write a tag and the digest of a large run of bytes, read in place."""
        size = memoryview(content).nbytes
        self.out += (_SIZES[len(tag)], tag, size.to_bytes(8, "little"), digest_bytes(content))

    def text(self, text: str) -> None:
        """Write a string, lone surrogates included."""
        self.token(b"s", text.encode("utf-8", "surrogatepass"))

    def values(self, tag: bytes, items: Iterable[tuple[str, object]], count: int) -> None:
        """Write a tag, a count and so many values, each under its step of the path."""
        self.out += (_SIZES[len(tag)], tag, count.to_bytes(8, "little"))
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
        self.out += (_SIZES[len(tag)], tag, len(parts).to_bytes(8, "little"))
        start, before = self.places, None
        for encoded, keys, inner in parts:
            if before is not None and before != (encoded, keys):
                start = self.places
            before = (encoded, keys)
            self.changeable += ((start + place, part) for place, part in inner.changeable)
            self.places = start + inner.places
            self.token(b"e", encoded)
            for reference in inner.references:
                self.refer(reference.target, "{…}")
            self.immutable &= inner.immutable
            self.met_library |= inner.met_library

    def refer(self, target: object, step: str = "") -> None:
        """Write a reference to code, whose meaning is the caller's to find out."""
        number = self.numbers.get(id(target))
        if number is None:
            number = self.numbers[id(target)] = len(self.numbers)
            self.references.append(self._reference(step, target))
        self.mark(b"@", number.to_bytes(8, "little"))

    def mention(self, target: object) -> None:
        """Note code that the value finds by name, which is no part of its encoding."""
        self.immutable = False  # the name may come to mean something else
        self.references.append(self._reference("", target))

    def _reference(self, step: str, target: object) -> Reference:
        within = (kind for held, kind in self.active.items() if held != id(target))
        return Reference("".join(self.path) + step, target, tuple(within))

    def refuse(self, value: object, reason: str = "") -> NotDigestibleError:
        """Return the error that names `value` by the path that led to it."""
        name = qualified_name_of(type(value))
        return NotDigestibleError("".join(self.path), name, reason)

    # -- values -------------------------------------------------------------------

    def made(self, value: object) -> None:
        """Write a value that a handler made, which the program does not have."""
        self.made_by_handlers += 1
        self.value(value)
        self.made_by_handlers -= 1

    def made_values(self, tag: bytes, items: Iterable[tuple[str, object]], count: int) -> None:
        """Write what `values` writes, of values that a handler made."""
        self.made_by_handlers += 1
        self.values(tag, items, count)
        self.made_by_handlers -= 1

    def value(self, value: object) -> None:
        """Write any value, by the handler of its type."""
        kind = type(value)
        _, handler, changes = _exact.get(id(kind)) or _resolve(kind)
        if changes and not self.made_by_handlers:
            self.changeable.append((self.places, value))
            self.places += 1
        if id(value) in self.active:
            level = [*self.active].index(id(value))
            self.mark(b"^", (len(self.active) - level).to_bytes(8, "little"))
            return
        if is_atom(value):
            handler(self, value)
            return
        self.active[id(value)] = kind
        try:
            handler(self, value)
        finally:
            del self.active[id(value)]


def is_atom(value: object) -> bool:
    """Tell whether a value is of an exact builtin type that holds no other values."""
    return id(type(value)) in _ATOMS


_ATOMS: Final = frozenset(map(id, (str, int, float, bool, type(None), bytes, complex)))
"""By identity: a metaclass may have its own `__hash__`."""


def _resolve(kind: type) -> _Known:
    """Find the handler for a type that has none of its own, once."""
    for base in mro_of(kind):
        top = module_name_of(base).partition(".")[0]
        if top in _LIBRARIES and top not in _installed:
            # Installing twice does no harm, as two threads may; being late would.
            import_module(f".{_LIBRARIES[top]}", __package__).install()
            _installed.add(top)
    known = _exact[id(kind)] = (kind, *_handler_among(kind))
    return known


def _handler_among(kind: type) -> tuple[Handler, bool]:
    for registered, stands_for in _surrogates:
        if derives(kind, registered):
            return _by_surrogate(stands_for), False
    if _has_hook(kind):
        return _by_surrogate(_asked), False
    for base in mro_of(kind):
        for family, handler, changes in _families:
            if family is base:
                return handler, changes and (family is not object or can_change(kind))
    raise AssertionError("`object` is a family")


def is_library(kind: type) -> bool:
    """Tell whether a class was installed and not written by the user."""
    return library_of(kind) is not None


def library_of(kind: type) -> Distribution | None:
    """Return what a class was installed with; None for one that the user wrote."""
    name = module_name_of(kind)
    module = loaded_module(name)
    return None if module is None else USER_CODE.pinned_by(name, module_text(module, "__file__"))


_TUPLES_AND_TEXT: Final = (tuple, str, bytes, int, float, complex, frozenset)


def can_change(kind: type) -> bool:
    """Tell whether instances of a class can change and stay the same objects."""
    if is_library(kind):
        # Time stamps and offsets of pandas have dictionaries and never change.
        top = module_name_of(kind).partition(".")[0]
        return top != "pandas" and (dict_offset_of(kind) != 0 or not is_hashable(kind))
    return dict_offset_of(kind) != 0 or not any(derives(kind, base) for base in _TUPLES_AND_TEXT)


def _by_surrogate(stands_for: Callable[[Any], object]) -> Handler:
    def write(encoder: Encoder, value: object) -> None:
        encoder.immutable = False
        encoder.mark(b"surrogate")
        encoder.refer(type(value), ".__class__")
        try:
            part = stands_for(value)
        except Exception as error:
            raise encoder.refuse(value, f"what stands for it cannot be told: {error}") from error
        encoder.value(part)

    return write


def _sort_key(target: object) -> bytes:
    """Return bytes by which code in a set can be put in an order of its own."""
    if type(target) is FunctionType:
        return target.__qualname__.encode() + facts_of(target.__code__).canonical
    if is_kind(target, type):
        return qualified_name_of(cast(type, target)).encode()
    if is_module(target):
        return str(namespace_of(cast(ModuleType, target)).get("__name__")).encode()
    if type(target) is BuiltinFunctionType:
        return target.__name__.encode()
    return b""


# -- previews -------------------------------------------------------------------------

_PREVIEW_SIZE: Final = 80  # characters


def preview(value: object) -> str | None:
    """Return a short text of a plain value, or what kind of thing it is.

    Calls `repr` on exact builtin types only, so no code of the user runs.
    """
    return _cut(_preview(value, 2))


def _preview(value: Any, depth: int) -> str:
    kind = class_of(value)
    if is_atom(value):
        if kind is int and int.bit_length(value) > 200:  # noqa: PLR2004
            return "<large int>"  # `repr` refuses numbers of over 4,300 digits
        if is_one_of(kind, (str, bytes)) and len(value) > _PREVIEW_SIZE:
            return repr(value[: _PREVIEW_SIZE // 2])[:-1] + "…"
        return repr(value)
    if is_one_of(kind, (list, tuple, set, frozenset)) and depth:
        opening, closing = "[]" if kind is list else "()" if kind is tuple else "{}"
        shown = [_preview(item, depth - 1) for item, _ in zip(value, range(8), strict=False)]
        if is_one_of(kind, (set, frozenset)):
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
    if module_name_of(kind).partition(".")[0] in {"numpy", "pandas"}:
        return _preview_of_data(value)
    if kind is FunctionType:
        return f"function {value.__qualname__}"
    return f"<{qualified_name_of(kind)}>"


def _preview_of_data(value: Any) -> str:
    """Say what kind of array or frame this is; scalars are shown."""
    kind = class_of(value)
    try:
        shape = "×".join(  # noqa: RUF001 - the sign for sizes
            str(size) for size in value.shape
        )
        dtype = f" {value.dtype}" if hasattr(value, "dtype") else ""
        if not shape and value.dtype.kind in "biufcmMSU":
            return f"{qualified_name_of(kind)}({value.item()!r})"
    except Exception:  # noqa: BLE001 - a preview is never worth an error
        return f"<{qualified_name_of(kind)}>"
    return f"{qualified_name_of(kind)} {shape}{dtype}"


def _cut(text: str) -> str:
    if len(text) <= _PREVIEW_SIZE:
        return text
    half = _PREVIEW_SIZE // 2 - 1
    return f"{text[:half]} … {text[-half:]}"
