"""Does the tracer notice every edit that changes a result, and no other?

    python benchmarks/mutation.py --edits 420 --seed 1 --write

Packages from PyPI are copied out of site-packages, so that they are code of the user,
and calls into them (`programs/`) are memoized. Then the sources are edited, one edit at
a time, in functions that the calls are known to run. For each edit a new process asks
what would be served, and computes what is true:

    noticed     the result is another, and the call misses
    STALE       the result is another, and the old one would be served: a wrong value
    careful     the result is the same, and the call misses: the edit could have mattered
    kept        the result is the same, and the call hits
    at import   the edit is in a function that this call does not run and the import of the program
                does, which made what the call finds; and the call misses
    UNUSED      the edit is in a function that neither runs, and the call misses
    untraced    the same of a call of which nothing says what it ran: all it can reach decides
    SPURIOUS    the edit cannot matter, and the call misses

Ends with 1 if anything is STALE, UNUSED or SPURIOUS, and shows each such edit as a diff. Before
Python 3.12 nobody knows what a call ran; later, not where code takes functions apart without
being seen, as networkx does.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import difflib
import importlib.metadata
import importlib.util
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

from edits import APART, CHANGING, HARMLESS, Edit, Ran, edits_of, is_program

HERE = Path(__file__).resolve().parent
TABLE = HERE / "mutation.md"
PACKAGES = sorted(
    path.stem.removesuffix("_calls") for path in (HERE / "programs").glob("*_calls.py")
)

SHARES = {CHANGING: 0.6, HARMLESS: 0.28, APART: 0.12}
"""How many of the edits are of which class, where no class was asked for."""

WEIGHTS = {"networkx": 0.12, "sqlparse": 0.2, "jinja2": 0.5, "rich": 0.35}
"""Which part of the edits is for a package; less where a walk takes seconds."""

VERDICTS = (
    *("noticed", "STALE", "careful", "kept", "at import"),
    *("UNUSED", "untraced", "SPURIOUS", "no result"),
)
WRONG = ("STALE", "UNUSED", "SPURIOUS")


def main() -> int:
    options = _options()
    began = time.time()
    not_tried: list[str] = []
    packages = options.package or PACKAGES
    shares = {options.only: 1.0} if options.only else SHARES
    whole = sum(WEIGHTS.get(package, 1) for package in packages)

    def one(place: int) -> list[Trial]:
        package = packages[place]
        count = round(options.edits * WEIGHTS.get(package, 1) / whole)
        try:
            found = try_package(package, count, options.seed, shares)
        except NotTriedError as error:
            not_tried.append(f"{package}: {error}"[:300])
            return []
        edits = len({(trial.package, trial.edit) for trial in found})
        passed = time.time() - began
        print(f"{package}: {edits} edits, {len(found)} calls, {passed:.0f} s", file=sys.stderr)
        return found

    with ThreadPoolExecutor(options.jobs) as pool:
        trials = [trial for found in pool.map(one, range(len(packages))) for trial in found]
    text = report(trials, packages, _command(options))
    text += "".join(f"\nNot tried: {one}\n" for one in not_tried)
    print(text)
    wrong = [trial for trial in trials if trial.verdict in WRONG]
    for trials_of_one in _by_edit(wrong):
        print(f"\n{_told(trials_of_one)}\n{trials_of_one[0].diff}")
    if options.write:
        _write(text + _found(wrong))
    return 1 if wrong or not_tried else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--edits", type=int, default=420, help="how many, over all packages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--package", action="append", choices=PACKAGES, help="again for more")
    parser.add_argument("--only", choices=list(SHARES), help="edits of this class alone")
    parser.add_argument("--jobs", type=int, default=2, help="packages at a time")
    parser.add_argument("--write", action="store_true", help=f"put the table into {TABLE.name}")
    return parser.parse_args()


def _command(options: argparse.Namespace) -> str:
    named = "".join(f" --package {package}" for package in options.package or ())
    only = f" --only {options.only}" if options.only else ""
    given = f"--edits {options.edits} --seed {options.seed}{only}{named}"
    return f"python benchmarks/mutation.py {given}"


class NotTriedError(Exception):
    """A program does not do unedited what it must to be edited; says what."""


# -- one package -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trial:
    """One edit, as one call met it."""

    package: str
    edit: Edit
    call: str
    verdict: str
    diff: str
    traced: bool
    """The entry of the call says what it ran."""

    def __str__(self) -> str:
        return f"{self.verdict}: {self.edit}, asked by {self.package}.{self.call}"


def try_package(
    package: str, count: int, seed: int, shares: Mapping[str, float] = SHARES
) -> list[Trial]:
    """Try `count` edits of one package on each of its calls."""
    calls = _calls_of(package)
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        store, folder = Path(name, "store"), Path(name, "program")
        make_program(package, folder)
        with running(folder, store) as process:
            observed = process.ask("observe", calls)
            filled = process.ask("fill", calls)
        for call, answer in filled.items():
            if answer.get("outcome") != "miss" or not answer["kept"]:
                raise NotTriedError(f"`{call}` is not kept: {answer}")
        known = {
            call: Known(
                facts["value"],
                filled[call]["digest"],
                (facts["lines"], facts["digested"]),
                filled[call]["traced"],
                observed["imported"]["lines"],
            )
            for call, facts in observed["calls"].items()
        }
        rng = random.Random(f"{seed} {package}")
        chosen = choose(folder, observed, count, shares, rng)
        with running(folder, store) as process:
            check_unedited(known, process.ask("ask", calls, observed["modules"]))
            return [
                trial for edit in chosen for trial in _tried(package, edit, folder, process, known)
            ]


def make_program(package: str, folder: Path) -> None:
    """Put a copy of the package and the calls into it into `folder`.

    Bytecode is checked by the content of its source: one that is written within a second
    of another, and has its size, is told from it.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NotTriedError("it is not installed; the extra `benchmarks` has it")
    shutil.copytree(
        Path(spec.origin).parent, folder / package,
        ignore=shutil.ignore_patterns("__pycache__", "tests"),
    )  # fmt: skip
    shutil.copy(HERE / "programs" / f"{package}_calls.py", folder / "app.py")
    compileall.compile_dir(folder, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)


