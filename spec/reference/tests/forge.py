"""Makes honest and forged elections for tests: every prover of the specification, with all secrets in one place.

Nothing here is secret, constant time or random. What is to be wrong is said by `edit`: a function for a named body of
bytes, applied before the bytes are signed or hashed, so that only the one rule is broken.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from base64 import b64encode
from typing import Any, Callable

from ballot import style_keys
from board import (
    CEREMONY,
    CANCELLATION,
    CLOSING,
    DECRYPTION,
    OPENING,
    PUBLICATION,
    ROLL_SIGNATURE,
    STATEMENT,
    BALLOT,
    bundle_paths,
    key_id,
)

from choices import bits_of_mark, read_choices, written
from encoding import VERSION, le16, le32, le64
from group import BASE, IDENTITY, ORDER, P, Element, element_of, multiply_add
from manifest import read_manifest
from merkle import Log, root_of
from record import Record
from roll import blocks, part_weights
from tally import Close, Counted, Tally, heads_root
from transcript import Transcript, begin, hash_to_group, sha256, tagged
from verify import verify


def times(scalar: int, base: Element | None = None) -> Element:
    return element_of(multiply_add([(scalar, base.point if base else BASE)]))


def scalar_bytes(scalar: int) -> bytes:
    return (scalar % ORDER).to_bytes(32, "little")


def base64(data: bytes) -> str:
    return b64encode(data).decode()


def default_manifest() -> dict[str, Any]:
    """A manifest with two contests, two styles, weights and two counts in a slot; keys are filled in."""

    def contest(name: str, options: int, **rule: Any) -> dict[str, Any]:
        return {
            "id": name,
            "title": {"en": f"Contest {name}"},
            "rule": {"kind": "choose"} | rule,
            "options": [{"id": f"o{i}", "title": {"en": f"Option {i}"}} for i in range(options)],
        }

    return {
        "format": "ballotta/v1-draft.5/manifest",
        "suite": "ballotta/v1-draft.5/ristretto255",
        "election_id": "ab" * 32,
        "kind": "rehearsal",
        "languages": ["en"],
        "title": {"en": "Forged"},
        "contests": [contest("one", 3, min=1, max=1, blank=True), contest("many", 3, min=0, max=2, blank=False)],
        "styles": [{"id": "all", "contests": ["one", "many"]}, {"id": "second", "contests": ["many"]}],
        "weights": {"unit": {"en": "votes"}, "max": 5, "total": 2000},
        "ballots_per_credential": 3,
        "ties": "open",
        "quorum": {"of": "weight", "base": "roll", "rule": "at_least", "fraction": [1, 2]},
        "privacy": {"minimum_counted_ballots": 2, "minimum_ballots_per_weight": 1},
        "closing": "statements",
        "organiser": {},
        "credential_authorities": [{"name": "office"}],
        "trustees": {
            "threshold": 2,
            "minimum_confirmed": 2,
            "on_disqualification": "new_attempt",
            "members": [{"name": "anna"}, {"name": "bruno"}, {"name": "carla"}],
        },
        "board": {"name": "board.example/forged"},
        "witnesses": {"quorum": 0, "members": []},
    }


def option(name: str) -> dict[str, Any]:
    return {"id": name, "title": {"en": f"Option {name}"}}


def kinds_manifest(rules: dict[str, tuple[str, dict[str, Any]]], **fields: Any) -> dict[str, Any]:
    """A manifest with a contest for each rule, a style with all contests, and a style for each contest."""
    contests = [
        {"id": name, "title": {"en": f"Contest {name}"}, "rule": rule, "options": [option(o) for o in options.split()]}
        for name, (options, rule) in rules.items()
    ]
    styles = [{"id": "all", "contests": list(rules)}] + [{"id": f"only-{name}", "contests": [name]} for name in rules]
    return default_manifest() | {"contests": contests, "styles": styles} | fields


class Forge:
    def __init__(self, manifest: dict[str, Any] | None = None, edit: dict[str, Callable] | None = None, seed: int = 1):
        self.chance = random.Random(seed)
        self.edit = edit or {}
        self.document = manifest or default_manifest()
        self.fill_keys()
        self.manifest_bytes = self.edited("manifest", json.dumps(self.document).encode())
        self.manifest = read_manifest(self.manifest_bytes)
        self.entries: list[bytes] = []
        self.files: dict[str, bytes] = {"manifest.json": self.manifest_bytes, "README.md": b"Forged.\n"}
        self.previous: dict[int, bytes] = {}
        self.last_counted: dict[int, Counted] = {}
        self.heads: dict[int, int] = {}

    def scalar(self) -> int:
        return self.chance.randrange(1, ORDER)

    def edited(self, name: str, value: Any) -> Any:
        return self.edit.pop(name)(value) if name in self.edit else value

    def fill_keys(self) -> None:
        document = self.document
        self.organiser, self.board = self.scalar(), self.scalar()
        self.authorities = [self.scalar() for _ in document["credential_authorities"]]
        self.trustees = [self.scalar() for _ in document["trustees"]["members"]]
        self.witnesses = [self.scalar() for _ in document["witnesses"]["members"]]
        document["organiser"]["key"] = times(self.organiser).encoding.hex()
        for members, secrets in (
            (document["credential_authorities"], self.authorities),
            (document["trustees"]["members"], self.trustees),
        ):
            for member, secret in zip(members, secrets):
                member["key"] = times(secret).encoding.hex()
        document["board"]["key"] = edwards_encoding(self.board).hex()
        for member, secret in zip(document["witnesses"]["members"], self.witnesses):
            member["key"] = edwards_encoding(secret).hex()

    # Proofs.

    def schnorr(self, transcript: Transcript, secret: int, key: Element | None = None) -> bytes:
        k = self.scalar()
        transcript.append("P", (key or times(secret)).encoding)
        transcript.append("K", times(k).encoding)
        return times(k).encoding + scalar_bytes(k + transcript.challenge("c") * secret)

    def equality(self, transcript: Transcript, base: Element, secrets: list[int], factors: list[Element]) -> bytes:
        transcript.append("R", base.encoding)
        transcript.append_number("n", len(secrets))
        for secret, factor in zip(secrets, factors):
            transcript.append("Y", times(secret).encoding)
            transcript.append("D", factor.encoding)
        w, nonce = transcript.challenge("w"), self.scalar()
        combined = sum(pow(w, s, ORDER) * secret for s, secret in enumerate(secrets, 1))
        a, b = times(nonce).encoding, times(nonce, base).encoding
        transcript.append("A", a)
        transcript.append("B", b)
        return a + b + scalar_bytes(nonce + transcript.challenge("c") * combined)

    # Board.

    def add(self, kind: int, body: bytes) -> None:
        self.entries.append(VERSION + bytes([kind]) + body)

    def add_file(self, kind: int, folder: str, author: int, data: bytes) -> None:
        self.files[folder + sha256(data).hex()] = data
        self.add(kind, le16(author) + le32(len(data)) + sha256(data))

    def sign_note(self, secret: int, message: bytes) -> bytes:
        r, key = self.scalar(), edwards_encoding(secret)
        announcement = edwards_encoding(r)
        k = int.from_bytes(hashlib.sha512(announcement + key + message).digest(), "little")
        return announcement + scalar_bytes(r + k * secret)

    def note(self, entries: list[bytes], cosigners: tuple[int, ...] = ()) -> bytes:
        log = Log()
        for entry in entries:
            log.append(entry)
        board = self.manifest.board
        text = f"{board.name}\n{log.size}\n{base64(log.root())}\n".encode()
        text = self.edited("note text", text)
        lines = text + f"\n— {board.name} {base64(key_id(board, 1) + self.sign_note(self.board, text))}\n".encode()
        for number in cosigners:
            witness = self.manifest.witnesses[number]
            signed = b"cosignature/v1\ntime 1700000000\n" + text
            body = key_id(witness, 4) + (1700000000).to_bytes(8, "big") + self.sign_note(self.witnesses[number], signed)
            lines += f"— {witness.name} {base64(self.edited(f'cosignature {number}', body))}\n".encode()
        return lines

    # Ceremony.

    def message(self, kind: int, author: int, body: bytes, roster: bytes) -> bytes:
        unsigned = VERSION + bytes([kind]) + le16(author) + roster + self.edited(f"message {kind} {author}", body)
        unsigned = self.edited(f"unsigned {kind} {author}", unsigned)
        if kind == 1:
            transcript = begin("trustee-registration", "manifest", self.manifest.hash)
            transcript.append_number("attempt", 1)
        else:
            transcript = begin("ceremony-message", "roster", roster)
        transcript.append_number("trustee", author)
        transcript.append("message", unsigned)
        return self.edited(f"signed {kind} {author}", unsigned + self.schnorr(transcript, self.trustees[author - 1]))

    def ceremony(self) -> None:
        m, trustees, digest = self.manifest, range(1, len(self.trustees) + 1), self.manifest.hash
        registrations = []
        self.encryption = [self.scalar() for _ in trustees]
        for j in trustees:
            e = self.edited(f"encryption secret {j}", self.encryption[j - 1])
            transcript = begin("encryption-key-possession", "manifest", digest)
            transcript.append_number("attempt", 1)
            transcript.append_number("trustee", j)
            registrations.append(self.message(1, j, times(e).encoding + self.schnorr(transcript, e), b""))
        parts = [digest, le64(len(trustees)), le64(m.threshold), le64(m.slots), le32(1)]
        for key, registration in zip(m.trustees, registrations):
            parts += [key.encoding, registration]
        roster = tagged("roster", *parts)
        self.polynomials = [[[self.scalar() for _ in range(m.threshold)] for _ in range(m.slots)] for _ in trustees]
        self.polynomials = self.edited("polynomials", self.polynomials)
        deals = [self.deal(d, roster) for d in trustees]
        commitments = [self.message(2, d, sha256(deals[d - 1]), roster) for d in trustees]
        self.root = tagged("ceremony", roster, *(sha256(deal) for deal in deals))
        sums = [[sum(p[s][c] for p in self.polynomials) for c in range(m.threshold)] for s in range(m.slots)]
        self.shares = [[sum(a * j**c for c, a in enumerate(of_slot)) % ORDER for of_slot in sums] for j in trustees]
        self.joint_key = [times(of_slot[0]) for of_slot in sums]
        confirmations = [self.confirmation(j, roster) for j in trustees]
        messages = [
            (j, data) for group in (registrations, commitments, deals, confirmations) for j, data in enumerate(group, 1)
        ]
        for j, data in self.edited("messages", messages):
            self.add_file(CEREMONY, "ceremony/", j, data)

    def deal(self, dealer: int, roster: bytes) -> bytes:
        polynomials = self.polynomials[dealer - 1]
        coefficients = [times(a) if a else element_of(IDENTITY) for of_slot in polynomials for a in of_slot]
        transcript = begin("deal-possession", "roster", roster)
        transcript.append_number("trustee", dealer)
        transcript.append_number("t", self.manifest.threshold)
        for element in coefficients:
            transcript.append("A", element.encoding)
        w = transcript.challenge("w")
        secret = sum(pow(w, s, ORDER) * of_slot[0] for s, of_slot in enumerate(polynomials, 1)) % ORDER
        body = le16(self.manifest.threshold) + b"".join(element.encoding for element in coefficients)
        body += self.schnorr(transcript, secret)
        for receiver in range(1, len(self.trustees) + 1):
            e = self.edited(f"ephemeral {dealer} {receiver}", self.scalar())
            transcript = begin("share-ephemeral", "roster", roster)
            transcript.append_number("trustee", dealer)
            transcript.append_number("receiver", receiver)
            body += times(e).encoding + self.schnorr(transcript, e) + bytes(32 * self.manifest.slots + 16)
        return self.message(3, dealer, body, roster)

    def confirmation(self, trustee: int, roster: bytes) -> bytes:
        base, shares = hash_to_group("backup-test", self.root, le16(trustee)), self.shares[trustee - 1]
        factors = [times(x, base) for x in shares]
        transcript = begin("backup-decryption", "roster", roster)
        transcript.append("root", self.root)
        transcript.append_number("trustee", trustee)
        proof = self.equality(transcript, base, shares, factors)
        return self.message(5, trustee, self.root + b"".join(f.encoding for f in factors) + proof, roster)

    # Roll.

    def roll(self, voters: list[tuple[str, int]]) -> None:
        """Writes the roll, from the style and weight of every voter."""
        several = len(self.authorities) > 1
        found = [[self.scalar() for _ in self.authorities] for _ in voters]  # of each voter the part of each authority
        found = self.edited("secret parts", found)
        found.sort(key=lambda parts: times(sum(parts) % ORDER).encoding)
        secrets = [sum(parts) % ORDER for parts in found]
        if several:
            self.parts = [self.part_list(a, [parts[a - 1] for parts in found]) for a in range(1, len(self.authorities) + 1)]
            self.parts = self.edited("part lists", self.parts)
            self.files |= {f"parts/{a}": data for a, data in enumerate(self.parts, 1)}
        self.voters = [(secret, style, weight) for secret, (style, weight) in zip(secrets, voters)]
        lines = [f"ballotta/v1-draft.5/roll {self.manifest.hash.hex()}"]
        lines += [f"{times(s).encoding.hex()} {style} {weight}" for s, style, weight in self.voters]
        self.files["roll"] = self.edited("roll", "".join(line + "\n" for line in lines).encode())
        lines = self.files["roll"].split(b"\n")[1:-1]
        roll_hash = tagged("roll", le64(len(lines)), root_of(blocks(lines)))
        joint_key = tagged("joint-key", self.root, b"".join(key.encoding for key in self.joint_key))
        self.fingerprint = tagged("fingerprint", self.manifest.hash, joint_key, roll_hash)

    def part_list(self, authority: int, secrets: list[int]) -> bytes:
        """The file of an authority's parts, in the order of the roll."""
        secrets = self.edited(f"proved parts {authority}", secrets)
        encodings = [times(secret).encoding for secret in secrets]
        author, lines = self.edited(f"proved numbers {authority}", (authority, len(secrets)))
        transcript = begin("credential-parts", "manifest", self.manifest.hash)
        transcript.append_number("authority", author)
        transcript.append_number("lines", lines)
        transcript.append("parts", sha256(b"".join(encodings)))
        weights = part_weights(transcript.challenge_bytes("seed", 32), len(secrets))
        proof = self.schnorr(transcript, sum(w * secret for w, secret in zip(weights, secrets)) % ORDER)
        return VERSION + le16(authority) + le64(len(secrets)) + b"".join(encodings) + proof

    def sign_roll(self, authority: int = 1, fingerprint: bytes | None = None) -> None:
        fingerprint = fingerprint or self.fingerprint
        transcript = begin("roll-signature", "fingerprint", fingerprint)
        transcript.append_number("authority", authority)
        parts = b""
        if len(self.authorities) > 1:
            parts = sha256(self.parts[authority - 1])
            transcript.append("parts", parts)
        secret = self.authorities[min(authority, len(self.authorities)) - 1]
        self.add(
            ROLL_SIGNATURE,
            self.edited("roll signature", le16(authority) + fingerprint + parts + self.schnorr(transcript, secret)),
        )

    def organiser_entry(self, kind: int, fingerprint: bytes | None = None, reason: str = "") -> None:
        fingerprint = fingerprint or self.fingerprint
        transcript = begin("organiser-entry", "fingerprint", fingerprint)
        transcript.append_number("action", kind)
        if kind == CANCELLATION:
            signed = len(reason.encode()).to_bytes(2, "little") + reason.encode()
            transcript.append("reason", reason.encode())
        else:
            signed = bytes(8)
            transcript.append_number("not-before", 0)
        body = fingerprint + signed + self.schnorr(transcript, self.organiser)
        self.add(kind, self.edited(f"organiser {kind}", body))

    # Ballots.

    def ballot(self, voter: int, bits: list[int], **wrong: Any) -> bytes:
        """Makes a signed ballot. `wrong` replaces the values that the code below looks up."""
        secret, style_name, _ = self.voters[voter]
        style = wrong.get("style", [s.id for s in self.manifest.styles].index(style_name))
        fingerprint = wrong.get("fingerprint", self.fingerprint)
        credential = wrong.get("credential", times(secret))
        form, weight = self.manifest.styles[style].form, wrong.get("weight", self.voters[voter][2])
        keys = style_keys(self.manifest.styles[style], self.joint_key)
        r = wrong.get("nonce") or self.scalar()
        values = wrong.get("values") or [row.value(bits) for row in form.rows[: form.slots]]
        big_r = times(r)
        c = [element_of(multiply_add([(r, key.point), (value, BASE)])) for key, value in zip(keys.keys, values)]
        if wrong.get("zero_c"):
            c = [element_of(IDENTITY) for _ in c]
        transcript = begin("ballot-argument", "fingerprint", fingerprint)
        transcript.append("credential", credential.encoding)
        transcript.append("form", form.digest)
        transcript.append_number("weight", weight)
        transcript.append("Y", keys.digest)
        transcript.append("R", big_r.encoding)
        transcript.append("C", b"".join(element.encoding for element in c))
        a, (s_b, s_a, s) = [self.scalar() for _ in bits], (self.scalar() for _ in range(3))
        h = hash_to_group("H").point
        u = [hash_to_group("U", le64(j)).point for j in range(1, len(bits) + 1)]
        v = [hash_to_group("V", le64(j)).point for j in range(1, len(bits) + 1)]
        terms = [*zip(bits, u), *((x * (1 - 2 * bit), p) for x, bit, p in zip(a, bits, v)), (s_b, h)]
        big_b = element_of(multiply_add(terms))
        big_a = element_of(multiply_add([*zip(a, u), *((-x * x, p) for x, p in zip(a, v)), (s_a, h)]))
        transcript.append("B", big_b.encoding)
        transcript.append("A", big_a.encoding)
        rho = transcript.challenge("rho")
        weights = [pow(rho, k, ORDER) for k in range(1, len(form.rows) + 1)]
        l_of_a = sum(w * row.value(a) for w, row in zip(weights, form.rows))
        e_r = times(s)
        e_c = element_of(multiply_add([(s * w, key.point) for w, key in zip(weights, keys.keys)] + [(l_of_a, BASE)]))
        transcript.append("E_R", e_r.encoding)
        transcript.append("E_C", e_c.encoding)
        x = transcript.challenge("x")
        numbers = [s_b * x + s_a, r * x + s] + [bit * x + y for bit, y in zip(bits, a)]
        previous = wrong.get("previous", self.previous.get(voter, bytes(32)))
        unsigned = VERSION + fingerprint + le16(style) + le64(weight) + credential.encoding + previous
        unsigned += b"".join(element.encoding for element in [big_r, *c, big_b, big_a, e_r, e_c])
        unsigned = self.edited("ballot", unsigned + b"".join(map(scalar_bytes, numbers)))
        tracker = tagged("tracker", unsigned)
        transcript = begin("ballot-signature", "fingerprint", fingerprint)
        transcript.append("tracker", tracker)
        if not wrong.get("unadmitted"):
            self.previous[voter] = tracker
            self.heads[voter] = len(self.entries)
            self.last_counted[voter] = Counted(style, self.voters[voter][2], big_r.point, [e.point for e in c])
        return unsigned + self.edited("ballot signature", self.schnorr(transcript, secret))

    def cast(self, voter: int, bits: list[int], **wrong: Any) -> bytes:
        data = self.ballot(voter, bits, **wrong)
        self.add(BALLOT, data)
        return data

    def vote(self, voter: int, choices: dict[str, Any], **wrong: Any) -> bytes:
        """Casts a ballot of choices that are given by identifiers."""
        _, style_name, weight = self.voters[voter]
        style = next(style for style in self.manifest.styles if style.id == style_name)
        weight = wrong.get("weight", weight)
        return self.cast(voter, read_choices(written(choices), self.manifest, style, weight), **wrong)

    # Close.

    def close(self) -> None:
        self.organiser_entry(CLOSING)
        self.note_close()

    def note_close(self) -> None:
        """The sums and the head of the entries so far, which are decrypted."""
        log = Log()
        for entry in self.entries:
            log.append(entry)
        self.tally = Tally(self.manifest, list(self.last_counted.values()))
        heads = heads_root([(1, self.heads[voter]) if voter in self.heads else (0, 0) for voter in range(len(self.voters))])
        self.closed = Close(self.fingerprint, log.size, log.root(), heads, self.tally.digest)

    def statement(self, trustee: int, close: Close | None = None) -> None:
        close = close or self.closed
        transcript = begin("closing-statement", "fingerprint", close.fingerprint)
        close.append_to(transcript)
        body = VERSION + le16(trustee) + close.fingerprint + le64(close.size) + close.root + close.heads + close.digest
        body += self.schnorr(transcript, self.trustees[min(trustee, len(self.trustees)) - 1])
        self.add(STATEMENT, self.edited(f"statement {trustee}", body))

    def decryption(self, trustee: int, author: int | None = None, contests: list[int] | None = None) -> bytes:
        closed = self.closed
        data = VERSION + le16(trustee) + self.fingerprint + le64(closed.size) + closed.root + closed.heads + closed.digest
        for number in contests if contests is not None else self.tally.decrypted():
            base = self.tally.bases[number]
            shares = [self.shares[trustee - 1][slot] for slot in self.manifest.contests[number].slots]
            factors = [times(x, base) for x in shares]
            transcript = begin("partial-decryption", "fingerprint", self.fingerprint)
            self.closed.append_to(transcript)
            transcript.append_number("trustee", trustee)
            transcript.append_number("contest", number)
            data += b"".join(f.encoding for f in factors) + self.equality(transcript, base, shares, factors)
        if (slot := self.manifest.lot_slot) is not None:
            base = hash_to_group("lot", self.fingerprint, le64(closed.size), closed.root)
            share = self.shares[trustee - 1][slot]
            transcript = begin("lot-share", "fingerprint", self.fingerprint)
            self.closed.append_to(transcript)
            transcript.append_number("trustee", trustee)
            factor = times(share, base)
            data += factor.encoding + self.equality(transcript, base, [share], [factor])
        # The trustee signs what was changed, unless the signature is changed as well.
        data = self.edited(f"decryption {trustee}", data)
        transcript = begin("decryption-signature", "fingerprint", data[4:36])
        transcript.append("decryption", data)
        data += self.schnorr(transcript, self.trustees[min(trustee, len(self.trustees)) - 1])
        data = self.edited(f"signed decryption {trustee}", data)
        self.add_file(DECRYPTION, "decryption/", author or trustee, data)
        return data

    # Record.

    def publish(self) -> None:
        """Writes SHA256SUMS over the existing files, and its entry."""
        listed = [p for p in sorted(self.files) if not p.startswith(("ceremony/", "decryption/", "parts/"))]
        listed = [p for p in listed if p not in ("manifest.json", "roll", "checkpoint", "SHA256SUMS")]
        lines = "".join(f"{sha256(self.files[path]).hex()}  {path}\n" for path in listed)
        data = self.edited("list", lines.encode())
        self.files["SHA256SUMS"] = data
        self.add(PUBLICATION, bytes(2) + le32(len(data)) + sha256(data))

    def write(self, folder: str) -> str:
        files = dict(self.files)
        files["checkpoint"] = self.edited("checkpoint", self.note(self.entries))
        for number, (path, width) in enumerate(bundle_paths(len(self.entries))):
            some = self.entries[256 * number : 256 * number + width]
            files[path] = b"".join(len(entry).to_bytes(2, "big") + entry for entry in some)
        for path, data in files.items():
            target = os.path.join(folder, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(data)
        return folder

    def compute_result(self, folder: str) -> None:
        """The result that the reference computes from the record so far."""
        report = verify(Record(self.write(folder)))
        if report.result:
            self.files["result/result.json"] = json.dumps(report.result, indent=2).encode() + b"\n"


def edwards_encoding(secret: int) -> bytes:
    x, y, z, _ = multiply_add([(secret, BASE)])
    inverse = pow(z, -1, P)
    return (y * inverse % P | (x * inverse % P & 1) << 255).to_bytes(32, "little")


VOTERS = [("all", 1), ("all", 1), ("all", 2), ("second", 1), ("second", 5), ("all", 1)]


def bits_of(forge: Forge, style: int, *chosen: list[int] | None) -> list[int]:
    """The bits of a ballot, from the chosen options for each contest of the style, or None for the blank vote."""
    contests = [forge.manifest.contests[number] for number in forge.manifest.styles[style].contests]
    return [
        bit
        for contest, options in zip(contests, chosen)
        for bit in bits_of_mark(contest, "blank" if options is None else {"options": [f"o{i}" for i in options]})
    ]


def small_election(
    edit: dict[str, Callable] | None = None, manifest: dict[str, Any] | None = None, **steps: Any
) -> Forge:
    """Makes an honest election. `steps` replaces or adds acts at given places: see the code."""
    forge = Forge(manifest, edit)

    def step(name: str, usual: Callable[[], Any] = lambda: None) -> None:
        steps[name](forge) if name in steps else usual()

    step("ceremony", forge.ceremony)
    step("roll", lambda: forge.roll(VOTERS))
    step("roll_signature", lambda: [forge.sign_roll(a) for a in range(1, len(forge.authorities) + 1)])
    step("opening", lambda: forge.organiser_entry(OPENING))
    step("ballots", lambda: honest_ballots(forge))
    step("more_ballots")
    step("closing", forge.close)
    step("statements", lambda: [forge.statement(j) for j in (1, 2, 3)])
    step("decryptions", lambda: [forge.decryption(j) for j in (1, 3)])
    step("end")
    return forge


def honest_ballots(forge: Forge) -> None:
    forge.cast(0, bits_of(forge, 0, [0], [0, 1]))
    forge.cast(1, bits_of(forge, 0, None, []))
    forge.cast(2, bits_of(forge, 0, [2], [2]))
    forge.cast(0, bits_of(forge, 0, [1], [2]))
    forge.cast(4, bits_of(forge, 1, [0]))
