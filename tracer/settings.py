"""Settings of libraries: what changes values and is named by no code of the user.

    decimal.prec   pandas.mode.string_storage   numpy.print.precision   locale.numeric

A setting counts for a call where the code reaches a library that reads it, or is given
a value of such a library, and only while it differs from the library's own default. So
a program that touches no setting has none that counts, and nothing is read of libraries
that are not loaded: there nobody can have set anything.

`register` adds settings of other libraries. Imports none of them.
"""

from __future__ import annotations

import _locale
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from operator import attrgetter
from types import FunctionType, ModuleType
from typing import Any, Final, NamedTuple, cast

from .bytecode import facts_of
from .digests import digest_of
from .errors import NotDigestibleError
from .graph import DependencyGraph
from .kinds import identity, is_module
from .reached import (
    ANYTHING,
    DISTRIBUTION,
    LOCAL_NUMBERS,
    LOCAL_TIME,
    PLOTS,
    TEXT,
    Reached,
    is_plain,
    libraries_of,
    reached_by,
)
from .values import encode, preview
from .world import ABSENT

Differing = Mapping[str, object]
"""Name of a setting, after that of its group → its value, where it is not the default."""


class Group(NamedTuple):
    """Settings of one library."""

    name: str
    """What their names begin with."""
    module: str
    """What has to be loaded for anybody to have changed them."""
    differing: Callable[[Any], Differing]
    """Is given that module; called often, so it has to be quick."""
    readers: frozenset[str]
    """Libraries, and full names of members, that read them; see `reached`."""
    is_default: Callable[[], bool] | None = None
    """Tells the same, only whether none differs, where that is quicker."""
    only_in: str | None = None
    """What code has to do for them to change a value, such as `TEXT`."""
    may_be_left: bool = False
    """A call may leave them changed: many do, and only who asks for them minds."""

    def counts_for(self, reached: Reached, libraries: frozenset[str]) -> bool:
        """Tell whether they may change a value of code that reaches these libraries."""
        does = self.only_in is None or self.only_in in reached.libraries
        return does and self.is_read_by(libraries)

    def is_read_by(self, libraries: frozenset[str]) -> bool:
        """Tell whether any of these libraries reads them, as far as is known."""
        return ANYTHING in libraries or not self.readers.isdisjoint(libraries)


class Setting(NamedTuple):
    """One setting that is not as its library has it."""

    name: str
    state: str
    preview: str | None


def register(group: Group) -> None:
    """Let settings of a library count, beside those that are known here."""
    _groups.append(group)
    if not group.may_be_left:
        _to_leave.append(group)
    _in_reach.clear()


def in_reach(graph: DependencyGraph, values: Iterable[object] = ()) -> tuple[Setting, ...]:
    """Return the settings that differ from their default and count for a call.

    Args:
        graph: of its code.
        values: what it is given.

    Cost: none for code that reaches no reader and is given plain values; else some
    microseconds, and, where a setting differs, linear in the values.
    """
    reached = reached_by(graph)
    groups, others = _groups_for(reached)
    given = (*reached.values, *(value for value in values if not is_plain(value)))
    # Looking into values takes time, and hardly ever is there anything to look for.
    if given and others and _read(others):
        groups += _among(others, given)
    return tuple(sorted(_read(groups)))


def groups_in_reach(graph: DependencyGraph) -> frozenset[str]:
    """Return the names of groups that may change a value of code that is given plain values."""
    return frozenset(group.name for group in _groups_for(reached_by(graph))[0])


def _among(groups: tuple[Group, ...], values: tuple[object, ...]) -> tuple[Group, ...]:
    libraries = libraries_of(values)
    return tuple(one for one in groups if one.is_read_by(libraries))


def untouched(graph: DependencyGraph) -> Callable[[], bool] | None:
    """Return what tells, quickly, that no setting counts for code that is given plain values.

    None where there is none to ask about.
    """
    reached = reached_by(graph)
    groups, others = _groups_for(reached)
    if reached.values:
        groups += _among(others, reached.values)
    asked = tuple(one.is_default or partial(_is_default, one) for one in groups)
    if len(asked) <= 1:
        return asked[0] if asked else None
    return partial(_all_hold, asked)


