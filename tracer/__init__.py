"""What does this code depend on?

`walk(f)` reads the code of `f` and returns its dependency graph: every user-defined
function, class and module-level value that it can reach, with a digest of each. It
runs none of that code. `diff` tells two graphs apart.

    >>> import tracer
    >>> RATE = 2
    >>> def price(x):
    ...     return x * RATE
    >>> [node.name for node in tracer.walk(price).nodes]
    ['price', 'int']
"""

from typing import TYPE_CHECKING, Any

from .module_code import watch as _watch_module_code
from .untouched import watch as _watch_untouched

if TYPE_CHECKING:
    from .front import *

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll] - see `__getattr__`
    "ALGORITHMS",
    "DEFAULT",
    "PYTHON",
    "TELLS_WHAT_RUNS",
    "USER_CODE",
    "Additions",
    "AlgorithmError",
    "Answered",
    "Before",
    "Body",
    "Change",
    "DependencyGraph",
    "Digest",
    "Edge",
    "Encoded",
    "Fact",
    "Guard",
    "Node",
    "NodeKind",
    "NotDigestibleError",
    "Observation",
    "OfCall",
    "Policy",
    "Read",
    "Role",
    "ToldCode",
    "Trace",
    "TracerError",
    "UnknownPythonError",
    "UntraceableError",
    "WorldKind",
    "algorithm",
    "anybody_observes",
    "attributes_of",
    "checksum",
    "checksummer",
    "choose_algorithm",
    "codes_behind",
    "declare",
    "diff",
    "digest",
    "digest_of",
    "encode",
    "has_only_attributes",
    "held_by",
    "is_alone",
    "is_frozen",
    "is_library",
    "is_traced",
    "note_additions",
    "observe",
    "own_digest",
    "parts_of",
    "preview",
    "preview_of",
    "put_generators",
    "register",
    "see_through",
    "settings_in_reach",
    "settings_that_differ",
    "settings_untouched",
    "state_of",
    "take_code",
    "tell",
    "trace",
    "trace_code",
    "unseen_readers",
    "untouched_code",
    "walk",
    "walk_code",
    "watch_code",
    "written_code",
]


def watch_code() -> None:
    """Note from here on what modules run, and which code has run; once is enough."""
    _watch_untouched()
    _watch_module_code()


def __getattr__(name: str) -> Any:
    # All of it takes 30 ms, and a program that only decorates functions need not wait for it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .front import __dict__ as offered  # noqa: PLC0415

    globals().update({one: offered[one] for one in __all__ if one in offered})
    return offered[name]
