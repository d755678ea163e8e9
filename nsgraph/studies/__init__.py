"""Studies: which networks they consist of, their claims and their figures."""
