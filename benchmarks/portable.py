"""Whether the portable form of a function is one on every Python.

    python benchmarks/portable.py /path/to/python3.12 /path/to/python3.13 …

Each Python, this one first, reads the same files: the standard library of this one and
what is installed beside it. Each has to have what xetcache needs. Fails if a function has
two digests, or if source that was just compiled is not found to be what runs.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import subprocess
import sys
import sysconfig
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PACKAGES = (
    *("asyncio", "collections", "concurrent", "email", "importlib", "json", "logging"),
    *("unittest", "xml", "sympy", "networkx", "jinja2", "rich", "IPython", "sklearn"),
    *("pandas", "numpy", "hypothesis", "packaging", "joblib", "httpx", "nbformat"),
)


def corpus(limit: int) -> list[str]:
    """Return files of this Python and of what is installed, up to so many functions."""
    found: list[str] = []
    functions = 0
    folders = [Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib")]
    files = [file for folder in folders[:1] for file in sorted(folder.glob("*.py"))]
    files += [
        file
        for folder in folders
        for name in PACKAGES
        for file in sorted((folder / name).rglob("*.py"))
    ]
    for file in files:
        text = file.read_bytes()
        found.append(str(file))
        functions += text.count(b"def ")
        if functions > limit:
            break
    return found


def read(files: list[str]) -> dict[str, object]:
    """Return the digest of each function in `files`, and how many are what runs."""
    from tracer import canonical, syntax
    from tracer.instructions import with_nested

    warnings.simplefilter("ignore")
    digests: dict[str, str] = {}
    seconds = {"written": 0.0, "proved": 0.0}
    codes = proved = 0
    for file in files:
        text = Path(file).read_bytes()
        try:
            tree = ast.parse(text)
            code = compile(text, file, "exec", dont_inherit=True)
        except (SyntaxError, ValueError):
            continue  # of another Python
        started = time.process_time()
        for number, (place, definition) in enumerate(syntax.functions_in(tree)):
            if definition is not None:
                name = f"{file}:{place[1]} {place[0]} {number}"
                digests[name] = str(canonical.digest_of("t", definition.tree))
        seconds["written"] += time.process_time() - started
        started = time.process_time()
        for one in with_nested(code):
            if one.co_flags & 2 and (one.co_name == "<lambda>" or one.co_name[0] != "<"):
                codes += 1
                found = canonical.portable_of(one)
                proved += found is not None
                if found is not None:
                    key = f"{file}:{one.co_firstlineno} {one.co_qualname}"
                    digests[key] = str(found)
        seconds["proved"] += time.process_time() - started
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return {
        "python": version,
        "digests": digests,
        "codes": codes,
        "proved": proved,
        "seconds": seconds,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pythons", nargs="*")
    parser.add_argument("--functions", type=int, default=40_000)
    parser.add_argument("--read", action="store_true", help="read names of files, print JSON")
    options = parser.parse_args()
    if options.read:
        json.dump(read(json.load(sys.stdin)), sys.stdout)
        return 0
    files = corpus(options.functions)
    environment = {**os.environ, "PYTHONHASHSEED": "random", "PYTHONPATH": str(ROOT)}
    results = []
    for python in (sys.executable, *options.pythons):
        done = subprocess.run(
            [python, __file__, "--read"],
            input=json.dumps(files),
            capture_output=True,
            check=True,
            encoding="utf-8",
            env=environment,
        )
        found = json.loads(done.stdout)
        results.append(found)
        per = {name: 1e6 * one / found["codes"] for name, one in found["seconds"].items()}
        print(
            f"python {found['python']}: {len(files)} files, {found['codes']} functions, "
            f"{100 * found['proved'] / found['codes']:.2f} % proved; "
            f"{per['written']:.0f} us each to write, {per['proved']:.0f} us to prove"
        )
    first, failed = results[0], False
    for other in results[1:]:
        common = first["digests"].keys() & other["digests"].keys()
        differing = [name for name in common if first["digests"][name] != other["digests"][name]]
        share = 100 * (len(common) - len(differing)) / len(common)
        print(
            f"{first['python']} and {other['python']}: {len(common)} digests in common, "
            f"{share:.2f} % equal; {len(first['digests'].keys() ^ other['digests'].keys())} of one"
        )
        for name in sorted(differing)[:10]:
            print("  differs:", name)
        failed |= bool(differing)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
