"""Post-training pruning inside the loop: when it happens, and that the new weights arrive."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from nsgraph.models import build, network_arrays, prunable
from nsgraph.pruning import registry
from nsgraph.pruning.engine import prune_with_weights
from nsgraph.training import train
from nsgraph.training.batch_norm import recalibrate
from nsgraph.training.drivers import Reconstruction, driver_for
from nsgraph.training.recipe import Recipe
from nsgraph.training.trainer import Trainer


@pytest.mark.parametrize("method", ["sparsegpt", "obs", "obd"])
def test_dense_to_the_end_then_pruned(resnet, data, recipe, method):
    run = train(resnet, data, method, 0.8, **recipe)
    dense = train(resnet, data, **recipe)
    assert [row["loss"] for row in run.history] == [row["loss"] for row in dense.history]
    assert [row["eligible"] for row in run.history] == [False, False, False, True]
    assert [set(row["density"].values()) == {1.0} for row in run.history] == [True] * 3 + [False]
    assert run.best_epoch == run.epochs_before == 4
    assert run.masks.n_kept == round(0.2 * run.masks.n_weights)
    for name, layer in prunable(run.net).items():
        assert not layer.weight[~torch.tensor(run.masks[name])].any()


@pytest.mark.parametrize("method", ["sparsegpt", "obs"])
@pytest.mark.parametrize("model", ["mlp", "resnet"])
def test_the_new_weights_are_those_of_the_trained_network(request, data, model, method):
    """Exactly: within training (one vector, channels last) as from outside (a plain copy)."""
    found, recipe = registry.get(method), Recipe(epochs=1, batch=32)
    driver = driver_for(found, 0.7, 3, 1)
    assert isinstance(driver, Reconstruction)
    work = copy.deepcopy(request.getfixturevalue(model)).to(memory_format=torch.channels_last)
    trainer = Trainer(work, data, driver, recipe, 3)
    driver.start(trainer)
    seen = []
    pruned = driver.before_evaluation

    def before_evaluation(trainer):
        seen.append(copy.deepcopy(trainer.net))
        pruned(trainer)

    driver.before_evaluation = before_evaluation
    trainer.run_epoch()
    plain = copy.deepcopy(seen[0]).to(memory_format=torch.contiguous_format)
    masks, weights = prune_with_weights(found, plain, 0.7, data, 3)
    changed = 0
    for name, layer in prunable(trainer.net).items():
        assert torch.equal(layer.weight, weights[name])
        assert torch.equal(trainer.optimiser.masks()[name], torch.tensor(masks[name]))
        kept = torch.tensor(masks[name])
        changed += int((layer.weight != prunable(seen[0])[name].weight)[kept].sum())
    assert changed > 0.5 * masks.n_kept
    twin = copy.deepcopy(trainer.net)  # batch norms see the new weights, not the dense ones
    recalibrate(twin, data, 1024, 3, f"method/{method}/recalibrate")
    after = dict(twin.named_buffers())
    assert all(torch.equal(value, after[key]) for key, value in trainer.net.named_buffers())
    biases = {key: p for key, p in trainer.net.named_parameters() if key.endswith("bias")}
    assert all(torch.equal(p, seen[0].get_parameter(key)) for key, p in biases.items())


def test_training_may_go_on_with_the_new_weights(resnet, data, recipe):
    run = train(resnet, data, "sparsegpt", 0.8, options={"after": 0.5}, **recipe)
    assert [row["eligible"] for row in run.history] == [False, False, True, True]
    assert run.epochs_before == 2
    assert run.masks.n_kept == round(0.2 * run.masks.n_weights)
    for name, layer in prunable(run.net).items():
        assert not layer.weight[~torch.tensor(run.masks[name])].any()


def test_it_costs_less_than_pruning_by_size(data, recipe):
    """Same dense training, same counts of the layers; mean loss on test images over four seeds."""

    def loss(method, **options):
        found = []
        for seed in range(4):
            net = build("mlp-24-16", (1, 4, 4), 10, seed=seed)
            run = train(net, data, method, 0.7, seed, options=options, **{**recipe, "epochs": 12})
            with torch.no_grad():
                logits = run.net(data.normalise(data.test.images))
            found.append(float(F.cross_entropy(logits, data.test.labels)))
        return np.mean(found)

    size = loss("magnitude", after=1.0, allocation="uniform")
    assert loss("obs") < loss("sparsegpt") < 0.9 * size


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("after", [0.5, 1.0])
@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_resume_is_bit_exact(tmp_path, resnet, data, recipe, after, epoch):
    path = tmp_path / "run.checkpoint.safetensors"

    def go(**more):
        return train(resnet, data, "sparsegpt", 0.8, options={"after": after}, **recipe, **more)

    def interrupt(row):
        if row["epoch"] > epoch:
            raise Interrupted

    whole = go()
    with pytest.raises(Interrupted):
        go(checkpoint=path, checkpoint_every=0, progress=interrupt)
    resumed = go(checkpoint=path)
    assert len(resumed.history) == 4
    assert resumed.masks == whole.masks
    for a, b in zip(network_arrays(resumed.net), network_arrays(whole.net), strict=True):
        assert all(np.array_equal(a[key], b[key]) for key in b)
    assert [r["loss"] for r in resumed.history] == [r["loss"] for r in whole.history]


@pytest.mark.cuda
@pytest.mark.parametrize("method", ["sparsegpt", "obs", "obd"])
def test_on_cuda(resnet, data, recipe, method):
    run = train(resnet, data, method, 0.8, device="cuda", **recipe)
    assert run.masks.n_kept == round(0.2 * run.masks.n_weights)
