"""How far a trace goes: what the user wrote is followed, what was installed is pinned."""

from __future__ import annotations

import decimal
import importlib.util
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tracer.programs import Program
from tracer import policy as subject
from tracer.graph import NodeKind
from tracer.policy import (
    PYTHON_ITSELF,
    USER_CODE,
    Distribution,
    Policy,
    distribution_of,
    required_by,
)
from tracer.walker import walk

LIBRARY = os.path.dirname(os.__file__)
SITE = str(Path(pytest.__file__).parents[1])


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("app", "/project/app.py"),
        ("__main__", "/project/run.py"),
        ("__main__", "<stdin>"),
        ("__main__", "<ipython-input-1-abc>"),
        ("app", "<string>"),
        ("app", "<frozen app>"),
        ("app", None),
        ("", "/project/app.py"),
        ("json", "/project/json.py"),
        ("collections", "<string>"),
    ],
)
def test_user_code_is_followed(module: str, file: str | None) -> None:
    """Projects, notebooks, code made by hand: decided by the file, never by the name."""
    assert USER_CODE.pinned_by(module, file) is None


@pytest.mark.parametrize(
    ("module", "file"),
    [
        ("json", os.path.join(LIBRARY, "json", "__init__.py")),
        ("anything", os.path.join(LIBRARY, "json", "__init__.py")),
        ("importlib._bootstrap", "<frozen importlib._bootstrap>"),
        ("os", "<frozen os>"),
        ("sys", None),
        ("_io", None),
        ("builtins", None),
    ],
)
def test_the_standard_library_is_pinned_by_python(module: str, file: str | None) -> None:
    """Its code is that of the interpreter."""
    assert USER_CODE.pinned_by(module, file) == PYTHON_ITSELF


def test_python_is_pinned_by_its_minor_version() -> None:
    """A patch release is no change."""
    assert str(PYTHON_ITSELF) == "cpython {}.{}".format(*sys.version_info[:2])


