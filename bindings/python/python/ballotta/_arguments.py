"""Arguments of callers, which are checked and copied before they are used."""

import operator
import os
from typing import SupportsIndex, Union

from ._errors import BallottaError

Location = Union[str, "os.PathLike[str]"]
Buffer = Union[bytes, bytearray, memoryview]

STAGES = ("voting", "closed", "complete")
MAX_JOBS = 1024
MAX_ENTRIES = 1 << 30


def location(value: Location) -> str:
    """Returns a path or an address as text."""
    path = value if isinstance(value, str) else os.fspath(value)
    if not isinstance(path, str):
        raise TypeError("expected a path or an address as text, not bytes")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise BallottaError(f"{path!r}: not a name in UTF-8", "no-record") from error
    return path


def count(name: str, value: SupportsIndex, minimum: int, maximum: int) -> int:
    """Returns an integer in a range. Refuses ``bool`` and ``float``, also a float with an integral value."""
    expected = f"{name}: expected a whole number from {minimum} to {maximum}"
    if isinstance(value, bool):
        raise TypeError(f"{expected}, not a bool")
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{expected}, not {type(value).__name__}") from None
    if not minimum <= number <= maximum:
        raise TypeError(expected)
    return number


def jobs(value: SupportsIndex | None) -> int | None:
    """Returns a number of threads; ``None`` means one for each core."""
    return None if value is None else count("jobs", value, 1, MAX_JOBS)


def copied(name: str, value: Buffer) -> bytes:
    """Returns a copy of bytes, so that nobody changes them while they are read."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name}: expected bytes, not {type(value).__name__}")
    return bytes(value)


def text(name: str, value: str) -> str:
    """Returns an argument that must be a ``str``."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected text, not {type(value).__name__}")
    return value


def pinned(checkpoint: "Location | Buffer | None") -> list[int] | None:
    """Returns the bytes of a checkpoint, given as bytes or as the path of a file."""
    if checkpoint is None:
        return None
    if isinstance(checkpoint, (bytes, bytearray, memoryview)):
        return list(bytes(checkpoint))
    path = location(checkpoint)
    try:
        with open(path, "rb") as file:
            # No checkpoint is longer.
            return list(file.read(1 << 17))
    except (OSError, ValueError) as error:
        raise BallottaError(f"{path!r}: {error}", "no-checkpoint") from error


def asked(
    fingerprint: str | None, checkpoint: "Location | Buffer | None", stage: str
) -> dict[str, object]:
    """Returns the options of a verification in the form that the extension module takes."""
    if fingerprint is not None:
        text("fingerprint", fingerprint)
    if text("stage", stage) not in STAGES:
        raise BallottaError(f"there is no stage {stage!r}; the stages are {', '.join(STAGES)}", "bad-stage")
    return {
        "fingerprint": fingerprint,
        "checkpoint": pinned(checkpoint),
        "stage": stage,
    }
