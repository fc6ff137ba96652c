"""A call → its key, and all that an entry must agree with to serve it.

    key      code of the function alone, arguments, label, version, Python, formats
    closure  everything the code can reach: the digest of its dependency graph
    trace    what of that the call ran and read, where it is less
    facts    what it read outside the program: files, folders, environment variables

Entries are found by key and serve if their facts are so and either their closure is that
of the call, or their trace stands. All are of the state before the call; facts and trace
are known only after one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

import tracer

from .algorithm import mark, settle
from .call import Arguments, Call, Options

FORMAT: Final = 5
"""Number of what enters a key; another number finds none of the old entries."""

settle()  # before the first key


class Argument(NamedTuple):
    """One bound argument with its digest."""

    name: str
    value: object
    encoded: tracer.Encoded


class Key(NamedTuple):
    """What a store is asked for, with what it was made from."""

    key: str
    closure: str
    trace: tracer.Trace
    arguments: tuple[Argument, ...]
    others: tuple[bytes, ...]
    """What enters the key beside the code of the function."""
    root: tracer.Digest
    """Of the code of the function alone."""

    @property
    def entry_name(self) -> str:
        """Name in a store of the entry that needs no facts."""
        return entry_name(self.key, self.closure)

    def under(self, root: bytes, closure: str) -> str:
        """Return the name that the entry of this call had under other code.

        Args:
            root: digest of the code of the function alone.
        """
        return entry_name(_digest_of(root, self.others), closure)

    def parts(self) -> Iterator[object]:
        """Yield what can change of the arguments, and of what the code reads by name."""
        for argument in self.arguments:
            for _, part in argument.encoded.changeable:
                yield part
        yield from self.trace.guard.parts()

    def caches(self) -> Iterator[object]:
        """Yield caches in the arguments, and in what the code reads by name."""
        for argument in self.arguments:
            for one, _ in argument.encoded.cached:
                yield one
        yield from self.trace.caches


def entry_name(key: str, closure: str, facts: str = "") -> str:
    """Return the name of an entry in a store.

    Args:
        facts: what tells entries apart that were computed from other files or variables.
    """
    return f"{entries_prefix(key)}{closure}{'-' if facts else ''}{facts}.xet"


def entries_prefix(key: str) -> str:
    """Return what the names of all entries of a key begin with."""
    return f"entries/{key[:2]}/{key}-"


def variants_prefix(entry_name: str) -> str:
    """Return what the names begin with of entries that need facts, for the same call."""
    return entry_name.removesuffix(".xet") + "-"


class Question(NamedTuple):
    """A call with a key, before it is known what its code can reach."""

    key: str
    arguments: tuple[Argument, ...]
    others: tuple[bytes, ...]
    root: tracer.Digest
    walk: dict[str, Any]
    """How its function is traced: arguments of `tracer.trace`."""

    def is_traced(self) -> bool:
        """Tell whether it was asked before what its function can reach."""
        return tracer.is_traced(**self.walk)

    def traced(self, *, partly: bool = False) -> Key:
        """Return the key with all that the code can reach.

        Args:
            partly: also where some of that has no digest or cannot be traced, see
                `tracer.Trace.refused`. Such a key is good for calls that did not get there.

        Raises:
            tracer.NotDigestibleError: a value that the code reads has no digest; the path
                leads there from the function.
            tracer.UntraceableError, tracer.UnknownPythonError: the code cannot be traced.
        """
        trace = tracer.trace(**self.walk, partly=partly)
        return self.under(closure_of(trace.graph), trace)

    def as_recorded(
        self, of_call: tracer.OfCall, closure: str, drafted: tracer.Digest | None = None
    ) -> Key | None:
        """Return the key with what one call ran, or None if that is not as it was.

        Args:
            closure: that of the entry which the call left.
            drafted: the digest of drafts that are known to be those of the call.
        """
        try:
            trace = tracer.trace(**self.walk, counted=of_call.functions, beside=of_call.beside)
        except tracer.TracerError:
            return None
        return self.under(closure, trace) if of_call.is_as_recorded(trace, drafted) else None

    def under(self, closure: str, trace: tracer.Trace) -> Key:
        """Return the key with a closure and a trace."""
        return Key(self.key, closure, trace, self.arguments, self.others, self.root)


def question_of(call: Call) -> Question:
    """Return what the store is asked for a call, as far as it is known without a walk.

    Raises:
        tracer.NotDigestibleError: an argument has no digest; the path leads there from
            the parameter.
    """
    arguments = tuple(_digested(call.function, call.arguments))
    options = call.options
    root = tracer.own_digest(call.function)
    others = _others(arguments, options)
    walk: dict[str, Any] = {
        "function": call.function,
        "also": (*code_in(arguments), *options.depends_on.objects),
        "policy": policy_of(options),
        "ignored": options.ignore_globals,
    }
    return Question(_digest_of(root, others), arguments, others, root, walk)


def key_of(call: Call, *, partly: bool = False) -> Key:
    """Return the key of a call as the program stands now.

    Arguments are those of `Question.traced`; raises what that and `question_of` raise.
    """
    return question_of(call).traced(partly=partly)


def make_key(trace: tracer.Trace, arguments: tuple[Argument, ...], options: Options) -> Key:
    """Return the key of code that was traced, with arguments that were digested."""
    root, others = tracer.own_digest(trace.graph.nodes[0].origin), _others(arguments, options)
    key = _digest_of(root, others)
    return Key(key, closure_of(trace.graph), trace, arguments, others, root)


def _others(arguments: tuple[Argument, ...], options: Options) -> tuple[bytes, ...]:
    parts: list[bytes] = []
    for argument in arguments:
        parts += (argument.name.encode("utf-8", "surrogatepass"), argument.encoded.digest)
    for option in (options.key, options.version):
        parts.append(b"" if option is None else b"=" + option.encode("utf-8", "surrogatepass"))
    # A thing that is newly named is asked of no entry that was made before.
    parts += (f"{thing.kind} {thing.name}".encode() for thing in options.depends_on.outside)
    return tuple(parts)


def closure_of(graph: tracer.DependencyGraph) -> str:
    """Return what stands in names of entries for all that a call can reach."""
    return str(tracer.digest_of("closure", graph.digest))


def _digest_of(root: bytes, others: Sequence[bytes]) -> str:
    made_by = f"{FORMAT} {tracer.PYTHON}{mark()}".encode()
    return str(tracer.digest_of("key", made_by, root, *others))


def policy_of(options: Options) -> tracer.Policy:
    """Return what says which code is followed."""
    return _policy(options.follow, options.pin)


@cache
def _policy(follow: frozenset[str], pin: frozenset[str]) -> tracer.Policy:
    return tracer.Policy(follow, pin | tracer.USER_CODE.pin)


def code_in(arguments: tuple[Argument, ...]) -> tuple[tuple[str, object], ...]:
    """Return classes and functions that come with arguments, each with its path."""
    return tuple(
        (argument.name + reference.path, reference.target)
        for argument in arguments
        for reference in argument.encoded.references
    )


def digest_argument(name: str, value: object, *, sentinels: bool = False) -> Argument:
    """Digest one argument.

    Raises:
        tracer.NotDigestibleError: it, or a part of it, has no digest.
    """
    try:
        return Argument(name, value, tracer.encode(value, sentinels=sentinels))
    except tracer.NotDigestibleError as error:
        raise error.under(name) from None


def _digested(function: Callable[..., Any], arguments: Arguments) -> Iterator[Argument]:
    positional: tuple[object, ...] = getattr(function, "__defaults__", None) or ()
    by_name: dict[str, object] = getattr(function, "__kwdefaults__", None) or {}
    defaults = [*positional, *by_name.values()]
    for name, value in arguments:
        # A default such as `MISSING = object()` is known by the parameter it belongs to.
        is_default = any(value is default for default in defaults)
        yield digest_argument(name, value, sentinels=is_default)
