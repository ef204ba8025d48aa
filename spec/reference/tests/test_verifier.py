"""The verifier on elections forged in Python, and against the command where there is one."""

import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

from paths import COMMAND, REFERENCE

from board import OPENING, Log
from compare import compare, differences
from forge import VOTERS, Forge, bits_of, default_manifest, small_election, times
from manifest import read_manifest
from encoding import Refused
from record import Record
from strict_json import parse
from tally import Close
from verify import Pins, verify

BAD = b"\xff" * 32
OTHER = b"\x77" * 32


def flip(at):
    return lambda data: data[: at % len(data)] + bytes([data[at] ^ 1]) + data[at % len(data) + 1 :]


def put(at, value):
    return lambda data: data[:at] + value + data[at + len(value) :]


def with_edit(name, edit, act):
    """A step in which one thing is wrong."""

    def step(forge):
        forge.edit[name] = edit
        act(forge)

    return step


def witnesses(quorum, *cosigners):
    manifest = default_manifest()
    manifest["closing"] = "witnesses"
    manifest["witnesses"] = {"quorum": quorum, "members": [{"name": f"w{i}.example"} for i in range(3)]}

    def closing(forge):
        forge.close()
        forge.files["closing-checkpoint"] = forge.note(forge.entries, cosigners)

    return small_election(None, manifest, closing=closing)


def changed(**fields):
    manifest = default_manifest()
    for name, value in fields.items():
        manifest[name] = manifest[name] | value if isinstance(value, dict) else value
    return manifest


def ballot_step(**wrong):
    return lambda f: f.cast(1, bits_of(f, 0, [0], [0]), unadmitted=True, **wrong)


def edited_ballot(edit, name="ballot"):
    return with_edit(name, edit, ballot_step())


def roll_step(edit):
    return with_edit("roll", edit, lambda f: f.roll(VOTERS))


