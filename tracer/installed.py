"""Whose code a file is, by its name: Python's own, an installed distribution's, or the user's."""

from __future__ import annotations

import os
from typing import Final

STANDARD_LIBRARY: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
"""The folder of the standard library; what is installed may lie in it, too."""
_INSTALLED: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

SHIPPED: Final = (STANDARD_LIBRARY, "<frozen ")
"""How names of files begin that Python itself comes with; what is installed may, too."""

OWNER: Final = "xetcache"
"""The distribution this package comes with; its code is no part of anyone's results."""
_HOME: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OWN: Final = tuple(os.path.join(_HOME, name, "") for name in ("tracer", OWNER))
"""The folders of that code."""


def is_installed(path: str) -> bool:
    """Tell whether a file lies where distributions are installed."""
    return _INSTALLED[0] in path or _INSTALLED[1] in path  # asked of all code that starts


def is_library_file(file: str) -> bool:
    """Tell whether code is of Python itself or of a distribution, by the name of its file."""
    return file.startswith(SHIPPED) or is_installed(file)


def is_users_file(file: str) -> bool:
    """Tell whether code is of the user: of no library, and none of ours."""
    return not is_library_file(file) and not file.startswith(OWN)
