"""Stands for GitHub: plays the jobs of sync.yml as they are written, with a bare repository and an API on loopback."""

from __future__ import annotations

import base64
import fnmatch
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from tests.expressions import evaluate, fill, value
from wxsync.ci.templates import Pipeline, pipeline
from wxsync.cli import run

ROOT = Path(__file__).parent.parent
ACTION = ROOT / ".github/actions/wxsync"
WORKFLOW = ROOT / ".github/workflows/sync.yml"
TOKEN = "ghs_canary0123456789"
REPOSITORY = "agency/pictures"


@dataclass(slots=True)
class Hub:
    """Holds what GitHub knows of one repository; `refused` maps "METHOD path" to a status."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)
    origin: Path | None = None
    signed: list[str] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if f"{method} {path}" in self.refused:
            return self.refused[f"{method} {path}"], {"message": "Resource not accessible by integration"}
        if path == "pulls":
            return self._pulls(method, query, body)
        if path == "issues" or (method == "PATCH" and path.startswith("issues/") and "comments" not in path):
            return self._issues(method, path, body)
        if path.startswith("git/refs"):
            return self._refs(method, path, body)
        if path == "/graphql":
            return self._signed(body["variables"]["input"])
        if method == "GET":
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if method == "PATCH":
            found = next(one for one in self.comments if str(one["id"]) == path.rsplit("/", maxsplit=1)[-1])
            found.update(body)
            return 200, found
        self.comments.append({"id": len(self.comments) + 1, "user": {"type": "Bot"}, **body})
        return 201, self.comments[-1]

    def _issues(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, self.issues
        if method == "PATCH":
            found = next(one for one in self.issues if str(one["number"]) == path.removeprefix("issues/"))
            found.update(body)
            return 200, found
        number = len(self.issues) + 1
        made = {"number": number, "html_url": f"https://github.example/{number}", "user": {"type": "Bot"}}
        self.issues.append({**made, **body})
        return 201, self.issues[-1]

    def _refs(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        assert self.origin
        name = path.removeprefix("git/refs/heads/") if method == "PATCH" else body["ref"].removeprefix("refs/heads/")
        known = git(self.origin, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        if (name in known) != (method == "PATCH"):
            return 422, {"message": "Reference does not exist" if method == "PATCH" else "Reference already exists"}
        git(self.origin, "update-ref", f"refs/heads/{name}", body["sha"])
        return 200, {}

    def _signed(self, wanted: Any) -> tuple[int, Any]:
        """Makes a commit as createCommitOnBranch does, past the hooks that refuse what is not signed."""
        assert self.origin
        branch, head = wanted["branch"]["branchName"], wanted["expectedHeadOid"]
        if git(self.origin, "rev-parse", branch).strip() != head:
            return 200, {"errors": [{"message": "Expected branch to point to another commit"}]}
        with tempfile.TemporaryDirectory() as scratch:
            git(self.origin, "worktree", "add", "-q", "--detach", f"{scratch}/w", head)
            for one in wanted["fileChanges"]["additions"]:
                (Path(scratch) / "w" / one["path"]).write_bytes(base64.b64decode(one["contents"]))
            commit(Path(scratch) / "w", wanted["message"]["headline"])
            made = git(Path(scratch) / "w", "rev-parse", "HEAD").strip()
            git(self.origin, "worktree", "remove", "--force", f"{scratch}/w")
        git(self.origin, "update-ref", f"refs/heads/{branch}", made, head)
        self.signed.append(branch)
        return 200, {"data": {"createCommitOnBranch": {"commit": {"oid": made}}}}

    def _pulls(self, method: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if method == "POST":
            self.pulls.append({"html_url": f"https://github.example/{REPOSITORY}/pull/{len(self.pulls) + 1}", **body})
            return 201, self.pulls[-1]
        head = query["head"][0].removeprefix("agency:")
        return 200, [one for one in self.pulls if (one["head"], one["base"]) == (head, query["base"][0])]


@contextmanager
def hub() -> Iterator[Hub]:
    known = Hub()

    class AdminApi(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = urlsplit(self.path)
            size = int(self.headers.get("content-length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            path = asked.path.removeprefix(f"/repos/{REPOSITORY}/")
            status, said = known.answer(self.command, path, parse_qs(asked.query), body)
            if self.headers["authorization"] != f"Bearer {TOKEN}":
                status, said = 401, {"message": "Bad credentials"}
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_GET  # noqa: N815 - the names that http.server calls

        def log_message(self, *words: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), AdminApi)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    known.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield known
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True, slots=True)
class Played:
    """Holds how a job ended: its result, exit code, what it printed, its outputs, its step summary."""

    name: str
    result: str
    code: int = 0
    log: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    summary: str = ""


@dataclass(slots=True)
class Github:
    """Holds a bare repository, an API, secrets, and the artifacts of one run of the workflow.

    `secrets` and `variables` are the repository's, `environments` hold each their own; `inputs` replace what the caller
    passes, and `manifest` and `accounts` are what the caller is written for.
    """

    folder: Path
    hub: Hub
    inputs: dict[str, Any] = field(default_factory=lambda: {"deliver": "push"})
    manifest: str = "materials.yaml"
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    runs: int = 0

    @property
    def origin(self) -> Path:
        return self.folder / "origin.git"

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    def create(self) -> None:
        git(self.folder, "init", "-q", "--bare", "-b", "main", str(self.origin))

    def clone(self, name: str, branch: str = "main") -> Path:
        git(self.folder, "clone", "-q", str(self.origin), name)
        git(self.folder / name, "checkout", "-q", "-B", branch)
        return self.folder / name

    def checkout(self, branch: str = "main") -> Path:
        """Makes the fresh clone that a job begins with."""
        self.runs += 1
        git(self.folder, "clone", "-q", "-b", branch, str(self.origin), f"clone-{self.runs}")
        return self.folder / f"clone-{self.runs}"

    def content(self, path: str, branch: str = "main") -> str:
        return git(self.origin, "show", f"{branch}:{path}")

    def lock(self, path: str = "materials.lock.json", branch: str = "main") -> Any:
        return json.loads(self.content(path, branch))

    def head(self, branch: str = "main") -> str:
        return git(self.origin, "rev-parse", branch).strip()

    def branches(self) -> set[str]:
        return set(git(self.origin, "for-each-ref", "--format=%(refname:short)", "refs/heads").split())

    def hook(self, name: str, script: str) -> None:
        """Makes the bare repository do as a server's rules would."""
        file = self.origin / "hooks" / name
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def push(self, *, until: str | None = None, dispatched: Mapping[str, Any] | None = None) -> list[Played]:
        """Plays a push to main, or a run by hand with its inputs."""
        event = "push" if dispatched is None else "workflow_dispatch"
        return self.run(event, until=until, dispatched=dispatched)

    def run(
        self,
        event: str,
        *,
        branch: str = "main",
        payload: Mapping[str, Any] | None = None,
        dispatched: Mapping[str, Any] | None = None,
        until: str | None = None,
    ) -> list[Played]:
        """Plays what the file that `init --ci` writes calls: all jobs in their order, those that were not skipped."""
        shutil.rmtree(self.artifacts, ignore_errors=True)
        caller = yaml.safe_load(pipeline("github", Pipeline(self.manifest, "main")))["jobs"]["wxsync"]
        outer = self._context(event, branch, payload or {}) | {
            "inputs": dict(dispatched or {}),
            "secrets": self.secrets,
        }
        passed = {name: value(text, outer) for name, text in caller["with"].items()} | self.inputs
        given = {name: value(text, outer) for name, text in caller["secrets"].items()}
        context = self._context(event, branch, payload or {}) | {"inputs": _inputs() | passed, "needs": {}}
        played: list[Played] = []
        for name, job in _read(WORKFLOW)["jobs"].items():
            ended = self.play_job(name, job, context, given)
            played += ended
            results = {one.result for one in ended}
            result = next((one for one in ("failure", "success") if one in results), "skipped")
            outputs = {key: text for one in ended for key, text in one.outputs.items()}
            context["needs"][name] = {"result": result, "outputs": outputs}
            if name == until:
                break
        return [one for one in played if one.result != "skipped"]

    def play(self, name: str, before: list[Played], *, event: str = "push") -> Played:
        """Plays one job once more, after others that were played before."""
        context = self._context(event, "main", {}) | {"inputs": _inputs() | {"manifest": self.manifest} | self.inputs}
        results = {one.name.split()[0]: {"result": one.result, "outputs": one.outputs} for one in before}
        [played] = self.play_job(name, _read(WORKFLOW)["jobs"][name], context | {"needs": results}, self.secrets)
        return played

    def play_job(
        self, name: str, job: Mapping[str, Any], context: Mapping[str, Any], given: Mapping[str, str] | None = None
    ) -> list[Played]:
        """Plays a job as often as its matrix has rows; `given` are the secrets that were passed by name."""
        given = given or {}
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        known = dict(context) | {"needs": {one: context["needs"][one] for one in needs}, "job": {"status": "success"}}
        condition = str(job.get("if", "success()"))
        is_ready = all(context["needs"][one]["result"] == "success" for one in needs)
        known["functions"] = {"always": lambda: True, "success": lambda: is_ready}
        if not evaluate(condition, known) or not (is_ready or "always()" in condition):
            return [Played(name, "skipped")]
        if "strategy" not in job:
            return [self._instance(name, job, known, given)]
        [(word, rows)] = ((word, value(text, known)) for word, text in job["strategy"]["matrix"].items())
        if not rows:
            return [Played(name, "failure", 1, f"Matrix vector '{word}' does not contain any values")]
        return [self._instance(name, job, known | {"matrix": {word: row}}, given) for row in rows]

    def _instance(
        self, name: str, job: Mapping[str, Any], context: Mapping[str, Any], given: Mapping[str, str]
    ) -> Played:
        self.runs += 1
        temporary = self.folder / f"temp-{self.runs}"
        environ = self.environ(temporary, event=context["github"]["event"]) | {
            "GITHUB_REF_NAME": context["github"]["ref_name"],
            "GITHUB_BASE_REF": context["github"]["base_ref"],
            "GITHUB_EVENT_NAME": context["github"]["event_name"],
        }
        scope = self.environments.get(fill(job.get("environment", ""), context), {})
        # What the caller does not pass by name is empty, also where the environment holds it.
        secrets = {one: scope.get(one, text) for one, text in given.items()} if "environment" in job else dict(given)
        known = dict(context) | {
            "secrets": secrets,
            "vars": {**self.variables, **(scope if "environment" in job else {})},
            "runner": {"temp": str(temporary), "environment": "github-hosted"},
            "steps": {},
        }
        work = temporary / "work"
        work.mkdir()
        code, log = 0, ""
        for step in job["steps"]:
            status = {"always": partial(bool, 1), "success": partial(bool, not code)}
            is_always = "always()" in str(step.get("if", ""))
            if not evaluate(str(step.get("if", "success()")), known | {"functions": status}) or (
                code and not is_always
            ):
                known["steps"][step.get("id")] = {"outcome": "skipped", "outputs": {}}
                continue
            ended, said = self._step(step, known, environ, work, temporary)
            code, log = code or ended, log + said
            told = {"outcome": "failure" if ended else "success", "outputs": _outputs(temporary)}
            known["steps"][step.get("id")] = told
        outputs = {key: value(text, known | {"functions": {}}) for key, text in job.get("outputs", {}).items()}
        summary = (temporary / "summary").read_text(encoding="utf-8")
        shown = fill(job.get("name", name), known | {"functions": {}}) if name in ("apply", "drift") else name
        return Played(shown.strip(), "failure" if code else "success", code, log, outputs, summary)

    def _step(
        self, step: Mapping[str, Any], known: Mapping[str, Any], environ: Mapping[str, str], work: Path, temporary: Path
    ) -> tuple[int, str]:
        context = dict(known) | {"functions": {}}
        if "run" in step:
            assert "${{" not in step["run"]
            (temporary / "output").write_text("")
            given = {name: fill(text, context) for name, text in step.get("env", {}).items()}
            ended = _bash(step["run"], work, {**environ, **given})
            return ended.returncode, ended.stdout + ended.stderr
        uses = step["uses"].split("@")[0]
        given = {name: value(text, context) for name, text in step.get("with", {}).items()}
        if uses == "actions/checkout":
            branch = str(given["ref"]).removeprefix("refs/heads/")
            git(self.folder, "clone", "-q", "-b", branch, str(self.origin), str(work))
            return 0, ""
        if uses == "actions/upload-artifact":
            return self._upload(given)
        if uses == "actions/download-artifact":
            for artifact in sorted(self.artifacts.glob("*")):
                if fnmatch.fnmatch(artifact.name, given.get("pattern", given.get("name", ""))):
                    shutil.copytree(artifact, given["path"], dirs_exist_ok=True)
            return 0, ""
        assert uses in ("$/.github/actions/wxsync", "actions/create-github-app-token"), f"the player knows no {uses}"
        return 0, ""

    def _upload(self, given: Mapping[str, Any]) -> tuple[int, str]:
        source, target = Path(given["path"]), self.artifacts / given["name"]
        files = [source] if source.is_file() else [one for one in source.rglob("*") if one.is_file()]
        # Since version 4.4 hidden files, and whatever lies in a hidden folder, are left out unless they are asked for.
        if not given.get("include-hidden-files"):
            files = [one for one in files if not any(part[0] == "." for part in one.relative_to(source.parent).parts)]
        if not files:
            return (
                1 if given.get("if-no-files-found") == "error" else 0
            ), "No files were found with the provided path\n"
        for file in files:
            copy = target / (file.relative_to(source) if source.is_dir() else file.name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        return 0, ""

    def _context(self, event: str, branch: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        github = {
            "event_name": event,
            "event": payload,
            "ref": f"refs/heads/{branch}",
            "ref_name": branch,
            "base_ref": "main" if event == "pull_request" else "",
            "repository": REPOSITORY,
            "token": TOKEN,
        }
        return {"github": github, "functions": {}}

    def environ(self, temporary: Path, *, event: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Gives the variables that the runner sets, but for the token, which a step must be given."""
        temporary.mkdir()
        (temporary / "event.json").write_text(json.dumps(event or {}))
        (temporary / "summary").touch()
        (temporary / "output").touch()
        nobody = {
            name: text for name, text in isolated().items() if not name.startswith(("GIT_AUTHOR", "GIT_COMMITTER"))
        }
        return {
            **nobody,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "RUNNER_TEMP": str(temporary),
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_EVENT_PATH": str(temporary / "event.json"),
            "GITHUB_OUTPUT": str(temporary / "output"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        }


def isolated() -> dict[str, str]:
    """Gives an environment with the code under test first, and nothing of the machine's own git or credentials."""
    identity = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **os.environ,
        **identity,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def git(folder: Path, *words: str) -> str:
    ended = subprocess.run(["git", *words], cwd=folder, env=isolated(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def commit(folder: Path, message: str = "work") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def wxsync(*words: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs wxsync on the manifest of a folder, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--manifest", str(folder / "materials.yaml"), *words], {**isolated(), **environ})
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def _bash(text: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # As the runner starts a step with `shell: bash`.
    return _run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text], folder, environ)


def _run(command: list[str], folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, encoding="utf-8", check=False
    )


def _read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _outputs(temporary: Path) -> dict[str, str]:
    lines = (temporary / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def _inputs() -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as a truth value.
    called = _read(WORKFLOW)[True]["workflow_call"]
    return {name: one["default"] for name, one in called["inputs"].items()}
