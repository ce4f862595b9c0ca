"""What `doctor --probe` finds out about a WeChat, played against sandboxes whose switches it must find."""

from __future__ import annotations

import pytest

from tests.project import Project, Run, Server, serving
from wxsync.sandbox import Switches
from wxsync.sandbox.switches import switches_from

ADD, GET = "/cgi-bin/material/add_material", "/cgi-bin/material/get_material"

OLD = Switches(
    short_ids=True,
    https_uploads=True,
    same_bytes_same_url=True,
    ascii_names=41005,
    hide_thumbs=True,
    voice_extensions=True,
    uploadimg_format=True,
    uploadimg_content=40113,
    count_out_of_range=40007,
    urls_die=True,
    delete_unknown_is_ok=True,
    video_file_names=True,
    video_page=True,
)
ACCOUNTS = {
    "the newest evidence": Switches(),
    "everything else": OLD,
    "a test account whose list shows other ids": Switches(
        test_account=True, listing_renames_ids=True, ascii_names=40113, daily={"/cgi-bin/media/uploadimg": 50}
    ),
}


def probed(project: Project, *arguments: str) -> Run:
    return project.run("doctor", "--probe", "--yes", *arguments)


def answers(found: Run) -> dict[str, str]:
    return {one["question"]: one["answer"] for one in found.json["findings"]}


@pytest.mark.parametrize("switches", ACCOUNTS.values(), ids=ACCOUNTS)
def test_the_report_names_the_switches_with_which_the_sandbox_is_the_same(project: Project, switches: Switches) -> None:
    with serving(switches=switches) as server:
        project.environ = server.environ

        found = probed(project, "--format", "json")

        assert found.code == 0, found.err
        assert switches_from(found.json["switches"]) == switches
        assert found.json["complete"] is True
        assert found.json["uploads"] == 8 <= 10
        assert server.ids() == set(), "what was uploaded is deleted again"
    assert list(project.root.iterdir()) == []


def test_the_answers_are_told_one_by_one(project: Project) -> None:
    found = answers(probed(project, "--format", "json"))
    assert found == {
        "test_account": "no",
        "id_length": "64",
        "upload_scheme": "http",
        "same_bytes": "no",
        "ascii_names": "yes",
        "thumbs": "yes",
        "listed_id": "no",
        "voice_name": "no",
        "video_name": "yes",
        "introduction": "yes",
        "down_url": "a file",
        "article_url": "no",
        "not_an_image": "40137",
        "count": "it was taken",
        "url_after_deletion": "yes",
        "delete_unknown": "40007",
    }


def test_people_are_told_the_command_that_plays_their_account(project: Project) -> None:
    with serving(switches=Switches(short_ids=True, ascii_names=41005)) as server:
        project.environ = server.environ
        found = probed(project)
    assert "How long is an id? 43 (the sandbox with short_ids)" in found.out
    assert "wxsync sandbox --switch short_ids --switch ascii_names=41005" in found.out
    assert f"quota of {GET}: 500 a day" in found.out


def test_nothing_of_the_account_is_in_the_report(project: Project, server: Server) -> None:
    for form in ("json", "text"):
        found = probed(project, "--format", form)
        for secret in (server.sandbox.appid, server.sandbox.secret, "mmbiz", *_ids(server)):
            assert secret not in found.out


def _ids(server: Server) -> list[str]:
    account = server.sandbox.account
    return [account.library._ids.new()[:21]]


def test_nobody_is_asked_where_nobody_can_answer(project: Project, server: Server) -> None:
    found = project.run("doctor", "--probe")
    assert found.code == 64
    assert "--yes" in found.err
    assert server.calls() == {}


def test_the_embedded_sandbox_needs_no_yes(offline: Project) -> None:
    found = offline.run("doctor", "--probe", "--sandbox", "--format", "json")
    assert found.code == 0, found.err
    assert found.json["switches"] == []


@pytest.mark.parametrize(
    ("fault", "code"), [("add_material:errcode=45009@4", 7), ("batchget_material:errcode=48001", 5)]
)
def test_what_was_found_before_it_broke_off_is_told_and_nothing_is_left(
    project: Project, server: Server, fault: str, code: int
) -> None:
    server.fault(fault)
    found = probed(project, "--format", "json")
    assert found.code == code
    assert found.json["complete"] is False
    assert answers(found)["id_length"] == "64"
    assert server.ids() == set()


def test_an_upload_whose_answer_was_lost_is_deleted_too(project: Project, server: Server) -> None:
    server.fault("add_material:reset-after*1@5")
    found = probed(project, "--format", "json")
    assert (found.code, found.json["complete"]) == (7, False)
    assert server.ids() == set()


def test_a_no_to_one_question_leaves_the_others(project: Project, server: Server) -> None:
    server.fault("get_material:errcode=40007")
    found = probed(project, "--format", "json")
    assert found.code == 0, found.err
    assert "refused with 40007" in answers(found).values()
    assert answers(found)["delete_unknown"] == "40007"


def test_what_cannot_be_deleted_is_named(project: Project, server: Server) -> None:
    server.fault("del_material:errcode=48005")
    found = probed(project, "--format", "json")
    assert found.code == 5
    assert all(media_id in found.err for media_id in server.ids())
    assert not any(media_id in found.out for media_id in server.ids())
