"""What a cell has shown, as plain data, and what of it a reader sees in the end.

    ("stream", "stdout" or "stderr", text)
    ("display", data, metadata, transient, is_update)    by type of content, as Jupyter has it
    ("clear", wait)
    ("result", data, metadata)                           here stood the value of the cell
    ("result",)                                          it showed itself, or nothing

In the order in which it came. `collapsed` gives what is left to see: text that was
written over, cleared or replaced by an update is gone, and there is no `clear` left.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

Output = tuple[Any, ...]
"""One of the above."""

RESULT: Final = "result"


def collapsed(outputs: Iterable[Output]) -> list[Output]:
    """Return what can be seen of outputs when all of them have come.

    An update of a display that another cell has made stays: it is for that one.

    Cost: linear in their size.
    """
    seen: list[Output] = []
    waits = False
    for one in outputs:
        if one[0] == "clear":
            waits = one[1]
            if not waits:
                seen.clear()
            continue
        if waits:
            seen.clear()
            waits = False
        _add(seen, one)
    return [_overwritten(one) for one in seen]


def around_result(outputs: Iterable[Output]) -> tuple[list[Output], list[Output]]:
    """Return what was shown before the value of the cell, and what after it."""
    outputs = list(outputs)
    at = next((n for n, one in enumerate(outputs) if one[0] == RESULT), len(outputs))
    return outputs[:at], outputs[at + 1 :]


def result_in(outputs: Iterable[Output]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return how the value of the cell was shown, if that is known."""
    for one in outputs:
        if one[0] == RESULT and one[1:] and one[1]:
            return one[1], one[2]
    return None


def _add(seen: list[Output], one: Output) -> None:
    match one:
        case ("stream", name, text) if seen and seen[-1][:2] == ("stream", name):
            seen[-1][2].append(text)
        case ("stream", name, text):
            seen.append(("stream", name, [text]))
        case ("display", data, metadata, {"display_id": _} as transient, True):
            places = [number for number, other in enumerate(seen) if _has_id(other, transient)]
            for number in places:
                seen[number] = ("display", data, metadata, transient, seen[number][4])
            if not places:
                seen.append(one)
        case _:
            seen.append(one)


def _has_id(one: Output, transient: dict[str, Any]) -> bool:
    return one[0] == "display" and one[3].get("display_id") == transient["display_id"]


# -- text that is written over --------------------------------------------------------


def _overwritten(one: Output) -> Output:
    if one[0] != "stream":
        return one
    text = "".join(one[2])
    if "\r" in text:
        text = "\n".join(map(_line, text.split("\n")))
    return (*one[:2], text)


def _line(line: str) -> str:
    """Leave out what a later text, after a carriage return, surely hides.

    A shorter text leaves the end of a longer one to be seen, so both stay.
    """
    first, *others = line.split("\r")
    kept: list[str] = []
    longest = 0
    for part in reversed(others):
        width = _width(part)
        if width is None or width > longest or not kept:
            kept.append(part)
        longest = max(longest, width or 0)
    if first and _width(first) is not None and (_width(first) or 0) <= longest:
        first = ""
    return "\r".join((first, *reversed(kept)))


def _width(part: str) -> int | None:
    """Return how many columns a text fills; None where it does more than that."""
    if "\x1b" not in part:
        return None if "\b" in part else len(part)
    plain = _COLOR.sub("", part)
    colors = _COLOR.findall(part)
    is_plain = "\x1b" not in plain and "\b" not in plain and colors[-1] in _RESET
    return len(plain) if is_plain else None


_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_RESET: Final = ("\x1b[m", "\x1b[0m")
