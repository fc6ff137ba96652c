"""Which things of libraries have nothing left in them that a later call would find."""

from __future__ import annotations

import pytest

from tracer.meanings import Effect
from tracer.stateless import keeps_nothing

KEEP_NOTHING = (
    *("json", "json.dumps", "builtins.print", "builtins.set", "_io.open", "posixpath.join"),
    *("os.path.join", "os.environ", "collections._tuplegetter", "time.sleep", "numpy.add"),
    *("numpy.random._generator.default_rng", "pandas.core.frame.DataFrame", "pandas.read_csv"),
    *("matplotlib.figure.Figure", "sqlite3.connect", "warnings.warn", "xarray.DataArray"),
    *(f"effect {one.value}" for one in (Effect.ATTRIBUTE, Effect.DOCUMENTS | Effect.NAMES)),
    "",
)
MAY_KEEP = (
    *("codecs", "codecs.register_error", "builtins.eval", "builtins.exec", "os.umask", "os"),
    *("sys.path", "sys.setrecursionlimit", "time.tzset", "numpy.seterr", "csv.register_dialect"),
    *("pandas.set_option", "pandas.options", "polars.config.Config.set_tbl_rows", "unittest.mock"),
    *("matplotlib.pyplot.figure", "warnings.simplefilter", "xarray.set_options", "unheard_of.f"),
    *("threading.current_thread", f"effect {Effect.NAMESPACE.value}", "effect of something"),
)


@pytest.mark.parametrize("name", KEEP_NOTHING)
def test_nothing_is_left(name: str) -> None:
    """It gives what it is asked for, and is the same for whoever asks later."""
    assert keeps_nothing(name)


@pytest.mark.parametrize("name", MAY_KEEP)
def test_something_may_be_left(name: str) -> None:
    """It is a table, sets something up, or is of a library of which nothing is known."""
    assert not keeps_nothing(name)
