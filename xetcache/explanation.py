"""The answer to `why?`: a verdict with its causes, as data and as text.

Plain text is the form; colour is a matter of the terminal.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from . import clock


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a verdict, in the user's terms."""

    kind: str
    """`argument`, `code`, `global`, `closure`, `file`, `env`, `package`, `python`, `setting`,
    `random`, `answers`, `label`, `version`, `first-call`, `not-stored`, `evicted`,
    `cleared`, `corrupt`, `refreshed`, `unhashable` or `untraceable`."""
    name: str
    path: tuple[str, ...] = ()
    before: str | None = None
    after: str | None = None
    at: str | None = None
    """`file:line`."""
    diff: str | None = None
    role: str | None = None
    why: str | None = None
    detail: str | None = None
    """What else there is to say of why."""
    when: float | None = None
    """Seconds since the epoch."""
    by: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the cause as plain data, without what is not known."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["path"] = list(self.path)
        return {name: value for name, value in fields.items() if value not in (None, [])}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The earlier call that one is compared with."""

    tier: str
    """`same-call`, `same-arguments`, `same-code` or `other`."""
    at: float
    """When it was made, in seconds since the epoch."""
    seconds: float
    inputs: int
    """How many things the call depends on."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to `why?`. Printing it shows the answer as text."""

    outcome: str
    """`hit`, `miss` or `bypass`."""
    mode: str
    """`recorded` for a call that was made, `dry-run` for one that was asked about."""
    target: str
    causes: tuple[Cause, ...] = ()
    call: str = ""
    at: float | None = None
    """When the call was made, in seconds since the epoch."""
    seconds: float | None = None
    """What it took; for a hit, what it would have taken."""
    baseline: Baseline | None = None
    origin: dict[str, Any] | None = None
    """For a hit: when, by whom and on which Python the value was computed."""
    frozen: tuple[str, ...] = ()
    """For a hit: unseeded generators of random numbers that the value is a sample from."""
    ignored: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def is_hit(self) -> bool:
        """Whether the call was, or would be, served."""
        return self.outcome == "hit"

    @property
    def lines(self) -> list[str]:
        """The answer as text."""
        return list(_lines(self))

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def to_dict(self) -> dict[str, Any]:
        """Return one element of `explanations` in the JSON document."""
        found: dict[str, Any] = {
            "outcome": self.outcome,
            "mode": self.mode,
            "target": self.target,
            "call": self.call,
            "at": self.at,
            "seconds": self.seconds,
            "causes": [cause.to_dict() for cause in self.causes],
            "hints": list(self.hints),
            "ignored": list(self.ignored),
            "frozen": list(self.frozen),
            "origin": self.origin,
            "baseline": None,
        }
        if self.baseline is not None:
            found["baseline"] = {
                name: getattr(self.baseline, name) for name in self.baseline.__slots__
            } | {"differ": len(self.causes)}
        return found


# -- as text --------------------------------------------------------------------------

_MARKS: Final = {"hit": "✓ hit", "miss": "✗ miss", "bypass": "○ bypass"}

_SAYS: Final = {
    "first-call": "this function was never called before with this store",
    "evicted": "the entry was evicted",
    "cleared": "the entry was cleared",
    "corrupt": "the entry was damaged, so it was computed again",
    "refreshed": "a new computation was asked for",
}

_NOT_STORED: Final = {
    "below-threshold": "the earlier call was quicker than the threshold, so it was not kept",
    "changed-while-running": "the earlier call changed something it depends on, so it was not kept",
    "unseen": "the earlier call used something that could not be followed, so it was not kept",
    "not-storable": "the result of the earlier call cannot be stored",
    "exception": "the earlier call raised an exception",
    "read-only": "the store was read-only",
    "store-unavailable": "the store could not be written",
}


