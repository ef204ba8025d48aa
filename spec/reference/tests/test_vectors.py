"""The vectors of the specification, and those of the standards that it uses."""

import base64
import hashlib
import hmac
import json
import math
import unittest
from types import SimpleNamespace

from paths import FOREIGN, VECTORS

from ballot import Ballot, StyleKeys, argument_holds, ballot_signature_holds, fingerprint_of, read_ballot
from board import (
    CANCELLATION, CLOSING, OPENING, NoteKey, bundle_path, ed25519_holds, key_id, organiser_signed, read_checkpoint, read_organiser,
)  # fmt: skip
from contests import Choose, Points, compile_form
from decisions import Circumstances
from encoding import Reader, Refused, le64, written
from group import (
    BASE, IDENTITY, ORDER, add, decode, decode_edwards, digit_steps, discrete_logarithm, encode, equal, multiply_add,
    one_way_map, read_element,
)  # fmt: skip
from choices import bits_of_mark
from manifest import Contest, Style
from merkle import Log, leaf, node
from record import contest_value
from rules import read_motion, read_rule, read_winners
from schema import Schema
from transcript import SUITE, Strobe, Transcript, begin, framed, hash_to_group, read_schnorr, schnorr_holds, tagged


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def foreign(name):
    return json.loads((FOREIGN / name).read_text())


def h(text):
    return bytes.fromhex(text)


def scalar(text):
    return int.from_bytes(h(text), "little")


