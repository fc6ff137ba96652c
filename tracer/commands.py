"""Files that the command line of another program names.

What another process reads is seen by nobody. But most commands name what they work on:
`cat data.txt`, `sort --output=sorted.txt data.txt`, `sh -c "wc -l < data.txt"`.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from typing import cast


def paths_named(command: object, folder: object = None) -> tuple[str, ...]:
    """Return the words of a command that may be paths, as they are found from here.

    Args:
        command: a list of words, or one text for a shell.
        folder: where the command runs, if it is not where the program is.
    """
    start = _text(folder)
    found: dict[str, None] = {}
    for word in _words(command):
        for part in (word, word.partition("=")[2], word.lstrip("<>&0123456789")):
            if part and not part.startswith("-") and "\0" not in part:
                found.setdefault(os.path.join(start, part) if start else part)
    return tuple(found)


def _words(command: object) -> Iterator[str]:
    if isinstance(command, str | bytes | os.PathLike):
        command = [cast(object, command)]
    if not isinstance(command, list | tuple):
        return
    for one in cast("Iterable[object]", command):
        word = _text(one)
        yield word
        if any(mark in word for mark in " \t\n<>|;&"):
            yield from _split(word)


def _split(text: str) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    try:
        return list(lexer)
    except ValueError:  # a quotation that does not end
        return text.split()


def _text(value: object) -> str:
    if not isinstance(value, str | bytes | os.PathLike):
        return ""
    return os.fsdecode(cast("str | bytes | os.PathLike[str]", value))
