"""The algorithm of digests: handed from the settings to the tracer, before the first digest.

Entries say by which they were made. One of another is never served: to build two inputs of
one digest by hand, it would be enough that one program on earth writes by the weaker one.
"""

from __future__ import annotations

import tracer

from .config import ALGORITHMS, settings, switch_off

_DEFAULT = ALGORITHMS[0]


def settle() -> None:
    """Have digests made as the settings say; where that cannot be, keep nothing."""
    try:
        tracer.choose_algorithm(settings().algorithm)
    except tracer.AlgorithmError as error:
        # The program has made digests itself, before it made its first memoized call.
        switch_off(str(error))


def mark() -> str:
    """Return what entries of this process say of their digests: nothing for the default."""
    now = tracer.algorithm()
    return "" if now == _DEFAULT else now
