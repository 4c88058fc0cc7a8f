"""What the log of a program that serves an agent says, less what looks like a secret."""

import logging
from functools import cache

from custodian_core.secrets import redact


class WithoutSecrets(logging.Filter):
    """Lets every record through, whatever wrote it, with its secrets hidden."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True; the record says no secret, and neither does the error that it tells."""
        said = record.getMessage()
        if (hidden := redact(said)) != said:
            record.msg, record.args = hidden, ()
        if record.exc_info and record.exc_info[0]:
            trace = logging.Formatter().formatException(record.exc_info)
            if (hidden := redact(trace)) != trace:
                record.msg, record.args = f"{record.getMessage()}\n{hidden}", ()
                record.exc_info = record.exc_text = None
        return True


@cache
def _without_secrets() -> WithoutSecrets:
    return WithoutSecrets()


def keep_secrets_out() -> None:
    """Nothing that is logged from now on says a secret."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_without_secrets())
