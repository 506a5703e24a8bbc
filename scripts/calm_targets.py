"""What the synthetic market aims at, and statistics of real bars in calm months beside it.

Prices: MNQ 2025-09-14..2025-11-25, the calmer set; its median price is 25,060 points. Volumes by
hour and minute: NQ 2025-01-01..2025-06-03, since a micro trades in other numbers.
"""

MEDIAN_PRICE = 25_060.0
"""Points; turns points into basis points."""

# points, percentiles 5, 25, 50, 75, 95
ATR_POINTS = {
    "RTH 09:30-16:00": (5.33, 8.49, 13.15, 19.91, 32.51),
    "Overnight 18:00-09:30 + 16:00-17:00": (2.50, 3.94, 5.74, 8.75, 14.84),
    "Asia 18:00-02:00": (2.16, 3.27, 4.87, 7.47, 13.16),
    "Europe 02:00-08:30": (3.31, 4.54, 6.16, 9.06, 15.33),
    "pre-open 08:30-09:30": (4.20, 5.27, 7.34, 11.23, 16.80),
    "first RTH hour 09:30-10:30": (10.20, 13.82, 17.91, 24.69, 37.81),
    "post 16:00-17:00": (2.85, 4.65, 7.38, 11.49, 23.17),
}

# return sd in bp, excess kurtosis, skew, P(0) in %, median range in ticks, mean and median volume
HOURS = {
    0: (1.912, 34.6, 0.27, 4.3, 15, 62, 40),
    1: (1.694, 8.0, 0.23, 4.5, 17, 73, 51),
    2: (1.915, 4.5, -0.03, 3.1, 21, 100, 75),
    3: (2.395, 11.5, -0.57, 2.1, 27, 164, 124),
    4: (2.246, 3.9, -0.34, 2.3, 26, 161, 123),
    5: (1.967, 6.3, 0.09, 2.8, 22, 128, 94),
    6: (2.008, 3.8, -0.22, 3.0, 21, 156, 104),
    7: (2.690, 72.0, 3.29, 2.5, 25, 198, 146),
    8: (2.680, 57.0, 2.80, 2.8, 27, 336, 231),
    9: (5.134, 7.3, 0.41, 1.8, 53, 1315, 983),
    10: (5.238, 3.6, -0.16, 1.0, 63, 1551, 1376),
    11: (4.798, 6.5, -0.68, 1.6, 54, 1083, 962),
    12: (4.397, 8.7, -0.07, 1.4, 45, 891, 770),
    13: (3.937, 9.4, 0.14, 1.4, 41, 891, 733),
    14: (3.798, 10.9, -0.54, 1.7, 39, 864, 737),
    15: (3.804, 7.1, -0.18, 1.5, 40, 1242, 919),
    16: (2.779, 91.3, -0.79, 3.7, 19, 355, 157),
    18: (2.120, 10.7, -0.14, 3.3, 21, 130, 79),
    19: (1.835, 4.8, 0.03, 3.5, 20, 105, 71),
    20: (2.020, 5.7, 0.37, 2.7, 23, 124, 87),
    21: (1.662, 5.0, 0.21, 3.4, 19, 98, 69),
    22: (1.482, 10.9, 0.25, 4.7, 16, 77, 55),
    23: (1.589, 9.3, -0.65, 4.3, 15, 64, 43),
}

# return sd in bp, median range in ticks, mean volume
MINUTES = {
    "08:30": (9.03, 43, 957),
    "08:31": (3.29, 34, 627),
    "09:25": (3.24, 43, 856),
    "09:28": (3.13, 45, 948),
    "09:29": (2.86, 38, 986),
    "09:30": (9.94, 149, 4133),
    "09:31": (9.11, 110, 3237),
    "09:32": (10.50, 97, 2864),
    "09:35": (7.34, 89, 2660),
    "09:40": (6.35, 88, 2376),
    "09:50": (6.58, 108, 2028),
    "10:00": (6.61, 94, 2922),
    "10:01": (5.66, 76, 2296),
    "10:30": (4.52, 71, 1867),
    "11:00": (6.54, 66, 1765),
    "12:00": (5.72, 54, 1423),
    "13:00": (5.08, 47, 1140),
    "14:00": (4.34, 58, 1240),
    "15:00": (3.77, 44, 1321),
    "15:30": (3.52, 42, 1325),
    "15:45": (4.04, 42, 1146),
    "15:55": (5.51, 65, 2671),
    "15:58": (3.11, 46, 2180),
    "15:59": (5.42, 92, 8866),
    "16:00": (4.64, 67, 3952),
    "16:01": (6.19, 56, 1563),
    "16:05": (5.46, 34, 818),
    "16:55": (1.45, 18, 149),
    "16:59": (1.57, 18, 180),
    "18:00": (float("nan"), 70, 597),
    "18:01": (4.08, 42, 299),
    "18:05": (3.06, 30, 209),
}

