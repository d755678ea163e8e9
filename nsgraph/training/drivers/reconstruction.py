"""Pruning once, with new weights for what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nsgraph.pruning.engine import prune_with_weights
from nsgraph.pruning.post_training import Reconstructed
from nsgraph.training.drivers.pruning import Pruning

if TYPE_CHECKING:
    from nsgraph.training.trainer import Trainer

__all__ = ["Reconstruction"]


class Reconstruction(Pruning):
    """Prunes once, as `Pruning` does and when it does, and changes the weights that stay."""

    method: Reconstructed

    @torch.no_grad()
    def _prune(self, trainer: Trainer) -> None:
        masks, weights = prune_with_weights(
            self.method, trainer.net, self.sparsity, trainer.data, self.seed
        )
        trainer.set_masks(masks)
        for name, layer in trainer.optimiser.layers.items():
            layer.weight.copy_(weights[name])
