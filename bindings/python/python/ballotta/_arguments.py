"""What callers hand over: checked and copied before anything is done with it."""

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
    """A path or an address."""
    path = value if isinstance(value, str) else os.fspath(value)
    if not isinstance(path, str):
        raise TypeError("expected a path or an address as text, not bytes")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise BallottaError(f"{path!r}: not a name in UTF-8", "no-record") from error
    return path


def count(name: str, value: SupportsIndex, minimum: int, maximum: int) -> int:
    """A whole number; no bool and no float, however whole."""
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
    """A number of threads; ``None`` for as many as there are cores."""
    return None if value is None else count("jobs", value, 1, MAX_JOBS)


def copied(name: str, value: Buffer) -> bytes:
    """Bytes that nobody changes while they are read."""
    if not isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{name}: expected bytes, not {type(value).__name__}")
    return bytes(value)


def text(name: str, value: str) -> str:
    """Text."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected text, not {type(value).__name__}")
    return value


def pinned(checkpoint: "Location | Buffer | None") -> list[int] | None:
    """The bytes of a checkpoint, or of the file with this path."""
    if checkpoint is None:
        return None
    if isinstance(checkpoint, (bytes, bytearray, memoryview)):
        return list(bytes(checkpoint))
    path = location(checkpoint)
    try:
        with open(path, "rb") as file:
            # A checkpoint is shorter.
            return list(file.read(1 << 17))
    except (OSError, ValueError) as error:
        raise BallottaError(f"{path!r}: {error}", "no-checkpoint") from error


def asked(
    fingerprint: str | None, checkpoint: "Location | Buffer | None", stage: str
) -> dict[str, object]:
    """What is asked of a verification, as the extension module takes it."""
    if fingerprint is not None:
        text("fingerprint", fingerprint)
    if text("stage", stage) not in STAGES:
        raise BallottaError(f"there is no stage {stage!r}, but {', '.join(STAGES)}", "bad-stage")
    return {
        "fingerprint": fingerprint,
        "checkpoint": pinned(checkpoint),
        "stage": stage,
    }
