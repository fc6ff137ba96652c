"""Digests of values for those who ask: content and code, in 16 bytes.

    digest ::= that of plain data, which has the format in it; else of "content", the
               format, the digest of the encoding, and a digest for each function, class
               or module that the value holds

What Python itself comes with goes by its name, so that a digest is that of every version
of Python as long as no other code is in the value. Code of the user is walked. That of
libraries is pinned by their version.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from .digests import Digest, digest_bytes, digest_of
from .errors import NotDigestibleError
from .graph import NodeKind
from .guard import Guard
from .installed import is_library_file
from .kinds import (
    is_kind,
    is_module,
    loaded_module,
    member_at,
    module_name_of,
    module_text,
    qualified_name_of,
)
from .policy import PYTHON_ITSELF, USER_CODE
from .values import encode_content
from .values.flat import FORMAT, digest_of_atom, digest_of_flat, is_atom
from .values.nodes import Rope, shown_path
from .walker import walk_values

if TYPE_CHECKING:
    from .values.differences import Difference


def _digest(value: object) -> Digest:
    """Return what stands for `value`: 16 bytes, equal for equal content, in any process.

    Type, order, dtype, shape, names and time zones count. What does not: which parts are
    one object, how a set was filled, how an array lies in memory, what was cached. An
    instance counts with the code of its class, if that is yours.

    Runs no code of the value's classes, but for what was given to `register` and methods
    called `__xetcache_digest__`.

    Raises:
        NotDigestibleError: a part of it is no content, such as a generator, a lock or an
            open file; its `path` leads there.
        UntraceableError: code in it cannot be followed.

    Cost: one read of the memory for arrays and frames; some microseconds for each
    instance; a walk, once, for each class of yours.
    """
    kind = type(value)
    # By identity, and without a call: most arguments are such. What takes longest comes first.
    if kind is tuple or kind is list or kind is dict:
        plain = digest_of_flat(value)
        if plain is not None:
            return Digest(plain)
    elif kind is str:
        if is_atom(value):
            return Digest(digest_of_atom(value))
    elif kind is int or kind is float or value is None or kind is bool or kind is complex:
        return Digest(digest_of_atom(value))
    try:
        encoded = encode_content(value)
    except NotDigestibleError as error:
        error.add_note("hint: `register(type, function)` says what a type is digested by")
        raise
    if not encoded.references:
        return digest_bytes(_HEAD + encoded.digest)
    meanings = _meanings(encoded.references)
    if encoded.ambiguous:
        by_target = {
            id(target): meaning
            for (target, _), meaning in zip(encoded.references, meanings, strict=True)
        }
        encoded = encode_content(value, order=lambda target: by_target[id(target)])
        meanings = [by_target[id(target)] for target, _ in encoded.references]
    return digest_of(_CONTENT, encoded.digest, *meanings)


def explain(
    one: object, other: object, *, name: str = "value", limit: int = 16
) -> tuple[Difference, ...]:
    """Return the first places at which two values differ; none if their digests are equal.

    Runs no code of the values but what `digest` runs.

    Args:
        name: what paths begin with.
        limit: how many places are told at most.

    Raises what `digest` does.

    Cost: some microseconds for each item, more for each instance and each level on the way
    to a difference; one or two more reads of the arrays that differ.
    """
    if _digest(one) == _digest(other):
        return ()
    # Here and not above: whoever digests need not wait for it.
    from .values.differences import Search  # noqa: PLC0415

    return Search(_meanings, _digest).run(one, other, name=name, limit=limit)


class _WithExplain(Protocol):
    """The function `digest`, which has `explain` as an attribute."""

    __doc__: str | None
    __name__: str

    def __call__(self, value: object) -> Digest: ...

    def explain(
        self, one: object, other: object, *, name: str = "value", limit: int = 16
    ) -> tuple[Difference, ...]: ...


_digest.__name__ = _digest.__qualname__ = "digest"
digest = cast(_WithExplain, _digest)
digest.explain = explain

_CONTENT: Final = f"content {FORMAT}"
_HEAD: Final = _CONTENT.encode()


class _Meant(NamedTuple):
    """What code means, as long as nothing moves that was looked at."""

    targets: list[object]
    """Held, so that none of their ids is used again."""
    guard: Guard | None
    meanings: list[bytes]


_MAX_KEPT: Final = 1_000
_kept: dict[tuple[int, ...], _Meant] = {}


def _meanings(references: Sequence[tuple[object, Rope]]) -> list[bytes]:
    """Return a digest for each function, class or module that a value holds."""
    targets = [target for target, _ in references]
    key = tuple(map(id, targets))
    known = _kept.get(key)
    if known is not None and (known.guard is None or known.guard.holds()):
        return known.meanings
    named = [_by_name(target) for target in targets]
    followed = [
        (shown_path(rope), target)
        for (target, rope), meaning in zip(references, named, strict=True)
        if meaning is None
    ]
    guard, walked = _walked(followed) if followed else (None, [])
    rest = iter(walked)
    meanings = [next(rest) if meaning is None else meaning for meaning in named]
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    _kept[key] = _Meant(targets, guard, meanings)
    return meanings


def _walked(targets: list[tuple[str, object]]) -> tuple[Guard, list[bytes]]:
    walked, numbers = walk_values(targets)
    graph = walked.graph
    meanings: list[bytes] = []
    for number in numbers:
        node = graph.nodes[number]
        if node.kind is NodeKind.BUILTIN and not graph.edges[number]:
            meanings.append(digest_of("python", _public(node.name)))
        else:
            meanings.append(graph.digests[number])
    return walked.guard, meanings


def _by_name(target: object) -> bytes | None:
    """Return what stands for a thing that Python itself has under its name; None for others."""
    name = _name_in_python(target)
    return None if name is None else digest_of("python", _public(name))


def _name_in_python(target: object) -> str | None:
    if is_module(target):
        module = cast(ModuleType, target)
        name = module_text(module, "__name__")
        if name is None or loaded_module(name) is not module:
            return None
        return name if _is_of_python(module, name) else None
    if is_kind(target, type):
        kind = cast(type, target)
        name, path = module_name_of(kind), qualified_name_of(kind)
    elif type(target) is BuiltinFunctionType or _is_of_library(target):
        function = cast(FunctionType, target)
        name, path = function.__module__, function.__qualname__
    else:
        return None
    module = loaded_module(name) if type(name) is str else None
    if module is None or not _is_of_python(module, name):
        return None
    return f"{name}.{path}" if member_at(module, path) is target else None


def _is_of_library(target: object) -> bool:
    return type(target) is FunctionType and is_library_file(target.__code__.co_filename)


def _is_of_python(module: ModuleType, name: str) -> bool:
    return USER_CODE.pinned_by(name, module_text(module, "__file__")) == PYTHON_ITSELF


def _public(name: str) -> bytes:
    """Return a name without the private modules that some versions have it in."""
    first, *rest = name.split(".")
    kept = [first, *(part for part in rest[:-1] if not part.startswith("_")), *rest[-1:]]
    return ".".join(kept).encode()
