"""How good the value step is: the CDNOW sample (39 weeks fitted, 39 weeks foreseen) and a million generated customers.

Run as `python -m benchmarks.quality.value [--large]`. STRONGROOM_DATA names a folder with `cdnow/CDNOW_sample.txt`;
STRONGROOM_PEERS a Python that has `lifetimes`, which is given the same summary in a process of its own. What is missing is said
to be "not available". Published figures: Fader, Hardie and Lee 2005; Fader and Hardie 2013 (note 025).
"""

import argparse
import json
import os
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis_worker.steps.value import Patterns, ValueOptions, fit_purchasing, fit_spending, value
from analysis_worker.steps.value.backtest import judged, purchases_after
from analysis_worker.steps.value.forecast import forecast
from analysis_worker.steps.value.occasions import Histories, Occasions, histories, occasions

CALIBRATION_ENDS = datetime(1997, 9, 30, tzinfo=UTC)
OBSERVATION_ENDS = datetime(1998, 6, 30, tzinfo=UTC)
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
PUBLISHED_SPENDING = {"p": 6.25, "q": 3.74, "gamma": 15.44}
FLOORS = {"parameters_off": 0.005, "fit_s": 0.5, "mae": 0.79, "million_s": 20.0}
Figures = dict[str, object]

_PEER = """
import json, sys, time, warnings
import numpy as np, pandas as pd
warnings.simplefilter("ignore")
from lifetimes import BetaGeoFitter
given = json.load(sys.stdin)
x, t_x, T = (np.array(given[name]) for name in ("repeats", "last", "age"))
started = time.perf_counter()
model = BetaGeoFitter(penalizer_coef=0.0)
model.fit(x, t_x, T)
fit_s = time.perf_counter() - started
started = time.perf_counter()
expected = np.asarray(model.conditional_expected_number_of_purchases_up_to_time(given["horizon"], x, t_x, T))
json.dump({"fit_s": fit_s, "forecast_s": time.perf_counter() - started, "parameters": dict(model.params_),
           "mae": float(np.abs(expected - np.array(given["made"])).mean())}, sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cdnow:
    """The sample, cut after 39 weeks: all occasions, histories at the cut, purchases and money after it."""

    found: Occasions
    known: Histories
    made: NDArray[np.int64]
    spent: NDArray[np.float64]
    days: int


def cdnow(folder: Path) -> Cdnow:
    lines = [line.split() for line in (folder / "cdnow" / "CDNOW_sample.txt").read_text(encoding="ascii").splitlines()]
    times = [datetime.strptime(line[2], "%Y%m%d").replace(tzinfo=UTC) for line in lines]
    table = _transactions(
        pa.array([line[1] for line in lines]), pa.array(times, pa.timestamp("us", "UTC")), [float(line[4]) for line in lines]
    )
    found = occasions(pa.chunked_array([sorted({line[1] for line in lines})]), table, OBSERVATION_ENDS)
    days = (OBSERVATION_ENDS - CALIBRATION_ENDS).days
    known = histories(found, found.today - days)
    later = found.day > found.today - days
    spent = np.bincount(found.place[later], weights=found.amount[later], minlength=len(found.currency))[known.place]
    return Cdnow(
        found=found,
        known=known,
        made=purchases_after(found, known, found.today - days),
        spent=spent.astype(np.float64),
        days=days,
    )


def _transactions(rows: pa.Array, times: pa.Array, amounts: list[float] | NDArray[np.float64]) -> pa.Table:
    return pa.table(
        {
            "row_id": rows,
            "time": times,
            "amount_minor": pa.array(np.round(np.asarray(amounts) * 100).astype(np.int64)),
            "currency": pa.repeat("USD", len(rows)),
            "kind": pa.repeat("PURCHASE", len(rows)),
        }
    )


def generated(customers: int, seed: int) -> pa.Table:
    """Transactions of customers who behave as the CDNOW parameters say, who came over 39 weeks and were watched to week 78."""
    random = np.random.default_rng(seed)
    rate, leaves = random.gamma(0.243, 1 / 4.414, customers), random.beta(0.793, 2.426, customers)
    start = random.uniform(0, 39, customers)
    who, when = [np.arange(customers)], [start]
    going, now = np.arange(customers), start
    while len(going):
        now = now + random.exponential(1, len(going)) / np.maximum(rate[going], 1e-12)
        inside = now <= 78
        going, now = going[inside], now[inside]
        who.append(going)
        when.append(now)
        stays = random.random(len(going)) >= leaves[going]
        going, now = going[stays], now[stays]
    rows, weeks = np.concatenate(who), np.concatenate(when)
    scale = 15.44 / random.gamma(3.74, 1, customers)
    amounts = random.gamma(6.25, 1, len(rows)) * scale[rows]
    base = int(datetime(1997, 1, 1, tzinfo=UTC).timestamp() * 1e6)
    micros = base + (weeks * 7 * 86_400e6).astype(np.int64)
    return _transactions(pa.array(rows), pa.array(micros, pa.timestamp("us", "UTC")), amounts)


def measure_cdnow(folder: Path) -> Figures:
    sample = cdnow(folder)
    known = sample.known
    started = time.perf_counter()
    patterns = Patterns.of(known)
    model = fit_purchasing(patterns)
    fit_s = time.perf_counter() - started
    spending = fit_spending(known.paid[known.paid > 0], known.mean_paid[known.paid > 0])
    outlook = forecast(known, patterns, model, {0: spending}, sample.days)
    result = judged(known, outlook, sample.made, sample.days)
    ours = dict(zip(("r", "alpha", "a", "b"), (float(one) for one in model.parameters), strict=True))
    off = max(abs(ours[name] / PUBLISHED[name] - 1) for name in PUBLISHED)
    inside = (sample.spent >= outlook.value_lower) & (sample.spent <= outlook.value_upper)
    found_spending = {"p": spending.p, "q": spending.q, "gamma": spending.gamma / 100}
    return {
        **{f"cdnow_{name}": one for name, one in ours.items()},
        "cdnow_parameters_off": off,
        "cdnow_parameters_off_floor": FLOORS["parameters_off"],
        "cdnow_parameters_off_ok": off <= FLOORS["parameters_off"],
        "cdnow_spending_off": max(abs(found_spending[name] / PUBLISHED_SPENDING[name] - 1) for name in PUBLISHED_SPENDING),
        "cdnow_fit_s": fit_s,
        "cdnow_fit_s_floor": FLOORS["fit_s"],
        "cdnow_fit_s_ok": fit_s <= FLOORS["fit_s"],
        "cdnow_mae": result.mean_absolute_error,
        "cdnow_mae_floor": FLOORS["mae"],
        "cdnow_mae_ok": result.mean_absolute_error <= FLOORS["mae"],
        "cdnow_mae_as_before": result.naive_error,
        "cdnow_purchases_expected": result.expected,
        "cdnow_purchases_made": result.made,
        "cdnow_purchases_covered": result.coverage,
        "cdnow_spent_covered": float(inside.mean()),
        **_beside(sample),
    }


def _beside(sample: Cdnow) -> Figures:
    python = os.environ.get("STRONGROOM_PEERS")
    if not python:
        return {"cdnow_peer": "not available"}
    given = {
        "repeats": sample.known.repeats.tolist(),
        "last": (sample.known.last / 7).tolist(),
        "age": (sample.known.age / 7).tolist(),
        "made": sample.made.tolist(),
        "horizon": sample.days / 7,
    }
    done = subprocess.run([python, "-c", _PEER], input=json.dumps(given), capture_output=True, text=True, check=False)
    if done.returncode:
        return {"cdnow_peer": "not available"}
    peer = json.loads(done.stdout)
    return {
        "cdnow_peer": "lifetimes",
        "cdnow_parameters_off_peer": max(abs(peer["parameters"][name] / PUBLISHED[name] - 1) for name in PUBLISHED),
        "cdnow_fit_s_peer": peer["fit_s"],
        "cdnow_mae_peer": peer["mae"],
    }


def measure_million(customers: int = 1_000_000) -> Figures:
    table = generated(customers, seed=5)
    rows = pa.chunked_array([pa.array(np.arange(customers))])
    started, worked = time.perf_counter(), time.process_time()
    result = value(rows, table, datetime(1997, 1, 1, tzinfo=UTC) + timedelta(weeks=78), ValueOptions(seed=1))
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    summary = result.summary
    return {
        "million_customers": customers,
        "million_transactions": table.num_rows,
        "million_s": seconds,
        "million_s_floor": FLOORS["million_s"],
        "million_s_ok": seconds <= FLOORS["million_s"],
        "million_processor_s": worked,
        "million_covered": summary.backtest.coverage if summary.backtest else "not available",
        **{f"million_{name}": getattr(summary, name) for name in PUBLISHED},
    }


def measure(*, large: bool = False) -> Figures:
    """Return the figures under flat names: ours, `_peer`, `_floor`, `_ok`."""
    folder = os.environ.get("STRONGROOM_DATA")
    figures: Figures = measure_cdnow(Path(folder)) if folder else {"cdnow": "not available"}
    return figures | measure_million() if large else figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="also a million generated customers")
    for name, one in measure(large=parser.parse_args().large).items():
        print(f"{name:<32}{one:.5g}" if isinstance(one, float) else f"{name:<32}{one}")


if __name__ == "__main__":
    main()
