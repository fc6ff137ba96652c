"""Changes that a call makes on purpose: kept with its result, and made again on a hit.

    @xetmemo(mutates="model")        a parameter, or a global variable of its module
    def fit(model, rows): ...

Before the call everything that can change is found, from the named objects inwards, and
given a label by the way that leads to it. After the call the content of each that was
changed is kept. It may hold any of those objects, by its label, and new ones, by value.
On a hit the same ways lead to the objects of the caller, and each gets its content: the
very lists and instances that were there are changed, as the call would have done, and
whoever else holds one of them sees it.

Objects of libraries that do not tell their parts are one piece: their whole state is
kept and set.
"""

from __future__ import annotations

import sys
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MemberDescriptorType, ModuleType
from typing import Any, Final, cast

import tracer

from . import generators
from .errors import NotStorableError

_MAX_PARTS: Final = 100_000

_FIXED: Final = (
    *(bool, int, float, complex, str, bytes, type(None), range, slice),
    *(type, FunctionType, BuiltinFunctionType, ModuleType),
)
"""What cannot change, or is code."""


class Globals:
    """Global variables by which something is found that may be changed, or rebound."""

    __slots__ = ("names", "namespace")

    def __init__(self, namespace: dict[str, object], names: tuple[str, ...]) -> None:
        self.namespace = namespace
        self.names = names

    def assign(self, content: dict[str, object]) -> None:
        """Bind the variables, and no others of them."""
        for name in self.names:
            self.namespace.pop(name, None)
        self.namespace.update(content)

    def content(self) -> dict[str, object]:
        """Return the variables that there are."""
        return {name: self.namespace[name] for name in self.names if name in self.namespace}


@dataclass(slots=True)
class State:
    """The objects that may be changed, with what was in each of them at some time."""

    labels: dict[int, str] = field(default_factory=dict[int, str])
    """Identity → label."""
    objects: dict[str, Any] = field(default_factory=dict[str, Any])
    kinds: dict[str, tuple[type, _Kind]] = field(default_factory=dict[str, "tuple[type, _Kind]"])
    """Label → class, and how the content of its instances is handled."""
    contents: dict[str, object] = field(default_factory=dict[str, object])
    shape: str = ""
    """Equal where the same labels mean the same ways: which parts are shared counts."""

    def changed(self) -> dict[str, object]:
        """Return the content now of every object whose content is another now.

        Raises:
            NotStorableError: one was changed in a way that cannot be made again.
        """
        found: dict[str, object] = {}
        for label, value in self.objects.items():
            made_of, kind = self.kinds[label]
            if made_of is not type(value):
                raise NotStorableError(label, type(value).__qualname__, "its class was changed")
            now = _content_of(kind, value)
            if not kind.is_same(self.contents[label], now):
                if kind.check is not None:
                    kind.check(label, self.contents[label], now)
                found[label] = now
        return found

    def apply(self, contents: Mapping[str, object]) -> None:
        """Give each labelled object its content."""
        for label, content in contents.items():
            _, kind = self.kinds[label]
            kind.apply(self.objects[label], content)


