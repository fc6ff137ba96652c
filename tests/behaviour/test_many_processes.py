"""Many processes write one store, some are killed: what was told as kept is kept."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from xetcache import entry
from xetcache.stores import LocalStore

SHARED = """
    import random

    from xetcache.entry import Header, from_bytes, to_buffers

    def payload_of(name):
        chance = random.Random(name)
        return chance.randbytes(chance.choice([0, 10, 1_000, 100_000]))

    def buffers_of(name):
        header = Header(key=name, closure="", function="app.work", codec="plain")
        data = payload_of(name)
        return to_buffers(header, [data[:7], data[7:]])

    def is_right(name, data):
        kept = from_bytes(data)
        return kept.header.key == name and bytes(kept.payload) == payload_of(name)
"""

WORKER = """
    import os, sys

    from xetcache.stores import LocalStore

    store = LocalStore(sys.argv[1])
    chance = random.Random(int(sys.argv[2]))
    for number in range(150):
        name = f"entries/{chance.randrange(8):02}/{chance.randrange(40)}"
        if chance.random() < 0.6:
            store.write(name, buffers_of(name), durable=chance.random() < 0.05)
            said = f"kept {name}"
        else:
            data = store.read(name)
            said = "absent" if data is None else "right" if is_right(name, data) else "WRONG"
        # One call, so that what is said is said whole or not at all.
        os.write(1, f"{said}\\n".encode())
"""


def test_what_was_told_as_kept_is_kept(tmp_path: Path) -> None:
    """Sixteen at once, six of them killed wherever they are."""
    shared = textwrap.dedent(SHARED)
    script = shared + textwrap.dedent(WORKER)
    folder = str(tmp_path / "xmemo")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", script, folder, str(seed)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed in range(16)
    ]
    chance = random.Random(20261125)
    said: list[bytes] = []
    killed = chance.sample(workers, 6)
    for worker in killed:
        assert worker.stdout is not None
        said += [worker.stdout.readline() for _ in range(chance.randrange(1, 60))]
        worker.send_signal(signal.SIGKILL)
    for worker in workers:
        output, errors = worker.communicate(timeout=100)
        assert worker.returncode == 0 or worker in killed, errors.decode()
        said += output.splitlines()

    words = [line.split() for line in said]
    assert {word[0] for word in words} <= {b"kept", b"right", b"absent"}
    assert any(word[0] == b"right" for word in words)
    told = {word[1].decode() for word in words if word[0] == b"kept"}
    assert len(told) > 150

    namespace: dict[str, object] = {}
    exec(shared, namespace)
    store = LocalStore(folder)
    names = set(store.names())
    assert told <= names
    for name in names:  # also what a killed one had written, and could not tell
        data = store.read(name)
        assert data is not None
        assert namespace["is_right"](name, data), name
        assert entry.header_from(data).key == name
