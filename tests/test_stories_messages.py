"""Each message says once what is wrong, where, and what to do next."""

from __future__ import annotations

import pytest

from tests.project import Project, Server


def test_the_source_of_a_limit_is_told_once_below_all_problems(offline: Project) -> None:
    for name in ("a.png", "b.png"):
        offline.sample("refused/picture.webp", name)
    offline.manifest("materials:\n  - {path: a.png, type: image}\n  - {path: b.png, type: image}\n")

    judged = offline.run("validate")

    assert judged.out.count("https://developers.weixin.qq.com/") == 1
    assert judged.out.count("fit: true") == 2
    assert all(
        "developers.weixin" not in one["hint"] for one in offline.run("validate", "--format", "json").json["problems"]
    )


def test_a_wrong_secret_is_told_once_and_a_name_by_its_last_part(project: Project, server: Server) -> None:
    project.images("图片/logo.png")
    project.environ["WXSYNC_SECRET"] = "b" * 32

    ended, unknown = project.apply(), project.run("plan", "--target", "logo")

    assert ended.code == 5
    assert ended.err.count("40125") == 2, "in the message, and as what WeChat's support asks for"
    assert "nobody knows how full" not in ended.err
    assert "did you mean 图片/logo.png?" in unknown.err


@pytest.mark.parametrize("command", ["apply", "plan"])
def test_without_credentials_the_variables_and_the_sandbox_are_named(offline: Project, command: str) -> None:
    offline.images("a.png")

    ended = offline.run(command, *(["--yes"] if command == "apply" else []))

    said = ended.err + ended.out
    assert "WXSYNC_APPID" in said
    if command == "apply":
        assert ended.code == 5
        assert "--sandbox" in said


def test_an_upload_that_was_adopted_after_its_answer_was_lost_counts_as_uploaded(
    project: Project, server: Server
) -> None:
    project.images("a.png")
    server.fault("add_material:reset-after*1")

    applied = project.run("apply", "--yes", "--settle", "5")

    assert applied.code == 0, applied.err
    assert "adopted" in applied.out
    assert "Uploaded: 1 file, " in applied.out
    assert "Nothing was uploaded" not in applied.out
