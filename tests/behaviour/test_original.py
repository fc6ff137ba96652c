"""Programs written for the original xetcache run unchanged.

Each test is one thing its README showed, in our own words. Cells of notebooks are in
`tests/notebook/`.
"""

from __future__ import annotations

import pytest


def run(project, body: str) -> list[str]:
    """Run a script in a process of its own; return what it printed, line by line."""
    project.write("script.py", body)
    done = project.run_script("script.py")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


SLOW = """
def slowfunction(arg1, arg2):
    print("ran")
    return arg1 + arg2
"""
# What takes 3 seconds in the README takes none here.
QUICK = "import xetcache\nxetcache.set_runtime_threshold(0)\n"


def test_a_bare_decorator(project) -> None:
    """`from xetcache import xetmemo`, and the decorator without anything."""
    body = QUICK + "from xetcache import xetmemo\n@xetmemo" + SLOW
    body += "print(slowfunction(1, 2), slowfunction(1, 2))"
    assert run(project, body) == ["ran", "3 3"]
    assert run(project, body) == ["3 3"]


def test_a_decorator_with_a_key(project) -> None:
    """`@xetmemo(key="hello")`."""
    body = QUICK + "from xetcache import xetmemo\n@xetmemo(key='hello')" + SLOW
    assert run(project, body + "slowfunction(1, 2)") == ["ran"]
    assert run(project, body + "slowfunction(1, 2)") == []


def test_a_decorator_that_always_keeps(project) -> None:
    """`@xetmemo(always=True)`, and before that `@xetmemo_always`."""
    for decorator in ("xetmemo(always=True)", "xetmemo_always"):
        body = f"from xetcache import xetmemo, xetmemo_always\n@{decorator}" + SLOW
        expected = ["ran"] if decorator != "xetmemo_always" else []  # the same call
        assert run(project, body + "slowfunction(1, 2); slowfunction(1, 2)") == expected


def test_three_seconds_is_the_threshold(project) -> None:
    """Without a setting, results of quicker calls are not kept."""
    body = "from xetcache import xetmemo\nimport xetcache\n@xetmemo" + SLOW
    body += "slowfunction(1, 2); slowfunction(1, 2); print(xetcache.get_runtime_threshold())"
    assert run(project, body) == ["ran", "ran", "3.0"]


@pytest.mark.parametrize("call", ["slowfunction, 1, 2", "'key', slowfunction, 1, 2"])
def test_calls_of_functions_that_are_not_decorated(project, call) -> None:
    """`xeteval(slowfn, x)` and `xeteval("key", slowfn, x)`, and their `always` twins."""
    for name in ("xeteval", "xeteval_always"):
        body = QUICK + f"from xetcache import {name}\n" + SLOW
        body += f"print({name}({call}), {name}({call}))"
        assert run(project, body) in (["ran", "3 3"], ["3 3"])
        assert run(project, body) == ["3 3"]


def test_results_lie_in_xmemo(project) -> None:
    """In the folder where the program was started, to be committed with it."""
    run(
        project, "from xetcache import xetmemo\n@xetmemo(always=True)" + SLOW + "slowfunction(1, 2)"
    )
    assert (project.folder / "xmemo").is_dir()


def test_settings(project) -> None:
    """The setters and getters, from the package or from its `config`."""
    body = "import xetcache\nfrom xetcache.config import set_runtime_threshold, get_memo_path\n"
    body += "set_runtime_threshold(1); xetcache.set_memo_path('other')\n"
    body += "import os; print(xetcache.get_runtime_threshold(), os.path.basename(get_memo_path()))"
    assert run(project, body) == ["1.0 other"]


def test_a_project(project) -> None:
    """`set_xet_project` and `login` are accepted; results stay on this machine."""
    body = "import xetcache\nxetcache.login('user', 'token', 'mail')\n"
    body += "xetcache.set_xet_project('mine', private=True)\n"
    body += "from xetcache import xetmemo\n@xetmemo(always=True)" + SLOW
    body += "slowfunction(1, 2)\nprint(os.path.basename(xetcache.get_memo_path()))"
    assert run(project, "import os\n" + body) == ["ran", "mine_cache"]
    assert run(project, "import os\n" + body) == ["mine_cache"]
    assert not (project.folder / "xmemo").exists()


def test_values_of_all_kinds(project) -> None:
    """Inputs can be anything picklable, functions included."""
    body = "from xetcache import xetmemo\nimport numpy as np, pandas as pd\n"
    body += "def twice(x):\n    return x * 2\n"
    body += "@xetmemo(always=True)\ndef work(f, frame, array):\n"
    body += "    print('ran')\n    return f(frame), f(array)\n"
    body += "frame, array = work(twice, pd.DataFrame({'a': [1, 2]}), np.arange(3))\n"
    body += "print(frame['a'].tolist(), array.tolist())"
    assert run(project, body) == ["ran", "[2, 4] [0, 2, 4]"]
    assert run(project, body) == ["[2, 4] [0, 2, 4]"]