# mean, standard deviation, percentiles 5, 25, 50, 75, 95
GAPS = {
    "RTH open vs previous RTH close, points": (38.6, 181.8, -226.25, -73.38, 24.75, 131.00, 351.38),
    "RTH open vs previous RTH close, %": (0.156, 0.724, -0.91, -0.29, 0.10, 0.52, 1.38),
    "RTH open vs previous RTH close, absolute %": (0.552, 0.488, 0.01, 0.14, 0.43, 0.84, 1.50),
    "18:00 reopen vs 17:00 close, weekday, %": (0.002, 0.052, -0.10, -0.00, 0.00, 0.02, 0.06),
    "Sunday 18:00 reopen vs Friday 17:00, %": (0.303, 0.402, -0.03, 0.01, 0.15, 0.40, 1.00),
    "RTH range, points": (349.5, 208.6, 143.57, 217.19, 284.88, 467.94, 668.29),
    "RTH range, %": (1.392, 0.834, 0.57, 0.87, 1.13, 1.86, 2.73),
    "full-session range (18:00-17:00), points": (
        437.7,
        228.3,
        189.00,
        277.56,
        366.12,
        581.94,
        704.76,
    ),
    "full-session range, %": (1.742, 0.910, 0.76, 1.11, 1.46, 2.27, 2.84),
}

# target; MNQ 2025, RTH / overnight; other calm columns
PARTS = {
    "ATR(14), median, bp": ("about 4", "5.22 / 2.27", "4.97 / 1.85 (MNQ 2024), 4.13 / 1.53 (MES)"),
    "return sd, bp": ("2 to 5", "4.60 / 2.11", "3.55 / 1.67 (MNQ 2024), 3.29 / 1.58 (MES)"),
    "excess kurtosis of returns": ("", "7.1 / 43", "3.1 / 160 (MNQ 2024), 11.0 / 176 (MES)"),
    "kurtosis, scaled by time of day": ("5 to 6", "6.5 / 6.8", ""),
    "skew of returns": ("", "", "of hours: 0 +- 0.7"),
    "P(return = 0), %": ("", "1.5 / 3.4", ""),
    "range / |close - open|": ("about 2", "", ""),
    "volume per minute": ("", "", "1188 / 144 (NQ Jan-Mar 2025)"),
    "sd of log volume": ("", "0.75 / 0.91", "0.66 / 0.99 (NQ)"),
    "autocorrelation of log volume, lag 1": ("", "0.83 / 0.80", "0.79 / 0.74 (NQ)"),
    "correlation with ES, same minutes": ("", "0.952 / 0.947", ""),
    "autocorrelation of r, lag 1": (
        "within +-0.03", "-0.024 / 0.008", "0.020 / 0.015 (MNQ 2024), -0.011 / -0.039 (MES)"
    ),
    "autocorrelation of r, lag 2": ("", "0.001 / -0.016", ""),
    "autocorrelation of r, lag 3": ("", "-0.004 / -0.003", ""),
    "autocorrelation of r, lag 5": ("", "0.001 / -0.001", ""),
    "autocorrelation of r, lag 10": ("", "-0.008 / -0.012", ""),
    "autocorrelation of r, lag 30": ("", "0.021 / 0.010", ""),
    "autocorrelation of r, lag 60": ("", "0.014 / 0.010", ""),
    "autocorrelation of |r|, lag 1": (
        "0.20", "0.314 / 0.323", "0.205 / 0.311 (MNQ 2024), 0.257 / 0.314 (MES)"
    ),
    "autocorrelation of |r|, lag 2": ("", "0.329 / 0.308", ""),
    "autocorrelation of |r|, lag 3": ("", "0.319 / 0.285", ""),
    "autocorrelation of |r|, lag 5": ("", "0.306 / 0.271", ""),
    "autocorrelation of |r|, lag 10": ("0.17", "0.321 / 0.260", ""),
    "autocorrelation of |r|, lag 30": ("", "0.291 / 0.248", ""),
    "autocorrelation of |r|, lag 60": ("0.07", "0.254 / 0.236", ""),
    "the same scaled by time of day, lag 1": ("", "0.306 / 0.315", ""),
    "the same scaled by time of day, lag 10": ("", "0.309 / 0.273", ""),
    "the same scaled by time of day, lag 60": ("", "0.255 / 0.240", ""),
}  # fmt: skip
# target, MNQ 2025
WHOLE = {
    "rank correlation of volume and |r|": ("volume tied to |r|", "0.579"),
    "share of |r| above 3 sd, 1e-4": ("", "197.4"),
    "share of |r| above 5 sd, 1e-4": ("", "43.7"),
    "share of |r| above 10 sd, 1e-4": ("", "2.6"),
    "largest |r|, %": ("", "0.57"),
}
# MNQ 2025, other calm columns
DAYS = {
    "overnight range 18:00-09:30, median, %": ("0.784", ""),
    "overnight range 18:00-09:30, median, points": ("196.8", ""),
    "RTH range over overnight range, median": ("1.43", ""),
    "RTH range, median, %": ("1.13", "1.10 (MNQ 2024), 0.87 (MES)"),
    "full-session range, median, %": ("1.46", "1.38 (MNQ 2024), 1.09 (MES)"),
    "RTH open against the RTH close before, median |gap|, %": (
        "0.43", "0.38 (MNQ 2024), 0.27 (MES)"
    ),
    "RTH close to close, sd of log returns, %": ("1.17", "1.04 (MNQ 2024), 0.82 (MES)"),
    "RTH share of volume, %": ("72.5", "74.4 (NQ)"),
    "volume per session, median": ("", "587,045 (NQ)"),
    "bars per session, median": ("1380", ""),
}  # fmt: skip
# target: return sd in bp
PROFILE = {
    "09:30": "3 to 5", "09:31": "3 to 5", "12:00": "2", "15:55": "3", "15:58": "3", "15:59": "3"
}  # fmt: skip
