"""One call, bound: a function, its arguments by parameter name, its options.

Positional, keyword and defaulted arguments that mean the same are one call. Binding
reads the code object and not `inspect.signature`, which would follow `__wrapped__`
past a decorator that changes the parameters, and costs thirty times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import CodeType, FunctionType, MethodType
from typing import Any, Final, NamedTuple

from .declared import NOTHING, Declared

Arguments = tuple[tuple[str, object], ...]
"""Parameter name → value, in the order of the parameters."""

VAR_POSITIONAL: Final = 0x04  # CO_VARARGS
VAR_KEYWORD: Final = 0x08  # CO_VARKEYWORDS


class Options(NamedTuple):
    """What a decorator or a caller asked for."""

    key: str | None = None
    """Label that keeps results apart from those under another label."""
    always: bool = False
    """Keep results however quick the call was."""
    ignore: tuple[str, ...] = ()
    """Parameters that do not decide which result is served."""
    ignore_globals: frozenset[str] = frozenset()
    """Global names of the function's module that do not, either."""
    store: str | None = None
    """Folder of the store; None for that of the settings."""
    threshold: float | None = None
    """Seconds a call must take to be kept; None for that of the settings."""
    version: str | None = None
    """Part of the key that the user changes to ask for new results."""
    depends_on: Declared = NOTHING
    """What the function depends on that cannot be seen."""
    follow: frozenset[str] = frozenset()
    """Installed top-level modules whose code is followed."""
    mutates: tuple[str, ...] = ()
    """Parameters and global variables that the function changes on purpose."""
    pin: frozenset[str] = frozenset()
    """Top-level modules of the user whose code is not followed."""
    python: str | None = None
    """Whose results are served, see `config.PYTHONS`; None for that of the settings."""


class Call(NamedTuple):
    """A function with its arguments bound, ready to be run."""

    function: Callable[..., Any]
    name: str
    """How explanations call it: module and qualified name."""
    positional: tuple[Any, ...]
    keyword: Mapping[str, Any]
    arguments: Arguments
    """What decides the result: bound arguments, without the ignored ones."""
    options: Options

    def run(self) -> Any:
        """Compute the value."""
        return self.function(*self.positional, **self.keyword)

    def changed_on_purpose(self) -> tuple[dict[str, object], tuple[str, ...]]:
        """Return the arguments that `mutates=` names, and the global variables."""
        arguments = dict(self.arguments)
        given = {name: arguments[name] for name in self.options.mutates if name in arguments}
        return given, tuple(name for name in self.options.mutates if name not in arguments)


def bind(
    function: Callable[..., Any], positional: tuple[Any, ...], keyword: Mapping[str, Any]
) -> Arguments | None:
    """Return the arguments by parameter name, or None where they do not fit.

    A call that does not fit is left to Python, whose error names the parameter.
    """
    if isinstance(function, MethodType):
        return bind(function.__func__, (function.__self__, *positional), keyword)
    if not isinstance(function, FunctionType):
        return _bind_by_signature(function, positional, keyword)
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames
    bound: dict[str, object] = dict(zip(names[:count], positional, strict=False))
    extra = positional[count:]
    if extra and not code.co_flags & VAR_POSITIONAL:
        return None
    rest: dict[str, object] = {}
    for name, value in keyword.items():
        if (
            name in bound
            or name not in names[code.co_posonlyargcount : count + code.co_kwonlyargcount]
        ):
            if not code.co_flags & VAR_KEYWORD or (
                name in bound and name not in names[: code.co_posonlyargcount]
            ):
                return None
            rest[name] = value
        else:
            bound[name] = value
    return _in_order(function, code, bound, extra, rest)


def _in_order(
    function: FunctionType,
    code: CodeType,
    bound: dict[str, object],
    extra: tuple[object, ...],
    rest: dict[str, object],
) -> Arguments | None:
    """Fill in defaults and return all arguments in the order of the parameters."""
    count = code.co_argcount
    names = code.co_varnames
    defaults = function.__defaults__ or ()
    first_default = count - len(defaults)
    keyword_defaults = function.__kwdefaults__ or {}
    found: list[tuple[str, object]] = []
    for index, name in enumerate(names[: count + code.co_kwonlyargcount]):
        if name in bound:
            found.append((name, bound[name]))
        elif first_default <= index < count:
            found.append((name, defaults[index - first_default]))
        elif index >= count and name in keyword_defaults:
            found.append((name, keyword_defaults[name]))
        else:
            return None
    at = count + code.co_kwonlyargcount
    if code.co_flags & VAR_POSITIONAL:
        found.append((f"*{names[at]}", extra))
        at += 1
    if code.co_flags & VAR_KEYWORD:
        found.append((f"**{names[at]}", rest))
    return tuple(found)


def _bind_by_signature(
    function: Callable[..., Any], positional: tuple[Any, ...], keyword: Mapping[str, Any]
) -> Arguments | None:
    """Bind a call of something that is no plain function: a class, a partial, a builtin."""
    import inspect  # noqa: PLC0415 - 18 ms, for callables of these kinds only

    try:
        bound = inspect.signature(function, follow_wrapped=False).bind(*positional, **keyword)
    except TypeError:
        return None
    except ValueError:  # a builtin that does not tell its signature
        return (("*args", positional), ("**kwargs", dict(keyword)))
    bound.apply_defaults()
    return tuple(bound.arguments.items())
