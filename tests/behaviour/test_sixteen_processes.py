"""Many processes use one store, and some are killed in the middle of it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys

WORKER = """
    import os, random, sys
    from xetcache import xetmemo

    SIZES = [10, 1_000, 100_000]

    @xetmemo(always=True)
    def work(number):
        return {"number": number, "text": str(number) * SIZES[number % 3]}

    def is_right(number, value):
        return value == {"number": number, "text": str(number) * SIZES[number % 3]}

    if __name__ == "__main__":
        random.seed(int(sys.argv[1]))
        for _ in range(60):
            number = random.randrange(80)
            right = is_right(number, work(number))
            # One write, so that a line is whole or not there.
            os.write(1, b"%d %d\\n" % (number, right))
"""

CHECK = """
    import sys
    from worker import is_right, work

    for number in map(int, sys.argv[1:]):
        print(number, is_right(number, work(number)))
"""


def test_killed_processes_lose_nothing_and_break_nothing(project) -> None:
    """Sixteen at once, five of them killed: what was kept is there, and right."""
    project.write("worker.py", WORKER)
    project.write("check.py", CHECK)
    chance = random.Random(20261125)
    workers = [
        subprocess.Popen(
            [sys.executable, "worker.py", str(seed)],
            cwd=project.folder,
            env=project.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in range(16)
    ]
    lines: list[bytes] = []
    for worker in chance.sample(workers, 5):
        assert worker.stdout is not None
        lines += [worker.stdout.readline() for _ in range(chance.randrange(1, 20))]
        worker.send_signal(signal.SIGKILL)
    for worker in workers:
        output, errors = worker.communicate(timeout=100)
        assert worker.returncode in (0, -signal.SIGKILL), errors.decode()
        lines += output.splitlines()

    told = [line.split() for line in lines if line.strip()]
    assert all(right == b"1" for _, right in told)
    numbers = sorted({int(number) for number, _ in told})
    assert len(numbers) > 40

    # Nothing may be computed now: an entry that was lost is an error.
    project.environment["XETCACHE_MODE"] = "offline"
    done = project.run_script("check.py", *map(str, numbers))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [f"{number} True" for number in numbers]


def test_equal_calls_at_once_are_computed_once(project) -> None:
    """One process computes, the others wait for it and are served."""
    project.write(
        "slow.py",
        """
        import sys, time
        from xetcache import xetmemo

        @xetmemo(always=True)
        def work(x):
            print("ran", flush=True)
            time.sleep(1)  # long enough for all to have asked
            return x * 2

        if __name__ == "__main__":
            import xetcache
            from xetcache import engine  # loaded, so that all ask at the same time
            print("ready", flush=True)
            sys.stdin.readline()
            print(work(21))
        """,
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "slow.py"],
            cwd=project.folder,
            env=project.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    outputs = [worker.communicate("go\n", timeout=100)[0] for worker in workers]
    assert sum(output.count("ran") for output in outputs) == 1
    assert all(output.endswith("42\n") for output in outputs)


def test_threads_compute_once(project) -> None:
    """Among threads of one process too."""
    project.write(
        "threads.py",
        """
        import time
        from concurrent.futures import ThreadPoolExecutor
        from xetcache import xetmemo

        @xetmemo(always=True)
        def work(x):
            print("ran", flush=True)
            time.sleep(0.5)
            return x * 2

        with ThreadPoolExecutor(8) as pool:
            print(sorted(pool.map(work, [1] * 8)))
        """,
    )
    done = project.run_script("threads.py")
    assert done.stdout.splitlines() == ["ran", "[2, 2, 2, 2, 2, 2, 2, 2]"], done.stderr
