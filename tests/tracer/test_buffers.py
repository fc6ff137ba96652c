"""Large digests are made by several threads, and are those that one thread makes."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tracer import hashing
from tracer.values import buffers
from tracer.values.buffers import LEAF, Job, digest_buffer, digest_leaves, digests_of

ROOT = str(Path(__file__).parents[2])
SIZE = LEAF + LEAF // 2  # of a job; two of them are worth a helper


def piece(start: int) -> bytes:
    """Return the digest of what stands for a leaf."""
    return hashing.digest(str(start).encode())


@pytest.mark.parametrize("helpers", [0, 1, 7])
def test_leaves_are_digested_in_their_order(helpers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes first to a leaf, and however many there are to come."""
    monkeypatch.setattr(buffers, "_MOST", helpers + 1)
    size = 40 * LEAF + 1
    in_order = b"".join(piece(start) for start in range(0, size, LEAF))
    for _ in range(20):
        assert digest_leaves(size, piece) == hashing.digest(in_order)


@pytest.mark.parametrize("helpers", [0, 1, 7])
def test_jobs_give_their_own_digests(helpers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The largest are made first; what each gives is at its place."""
    monkeypatch.setattr(buffers, "_MOST", helpers + 1)
    jobs = [Job(SIZE * (number % 3), lambda number=number: piece(number)) for number in range(10)]
    assert digests_of(jobs) == [piece(number) for number in range(10)]


def test_what_fails_in_a_helper_fails() -> None:
    """An error is raised in the thread of the program, and nothing is digested after it."""
    failed = threading.Event()

    def fail() -> bytes:
        failed.set()
        raise IndexError(threading.current_thread().name)

    def wait() -> bytes:
        assert failed.wait(60)
        return b""

    jobs = [Job(SIZE, fail), Job(SIZE, wait), *[Job(SIZE, fail)] * 3]
    with pytest.raises(IndexError):
        digests_of(jobs)


def test_a_helper_that_digests_leaves_has_helpers_itself() -> None:
    """Nobody waits for a thread that never comes."""
    size = 8 * LEAF
    jobs = [Job(size, lambda: digest_leaves(size, piece)) for _ in range(20)]
    assert set(digests_of(jobs)) == {digest_leaves(size, piece)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_digests_after_a_fork_and_at_the_end_of_a_process() -> None:
    """There is no thread to help in the child of a fork, nor once threads have ended."""
    program = f"""
import atexit, os
from tracer.values.buffers import digest_buffer
data = bytes({5 * LEAF})
def show():
    print(digest_buffer(data).hex(), flush=True)
show()
child = os.fork()
if child == 0:
    show()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
atexit.register(show)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": ROOT},
        capture_output=True,
        check=False,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [digest_buffer(bytes(5 * LEAF)).hex()] * 3


def test_threads_that_cannot_begin_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one helper has begun is waited for, where there can be no second."""

    class Few(ThreadPoolExecutor):
        def submit(self, fn: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
            if begun:
                raise RuntimeError("can't start new thread")
            begun.append(fn)
            return super().submit(fn, *given, **named)

    begun: list[object] = []
    helpers = Few(1)
    monkeypatch.setattr(buffers, "_MOST", 8)
    monkeypatch.setattr(buffers, "_helpers", lambda _process: helpers)
    with helpers:
        assert digest_leaves(8 * LEAF, piece) == digest_leaves(8 * LEAF, piece)
    assert len(begun) == 1
