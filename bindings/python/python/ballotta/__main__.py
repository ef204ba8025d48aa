"""``python -m ballotta``, or ``ballotta-audit``: verify a record, or write a report of it.

Exit codes are those of the command ``ballotta``: 0 the record holds, 1 it does not hold, 2 called wrongly or the record
could not be read, 3 it is not complete. With ``--strict``, findings give 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import BallottaError, __version__, verify
from ._text import verdict
from ._words import LANGUAGES, Words


def _arguments() -> argparse.ArgumentParser:
    prog = "python -m ballotta" if sys.argv[0].endswith("__main__.py") else None
    parser = argparse.ArgumentParser(prog=prog, description="Verify elections.")
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb, text in [("verify", "verify a record"), ("report", "verify a record and write a page")]:
        sub = verbs.add_parser(verb, help=text, description=text)
        sub.add_argument("record", help="a folder, a zip archive, or the address of either")
        sub.add_argument("--fingerprint", metavar="HEX", help="the fingerprint that the voters were shown")
        sub.add_argument("--checkpoint", metavar="FILE", help="a checkpoint that somebody kept earlier")
        sub.add_argument("--stage", choices=["voting", "closed", "complete"], default="complete")
        sub.add_argument("--strict", action="store_true", help="accept no findings")
        sub.add_argument("--jobs", type=int, metavar="N", help="number of threads; one for each core by default")
        sub.add_argument("--language", choices=LANGUAGES, help="language of the report; the manifest's by default")
        if verb == "verify":
            sub.add_argument("--json", action="store_true", help="print the report as JSON")
        else:
            sub.add_argument("--html", metavar="OUT", required=True, help="the page to write")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns the exit code."""
    asked = _arguments().parse_args(arguments)
    try:
        report = verify(
            asked.record,
            fingerprint=asked.fingerprint,
            checkpoint=asked.checkpoint,
            stage=asked.stage,
            jobs=asked.jobs,
        )
        if asked.verb == "report":
            page = report.to_html(asked.language)
            with open(asked.html, "w", encoding="utf-8") as file:
                file.write(page)
            print(verdict(report, Words.of_report(report.manifest, asked.language)))
        else:
            print(report.to_json() if asked.json else report.to_text(asked.language))
    except (BallottaError, OSError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if asked.strict and report.verdict == "holds_with_findings":
        return 1
    return {"does_not_hold": 1, None: 2, "not_complete": 3}.get(report.verdict, 0)


if __name__ == "__main__":
    sys.exit(main())
