"""The report of a verifier: spec/verification.md#report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from decisions import decision_lines, share_text
from encoding import written

STAGES = ("voting", "closed", "complete")

UNITS = {
    "manifest.valid": "manifest",
    "board.checkpoint": "checkpoint",
    "board.entries": "entry",
    "board.root": "tree head",
    "board.pinned": "tree head",
    "board.order": "entry",
    "ceremony.messages": "message",
    "roll.lines": "line",
    "roll.signature": "signature",
    "roll.parts": "file",
    "roll.changes": "change",
    "election.fingerprint": "fingerprint",
    "election.pinned": "fingerprint",
    "organiser.signature": "entry",
    "ballot.encoding": "ballot",
    "ballot.election": "ballot",
    "ballot.credential": "ballot",
    "ballot.style": "ballot",
    "ballot.signature": "ballot",
    "ballot.argument": "ballot",
    "ballot.duplicate": "ballot",
    "ballot.randomness": "ballot",
    "ballot.window": "ballot",
    "ballot.predecessor": "ballot",
    "tally.sums": "statement",
    "closing.rule": "rule",
    "decryption.proof": "decryption",
    "decryption.threshold": "decryption",
    "result.totals": "result",
    "record.files": "file",
}
BALLOT_CHECKS = [check for check in UNITS if check.startswith("ballot.")]
OF_COMPLETE = list(UNITS)[list(UNITS).index("tally.sums") :]

FAILURES_SHOWN = 1000  # for each check, so that a file full of errors cannot fill the memory

EFFECTS = ("none", "missing", "invalid", "unreadable")  # from the least to the greatest
STATUS_OF_EFFECT = {"none": "findings", "missing": "missing", "invalid": "failed", "unreadable": "unreadable"}

Place = str | dict[str, Any]
Role = str | dict[str, int]


@dataclass(frozen=True)
class Failure:
    check: str
    place: Place
    effect: str
    who: list[Role]
    problem: str


@dataclass
class Report:
    stage: str
    items: dict[str, int] = field(default_factory=dict)
    not_asked: set[str] = field(default_factory=set)
    failed: dict[str, int] = field(default_factory=dict)  # the number of all failures of a check
    effects: dict[str, str] = field(default_factory=dict)  # the greatest effect of the failures of a check
    failures: list[Failure] = field(default_factory=list)  # the first failures of each check
    not_checked: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    fingerprint: bytes | None = None
    cancelled: dict[str, Any] | None = None  # entry and reason
    result: dict[str, Any] | None = None

    def saw(self, check: str, items: int = 1) -> None:
        """Notes that a check was done, on this many more items."""
        self.items[check] = self.items.get(check, 0) + items

    def add(self, check: str, place: Place, effect: str, who: list[Role], problem: object) -> None:
        if self.failures_of(check) < FAILURES_SHOWN:
            self.failures.append(Failure(check, place, effect, who, str(problem)))
        self.failed[check] = self.failures_of(check) + 1
        self.effects[check] = max(effect, self.effects.get(check, "none"), key=EFFECTS.index)

    def fail(self, check: str, place: Place, problem: object, *who: Role) -> None:
        self.add(check, place, "invalid", list(who), problem)

    def note(self, check: str, place: Place, problem: object, *who: Role) -> None:
        self.add(check, place, "none", list(who), problem)

    def missing(self, check: str, place: Place, problem: object, *who: Role) -> None:
        self.add(check, place, "missing", list(who), problem)

    def failures_of(self, check: str) -> int:
        return self.failed.get(check, 0)

    def status(self, check: str) -> str:
        if check in self.effects:
            return STATUS_OF_EFFECT[self.effects[check]]
        if check in self.not_asked:
            return "not_asked"
        if check not in self.items:
            return "not_checked"
        return "passed" if self.items[check] or check in [*BALLOT_CHECKS, "roll.signature"] else "missing"

    def checks(self) -> list[str]:
        return [check for check in UNITS if self.stage == "complete" or check not in OF_COMPLETE]

    def verdict(self) -> str | None:
        effects = self.effects.values()
        if "unreadable" in effects:
            return None
        if "invalid" in effects:
            return "does_not_hold"
        if "missing" in effects or any(self.status(check) in ("missing", "not_checked") for check in self.checks()):
            return "not_complete"
        return "holds_with_findings" if effects else "holds"

    def holds(self) -> bool:
        return self.verdict() in ("holds", "holds_with_findings")

    def shown_failures(self) -> list[dict[str, Any]]:
        """The failures, without those who do not answer for them: spec/verification.md#effects."""
        signed, is_opened_one = self.passed("board.root"), self.passed("election.fingerprint")
        shown = []
        for failure in self.failures:
            on_its_own = failure.check.startswith("board.") and failure.check != "board.order"
            answers = is_opened_one or on_its_own or failure.check == "ceremony.messages"
            who = [role for role in failure.who if answers and (signed or role != "board")]
            shown.append(vars(failure) | {"who": failure.who if failure.effect == "missing" else who})
        return shown

    def passed(self, check: str) -> bool:
        return check in self.items and not self.failures_of(check)

    def value(self) -> dict[str, Any]:
        """The report as the command writes it with --json."""
        return {
            "verdict": self.verdict(),
            "stage": self.stage,
            "fingerprint": self.fingerprint.hex() if self.fingerprint else None,
            "checks": [
                {
                    "check": check,
                    "status": self.status(check),
                    "items": self.items.get(check, 0),
                    "failures": self.failures_of(check),
                }
                for check in self.checks()
            ],
            "failures": self.shown_failures(),
            "not_checked": self.not_checked,
            "warnings": self.warnings,
            "cancelled": self.cancelled,
            "result": self.result,
        }

    def text(self) -> str:
        lines = turnout_lines(self.result) if self.result else []
        for contest in self.result["contests"] if self.result else []:
            withheld = f", withheld: {contest['withheld']}" if contest["withheld"] else ""
            lines.append(f"{contest['id']}: {contest['ballots']} ballots of weight {contest['weight']}{withheld}")
            for option in contest["options"]:
                lines.append("  ".join(["", *(str(found) for found in option.values())]))
            lines += [f"  (blank)  {contest['blank']}"] if contest["blank"] is not None else []
            lines += ["  " + " > ".join(" = ".join(tie) for tie in contest["ranking"])] if contest["ranking"] else []
            lines += [f"  {line}" for line in decision_lines(contest)]
        for check in self.checks():
            items = counted(self.items.get(check, 0), UNITS[check])
            lines.append(f"{self.status(check):12} {check:22} {items}")
        for failure in self.shown_failures():
            who = ", ".join(map(place_text, failure["who"]))
            word = {"none": "finding", "invalid": "FAILED"}.get(failure["effect"], failure["effect"])
            at = f"{word}: {failure['check']} at {shown(place_text(failure['place']))}: {shown(failure['problem'])}"
            lines.append(f"{at} ({who})" if who else at)
        for check, count in self.failed.items():
            if count > FAILURES_SHOWN:
                lines.append(f"failed: {check}: {count - FAILURES_SHOWN} times more")
        lines += [f"not checked: {text}" for text in self.not_checked]
        lines += [f"warning: {text}" for text in self.warnings]
        if self.cancelled:
            lines.append(f"cancelled: entry {self.cancelled['entry']}: {shown(self.cancelled['reason'])}")
        if self.fingerprint:
            lines.append(f"fingerprint {written('F', self.fingerprint)} ({self.fingerprint.hex()})")
        lines.append(f"The record: {(self.verdict() or 'could not be read').replace('_', ' ')}.")
        return "\n".join(lines)


def turnout_lines(result: dict[str, Any]) -> list[str]:
    """What the decisions of all contests depend on."""
    lines = []
    if quorum := result["quorum"]:
        reached = "reached" if quorum["reached"] else "NOT REACHED: nobody is elected, and no motion passes"
        lines.append(f"quorum: {share_text(quorum)} of {quorum['base']}: {quorum['counted']}: {reached}")
    if result["lot"]:
        lines.append(f"ties are decided by the lot with the seed {result['lot']}")
    return lines


def counted(number: int, one: str) -> str:
    many = {"entry": "entries"}.get(one, f"{one}s")
    return f"{number} {one if number == 1 else many}"


def shown(text: str) -> str:
    """Escapes a text that may contain a name that somebody chose, so that it cannot add lines or hide others."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def place_text(place: Place) -> str:
    if isinstance(place, str):
        return f"the {place}"
    if "entry" in place:
        return f"entry {place['entry']['index']} in {place['entry']['file']}"
    return ", ".join(f"{name} {value}" for name, value in place.items())
