"""What `xetmemo` and `xeteval` can be told, and what each of it means."""

from __future__ import annotations


def run(project, body: str) -> list[str]:
    """Run a script in a process of its own; return what it printed, line by line."""
    project.write("script.py", "from xetcache import xetmemo, xeteval, xeteval_always\n" + body)
    done = project.run_script("script.py")
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


COUNTED = """
{decorator}
def work(x, verbose=False, *rest, scale=1, **more):
    print("ran", x)
    return (x, rest, scale, sorted(more.items()))

"""


def test_calls_that_mean_the_same_are_one(project) -> None:
    """Positional, by keyword, with the default spelled out: one call."""
    body = COUNTED.format(decorator="@xetmemo(always=True)")
    body += "work(1); work(x=1); work(1, False); work(verbose=False, x=1); work(1, scale=1)\n"
    body += "print(work.stats()['hits'])"
    assert run(project, body) == ["ran 1", "4"]


def test_calls_that_differ_are_not_one(project) -> None:
    """Types, star arguments and keywords all count."""
    body = COUNTED.format(decorator="@xetmemo(always=True)")
    body += "work(1); work(1.0); work(True); work(1, 0); work(1, False, 2); work(1, a=2)\n"
    assert len(run(project, body)) == 6


def test_a_quick_call_is_not_kept(project) -> None:
    """Below the threshold nothing is kept, and the log says so once."""
    body = COUNTED.format(decorator="@xetmemo") + "work(1); work(1); work(2)"
    project.write("script.py", "from xetcache import xetmemo\n" + body)
    done = project.run_script("script.py")
    assert done.stdout.splitlines() == ["ran 1", "ran 1", "ran 2"]
    assert done.stderr.count("threshold of 3 s") == 1
    assert "always=True" in done.stderr


def test_the_threshold_can_be_set(project) -> None:
    """By the process, or for one function."""
    body = "from xetcache import set_runtime_threshold, get_runtime_threshold\n"
    body += "set_runtime_threshold(0)\n" + COUNTED.format(decorator="@xetmemo")
    body += "work(1); work(1)\nprint(get_runtime_threshold())"
    assert run(project, body) == ["ran 1", "0.0"]
    body = COUNTED.format(decorator="@xetmemo(threshold=0)") + "work(7); work(7)"
    assert run(project, body) == ["ran 7"]


def test_labels_keep_results_apart(project) -> None:
    """What was kept under one `key=` is not served under another."""
    body = "def work(x):\n    print('ran', x)\n    return x\n"
    body += "xeteval_always('a', work, 1); xeteval_always('b', work, 1); xeteval_always(work, 1)\n"
    body += "xeteval_always('a', work, 1); xetmemo(key='b', always=True)(work)(1)"
    assert len(run(project, body)) == 3


def test_an_ignored_parameter_does_not_count(project) -> None:
    """`ignore=` leaves a parameter out of what decides."""
    body = COUNTED.format(decorator="@xetmemo(always=True, ignore=['verbose'])")
    body += "work(1); work(1, True); work(1, verbose=3)"
    assert len(run(project, body)) == 1


def test_another_version_computes_anew(project) -> None:
    """`version=` is part of the key."""
    for version, expected in ((1, 1), (2, 1), (1, 0)):
        body = COUNTED.format(decorator=f"@xetmemo(always=True, version={version})")
        assert len(run(project, body + "work(1)")) == expected


def test_a_store_of_its_own(project) -> None:
    """`store=` names another folder; the usual one is not made."""
    body = COUNTED.format(decorator="@xetmemo(always=True, store='elsewhere')") + "work(1)"
    run(project, body)
    assert (project.folder / "elsewhere" / "entries").is_dir()
    assert not (project.folder / "xmemo").exists()


def test_off_means_off(project) -> None:
    """With `XETCACHE_MODE=off` everything runs and nothing is written."""
    project.environment["XETCACHE_MODE"] = "off"
    body = COUNTED.format(decorator="@xetmemo(always=True)") + "work(1); work(1)"
    assert len(run(project, body)) == 2
    assert not (project.folder / "xmemo").exists()


def test_readonly_serves_and_keeps_nothing(project) -> None:
    """`readonly` serves what is there and adds nothing."""
    body = COUNTED.format(decorator="@xetmemo(always=True)")
    run(project, body + "work(1)")
    project.environment["XETCACHE_MODE"] = "readonly"
    assert run(project, body + "work(1); work(2); work(2)") == ["ran 2", "ran 2"]


def test_offline_raises_instead_of_computing(project) -> None:
    """`offline` makes a miss an error that is a LookupError."""
    body = COUNTED.format(decorator="@xetmemo(always=True)")
    run(project, body + "work(1)")
    project.environment["XETCACHE_MODE"] = "offline"
    body += (
        "work(1)\ntry:\n    work(2)\nexcept LookupError as error:\n    print(type(error).__name__)"
    )
    assert run(project, body) == ["CacheMissError"]


def test_an_unknown_option_suggests_the_nearest(project) -> None:
    """A typing mistake is an error that names what was meant."""
    body = "try:\n    xetmemo(allways=True)\nexcept TypeError as error:\n    print(error)"
    assert run(project, body) == ["xetmemo has no option `allways`; did you mean `always`?"]
    body = "def f(verbose): ...\ntry:\n    xetmemo(ignore='verbos')(f)\n"
    body += "except TypeError as error:\n    print(error)"
    assert "did you mean `verbose`?" in run(project, body)[0]


def test_settings_of_the_project_file(project) -> None:
    """`[tool.xetcache]` is found upwards from where the program starts."""
    project.write("pyproject.toml", "[tool.xetcache]\nmemo_path = 'kept'\nruntime_threshold = 0\n")
    body = COUNTED.format(decorator="@xetmemo") + "work(1); work(1)"
    assert len(run(project, body)) == 1
    assert (project.folder / "kept" / "entries").is_dir()


def test_the_environment_comes_before_the_project_file(project) -> None:
    """`XETCACHE_*` wins over `[tool.xetcache]`, and a setter over both."""
    project.write("pyproject.toml", "[tool.xetcache]\nmemo_path = 'kept'\n")
    project.environment["XETCACHE_MEMO_PATH"] = "other"
    body = "import os\nfrom xetcache import get_memo_path, set_memo_path\n"
    body += "print(os.path.basename(get_memo_path()))\nset_memo_path('third')\n"
    body += "print(os.path.basename(get_memo_path()))"
    assert run(project, body) == ["other", "third"]


def test_a_bad_setting_switches_off_and_says_so(project) -> None:
    """A typing mistake in a settings file does not keep the program from running."""
    project.write("pyproject.toml", "[tool.xetcache]\nruntime_treshold = 1\n")
    body = COUNTED.format(decorator="@xetmemo(always=True)") + "work(1); work(1)"
    project.write("script.py", "from xetcache import xetmemo\n" + body)
    done = project.run_script("script.py")
    assert len(done.stdout.splitlines()) == 2
    assert "did you mean `runtime_threshold`?" in done.stderr


def test_a_later_chdir_moves_nothing(project) -> None:
    """The store lies where the program was started."""
    body = COUNTED.format(decorator="@xetmemo(always=True)")
    body += "import os; os.mkdir('deep'); os.chdir('deep'); work(1)"
    run(project, body)
    assert (project.folder / "xmemo" / "entries").is_dir()
    assert not (project.folder / "deep" / "xmemo").exists()
