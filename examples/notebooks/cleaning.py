"""Steps that change a table in place."""

from __future__ import annotations

import pandas as pd


def spread(column: pd.Series) -> float:
    """Return the distance of the quartiles."""
    return float(column.quantile(0.75) - column.quantile(0.25))


def cap(table: pd.DataFrame, limit: float) -> dict[str, int]:
    """Bring values that lie far out back to the limit; return how many, by column."""
    counts = {}
    for name in table.columns[:-1]:
        middle, far = table[name].median(), limit * spread(table[name])
        capped = table[name].clip(middle - far, middle + far)
        counts[name] = int((capped != table[name]).sum())
        table[name] = capped
    return counts
