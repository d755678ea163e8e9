"""Neural capacitance beside a gradient: seconds, as ratios in the same run, and memory.

The gradient is what one step of training computes: cross-entropy of one batch and its derivatives
by all weights and biases of the same network. beta_eff is taken from a stream of twenty such
batches; both are timed in turn, and the median of the ratios is printed, with its quartiles. Then
each is done in a process of its own, whose largest resident memory is printed beside that of a
process that only built network and batch.

Run with `OMP_NUM_THREADS=1 python benchmarks/capacitance.py [rounds]`. With CUDA the same follows
on the GPU, with the memory that torch had allocated at most.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

NETWORKS = {
    "2048-256-128-128-10": (2048, 256, 128, 128, 10),
    "784-300-100-100-10": (784, 300, 100, 100, 10),
    "512-512-512-512-512-10": (512, 512, 512, 512, 512, 10),
}
BATCHES = (64, 512)
DENSITY = 0.1
WAYS = {
    "local": {"reading": "local"},
    "exact": {"reading": "exact"},
    "local, absolute": {"reading": "local", "absolute": True},
}
HESSIAN = "exact, Hessian-vector products"
Case = tuple[nn.Module, dict[str, Tensor], Tensor, Tensor]


def case(sizes: tuple[int, ...], batch: int, masked: bool, device: str = "cpu") -> Case:
    """A network, its masks, and a batch."""
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for into, out in pairwise(sizes):
        layers += [nn.Linear(into, out), nn.ReLU()]
    net = nn.Sequential(*layers[:-1])
    masks = {}
    if masked:
        for name, layer in net.named_children():
            if isinstance(layer, nn.Linear):
                masks[name] = torch.rand_like(layer.weight) < DENSITY
                layer.weight.data *= masks[name]
    x, y = torch.randn(batch, sizes[0]), torch.randint(sizes[-1], (batch,))
    return net.to(device), masks, x.to(device), y.to(device)


def gradient(given: Case) -> None:
    """One gradient."""
    net, _, x, y = given
    torch.autograd.grad(F.cross_entropy(net(x), y), list(net.parameters()))


def streamed(given: Case, way: str, batches: int) -> None:
    """beta_eff from many batches: tracing and checking once."""
    from nsgraph.capacitance import capacitance
    from nsgraph.capacitance.hessian import Network
    from nsgraph.capacitance.sums import Sums

    net, masks, x, y = given
    if way != HESSIAN:
        capacitance(net, [(x, y)] * batches, masks=masks, **WAYS[way])  # type: ignore[arg-type]
        return
    names = [name for name, layer in net.named_children() if isinstance(layer, nn.Linear)]
    network, sums = Network(net, names, masks), Sums()
    for _ in range(batches):
        network.add_batch(x, y, sums)


def seconds(function: Callable[[], Any], cuda: bool) -> float:
    """Time of one run."""
    if cuda:
        torch.cuda.synchronize()
    start = time.perf_counter()
    function()
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - start


def ratios(given: Case, way: str, rounds: int, batches: int = 20) -> tuple[float, list[float]]:
    """Seconds of a gradient, and how many of them a batch of a stream costs (quartiles)."""
    cuda = given[2].is_cuda
    gradient(given)
    streamed(given, way, 1)
    found, base = [], []
    for _ in range(rounds):
        many = seconds(lambda: [gradient(given) for _ in range(batches)], cuda)
        ours = seconds(lambda: streamed(given, way, batches), cuda)
        base.append(many / batches)
        found.append(ours / many)
    return statistics.median(base), statistics.quantiles(found, n=4)


def peak(name: str, batch: int, masked: bool, way: str | None, device: str) -> float:
    """MiB of a process that builds a case and does one thing, or nothing."""
    given = json.dumps([name, batch, masked, way, device])
    done = subprocess.run([sys.executable, __file__, "--peak", given], capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return float(done.stdout)


def measure_peak(name: str, batch: int, masked: bool, way: str | None, device: str) -> None:
    """What `peak` runs."""
    torch.set_num_threads(1)
    given = case(NETWORKS[name], batch, masked, device)
    streamed(case((2, 2), 1, False, device), "local", 1)  # its imports are not what is compared
    if way == "gradient":
        gradient(given)
    elif way is not None:
        streamed(given, way, 2)
    if device == "cuda":
        print(torch.cuda.max_memory_allocated() / 2**20)
    else:
        print(largest_memory())


def largest_memory() -> float:
    """Largest resident memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says includes the process that started this one
        (line,) = [row for row in status.read_text().splitlines() if row.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (2**20 if sys.platform == "darwin" else 2**10)


def tables(rounds: int, device: str) -> None:
    """Print times and memory on one device."""
    for name, sizes in NETWORKS.items():
        weights = sum(a * b for a, b in pairwise(sizes))
        entries = sum(a * b * c for a, b, c in zip(sizes, sizes[1:], sizes[2:], strict=False))
        print(
            f"\n{name} on {device}: {weights:,} weights ({weights * 4 / 2**20:.1f} MiB); P would "
            f"have {entries:,} entries in the local reading"
        )
        for masked in (False, True):
            for batch in BATCHES:
                given = case(sizes, batch, masked, device)
                title = f"density {DENSITY}" if masked else "dense"
                print(f"  {title}, batches of {batch}")
                for way in (*WAYS, HESSIAN):
                    base, (low, median, high) = ratios(given, way, rounds)
                    print(
                        f"    {way:32s} {median:6.2f} gradients ({low:.2f} to {high:.2f}) of "
                        f"{1e3 * base:.2f} ms",
                        flush=True,
                    )
    name = "2048-256-128-128-10"
    print(f"\nMemory, {name}, batches of 64, MiB")
    for masked in (False, True):
        nothing = peak(name, 64, masked, None, device)
        print(f"  {'masked' if masked else 'dense'}: network and batch alone {nothing:.0f}")
        for way in ("gradient", *WAYS, HESSIAN):
            more = peak(name, 64, masked, way, device) - nothing
            print(f"    {way:32s} {more:6.1f} more")


def main(rounds: int = 15) -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    tables(rounds, "cpu")
    if torch.cuda.is_available():
        tables(rounds, "cuda")
    else:
        print("\nNo CUDA device here: the tables of the GPU are left out.")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        measure_peak(*json.loads(sys.argv[2]))
    else:
        main(*(int(argument) for argument in sys.argv[1:]))