def _lines(explanation: Explanation) -> Iterator[str]:
    mark = _MARKS[explanation.outcome]
    if explanation.mode == "dry-run":
        mark = mark.replace("hit", "would hit").replace("miss", "would miss")
    took = f"   took {seconds_text(explanation.seconds)}" if explanation.seconds is not None else ""
    if explanation.is_hit:
        took = f"   saved {seconds_text(explanation.seconds)}" if explanation.seconds else ""
    yield f"{mark}   {explanation.call or explanation.target}{took}"
    if explanation.origin:
        origin = explanation.origin
        yield f"  computed {age_text(origin['created'])} by {origin['by']} on {origin['python']}"
        if other := origin.get("served_on"):
            yield f'  served on {other}, as `python = "ignore"` and the source is the same'
        if accepted := origin.get("accepted"):
            yield f"  before an edit accepted {age_text(accepted['at'])} by {accepted['by']}"
            yield from (f"    {change}" for change in accepted["changes"])
        if unused := origin.get("unused"):
            yield "  changed since then, and not used by this call:"
            yield from (f"    {change}" for change in unused)
    if explanation.frozen:
        yield f"  frozen: unseeded generator   {', '.join(explanation.frozen)}"
    if explanation.ignored:
        yield f"  ignored: {', '.join(explanation.ignored)}"
    if explanation.causes:
        yield ""
    for cause in explanation.causes:
        yield from _cause_lines(cause)
    if explanation.baseline is not None:
        baseline = explanation.baseline
        what = {
            "same-call": "the same call",
            "same-arguments": "the same call",
            "same-code": "a call with other arguments",
        }.get(baseline.tier, "a call with other arguments and code")
        yield ""
        yield (
            f"  compared with {what} of {age_text(baseline.at)} ({seconds_text(baseline.seconds)})"
            f" · {len(explanation.causes)} of {baseline.inputs} inputs differ"
        )
    for hint in explanation.hints:
        yield f"  try: {hint}"


def _cause_lines(cause: Cause) -> Iterator[str]:
    place = f"   {cause.at}" if cause.at else ""
    change = (
        f"   {cause.before} → {cause.after}"
        if cause.before is not None or cause.after is not None
        else ""
    )
    if cause.kind in _SAYS:
        when = f", {age_text(cause.when)}" if cause.when else ""
        by = f" by «{cause.by}»" if cause.by else ""
        yield f"  {cause.kind}   {cause.name}: {_SAYS[cause.kind]}{by}{when}"
        return
    if cause.kind == "not-stored":
        why = _NOT_STORED.get(cause.why or "", cause.why or "")
        yield f"  not stored   {cause.name}: {why}"
        if cause.detail:
            yield f"               {cause.detail}"
        return
    if cause.kind == "argument" and cause.before is None:
        change = f"   new: {cause.after}"
    elif cause.kind == "argument" and cause.after is None:
        change = f"   gone: {cause.before}"
    elif cause.kind in {"code", "file", "env", "answers", "setting", "random"} and not change:
        change = "   changed"
    why = f"   {cause.why}" if cause.why else ""
    yield f"  {cause.kind:<8} {cause.name}{change}{place}{why}"
    if len(cause.path) > 1 and cause.kind != "argument":
        yield f"           {' → '.join(step for step in cause.path if step)}"
    for line in (cause.diff or "").splitlines():
        yield f"             {line}"


def seconds_text(seconds: float | None) -> str:
    """Return a duration as people say it: `2.1 s`, `3 min 12 s`, `1 h 4 min`."""
    if seconds is None:
        return "an unknown time"
    if seconds < 0.1:  # noqa: PLR2004
        return f"{seconds * 1000:.2g} ms"
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def size_text(size: int) -> str:
    """Return a size in bytes as people say it: `18 kB`, `1.2 MB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":  # noqa: PLR2004
            return f"{amount:.3g} {unit}"
        amount /= 1000
    raise AssertionError(size)


def age_text(at: float | None) -> str:
    """Return how long ago a time was: `just now`, `2 hours ago`, a date."""
    if at is None:
        return "an unknown time"
    seconds = clock.time() - at
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            if name == "day" and count > 30:  # noqa: PLR2004
                return time.strftime("%Y-%m-%d", time.localtime(at))
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now" if seconds < 10 else f"{int(seconds)} seconds ago"  # noqa: PLR2004
