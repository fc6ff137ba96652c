"""While a walk makes what it keeps, Python does not look for garbage."""

from __future__ import annotations

import gc
import os

import pytest

from tracer.collecting import collector_paused


def test_it_pauses_and_goes_on() -> None:
    """Within there are no collections, and after it there are, as before."""
    assert gc.isenabled()
    with collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_goes_on_after_an_error() -> None:
    """Code that cannot be traced does not leave it paused."""
    with pytest.raises(ZeroDivisionError), collector_paused():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_switched_it_off_finds_it_off() -> None:
    """A program that collects when it wants to is left alone."""
    gc.disable()
    try:
        with collector_paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()


frozen_at_start = pytest.mark.skipif(
    gc.get_freeze_count() >= 1_000, reason="so many objects are frozen here as a program would"
)


@frozen_at_start
def test_what_a_walk_made_is_not_looked_at_again() -> None:
    """All of it is old at once, also where Python froze objects of its own when it started."""
    with collector_paused():
        made = [[] for _ in range(30_000)]
    young = {id(one) for one in gc.get_objects(generation=0)}
    assert not young.intersection(map(id, made))


@frozen_at_start
def test_what_a_small_walk_made_is_not_looked_at_either() -> None:
    """Most of what is new is its own."""
    gc.collect()
    with collector_paused():
        made = [[] for _ in range(4_000)]
    young = {id(one) for one in gc.get_objects(generation=0)}
    assert not young.intersection(map(id, made))


def test_what_the_program_made_before_is_looked_at() -> None:
    """Where most of what is new may be garbage, it is looked for."""
    before = gc.get_threshold()
    gc.collect()
    gc.set_threshold(1_000_000)
    try:
        others = [[] for _ in range(4_000)]
        with collector_paused():
            made = [[] for _ in range(4_000)]
        young = {id(one) for one in gc.get_objects(generation=0)}
        assert young.issuperset(map(id, others))
        assert young.issuperset(map(id, made))
    finally:
        gc.set_threshold(*before)


def test_what_a_program_froze_stays_frozen() -> None:
    """Before it forks, say, so that its children share all that."""
    gc.freeze()
    try:
        before = gc.get_freeze_count()
        with collector_paused():
            made = [[] for _ in range(30_000)]
        assert gc.get_freeze_count() >= before > len(made) / 30
    finally:
        gc.unfreeze()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_collects() -> None:
    """A process that is forked in the middle has no one to end the pause."""
    with collector_paused():
        child = os.fork()
        if not child:
            os._exit(0 if gc.isenabled() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
