"""What doctor finds and says to do, and what explain tells of a code."""

from __future__ import annotations

import io
import json
import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import pytest

from tests.project import Project, Run, Server, png, serving
from tests.wechat_fake import EMPTY_PAGE, SECRET, TOKEN, FakeWeChat, no, ok, raw
from wxsync.cli import run
from wxsync.cli.doctor import exit_code_of
from wxsync.project.folder import Choice
from wxsync.reconcile.watcher import Watcher
from wxsync.render.checks import checks_page, checks_text
from wxsync.results import Check, Diagnosis
from wxsync.sandbox import AUTHORIZER_REFRESH_TOKEN, COMPONENT_ACCESS_TOKEN, COMPONENT_APPID, Switches
from wxsync.wechat.errcodes import TABLE
from wxsync.wechat.interface import ADD_MATERIAL, LIST_MATERIALS
from wxsync.words import Language, say
from wxsync.workflow.doctor import doctor

QUOTAS = ("add_material", "uploadimg", "batchget_material", "get_material", "del_material")
ACCOUNT = ("token", "library", "listing", *(f"quota:{name}" for name in QUOTAS), "drafts", "menu")
PLENTY = ok(errcode=0, quota={"daily_limit": 1000, "used": 1, "remain": 999})
EMPTY = ok(voice_count=0, video_count=0, image_count=0, news_count=0)


def states(found: Run) -> dict[str, str]:
    return {one["check"]: one["state"] for one in found.json["checks"]}


def check(found: Run, name: str) -> Any:
    return next(one for one in found.json["checks"] if one["check"] == name)


def without_waiting(choice: Choice) -> tuple[Diagnosis, list[float]]:
    """Runs a doctor whose pauses take no time."""
    waited: list[float] = []

    def pause(seconds: float) -> bool:
        waited.append(seconds)
        return False

    return doctor(choice, Watcher(pause=pause)), waited


def choice_of(project: Project, **environ: str) -> Choice:
    return Choice(project.root / "materials.yaml", None, False, {**project.environ, **environ})


def test_a_healthy_account_needs_no_manifest_and_ten_calls(project: Project, server: Server) -> None:
    found = project.run("doctor")

    assert found.code == 0, found.out
    assert "✗" not in found.out
    assert server.sandbox.appid in found.out
    assert "10 calls" in found.err
    assert server.calls() == {
        "stable_token": 1,
        "get_materialcount": 1,
        "batchget_material": 1,
        "quota": 5,
        "draft_count": 1,
        "menu_get": 1,
    }
    assert list(project.root.iterdir()) == []


def test_programs_get_json_on_standard_output_and_nothing_else(project: Project, server: Server) -> None:
    found = project.run("doctor", "--format", "json", "--quiet")

    assert found.err == ""
    assert set(found.json) == {"format_version", "account", "host", "checks"}
    assert found.json["account"] == server.sandbox.appid
    assert found.json["host"] in server.sandbox.url
    assert all(set(one) == {"check", "state", "found", "todo", "errcode", "rid"} for one in found.json["checks"])
    assert {name: states(found)[name] for name in ACCOUNT} == dict.fromkeys(ACCOUNT, "ok")


def test_with_a_manifest_its_lock_and_its_folder_are_checked(project: Project) -> None:
    project.images("a.png", "b.png")
    project.apply()

    found = project.run("doctor", "--format", "json")

    assert found.code == 0
    assert {name: states(found)[name] for name in ("manifest", "lock", "journal", "folder")} == dict.fromkeys(
        ("manifest", "lock", "journal", "folder"), "ok"
    )
    assert "2 materials" in check(found, "lock")["found"]
    assert "2 of 100,000 images" in check(found, "library")["found"]


