"""Equal programs have equal digests: in any process, folder, order of imports."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

PROGRAMS = {
    "widened while it learns": """
        def look(x): return x.__globals__
        class K:
            def alpha(self): return look(self)
            def beta(self): return max(2, 3)
        def g(k): return k.alpha(), k.beta()
        def f(x): return g(K())
    """,
    "class made by attrs": """
        import attrs
        @attrs.frozen
        class K:
            x: int = 1
            y: list = attrs.field(factory=list, eq=False)
        def f(x): return hash(K(x)) and K(x, [2])
    """,
    "method of a hidden object": """
        from random import choice
        def f(x): return x or choice([1, 2])
    """,
    "builtin method of a hidden object": """
        from random import random, getrandbits as bits
        def f(x): return x or random() + bits(3)
    """,
    "method of numpy's hidden object": """
        from numpy.random import normal
        def f(x): return x or normal()
    """,
    "module held as an object": """
        import helper
        def f(name): return getattr(helper, name)
    """,
    "environment held by an object": """
        import os
        class Reader:
            def __init__(self, environ=os.environ): self.environ = environ
        READER = Reader()
        def f(name): return READER.environ[name]
    """,
    "quoted annotation": """
        import typing
        def helper(x: typing.Optional["Style"] = None): return x
        def f(x): return helper.__annotations__ and x
    """,
    "imported from": """
        def f(x):
            from colorsys import rgb_to_hls, hls_to_rgb as back
            return rgb_to_hls(x, x, x), back(x, x, x)
    """,
    "imported by name": """
        def f(x):
            import colorsys
            return colorsys.rgb_to_hls(x, x, x)
    """,
    "imported under another name": """
        def f(x):
            import colorsys as c
            return c.rgb_to_hls(x, x, x)
    """,
    "imported and handed on": """
        def g(module): return module
        def f(x):
            import colorsys
            return g(colorsys)
    """,
    "submodule": """
        def f(x):
            import xml.dom.minidom
            return xml.dom.minidom.parseString(x)
    """,
    "submodule from its package": """
        def f(x):
            from xml.dom import minidom
            return minidom.parseString(x)
    """,
    "with effects": """
        def f(x):
            import inspect
            return inspect.getdoc(x)
    """,
    "installed": """
        def f(x):
            from xxhash import xxh32
            return xxh32(x)
    """,
}

DIGEST = """
import sys
sys.path.insert(0, sys.argv[1])
for name in sys.argv[2:]:
    __import__(name)
import program
import tracer
print(tracer.walk(program.f).digest)
"""


def digest(folder: Path, source: str, seed: str, *first: str) -> str:
    """Return the digest of `f` in a new process that imports other modules first."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.py").write_text(textwrap.dedent(source))
    (folder / "helper.py").write_text("def one(): return 1\ndef two(): return __file__\n")
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, str(folder), *first],
        env={**os.environ, "PYTHONHASHSEED": seed, f"VARIABLE_{seed}": seed},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)
def test_digests_are_the_same_everywhere(source: str, tmp_path: Path) -> None:
    """Under another hash seed, in another folder, with libraries loaded by somebody else."""
    loaded = ("colorsys", "xml.dom.minidom", "inspect", "xxhash", "random")
    found = {
        digest(tmp_path / "one", source, "0"),
        digest(tmp_path / "one", source, "1"),
        digest(tmp_path / "two" / "deeper", source, "2", *loaded),
    }
    assert len(found) == 1
