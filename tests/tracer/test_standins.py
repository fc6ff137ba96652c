"""Stand-ins are where somebody may ask, as long as anybody observes."""

from __future__ import annotations

import os
from types import SimpleNamespace

from tracer import standins
from tracer.standins import Place, StandIn


def told(*_: object) -> None:
    """Be told of a question."""


def test_they_stay_while_anybody_observes() -> None:
    """One call that ends takes no stand-in from another that goes on, named by its code or not."""
    original = os.stat
    outer = standins.put_in((), told)
    inner = standins.put_in([Place(vars(os), "stat")], told)
    assert type(os.stat) is StandIn
    standins.take_out(inner)
    assert type(os.stat) is StandIn
    standins.take_out(outer)
    assert os.stat is original


def test_a_name_of_the_program_has_one_while_its_call_goes_on() -> None:
    """It is back as soon as no call needs it, though others observe."""
    program = SimpleNamespace(stat=os.stat)
    place = Place(vars(program), "stat")
    original = os.stat
    outer = standins.put_in((), told)
    assert program.stat is original
    one, other = standins.put_in([place], told), standins.put_in([place], told)
    standins.take_out(one)
    assert type(program.stat) is StandIn
    standins.take_out(other)
    assert program.stat is original
    assert type(os.stat) is StandIn
    standins.take_out(outer)
    assert os.stat is original


def test_what_a_program_put_there_stays() -> None:
    """A mock is no matter of ours."""
    program = SimpleNamespace(stat=len)
    places = standins.put_in([Place(vars(program), "stat")], told)
    assert program.stat is len
    standins.take_out(places)
    assert program.stat is len
