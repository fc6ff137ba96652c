"""Of those that claim one key, one is at it at a time, whatever happens to it."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from xetcache import flight
from xetcache.flight import claim

needs_locks = pytest.mark.skipif(flight.fcntl is None, reason="no locks on files here")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path / "claims")


def in_thread(action: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread


# -- threads --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_threads_take_turns(folder: str, kind: str) -> None:
    """No two at once; and who did not wait was there first, or after all others."""
    inside: list[int] = []
    most = 0
    waited: list[bool] = []
    barrier = threading.Barrier(8)

    def work() -> None:
        nonlocal most
        barrier.wait()
        with claim(folder if kind == "files" else None, key="k") as had_to_wait:
            inside.append(1)
            most = max(most, len(inside))
            waited.append(had_to_wait)
            threading.Event().wait(0.005)  # time for others to come in, if they could
            inside.pop()

    threads = [in_thread(work) for _ in range(8)]
    for thread in threads:
        thread.join()
    assert most == 1
    assert len(waited) == 8
    assert waited[0] is False
    assert flight._turns == {}


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_one_that_waits_is_told_so(folder: str, kind: str) -> None:
    """It looks again instead of computing."""
    place = folder if kind == "files" else None
    result: dict[str, int] = {}
    told: list[bool] = []

    def second() -> None:
        with claim(place, key="k") as had_to_wait:
            told.append(had_to_wait)
            assert result == {"k": 1}

    with claim(place, key="k") as had_to_wait:
        assert had_to_wait is False
        thread = in_thread(second)
        while flight._turns[next(iter(flight._turns))].users < 2:
            pass  # until it is waiting
        assert told == []
        result["k"] = 1
    thread.join()
    assert told == [True]
    with claim(place, key="k") as had_to_wait:
        assert had_to_wait is False


def test_threads_are_kept_apart_by_files_alone(folder: str) -> None:
    """Two that open a lock each exclude each other: `flock` is of the open file."""
    if flight.fcntl is None:
        pytest.skip("no locks on files here")
    os.mkdir(folder)
    one, other = (flight._FileLock(os.path.join(folder, "k")) for _ in range(2))
    assert one.acquire() is False
    told: list[bool] = []
    thread = in_thread(lambda: told.append(other.acquire()))
    thread.join(0.05)
    assert told == []
    one.release()
    thread.join()
    assert told == [True]
    other.release()


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_keys_do_not_wait_for_each_other(folder: str, kind: str) -> None:
    """Nor do stores, for the same key."""
    place = folder if kind == "files" else None
    done: list[bool] = []

    def others() -> None:
        with claim(place, key="b") as one, claim(f"{folder}-other", key="a") as two:
            done.extend([one, two])

    with claim(place, key="a"):
        thread = in_thread(others)
        thread.join(30)
        assert done == [False, False]


# -- oneself --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["files", "memory"])
def test_a_call_within_the_call_does_not_wait_for_it(folder: str, kind: str) -> None:
    """And the outer one is still held when the inner one ends."""
    place = folder if kind == "files" else None
    with claim(place, key="k"):
        with claim(place, key="k") as had_to_wait:
            assert had_to_wait is False
        told: list[bool] = []

        def other() -> None:
            with claim(place, key="k") as had_to_wait:
                told.append(had_to_wait)

        thread = in_thread(other)
        thread.join(0.05)
        assert told == []
    thread.join()
    assert told == [True]


def test_a_thread_that_was_given_the_context_does_not_wait(folder: str) -> None:
    """Such as one that `asyncio.to_thread` makes, for whose end the holder waits."""
    done: list[bool] = []

    def inner() -> None:
        with claim(folder, key="k") as had_to_wait:
            done.append(had_to_wait)

    with claim(folder, key="k"):
        context = contextvars.copy_context()
        in_thread(lambda: context.run(inner)).join(30)
        assert done == [False]


def test_tasks_of_one_loop_do_not_block_it(folder: str) -> None:
    """A task that waited for another of its thread would wait for ever."""

    async def work(started: asyncio.Event, go_on: asyncio.Event) -> bool:
        with claim(folder, key="k") as had_to_wait:
            started.set()
            await go_on.wait()
            return had_to_wait

    async def main() -> list[bool]:
        starts = [asyncio.Event(), asyncio.Event()]
        go_on = asyncio.Event()
        first = asyncio.create_task(work(starts[0], go_on))
        await starts[0].wait()
        second = asyncio.create_task(work(starts[1], go_on))
        await starts[1].wait()
        go_on.set()
        return [await first, await second]

    assert asyncio.run(main()) == [False, False]
    assert flight._turns == {}
    assert not flight._locked


# -- ends -----------------------------------------------------------------------------


def test_no_file_stays(folder: str) -> None:
    """A folder of a million keys would be slow to list."""
    for number in range(10):
        with claim(folder, key=str(number % 3)):
            assert len(os.listdir(folder)) == (1 if flight.fcntl else 0)
    assert not os.path.exists(folder) or os.listdir(folder) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_failure_releases(folder: str, error: type[BaseException]) -> None:
    """Whatever ends the computation, the next one may start."""
    with pytest.raises(error), claim(folder, key="k"):
        raise error
    with claim(folder, key="k") as had_to_wait:
        assert had_to_wait is False
    assert os.listdir(folder) == [] if flight.fcntl else True


@needs_locks
@pytest.mark.parametrize("kind", ["a file", "a read-only folder", "no locks", "a link"])
def test_where_nothing_can_be_locked_nobody_waits(
    tmp_path: Path, folder: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The computation goes on; only that it is the only one is not promised."""
    target = tmp_path / "target"
    if kind == "a file":
        Path(folder).write_text("mine")
    elif kind == "a link":
        os.mkdir(folder)
        os.symlink(target, os.path.join(folder, "k"))
    elif kind == "a read-only folder":

        def refuse(*_):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(flight.os, "open", refuse)
    else:

        def unknown(*_):
            raise OSError(37, "No locks available")

        monkeypatch.setattr(flight.fcntl, "flock", unknown)
    with claim(folder, key="k") as had_to_wait:
        assert had_to_wait is False
    assert not target.exists()
    assert not flight._locked


