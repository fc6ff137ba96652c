"""A setting of a library that changes results is part of what they depend on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.same_everywhere

CASES = {
    "decimal": (
        "from decimal import Decimal, getcontext, ROUND_UP\ndef f(): return str(Decimal(2) / 3)",
        "getcontext().prec = 50",
        "decimal.prec   default → 50",
    ),
    "decimal-trap": (
        "import decimal\ndef f(): return str(decimal.Decimal(1) / 3)",
        "decimal.getcontext().traps[decimal.Overflow] = False",
        "decimal.traps.Overflow   default → False",
    ),
    "decimal-of-a-value": (
        "import decimal\nRATES = [decimal.Decimal(7)]\ndef f(): return str(1 / RATES[0])",
        "decimal.getcontext().prec = 9",
        "decimal.prec   default → 9",
    ),
    "statistics": (
        """
import statistics, decimal
DATA = (decimal.Decimal(1), decimal.Decimal(3))
def f(): return str(statistics.stdev(DATA))
""",
        "decimal.getcontext().prec = 9",
        "decimal.prec   default → 9",
    ),
    "numpy-errors": (
        """
import numpy as np
def f():
    try: return float((np.arange(2) / np.zeros(2))[1])
    except FloatingPointError: return "raised"
""",
        "np.seterr(all='raise')",
        "numpy.errors.divide   default → 'raise'",
    ),
    "numpy-print": (
        "import numpy as np\ndef f(): return str(np.arange(3) / 7)",
        "np.set_printoptions(precision=3)",
        "numpy.print.precision   default → 3",
    ),
    "numpy-print-in-a-helper": (
        "import numpy as np\ndef shown(x): return f'{x}'\ndef f(): return shown(np.arange(3) / 7)",
        "np.set_printoptions(floatmode='fixed', precision=2)",
        "numpy.print.floatmode   default → 'fixed'",
    ),
    "pandas-display": (
        "import pandas as pd\ndef f(): return pd.DataFrame({'a': [1 / 7]}).to_string()",
        "pd.set_option('display.precision', 2)",
        "pandas.display.precision   default → 2",
    ),
    "pandas-mode": (
        "import pandas as pd\ndef f(): return str(pd.array(['a'], dtype='string').dtype.storage)",
        "pd.set_option('mode.string_storage', 'python')",
        "pandas.mode.string_storage   default → 'python'",
    ),
    "numpy-print-by-the-standard-library": (
        """
import string
import numpy as np
def f(): return string.Template("$a").substitute(a=np.arange(3) / 7)
""",
        "np.set_printoptions(precision=3)",
        "numpy.print.precision   default → 3",
    ),
    "numpy-print-asked": (
        "import numpy as np\ndef f(): return np.get_printoptions()['precision']",
        "np.set_printoptions(precision=3)",
        "numpy.print.precision   default → 3",
    ),
    "numpy-warnings": (
        """
import warnings
import numpy as np
def f():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try: return (np.ones(1) / np.zeros(1)).tolist()
        except RuntimeWarning: return "warned"
""",
        "np.seterr(all='ignore')",
        "numpy.warnings.divide   default → 'ignore'",
    ),
    "polars-display": (
        "import polars as pl\ndef f(): return str(pl.DataFrame({'a': range(9)}))",
        "pl.Config.set_tbl_rows(4)",
        "polars.POLARS_FMT_MAX_ROWS   default → '4'",
    ),
    "polars-floats": (
        "import polars as pl\ndef f(): return str(pl.DataFrame({'a': [1e9]}))",
        "pl.Config.set_fmt_float('full')",
        "polars.set_fmt_float   default → 'full'",
    ),
    "digits": (
        "def f():\n    try: return len(str(10 ** 4000))\n    except ValueError: return 'too long'",
        "import sys; sys.set_int_max_str_digits(1000)",
        "sys.int_max_str_digits   default → 1000",
    ),
    "calendar": (
        "import calendar\ndef f(): return calendar.month(2024, 2)",
        "calendar.setfirstweekday(6)",
        "calendar.firstweekday   default → 6",
    ),
    "csv-dialect": (
        """
import csv, io
def f():
    try: return next(csv.reader(io.StringIO("a;b,c"), "own"))
    except csv.Error: return "unknown"
""",
        "csv.register_dialect('own', delimiter=';')",
        "csv.dialect.own   default → (';', ",
    ),
    "xml-prefix": (
        """
