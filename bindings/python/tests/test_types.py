"""The types that the package promises."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent


def run(*arguments: str, folder: Path = PACKAGE) -> None:
    ran = subprocess.run([sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_package_and_its_tests_keep_their_types() -> None:
    pytest.importorskip("mypy")
    run("mypy", "--strict", "python", "tests")


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
            assert name == "Partial" or value.__doc__, name
