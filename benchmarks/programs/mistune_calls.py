"""Calls into mistune: Markdown to HTML and back, with plugins."""

from mistune.markdown import Markdown
from mistune.plugins.footnotes import footnotes
from mistune.plugins.formatting import strikethrough
from mistune.plugins.table import table
from mistune.renderers.html import HTMLRenderer
from mistune.renderers.markdown import MarkdownRenderer

from xetcache import xetmemo

TEXT = """# Title *one*

Some `code`, a [link](https://example.org "t"), **strong** and ~~gone~~ text[^1].

1. one
2. two
   - inner <b>html</b>

| a | b |
|---|:-:|
| 1 | 2 |

> quoted
> again

```python
x = 1
```

[^1]: a note
"""


# Not `create_markdown`, which imports plugins by a computed name and is refused for it.
@xetmemo(always=True)
def html():
    return Markdown(HTMLRenderer(), plugins=[strikethrough, table, footnotes])(TEXT)


@xetmemo(always=True)
def tree():
    return Markdown(None, plugins=[table])(TEXT)


@xetmemo(always=True)
def again():
    return Markdown(MarkdownRenderer())(TEXT)
