"""`nsgraph prune`, `train`, `convert` and `adopt`: what needs torch."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nsgraph.cli.console import print_table
from nsgraph.errors import UserError

__all__ = ["register"]

Model = Annotated[
    str,
    typer.Option("--model", "-m", help="A name (`nsgraph list models`) or package.module:factory."),
]
Dataset = Annotated[
    str,
    typer.Option("--dataset", "-d", help="A name (`nsgraph list datasets`) or a folder of images."),
]
Method = Annotated[str, typer.Option("--method", "-p", help="A name (`nsgraph list methods`).")]
Sparsity = Annotated[
    float, typer.Option("--sparsity", "-s", help="Fraction of weights to remove, in [0, 1).")
]
Seed = Annotated[int, typer.Option("--seed", "-n", help="Seed of weights, batches and method.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="The network file to write.", dir_okay=False)
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", help="An option of the method, as key=value; repeatable."),
]
Data = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of data sets; default ./data, then $NSGRAPH_DATA."),
]


def register(app: typer.Typer) -> None:
    """Add the subcommands of this file."""
    app.command()(prune)
    app.command()(train)
    app.command()(convert)
    app.command()(adopt)


def prune(
    model: Model,
    output: Output,
    method: Method,
    sparsity: Sparsity,
    dataset: Dataset = "digits",
    seed: Seed = 0,
    option: Options = None,
    data: Data = None,
) -> None:
    """Prune a new network by a method that needs no training, and save it untrained."""
    from nsgraph import datasets, models
    from nsgraph.network_file import Provenance
    from nsgraph.pruning import prune as prune_network
    from nsgraph.pruning import registry

    about = registry.get(method)
    if about.needs == "training":
        raise UserError(f"The method {method!r} prunes while it trains; use `nsgraph train`.")
    images = datasets.load(dataset, root=data)
    net = models.build(model, images.input_shape, images.classes, seed)
    options = _options(option)
    masks = prune_network(net, method, sparsity, data=images, seed=seed, **options)
    provenance = Provenance(
        dataset=dataset,
        model=model,
        method=method,
        category=about.category,
        sparsity=sparsity,
        sparsity_reached=masks.sparsity,
        seed=seed,
        split_seed=0,
        options=options,
        epochs=0,
        input_shape=tuple(images.input_shape),
        classes=images.classes,
    )
    models.save_network(output, net, masks, images.input_shape, provenance=provenance)
    _summary(output, masks, None)


def train(
    model: Model,
    output: Output,
    method: Method = "dense",
    sparsity: Sparsity = 0.0,
    dataset: Dataset = "digits",
    seed: Seed = 0,
    epochs: Annotated[int, typer.Option(help="Passes over the training images.")] = 12,
    batch: Annotated[int, typer.Option(help="Images a step.")] = 128,
    lr: Annotated[float, typer.Option(help="Learning rate at the start.")] = 0.1,
    momentum: Annotated[float, typer.Option(help="Momentum of SGD, in [0, 1).")] = 0.9,
    weight_decay: Annotated[float, typer.Option(help="L2 decay of live weights.")] = 1e-4,
    schedule: Annotated[
        str, typer.Option(help="Learning rate: constant, step, cosine or linear.")
    ] = "cosine",
    milestones: Annotated[
        str | None, typer.Option(help="Epochs of the steps, separated by commas.")
    ] = None,
    warmup: Annotated[int, typer.Option(help="Epochs of rising learning rate.")] = 0,
    augment: Annotated[str, typer.Option(help="none or crop-flip.")] = "none",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    snapshots: Annotated[
        str | None,
        typer.Option(help="Epochs whose masks are kept too, separated by commas; 0 is the start."),
    ] = None,
    snapshot_weights: Annotated[
        bool, typer.Option("--snapshot-weights", help="Keep the weights of snapshots too.")
    ] = False,
    option: Options = None,
    data: Data = None,
) -> None:
    """Train a network under any method and save it as of its best validation epoch.

    A long run that was interrupted goes on from its last checkpoint when started again. Snapshots
    are in NAME.snapshots beside NAME.safetensors, listed by index.json; with weights each is a
    network file. Those of a lottery ticket's rounds are always there.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
    from rich.progress import TimeRemainingColumn as Remaining

    from nsgraph import datasets
    from nsgraph.pruning import registry
    from nsgraph.pruning.allocation import checked_sparsity
    from nsgraph.training import train_spec

    spec = _spec(
        dataset=dataset,
        model=model,
        method=method,
        sparsity=sparsity,
        seed=seed,
        split_seed=0,
        recipe={
            "epochs": epochs,
            "batch": batch,
            "lr": lr,
            "momentum": momentum,
            "weight_decay": weight_decay,
            "schedule": schedule,
            "milestones": _numbers("--milestones", milestones),
            "warmup": warmup,
            "augment": augment,
        },
        options=_options(option),
        snapshots=sorted(set(_numbers("--snapshots", snapshots))),
        snapshot_weights=snapshot_weights,
    )
    if method != "dense" and sparsity == 0:
        print("Note: without --sparsity nothing is pruned.", file=sys.stderr)
    registry.get(method).configured(spec.options)  # say what is wrong before the bar is drawn
    checked_sparsity(sparsity)
    images = datasets.load(dataset, root=data)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Remaining(),
        TextColumn("{task.fields[state]}"),
    )
    with Progress(*columns) as bar:
        task = bar.add_task("training", total=epochs, state="")

        def progress(row: dict[str, Any]) -> None:
            state = f"loss {row['loss']:.4f}  validation {row['validation_accuracy']:.4f}"
            total = epochs * (row.get("rounds", 0) + 1)  # a lottery ticket trains in rounds
            bar.update(task, completed=row["epoch"], total=total, state=state)

        saved = train_spec(spec, output, data=images, progress=progress, device=device)
        bar.update(task, total=bar.tasks[task].completed)  # rounds may begin in mid-training
    _summary(output, saved.masks, saved.provenance.test_accuracy)


