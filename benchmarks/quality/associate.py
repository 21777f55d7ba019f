"""How fast and how careful the associate step is: 150,000 generated baskets, beside mlxtend and efficient-apriori.

Run as `python -m benchmarks.quality.associate [--small]`. STRONGROOM_PEERS names a Python that has mlxtend and
efficient-apriori; each is given its favourite form (a sparse table of truth values, a list of tuples) in a process of its own,
and only the search for frequent sets is timed, on both sides from what was read. All must find the same sets with the same
counts. Rules are then looked for in the same baskets with the products dealt out anew: whatever is found there is false.
Recommendations are judged by products that were hidden, beside those that are bought most.
"""

import argparse
import io
import json
import os
import subprocess
import time
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis_worker.steps.associate import AssociateOptions, AssociateResult, associate, frequent_itemsets

BASKETS, PRODUCTS, SUPPORT = 150_000, 1_000, 0.01
FLOORS = {"mine_s": 0.5, "false_rules": 0.05}
Counts = NDArray[np.int64]
Figures = dict[str, object]

_PEER = """
import io, json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
given = np.load(io.BytesIO(sys.stdin.buffer.read()))
basket, product, support = given["basket"], given["product"], float(given["support"])
baskets, products = given["shape"].tolist()
if sys.argv[1] == "mlxtend":
    import pandas as pd
    from mlxtend.frequent_patterns import fpgrowth
    from scipy.sparse import coo_matrix
    table = coo_matrix((np.ones(len(basket), bool), (basket, product)), shape=(baskets, products)).tocsr()
    frame = pd.DataFrame.sparse.from_spmatrix(table)
    frame.columns = [str(name) for name in frame.columns]
    started = time.perf_counter()
    found = fpgrowth(frame, min_support=support, use_colnames=True)
    seconds = time.perf_counter() - started
    sets = {tuple(sorted(map(int, one))): round(share * baskets) for one, share in zip(found["itemsets"], found["support"])}
else:
    from efficient_apriori import itemsets_from_transactions
    rows = [[] for _ in range(baskets)]
    for one, what in zip(basket.tolist(), product.tolist()):
        rows[one].append(what)
    rows = [tuple(one) for one in rows]
    started = time.perf_counter()
    found, _ = itemsets_from_transactions(rows, min_support=support)
    seconds = time.perf_counter() - started
    sets = {tuple(sorted(one)): count for level in found.values() for one, count in level.items()}
json.dump({"seconds": seconds, "sets": [[list(one), count] for one, count in sorted(sets.items())]}, sys.stdout)
"""


def generated(baskets: int, seed: int = 1) -> tuple[Counts, Counts]:
    """Lines of baskets of very different size, products of falling popularity, forty bundles of two to four products."""
    random = np.random.default_rng(seed)
    popularity = 1 / np.arange(1, PRODUCTS + 1) ** 0.8
    size = 1 + random.poisson(random.gamma(2, 3.0, baskets))
    basket = np.repeat(np.arange(baskets), size)
    product = random.choice(PRODUCTS, len(basket), p=popularity / popularity.sum())
    parts = [(basket, product)]
    for _ in range(40):
        bundle = random.choice(200, int(random.integers(2, 5)), replace=False)
        takers = np.flatnonzero(random.random(baskets) < random.uniform(0.01, 0.03))
        for one in bundle:
            some = takers[random.random(len(takers)) < 0.8]
            parts.append((some, np.full(len(some), one)))
    basket, product = (np.concatenate([part[index] for part in parts]) for index in (0, 1))
    pairs = np.unique(basket * PRODUCTS + product)
    mixed = random.permutation(len(pairs))
    return pairs[mixed] // PRODUCTS, pairs[mixed] % PRODUCTS


def mined(basket: Counts, product: Counts, baskets: int) -> tuple[float, list[tuple[tuple[int, ...], int]]]:
    """Return the best of three times, and the frequent sets with their counts."""
    need, best = int(np.ceil(SUPPORT * baskets)), np.inf
    for _ in range(3):
        started = time.perf_counter()
        found = frequent_itemsets(basket, product, baskets=baskets, products=PRODUCTS, min_count=need, max_size=10)
        best = min(best, time.perf_counter() - started)
    return best, sorted(
        (tuple(one), count)
        for sets, counts in zip(found.sets, found.counts, strict=True)
        for one, count in zip(sets.tolist(), counts.tolist(), strict=True)
    )


