"""Switches as texts: what --switch understands, what it says otherwise, and what its help tells."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import fields

from tests.project import Project
from wxsync import sandbox
from wxsync.sandbox.switches import HELP, Switches, switches_from

UPLOAD, TOKEN = "/cgi-bin/material/add_material", "/cgi-bin/token"

UNDERSTOOD: list[tuple[list[str], Switches]] = [
    ([], Switches()),
    (["cloud"], Switches(cloud=True)),
    ([" test_account ", "hide_thumbs"], Switches(test_account=True, hide_thumbs=True)),
    (["impossible_token=40014"], Switches(impossible_token=40014)),
    (["count_out_of_range=none"], Switches(count_out_of_range=None)),
    (["count_out_of_range=40097"], Switches(count_out_of_range=40097)),
    (["listing_delay=2.5"], Switches(listing_delay=2.5)),
    (["largest_body=1000"], Switches(largest_body=1000)),
    (["allowed_ips=203.0.113.7"], Switches(allowed_ips=("203.0.113.7",))),
    (["allowed_ips=203.0.113.7, ::1"], Switches(allowed_ips=("203.0.113.7", "::1"))),
    (["allowed_ips=203.0.113.0/24,2001:db8::/32"], Switches(allowed_ips=("203.0.113.0/24", "2001:db8::/32"))),
    (["ascii_names=41005"], Switches(ascii_names=41005)),
    ([f"daily.{UPLOAD}=10", f"daily.{TOKEN}=0"], Switches(daily={UPLOAD: 10, TOKEN: 0})),
    ([f"minute.{UPLOAD}=3"], Switches(minute={UPLOAD: 3})),
    (["capacity.voice=2", "capacity.voice=3", "capacity.image=1"], Switches(capacity={"voice": 3, "image": 1})),
    (["largest_body=1", "largest_body=2"], Switches(largest_body=2)),
]

REFUSED: list[tuple[str, str]] = [
    ("", "is not known"),
    ("sleepy", "is not known"),
    ("clod", "did you mean cloud?"),
    ("largestbody=3", "did you mean largest_body=BYTES?"),
    ("cloud=", "is written cloud"),
    ("cloud=true", "is written cloud"),
    ("cloud.x", "is written cloud"),
    ("largest_body", "is written largest_body=BYTES"),
    ("largest_body.x=3", "is written largest_body=BYTES"),
    ("allowed_ips", "is written allowed_ips=IP,IP"),
    ("largest_body=", "needs a whole number"),
    ("largest_body=-1", "needs a whole number"),
    ("largest_body=1_000", "needs a whole number"),
    ("largest_body=²", "needs a whole number"),
    ("largest_body=" + "9" * 5000, "needs a whole number"),
    ("impossible_token=none", "needs a whole number"),
    ("count_out_of_range=clamp", "needs a whole number"),
    ("listing_delay=soon", "needs seconds"),
    ("listing_delay=-1", "needs seconds"),
    ("listing_delay=nan", "needs seconds"),
    ("listing_delay=inf", "needs seconds"),
    ("allowed_ips=", "needs addresses"),
    ("allowed_ips=203.0.113", "needs addresses"),
    ("allowed_ips=203.0.113.*", "needs addresses"),
    ("allowed_ips=203.0.113.7/24", "needs addresses"),
    ("allowed_ips=203.0.113.7:443", "needs addresses"),
    ("daily", "is written daily.PATH=N, for one of /cgi-bin/token"),
    ("daily=3", "is written daily.PATH=N"),
    ("daily.add_material=3", "is written daily.PATH=N"),
    ("minute./nothing=3", "is written minute.PATH=N"),
    ("capacity.thumb=3", "is written capacity.KIND=N, for one of image, voice, video"),
    ("capacity.voice", "needs a whole number"),
    ("capacity.voice=many", "needs a whole number"),
]


@pytest.mark.parametrize(("texts", "switches"), UNDERSTOOD)
def test_switches_are_read(texts: list[str], switches: Switches) -> None:
    assert switches_from(texts) == switches


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_is_not_understood_is_answered_with_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="the switch") as error:
        switches_from(["cloud", text])
    assert said in str(error.value)


def test_the_help_has_a_line_for_every_switch_with_its_authority() -> None:
    table = HELP.split("AUTHORITY)\n")[1].splitlines()
    lines = {re.split(r"[ .=]", line.strip())[0]: line for line in table}
    assert list(lines) == [switch.name for switch in fields(Switches)]
    for line in lines.values():
        assert any(word in line for word in ("documented", "reported", "guess")), line
        assert len(line) < 116


def test_the_page_of_the_sandbox_has_a_row_for_every_switch_as_the_help_has_it() -> None:
    page = (Path(sandbox.__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z_0-9]+)[^`]*` \| (\S+) \| (.+) \|$", page, re.MULTILINE)
    help_lines = [re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in HELP.split("AUTHORITY)\n")[1].splitlines()]
    told = {re.split(r"[ .=]", line[0])[0]: " ".join(" ".join(line).split()) for line in help_lines}
    assert [name for name, _, _ in rows] == [switch.name for switch in fields(Switches)]
    for name, default, what in rows:
        assert told[name].endswith(f" {default} {' '.join(what.split())}")


def test_the_examples_of_the_help_are_understood() -> None:
    examples = HELP.split("\n\n")[1].splitlines()
    switches = switches_from([line.split()[0] for line in examples])
    assert (switches.cloud, switches.daily[UPLOAD], len(switches.allowed_ips or ())) == (True, 10, 2)


def test_the_command_shows_the_switches_and_refuses_what_is_none(offline: Project) -> None:
    assert HELP.splitlines()[-1] in offline.run("sandbox", "--help").out
    refused = offline.run("sandbox", "--switch", "cloud", "--switch", "clod")
    assert refused.code == 64
    assert "did you mean cloud?" in refused.err
    assert "--help" in refused.err
