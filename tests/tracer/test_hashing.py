"""One algorithm makes all digests of a process, and which it is cannot change in between."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import tracer
from tracer import hashing
from tracer.errors import AlgorithmError
from xetcache import config

ROOT = str(Path(__file__).parents[2])

needs_blake3 = pytest.mark.skipif(find_spec("blake3") is None, reason="needs blake3")


def printed(program: str) -> list[str]:
    """Return what a program prints in a new process, line by line."""
    done = subprocess.run(
        [sys.executable, "-c", "import tracer\nfrom tracer import hashing\n" + program],
        env={**os.environ, "PYTHONPATH": ROOT},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_settings_know_the_algorithms() -> None:
    """What can be set is what there is."""
    assert config.ALGORITHMS == tracer.ALGORITHMS
    assert config.Settings("").algorithm == hashing.DEFAULT == tracer.ALGORITHMS[0]


def test_digests_are_made_by_the_default() -> None:
    """Where nobody chose, it is xxh3-128."""
    program = "print(tracer.algorithm()); print(hashing.digest(b'abc').hex())"
    assert printed(program) == ["xxh3-128", "06b05ab6733a618578af5f94892f3950"]


@needs_blake3
def test_digests_are_made_by_blake3() -> None:
    """They are the first 16 bytes of what BLAKE3 gives, of whatever lies in one run."""
    program = """
import blake3, numpy as np
tracer.choose_algorithm("blake3")
print(hashing.digest(b"abc").hex())
for content in (
    np.arange(6.0).reshape(2, 3), np.zeros(3, ">i4"), np.array(["a", "bc"]), bytearray(b"x"),
    memoryview(b"abc")[1:], np.zeros((0, 3)), np.zeros(2, "V3"),
):
    expected = blake3.blake3(memoryview(content).tobytes()).digest(length=16)
    hasher = hashing.hasher()
    hasher.update(content)
    assert hashing.digest(content) == hasher.digest() == expected
print(tracer.algorithm())
"""
    assert printed(program) == ["6437b3ac38465133ffb63b75273a8db5", "blake3"]


VALUES = """
import decimal, numpy as np
class Own: pass
cycle = [1]; cycle.append(cycle)
square = np.arange(4_000_000.0).reshape(2000, -1)
columns = np.array([*map(str, range(3000)), None], dtype=object)
def values():
    return [
        (1, "a"), {"k": [1, 2.5]}, {1, "x", (2,)}, decimal.Decimal("1.10"), len, Own, Own(), cycle,
        square, square.T, square[:, ::2], columns, b"x" * 100_000, "y" * 100_000,
    ]
def digests():
    return [tracer.digest(value).hex() for value in values()]
"""


@needs_blake3
def test_values_have_a_digest_of_their_own_by_each() -> None:
    """No digest of one algorithm is one of the other, and layout shows by neither."""
    program = (
        VALUES
        + """
print(*digests())
assert tracer.digest(square.T) == tracer.digest(square.T.copy())
assert tracer.digest(square[:, ::2]) == tracer.digest(square[:, ::2].copy())
"""
    )
    plain = printed(program)[0].split()
    other = printed("tracer.choose_algorithm('blake3')\n" + program)[0].split()
    assert len({*plain, *other}) == 2 * len(plain)
    assert {len(one) for one in other} == {32}


@needs_blake3
def test_graphs_have_a_digest_of_their_own_by_each() -> None:
    """What code depends on, too, is told by the algorithm that was chosen."""
    program = "import json.decoder as one; print(tracer.walk(one.py_scanstring).digest.hex())"
    assert printed(program) != printed("tracer.choose_algorithm('blake3')\n" + program)


@needs_blake3
def test_the_choice_is_made_once() -> None:
    """After the first digest, another algorithm is an error; the same one is none."""
    program = """
tracer.choose_algorithm("blake3")
tracer.choose_algorithm("xxh3-128")
tracer.digest(1)
tracer.choose_algorithm("xxh3-128")
try:
    tracer.choose_algorithm("blake3")
except tracer.AlgorithmError as error:
    print(error)
print(tracer.algorithm())
"""
    assert printed(program) == [
        "digests cannot be made by blake3: digests were made by xxh3-128 already",
        "xxh3-128",
    ]


def test_an_import_makes_no_digest() -> None:
    """Neither package makes one while it is imported, so there is time to choose."""
    program = "import xetcache.engine, xetcache.cli, xetcache.notebook.cell\n"
    program += "import tracer.values.arrays, tracer.values.frames\n"
    program += "print(hashing.digest is hashing._first_digest)"
    assert printed(program) == ["True"]


def test_the_package_may_be_missing() -> None:
    """Then it cannot be chosen, and the default stays."""
    program = """
import sys
sys.modules["blake3"] = None
try:
    tracer.choose_algorithm("blake3")
except tracer.AlgorithmError as error:
    print(error)
print(tracer.algorithm())
"""
    said = "digests cannot be made by blake3: the package `blake3` is not installed"
    assert printed(program) == [said, "xxh3-128"]


def test_there_are_two() -> None:
    """Any other name is an error that says which there are."""
    with pytest.raises(AlgorithmError, match=r"md5: .*(xxh3-128, blake3|made by xxh3-128)"):
        hashing.choose("md5")


@needs_blake3
def test_what_was_read_of_code_is_for_the_same_algorithm() -> None:
    """Digests are in it, so another algorithm is told nothing."""
    program = """
import sys
def f(): return 1
if sys.argv[1:]:
    tracer.choose_algorithm("blake3")
"""
    written = "print(tracer.written_code([f.__code__]).decode())"
    text = printed(program + written)[0]
    take = f"print(len(tracer.take_code({text!r}.encode()).contents))"
    assert printed(program + take) == ["1"]
    assert printed("tracer.choose_algorithm('blake3')\n" + program + take) == ["0"]


def test_seals_are_always_of_the_default() -> None:
    """They stand against accident, and any program can read them."""
    assert tracer.checksum(b"abc").hex() == "06b05ab6733a618578af5f94892f3950"
    state = tracer.checksummer()
    state.update(b"abc")
    assert state.digest() == tracer.checksum(b"abc")
