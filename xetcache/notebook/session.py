"""What is known of a notebook while its kernel runs: its cells, and what the user asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from .plan import Plan


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one run of a cell."""

    number: int
    """That of `In[7]`."""
    plan: Plan
    status: str
    """`hit`; `miss` where it was run and kept; `skip` where it was not kept."""
    text: str
    """What its line says."""


@dataclass(slots=True)
class Session:
    """One notebook, from the first cell to the end of its kernel."""

    is_quiet: bool = False
    """Whether lines are shown only where the user has something to correct."""
    auto_seconds: float | None = None
    """Cells that take longer are kept without being asked to; None where none are."""
    told: list[Told] = field(default_factory=list[Told])

    def latest(self) -> list[Told]:
        """Return the last run of each cell, in the order in which they were run."""
        found: dict[str, Told] = {}
        for one in self.told:
            found.pop(one.plan.text, None)
            found[one.plan.text] = one
        return list(found.values())

    def named(self, what: str) -> Told | None:
        """Return the last run of the cell that `7`, `In[7]` or a variable means."""
        number = what.removeprefix("In[").removesuffix("]")
        for one in reversed(self.told):
            is_it = one.number == int(number) if number.isdigit() else what in one.plan.names.bound
            if is_it or what in one.plan.outputs:
                return one
        return None
