"""The two closed records of the vectors, with every value between their bytes and their result, and the vectors that must be
refused: changed records, manifests, encodings and signatures."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from struct import pack, unpack

from paths import COMMAND, NO_COMMAND, VECTORS

from board import (
    bundle_path, bundle_paths, cosignature_holds, ed25519_holds, key_id, read_bundle, read_checkpoint, read_entry, read_pointer,
)  # fmt: skip
from ceremony import read_body, read_message
from compare import differences
from encoding import MAX_ROLL_LINE_BYTES, Reader, Refused, le16, le32, le64, read_fingerprint, written
from group import BASE, ORDER, Element, decode, element_of, encode, equal, is_identity, multiply_add, read_element, read_scalar
from manifest import NoteKey, read_manifest
from merkle import Log, leaf
from record import Record
from report import Report
from roll import begin_parts, read_roll_signature
from schema import ed25519_key
from tally import lagrange, read_decryption, read_equality, read_statement
from transcript import SUITE, Transcript, begin, hash_to_group, sha256, tagged
from verify import Pins, Verifier, verify


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def h(text):
    return bytes.fromhex(text)


def root_of_leaves(leaves):
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + root_of_leaves(leaves[:split]) + root_of_leaves(leaves[split:]))


def in_text(value):
    return json.dumps(value, sort_keys=True)


def hex_scalar(number):
    return (number % ORDER).to_bytes(32, "little").hex()


def combined(w, elements):
    """sum [w^s]P_s"""
    return multiply_add([(pow(w, s, ORDER), element.point) for s, element in enumerate(elements, 1)])


class Values:
    """A closed record, taken apart: the same values as in `records.json`, computed from the files."""

    def __init__(self, folder):
        self.record = Record(folder)
        self.manifest_bytes = self.record.read("manifest.json", 1 << 20)
        self.manifest = m = read_manifest(self.manifest_bytes)
        size = read_checkpoint(self.record.read("checkpoint", 1 << 16)).size
        self.bundles = list(bundle_paths(size))
        self.entries = [e for path, width in self.bundles for e in read_bundle(self.record.read(path, 1 << 25), width)]
        self.bodies = [read_entry(entry) for entry in self.entries]
        # The verifier's own objects: joint key, roll, tally.
        self.verifier = Seen(self.record, Report("complete"), Pins())
        self.verifier.run()
        self.key = self.verifier.joint_key
        self.tally = self.verifier.tally
        self.roll_lines = self.record.read("roll", 1 << 20).splitlines(keepends=True)[1:]
        lines = self.roll_lines
        self.roll_blocks = [leaf(b"".join(lines[first : first + 32])) for first in range(0, len(lines), 32)]
        self.roll_root = root_of_leaves(self.roll_blocks)
        self.roll_hash = tagged("roll", le64(len(lines)), self.roll_root)
        self.joint_key = tagged("joint-key", self.key.root, b"".join(key.encoding for key in self.key.keys))
        self.fingerprint = tagged("fingerprint", m.hash, self.joint_key, self.roll_hash)

    def of_kind(self, kind):
        return [(index, body) for index, (of, body) in enumerate(self.bodies) if of == kind]

    def schnorr(self, transcript, key, proof):
        """The challenge of a Schnorr proof; its equation must hold."""
        announcement, response = decode(proof[:32], "K"), int.from_bytes(proof[32:], "little")
        transcript = transcript.clone()
        transcript.append("P", key.encoding)
        transcript.append("K", announcement.encoding)
        c = transcript.challenge("c")
        assert equal(multiply_add([(response, BASE), (-c, key.point)]), announcement.point)
        return hex_scalar(c)

    def equality(self, transcript, base, keys, factors, proof):
        transcript.append("R", base.encoding)
        transcript.append_number("n", len(keys))
        for key, factor in zip(keys, factors, strict=True):
            transcript.append("Y", key.encoding)
            transcript.append("D", factor.encoding)
        w = transcript.challenge("w")
        transcript.append("A", proof.a.encoding)
        transcript.append("B", proof.b.encoding)
        c = transcript.challenge("c")
        keys_star, factors_star = combined(w, keys), combined(w, factors)
        assert equal(multiply_add([(proof.z, BASE), (-c, keys_star)]), proof.a.point)
        assert equal(multiply_add([(proof.z, base.point), (-c, factors_star)]), proof.b.point)
        return {
            "D": [factor.encoding.hex() for factor in factors], "w": hex_scalar(w), "Y_star": encode(keys_star).hex(),
            "D_star": encode(factors_star).hex(), "A": proof.a.encoding.hex(), "B": proof.b.encoding.hex(),
            "c": hex_scalar(c), "z": hex_scalar(proof.z),
        }  # fmt: skip

    def json(self):
        m = self.manifest
        return {
            "manifest_hash": tagged("manifest", self.manifest_bytes).hex(),
            "joint_key_hash": self.joint_key.hex(),
            "roll_blocks": [block.hex() for block in self.roll_blocks],
            "roll_root": self.roll_root.hex(),
            "roll_hash": self.roll_hash.hex(),
            "ceremony": self.ceremony(),
            "fingerprint": self.fingerprint.hex(),
            "written_fingerprint": written("F", self.fingerprint),
            "credential_salt": tagged("credential", m.hash, self.joint_key).hex(),
            "styles": self.styles(),
            "entries": self.log(),
            "bundles": [path for path, _ in self.bundles],
            "checkpoint": self.checkpoint("checkpoint"),
            "closing_checkpoint": self.checkpoint("closing-checkpoint"),
            "organiser": self.organiser(),
            "roll_signatures": self.roll_signatures(),
            "parts": self.parts(),
            "ballots": self.ballots(),
            "tally": self.sums(),
            "statements": self.statements(),
            "decryptions": self.decryptions(),
            "totals": self.totals(),
            "result_hash": sha256(self.record.read("result/result.json", 1 << 24)).hex(),
        }

    def ceremony(self):
        m = self.manifest
        files = [self.record.read(f"ceremony/{read_pointer(body).hash.hex()}", 1 << 24) for _, body in self.of_kind(1)]
        messages = [read_message(data) for data in files]
        registrations = {message.author: message for message in messages if message.kind == 1}
        parts = [m.hash, le64(len(m.trustees)), le64(m.threshold), le64(m.slots), le32(1)]
        for number, key in enumerate(m.trustees, 1):
            parts += [key.encoding, registrations[number].data]
        roster = tagged("roster", *parts)
        root = tagged("ceremony", roster, *(sha256(message.data) for message in messages if message.kind == 3))
        described = []
        for message in messages:
            j, body = message.author, read_body(message, m)
            if message.kind == 1:
                transcript = begin("trustee-registration", "manifest", m.hash)
                transcript.append_number("attempt", 1)
            else:
                transcript = begin("ceremony-message", "roster", roster)
            transcript.append_number("trustee", j)
            transcript.append("message", message.data[:-64])
            signature_c = self.schnorr(transcript, m.trustees[j - 1], message.data[-64:])
            value = {"kind": message.kind, "trustee": j, "hash": sha256(message.data).hex(), "signature_c": signature_c}
            if message.kind == 1:
                transcript = begin("encryption-key-possession", "manifest", m.hash)
                transcript.append_number("attempt", 1)
                transcript.append_number("trustee", j)
                value["possession_c"] = self.schnorr(transcript, body.encryption_key, message.data[37:101])
            elif message.kind == 3:
                value |= self.deal(body, j, roster)
            elif message.kind == 5:
                base = hash_to_group("backup-test", root, le16(j))
                transcript = begin("backup-decryption", "roster", roster)
                transcript.append("root", root)
                transcript.append_number("trustee", j)
                keys = self.key.verification_keys(j, range(m.slots))
                value |= {"R": base.encoding.hex(), "equality": self.equality(transcript, base, keys, body.factors, body.proof)}
            described.append(value)
        return {
            "messages": described, "roster": roster.hex(), "root": root.hex(),
            "joint_key": [key.encoding.hex() for key in self.key.keys],
            "verification_keys": [
                [key.encoding.hex() for key in self.key.verification_keys(j, range(m.slots))]
                for j in range(1, len(m.trustees) + 1)
            ],
        }  # fmt: skip

    def trustee_secrets(self, seeds):
        """spec/ceremony.md#what-a-trustee-derives"""
        m = self.manifest
        files = [self.record.read(f"ceremony/{read_pointer(body).hash.hex()}", 1 << 24) for _, body in self.of_kind(1)]
        deals = {message.author: message for message in map(read_message, files) if message.kind == 3}

        def drawn(transcript, seed):
            transcript.append("nonce-secret", seed)
            transcript.append("nonce-randomness", bytes(32))
            return transcript

        def of_roster():
            return begin("trustee-secrets", "roster", deals[1].roster)

        def own(transcript, j):
            transcript.append_number("attempt", 1)
            return drawn(transcript, seeds[j]).challenge("encryption-key")

        numbers = range(1, len(m.trustees) + 1)
        encryption = {j: own(begin("trustee-secrets", "manifest", m.hash), j) for j in numbers}
        public = {j: encode(multiply_add([(y, BASE)])) for j, y in encryption.items()}
        coefficients = {}
        for j in numbers:
            transcript = drawn(of_roster(), seeds[j])
            coefficients[j] = [[transcript.challenge("coefficient") for _ in range(m.threshold)] for _ in range(m.slots)]

        def share(dealer, slot, receiver):
            return sum(a * receiver**power for power, a in enumerate(coefficients[dealer][slot])) % ORDER

        values = []
        for j in numbers:
            sent = []
            for receiver in numbers:
                plaintext = b"".join(share(j, slot, receiver).to_bytes(32, "little") for slot in range(m.slots))
                transcript = of_roster()
                transcript.append_number("trustee", j)
                transcript.append_number("receiver", receiver)
                transcript.append("shares", plaintext)
                e = drawn(transcript, seeds[j]).challenge("ephemeral")
                transcript = begin("share-encryption", "roster", deals[1].roster)
                transcript.append_number("trustee", j)
                transcript.append_number("receiver", receiver)
                transcript.append("E", encode(multiply_add([(e, BASE)])))
                transcript.append("Y", public[receiver])
                transcript.append("K", encode(multiply_add([(e, decode(public[receiver], "Y").point)])))
                key = transcript.challenge_bytes("key", 32)
                ciphertext = sealed(key, plaintext)
                assert ciphertext in deals[j].body
                sent.append({
                    "receiver": receiver, "plaintext": plaintext.hex(), "e": hex_scalar(e), "key": key.hex(),
                    "ciphertext": ciphertext.hex(),
                })  # fmt: skip
            transcript = Transcript(SUITE)
            transcript.append("dom-sep", b"trustee-secrets")
            values.append({
                "trustee": j, "signing_key": hex_scalar(drawn(transcript, seeds[j]).challenge("signing-key")),
                "encryption_key": hex_scalar(encryption[j]),
                "coefficients": [[hex_scalar(a) for a in of_slot] for of_slot in coefficients[j]], "sent": sent,
                "shares": [hex_scalar(sum(share(d, slot, j) for d in numbers)) for slot in range(m.slots)],
            })  # fmt: skip
        return values

    def deal(self, body, j, roster):
        transcript = begin("deal-possession", "roster", roster)
        transcript.append_number("trustee", j)
        transcript.append_number("t", body.threshold)
        for of_slot in body.coefficients:
            for a in of_slot:
                transcript.append("A", a.encoding)
        w = transcript.challenge("w")
        p = combined(w, [of_slot[0] for of_slot in body.coefficients])
        key = Element(encode(p), p)
        ephemeral = []
        for receiver, shares in enumerate(body.shares, 1):
            of_share = begin("share-ephemeral", "roster", roster)
            of_share.append_number("trustee", j)
            of_share.append_number("receiver", receiver)
            announcement, response = shares.possession
            proof = announcement.encoding + response.to_bytes(32, "little")
            ephemeral.append(self.schnorr(of_share, shares.ephemeral, proof))
        proof = body.possession[0].encoding + body.possession[1].to_bytes(32, "little")
        possession = self.schnorr(transcript, key, proof)
        return {"w": hex_scalar(w), "P": key.encoding.hex(), "possession_c": possession, "ephemeral_c": ephemeral}

    def styles(self):
        return [
            {
                "bits": style.form.bits,
                "slots": style.slots,
                "form": style.form.digest.hex(),
                "Y_digest": tagged("slot-keys", *(self.key.keys[slot].encoding for slot in style.slots)).hex(),
            }
            for style in self.manifest.styles
        ]

    def log(self):
        log, values = Log(), []
        for entry in self.entries:
            log.append(entry)
            values.append({"kind": entry[2], "leaf": leaf(entry).hex(), "root": log.root().hex()})
        return values

    def checkpoint(self, path):
        data = self.record.read(path, 1 << 16)
        if data is None:
            return None
        checkpoint, values = read_checkpoint(data), []
        keys = {self.manifest.board.name: (self.manifest.board, 1)} | {w.name: (w, 4) for w in self.manifest.witnesses}
        for s in checkpoint.signatures:
            key, kind = keys[s.name]
            assert s.key_id == key_id(key, kind)
            signed = checkpoint.text
            if kind == 4:
                assert cosignature_holds(key, checkpoint.text, s.body)
                signed = b"cosignature/v1\ntime %d\n" % int.from_bytes(s.body[:8], "big") + signed
            assert ed25519_holds(key, signed, s.body[-64:])
            value = {"name": s.name, "key_id": s.key_id.hex(), "signed": signed.decode(), "signature": s.body[-64:].hex()}
            values.append(value)
        return {"text": checkpoint.text.decode(), "signatures": values}

    def organiser(self):
        values = {}
        for name, kind in (("opening", 2), ("closing", 4)):
            index, body = self.of_kind(kind)[0]
            transcript = begin("organiser-entry", "fingerprint", body[:32])
            transcript.append_number("action", kind)
            transcript.append_number("not-before", int.from_bytes(body[32:40], "little"))
            values[name] = {"index": index, "c": self.schnorr(transcript, self.manifest.organiser, body[40:])}
        return values

    def roll_signatures(self):
        values = []
        for index, body in self.of_kind(8):
            found = read_roll_signature(body)
            transcript = begin("roll-signature", "fingerprint", found.fingerprint)
            transcript.append_number("authority", found.authority)
            if found.parts is not None:
                transcript.append("parts", found.parts)
            c = self.schnorr(transcript, self.manifest.authorities[found.authority - 1], found.signature)
            value = {"index": index, "authority": found.authority, "c": c}
            values.append(value if found.parts is None else value | {"parts": found.parts.hex()})
        return values

    def parts(self):
        values, voters = [], self.record.read("roll", 1 << 24).count(b"\n") - 1
        for authority in range(1, len(self.manifest.authorities) + 1):
            data = self.record.read(f"parts/{authority}", 1 << 24)
            if data is None:
                continue
            encodings = [data[at : at + 32] for at in range(12, 12 + 32 * voters, 32)]
            transcript, weights = begin_parts(self.manifest, authority, encodings)
            total = element_of(multiply_add(zip(weights, (decode(it, "part").point for it in encodings))))
            values.append({
                "authority": authority, "digest": sha256(b"".join(encodings)).hex(),
                "weights": [hex_scalar(weight) for weight in weights], "P_star": total.encoding.hex(),
                "c": self.schnorr(transcript, total, data[-64:]),
            })  # fmt: skip
        return values

    def ballots(self):
        values, of_kind = [], self.of_kind(3)
        for number, (index, body) in enumerate(of_kind):
            reader = Reader(body)
            reader.take(34, "")
            style, weight = reader.integer(2, ""), reader.integer(8, "")
            credential, previous, r = reader.take(32, ""), reader.take(32, ""), reader.take(32, "")
            form = self.manifest.styles[style].form
            tracker = tagged("tracker", body[:-64])
            signed = begin("ballot-signature", "fingerprint", self.fingerprint)
            signed.append("tracker", tracker)
            transcript = begin("ballot-argument", "fingerprint", self.fingerprint)
            transcript.append("credential", credential)
            transcript.append("form", form.digest)
            transcript.append_number("weight", weight)
            transcript.append("Y", h(self.styles()[style]["Y_digest"]))
            transcript.append("R", r)
            transcript.append("C", reader.take(32 * form.slots, ""))
            transcript.append("B", reader.take(32, ""))
            transcript.append("A", reader.take(32, ""))
            rho = transcript.challenge("rho")
            transcript.append("E_R", reader.take(32, ""))
            transcript.append("E_C", reader.take(32, ""))
            values.append({
                "index": index, "style": style, "weight": weight, "credential": credential.hex(), "previous": previous.hex(),
                "R": r.hex(), "rho": hex_scalar(rho), "x": hex_scalar(transcript.challenge("x")), "tracker": tracker.hex(),
                "signature_c": self.schnorr(signed, decode(credential, ""), body[-64:]),
                "counts": all(later[44:76] != credential for _, later in of_kind[number + 1 :]),
            })  # fmt: skip
        return values

    def sums(self):
        contests, encoding = [], b""
        for sums, base in zip(self.tally.contests, self.tally.bases):
            c = [encode(point) for point in sums.c]
            encoding += le64(sums.ballots) + le64(sums.weight) + base.encoding + b"".join(c)
            contests.append({
                "ballots": sums.ballots, "weight": sums.weight, "withheld": sums.withheld(self.manifest),
                "R": base.encoding.hex(), "C": [encoding.hex() for encoding in c],
            })  # fmt: skip
        size, root = self.verifier.head
        counted = {ballot["credential"]: ballot["index"] for ballot in self.ballots() if ballot["counts"]}
        heads = [counted.get(line[:64].decode()) for line in self.roll_lines]
        heads += [None] * (self.manifest.roll_changes[0] if self.manifest.roll_changes else 0)
        encoded = [pack("<Q", 0 if index is None else index << 8 | 1) for index in heads]
        blocks = [leaf(b"".join(encoded[first : first + 256])) for first in range(0, len(encoded), 256)]
        return {
            "heads": heads, "heads_root": root_of_leaves(blocks).hex(),
            "contests": contests, "encoding": encoding.hex(), "digest": tagged("tally", encoding).hex(), "size": size,
            "root": root.hex(),
        }  # fmt: skip

    def statements(self):
        values = []
        for index, body in self.of_kind(5):
            statement = read_statement(body)
            transcript = begin("closing-statement", "fingerprint", statement.close.fingerprint)
            statement.close.append_to(transcript)
            c = self.schnorr(transcript, self.manifest.trustees[statement.trustee - 1], body[-64:])
            values.append({"index": index, "trustee": statement.trustee, "c": c})
        return values

    def decryptions(self):
        values = []
        for index, body in self.of_kind(6):
            hash = read_pointer(body).hash.hex()
            data = self.record.read(f"decryption/{hash}", 1 << 24)
            found, contests = read_decryption(data), []
            reader = Reader(found.content)
            for number in self.tally.decrypted():
                slots = self.manifest.contests[number].slots
                factors = [read_element(reader, "D") for _ in slots]
                transcript = begin("partial-decryption", "fingerprint", found.close.fingerprint)
                found.close.append_to(transcript)
                transcript.append_number("trustee", found.trustee)
                transcript.append_number("contest", number)
                keys = self.key.verification_keys(found.trustee, slots)
                proof = read_equality(reader)
                contests.append({"contest": number} | self.equality(transcript, self.tally.bases[number], keys, factors, proof))
            lot = {}
            if (slot := self.manifest.lot_slot) is not None:
                base = self.lot_base(found.close)
                transcript = begin("lot-share", "fingerprint", found.close.fingerprint)
                found.close.append_to(transcript)
                transcript.append_number("trustee", found.trustee)
                factors = [read_element(reader, "D")]
                keys = self.key.verification_keys(found.trustee, range(slot, slot + 1))
                lot = {"lot": self.equality(transcript, base, keys, factors, read_equality(reader))}
            reader.end()
            transcript = begin("decryption-signature", "fingerprint", found.close.fingerprint)
            transcript.append("decryption", data[:-64])
            c = self.schnorr(transcript, self.manifest.trustees[found.trustee - 1], data[-64:])
            value = {"index": index, "trustee": found.trustee, "hash": hash, "contests": contests, "signature_c": c}
            values.append(value | lot)
        return values

    @staticmethod
    def lot_base(close):
        return hash_to_group("lot", close.fingerprint, le64(close.size), close.root)

    def totals(self):
        used = self.decryptions()[: self.manifest.threshold]
        trustees = [found["trustee"] for found in used]
        lambdas = {j: lagrange(trustees, j) for j in trustees}
        contests = []
        for number in self.tally.decrypted():
            slots = []
            for slot, c in enumerate(self.tally.contests[number].c):
                terms = [(1, c)]
                for found in used:
                    of = next(of for of in found["contests"] if of["contest"] == number)
                    terms.append((-lambdas[found["trustee"]], decode(h(of["D"][slot]), "D").point))
                left = multiply_add(terms)
                v = next(v for v in range(1 << 16) if equal(multiply_add([(v, BASE)]), left))
                slots.append({"vG": encode(left).hex(), "v": v})
            contests.append({"contest": number, "slots": slots})
        value = {"lambdas": [{"trustee": j, "lambda": hex_scalar(lambdas[j])} for j in trustees], "contests": contests}
        if self.manifest.lot_slot is not None:
            file = self.record.read(f"decryption/{used[0]['hash']}", 1 << 24)
            close = read_decryption(file).close
            point = multiply_add([(lambdas[of["trustee"]], decode(h(of["lot"]["D"][0]), "D").point) for of in used])
            seed = tagged("lot-seed", close.fingerprint, encode(point))
            lots = [
                {"option": option, "lot": tagged("lot", seed, b"c0", option.encode()).hex()}
                for option in self.manifest.contests[0].options
            ]
            base = self.lot_base(close).encoding.hex()
            value["lot"] = {"R": base, "value": encode(point).hex(), "seed": seed.hex(), "lots": lots}
        return value