def test_a_search_path_may_hold_what_is_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python skips it, and so does a look for a distribution."""
    monkeypatch.setattr(sys, "path", [5, None, *sys.path])
    subject._known.clear()
    found = distribution_of("pytest")
    assert found is not None
    assert found.name == "pytest"


def test_installed_code_is_pinned_by_its_distribution() -> None:
    """The version of what installed a module stands for its code."""
    found = USER_CODE.pinned_by("pytest", os.path.join(SITE, "pytest", "__init__.py"))
    assert found == Distribution("pytest", pytest.__version__)


@pytest.mark.parametrize(
    ("module", "name"), [("_pytest", "pytest"), ("_hypothesis_pytestplugin", "hypothesis")]
)
def test_a_module_of_another_name_is_found(module: str, name: str) -> None:
    """The list of files of each distribution says which modules it brought."""
    found = distribution_of(module)
    assert found is not None
    assert found.name == name


def test_a_loose_file_in_site_packages_is_followed() -> None:
    """What no distribution brought has no version, so its code counts."""
    assert USER_CODE.pinned_by("loose", os.path.join(SITE, "loose.py")) is None


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty folder of installed distributions."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(folder)])
    monkeypatch.setattr(subject, "_known", {})
    monkeypatch.setattr(subject, "_folders_seen", {})
    return folder


def install(site: Path, name: str, version: str, *files: str) -> None:
    """Write the metadata of a distribution."""
    metadata = site / f"{name}-{version}.dist-info"
    metadata.mkdir()
    record = [f"{file},," for file in (*files, f"{metadata.name}/RECORD")]
    (metadata / "RECORD").write_text("\n".join(record))


def test_distributions_are_found_by_name_or_by_files(site: Path) -> None:
    """Names are compared as installers do; files decide where names differ."""
    install(site, "Some_Thing", "1.0", "some_thing/__init__.py")
    install(site, "python_other", "2.0+local", "other/__init__.py", "single.py", "ext.cpython-3.so")
    assert distribution_of("some_thing") == Distribution("Some_Thing", "1.0")
    assert distribution_of("other") == Distribution("python_other", "2.0+local")
    assert distribution_of("single") == Distribution("python_other", "2.0+local")
    assert distribution_of("ext") == Distribution("python_other", "2.0+local")
    assert distribution_of("nobody") is None


def test_metadata_without_a_list_of_files_is_no_trouble(site: Path) -> None:
    """Some installers write none."""
    (site / "bare-1.0.dist-info").mkdir()
    assert distribution_of("bare") == Distribution("bare", "1.0")
    assert distribution_of("other") is None


@pytest.mark.xfail(strict=True, reason="a name that looks like the module's wins over the files")
def test_files_decide_where_a_name_misleads(site: Path) -> None:
    """Of two distributions, the one that brought the module stands for it."""
    install(site, "serial", "0.1", "serialise/__init__.py")
    install(site, "pyserial", "3.5", "serial/__init__.py")
    assert distribution_of("serial") == Distribution("pyserial", "3.5")


def test_a_policy_can_follow_what_is_installed() -> None:
    """A library one works on is followed although it is installed."""
    policy = Policy(follow=frozenset({"json"}))
    assert policy.pinned_by("json.decoder", json.decoder.__file__) is None
    assert policy.pinned_by("decimal", decimal.__file__) == PYTHON_ITSELF


def test_a_policy_can_pin_what_is_not_installed() -> None:
    """A module that is pinned by hand counts by its name alone."""
    policy = Policy(pin=frozenset({"helpers"}))
    assert policy.pinned_by("helpers.deep", "/project/helpers/deep.py") == Distribution(
        "helpers", "pinned"
    )
    assert policy.pinned_by("helpers2", "/project/helpers2.py") is None


def test_what_is_pinned_is_not_walked(program: Callable[..., Program]) -> None:
    """An edit of a pinned module is not noticed, one of a followed module is."""
    source = "import helpers\ndef f(x):\n    return helpers.rate(x)\n"
    digests = {}
    for text in ("x * 2", "x * 5"):
        made = program(source, helpers=f"def rate(x):\n    return {text}\n")
        for name in ("pin", "follow"):
            policy = Policy(**{name: frozenset({"helpers"})})
            digests.setdefault(name, set()).add(walk(made["f"], policy=policy).graph.digest)
    assert len(digests["pin"]) == 1
    assert len(digests["follow"]) == 2


def test_libraries_are_named_with_their_version(program: Callable[..., Program]) -> None:
    """A graph shows by what a part of a library is pinned."""
    made = program("import json, pytest\ndef f(x):\n    return json.dumps(x), pytest.raises\n")
    found = {node.name: (node.kind, node.preview) for node in made.graph().nodes}
    assert found["json.dumps"] == (NodeKind.BUILTIN, str(PYTHON_ITSELF))
    assert found["pytest.raises"] == (NodeKind.DISTRIBUTION, f"pytest {pytest.__version__}")


def test_a_module_says_its_own_name_in_vain(program: Callable[..., Program]) -> None:
    """`__module__` of a function is no reason to pin it."""
    source = (
        "def h(x):\n    return x * 2\nh.__module__ = 'json'\n"
        "class K:\n    def m(self):\n        return 2\nK.__module__ = 'json'\n"
        "def f(x):\n    return h(x), K().m()\n"
    )
    digests = {
        program(source.replace(old, new)).graph().digest
        for old, new in [("", ""), ("x * 2", "x * 5"), ("return 2", "return 5")]
    }
    assert len(digests) == 3


def test_looking_for_a_distribution_imports_nothing(site: Path) -> None:
    """The metadata of what is installed is read, never its code."""
    install(site, "python_other", "2.0", "other/__init__.py")
    before = set(sys.modules)
    assert distribution_of("other") is not None
    assert set(sys.modules) == before
    assert importlib.util.find_spec("other") is None


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Callable[..., None]:
    """Install distributions that are nothing but their metadata: `installed("a", "1", "b>=2")`."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    for known in ("_known", "_required", "_folders_seen"):
        monkeypatch.setattr(subject, known, {})

    def install(name: str, version: str, *requires: str) -> None:
        metadata = folder / f"{name}-{version}.dist-info"
        metadata.mkdir()
        lines = [f"Name: {name}", *(f"Requires-Dist: {text}" for text in requires), "", "Text: no"]
        (metadata / "METADATA").write_text("\n".join(lines))

    return install


def test_what_a_distribution_requires_counts(installed) -> None:
    """At any depth, in circles too; extras and what is not installed do not."""
    installed("first", "1.0", "second>=2; python_version > '3'", "absent", 'third; extra == "all"')
    installed("second", "2.5", "Fourth.Part [fast] (>=1)", "first")
    installed("third", "3.0")
    installed("fourth_part", "4.0")
    first = Distribution("first", "1.0")
    assert {str(one) for one in required_by([first])} == {
        "first 1.0",
        "second 2.5",
        "fourth_part 4.0",
    }


def test_what_this_package_requires_does_not_count(program: Callable[..., Program]) -> None:
    """A function that calls memoized ones stands on them, and not on what keeps their results."""
    graph = program("import xetcache\ndef f(x): return xetcache.xeteval(abs, x)").graph()
    pinned = [node.preview for node in graph.nodes if node.kind is NodeKind.DISTRIBUTION]
    assert [one for one in pinned if one and one.startswith(("ipython ", "cloudpickle "))] == []


def test_an_upgrade_behind_a_library_is_noticed(program: Callable[..., Program]) -> None:
    """Code that names one library depends on those that this one stands on."""
    pytest.importorskip("pandas")
    graph = program("import pandas\ndef f(x): return pandas.Series(x)").graph()
    pinned = {node.preview for node in graph.nodes if node.kind is NodeKind.DISTRIBUTION}
    assert str(distribution_of("numpy")) in pinned
