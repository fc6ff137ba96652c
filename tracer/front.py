"""All that the tracer offers, loaded when it is first asked for."""

# pyright: reportUnusedImport=false

from collections.abc import Callable as _Callable
from types import CodeType as _CodeType

from .additions import Additions, is_alone, note_additions
from .bytecode import Body
from .changes import Change, diff
from .contents import digest
from .digests import Digest, digest_of
from .errors import (
    AlgorithmError,
    NotDigestibleError,
    TracerError,
    UnknownPythonError,
    UntraceableError,
)
from .generators import is_frozen
from .graph import DependencyGraph, Edge, Node, NodeKind, Role
from .guard import Guard
from .hashing import ALGORITHMS, algorithm, checksum, checksummer
from .hashing import choose as choose_algorithm
from .kept import preview_of, state_of
from .kinds import held_by
from .observation import Observation, observe, put_generators, tell
from .policy import USER_CODE, Policy
from .pyversion import PYTHON
from .readers import unseen_readers
from .settings import DEFAULT
from .settings import all_now as settings_that_differ
from .settings import in_reach as settings_in_reach
from .settings import untouched as settings_untouched
from .started import Answered
from .told import Told as ToldCode
from .told import take as take_code
from .told import written as written_code
from .traces import Before, OfCall, Read, Trace, is_traced, own_digest, trace, trace_code
from .untouched import MONITORING as _MONITORING
from .untouched import known as untouched_code
from .values import (
    Encoded,
    attributes_of,
    encode,
    has_only_attributes,
    is_library,
    parts_of,
    preview,
    register,
    see_through,
)
from .walker import codes_behind
from .walker import walk as _walk
from .walker import walk_code as _walk_code
from .watching import anybody_observes, declare
from .world import Fact, WorldKind

TELLS_WHAT_RUNS = _MONITORING is not None
"""Whether this Python tells which functions a call runs, so that those alone may count."""


def walk(function: _Callable[..., object], *, policy: Policy = USER_CODE) -> DependencyGraph:
    """Return the dependency graph of `function`.

    Raises:
        UntraceableError: code was reached whose meaning cannot be proved.
        NotDigestibleError: a value was reached that has no digest.
    """
    return _walk(function, policy=policy).graph


def walk_code(
    code: _CodeType,
    namespace: dict[str, object],
    *,
    name: str = "code",
    written: frozenset[str] = frozenset(),
    policy: Policy = USER_CODE,
) -> DependencyGraph:
    """Return the dependency graph of code that is run in `namespace`, such as a cell.

    Args:
        name: what explanations call the code.
        written: names that the code surely binds before it reads them.
    """
    return _walk_code(code, namespace, name=name, written=written, policy=policy).graph