import xml.etree.ElementTree as ET
def f(): return ET.tostring(ET.Element("{http://own}a")).decode()
""",
        "ET.register_namespace('own', 'http://own')",
        "xml.prefix.http://own   default → 'own'",
    ),
    "zone": (
        "import time\ndef f(): return time.localtime(0).tm_hour",
        "import os; os.environ['TZ'] = 'JST-9'; time.tzset()",
        "timezone.local   default → ",
    ),
    "zone-by-datetime": (
        "from datetime import datetime\ndef f(): return str(datetime.fromtimestamp(0))",
        "import os, time; os.environ['TZ'] = 'JST-9'; time.tzset()",
        "timezone.local   default → ",
    ),
}

AROUND = """
import sys
from xetcache import xetmemo, stats
if "set" in sys.argv:
    {change}
plain, kept = f, xetmemo(always=True)(f)
for _ in range(4):
    value = kept()
    print(stats()["last"]["outcome"], value == plain(), repr(value))
"""


@pytest.mark.parametrize(("source", "change", "cause"), CASES.values(), ids=CASES)
def test_a_setting_that_differs(project: Project, source: str, change: str, cause: str) -> None:
    """Each state has its own result, in both directions, and explain names the setting."""
    project.environment["TZ"] = "UTC"
    project.write("program.py", source + AROUND.format(change=change))

    def lines(*argv: str) -> list[str]:
        done = project.run_script("program.py", *argv)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    default = lines()
    assert [line.split()[:2] for line in default] == [["miss", "True"], *[["hit", "True"]] * 3]
    other = lines("set")
    assert [line.split()[:2] for line in other] == [["miss", "True"], *[["hit", "True"]] * 3]
    assert cause in project.python("-m", "xetcache", "explain").stdout
    assert [line.split()[:2] for line in lines()] == [["hit", "True"]] * 4
    assert [line.split()[:2] for line in lines("set")] == [["hit", "True"]] * 4
    if "trap" not in cause:
        assert default[0].split(" ", 2)[2] != other[0].split(" ", 2)[2]


def test_an_untouched_program_has_no_such_facts(project: Project) -> None:
    """Whatever it reaches; one that sets what it does not reach has none either."""
    project.environment["TZ"] = "UTC"
    project.write(
        "program.py",
        """
        import calendar, decimal, locale, sys
        import numpy as np
        import pandas as pd
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def everything(x):
            frame = pd.DataFrame({"a": np.arange(x)})
            text = frame.to_string() + str(decimal.Decimal(x) / 3)
            return text + locale.str(1.5) + calendar.month(2024, 1)

        @xetmemo(always=True)
        def nothing(x):
            return x / 3

        everything(3)
        if "set" in sys.argv:
            decimal.getcontext().prec = 5
            np.seterr(all="raise")
            pd.set_option("display.precision", 2)
        nothing(3)
        print(stats()["last"]["outcome"])
        """,
    )
    assert project.run_script("program.py").stdout.split() == ["miss"]
    assert project.run_script("program.py", "set").stdout.split() == ["hit"]
    names = [path.stem for path in Path(project.folder, "xmemo", "entries").rglob("*.xet")]
    assert [name.count("-") for name in names] == [1, 1]  # no digest of facts


SWITCHED = """
    from decimal import Decimal, getcontext, localcontext
    from xetcache import xetmemo, stats

    @xetmemo(always=True)
    def third(x):
        return str(Decimal(x) / 3)

    def ask():
        value = third(1)
        return len(value), stats()["last"]["outcome"]

    for _ in range(8):
        last = ask()
    print(*last)  # by now it is answered by the very arguments
    with localcontext() as context:
        context.prec = 40
        print(*ask(), *ask())
    print(*ask(), *ask())
    getcontext().prec = 10
    print(*ask(), *ask())
