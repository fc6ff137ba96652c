"""A function only remembers its answers, or nobody says so."""

from __future__ import annotations

import linecache
from types import FunctionType

import pytest

from tracer.memo_forms import only_empties, why_not_a_memo

MEMOS = {
    "asked first": """
        def h(x):
            if x not in D:
                D[x] = slow(x)
            return D[x]
    """,
    "asked first, with a step": """
        def h(x):
            if not x in D:
                half = slow(x)
                D[x] = half + half
            return D[x] + 1
    """,
    "returned where it is": """
        def h(x):
            if x in D:
                return D[x]
            found = slow(x)
            D[x] = found
            return found
    """,
    "returned where it is, or not at all": """
        def h(x):
            if x in D:
                return D[x]
            if x < 0:
                return None
            found = D[x] = slow(x)
            return found
    """,
    "tried": """
        def h(x):
            try:
                return D[x]
            except KeyError:
                pass
            D[x] = slow(x)
            return D[x]
    """,
    "tried, and made in the handler": """
        def h(x):
            try:
                found = D[x]
            except KeyError:
                found = D[x] = slow(x)
            return found
    """,
    "got": """
        def h(x):
            found = D.get(x)
            if found is None:
                found = slow(x)
                D[x] = found
            return found
    """,
    "got, or a default": """
        def h(x):
            found = D.get(x, MISSING)
            if found is not MISSING:
                return found
            found = slow(x)
            D[x] = found
            return found
    """,
    "walrus": """
        def h(x):
            if (found := D.get(x)) is None:
                found = D[x] = slow(x)
            return found
    """,
    "setdefault": """
        def h(x):
            return D.setdefault(x, slow(x))
    """,
    "two parameters": """
        def h(a, b=1):
            if (a, b) not in D:
                D[a, b] = slow(a) + b
            return D[(a, b)]
    """,
    "a key of its own": """
        def h(a, b, *, c):
            key = (a, b, c)
            if key not in D:
                D[key] = slow(a, b, c)
            return D[key]
    """,
    "all that is given": """
        def h(*args):
            if args not in D:
                D[args] = slow(*args)
            return D[args]
    """,
    "what it does not read": """
        def h(x, verbose=False):
            if x not in D:
                D[x] = slow(x)
            return D[x]
    """,
    "both ways": """
        def h(x):
            '''Look it up.'''
            if x in D:
                found = D[x]
            else:
                found = slow(x)
                D[x] = found
            return found
    """,
    "with a lock": """
        def h(x):
            with LOCK:
                if x not in D:
                    D[x] = slow(x)
                return D[x]
    """,
    "with a lock, and returned after it": """
        def h(x):
            with LOCK:
                found = D.get(x)
                if found is None:
                    found = D[x] = slow(x)
            return found
    """,
    "recursion": """
        def h(n):
            if n not in D:
                D[n] = n if n < 2 else h(n - 1) + h(n - 2)
            return D[n]
    """,
}

