"""Elections that are held with the command: every duty of every party, in one folder."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

SECRET = ["--passphrase-file", "passphrase"]


class Election:
    """An election with one trustee, from the manifest to the published result."""

    def __init__(
        self,
        command: Path,
        folder: Path,
        voters: Sequence[tuple[str, int]],
        title: str,
        contests: Sequence[str],
        change: Callable[[dict[str, Any]], None] = lambda manifest: None,
    ) -> None:
        """Opens the voting. ``contests`` are options of ``manifest new``; ``change`` edits the manifest afterwards.
        Every voter has a ballot style and a weight."""
        self.command = command
        self.folder = folder
        self.record = folder / "record"
        (folder / "passphrase").write_text("a correct horse battery\n")
        organiser = self.run("organiser", "new", "--out", "organiser.key")
        office = self.run("authority", "new", "--out", "office.key")
        board = self.run("board", "new", "--name", "board.example/club", "--out", "board.key")
        anna = self.run("trustee", "new", "--out", "anna.age", *SECRET, "--work-factor", "4")
        self.run(
            *("manifest", "new", "--title", title, "--language", "en", "--rehearsal", *contests),
            *("--organiser", organiser, "--authority", f"Office={office}", "--trustee", f"Anna={anna}"),
            *("--threshold", "1", "--board", f"board.example/club={board}", "--closing", "statements"),
            *("--minimum-ballots", "2", "--out", "manifest.json"),
        )
        manifest = folder / "manifest.json"
        changed = json.loads(manifest.read_text())
        change(changed)
        manifest.write_text(json.dumps(changed))
        self.run("record", "new", "--manifest", "manifest.json", "--board-key", "board.key", "record")
        for step in range(4):
            self.run("trustee", "ceremony", "record", "--key", "anna.age", "--out", f"anna.{step}", *SECRET)
            self.add(f"anna.{step}")
        lines = [f"{style},{weight}\n" for style, weight in voters]
        (folder / "list.csv").write_text("".join(["style,weight\n", *lines]))
        issued = self.run("credentials", "issue", "record", "--list", "list.csv", "--codes", "codes.csv", "--json")
        self.fingerprint: str = json.loads(issued)["fingerprint"]
        letters = [line.split(",") for line in (folder / "codes.csv").read_text().splitlines()[1:]]
        codes = [fields[1] for fields in letters]
        self.voter_numbers = [fields[2] for fields in letters]
        for number, code in enumerate(codes):
            (folder / f"code{number}").write_text(code)
        key = ("--key", "office.key", "--fingerprint", self.fingerprint)
        self.run("authority", "sign", "record", *key, "--out", "signature")
        self.add("signature")
        self.run("organiser", "open", "record", "--key", "organiser.key", "--out", "opening")
        self.add("opening")

    def run(self, *arguments: str) -> str:
        """Runs the command and returns what it prints."""
        made = subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert made.returncode == 0, f"ballotta {arguments}\n{made.stdout}\n{made.stderr}"
        return made.stdout.strip()

    def add(self, *files: str) -> None:
        """Puts message files on the board."""
        self.run("board", "add", "record", "--board-key", "board.key", *files)

    def prepare(self, voter: int, choices: dict[str, Any], name: str) -> str:
        """Prepares a ballot in a file and returns its tracker."""
        (self.folder / f"{name}.json").write_text(json.dumps(choices))
        code = ("--code-file", f"code{voter}")
        self.run("voter", "prepare", "record", "--choices", f"{name}.json", *code, "--out", name)
        tracker: str = json.loads(self.run("--json", "inspect", name))["tracker"]
        return tracker

    def vote(self, voter: int, choices: dict[str, Any], name: str) -> str:
        """Casts a ballot and returns its tracker."""
        tracker = self.prepare(voter, choices, name)
        self.run("voter", "cast", name, "--code-file", f"code{voter}", "--out", f"cast-{name}")
        self.add(f"cast-{name}")
        return tracker

    def finish(self) -> None:
        """Closes the voting, decrypts the totals, and publishes the result."""
        self.run("organiser", "close", "record", "--key", "organiser.key", "--out", "closing")
        self.add("closing")
        self.run("trustee", "state", "record", "--key", "anna.age", "--out", "statement", *SECRET)
        self.add("statement")
        self.run("trustee", "decrypt", "record", "--key", "anna.age", "--out", "decryption", *SECRET)
        self.add("decryption")
        self.run("result", "publish", "record", "--board-key", "board.key")
