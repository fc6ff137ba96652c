"""Make sure that the `tracer` which Python finds is the one that came with xetcache.

A distribution called `tracer` exists on PyPI. Installed after xetcache it writes over
our package of that name, and removing it takes ours along. Looks at the file before
it is imported.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

_MARK = "watch_code"
"""A public name of our `tracer/__init__.py`."""


def check() -> None:
    """Raise `ImportError` where `import tracer` would find, or has found, another."""
    loaded = sys.modules.get("tracer")
    if loaded is not None:
        if not hasattr(loaded, _MARK):
            raise ImportError(_explanation(getattr(loaded, "__file__", None)))
        return
    spec = PathFinder.find_spec("tracer")
    if spec is None or spec.origin is None:
        return  # found in some other way, or the import itself will say that it is not
    try:
        with open(spec.origin, encoding="utf-8") as file:
            text = file.read()
    except OSError:
        return
    if _MARK not in text:
        raise ImportError(_explanation(spec.origin))


def _explanation(found: str | None) -> str:
    return (
        f"`import tracer` finds another package ({found}), not the one that is part of xetcache\n"
        "hint: remove the other one and install xetcache again: `pip uninstall tracer` and "
        "`pip install --force-reinstall --no-deps xetcache`; if it is a file of your own "
        "called tracer.py, rename it"
    )
