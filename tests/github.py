"""Stands for GitHub: plays the jobs of sync.yml as they are written, with a bare repository and an API on loopback."""

from __future__ import annotations

import fnmatch
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

from wxsync.cli import run

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / ".github/actions/wxsync"
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

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if f"{method} {path}" in self.refused:
            return self.refused[f"{method} {path}"], {"message": "Resource not accessible by integration"}
        if path == "pulls":
            return self._pulls(method, query, body)
        if method == "GET":
            size, page = int(query["per_page"][0]), int(query["page"][0])
            return 200, self.comments[(page - 1) * size : page * size]
        if method == "PATCH":
            found = next(one for one in self.comments if str(one["id"]) == path.rsplit("/", maxsplit=1)[-1])
            found.update(body)
            return 200, found
        self.comments.append({"id": len(self.comments) + 1, "user": {"type": "Bot"}, **body})
        return 201, self.comments[-1]

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
    """Holds how a job ended: its exit code, what it printed, its outputs, its step summary."""

    code: int
    log: str
    outputs: dict[str, str]
    summary: str


@dataclass(slots=True)
class Github:
    """Holds a bare repository, an API and the artifacts of one run of the workflow."""

    folder: Path
    hub: Hub
    inputs: dict[str, str] = field(default_factory=lambda: {"deliver": "push"})
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

    def push(self, environ: Mapping[str, str], *, until: str = "commit") -> list[Played]:
        """Plays a push to main: plan, apply for each pending account, commit."""
        shutil.rmtree(self.artifacts, ignore_errors=True)
        played = [self.play("plan")]
        if played[0].code or until == "plan":
            return played
        needs = {f"needs.plan.outputs.{name}": value for name, value in played[0].outputs.items()}
        for account in json.loads(played[0].outputs["pending"]):
            matrix = {f"matrix.account.{key}": value or "" for key, value in account.items()}
            own = environ.get(account["name"]) if account["name"] in environ else environ
            played.append(self.play("apply", needs | matrix, credentials=own))  # type: ignore[arg-type]
        return played if until == "apply" else [*played, self.play("commit", needs)]

    def play(
        self,
        job: str,
        values: Mapping[str, str] | None = None,
        *,
        credentials: Mapping[str, str] | None = None,
        folder: Path | None = None,
        event: Mapping[str, Any] | None = None,
    ) -> Played:
        """Runs the steps of a job in a fresh clone; `credentials` are those of its environment."""
        document = _read(WORKFLOW)["jobs"][job]
        work = folder or self.checkout()
        self.runs += 1
        temporary = self.folder / f"temp-{self.runs}"
        environ = self.environ(temporary, event=event)
        known = self._values(temporary) | dict(values or {})
        for name, value in (credentials or {}).items():
            known |= {f"secrets.{name}": value, f"vars.{name}": value}
        code, log = 0, ""
        for step in _steps(document):
            if code and "always()" not in step.get("if", ""):
                continue
            if "run" in step:
                given = {**document.get("env", {}), **step.get("env", {})}
                ended = _bash(step["run"], work, environ | {name: _fill(text, known) for name, text in given.items()})
                code, log = code or ended.returncode, log + ended.stdout + ended.stderr
                known |= {f"steps.{step.get('id')}.outputs.{name}": one for name, one in _outputs(temporary).items()}
            elif "artifact@" in step["uses"]:
                self._artifact(step, known)
        return Played(code, log, _outputs(temporary), (temporary / "summary").read_text(encoding="utf-8"))

    def _artifact(self, step: Mapping[str, Any], known: Mapping[str, str]) -> None:
        given = {name: _fill(str(text), known) for name, text in step["with"].items()}
        if "upload" in step["uses"]:
            _copy(Path(given["path"]), self.artifacts / given["name"])
            return
        for artifact in sorted(self.artifacts.glob("*")):
            if fnmatch.fnmatch(artifact.name, given.get("pattern", given.get("name", ""))):
                shutil.copytree(artifact, given["path"], dirs_exist_ok=True)

    def _values(self, temporary: Path) -> dict[str, str]:
        return {
            **{f"inputs.{name}": text for name, text in _defaults().items()},
            **{f"inputs.{name}": text for name, text in self.inputs.items()},
            "github.token": TOKEN,
            "github.ref_name": "main",
            "github.base_ref || github.ref_name": "main",
            "steps.app.outputs.token || github.token": TOKEN,
            "steps.wxsync.outputs.scripts": str(SCRIPTS),
            "runner.temp": str(temporary),
        }

    def environ(self, temporary: Path, *, event: Mapping[str, Any] | None = None) -> dict[str, str]:
        """Gives the variables that the runner sets, but for the token, which a step must be given."""
        temporary.mkdir()
        (temporary / "event.json").write_text(json.dumps(event or {}))
        (temporary / "summary").touch()
        (temporary / "output").touch()
        return {
            **isolated(),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_API_URL": self.hub.url,
            "GITHUB_EVENT_PATH": str(temporary / "event.json"),
            "GITHUB_OUTPUT": str(temporary / "output"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_STEP_SUMMARY": str(temporary / "summary"),
        }


def isolated() -> dict[str, str]:
    """Gives an environment with the code under test first, and nothing of the machine's own git or credentials."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("WXSYNC", "GITHUB", "GIT_"))}
    identity = {f"GIT_{who}_{what}": "tester" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **kept,
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


def script(name: str, *words: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs one script as the workflow does."""
    return _run([sys.executable, str(SCRIPTS / name), *words], folder, {**isolated(), **environ})


def _bash(text: str, folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    # As the runner starts a step with `shell: bash`.
    return _run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text], folder, environ)


def _run(command: list[str], folder: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=dict(environ), capture_output=True, text=True, encoding="utf-8", check=False
    )


def _steps(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Gives the steps of a job, and in place of our comment action the steps of that."""
    for step in document["steps"]:
        if step.get("uses") != "$/.github/actions/comment":
            yield step
            continue
        for inner in _read(ROOT / ".github/actions/comment/action.yml")["runs"]["steps"]:
            inputs = {f"${{{{ inputs.{name} }}}}": text for name, text in step["with"].items()}
            given = {name: inputs.get(text, text) for name, text in inner["env"].items()}
            yield inner | {"env": given | {"GITHUB_ACTION_PATH": str(SCRIPTS)}}


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    elif source.is_file():
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def _fill(text: str, known: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name.startswith(("secrets.", "vars.")):
            return next((known[one] for one in name.split(" || ") if one in known), "")
        return known[name]

    return re.sub(r"\$\{\{ (.*?) \}\}", value, text)


def _outputs(temporary: Path) -> dict[str, str]:
    lines = (temporary / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def _defaults() -> dict[str, str]:
    # YAML 1.1 reads the key `on` as a truth value.
    called = _read(WORKFLOW)[True]["workflow_call"]
    return {name: one["default"] for name, one in called["inputs"].items()}
