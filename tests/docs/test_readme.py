"""The first screen of the README cannot lie: its program is run, and its words checked."""

from __future__ import annotations

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Return the first block of the README in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def test_the_first_program(project) -> None:
    """It computes, is served, and explains what the README says it explains."""
    project.write("report.py", block("python"))
    first = project.run_script("report.py")
    assert first.stdout == "[8.0, 16.0]\n", first.stderr
    entries = list((project.folder / "xmemo" / "entries").rglob("*.xet"))
    assert len(entries) == 1

    project.replace("report.py", "def net(price):", "def net(price):  # after tax")
    assert project.run_script("report.py").stdout == "[8.0, 16.0]\n"
    assert list((project.folder / "xmemo" / "entries").rglob("*.xet")) == entries

    project.replace("report.py", "RATE = 0.2", "RATE = 0.25")
    assert project.run_script("report.py").stdout == "[7.5, 15.0]\n"
    said = project.python("-m", "xetcache", "explain", "report").stdout.splitlines()
    shown = [line for line in block("console").splitlines() if line and not line.startswith("$")]
    # All but the times, which are those of somebody's imagination.
    assert shown[0].partition("took")[0] == said[0].partition("took")[0]
    assert shown[1:3] == said[2:4]
    assert re.sub(r"of .* \(.*\)", "", shown[3]) == re.sub(r"of .* \(.*\)", "", said[5])


def test_what_it_names_exists() -> None:
    """Every name and file that the README mentions is there."""
    import xetcache
    from xetcache.cli import build_parser

    for name in re.findall(r"`(set_\w+|xeteval\w*|xetmemo)\b", README):
        assert hasattr(xetcache, name)
    commands = re.search(r"`xetcache explain` · (.*?) \|", README)
    assert commands is not None
    for command in re.findall(r"`(\w+)[^`]*`", commands.group(1)):
        assert command in build_parser().format_help()
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert (Path(__file__).parents[2] / link).exists(), link