def all_now() -> dict[str, str]:
    """Return the state of every setting that differs from its default, reached or not."""
    return {one.name: one.state for one in _read(_groups)}


def left_behind() -> dict[str, str]:
    """Return that of those settings which a call must leave as they were."""
    return {one.name: one.state for one in _read(_to_leave)}


def state_of(name: str) -> str:
    """Return the state of a setting as it is now; `ABSENT` where it is the default."""
    found = next((one for one in _read(_groups_of(name)) if one.name == name), None)
    return ABSENT if found is None else found.state


def preview_of(name: str) -> str | None:
    """Return what a person is shown of a setting as it is now."""
    found = next((one for one in _read(_groups_of(name)) if one.name == name), None)
    return DEFAULT if found is None else found.preview


DEFAULT: Final = "default"
"""What a person is shown of a setting that nobody changed."""


def _groups_of(name: str) -> list[Group]:
    return [group for group in _groups if name.startswith(f"{group.name}.")]


_in_reach: dict[int, tuple[Reached, tuple[Group, ...], tuple[Group, ...]]] = {}
_MAX_KNOWN: Final = 2_000


def _groups_for(reached: Reached) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
    """Return the groups in reach of code, and those that values it is given may bring.

    Values of most libraries bring their class into the graph, and are in reach by that.
    """
    known = _in_reach.get(id(reached))
    if known is None or known[0] is not reached:
        found = tuple(one for one in _groups if one.counts_for(reached, reached.libraries))
        others = tuple(
            one for one in _groups if one not in found and one.counts_for(reached, _WITHOUT_CLASS)
        )
        if len(_in_reach) >= _MAX_KNOWN:
            _in_reach.clear()
        known = _in_reach[id(reached)] = (reached, found, others)
    return known[1:]


_WITHOUT_CLASS: Final = frozenset({"numpy", "pandas", "polars"})
"""Libraries of whose values the digest says all, so that no class is in the graph."""


def _is_default(group: Group) -> bool:
    return not _read((group,))


def _all_hold(conditions: tuple[Callable[[], bool], ...]) -> bool:
    return all(holds() for holds in conditions)


def _read(groups: Iterable[Group]) -> list[Setting]:
    found: list[Setting] = []
    modules = sys.modules
    for group in groups:
        module = modules.get(group.module)
        if module is None or not (type(module) is ModuleType or is_module(module)):
            continue
        try:
            differing = group.differing(module)
        except (AttributeError, ImportError, TypeError):
            continue  # a stub, or a file of the program with the name of the library
        if differing:
            found += (
                Setting(f"{group.name}.{name}", _state(value), preview(value))
                for name, value in differing.items()
            )
    return found


def _state(value: object) -> str:
    try:
        encoded = encode(value)
    except NotDigestibleError:
        return f"{type(value).__qualname__} at {id(value):x}"  # found again here only
    codes = (_digest_of_code(reference.target) for reference in encoded.references)
    return str(digest_of("setting", encoded.digest, *codes))


def _digest_of_code(target: object) -> bytes:
    if type(target) is FunctionType:
        return facts_of(target.__code__).canonical
    names = (getattr(target, name, "") for name in ("__module__", "__qualname__"))
    return ".".join(map(str, names)).encode()


# -- the table ------------------------------------------------------------------------


def _unlike(now: Mapping[str, object], default: Mapping[str, object]) -> Differing:
    """Return what of the settings known by name is not as by default."""
    return {name: now[name] for name, value in default.items() if now.get(name, value) != value}


_NOTHING: Final[Differing] = {}


