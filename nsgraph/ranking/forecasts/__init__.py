"""Forecasts of the final accuracy from early epochs, one a file."""
