"""The line above a cell is read as people write it."""

from __future__ import annotations

import pytest

from xetcache.errors import OptionError
from xetcache.notebook.magic import line_of, parse


@pytest.mark.parametrize(
    "line",
    [
        "input=a,b output=c key=k always=True",
        "input=a, b output=c key=k always=True",
        "input = a , b output = c  key = k always = true",
        "  key='k' input=a,b, output=c always=1",
        'always=yes key="k" output=c input=a ,b',
    ],
)
def test_spaces_do_not_matter(line: str) -> None:
    """Spaces are allowed around `=` and `,`, and options in any order."""
    found = parse(line)
    assert (found.input, found.output) == (("a", "b"), ("c",))
    assert (found.options.key, found.options.always) == ("k", True)


def test_bare() -> None:
    """Nothing asked for means all that the cell reads and binds."""
    found = parse("")
    assert (found.input, found.output, found.options.always) == ((), None, False)


def test_all_options() -> None:
    """A cell has the options of the decorator, too."""
    found = parse("ignore=log,verbose threshold=0.5 version=2 key='two words'")
    options = found.options
    assert (options.ignore, options.threshold) == (("log", "verbose"), 0.5)
    assert (options.version, options.key) == ("2", "two words")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("input=v1,v2 output=v3,v4 magic=True", "no option `magic`; did you mean `always`?"),
        ("inputs=a", "no option `inputs`; did you mean `input`?"),
        ("output", "`output` needs a value: `output=…`"),
        ("output=", "`output` needs a value: `output=…`"),
        ("always", "`always` needs a value: `always=True`"),
        ("always=perhaps", "takes True or False, not `perhaps`"),
        ("threshold=soon", "takes seconds, not `soon`"),
        ("threshold=-1", "takes seconds"),
        ("input=df.x", "names of variables, not `df.x`"),
        ("input=a input=b", "given twice; write `input=a,b`"),
        ("key=a,b", "one value, not a, b"),
        ("=a", "cannot read `=a`"),
    ],
)
def test_what_cannot_be_read(line: str, says: str) -> None:
    """The error says what is wrong, and what is meant."""
    with pytest.raises(OptionError) as error:
        parse(line)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("%%xetmemo output=a\na = 1", "output=a"),
        ("\n  \n%%xetmemo\na = 1", ""),
        ("# %%xetmemo output=a\na = 1", "output=a"),
        ("#%%xetmemo", ""),
        ("%%xetmemos", None),
        ("%%time\n%%xetmemo", None),
        ("%xetmemo", None),
        ("a = 1\n%%xetmemo", None),
        ("", None),
    ],
)
def test_first_line(text: str, line: str | None) -> None:
    """The magic counts in the first line that is not blank; as a comment, too."""
    assert line_of(text) == line