def beside(name: str, basket: Counts, product: Counts, baskets: int) -> tuple[float, list[tuple[tuple[int, ...], int]]] | None:
    python = os.environ.get("STRONGROOM_PEERS")
    if not python:
        return None
    given = io.BytesIO()
    np.savez(given, basket=basket, product=product, shape=np.array([baskets, PRODUCTS]), support=SUPPORT)
    done = subprocess.run([python, "-c", _PEER, name], input=given.getvalue(), capture_output=True, check=False)
    if done.returncode:
        return None
    found = json.loads(done.stdout)
    return found["seconds"], [(tuple(one), count) for one, count in found["sets"]]


def found_in(basket: Counts, product: Counts, baskets: int) -> tuple[float, AssociateResult]:
    """Return how long the whole step takes, and what it finds."""
    names = pa.array([str(number) for number in range(PRODUCTS)])
    zero = pa.array(np.zeros(len(basket), np.int64), pa.timestamp("us", "UTC"))
    table = pa.table({"row_id": basket, "transaction": basket, "time": zero, "product": names.take(pa.array(product))})
    everyone = pa.chunked_array([pa.array(np.arange(baskets))])
    started = time.perf_counter()
    options = AssociateOptions(seed=1, min_support=SUPPORT)
    found = associate(everyone, table, datetime(2026, 1, 1, tzinfo=UTC), options)
    return time.perf_counter() - started, found


def hits(basket: Counts, product: Counts, baskets: int) -> tuple[float, float]:
    """Hide one product of some customers: return how often it is among three recommendations, and among the three most bought.

    Counted are customers with three recommendations; of the most bought only what the customer does not have is taken.
    """
    random = np.random.default_rng(4)
    asked = (np.bincount(basket, minlength=baskets) > 2) & (random.random(baskets) < 0.3)
    order = random.permutation(len(basket))
    first = order[np.unique(basket[order], return_index=True)[1]]
    hidden = first[asked[basket[first]]]
    kept = np.ones(len(basket), bool)
    kept[hidden] = False
    _, found = found_in(basket[kept], product[kept], baskets)
    advice: dict[int, list[int]] = {}
    for row, name in zip(*(found.recommendations.column(one).to_pylist() for one in ("row_id", "product")), strict=True):
        advice.setdefault(row, []).append(int(name))
    held: dict[int, set[int]] = {}
    for row, one in zip(basket[kept].tolist(), product[kept].tolist(), strict=True):
        held.setdefault(row, set()).add(one)
    popular = np.argsort(-np.bincount(product[kept], minlength=PRODUCTS), kind="stable").tolist()
    ours, theirs = [], []
    for row, one in zip(basket[hidden].tolist(), product[hidden].tolist(), strict=True):
        if len(advice.get(row, ())) == 3:
            ours.append(one in advice[row])
            theirs.append(one in [what for what in popular if what not in held[row]][:3])
    return float(np.mean(ours)), float(np.mean(theirs))


def measure(baskets: int = BASKETS) -> Figures:
    """Return the figures under flat names: ours, `_peer`, `_floor`, `_ok`."""
    basket, product = generated(baskets)
    seconds, sets = mined(basket, product, baskets)
    figures: Figures = {
        "baskets": baskets,
        "itemsets": len(sets),
        "mine_s": seconds,
        "mine_s_floor": FLOORS["mine_s"],
        "mine_s_ok": seconds <= FLOORS["mine_s"],
    }
    for name in ("mlxtend", "efficient_apriori"):
        peer = beside(name, basket, product, baskets)
        figures[f"mine_s_{name}"] = peer[0] if peer else "not available"
        figures[f"same_as_{name}"] = peer[1] == sets if peer else "not available"
    whole, result = found_in(basket, product, baskets)
    _, shuffled = found_in(basket, np.random.default_rng(2).permutation(product), baskets)
    found, false = result.summary.rules, shuffled.summary.rules
    share = false / max(1, found)
    fewer = min(baskets, 30_000)
    hit, popular = hits(*generated(fewer), fewer)
    return figures | {
        "hit_rate": hit,
        "hit_rate_most_bought": popular,
        "hit_rate_ok": hit > popular,
        "step_s": whole,
        "rules": found,
        "rules_when_shuffled": false,
        "rules_when_shuffled_floor": FLOORS["false_rules"] * found,
        "rules_when_shuffled_ok": share <= FLOORS["false_rules"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a tenth of the baskets")
    for name, one in measure(BASKETS // 10 if parser.parse_args().small else BASKETS).items():
        print(f"{name:<28}{one:.5g}" if isinstance(one, float) else f"{name:<28}{one}")


if __name__ == "__main__":
    main()
