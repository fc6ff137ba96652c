"""Global generators of random numbers: what a call took from them, and whether it may.

    random   numpy.random   torch

A call that takes numbers from a global generator depends on the state it finds, if the
program seeds that generator: a name of a seeding function in its code says so. If nobody
does, any sample is as good as the one that was drawn, and a call is served that one. A
call that seeds the generator itself, before it takes any, depends on nothing there.

`register` adds generators of other libraries. Imports none of them.
"""

from __future__ import annotations

import json
import struct
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final, NamedTuple

from .digests import digest_bytes
from .graph import DependencyGraph
from .kinds import loaded_module
from .reached import ANYTHING, DISTRIBUTION, reached_by
from .seeding import is_seeded
from .standins import offer
from .world import ABSENT


class Generator(NamedTuple):
    """A generator that belongs to a library and has no name in a program."""

    name: str
    module: str
    read: Callable[[Any], bytes]
    """Is given that module, once it is loaded, and gives the state."""
    write: Callable[[Any, bytes], None]
    """Brings the generator into a state that `read` has given."""
    readers: frozenset[str]
    """Libraries that may take numbers from it; see `reached`."""
    seeding: frozenset[str]
    """Functions of the module that bring it into a state of their own."""


def register(generator: Generator) -> None:
    """Let a global generator count, beside those that are known here."""
    _generators[generator.name] = generator


class Watched:
    """A generator that a call may take numbers from, from before the call."""

    __slots__ = ("_before", "_generator", "_is_own", "_took")

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._before = _state(generator)
        self._is_own = False
        self._took = False

    def seeded(self, module: str) -> None:
        """Note that it is about to be seeded, if it is the one of this module."""
        if module == self._generator.module and not self._is_own:
            # Had nothing been taken so far, nothing was taken of what was there before.
            self._took = _state(self._generator) != self._before
            self._is_own = True

    def copied(self) -> None:
        """Note that somebody else goes on from here, and what is taken there is not seen."""
        self._took |= not self._is_own

    def end(self) -> tuple[str, str | None, bytes | None]:
        """Return its name, the state the call depended on, and that it left, if it did."""
        generator = self._generator
        after = _state(generator)
        if self._before is None:
            # Loaded by the call itself: from any state, unless that seeded it at once.
            depends = after is not None and is_seeded(generator.module, generator.seeding)
            return generator.name, NOT_LOADED if depends else None, None
        moved = after is not None and after != self._before
        depends = self._took or (moved and not self._is_own)
        before = str(digest_bytes(self._before)) if depends else None
        return generator.name, before, after if moved else None


def watch(graph: DependencyGraph) -> tuple[Watched, ...]:
    """Look at the generators that code may take numbers from, before it runs.

    Cost: some 20 µs for each that is loaded and in reach.
    """
    libraries = reached_by(graph).libraries
    found = [
        generator
        for generator in _generators.values()
        if ANYTHING in libraries or not generator.readers.isdisjoint(libraries)
    ]
    for generator in found:
        if any(name.startswith(f"{generator.module}.") for name in libraries):
            _load_part(generator)
    return tuple(map(Watched, found))


def _load_part(generator: Generator) -> None:
    """Import the module of a generator that the call would, if its library is loaded.

    numpy imports `numpy.random` when it is asked for, and then it is late to look.
    """
    package = generator.module.rpartition(".")[0]
    if generator.module not in sys.modules and package in sys.modules:
        import_module(generator.module)


def offer_seeding(told: Callable[[str], None]) -> None:
    """Have `told` called with the name of a module whose generator is about to be seeded."""
    for generator in tuple(_generators.values()):
        module = sys.modules.get(generator.module)
        if module is not None:
            for name in generator.seeding:
                offer(module, name, told)


def state_of(name: str, before: str) -> str:
    """Return the state of a generator as it is now, or `before` where that may stand."""
    generator = _generators.get(name)
    if generator is None:
        return ABSENT
    now = _shown(generator)
    if now == before or is_seeded(generator.module, generator.seeding):
        return now
    return before


def is_frozen(name: str, before: str) -> bool:
    """Tell whether a sample was drawn from another state than the generator is in now."""
    generator = _generators.get(name)
    return generator is None or _shown(generator) != before


def module_of(name: str) -> str:
    """Return the name of the module that a generator belongs to."""
    generator = _generators.get(name)
    return "" if generator is None else generator.module


def put(states: Mapping[str, bytes]) -> None:
    """Bring generators into the states that a call left them in; those that are loaded."""
    for name, state in states.items():
        generator = _generators.get(name)
        if generator is not None:
            _load_part(generator)
        module = None if generator is None else sys.modules.get(generator.module)
        if generator is not None and module is not None:
            generator.write(module, state)


NOT_LOADED: Final = "not loaded"
"""The state of a generator whose library is not imported yet."""


def _shown(generator: Generator) -> str:
    state = _state(generator)
    return NOT_LOADED if state is None else str(digest_bytes(state))


def _state(generator: Generator) -> bytes | None:
    module = loaded_module(generator.module)
    if module is None:
        return None
    try:
        return generator.read(module)
    except (AttributeError, TypeError, ValueError):
        return None  # a stub, or a file of the program with that name


# -- those that are known -------------------------------------------------------------


def _read_random(random: Any) -> bytes:
    version, words, gauss = random.getstate()
    return f"{version} {gauss!r} ".encode() + struct.pack(f"<{len(words)}I", *words)


def _write_random(random: Any, state: bytes) -> None:
    version, gauss, words = state.split(b" ", 2)
    held = None if gauss == b"None" else float(gauss)
    random.setstate((int(version), struct.unpack(f"<{len(words) // 4}I", words), held))


def _read_numpy(random: Any) -> bytes:
    state: dict[str, Any] = random.get_state(legacy=False)
    inner = state["state"]
    if state["bit_generator"] != "MT19937":
        return json.dumps(state, default=lambda array: array.tolist()).encode()
    held = f"{_MT19937} {inner['pos']} {state['has_gauss']} {state['gauss']!r} "
    return held.encode() + inner["key"].astype("<u4").tobytes()


def _write_numpy(random: Any, state: bytes) -> None:
    if not state.startswith(_MT19937.encode()):
        random.set_state(json.loads(state))
        return
    name, position, has_gauss, gauss, words = state.split(b" ", 4)
    keys = struct.unpack(f"<{len(words) // 4}I", words)
    random.set_state((name.decode(), keys, int(position), int(has_gauss), float(gauss)))


_MT19937: Final = "MT19937"


def _read_torch(torch: Any) -> bytes:
    return torch.get_rng_state().numpy().tobytes()


def _write_torch(torch: Any, state: bytes) -> None:
    torch.set_rng_state(torch.tensor(list(state), dtype=torch.uint8))


def _known() -> Iterator[Generator]:
    yield Generator(
        "random", "random", _read_random, _write_random,
        frozenset({"random", "statistics", "email", DISTRIBUTION}),
        frozenset({"seed", "setstate"}),
    )  # fmt: skip
    yield Generator(
        "numpy.random", "numpy.random", _read_numpy, _write_numpy,
        frozenset({"numpy", DISTRIBUTION}), frozenset({"seed", "set_state"}),
    )  # fmt: skip
    yield Generator(
        "torch", "torch", _read_torch, _write_torch,
        frozenset({"torch", DISTRIBUTION}), frozenset({"manual_seed", "set_rng_state"}),
    )  # fmt: skip


_generators: dict[str, Generator] = {one.name: one for one in _known()}
