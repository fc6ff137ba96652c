"""Where two values differ: the paths, and what is there in one and in the other.

Both are digested by an encoder that notes parts (`views.py`), and followed side by side
to where their digests part. What digests do not tell apart is no difference, and what
they do is named, at the worst as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, cast

from ..kinds import identity, is_kind, is_module, is_one_of, module_name_of, qualified_name_of
from .flat import ATOMS
from .handlers import known
from .nodes import Rope, Step, shown_path
from .parts import columns_of
from .previews import is_told_by_repr, preview
from .regions import facets_of, is_array, is_categorical, is_frame, region_of
from .views import Known, View, Viewer

Meanings = Callable[[Sequence[tuple[object, Rope]]], list[bytes]]
"""Gives a digest for each function, class or module that a value holds."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place at which two values differ."""

    path: str
    """How it is reached: `cfg['model']['depth']`."""
    was: str | None
    """What is there in the first value, as text; None for nothing."""
    now: str | None
    """What is there in the second value."""
    what: str = ""
    """What of the place it is that differs, such as `type`; nothing for its content."""

    def __str__(self) -> str:
        place = f"{self.path} {self.what}" if self.what else self.path
        if self.now is None:
            return f"{place} is gone, was {self.was}"
        if self.was is None:
            return f"{place} is new: {self.now}"
        return f"{place} {self.was} → {self.now}"


Trail = tuple[Step, "Trail | None"]
"""A path on its way, from the outside in, the last step first."""


class _Pair(NamedTuple):
    """Two values that are to be compared, and the way to them."""

    trail: Trail | None
    one: object
    other: object
    is_column: bool = False


_Labelled = dict[tuple[object, int], tuple[Step, object]]
"""Parts by their key or name, and by how many of that name there were before."""