def test_each_account_of_a_manifest_has_its_own_variables_and_lock(project: Project, server: Server) -> None:
    other = "wxfedcba9876543210"
    project.manifest(
        f"accounts:\n  prod: {{appid: {server.sandbox.appid}}}\n  my-test: {{appid: {other}}}\nmaterials: []\n"
    )
    del project.environ["WXSYNC_APPID"]
    project.environ["WXSYNC_PROD_SECRET"] = project.environ["WXSYNC_MY_TEST_SECRET"] = project.environ.pop(
        "WXSYNC_SECRET"
    )

    healthy = project.run("-a", "prod", "doctor", "--format", "json")
    unknown = project.run("doctor", "-a", "my-test", "--format", "json")

    assert healthy.code == 0
    assert "WXSYNC_PROD_SECRET" in check(healthy, "credentials")["found"]
    assert "materials.prod.lock.json" in check(healthy, "lock")["found"]
    assert unknown.code == 5
    assert (check(unknown, "token")["errcode"], unknown.json["account"]) == (40013, other)
    assert project.run("doctor").code == 64
    assert project.run("doctor", "-a", "prd").code == 4
    assert project.run("doctor", "-a", "prod", "--sandbox").code == 64


def test_the_sandbox_is_healthy_and_a_doctor_makes_no_library_for_it(offline: Project) -> None:
    assert offline.run("--sandbox", "doctor").code == 0
    assert list(offline.root.iterdir()) == []

    offline.images("a.png")
    offline.run("--sandbox", "apply")

    assert "1 of 100,000 images" in offline.run("doctor", "--sandbox").out


def test_a_test_account_is_recognised_and_spared(project: Project) -> None:
    with serving(switches=Switches(test_account=True)) as server:
        project.environ = server.environ

        found = project.run("doctor", "--format", "json")

        assert found.code == 0
        assert check(found, "test-account")["state"] == "warning"
        assert "测试号" in check(found, "test-account")["found"]
        assert server.calls()["batchget_material"] == server.calls()["get_materialcount"] == 1


@pytest.mark.parametrize(
    ("switches", "ill", "errcode", "words"),
    [
        (Switches(allowed_ips=()), "token", 40164, ("127.0.0.1", "WXSYNC_API_BASE", "HTTPS_PROXY", "白名单")),
        (Switches(unauthorized=True), "library", 48001, ("not verified",)),
    ],
    ids=["allowlist", "permission"],
)
def test_what_an_account_lacks_is_for_a_person(
    project: Project, switches: Switches, ill: str, errcode: int, words: tuple[str, ...]
) -> None:
    with serving(switches=switches) as server:
        project.environ = server.environ

        found = project.run("doctor", "--format", "json")
        page = project.run("doctor")

    assert (found.code, page.code) == (5, 5)
    assert check(found, ill)["errcode"] == errcode
    assert check(found, ill)["rid"]
    assert f"errcode {errcode}, rid " in page.out
    assert all(word in check(found, ill)["found"] + check(found, ill)["todo"] for word in words)
    assert all(word in page.out for word in words)


def test_without_permission_each_path_is_told_to_be_closed(project: Project) -> None:
    with serving(switches=Switches(unauthorized=True)) as server:
        project.environ = server.environ

        found = project.run("doctor", "--format", "json")

    assert [states(found)[name] for name in ACCOUNT] == ["ok", *["error"] * 7, "ok", "ok"]
    assert check(found, "quota:add_material")["errcode"] == 76022


def test_rights_to_list_and_to_upload_are_told_apart(project: Project) -> None:
    with serving(switches=Switches(no_uploads=True)) as server:
        project.environ = server.environ

        found = project.run("doctor", "--format", "json")

    assert [states(found)[name] for name in ACCOUNT] == ["ok", "ok", "ok", "error", "error", *["ok"] * 5]


@pytest.mark.parametrize(
    ("switches", "name", "state", "said"),
    [
        (Switches(no_drafts=True), "drafts", "warning", "48001"),
        (Switches(no_menu=True), "menu", "ok", "WeChat itself refuses"),
        (Switches(daily={"/cgi-bin/draft/count": 0}), "drafts", "warning", "45009"),
        (Switches(daily={"/cgi-bin/menu/get": 0}), "menu", "warning", "45009"),
    ],
)
def test_whether_drafts_and_the_menu_can_be_looked_at_is_told_and_is_no_obstacle(
    project: Project, switches: Switches, name: str, state: str, said: str
) -> None:
    with serving(switches=switches) as server:
        project.environ = server.environ

        found = project.run("doctor", "--format", "json")

    assert found.code == 0
    assert check(found, name)["state"] == state
    assert said in check(found, name)["found"]
    others = set(ACCOUNT) - {name}
    assert {states(found)[other] for other in others} == {"ok"}


