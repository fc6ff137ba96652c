"""State of the process that a cell may change in passing, and that is in no variable.

A change of it is said, and the cell is not kept. Generators of random numbers are put back
as the cell left them, which is the engine's work.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any, Final


def _loaded(module: str, read: Callable[[Any], object]) -> Callable[[], object]:
    """Return a reader of a module's state, which is None until it is imported."""

    def state() -> object:
        loaded = sys.modules.get(module)
        return None if loaded is None else read(loaded)

    return state


def _matplotlib_parameters(mpl: Any) -> object:
    # Its own `items` warns of what is deprecated.
    return dict[str, object](dict[str, object].items(mpl.rcParams))


def _pandas_options(config: Any) -> object:
    return repr(config._global_config)  # noqa: SLF001 - there is no public way to read them all


_WATCHED: Final[dict[str, Callable[[], object]]] = {
    "the working directory": os.getcwd,
    "`sys.path`": lambda: tuple(sys.path),
    "numpy's print options": _loaded("numpy", lambda np: repr(np.get_printoptions())),
    "numpy's error handling": _loaded("numpy", lambda np: np.geterr()),
    "`matplotlib.rcParams`": _loaded("matplotlib", _matplotlib_parameters),
    "pandas options": _loaded("pandas._config.config", _pandas_options),
}

World = dict[str, object]


def look() -> World:
    """Return the state as it is now, to be compared later."""
    found: World = {}
    for name, read in _WATCHED.items():
        try:
            found[name] = read()
        except (OSError, AttributeError, TypeError):
            continue
    return found


def changed_since(before: World) -> list[str]:
    """Name what is not as it was; a module that was imported meanwhile counts as it is."""
    now = look()
    return [
        name
        for name, state in before.items()
        if state is not None and name in now and now[name] != state
    ]
