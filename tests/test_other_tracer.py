"""Another package called `tracer` is noticed at import, with what to do."""

from __future__ import annotations


def test_another_tracer_is_named(project) -> None:
    """A file or a distribution of that name stands in the way: a clear error."""
    project.write("tracer.py", "def trace():\n    return 1\n")
    project.write("main.py", "import xetcache\n")
    done = project.run_script("main.py")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-2:]
    assert "ImportError: `import tracer` finds another package" in last[0]
    assert "pip uninstall tracer" in last[1]


def test_another_tracer_that_is_loaded_is_named(project) -> None:
    """It was imported before xetcache."""
    project.write("tracer.py", "")
    project.write("main.py", "import tracer\nimport xetcache\n")
    assert "finds another package" in project.run_script("main.py").stderr


def test_ours_is_fine(project) -> None:
    """In either order of imports."""
    project.write(
        "main.py", "import tracer\nimport xetcache\nprint(xetcache.register is tracer.register)"
    )
    assert project.run_script("main.py").stdout == "True\n"