def chacha20(key, counter, nonce, data):
    """RFC 8439, section 2.4."""

    def quarter(x, a, b, c, d):
        for one, other, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            x[one] = (x[one] + x[other]) % 2**32
            mixed = x[third] ^ x[one]
            x[third] = (mixed << turn | mixed >> (32 - turn)) % 2**32

    output = b""
    for block in range(0, len(data), 64):
        state = [*unpack("<4I", b"expand 32-byte k"), *unpack("<8I", key), counter + block // 64, *unpack("<3I", nonce)]
        x = list(state)
        for _ in range(10):
            for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)):
                quarter(x, a, b, c, d)
            for a, b, c, d in ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
                quarter(x, a, b, c, d)
        stream = pack("<16I", *((one + other) % 2**32 for one, other in zip(x, state)))
        output += bytes(one ^ other for one, other in zip(data[block : block + 64], stream))
    return output


def poly1305(key, data):
    """RFC 8439, section 2.5."""
    r, s = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF, int.from_bytes(key[16:], "little")
    total = 0
    for block in range(0, len(data), 16):
        total = (total + int.from_bytes(data[block : block + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + s) % 2**128).to_bytes(16, "little")


def sealed(key, plaintext):
    """ChaCha20-Poly1305 with the nonce of spec/ceremony.md#shares, without additional data."""
    encrypted = chacha20(key, 1, bytes(12), plaintext)
    padding = bytes(-len(encrypted) % 16)
    one_time = chacha20(key, 0, bytes(12), bytes(32))
    return encrypted + poly1305(one_time, encrypted + padding + le64(0) + le64(len(encrypted)))


class Seen(Verifier):
    """A verifier that keeps what it computes."""

    def ceremony(self, manifest, scan):
        self.joint_key = super().ceremony(manifest, scan)
        self.head = scan.head
        return self.joint_key

    def close(self, manifest, scan, close):
        self.stated = close
        super().close(manifest, scan, close)

    def result(self, manifest, scan, roll, joint_key, tally, close):
        self.tally = tally
        super().result(manifest, scan, roll, joint_key, tally, close)


def comparable(report):
    """What two verifiers must say in the same way: everything but sentences, and failures without an order."""
    failures = [
        [f["check"], f["place"], f["effect"], sorted(f["who"], key=in_text)] for f in report["failures"]
    ]
    return report | {
        "failures": sorted(failures, key=in_text),
        "not_checked": len(report["not_checked"]), "warnings": len(report["warnings"]),
    }  # fmt: skip


class ClosedRecords(unittest.TestCase):
    maxDiff = None

    def test_values(self):
        for name, expected in vectors("records.json").items():
            record = Values(str(VECTORS / "records" / name))
            seeds = {j: h(seed) for j, seed in enumerate(expected["secrets"]["trustees"], 1)}
            values = record.json() | {"trustee_secrets": record.trustee_secrets(seeds)}
            for field in expected.keys() - {"secrets", "report"}:
                with self.subTest(f"{name}: {field}"):
                    self.assertEqual(values[field], expected[field])
            self.assertEqual(values.keys() | {"secrets", "report"}, expected.keys())

    def test_reports(self):
        for name, expected in vectors("records.json").items():
            report = verify(Record(str(VECTORS / "records" / name))).value()
            self.assertEqual(comparable(report), comparable(expected["report"]), name)


def changed_folder(folder, vector):
    """Makes the record of a vector in an empty folder."""
    base = VECTORS / "records" / vector["record"]
    shutil.copytree(base, folder, dirs_exist_ok=True)
    for path in vector["removed"]:
        os.remove(os.path.join(folder, path))
    for path, change in vector["files"].items():
        old = (base / change["of"]).read_bytes() if "of" in change else b""
        at, end = change["at"], change["at"] + change["delete"]
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(old[:at] + h(change["insert"]) + old[end:])


def expected_of(report):
    """A report as the vectors have it."""
    failures = [[f["check"], f["place"], f["effect"], in_order(f["who"])] for f in report["failures"]]
    code = {"does_not_hold": 1, "not_complete": 3, None: 2}.get(report["verdict"], 0)
    return {
        "verdict": report["verdict"], "exit_code": code, "fingerprint": report["fingerprint"],
        "checks": [[check["check"], check["status"], check["items"], check["failures"]] for check in report["checks"]],
        "failures": sorted(failures, key=in_text), "not_checked": len(report["not_checked"]),
        "warnings": len(report["warnings"]), "result": report["result"] is not None,
    }  # fmt: skip


def in_order(who):
    return sorted(who, key=in_text)


class ChangedRecords(unittest.TestCase):
    maxDiff = None

    @unittest.skipUnless(COMMAND, NO_COMMAND)
    def test_long_rolls(self):
        """A roll of one byte more than its voters can have is one failure of the file: spec/credential.md#roll."""
        vector = {"record": "statements", "removed": [], "files": {}}
        with tempfile.TemporaryDirectory() as folder:
            changed_folder(folder, vector)
            manifest = read_manifest((VECTORS / "records/statements/manifest.json").read_bytes())
            longest = (manifest.total_weight + 1) * MAX_ROLL_LINE_BYTES
            for more, failed in ((0, longest), (1, 1)):
                with open(os.path.join(folder, "roll"), "wb") as file:
                    file.write(b"\n" * (longest + more))
                ours = expected_of(verify(Record(folder)).value())
                process = subprocess.run([COMMAND, "verify", "--json", folder], capture_output=True, timeout=60, check=False)
                self.assertEqual(expected_of(json.loads(process.stdout)), ours)
                self.assertEqual(process.returncode, 1)
                [[_, status, items, failures]] = [check for check in ours["checks"] if check[0] == "roll.lines"]
                self.assertEqual((status, items, failures), ("failed", 0, failed))
                place = {"file": "roll"} if more else {"roll_line": 1}
                self.assertIn(["roll.lines", place, "invalid", []], ours["failures"])

    def test_reports(self):
        for vector in vectors("changed-records.json"):
            with self.subTest(f"{vector['record']}: {vector['name']}"), tempfile.TemporaryDirectory() as folder:
                changed_folder(folder, vector)
                self.assertEqual(self.report(vector, folder), self.expected(vector))

    @unittest.skipUnless(COMMAND, NO_COMMAND)
    def test_command(self):
        """The command gives the same reports, with the exit codes of the vectors."""
        for vector in vectors("changed-records.json"):
            if "head" in vector["pins"]:
                continue  # the command pins signed checkpoints
            with self.subTest(f"{vector['record']}: {vector['name']}"), tempfile.TemporaryDirectory() as folder:
                changed_folder(folder, vector)
                pins = [f"--{name}={value}" for name, value in vector["pins"].items()]
                call = [COMMAND, "verify", "--json", "--stage", vector["stage"], *pins, folder]
                process = subprocess.run(call, capture_output=True, timeout=60, check=False)
                report = expected_of(json.loads(process.stdout))
                self.assertEqual(report | {"exit_code": process.returncode}, self.expected(vector))

    def expected(self, vector):
        expected = vector["expected"]
        failures = [[check, place, effect, in_order(who)] for check, place, effect, who in expected["failures"]]
        return expected | {"failures": sorted(failures, key=in_text)}

    def report(self, vector, folder):
        pins = vector["pins"]
        fingerprint = read_fingerprint(pins["fingerprint"]) if "fingerprint" in pins else None
        heads = ((pins["head"][0], h(pins["head"][1])),) if "head" in pins else ()
        return expected_of(verify(Record(folder), vector["stage"], Pins(fingerprint, heads)).value())


class Unreadable(unittest.TestCase):
    """A link to itself exists and cannot be read: there is no verdict, and everything else is still checked."""

    READ_BY = {
        "manifest.json": ["manifest.valid"], "checkpoint": ["board.checkpoint"], "roll": ["roll.lines"], "parts": ["roll.parts"],
        "tile": ["board.entries"], "ceremony": ["ceremony.messages"], "decryption": ["decryption.proof"],
        "closing-checkpoint": ["closing.rule", "record.files"], "result": ["record.files", "result.totals"],
        "README.md": ["record.files"], "SHA256SUMS": ["record.files"],
    }  # fmt: skip

    def test_files(self):
        base = VECTORS / "records" / "witnesses"
        paths = sorted(str(path.relative_to(base)) for path in base.rglob("*") if path.is_file())
        self.assertEqual({path.split("/")[0] for path in paths}, set(self.READ_BY))
        for path in paths:
            with self.subTest(path), tempfile.TemporaryDirectory() as folder:
                shutil.copytree(base, folder, dirs_exist_ok=True)
                target = os.path.join(folder, path)
                os.remove(target)
                os.symlink(os.path.basename(path), target)
                report = verify(Record(folder))
                self.assertIsNone(report.verdict())
                found = sorted((f.check, f.place["file"], f.effect, f.who) for f in report.failures)
                expected = [(check, path, "unreadable", []) for check in self.READ_BY[path.split("/")[0]]]
                self.assertEqual(found, expected)
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])