# -- processes ------------------------------------------------------------------------

WORKER = """
    import os, signal, sys, threading
    from xetcache.flight import claim

    folder = sys.argv[1]

    def say(*words):
        print(*words, flush=True)

    def hear():
        return sys.stdin.readline()
"""


class Worker:
    """A process that says and hears one line at a time."""

    def __init__(self, folder: str, script: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WORKER) + textwrap.dedent(script), folder],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> str:
        """Let it run out; return what it still says."""
        output, _ = self.process.communicate(timeout=60)
        return output.strip()


@pytest.fixture
def start(folder: str) -> Iterator[Callable[[str], Worker]]:
    """Give a function that starts workers, none of which outlives the test."""
    with ExitStack() as stack:

        def start_one(script: str) -> Worker:
            worker = Worker(folder, script)

            def stop() -> None:
                worker.process.kill()
                worker.process.communicate()

            stack.callback(stop)
            return worker

        yield start_one


HOLDER = """
    with claim(folder, key="k") as waited:
        say("in", waited)
        hear()
    say("out")
"""
ASKER = """
    from xetcache import flight

    lock = flight.fcntl.flock

    def noted(handle, how):
        if not how & (flight.fcntl.LOCK_NB | flight.fcntl.LOCK_UN):
            say("waits")
        lock(handle, how)

    flight.fcntl.flock = noted
    with claim(folder, key="k") as waited:
        say("in", waited)
"""


@needs_locks
def test_processes_take_turns(start: Callable[[str], Worker]) -> None:
    """The second is let in when the first is done, and is told that it waited."""
    holder = start(HOLDER)
    assert holder.hear() == "in False"
    askers = [start(ASKER) for _ in range(3)]
    assert [asker.hear() for asker in askers] == ["waits"] * 3
    holder.tell()
    assert holder.end() == "out"
    # Each may find that another one was quicker, and wait once more.
    ends = [asker.end().splitlines() for asker in askers]
    assert [end[-1] for end in ends] == ["in True"] * 3


