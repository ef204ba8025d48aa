"""Ballots: spec/ballot.md."""

from __future__ import annotations

from dataclasses import dataclass

from encoding import Reader, Refused, le64, require
from group import BASE, ORDER, Element, read_element, read_element_or_identity, read_scalar
from manifest import Manifest, Style
from transcript import begin, hash_to_group, holds, read_schnorr, schnorr_holds, tagged

LEAST_BYTES = 140
SIGNATURE_BYTES = 64


@dataclass(frozen=True)
class Argument:
    b: Element
    a: Element
    e_r: Element
    e_c: Element
    z_b: int
    z_r: int
    f: list[int]


@dataclass(frozen=True)
class Ballot:
    """spec/ballot.md#life"""

    style: int
    weight: int
    previous: bytes
    r: Element
    c: list[Element]
    argument: Argument
    credential: Element
    signature: tuple[Element, int]
    tracker: bytes


class Void(Exception):
    """A ballot breaks a rule of admission: the check of the first such rule, and the reason."""

    def __init__(self, slug: str, problem: str):
        super().__init__(problem)
        self.check = f"ballot.{slug}"


def fingerprint_of(data: bytes) -> bytes:
    """Rule 3 of spec/ballot.md#admission, and the field of rule 4."""
    require(len(data) >= LEAST_BYTES, "the ballot is too short")
    reader = Reader(data)
    reader.version()
    return reader.take(32, "fingerprint")


def credential_of(data: bytes) -> bytes:
    """The credential of a ballot that is long enough."""
    return data[44:76]


def previous_of(data: bytes) -> bytes:
    """The predecessor that a ballot names which is long enough; zeros for none."""
    return data[76:108]


def tracker_of(data: bytes) -> bytes:
    """The tracker of a ballot that is long enough, whatever its form is."""
    return tagged("tracker", data[:-SIGNATURE_BYTES])


def own_signature_holds(data: bytes) -> bool:
    """Whether the credential of a ballot that is long enough has signed it, for the fingerprint in it."""
    try:
        credential = read_element(Reader(credential_of(data)), "credential")
        signature = read_schnorr(Reader(data[-SIGNATURE_BYTES:]), "signature")
    except Refused:
        return False
    transcript = begin("ballot-signature", "fingerprint", fingerprint_of(data))
    transcript.append("tracker", tracker_of(data))
    return schnorr_holds(transcript, credential, *signature)


def read_ballot(data: bytes, manifest: Manifest) -> Ballot:
    """Rule 5 of spec/ballot.md#admission."""
    reader = Reader(data)
    reader.take(34, "version and fingerprint")
    number, weight, credential, previous = (
        reader.integer(2, "style"),
        reader.integer(8, "weight"),
        reader.take(32, "credential"),
        reader.take(32, "previous"),
    )
    require(number < len(manifest.styles), "there is no such style")
    form = manifest.styles[number].form
    unsigned_bytes = 108 + 32 * (1 + form.slots) + 192 + 32 * form.bits
    require(len(data) == unsigned_bytes + SIGNATURE_BYTES, "the length is not that of the form")
    r = read_element(reader, "R")
    c = [read_element_or_identity(reader, f"C_{i + 1}") for i in range(form.slots)]
    b, a, e_r, e_c = (read_element(reader, name) for name in ("B", "A", "E_R", "E_C"))
    z_b, z_r = read_scalar(reader, "z_B"), read_scalar(reader, "z_r")
    f = [read_scalar(reader, f"f_{j + 1}") for j in range(form.bits)]
    public = read_element(Reader(credential), "credential")
    signature = read_schnorr(reader, "signature")
    tracker = tagged("tracker", data[:unsigned_bytes])
    return Ballot(number, weight, previous, r, c, Argument(b, a, e_r, e_c, z_b, z_r, f), public, signature, tracker)


def ballot_signature_holds(ballot: Ballot, fingerprint: bytes) -> bool:
    transcript = begin("ballot-signature", "fingerprint", fingerprint)
    transcript.append("tracker", ballot.tracker)
    return schnorr_holds(transcript, ballot.credential, *ballot.signature)


@dataclass(frozen=True)
class StyleKeys:
    """The keys of the slots of a style, in the order of its form."""

    keys: list[Element]
    digest: bytes


def style_keys(style: Style, joint_key: list[Element]) -> StyleKeys:
    keys = [joint_key[slot] for slot in style.slots]
    return StyleKeys(keys, tagged("slot-keys", *(key.encoding for key in keys)))


def argument_holds(ballot: Ballot, style: Style, keys: StyleKeys, fingerprint: bytes) -> bool:
    """spec/ballot.md#argument"""
    form, argument = style.form, ballot.argument
    transcript = begin("ballot-argument", "fingerprint", fingerprint)
    transcript.append("credential", ballot.credential.encoding)
    transcript.append("form", form.digest)
    transcript.append_number("weight", ballot.weight)
    transcript.append("Y", keys.digest)
    transcript.append("R", ballot.r.encoding)
    transcript.append("C", b"".join(c.encoding for c in ballot.c))
    transcript.append("B", argument.b.encoding)
    transcript.append("A", argument.a.encoding)
    rho = transcript.challenge("rho")
    transcript.append("E_R", argument.e_r.encoding)
    transcript.append("E_C", argument.e_c.encoding)
    x = transcript.challenge("x")
    z_b, z_r, f = argument.z_b, argument.z_r, argument.f

    # [x]B + A = sum [f_j]U_j + sum [f_j (x - f_j)]V_j + [z_B]H
    right = [(z_b, hash_to_group("H").point)]
    for j, response in enumerate(f, 1):
        right.append((response, hash_to_group("U", le64(j)).point))
        right.append((response * (x - response), hash_to_group("V", le64(j)).point))
    bits = holds([(x, argument.b.point)], right, argument.a.point)

    # [x]R + E_R = [z_r]G
    randomness = holds([(x, ballot.r.point)], [(z_r, BASE)], argument.e_r.point)

    # [x](C* + [c*]G) + E_C = [z_r]Y* + [L(f)]G
    weights = [pow(rho, k, ORDER) for k in range(1, len(form.rows) + 1)]
    slots = form.slots
    c_star = sum(w * row.target(ballot.weight) for w, row in zip(weights[slots:], form.rows[slots:]))
    l_of_f = sum(w * row.value(f) for w, row in zip(weights, form.rows))
    left = [(x * w, c.point) for w, c in zip(weights, ballot.c)]
    right = [(z_r * w, key.point) for w, key in zip(weights, keys.keys)] + [(l_of_f - x * c_star, BASE)]
    return bits and randomness and holds(left, right, argument.e_c.point)
