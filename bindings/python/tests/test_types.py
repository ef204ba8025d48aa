"""The types that the package promises."""

import subprocess
import sys
from pathlib import Path
from typing import Literal, get_origin

import pytest

PACKAGE = Path(__file__).parent.parent


def run(*arguments: str, folder: Path = PACKAGE) -> None:
    ran = subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_and_its_tests_keep_their_types() -> None:
    pytest.importorskip("mypy")
    run("mypy", "--strict", "python", "tests")


RIGHT = """
import ballotta
from ballotta import ContestResult, ResultDocument

def turnout(result: ResultDocument) -> float:
    return result["counted_ballots"] / result["eligible_voters"]

def elected(contest: ContestResult) -> list[str]:
    return [winner["id"] for winner in contest["winners"]["elected"]] if "winners" in contest else []

report = ballotta.verify("record", stage="closed")
if report.verdict == "holds" and report.result is not None:
    print(turnout(report.result), [elected(contest) for contest in report.result["contests"]])
    print([check.id for check in report.checks if check.status == "findings"])
    for row in report.results(language="it"):
        print(row.contest, row.title, row.total, row.share, row.elected)
"""

#: A line that replaces one of the example, and the error that it gives.
WRONG = [
    ('result["counted_ballots"]', 'result["counted_balots"]', "typeddict-item"),
    ('contest["winners"]["elected"]', 'contest["winners"]["winner"]', "typeddict-item"),
    ("row.share", "row.shares", "attr-defined"),
    ('stage="closed"', 'stage="close"', "arg-type"),
    ('report.verdict == "holds"', 'report.verdict == "hold"', "comparison-overlap"),
    ('check.status == "findings"', 'check.status == "finding"', "comparison-overlap"),
    (" and report.result is not None", "", "arg-type"),
]


def test_a_misspelt_field_fails(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    examples = {"right": RIGHT}
    for number, (old, new, _) in enumerate(WRONG):
        assert old in RIGHT
        examples[f"wrong{number}"] = RIGHT.replace(old, new)
    for name, text in examples.items():
        (tmp_path / f"{name}.py").write_text(text)
    command = [sys.executable, "-m", "mypy", "--strict", *(f"{name}.py" for name in examples)]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert "right.py" not in ran.stdout, ran.stdout
    for number, (_, new, error) in enumerate(WRONG):
        lines = [line for line in ran.stdout.split("\n") if line.startswith(f"wrong{number}.py") and "error:" in line]
        assert lines and any(f"[{error}]" in line for line in lines), (new, ran.stdout)


def test_the_stubs_are_those_of_the_extension_module(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    run("mypy.stubtest", "ballotta._ballotta", folder=tmp_path)


def test_what_is_public_is_described() -> None:
    import ballotta
    import ballotta.dask
    import ballotta.shards
    import ballotta.spark

    for module in [ballotta, ballotta.shards, ballotta.dask, ballotta.spark]:
        assert module.__doc__
        for name in module.__all__:
            value = getattr(module, name)
            # A literal says what it is itself.
            assert name == "Partial" or get_origin(value) is Literal or value.__doc__, name
