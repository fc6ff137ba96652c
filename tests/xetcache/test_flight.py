"""One computation per key at a time; a dead holder delays nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xetcache import flight

ROOT = Path(__file__).parents[2]


def test_threads_take_turns(tmp_path) -> None:
    """Never two at once in the same key; those who came second had to wait."""
    inside, most, waited = [], [], []

    def work() -> None:
        with flight.claim(str(tmp_path), key="k") as had_to_wait:
            inside.append(1)
            most.append(len(inside))
            inside.pop()
            waited.append(had_to_wait)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(waited) == 12
    assert os.listdir(tmp_path) == []


def test_other_keys_do_not_wait(tmp_path) -> None:
    """Nor does whoever holds the claim already."""
    with (
        flight.claim(str(tmp_path), key="a") as first,
        flight.claim(str(tmp_path), key="b") as other,
        flight.claim(str(tmp_path), key="a") as again,
    ):
        assert (first, other, again) == (False, False, False)
    assert os.listdir(tmp_path) == []


def test_an_error_releases_the_claim(tmp_path) -> None:
    """Also one that is no `Exception`."""
    for error in (ValueError, KeyboardInterrupt):
        with pytest.raises(error), flight.claim(str(tmp_path), key="a"):
            raise error
    with flight.claim(str(tmp_path), key="a") as waited:
        assert not waited


def test_a_dead_holder_delays_nobody(tmp_path) -> None:
    """A process that holds the claim is killed; the next gets it."""
    code = (
        "import sys\nfrom xetcache import flight\n"
        f"with flight.claim({str(tmp_path)!r}, key='k'):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    got = threading.Event()

    def work() -> None:
        with flight.claim(str(tmp_path), key="k") as waited:
            assert waited
            got.set()

    waiting = threading.Thread(target=work)
    waiting.start()
    assert not got.wait(0.2)
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    waiting.join(timeout=60)
    assert got.is_set()


def test_without_a_folder_nobody_waits() -> None:
    """There is nowhere to put the lock."""
    with flight.claim(None, key="k") as waited:
        assert not waited
