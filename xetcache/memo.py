"""`xetmemo`, `xeteval`, `xeteval_always`: the way in for functions.

Binds arguments and options and hands the call to the engine. A memoized function
looks like the original to editors, `help` and `inspect`, and has verbs of its own:

    f(x)               the value, kept or computed
    f.explain(x)       why the call would miss, or where its value comes from
    f.would_hit(x)     whether it would be served; nothing is computed
    f.peek(x)          the kept value, or `MISSING`; nothing is computed
    f.refresh(x)       compute it anew and replace what is kept
    f.forget(x)        remove what is kept for this call
    f.stats()          how its calls were answered in this process

Of a coroutine function, `f(x)` and `f.refresh(x)` are awaited.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import WRAPPER_ASSIGNMENTS, partial
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any, Final, Generic, ParamSpec, TypeVar, cast, overload

from . import events, tally
from .call import VAR_KEYWORD, VAR_POSITIONAL, Arguments, Call, Options, bind
from .config import PYTHONS, folder_of, nearest, settings
from .declared import declared
from .errors import NotSupportedError, OptionError

if TYPE_CHECKING:
    from .explanation import Explanation
    from .verdict import Hit, Verdict

P = ParamSpec("P")
R = TypeVar("R")


class _Missing:
    """There is no value; told apart from every value, None included."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = _Missing()


# Since 3.14 what evaluates annotations: they may name what is defined later.
_ANNOTATIONS: Final = {"__annotations__", "__annotate__"}.intersection(WRAPPER_ASSIGNMENTS)
_COPIED: Final = (
    *("__module__", "__name__", "__qualname__", "__doc__", *_ANNOTATIONS, "__type_params__"),
    "__isabstractmethod__",
)


_OWN: Final = frozenset(
    [
        *_COPIED,
        *("__wrapped__", "_function", "_options", "full_name", "_counts", "_fast"),
        *("_is_coroutine", "_is_coroutine_mark", "__orig_class__"),
    ]
)
"""Attributes of a memoized function that are not those of the original."""


