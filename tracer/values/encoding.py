"""What an encoding is: tagged tokens, values digested from the leaves up, references.

    digest    ::= that of content
    content   ::= plain | token*
    plain     ::= "p", the number of this format, and what `marshal` writes of an atom or
                  of plain data (`flat.py`)
                | "q", the number of this format, "l", "t" or "d", a count of 8 bytes, and the
                  digest of so many plain values (`many.py`), of a dictionary first the keys
    token     ::= atom | tag bytes
    tag       ::= its length in one byte, and that many bytes that name the type
    bytes     ::= a fixed size, or a length of 8 bytes and so many bytes, or a count
                  of 8 bytes and so many tokens
    value     ::= "n" digest, or "r" digest and the numbers of its references
    reference ::= "@" number     a function, class or module, numbered by first use

`cycles.py` has what is written of a value that contains itself. Every tag tells how far
its bytes go, and whether a value is plain depends on its content, so that no two values
share a content and no value has two.

A value that is met twice is digested once, and nothing recurses: neither sharing nor
depth costs more than it weighs. Which parts are one object is no part of the digest.
Those that can change are noted beside it (`places.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Final, NamedTuple, cast

from .. import hashing
from ..bytecode import facts_of
from ..collecting import collector_paused
from ..digests import Digest
from ..errors import NotDigestibleError
from ..kinds import (
    LruCache,
    dict_getter_of,
    identity,
    is_kind,
    is_module,
    is_one_of,
    namespace_of,
    qualified_name_of,
    says_where_it_belongs,
)
from . import answering
from .buffers import Job, digest_buffer, digests_of
from .cycles import Component, close_component
from .flat import (
    ATOMS,
    HOLDERS,
    LARGE,
    Flat,
    changing_among,
    digest_of_atom,
    flat,
    holders_in,
    is_atom,
    written,
)
from .handlers import handler_of, is_library, known
from .many import PIECE, Many, NotPlainError
from .nodes import AnyStep, Done, Group, Node, Rope, Slot, Step, shown_path, size_token
from .pickles import named_in_pickle
from .places import Parts, Place, Places, Unordered, numbered
from .shapes import Shape, added_to, shape_of


class Reference(NamedTuple):
    """A function, class or module that a value holds, with the path to it."""

    path: str
    target: object


@dataclass
class Encoded:
    """A value as its encoding sees it; not to be changed.

    Not frozen: that takes twice the time, and most values of a walk are small.
    """

    digest: Digest
    """Stands for the value; what references mean is not in it."""
    references: tuple[Reference, ...] = ()
    immutable: bool = True
    """No part of it can change as long as it is the same object."""
    met_library: bool = False
    """It holds an instance of a library's class, whose methods may call back."""
    places: Places | None = field(default=None, compare=False, repr=False)
    answered: tuple[object, ...] = field(default=(), compare=False, repr=False)
    """Code that is in something which may answer in its place, such as a cache."""
    cached: tuple[tuple[Any, object], ...] = field(default=(), compare=False, repr=False)
    """Of this, code that nothing may answer for but an `lru_cache` or a cached property, each
    with that cache."""

    @cached_property
    def changeable(self) -> tuple[Place, ...]:
        """Parts that can change, itself included."""
        return () if self.places is None else numbered(self.places)


Order = Callable[[object], bytes]
"""Gives bytes by which code in a set is put in an order of its own."""


def encode(value: object, *, sentinels: bool = True) -> Encoded:
    """Return the canonical encoding of `value`.

    Args:
        sentinels: accept a bare `object()`, which stands for itself alone. Right where
            it was found under a name; wrong for an argument, where any other would
            look the same.

    Raises:
        NotDigestibleError: a part of it has no digest that would mean the same in
            another process; its `path` leads there from `value`.

    Cost: proportional to the size of the value; buffers are read in place.
    """
    kind = identity(type(value))
    if kind in ATOMS and is_atom(value):
        return Encoded(Digest(digest_of_atom(value)))
    if kind in HOLDERS:
        found = flat(value)
        if found is not None:
            return _encoded_flat(value, found)
    return Encoder(sentinels=sentinels).encoded(value)


class Content(NamedTuple):
    """A value as nothing but content and code."""

    digest: bytes
    references: list[tuple[object, Rope]]
    ambiguous: bool
    """References in a set were left in the order in which the set has them."""