class Search:
    """Two values that are compared, and what was found so far."""

    def __init__(self, meanings: Meanings, digest: Callable[[object], bytes]) -> None:
        self.meanings = meanings
        self.digest = digest
        self.left, self.right = Viewer(), Viewer()
        self.found: list[tuple[Trail | None, str, str | None, str | None]] = []
        self.work: list[_Pair] = []
        self.inside: list[_Pair] = []
        """Parts of what is being compared that differ, or may."""
        self.seen: set[tuple[int, int]] = set()
        self.told: set[tuple[int, int]] = set()
        """Pairs of code; a class is told once, and not for each of its instances."""
        self.kept: list[object] = []  # so that no id of what was seen is used again
        self.code: dict[int, tuple[object, bytes]] = {}

    def run(self, one: object, other: object, *, name: str, limit: int) -> tuple[Difference, ...]:
        """Return the first differences of two values whose digests differ."""
        for viewer, value in ((self.left, one), (self.right, other)):
            references = viewer.done(value).references
            for (target, _), meaning in zip(references, self.meanings(references), strict=True):
                self.code[identity(target)] = (target, meaning)
        self.work.append(_Pair(None, one, other))
        while self.work and len(self.found) < limit:
            self._compare(self.work.pop())
            self.work += reversed(self.inside)
            self.inside.clear()
        if not self.found:  # such as a list that holds itself, and one that holds the first
            self._tell(None, "led to in one way", "in another", "parts")
        return tuple(
            Difference(name + _shown(trail), was, now, what)
            for trail, what, was, now in self.found[:limit]
        )

    def _compare(self, pair: _Pair) -> None:
        trail, one, other, _ = pair
        if one is other:
            return
        if _is_leaf(one) or _is_leaf(other):
            self._whole(trail, one, other)
            return
        ids = (identity(one), identity(other))
        if ids in self.seen:
            return
        self.seen.add(ids)
        self.kept += (one, other)
        first, second = self.left.view_of(one), self.right.view_of(other)
        if known(type(one))[1] is not known(type(other))[1]:
            self._types(trail, type(one), type(other))
            return
        count = len(self.found)
        for (what, was), (_, now) in zip(facets_of(one), facets_of(other), strict=False):
            if was != now:
                self._tell(trail, was, now, what)
        if count == len(self.found) and not self._classes(trail, first, second):
            self._parts(pair, first, second)
            if count == len(self.found) and not self.inside and first.rest != second.rest:
                self._whole(trail, one, other)

    def _parts(self, pair: _Pair, first: View, second: View) -> None:
        """Compare the parts of two values of one kind, in the way in which they are told best."""
        one, other = pair.one, pair.other
        if not is_categorical(one) and self._region(pair):
            return
        count = len(self.found)
        columns = columns_of(one), columns_of(other)
        if all(columns):
            before, after = (self._labelled(part) for part in columns)
            self._named(pair.trail, before, after, self._has_other_digest, is_column=True)
            if self.inside or count < len(self.found):
                return
        self._code(pair.trail, first, second)
        for members, others in zip(first.sets, second.sets, strict=False):
            self._members(pair.trail, members, others)
        self._sequence(pair.trail, _indexed(first), _indexed(second))
        before = self._labelled(first.items, self.left)
        after = self._labelled(second.items, self.right)
        if is_frame(one) and before.keys() != after.keys():
            for labels in (before, after):  # told by the columns themselves
                labels.pop((".columns", 0), None)
        self._named(pair.trail, before, after, self._may_differ, is_column=is_frame(one))
        if not self.inside and count == len(self.found):
            self._region(pair)

    # -- kinds of parts -------------------------------------------------------------------

    def _region(self, pair: _Pair) -> bool:
        """Tell where two arrays differ; tell whether that could be told."""
        trail, one, other, is_column = pair
        if not (is_array(one) and is_array(other)):
            return False
        region = region_of(one, other, differ=self._has_other_digest)
        if region is None:
            return False
        is_one = all(part.stop - part.start == 1 for part in region.slices)
        if is_column and len(region.slices) == 1:
            start, stop = region.slices[0].start, region.slices[0].stop
            what = f"row {start}" if is_one else f"rows {start}–{stop - 1}, first"  # noqa: RUF001
        else:
            shown = ", ".join(map(_shown_slice, region.slices))
            trail, what = (f"[{shown}]", trail), "" if is_one else "first"
        self._tell(trail, region.was, region.now, what)
        return True

    def _sequence(self, trail: Trail | None, items: list[object], others: list[object]) -> None:
        """Compare items by their number, what was put in between or taken out left aside."""
        if len(items) == len(others):
            for at, (one, other) in enumerate(zip(items, others, strict=True)):
                if self._may_differ(one, other):
                    self.inside.append(_Pair((at, trail), one, other))
            return
        shorter = min(len(items), len(others))
        start = 0
        while start < shorter and not self._may_differ(items[start], others[start]):
            start += 1
        end = 0
        while end < shorter - start and not self._may_differ(items[-1 - end], others[-1 - end]):
            end += 1
        for at in range(start, shorter - end):
            self.inside.append(_Pair((at, trail), items[at], others[at]))
        for at in range(shorter - end, len(items) - end):
            self._tell((at, trail), preview(items[at]), None)
        for at in range(shorter - end, len(others) - end):
            self._tell((at, trail), None, preview(others[at]))

    def _named(
        self,
        trail: Trail | None,
        before: _Labelled,
        after: _Labelled,
        may_differ: Callable[[object, object], bool],
        *,
        is_column: bool,
    ) -> None:
        """Compare parts that are found by a key or a name."""
        for label, (step, one) in before.items():
            if label not in after:
                self._tell((step, trail), preview(one), None)
            elif may_differ(one, other := after[label][1]):
                self.inside.append(_Pair((step, trail), one, other, is_column))
        for label, (step, other) in after.items():
            if label not in before:
                self._tell((step, trail), None, preview(other))
        if list(before) != list(after) and before.keys() == after.keys():
            was, now = (
                ", ".join(shown_path(Rope(step)) for step, _ in list(part.values())[:8])
                for part in (before, after)
            )
            self._tell(trail, was, now, "order")

    def _members(self, trail: Trail | None, members: list[object], others: list[object]) -> None:
        """Compare parts that have no order."""
        mine = [(self._known(self.left, one), one) for one in members]
        yours = [(self._known(self.right, one), one) for one in others]
        gone = Counter(one for one, _ in mine) - Counter(one for one, _ in yours)
        new = Counter(one for one, _ in yours) - Counter(one for one, _ in mine)
        for left, sides in ((gone, mine), (new, yours)):
            for name, member in sides:
                if left[name] > 0:
                    left[name] -= 1
                    shown = preview(member)
                    was, now = (shown, None) if left is gone else (None, shown)
                    self._tell(("{…}", trail), was, now)

    # -- code -----------------------------------------------------------------------------

    def _classes(self, trail: Trail | None, first: View, second: View) -> bool:
        """Tell where two instances have classes of other names; their parts tell no more."""
        kinds = [
            [target for step, target in view.code if step == _CLASS] for view in (first, second)
        ]
        for one, other in zip(*kinds, strict=False):
            if _name(one) != _name(other) and self._meaning(one) != self._meaning(other):
                self._types(trail, one, other)
                return True
        return False

    def _code(self, trail: Trail | None, first: View, second: View) -> None:
        for (step, one), (_, other) in zip(first.code, second.code, strict=False):
            ids = (identity(one), identity(other))
            if ids in self.told or self._meaning(one) == self._meaning(other):
                continue
            self.told.add(ids)
            place = trail if step == _CLASS else (step, trail)
            if _name(one) == _name(other):
                self._tell(place, f"`{_name(one)}`", "edited", "code")
            else:
                self._tell(place, _name(one), _name(other), "code")

    def _meaning(self, target: object) -> bytes:
        found = self.code.get(identity(target))
        if found is None:
            meaning = self.meanings([(target, Rope(""))])[0]
            found = self.code[identity(target)] = (target, meaning)
        return found[1]

    # -- what tells parts apart -----------------------------------------------------------

    def _known(self, viewer: Viewer, value: object) -> Known | None:
        return viewer.known(value, self._meaning)

    def _may_differ(self, one: object, other: object) -> bool:
        known_one = self._known(self.left, one)
        return known_one is None or known_one != self._known(self.right, other)

    def _has_other_digest(self, one: object, other: object) -> bool:
        return self.digest(one) != self.digest(other)

    def _labelled(
        self, items: Iterable[tuple[Step, object]], viewer: Viewer | None = None
    ) -> _Labelled:
        """Return parts by what they are found again by."""
        found: _Labelled = {}
        seen: Counter[object] = Counter()
        for step, item in items:
            name: object = step
            if type(step) is int or (type(step) is str and _names_itself(step, item)):
                continue
            if type(step) is tuple:
                key, *is_key = step
                if is_key:
                    continue  # it is in the label of what it leads to
                name = None if viewer is None else self._known(viewer, key)
            found[name, seen[name]] = (step, item)
            seen[name] += 1
        return found

    # -- telling --------------------------------------------------------------------------

    def _whole(self, trail: Trail | None, one: object, other: object) -> None:
        """Tell two values that are one piece."""
        if type(one) is type(other) and is_one_of(type(one), (str, bytes)):
            trail, one, other = _cut(trail, cast(Any, one), cast(Any, other))
        was, now = preview(one), preview(other)
        if was == now and type(one) is not type(other):
            self._types(trail, type(one), type(other))
            return
        if was == now:  # such as two NaN
            was, now = (f"{was} ({self.digest(side).hex()[:8]})" for side in (one, other))
        self._tell(trail, was, now)

    def _types(self, trail: Trail | None, one: object, other: object) -> None:
        names = [_name(kind) for kind in (one, other)]
        if names[0] == names[1]:
            names = [_long_name(kind) for kind in (one, other)]
        self._tell(trail, names[0], names[1], "type")

    def _tell(self, trail: Trail | None, was: str | None, now: str | None, what: str = "") -> None:
        self.found.append((trail, what, was, now))


