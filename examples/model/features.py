"""Helpers of `experiment.py`: nobody has to tell xetcache about them."""

from __future__ import annotations

import pandas as pd

# Rows with a measurement further from the mean than so many standard deviations go.
MAX_DEVIATION = 4.0


def clean(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop rows that are far from all others."""
    numbers = frame.drop(columns="target")
    deviation = (numbers - numbers.mean()).abs() / numbers.std()
    return frame[(deviation < MAX_DEVIATION).all(axis=1)]


def with_ratios(frame: pd.DataFrame) -> pd.DataFrame:
    """Add what the measurements say about each other."""
    return frame.assign(
        compactness_ratio=frame["worst compactness"] / frame["mean compactness"],
        area_ratio=frame["worst area"] / frame["mean area"],
    )
