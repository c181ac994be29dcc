"""Less noise on the terminal where TensorFlow warns at length of what is as it should be."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet(*names: str) -> Iterator[None]:
    """Holds back what these loggers have to say below an error; TensorFlow's if none is named."""
    loggers = [logging.getLogger(name) for name in names or ("tensorflow",)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
