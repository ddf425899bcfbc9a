"""Mean, deviation and confidence of figures some of which do not exist.

Convention: `None` stands for a figure that does not exist (silent reference, single clip); it is
left out, never counted as 0.

Metrics
-------
* `mean`: mean of the figures that exist
* `deviation`: their standard deviation (ddof 1)
* `margin`: half the 95 % interval of their mean (Student's t)

>>> mean([1.0, None, 3.0]), deviation([1.0, None, 3.0])
(2.0, 1.4142135623730951)
>>> round(margin([1.0, 2.0, 3.0]), 3)
2.484
"""

from collections.abc import Iterable

import numpy as np

CONFIDENCE = 0.95


def mean(values: Iterable[float | None]) -> float | None:
    """Mean of the values that exist; `None` when there are none."""
    known = _known(values)
    return float(np.mean(known)) if known else None


def deviation(values: Iterable[float | None]) -> float | None:
    """Standard deviation (ddof 1) of the values that exist; `None` for fewer than two."""
    known = _known(values)
    return float(np.std(known, ddof=1)) if len(known) > 1 else None


def margin(values: Iterable[float | None]) -> float | None:
    """Half the 95 % interval of the mean of the values that exist; `None` for fewer than two."""
    from scipy.stats import t

    known = _known(values)
    spread = deviation(known)
    if spread is None:
        return None
    return float(t.ppf(0.5 + CONFIDENCE / 2, len(known) - 1) * spread / len(known) ** 0.5)


def _known(values: Iterable[float | None]) -> list[float]:
    return [float(value) for value in values if value is not None]