@needs_locks
def test_many_processes_count_without_losing(start: Callable[[str], Worker], folder: str) -> None:
    """Read, add one, write back: right only if no two ever overlap."""
    counting = """
        path = folder + "-count"
        for _ in range(100):
            with claim(folder, key="k"):
                count = int(open(path).read())
                with open(path, "w") as file:
                    file.write(str(count + 1))
        say("done")
    """
    Path(f"{folder}-count").write_text("0")
    workers = [start(counting) for _ in range(6)]
    assert [worker.end() for worker in workers] == ["done"] * 6
    assert Path(f"{folder}-count").read_text() == "600"
    assert os.listdir(folder) == []


@needs_locks
def test_a_killed_holder_delays_nobody(start: Callable[[str], Worker], folder: str) -> None:
    """The kernel releases what it held; the file it left is used again."""
    holder = start(HOLDER)
    assert holder.hear() == "in False"
    asker = start(ASKER)
    assert asker.hear() == "waits"
    holder.process.send_signal(signal.SIGKILL)
    assert asker.end() == "in True"
    assert os.listdir(folder) == []

    Path(folder, "k").touch()  # as a holder leaves it that was alone
    with claim(folder, key="k") as had_to_wait:
        assert had_to_wait is False
    assert os.listdir(folder) == []


@needs_locks
def test_who_is_interrupted_while_waiting_takes_nothing_along(
    start: Callable[[str], Worker], folder: str
) -> None:
    """The holder holds on; a third one waits for it still."""
    interrupted = """
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            say("asks")
            with claim(folder, key="k"):
                say("in")
        except KeyboardInterrupt:
            say("interrupted")
    """
    with claim(folder, key="k"):
        asker = start(interrupted)
        assert asker.hear() == "asks"
        # The signal may come before it waits, and is then noticed just the same.
        asker.process.send_signal(signal.SIGINT)
        assert asker.end() == "interrupted"
        assert os.listdir(folder) == ["k"]
        third = start(ASKER)
        assert third.hear() == "waits"
    assert third.end() == "in True"


@needs_locks
@needs_fork
def test_a_forked_child_does_not_hold_what_its_parent_held(
    start: Callable[[str], Worker], folder: str
) -> None:
    """The parent is killed while its child lives on: others go on at once."""
    forking = """
        with claim(folder, key="k"):
            if os.fork() == 0:
                hear()  # for as long as the parent's standard input is open
                os._exit(0)
            say("in")
            threading.Event().wait()
    """
    holder = start(forking)
    assert holder.hear() == "in"
    os.kill(holder.process.pid, signal.SIGKILL)
    holder.process.wait()
    asker = start(ASKER)
    assert asker.end().endswith(("in False", "in True"))  # True if the child was still starting
    holder.tell()


@needs_locks
@needs_fork
def test_a_forked_child_releases_nothing_of_its_parent(
    start: Callable[[str], Worker], folder: str
) -> None:
    """It leaves the block, and the parent is in it still."""
    forking = """
        pid = None
        with claim(folder, key="k"):
            pid = os.fork()
            if pid:
                os.waitpid(pid, 0)
                say("child is out", os.listdir(folder))
                hear()
        if pid == 0:
            with claim(folder, key="other"):
                os._exit(0)
        say("out")
    """
    holder = start(forking)
    assert holder.hear() == "child is out ['k', 'other']"
    asker = start(ASKER)
    assert asker.hear() == "waits"
    holder.tell()
    assert holder.end() == "out"
    assert asker.end() == "in True"


@needs_locks
@needs_fork
def test_a_child_forked_by_a_thread_is_not_held_up(start: Callable[[str], Worker]) -> None:
    """Locks in memory that other threads held do not stay locked in the child."""
    forking = """
        import warnings
        warnings.simplefilter("ignore")
        held = threading.Event()

        def hold():
            with claim(None, key="k"):
                held.set()
                threading.Event().wait()

        threading.Thread(target=hold, daemon=True).start()
        held.wait()
        pid = os.fork()
        if pid == 0:
            with claim(None, key="k"):
                os._exit(7)
        say(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        os._exit(0)
    """
    assert start(forking).hear() == "7"
