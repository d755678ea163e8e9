"""Study B: topology distance."""
