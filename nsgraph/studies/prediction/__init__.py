"""The prediction stage of a study: its jobs and figures."""