@pytest.mark.parametrize(("name", "word"), [("get_material", "pull"), ("del_material", "prune")])
def test_a_quota_that_apply_does_not_need_is_a_warning_where_it_is_used_up(
    project: Project, server: Server, name: str, word: str
) -> None:
    server.limit(daily={f"/cgi-bin/material/{name}": 1})
    server.sandbox.account.quotas.count(f"/cgi-bin/material/{name}")

    found = project.run("doctor", "--format", "json")

    assert found.code == 0
    told = check(found, f"quota:{name}")
    assert (told["state"], word in told["todo"]) == ("warning", True)


def test_drafts_and_a_menu_that_are_there_are_told(project: Project, server: Server) -> None:
    account = server.sandbox.account
    cover = server.upload("image", "a.png", png("a"))
    account.draft_add({"articles": [{"title": "新品", "thumb_media_id": cover}]})
    account.menu_create({"button": [{"type": "click", "name": "x", "key": "x"}]})

    found = project.run("doctor", "--format", "json")

    assert "1 draft " in check(found, "drafts")["found"]
    assert "menu made by API" in check(found, "menu")["found"]


def test_a_token_from_elsewhere_that_the_allowlist_stops_is_told_as_that(project: Project) -> None:
    with serving(switches=Switches(allowed_ips=("203.0.113.0/24",), allowlist_every_call=True)) as server:
        token = server.sandbox.account.tokens.plain().token
        environ = {key: value for key, value in server.environ.items() if key != "WXSYNC_SECRET"}
        project.environ = environ | {"WXSYNC_ACCESS_TOKEN": token}

        found = project.run("doctor", "--format", "json")

        assert server.calls() == {"get_materialcount": 1}
    assert found.code == 5
    ill = check(found, "library")
    assert (states(found)["token"], ill["errcode"]) == ("ok", 40164)
    assert "127.0.0.1" in ill["todo"]
    assert "WXSYNC_ACCESS_TOKEN" not in ill["found"]
    assert [states(found)[name] for name in ACCOUNT[2:]] == ["skipped"] * 8


def test_a_wrong_secret_is_one_call_and_never_shown(project: Project, server: Server) -> None:
    project.images("a.png")
    project.environ["WXSYNC_SECRET"] = SECRET

    found = project.run("doctor", "--format", "json")

    assert found.code == 5
    assert check(found, "token")["errcode"] == 40125
    assert [states(found)[name] for name in ACCOUNT[1:]] == ["skipped"] * 9
    assert states(found)["lock"] == "ok"
    assert server.calls() == {"stable_token": 1}
    assert SECRET not in found.out + found.err


def test_without_credentials_the_variables_are_named_and_the_folder_is_checked(project: Project) -> None:
    project.images("a.png")
    project.environ.clear()

    found = project.run("doctor", "--format", "json")

    assert found.code == 5
    assert "WXSYNC_SECRET" in check(found, "credentials")["todo"]
    assert (found.json["account"], found.json["host"]) == (None, None)
    assert states(found)["folder"] == "ok"


@pytest.mark.parametrize(
    ("environ", "code"),
    [
        ({"WXSYNC_ACCESS_TOKEN": TOKEN}, 64),
        ({"WXSYNC_API_BASE": f"http://example.org/{SECRET}"}, 64),
        ({"WXSYNC_SECRET": "", "WXSYNC_AUTH": "yes"}, 64),
    ],
    ids=["two kinds", "unsafe address", "unknown kind"],
)
def test_where_it_is_not_clear_how_to_call_nothing_is_called(
    project: Project, server: Server, environ: dict[str, str], code: int
) -> None:
    project.environ |= environ

    found = project.run("doctor")

    assert found.code == code
    assert server.calls() == {}
    assert TOKEN not in found.out + found.err
    assert SECRET not in found.out + found.err


def test_a_foreign_token_that_is_rejected_is_a_fault_of_the_token_and_one_call(
    project: Project, server: Server
) -> None:
    project.environ |= {"WXSYNC_SECRET": "", "WXSYNC_ACCESS_TOKEN": TOKEN}

    found = project.run("doctor", "--format", "json")

    assert found.code == 5
    assert check(found, "token")["errcode"] == 40001
    assert [states(found)[name] for name in ACCOUNT] == ["error", *["skipped"] * 9]
    assert server.calls() == {"get_materialcount": 1}
    assert TOKEN not in found.out + found.err


