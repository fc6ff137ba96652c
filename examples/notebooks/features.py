"""What the model is shown of a picture."""

from __future__ import annotations

import numpy as np

SIDE = 8
BLOCK = 2


def shrink(pictures: np.ndarray) -> np.ndarray:
    """Return pictures of a quarter of the size: the mean of each block."""
    blocks = pictures.reshape(len(pictures), SIDE // BLOCK, BLOCK, SIDE // BLOCK, BLOCK)
    return blocks.mean(axis=(2, 4)).reshape(len(pictures), -1)
