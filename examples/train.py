"""The whole point in a minute: compute, keep, edit a helper, ask why.

    python examples/train.py

`model/experiment.py` has one memoized function; what it calls lives partly in
`model/features.py`. Neither file lists a dependency.
"""

from __future__ import annotations

from tour import Tour

if __name__ == "__main__":
    tour = Tour("model")

    tour.say("The first run computes. It takes a while, so the result is kept in xmemo/.")
    tour.run("experiment.py")

    tour.say("Another process, nothing changed: the result is served.")
    tour.run("experiment.py")

    tour.say("Someone edits a constant that a helper of a helper reads, in another file.")
    tour.edit("features.py", "MAX_DEVIATION = 4.0", "MAX_DEVIATION = 3.5")
    tour.run("experiment.py")

    tour.say("Why was it computed again?")
    tour.run("-m", "xetcache", "explain")

    tour.say("The edit is undone: the first result still stands.")
    tour.edit("features.py", "MAX_DEVIATION = 3.5", "MAX_DEVIATION = 4.0")
    tour.run("experiment.py")
