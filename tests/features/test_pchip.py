"""The curve between points against SciPy's."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from d2m_cli.features.pchip import pchip


@pytest.mark.parametrize("count", [2, 3, 4, 40])
@pytest.mark.parametrize("rise", [0.0, 2.0])
def test_it_is_scipys_curve(count: int, rise: float) -> None:
    random = np.random.default_rng(count)
    for _ in range(50):
        places = random.uniform(0.1, 2.0, count).cumsum()
        heights = random.normal(rise, 1.0, count).cumsum().round(1)
        wanted = np.append(np.linspace(places[0], places[-1], 99), places).clip(
            places[0], places[-1]
        )
        theirs = PchipInterpolator(places, heights)(wanted)
        np.testing.assert_allclose(pchip(places, heights, wanted), theirs, atol=1e-9)