class Specification(unittest.TestCase):
    def test_digests(self):
        for v in vectors("digests.json"):
            parts = [h(part) for part in v["parts"]]
            self.assertEqual(framed(SUITE, v["tag"].encode(), *parts).hex(), v["hashed"])
            self.assertEqual(tagged(v["tag"], *parts).hex(), v["digest"])

    def test_shown_orders(self):
        for v in vectors("shown-orders.json"):
            contest = Contest(v["contest"], None, v["options"], 0)
            parts = [v["contest"].encode()]
            self.assertEqual(
                [tagged("shown-order", h(v["seed"]), *parts, option.encode()).hex() for option in v["options"]], v["places"]
            )
            self.assertEqual([v["options"][place] for place in contest.drawn_order(h(v["seed"]))], v["shown"])

    def test_generators(self):
        for v in vectors("generators.json"):
            label, _, number = v["name"].partition("_")
            parts = [le64(int(number))] if number else []
            self.assertEqual(framed(SUITE, b"hash-to-group", label.encode(), *parts).hex(), v["hashed"])
            self.assertEqual(hashlib.sha512(h(v["hashed"])).hexdigest(), v["uniform"])
            self.assertEqual(hash_to_group(label, *parts).encoding.hex(), v["element"])

    def test_schnorr(self):
        v = vectors("schnorr.json")
        body = h(v["opening_entry_body"])
        transcript = begin("organiser-entry", "fingerprint", body[:32])
        transcript.append_number("action", 2)
        transcript.append_number("not-before", 1_900_000_000)
        prover = transcript.clone()
        prover.append("P", h(v["P"]))
        nonce = prover.clone()
        nonce.append("nonce-secret", h(v["p"]))
        nonce.append("nonce-randomness", h(v["nonce_randomness"]))
        k = nonce.challenge("k")
        self.assertEqual(k, scalar(v["k"]))
        self.assertEqual(encode(multiply_add([(k, BASE)])).hex(), v["K"])
        prover.append("K", h(v["K"]))
        c = prover.challenge("c")
        self.assertEqual(c, scalar(v["c"]))
        self.assertEqual((k + c * scalar(v["p"])) % ORDER, scalar(v["s"]))
        self.assertEqual(body[40:].hex(), v["proof"])
        self.assertTrue(schnorr_holds(transcript, decode(h(v["P"]), "P"), *read_schnorr(Reader(body[40:]), "")))

    def test_entries_of_the_organiser(self):
        v = vectors("schnorr.json")
        manifest = SimpleNamespace(organiser=read_element(Reader(h(v["P"])), "organiser"))
        opening, cancellation = h(v["opening_entry_body"]), h(v["cancellation_entry_body"])
        self.assertEqual(read_organiser(OPENING, opening).not_before, 1_900_000_000)
        self.assertEqual(read_organiser(CANCELLATION, cancellation).reason, "Una scheda è sbagliata")
        self.assertTrue(organiser_signed(manifest, OPENING, opening))
        self.assertTrue(organiser_signed(manifest, CANCELLATION, cancellation))
        # Another action, another time, another reason.
        self.assertFalse(organiser_signed(manifest, CLOSING, opening))
        self.assertFalse(organiser_signed(manifest, OPENING, opening[:32] + bytes(8) + opening[40:]))
        self.assertFalse(organiser_signed(manifest, CANCELLATION, cancellation[:34] + b"I" + cancellation[35:]))
        for body in (opening[:39] + b"\xff" + opening[40:], opening[:-1]):
            with self.assertRaises(Refused):
                read_organiser(OPENING, body)
        for reason in (b"", b"one\ntwo", b"\xff", "\u202ex".encode(), b"x" * 1025):
            with self.assertRaises(Refused):
                read_organiser(CANCELLATION, opening[:32] + len(reason).to_bytes(2, "little") + reason + opening[40:])

    def test_forms(self):
        for v in vectors("forms.json"):
            rule = v["choose"]
            total = v["weights_total"]
            form = compile_form([Choose(rule["options"], rule["blank"], rule["min"], rule["max"], weights_total=total)])
            self.assertEqual((form.bits, form.slots), (v["bits"], v["slots"]), v["name"])
            self.assertEqual([[row.kind, row.constant, [list(t) for t in row.terms]] for row in form.rows], v["rows"])
            self.assertEqual(form.encoding.hex(), v["encoding"])
            self.assertEqual(form.digest.hex(), v["digest"])

    def test_packings(self):
        for v in vectors("packings.json"):
            weights = {"weights_max": v["weights_max"], "weights_total": v["weights_total"]}
            rule = Points(2, False, v["bound"], None, False, False, **weights)
            self.assertEqual(rule.per_slot, v["counts_per_slot"], v)
            self.assertEqual([rule.radix**place for place in range(rule.per_slot)], v["units"], v)

    def test_contests(self):
        for v in vectors("contests.json"):
            kind, options = v["rule"]["kind"], [f"o{number}" for number in range(v["options"])]
            schema = Schema(languages=["en"])
            rule = read_rule(schema, "rule", v["rule"], options, v["weight"], v["weights_total"])
            self.assertEqual(schema.problems, [], kind)
            self.assertEqual((rule.form.bits, rule.form.slots, rule.bound), (v["bits"], v["slots"], v["bound"]), kind)
            self.assertEqual(rule.form.encoding.hex(), v["form"], kind)
            self.assertEqual(rule.form.digest.hex(), v["digest"], kind)
            self.assertEqual((rule.counts, rule.per_slot), (v["counts"], v["counts_per_slot"]), kind)
            for roll in v["other_rolls"]:
                other = read_rule(schema, "rule", v["rule"], options, v["weight"], roll["weights_total"])
                self.assertEqual((other.per_slot, other.form.slots), (roll["counts_per_slot"], roll["slots"]), kind)
                self.assertEqual(other.form.digest.hex(), roll["digest"], kind)
            decision = v["decision"]
            winners = read_winners(schema, "winners", decision["winners"], options) if "winners" in decision else None
            passes = read_motion(schema, "passes", decision["passes"], options, rule) if "passes" in decision else None
            self.assertEqual(schema.problems, [], kind)
            contest = Contest("c", rule, options, 0, winners, passes)
            for mark in v["marks"]:
                bits = bits_of_mark(contest, mark["mark"], v["weight"])
                self.assertEqual("".join(map(str, bits)), mark["bits"], f"{kind}: {mark['mark']}")
                self.assertEqual([row.value(bits) for row in rule.form.rows[: v["slots"]]], mark["slots"], kind)
            for outcome in v["outcomes"]:
                weight = outcome["weight"]
                for name, has_quorum, seed in (
                    ("result", True, None),
                    ("by_lot", True, b"\x1f" * 32),
                    ("without_quorum", False, None),
                ):
                    circumstances = Circumstances(has_quorum, weight, 2 * weight, seed)
                    try:
                        total = rule.count(outcome["totals"], weight)
                        found = contest_value(contest, weight, None, total, circumstances)
                    except Refused:
                        found = None
                    # The vectors leave out what is the same.
                    expected = outcome[name] if outcome[name] is not None else outcome["result"]
                    self.assertEqual(found, expected, f"{kind}: {name} of {outcome['totals']}")

    def test_ballot(self):
        v = vectors("ballot.json")
        form = compile_form([Choose(3, False, 1, 2, weights_total=v["weights_total"])])
        self.assertEqual(form.digest.hex(), v["form"])
        keys = StyleKeys([decode(h(key), "Y") for key in v["Y"]], tagged("slot-keys", *map(h, v["Y"])))
        self.assertEqual(keys.digest.hex(), v["Y_digest"])
        signed, style = h(v["signed_ballot"]), Style("", [0], form, list(range(form.slots)))

        class OneStyle:
            styles = [style]

        ballot: Ballot = read_ballot(signed, OneStyle)
        self.assertEqual(fingerprint_of(signed).hex(), v["fingerprint"])
        self.assertEqual(ballot.tracker.hex(), v["tracker"])
        self.assertEqual(ballot.credential.encoding.hex(), v["credential"])
        self.assertEqual([c.encoding.hex() for c in ballot.c], v["C"])
        a = ballot.argument
        self.assertEqual([a.b, a.a, a.e_r, a.e_c], [decode(h(v[n]), n) for n in ("B", "A", "E_R", "E_C")])
        self.assertEqual([a.z_b, a.z_r, *a.f], [scalar(v["z_B"]), scalar(v["z_r"]), *map(scalar, v["f"])])
        self.assertTrue(ballot_signature_holds(ballot, h(v["fingerprint"])))
        self.assertTrue(argument_holds(ballot, style, keys, h(v["fingerprint"])))
        self.assertFalse(argument_holds(ballot, style, keys, bytes(32)))
        # Intermediate values: challenges, and both sides of the equations.
        t = begin("ballot-argument", "fingerprint", h(v["fingerprint"]))
        for label, value in (("credential", "credential"), ("form", "form")):
            t.append(label, h(v[value]))
        t.append_number("weight", ballot.weight)
        for label, value in (("Y", "Y_digest"), ("R", "R")):
            t.append(label, h(v[value]))
        t.append("C", b"".join(map(h, v["C"])))
        t.append("B", h(v["B"]))
        t.append("A", h(v["A"]))
        rho = t.challenge("rho")
        t.append("E_R", h(v["E_R"]))
        t.append("E_C", h(v["E_C"]))
        x = t.challenge("x")
        self.assertEqual((rho, x), (scalar(v["rho"]), scalar(v["x"])))
        weights = [pow(rho, k, ORDER) for k in range(1, len(form.rows) + 1)]
        c_star = sum(w * r.target(ballot.weight) for w, r in zip(weights, form.rows))
        self.assertEqual(c_star % ORDER, scalar(v["c_star"]))
        l_of_f = sum(w * r.value(a.f) for w, r in zip(weights, form.rows))
        self.assertEqual(l_of_f % ORDER, scalar(v["L_of_f"]))

        def shown(*terms):
            return encode(multiply_add(terms)).hex()

        self.assertEqual(shown(*((w, key.point) for w, key in zip(weights, keys.keys))), v["Y_star"])
        self.assertEqual(shown((x, a.b.point), (1, a.a.point)), v["both_sides_bits"])
        self.assertEqual(shown((x, ballot.r.point), (1, a.e_r.point)), v["both_sides_randomness"])
        link = decode(h(v["C_star_plus_c_star_G"]), "")
        self.assertEqual(shown((x, link.point), (1, a.e_c.point)), v["both_sides_link"])

    def test_credentials(self):
        alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
        for v in vectors("credentials.json"):
            symbols = [alphabet.index(c) for c in v["code"].replace("-", "")]
            number = sum(s << 5 * (25 - i) for i, s in enumerate(symbols[:26]))
            bits = number.to_bytes(17, "big")[1:]
            self.assertEqual(bits.hex(), v["bits"])
            plain, weighted = 0, 0  # the two sums of the checksum, by Horner's rule
            for symbol in [1] + symbols:
                plain ^= symbol
                weighted = (weighted << 1) ^ (0b100101 if weighted & 16 else 0) ^ symbol
            self.assertEqual((plain, weighted), (0, 0))
            salt = tagged("credential", h(v["manifest"]), h(v["joint_key"]))
            self.assertEqual(salt.hex(), v["salt"])
            extracted = hmac.digest(salt, bits, "sha512")
            secret = int.from_bytes(hmac.digest(extracted, b"secret\x01", "sha512"), "little") % ORDER
            self.assertEqual(secret, scalar(v["secret"]))
            self.assertEqual(encode(multiply_add([(secret, BASE)])).hex(), v["public"])
            self.assertEqual(written("N", h(v["public"])), v["voter_number"])
        voter = vectors("voter.json")
        for v in voter["ballots"] + voter["two_authorities"]["ballots"]:
            self.assertEqual(written("T", h(v["tracker"])), v["written_tracker"])


