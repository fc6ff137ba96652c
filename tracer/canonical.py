"""The portable form of code: what stands for its source, where that is what runs.

Bytecode differs between minor versions of Python, its source does not. So the digest of
how a function is written stands for it on all of them, but only where the source can be
found and, compiled, is the code that runs. A file that was edited after it was imported
says something else than what runs; so does what a decorator or a debugger has rewritten.

What is found by `co_filename`: files, and cells of a notebook. A function is found by its
name and first line. Where two are there, they have to be written alike. That named tuples
make one from text can be seen; the text is made again.

Beside the tree, the digest holds what the tree alone does not say: which names are
variables of functions further out, the class that private names are named after, whether
`assert` runs, and what the file imports from `__future__`.

What equal source means on two Pythons may differ. Whoever lets one answer for the other
takes that on himself. Reads files, and runs none of what is in them.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Lock
from types import CodeType
from typing import Final, TypeVar

from .bytecode import facts_of
from .digests import Digest, digest_of, framed
from .instructions import with_nested
from .syntax import Definition, Place, definition_of, functions_in, place_of

FORMAT: Final = 1
"""Number of this form; it enters every digest."""


def portable_of(code: CodeType) -> Digest | None:
    """Return what stands for the code of a function or module on every Python.

    None where its source is not found or is not what runs, and for other code: bodies of
    classes, comprehensions of 3.11.

    Cost: a file is read, parsed and compiled once, some 3 ms for 20 kB.
    """
    if code.co_name.startswith("<") and code.co_name not in {"<lambda>", _MODULE}:
        return None
    features = code.co_flags & _FEATURES
    sources = _of_named_tuple(code) or _sources_of(code.co_filename, features)
    for source in sources:
        written = source.written.get(_place_of(code), frozenset())
        # Of several on one line, which of them is running cannot be told.
        definition = next(iter(written)) if len(written) == 1 else None
        if definition is not None and source.compiles_to(code):
            return _digest(definition, code.co_freevars, features)
    return None


def tree_of(code: CodeType) -> ast.FunctionDef | None:
    """Return how the code of a plain function is written, where that is what runs.

    Cost: that of `portable_of`, and of parsing the file once more.
    """
    features, place = code.co_flags & _FEATURES, _place_of(code)
    for source in _sources_of(code.co_filename, features):
        written = source.written.get(place, frozenset())
        definition = next(iter(written)) if len(written) == 1 else None
        if definition is not None and source.compiles_to(code):
            return _tree(code.co_filename, place, definition)
    return None


def _tree(file: str, place: Place, definition: Definition) -> ast.FunctionDef | None:
    text: bytes | str | None = _text_of_cell(file)
    try:
        if text is None:
            with open(file, "rb") as opened:
                text = opened.read()
    except OSError:
        return None
    for node in ast.walk(_parsed(text, file) or ast.Module([], [])):
        if isinstance(node, ast.FunctionDef) and place_of(node) == place:
            # The file may have been edited since it was found to be what runs.
            written = definition_of(node)
            if written is not None and written.tree == definition.tree:
                return node
    return None


def _place_of(code: CodeType) -> Place:
    # The first line of a module is 0 or 1.
    return (code.co_name, 0 if code.co_name == _MODULE else code.co_firstlineno)


_MODULE: Final = "<module>"


def _digest(definition: Definition, captured: Iterable[str], features: int) -> Digest:
    return digest_of(
        "portable",
        b"%d" % FORMAT,
        framed(name for name, flag in _FLAGS.items() if flag & features),
        b"debug" if __debug__ else b"",
        definition.owner.encode(),
        # `__classdict__` is there for annotations only, since 3.12.
        framed(sorted(set(captured) - {"__classdict__"})),
        definition.tree,
    )


_FLAGS: Final = {
    name: getattr(__future__, name).compiler_flag for name in ("annotations", "barry_as_FLUFL")
}
"""Features that are not in every Python yet; the same list on all of them."""
_FEATURES: Final = sum(_FLAGS.values())


# -- sources --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Source:
    """What one text says: its functions, as they are written and compiled, by place."""

    written: dict[Place, frozenset[Definition | None]]
    codes: dict[Place, list[CodeType]]

    def compiles_to(self, code: CodeType) -> bool:
        """Tell whether the function at the place of `code` compiles to it.

        All facts count and not its canonical form alone, in which names that change
        places are still the first and the second.
        """
        facts = facts_of(code)
        return any(
            one.co_qualname == code.co_qualname
            and one.co_freevars == code.co_freevars
            and facts_of(one) == facts
            for one in self.codes.get(_place_of(code), ())
        )


_MAX_KEPT: Final = 1_000
_kept: dict[tuple[str, int], tuple[object, tuple[_Source, ...]]] = {}


def _sources_of(file: str, features: int) -> tuple[_Source, ...]:
    """Return what the text of a file or cell says, read again only if it was changed.

    More than one for a cell, which may have been compiled statement by statement.
    """
    stamp: object
    try:
        status = os.stat(file)
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    except (OSError, ValueError):
        stamp = _text_of_cell(file)
    if stamp is None:
        return ()
    known = _kept.get((file, features))
    # It does no harm if the file is another by now: what counts is that the text, whenever
    # it was read, compiles to what runs.
    if known is not None and known[0] == stamp:
        return known[1]
    try:
        found = tuple(_read(file, stamp, features))
    except OSError:
        return ()
    if len(_kept) >= _MAX_KEPT:
        _kept.clear()
    _kept[file, features] = (stamp, found)
    return found


def _of_named_tuple(code: CodeType) -> tuple[_Source, ...]:
    """Return what `collections.namedtuple` gives to `eval`, if this may come from there."""
    first, *names = code.co_varnames or ("",)
    if first != "_cls" or code.co_filename != "<string>":
        return ()
    fields = "".join(f"{name}, " for name in names)
    text = f"lambda _cls, {fields}: _tuple_new(_cls, ({fields}))"
    tree = _parsed(text, code.co_filename)
    return () if tree is None else tuple(_compiled(tree, text, code.co_filename, 0))


def _text_of_cell(name: str) -> str | None:
    """Return text that is in no file, as a notebook registers it with `linecache`."""
    entry = linecache.cache.get(name)
    # Others are of files, or lazy ones, that would ask a loader.
    if entry is None or len(entry) != 4 or entry[1] is not None:  # noqa: PLR2004
        return None
    return "".join(entry[2])


def _read(file: str, stamp: object, features: int) -> Iterator[_Source]:
    if isinstance(stamp, str):
        text: bytes | str = stamp
    else:
        with open(file, "rb") as opened:
            text = opened.read()
    tree = _parsed(text, file)
    if tree is None:
        return
    yield from _compiled(tree, text, file, features)
    if isinstance(stamp, str):
        for statement in tree.body:
            alone = ast.Module([statement], [])
            yield from _compiled(alone, alone, file, features)


def _compiled(
    tree: ast.Module, text: bytes | str | ast.Module, file: str, features: int
) -> Iterator[_Source]:
    code = _quietly(lambda: compile(text, file, "exec", features, dont_inherit=True))
    if code is None:
        return
    written: dict[Place, set[Definition | None]] = {(_MODULE, 0): {definition_of(tree)}}
    for place, definition in functions_in(tree):
        written.setdefault(place, set()).add(definition)
    codes: dict[Place, list[CodeType]] = {}
    for one in with_nested(code):
        codes.setdefault(_place_of(one), []).append(one)
    yield _Source({place: frozenset(found) for place, found in written.items()}, codes)


def _parsed(text: bytes | str, file: str) -> ast.Module | None:
    return _quietly(lambda: ast.parse(text, file))


_T = TypeVar("_T")


_one_at_a_time: Final = Lock()


def _quietly(work: Callable[[], _T]) -> _T | None:
    """Return what `work` makes of a text, None for text that is no Python.

    Whoever ran the text has seen its warnings.
    """
    try:
        # Two that take turns would leave the filters of one to the other.
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return work()
    except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError):
        return None