def test_a_third_party_platform_is_healthy_too(project: Project) -> None:
    project.environ |= {
        "WXSYNC_SECRET": "",
        "WXSYNC_COMPONENT_APPID": COMPONENT_APPID,
        "WXSYNC_COMPONENT_ACCESS_TOKEN": COMPONENT_ACCESS_TOKEN,
        "WXSYNC_AUTHORIZER_REFRESH_TOKEN": AUTHORIZER_REFRESH_TOKEN,
    }

    found = project.run("doctor")

    assert found.code == 0
    assert "第三方平台" in found.out
    assert COMPONENT_ACCESS_TOKEN not in found.out + found.err
    assert AUTHORIZER_REFRESH_TOKEN not in found.out + found.err


def test_a_cloud_call_fetches_no_token_and_cannot_ask_for_quotas(project: Project) -> None:
    with serving(switches=Switches(cloud=True)) as server:
        project.environ = server.environ | {"WXSYNC_SECRET": "", "WXSYNC_AUTH": "cloud"}

        found = project.run("doctor", "--format", "json")

        assert found.code == 0
        assert [states(found)[name] for name in ACCOUNT] == ["ok", "ok", "ok", *["skipped"] * 6, "ok"]
        assert server.calls() == {"get_materialcount": 1, "batchget_material": 1, "menu_get": 1}


@pytest.mark.parametrize(
    ("limits", "name", "state", "code"),
    [
        ({ADD_MATERIAL: 0}, "quota:add_material", "ok", 0),
        ({LIST_MATERIALS: 1}, "quota:batchget_material", "error", 7),
        ({"/cgi-bin/media/uploadimg": 5}, "quota:uploadimg", "ok", 0),
    ],
    ids=["no limit told", "used up", "plenty"],
)
def test_the_quota_of_today_is_told(
    project: Project, server: Server, limits: dict[str, int], name: str, state: str, code: int
) -> None:
    server.limit(daily=limits)

    found = project.run("doctor", "--format", "json")

    assert (states(found)[name], found.code) == (state, code)
    assert ("Beijing" in check(found, name)["todo"]) == (state == "error")


def test_a_quota_that_is_used_up_stops_only_what_it_is_for(project: Project, server: Server) -> None:
    server.limit(daily={"/cgi-bin/material/get_materialcount": 0})

    found = project.run("doctor", "--format", "json")

    assert found.code == 7
    assert check(found, "library")["errcode"] == 45009
    assert states(found)["listing"] == "ok"


@pytest.mark.parametrize(
    ("answers", "code", "expected"),
    [
        ([no(76021), PLENTY, PLENTY], 0, ["warning", "ok", "ok"]),
        ([no(76022), PLENTY, PLENTY], 5, ["error", "ok", "ok"]),
        ([no(61007)], 0, ["warning", "skipped", "skipped"]),
        ([no(88888)], 0, ["warning", "skipped", "skipped"]),
    ],
    ids=["path unknown", "path refused", "not granted", "unlisted code"],
)
def test_a_quota_that_is_not_told_keeps_nothing_from_working(
    project: Project, answers: list[bytes], code: int, expected: list[str]
) -> None:
    with FakeWeChat(get_materialcount=[EMPTY], batchget_material=[EMPTY_PAGE], get=answers) as wechat:
        project.environ["WXSYNC_API_BASE"] = wechat.base

        found = project.run("doctor", "--format", "json")

    assert found.code == code
    assert [states(found)[name] for name in ACCOUNT[3:6]] == expected


