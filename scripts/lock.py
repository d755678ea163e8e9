"""Write the lock files from pyproject.toml. Run by `make lock`, on Python 3.11.

pip itself resolves (`pip install --dry-run --report`); nothing is installed. What is pinned stays
pinned as long as pyproject.toml allows it; `--upgrade` takes the newest of everything.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent

# torch is held here because the index may offer it as a CPU build (2.13.0+cpu) or with CUDA.
HELD = ["torch==2.13.0"]
LOCKS = {
    "requirements.lock": ("numpy 2, Python 3.11 to 3.13: the default", ["numpy>=2"]),
    "requirements-graph-tool.lock": (
        "numpy 1.26.4, Python 3.11: for Debian's graph-tool, which is built for numpy 1",
        # pyarrow 26 refuses numpy 1 when it is imported, though its metadata allow it
        ["numpy==1.26.4", "pyarrow<26"],
    ),
}
# Which of these are needed depends on the build of torch: they are left to pip.
OF_THE_CUDA_BUILD = re.compile(r"nvidia-.*|cuda-.*|triton")

HEADER = """\
# {lock}
# {what}.
# Written by `make lock` from pyproject.toml; do not edit. `make lock UPGRADE=yes` takes newer ones.
# torch is the CPU build where the index offers one, and its CUDA libraries are not pinned here.
"""


def resolve(constraints: list[str]) -> dict[str, str]:
    """Name and version of everything that a clean installation with the dev extra would get."""
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder, "constraints.txt")
        given.write_text("\n".join(constraints) + "\n")
        report = Path(folder, "report.json")
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed"]
        command += ["--quiet", "--report", str(report), "--constraint", str(given), *wanted]
        subprocess.run(command, check=True, cwd=folder)
        found = json.loads(report.read_text())["install"]
    return {
        re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower(): item["metadata"]["version"]
        for item in found
    }


def pins(path: Path) -> list[str]:
    """The pinned lines of a lock file; none if there is no such file."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


def pinned_version(requirement: Requirement) -> str:
    """The version of a pin: "1.2" of "name==1.2"."""
    return next(iter(requirement.specifier)).version


def main() -> None:
    """Write both lock files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    upgrade = parser.parse_args().upgrade
    if sys.version_info[:2] != (3, 11):
        found = ".".join(map(str, sys.version_info[:2]))
        sys.exit(f"The lock files are resolved on Python 3.11, the oldest supported, not {found}.")
    shared: list[str] = []
    for lock, (what, constraints) in LOCKS.items():
        path = ROOT / lock
        # What was pinned stays, and the second lock follows the first, where the constraints allow.
        allowed = {r.name: r.specifier for r in map(Requirement, HELD + constraints)}
        earlier = [] if upgrade else pins(path)
        kept = {r.name: r for r in map(Requirement, earlier + shared)}
        kept_pins = [
            str(r)
            for r in kept.values()
            if r.name not in allowed or allowed[r.name].contains(pinned_version(r))
        ]
        print(f"Resolving {lock} ...", flush=True)
        found = resolve([*HELD, *constraints, *kept_pins])
        lines = [
            f"{name}=={version.split('+')[0]}"
            for name, version in sorted(found.items())
            if not OF_THE_CUDA_BUILD.fullmatch(name)
        ]
        path.write_text(HEADER.format(lock=lock, what=what) + "\n".join(lines) + "\n")
        print(f"  {len(lines)} packages pinned in {lock}.")
        shared = shared or lines


if __name__ == "__main__":
    main()