def convert(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="A state_dict: .safetensors, .pt or .pth.")
    ],
    output: Output,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="A name or package.module:factory; without it only rolled encodings exist.",
        ),
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option(help="Channels, height and width, such as 3,32,32.")
    ] = None,
    classes: Annotated[int | None, typer.Option(help="Number of outputs; default: found.")] = None,
) -> None:
    """Make a network file of a plain checkpoint: zeros are taken as pruned.

    Reads `weight_orig`/`weight_mask` of torch.nn.utils.prune and drops the prefixes `module.` and
    `_orig_mod.`. Never runs code from the file.
    """
    from nsgraph.models import convert as convert_checkpoint

    shape = None if input_shape is None else tuple(_numbers("--input-shape", input_shape))
    saved = convert_checkpoint(checkpoint, output, model=model, input_shape=shape, classes=classes)
    _summary(output, saved.masks, None)


def adopt(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Masks and weights that a program wrote.")
    ],
    like: Annotated[Path, typer.Option(help="The dense network file it was given.")],
    method: Annotated[str, typer.Option("--method", "-p", help="Name of the method.")],
    category: Annotated[str, typer.Option("--category", "-c", help="Category of the method.")],
    output: Output,
    sparsity: Annotated[
        float | None, typer.Option("--sparsity", "-s", help="What was asked for; default: found.")
    ] = None,
    finish: Annotated[
        str,
        typer.Option(
            help="'none'; 'evaluate' the weights as they are; or 'train' under the masks with the "
            "template's recipe."
        ),
    ] = "none",
    data: Data = None,
) -> None:
    """Stamp a file written elsewhere with the wiring and provenance of its template."""
    from nsgraph.adoption import adopt as adopt_file
    from nsgraph.network_file import write_network

    if finish not in ("none", "evaluate", "train"):
        raise UserError(f"--finish {finish!r}: expected none, evaluate or train.")
    saved = adopt_file(file, like, method=method, category=category, sparsity=sparsity)
    if finish != "none":
        from nsgraph import datasets
        from nsgraph.training import finish as finish_network

        if saved.provenance.dataset is None:
            raise UserError(f"{like} does not say its data set, so its accuracy cannot be found.")
        images = datasets.load(
            saved.provenance.dataset, root=data, split_seed=saved.provenance.split_seed or 0
        )
        saved = finish_network(saved, images, train=finish == "train")
    write_network(
        output,
        masks=saved.masks,
        weights=saved.weights,
        initial=saved.initial,
        state=saved.state,
        wiring=saved.wiring,
        provenance=saved.provenance,
    )
    _summary(output, saved.masks, saved.provenance.test_accuracy)


def _spec(**fields: Any) -> Any:
    from nsgraph.models.names import source_digest
    from nsgraph.pruning import registry
    from nsgraph.store import NetworkSpec

    return NetworkSpec(
        **fields,
        method_digest=registry.source_digest(fields["method"]),
        model_digest=source_digest(fields["model"]),
    )


def _numbers(option: str, text: str | None) -> list[int]:
    try:
        return [int(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise UserError(
            f"{option} {text!r}: expected whole numbers with commas between, such as 3,32,32."
        ) from error


def _options(pairs: list[str] | None) -> dict[str, Any]:
    import yaml

    options = {}
    for pair in pairs or []:
        key, equals, value = pair.partition("=")
        if not equals:
            raise UserError(f"--option {pair!r}: expected key=value.")
        options[key.replace("-", "_")] = yaml.safe_load(value)
    return options


def _summary(output: Path, masks: Any, accuracy: float | None) -> None:
    print_table(
        ["layer", "shape", "kept", "density"],
        [
            [name, "x".join(map(str, mask.shape)), int(mask.sum()), float(mask.mean())]
            for name, mask in masks.items()
        ],
    )
    end = f", test accuracy {accuracy:.4f}" if accuracy is not None else ""
    print(f"{output}: {masks.n_kept:,} of {masks.n_weights:,} weights kept{end}")
