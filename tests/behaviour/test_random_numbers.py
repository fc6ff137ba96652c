"""Random numbers: a run with the cache prints what one without it does."""

from __future__ import annotations

import os

import pytest

from tests.conftest import Project

pytestmark = pytest.mark.same_everywhere

DRAWS = {
    "random": ("random.random()", "random.seed(int(sys.argv[1]))", "random.gauss(0, 1)"),
    "shuffle": ("random.sample(range(99), 5)", "random.seed(int(sys.argv[1]))", "random.random()"),
    "numpy": (
        "np.random.standard_normal(3).tolist()",
        "np.random.seed(int(sys.argv[1]))",
        "np.random.standard_normal()",
    ),
    "both": (
        "[random.gauss(0, 1), float(np.random.rand())]",
        "random.seed(int(sys.argv[1])); np.random.seed(int(sys.argv[1]))",
        "random.gauss(0, 1), np.random.rand()",
    ),
    "by-scikit-learn": (
        "train_test_split(list(range(50)))[1][:4]",
        "np.random.seed(int(sys.argv[1]))",
        "np.random.rand()",
    ),
    "by-a-state": (
        "random.random()",
        "random.setstate(random.Random(int(sys.argv[1])).getstate())",
        "random.random()",
    ),
}

PROGRAM = """
    import random, sys
    import numpy as np
    {imports}
    from xetcache import xetmemo, stats

    def draw():
        return {draw}

    @xetmemo(always=True)
    def sample(x):
        return x, draw()

    {seed}
    for x in (1, 1, 2):
        print(sample(x), {after})
        print(stats()["last"]["outcome"], file=sys.stderr)
"""


@pytest.mark.parametrize(("draw", "seed", "after"), DRAWS.values(), ids=DRAWS)
def test_a_seeded_program(project: Project, draw: str, seed: str, after: str) -> None:
    """Same seed: served, and later draws go on; another: computed. Two calls are two samples."""
    # Half a second to import, so only where it is called.
    is_called = "train_test_split" in draw
    imports = "from sklearn.model_selection import train_test_split" if is_called else ""
    text = PROGRAM.format(imports=imports, draw=draw, seed=seed, after=after)
    project.write("program.py", text)

    def run(number: int) -> tuple[str, list[str]]:
        done = project.run_script("program.py", str(number))
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr.split()

    # The imports take more than all the rest, so the truth is found in one process.
    project.write(
        "plain.py",
        """
        import runpy, sys
        for number in "12":
            sys.argv[1:] = [number]
            runpy.run_path("program.py", run_name="__main__")
        """,
    )
    project.environment["XETCACHE_MODE"] = "off"
    done = project.run_script("plain.py")
    lines = done.stdout.splitlines(keepends=True)
    assert len(lines) == 6, done.stderr
    plain = {1: "".join(lines[:3]), 2: "".join(lines[3:])}
    del project.environment["XETCACHE_MODE"]
    assert len(set(lines[:3])) == 3
    for number, outcome in ((1, "miss"), (2, "miss"), (1, "hit"), (2, "hit")):
        assert run(number) == (plain[number], [outcome] * 3)


UNSEEDED = """
    import random, sys
    import numpy as np
    from xetcache import xetmemo, stats

    seed = 3  # of another generator
    chance = random.Random(seed)

    @xetmemo(always=True)
    def sample(x):
        return x, random.random(), float(np.random.rand())

    print(sample(1), sample(1), stats()["last"]["outcome"])
    print(random.random(), file=sys.stderr)
"""


def test_a_program_that_seeds_nothing(project: Project) -> None:
    """The sample is served as it was drawn, explain says so, and later draws are new ones."""
    project.write("program.py", UNSEEDED)
    first, second = (project.run_script("program.py") for _ in range(2))
    assert first.stdout == second.stdout
    assert first.stdout.endswith("hit\n")
    assert first.stderr != second.stderr
    explained = project.python("-m", "xetcache", "explain").stdout
    assert "frozen: unseeded generator   numpy.random, random" in explained

    # Once somebody seeds, it is no sample like any other.
    project.write("seeds.py", "from random import seed\nseed(1)\n")
    project.replace("program.py", "import random, sys", "import random, sys, seeds")
    third, fourth = (project.run_script("program.py") for _ in range(2))
    assert third.stdout != first.stdout
    assert third.stdout.split(", 0.")[1] == fourth.stdout.split(", 0.")[1]


def test_a_call_that_seeds_for_itself(project: Project) -> None:
    """It depends on no state, and leaves its own behind."""
    project.write(
        "program.py",
        """
        import random, sys
        from random import seed as sow
        import numpy as np
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def of_numpy(x):
            np.random.seed(x)
            return float(np.random.rand())

        @xetmemo(always=True)
        def of_python(x):
            sow(x)
            return random.random()

        @xetmemo(always=True)
        def outer(x):
            return of_python(x) + of_numpy(x)

        for function in (of_numpy, of_python, outer):
            print(function(5), random.random(), np.random.rand(), file=sys.stderr)
            print(stats()["last"]["outcome"])
        """,
    )
    runs = [project.run_script("program.py") for _ in range(3)]
    assert [run.stdout.split() for run in runs] == [["miss"] * 3, ["hit"] * 3, ["hit"] * 3]
    # The first line has a draw of the generator that nobody has seeded yet.
    numbers = [run.stderr.split() for run in runs]
    assert [line[:1] + line[2:] for line in numbers] == [numbers[0][:1] + numbers[0][2:]] * 3


