"""Write the data dictionary and the report page."""

from job import job

with job(snakemake) as log:
    from importlib.metadata import version
    from pathlib import Path

    from nsgraph import __version__
    from nsgraph.report import columns_table, read_table, write_page, write_table
    from nsgraph.studies.headline import headline

    tables = {Path(file).stem: read_table(file) for file in snakemake.input.tables}
    columns = columns_table(tables)
    write_table(columns, snakemake.output.columns[0])
    settings = snakemake.params.settings
    packages = ("torch", "numpy", "scipy", "xgboost", "scikit-learn", "numba", "snakemake")
    write_page(
        snakemake.output.page,
        title="Sparse networks as multipartite graphs",
        headline=headline(tables["prediction_scores"], tables["prediction_null"]),
        facts={
            "study": f"{snakemake.params.study}, tier {snakemake.params.tier}",
            "data sets": settings["datasets"],
            "models": settings["models"],
            "methods": settings["methods"],
            "sparsities": settings["sparsities"],
            "seeds": settings["seeds"],
            "recipe": ", ".join(f"{key} {value}" for key, value in settings["recipe"].items()),
            **{
                f"options of {name}": str(given)
                for name, given in settings.get("options", {}).items()
            },
            "encodings": settings["encodings"],
        },
        versions={"nsgraph": __version__, **{name: version(name) for name in packages}},
        claims=tables["claims"],
        figures=Path(snakemake.input.captions).parent,
        tables={**tables, "columns": columns},
        columns=columns,
    )
