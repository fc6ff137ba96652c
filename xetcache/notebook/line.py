"""The one muted line under a memoized cell.

Such as:

    ⚡ cached 2 hours ago · saved 3 min 12 s · restored model, scores (1.2 MB)
    ● ran 41 s · kept model, scores · first run of this cell
    ● ran 41 s · kept total · ran because alpha changed 0.1 → 0.3
    ○ ran 0.2 s · not kept: quicker than 3 s [always=True]
"""

from __future__ import annotations

import html
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..explanation import Cause, Explanation, age_text, seconds_text, size_text
from ..verdict import Hit

MIME: Final = "application/vnd.xetcache+json"
_MAX_NAMES: Final = 6
_MAX_CAUSES: Final = 3
_MAX_TEXT: Final = 40


def hit_line(hit: Hit, names: Sequence[str]) -> str:
    """Say that a cell was served."""
    parts = [f"⚡ cached {age_text(hit.created)}", f"saved {seconds_text(hit.seconds_saved)}"]
    if names:
        parts.append(f"restored {_listed(names)} ({size_text(hit.size)})")
    return " · ".join(parts)


def kept_line(seconds: float, names: Sequence[str], why: str) -> str:
    """Say that a cell was run and its results kept."""
    kept = f"kept {_listed(names)}" if names else "kept"
    return " · ".join(part for part in (f"● ran {seconds_text(seconds)}", kept, why) if part)


def refused_line(seconds: float, why: str, hint: str = "", *, loud: bool = False) -> str:
    """Say that a cell was run and its results not kept."""
    advice = f" [{hint}]" if hint else ""
    return f"{'✗' if loud else '○'} ran {seconds_text(seconds)} · not kept: {why}{advice}"


def why_run(explanation: Explanation | None) -> str:
    """Say why a cell was not served."""
    if explanation is None or not explanation.causes:
        return ""
    causes = explanation.causes
    if causes[0].kind == "first-call":
        return "first run of this cell"
    if len(causes) == 1 and _is_own_code(causes[0]):
        # It was edited, or it is another cell that binds the same names.
        return "first run of this code"
    told = [_cause(one) for one in causes[:_MAX_CAUSES]]
    if len(causes) > _MAX_CAUSES:
        told.append(f"{len(causes) - _MAX_CAUSES} more")
    return f"ran because {', '.join(told)}"


_SAYS: Final = {
    "evicted": "its results were evicted",
    "cleared": "its results were cleared",
    "corrupt": "its results were damaged",
    "refreshed": "a new computation was asked for",
    "not-stored": "its results were not kept before",
}


def _cause(cause: Cause) -> str:
    if cause.kind in _SAYS:
        return _SAYS[cause.kind]
    steps = [step for step in cause.path[1:-1] if step and step != cause.name]
    way = f" (via {' → '.join(steps)})" if steps else ""
    if _is_own_code(cause):
        return "its code changed"
    if cause.before is None and cause.after is None:
        return f"{cause.name} changed{way}"
    if cause.before is None or cause.before == "not defined":
        return f"{cause.name} is new{way}"
    return f"{cause.name} changed {_short(cause.before)} → {_short(cause.after)}{way}"


def _is_own_code(cause: Cause) -> bool:
    return cause.kind == "code" and len(cause.path) <= 1


def _short(text: str | None) -> str:
    text = " ".join((text or "nothing").split())
    return text if len(text) <= _MAX_TEXT else f"{text[: _MAX_TEXT - 1]}…"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def ticked(names: Iterable[str]) -> str:
    """Return names as they stand in a sentence."""
    return ", ".join(f"`{name}`" for name in names)


def show(shell: Any, text: str, facts: dict[str, Any], *, loud: bool = False) -> None:
    """Display the line, with what it says as data beside it.

    Args:
        loud: it says what the user has to correct, and is not muted.
    """
    plain = f"xetcache: {text}"
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        plain.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        plain = plain.encode("ascii", "replace").decode()
    # Half transparent and not grey, so that it is muted on a dark page too.
    style = "font-weight:bold" if loud else "opacity:.6;font-size:90%"
    shown = f'<div style="{style}">{html.escape(text)}</div>'
    bundle = {"text/plain": plain, "text/html": shown, MIME: facts}
    shell.display_pub.publish(bundle, {"xetcache": True})