OTHERS = {
    "told whether it was there": """
        def h(x):
            if x in D:
                return "seen"
            D[x] = True
            return "new"
    """,
    "a key that is a constant": """
        def h(x):
            D["last"] = x
            return x
    """,
    "a constant, asked first": """
        def h(x):
            if "last" not in D:
                D["last"] = x
            return D["last"]
    """,
    "a parameter that is not in the key": """
        def h(x, y):
            if x not in D:
                D[x] = slow(x, y)
            return D[x]
    """,
    "a parameter bound anew": """
        def h(x):
            x = x % 10
            if x not in D:
                D[x] = slow(x)
            return D[x]
    """,
    "a key that is computed": """
        def h(x):
            if str(x) not in D:
                D[str(x)] = slow(x)
            return D[str(x)]
    """,
    "two keys": """
        def h(a, b):
            if (a, b) not in D:
                D[b, a] = slow(a, b)
            return D[a, b]
    """,
    "overwritten": """
        def h(x):
            D[x] = slow(x)
            return D[x]
    """,
    "counted": """
        def h(x):
            if x not in D:
                D[x] = len(D)
            return D[x]
    """,
    "iterated": """
        def h(x):
            if x not in D:
                D[x] = slow(x)
            return sum(D.values())
    """,
    "another than is kept": """
        def h(x):
            if x in D:
                return D[x]
            found = slow(x)
            D[x] = found
            return found + 1
    """,
    "what was made on the way": """
        def h(x):
            steps = 0
            if x not in D:
                steps = 1
                D[x] = slow(x)
            return D[x], steps
    """,
    "a list that was filled on the way": """
        def h(x):
            steps = []
            if x not in D:
                steps.append(x)
                D[x] = slow(x)
            return D[x], len(steps)
    """,
    "limited": """
        def h(x):
            if x not in D:
                if len(D) > 10:
                    D.clear()
                D[x] = slow(x)
            return D[x]
    """,
    "handed on": """
        def h(x):
            if x not in D:
                D[x] = slow(x, D)
            return D[x]
    """,
    "got and not added": """
        def h(x):
            found = D.get(x)
            return found
    """,
    "another default": """
        def h(x):
            found = D.get(x, 0)
            if found is None:
                found = D[x] = slow(x)
            return found
    """,
    "added sometimes": """
        def h(x):
            found = D.get(x)
            if found is None:
                found = slow(x)
                if RATE:
                    D[x] = found
            return found
    """,
    "another is added": """
        def h(x):
            found = D.get(x)
            if found is None:
                found = slow(x)
                D[x] = -found
            return found
    """,
    "with what it is given": """
        def h(x, lock):
            with lock:
                if x not in D:
                    D[x] = slow(x)
                return D[x]
    """,
    "with a variable": """
        def h(x):
            with LOCK as made:
                if x not in D:
                    D[x] = made
                return D[x]
    """,
    "a generator": """
        def h(x):
            if x not in D:
                D[x] = slow(x)
            yield D[x]
    """,
    "a coroutine": """
        async def h(x):
            if x not in D:
                D[x] = await slow(x)
            return D[x]
    """,
    "removed": """
        def h(x):
            if x not in D:
                D[x] = slow(x)
            return D.pop(x)
    """,
    "its variables are looked at": """
        def h(x):
            if x not in D:
                made = 1
                D[x] = slow(x)
            return D[x], locals()
    """,
    "what it was is told by a name": """
        def h(x):
            global D
            if x not in D:
                D[x] = slow(x)
            return D[x]
    """,
}


def function(source: str, name: str) -> FunctionType:
    """Return the function that a text defines; the text is known as that of a cell is."""
    lines = [f"{line[8:]}\n" for line in source.strip("\n").splitlines()]
    file, text = f"<cell {name}>", "".join(lines)
    linecache.cache[file] = (len(text), None, lines, file)
    place: dict[str, object] = {}
    exec(compile(text, file, "exec"), place)
    made = place["h"]
    assert type(made) is FunctionType
    return made


@pytest.mark.parametrize("name", MEMOS)
def test_a_memo(name: str) -> None:
    """Nobody can tell from what it returns whether the answer was there."""
    assert why_not_a_memo(function(MEMOS[name], name).__code__, "D") == ""


@pytest.mark.parametrize("name", OTHERS)
def test_no_memo(name: str) -> None:
    """Somebody could, or an answer is not a function of its key."""
    assert why_not_a_memo(function(OTHERS[name], name).__code__, "D")


def test_the_source_is_what_runs() -> None:
    """A source that says something else than what runs says nothing."""
    one = function(MEMOS["tried"], "edited")
    function(MEMOS["asked first"], "edited")
    assert why_not_a_memo(one.__code__, "D") == "its source is not what runs"


def test_captured_variables() -> None:
    """What a variable of a function further out holds may be another for each answer."""
    made = function("""
        def outer(rate):
            def h(x):
                if x not in D:
                    D[x] = x * rate
                return D[x]
            return h
        h = outer(3)
    """, "captured")  # fmt: skip
    assert why_not_a_memo(made.__code__, "D") == "it captures variables"


def test_a_function_that_empties() -> None:
    """To empty it is to have it filled again."""
    empties = function("""
        def h():
            D.clear()
    """, "empties")  # fmt: skip
    counts = function("""
        def h():
            D.clear()
            return len(D)
    """, "counts")  # fmt: skip
    assert only_empties(empties.__code__, "D")
    assert not only_empties(counts.__code__, "D")
