"""The verifier on elections forged in Python, and compared with the command if it is available."""

import copy
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

from paths import COMMAND, NO_COMMAND, REFERENCE

from board import CANCELLATION, OPENING
from merkle import Log
from compare import compare, compare_bytes, differences
from forge import VOTERS, Forge, bits_of, default_manifest, small_election, times
from manifest import read_manifest
from schema import folded
from encoding import MAX_MESSAGE_BYTES, Refused, read_fingerprint, written
from record import Record, read_list
from report import Report
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
    """A step with one error."""

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


def smallest_election():
    """An election with one trustee, one contest and one voter."""
    manifest = default_manifest()
    trustees = {"threshold": 1, "minimum_confirmed": 1, "members": [{"name": "anna"}]}
    manifest["contests"] = manifest["contests"][:1]
    manifest["styles"] = [{"id": "all", "contests": ["one"]}]
    manifest["trustees"] |= trustees
    manifest["privacy"] = {"minimum_counted_ballots": 1, "minimum_ballots_per_weight": 1}
    return small_election(
        None,
        manifest,
        roll=lambda f: f.roll([("all", 1)]),
        ballots=lambda f: f.cast(0, bits_of(f, 0, [1])),
        statements=lambda f: f.statement(1),
        decryptions=lambda f: f.decryption(1),
    )


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


def two_offices(edit=None, **steps):
    """An election with two credential authorities."""
    return small_election(edit, changed(credential_authorities=[{"name": "office"}, {"name": "desk"}]), **steps)


def part_at(data, line):
    return data[12 + 32 * line :][:32]


def swapped_parts(files, line=2):
    """On one line each authority has the part of the other: the sum is the same."""
    first, second = files
    return [put(12 + 32 * line, part_at(second, line))(first), put(12 + 32 * line, part_at(first, line))(second)]


def copied_parts(files):
    """The second authority publishes the list of the first as its own."""
    return [files[0], put(2, b"\x02\x00")(files[0])]


