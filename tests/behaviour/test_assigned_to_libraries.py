"""What modules of the user assign in a library, where only the library asks for it."""

from __future__ import annotations

import pytest

from tests.conftest import Project

APP = """
{assigned}
from xetcache import xetmemo
def parsed(module):
    parser = module.ConfigParser()
    parser.read_dict({{'a': {{'key': 'ja'}}}})
    return parser
def used():
    {used}
@xetmemo(always=True)
def main(x):
    return used(), x
"""

# What assigns, what uses that in the library, and the edit.
ASSIGNED = {
    "class": (
        "import configparser as cp\ncp.ConfigParser.BOOLEAN_STATES = {'ja': True}",
        "return parsed(cp).getboolean('a', 'key')",
        (": True}", ": False}"),
    ),
    "base": (
        "import configparser as cp\ncp.RawConfigParser.BOOLEAN_STATES = {'ja': True}",
        "return parsed(cp).getboolean('a', 'key')",
        (": True}", ": False}"),
    ),
    "builtin": (
        "import configparser as cp\ncp.ConfigParser.optionxform = staticmethod(str.upper)",
        "return list(parsed(cp)['a'])",
        ("upper", "title"),
    ),
    "item": (
        "import configparser as cp\nif cp:\n    cp.ConfigParser.BOOLEAN_STATES['ja'] = True",
        "return parsed(cp).getboolean('a', 'key')",
        ("= True", "= False"),
    ),
    "module": (
        "import tempfile\ntempfile.tempdir = '/a'",
        "return tempfile.gettempdir()",
        ("/a", "/b"),
    ),
    "function of the user": (
        "import locale\nlocale.localeconv = lambda: {'decimal_point': ',', 'grouping': []}",
        "return locale.str(1.5)",
        ("','", "';'"),
    ),
    "setattr": (
        "import tempfile\nsetattr(tempfile, 'tempdir', '/a')",
        "return tempfile.gettempdir()",
        ("/a", "/b"),
    ),
    "defaults": (
        "import statistics\nstatistics.fmean.__defaults__ = ([1, 0],)",
        "return statistics.fmean([3, 5])",
        ("[1, 0]", "[0, 1]"),
    ),
}


@pytest.mark.parametrize("name", ASSIGNED)
def test_it_counts(project: Project, name: str) -> None:
    """No code of the user asks for it by name."""
    assigned, used, edit = ASSIGNED[name]
    project.write("app.py", APP.format(assigned=assigned, used=used))
    before = project.call("app.main", 1).value
    assert "app.main" not in project.call("app.main", 1).ran
    project.replace("app.py", *edit)
    after = project.call("app.main", 1)
    assert "app.main" in after.ran
    assert after.value != before


LOADER = """
import app
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location('places', 'places.py')
spec.loader.exec_module(module_from_spec(spec))
print(app.main(1))
"""
WHERE = {
    "another module": "import xetcache, places, app\nprint(app.main(1))",
    "one imported before xetcache": "import places\nimport app\nprint(app.main(1))",
    "the script": "{places}\nimport app\nprint(app.main(1))",
    "the script, later": "import app\napp.main(1)\n{places}\nprint(app.main(1))",
    "a module that is imported later": (
        "import app\napp.main(1)\nimport places\nprint(app.main(1))"
    ),
    "a module that nobody knows": LOADER,
    "a script that is run": (
        "import app, runpy\napp.main(1)\nrunpy.run_path('places.py')\nprint(app.main(1))"
    ),
}
PLACES = "import tempfile\ntempfile.tempdir = '/a'"


@pytest.mark.parametrize("name", WHERE)
def test_wherever_it_stands(project: Project, name: str) -> None:
    """In a module that the call does not reach, too, and whenever it runs."""
    script = WHERE[name].format(places=PLACES)
    project.write("app.py", APP.format(assigned="import tempfile", used=ASSIGNED["module"][1]))
    project.write("places.py", PLACES)
    project.write("script.py", script)
    file = "script.py" if PLACES in script else "places.py"
    for folder in ("/a", "/b"):
        assert project.run_script("script.py").stdout == f"('{folder}', 1)\n"
        project.replace(file, "'/a'", "'/b'") if folder == "/a" else None
    assert project.run_script("script.py").stdout == "('/b', 1)\n"


LATER = {
    "inherited so far": (
        "cp.ConfigParser.BOOLEAN_STATES = {'ja': False}",
        "return parsed(cp).getboolean('a', 'key')",
    ),
    "under a name that was nothing": (
        "locale = None\napp.main(2)\nimport locale\nlocale.localeconv = point",
        "import locale\n    return locale.str(1.5)",
    ),
}


@pytest.mark.parametrize("name", LATER)
def test_what_a_script_assigns_between_two_calls(project: Project, name: str) -> None:
    """What was not there when its code was looked at counts from then on."""
    assigned, used = LATER[name]
    setup = "import configparser as cp\ncp.RawConfigParser.BOOLEAN_STATES = {'ja': True}"
    project.write("app.py", APP.format(assigned=setup, used=used))
    project.write(
        "script.py",
        f"import app, configparser as cp\n"
        f"point = lambda: {{'decimal_point': ',', 'grouping': []}}\n"
        f"before = app.main(1)\n{assigned}\nprint(before != app.main(1))\n",
    )
    assert project.run_script("script.py").stdout == "True\n"


HARMLESS = {
    "of a library that is not in reach": "import yaml\nyaml.Dumper.put = 1",
    "of the process": "import sys\nsys.dont_write_bytecode = 1",
    "invented": "import random\nrandom.started = 1",
    "an item of the user's": "import copyreg\nclass P:\n    n = 1\ncopyreg.dispatch_table[P] = len",
    "of the user's": "class Mine:\n    pass\nMine.put = 1",
}


@pytest.mark.parametrize("name", HARMLESS)
def test_what_else_is_assigned(project: Project, name: str) -> None:
    """Of a library that is not in reach nothing counts, nor what the process runs with."""
    project.write("app.py", APP.format(assigned=HARMLESS[name], used="return 1"))
    project.call("app.main", 1)
    project.replace("app.py", "= 1", "= 2")
    assert "app.main" not in project.call("app.main", 1).ran


def test_what_has_no_digest(project: Project) -> None:
    """It cannot be told, and is no reason to keep nothing."""
    assigned = "import tempfile\ntempfile.tempdir = (n for n in [])"
    project.write("app.py", APP.format(assigned=assigned, used="return 1"))
    project.call("app.main", 1)
    assert "app.main" not in project.call("app.main", 1).ran


def test_explain_names_it(project: Project) -> None:
    """As the user spelled it."""
    assigned, used, edit = ASSIGNED["module"]
    project.write("app.py", APP.format(assigned=assigned, used=used))
    project.call("app.main", 1)
    project.replace("app.py", *edit)
    project.call("app.main", 1)
    assert "tempfile.tempdir" in project.python("-m", "xetcache", "explain").stdout
