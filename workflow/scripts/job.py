"""What every script does around its work: log to a file, and say bad input in one sentence."""

import logging
import sys
import time
import traceback
from contextlib import contextmanager

from nsgraph.errors import UserError


@contextmanager
def job(snakemake):
    """Log to the job's file; end with exit code 2 and one sentence on bad input."""
    logging.basicConfig(
        filename=str(snakemake.log[0]),
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        force=True,
    )
    logging.captureWarnings(True)
    logger = logging.getLogger(snakemake.rule)
    try:
        yield logger
    except UserError as error:
        logger.error("%s", error)
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(2)
    except Exception:
        logger.error("%s", traceback.format_exc())
        raise


class Progress:
    """Log every step; print one line to the terminal now and then, so that long jobs show life."""

    def __init__(self, logger, label, every=20.0):
        self.logger, self.label, self.every = logger, label, every
        self.printed = time.monotonic()

    def __call__(self, text):
        self.logger.info("%s", text)
        if time.monotonic() - self.printed > self.every:
            print(f"  {self.label}: {text}", file=sys.stderr, flush=True)
            self.printed = time.monotonic()
