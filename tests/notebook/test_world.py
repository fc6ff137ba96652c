"""What a cell sets besides variables is set again on a hit."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.same_everywhere

# What a cell sets → what is so afterwards.
SETTINGS = {
    "import os\nos.environ['COLOR'] = 'red'\nos.environ.pop('HUE', None)": (
        "os.environ['COLOR'], 'HUE' in os.environ"
    ),
    "from os import environ\nenviron['SHADE'] = 'dark'": "os.environ['SHADE']",
    "os.putenv('NONE', '1')\nos.environ.update(SIZE='9')": "os.environ['SIZE']",
    "import os\nos.makedirs('sub', exist_ok=True)\nos.chdir('sub')": (
        "os.path.basename(os.getcwd())"
    ),
    "os.chdir('..')": "os.path.basename(os.getcwd()) != 'sub'",
    "import sys\nsys.path.insert(0, '/first')\nsys.path.append('/last')": (
        "sys.path[0], sys.path[-1], sys.path.count('/first')"
    ),
    "sys.setrecursionlimit(2345)": "sys.getrecursionlimit()",
    "import warnings\nwarnings.filterwarnings('ignore', 'careful')": (
        "warnings.filters[0][:3], len([one for one in warnings.filters if one[1] and"
        " one[1].pattern == 'careful'])"
    ),
    "warnings.simplefilter('ignore')\nwarnings.warn('unheard')": "warnings.filters[0]",
    "import logging\nlogging.getLogger('mine').setLevel(10)\nlogging.root.setLevel(10)": (
        "logging.getLogger('mine').level, logging.root.level"
    ),
    "import decimal\ndecimal.getcontext().prec = 5": "decimal.getcontext().prec",
    "import numpy as np\nnp.set_printoptions(precision=3)\nold = np.seterr(all='ignore')": (
        "np.get_printoptions()['precision'], np.geterr()['divide'], old['divide']"
    ),
    "import pandas as pd\npd.set_option('display.max_rows', 7)": (
        "pd.get_option('display.max_rows')"
    ),
    "pd.options.display.precision = 2": "pd.get_option('display.precision')",
    "import matplotlib.pyplot as plt\nplt.rcParams['figure.dpi'] = 51\nplt.style.use('ggplot')": (
        "plt.rcParams['figure.dpi'], plt.rcParams['axes.grid'],"
        " str(plt.rcParams['axes.prop_cycle'])"
    ),
    "plt.rc('lines', linewidth=4)": "plt.rcParams['lines.linewidth']",
    "import random\nrandom.seed(4)\nnp.random.seed(5)": "random.random(), np.random.rand()",
}
BEFORE = "import os\nos.environ['HUE'] = 'blue'"


@pytest.mark.timeout(180)
def test_set_again(start_kernel) -> None:
    """The environment, the folder, paths, filters, levels, and options of libraries."""
    plain = start_kernel(setup=BEFORE)
    truth = {}
    for code, expression in SETTINGS.items():
        assert plain.run(code).status == "ok", code
        truth[code] = plain.value(expression)
    for outcome in ("miss", "hit"):
        kernel = start_kernel(setup=f"import xetcache\n{BEFORE}")
        for code, expression in SETTINGS.items():
            ran = kernel.memo(code)
            assert (ran.outcome, code) == (outcome, code), ran.says
            assert (kernel.value(expression), code) == (truth[code], code)


def test_imported_late(start_kernel) -> None:
    """What is set of a library that the cell imports itself, in a function, is no exception."""
    cell = (
        "def setup():\n    import pandas\n    pandas.set_option('display.max_rows', 9)\n"
        "    from matplotlib import pyplot\n    pyplot.rc('figure', dpi=52)\nsetup()\nx = 1"
    )
    for outcome in ("miss", "hit"):
        kernel = start_kernel()
        assert kernel.memo(cell).outcome == outcome
        kernel.run("import pandas, matplotlib")
        assert kernel.value("pandas.get_option('display.max_rows')") == "9"
        assert kernel.value("matplotlib.rcParams['figure.dpi']") == "52.0"


def test_a_setting_decides(start_kernel) -> None:
    """What is shown in another way under another setting is not served under it."""
    kernel = start_kernel()
    kernel.run("import pandas as pd\ntable = pd.DataFrame({'a': range(30)})")
    kernel.run("from IPython.display import display\nimport matplotlib.pyplot as plt")
    cells = ["display(table)\nx = 1", "print(table)", "axes = table.a.plot()\ndel axes"]
    for outcome in ("miss", "hit"):
        assert [kernel.memo(cell).outcome for cell in cells] == [outcome] * 3
    kernel.run("pd.set_option('display.max_rows', 4)\nplt.rc('figure', dpi=30)")
    assert [kernel.memo(cell).outcome for cell in cells] == ["miss"] * 3
    kernel.run("pd.reset_option('display.max_rows')\nplt.rcdefaults()")
    assert [kernel.memo(cell).outcome for cell in cells] == ["hit"] * 3
