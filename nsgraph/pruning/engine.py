"""Pruning by a description: the prunable set, the copy, the rounds, the exact counts."""

from __future__ import annotations

import copy
import inspect
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from nsgraph.errors import UserError
from nsgraph.masks import Masks
from nsgraph.pruning import registry
from nsgraph.pruning.allocation import Allocation, checked_sparsity, kept
from nsgraph.pruning.gradients import weights
from nsgraph.pruning.images import Batch, batches_for
from nsgraph.pruning.method import Dense, Method, Scored
from nsgraph.pruning.patterns import check_pattern, on_the_way
from nsgraph.pruning.post_training import Reconstructed
from nsgraph.pruning.reconstruction import reconstruct
from nsgraph.pruning.selection import select, within
from nsgraph.seeds import torch_seed

if TYPE_CHECKING:
    from nsgraph.datasets import Dataset

__all__ = ["check_fit", "private_randomness", "prune", "prune_by", "random_masks", "select"]
__all__ += ["check_empty", "check_reachable", "prune_with_weights"]

logger = logging.getLogger(__name__)


def prune(
    net: nn.Module,
    method: str,
    sparsity: float,
    data: Dataset | Iterable[Batch] | None = None,
    seed: int = 0,
    *,
    input_shape: Sequence[int] | None = None,
    **options: Any,
) -> Masks:
    """Masks of a network by a method that needs no training.

    Parameters
    ----------
    net
        Stays as it is: weights, buffers, gradients, mode, and torch's global random state too.
    method
        A name of `nsgraph.pruning.registry.names()`. Of one that also gives new weights (sparsegpt,
        obs; with `after=0` for a network that is trained already) this is the mask alone.
    sparsity
        Part of the prunable weights (all of Conv2d and Linear) to remove, in [0, 1). Exactly
        round((1 - sparsity) N) of all N weights are kept (with the pattern `channels`: at most).
    data
        A `Dataset`, or batches (inputs, labels) that are used as they come. None where the method
        needs none.
    seed
        Of what the method draws; independent of weights and batch order.
    input_shape
        (channels, height, width), for a method that needs a shape only, where there is no data.
    options
        The method's own, by name.

    Raises
    ------
    UserError
        On an unknown method or option, a sparsity out of range or out of reach, missing data, a
        method that needs training, or scores that cannot be ranked.
    """
    found = registry.get(method).configured(options)
    if found.needs == "training":
        now = "; with after=0 it prunes the network as it is" if "after" in found.options else ""
        raise UserError(
            f"The method {method!r} needs training; use train(net, data, method={method!r}, ...)"
            f"{now}."
        )
    return prune_by(found, net, sparsity, data, seed, input_shape)


def prune_by(
    method: Method,
    net: nn.Module,
    sparsity: float,
    data: Dataset | Iterable[Batch] | None = None,
    seed: int = 0,
    input_shape: Sequence[int] | None = None,
) -> Masks:
    """As `prune`, by a method's description; `after` is the caller's business."""
    return prune_with_weights(method, net, sparsity, data, seed, input_shape)[0]


def prune_with_weights(
    method: Method,
    net: nn.Module,
    sparsity: float,
    data: Dataset | Iterable[Batch] | None = None,
    seed: int = 0,
    input_shape: Sequence[int] | None = None,
) -> tuple[Masks, dict[str, Tensor]]:
    """As `prune_by`, and the new weights of all layers if the method changes them."""
    sparsity = checked_sparsity(sparsity)
    check_fit(method, sparsity)
    if isinstance(method, Dense):
        return Masks({n: torch.ones_like(w) for n, w in weights(net).items()}), {}
    if not isinstance(method, Scored):
        raise UserError(f"The method {method.name!r} cannot prune without training.")
    new: dict[str, Tensor] = {}
    with private_randomness(seed, method.stream, next(net.parameters()).device):
        batches = batches_for(method, net, data, seed, input_shape)
        if isinstance(method, Reconstructed):
            masks, new = reconstruct(method, net, sparsity, batches)
        else:
            masks = _rounds(method, net, sparsity, batches)
    if method.redrawn:
        masks = _redrawn(method, masks, seed)
    check_empty(method, sparsity, masks)
    return Masks(masks), new


def check_fit(method: Method, sparsity: float) -> None:
    """A `UserError` if the method cannot reach the sparsity."""
    if isinstance(method, Dense) and sparsity:
        raise UserError(f"The method 'dense' has sparsity 0, but {sparsity:g} was asked for.")
    if isinstance(method, Scored):
        check_pattern(method.pattern, method.allocation, sparsity)


def _redrawn(method: Scored, masks: Mapping[str, Tensor], seed: int) -> dict[str, Tensor]:
    """As many weights of every layer, at random places that the pattern allows."""
    generator = torch.Generator().manual_seed(torch_seed(seed, f"method/{method.name}"))
    return {
        name: within(
            torch.rand(mask.shape, dtype=torch.float64, generator=generator),
            int(mask.sum()),
            method.pattern,
        )
        for name, mask in masks.items()
    }


