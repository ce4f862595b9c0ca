"""Several accounts in one manifest: how they are listed, and that nothing of one ever reaches another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.project import Project, Server, png, serving
from wxsync.sandbox import DEFAULT_APPID

PROD, STAGING = "wx0123456789abcdef", "wxfedcba9876543210"
TWO = f"accounts:\n  prod: {{appid: {PROD}}}\n  staging: {{appid: {STAGING}}}\nmaterials: []\n"


def test_a_matrix_gets_every_account_with_its_appid_and_its_lock(offline: Project) -> None:
    offline.manifest(TWO)

    listed = offline.run("accounts", "--format", "json")

    assert listed.code == 0, listed.err
    assert listed.json == [
        {"name": "prod", "appid": PROD, "lock": "materials.prod.lock.json"},
        {"name": "staging", "appid": STAGING, "lock": "materials.staging.lock.json"},
    ]


def test_people_see_the_same_in_columns(offline: Project) -> None:
    offline.manifest(TWO)

    assert offline.run("accounts").out.splitlines() == [
        "account  appid               lock",
        f"prod     {PROD}  materials.prod.lock.json",
        f"staging  {STAGING}  materials.staging.lock.json",
    ]


@pytest.mark.parametrize(
    ("arguments", "listed"),
    [
        (["-a", "staging"], [{"name": "staging", "appid": STAGING, "lock": "materials.staging.lock.json"}]),
        (["--sandbox"], [{"name": None, "appid": DEFAULT_APPID, "lock": "materials.sandbox.lock.json"}]),
    ],
)
def test_whoever_chooses_gets_what_was_chosen(offline: Project, arguments: list[str], listed: object) -> None:
    offline.manifest(TWO)

    assert offline.run("accounts", "--format", "json", *arguments).json == listed


def test_without_accounts_the_appid_is_that_of_the_environment_or_of_the_lock(project: Project, server: Server) -> None:
    project.manifest("materials: []\n")
    [unknown] = Project(project.root, {}).run("accounts", "--format", "json").json
    [told] = project.run("accounts", "--format", "json").json
    project.images("a.png")
    project.apply()

    [remembered] = Project(project.root, {}).run("accounts", "--format", "json").json

    assert unknown == {"name": None, "appid": None, "lock": "materials.lock.json"}
    assert told == remembered == {"name": None, "appid": server.sandbox.appid, "lock": "materials.lock.json"}


@pytest.mark.parametrize("text", ["accounts: {prod: {}}\n", "accounts: {prod: {appid: x}}\n", "what: 1\n"])
def test_a_broken_manifest_gives_no_matrix(offline: Project, text: str) -> None:
    offline.manifest(text + "materials: []\n")

    listed = offline.run("accounts", "--format", "json")

    assert (listed.code, listed.out) == (4, "")


@pytest.fixture
def staging() -> Iterator[Server]:
    with serving(appid=STAGING) as running:
        yield running


@pytest.fixture
def both(project: Project, server: Server, staging: Server) -> Project:
    """A project for two accounts, each with a WeChat of its own."""
    project.images("a.png", "b.png")
    text = (project.root / "materials.yaml").read_text(encoding="utf-8").removeprefix("version: 1\n")
    accounts = f"accounts:\n  prod: {{appid: {server.sandbox.appid}}}\n  staging: {{appid: {STAGING}}}\n"
    project.manifest(accounts + text)
    environ = {
        key.replace("WXSYNC_", f"WXSYNC_{name}_"): value
        for name, one in (("PROD", server), ("STAGING", staging))
        for key, value in one.environ.items()
    }
    return Project(project.root, environ)


def ids(project: Project, account: str) -> set[str]:
    lock = project.lock(f"materials.{account}.lock.json")
    return {one["media_id"] for one in (*lock["materials"].values(), *lock["retired"])}


def test_an_id_never_leaks_from_one_account_to_another(both: Project, server: Server, staging: Server) -> None:
    assert both.apply("-a", "prod").code == 0
    assert both.apply("-a", "staging").code == 0
    both.add("a.png", png("changed"))
    assert both.apply("-a", "staging").code == 0

    assert ids(both, "prod") == server.ids()
    assert ids(both, "staging") == staging.ids()
    assert (len(server.ids()), len(staging.ids())) == (2, 3)
    assert server.names() != staging.names(), "the tag is of the account too"
    pruned = both.run("-a", "staging", "prune", "--yes")
    assert pruned.code == 0, pruned.err
    assert (len(server.ids()), len(staging.ids())) == (2, 2)


def test_nobody_guesses_which_account_is_meant(both: Project, server: Server, staging: Server) -> None:
    for words in (["apply", "--yes"], ["prune", "--yes"], ["import", "a.png", "id"], ["forget", "a.png"], ["plan"]):
        ended = both.run(*words)
        assert ended.code == 64, words
        assert "prod, staging" in ended.err
    assert server.calls() == staging.calls() == {}


@pytest.mark.parametrize(
    "words",
    [["apply", "--yes"], ["prune", "--yes"], ["import", "a.png", "id"], ["plan", "--refresh"], ["forget", "a.png"]],
)
def test_the_lock_of_another_account_is_refused_before_anything_is_sent(
    both: Project, server: Server, staging: Server, words: list[str]
) -> None:
    both.apply("-a", "prod")
    both.add("materials.staging.lock.json", both.lock_bytes("materials.prod.lock.json"))

    ended = both.run("-a", "staging", *words)

    assert ended.code == 6
    assert server.sandbox.appid in ended.err
    assert staging.calls() == {}
    assert both.lock_bytes("materials.staging.lock.json") == both.lock_bytes("materials.prod.lock.json")


def test_the_credentials_of_another_account_are_refused_before_anything_is_sent(
    both: Project, server: Server, staging: Server
) -> None:
    mixed = both.environ | {"WXSYNC_STAGING_APPID": server.sandbox.appid}

    assert Project(both.root, mixed).apply("-a", "staging").code == 6
    assert server.calls() == staging.calls() == {}