@dataclass(slots=True)
class Outline(State):
    """Which objects may be changed, and how they hold each other, without what is in them.

    So nothing is copied beforehand; which of the named objects have been changed is for
    somebody else to find out.
    """

    roots: dict[str, str] = field(default_factory=dict[str, str])
    """Name of an object → its label."""
    changed_roots: tuple[str, ...] = ()
    """Names of objects that were changed, they or what they held."""
    _links: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Label → labels of the parts."""

    def changed(self) -> dict[str, object]:
        """Return the content now of all that the changed objects are, and were, made of."""
        queue = [self.roots[name] for name in self.changed_roots]
        found: dict[str, object] = {}
        for label in queue:
            if label not in found:
                found[label] = self._content(label)
                queue += self._links.get(label, ())
        return found

    def _content(self, label: str) -> object:
        value, (made_of, kind) = self.objects[label], self.kinds[label]
        if made_of is not type(value):
            raise NotStorableError(label, type(value).__qualname__, "its class was changed")
        now = _content_of(kind, value)
        if kind.check is not None:
            before = self.contents[label]
            kind.check(label, now if before is None else before, now)
        return now

    def note(self, value: object, label: str, kind: _Kind) -> Iterable[object]:
        """Note one object; return its parts."""
        if kind is _ARRAY:
            self.contents[label] = _Form(cast(Any, value).shape, cast(Any, value).dtype)
            return ()
        self.contents[label] = None
        if kind is _PIECE:
            return ()
        try:
            return kind.parts(_content_of(kind, value))
        except NotStorableError:
            return ()  # said if it is among what was changed

    def link(self, label: str, parts: Iterable[object]) -> None:
        """Note what an object is made of; the parts have their labels by now."""
        self._links[label] = [self.labels[id(one)] for one in parts if id(one) in self.labels]


@dataclass(frozen=True, slots=True)
class _Form:
    """What of an array has to stay as it is."""

    shape: tuple[int, ...]
    dtype: object


def outline_of(roots: Mapping[str, object]) -> Outline:
    """Return which objects may be changed, from these inwards.

    Raises:
        NotStorableError: there are too many of them.

    Cost: linear in their number; arrays and objects of libraries are one each.
    """
    outline = Outline()
    _walk(outline, roots, outline.note, outline.link)
    outline.roots = {
        name: outline.labels[id(value)]
        for name, value in roots.items()
        if id(value) in outline.labels
    }
    return outline


def state_of(roots: Mapping[str, object]) -> State:
    """Return the state of everything that can change, from these objects inwards.

    Raises:
        NotStorableError: there is too much of it.
    """
    state = State()

    def note(value: object, label: str, kind: _Kind) -> Iterable[object]:
        content = state.contents[label] = _content_of(kind, value)
        return kind.parts(content)

    _walk(state, roots, note)
    return state


def _walk(
    state: State,
    roots: Mapping[str, object],
    note: Callable[[object, str, _Kind], Iterable[object]],
    link: Callable[[str, Iterable[object]], None] | None = None,
) -> None:
    """Give a label to all that can change; `note` is told of each and returns its parts."""
    queue: list[object] = []
    shape: list[bytes] = []

    def meet(value: object) -> None:
        """Note one way to an object; it is looked into on the first."""
        if type(value) in _FIXED or isinstance(value, type):
            shape.append(b"")
            return
        label = state.labels.get(id(value))
        if label is None:
            label = state.labels[id(value)] = f"#{len(state.labels)}"
            state.objects[label] = value
            state.kinds[label] = type(value), _kind_of(value)
            queue.append(value)
        shape.append(label.encode())

    for name, value in roots.items():
        shape.append(name.encode("utf-8", "surrogatepass"))
        meet(value)
    for value in queue:
        if len(queue) > _MAX_PARTS:
            raise NotStorableError("result", "object", f"it has more than {_MAX_PARTS} parts")
        label = state.labels[id(value)]
        parts = list(note(value, label, state.kinds[label][1]))
        shape.append(f"{type(value).__module__}.{type(value).__qualname__}".encode())
        for part in parts:
            meet(part)
        if link is not None:
            link(label, parts)
    state.shape = str(tracer.digest_of("shape", *shape))


def _content_of(kind: _Kind, value: object) -> object:
    try:
        return kind.content(value)
    except NotStorableError:
        raise
    except Exception as error:
        name = type(value).__qualname__
        raise NotStorableError(name, name, f"what is in it cannot be told: {error}") from error


# -- what there is to an object -------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Kind:
    """How the content of objects of one kind is read, compared and set."""

    content: Callable[[Any], Any]
    """Returns a copy of it, whose parts are the very parts."""
    apply: Callable[[Any, Any], None]
    parts: Callable[[Any], Iterable[object]]
    """The parts in a content, in an order of their own."""
    is_same: Callable[[Any, Any], bool]
    check: Callable[[str, Any, Any], None] | None = None
    """Raises for a change that cannot be made again."""


def _itself(value: Any) -> Any:
    return value


def _stays(_value: Any, _content: Any) -> None:
    """Do nothing: what cannot change needs nothing done."""


def _always(_one: Any, _other: Any) -> bool:
    return True


def _is_equal(one: bytes, other: bytes) -> bool:
    return one == other


def _same_items(one: Any, other: Any) -> bool:
    one, other = list(one), list(other)
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _same_pairs(one: Any, other: Any) -> bool:
    return _same_items(one, other) and _same_items(one.values(), other.values())


def _pairs(content: Any) -> list[object]:
    return [*content, *content.values()]


def _set_items(value: Any, content: Any) -> None:
    value[:] = content


def _refill(value: Any, content: Any) -> None:
    value.clear()
    value.update(content)


def _refill_queue(value: Any, content: Any) -> None:
    value.clear()
    value.extend(content)


def _nothing(_: Any) -> tuple[()]:
    return ()


def _set_of_fixed(value: Any) -> Any:
    if any(type(item) not in _FIXED and type(item) is not tuple for item in value):
        raise NotStorableError("set", "set", "it holds objects, which have no order of their own")
    return set(value)


def _same_set(one: Any, other: Any) -> bool:
    return len(one) == len(other) and {id(item) for item in one} == {id(item) for item in other}


_SEQUENCE: Final = _Kind(list, _set_items, list, _same_items)
_MAPPING: Final = _Kind(dict, _refill, _pairs, _same_pairs)
_KINDS: Final[dict[type, _Kind]] = {
    list: _SEQUENCE,
    deque: _Kind(list, _refill_queue, list, _same_items),
    dict: _MAPPING,
    OrderedDict: _MAPPING,
    defaultdict: _MAPPING,
    # The order of its items carries no meaning, so none of them gets a label.
    set: _Kind(_set_of_fixed, _refill, _nothing, _same_set),
    bytearray: _Kind(bytes, _set_items, _nothing, _is_equal),
    tuple: _Kind(_itself, _stays, list, _always),
    frozenset: _Kind(_itself, _stays, _nothing, _always),
    Globals: _Kind(Globals.content, Globals.assign, _pairs, _same_pairs),
}


def _kind_of(value: object) -> _Kind:
    known = _KINDS.get(type(value))
    if known is not None:
        return known
    if type(value) is getattr(sys.modules.get("numpy"), "ndarray", None):
        return _OBJECT_ARRAY if cast(Any, value).dtype.hasobject else _ARRAY
    if tracer.has_only_attributes(type(value)) or _has_slots(type(value)):
        return _INSTANCE
    return _PIECE


def _has_slots(kind: type) -> bool:
    is_user = not tracer.is_library(kind)
    is_content = any(base in kind.__mro__ for base in (list, dict, set, deque, BaseException))
    return (
        is_user
        and not is_content
        and any(
            isinstance(member, MemberDescriptorType)
            for base in kind.__mro__
            for member in vars(base).values()
        )
    )


def _attributes(value: object) -> dict[str, object]:
    return dict(tracer.attributes_of(value))


def _set_attributes(value: object, content: dict[str, object]) -> None:
    for name in _attributes(value).keys() - content.keys():
        object.__delattr__(value, name)
    for name, item in content.items():
        object.__setattr__(value, name, item)


_INSTANCE: Final = _Kind(_attributes, _set_attributes, _pairs, _same_pairs)


def _same_array(one: Any, other: Any) -> bool:
    return tracer.encode(one).digest == tracer.encode(other).digest


def _check_array(label: str, before: Any, after: Any) -> None:
    if before.shape != after.shape or before.dtype != after.dtype:
        raise NotStorableError(label, "numpy.ndarray", "it was given another shape or dtype")


def _set_array(value: Any, content: Any) -> None:
    value[...] = content


_ARRAY: Final = _Kind(lambda value: value.copy(), _set_array, _nothing, _same_array, _check_array)
_OBJECT_ARRAY: Final = _Kind(
    lambda value: value.copy(), _set_array, lambda content: content.ravel().tolist(),
    lambda one, other: one.shape == other.shape and _same_items(one.flat, other.flat), _check_array,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """An object of a library as it was: its digest, and what it would be pickled as."""

    digest: bytes
    state: object


def _whole(value: Any) -> _Piece:
    digest = tracer.encode(value).digest
    if (generator := generators.ways(value)) is not None:
        return _Piece(digest, generator.read())
    reduced: Any = value.__reduce_ex__(4)
    has_state = not isinstance(reduced, str) and len(reduced) > 2  # noqa: PLR2004
    if has_state and any(part is not None for part in reduced[3:5]):
        raise NotStorableError("object", type(value).__qualname__, "it has items and attributes")
    state: Any = reduced[2] if has_state else None
    if type(state) is dict:
        state = dict(cast(dict[object, object], state))
    return _Piece(digest, state)


def _set_whole(value: Any, piece: _Piece) -> None:
    if (generator := generators.ways(value)) is not None:
        generator.write(piece.state)
    elif hasattr(value, "__setstate__"):
        value.__setstate__(piece.state)
    else:
        _refill(value.__dict__, piece.state)


def _check_piece(label: str, before: _Piece, after: _Piece) -> None:
    if before.state is None or after.state is None:
        raise NotStorableError(label, "object", "how it changed cannot be told")


_PIECE: Final = _Kind(
    _whole, _set_whole, _nothing, lambda one, other: one.digest == other.digest, _check_piece
)
