"""State of the process that a cell may change in passing, and that is in no variable.

What the cell changed is kept with its results, and made so again on a hit:

    {"environment": {"HOME": "/root"}, "matplotlib": {"figure.dpi": 200}, …}

Generators of random numbers are put back by the engine. Of a library nothing is asked
before it is imported; what a cell changes of one that it imports is told from the state
that library begins with.
"""

from __future__ import annotations

import itertools
import logging
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

State = Mapping[str, object]
"""Name of a setting → its value, which nobody changes any more."""
World = dict[str, State]
"""Name of a part → its state; without those that are not loaded."""

GONE: Final = "<gone>"
"""Stands for a setting that there is no more."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One of the places where such state is kept."""

    module: str
    read: Callable[[Any], State]
    write: Callable[[Any, State], None]
    """Brings settings to the values that `read` has given."""
    begin: Callable[[Any], State] | None = None
    """Returns the state right after the import; where None, nobody changes it unloaded."""


def look() -> World:
    """Return the state as it is now."""
    return {
        name: part.read(module)
        for name, part in _PARTS.items()
        if (module := sys.modules.get(part.module)) is not None
    }


def changes_since(before: World) -> World:
    """Return what is not as it was, as it is now."""
    found: World = {}
    for name, now in look().items():
        was = before.get(name)
        if was is None:
            begin = _PARTS[name].begin
            was = now if begin is None else begin(sys.modules[_PARTS[name].module])
        changed = {
            key: _edit(was[key], value) if key in was and key in _ORDERED else value
            for key, value in now.items()
            if not _is_same(was, key, value)
        }
        changed |= dict.fromkeys(was.keys() - now.keys(), GONE)
        if changed:
            found[name] = changed
    return found


def apply(changes: World) -> None:
    """Make changes again that `changes_since` has given."""
    for name, changed in changes.items():
        part = _PARTS[name]
        part.write(import_module(part.module), changed)


def is_part(path: str) -> bool:
    """Tell whether what is set by a dotted path, from a module on, is told of here."""
    return any(path == known or path.startswith(f"{known}.") for known in _PATHS)


_PATHS: Final = (
    *("os.environ", "sys.path", "warnings.filters", "pandas.options"),
    *("matplotlib.rcParams", "matplotlib.pyplot.rcParams"),
)


def _is_same(was: State, key: str, value: object) -> bool:
    # What is of another type is another value: `1` is not `True`, in a style.
    return key in was and type(was[key]) is type(value) and was[key] == value


# -- lists that programs add to -------------------------------------------------------

_ORDERED: Final = frozenset({"path", "filters"})
"""Settings that are lists. Another process may have more in them, so only what was added
to them and taken from them is kept."""

Edit = tuple[int, tuple[object, ...], tuple[object, ...]]
"""Where it begins, counted from the end if negative; what is added there; what is gone."""


def _edit(was: Any, now: Any) -> Edit:
    start = _common(was, now)
    rest_was, rest_now = was[start:], now[start:]
    tail = _common(rest_was[::-1], rest_now[::-1])
    gone, added = rest_was[: len(rest_was) - tail], rest_now[: len(rest_now) - tail]
    return (-1 if start and not tail else start), added, gone


