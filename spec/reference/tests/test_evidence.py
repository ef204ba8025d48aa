"""Receipts, evidence and the light client: the vectors `receipts.json`, `evidence.json`, `light.json`, `light-changes.json`,
`light-limits.json`."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from functools import lru_cache
from struct import pack
from unittest import mock

from paths import COMMAND, REFERENCE, VECTORS

import evidence as evidence_module
from board import board_receipt, hash_tile_paths, is_light_path, read_receipt
from encoding import VERSION, Refused, le32
from evidence import KINDS, Broken, read_evidence
from light import Light, Tiles
from manifest import read_manifest
from merkle import Log, is_consistent, is_included, leaf, root_of
from promise import promised
from roll import voter_number

FULL = bool(os.environ.get("BALLOTTA_FULL"))


def vectors(name):
    return json.loads((VECTORS / name).read_text())


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]


def places(letters):
    """The places that are tried: every one takes minutes."""
    return range(0, len(letters), 1 if FULL else 5)


def of_receipt(data, board):
    try:
        read_receipt(data)
    except Refused:
        return "u"
    try:
        board_receipt(data, board)
    except Refused:
        return "n"
    return "b"


class Receipts(unittest.TestCase):
    def setUp(self):
        self.vectors = vectors("receipts.json")
        self.board = read_manifest(self.vectors["manifest"].encode()).board

    def test_receipts(self):
        for v in self.vectors["receipts"]:
            self.assertEqual(of_receipt(v["receipt"].encode(), self.board), v["is"], v["name"])

    def test_receipts_follow_from_the_entries(self):
        for v, entry in zip(self.vectors["receipts"], self.vectors["entries"]):
            data, receipt = bytes.fromhex(entry["entry"]), read_receipt(v["receipt"].encode())
            self.assertEqual((receipt.index, receipt.leaf), (entry["index"], leaf(data)))
            self.assertEqual((receipt.fingerprint, receipt.previous), (data[5:37], data[79:111]))

    def test_a_bit_is_changed(self):
        data, letters = self.vectors["receipts"][0]["receipt"].encode(), self.vectors["changes"]
        self.assertEqual(len(data), len(letters))
        for at, letter in enumerate(letters):
            self.assertEqual(of_receipt(flipped(data, at), self.board), letter, at)

    def test_promises(self):
        records = {}
        for record in self.vectors["records"]:
            records[record["name"]] = {path: bytes.fromhex(data) for path, data in record["files"].items()}
        for v in self.vectors["promises"]:
            tracker, number = bytes.fromhex(v["tracker"]), voter_number(bytes.fromhex(v["credential"]))
            try:
                state = promised(Files(records[v["record"]]), v["receipt"].encode(), tracker, number)
            except Refused:
                state = "refused"
            self.assertEqual(state, v["state"], v["name"])


# These rules can only convict: nothing breaks them.
ALONE = {"void_though_promised": {2}, "wrong_head": {5}}


# A manifest is read once: it is the same in all of them.
@mock.patch.object(evidence_module, "read_manifest", lru_cache(read_manifest))
class Evidence(unittest.TestCase):
    def setUp(self):
        self.vectors = vectors("evidence.json")
        self.manifest = self.vectors["manifest"].encode()

    def bytes_of(self, v, after=None):
        kind = KINDS.index(v["kind"].replace("-", "_")) + 1
        after = bytes.fromhex(v["after_manifest"]) if after is None else after
        return VERSION + bytes([kind]) + le32(len(self.manifest)) + self.manifest + after

    def test_evidence(self):
        broken = {}
        for v in self.vectors["evidence"]:
            evidence = read_evidence(self.bytes_of(v))
            self.assertEqual(evidence.kind, v["kind"].replace("-", "_"))
            if "convicts" in v:
                trustee = evidence.judge()
                self.assertEqual(f"trustee {trustee}" if trustee else "the board", v["convicts"], v["name"])
            else:
                with self.assertRaises(Broken, msg=v["name"]) as raised:
                    evidence.judge()
                self.assertEqual(raised.exception.rule, v["breaks_rule"], v["name"])
                broken.setdefault(evidence.kind, set()).add(raised.exception.rule)
        # Every rule of every kind is broken by one of them.
        rules = dict(zip(KINDS, (2, 2, 2, 4, 4, 2, 4, 11, 3)))
        for kind, last in rules.items():
            self.assertEqual(broken[kind] - {0}, set(range(1, last + 1)) - ALONE.get(kind, set()), kind)

    def test_what_is_no_evidence(self):
        for v in self.vectors["unreadable"]:
            data = self.bytes_of(self.vectors["evidence"][v["evidence"]])
            changed = data[: v["at"]] + bytes.fromhex(v["insert"]) + data[v["at"] + v["remove"] :]
            with self.assertRaises(Refused, msg=v["name"]):
                read_evidence(changed)

    def test_a_bit_is_changed(self):
        for v in self.vectors["changes"]:
            of = self.vectors["evidence"][v["evidence"]]
            after, letters = bytes.fromhex(of["after_manifest"]), v["letters"]
            self.assertEqual(len(after), len(letters))
            for at in places(letters):
                found = of_evidence(self.bytes_of(of, flipped(after, at)))
                self.assertEqual(found, letters[at], f"{of['name']}: byte {at}")

    def test_the_command(self):
        """The exit codes of both programs: it convicts, it convicts nobody, it is not evidence."""
        vectors = self.vectors["evidence"]
        files = [
            (0, self.bytes_of(next(v for v in vectors if v.get("convicts") == "the board"))),
            (0, self.bytes_of(next(v for v in vectors if v.get("convicts") == "trustee 1"))),
            (1, self.bytes_of(next(v for v in vectors if "breaks_rule" in v))),
            (2, self.bytes_of(vectors[0])[:-1]),
        ]
        programs = [[sys.executable, "-I", "-S", "-B", str(REFERENCE), "evidence"]]
        if COMMAND:
            programs.append([COMMAND, "evidence", "verify"])
        for code, data in files:
            with tempfile.NamedTemporaryFile() as file:
                file.write(data)
                file.flush()
                for program in programs:
                    ran = subprocess.run([*program, file.name], capture_output=True, check=False)
                    self.assertEqual(ran.returncode, code, ran)


def of_evidence(data):
    try:
        evidence = read_evidence(data)
    except Refused:
        return "u"
    try:
        return "t" if evidence.judge() else "b"
    except Broken:
        return "n"


class Files:
    """A record in memory."""

    def __init__(self, files):
        self.files = files

    def read(self, path, maximum):
        data = self.files.get(path)
        return data if data is None else data[: maximum + 1]


REFUSED = {"refuses": True}


def without_codes(found):
    """The vectors name the fault; that of this client may be another one."""
    if not isinstance(found, dict):
        return found
    return REFUSED if "refuses" in found else {name: without_codes(value) for name, value in found.items()}


class LightClient(unittest.TestCase):
    def finds(self, v, files):
        """What a client finds, in the form of the vectors."""
        # No verifier takes them for files that do not belong to the record.
        self.assertTrue(all(is_light_path(path) for path in files if path.startswith("light/")))
        for change in v["changes"]:
            if change.get("remove"):
                del files[change["path"]]
            elif "cut" in change:
                files[change["path"]] = files[change["path"]][: -change["cut"]]
            else:
                data = bytearray(files[change["path"]])
                data[change["at"]] ^= change["xor"]
                files[change["path"]] = bytes(data)
        seen = v["seen"] and (v["seen"]["size"], bytes.fromhex(v["seen"]["root"]))
        credential, tracker = bytes.fromhex(v["credential"]), bytes.fromhex(v["tracker"])
        try:
            light = Light(Files(files), seen)
        except Refused:
            return REFUSED
        closing = None if light.closed is None else light.closed - 1
        found = {
            "election": {
                "fingerprint": light.fingerprint.hex(), "size": light.board.size, "voters": light.voters,
                "opened": light.opening, "closed": closing,
            },
        }  # fmt: skip
        try:
            line = light.find(credential)
        except Refused:
            return {**found, "line": REFUSED}
        if line is None:
            return {**found, "line": REFUSED}
        # The voter number finds the same line.
        self.assertEqual(light.find(voter_number(credential)), line)
        found["line"] = line.place
        try:
            tracker_before = light.predecessor(line)
            found["predecessor"] = tracker_before and tracker_before.hex()
        except Refused:
            found["predecessor"] = REFUSED
        if "now" in v:
            fresh = light.freshness(v["now"])
            found["freshness"] = {"state": fresh.state, "cosigned": fresh.cosigned, "youngest": fresh.youngest}
        try:
            status = light.status(line, tracker)
        except Refused:
            return {**found, "status": REFUSED}
        index = status.head and status.head.index
        return {**found, "status": {"confirmed": status.confirmed, "ballot": status.state, "index": index}}

    def test_light(self):
        self.check("light.json", 90)

    def test_changes_of_the_roll(self):
        self.check("light-changes.json", 60)

    def test_limits(self):
        self.check("light-limits.json", 25)

    def check(self, name, least):
        light = vectors(name)
        records = {record["name"]: {**light["common"]["files"], **record["files"]} for record in light["records"]}
        self.assertGreater(len(light["cases"]), least)
        for v in light["cases"]:
            files = {path: bytes.fromhex(data) for path, data in records[v["record"]].items()}
            self.assertEqual(self.finds(v, files), without_codes(v["finds"]), f"{v['record']}: {v['name']}")


class Proofs(unittest.TestCase):
    """Proofs against the definition of the roots, for every small log."""

    def test_proofs(self):
        entries = [pack("<Q", number) for number in range(20)]
        hashes = [leaf(entry) for entry in entries]

        def root(some):
            return root_of(some)

        def inclusion(index, some):
            if len(some) == 1:
                return []
            k = 1 << (len(some) - 1).bit_length() - 1
            if index < k:
                return [*inclusion(index, some[:k]), root(some[k:])]
            return [*inclusion(index - k, some[k:]), root(some[:k])]

        def consistency(old, some, whole=True):
            if old == len(some):
                return [] if whole else [root(some)]
            k = 1 << (len(some) - 1).bit_length() - 1
            if old <= k:
                return [*consistency(old, some[:k], whole), root(some[k:])]
            return [*consistency(old - k, some[k:], False), root(some[:k])]

        for size in range(1, 20):
            some, whole = entries[:size], root(entries[:size])
            for index in range(size):
                proof = inclusion(index, some)
                for at in range(size):
                    self.assertEqual(is_included(hashes[at], index, size, whole, proof), at == index)
                for wrong in (proof[:-1], [*proof, whole]):
                    self.assertEqual(is_included(hashes[index], index, size, whole, wrong), wrong == proof)
            self.assertFalse(is_included(hashes[0], size, size, whole, []))
            for old in range(1, size + 1):
                proof, older = consistency(old, some), root(some[:old])
                self.assertTrue(is_consistent(old, older, size, whole, proof), (old, size))
                self.assertFalse(is_consistent(old, leaf(older), size, whole, proof), (old, size))
                self.assertFalse(is_consistent(old, older, size, leaf(whole), proof), (old, size))
                for wrong in (proof[:-1], [*proof, whole]):
                    self.assertEqual(is_consistent(old, older, size, whole, wrong), wrong == proof, (old, size))
            self.assertTrue(is_consistent(0, root([]), size, whole, []))
            self.assertFalse(is_consistent(0, whole, size, whole, []))
            self.assertFalse(is_consistent(size + 1, whole, size, whole, []))

    def test_tiles(self):
        """Proofs that are made from tiles of several levels."""
        hashes = [[leaf(pack("<Q", number)) for number in range(600)]]
        hashes.append([root_of_hashes(hashes[0][first : first + 256]) for first in (0, 256)])
        for size in (1, 255, 256, 257, 511, 512, 600):
            paths = {path.split("/")[1] + "/" + path.split("/")[2][:3]: path for path in hash_tile_paths(size)}
            files = {}
            for place, path in paths.items():
                level, number = map(int, place.split("/"))
                some = hashes[level][: size >> 8 * level]
                files["x/" + path] = b"".join(some[256 * number : 256 * number + 256])
            tiles = Tiles(Files(files), "x/", size, root_of_hashes(hashes[0][:size]))
            for index in {0, 1, size // 2, size - 1} & set(range(size)):
                self.assertTrue(is_included(hashes[0][index], index, size, tiles.root, tiles.inclusion(index)))
            for old in {0, 1, size // 3, size // 2, 256, size} & set(range(size + 1)):
                tiles.require_begins_with(old, root_of_hashes(hashes[0][:old]))
            with self.assertRaises(Refused):
                tiles.require_begins_with(size // 2, leaf(b""))
            with self.assertRaises(Refused):
                tiles.require_begins_with(size + 1, leaf(b""))


def root_of_hashes(hashes):
    log = Log()
    for hash in hashes:
        log.append_leaf(hash)
    return log.root()


if __name__ == "__main__":
    unittest.main()
