"""Tables of a zoo of candidates: their curves, forecasts from early epochs, and how these rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from nsgraph.ranking import Curve, Forecast, draw, predictors, rank, rank_difference
from nsgraph.ranking.forecasts.capacitance import at_zero
from nsgraph.studies.intervals import mean_interval

__all__ = [
    "OURS",
    "candidates_table",
    "curves_table",
    "differences_table",
    "forecasts_table",
    "ranking_table",
    "starts_table",
]

OURS = ("beta-local", "beta-exact")
READINGS = ("local", "exact")
RUN = ("candidate", "share", "seed")
FEW = "fewer than three candidates have a forecast"
Runs = Sequence[Mapping[str, Any]]


def curves_table(runs: Runs) -> pd.DataFrame:
    """One row a run and epoch: loss, accuracies, and beta_eff with its parts.

    Parameters
    ----------
    runs
        As `nsgraph.capacitance.run_candidate` gives them, of all candidates.
    """
    about = ("candidate", "model", "method", "sparsity", "share", "seed")
    timing = ("seconds", "capacitance_seconds")
    rows = [
        {name: run[name] for name in about}
        | {name: value for name, value in epoch.items() if name not in timing}
        for run in runs
        for epoch in run["epochs"]
    ]
    return pd.DataFrame(rows).sort_values([*RUN, "epoch"], kind="stable", ignore_index=True)


def final_accuracy(run: Mapping[str, Any]) -> float:
    """Test accuracy at the (first) epoch of best validation accuracy."""
    best = max(run["epochs"], key=lambda row: row["validation_accuracy"])
    return float(best["test_accuracy"])


def candidates_table(runs: Runs) -> pd.DataFrame:
    """One row a candidate: what it is, and its final accuracy over runs with all images.

    `accuracy` is the mean with its 95 % interval by Student's t; `rank` 1 is the most accurate.
    """
    rows = []
    for name in sorted({run["candidate"] for run in runs}):
        own = [run for run in runs if run["candidate"] == name and run["share"] >= 1]
        first, found = own[0], mean_interval([final_accuracy(run) for run in own])
        row = {key: first[key] for key in ("candidate", "model", "method", "sparsity")}
        row |= {key: first[key] for key in ("n_weights", "n_layers", "features")}
        for score in sorted(first["scores"]):
            values = [run["scores"][score] for run in own]
            row[score] = None if None in values else float(np.mean(values))
        row |= {"runs": found.n, "accuracy": found.mean, "sd": found.sd}
        row |= {"low": found.low, "high": found.high, "sd.status": found.status}
        rows.append(row)
    table = pd.DataFrame(rows)
    table["rank"] = table["accuracy"].rank(ascending=False, method="min").astype("Int64")
    return table.astype({name: "float64" for name in ("accuracy", "sd", "low", "high")})


def _curve(run: Mapping[str, Any], final: float) -> Curve:
    def column(name: str) -> np.ndarray:
        values = [row.get(name) for row in run["epochs"]]
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)

    return Curve(
        candidate=run["candidate"],
        loss=column("loss"),
        accuracy=column("validation_accuracy"),
        beta={r: column(f"{r}_beta") for r in READINGS if f"{r}_beta" in run["epochs"][0]},
        scores={n: np.nan if v is None else v for n, v in run["scores"].items()},
        architecture=(float(np.log(run["n_weights"])), float(run["n_layers"])),
        final=final,
    )


def _curves(runs: Runs) -> dict[float, dict[tuple[str, int], Curve]]:
    """Share -> (candidate, seed) -> curve; the final accuracy is that with all images."""
    finals = {
        (run["candidate"], run["seed"]): final_accuracy(run) for run in runs if run["share"] >= 1
    }
    found: dict[float, dict[tuple[str, int], Curve]] = {}
    for run in runs:
        key = (run["candidate"], run["seed"])
        found.setdefault(run["share"], {})[key] = _curve(run, finals[key])
    return found


def forecasts_table(
    runs: Runs, observe: Sequence[int], total: int, names: Sequence[str] | None = None
) -> pd.DataFrame:
    """One row a share of the images, number of epochs observed, predictor and run.

    Parameters
    ----------
    runs
        Of all candidates; what a predictor learns from others are runs of the same share.
    observe
        Numbers of epochs that forecasts are made from.
    total
        Epochs of a whole training.
    names
        Predictors; all by default.

    Returns
    -------
    frame
        `forecast` with its `low`, `high`, `start` and status, and `truth`: the run's own final
        accuracy with all images.
    """
    rows = []
    for share, curves in sorted(_curves(runs).items()):
        for epochs in observe:
            for (candidate, seed), curve in sorted(curves.items()):
                others = [c for c in curves.values() if c.candidate != candidate]
                seen = curve.until(epochs)
                for name, one in predictors(names).items():
                    found = one.forecast(seen, others, total)
                    about = {"share": share, "epochs": epochs, "predictor": name}
                    about |= {"candidate": candidate, "seed": seed}
                    rows.append(about | _forecast(found) | {"truth": curve.final})
    types = {name: "float64" for name in ("forecast", "low", "high", "truth")} | {"start": "Int64"}
    return pd.DataFrame(rows).astype(types)


def _forecast(found: Forecast) -> dict[str, Any]:
    return {
        "forecast": found.value,
        "forecast.status": found.status,
        "low": found.low,
        "high": found.high,
        "start": found.start,
    }


def _grid(table: pd.DataFrame, column: str) -> np.ndarray:
    """`[candidates, runs]`, sorted by candidate and seed."""
    grid = table.pivot(index="candidate", columns="seed", values=column)
    return grid.sort_index().to_numpy(dtype=np.float64)


def ranking_table(forecasts: pd.DataFrame) -> pd.DataFrame:
    """One row a share, number of epochs and predictor: how well it ranks; see the dictionary.

    `error` is the mean absolute error of forecasts that are accuracies.
    """
    about = predictors()
    rows = []
    for (share, epochs, name), part in forecasts.groupby(["share", "epochs", "predictor"]):
        guess, truth = _grid(part, "forecast"), _grid(part, "truth")
        row = {"share": share, "epochs": epochs, "predictor": name}
        row |= {"kind": about[name].kind, "knows": about[name].knows}
        row |= {"candidates": len(truth), "runs": truth.shape[1]}
        found = rank(guess, truth, draw(*truth.shape))
        known = part["forecast"].notna()
        if found is not None:
            row |= {**vars(found), "spearman.status": None}
            if about[name].kind == "accuracy":
                gap = (part["forecast"] - part["truth"])[known]
                row["error"] = float(gap.abs().mean())
        else:
            missing = part["forecast.status"].dropna()
            row |= {"n": 0, "spearman.status": missing.iloc[0] if len(missing) else FEW}
        rows.append(row | {"reference": about[name].reference})
    columns = [
        *("share", "epochs", "predictor", "kind", "knows", "candidates", "runs", "n"),
        *("spearman", "spearman.status", "low", "high", "zoo_low", "zoo_high", "single"),
        *("regret", "regret_low", "regret_high", "error"),
        *("chance_low", "chance_high", "chance_regret", "reference"),
    ]
    return pd.DataFrame(rows).reindex(columns=columns)


def differences_table(forecasts: pd.DataFrame) -> pd.DataFrame:
    """One row a share, number of epochs, reading of beta_eff and other predictor."""
    rows = []
    for (share, epochs), part in forecasts.groupby(["share", "epochs"]):
        grids = {name: _grid(p, "forecast") for name, p in part.groupby("predictor")}
        truth = _grid(part[part["predictor"] == part["predictor"].iloc[0]], "truth")
        draws = draw(*truth.shape)
        for ours in (name for name in OURS if name in grids):
            for other in (name for name in grids if name != ours):
                found = rank_difference(grids[ours], grids[other], truth, draws)
                if found is None:
                    continue
                n, difference, low, high, zoo_low, zoo_high = found
                row = {"share": share, "epochs": epochs, "predictor": ours, "compared_with": other}
                row |= {"n": n, "difference": difference, "low": low, "high": high}
                rows.append(row | {"zoo_low": zoo_low, "zoo_high": zoo_high})
    columns = ["share", "epochs", "predictor", "compared_with", "n", "difference", "low", "high"]
    return pd.DataFrame(rows, columns=[*columns, "zoo_low", "zoo_high"])


def starts_table(runs: Runs, forecasts: pd.DataFrame, observe: Sequence[int]) -> pd.DataFrame:
    """One row a number of epochs, reading and start epoch: ranks if the line begins there.

    With all images. `chosen` is the share of runs in which the criterion chose that epoch.
    """
    curves = _curves(runs)[max(run["share"] for run in runs)]
    keys = sorted(curves)
    candidates = sorted({candidate for candidate, _ in keys})
    truth = np.array([curves[key].final for key in keys]).reshape(len(candidates), -1)
    draws = draw(*truth.shape)
    rows = []
    for epochs in observe:
        for reading in READINGS:
            ours = f"beta-{reading}"
            own = forecasts[
                (forecasts["predictor"] == ours)
                & (forecasts["epochs"] == epochs)
                & (forecasts["share"] >= 1)
            ]
            for start in range(1, epochs - 1):
                guesses = []
                for key in keys:
                    seen = curves[key].until(epochs)
                    found = at_zero(seen.beta.get(reading), seen.accuracy, start)
                    guesses.append(np.nan if found.value is None else found.value)
                ranked = rank(np.array(guesses).reshape(truth.shape), truth, draws)
                row = {"epochs": epochs, "predictor": ours, "start": start}
                row |= {"chosen": float((own["start"] == start).fillna(False).mean())}
                names = ("n", "spearman", "low", "high", "regret")
                row |= {n: getattr(ranked, n) if ranked else None for n in names}
                rows.append(row)
    return pd.DataFrame(rows).astype({n: "float64" for n in ("spearman", "low", "high", "regret")})
