"""Coroutine functions are kept as functions are, once what they return was awaited."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
import sys
import threading

import pytest

from xetcache import options, xeteval_always, xetmemo

PROGRAM = """
    import asyncio
    from xetcache import xetmemo

    async def fetch(x):
        await asyncio.sleep(0)
        return x + 1

    @xetmemo(always=True)
    async def total(x):
        return await fetch(x) * 2

    def main(x):
        return asyncio.run(total(x))
"""


def test_it_is_kept_for_the_next_process(project) -> None:
    """An awaited result is served in a new process."""
    project.write("work.py", PROGRAM)
    assert project.call("work.main", 3).value == 8

    outcome = project.call("work.main", 3)

    assert outcome.value == 8
    assert "work.fetch" not in outcome.ran


def test_an_edited_helper_misses(project) -> None:
    """A coroutine function that is awaited is code it depends on."""
    project.write("work.py", PROGRAM)
    project.call("work.main", 3)

    project.replace("work.py", "x + 1", "x + 2")

    assert project.call("work.main", 3).value == 10


def test_what_is_named_counts(project) -> None:
    """A variable that no code reads, and that is named in `depends_on`."""
    program = PROGRAM.replace("import xetmemo", "import env, xetmemo")
    program = program.replace("always=True", "always=True, depends_on=env('MODE')")
    project.write("work.py", program)
    ran: list[bool] = []
    for mode in ("a", "a", "b"):
        project.environment["MODE"] = mode
        ran.append("work.fetch" in project.call("work.main", 3).ran)
    assert ran == [True, False, True]


@pytest.fixture(autouse=True)
def store(tmp_path):
    """Keep the results of each test in a folder of its own."""
    with options(memo_path=tmp_path / "xmemo", strict=True):
        yield


@pytest.fixture
def ran() -> list[int]:
    """Arguments for which a function of the test ran."""
    return []


def test_equal_calls_at_once_run_once(ran: list[int]) -> None:
    """Tasks that ask for the same wait for the one that computes it."""

    @xetmemo(always=True, ignore="log")
    async def slow(x: int, log: list[int]) -> int:
        log.append(x)
        await asyncio.sleep(0.02)
        return x * 2

    async def main() -> list[int]:
        return await asyncio.gather(*(slow(3, ran) for _ in range(8)))

    assert asyncio.run(main()) == [6] * 8
    assert ran == [3]
    assert slow.stats()["hits"] == 7


def test_the_loop_goes_on_meanwhile(ran: list[int]) -> None:
    """Other keys do not wait, and neither does anything else."""

    @xetmemo(always=True, ignore=("log", "meet"))
    async def pair(x: int, log: list[int], meet: asyncio.Barrier) -> int:
        await meet.wait()  # only passed when both are at it
        log.append(x)
        return x

    async def main() -> list[int]:
        meet = asyncio.Barrier(2)
        return await asyncio.wait_for(asyncio.gather(pair(1, ran, meet), pair(2, ran, meet)), 30)

    assert asyncio.run(main()) == [1, 2]
    assert sorted(ran) == [1, 2]


def test_loops_of_two_threads_run_it_once(ran: list[int]) -> None:
    """A task waits for one in another thread, too."""

    @xetmemo(always=True, ignore="log")
    async def slow(x: int, log: list[int]) -> int:
        log.append(x)
        await asyncio.sleep(0.05)
        return x

    context = contextvars.copy_context  # the settings of the test
    threads = [
        threading.Thread(target=context().run, args=(lambda: asyncio.run(slow(5, ran)),))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [5]


def test_a_call_within_the_call_does_not_wait_for_it(ran: list[int]) -> None:
    """Nor does a task that it started."""

    @xetmemo(always=True, ignore="log")
    async def again(x: int, log: list[int]) -> int:
        log.append(x)
        if len(log) == 1:
            await asyncio.create_task(again(x, log))
        return x

    assert asyncio.run(asyncio.wait_for(again(1, ran), 30)) == 1
    assert ran == [1, 1]


def test_a_failure_is_raised_and_not_kept(ran: list[int]) -> None:
    """Whoever waits computes it anew."""

    @xetmemo(always=True, ignore="log")
    async def fails(x: int, log: list[int]) -> int:
        log.append(x)
        await asyncio.sleep(0)
        if len(log) == 1:
            raise ValueError("once")
        return x

    async def main() -> list[object]:
        return await asyncio.gather(fails(1, ran), fails(1, ran), return_exceptions=True)

    first, second = asyncio.run(main())
    assert isinstance(first, ValueError)
    assert second == 1


def test_a_cancelled_call_is_not_kept(ran: list[int]) -> None:
    """And delays nobody."""

    @xetmemo(always=True, ignore="log")
    async def slow(x: int, log: list[int]) -> int:
        log.append(x)
        await asyncio.sleep(60 if len(log) == 1 else 0)
        return x

    async def main() -> int:
        first = asyncio.create_task(slow(1, ran))
        await asyncio.sleep(0.01)
        second = asyncio.create_task(slow(1, ran))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await asyncio.wait_for(second, 30)

    assert asyncio.run(main()) == 1
    assert ran == [1, 1]


class Client:
    """Has an awaited method."""

    def __init__(self, rate: int) -> None:
        self.rate = rate

    @xetmemo(always=True)
    async def get(self, x: int) -> int:
        """Return something."""
        return self.rate * x

    async def __call__(self, x: int) -> int:
        return self.rate + x


def test_methods_and_their_verbs() -> None:
    """Verbs that compute nothing are not awaited."""
    client = Client(3)
    assert not client.get.would_hit(2)
    assert asyncio.run(client.get(2)) == 6
    assert client.get.would_hit(2)
    assert client.get.peek(2) == 6
    assert asyncio.run(client.get.refresh(2)) == 6
    assert client.get.forget(2)
    assert not Client(3).get.would_hit(2)


def test_it_is_a_coroutine_function() -> None:
    """Frameworks ask, to know whether to await what a function returns."""

    @xetmemo
    async def get(x: int) -> int:
        return x

    for made in (get, Client(1).get):
        assert asyncio.iscoroutinefunction(made)
        if sys.version_info >= (3, 12):  # before, `inspect` believes nothing but functions
            assert inspect.iscoroutinefunction(made)

    @xetmemo
    def plain(x: int) -> int:
        return x

    assert not inspect.iscoroutinefunction(plain)


def test_what_is_never_awaited_is_never_computed() -> None:
    """As with the original, calling it only makes a coroutine."""
    ran: list[int] = []

    @xetmemo(always=True, ignore="log")
    async def get(x: int, log: list[int]) -> int:
        log.append(x)
        return x

    get(1, ran).close()  # type: ignore[attr-defined]
    assert ran == []


def test_xeteval_takes_them_too() -> None:
    """Partials and objects that are called are recognised."""

    async def get(x: int, y: int = 1) -> int:
        return x * y

    async def main() -> tuple[int, int, int, int]:
        return (
            await xeteval_always(get, 2, y=5),
            await xeteval_always("label", get, 2, y=5),
            await xeteval_always(functools.partial(get, 3), 4),
            await xeteval_always(Client(1), 2),
        )

    assert asyncio.run(main()) == (10, 10, 12, 3)


def test_a_refused_argument_is_awaited_all_the_same() -> None:
    """What has no key is computed, and not kept."""

    @xetmemo(always=True)
    async def get(source: object) -> object:
        return next(source)  # type: ignore[call-overload]

    assert asyncio.run(get(iter(item for item in [1, 2]))) == 1
    assert get.stats()["bypassed"] == 1
