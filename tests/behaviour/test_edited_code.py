"""A result is computed again when code or data it uses changes, and only then."""

from __future__ import annotations

import pytest

REPORT = """
    from xetcache import xetmemo
    import rates

    def scale(x):
        \"\"\"Scale it.\"\"\"
        return x * rates.FACTOR

    def unrelated(x):
        return x - 1

    @xetmemo(always=True)
    def total(x):
        return scale(x) + 1
"""
RATES = """
    FACTOR = 2
    OTHER = 5
"""


@pytest.fixture
def report(project):
    """Give a project whose result was computed once."""
    project.write("report.py", REPORT)
    project.write("rates.py", RATES)
    outcome = project.call("report.total", 3)
    assert (outcome.value, outcome.ran) == (7, ["report.total", "report.scale"])
    return project


def test_a_second_process_is_served(report) -> None:
    """Nothing changed, so nothing runs."""
    outcome = report.call("report.total", 3)
    assert (outcome.value, outcome.ran) == (7, [])


@pytest.mark.parametrize(
    ("file", "old", "new", "value"),
    [
        ("report.py", "+ 1", "+ 2", 8),
        ("report.py", "x * rates.FACTOR", "x * rates.FACTOR * 10", 61),
        ("report.py", "rates.FACTOR", "rates.OTHER", 16),
        ("rates.py", "FACTOR = 2", "FACTOR = 3", 10),
        ("rates.py", "FACTOR = 2", "FACTOR = 2.0", 7.0),
    ],
)
def test_an_edit_that_matters_misses(report, file, old, new, value) -> None:
    """The function, its helper, the constant the helper reads: each makes it stale."""
    report.replace(file, old, new)
    outcome = report.call("report.total", 3)
    assert outcome.value == value
    assert type(outcome.value) is type(value)
    assert outcome.ran == ["report.total", "report.scale"]


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("report.py", '"""Scale it."""', '"""Scale it well."""'),
        ("report.py", "    return scale(x) + 1", "    # what it is\n\n    return scale( x ) + 1"),
        ("report.py", "def scale(x):", "def scale(x: int) -> int:"),
        ("report.py", "x - 1", "x - 100"),
        ("rates.py", "OTHER = 5", "OTHER = 6"),
        ("rates.py", "FACTOR = 2", "\n\nFACTOR = 4 // 2"),
    ],
)
def test_an_edit_that_cannot_matter_hits(report, file, old, new) -> None:
    """Comments, docstrings, annotations, and what the call does not reach."""
    report.replace(file, old, new)
    outcome = report.call("report.total", 3)
    assert (outcome.value, outcome.ran) == (7, [])


def test_an_edit_undone_hits(report) -> None:
    """The entry of the old code still stands."""
    report.replace("rates.py", "FACTOR = 2", "FACTOR = 3")
    assert report.call("report.total", 3).value == 10
    report.replace("rates.py", "FACTOR = 3", "FACTOR = 2")
    outcome = report.call("report.total", 3)
    assert (outcome.value, outcome.ran) == (7, [])


def test_explain_names_the_change_and_its_path(report) -> None:
    """A later process says which constant changed, from what to what, and who reads it."""
    report.replace("rates.py", "FACTOR = 2", "FACTOR = 3")
    report.call("report.total", 3)
    text = report.python("-m", "xetcache", "explain").stdout
    assert "miss" in text
    assert "rates.FACTOR" in text
    assert "2 → 3" in text
    assert "total → scale → rates.FACTOR" in text


def test_explain_shows_the_edited_lines(report) -> None:
    """An edited helper is shown as a difference of its source."""
    report.replace("report.py", "x * rates.FACTOR", "x + rates.FACTOR")
    report.call("report.total", 3)
    text = report.python("-m", "xetcache", "explain").stdout
    assert "-    return x * rates.FACTOR" in text
    assert "+    return x + rates.FACTOR" in text
    assert "total → scale" in text


def test_what_a_call_imports_itself(project) -> None:
    """The first call of each process imports it, and is served in the next one."""
    project.write("late.py", "def rate():\n    return 2\n")
    project.write(
        "report.py",
        """
        from xetcache import xetmemo

        def scale(x):
            import json
            import late
            return json.loads(str(x)) * late.rate()

        @xetmemo(always=True)
        def total(x):
            return scale(x)

        def twice(x):
            return total(x), total(x)
        """,
    )
    assert project.call("report.total", 3).value == 6
    assert "report.scale" not in project.call("report.total", 3).ran
    project.call("report.twice", 3)  # with the module loaded it is another call
    assert "report.scale" not in project.call("report.twice", 3).ran

    project.replace("late.py", "return 2", "return 3")

    assert project.call("report.twice", 3).value == (9, 9)


def test_what_is_registered_with_a_class_of_a_library(project) -> None:
    """Which classes pass for an abstract one is what the program has said of them."""
    project.write(
        "app.py",
        """
        import numbers
        from xetcache import xetmemo
        class Kind: pass
        numbers.Integral.register(Kind)
        @xetmemo(always=True)
        def main():
            return isinstance(Kind(), numbers.Integral)
        """,
    )
    assert project.call("app.main").value is True
    assert project.call("app.main").ran == []

    project.replace("app.py", "Integral.register", "Number.register")
    assert project.call("app.main").value is False
