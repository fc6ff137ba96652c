"""What recording costs a cell that prints a lot, and what a hit costs that restores a lot.

Both in a kernel of its own: CPU seconds of the kernel for the first, as the least of many
runs, taken in turns; seconds on the clock for the second, from request to reply.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

from jupyter_client.manager import start_new_kernel

PRINTS = 20_000
ROUNDS = 15
GIGABYTE = 1 << 30

PRINT = """
from time import process_time as now
began = now()
for n in range({count}): print("line", n)
spent = now() - began
"""


class Kernel:
    """A kernel that is asked and waited for."""

    def __init__(self) -> None:
        environment = {**os.environ, "XETCACHE_MEMO_PATH": tempfile.mkdtemp()}
        self.manager, self.client = start_new_kernel(kernel_name="python3", env=environment)
        self.run("import xetcache, sys\nassert sys.executable == " + repr(sys.executable))

    def run(self, code: str) -> str:
        """Run a cell; return what it wrote."""
        written: list[str] = []

        def note(message: dict) -> None:
            if message["msg_type"] == "stream":
                written.append(message["content"]["text"])

        reply = self.client.execute_interactive(code, timeout=300, output_hook=note)
        assert reply["content"]["status"] == "ok", reply["content"]
        return "".join(written)

    def spent(self, code: str) -> float:
        """Return what the cell says that it has spent."""
        self.run(code)
        return float(self.run("print(spent)").split()[-1])


def recording(kernel: Kernel) -> None:
    """Print what recording adds to a cell with many prints."""
    kernel.run(
        "from xetcache.notebook.recording import Recorder\n"
        "start, stop = Recorder.start, lambda self: None"
    )
    plain, observed, recorded = [], [], []
    for number in range(ROUNDS):
        # Another text each time, so that it is run each time.
        for how, start in ((observed, "stop"), (recorded, "start")):
            kernel.run(f"Recorder.start = {start}")
            code = PRINT.format(count=PRINTS + len(observed) + len(recorded))
            how.append(kernel.spent(f"%%xetmemo always=True ignore=now\n{code}"))
        plain.append(kernel.spent(PRINT.format(count=PRINTS + 2 * number)))
    base = min(observed)
    print(f"{PRINTS:,} prints   no magic              {min(plain) * 1e3:6.1f} ms")
    print(f"                memoized, not recorded {base * 1e3:6.1f} ms")
    print(f"                memoized, recorded     {min(recorded) * 1e3:6.1f} ms", end="   ")
    print(f"{min(recorded) / base - 1:+.1%}")


def restoring(kernel: Kernel) -> None:
    """Print what a hit costs that gives back arrays of a gigabyte."""
    cell = "%%xetmemo always=True\n" + "\n".join(
        f"a{number} = np.full({GIGABYTE // 32}, {number}, dtype=float)" for number in range(4)
    )
    kernel.run("import numpy as np")
    kernel.run(cell)
    seconds = []
    for _ in range(3):
        kernel.run("del a0, a1, a2, a3")
        began = time.perf_counter()
        kernel.run(cell)
        seconds.append(time.perf_counter() - began)
    print(f"hit, 1 GB of arrays    {min(seconds) * 1e3:8.1f} ms")


def main() -> None:
    kernel = Kernel()
    try:
        recording(kernel)
        restoring(kernel)
    finally:
        kernel.client.stop_channels()
        kernel.manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
