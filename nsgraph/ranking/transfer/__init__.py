"""Transferability scores, one a file: what a network's features say before it is fine-tuned."""