def check_reachable(sparsity: float, layers: Iterable[Tensor]) -> None:
    """A `UserError` if a sparsity leaves none of the weights of some layers."""
    total = sum(layer.numel() for layer in layers)
    if kept(1 - sparsity, total) == 0:
        raise _nothing_left(sparsity, total)


def _nothing_left(sparsity: float, total: int) -> UserError:
    return UserError(f"A sparsity of {sparsity:g} leaves none of the network's {total} weights.")


def check_empty(method: Method, sparsity: float, masks: Mapping[str, Tensor]) -> None:
    """A warning where layers lose all their weights, a `UserError` where the network does."""
    empty = [name for name, mask in masks.items() if not bool(mask.any())]
    if len(empty) == len(masks):
        raise _nothing_left(sparsity, sum(mask.numel() for mask in masks.values()))
    if empty:
        layers = ", ".join(map(repr, empty))
        logger.warning("%s at sparsity %g empties the layer %s.", method.name, sparsity, layers)


def _rounds(
    method: Scored, net: nn.Module, sparsity: float, batches: list[Batch]
) -> dict[str, Tensor]:
    work = copy.deepcopy(net).requires_grad_(True).train(method.mode == "train")
    # One memory layout, one order of summation: the same masks within training as before it.
    work = work.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    if method.double:
        work = work.double()
        batches = [(x.double() if x.is_floating_point() else x, y) for x, y in batches]
    original = {key: value.clone() for key, value in work.state_dict().items()}
    masks = {name: torch.ones_like(w, dtype=torch.bool) for name, w in weights(work).items()}
    for turn in range(1, method.rounds + 1):
        _restore(work, original, None if method.revives else masks)
        density, pattern = 1 - sparsity, method.pattern
        if turn < method.rounds:
            pattern, density = on_the_way(pattern, density ** (turn / method.rounds))
        target = {"density": density} if _asks_for_density(method) else {}
        scores = method.score(work, batches, masks, **target, **method.arguments)
        ranked = _checked(method, masks, scores)
        if not method.revives:
            ranked = {n: s.masked_fill(~masks[n], -torch.inf) for n, s in ranked.items()}
        masks = select(ranked, method.allocation, density, pattern)
        _check_infinite(method, ranked, masks)
    return masks


def _asks_for_density(method: Scored) -> bool:
    parameter = inspect.signature(method.score).parameters.get("density")
    return parameter is not None and parameter.kind is not parameter.KEYWORD_ONLY


def _check_infinite(
    method: Scored, scores: Mapping[str, Tensor], masks: Mapping[str, Tensor]
) -> None:
    """Infinite scores mean always and never: it is an error where they do not come true."""
    for name, values in scores.items():
        lost = (values == torch.inf) & ~masks[name]
        forced = (values == -torch.inf) & masks[name]
        if bool((lost | forced).any()):
            raise UserError(
                f"The method {method.name!r} gave so many infinite scores for layer {name!r} that "
                "they would have to be ranked; expected numbers."
            )


@torch.no_grad()
def _restore(
    net: nn.Module, state: Mapping[str, Tensor], masks: Mapping[str, Tensor] | None
) -> None:
    net.zero_grad(set_to_none=True)
    for key, value in net.state_dict().items():
        value.copy_(state[key])
    parameters = weights(net)
    for name, mask in (masks or {}).items():
        parameters[name].mul_(mask)


def _checked(
    method: Scored, masks: Mapping[str, Tensor], scores: Mapping[str, Any]
) -> dict[str, Tensor]:
    """The scores in network order and in float64."""
    if not isinstance(scores, Mapping):
        raise UserError(
            f"The method {method.name!r} gave a {type(scores).__name__}; expected a dictionary "
            "from layer names to tensors."
        )
    if set(scores) != set(masks):
        raise UserError(
            f"The method {method.name!r} scored the layers {', '.join(sorted(scores))}; expected "
            f"{', '.join(masks)}."
        )
    checked = {}
    for name, mask in masks.items():
        values = torch.as_tensor(scores[name]).detach().to(mask.device, torch.float64)
        if values.shape != mask.shape:
            raise UserError(
                f"The method {method.name!r} gave scores of shape {tuple(values.shape)} for layer "
                f"{name!r}; expected {tuple(mask.shape)}."
            )
        if values.isnan().any():
            raise UserError(f"The method {method.name!r} gave NaN scores for layer {name!r}.")
        checked[name] = values
    if max(v.max() for v in checked.values()) == min(v.min() for v in checked.values()):
        logger.warning("%s scores all weights alike: those that come first stay.", method.name)
    return checked


def random_masks(
    shapes: Mapping[str, tuple[int, ...]],
    allocation: Allocation,
    density: float,
    generator: torch.Generator,
) -> Masks:
    """Masks drawn at random with an allocation's counts: what dynamic training starts from."""
    scores = {
        name: torch.rand(shape, dtype=torch.float64, generator=generator)
        for name, shape in shapes.items()
    }
    return Masks(select(scores, allocation, density))


@contextmanager
def private_randomness(seed: int, name: str, device: torch.device) -> Iterator[None]:
    """Seed torch's global generators for a while (dropout draws from them), then restore them."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        number = torch_seed(seed, name)
        torch.default_generator.manual_seed(number)
        if devices:
            torch.cuda.manual_seed(number)
        yield