def _common(one: Any, other: Any) -> int:
    """Return how many items two lists begin with in common."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _redo(items: list[Any], edit: Any) -> None:
    at, added, gone = edit
    items[:] = [one for one in items if one not in gone and one not in added]
    at = len(items) if at < 0 else at
    items[at:at] = added


# -- the parts ------------------------------------------------------------------------


def _variables(_: Any) -> State:
    return dict(os.environ)


def _set_variables(_: Any, changed: State) -> None:
    for name, value in changed.items():
        if value == GONE:
            os.environ.pop(name, None)
        else:
            os.environ[name] = str(value)


def _folder(_: Any) -> State:
    try:
        return {"folder": os.getcwd()}
    except OSError:  # it has been removed
        return {}


def _set_folder(_: Any, changed: State) -> None:
    os.chdir(str(changed["folder"]))


def _python(module: Any) -> State:
    return {"path": tuple(module.path), "recursionlimit": module.getrecursionlimit()}


def _set_python(module: Any, changed: State) -> None:
    if "path" in changed:
        _redo(module.path, changed["path"])
    if "recursionlimit" in changed:
        module.setrecursionlimit(changed["recursionlimit"])


def _filters(_: Any) -> State:
    return {"filters": tuple(warnings.filters)}


def _set_filters(_: Any, changed: State) -> None:
    filters: Any = warnings.filters
    _redo(filters, changed["filters"])
    # As `warnings.simplefilter` does: what was decided before is decided anew.
    getattr(warnings, "_filters_mutated_lock_held", getattr(warnings, "_filters_mutated", int))()


def _levels(_: Any) -> State:
    loggers = logging.root.manager.loggerDict.items()
    levels = {name: one.level for name, one in loggers if isinstance(one, logging.Logger)}
    return {name: level for name, level in {**levels, "": logging.root.level}.items() if level}


def _set_levels(_: Any, changed: State) -> None:
    for name, level in changed.items():
        logging.getLogger(name).setLevel(0 if level == GONE else int(str(level)))


def _rc(matplotlib: Any) -> State:
    # Its own `items` warns of what is deprecated.
    return _style(dict[str, Any].items(matplotlib.rcParams))


def _rc_at_first(matplotlib: Any) -> State:
    return _style(dict[str, Any].items(matplotlib.rcParamsOrig))


def _style(items: Any) -> State:
    return {name: deepcopy(value) for name, value in items if name not in _NO_STYLE}


_NO_STYLE: Final = frozenset({"backend", "backend_fallback", "interactive", "toolbar"})
"""What the front end sets."""


def _set_rc(matplotlib: Any, changed: State) -> None:
    # Its own way to set one warns of what is deprecated, as `items` does.
    parameters: dict[str, Any] = matplotlib.rcParams
    for name, value in changed.items():
        dict[str, Any].__setitem__(parameters, name, value)


def _options(config: Any) -> State:
    found: dict[str, object] = {}
    for name in config._registered_options:  # noqa: SLF001 - asking for one by one warns of old ones
        place = config._global_config  # noqa: SLF001 - as above
        for part in name.split("."):
            place = place[part]
        found[name] = place
    return found


def _options_at_first(config: Any) -> State:
    return {name: one.defval for name, one in config._registered_options.items()}  # noqa: SLF001


def _set_options(config: Any, changed: State) -> None:
    for name, value in changed.items():
        config.set_option(name, value)


def _numpy_print(numpy: Any) -> State:
    return dict(numpy.get_printoptions())


def _set_numpy_print(numpy: Any, changed: State) -> None:
    numpy.set_printoptions(**{**numpy.get_printoptions(), **changed})


def _numpy_errors(numpy: Any) -> State:
    return dict(numpy.geterr())


def _set_numpy_errors(numpy: Any, changed: State) -> None:
    numpy.seterr(**changed)


_NUMPY_ERRORS: Final = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}
_NUMPY_PRINT: Final[State] = {
    "edgeitems": 3, "threshold": 1000, "floatmode": "maxprec", "precision": 8,
    "suppress": False, "linewidth": 75, "nanstr": "nan", "infstr": "inf", "sign": "-",
    "formatter": None, "legacy": False, "override_repr": None,
}  # fmt: skip


def _numpy_print_at_first(numpy: Any) -> State:
    return {name: _NUMPY_PRINT.get(name, value) for name, value in _numpy_print(numpy).items()}


def _decimal(decimal: Any) -> State:
    context = decimal.getcontext()
    flags = {f"traps {one.__name__}": bool(is_on) for one, is_on in context.traps.items()}
    return {name: getattr(context, name) for name in _DECIMAL} | flags


_DECIMAL: Final = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp")


def _set_decimal(decimal: Any, changed: State) -> None:
    context = decimal.getcontext()
    for name, value in changed.items():
        if name in _DECIMAL:
            setattr(context, name, value)
        else:
            context.traps[getattr(decimal, name.removeprefix("traps "))] = value


def _locale(locale: Any) -> State:
    return {name: locale.setlocale(getattr(locale, name)) for name in _CATEGORIES}


_CATEGORIES: Final = ("LC_COLLATE", "LC_CTYPE", "LC_MONETARY", "LC_NUMERIC", "LC_TIME")


def _set_locale(locale: Any, changed: State) -> None:
    for name, value in changed.items():
        locale.setlocale(getattr(locale, name), value)


def _sklearn(sklearn: Any) -> State:
    return dict(sklearn.get_config())


def _sklearn_at_first(sklearn: Any) -> State:
    return dict(sklearn._config._global_config)  # noqa: SLF001 - each thread begins with it


def _set_sklearn(sklearn: Any, changed: State) -> None:
    sklearn.set_config(**changed)


_PARTS: Final[dict[str, _Part]] = {
    "environment": _Part("os", _variables, _set_variables),
    "folder": _Part("os", _folder, _set_folder),
    "python": _Part("sys", _python, _set_python),
    "warnings": _Part("warnings", _filters, _set_filters),
    "logging": _Part("logging", _levels, _set_levels),
    "locale": _Part("locale", _locale, _set_locale),
    "decimal": _Part("decimal", _decimal, _set_decimal),
    "numpy.print": _Part("numpy", _numpy_print, _set_numpy_print, _numpy_print_at_first),
    "numpy.errors": _Part("numpy", _numpy_errors, _set_numpy_errors, lambda _: _NUMPY_ERRORS),
    "matplotlib": _Part("matplotlib", _rc, _set_rc, _rc_at_first),
    "pandas": _Part("pandas._config.config", _options, _set_options, _options_at_first),
    "sklearn": _Part("sklearn", _sklearn, _set_sklearn, _sklearn_at_first),
}

KEPT: Final = frozenset(_PARTS)
"""Names of what is told of here; those of settings are the same for the tracer."""
