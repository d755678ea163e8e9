"""Networks trained per hour: one at a time, in several processes, and several as one.

Digits, 12 epochs of batches of 128, no method but fixed random masks: what is timed is training
and evaluation from networks at initialisation to networks of the best epoch, without imports and
files. `M as one` are populations (`nsgraph.training.train_population`). Each process has one
thread. The rows of a table are timed in turn, several rounds of them, so that whatever else the
machine does weighs on all alike; a row's time is the median of its rounds, and `ratio` compares it
to one network at a time in one process. `CPU s` is the processors' time of a network, which other
programs on the machine change least.

With CUDA the same on the GPU: single precision (TF32 as torch has it) and bfloat16, `torch.compile`
and CUDA graphs (`mode="reduce-overhead"`) over the stacked network.

Run with `OMP_NUM_THREADS=1 python benchmarks/training.py [rounds, by default 3]`.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing import get_context
from typing import Any

import torch

from nsgraph import datasets
from nsgraph.models import build
from nsgraph.training import members, train, train_population

EPOCHS = 12
MODELS = {"mlp-64-64": 16, "mlp-300-100": 4, "resnet8-8": 4, "resnet8-16": 2}
"""Networks that one process trains for a row on CPU, of each model."""
SIZES = {"mlp-64-64": (4, 8, 16), "mlp-300-100": (2, 4), "resnet8-8": (2, 4), "resnet8-16": (2,)}
"""Networks in a population."""
ON_GPU = (1, 8, 32, 128)
Timed = Callable[[], tuple[float, float]]
"""Trains networks; gives the time and the processors' time that it took."""

LIMIT = 300
"""Seconds after which a process that does not answer is given up."""


def work(model: str, count: int, size: int, device: str = "cpu", **recipe: Any) -> None:
    """Train `count` networks, `size` at a time."""
    data = datasets.load("digits")
    nets = [build(model, data.input_shape, data.classes, seed) for seed in range(count)]
    recipe = {"epochs": EPOCHS, "batch": 128, **recipe}
    for start in range(0, count, size):
        group, seeds = nets[start : start + size], range(start, start + size)
        if size == 1:
            train(group[0], data, "er", 0.9, start, device, **recipe)
        else:
            train_population(group, data, "er", 0.9, seeds, device, **recipe)


def worker(model: str, count: int, size: int, barrier: Any, spent: Any) -> None:
    """A process: warm up, wait for the others, work, and wait for the others again."""
    torch.set_num_threads(1)
    work(model, size, size, epochs=1)
    barrier.wait(LIMIT)
    began = time.process_time()
    work(model, count, size)
    with spent.get_lock():
        spent.value += time.process_time() - began
    barrier.wait(LIMIT)


def seconds(model: str, count: int, size: int, processes: int) -> tuple[float, float]:
    """Time, and processors' time, in which each of the processes trains `count` networks."""
    context = get_context("spawn")
    barrier, spent = context.Barrier(processes + 1), context.Value("d", 0.0)
    given = (model, count, size, barrier, spent)
    started = [context.Process(target=worker, args=given) for _ in range(processes)]
    for process in started:
        process.start()
    barrier.wait(LIMIT)
    began = time.perf_counter()
    barrier.wait(LIMIT)
    taken = time.perf_counter() - began
    for process in started:
        process.join()
    return taken, float(spent.value)


def table(title: str, rows: dict[str, tuple[int, Timed]], rounds: int) -> None:
    """Print networks per hour of rows (networks, function that trains them and says how long)."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
    for _ in range(rounds):
        for name, (_, timed) in rows.items():
            times[name].append(timed())
    print(f"\n{title}\n  {'':34s} networks/hour  ratio  CPU s  ratio")
    first: tuple[float, float] | None = None
    for name, (count, _) in rows.items():
        taken, spent = (
            statistics.median(column) / count for column in zip(*times[name], strict=True)
        )
        first = first or (taken, spent)
        print(
            f"  {name:34s} {3600 / taken:13,.0f} {first[0] / taken:6.2f} {spent:6.3f} "
            f"{first[1] / spent:6.2f}",
            flush=True,
        )


def on_cpu(rounds: int) -> None:
    """Tables of the models on CPU."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for model, count in MODELS.items():
        rows = {}
        for processes in sorted({1, cores or 1}):
            for size in (1, *SIZES[model]):
                name = "one at a time" if size == 1 else f"{size} as one"
                label = f"{name}, {processes} process{'es' if processes > 1 else ''}"
                rows[label] = (
                    count * processes,
                    lambda m=model, c=count, s=size, p=processes: seconds(m, c, s, p),
                )
        table(f"{model} on CPU, {EPOCHS} epochs of digits", rows, rounds)


@contextmanager
def compiled(**options: Any) -> Iterator[None]:
    """Populations go through `torch.compile`."""
    original = members.stacked

    def stacked(*given: Any) -> tuple[Any, Any]:
        sgd, whole = original(*given)
        return sgd, torch.compile(whole, **options)

    members.stacked = stacked
    try:
        yield
    finally:
        members.stacked = original


def timed_on_gpu(
    model: str, size: int, options: dict[str, Any] | None, amp: bool
) -> tuple[float, float]:
    """Time of one population on the GPU, after one epoch of it to warm up."""
    with nullcontext() if options is None else compiled(**options):
        work(model, size, size, "cuda", epochs=1, amp=amp)
        torch.cuda.synchronize()
        began, spent = time.perf_counter(), time.process_time()
        work(model, size, size, "cuda", amp=amp)
        torch.cuda.synchronize()
        return time.perf_counter() - began, time.process_time() - spent


def on_gpu(rounds: int) -> None:
    """Tables of the models on the GPU; what does not work there is said."""
    ways: dict[str, dict[str, Any] | None] = {
        "": None,
        ", torch.compile": {},
        ", CUDA graphs": {"mode": "reduce-overhead"},
    }
    for model in ("mlp-64-64", "resnet8-16", "resnet20"):
        rows = {}
        for size in ON_GPU:
            for amp in (False, True):
                for words, options in ways.items():
                    if size == 1 and options is not None:
                        continue
                    label = f"{size} as one, {'bfloat16' if amp else 'float32'}{words}"

                    def timed(m=model, s=size, o=options, a=amp) -> tuple[float, float]:
                        return timed_on_gpu(m, s, o, a)

                    try:
                        timed()
                    except Exception as error:  # a compiler that is not there, memory
                        print(f"{model}, {label}: {str(error).splitlines()[0]}")
                        continue
                    rows[label] = (size, timed)
        table(f"{model} on {torch.cuda.get_device_name()}, {EPOCHS} epochs", rows, rounds)


def main(rounds: int = 3) -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    on_cpu(rounds)
    if torch.cuda.is_available():
        on_gpu(rounds)
    else:
        print("\nNo CUDA device here: the tables of the GPU are left out.")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
