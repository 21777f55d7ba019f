"""From scores to the share that people accept: isotonic regression over decided matches.

Pool adjacent violators (Ayer and others 1955; Barlow and others 1972): the monotone step function that fits the decisions best
in the sense of least squares. Deterministic, and nothing is said before there are enough decisions. It speaks of pairs that
people were asked about, not of all pairs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from strongroom.api.v1.review_service_pb2 import Calibration, CalibrationPoint
from vault_server.ports.proposals import ScoreBin

LEAST_DECISIONS = 200
_PPM = 1_000_000


def calibrate(bins: Sequence[ScoreBin]) -> Calibration | None:
    """The calibration of decided scores, by rising score; None below `LEAST_DECISIONS` decisions."""
    decisions = sum(one.decided for one in bins)
    if decisions < LEAST_DECISIONS:
        return None
    blocks: list[tuple[int, int, int, int]] = []  # lowest score, highest score, accepted, decided
    for one in bins:
        low, accepted, decided = one
        while blocks and blocks[-1][2] * decided >= accepted * blocks[-1][3]:
            low, _, more_accepted, more_decided = blocks.pop()
            accepted, decided = accepted + more_accepted, decided + more_decided
        blocks.append((low, one.score_ppm, accepted, decided))
    points = [
        CalibrationPoint(score=score / _PPM, probability=accepted / decided)
        for low, high, accepted, decided in blocks
        for score in dict.fromkeys((low, high))
    ]
    return Calibration(decisions=decisions, points=points)


def probability_of(calibration: Calibration, score: float) -> float:
    """The share that people accept at a score: between points interpolated, beyond them that of the nearest."""
    points = calibration.points
    place = bisect_right([point.score for point in points], score)
    if place == 0:
        return points[0].probability
    if place == len(points):
        return points[-1].probability
    left, right = points[place - 1], points[place]
    share = (score - left.score) / (right.score - left.score)
    return left.probability + share * (right.probability - left.probability)
