"""Digests of values for those who ask: content and code, in 16 bytes.

    digest ::= that of "content", the format, the digest of the encoding, and a digest for
               each function, class or module that the value holds

What Python itself comes with goes by its name, so that a digest is that of every version
of Python as long as no other code is in the value. Code of the user is walked. That of
libraries is pinned by their version.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Final, cast

from .digests import Digest, digest_of
from .graph import NodeKind
from .kinds import (
    is_kind,
    is_module,
    loaded_module,
    member_at,
    module_name_of,
    module_text,
    qualified_name_of,
)
from .policy import PYTHON_ITSELF, USER_CODE, is_library_file
from .values import Reference, encode_content
from .values.encoding import FORMAT
from .values.flat import ATOMS, digest_of_flat, is_atom
from .walker import Walked, walk_values


def digest(value: object) -> Digest:
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
    if id(type(value)) in ATOMS and is_atom(value):
        return digest_of(_CONTENT, digest_of_flat(value))
    encoded = encode_content(value)
    if not encoded.references:
        return digest_of(_CONTENT, encoded.digest)
    meanings = _meanings(encoded.references)
    if encoded.ambiguous:
        by_target = {
            id(reference.target): meaning
            for reference, meaning in zip(encoded.references, meanings, strict=True)
        }
        encoded = encode_content(value, order=lambda target: by_target[id(target)])
        meanings = [by_target[id(reference.target)] for reference in encoded.references]
    return digest_of(_CONTENT, encoded.digest, *meanings)


_CONTENT: Final = f"content {FORMAT}"


@dataclass(frozen=True, slots=True)
class _Walk:
    """What code means, as long as nothing moves that was looked at."""

    targets: list[object]
    """Held, so that none of their ids is used again."""
    walked: Walked
    meanings: list[bytes]


_MAX_KEPT: Final = 1_000
_kept: dict[tuple[int, ...], _Walk] = {}


def _meanings(references: Sequence[Reference]) -> list[bytes]:
    """Return a digest for each reference."""
    found: list[bytes | None] = [_by_name(reference.target) for reference in references]
    followed = [
        (reference.path, reference.target)
        for reference, meaning in zip(references, found, strict=True)
        if meaning is None
    ]
    walked = iter(_walked(followed) if followed else ())
    return [next(walked) if meaning is None else meaning for meaning in found]


def _walked(targets: list[tuple[str, object]]) -> list[bytes]:
    key = tuple([id(target) for _, target in targets])
    known = _kept.get(key)
    if known is not None and known.walked.guard.holds():
        return known.meanings
    walked, numbers = walk_values(targets)
    graph = walked.graph
    meanings: list[bytes] = []
    for number in numbers:
        node = graph.nodes[number]
        if node.kind is NodeKind.BUILTIN and not graph.edges[number]:
            meanings.append(digest_of("python", _public(node.name)))
        else:
            meanings.append(graph.digests[number])
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    _kept[key] = _Walk([target for _, target in targets], walked, meanings)
    return meanings


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
    elif type(target) is BuiltinFunctionType:
        name, path = target.__module__, target.__qualname__
    elif type(target) is FunctionType and is_library_file(target.__code__.co_filename):
        name, path = target.__module__, target.__qualname__
    else:
        return None
    module = loaded_module(name) if type(name) is str else None
    if module is None or not _is_of_python(module, name):
        return None
    return f"{name}.{path}" if member_at(module, path) is target else None


def _is_of_python(module: ModuleType, name: str) -> bool:
    return USER_CODE.pinned_by(name, module_text(module, "__file__")) == PYTHON_ITSELF


def _public(name: str) -> bytes:
    """Return a name without the private modules that some versions have it in."""
    first, *rest = name.split(".")
    kept = [first, *(part for part in rest[:-1] if not part.startswith("_")), *rest[-1:]]
    return ".".join(kept).encode()
