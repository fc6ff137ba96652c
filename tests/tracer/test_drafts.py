"""Drafts tell their graph before it is made: equal digests of drafts mean equal graphs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.drafts import Draft, Drafts, OfBytecode
from tracer.graph import NodeKind, Role

ONE, OTHER, CELL, CELL_2 = ["one"], ["other"], object(), object()


def drafts(*changes: Callable[[list[Draft]], object], ordered: bool = False) -> Drafts:
    """Return drafts in which all that can be drafted occurs, with these changes."""
    made = [
        Draft(NodeKind.FUNCTION, "root", [OfBytecode(b"code"), b"2 defaults"], origin=drafts),
        Draft(NodeKind.CLASS, "Kind", [b"Kind"], origin=Draft),
        Draft(NodeKind.VALUE, "list", [b"value"], ONE, varies=True),
        Draft(NodeKind.VALUE, "tuple", [b"pair"], (ONE, OTHER)),
        Draft(NodeKind.ABSENT, "gone", [b"gone"]),
    ]
    made[0].edges += [
        (Role.GLOBAL, "Kind", 1, False),
        (Role.GLOBAL, "items", 2, False),
        (Role.CLOSURE, "free", 2, False),
        (Role.DEFAULT, "pair", 3, False),
    ]
    made[0].cells["free"] = id(CELL)
    made[1].order = ("a", "b")
    made[2].changeable = ((0, ONE),)
    made[3].changeable = ((0, ONE), (1, OTHER))
    made[1].members |= {"a": (2, False), "b": (4, True)}
    made[1].edges.append((Role.CLOSURE, "free", 2, False))
    made[1].cells["free"] = id(CELL)
    for change in changes:
        change(made)
    return Drafts(made, 0, ordered=ordered)


def at(number: int, name: str, value: object) -> Callable[[list[Draft]], object]:
    return lambda made: setattr(made[number], name, value)


CHANGES = {
    "kind": at(4, "kind", NodeKind.BUILTIN),
    "field": at(2, "fields", [b"other"]),
    "more fields": at(2, "fields", [b"value", b""]),
    "fields divided otherwise": at(0, "fields", [OfBytecode(b"code2"), b" defaults"]),
    "fields in another order": lambda made: made[0].fields.reverse(),
    "role": lambda made: made[0].edges.__setitem__(0, (Role.IMPORT, "Kind", 1, False)),
    "target": lambda made: made[0].edges.__setitem__(0, (Role.GLOBAL, "Kind", 4, False)),
    "edge more": lambda made: made[0].edges.append((Role.GLOBAL, "gone", 4, False)),
    "edge less": lambda made: made[0].edges.pop(),
    "edges in another order": lambda made: made[0].edges.reverse(),
    "edge of another": lambda made: made[3].edges.append(made[0].edges.pop()),
    "edge of the next": lambda made: made[1].edges.insert(0, made[0].edges.pop()),
    "captured under another name": lambda made: made[1].edges.__setitem__(
        -1, (Role.CLOSURE, "other", 2, False)
    ),
    "cell of another name": at(1, "cells", {"other": id(CELL)}),
    "member more": lambda made: made[1].members.update(c=(4, False)),
    "member less": lambda made: made[1].members.pop("b", None),
    "member renamed": lambda made: made[1].members.update(c=made[1].members.pop("b", (4, True))),
    "member is another": lambda made: made[1].members.update(a=(3, False)),
    "member of another": lambda made: made[0].members.update(made[1].members),
    "another cell": lambda made: made[1].cells.update(free=id(CELL_2)),
    "no cell": lambda made: made[1].cells.clear(),
    "does not vary": at(2, "varies", False),
    "varies": at(4, "varies", True),
    "another origin": at(2, "origin", OTHER),
    "another part": at(3, "changeable", ((0, ONE), (1, ONE))),
    "a part that is shared with nothing": at(3, "changeable", ((0, []), (1, OTHER))),
    "another place": at(3, "changeable", ((1, ONE), (2, OTHER))),
    "fewer parts": at(3, "changeable", ((0, ONE),)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_the_graph_changes_the_drafts(change: Callable[[list[Draft]], object]) -> None:
    """One change of one draft."""
    before, after = drafts(), drafts(change)
    is_another = before.digest() != after.digest()
    assert is_another or before.graph.digest == after.graph.digest


@pytest.mark.parametrize("ordered", [False, True])
def test_the_order_of_members_counts_where_it_is_listed(ordered: bool) -> None:
    """As it does in the graph."""
    before = drafts(ordered=ordered)
    after = drafts(at(1, "order", ("b", "a")), ordered=ordered)
    assert (before.digest() == after.digest()) is not ordered
    assert (before.graph.digest == after.graph.digest) is not ordered


@given(st.lists(st.sampled_from(sorted(CHANGES)), max_size=5, unique=True), st.data())
def test_equal_drafts_make_equal_graphs(names: list[str], data: st.DataObject) -> None:
    """Whatever was changed together, and in whatever order it was."""
    others = data.draw(st.permutations(names))
    one = drafts(*(CHANGES[name] for name in names))
    other = drafts(*(CHANGES[name] for name in others))
    if one.digest() == other.digest():
        assert one.graph.digest == other.graph.digest


def test_what_is_only_for_people_does_not_count() -> None:
    """Nor do names of things, nor where they are."""
    changes = (at(3, "preview", "…"), at(0, "where", "a.py:1"), at(2, "name", "other"))
    assert drafts(*changes).digest() == drafts().digest()


def test_names_that_cannot_be_written_tell_nothing() -> None:
    """A text of a class of the program may be equal to what it likes."""

    class Text(str):
        __slots__ = ()

    assert drafts(lambda made: made[1].members.update({Text("c"): (4, False)})).digest() is None


def test_the_graph_is_made_once_and_its_code_is_known_before_and_after() -> None:
    """What was drafted is given up for it."""
    made = drafts()
    codes = list(made.codes())
    assert codes == [drafts.__code__]
    assert made.graph is made.graph
    assert list(made.codes()) == codes