def encode_content(value: object, *, order: Order | None = None) -> Content:
    """Return the encoding of a value as nothing but content, for a digest that is given away.

    Tools that hold no content, such as locks, are refused.

    Args:
        order: how code in a set is ordered.

    Raises and cost are those of `encode`.
    """
    encoder = Encoder(sentinels=False, content_only=True, order=order)
    done = encoder.done(value)
    ambiguous = encoder.ambiguous
    if encoder.components:
        # Members of a cycle are put in order when it is entered, after it was closed.
        ambiguous |= any(one.ambiguous for one in encoder.components)
    return Content(done.digest, done.references, ambiguous)


_NOWHERE: Final = Node(None, None, "", made=True)
_BYTES: Final = identity(bytes)
_SIZES: Final = tuple(bytes((size,)) for size in range(256))


class Encoder:
    """One encoding on its way: what was written, and where in the value it is."""

    def __init__(
        self, *, sentinels: bool, content_only: bool = False, order: Order | None = None
    ) -> None:
        self.sentinels = sentinels
        self.content_only = content_only
        self.order = order or order_of_code
        self.immutable = True
        self.met_library = False
        self.ambiguous = False
        self.has_hashed = False
        """A set, or the keys of a dictionary, have more than plain data in them."""
        self.components: list[Component] = []
        self.mentioned: list[Reference] = []
        self.answered: dict[int, object] = {}
        self.cached: list[tuple[Any, object]] = []
        self.made_by_handlers = 0
        # What was met, apart for what handlers made, inside which nothing is noted.
        self.met: tuple[dict[int, Done | Node], dict[int, Done | Node]] = ({}, {})
        self.texts: dict[int, tuple[object, bytes]] = {}
        self.flats: dict[int, tuple[object, Flat | None]] = {}
        self.shapes: dict[int, Shape | None] = {}
        self.node: Node = _NOWHERE
        self.out: list[bytes] = []
        self.jobs: list[tuple[int, Job]] = []
        """Digests of the value that is written, still to be made, each with its place in `out`."""

    # -- tokens -------------------------------------------------------------------

    def mark(self, tag: bytes, content: bytes = b"") -> None:
        """Write a tag, and content of a size that the tag implies."""
        self.out += (_SIZES[len(tag)], tag, content)

    def token(self, tag: bytes, content: bytes | memoryview = b"") -> None:
        """Write a tag and one run of bytes."""
        self.out += (_SIZES[len(tag)], tag, size_token(len(content)), bytes(content))

    def buffer(self, tag: bytes, content: memoryview | bytes) -> None:
        """Write a tag and the digest of a large run of bytes, read in place."""
        size = memoryview(content).nbytes
        self.out += (_SIZES[len(tag)], tag, size_token(size), digest_buffer(content))

    def later(self, tag: bytes, size: int, make: Callable[[], bytes]) -> None:
        """Write a tag and a digest that is made when all of this value is written.

        Args:
            size: of what is read for it, in bytes.
            make: gives the digest; called in any thread, at once with others of this value.
        """
        if size < _WORTH_WAITING:
            self.mark(tag, make())
            return
        self.mark(tag)
        self.jobs.append((len(self.out) - 1, Job(size, make)))

    def atom(self, value: object) -> None:
        """Write a number, a text or None."""
        self.out.append(self._atom(value))

    def _atom(self, value: object) -> bytes:
        if is_atom(value):
            return written(value)
        known_text = self.texts.get(identity(value))
        if known_text is None:
            data = cast(str, value).encode("utf-8", "surrogatepass")
            long = b"\4text" + size_token(len(data)) + digest_buffer(data)
            known_text = self.texts[identity(value)] = (value, long)
        return known_text[1]

    def _bytes(self, value: bytes) -> bytes:
        if not self.content_only:  # what a pickle names may not be loaded yet
            for target in named_in_pickle(value):
                self.mention(target)
        if len(value) <= LARGE:
            return b"\1b" + size_token(len(value)) + value
        kept = self.texts.get(identity(value))
        if kept is None:
            long = b"\5bytes" + size_token(len(value)) + digest_buffer(value)
            kept = self.texts[identity(value)] = (value, long)
        return kept[1]

    def bytes_(self, value: bytes) -> None:
        """Write bytes; where they are a pickle, note the code that it names."""
        self.out.append(self._bytes(value))

    def values(self, tag: bytes, items: Iterable[tuple[AnyStep, object]], count: int) -> None:
        """Write a tag, a count and so many values, each under its step of the path."""
        self.out += (_SIZES[len(tag)], tag, size_token(count))
        for step, item in items:
            self.value(item, step)

    def attributes(self, tag: bytes, found: Sequence[tuple[Step, object]]) -> None:
        """Write a tag, a count, and attributes by name: each under the step that leads to it."""
        named = [(step, part) for step, item in found for part in (step, item)]
        self.values(tag, named, len(found))

    def added(self, value: object) -> None:
        """Write attributes that the program gave a value beside what its handler writes."""
        if dict_getter_of(type(value)) is None:
            return
        self.immutable = False
        found = added_to(value)
        if found:
            self.attributes(b"added", found)

    def sequence(self, tag: bytes, items: Sequence[object]) -> None:
        """Write a tag, a count and the items of a sequence of a builtin type."""
        self.out += (_SIZES[len(tag)], tag, size_token(len(items)))
        if len(items) >= _ALIKE and self._instances(items):
            return
        for index, item in enumerate(items):
            self.value(item, index)

    def unordered(self, tag: bytes, items: Iterable[object]) -> None:
        """Write values whose order carries no meaning, in the order of their bytes."""
        members = list(items)
        self.out += (_SIZES[len(tag)], tag, size_token(len(members)))
        if holders_in(members) == []:
            self.out.append(b"".join(sorted(map(written, members))))
            return
        group = Group(len(self.out))
        self.out.append(b"")
        for member in members:
            token = self._plain(member)
            if token is None:
                slot = Slot(-1, "{…}", member, made=self._made)
                group.slots.append(slot)
                self.node.slots.append(slot)
            else:
                group.texts.append(token)
        if group.slots:
            self.has_hashed = True
            self.node.groups.append(group)
        else:
            group.texts.sort()
            self.out[group.position] = b"".join(group.texts)

    def refer(self, target: object, step: str = "") -> None:
        """Write a reference to code, whose meaning is the caller's to find out."""
        number = self.node.refer(target, Rope(step))
        self.mark(b"@", size_token(number))

    def mention(self, target: object) -> None:
        """Note code that the value finds by name, which is no part of its encoding."""
        self.immutable = False  # the name may come to mean something else
        self.mentioned.append(Reference(self.path, target))
        node: Node | None = self.node
        while node is not None:
            if answering.may_answer(type(node.value)):
                self.answered[identity(target)] = target
            node = node.parent

    def _note_answered(self, *nodes: Node) -> None:
        """Note code in values, all of one cycle, of which one may answer in its place."""
        for node in nodes:
            if node.references:
                break
        else:
            return
        for node in nodes:
            if answering.may_answer(type(node.value)):
                break
        else:
            return
        if len(nodes) == 1 and is_one_of(type(nodes[0].value), (LruCache, cached_property)):
            self.cached += [(nodes[0].value, target) for target, _ in nodes[0].references]
        else:
            for node in nodes:
                self.answered.update((identity(target), target) for target, _ in node.references)

    @property
    def path(self) -> str:
        """How the value that is being written is reached from the outermost one."""
        rope: Rope | None = None
        node: Node | None = self.node
        while node is not None:
            rope = Rope(node.step, rope)
            node = node.parent
        return shown_path(rope)

    def refuse(self, value: object, reason: str = "") -> NotDigestibleError:
        """Return the error that names `value` by the path that led to it."""
        return NotDigestibleError(self.path, qualified_name_of(type(value)), reason)

    def no_content(self, value: object, reason: str) -> None:
        """Refuse what stands for itself alone, where nothing but content is asked for."""
        if self.content_only:
            raise self.refuse(value, reason)

    # -- values -------------------------------------------------------------------

    @property
    def _made(self) -> bool:
        return self.made_by_handlers > 0 or self.node.made

    def made(self, value: object) -> None:
        """Write a value that a handler made, which the program does not have."""
        self.made_by_handlers += 1
        self.value(value)
        self.made_by_handlers -= 1

    def made_values(self, tag: bytes, items: Iterable[tuple[AnyStep, object]], count: int) -> None:
        """Write what `values` writes, of values that a handler made."""
        self.made_by_handlers += 1
        self.values(tag, items, count)
        self.made_by_handlers -= 1

    def value(self, value: object, step: AnyStep = "") -> None:
        """Write any value, by the handler of its type."""
        token = self._plain(value)
        if token is None:
            if type(step) is tuple and len(step) > 1:
                self.has_hashed = True  # it is a key
            token = self._instance(value, step) or self._code(value, step)
        if token is None:
            slot = Slot(len(self.out), step, value, made=self._made)
            self.node.slots.append(slot)
            token = b""
        self.out.append(token)

    def _plain(self, value: object) -> bytes | None:
        """Return what is written of plain data, or None for anything else."""
        kind = identity(type(value))
        if kind in ATOMS:
            return self._atom(value)
        if kind == _BYTES:
            return self._bytes(cast(bytes, value))
        if kind in HOLDERS:
            found = self._flat(value)
            if found is not None:
                return b"\1n" + found
        return None

    def _instance(self, value: object, step: AnyStep) -> bytes | None:
        """Return what is written of an instance that holds plain data, or None for others.

        It is what the handler of instances writes, without a node of its own.
        """
        kind = type(value)
        shape = self._shape(kind)
        if shape is None:
            return None
        held = shape.state(value)
        holders = holders_in(held)
        if holders is None:
            return None
        self.immutable = False
        node = self.node
        if not (node.made or self.made_by_handlers):
            cast(Places, node.places).inner.append(_places_of_instance(value, holders))
        digest = hashing.digest(_INSTANCE + written(held))
        number = node.numbers.get(identity(kind))
        if number is None:
            number = node.refer(kind, Rope(step, _CLASS))
        return b"\1r" + digest + _ONE + size_token(number)

    def _code(self, value: object, step: AnyStep) -> bytes | None:
        """Return what is written of a function, class or module, or None for others.

        It is what comes of a node of its own. Not behind values inside that are still to be
        written: what those refer to has the lower numbers.
        """
        node = self.node
        if node.slots or known(type(value))[1] is not Encoder.refer:
            return None
        number = node.refer(value, Rope(step, _ITSELF))
        return b"\1r" + hashing.digest(_REFERENCE) + _ONE + size_token(number)

    def _instances(self, items: Sequence[object]) -> bool:
        """Write instances of one class that hold plain data; tell whether they were.

        They are written in one go, by their class and their attributes.
        """
        kind = type(items[0])
        shape = None if identity(kind) in ATOMS or identity(kind) in HOLDERS else self._shape(kind)
        if shape is None:
            return False
        for item in items:
            if type(item) is not kind:
                return False
        states = [shape.state(item) for item in items]
        many = Many(len(states) + sum(map(len, states)))
        holders: list[Any] = []
        try:
            for start in range(0, len(states), PIECE):
                holders += many.add_states(states[start : start + PIECE])
        except NotPlainError:
            return False
        self.immutable = False
        node = self.node
        if not (node.made or self.made_by_handlers):
            inner = cast(Places, node.places).inner
            if holders:
                inner += map(_places_of_instance, items, map(_holders_in_state, states))
            else:
                inner.append(Parts(tuple(items)))
        number = node.refer(kind, Rope(0, _CLASS))
        self.mark(b"alike", size_token(number) + many.digest())
        return True

    def _shape(self, kind: type) -> Shape | None:
        shape = self.shapes.get(identity(kind), _UNKNOWN)
        if shape is _UNKNOWN:
            shape = self.shapes[identity(kind)] = self._shape_of(kind)
        return shape

    def _shape_of(self, kind: type) -> Shape | None:
        _, handler, _ = known(kind)
        if handler is not handler_of(object):
            return None
        shape = shape_of(kind)
        return None if shape is None or (self.content_only and shape.is_pickled_its_way) else shape

    def state(self, held: dict[str, object]) -> None:
        """Write the attributes of an instance."""
        holders = holders_in(held)
        if holders is None:
            self.values(b"attrs", _attributes(held), len(held))
            return
        changing = changing_among(holders)
        if changing and not self._made:
            cast(Places, self.node.places).inner.append(Parts(changing))
        self.mark(b"flat", written(held))

    def items(self, tag: bytes, items: list[Any], path: str = "") -> bool:
        """Write values of a list that the program does not have; tell if they were all atoms."""
        found = flat(items)
        if found is not None and not found.holders:
            self.mark(tag, b"n" + found.digest)
            return True
        self.mark(tag, b"v")
        steps = ((f"{path}[{index}]", item) for index, item in enumerate(items))
        self.values(b"l", steps, len(items))
        return False

    def column(self, tag: bytes, digest: bytes, column: Any, path: str) -> None:  # noqa: ARG002
        """Write a column of atoms by its digest (`many.py`)."""
        self.mark(tag, b"t" + digest)

    def _flat(self, value: Any) -> bytes | None:
        """Return the digest of a builtin container that is plain data, or None."""
        kept = self.flats.get(identity(value))
        if kept is not None:
            _, found = kept
        else:
            found = flat(value)
            if len(value) >= _WORTH_KEEPING:
                self.flats[identity(value)] = (value, found)
        if found is None:
            return None
        if not self._made:
            changing = changing_among([value, *found.holders])
            if changing:
                self.immutable = False
                cast(Places, self.node.places).inner.append(Parts(changing))
        return found.digest

    def encoded(self, value: object) -> Encoded:
        """Return the encoding of a value that is not plain, the outermost one."""
        done = self.done(value)
        references = [Reference(shown_path(rope), target) for target, rope in done.references]
        if self.has_hashed:
            references += _placed_by_hash(references)
        cached = tuple([one for one in self.cached if identity(one[1]) not in self.answered])
        return Encoded(
            Digest(done.digest),
            tuple(references + self.mentioned),
            self.immutable,
            self.met_library,
            done.places if done.places is not None and done.places.size else None,
            (*self.answered.values(), *(target for _, target in cached)),
            cached,
        )

    def done(self, value: object) -> Done:
        """Return the digest of a value that is not plain, the outermost one."""
        root = Node(value, None, "", made=self.content_only)
        self._write(root)
        if root.slots:
            # Nothing that is made here is garbage before the end.
            with collector_paused():
                return self._run(root)
        self._note_answered(root)
        return _digested(root)

    def _run(self, root: Node) -> Done:
        """Write all that a value holds that was written itself, from the leaves up.

        Strongly connected components are found on the way (Tarjan 1972), with a stack
        of its own.
        """
        work = [root]
        waiting: list[Node] = []
        while work:
            node = work[-1]
            if node.order < 0:
                node.order = node.low = len(waiting)
                waiting.append(node)
                self.met[node.made][identity(node.value)] = node
                if node is not root:
                    self._write(node)
            slots = node.slots
            while node.at < len(slots):
                slot = slots[node.at]
                found = self.met[slot.made].get(identity(slot.value))
                if found is None:
                    work.append(Node(slot.value, node, slot.step, made=slot.made))
                    break
                if type(found) is Node:
                    if found.component is None:
                        node.low = min(node.low, found.low)
                        node.is_cyclic |= found is node
                    else:
                        found = found.component.entered(found)
                slot.found = found
                node.at += 1
            else:
                work.pop()
                if node.low == node.order:
                    self._close(node, waiting)
        found = self.met[root.made][identity(root.value)]
        return found if type(found) is Done else cast(Node, found).component.entered(found)

    def _write(self, node: Node) -> None:
        value = node.value
        _, handler, changes = known(type(value))
        self.node, self.out = node, node.parts
        handler(self, value)
        if self.jobs:
            places, jobs = zip(*self.jobs, strict=True)
            self.jobs.clear()
            for place, digest in zip(places, digests_of(jobs), strict=True):
                node.parts[place] = digest
        if node.places is not None and changes:
            node.places.itself = (value,)

    def _close(self, node: Node, waiting: list[Node]) -> None:
        """Digest a value of which everything inside was digested, or leads back to it."""
        members = waiting[node.order :]
        del waiting[node.order :]
        for member in members:
            self._fill(member)
        if len(members) > 1 or node.is_cyclic:
            self.components.append(close_component(members, self.order))
            self._note_answered(*members)
            return
        self._note_answered(node)
        self.met[node.made][identity(node.value)] = _digested(node)

    def _fill(self, node: Node) -> None:
        """Write the values inside that were digested; note those that lead back."""
        places, parts = node.places, node.parts
        for slot in node.slots:
            found = slot.found
            if slot.position < 0:
                continue
            if type(found) is Node:
                node.open.append(slot)
                if places is not None and found.places is not None:
                    places.inner.append(found.places)
                continue
            done = cast(Done, found)
            parts[slot.position] = _token_of(node, done, slot.step)
            if places is not None and done.places is not None:
                places.inner.append(done.places)
        for group in node.groups:
            parts[group.position] = self._in_order(node, group)

    def _in_order(self, node: Node, group: Group) -> bytes:
        """Return what is written of the members of a set, by their digests and their code."""
        members: list[tuple[bytes, tuple[bytes, ...], Slot | None]] = [
            (text, _NO_KEYS, None) for text in group.texts
        ]
        members += [
            (slot.found.digest, self._keys(slot.found), slot)
            for slot in group.slots
            if type(slot.found) is Done
        ]
        members.sort(key=lambda member: member[:2])
        tokens: list[bytes] = []
        alike: list[list[Places]] = []
        before: tuple[bytes, tuple[bytes, ...]] | None = None
        for first, keys, slot in members:
            if slot is None:
                tokens.append(first)
                continue
            done = cast(Done, slot.found)
            if before == (first, keys):
                self.ambiguous |= bool(keys)
            else:
                before = (first, keys)
                alike.append([])
            tokens.append(_token_of(node, done, slot.step))
            if done.places is not None:
                alike[-1].append(done.places)
        if node.places is not None and any(alike):
            node.places.inner.append(Unordered(alike))
        return b"".join(tokens)

    def _keys(self, done: Done) -> tuple[bytes, ...]:
        if done.keys is None:
            done.keys = tuple([self.order(target) for target, _ in done.references])
        return done.keys


