"""Digests, Merlin transcripts over STROBE-128, generators, Schnorr proofs: spec/suite.md."""

from __future__ import annotations

import copy
import hashlib
from functools import lru_cache
from struct import pack, unpack

from encoding import Reader, le32, le64
from group import BASE, ORDER, Element, Point, equal, multiply_add, one_way_map, read_element, read_scalar

SUITE = b"ballotta/v1-draft.5/ristretto255"


# Digests.


def framed(*parts: bytes) -> bytes:
    return b"".join(le64(len(part)) + part for part in parts)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def tagged(tag: str, *parts: bytes) -> bytes:
    return sha256(framed(SUITE, tag.encode(), *parts))


# Generators.


@lru_cache(maxsize=8192)
def hash_to_group(label: str, *parts: bytes) -> Element:
    return one_way_map(hashlib.sha512(framed(SUITE, b"hash-to-group", label.encode(), *parts)).digest())


# Keccak-f[1600] (FIPS 202), on 25 lanes: lane x + 5 y.

LANE = 2**64 - 1


def keccak_constants() -> tuple[list[int], list[tuple[int, int, int]]]:
    """Round constants from the shift register, and (from, to, rotation) of rho and pi."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << (2**j - 1)
            register = register << 1 ^ (0x171 if register >> 7 else 0)
        constants.append(constant)
    moves, x, y = [(0, 0, 0)], 1, 0
    for t in range(24):
        moves.append((x + 5 * y, y + 5 * ((2 * x + 3 * y) % 5), (t + 1) * (t + 2) // 2 % 64))
        x, y = y, (2 * x + 3 * y) % 5
    return constants, moves


ROUND_CONSTANTS, MOVES = keccak_constants()


def keccak(state: bytearray) -> None:
    a = list(unpack("<25Q", state))
    b = [0] * 25
    for constant in ROUND_CONSTANTS:
        c0, c1, c2, c3, c4 = (a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20] for x in range(5))
        d = (
            c4 ^ (c1 << 1 & LANE | c1 >> 63),
            c0 ^ (c2 << 1 & LANE | c2 >> 63),
            c1 ^ (c3 << 1 & LANE | c3 >> 63),
            c2 ^ (c4 << 1 & LANE | c4 >> 63),
            c3 ^ (c0 << 1 & LANE | c0 >> 63),
        )
        for source, target, rotation in MOVES:
            lane = a[source] ^ d[source % 5]
            b[target] = lane << rotation & LANE | lane >> (64 - rotation)
        for y in (0, 5, 10, 15, 20):
            b0, b1, b2, b3, b4 = b[y : y + 5]
            a[y : y + 5] = (b0 ^ ~b1 & b2, b1 ^ ~b2 & b3, b2 ^ ~b3 & b4, b3 ^ ~b4 & b0, b4 ^ ~b0 & b1)
        a[0] ^= constant
    state[:] = pack("<25Q", *a)


# STROBE and Merlin: spec/suite.md#merlin-and-strobe.

RATE = 166
FLAG_I, FLAG_A, FLAG_C, FLAG_M = 1, 2, 4, 16


class Strobe:
    def __init__(self, protocol: bytes):
        self.state = bytearray(b"\x01\xa8\x01\x00\x01\x60" + b"STROBEv1.0.2" + bytes(182))
        keccak(self.state)
        self.position = self.begin = 0
        self.meta(protocol)

    def run(self) -> None:
        self.state[self.position] ^= self.begin
        self.state[self.position + 1] ^= 0x04
        self.state[RATE + 1] ^= 0x80
        keccak(self.state)
        self.position = self.begin = 0

    def absorb(self, data: bytes) -> None:
        for byte in data:
            self.state[self.position] ^= byte
            self.position += 1
            if self.position == RATE:
                self.run()

    def squeeze(self, count: int) -> bytes:
        output = bytearray()
        for _ in range(count):
            output.append(self.state[self.position])
            self.state[self.position] = 0
            self.position += 1
            if self.position == RATE:
                self.run()
        return bytes(output)

    def operation(self, flags: int) -> None:
        old, self.begin = self.begin, self.position + 1
        self.absorb(bytes([old, flags]))
        if flags & FLAG_C and self.position > 0:
            self.run()

    def meta(self, *parts: bytes) -> None:
        self.operation(FLAG_M | FLAG_A)
        for part in parts:
            self.absorb(part)


class Transcript:
    """Merlin 1.0."""

    def __init__(self, label: bytes):
        self.strobe = Strobe(b"Merlin v1.0")
        self.append("dom-sep", label)

    def append(self, label: str, message: bytes) -> None:
        self.strobe.meta(label.encode(), le32(len(message)))
        self.strobe.operation(FLAG_A)
        self.strobe.absorb(message)

    def append_number(self, label: str, number: int) -> None:
        self.append(label, le64(number))

    def challenge_bytes(self, label: str, count: int) -> bytes:
        self.strobe.meta(label.encode(), le32(count))
        self.strobe.operation(FLAG_I | FLAG_A | FLAG_C)
        return self.strobe.squeeze(count)

    def challenge(self, label: str) -> int:
        """Draws a challenge as a wide scalar."""
        return int.from_bytes(self.challenge_bytes(label, 64), "little") % ORDER

    def clone(self) -> Transcript:
        clone = copy.copy(self)
        clone.strobe = copy.copy(self.strobe)
        clone.strobe.state = bytearray(self.strobe.state)
        return clone


@lru_cache(maxsize=256)
def beginning(domain: str, context: str, digest: bytes) -> Transcript:
    transcript = Transcript(SUITE)
    transcript.append("dom-sep", domain.encode())
    transcript.append(context, digest)
    return transcript


def begin(domain: str, context: str, digest: bytes) -> Transcript:
    """Begins the transcript of a proof: spec/suite.md#transcripts."""
    return beginning(domain, context, digest).clone()


# Schnorr: spec/suite.md#schnorr.


def schnorr_holds(transcript: Transcript, key: Element, announcement: Element, response: int) -> bool:
    """Whether [s]G = K + [c]P."""
    transcript.append("P", key.encoding)
    transcript.append("K", announcement.encoding)
    c = transcript.challenge("c")
    return holds([(c, key.point)], [(response, BASE)], announcement.point)


def holds(left: list[tuple[int, Point]], right: list[tuple[int, Point]], constant: Point) -> bool:
    """Whether constant + sum left = sum right. The points on the right are used again, and their tables are kept."""
    return equal(multiply_add([(-s, p) for s, p in left], right), constant)


def read_schnorr(reader: Reader, field: str) -> tuple[Element, int]:
    return read_element(reader, f"{field}: K"), read_scalar(reader, f"{field}: s")
