"""The words of reports: every sentence has a translation, with the same places for values."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import ballotta
from ballotta import _ballotta
from ballotta._words import ITALIAN, ITALIAN_CHECKS, ITALIAN_UNITS, Html, Words

PACKAGE = Path(ballotta.__file__).parent


def places(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w*)\}", text))


def code(name: str) -> ast.Module:
    """The code of a file of the package, without the tables of translations."""
    parsed = ast.parse((PACKAGE / name).read_text(encoding="utf-8"))
    tables = {"ITALIAN", "ITALIAN_CHECKS", "ITALIAN_UNITS"}
    parsed.body = [node for node in parsed.body if not (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in tables)]
    return parsed


def test_every_sentence_is_used_and_complete() -> None:
    literals = {
        node.value
        for name in ("_html.py", "_contests.py", "_report.py", "_record.py", "_notebook.py", "_text.py", "_words.py")
        for node in ast.walk(code(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(ITALIAN) <= literals, set(ITALIAN) - literals
    for english, italian in ITALIAN.items():
        assert places(english) == places(italian), english
        assert italian.endswith((".", ":")) == english.endswith((".", ":")), english


def test_every_check_has_a_description() -> None:
    assert set(ITALIAN_CHECKS) == {slug for slug, *_ in _ballotta.checks()}
    assert set(ITALIAN_UNITS) == {unit for _, *units, _ in _ballotta.checks() for unit in units}


def test_languages_and_numbers() -> None:
    assert [Words.of(languages).language for languages in (["de", "it-CH", "en"], ["en", "it"], ["de"], [])] == ["it", "en", "en", "en"]
    english, italian = Words("en"), Words("it")
    assert (english.number(1234567), italian.number(1234567)) == ("1,234,567", "1.234.567")
    assert (english.percent(0.5), italian.percent(0.5)) == ("50.0 %", "50,0 %")
    with pytest.raises(KeyError):
        italian("A sentence without a translation.")


def test_values_are_escaped() -> None:
    words = Words("en")
    assert words.html("Read from {source}", source="<b>{x}") == "Read from &lt;b&gt;{x}"
    assert words.html("Read from {source}", source=Html("<code>a</code>")) == "Read from <code>a</code>"
