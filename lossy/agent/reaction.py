"""How long a reviewer takes from seeing a thing to speaking of it, learnt from the note times that they correct.

A corrected time says which lag would have been right. The median of the last ones holds, so one note that was moved
to quite another place changes nothing; what no person's reaction can be is left out.
"""

from collections.abc import Sequence
from statistics import median

DEFAULT_LAG_SECONDS = 0.6
MAX_LAG_SECONDS = 2.0
CORRECTIONS = 15
"""How many of the last ones count."""
ENOUGH = 3
"""With fewer, the default stands in for those that are missing."""
PLAUSIBLE_SECONDS = (-1.0, 3.5)


def learnt_lag(corrections: Sequence[float]) -> float:
    """Give the lag, 0 to 2 s, from the lags that corrections ask for, newest first."""
    least, most = PLAUSIBLE_SECONDS
    counted = [lag for lag in corrections if least <= lag <= most][:CORRECTIONS]
    missing = max(0, ENOUGH - len(counted))
    lag = median([*counted, *[DEFAULT_LAG_SECONDS] * missing])
    return round(min(MAX_LAG_SECONDS, max(0.0, lag)), 3)