def _decimal(decimal: Any) -> Differing:
    # Spelled out, since it is asked at each hit of code that computes with decimals.
    known = _contexts.get(identity(decimal)) or _with_default_traps(decimal)
    context, traps = decimal.getcontext(), known[1].traps
    if (
        context.prec == 28  # noqa: PLR2004 - see `_DECIMAL_DEFAULTS`
        and context.traps == traps
        and context.rounding == "ROUND_HALF_EVEN"
        and context.Emax == 999999  # noqa: PLR2004
        and context.Emin == -999999  # noqa: PLR2004
        and context.capitals == 1
        and context.clamp == 0
    ):
        return _NOTHING
    now = {name: getattr(context, name) for name in _DECIMAL_DEFAULTS}
    found = {**_unlike(now, _DECIMAL_DEFAULTS)}
    for signal, raises in traps.items():
        if context.traps[signal] != raises:
            found[f"traps.{signal.__name__}"] = bool(context.traps[signal])
    return found


_DECIMAL_DEFAULTS: Final[dict[str, object]] = {
    "prec": 28,
    "rounding": "ROUND_HALF_EVEN",
    "Emax": 999999,
    "Emin": -999999,
    "capitals": 1,
    "clamp": 0,
}
_contexts: dict[int, tuple[Any, Any]] = {}
"""By identity of the module, with a context that has its traps; may be emptied at any time."""


def _with_default_traps(decimal: Any) -> Any:
    # Not `DefaultContext`, which a program may change.
    raised = [decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow]
    _contexts[identity(decimal)] = found = decimal, decimal.Context(traps=raised)
    return found


_CATEGORIES: Final = {
    "collate": _locale.LC_COLLATE,
    "monetary": _locale.LC_MONETARY,
    "time": _locale.LC_TIME,
}
_PLAIN_LOCALES: Final = frozenset({"C", "POSIX", "C.UTF-8", "C.utf8"})


def _locale_of(categories: Mapping[str, int]) -> Callable[[Any], Differing]:
    numbers = tuple(categories.values())

    def differing(_: object) -> Differing:
        if _PLAIN_LOCALES.issuperset(map(_locale.setlocale, numbers)):
            return _NOTHING
        found = {name: _locale.setlocale(number) for name, number in categories.items()}
        return {name: now for name, now in found.items() if now not in _PLAIN_LOCALES}

    return differing


def _encoding(_: object) -> Differing:
    if sys.flags.utf8_mode:
        return _NOTHING
    now = _locale.getencoding()
    return _NOTHING if now.upper() in {"UTF-8", "UTF8"} else {"default": now}


def _zone(_: object) -> Differing:
    names, offset = time.tzname, time.timezone
    if names == ("UTC", "UTC") and offset == 0:
        return _NOTHING
    # Zones of one name and offset differ in what they had before, and in summer.
    offsets = tuple(time.localtime(moment).tm_gmtoff for moment in _MOMENTS)
    return {"local": (*names, offset, *offsets)}


_MOMENTS: Final = tuple(
    year * 31_556_952 + half for year in range(5, 60, 6) for half in (0, 15_778_476)
)
"""Seconds since 1970: a winter and a summer of every sixth year."""


def _digits(_: object) -> Differing:
    now = _max_digits()
    return _NOTHING if now == _DEFAULT_DIGITS else {"int_max_str_digits": now}


def _has_default_digits() -> bool:
    return _max_digits() == _DEFAULT_DIGITS


_max_digits: Final = sys.get_int_max_str_digits


_DEFAULT_DIGITS: Final = sys.int_info.default_max_str_digits


def _recursion(_: object) -> Differing:
    limit = sys.getrecursionlimit()
    return _NOTHING if limit == _DEFAULT_RECURSION else {"recursionlimit": limit}


_DEFAULT_RECURSION: Final = 1_000


def _first_weekday(calendar: Any) -> Differing:
    day = calendar.firstweekday()
    return {"firstweekday": int(day)} if day else _NOTHING


def _numpy_warnings(numpy: Any) -> Differing:
    """Return how it treats errors: whether it warns matters to who makes errors of warnings."""
    return _unlike(numpy.geterr(), _NUMPY_ERRORS)