def _calls_of(package: str) -> list[str]:
    """Return the names of the memoized functions of a program, in its order."""
    tree = ast.parse((HERE / "programs" / f"{package}_calls.py").read_bytes())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if node.decorator_list]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call of the unedited program."""

    value: str
    digest: str
    lines: Sequence[Mapping[str, Sequence[int]]]
    """The lines of each file that it ran, and those that ran to digest what it depends on."""
    traced: bool
    """Its entry says what it ran."""
    imported: Mapping[str, Sequence[int]]
    """The lines of each file that ran when the program was imported."""

    def served(self, answer: dict[str, Any]) -> str | None:
        """Return what would be served after an edit, or None.

        That is what the store has. A call that changes what it depends on is not kept; of
        such a one it is the value of the unedited program, where the digest is the same.
        """
        if answer["served"] is None and answer["digest"] == self.digest:
            return self.value
        return answer["served"]


def check_unedited(known: dict[str, Known], answers: dict[str, Any]) -> None:
    """Check that every call hits, and computes what it did in another process.

    Raises:
        NotTriedError: one does not, so what it does after an edit says nothing.
    """
    for call, answer in answers.items():
        value = known[call].value
        if answer.get("true") != value or known[call].served(answer) != value:
            raise NotTriedError(f"`{call}`, unedited, is not what it was: {answer}")


def choose(
    folder: Path, observed: Any, count: int, shares: Mapping[str, float], rng: random.Random
) -> list[Edit]:
    """Choose edits of each class, and kinds evenly among those there are."""
    names = frozenset(name for facts in observed["calls"].values() for name in facts["names"])
    pools: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    files = {file for facts in observed["calls"].values() for file in facts["lines"]}
    for file in sorted(files):
        ran = Ran(
            lines=frozenset(_lines_of(observed["calls"].values(), file)),
            imported=frozenset(_lines_of([observed["imported"]], file)),
            names=names,
        )
        for edit in edits_of(file, (folder / file).read_bytes(), ran):
            pools[edit.category][edit.kind].append(edit)
    chosen: list[Edit] = []
    for category, share in shares.items():
        kinds = pools[category]
        for pool in kinds.values():
            rng.shuffle(pool)
        wanted = round(count * share)
        while wanted and any(kinds.values()):
            # In another order each time, so that a few edits are not always of the same kinds.
            for kind in rng.sample(sorted(kinds), len(kinds)):
                edit = _next_program(kinds[kind], folder)
                if edit is not None and wanted:
                    chosen.append(edit)
                    wanted -= 1
    return chosen


def _lines_of(observations: Iterable[Any], file: str) -> Iterator[int]:
    for facts in observations:
        yield from facts["lines"].get(file, ())


def _next_program(pool: list[Edit], folder: Path) -> Edit | None:
    while pool:
        edit = pool.pop()
        if is_program(edit, (folder / edit.file).read_bytes()):
            return edit
    return None


# -- one edit ----------------------------------------------------------------------------


def _tried(
    package: str, edit: Edit, folder: Path, process: Process, known: dict[str, Known]
) -> list[Trial]:
    path = folder / edit.file
    source = path.read_bytes()
    edited = edit.apply(source)
    path.write_bytes(edited)
    try:
        answers = process.ask("ask", list(known))
    finally:
        path.write_bytes(source)
    diff = "".join(
        difflib.unified_diff(
            source.decode().splitlines(keepends=True), edited.decode().splitlines(keepends=True),
            edit.file, edit.file, n=2,
        )
    )  # fmt: skip
    found: list[Trial] = []
    body = _body_around(edit, source)
    for call, before in known.items():
        answer = answers.get(call, answers)
        verdict = judge(edit, answer, before, body)
        found.append(Trial(package, edit, call, verdict, diff, before.traced))
    return found


def _body_around(edit: Edit, source: bytes) -> range:
    """Return the lines of the body of the outermost function that an edit is in, if any."""
    queue: list[ast.AST] = [ast.parse(source)]
    for node in queue:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                queue.append(child)
                continue
            body = range(child.body[0].lineno, (child.end_lineno or 0) + 1)
            if edit.line in body and child.lineno not in body:
                return body
    return range(0)


def judge(edit: Edit, answer: dict[str, Any], known: Known, body: range) -> str:
    """Return the verdict on what one call would be served after an edit.

    Args:
        answer: what would be served and what is true; neither, where the program could
            not be imported or did not end.
        body: lines of the function that the edit is in.
    """
    if "true" not in answer:
        return "no result"
    served = known.served(answer)
    if served is not None:
        return "kept" if served == answer["true"] else "STALE"
    if answer["true"] != known.value:
        return "noticed"
    if edit.category == HARMLESS:
        return "SPURIOUS"
    ran = {line for lines in known.lines for line in lines.get(edit.file, ())}
    if not body or not ran.isdisjoint(body):
        return "careful"
    if not known.traced:
        return "untraced"
    return "UNUSED" if set(body).isdisjoint(known.imported.get(edit.file, ())) else "at import"


class Process:
    """A process that has the program, and answers requests one by one."""

    def __init__(self, popen: subprocess.Popen[str]) -> None:
        self.popen = popen

    def ask(self, do: str, calls: Sequence[str], modules: Sequence[str] = ()) -> Any:
        """Return the answer to one request; see `edited.py`."""
        assert self.popen.stdin is not None
        assert self.popen.stdout is not None
        print(json.dumps({"do": do, "calls": calls, "modules": modules}), file=self.popen.stdin)
        self.popen.stdin.flush()
        line = self.popen.stdout.readline()
        if not line:
            raise SystemExit(f"the process that was asked to {do} has ended")
        return json.loads(line)


@contextmanager
def running(folder: Path, store: Path) -> Iterator[Process]:
    """Start a process for the program in `folder`, with settings of its own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "XETCACHE"))
    }
    environment = kept | {
        # Another in each process: no digest may hang on it.
        "PYTHONHASHSEED": "random",
        "PYTHONPATH": str(HERE.parent),
        "XETCACHE_STRICT": "1",
        "HOME": str(store.parent),
    }
    with subprocess.Popen(
        [sys.executable, str(HERE / "edited.py"), str(folder), str(store)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=folder, text=True,
    ) as popen:  # fmt: skip
        yield Process(popen)
        assert popen.stdin is not None
        popen.stdin.close()


# -- the table -----------------------------------------------------------------------------


def report(trials: list[Trial], packages: Sequence[str], command: str) -> str:
    """Return the table: a row for each package, then one for each kind of edit."""
    versions = ", ".join(f"{one} {importlib.metadata.version(one)}" for one in packages)
    edits = len({(trial.package, trial.edit) for trial in trials})
    lines = [
        _title(),
        "",
        f"    {command}",
        "",
        f"{edits} edits, each met by every call into its package: {len(trials)} calls.",
        f"{versions}.",
        _without_trace(trials),
        "",
    ]
    for title, key in (
        ("package", lambda trial: trial.package),
        ("kind of edit", lambda trial: f"{trial.edit.category}: {trial.edit.kind}"),
    ):
        counts: dict[str, Counter[str]] = defaultdict(Counter)
        tried: dict[str, set[Any]] = defaultdict(set)
        for trial in trials:
            for row in (key(trial), "~"):
                counts[row][trial.verdict] += 1
                tried[row].add((trial.package, trial.edit))
        lines += [f"| {title} | edits | {' | '.join(VERDICTS)} |",
                  f"|---|{'--:|' * (len(VERDICTS) + 1)}"]  # fmt: skip
        for row in sorted(counts):
            cells = [str(counts[row][verdict] or "") for verdict in VERDICTS]
            name = "all" if row == "~" else row
            lines.append(f"| {name} | {len(tried[row])} | {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)


def _without_trace(trials: Iterable[Trial]) -> str:
    calls = {(f"{trial.package}.{trial.call}", trial.traced) for trial in trials}
    names = ", ".join(name for name, is_traced in sorted(calls) if not is_traced)
    return f"Of the {len(calls)} calls there is no trace of {names}." if names else ""


def _title() -> str:
    return f"## {platform.python_implementation()} {platform.python_version()}"


def _write(section: str) -> None:
    """Put a section into the file of tables, in the place of an older one of this Python."""
    text = TABLE.read_text(encoding="utf-8") if TABLE.exists() else INTRODUCTION
    introduction, *sections = text.split("\n## ")
    kept = {one.partition("\n")[0]: one.rstrip() for one in sections}
    kept[_title()[3:]] = section[3:].rstrip()
    whole = [introduction.rstrip(), *(kept[name] for name in sorted(kept))]
    TABLE.write_text("\n\n## ".join(whole) + "\n", encoding="utf-8")


INTRODUCTION = """# Edits of packages that calls depend on

Written by `mutation.py`, which says what the columns mean and what is STALE or SPURIOUS.
"""


def _by_edit(trials: list[Trial]) -> list[list[Trial]]:
    found: dict[Any, list[Trial]] = defaultdict(list)
    for trial in trials:
        found[trial.verdict, trial.package, trial.edit].append(trial)
    return list(found.values())


def _told(trials: list[Trial]) -> str:
    """Return one line on the calls that met one edit alike."""
    first = trials[0]
    calls = ", ".join(trial.call for trial in trials)
    return f"{first.verdict}: {first.edit}, asked by {calls} of {first.package}"


def _found(wrong: list[Trial]) -> str:
    return "".join(f"\n- {_told(trials)}" for trials in _by_edit(wrong)) + "\n"


if __name__ == "__main__":
    sys.exit(main())