_CLASS: Final = ".__class__"
_LONG: Final = 64  # characters


def _is_leaf(value: object) -> bool:
    return identity(type(value)) in ATOMS or type(value) is bytes or is_told_by_repr(value)


def _cut(
    trail: Trail | None, one: str | bytes, other: str | bytes
) -> tuple[Trail | None, object, object]:
    """Leave out of a long text what both begin with."""
    if max(len(one), len(other)) <= _LONG:
        return trail, one, other
    start, stop = 0, min(len(one), len(other))
    while start < stop:  # by halves: a comparison of slices is fast
        middle = (start + stop + 1) // 2
        if one[start:middle] == other[start:middle]:
            start = middle
        else:
            stop = middle - 1
    if not start:
        return trail, one, other
    return (f"[{start}:]", trail), one[start : start + _LONG], other[start : start + _LONG]


def _indexed(view: View) -> list[object]:
    return [item for step, item in view.items if type(step) is int]


def _names_itself(step: str, item: object) -> bool:
    """Tell whether a part is the name of another one, under the step of that one."""
    return type(item) is str and step != "" and step in (item, f".{item}")


def _shown_slice(part: slice) -> str:
    return str(part.start) if part.stop - part.start == 1 else f"{part.start}:{part.stop}"


def _shown(trail: Trail | None) -> str:
    rope: Rope | None = None
    while trail is not None:
        step, trail = trail
        rope = Rope(step, rope)
    return shown_path(rope)


def _name(target: Any) -> str:
    if is_kind(target, type):
        return qualified_name_of(target)
    name = getattr(target, "__name__" if is_module(target) else "__qualname__", None)
    return name if type(name) is str else "code"


def _long_name(target: Any) -> str:
    return f"{module_name_of(target)}.{_name(target)}" if is_kind(target, type) else _name(target)
