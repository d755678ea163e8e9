"""From rows of the stages to what a reader opens: tables, their data dictionary, one page."""

from __future__ import annotations

from nsgraph.report.dictionary import columns_table
from nsgraph.report.page import write_page
from nsgraph.report.study_page import facts_of, write_study_page
from nsgraph.report.tables import (
    layers_table,
    networks_table,
    nulls_table,
    pairs_table,
    read_table,
    write_table,
)

__all__ = [
    "columns_table",
    "facts_of",
    "layers_table",
    "networks_table",
    "nulls_table",
    "pairs_table",
    "read_table",
    "write_page",
    "write_study_page",
    "write_table",
]