# name, how to make it, the checks that fail with the kind of their place
CASES = {
    "honest": (lambda: small_election(), set()),
    "honest, closed by witnesses": (lambda: witnesses(2, 0, 2), set()),
    "no ballots": (lambda: small_election(ballots=lambda f: None), set()),
    "withheld": (lambda: small_election(None, changed(privacy={"minimum_counted_ballots": 4})), set()),
    "nonces cancel": (
        lambda: small_election(
            ballots=lambda f: [f.cast(v, bits_of(f, 0, [v], []), nonce=n) for v, n in ((0, 8), (1, -8))]
        ),
        set(),
    ),
    "too few witnesses": (lambda: witnesses(2, 1), {("closing.rule", "record")}),
    "registration not proved": (lambda: small_election({"message 1 2": flip(70)}), {("ceremony.messages", "trustee")}),
    "registration unreadable": (
        lambda: small_election({"message 1 2": put(0, BAD)}),
        {("ceremony.messages", "trustee")},
    ),
    "registration unsigned": (lambda: small_election({"signed 1 2": flip(-3)}), {("ceremony.messages", "record")}),
    "deal not committed": (lambda: small_election({"message 2 3": flip(3)}), {("ceremony.messages", "trustee")}),
    "deal not proved": (
        lambda: small_election({"message 3 2": put(34, times(5).encoding)}),
        {("ceremony.messages", "trustee")},
    ),
    "ephemeral key twice": (
        lambda: small_election({"ephemeral 2 1": lambda e: 77, "ephemeral 3 2": lambda e: 77}),
        {("ceremony.messages", "trustee")},
    ),
    "confirmation not proved": (lambda: small_election({"message 5 2": flip(-3)}), {("ceremony.messages", "trustee")}),
    "confirmation of another root": (
        lambda: small_election({"message 5 2": flip(0)}),
        {("ceremony.messages", "record")},
    ),
    "step out of order": (
        lambda: small_election({"messages": lambda m: m[:2] + [m[3], m[2]] + m[4:]}),
        {("ceremony.messages", "record")},
    ),
    "roll not signed": (lambda: small_election(roll_signature=lambda f: None), {("roll.signature", "record")}),
    "roll line": (
        lambda: small_election(roll=roll_step(lambda b: b.replace(b" 5\n", b" 05\n"))),
        {("roll.lines", "roll_line")},
    ),
    "opening of another election": (
        lambda: small_election(opening=lambda f: f.organiser_entry(OPENING, OTHER)),
        {(c, "entry") for c in ("election.fingerprint", "organiser.signature")}
        | {(c, "entry") for c in ("board.order",)}
        | {("board.order", "record")},
    ),
    "closing not signed": (
        lambda: small_election(closing=with_edit("organiser 4", flip(-3), Forge.close)),
        {("organiser.signature", "entry"), ("board.order", "entry"), ("board.order", "record")},
    ),
    "entry unreadable": (lambda: small_election(more_ballots=lambda f: f.add(9, b"x")), {("board.entries", "entry")}),
    "ballot short": (lambda: small_election(more_ballots=lambda f: f.add(3, b"x")), {("ballot.encoding", "entry")}),
    "ballot unreadable": (
        lambda: small_election(more_ballots=edited_ballot(put(140, BAD))),
        {("ballot.encoding", "entry")},
    ),
    "ballot of another election": (
        lambda: small_election(more_ballots=ballot_step(fingerprint=OTHER)),
        {("ballot.election", "entry")},
    ),
    "ballot of a stranger": (
        lambda: small_election(more_ballots=ballot_step(credential=times(12345))),
        {("ballot.credential", "entry")},
    ),
    "ballot of another style": (
        lambda: small_election(more_ballots=lambda f: f.cast(1, bits_of(f, 1, [0]), style=1, unadmitted=True)),
        {("ballot.style", "entry")},
    ),
    "ballot not signed": (
        lambda: small_election(more_ballots=edited_ballot(flip(-3), "ballot signature")),
        {("ballot.signature", "entry")},
    ),
    "ballot of two options": (
        lambda: small_election(more_ballots=lambda f: f.cast(1, [1, 1, 0, 0, 0, 0, 0, 1, 1], unadmitted=True)),
        {("ballot.argument", "entry")},
    ),
    "ballot of five votes": (
        lambda: small_election(more_ballots=ballot_step(values=[5, 0, 0, 0, 0, 0])),
        {("ballot.argument", "entry")},
    ),
    "ballot twice": (
        lambda: small_election(more_ballots=lambda f: f.entries.append(f.entries[-1])),
        {("ballot.duplicate", "entry")},
    ),
    "nonce twice": (
        lambda: small_election(
            more_ballots=lambda f: [f.cast(1, bits_of(f, 0, [0], [0]), nonce=9, unadmitted=u) for u in (0, 1)]
        ),
        {("ballot.randomness", "entry")},
    ),
    "predecessor": (
        lambda: small_election(more_ballots=ballot_step(previous=OTHER)),
        {("ballot.predecessor", "entry")},
    ),
    "ballot too late": (
        lambda: small_election(
            statements=lambda f: (f.cast(1, bits_of(f, 0, [0], [0])), [f.statement(j) for j in (1, 2, 3)])
        ),
        {("ballot.window", "entry")},
    ),
    "statement of something else": (
        lambda: small_election(
            statements=lambda f: (f.statement(1), f.statement(2), f.statement(3, Close(f.fingerprint, 9, OTHER, OTHER)))
        ),
        {("tally.sums", "entry"), ("closing.rule", "record")},
    ),
    "two statements": (
        lambda: small_election(
            statements=lambda f: (
                [f.statement(j) for j in (1, 2, 3)],
                f.statement(3, Close(f.fingerprint, 9, OTHER, OTHER)),
            )
        ),
        {("tally.sums", "entry")},
    ),
    "decryption not proved": (
        lambda: small_election(
            decryptions=with_edit("decryption 1", flip(-3), lambda f: [f.decryption(j) for j in (1, 2, 3)])
        ),
        {("decryption.proof", "file")},
    ),
    "decryption of another author": (
        lambda: small_election(decryptions=lambda f: (f.decryption(1, author=2), f.decryption(3))),
        {("decryption.proof", "entry")},
    ),
    "one decryption": (
        lambda: small_election(decryptions=lambda f: f.decryption(1)),
        {("decryption.threshold", "record")},
    ),
    "list": (lambda: small_election({"list": lambda b: b[:-1]}), {("record.files", "file")}),
    "listed file missing": (
        lambda: small_election({"list": lambda b: b"0" * 64 + b"  A\n" + b}),
        {("record.files", "file")},
    ),
}


def write(forge, folder):
    """The record with its result and its list of files."""
    forge.compute_result(folder)
    shutil.rmtree(folder)
    forge.publish()
    return forge.write(folder)