_NUMPY_ERRORS: Final = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def _numpy_errors(numpy: Any) -> Differing:
    now = _held_by_numpy("numpy._core.umath", "_extobj_contextvar")
    if now is not None and now is _seen_in_numpy.get("errors"):
        return _NOTHING
    # Whether it warns, prints or is silent, the value is the same.
    found = {
        name: how for name, how in numpy.geterr().items() if how not in {"ignore", "warn", "print"}
    }
    if not found and now is not None:
        _seen_in_numpy["errors"] = now
    return found


def _held_by_numpy(module: str, name: str) -> object:
    """Return what numpy 2 has in a context variable, and replaces when a setting changes."""
    variable: Any = getattr(sys.modules.get(module), name, None)
    try:
        return None if variable is None else variable.get()
    except LookupError:
        return None


_seen_in_numpy: dict[str, object] = {}
"""What was there when all was the default; may be emptied at any time."""


_NUMPY_PRINT_DEFAULTS: Final[dict[str, object]] = {
    "precision": 8,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 75,
    "suppress": False,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "floatmode": "maxprec",
    "legacy": False,
    "override_repr": None,
}


def _numpy_print(numpy: Any) -> Differing:
    now = _held_by_numpy("numpy._core.printoptions", "format_options")
    if now is not None and now is _seen_in_numpy.get("print"):
        return _NOTHING
    found = _unlike(numpy.get_printoptions(), _NUMPY_PRINT_DEFAULTS)
    if not found and now is not None:
        _seen_in_numpy["print"] = now
    return found


def _pandas(config: Any) -> Mapping[str, object]:
    """Return the options that are not as they were registered, by `pandas._config.config`."""
    now = config._global_config  # noqa: SLF001 - asking for one by one warns of old ones
    seen = _pandas_seen.get("options")
    if seen is not None and seen[0] == now and seen[1] == len(config._registered_options):  # noqa: SLF001
        return seen[2]
    found: dict[str, object] = {}
    for name, option in config._registered_options.items():  # noqa: SLF001
        place = now
        for part in name.split("."):
            place = place[part]
        if place is not option.defval and place != option.defval:
            found[name] = place
    _pandas_seen["options"] = (_copied(now), len(config._registered_options), found)  # noqa: SLF001
    return found


_pandas_seen: dict[str, tuple[Any, int, Mapping[str, object]]] = {}
"""What the options were when somebody looked last; may be emptied at any time."""


