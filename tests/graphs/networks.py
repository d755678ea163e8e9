"""Small networks for the tests: a builder, and random ones."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from nsgraph.masks import Masks
from nsgraph.network_file import SavedNetwork
from nsgraph.wiring import ActivationSet, Link, Wiring, conv_output


def cases(number):
    """Settings of a property test of that many cases, on machines of any speed."""
    return settings(deadline=None, max_examples=number, suppress_health_check=list(HealthCheck))


class Builder:
    """Writes a wiring set by set; every method returns the name of the set it made."""

    def __init__(self, channels, height=1, width=1):
        self.sets = [("in", (channels, height, width), "input")]
        self.links = []

    def shape(self, name):
        return next(shape for other, shape, _ in self.sets if other == name)

    def add(self, shape):
        name = f"s{len(self.sets)}"
        self.sets.append((name, tuple(shape), "hidden"))
        return name

    def _layer(self):
        return f"layer{sum(link.layer is not None for link in self.links)}"

    def conv(self, source, channels, kernel=(1, 1), into=None, layer=None, after=None, **how):
        size = self.shape(source)[1:]
        before, stride = how.get("padding", (0, 0)), how.get("stride", (1, 1))
        dilation = how.get("dilation", (1, 1))
        out = [
            conv_output(size[i], kernel[i], stride[i], before[i], (after or before)[i], dilation[i])
            for i in (0, 1)
        ]
        if min(out) < 1:
            return None
        target = into or self.add((channels, *out))
        assert self.shape(target) == (channels, *out)
        layer = layer or self._layer()
        self.links.append(Link("conv", source, target, layer, kernel=kernel, **how))
        return target

    def linear(self, source, features, into=None):
        target = into or self.add((features, 1, 1))
        self.links.append(Link("linear", source, target, self._layer()))
        return target

    def pool(self, source, kernel, stride, padding=(0, 0), dilation=(1, 1), into=None, ceil=False):
        c, *size = self.shape(source)
        more = stride if ceil else (1, 1)
        out = [
            conv_output(
                size[i], kernel[i], stride[i], padding[i], padding[i] + more[i] - 1, dilation[i]
            )
            for i in (0, 1)
        ]
        if min(out) < 1:
            return None
        target = into or self.add((c, *out))
        how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
        self.links.append(Link("pool", source, target, **how))
        return target

    def flatten(self, source):
        target = self.add((int(np.prod(self.shape(source))), 1, 1))
        self.links.append(Link("flatten", source, target))
        return target

    def identity(self, source, target, stride=(1, 1), channel_offset=0):
        self.links.append(
            Link("identity", source, target, stride=stride, channel_offset=channel_offset)
        )
        return target

    def concat(self, *sources):
        shapes = [self.shape(s) for s in sources]
        target = self.add((sum(s[0] for s in shapes), *shapes[0][1:]))
        offset = 0
        for source, shape in zip(sources, shapes, strict=True):
            self.links.append(Link("concat", source, target, channel_offset=offset))
            offset += shape[0]
        return target

    def wiring(self):
        read = {link.source for link in self.links}
        entered = {link.target for link in self.links}
        sets = [
            ActivationSet(name, *shape, role if role == "input" or name in read else "output")
            for name, shape, role in self.sets
            if role == "input" or name in entered
        ]
        return Wiring(tuple(sets), tuple(self.links))

    def network(self, density=0.5, seed=0, initial=True):
        """Random masks and weights; multiples of 1/16, so that sums are exact in any order."""
        return with_masks(self.wiring(), density, seed, initial)


def with_masks(wiring, density=0.5, seed=0, initial=True):
    rng = np.random.default_rng(seed)
    masks, weights, start = {}, {}, {}
    for link in wiring.links:
        if link.layer is None:
            continue
        shape = wiring.weight_shape(link)
        masks[link.layer] = rng.random(shape) < density
        values = rng.integers(-32, 33, size=(2, *shape)) / 16
        weights[link.layer] = (values[0] * masks[link.layer]).astype(np.float32)
        start[link.layer] = values[1].astype(np.float32)
    return SavedNetwork(
        masks=Masks(masks), weights=weights, initial=start if initial else {}, wiring=wiring
    )


@st.composite
def wirings(draw, max_steps=4):
    """Wirings with stride, padding, dilation, groups, pools, shortcuts, concatenation, flatten."""
    pair = st.tuples
    net = Builder(draw(st.integers(1, 3)), draw(st.integers(2, 6)), draw(st.integers(2, 6)))
    here = "in"
    for _ in range(draw(st.integers(1, max_steps))):
        c = net.shape(here)[0]
        step = draw(
            st.sampled_from(
                ["conv", "pool", "shortcut", "identity", "concat", "sum", "overlap", "branches"]
            )
        )
        kernel = draw(pair(st.integers(1, 3), st.integers(1, 3)))
        stride = draw(pair(st.integers(1, 2), st.integers(1, 2)))
        if step == "conv":
            groups = draw(st.sampled_from([g for g in (3, 2, 1) if c % g == 0]))
            made = net.conv(
                here,
                groups * draw(st.integers(1, 2)),
                kernel,
                stride=stride,
                padding=draw(pair(st.integers(0, 2), st.integers(0, 2))),
                after=draw(pair(st.integers(0, 2), st.integers(0, 2))),
                dilation=draw(pair(st.integers(1, 2), st.integers(1, 2))),
                groups=groups,
            )
        elif step == "pool":
            made = net.pool(
                here,
                kernel,
                stride,
                padding=(kernel[0] // 2, 0),
                dilation=draw(pair(st.integers(1, 2), st.just(1))),
                ceil=draw(st.booleans()),
            )
        elif step == "shortcut":  # two convolutions beside a 1 x 1 convolution
            made = net.conv(here, 2, (3, 3), stride=stride, padding=(1, 1))
            made = net.conv(made, 2, (3, 3), padding=(1, 1))
            net.conv(here, 2, (1, 1), stride=stride, into=made)
        elif step == "identity":  # option A: every other position, more channels
            wide = c + draw(st.integers(0, 1))
            made = net.conv(here, 2, (3, 3), stride=stride, padding=(1, 1))
            made = net.conv(made, wide, (3, 3), padding=(1, 1))
            net.identity(here, made, stride=stride, channel_offset=wide - c)
        elif step == "concat":
            other = net.conv(here, 1, (3, 3), padding=(1, 1))
            made = net.concat(other, here) if draw(st.booleans()) else net.concat(here, other)
        elif step == "branches":  # parallel ways from one set to another, to be merged
            if draw(st.booleans()):
                here = net.pool(here, (2, 2), (1, 1), padding=(1, 0)) or here
            made = net.conv(here, c, (3, 3), padding=(1, 1))
            net.conv(here, c, (1, 1), into=made)
            net.identity(here, made)
        elif step == "overlap":  # windows that share nodes, read by a kernel that spans several
            pooled = net.pool(here, (2, 2), (1, 1), padding=(1, 0))
            made = pooled and net.conv(pooled, 2, (3, 2), padding=(1, 1))
        else:  # a sum without weights of its own
            other = net.conv(here, c, (1, 1))
            made = net.add(net.shape(here))
            net.identity(here, made)
            net.identity(other, made)
        here = made or here
    end = draw(st.sampled_from(["flatten", "global", "pooled output", "none"]))
    size = net.shape(here)[1:]
    if end == "flatten":
        here = net.linear(net.linear(net.flatten(here), 3), 2)
    elif end in ("global", "pooled output"):
        here = net.pool(here, size, (1, 1))
        if end == "global":
            here = net.linear(here, 2)
    if not any(link.parametric for link in net.links) or here == "in":
        net.linear(net.flatten(here), 2)
    return net.wiring()


networks = st.builds(
    with_masks,
    wirings(),
    density=st.sampled_from([0.0, 0.1, 0.3, 0.6, 1.0]),
    seed=st.integers(0, 10**6),
)
