"""The line above a cell: what it asks for.

    %%xetmemo input=a,b output=c key=label always=True
    line   ::= (option)*
    option ::= name "=" value ("," value)*        spaces around `=` and `,` are allowed
    value  ::= word | "quoted text" | 'quoted text'

`# %%xetmemo …` is the same; to formatters and linters such a cell is plain Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..call import Options
from ..config import nearest
from ..errors import OptionError
from ..memo import make_options

NAME: Final = "xetmemo"

_FIRST_LINE: Final = re.compile(rf"(?:#[ \t]*)?%%{NAME}(?:[ \t]+(?P<line>.*))?$")
_NAME: Final = re.compile(r"\s*([^\s=,'\"]+)\s*(=?)\s*")
# A word before a `=` is the next option: a comma may stand at the end of a list.
_VALUE: Final = re.compile(r"""("[^"]*"|'[^']*'|[^\s,='"]++(?!\s*=))""")
_COMMA: Final = re.compile(r"\s*,\s*")

_OPTIONS: Final = ("input", "output", "key", "always", "ignore", "store", "threshold", "version")
_MANY: Final = frozenset({"input", "output", "ignore"})
_MEANT: Final = {"magic": "always", "force": "always", "exclude": "ignore"}
"""Words that other descriptions of the magic use."""

_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Request:
    """What the line of one cell asks for."""

    input: tuple[str, ...]
    """Variables that are arguments of the cell."""
    output: tuple[str, ...] | None
    """Variables to keep; None for all that the cell binds."""
    options: Options


def line_of(text: str) -> str | None:
    """Return what stands behind `%%xetmemo` in the first line of a cell, if it does."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    found = _FIRST_LINE.match(first.strip())
    return None if found is None else (found["line"] or "").strip()


def parse(line: str) -> Request:
    """Return what a line asks for.

    Raises:
        OptionError: it is not written as above, names an unknown option, or gives one a
            value that it cannot have.
    """
    found: dict[str, tuple[str, ...]] = {}
    at = 0
    line = line.strip()
    while at < len(line):
        name, values, at = _option(line, at)
        if name in found:
            raise OptionError(f"%%{NAME}: `{name}=` is given twice; write `{name}=a,b`")
        found[name] = values
    return _request(found)


def _option(line: str, at: int) -> tuple[str, tuple[str, ...], int]:
    """Read one option; return its name, its values and where it ends."""
    start = _NAME.match(line, at)
    if start is None:
        raise OptionError(f"%%{NAME}: cannot read `{line[at:].strip()}`; options are `name=value`")
    name = start[1]
    if name not in _OPTIONS:
        meant = _MEANT.get(name)
        hint = f"; did you mean `{meant}`?" if meant else nearest(name, _OPTIONS)
        raise OptionError(f"%%{NAME} has no option `{name}`{hint}")
    example = "True" if name == "always" else "…"
    values: list[str] = []
    at = start.end()
    while start[2] and (value := _VALUE.match(line, at)):
        values.append(value[1].strip("\"'"))
        at = value.end()
        comma = _COMMA.match(line, at)
        if comma is None or comma.end() == len(line):
            break
        at = comma.end()
    if not values:
        raise OptionError(f"%%{NAME}: `{name}` needs a value: `{name}={example}`")
    rest = line[at:].lstrip(", \t")
    return name, tuple(values), len(line) - len(rest)


def _request(found: Mapping[str, tuple[str, ...]]) -> Request:
    given: dict[str, Any] = {}
    for name, values in found.items():
        if name in _MANY:
            given[name] = _variables(name, values)
        elif len(values) > 1:
            raise OptionError(f"%%{NAME}: `{name}=` takes one value, not {', '.join(values)}")
        else:
            given[name] = _READ.get(name, str)("".join(values))
    names: tuple[str, ...] = given.pop("input", ())
    return Request(names, given.pop("output", None), make_options(given))


def _variables(option: str, values: Iterable[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(values))
    for name in names:
        if not name.isidentifier():
            raise OptionError(f"%%{NAME}: `{option}=` takes names of variables, not `{name}`")
    return names


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise OptionError(f"%%{NAME}: `always=` takes True or False, not `{text}`")
    return _FLAGS[text.lower()]


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"%%{NAME}: `threshold=` takes seconds, not `{text}`") from None


_READ: Final[dict[str, Any]] = {"always": _flag, "threshold": _seconds}