# name, how to make it, the checks that fail with the kind of their place
CASES = {
    "honest": (lambda: small_election(), set()),
    "honest, all counts of a contest in a slot": (lambda: small_election(None, changed(weights={"total": 11})), set()),
    "honest, slots of single counts": (lambda: small_election(None, changed(weights={"total": 2**22})), set()),
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
    "registration unsigned": (lambda: small_election({"signed 1 2": flip(-3)}), {("ceremony.messages", "file")}),
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
        {("ceremony.messages", "file")},
    ),
    "step out of order": (
        lambda: small_election({"messages": lambda m: m[:2] + [m[3], m[2]] + m[4:]}),
        {("ceremony.messages", "file")},
    ),
    "roll not signed": (lambda: small_election(roll_signature=lambda f: None), {("roll.signature", "record")}),
    "roll line": (
        lambda: small_election(roll=roll_step(lambda b: b.replace(b" 5\n", b" 05\n"))),
        {("roll.lines", "roll_line")},
    ),
    "roll too heavy": (
        lambda: small_election(None, changed(weights={"total": 10})),
        {("roll.lines", "roll_line")},
    ),
    "honest, with parts of two authorities": (two_offices, set()),
    # The authority knows the other part: only the sum is wrong.
    "parts: a known part of another credential": (
        lambda: two_offices({"proved parts 1": lambda parts: parts[:3] + [7] + parts[4:]}),
        {("roll.parts", "roll_line")},
    ),
    # The proof was made for the honest list.
    "parts: one part is another element": (
        lambda: two_offices({"part lists": lambda files: [put(12 + 32 * 3, times(7).encoding)(files[0]), files[1]]}),
        {("roll.parts", "file"), ("roll.parts", "roll_line")},
    ),
    "parts: one part is no element": (
        lambda: two_offices({"part lists": lambda files: [put(12 + 32 * 3, BAD)(files[0]), files[1]]}),
        {("roll.parts", "file")},
    ),
    "parts: one part is the identity": (
        lambda: two_offices({"part lists": lambda files: [put(12 + 32 * 3, bytes(32))(files[0]), files[1]]}),
        {("roll.parts", "file")},
    ),
    # The sums are right, and neither authority knows all its parts.
    "parts: two authorities have swapped a part": (
        lambda: two_offices({"part lists": swapped_parts}),
        {("roll.parts", "file")},
    ),
    # The second authority knows no part: the roll is what the first one says, twice.
    "parts: the list of another authority, with sums that fit": (
        lambda: two_offices({"secret parts": lambda found: [[a, a] for a, _ in found], "part lists": copied_parts}),
        {("roll.parts", "file")},
    ),
    "parts: the list of another authority, with its number": (
        lambda: two_offices({"part lists": lambda files: [files[0], files[0]]}),
        {("roll.parts", "file")},
    ),
    "parts: a proof for another authority": (
        lambda: two_offices({"proved numbers 2": lambda numbers: (1, numbers[1])}),
        {("roll.parts", "file")},
    ),
    "parts: a proof for another number of lines": (
        lambda: two_offices({"proved numbers 2": lambda numbers: (numbers[0], numbers[1] + 1)}),
        {("roll.parts", "file")},
    ),
    "parts: a list for another number of lines": (
        lambda: two_offices({"part lists": lambda files: [files[0], put(4, b"\x05")(files[1])]}),
        {("roll.parts", "file")},
    ),
    "parts: a list that its authority did not sign": (
        lambda: two_offices(opening=lambda f: (f.files.update({"parts/2": flip(-3)(f.parts[1])}), f.organiser_entry(OPENING))),
        {("roll.parts", "file")},
    ),
    "parts: one authority did not sign": (
        lambda: two_offices(roll_signature=lambda f: f.sign_roll(1)),
        {("roll.signature", "record")},
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
        lambda: small_election(more_ballots=ballot_step(values=[5, 0, 1, 0])),
        {("ballot.argument", "entry")},
    ),
    "ballot of a vote in another count of the slot": (
        lambda: small_election(more_ballots=ballot_step(values=[2001, 0, 1, 0])),
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
    "as many ballots of a voter as allowed": (
        lambda: small_election(more_ballots=lambda f: f.cast(0, bits_of(f, 0, [0], [0]))),
        set(),
    ),
    "a ballot of a voter too many": (
        lambda: small_election(
            more_ballots=lambda f: [f.cast(0, bits_of(f, 0, [0], [0]), unadmitted=u) for u in (0, 1)]
        ),
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
            statements=lambda f: (f.statement(1), f.statement(2), f.statement(3, Close(f.fingerprint, 9, OTHER, OTHER, OTHER)))
        ),
        {("tally.sums", "entry"), ("closing.rule", "record")},
    ),
    "two statements": (
        lambda: small_election(
            statements=lambda f: (
                [f.statement(j) for j in (1, 2, 3)],
                f.statement(3, Close(f.fingerprint, 9, OTHER, OTHER, OTHER)),
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
    **{
        f"listed path {path}": (
            lambda path=path: small_election({"list": lambda b: b"0" * 64 + b"  " + path.encode() + b"\n" + b}),
            {("record.files", "file")},
        )
        for path in ("C:\\..", "\\\\host\\share", "a//b", "./x", ".", "a/")
    },
    "listed file missing": (
        lambda: small_election({"list": lambda b: b"0" * 64 + b"  A\n" + b}),
        {("record.files", "file")},
    ),
}


def long_file(path):
    """Makes a sparse file of the size of a disk."""
    with open(path, "wb") as file:
        file.truncate(1 << 40)


def junk_entries(forge):
    """Statements that nobody signed, and too many pointers to files that are not there: before the closing."""
    close = Close(bytes(32), 1, bytes(32), bytes(32), bytes(32))
    for _ in range(20):
        forge.edit["statement 1"] = flip(10)
        forge.statement(1, close)
    for _ in range(4100):
        forge.add_file(7, "", 0, b"late")


def edits(edit, kind, *trustees, name="message"):
    return {f"{name} {kind} {trustee}": edit for trustee in trustees}


def inserted(at, *makers):
    """A ceremony with further messages before the one at this position, and with the same number of messages."""

    def ceremony(forge):
        forge.edit["messages"] = lambda m: (m[:at] + [make(forge) for make in makers] + m[at:])[: max(12, at + 2)]
        forge.ceremony()

    return {"ceremony": ceremony}


def another(kind, author, roster=b""):
    return lambda forge: (author, forge.message(kind, author, times(author + 50).encoding + bytes(64), roster))


SLOTS = Forge().manifest.slots

# Rules that several break. All are named: trustees by their index, and files by the entry that points to them.
# Entries 0 to 2 are registrations, then come commitments, deals, confirmations.
CULPRITS = {
    "registrations without a version": (edits(put(0, b"\x09"), 1, 1, 3, name="signed"), {}, [], [0, 2]),
    "deals cut off": (edits(lambda b: b[:40], 3, 2, 3, name="signed"), {}, [], [7, 8]),
    "two late": ({"messages": lambda m: [m[3], m[0], m[4], m[1], m[2]] + m[5:]}, {}, [], [1, 3, 4]),
    "registrations not signed": (edits(flip(-3), 1, 2, 3, name="signed"), {}, [], [1, 2]),
    "commitments not signed": (edits(flip(-3), 2, 1, 3, name="signed"), {}, [], [3, 5]),
    "commitments for another roster": ({}, inserted(3, another(2, 1, OTHER), another(2, 3, OTHER)), [], [3, 4]),
    "registrations unreadable": (edits(put(0, BAD), 1, 1, 2), {}, [1, 2], []),
    "deals of another threshold": (edits(put(0, b"\x03"), 3, 1, 2), {}, [1, 2], []),
    "two messages for one step": ({}, inserted(3, another(1, 3), another(1, 1)), [1, 3], []),
    "missing": ({"messages": lambda m: m[:4] + m[6:]}, {}, [2, 3], []),
    "possession not proved": (edits(flip(70), 1, 1, 2), {}, [1, 2], []),
    "equal keys": (edits(lambda e: 5, "secret", 1, 3, name="encryption"), {}, [1, 3], []),
    "deals not committed": (edits(flip(3), 2, 2, 3), {}, [2, 3], []),
    "terms not proved": (edits(put(34, times(5).encoding), 3, 1, 3), {}, [1, 3], []),
    "ephemeral keys not proved": (edits(put(66 + 64 * SLOTS, times(5).encoding), 3, 1, 2), {}, [1, 2], []),
    "ephemeral keys twice": (
        {"ephemeral 1 1": lambda e: 77, "ephemeral 3 2": lambda e: 77, "ephemeral 2 1": lambda e: 78}
        | {"ephemeral 2 2": lambda e: 78},
        {},
        [1, 2, 3],
        [],
    ),
    "roots": (edits(flip(0), 5, 1, 3), {}, [], [9, 11]),
    "backups not proved": (edits(flip(-3), 5, 1, 2), {}, [1, 2], []),
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
                forge = make()
                folder = write(forge, os.path.join(scratch, "record"))
                self.assertEqual(forge.edit, {})
                report = verify(Record(folder))
                places = {
                    (f.check, f.place if isinstance(f.place, str) else next(iter(f.place))) for f in report.failures
                }
                self.assertEqual(places, expected, report.text())
                self.assertEqual(report.verdict() == "holds", not expected)
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_culprits(self):
        for name, (edit, steps, trustees, entries) in CULPRITS.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                forge = small_election(edit, **steps)
                self.assertEqual(forge.edit, {})
                folder = write(forge, os.path.join(scratch, "record"))
                report = verify(Record(folder))
                files = [f"ceremony/{forge.entries[entry][9:].hex()}" for entry in entries]
                expected = [{"trustee": trustee} for trustee in trustees] + [{"file": path} for path in files]
                found = [f.place for f in report.failures if f.check == "ceremony.messages"]
                self.assertEqual(found, expected, report.text())
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_limits(self):
        """At most 4T files of the ceremony are read, and the first thousand failures are shown."""
        junk = [lambda forge, n=n: (1, b"\x01\x02\x05\x01\x00" + bytes([n])) for n in (1, 2)]
        for name, forge, entries in (
            ("files", small_election(None, **inserted(12, *junk)), [12, 13]),
            ("copies", small_election({"messages": lambda m: m + m[:1]}), [12]),
            ("others", small_election(more_ballots=lambda f: [f.add_file(1, "", 1, b"late") for _ in range(4200)]), []),
            ("junk", small_election(more_ballots=junk_entries), []),
            ("failures", small_election(roll=roll_step(lambda b: b + b"\n" * 1500)), []),
        ):
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                folder = write(forge, os.path.join(scratch, "record"))
                report = verify(Record(folder))
                places = [f.place["entry"]["index"] for f in report.failures if f.check == "ceremony.messages"]
                self.assertEqual(places, entries)
                if name == "others":
                    self.assertEqual(report.failures_of("board.order"), 4200)
                    self.assertIsNotNone(report.result)
                if name == "junk":
                    self.assertEqual((report.failures_of("tally.sums"), report.failures_of("board.order")), (20, 4121))
                    self.assertIsNotNone(report.result)
                if name == "failures":
                    lines = [f.place["roll_line"] for f in report.failures if f.check == "roll.lines"]
                    self.assertEqual(lines, list(range(8, 1008)))
                    self.assertEqual(report.failures_of("roll.lines"), 1500)
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_paths(self):
        """Fault L1: a path means the same file on every system, and does not lead out of the record."""
        for path in ("a", "a/b", "README.md", "a..b", ".hidden"):
            self.assertEqual(list(read_list(b"0" * 64 + b"  " + path.encode() + b"\n")), [path])
        for path in ("", "/", "/a", "a/", "a//b", ".", "./x", "..", "a/../b", "C:x", "C:\\..", "\\\\host\\share", "a b"):
            with self.assertRaises(Refused, msg=path):
                read_list(b"0" * 64 + b"  " + path.encode() + b"\n")

    def test_what_is_no_file(self):
        """Pipes, endless devices and files that are too long are named at once, without waiting."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(small_election(), os.path.join(scratch, "record"))
            for path, check in (
                ("manifest.json", "manifest.valid"),
                ("checkpoint", "board.checkpoint"),
                ("roll", "roll.lines"),
                ("README.md", "record.files"),
            ):
                target = os.path.join(folder, path)
                os.rename(target, target + ".kept")
                for make in (os.mkfifo, lambda t: os.symlink("/dev/zero", t), long_file):
                    if make is long_file and path == "roll":
                        continue  # this file has no limit, and is read to its end
                    with self.subTest(path):
                        make(target)
                        self.assertIn((check, {"file": path}), [(f.check, f.place) for f in verify(Record(folder)).failures])
                        if COMMAND:
                            self.assertEqual(differences(COMMAND, folder), [])
                        os.remove(target)
                os.rename(target + ".kept", target)

    def test_a_long_listed_file(self):
        for size in (MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1):
            with self.subTest(size), tempfile.TemporaryDirectory() as scratch:
                forge = small_election()
                forge.files["result/paper.pdf"] = bytes(size)
                folder = write(forge, os.path.join(scratch, "record"))
                places = [f.place for f in verify(Record(folder)).failures]
                self.assertEqual(places, [{"file": "result/paper.pdf"}] if size > MAX_MESSAGE_BYTES else [])
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_files_that_cannot_be_listed(self):
        """A path that is too long for the system hides the files below it."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(small_election(), os.path.join(scratch, "record"))
            before = os.getcwd()
            os.chdir(folder)
            for _ in range(30):
                os.mkdir("a" * 200)
                os.chdir("a" * 200)
            os.chdir(before)
            report = verify(Record(folder))
            self.assertEqual([(f.check, f.place) for f in report.failures], [("record.files", "record")])
            if COMMAND:
                self.assertEqual(differences(COMMAND, folder), [])
            subprocess.run(["rm", "-r", folder], check=True)

    def test_open_and_empty_boards(self):
        """Records of voting that was never opened, and of voting that is open."""
        for entries in (0, 12, 13, 14, 17):
            with self.subTest(entries), tempfile.TemporaryDirectory() as scratch:
                forge = small_election()
                del forge.entries[entries:]
                folder = forge.write(os.path.join(scratch, "record"))
                report = verify(Record(folder), "voting")
                self.assertEqual(report.verdict(), "holds" if entries > 13 else "not_complete")
                self.assertEqual(report.status("organiser.signature"), "passed" if entries > 13 else "not_checked")
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder, "voting"), [])

    def test_elections_on_their_way(self):
        """What is missing is never wrong, and the report says who is awaited."""
        trustee, both = {"trustee": 2}, [{"trustee": 1}, {"trustee": 2}, {"trustee": 3}]
        for entries, awaited in (
            (0, both), (4, [trustee, {"trustee": 3}]), (12, [{"authority": 1}, "organiser"]), (13, ["organiser"]),
            (14, ["organiser"]), (-3, ["board", *both]), (-1, ["board"]),
        ):  # fmt: skip
            with self.subTest(entries), tempfile.TemporaryDirectory() as scratch:
                forge = small_election()
                whole = write(forge, os.path.join(scratch, "whole"))
                self.assertEqual(verify(Record(whole)).verdict(), "holds")
                del forge.entries[entries:]
                folder = forge.write(os.path.join(scratch, "record"))
                report = verify(Record(folder))
                self.assertEqual(report.verdict(), "not_complete", report.text())
                found = [who for failure in report.shown_failures() for who in failure["who"]]
                for who in awaited:
                    self.assertIn(who, found, report.text())
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_cancelled_elections(self):
        """A cancellation while the voting is open ends it without a result; at any other time it changes nothing."""

        def cancel(forge):
            forge.organiser_entry(CANCELLATION, reason="Manca un candidato sulla scheda")

        def go_on(forge):
            cancel(forge)
            forge.cast(1, bits_of(forge, 0, [0], [0, 1]))
            forge.close()
            cancel(forge)

        nothing = {"statements": lambda f: None, "decryptions": lambda f: None}
        cases = {
            "open": ({"closing": cancel, **nothing}, "holds", True),
            "going on": ({"closing": go_on, **nothing}, "holds_with_findings", True),
            "late": ({"end": cancel}, "holds_with_findings", False),
            "early": ({"roll_signature": lambda f: (cancel(f), f.sign_roll())}, "holds_with_findings", False),
        }
        for name, (steps, verdict, is_cancelled) in cases.items():
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                forge = small_election(**steps)
                folder = forge.write(os.path.join(scratch, "record")) if is_cancelled else write(forge, os.path.join(scratch, "whole"))
                report = verify(Record(folder))
                self.assertEqual(report.verdict(), verdict, report.text())
                self.assertEqual((report.cancelled is not None, report.result is None), (is_cancelled, is_cancelled))
                if is_cancelled:
                    self.assertEqual(report.cancelled["reason"], "Manca un candidato sulla scheda")
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_attachments_of_cancelled_elections(self):
        """People see them all the same: other bytes are a finding, and a record may lack them."""
        text = b"I shall mend the roof."
        digest = hashlib.sha256(text).hexdigest()
        named = {"title": {"en": "Ada"}, "type": "text/plain", "length": len(text), "sha256": digest}
        steps = {step: lambda f: None for step in ("statements", "decryptions")}
        steps["closing"] = lambda f: f.organiser_entry(CANCELLATION, reason="A mistake")
        path, manifest = f"attachments/{digest}", default_manifest() | {"attachments": [named]}
        for data, verdict, status in [
            (text, "holds", "passed"),
            (None, "holds", "not_asked"),
            (b"I shall mend the roof,", "holds_with_findings", "findings"),
        ]:
            with self.subTest(data), tempfile.TemporaryDirectory() as scratch:
                forge = small_election(manifest=manifest, **steps)
                if data is not None:
                    forge.files[path] = data
                folder = forge.write(os.path.join(scratch, "record"))
                report = verify(Record(folder))
                self.assertEqual((report.verdict(), report.status("record.files")), (verdict, status), report.text())
                self.assertEqual([f.place for f in report.failures], [{"file": path}] if status == "findings" else [])
                if COMMAND:
                    self.assertEqual(differences(COMMAND, folder), [])

    def test_names_on_the_terminal(self):
        report = Report("complete")
        report.fail("record.files", {"file": "a\nThe record is valid.\x1b[8m\u202e\x9b 'Città'"}, "not\rthis")
        line = "at file a\\u{a}The record is valid.\\u{1b}[8m\\u{202e}\\u{9b} 'Città': not\\u{d}this"
        self.assertIn(line, report.text())

    def test_isolated(self):
        """python3 -I -S on the folder, exit codes and outputs."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(small_election(), os.path.join(scratch, "record"))
            call = [sys.executable, "-I", "-S", str(REFERENCE), "verify", folder]
            process = subprocess.run(call + ["--json"], capture_output=True, check=False)
            self.assertEqual((process.returncode, json.loads(process.stdout)["verdict"]), (0, "holds"))
            for option in ("--fingerprint", "--checkpoint"):
                process = subprocess.run(call + [option, ""], capture_output=True, check=False)
                self.assertEqual(process.returncode, 2)
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
            self.assertTrue(verify(Record(folder), pins=Pins(forge.fingerprint.hex(), ((20, log.root()),))).holds())
            for typed in (forge.fingerprint.hex().upper(), written("F", forge.fingerprint).lower().replace("-", " ")):
                self.assertTrue(verify(Record(folder), pins=Pins(read_fingerprint(typed))).holds())
            slip = written("F", forge.fingerprint)[:-1] + ("1" if written("F", forge.fingerprint)[-1] == "0" else "0")
            for typed in (slip, slip[:-1], written("T", forge.fingerprint), "", "!" * 29, "1" * 63):
                with self.assertRaises(Refused):
                    read_fingerprint(typed)
            wrong = verify(Record(folder), pins=Pins(OTHER.hex(), ((20, log.root()), (21, log.root()))))
            self.assertEqual(len([f for f in wrong.failures if f.check == "board.pinned"]), 1)
            self.assertEqual({f.check for f in wrong.failures}, {"board.pinned", "election.pinned"})

    def test_any_bytes(self):
        """There is a report for any content of the files."""
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
                    self.assertNotEqual(verify(Record(folder)).verdict(), "holds", path)
                with open(target, "wb") as file:
                    file.write(data)
            self.assertEqual(verify(Record(folder)).verdict(), "holds")

    @unittest.skipUnless(COMMAND, NO_COMMAND)
    def test_mutations(self):
        for make in (small_election, lambda: witnesses(2, 0, 2)):
            with tempfile.TemporaryDirectory() as scratch:
                folder = write(make(), os.path.join(scratch, "record"))
                self.assertEqual(compare(COMMAND, folder, 15, 1), [])

    @unittest.skipUnless(COMMAND, NO_COMMAND)
    def test_record_of_the_command(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = os.path.join(scratch, "demo")
            subprocess.run([COMMAND, "demo", "--voters", "60", "--out", folder], capture_output=True, check=True)
            self.assertEqual(compare(COMMAND, os.path.join(folder, "record"), 15, 2), [])


@unittest.skipUnless(COMMAND, NO_COMMAND)
class Bytes(unittest.TestCase):
    """A change of any byte of any published file is reported by both verifiers, under the same check at the same place."""

    def compare(self, most):
        with tempfile.TemporaryDirectory() as scratch:
            folder = write(smallest_election(), os.path.join(scratch, "record"))
            self.assertEqual(differences(COMMAND, folder), [])
            self.assertEqual(verify(Record(folder)).verdict(), "holds")
            self.assertEqual(compare_bytes(COMMAND, folder, most), [])

    def test_some(self):
        self.compare(8)

    @unittest.skipUnless(os.environ.get("BALLOTTA_FULL"), "takes minutes: set BALLOTTA_FULL")
    def test_many(self):
        self.compare(150)


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
            (("format",), "ballotta/v0/manifest"),
            (("election_id",), "AB" * 32),
            (("languages",), ["en", "EN"]),
            (("title", "en"), "\u200e"),
            (("title", "it"), "x"),
            (("weights", "total"), 4),
            (("weights", "total"), 2**44 + 1),
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
            (("board", "name"), "a+b"),
            (("extra",), 1),
        ):
            with self.subTest(path=path, value=value):
                self.refused(path, value)

    def test_titles(self):
        """Which titles are equal does not depend on the version of Unicode."""
        for alike, pairs in (
            (True, ((" Ada ", "ADA"), ("É", "é"), ("ΟΔΟΣ", "οδοσ"), ("Ж", "ж"), ("İ", "i\u0307"))),
            (True, (("Ada  Byron", "ada\u00a0byron"), ("Ada\u200b", "A\u00add\u2060a\ufe0f \ufeff"))),
            (True, (("Ada \u200d Byron", "Ada Byron"), ("A\ufff9d\U00016fe4a\u2800", "A\U00013440da"))),
            (False, (("\U00010d50", "\U00010d70"), ("\ua7dc", "\u019b"), ("\ua7cb", "\u0264"), ("\u1c89", "\u1c8a"))),
            (False, (("Ა", "ა"), ("οδος", "οδοσ"), ("Ada Byron", "AdaByron"))),
        ):
            for one, other in pairs:
                self.assertEqual(folded(one) == folded(other), alike, (one, other))

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
