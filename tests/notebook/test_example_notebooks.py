"""The notebooks in `examples/notebooks` are served, and show what they show without us."""

from __future__ import annotations

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

pytestmark = pytest.mark.once

NOTEBOOKS = Path(__file__).parents[2] / "examples" / "notebooks"
MANIFEST = json.loads((NOTEBOOKS / "manifest.json").read_text(encoding="utf-8"))
NAMES = sorted(MANIFEST)

# Of what has no digest, such as a figure, its class has to do.
VARIABLES = """
def digests():
    found = {}
    for name, value in dict(globals()).items():
        if name[0] != "_" and name not in get_ipython().user_ns_hidden and name != "digests":
            try:
                found[name] = xetcache.digest(value).hex()
            except Exception:
                found[name] = str(type(value))
    return found
import xetcache
"""
TIMES = re.compile(r"\[\d\d:\d\d<[^]]*\]|0x[0-9a-f]+")


def run_all(kernel, line: str) -> dict[str, Any]:
    """Run every notebook in one kernel, each with a clean slate; return what came of it."""
    found: dict[str, Any] = {}
    helpers = [one.stem for one in NOTEBOOKS.glob("*.py")]
    for name in NAMES:
        kernel.run(f"%reset -f\nimport sys\nfor name in {helpers}: sys.modules.pop(name, None)")
        kernel.run("del sys, name")
        notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                ran = kernel.run(f"{line}{cell.source}")
                assert ran.status == "ok", (name, number, ran.error)
                found[name, number] = ran
        kernel.run(VARIABLES)
        found[name, "variables"] = ast.literal_eval(kernel.value("digests()"))
    return found


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[Any]:
    """Return the cells whose outputs differ, and the variables that do."""
    return [
        place
        for place, ran in one.items()
        if (ran != other[place] if place[1] == "variables" else shown(ran) != shown(other[place]))
    ]


def shown(ran: Any) -> str:
    return TIMES.sub("", repr(ran.seen))


def may_differ(name: str, number: int) -> bool:
    return number in MANIFEST[name].get("may_skip", [])


def outcomes(ran: dict[str, Any]) -> dict[Any, str]:
    return {place: one.outcome for place, one in ran.items() if place[1] != "variables"}


@pytest.mark.timeout(180)
def test_example_notebooks(start_kernel, project) -> None:
    """Served in a second kernel, computed where a helper was edited, and never stale."""
    for helper in NOTEBOOKS.glob("*.py"):
        shutil.copy(helper, project.folder)
    magic = "%%xetmemo always=True\n"
    truth = run_all(start_kernel(), "")
    for outcome in ("miss", "hit"):
        ran = run_all(start_kernel(), magic)
        assert differences(truth, ran) == []
        wrong = {place for place, one in outcomes(ran).items() if one != outcome}
        assert {place for place in wrong if not may_differ(*place)} == set()

    for name in NAMES:
        edit = next(one for one in MANIFEST[name]["edits"] if "file" in one)
        project.replace(edit["file"], edit["old"], edit["new"])
    edited = run_all(start_kernel(), "")
    ran = run_all(start_kernel(), magic)
    assert differences(edited, ran) == []
    found = outcomes(ran)
    for name in NAMES:
        edit = next(one for one in MANIFEST[name]["edits"] if "file" in one)
        assert {found[name, number] for number in edit["must_rerun"]} == {"miss"}, name
        assert {found[name, number] for number in edit["must_hit"]} == {"hit"}, name