class Verifier(unittest.TestCase):
    def test_cases(self):
        for name, (make, expected) in CASES.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                folder = write(make(), os.path.join(scratch, "record"))
                report = verify(Record(folder))
                places = {
                    (f.check, f.place if isinstance(f.place, str) else next(iter(f.place))) for f in report.failures
                }
                self.assertEqual(places, expected, report.text())
                self.assertEqual(report.valid(), not expected)
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_isolated(self):
        """python3 -I -S on the folder, exit codes and outputs."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(small_election(), os.path.join(scratch, "record"))
            call = [sys.executable, "-I", "-S", str(REFERENCE), "verify", folder]
            process = subprocess.run(call + ["--json"], capture_output=True, check=False)
            self.assertEqual((process.returncode, json.loads(process.stdout)["valid"]), (0, True))
            process = subprocess.run(call + ["--fingerprint", "00" * 32], capture_output=True, check=False)
            self.assertEqual(process.returncode, 1)
            self.assertIn(b"election.pinned", process.stdout)
            self.assertEqual(
                subprocess.run(call + ["--fingerprint", "00"], capture_output=True, check=False).returncode, 2
            )
            self.assertEqual(subprocess.run(call[:-1] + [folder + "x"], capture_output=True, check=False).returncode, 2)

    def test_pins(self):
        with tempfile.TemporaryDirectory() as scratch:
            forge = small_election()
            folder = write(forge, os.path.join(scratch, "record"))

            log = Log()
            for entry in forge.entries[:20]:
                log.append(entry)
            self.assertTrue(verify(Record(folder), pins=Pins(forge.fingerprint, (20, log.root()))).valid())
            wrong = verify(Record(folder), pins=Pins(OTHER, (21, log.root())))
            self.assertEqual({f.check for f in wrong.failures}, {"board.pinned", "election.pinned"})

    def test_any_bytes(self):
        """Whatever lies in the files, there is a report."""
        chance = random.Random(5)
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(small_election(), os.path.join(scratch, "record"))
            for path in Record(folder).paths():
                target = os.path.join(folder, path)
                with open(target, "rb") as file:
                    data = file.read()
                for junk in (b"", b"\xff" * 300, chance.randbytes(500), b"[" * 100000, data[: len(data) // 2]):
                    with open(target, "wb") as file:
                        file.write(junk)
                    self.assertFalse(verify(Record(folder)).valid(), path)
                with open(target, "wb") as file:
                    file.write(data)
            self.assertTrue(verify(Record(folder)).valid())

    @unittest.skipUnless(COMMAND, "the command is missing: name it in BALLOTTA_COMMAND")
    def test_mutations(self):
        for make in (small_election, lambda: witnesses(2, 0, 2)):
            with tempfile.TemporaryDirectory() as scratch:
                folder = write(make(), os.path.join(scratch, "record"))
                self.assertEqual(compare(COMMAND, folder, 15, 1), [])

    @unittest.skipUnless(COMMAND, "the command is missing: name it in BALLOTTA_COMMAND")
    def test_record_of_the_command(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "demo")
            subprocess.run([COMMAND, "demo", "--voters", "60", "--out", folder], capture_output=True, check=True)
            self.assertEqual(compare(COMMAND, os.path.join(folder, "record"), 15, 2), [])


class Manifests(unittest.TestCase):
    def setUp(self):
        self.document = Forge().document

    def refused(self, path, value):
        document = copy.deepcopy(self.document)
        *outer, last = path
        inner = document
        for name in outer:
            inner = inner[name]
        inner[last] = value
        with self.assertRaises(Refused):
            read_manifest(json.dumps(document).encode())

    def test_rules(self):
        read_manifest(json.dumps(self.document).encode())
        for path, value in (
            (("format",), "ballotta/v1-draft.2/manifest"),
            (("election_id",), "AB" * 32),
            (("languages",), ["en", "EN"]),
            (("title", "en"), "\u200e"),
            (("title", "it"), "x"),
            (("quorum", "fraction"), [2, 1]),
            (("quorum", "fraction"), [True, 2]),
            (("contests", 0, "rule", "min"), 2),
            (("contests", 0, "options", 1, "title", "en"), " OPTION 0 "),
            (("contests", 1, "id"), "one"),
            (("styles", 0, "contests"), ["many", "one"]),
            (("styles", 1, "id"), "all"),
            (("trustees", "threshold"), 4),
            (("trustees", "minimum_confirmed"), 1),
            (("closing",), "witnesses"),
            (("organiser", "key"), "00" * 32),
            (("organiser", "key"), self.document["trustees"]["members"][0]["key"]),
            (("board", "key"), "01" + "00" * 31),
            (("board", "origin"), "a+b"),
            (("extra",), 1),
        ):
            with self.subTest(path=path, value=value):
                self.refused(path, value)

    def test_json(self):
        for text in ('{"a":1,"\\u0061":1}', "1.0", "1e0", "-0", "01", "18446744073709551616",
                     '"\\ud800"', '"\\udc00"', '"\t"',
                     "[1,]", "{} x", "\ufeff{}", "[" * 128 + "]" * 128, "[" * 10**5, "NaN", "tru", ""):  # fmt: skip
            with self.subTest(text[:20]), self.assertRaises(Refused):
                parse(text.encode())
        with self.assertRaises(Refused):
            parse(b'"\xed\xa0\x80"')
        self.assertEqual(parse(b' {"a":[0,18446744073709551615,"\\ud83d\\ude00",true,null]} '),
                         {"a": [0, 2**64 - 1, "\U0001f600", True, None]})  # fmt: skip
        self.assertEqual(str(parse(b"[" * 127 + b"]" * 127)).count("["), 127)


if __name__ == "__main__":
    unittest.main()
