"""`python -m nsgraph` is the command `nsgraph`."""

from __future__ import annotations

from nsgraph.cli import main

main()
