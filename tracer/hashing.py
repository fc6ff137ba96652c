"""The hash function under all digests: one for a process, chosen before the first of them.

    xxh3-128   the default: as fast as memory is read; stands against accident alone
    blake3     for data of people who are not trusted; from the package of that name

Both give 16 bytes. Two inputs of one digest are built by hand for xxh3; for BLAKE3 at this
length, nothing is known that takes fewer than 2**64 tries.

`digest` and `hasher` are to be called by the name of this module, `hashing.digest(…)`: what
they are is settled by the first call, and costs nothing from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from pickle import PickleBuffer
from threading import Lock
from typing import Any, Final, Protocol, cast

from xxhash import xxh3_128, xxh3_128_digest

from .errors import AlgorithmError

DEFAULT: Final = "xxh3-128"
ALGORITHMS: Final = (DEFAULT, "blake3")

_SIZE: Final = 16  # bytes


class Hasher(Protocol):
    """A digest on its way."""

    def update(self, content: Any, /) -> object:
        """Add a contiguous buffer."""
        ...

    def digest(self) -> bytes:
        """Return the digest of all that was added."""
        ...


def choose(algorithm: str) -> None:
    """Make all digests of this process by an algorithm, one of `ALGORITHMS`.

    Raises:
        AlgorithmError: there is no such algorithm, its package is missing, or digests were
            made by another one already.
    """
    global _functions, _chosen  # noqa: PLW0603 - the one place where it is chosen
    with _lock:
        if algorithm == _chosen:
            return
        if _is_settled:
            raise AlgorithmError(algorithm, f"digests were made by {_chosen} already")
        _functions = _functions_of(algorithm)
        _chosen = algorithm


def algorithm() -> str:
    """Return by which algorithm digests are made in this process."""
    return _chosen


def _functions_of(algorithm: str) -> _Functions:
    if algorithm == DEFAULT:
        return xxh3_128_digest, xxh3_128
    if algorithm not in ALGORITHMS:
        raise AlgorithmError(algorithm, f"there are: {', '.join(ALGORITHMS)}")
    try:
        from blake3 import blake3  # noqa: PLC0415 - an extra
    except ImportError:
        raise AlgorithmError(algorithm, "the package `blake3` is not installed") from None
    new: Callable[..., Any] = blake3

    def digest_by_blake3(content: Any) -> bytes:
        return new(_flat(content)).digest(length=_SIZE)

    return digest_by_blake3, lambda: _Blake3(new())


class _Blake3:
    """Its hasher, with digests as long as all are here."""

    __slots__ = ("_state",)

    def __init__(self, state: Any) -> None:
        self._state = state

    def update(self, content: Any) -> None:
        self._state.update(_flat(content))

    def digest(self) -> bytes:
        return self._state.digest(length=_SIZE)


def _flat(content: Any) -> Any:
    # It takes nothing but bytes, where xxhash takes whatever lies in one run.
    return content if type(content) is bytes else PickleBuffer(content).raw()


def _settle() -> _Functions:
    global digest, hasher, _is_settled  # noqa: PLW0603 - from here on they are what was chosen
    with _lock:
        _is_settled = True
        digest, hasher = _functions
    return _functions


def _first_digest(content: Any) -> bytes:
    return _settle()[0](content)


def _first_hasher() -> Hasher:
    return _settle()[1]()


_Functions = tuple[Callable[[Any], bytes], Callable[[], Hasher]]

_lock: Final = Lock()
_chosen = DEFAULT
_is_settled = False
_functions: _Functions = _functions_of(DEFAULT)

digest: Callable[[Any], bytes] = _first_digest
"""Return the digest of a contiguous buffer, read in place."""
hasher: Callable[[], Hasher] = _first_hasher
"""Return a digest on its way."""

checksum: Final = cast("Callable[[Any], bytes]", xxh3_128_digest)
"""Return 16 bytes that tell whether a buffer was damaged by accident; always by xxh3-128."""
checksummer: Final = cast("Callable[[], Hasher]", xxh3_128)