def _digested(node: Node) -> Done:
    """Return what is known of a value of which all inside was written."""
    places = node.places
    if places is not None:
        if places.inner or places.itself:
            places.settle(node.value, changes=bool(places.itself))
        else:
            places = None
    return Done(node.value, hashing.digest(b"".join(node.parts)), node.references, places)


_NO_KEYS: Final[tuple[bytes, ...]] = ()
_WORTH_KEEPING: Final = 64
"""Items from which on a container is not written again where it is met again."""


def _token_of(node: Node, done: Done, step: AnyStep) -> bytes:
    """Return what is written of a value inside another."""
    if not done.references:
        return b"\1n" + done.digest
    numbers = [size_token(node.refer(target, Rope(step, rope))) for target, rope in done.references]
    return b"".join((b"\1r", done.digest, size_token(len(numbers)), *numbers))


def _attributes(held: dict[str, object]) -> Iterator[tuple[Step, object]]:
    for (step, item), name in zip(attributes(held), held, strict=True):
        yield step, name
        yield step, item


def attributes(held: dict[str, object]) -> Iterator[tuple[Step, object]]:
    """Yield attributes under the steps that lead to them."""
    for name, item in held.items():
        yield f".{name}" if type(name) is str else (name,), item


_UNKNOWN: Final[Any] = object()
_WORTH_WAITING: Final = 1 << 14
"""Bytes from which on a digest is put off until there are others to make at once."""
_ALIKE: Final = 16
"""Items from which on it pays to look whether they are alike."""
_ONE: Final = size_token(1)
_CLASS: Final = Rope(".__class__")
_ITSELF: Final = Rope("")
_REFERENCE: Final = b"\1@" + size_token(0)
"""What is written of a function, class or module, which refers to itself."""
_INSTANCE: Final = b"\6object\1@" + size_token(0) + b"\4flat"
"""What is written of an instance before the digest of its attributes."""


