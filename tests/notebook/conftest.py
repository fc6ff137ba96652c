"""Kernels for tests: each is a process of its own, as a notebook's is."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

MIME = "application/vnd.xetcache+json"


@dataclass(frozen=True, slots=True)
class Ran:
    """What a cell did, as a front end sees it."""

    status: str
    error: str
    """Name and text of the error, if it raised one."""
    outputs: list[tuple[str, dict[str, Any]]] = field(repr=False)

    @classmethod
    def of(cls, reply: dict[str, Any], outputs: list[tuple[str, dict[str, Any]]]) -> Ran:
        """Read the kernel's reply to a cell."""
        failed = reply["status"] == "error"
        error = f"{reply['ename']}: {reply['evalue']}" if failed else ""
        return cls(reply["status"], error, outputs)

    @property
    def line(self) -> dict[str, Any]:
        """The line under the cell, as data; empty where there is none."""
        found = [one["data"][MIME] for _, one in self.outputs if MIME in one.get("data", {})]
        assert len(found) <= 1, found
        return found[0] if found else {}

    @property
    def outcome(self) -> str:
        """`hit`, `miss` or `bypass`; `not kept` for a miss that left nothing."""
        found = self.line.get("outcome", "")
        return "not kept" if found == "miss" and self.line["not_kept"] else found

    @property
    def says(self) -> str:
        """The line under the cell, as text."""
        return self.line.get("text", "")

    @property
    def printed(self) -> str:
        """What the cell wrote to both streams."""
        return "".join(one["text"] for kind, one in self.outputs if kind == "stream")

    @property
    def shown(self) -> str | None:
        """The value of the cell, as `Out[n]` shows it."""
        found = [
            one["data"]["text/plain"] for kind, one in self.outputs if kind == "execute_result"
        ]
        return found[0] if found else None

    @property
    def seen(self) -> list[Any]:
        """What a reader of the saved notebook sees of the outputs, but for our line."""
        return seen(self.outputs)


def seen(outputs: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Return what a reader of the saved notebook sees, but for the line of xetcache."""
    found: list[Any] = []
    clears = False
    for kind, content in outputs:
        if kind == "clear_output":
            clears = content["wait"]
            if not clears:
                found.clear()
            continue
        if MIME in content.get("data", {}) or kind.startswith("comm_"):
            continue
        if clears:
            found.clear()
            clears = False
        if kind == "stream" and found and found[-1][:2] == [kind, content["name"]]:
            found[-1][2] += content["text"]
        elif kind == "stream":
            found.append([kind, content["name"], content["text"]])
        elif kind == "update_display_data" and any(
            one[0] == "display_data" and one[3] == content["transient"] for one in found
        ):
            for one in found:
                if one[0] == "display_data" and one[3] == content["transient"]:
                    one[1:3] = content["data"], content["metadata"]
        else:
            transient = content.get("transient", {})
            found.append([kind, content["data"], content["metadata"], transient])
    return [[*one[:2], last_states(one[2])] if one[0] == "stream" else one for one in found]


def last_states(text: str) -> str:
    return "\n".join(line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n"))


class Kernel:
    """A running kernel."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def run(self, code: str, *, interrupt_at: str = "", **how: Any) -> Ran:
        """Run a cell to its end, or interrupt it when it has printed `interrupt_at`."""
        return self._results([self._client.execute(code, **how)], interrupt_at)[0]

    def run_beside(self, code: str, other: str) -> list[Ran]:
        """Run a cell and, in a subshell, another one before the first has ended."""
        session = self._client.session
        self._client.control_channel.send(session.msg("create_subshell_request"))
        subshell = self._client.get_control_msg(timeout=30)["content"]["subshell_id"]
        requests: list[str] = []
        for text, number in ((code, None), (other, subshell)):
            content = {"code": text, "silent": False, "store_history": True}
            message = session.msg("execute_request", content)
            message["header"]["subshell_id"] = number
            self._client.shell_channel.send(message)
            requests.append(message["header"]["msg_id"])
        return self._results(requests)

    def _results(self, requests: list[str], interrupt_at: str = "") -> list[Ran]:
        """Wait until all of the requests have been answered."""
        outputs: dict[str, list[tuple[str, dict[str, Any]]]] = {one: [] for one in requests}
        replies: dict[str, dict[str, Any]] = {}
        running = set(requests)
        deadline = time.monotonic() + 90
        while running or not replies.keys() >= outputs.keys():
            assert time.monotonic() < deadline, f"no answer to {running}"
            with suppress(queue.Empty):
                message = self._client.get_shell_msg(timeout=0.01)
                replies[message["parent_header"]["msg_id"]] = message["content"]
            with suppress(queue.Empty):
                message = self._client.get_iopub_msg(timeout=0.05)
                request = message["parent_header"].get("msg_id")
                kind, content = message["msg_type"], message["content"]
                if kind == "status" and content["execution_state"] == "idle":
                    running.discard(request)
                elif request in outputs and kind not in {"status", "execute_input"}:
                    outputs[request].append((kind, content))
                    if interrupt_at and interrupt_at in content.get("text", ""):
                        self._manager.interrupt_kernel()
        return [Ran.of(replies[one], outputs[one]) for one in requests]

    def memo(self, code: str, line: str = "always=True") -> Ran:
        """Run a cell under `%%xetmemo`; it must not fail."""
        ran = self.run(f"%%xetmemo {line}\n{code}")
        assert ran.status == "ok", ran.error
        return ran

    def value(self, expression: str) -> Any:
        """Return what an expression is now."""
        ran = self.run(f"print(repr(({expression})), end='')", store_history=False)
        assert ran.status == "ok", ran.error
        return ran.printed


@pytest.fixture
def start_kernel(project: Any) -> Iterator[Callable[..., Kernel]]:
    """Give a function that starts a kernel in the folder of `project`."""
    started: list[tuple[KernelManager, BlockingKernelClient]] = []

    def start(*, setup: str = "import xetcache", **environment: str) -> Kernel:
        manager = KernelManager()
        spec = manager.kernel_spec
        assert spec is not None
        # Not on the disk, to which every cell would be written by itself.
        history = "--HistoryManager.hist_file=:memory:"
        spec.argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", history]
        # Outputs are compared, and a warning of the kernel's own is none of ours.
        settings = {**project.environment, "PYTHONWARNINGS": "ignore", **environment}
        manager.start_kernel(cwd=str(project.folder), env=settings, stderr=sys.stderr)
        client = manager.client()
        started.append((manager, client))
        client.start_channels()
        client.wait_for_ready(timeout=60)
        kernel = Kernel(manager, client)
        if setup:
            assert kernel.run(setup).status == "ok"
        return kernel

    yield start
    for manager, client in started:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()
        manager.context.destroy()
