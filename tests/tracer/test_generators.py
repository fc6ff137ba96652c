"""Global generators of random numbers: what a call took, and whether the program seeds."""

from __future__ import annotations

import random

import pytest

import tracer
from tracer import generators, seeding

np = pytest.importorskip("numpy")


def seen(function):
    """Return facts and generators that moved, of one call."""
    graph = tracer.walk(function)
    with tracer.observe(graph) as observation:
        function()
    return [fact.name for fact in observation.end()[0]], list(observation.advanced)


def draws():
    return random.random(), np.random.rand()


def seeds_first():
    random.seed(1)
    return random.random()


def seeds_last():
    random.random()
    random.seed(1)


def borrows():
    state = random.getstate()
    random.seed(1)
    random.random()
    random.setstate(state)


def peeks():
    state = random.getstate()
    random.random()
    random.setstate(state)


def may_draw():
    return 1 if "a" else random.random()


def has_its_own():
    return random.Random(1).random(), np.random.default_rng(1).random()


CASES = {
    draws: (["numpy.random", "random"], ["random", "numpy.random"]),
    seeds_first: ([], ["random"]),
    seeds_last: (["random"], ["random"]),
    borrows: ([], []),
    peeks: (["random"], []),
    may_draw: ([], []),
    has_its_own: ([], []),
}


@pytest.mark.parametrize("function", CASES, ids=lambda function: function.__name__)
def test_what_a_call_took(function) -> None:
    """The state it found, the state it left, both or neither."""
    assert seen(function) == CASES[function]


def test_states_are_put_back() -> None:
    """Whatever the generator is, with what it keeps for the next normal number."""
    random.gauss(0, 1)
    np.random.standard_normal()
    states = {
        name: one.read(_module(name))
        for name, one in generators._generators.items()
        if _module(name)
    }
    expected = random.gauss(0, 1), random.random(), np.random.standard_normal(3).tolist()
    generators.put(states)
    assert (random.gauss(0, 1), random.random(), np.random.standard_normal(3).tolist()) == expected


def _module(name: str):
    return {"random": random, "numpy.random": np.random}.get(name)


def test_another_kind_of_generator_in_numpy() -> None:
    """A program may put one in the place of the first."""
    before = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        state = generators._generators["numpy.random"].read(np.random)
        expected = np.random.rand()
        generators.put({"numpy.random": state})
        assert np.random.rand() == expected
    finally:
        np.random.set_bit_generator(before)


PROGRAMS = {
    "import random\nrandom.seed(1)": {"random"},
    "import random as r\nr.seed(1)": {"random"},
    "from random import seed as sow\nsow(1)": {"random"},
    "import numpy as np\nnp.random.seed(1)": {"numpy.random"},
    "from numpy.random import seed": {"numpy.random"},
    "import numpy as np, random\nnp.random.seed(1)": {"random", "numpy.random"},
    "def f():\n    import random\n    random.setstate(())": {"random"},
    "def f(lib): lib.np.random.seed(1)": {"random", "numpy.random"},
    "from transformers import set_seed": {"random", "numpy.random"},
    "import random, numpy as np\nseed = 1\nnp.random.default_rng(seed=seed)": set(),
    "import random\nrandom.random()  # no random.seed(1)": set(),
    "%matplotlib inline\nrandom.seed(1)": {"random", "numpy.random"},
}


@pytest.mark.parametrize(("text", "expected"), PROGRAMS.items())
def test_what_code_seeds(text: str, expected: set[str]) -> None:
    """Told by what it names and imports; where it cannot be read, it may seed anything."""
    said = seeding._of_text(text, "program.py")
    known = {name: generators._generators[name] for name in ("random", "numpy.random")}
    assert {name for name, one in known.items() if said.seeds(one.module, one.seeding)} == expected
