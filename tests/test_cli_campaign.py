"""A small part of the campaign of random expressions; the whole of it is run by hand."""

from __future__ import annotations

import pytest

from autograd.cli.command import run
from tests.cli_campaign import campaign


def test_random_expressions_and_soups_of_tokens() -> None:
    tried, failures = campaign(400, 6)
    assert tried == {"expressions": 100, "soups": 300, "processes": 6}
    assert failures == []


def test_the_campaign_notices_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(argv: list[str]) -> int:
        print("\x1b[2J" if len(argv[0]) % 2 else "")
        return run(argv)

    monkeypatch.setattr("autograd.cli.command.run", broken)
    _, failures = campaign(40, 0)
    assert any("not inert" in failure for failure in failures)
    assert any("refused, with" in failure for failure in failures)
