"""Times of bars as a reader wants them."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from futures_env.data.calendar import NEW_YORK


def new_york_time(minutes: ArrayLike) -> pd.DatetimeIndex:
    """New York time of (n,) minutes since 1970-01-01 UTC."""
    stamps = np.asarray(minutes, np.int64).astype("datetime64[m]").astype("datetime64[s]")
    return pd.DatetimeIndex(stamps).tz_localize("UTC").tz_convert(NEW_YORK)
