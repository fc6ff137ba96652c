"""Settings: what holds for every call, each value with where it came from.

Highest first: `with xetcache.options(…)`, `set_memo_path` and its kin, `XETCACHE_*`
in the environment, `[tool.xetcache]` in the nearest `pyproject.toml` upwards from
where the program was started, the defaults. Options of a decorator come before all of
these and are no matter of this file.

The environment, the folder and the file are read once, when xetcache is imported: a
later `chdir` moves nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from . import epoch
from .errors import ConfigError, OptionError
from .events import notice

PYTHONS: Final = ("minor", "ignore")
"""Serve what the same minor version of Python computed; or any, where the source agrees."""

MODES: Final = ("on", "off", "readonly", "refresh", "offline")
"""Use the store; do not; read only; compute anew and replace; never compute."""

ALGORITHMS: Final = ("xxh3-128", "blake3")
"""By which digests are made: fast; or, where data of others is not trusted, by this package."""

PRECISIONS: Final = ("trace", "static")
"""What the call ran, where that was seen; all that it could reach."""


class Settings(NamedTuple):
    """One consistent set of settings."""

    memo_path: str
    """Folder of the store, absolute."""
    runtime_threshold: float = 3.0
    """Seconds a call must take for its result to be kept."""
    mode: str = "on"
    strict: bool = False
    """Raise xetcache's own failures instead of computing without it."""
    precision: str = "trace"
    """What of the code must be as it was for a result to serve."""
    python: str = "minor"
    """Whose results are served: of the same minor version of Python, or of any."""
    algorithm: str = "xxh3-128"
    """Of all digests; one for the process."""
    problem: str = ""
    """Why xetcache is switched off although nobody asked for it."""
    origins: tuple[tuple[str, str], ...] = ()
    """Setting → where its value came from, for those that are not defaults."""


def settings() -> Settings:
    """Return the settings that hold now, for this thread or task."""
    return _overlay.get() or _process


def get_memo_path() -> str:
    """Return the folder in which results are kept."""
    return settings().memo_path


def set_memo_path(memo_path: str | os.PathLike[str]) -> None:
    """Keep results in this folder; a relative path counts from the start folder."""
    _set("set_memo_path", memo_path=folder_of(memo_path))


def get_runtime_threshold() -> float:
    """Return how many seconds a call must take for its result to be kept."""
    return settings().runtime_threshold


def set_runtime_threshold(runtime_threshold_sec: float) -> None:
    """Keep only results of calls that take longer than so many seconds."""
    _set("set_runtime_threshold", runtime_threshold=_seconds(runtime_threshold_sec))


def set_xet_project(project: str, private: bool | None = None) -> None:  # noqa: FBT001, ARG001
    """Keep results in a folder of this user, named after a project.

    The original kept them with XetHub, a service that is gone. Programs that ask for it
    run, and their results stay on this machine, apart from the folder of the program.

    Args:
        project: name of the project; results of different projects are kept apart.
        private: without meaning here; nothing leaves this machine.
    """
    if not project or os.sep in project or project in {os.curdir, os.pardir}:
        raise ConfigError(f"a project cannot be called {project!r}")
    data = os.environ.get("XDG_DATA_HOME") or os.path.join("~", ".local", "share")
    _set("set_xet_project", memo_path=folder_of(os.path.join(data, "xetcache", f"{project}_cache")))
    notice(
        "xethub-is-gone",
        project,
        f"results of the project {project} are kept on this machine, in {get_memo_path()}",
        "commit a folder of results, `set_memo_path(...)`, to share them",
    )


def login(user: str, token: str, email: str | None = None, host: str | None = None) -> None:  # noqa: ARG001
    """Accept what the original's `login` took; there is nothing to log in to.

    The arguments are neither kept nor sent anywhere.
    """
    notice("xethub-is-gone", "login", "XetHub is gone: there is nothing to log in to")


@contextmanager
def options(**values: Any) -> Generator[Settings, None, None]:
    """Change settings inside a `with` block, for this thread or task only.

    Args:
        values: `memo_path`, `runtime_threshold`, `mode`, `strict`, `python`.

    Raises:
        OptionError: there is no such setting.
        ConfigError: a setting cannot have this value.
    """
    if "algorithm" in values:
        raise OptionError("`algorithm` is one for the whole process: `XETCACHE_ALGORITHM`")
    checked = {name: _check(name, value, _START, "options()") for name, value in values.items()}
    if not any_overlay[0]:
        any_overlay[0] = True
        epoch.begin()
    token = _overlay.set(settings()._replace(**checked))
    try:
        yield settings()
    finally:
        _overlay.reset(token)


def switch_off(problem: str) -> None:
    """Keep nothing in this process from here on, and say why at the next memoized call."""
    _set("switch_off", mode="off", problem=problem)


