"""Study F: neural capacitance."""