def test_a_call_that_seeds_too_late(project: Project) -> None:
    """What it took before depends on the state it found."""
    project.write(
        "program.py",
        """
        import random, sys
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def late(x):
            first = random.random()
            random.seed(x)
            return first

        random.seed(int(sys.argv[1]))
        print(late(5), random.random())
        print(stats()["last"]["outcome"], file=sys.stderr)
        """,
    )
    plain = {}
    for seed, outcome in ((1, "miss"), (2, "miss"), (1, "hit")):
        done = project.run_script("program.py", str(seed))
        assert done.stderr.split() == [outcome]
        assert plain.setdefault(seed, done.stdout) == done.stdout
    assert plain[1] != plain[2]


def test_a_call_that_borrows_the_generator(project: Project) -> None:
    """It seeds, draws and puts back what was there: neither needed nor changed."""
    project.write(
        "program.py",
        """
        import sys
        import numpy as np
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def borrows(x):
            state = np.random.get_state()
            np.random.seed(x)
            try:
                return float(np.random.rand())
            finally:
                np.random.set_state(state)

        np.random.seed(int(sys.argv[1]))
        print(borrows(5), np.random.rand())
        print(stats()["last"]["outcome"], file=sys.stderr)
        """,
    )
    first, second = (project.run_script("program.py", seed) for seed in "12")
    assert (first.stderr.split(), second.stderr.split()) == (["miss"], ["hit"])
    assert first.stdout.split()[0] == second.stdout.split()[0]
    assert second.stdout.split()[1] == "0.43599490214200376"  # what seed 2 gives first


def test_one_memoized_call_in_another(project: Project) -> None:
    """The outer one depends on the state by way of the inner one that was served."""
    project.write(
        "program.py",
        """
        import random, sys
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def inner(x):
            return random.random()

        @xetmemo(always=True)
        def outer(x):
            return inner(x) + random.random()

        random.seed(int(sys.argv[1]))
        if "inner" in sys.argv:
            inner(1)
        else:
            print(outer(1), random.random())
        print(stats()["last"]["outcome"], file=sys.stderr)
        """,
    )
    project.environment["XETCACHE_MODE"] = "off"
    plain = {seed: project.run_script("program.py", seed).stdout for seed in "12"}
    del project.environment["XETCACHE_MODE"]
    project.run_script("program.py", "1", "inner")
    for seed, outcome in (("1", "miss"), ("1", "hit"), ("2", "miss"), ("2", "hit")):
        done = project.run_script("program.py", seed)
        assert (done.stdout, done.stderr.split()) == (plain[seed], [outcome])


GIVEN = {
    "python": ("random.Random(3)", "random()"),
    "generator": ("np.random.default_rng(3)", "standard_normal()"),
    "state": ("np.random.RandomState(3)", "standard_normal()"),
    "spawned": ("np.random.default_rng(3)", "spawn(1)[0].random()"),
}


@pytest.mark.parametrize(("made", "draw"), GIVEN.values(), ids=GIVEN)
def test_a_generator_that_is_passed(project: Project, made: str, draw: str) -> None:
    """It goes on where the call left it."""
    project.write(
        "program.py",
        f"""
        import random, sys
        import numpy as np
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def sample(generator):
            return float(generator.{draw})

        generator = {made}
        for _ in range(2):
            print(sample(generator), generator.{draw})
            print(stats()["last"]["outcome"], file=sys.stderr)
        """,
    )
    project.environment["XETCACHE_MODE"] = "off"
    plain = project.run_script("program.py").stdout
    del project.environment["XETCACHE_MODE"]
    assert len(set(plain.split())) == 4
    for outcome in ("miss", "hit"):
        done = project.run_script("program.py")
        assert (done.stdout, done.stderr.split()) == (plain, [outcome] * 2)


def test_a_call_that_draws_nothing(project: Project) -> None:
    """A seed is no matter of code that takes no random numbers, though it could."""
    project.write(
        "program.py",
        """
        import random, sys
        from xetcache import xetmemo, stats

        @xetmemo(always=True)
        def work(x):
            return x if x < 5 else random.random()

        random.seed(int(sys.argv[1]))
        work(1)
        print(stats()["last"]["outcome"])
        """,
    )
    assert project.run_script("program.py", "1").stdout == "miss\n"
    assert project.run_script("program.py", "2").stdout == "hit\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_workers_go_on_from_a_copy(project: Project) -> None:
    """What they draw depends on the state of the process they were forked from."""
    project.write(
        "program.py",
        """
        import multiprocessing, random, sys
        from xetcache import xetmemo, stats

        def draw(x):
            return random.random()

        @xetmemo(always=True)
        def sample(x):
            with multiprocessing.get_context("fork").Pool(1) as pool:
                return pool.map(draw, [x])

        random.seed(int(sys.argv[1]))
        print(sample(1), stats()["last"]["outcome"])
        """,
    )
    first, again, other = (project.run_script("program.py", seed).stdout for seed in "112")
    assert again == first.replace("miss", "hit")
    assert other.split()[0] != first.split()[0]
