"""How far a trace goes: follow a module's code, or pin it by its distribution.

Followed is what is neither in the standard library nor in an installed distribution:
the project, `__main__`, notebook cells, editable installs, code made by `exec`. It is
decided by where code was read from (`co_filename`, `__file__`), never by `__module__`,
which any code can set.

Reads `sys.path` and the names of `*.dist-info` folders; imports nothing and no metadata.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from typing import Final

from .pyversion import PYTHON

STANDARD_LIBRARY: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
"""The folder of the standard library; what is installed may lie in it, too."""
_INSTALLED: Final = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution, as far as it stands for all of its code."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


PYTHON_ITSELF: Final = Distribution(*PYTHON.split(" "))
"""What pins the standard library: its code is that of the interpreter."""


def is_installed(path: str) -> bool:
    """Tell whether a file lies where distributions are installed."""
    return any(part in path for part in _INSTALLED)


@dataclass(frozen=True, slots=True)
class Policy:
    """Says for each module whether its code is followed or pinned.

    Args:
        follow: top-level modules to follow although they are installed.
        pin: top-level modules not to follow although they are not installed; their
            version, where they have one, stands for them.
    """

    follow: frozenset[str] = field(default_factory=frozenset[str])
    pin: frozenset[str] = field(default_factory=frozenset[str])

    def pinned_by(self, module_name: str, file: str | None) -> Distribution | None:
        """Return what pins the code of a module, or None when it is followed.

        Args:
            file: where the code was read from. None means there is no such file: a
                module built into the interpreter if it is one, else code made by hand.
        """
        top = module_name.partition(".")[0]
        if top in self.follow:
            return None
        if top in self.pin:
            return distribution_of(top) or Distribution(top, "pinned")
        if file is None or file.startswith("<frozen "):
            built_in = top in sys.builtin_module_names or top in sys.stdlib_module_names
            return PYTHON_ITSELF if built_in else None
        if file.startswith("<"):
            return None
        if is_installed(file):
            # A loose file in site-packages has no version, so it is followed.
            return distribution_of(top)
        if file.startswith(STANDARD_LIBRARY):
            return PYTHON_ITSELF
        return None


OWNER: Final = "xetcache"
"""The distribution this package comes with; its code is no part of anyone's results."""

USER_CODE: Final = Policy(pin=frozenset({"tracer", OWNER}))
"""The default: follow what the user wrote, pin what was installed."""


_known: dict[str, Distribution | None] = {}
_folders_seen: dict[str, tuple[int, dict[str, str]]] = {}


def distribution_of(top_level: str) -> Distribution | None:
    """Return the distribution that installed a top-level module, or None.

    Cost: about half a millisecond once, when the name of the module is that of its
    distribution; some ten milliseconds once where file lists have to be read.
    """
    if top_level not in _known:
        _known[top_level] = _find(top_level)
    return _known[top_level]


def version_of(name: str) -> str:
    """Return the version of an installed distribution, or nothing if there is none.

    Args:
        name: of the distribution, or of a top-level module that it installs.
    """
    found = _named(_site_folders(), name) or _find(name)
    return "" if found is None else found.version


def _find(top_level: str) -> Distribution | None:
    folders = _site_folders()
    if (found := _named(folders, top_level)) is not None:
        return found
    for folder in folders:
        for metadata in _installed_in(folder).values():
            if top_level in _top_levels(os.path.join(folder, metadata)):
                return _distribution(metadata)
    return None


def _site_folders() -> list[str]:
    return [path for path in sys.path if _INSTALLED[0][:-1] in path or _INSTALLED[1][:-1] in path]


def _named(folders: list[str], name: str) -> Distribution | None:
    """Return the distribution of this very name, as the first folder has it."""
    for folder in folders:
        metadata = _installed_in(folder).get(_normal(name))
        if metadata is not None:
            return _distribution(metadata)
    return None


def _installed_in(folder: str) -> dict[str, str]:
    """Return normalised distribution name → name of its `.dist-info` folder."""
    try:
        stamp = os.stat(folder).st_mtime_ns
        seen = _folders_seen.get(folder)
        if seen is None or seen[0] != stamp:
            found = [entry for entry in os.listdir(folder) if entry.endswith(".dist-info")]
            seen = (stamp, {_normal(entry.partition("-")[0]): entry for entry in sorted(found)})
            _folders_seen[folder] = seen
    except OSError:
        return {}
    return seen[1]


def _normal(name: str) -> str:
    return name.lower().replace("-", "_").replace(".", "_")


def _distribution(metadata: str) -> Distribution:
    name, _, version = metadata.removesuffix(".dist-info").partition("-")
    return Distribution(name, version)


def _top_levels(metadata: str) -> frozenset[str]:
    """Return the top-level modules of a distribution, from its list of files."""
    try:
        with open(os.path.join(metadata, "RECORD"), encoding="utf-8") as file:
            paths = [line.partition(",")[0] for line in file]
    except OSError:
        return frozenset()
    tops = {path.partition("/")[0] for path in paths}
    return frozenset(top.partition(".")[0] for top in tops if not top.endswith(".dist-info"))