def digits_within(v, bounds, radix):
    """The digits of a number, if their number is right and each is within its bound."""
    digits = []
    for _ in bounds:
        v, digit = divmod(v, radix)
        digits.append(digit)
    return digits if v == 0 and all(digit <= bound for digit, bound in zip(digits, bounds)) else None


class Ristretto(unittest.TestCase):
    def test_rfc_9496(self):
        v = foreign("rfc9496_ristretto255.json")
        for number, encoding in enumerate(v["small_multiples_of_basepoint"]):
            self.assertEqual(encode(multiply_add([(number, BASE)])).hex(), encoding)
        for encoding in v["invalid_encodings"]:
            with self.assertRaises(Refused):
                decode(h(encoding), "element")
        for pair in v["hash_to_group"]:
            self.assertEqual(one_way_map(h(pair["input"])).encoding.hex(), pair["output"])

    def test_arithmetic(self):
        self.assertTrue(equal(multiply_add([(ORDER - 1, BASE), (1, BASE)]), multiply_add([(0, BASE)])))
        self.assertTrue(equal(multiply_add([(3, BASE)], [(4, BASE)]), multiply_add([(7, BASE)])))

    def test_discrete_logarithm(self):
        for bound in (0, 1, 2, 7, 99):
            for v in (0, 1, 2, 6, 7, 8, 98, 99, 100, ORDER - 1):
                found = discrete_logarithm(multiply_add([(v, BASE)]), [bound], 101)
                self.assertEqual(found, [v] if v <= bound else None)

    def test_digits(self):
        """All numbers of a radix: those whose digits are within their bounds, and no others."""
        for radix, bounds in (
            (2, [1] * 6), (2, [1, 0, 1, 1]), (3, [0, 0, 0]), (3, [2, 2, 1]), (4, [3, 3, 3]), (5, [4, 4, 4]),
            (5, [2, 3]), (6, [5, 3, 1]), (7, [4, 0, 6]), (8, [1, 2, 5]), (20, [19, 11]), (300, [250]),
        ):  # fmt: skip
            p = IDENTITY
            for v in range(radix ** len(bounds) + radix):
                found = discrete_logarithm(p, bounds, radix)
                self.assertEqual(found, digits_within(v, bounds, radix), (radix, bounds, v))
                p = add(p, BASE)
            for v in range(1, radix + 2):
                self.assertIsNone(discrete_logarithm(multiply_add([(-v, BASE)]), bounds, radix))

    def test_large_digits(self):
        """The largest totals, and the numbers one above and one below."""
        for radix, bounds in (
            (2, [1] * 16), (256, [255, 255, 40]), (1625, [40, 1624, 9]), (1625, [1624, 160]), (2001, [2000, 150]),
            (2**22, [90, 2**10]), (2**44, [10**6]),
        ):  # fmt: skip
            top = sum(bound * radix**place for place, bound in enumerate(bounds))
            steps = [n * radix**place for place, bound in enumerate(bounds) for n in (1, bound, bound + 1)]
            for v in (0, 1, top, *(top + step for step in steps), *(top - step for step in steps)):
                found = discrete_logarithm(multiply_add([(v, BASE)]), bounds, radix)
                self.assertEqual(found, digits_within(v, bounds, radix), (radix, bounds, v))
            self.assertEqual(digits_within(top, bounds, radix), bounds)

    def test_work(self):
        """The time grows with the square root of the number of possible values, and not of the radix."""
        for radix, bounds in (
            (2, [1] * 32), (3, [2] * 21), (1625, [1624, 1624, 9]), (1626, [7] * 4), (2**22, [2**22 - 1] * 2),
            (2**22, [0, 0]), (2**44, [2**44 - 1]),
        ):  # fmt: skip
            small, large = (math.prod(count for _, count in axes) for axes in digit_steps(bounds, radix))
            root = math.isqrt(math.prod(bound + 1 for bound in bounds))
            self.assertTrue(small <= min(root, 2**20) and large <= 4 * root, (bounds, small, large))