def _copied(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    return {name: _copied(part) for name, part in cast("dict[str, Any]", tree).items()}


def _is_for_text(name: str) -> bool:
    return name.startswith(("display.", "styler.")) and name not in _PARSES


_PARSES: Final = frozenset({"display.date_dayfirst", "display.date_yearfirst"})
"""They also say how text is read."""
_NO_VALUES: Final = ("plotting.", "mode.sim_interactive", "mode.max_", "mode.performance_warnings")


def _pandas_values(config: Any) -> Differing:
    found = _pandas(config)
    return {
        name: value
        for name, value in found.items()
        if not _is_for_text(name) and not name.startswith(_NO_VALUES)
    }


def _pandas_text(config: Any) -> Differing:
    return {name: value for name, value in _pandas(config).items() if _is_for_text(name)}


def _matplotlib(matplotlib: Any) -> Differing:
    # Its own `items` warns of what is deprecated; most front ends set those left out.
    now, default = map(dict[str, object].items, (matplotlib.rcParams, matplotlib.rcParamsDefault))
    known = dict(default)
    return {
        name: value
        for name, value in now
        if name not in _NO_STYLE and (name not in known or known[name] != value)
    }


_NO_STYLE: Final = frozenset({"backend", "backend_fallback", "interactive", "toolbar"})


def _inline(config: Any) -> Differing:
    backend = getattr(config.InlineBackend, "_instance", None)
    if backend is None:
        return _NOTHING
    now: dict[str, object] = {
        "figure_formats": sorted(backend.figure_formats),
        "print_figure_kwargs": dict(backend.print_figure_kwargs),
        "rc": dict(backend.rc),
        "close_figures": backend.close_figures,
    }
    return _unlike(now, _INLINE_DEFAULTS)


_INLINE_DEFAULTS: Final[dict[str, object]] = {
    "figure_formats": ["png"],
    "print_figure_kwargs": {"bbox_inches": "tight"},
    "rc": {},
    "close_figures": True,
}


def _polars(config: Any) -> Differing:
    """Return what decides how frames are shown, from variables that only compiled code reads."""
    variables: Iterable[str] = getattr(config, "_POLARS_CFG_ENV_VARS", ())
    names = [name for name in variables if name.startswith(_POLARS_SHOWS)]
    # None of them has a value until somebody gives it one.
    found: dict[str, object] = {
        name: value for name in names if (value := os.environ.get(name)) is not None
    }
    ways: Mapping[str, Any] = getattr(config, "_POLARS_CFG_DIRECT_VARS", {})
    return {**found, **_unlike({name: get() for name, get in ways.items()}, _POLARS_DEFAULTS)}


_POLARS_SHOWS: Final = ("POLARS_FMT_", "POLARS_TABLE_WIDTH")
_POLARS_DEFAULTS: Final[dict[str, object]] = {
    "set_fmt_float": "mixed",
    "set_float_precision": None,
    "set_thousands_separator": "",
    "set_decimal_separator": ".",
    "set_trim_decimal_zeros": False,
}


def _mpmath(mpmath: Any) -> Differing:
    found = {name: getattr(getattr(mpmath, name), "prec", 53) for name in ("mp", "iv")}
    return {f"{name}.prec": prec for name, prec in found.items() if prec != 53}  # noqa: PLR2004


def _sklearn(sklearn: Any) -> Differing:
    defaults = {
        "assume_finite": False,
        "working_memory": 1024,
        "print_changed_only": True,
        "pairwise_dist_chunk_size": 256,
        "enable_cython_pairwise_dist": True,
        "skip_parameter_validation": False,
        "sparse_interface": "spmatrix",
        "transform_output": "default",
        "enable_metadata_routing": False,
        "array_api_dispatch": False,
    }
    return _unlike(sklearn.get_config(), defaults)


def _torch(torch: Any) -> Differing:
    now: dict[str, object] = {
        "default_dtype": str(torch.get_default_dtype()),
        "default_device": str(getattr(torch, "get_default_device", lambda: "cpu")()),
        "grad_enabled": torch.is_grad_enabled(),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }
    return _unlike(now, _TORCH_DEFAULTS)


_TORCH_DEFAULTS: Final[dict[str, object]] = {
    "default_dtype": "torch.float32",
    "default_device": "cpu",
    "grad_enabled": True,
    "deterministic_algorithms": False,
    "float32_matmul_precision": "highest",
}


def _jax(jax: Any) -> Differing:
    defaults: dict[str, object] = {
        "jax_enable_x64": False,
        "jax_default_matmul_precision": None,
        "jax_default_device": None,
        "jax_debug_nans": False,
        "jax_numpy_rank_promotion": "allow",
        "jax_default_prng_impl": "threefry2x32",
    }
    now = {name: getattr(jax.config, name, value) for name, value in defaults.items()}
    found = _unlike(now, defaults)
    return {name: value if is_plain(value) else str(value) for name, value in found.items()}


def _csv(csv: Any) -> Differing:
    found: dict[str, object] = {}
    for name in csv.list_dialects():
        now = _of_dialect(csv.get_dialect(name))
        if now != _DIALECTS.get(name):
            found[f"dialect.{name}"] = now
    limit = csv.field_size_limit()
    if limit != 131_072:  # noqa: PLR2004 - see `Modules/_csv.c`
        found["field_size_limit"] = limit
    return found


_of_dialect: Final = attrgetter(
    *("delimiter", "quotechar", "escapechar", "doublequote", "skipinitialspace"),
    *("lineterminator", "quoting", "strict"),
)
_DIALECTS: Final = {
    "excel": (",", '"', None, True, False, "\r\n", 0, False),
    "excel-tab": ("\t", '"', None, True, False, "\r\n", 0, False),
    "unix": (",", '"', None, True, False, "\n", 1, False),
}


def _xml_prefixes(etree: Any) -> Differing:
    prefixes: Mapping[str, object] = getattr(etree, "_namespace_map", {})
    return {
        f"prefix.{uri}": prefix for uri, prefix in prefixes.items() if _PREFIXES.get(uri) != prefix
    }


_PREFIXES: Final = {
    "http://www.w3.org/XML/1998/namespace": "xml",
    "http://www.w3.org/1999/xhtml": "html",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
    "http://schemas.xmlsoap.org/wsdl/": "wsdl",
    "http://www.w3.org/2001/XMLSchema": "xs",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://purl.org/dc/elements/1.1/": "dc",
}


_groups: list[Group] = [
    Group(
        "decimal", "decimal", _decimal,
        frozenset(
            [
                *("decimal", "pydecimal", "fractions", "statistics", "polars", "pyarrow"),
                DISTRIBUTION,
            ]
        ),
    ),
    Group(
        "locale", "_locale", _locale_of(_CATEGORIES),
        frozenset({"locale", "strptime", "time", "datetime", "calendar"}),
    ),
    Group(
        "locale", "_locale", _locale_of({"numeric": _locale.LC_NUMERIC}),
        frozenset({"locale", LOCAL_NUMBERS}),
    ),
    Group(
        "encoding", "_locale", _encoding,
        frozenset(
            [
                *("builtins.open", "os.fdopen", "os.popen", "io", "pathlib", "subprocess", "gzip"),
                *("fileinput", "tempfile", "bz2", "lzma", "codecs", "configparser", "zipfile"),
                *("locale.getpreferredencoding", "locale.getencoding"),
            ]
        ),
    ),
    Group(
        "timezone", "time", _zone,
        frozenset({LOCAL_TIME}),
    ),
    Group(
        "sys", "sys", _digits,
        frozenset({"builtins.int", TEXT, "json", "ast", "csv", "fractions", "tomllib", "string"}),
        _has_default_digits,
    ),
    Group("sys", "sys", _recursion, frozenset({"sys.getrecursionlimit"}), may_be_left=True),
    Group("csv", "_csv", _csv, frozenset({"csv", "pandas"})),
    Group("xml", "xml.etree.ElementTree", _xml_prefixes, frozenset({"xml"})),
    Group("calendar", "calendar", _first_weekday, frozenset({"calendar"})),
    Group("numpy.errors", "numpy", _numpy_errors, frozenset({"numpy"})),
    Group(
        "numpy.warnings", "numpy", _numpy_warnings, frozenset({"warnings"}), may_be_left=True
    ),
    Group("numpy.print", "numpy", _numpy_print, frozenset({"numpy"}), only_in=TEXT),
    Group("pandas", "pandas._config.config", _pandas_values, frozenset({"pandas"})),
    Group("pandas", "pandas._config.config", _pandas_text, frozenset({"pandas"}), only_in=TEXT),
    Group(
        "matplotlib", "matplotlib", _matplotlib,
        frozenset({"matplotlib", "mpl_toolkits", "seaborn", PLOTS}),
    ),
    Group(
        "inline", "matplotlib_inline.config", _inline,
        frozenset({"matplotlib", "mpl_toolkits", "seaborn", PLOTS}),
    ),
    Group("polars", "polars.config", _polars, frozenset({"polars"}), only_in=TEXT),
    Group("mpmath", "mpmath", _mpmath, frozenset({"mpmath"})),
    Group("sklearn", "sklearn", _sklearn, frozenset({"sklearn", "scikit_learn"})),
    Group("torch", "torch", _torch, frozenset({"torch"})),
    Group("jax", "jax", _jax, frozenset({"jax", "jaxlib"})),
]  # fmt: skip

_to_leave: list[Group] = [one for one in _groups if not one.may_be_left]
"""Those that a call must leave as they were: asked for before and after each."""
