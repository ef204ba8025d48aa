"""The roll and its signatures: spec/credential.md#roll."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha512
from typing import Callable, Iterator

from encoding import MAX_ROLL_LINE_BYTES, MAX_VOTERS, NO_DIGEST, Reader, Refused, decimal, is_hex, le64, require
from group import Element, Point, decode, element_of, encode, is_identity, multiply_add, total_of
from manifest import Manifest
from merkle import root_of
from transcript import SUITE, Transcript, begin, read_schnorr, schnorr_holds, sha256, tagged

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


# Parts of several authorities: spec/credential.md#parts.

PARTS_FRAME_BYTES = 76  # before and after the parts


class NotParts(Refused):
    """A file of parts that breaks a rule, so that no sum is checked with it."""


@dataclass(frozen=True)
class Parts:
    points: list[Point | None]  # None for bytes that are no part
    refused: str | None  # what is wrong with the parts or their proof


def read_parts(data: bytes, manifest: Manifest, authority: int, voters: int) -> Parts:
    try:
        reader = Reader(data)
        reader.version()
        require(reader.integer(2, "authority") == authority, "these are the parts of another authority")
        require(reader.integer(8, "lines") == voters, "there are parts for another number of voters")
        encodings = [reader.take(32, "part") for _ in range(voters)]
        announcement, response = read_schnorr(reader, "proof")
        reader.end()
    except Refused as problem:
        raise NotParts(str(problem)) from None
    points = [read_part(encoding) for encoding in encodings]
    known = [point for point in points if point is not None]
    if len(known) < voters:
        line = points.index(None) + 2
        return Parts(points, f"the part of line {line} is not an element, or is the identity")
    transcript, weights = begin_parts(manifest, authority, encodings)
    key = element_of(multiply_add(zip(weights, known)))
    valid = schnorr_holds(transcript, key, announcement, response)
    return Parts(points, None if valid else "the proof that the authority knows its parts is not valid")


def read_part(encoding: bytes) -> Point | None:
    try:
        point = decode(encoding, "part").point
    except Refused:
        return None
    return None if is_identity(point) else point


def begin_parts(manifest: Manifest, authority: int, encodings: list[bytes]) -> tuple[Transcript, list[int]]:
    """The transcript of the proof, and the weights of the parts."""
    transcript = begin("credential-parts", "manifest", manifest.hash)
    transcript.append_number("authority", authority)
    transcript.append_number("lines", len(encodings))
    transcript.append("parts", sha256(b"".join(encodings)))
    return transcript, part_weights(transcript.challenge_bytes("seed", 32), len(encodings))


def part_weights(seed: bytes, count: int) -> list[int]:
    weights = []
    for number in range((count + 3) // 4):
        parts = (SUITE, b"weights", seed, le64(number))
        digest = sha512(b"".join(le64(len(part)) + part for part in parts)).digest()
        weights += [int.from_bytes(digest[at : at + 16], "little") for at in range(0, 64, 16)]
    return weights[:count]


def wrong_sums(files: list[Parts], roll: Roll) -> Iterator[int]:
    """The lines whose parts do not add up to the credential."""
    for line, (credential, *points) in enumerate(zip(roll.voters, *(file.points for file in files)), 2):
        known = [point for point in points if point is not None]
        if len(known) == len(files) and encode(total_of(known)) != credential:
            yield line


@dataclass(frozen=True)
class RollSignature:
    authority: int
    fingerprint: bytes
    parts: bytes | None
    signature: bytes


def read_roll_signature(body: bytes) -> RollSignature:
    reader = Reader(body)
    authority, fingerprint = reader.integer(2, "authority"), reader.take(32, "fingerprint")
    parts = reader.take(32, "parts") if len(body) == 130 else None
    return RollSignature(authority, fingerprint, parts, reader.rest())


def roll_signature_holds(signature: RollSignature, manifest: Manifest) -> bool:
    """Whether the authority exists and has signed, with its parts if it is one of several: spec/credential.md#signature"""
    if not 1 <= signature.authority <= len(manifest.authorities):
        return False
    if (signature.parts is not None) != (len(manifest.authorities) > 1):
        return False
    transcript = begin_roll_signature(signature)
    return signature_holds(signature.signature, manifest.authorities[signature.authority - 1], transcript)


def begin_roll_signature(signature: RollSignature) -> Transcript:
    transcript = begin("roll-signature", "fingerprint", signature.fingerprint)
    transcript.append_number("authority", signature.authority)
    if signature.parts is not None:
        transcript.append("parts", signature.parts)
    return transcript


def signature_holds(signature: bytes, key: Element, transcript: Transcript) -> bool:
    """Whether a Schnorr signature is valid; one that cannot be read is not valid."""
    try:
        announcement, response = read_schnorr(Reader(signature), "signature")
    except Refused:
        return False
    return schnorr_holds(transcript, key, announcement, response)