def edited(base, edits):
    """The bytes of an edited manifest: `spec/vectors/README.md`."""
    value, data = json.loads(json.dumps(base)), None
    for kind, path, *new in edits:
        if kind in ("put", "bytes"):
            data = data or json.dumps(base, indent=2, ensure_ascii=False).encode()
            text = new[0].encode() if kind == "put" else h(new[0])
            assert path.encode() in data, path
            data = data.replace(path.encode(), text, 1)
            continue
        place = value
        *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        for part in parents:
            place = place[part]
        if kind == "unset":
            del place[last]
        elif isinstance(place, list) and last == len(place):
            place.append(new[0])
        else:
            place[last] = new[0] if kind == "set" else new[0] * new[1]
    return json.dumps(value).encode() if data is None else data


class Manifests(unittest.TestCase):
    def test_manifests(self):
        first, *others = vectors("manifests.json")
        for vector in others:
            with self.subTest(vector["name"]):
                data = edited(first["base"], vector["edits"])
                try:
                    manifest = read_manifest(data)
                except Refused:
                    self.assertFalse(vector["valid"])
                    continue
                self.assertTrue(vector["valid"])
                forms = [[style.form.bits, style.form.slots, style.form.digest.hex()] for style in manifest.styles]
                self.assertEqual(forms, vector["forms"])
                if "hash" in vector:
                    self.assertEqual(manifest.hash.hex(), vector["hash"])

    def test_one_failure(self):
        """Fault R19: a manifest fails once, however many rules it breaks."""
        first, *others = vectors("manifests.json")
        for vector in others:
            if vector["valid"]:
                continue
            with self.subTest(vector["name"]), tempfile.TemporaryDirectory() as folder:
                with open(os.path.join(folder, "manifest.json"), "wb") as file:
                    file.write(edited(first["base"], vector["edits"]))
                report = verify(Record(folder)).value()
                failures = [[f["check"], f["place"], f["effect"], f["who"]] for f in report["failures"]]
                self.assertEqual(failures, [["manifest.valid", {"file": "manifest.json"}, "invalid", []]])
                self.assertEqual((report["checks"][0]["items"], report["checks"][0]["failures"]), (1, 1))


