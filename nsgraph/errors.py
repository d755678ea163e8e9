"""The one exception that a user's input can cause."""

from __future__ import annotations

__all__ = ["UserError"]


class UserError(Exception):
    """Input that cannot be used, said in one sentence.

    The sentence names the file or key, what was found and what was expected. The command line and
    the workflow print it without a traceback and exit with code 2.
    """
