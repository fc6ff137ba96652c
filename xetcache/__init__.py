"""Persistent memoization for Python and Jupyter that knows what a result depends on.

    from xetcache import xetmemo

    @xetmemo
    def report(prices):
        ...

Results are kept in `xmemo/` and served as long as nothing they depend on changes:
the function, every function, class and value it reaches, and its arguments.
"""

import os
import sys
from typing import TYPE_CHECKING, Any

from . import clock as clock  # before anybody can put another in its place
from ._tracer_check import check as _check
from .config import get_memo_path as get_memo_path
from .config import get_runtime_threshold as get_runtime_threshold
from .config import login as login
from .config import options as options
from .config import set_memo_path as set_memo_path
from .config import set_runtime_threshold as set_runtime_threshold
from .config import set_xet_project as set_xet_project
from .declared import env as env
from .declared import package as package
from .memo import MISSING as MISSING
from .memo import explain as explain
from .memo import stats as stats
from .memo import xeteval as xeteval
from .memo import xeteval_always as xeteval_always
from .memo import xetmemo as xetmemo
from .memo import xetmemo_always as xetmemo_always
from .version import __version__ as __version__

if TYPE_CHECKING:
    from tracer import digest as digest
    from tracer import register as register

_check()


def _watch_code() -> None:
    # From here on, not from the first call on: what has run by then is to be known.
    if os.environ.get("XETCACHE_MODE") != "off":
        from tracer import watch_code  # noqa: PLC0415 - after the check

        watch_code()


_watch_code()


def load_ipython_extension(shell: Any) -> None:
    """Make `%%xetmemo` known to an IPython shell: `%load_ext xetcache`."""
    from .notebook import load  # noqa: PLC0415 - imports IPython

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Take everything back that `load_ipython_extension` did."""
    from .notebook import unload  # noqa: PLC0415 - imports IPython

    unload(shell)


def _load_in_a_running_shell() -> None:
    # As the original did: in a notebook, `import xetcache` is all there is to write.
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = None if get_ipython is None else get_ipython()
    if shell is not None:
        load_ipython_extension(shell)


_load_in_a_running_shell()


def __getattr__(name: str) -> object:
    # The tracer is loaded with the first memoized call, or here: it takes 30 ms, and a
    # program that only decorates functions need not wait for it.
    if name in {"digest", "register"}:
        import tracer  # noqa: PLC0415

        from .algorithm import settle  # noqa: PLC0415

        settle()
        return getattr(tracer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
