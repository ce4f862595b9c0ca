"""Several accounts in one manifest: how they are listed, and that nothing of one ever reaches another."""

from __future__ import annotations

import pytest

from tests.project import Project, Server
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