class Transcripts(unittest.TestCase):
    """Merlin 1.0: its two published transcripts (merlin 3.0.0, MIT)."""

    def test_merlin_simple(self):
        t = Transcript(b"test protocol")
        t.append("some label", b"some data")
        expected = "d5a21972d0d5fe320c0d263fac7fffb8145aa640af6e9bca177c03c7efcf0615"
        self.assertEqual(t.challenge_bytes("challenge", 32).hex(), expected)

    def test_merlin_complex(self):
        expected = foreign("merlin.json")["vectors"][1]["challenge"]
        t = Transcript(b"test protocol")
        t.append("step1", b"some data")
        for _ in range(32):
            challenge = t.challenge_bytes("challenge", 32)
            t.append("bigdata", b"\x63" * 1024)
            t.append("challengedata", challenge)
        self.assertEqual(challenge.hex(), expected)

    def test_strobe(self):
        """The initial states of STROBE-128. Only the operations that Merlin uses are implemented here."""
        for v in foreign("strobe.json"):
            self.assertEqual(Strobe(v["proto_string"].encode()).state.hex(), v["state"])


class Logs(unittest.TestCase):
    def test_rfc_6962(self):
        v = foreign("rfc6962_merkle.json")
        log = Log()
        self.assertEqual(log.root().hex(), v["roots"][0])
        for entry, root in zip(v["leaves"], v["roots"][1:]):
            log.append(h(entry))
            self.assertEqual(log.root().hex(), root)

    def test_rfc_6962_proofs(self):
        """Leaves and nodes are those of proofs from other projects. A verifier of records needs no proofs."""

        def halves(leaves):
            half = 1 << (len(leaves) - 1).bit_length() - 1
            return half, leaves[:half], leaves[half:]

        def root(leaves):
            if len(leaves) == 1:
                return leaves[0]
            _, left, right = halves(leaves)
            return node(root(left), root(right))

        def inclusion(index, leaves):
            if len(leaves) == 1:
                return []
            half, left, right = halves(leaves)
            if index < half:
                return inclusion(index, left) + [root(right)]
            return inclusion(index - half, right) + [root(left)]

        def consistency(older, leaves, whole=True):
            if older == len(leaves):
                return [] if whole else [root(leaves)]
            half, left, right = halves(leaves)
            if older <= half:
                return consistency(older, left, whole) + [root(right)]
            return consistency(older - half, right, False) + [root(left)]

        v = foreign("rfc6962_merkle.json")
        leaves = [leaf(h(entry)) for entry in v["leaves"]]
        self.assertEqual((len(v["inclusion"]), len(v["consistency"])), (7, 4))
        for proof in v["inclusion"]:
            found = inclusion(proof["index"], leaves[: proof["tree_size"]])
            self.assertEqual([hash.hex() for hash in found], proof["proof"])
        for proof in v["consistency"]:
            found = consistency(proof["size1"], leaves[: proof["size2"]])
            self.assertEqual([hash.hex() for hash in found], proof["proof"])

    def test_leaf(self):
        self.assertEqual(leaf(b"").hex(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")

    def test_paths(self):
        self.assertEqual(bundle_path(1234067, 2**40), "tile/entries/x001/x234/067")
        self.assertEqual(bundle_path(0, 52), "tile/entries/000.p/52")
        self.assertEqual(bundle_path(1000, 256001), "tile/entries/x001/000.p/1")

    def test_c2sp_signed_note(self):
        """The example of C2SP signed-note (code and data BSD-1-Clause): key id, and the strict signature."""
        key = base64.b64decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")[1:]
        note_key = NoteKey("example.com/foo", key, decode_edwards(key))
        self.assertEqual(key_id(note_key, 1).hex(), "530d903a")
        data = base64.b64decode(
            "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
        )
        self.assertEqual(data[:4].hex(), "530d903a")
        self.assertTrue(ed25519_holds(note_key, b"This is an example message.\n", data[4:]))
        self.assertFalse(ed25519_holds(note_key, b"This is an example message\n", data[4:]))

    def test_c2sp_checkpoint(self):
        """The example of C2SP tlog-cosignature."""
        note = (
            "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
            "— example.com/behind-the-sofa "
            "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
            "— witness.example.com/w1 "
            "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
        )
        checkpoint = read_checkpoint(note.encode())
        self.assertEqual((checkpoint.origin, checkpoint.size), ("example.com/behind-the-sofa", 20852163))
        self.assertEqual([len(s.body) for s in checkpoint.signatures], [64, 72])


if __name__ == "__main__":
    unittest.main()