@pytest.mark.parametrize(
    ("counts", "state", "code", "word"),
    [
        ({"image_count": 90_000}, "ok", 0, "90%"),
        ({"image_count": 80_000, "news_count": 10_001}, "warning", 0, "90,001 of 100,000"),
        ({"voice_count": 901}, "warning", 0, "901 of 1,000 voices"),
        ({"video_count": 1_000}, "error", 5, "1,000 of 1,000 videos"),
    ],
)
def test_a_library_is_measured_against_its_places(
    project: Project, counts: dict[str, int], state: str, code: int, word: str
) -> None:
    counted = ok(**{f"{kind}_count": 0 for kind in ("voice", "video", "image", "news")} | counts)
    with FakeWeChat(get_materialcount=[counted], batchget_material=[EMPTY_PAGE], get=[PLENTY]) as wechat:
        project.environ["WXSYNC_API_BASE"] = wechat.base

        found = project.run("doctor", "--format", "json")

    assert (states(found)["library"], found.code) == (state, code)
    assert word in check(found, "library")["found"]


@pytest.mark.parametrize("kind", [{}, {"WXSYNC_SECRET": "", "WXSYNC_ACCESS_TOKEN": TOKEN}], ids=["secret", "token"])
def test_an_unreachable_wechat_is_asked_once_and_is_for_later(project: Project, kind: dict[str, str]) -> None:
    found, waited = without_waiting(choice_of(project, WXSYNC_API_BASE="http://127.0.0.1:9", **kind))

    assert exit_code_of(found) == 7
    assert [one.state == "error" for one in found.checks].count(True) == 1
    assert sum(found.calls.values()) == 1
    assert not any(one.state == "ok" for one in found.checks if one.name in ACCOUNT)
    assert found.retries == len(waited) == 0, "nobody serves that port a second later either"
    assert project.environ["WXSYNC_SECRET"] not in shown(found)
    assert TOKEN not in shown(found)


@pytest.mark.parametrize(
    ("fault", "errcode", "code"),
    [
        ("busy", -1, 7),
        ("errcode=45011", 45011, 7),
        ("status=502", None, 7),
        ("html", None, 7),
        ("errcode=99887", 99887, 5),
    ],
)
def test_what_wechat_does_not_answer_well_is_said_once(
    project: Project, server: Server, fault: str, errcode: int | None, code: int
) -> None:
    server.fault(f"get_materialcount:{fault}")

    found, _ = without_waiting(choice_of(project))

    assert exit_code_of(found) == code
    [ill] = [one for one in found.checks if one.state == "error"]
    assert (ill.name, ill.errcode) == ("library", errcode)
    assert ("batchget_material" in server.calls()) == (errcode == 99887)


def test_no_answer_however_odd_brings_a_secret_into_the_report(project: Project) -> None:
    echo = f"access_token={TOKEN}&secret={SECRET} {TOKEN}"
    answers = [no(99999, echo), no(40164, echo), no(48001, echo), ok(errcode=TOKEN), raw(echo.encode()), raw(b"{")]
    for answer in answers:
        for broken in ("stable_token", "get_materialcount", "batchget_material", "get"):
            scripts = {"get_materialcount": [EMPTY], "batchget_material": [EMPTY_PAGE], "get": [PLENTY]}
            with FakeWeChat(**scripts | {broken: [answer]}) as wechat:
                choice = choice_of(project, WXSYNC_API_BASE=wechat.base, WXSYNC_SECRET=SECRET)
                found, _ = without_waiting(choice)
            assert SECRET not in shown(found)
            assert TOKEN not in shown(found)


def test_the_lock_of_another_account_is_a_conflict_and_the_rest_is_checked(project: Project, server: Server) -> None:
    project.images("a.png")
    project.apply()
    lock = project.lock() | {"account": "wx0000000000000000"}
    project.add("materials.lock.json", (json.dumps(lock, indent=2, sort_keys=True) + "\n").encode())

    found = project.run("doctor", "--format", "json")

    assert found.code == 6
    assert states(found)["lock"] == "error"
    assert states(found)["folder"] == states(found)["token"] == "ok"


@pytest.mark.parametrize(
    ("file", "content", "name", "code"),
    [
        ("materials.lock.json", b"{", "lock", 4),
        ("materials.yaml", b"version: 1\nmaterials: 7\n", "manifest", 4),
        (".wxsync/materials.journal", b"not one\nof ours\n", "journal", 4),
        (".wxsync", b"a file", "folder", 5),
    ],
)
def test_what_is_broken_in_the_folder_is_found(
    project: Project, file: str, content: bytes, name: str, code: int
) -> None:
    project.images("a.png")
    project.add(file, content)

    found = project.run("doctor", "--format", "json")

    assert found.code == code
    assert check(found, name)["state"] == "error"
    assert check(found, name)["todo"]
    assert (project.root / file).read_bytes() == content


