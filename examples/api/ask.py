"""The 10,000 calls that nobody wants to make twice.

`ask` stands in for a service on the network: it answers after half a millisecond, where
a real one takes a second and some money.
"""

from __future__ import annotations

import time

from prompts import prompt_for

from xetcache import xetmemo


def ask(prompt: str) -> str:
    """Answer one question, slowly."""
    time.sleep(0.0005)
    return f"{sum(map(ord, prompt)) % 1000}"


@xetmemo
def ask_all(cities: list[str]) -> dict[str, str]:
    """Ask about every city."""
    return {city: ask(prompt_for(city)) for city in cities}


if __name__ == "__main__":
    started = time.perf_counter()
    answers = ask_all([f"city {number}" for number in range(10_000)])
    seconds = time.perf_counter() - started
    how = "from the cache" if ask_all.stats()["hits"] else "asked"
    print(f"{len(answers):,} answers · {how} in {seconds:.2f} s")