def _encoded_flat(value: Any, found: Flat) -> Encoded:
    changing, changes = changing_among(found.holders), bool(changing_among([value]))
    places = None
    if changes or changing:
        places = Places()
        if changing:
            places.inner.append(Parts(changing))
        places.settle(value, changes=changes)
    return Encoded(Digest(found.digest), immutable=places is None, places=places)


def _places_of_instance(value: object, holders: list[Any]) -> Places:
    """Return the places of an instance, by the containers among its attributes, all plain."""
    places = Places()
    places.inner.append(Parts(changing_among(holders)))
    places.settle(value, changes=True)
    return places


def _holders_in_state(held: dict[str, object]) -> list[Any]:
    return [one for one in held.values() if identity(type(one)) in HOLDERS]


PLACED_BY_HASH: Final = ("{…}", ".keys()[…]")
"""What the path to an item of a set, and to a key, has in it."""


def _placed_by_hash(references: list[Reference]) -> list[Reference]:
    """Return what may be in a set too, by another path than the one by which it was met first.

    Of classes whose instances, or which themselves, say where they belong there.
    """
    return [
        Reference(f"{PLACED_BY_HASH[0]}.__class__", one.target)
        for one in references
        if not any(mark in one.path for mark in PLACED_BY_HASH)
        and is_kind(one.target, type)
        and not is_library(cast(type, one.target))
        and says_where_it_belongs(cast(type, one.target))
    ]


def order_of_code(target: object) -> bytes:
    """Return bytes by which code in a set can be put in an order of its own."""
    if type(target) is FunctionType:
        return target.__qualname__.encode() + facts_of(target.__code__).canonical
    if is_kind(target, type):
        return qualified_name_of(cast(type, target)).encode()
    if is_module(target):
        return str(namespace_of(cast(ModuleType, target)).get("__name__")).encode()
    if type(target) is BuiltinFunctionType:
        return target.__name__.encode()
    return b""