def test_a_run_that_was_cut_off_is_told_of_and_left_to_apply(project: Project, server: Server) -> None:
    project.images("a.png")
    server.fault("add_material:reset-after*1", "batchget_material:errcode=45009@2")
    project.apply()
    server.forget_faults()

    found = project.run("doctor", "--format", "json")

    assert found.code == 0
    assert check(found, "lock")["state"] == "warning"
    assert "1 unconfirmed upload" in check(found, "lock")["found"]
    assert project.apply().code == 0
    assert states(project.run("doctor", "--format", "json"))["lock"] == "ok"


def test_an_open_journal_is_a_warning_and_that_of_another_account_a_conflict(project: Project, server: Server) -> None:
    from wxsync.journal import Journal
    from wxsync.model import MaterialType, Unconfirmed

    project.images("a.png")
    (project.root / ".wxsync").mkdir()
    doubt = Unconfirmed("a.png", MaterialType.IMAGE, "0" * 64, "a.wx0000000000000000.png", "2026-11-23T10:00:00Z")
    with Journal(project.root / ".wxsync/materials.journal", account=server.sandbox.appid) as journal:
        journal.intend(doubt)

    own = project.run("doctor", "--format", "json")
    project.environ["WXSYNC_APPID"] = "wx0000000000000000"
    other = project.run("doctor", "--format", "json")

    assert (own.code, check(own, "journal")["state"]) == (0, "warning")
    assert "1 unconfirmed" in check(own, "journal")["found"]
    assert check(other, "journal")["state"] == "error"
    assert server.sandbox.appid in check(other, "journal")["found"]


def test_git_is_asked_whether_locks_merge_by_themselves(project: Project) -> None:
    git = ("git", "init", "-q", str(project.root))
    subprocess.run(git, check=True, env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull})
    project.images("a.png")

    before = project.run("doctor", "--format", "json")
    project.run("init")
    after = project.run("doctor", "--format", "json")

    assert (before.code, states(before)["git"]) == (0, "warning")
    assert "wxsync init" in check(before, "git")["todo"]
    assert (after.code, states(after)["git"]) == (0, "ok")


def test_a_page_has_colours_only_where_they_are_wanted(project: Project) -> None:
    assert "\x1b[" in project.run("doctor", "--color", "always").out
    assert "\x1b[" not in project.run("doctor", "--color", "never").out


@pytest.mark.parametrize("code", TABLE)
def test_every_code_is_explained_in_both_languages(code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", str(code)], {}) == 0

    said = capsys.readouterr().out
    line = TABLE[code]
    assert said.startswith(f"{code} ")
    assert all(
        text in said
        for text in (
            line.errmsg,
            *(say(words, language) for words in (line.meaning, line.action) for language in Language),
        )
    )


@pytest.mark.parametrize(
    ("code", "near"),
    [("40614", "40164"), ("4016", "40164"), ("99999", "89507"), ("-2", "-1"), ("7", "0 ("), ("1" * 30, "89507")],
)
def test_an_unknown_code_names_the_nearest(code: str, near: str) -> None:
    told = explained(code)

    assert told.code == 4
    assert near in told.err
    assert "WeChat's own" in told.err
    assert told.out == ""


@pytest.mark.parametrize("words", [("abc",), ("40164.5",), ("--frobnicate",), (), ("-x",), ("1", "2"), ("9" * 5000,)])
def test_what_is_no_code_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert explained(*words).code == 64


def test_a_negative_code_goes_with_the_global_options() -> None:
    assert explained("-1").out == explained("-v", "-1").out == explained("-1", "-q").out != ""


def explained(*words: str) -> Run:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["explain", *words], {})
    return Run(code, out.getvalue(), err.getvalue())


def shown(found: Diagnosis) -> str:
    """All that a diagnosis could ever show."""
    words: list[Check] = list(found.checks)
    page = checks_page(words, account=found.account, host=found.host, color=False)
    return page + checks_text(words, account=found.account, host=found.host) + repr(found)
