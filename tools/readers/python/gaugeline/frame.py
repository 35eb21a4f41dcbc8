"""Whether vectors share a frame, and what a snapshot itself shows of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .errors import NotComparableError
from .manifest import Fields, Summary

REMEDY = ": align one with the other (gaugeline align), or compare similarities only"
REGULARISATION = 1e-6  # of the rotation, as gaugeline's own


@dataclass(frozen=True)
class FrameCheck:
    """How the canaries moved from the parent to the snapshot. N are their rows now and B before, R the rotation that
    brings N nearest to B."""

    rows: int = 0  # canaries; 0: there is nothing to be seen, and the rest is 0
    distance: float = 0  # |N - B| / |B|
    distance_turned: float = 0  # |N R - B| / |B|: never larger
    angle: float = 0  # radians, the largest principal angle of R
    share_of_turning: float = 0  # 1 - (distance_turned / distance)^2: near 1 if the frame has turned


def check_frames(a: Summary, b: Summary) -> None:
    """Raises NotComparableError unless the two share a frame."""
    dimensions = a.options["dimension"], b.options["dimension"]
    if dimensions[0] != dimensions[1]:
        raise NotComparableError(f"the vectors have {dimensions[0]} and {dimensions[1]} dimensions")
    if a.run != b.run:
        raise NotComparableError(
            f"the snapshots are of runs {a.run} and {b.run}, each of which has a frame of its own{REMEDY}"
        )
    if not _holds_frame(a.options) or not _holds_frame(b.options):
        raise NotComparableError(
            f"run {a.run} does not fix the gauge, so that its frame turns from slice to slice{REMEDY}"
        )
    if a.smoothed != b.smoothed:
        raise NotComparableError(
            "one of the snapshots is a smoother's and the other is not: what they tell of one slice differs, and so "
            f"does their frame{REMEDY}"
        )


def check_canaries(now: np.ndarray, before: np.ndarray) -> FrameCheck:
    """`now` and `before`: [canaries, dimension]."""
    if not now.size:
        return FrameCheck()
    now, before = now.astype(np.float64), before.astype(np.float64)
    rotation = _nearest_rotation(now.T @ before)
    norm = np.linalg.norm(before)
    distance = np.linalg.norm(now - before)
    turned = np.linalg.norm(now @ rotation - before)
    return FrameCheck(
        rows=len(now),
        distance=float(distance / norm) if norm > 0 else 0,
        distance_turned=float(turned / norm) if norm > 0 else 0,
        angle=float(2 * np.arcsin(min(1, np.linalg.norm(rotation - np.eye(len(rotation)), 2) / 2))),
        share_of_turning=float(1 - (turned / distance) ** 2) if distance > 0 else 0,
    )


def _holds_frame(options: Fields) -> bool:
    return options["gauge"] == 0 and options["coupling"] == 0


def _nearest_rotation(moment: np.ndarray) -> np.ndarray:
    """R = P Q^T for M + 1e-6 s_max I = P S Q^T (Procrustes; Schoenemann 1966). Directions without data stay."""
    identity = np.eye(len(moment))
    if not np.isfinite(moment).all() or not moment.any():
        return identity
    p, _, q = np.linalg.svd(moment + REGULARISATION * np.linalg.norm(moment, 2) * identity)
    return p @ q