class Memo(Generic[P, R]):
    """A function whose results are kept; made by `xetmemo`."""

    # What it works with is in no dictionary: `functools.wraps` copies that of one function
    # into that of another, and says of `__wrapped__` what it likes.
    __slots__ = (
        "__dict__",
        "__weakref__",
        "_counts",
        "_fast",
        "_function",
        "_options",
        "full_name",
    )

    __wrapped__: Callable[P, R]
    __name__: str
    __qualname__: str

    def __init__(self, function: Callable[P, R], options: Options) -> None:
        self._function = self.__wrapped__ = function
        for name in _COPIED:
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))
        self._options = options
        self.full_name = name_of(function)
        self._counts = tally.no_counts()
        self._fast: Any = None
        """Answers that are given by a method made for them; None before the first hit,
        False where there can be none."""

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._answer(self._call(args, kwargs))

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else BoundMemo(self, instance)

    if not TYPE_CHECKING:  # which would take every typing mistake for an attribute
        # What the program sets on it is an attribute of the function: code that reads it
        # depends on it like on that of any other function.

        def __getattr__(self, name: str) -> Any:
            if name in _OWN:
                raise AttributeError(name)  # not made yet: it is being copied or unpickled
            return getattr(self._function, name)

        def __setattr__(self, name: str, value: object) -> None:
            is_own = name in _OWN or hasattr(Memo, name)
            if is_own or type(self._function) is not FunctionType:
                object.__setattr__(self, name, value)
            else:
                setattr(self._function, name, value)

        def __delattr__(self, name: str) -> None:
            if name in vars(self):
                object.__delattr__(self, name)
            else:
                delattr(self._function, name)

    @property
    def version(self) -> str | None:
        """What `version=` was given."""
        return self._options.version

    def __repr__(self) -> str:
        return f"<memoized {self.full_name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        # By name, as functions are; `__main__` is found again by those who share it.
        return self.__qualname__

    def explain(self, /, *args: P.args, **kwargs: P.kwargs) -> Explanation:
        """Say whether this call would be served and, if not, what changed.

        Computes nothing and writes nothing.
        """
        from .comparison import explain_call  # noqa: PLC0415 - not on the way of a call

        return explain_call(self._call(args, kwargs))

    def accept(self, /, *args: P.args, **kwargs: P.kwargs) -> Explanation | None:
        """Declare the edit harmless because of which this call would miss.

        What was kept for the code before it serves the code after it, for this call and
        for every other that reaches the same code. `xetcache accept --undo` takes it
        back. Computes nothing.

        Returns:
            The miss that will be none, with the edit as its causes; None where there is
            no edit to accept.

        Raises:
            tracer.TracerError: the call has no key.
            StoreError: the store cannot be written.
        """
        from .edits import accept_before  # noqa: PLC0415 - not on the way of a call

        return accept_before(self._call(args, kwargs))

    def would_hit(self, /, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Tell whether this call would be served. Computes nothing."""
        return _engine().peek(self._call(args, kwargs)) is not None

    def peek(self, /, *args: P.args, **kwargs: P.kwargs) -> R | _Missing:
        """Return the kept value, or `MISSING`. Computes nothing."""
        hit = _engine().peek(self._call(args, kwargs))
        return MISSING if hit is None else hit.value  # type: ignore[return-value]

    def refresh(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Compute the value anew, and replace what is kept."""
        return self._answer(self._call(args, kwargs), refresh=True)

    def forget(self, /, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Remove what is kept for this call; tell whether there was anything."""
        return _engine().forget(self._call(args, kwargs))

    def stats(self) -> dict[str, float]:
        """Return how calls were answered in this process.

        `hits`, `misses` and `bypassed` count calls; `seconds_saved` adds up what the
        hits took when they were computed.
        """
        counts = dict(self._counts)
        if self._fast:
            tally.add(counts, self._fast.counts())
        return counts

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        return make_call(self._function, args, kwargs, self._options, self.full_name)

    def _answer(self, call: Call, *, refresh: bool = False) -> R:
        engine = _engine_if_any()
        if engine is None:
            return call.run()
        verdict = engine.run(call, refresh=refresh)
        if verdict.outcome == "hit" and self._fast is not False:
            try:
                self._note(call, verdict)
            except Exception:  # the call has its answer, whatever we failed at
                self._fast = False
                if settings().strict:
                    raise
        return self._counted(verdict)

    def _note(self, call: Call, hit: Hit) -> None:
        """Have the next call like this one answered faster, if its kind allows that."""
        if self._fast is None:
            from . import fast  # noqa: PLC0415 - for who calls often

            parameters = fast.parameters_of(self._function, self._options.ignore)
            self._fast = parameters is not None and fast.Answers(parameters, self.full_name)
        if self._fast is False:
            return
        function: Any = self._function
        names = function.__code__.co_varnames
        given = {**dict(zip(names, call.positional, strict=False)), **call.keyword}
        if self._fast.note(given, hit) and type(self) is Memo:
            method = self._fast.method(function, cast(Any, Memo).__call__)
            # A class of its own: Python looks for `__call__` there and nowhere else.
            faster: Any = type(Memo.__name__, (Memo,), {"__call__": method})
            self.__class__ = faster

    def _counted(self, verdict: Verdict) -> Any:
        tally.add(self._counts, verdict.counts)
        return verdict.value


if "__annotations__" not in _COPIED:
    # They would be found instead of those of the function.
    del Memo.__annotations__


class AsyncMemo(Memo[P, R]):
    """A coroutine function whose results are kept, once they were awaited.

    What it is called for is a coroutine, as from the original: nothing is looked up
    before it is awaited. Equal calls that are awaited at once are computed once.
    """

    def __init__(self, function: Callable[P, R], options: Options) -> None:
        super().__init__(function, options)
        _mark_as_coroutine_function(self)

    async def _answer(self, call: Call, *, refresh: bool = False) -> Any:  # type: ignore[override]
        if _engine_if_any() is None:
            return await call.run()
        from . import engine_async  # noqa: PLC0415 - for those who have an event loop

        return self._counted(await engine_async.run(call, refresh=refresh))

    def __repr__(self) -> str:
        return f"<memoized async {self.full_name}>"


def _mark_as_coroutine_function(memo: Any) -> None:
    """Have frameworks that ask `inspect` or `asyncio` await what a call returns."""
    import asyncio.coroutines  # noqa: PLC0415 - programs that define one have both
    import inspect  # noqa: PLC0415

    mark: Any = getattr(inspect, "markcoroutinefunction", None)  # since 3.12
    if mark is not None:  # before, `inspect` believes nothing but functions
        mark(memo)
    memo._is_coroutine = getattr(asyncio.coroutines, "_is_coroutine", None)  # noqa: SLF001


class BoundMemo:
    """A memoized method of one object, with the same verbs as `Memo`."""

    def __init__(self, memo: Memo[Any, Any], instance: object) -> None:
        self.__self__ = instance
        self.__func__ = memo
        self._function = self.__wrapped__ = MethodType(_called_by(memo), instance)
        self.__doc__ = memo.__doc__
        self.__name__ = memo.__name__

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        return self.__func__(self.__self__, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in {"__func__", "__self__"}:
            raise AttributeError(name)  # not made yet: it is being copied or unpickled
        verb = getattr(self.__func__, name)
        if name not in _VERBS:
            return verb
        return partial(verb, self.__self__)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BoundMemo):
            return NotImplemented
        return self.__self__ is other.__self__ and self.__func__ is other.__func__

    def __hash__(self) -> int:
        return hash((id(self.__self__), self.__func__))

    def __reduce__(self) -> tuple[Any, ...]:
        # As methods are: by the object and the name.
        return getattr, (self.__self__, self.__name__)

    def __repr__(self) -> str:
        return f"<memoized method {self.__func__.full_name} of {type(self.__self__).__qualname__}>"


_VERBS: Final = frozenset({"accept", "explain", "would_hit", "peek", "refresh", "forget"})


# Not subscriptable at run time before 3.13 or so, and there is nothing to say.
class _ClassMemo(classmethod):  # pyright: ignore[reportMissingTypeArgument]
    """A memoized class method that keeps its verbs.

    `classmethod` stopped asking what it wraps for a binding of its own in 3.13
    (python/cpython#63272), so a `Memo` in it would be bound without its verbs.
    """

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return BoundMemo(cast(Any, self).__func__, type(instance) if owner is None else owner)


@overload
def xetmemo(function: Callable[P, R], /) -> Memo[P, R]: ...
@overload
def xetmemo(
    *,
    key: str | None = None,
    always: bool = False,
    ignore: str | list[str] | tuple[str, ...] = (),
    store: Any = None,
    threshold: float | None = None,
    version: str | int | None = None,
    depends_on: Any = None,
    follow: str | Iterable[str] = (),
    pin: str | Iterable[str] = (),
    mutates: str | Iterable[str] = (),
    python: str | None = None,
) -> Callable[[Callable[P, R]], Memo[P, R]]: ...
def xetmemo(function: Any = None, /, **given: Any) -> Any:
    """Keep the results of a function, as long as nothing they depend on changes.

    Use it bare or with options, on functions, methods, class and static methods.

    Args:
        key: a label; results under one label are not served under another.
        always: keep results however quick the call was.
        ignore: names of parameters, or of global variables of its module, that do not
            decide which result is served.
        store: folder to keep results in, instead of `get_memo_path()`.
        threshold: seconds a call must take to be kept, instead of
            `get_runtime_threshold()`.
        version: change it to have everything computed anew.
        depends_on: what it depends on that cannot be seen, one thing or a list: paths of
            files or folders, `xetcache.env("NAME")`, `xetcache.package("name")`, and
            functions, classes or values, as if it named them.
        follow: installed top-level modules whose code counts like your own.
        pin: top-level modules of your own whose code does not count.
        mutates: names of parameters, or of global variables of its module, that the
            function changes on purpose. The change is kept and made again on a hit.
        python: `"ignore"` to be served what another minor version of Python computed from
            the same source, instead of the setting of this name.

    Raises:
        NotSupportedError: it is no function, or a generator function, which returns
            before it has computed anything.
        OptionError: there is no such option or parameter.
    """
    options = make_options(given)
    if function is None:
        return partial(_memoize, options=options)
    if isinstance(function, str):
        raise OptionError(f"xetmemo: write `@xetmemo(key={function!r})`")
    return _memoize(function, options)


def xetmemo_always(function: Callable[P, R], /) -> Memo[P, R]:
    """Do as `xetmemo(always=True)`: keep results however quick the call was."""
    return _memoize(function, Options(always=True))


def xeteval(*args: Any, **kwargs: Any) -> Any:
    """Call `function(*args, **kwargs)` and keep the result: `xeteval(function, 1, 2)`.

    A label may come first: `xeteval("experiment", function, 1, 2)`. The promise is
    that of `xetmemo`, for a function that is not decorated.
    """
    return _evaluate("xeteval", args, kwargs, Options())


def xeteval_always(*args: Any, **kwargs: Any) -> Any:
    """Do as `xeteval`, and keep the result however quick the call was."""
    return _evaluate("xeteval_always", args, kwargs, Options(always=True))


def _evaluate(name: str, args: tuple[Any, ...], kwargs: dict[str, Any], options: Options) -> Any:
    if args and isinstance(args[0], str):
        options = options._replace(key=args[0])
        args = args[1:]
    if not args or not callable(args[0]):
        raise NotSupportedError(f"{name} takes a function and its arguments: `{name}(f, x)`")
    function, *rest = args
    if isinstance(function, Memo | BoundMemo):
        function = _called_by(function)
    _refuse_unfinished(function)
    call = make_call(function, tuple(rest), kwargs, options, name_of(function))
    engine = _engine_if_any()
    if engine is None:
        return call.run()
    return _awaited(call) if _is_coroutine_function(function) else engine.run(call).value


async def _awaited(call: Call) -> Any:
    from . import engine_async  # noqa: PLC0415

    return (await engine_async.run(call)).value


def explain() -> Explanation | None:
    """Explain the newest miss of the newest run, as `xetcache explain` does.

    Returns:
        None where no call was recorded. Printing the explanation shows it as text.
    """
    from .comparison import explain_last  # noqa: PLC0415 - not on the way of a call

    return explain_last(_engine().store_of(Options()))


def stats() -> dict[str, Any]:
    """Return how calls were answered in this process, all functions taken together.

    `hits`, `misses` and `bypassed` count calls; `seconds_saved` adds up what the hits
    took when they were computed; `last` says how the last call was answered. `cells`
    lists the memoized cells of a notebook in the order in which they were run, each with

        cell       SHA-256 of its text without the line of the magic, in hex
        status     `hit`; `miss` where it was run and kept; `skip` where it was not kept
        why        what its line says of that
        seconds    that it took to run; 0 for a hit
    """
    import sys  # noqa: PLC0415

    counts = dict(tally.total)
    if fast := sys.modules.get(f"{__package__}.fast"):
        tally.add(counts, fast.counts())
    last = tally.last[0]
    cells = [dict(one) for one in tally.cells]
    return {**counts, "last": None if last is None else dict(last), "cells": cells}


_loaded: Any = None


def _engine_if_any() -> Any:
    """Return the engine, or None where it cannot be loaded now: calls are just run then.

    As where no file can be opened any more, or at the end of the stack.
    """
    try:
        return _engine()
    except (ImportError, OSError, RecursionError) as error:
        events.notice("internal-error", "engine", f"nothing is kept: {error!r}")
        return None


def _engine() -> Any:
    """Return the engine, loaded with the first call.

    It brings the tracer, and together they take 30 ms: too much for a program that
    decorates functions and calls none of them.
    """
    global _loaded  # noqa: PLW0603 - set once
    if _loaded is None:
        import tracer  # noqa: PLC0415

        from . import engine  # noqa: PLC0415

        # To a trace, a memoized function is the function: it depends on the same.
        tracer.see_through(Memo, _function_of)
        tracer.see_through(BoundMemo, _method_of)
        _loaded = engine
    return _loaded


# -- what a decorator is given --------------------------------------------------------

_OPTIONS: Final = (
    *("key", "always", "ignore", "store", "threshold", "version"),
    *("depends_on", "follow", "pin", "mutates", "python"),
)


def make_options(given: dict[str, Any]) -> Options:
    """Return checked options.

    Raises:
        OptionError: there is no such option, or it cannot have this value.
    """
    for name in given:
        if name not in _OPTIONS:
            raise OptionError(f"xetmemo has no option `{name}`{nearest(name, _OPTIONS)}")
    key, version, store = given.get("key"), given.get("version"), given.get("store")
    threshold = given.get("threshold")
    if threshold is not None and not (isinstance(threshold, int | float) and threshold >= 0):
        raise OptionError(f"xetmemo: threshold= takes seconds, not {threshold!r}")
    python = given.get("python")
    if python is not None and python not in PYTHONS:
        raise OptionError(f"xetmemo: python= is one of {', '.join(PYTHONS)}, not {python!r}")
    return Options(
        key=None if key is None else str(key),
        always=bool(given.get("always", False)),
        ignore=_texts("ignore", given.get("ignore")),
        store=None if store is None else folder_of(store),
        threshold=threshold,
        version=None if version is None else str(version),
        depends_on=declared(given.get("depends_on")),
        follow=frozenset(_texts("follow", given.get("follow"))),
        pin=frozenset(_texts("pin", given.get("pin"))),
        mutates=_texts("mutates", given.get("mutates")),
        python=python,
    )


def _texts(option: str, given: Any) -> tuple[str, ...]:
    """Return one name, or several, as a tuple."""
    texts: tuple[Any, ...] = (given,) if isinstance(given, str) else tuple(given or ())
    for text in texts:
        if not isinstance(text, str):
            raise OptionError(f"xetmemo: {option}= takes names, not {text!r}")
    return texts


def _memoize(function: Any, options: Options) -> Any:
    if isinstance(function, staticmethod):
        return staticmethod(_memoize(cast(Any, function).__func__, options))
    if isinstance(function, classmethod):
        inner: Any = cast(Any, function).__func__
        return _ClassMemo(_memoize(inner, options))
    if isinstance(function, Memo):
        function = _called_by(function)
    if not callable(function):
        hint = ": put `@property` above `@xetmemo`" if isinstance(function, property) else ""
        raise NotSupportedError(f"xetmemo takes a function, not a {type(function).__name__}{hint}")
    _refuse_unfinished(function)
    options = _with_names(function, options)
    return (AsyncMemo if _is_coroutine_function(function) else Memo)(function, options)


def _flags_of(function: Any) -> int:
    """Return the flags of the code that a call of `function` starts, as far as is seen."""
    while isinstance(function, partial | MethodType):
        inner: Any = function  # pyright: ignore[reportUnknownVariableType]
        function = inner.func if isinstance(function, partial) else inner.__func__
    if not hasattr(function, "__code__") and not isinstance(function, type):
        kind: Any = type(function)  # pyright: ignore[reportUnknownVariableType]
        function = kind.__call__
    return getattr(getattr(function, "__code__", None), "co_flags", 0)


def _is_coroutine_function(function: Any) -> bool:
    return bool(_flags_of(function) & 0x80)  # CO_COROUTINE


def _refuse_unfinished(function: Any) -> None:
    flags = _flags_of(function)
    for flag, kind in _UNFINISHED.items():
        if flags & flag:
            raise NotSupportedError(
                f"{name_of(function)} is {kind}, which returns before it has computed anything; "
                f"memoize a function that returns the finished value"
            )


_UNFINISHED: Final = {
    0x20: "a generator function",  # CO_GENERATOR
    0x200: "an async generator function",  # CO_ASYNC_GENERATOR
}


def _with_names(function: Any, options: Options) -> Options:
    """Return the options, with the names in them told apart: parameters, and globals.

    Raises:
        OptionError: there is nothing of a name.
    """
    if not isinstance(function, FunctionType):
        if options.mutates:
            raise OptionError("xetmemo: mutates= takes a plain function")
        return options
    code = function.__code__
    for name in options.mutates:
        # A global variable may be defined later, but the code must have its name.
        if name not in code.co_varnames and name not in code.co_names:
            known = (*code.co_varnames, *code.co_names)
            raise OptionError(
                f"mutates={name!r}: {function.__qualname__} knows no such name"
                f"{nearest(name, known)}"
            )
    stars = bool(code.co_flags & VAR_POSITIONAL) + bool(code.co_flags & VAR_KEYWORD)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]
    variables = {name for name in options.ignore if name not in names}
    for name in sorted(variables):
        is_global = name in function.__globals__ or name in code.co_names
        if not is_global and not code.co_flags & VAR_KEYWORD:
            raise OptionError(
                f"ignore={name!r}: {function.__qualname__} has no such parameter, and its module "
                f"no such variable{nearest(name, names)}"
            )
    return options._replace(ignore_globals=frozenset(variables))


def make_call(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    options: Options,
    name: str,
) -> Call:
    """Return the bound call; one that Python refuses raises Python's own error."""
    if isinstance(function, MethodType):
        args = (function.__self__, *args)
        function = function.__func__
    arguments = bind(function, args, kwargs)
    if arguments is None:
        function(*args, **kwargs)  # raises TypeError and names the parameter
        raise NotSupportedError(f"the arguments of {name} cannot be told")
    if options.ignore:
        arguments = tuple(_without(arguments, options.ignore))
    return Call(function, name, args, kwargs, arguments, options)


def _without(arguments: Arguments, ignored: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    for name, value in arguments:
        if name.startswith("**"):
            rest: Any = value
            yield name, {key: item for key, item in rest.items() if key not in ignored}
        elif name.lstrip("*") not in ignored:
            yield name, value


def name_of(function: Any) -> str:
    """Return how explanations call a function: `module.qualified_name`.

    A script is called by its file, not `__main__`; a cell of a notebook by nothing.
    """
    target = getattr(function, "__func__", function)
    target = getattr(target, "func", target) if not hasattr(target, "__qualname__") else target
    qualified = getattr(target, "__qualname__", type(target).__qualname__)
    module = getattr(target, "__module__", None) or ""
    if module == "__main__":
        module = _script()
    return f"{module}.{qualified}" if module else qualified


def _script() -> str:
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415

    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.splitext(os.path.basename(file))[0] if file else ""


def _function_of(memo: Memo[Any, Any]) -> object:
    version = memo.version
    function = _called_by(memo)
    # Who calls it is computed anew, too, where the user asked for that.
    return function if version is None else (function, "version", version)


def _method_of(memo: BoundMemo) -> object:
    return _called_by(memo)


def _called_by(memo: Any) -> Any:
    """Return the function of a memoized one, whatever its `__wrapped__` says by now."""
    return memo._function  # noqa: SLF001
