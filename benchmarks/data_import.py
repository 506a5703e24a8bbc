"""Time and memory of importing 2,000,000 one-minute rows, and of loading the saved market.

Usage: python benchmarks/data_import.py [--rows 2000000] [--json PATH]

The limits are those of the project: import from csv.gz to a saved market in under 15 s and 2 GB,
loading in under 1 s, on 2 cores. Each part runs in its own process, so that peak memory is its own;
interpreter start and imports are not counted in the times and are in the memory.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

MAKE = """
import sys, numpy as np, pandas as pd
from futures_env.data.synthetic.market import synthetic_bars, trading_days
from futures_env.market.info import SessionRule
bars = synthetic_bars("NQ", trading_days("NQ", int(sys.argv[2]) // 1360, SessionRule()), seed=0)
bars = bars.take(slice(int(sys.argv[2])))
pd.DataFrame({
    "timestamp": pd.to_datetime(bars.minute * 60, unit="s", utc=True),
    **{name: getattr(bars, name) * 0.25 for name in ("open", "high", "low", "close")},
    "volume": bars.volume.astype(np.int64),
}).to_csv(sys.argv[1], index=False, compression={"method": "gzip", "compresslevel": 1})
"""
IMPORT = """
import json, resource, sys, time
import futures_env
from futures_env.data.store import save_market
started = time.perf_counter()
market = futures_env.load_market(sys.argv[1])
save_market(market, sys.argv[2])
print(json.dumps({
    "seconds": time.perf_counter() - started, "bars": market.num_bars,
    "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}))
"""
LOAD = """
import json, sys, time
from futures_env.data.store import open_market
started = time.perf_counter()
market = open_market(sys.argv[1])
print(json.dumps({"seconds": time.perf_counter() - started, "bars": market.num_bars}))
"""


def run(code: str, *arguments: str) -> str:
    """Run a part in its own process and return what it printed."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Measure, print, and fail when a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source, saved = f"{folder}/bars.csv.gz", f"{folder}/market.npz"
        run(MAKE, source, str(arguments.rows))
        result = {
            "rows": arguments.rows,
            "import": json.loads(run(IMPORT, source, saved)),
            "load": json.loads(run(LOAD, saved)),
        }
    print(json.dumps(result, indent=2))
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    imported, loaded = result["import"], result["load"]
    if imported["seconds"] > 15.0 or imported["peak_gb"] > 2.0 or loaded["seconds"] > 1.0:
        raise SystemExit("over the limit of 15 s and 2 GB to import, 1 s to load")


if __name__ == "__main__":
    main()