class Edges(unittest.TestCase):
    def test_elements(self):
        for vector in vectors("edges.json")["elements"]:
            try:
                found = "identity" if is_identity(decode(h(vector["bytes"]), "element").point) else "element"
            except Refused:
                found = "refused"
            self.assertEqual(found, vector["is"], vector["name"])

    def test_scalars(self):
        for vector in vectors("edges.json")["scalars"]:
            try:
                accepted = read_scalar(Reader(h(vector["bytes"])), "scalar") >= 0
            except Refused:
                accepted = False
            self.assertEqual(accepted, vector["accepted"], vector["name"])
        for vector in vectors("edges.json")["wide_scalars"]:
            self.assertEqual(hex_scalar(int.from_bytes(h(vector["bytes"]), "little")), vector["scalar"])

    def test_tiles(self):
        for vector in vectors("edges.json")["tiles"]:
            self.assertEqual(bundle_path(vector["bundles"] - 1, vector["size"]), vector["last"])
            self.assertEqual((vector["size"] + 255) // 256, vector["bundles"])

    def test_ed25519(self):
        """Fault G13: the criteria of board.md#checkpoints, one by one."""
        edges = vectors("edges.json")["ed25519"]
        message = edges["message"].encode()
        for vector in edges["signatures"]:
            with self.subTest(vector["name"]):
                signature = h(vector["signature"])
                try:
                    key = NoteKey(edges["name"], h(vector["key"]), ed25519_key(vector["key"]))
                except Refused:
                    self.assertEqual((vector["key_accepted"], vector["valid"]), (False, False))
                    continue
                self.assertTrue(vector["key_accepted"])
                self.assertEqual(ed25519_holds(key, message, signature), vector["valid"])

    def test_cosignatures(self):
        edges = vectors("edges.json")["cosignatures"]
        witness = NoteKey(edges["name"], h(edges["key"]), ed25519_key(edges["key"]))
        for vector in edges["cosignatures"]:
            holds = cosignature_holds(witness, edges["text"].encode(), h(vector["signature"]))
            self.assertEqual(holds, vector["valid"], vector["name"])


if __name__ == "__main__":
    unittest.main()
