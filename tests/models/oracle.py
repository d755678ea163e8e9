"""The wiring against the network itself: which inputs change which activations.

Weights are positive, inputs too, and every operation grows with its inputs, so an activation
depends on an input exactly if a huge value there changes it. Nothing of the tracing is used there.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from nsgraph.models import prunable, trace
from nsgraph.wiring import Link, Wiring


def by_wiring(wiring: Wiring) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Dependence on the input, [size, input size], of each set and after each link."""
    size = wiring.input.size
    sets = {wiring.input.id: np.eye(size, dtype=bool)}
    after = []
    for target in wiring.sets:
        if target.role == "input":
            continue
        total = np.zeros((target.size, size), dtype=bool)
        for link in wiring.into(target.id):
            total |= _through(wiring, link) @ sets[link.source]
        sets[target.id] = total
    for link in wiring.links:
        after.append(_through(wiring, link) @ sets[link.source])
    return sets, after


def _through(wiring: Wiring, link: Link) -> np.ndarray:
    """[target size, source size]: which activations of the source one of the target reads."""
    source, target = wiring.set(link.source), wiring.set(link.target)
    reads = np.zeros((*target.shape, *source.shape), dtype=bool)
    if link.kind == "linear":
        reads[:] = True
    elif link.kind == "flatten":
        return np.eye(source.size, dtype=bool)
    elif link.kind in ("identity", "concat"):
        for c, y, x in np.ndindex(*source.shape):
            if y % link.stride[0] == 0 and x % link.stride[1] == 0:
                at = c + link.channel_offset, y // link.stride[0], x // link.stride[1]
                reads[at][c, y, x] = True
    else:
        out_group, in_group = target.channels // link.groups, source.channels // link.groups
        for o, oy, ox in np.ndindex(*target.shape):
            if link.kind == "pool":
                channels = slice(o, o + 1)
            else:
                group = o // out_group
                channels = slice(group * in_group, (group + 1) * in_group)
            for ky, kx in np.ndindex(*link.kernel):
                y = oy * link.stride[0] - link.padding[0] + ky * link.dilation[0]
                x = ox * link.stride[1] - link.padding[1] + kx * link.dilation[1]
                if 0 <= y < source.height and 0 <= x < source.width:
                    reads[o, oy, ox, channels, y, x] = True
    return reads.reshape(target.size, source.size)


def by_perturbation(net: nn.Module, shape: tuple[int, ...]) -> tuple[dict, np.ndarray]:
    """Dependence on the input of each call of each layer, and of the output."""
    net = net.double().eval()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.rand_like(p) * 0.5 + 0.5)
    size = int(np.prod(shape))
    batch = torch.ones(size + 1, size, dtype=torch.float64)
    batch[1:] += 1e6 * torch.eye(size, dtype=torch.float64)
    calls: dict[str, list[np.ndarray]] = {}

    def changed(values: torch.Tensor) -> np.ndarray:
        flat = values.reshape(size + 1, -1)
        return ((flat[1:] - flat[0]).abs() > 1).T.numpy()  # rounding is far below 1, effects above

    hooks = [
        layer.register_forward_hook(
            lambda _m, _i, out, name=name: calls.setdefault(name, []).append(changed(out))
        )
        for name, layer in prunable(net).items()
    ]
    with torch.no_grad():
        output = changed(net(batch.reshape(size + 1, *shape)))
    for hook in hooks:
        hook.remove()
    return calls, output


def check(net: nn.Module, shape: tuple[int, ...]) -> None:
    wiring = trace(net, shape)
    calls, output = by_perturbation(net, shape)
    sets, after = by_wiring(wiring)
    found: dict[str, list[np.ndarray]] = {}
    for link, depends in zip(wiring.links, after, strict=True):
        if link.layer is not None:
            found.setdefault(link.layer, []).append(depends)
    assert found.keys() == calls.keys()
    for name in calls:
        assert len(found[name]) == len(calls[name])
        for ours, theirs in zip(found[name], calls[name], strict=True):
            assert np.array_equal(ours, theirs), name
    assert np.array_equal(sets[wiring.outputs[0].id], output)
