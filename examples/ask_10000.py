"""A cell that calls a service 10,000 times, run again by accident.

python examples/ask_10000.py
"""

from __future__ import annotations

from tour import Tour

if __name__ == "__main__":
    tour = Tour("api")

    tour.say("10,000 calls.")
    tour.run("ask.py")

    tour.say("The output was overwritten, the kernel died, it is tomorrow: run it again.")
    tour.run("ask.py")

    tour.say("A helper that words the questions is edited, so the answers are old.")
    tour.edit("prompts.py", "known for, {STYLE}?", "famous for, {STYLE}?")
    tour.run("ask.py")

    tour.say("Why?")
    tour.run("-m", "xetcache", "explain")
