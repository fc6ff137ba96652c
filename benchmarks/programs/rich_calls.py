"""Calls into rich: a table, markup, a tree, columns."""

import io
import itertools

import rich._emoji_codes
import rich.abc
import rich.ansi
import rich.cells
import rich.color
import rich.pretty
from rich.columns import Columns
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.style import Style
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from xetcache import register, xetmemo

# Without these no call into rich is kept: styles are numbered by a counter, and widths come
# from a module whose name is computed. Modules that a call imports are another namespace.
register(itertools.count, lambda _: "count")
register(Style, str)  # which notes in itself how it is written
WIDTHS = rich.cells.load_cell_table()


def widths(unicode_version="auto"):
    return WIDTHS


rich.cells.load_cell_table = widths
# Asked for at import, which nobody observed: what they were made of is not known.
rich.color.Color.parse.cache_clear()
del rich


def shown(*things):
    out = io.StringIO()
    console = Console(
        file=out, width=60, force_terminal=True, color_system="truecolor", legacy_windows=False,
        _environ={},
    )  # fmt: skip
    console.print(*things)
    return out.getvalue()


@xetmemo(always=True)
def table():
    made = Table(title="Prices", show_lines=True, row_styles=["", "dim"])
    made.add_column("what", style="cyan", no_wrap=True)
    made.add_column("how much", justify="right", footer="sum")
    for number in range(4):
        made.add_row(f"thing {number}", f"[bold]{number * 1.5:.2f}[/bold]")
    return shown(made)


@xetmemo(always=True)
def marked():
    text = Text.from_markup("[red]one[/red] [on blue]two[/] :smile: ")
    text.append("three", style="bold italic")
    text.highlight_words(["one"], "underline")
    made = Tree("root", guide_style="bold")
    branch = made.add("[green]branch")
    branch.add("leaf").add(Panel("inside", expand=False, title="box"))
    made.add(Columns(["one", "two", "three"], equal=True))
    data = {"a": [1, 2.5, None, True]}
    bar = ProgressBar(total=10, completed=4, width=20)
    return shown(text, escape("[not markup]"), data, "key='value' 12:30", made, bar)
