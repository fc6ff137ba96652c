"""`examples/train.ipynb` is computed once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

pytestmark = pytest.mark.once

EXAMPLES = Path(__file__).parents[2] / "examples"
MIME = "application/vnd.xetcache+json"


@pytest.fixture
def examples(tmp_path: Path, project, monkeypatch) -> Path:
    """Give a copy of the folder, as somebody has it who just cloned."""
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("xmemo", "__pycache__"))
    for name in list(os.environ):
        if name.startswith("XETCACHE"):
            monkeypatch.delenv(name)
    for name, value in project.environment.items():
        monkeypatch.setenv(name, value)
    return folder


def run(folder: Path) -> tuple[dict[str, object], str, str]:
    """Run the notebook in a new kernel; return the line, the summary and the scores."""
    notebook = nbformat.read(folder / "train.ipynb", as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("print(trees, scores.tolist())"))
    NotebookClient(notebook, timeout=200, kernel_name="python3").execute(cwd=str(folder))
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    lines = [one["data"][MIME] for one in outputs if MIME in one.get("data", {})]
    texts = [one["text"] for one in outputs if one["output_type"] == "stream"]
    assert len(lines) == 1
    return lines[0], texts[-2], texts[-1]


@pytest.mark.timeout(400)
def test_train_notebook(examples: Path) -> None:
    """Computed, served in a second kernel, computed when a helper was edited."""
    line, summary, scores = run(examples)
    assert (line["outcome"], line["names"]) == ("miss", ["scores"])
    assert "first run of this cell" in str(line["text"])
    assert "accuracy 0.9" in summary

    line, again, same = run(examples)
    assert (line["outcome"], same) == ("hit", scores)
    assert again.split(" in ")[0] == summary.split(" in ")[0]

    features = examples / "model" / "features.py"
    text = features.read_text(encoding="utf-8")
    features.write_text(
        text.replace("MAX_DEVIATION = 4.0", "MAX_DEVIATION = 3.5"), encoding="utf-8"
    )
    line, _, other = run(examples)
    assert line["outcome"] == "miss"
    assert "because MAX_DEVIATION changed 4.0 → 3.5 (via clean)" in str(line["text"])
    assert other != scores