def _set(origin: str, **values: Any) -> None:
    global _process  # noqa: PLW0603 - the one place where settings of the process change
    epoch.begin()
    origins = {**dict(_process.origins), **dict.fromkeys(values, origin)}
    _process = _process._replace(**values, origins=tuple(origins.items()))


# -- reading --------------------------------------------------------------------------


def load(start: str, environment: dict[str, str]) -> Settings:
    """Return the settings of a process that starts in `start`.

    Raises:
        ConfigError: a setting has a value that it cannot have.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    folder, table = _project_table(start)
    for name, value in table.items():
        where = f"[tool.xetcache] in {os.path.join(folder, 'pyproject.toml')}"
        if name not in _CHECKS:
            raise ConfigError(f"{where}: {_unknown(name)}")
        values[name] = _check(name, value, folder, where)
        origins[name] = where
    for name in _CHECKS:
        variable = f"XETCACHE_{name.upper()}"
        if variable in environment:
            values[name] = _check(name, environment[variable], start, variable)
            origins[name] = variable
    values.setdefault("memo_path", os.path.join(start, "xmemo"))
    return Settings(**values, origins=tuple(origins.items()))


def _project_table(start: str) -> tuple[str, dict[str, Any]]:
    """Return `[tool.xetcache]` of the nearest project file, and its folder."""
    folder = start
    while True:
        try:
            with open(os.path.join(folder, "pyproject.toml"), "rb") as file:
                text = file.read()
        except OSError:
            text = b""
        if b"tool.xetcache" in text:
            import tomllib  # noqa: PLC0415 - 15 ms, for projects that have the table

            try:
                table = tomllib.loads(text.decode()).get("tool", {}).get("xetcache", {})
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise ConfigError(f"{os.path.join(folder, 'pyproject.toml')}: {error}") from error
            return folder, table
        parent = os.path.dirname(folder)
        if parent == folder:
            return start, {}
        folder = parent


def folder_of(value: str | os.PathLike[str]) -> str:
    """Return a folder that the user named, absolute from the folder of the start."""
    return _folder(value, _START)


def _folder(value: str | os.PathLike[str], base: str) -> str:
    return os.path.join(base, os.path.expanduser(os.fspath(value)))


def _seconds(value: Any) -> float:
    seconds = float(value)
    if not seconds >= 0:
        raise ValueError("seconds, 0 or more")
    return seconds


def _one_of(known: tuple[str, ...], value: Any) -> str:
    if value not in known:
        raise ValueError(f"one of {', '.join(known)}")
    return value


def _algorithm(value: Any) -> str:
    algorithm = _one_of(ALGORITHMS, value)
    if algorithm == "blake3":
        from importlib.util import find_spec  # noqa: PLC0415 - for those who ask for it

        if find_spec("blake3") is None:
            raise ValueError("its package is not installed; `pip install 'xetcache[blake3]'`")
    return algorithm


def _flag(value: Any) -> bool:
    if isinstance(value, str):
        if value.lower() not in {"0", "1", "true", "false", "yes", "no", ""}:
            raise ValueError("true or false")
        return value.lower() in {"1", "true", "yes"}
    return bool(value)


_CHECKS: Final[dict[str, Callable[[Any, str], Any]]] = {
    "memo_path": _folder,
    "runtime_threshold": lambda value, _: _seconds(value),
    "mode": lambda value, _: _one_of(MODES, value),
    "strict": lambda value, _: _flag(value),
    "precision": lambda value, _: _one_of(PRECISIONS, value),
    "python": lambda value, _: _one_of(PYTHONS, value),
    "algorithm": lambda value, _: _algorithm(value),
}


def _check(name: str, value: Any, base: str, where: str) -> Any:
    if name not in _CHECKS:
        raise OptionError(_unknown(name))
    try:
        return _CHECKS[name](value, base)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{where}: {name} cannot be {value!r}: {error}") from error


def _unknown(name: str) -> str:
    return f"there is no setting `{name}`{nearest(name, _CHECKS)}"


def nearest(name: str, known: Any) -> str:
    """Return `; did you mean …?` for the known name that looks most like `name`."""
    import difflib  # noqa: PLC0415 - for error messages only

    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return f"; did you mean `{close[0]}`?" if close else f" (there are: {', '.join(known)})"


def _working_directory() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed; a program may run there all the same
        return os.sep


_START: Final = _working_directory()
_overlay: ContextVar[Settings | None] = ContextVar("xetcache options", default=None)
overlay: Final = _overlay.get
"""Return the settings of this thread or task alone, or None where it has none."""
any_overlay: Final = [False]
"""Whether there may be threads or tasks with settings of their own."""


def _load_or_default() -> Settings:
    # A typing mistake in a settings file must not keep a program from starting: it
    # runs without a cache, and is told so at its first memoized call.
    try:
        return load(_START, dict(os.environ))
    except ConfigError as error:
        return Settings(os.path.join(_START, "xmemo"), mode="off", problem=str(error))


_process = _load_or_default()
