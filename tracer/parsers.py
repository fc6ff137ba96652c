"""Libraries that read the command line, or which distributions are installed, for the user.

`parser.parse_args()` reads `sys.argv` in code of a library, and `importlib.metadata`
reads files for which versions stand otherwise. Nothing tells of the former, and of the
latter not each time. So the modules that parse command lines get a stand-in for `sys`,
and two class methods of `importlib.metadata.Distribution` tell whom they are asked for.

Nothing is imported for that: it is done where such a module is loaded, or about to be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from importlib import import_module
from types import ModuleType
from typing import Any, Final, cast

_SYS: Final = {
    "argparse": "_sys",
    "optparse": "sys",
    "click.core": "sys",
    "docopt": "sys",
    "fire.core": "sys",
}
"""Module that parses command lines → its name for `sys`."""
_METADATA: Final = "importlib.metadata"

_done: Final[set[str]] = set()


def stand_in(told_line: Callable[[], None], told_name: Callable[[str | None], None]) -> None:
    """See to those of these modules that are loaded.

    Args:
        told_line: is called where one of them reads the command line.
        told_name: is given the distribution that is asked for; None for all of them.
    """
    for name in _NAMES - _done:
        module = sys.modules.get(name)
        if module is not None and _is_whole(module):
            _done.add(name)
            if name == _METADATA:
                _tell_of_distributions(module, told_name)
            elif vars(module).get(_SYS[name]) is sys:
                setattr(module, _SYS[name], _Sys(told_line))


def load(name: str) -> bool:
    """Load one of these modules that is about to be loaded; tell whether it is one."""
    if name not in _NAMES or name in _done or name in sys.modules:
        return False
    with suppress(ImportError):  # whoever asked for it will be told
        import_module(name)
    return True


_NAMES: Final = frozenset({*_SYS, _METADATA})


def _is_whole(module: ModuleType) -> bool:
    """Tell whether a module is not just being executed."""
    return not getattr(module.__spec__, "_initializing", False)


class _Sys:
    """`sys`, for a module that parses the command line: it tells of that."""

    def __init__(self, told: Callable[[], None]) -> None:
        object.__setattr__(self, "_told", told)

    def __getattr__(self, name: str) -> Any:
        # When a parser is made, it asks for the name of the program only.
        if name == "argv" and _name_of_asker() != "__init__":
            self._told()
        return getattr(sys, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(sys, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(sys, name)


def _name_of_asker() -> str:
    return sys._getframe(2).f_code.co_name  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _tell_of_distributions(module: ModuleType, told: Callable[[str | None], None]) -> None:
    kind: Any = cast(Any, module).Distribution
    from_name, discover = kind.from_name.__func__, kind.discover.__func__

    @wraps(from_name)
    def named(cls: Any, name: Any) -> Any:
        told(str(name))
        return from_name(cls, name)

    @wraps(discover)
    def discovered(cls: Any, **options: Any) -> Any:
        if not options.get("name") and options.get("context") is None:
            told(None)
        return discover(cls, **options)

    kind.from_name, kind.discover = classmethod(named), classmethod(discovered)
