"""Persistent memoization for Python and Jupyter that knows what a result depends on.

    from xetcache import xetmemo

    @xetmemo
    def report(prices):
        ...

Results are kept in `xmemo/` and served as long as nothing they depend on changes:
the function, every function, class and value it reaches, and its arguments.
"""

from typing import TYPE_CHECKING

from ._tracer_check import check as _check
from .config import get_memo_path as get_memo_path
from .config import get_runtime_threshold as get_runtime_threshold
from .config import login as login
from .config import options as options
from .config import set_memo_path as set_memo_path
from .config import set_runtime_threshold as set_runtime_threshold
from .config import set_xet_project as set_xet_project
from .memo import MISSING as MISSING
from .memo import explain as explain
from .memo import stats as stats
from .memo import xeteval as xeteval
from .memo import xeteval_always as xeteval_always
from .memo import xetmemo as xetmemo
from .memo import xetmemo_always as xetmemo_always
from .version import __version__ as __version__

if TYPE_CHECKING:
    from tracer import register as register

_check()


def __getattr__(name: str) -> object:
    # The tracer is loaded with the first memoized call, or here: it takes 30 ms, and a
    # program that only decorates functions need not wait for it.
    if name == "register":
        from tracer import register  # noqa: PLC0415

        return register
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
