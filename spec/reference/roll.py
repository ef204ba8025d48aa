"""The roll and its signatures: spec/credential.md#roll."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Iterator

from encoding import MAX_ROLL_LINE_BYTES, MAX_VOTERS, NO_DIGEST, Reader, Refused, decimal, is_hex, le64, require
from group import Element, decode
from manifest import Manifest
from merkle import root_of
from transcript import Transcript, begin, read_schnorr, schnorr_holds, tagged

FIRST_WORD = "ballotta/v1-draft.5/roll"


@dataclass(frozen=True, slots=True)
class Voter:
    credential: Element
    style: int
    weight: int


@dataclass
class Roll:
    hash: bytes
    voters: dict[bytes, Voter] = field(default_factory=dict)
    total_weight: int = 0
    well_formed: int = 0


def read_roll(data: bytes, manifest: Manifest, fail: Callable[[int, str], None]) -> Roll:
    """Reads a roll. Calls `fail` with the number of every line that breaks a rule."""
    roll = Roll(b"")
    lines = data.split(b"\n")
    ended = lines.pop() == b""
    if not ended:
        fail(len(lines) + 1, "the last line does not end in a line feed")
    if lines and lines[0] != f"{FIRST_WORD} {manifest.hash.hex()}".encode():
        fail(1, "the first line does not name this manifest")
    styles = {style.id: number for number, style in enumerate(manifest.styles)}
    last, most = NO_DIGEST, manifest.total_weight
    for number, line in enumerate(lines[1:], 2):
        try:
            credential, style, weight = read_line(line, styles, manifest.max_weight)
            before, last = last, credential
            require(credential > before, "the credential does not ascend, or is the identity")
            require(roll.well_formed < MAX_VOTERS, "one voter too many")
            roll.total_weight += weight
            require(roll.total_weight <= most, "the weights up to here are too large")
            roll.well_formed += 1
            roll.voters[credential] = Voter(decode(credential, "credential"), style, weight)
        except Refused as problem:
            fail(number, str(problem))
    if len(lines) < 2 and ended:
        fail(len(lines) + 1, "there is no voter")
    voters = lines[1:]
    roll.hash = tagged("roll", le64(len(voters)), root_of(blocks(voters)))
    return roll


def blocks(lines: list[bytes]) -> Iterator[bytes]:
    """The lines of the voters, 32 together."""
    for first in range(0, len(lines), 32):
        yield b"".join(line + b"\n" for line in lines[first : first + 32])


def read_line(line: bytes, styles: dict[str, int], max_weight: int) -> tuple[bytes, int, int]:
    require(len(line) < MAX_ROLL_LINE_BYTES, "the line is too long")
    words = line.decode("latin-1").split(" ")
    require(len(words) == 3 and is_hex(words[0], 64), "not credential, style and weight")
    require(words[1] in styles, "no such style")
    weight = decimal(words[2], max_weight)
    require(weight, "the weight is not a number from 1 to the largest weight")
    return bytes.fromhex(words[0]), styles[words[1]], weight or 0


def voter_number(credential: bytes) -> bytes:
    """The first 65 bits of a credential, and zeros up to the next byte."""
    return credential[:8] + bytes([credential[8] & 128])


@dataclass(frozen=True)
class RollSignature:
    authority: int
    fingerprint: bytes
    signature: bytes


def read_roll_signature(body: bytes) -> RollSignature:
    reader = Reader(body)
    return RollSignature(reader.integer(2, "authority"), reader.take(32, "fingerprint"), reader.take(64, "signature"))


def roll_signature_holds(signature: RollSignature, key: Element) -> bool:
    """spec/credential.md#signature"""
    transcript = begin("roll-signature", "fingerprint", signature.fingerprint)
    transcript.append_number("authority", signature.authority)
    return signature_holds(signature.signature, key, transcript)


def signature_holds(signature: bytes, key: Element, transcript: Transcript) -> bool:
    """Whether a Schnorr signature is valid; one that cannot be read is not valid."""
    try:
        announcement, response = read_schnorr(Reader(signature), "signature")
    except Refused:
        return False
    return schnorr_holds(transcript, key, announcement, response)
