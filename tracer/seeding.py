"""Whether a program seeds a global generator of random numbers: what its code names.

Looked at is code of the user that is loaded: the files of modules, what runs, what a
notebook was given, functions that were typed in. Named is enough; whether it has run, or
ever will, is not asked. Where a program leaves no text, as one that is typed line by
line, it is taken to seed.

Reads source files; runs nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple, cast

from .bytecode import facts_of
from .installed import OWN, is_library_file
from .instructions import ATTRIBUTE_LOADS, attribute_name, instructions, raw_of, with_nested
from .kinds import is_module, module_text
from .world import Stamp, stamp_of


class _Said(NamedTuple):
    """What code names: attributes, what it imports, and modules that it has or imports."""

    names: frozenset[str]
    modules: frozenset[str]
    """Top-level ones."""
    is_certain: bool = False
    """It cannot be read, and may name anything."""

    def seeds(self, module: str, functions: frozenset[str]) -> bool:
        """Tell whether it names one of these functions of a module."""
        if self.is_certain or not self.names.isdisjoint(_FOR_ALL):
            return True
        if self.names.isdisjoint(functions):
            return False
        top, _, last = module.rpartition(".")
        # Where it has none of the modules it may have been handed any.
        return (top or last) in self.modules or (
            last in self.names and self.modules.isdisjoint(_WITH_GENERATORS)
        )


def is_seeded(module: str, functions: frozenset[str]) -> bool:
    """Tell whether the program names one of these seeding functions of a module.

    Cost: that of a look at each loaded module; a file that mentions such a name is
    compiled once.
    """
    return any(said.seeds(module, functions) for said in _all_code())


_WITH_GENERATORS: Final = frozenset({"random", "numpy", "torch"})

_FOR_ALL: Final = frozenset({"seed_everything", "set_seed", "set_random_seed", "seed_all"})
"""Functions of libraries that seed all generators."""

_SEEDS: Final = re.compile(r"\b(?:seed\w*|set_?state|manual_seed\w*|set_\w*(?:seed|state))\b")
"""A quick look: text without such a word names no function that seeds."""


def _all_code() -> Iterator[_Said]:
    yield from _running()
    yield from _typed()
    for file in _files():
        yield _of_file(file)


# -- what runs, and what was typed in -------------------------------------------------


def _running() -> Iterator[_Said]:
    threads = sys._current_frames()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    for frame in threads.values():
        one: FrameType | None = frame
        while one is not None:
            if not _is_library(one.f_code.co_filename):
                yield _of_code(one.f_code, one.f_globals)
            one = one.f_back


def _typed() -> Iterator[_Said]:
    main = sys.modules.get("__main__")
    namespace: dict[str, object] = {} if main is None else vars(main)
    if namespace.get("__file__") is not None:
        return
    for value in tuple(namespace.values()):
        if type(value) is FunctionType and not _is_library(value.__code__.co_filename):
            yield _of_code(value.__code__, namespace)
    cells = namespace.get("In")
    if type(cells) is list:
        for text in cast("list[object]", cells):
            yield _of_text(str(text), "<cell>") if text else _NOTHING
    elif hasattr(sys, "ps1"):
        yield _ANYTHING


# -- files ----------------------------------------------------------------------------


_seen: dict[str, tuple[tuple[int, str], tuple[str, ...]]] = {}
"""Files of the user, with what told then that no module had come; may be emptied at any time."""


def _files() -> tuple[str, ...]:
    # Modules are added at the end.
    stamp = len(sys.modules), next(reversed(sys.modules))
    known = _seen.get("files")
    if known is None or known[0] != stamp:
        known = _seen["files"] = (stamp, tuple(_files_of_modules()))
    return known[1]


def _files_of_modules() -> Iterator[str]:
    for module in tuple(sys.modules.values()):
        file = module_text(module, "__file__") if is_module(module) else None
        if file is not None and not _is_library(file):
            yield file


def _is_library(file: str) -> bool:
    return is_library_file(file) or file.startswith(OWN)


_read: dict[str, tuple[Stamp, _Said]] = {}
"""May be emptied at any time."""


def _of_file(file: str) -> _Said:
    stamp = stamp_of(file)
    known = _read.get(file)
    if known is None or known[0] != stamp:
        known = _read[file] = (stamp, _read_file(file))
    return known[1]


def _read_file(file: str) -> _Said:
    if not file.endswith(".py"):
        return _NOTHING  # compiled: it seeds for itself, if it does
    try:
        with open(file, encoding="utf-8", errors="replace") as opened:
            return _of_text(opened.read(), file)
    except OSError:
        return _ANYTHING


def _of_text(text: str, file: str) -> _Said:
    if not _SEEDS.search(text):
        return _ANYTHING if "%run" in text else _NOTHING
    try:
        return _of_code(compile(text, file, "exec", dont_inherit=True))
    except (SyntaxError, ValueError):  # such as a magic of IPython
        return _ANYTHING


_known: dict[int, tuple[CodeType, _Said]] = {}
"""By identity of the code; may be emptied at any time."""
_MAX_KNOWN: Final = 10_000


def _of_code(code: CodeType, namespace: dict[str, Any] | None = None) -> _Said:
    known = _known.get(id(code))
    if known is None or known[0] is not code:
        if len(_known) >= _MAX_KNOWN:
            _known.clear()
        known = _known[id(code)] = (code, _read_code(code))
    said = known[1]
    if namespace is None or said.names.isdisjoint(_SEEDING):
        return said
    names = map(_name_of_module, tuple(namespace.values()))
    return said._replace(
        modules=said.modules | {name.partition(".")[0] for name in names if name is not None}
    )


def _read_code(code: CodeType) -> _Said:
    imports = facts_of(code).imports
    names = {name for one in with_nested(code) for name in _attributes(one)}
    # A variable of such a name is one of the program's, unless it was imported.
    names.update(name for one in imports for name in one.names)
    return _Said(frozenset(names), frozenset(one.module.partition(".")[0] for one in imports))


def _attributes(code: CodeType) -> Iterator[str]:
    return (
        attribute_name(code, op, argument)
        for _, op, argument, _ in instructions(raw_of(code))
        if op in ATTRIBUTE_LOADS
    )


def _name_of_module(value: object) -> str | None:
    return module_text(cast(ModuleType, value), "__name__") if is_module(value) else None


_SEEDING: Final = frozenset({"seed", "setstate", "set_state", "manual_seed", "set_rng_state"})

_NOTHING: Final = _Said(frozenset(), frozenset())
_ANYTHING: Final = _Said(frozenset(), frozenset(), is_certain=True)