"""


def test_a_setting_is_changed_between_two_hits(project: Project) -> None:
    """Also where hits are as fast as they get."""
    project.write("program.py", SWITCHED)
    expected = ["30 hit", "42 miss 42 hit", "30 hit 30 hit", "12 miss 12 hit"]
    assert project.run_script("program.py").stdout.splitlines() == expected
    expected = [line.replace("miss", "hit") for line in expected]
    assert project.run_script("program.py").stdout.splitlines() == expected


def test_of_arguments(project: Project) -> None:
    """What code is given counts, though it names no library; what is plain does not."""
    project.write(
        "program.py",
        """
        import decimal, sys
        import numpy as np
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def ratio(x, y):
            return x / y

        if "set" in sys.argv:
            decimal.getcontext().prec = 5
            np.seterr(over="raise")
        for pair in ((1, 3), ([decimal.Decimal(1)][0], 3), (np.ones(2), 3), (1.5, 3)):
            ratio(*pair)
            print(stats()["last"]["outcome"])
        """,
    )
    assert project.run_script("program.py").stdout.split() == ["miss"] * 4
    assert project.run_script("program.py", "set").stdout.split() == ["hit", "miss", "miss", "hit"]
    assert project.run_script("program.py").stdout.split() == ["hit"] * 4


def test_print_options_do_not_count_where_no_text_is_made(project: Project) -> None:
    """A long computation is not made again for the looks of it."""
    project.write(
        "program.py",
        """
        import sys
        import numpy as np
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def total(n):
            return float(np.arange(n).sum())

        if "set" in sys.argv:
            np.set_printoptions(precision=2)
            np.seterr(all="ignore")
        total(3)
        print(stats()["last"]["outcome"])
        """,
    )
    assert project.run_script("program.py").stdout.split() == ["miss"]
    assert project.run_script("program.py", "set").stdout.split() == ["hit"]


def test_a_call_that_changes_a_setting(project: Project) -> None:
    """It is not kept, and told so; one that puts it back is."""
    project.write(
        "program.py",
        """
        import decimal
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def leaves_it(x):
            decimal.getcontext().prec += 1
            return str(decimal.Decimal(x) / 3)

        @xetmemo(always=True)
        def puts_it_back(x):
            with decimal.localcontext() as context:
                context.prec = 3
                return str(decimal.Decimal(x) / 3)

        for function in (puts_it_back, leaves_it):
            print(function(1), stats()["last"]["outcome"], decimal.getcontext().prec)
        """,
    )
    first = project.run_script("program.py")
    assert first.stdout.splitlines() == ["0.333 miss 28", f"0.{'3' * 29} miss 29"]
    assert "changed `the setting decimal.prec` while it ran" in first.stderr
    second = project.run_script("program.py")
    assert second.stdout.splitlines() == ["0.333 hit 28", f"0.{'3' * 29} miss 29"]


def test_a_caller_does_not_inherit_the_setting_it_makes(project: Project) -> None:
    """A memoized call that is served under a setting made for it."""
    project.write(
        "program.py",
        """
        import decimal
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def inner(x):
            return str(decimal.Decimal(x) / 3)

        @xetmemo(always=True)
        def outer(x):
            with decimal.localcontext() as context:
                context.prec = 4
                return inner(x)

        with decimal.localcontext() as context:
            context.prec = 4
            inner(1)
        print(outer(1), stats()["last"]["outcome"], outer(1), stats()["last"]["outcome"])
        """,
    )
    assert project.run_script("program.py").stdout.split() == ["0.3333", "miss", "0.3333", "hit"]
    assert project.run_script("program.py").stdout.split() == ["0.3333", "hit", "0.3333", "hit"]


NUMBERS = {
    "by-locale": "import locale\ndef f(): return locale.format_string('%.1f', 1.5)",
    "by-n": "import locale\ndef f(): return f'{1.5:n}'",
    "by-text": "import locale\ndef f(): return 'is {:.3n}'.format(1.5)",
    "by-date": "import locale, datetime\ndef f(): return datetime.date(2024, 5, 1).strftime('%A')",
}


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the locale of Germany; it takes a second to make."""
    target = tmp_path_factory.mktemp("locales") / "de_DE.UTF-8"
    command = ["localedef", "-i", "de_DE", "-f", "UTF-8", str(target)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no German on this machine")
    return target.parent


@pytest.mark.parametrize("source", NUMBERS.values(), ids=NUMBERS)
def test_the_locale(project: Project, locales: Path, source: str) -> None:
    """Numbers and names of days are those of a language."""
    project.environment["LOCPATH"] = str(locales)
    change = "locale.setlocale(locale.LC_ALL, 'de_DE.UTF-8')"
    project.write("program.py", source + AROUND.format(change=change))
    for argv, outcome in (((), "miss"), (("set",), "miss"), ((), "hit"), (("set",), "hit")):
        done = project.run_script("program.py", *argv)
        assert done.returncode == 0, done.stderr
        found = [line.split()[:2] for line in done.stdout.splitlines()]
        assert found == [[outcome, "True"], *[["hit", "True"]] * 3]
