"""A copy of the project in a folder of its own, and Snakemake run in it as a user would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "profiles", "nsgraph", "environment.yml")


@dataclass(frozen=True)
class Project:
    """A folder with the project's files."""

    folder: Path

    def command(self, *arguments: str, **settings: object) -> list[str]:
        """The command line of a run of the test tier."""
        keys = [f"{key}={value}" for key, value in {"tier": "test", **settings}.items()]
        config = ["--config", *keys]
        return [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, *config]

    def run(self, *arguments: str, **settings: object) -> subprocess.CompletedProcess[str]:
        """Run Snakemake; both output streams come back in `stdout`."""
        return subprocess.run(
            self.command(*arguments, **settings),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self) -> dict[str, str]:
        """The tests' own environment without what would reach outside of the folder."""
        return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "NSGRAPH_DATA")}

    def planned(self, *arguments: str, **settings: object) -> dict[str, int]:
        """Number of jobs by rule that a dry run announces."""
        done = self.run("-n", *arguments, **settings)
        assert done.returncode == 0, done.stdout
        table = re.search(r"^job +count\n-+ +-+\n(.*?)\n\n", done.stdout + "\n\n", re.M | re.S)
        rows = (line.split() for line in table[1].splitlines()) if table else []
        return {rule: int(count) for rule, count in rows if rule != "total"}

    def networks(self) -> dict[str, int]:
        """Files of the store with their times of change in nanoseconds."""
        store = self.folder / "results" / "networks"
        return {
            str(path.relative_to(store)): path.stat().st_mtime_ns
            for path in sorted(store.rglob("*.safetensors"))
        }

    def copy(self, folder: Path) -> Project:
        """The same project with all its results, elsewhere; times of change are kept."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)


def fresh(folder: Path) -> Project:
    """The project as in a fresh clone, with the compiled kernels of this one to save minutes."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return Project(folder)
