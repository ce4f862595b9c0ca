"""Bugs to plant: each is one small change of the real code, over which the simulation must see a promise break.

A bug is planted in a function (or a constant) of a module, so that nothing outside that function matters to it. To add
one: name it by what goes wrong; give its place as `module:Class.function` within wxsync; give a piece of that function
that stands in it once, and what to put there (of several lines, those after the first as deep as they stand under it).
`python -m tests.simulation --mutants --only WORDS` tells whether and when it is caught. What histories do not show
within reason is planted over a file of tests, `by`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug to plant; `within` bounds the histories that it takes to catch it.

    The `quick` ones are planted in every run of the tests.
    """

    name: str
    place: str
    old: str
    new: str
    within: int = 1000
    quick: bool = False
    by: str = ""


MUTANTS = (
    Mutant(
        "the journal is not synced",
        "journal:Journal._sync",
        "self._disk.sync(self._descriptor)",
        "pass",
        quick=True,
    ),
    Mutant(
        "a sync is believed that began before the line was written",
        "journal:Journal._append",
        "reached = self._written\nself._sync()\nself._synced = reached",
        "self._sync()\nself._synced = self._written",
        by="test_journal.py",
    ),
    Mutant(
        "a sync that failed is forgotten",
        "journal:Journal._sync",
        "if self._failed:",
        "if False:",
        by="test_journal.py",
    ),
    Mutant(
        "the journal's name is not synced",
        "journal:Journal.__init__",
        "disk.sync_folder(file.parent)",
        "pass",
    ),
    Mutant(
        "no space is taken before a request",
        "journal:Journal._append",
        "if room:",
        "if False:",
        within=20_000,
    ),
    Mutant(
        "a line torn by a loss of power stops the run",
        "journal:_is_torn",
        'return b"\\0" in line and not _fits(*_parts(line))',
        "return False",
        within=5_000,
    ),
    Mutant(
        "a torn line is taken as whole",
        "journal:replay",
        "*ended, torn = lines",
        "*ended, torn = lines\nended = [line for line in (*ended, torn.rstrip(b'\\0')) if line]",
        within=5_000,
    ),
    Mutant(
        "the lock is not synced",
        "files:_stage",
        "write_all(disk, descriptor, content, 0)\ndisk.sync(descriptor)",
        "write_all(disk, descriptor, content, 0)",
        quick=True,
    ),
    Mutant(
        "the lock's name is not synced",
        "files:write_together",
        "disk.sync_folder(folder)",
        "pass",
    ),
    Mutant(
        "a short write is not completed",
        "files:write_all",
        "while content:",
        "if content:",
    ),
    Mutant(
        "the lock is written in place",
        "lockfile:write_lock",
        "write_atomic(file, render_lock(lock), disk=disk)",
        "descriptor = disk.open(file)\n"
        "disk.write(descriptor, b' ' * 10_000, 0)\n"
        "disk.write(descriptor, render_lock(lock), 0)\n"
        "disk.sync(descriptor)\n"
        "disk.close(descriptor)\n"
        "disk.sync_folder(file.parent)",
    ),
    Mutant(
        "the intent is written after the request",
        "executor:_send",
        "try:\n"
        "    run.memory.intend(intent)\n"
        "except OSError as error:\n"
        "    run.halt(_disk(error))\n"
        "    return _skipped(change, _disk(error))\n"
        "answer = run.ask(upload)",
        "answer = run.ask(upload)\n"
        "try:\n"
        "    run.memory.intend(intent)\n"
        "except OSError as error:\n"
        "    run.halt(_disk(error))",
    ),
    Mutant(
        "an answer is not written to the journal",
        "executor:_answered",
        "run.memory.done(change.name, record)",
        "pass",
    ),
    Mutant(
        "a doubt is counted from before the pauses",
        "executor:_unanswered",
        "lost = replace(intent, sent_at=run.now())",
        "lost = intent",
        within=20_000,
    ),
    Mutant(
        "a lost answer is sent again blindly",
        "wechat.outcome:judge",
        "doubt = Verdict.PERHAPS if upload else Verdict.AGAIN",
        "doubt = Verdict.AGAIN",
        quick=True,
    ),
    Mutant(
        "a reset after sending counts as not sent",
        "wechat.outcome:judge",
        "if phase is Phase.UNSENT:",
        "if phase is not Phase.ANSWERED:",
    ),
    Mutant(
        "-1 is taken as no",
        "wechat.outcome:_listed",
        "return Verdict.PERHAPS if upload else Verdict.SLOWER",
        "return Verdict.REFUSED if upload else Verdict.SLOWER",
        within=2_000,
    ),
    Mutant(
        "an answer without a media_id is taken as no",
        "wechat.outcome:judge",
        "return Verdict.DONE if fits else doubt",
        "return Verdict.DONE if fits else Verdict.REFUSED",
    ),
    Mutant(
        "the lock is rebuilt from what was done",
        "planner.fold:fold",
        "records, displaced = dict(lock.records), list[_Displaced]()",
        "records, displaced = dict[str, Record](), list[_Displaced]()",
        quick=True,
    ),
    Mutant(
        "what was retired before is dropped",
        "planner.fold:_with_retired",
        "retired = {material_of(one.record): one for one in lock.retired}",
        "retired = dict[tuple[str | None, str | None], Retired]()",
    ),
    Mutant(
        "a doubt does not reach the lock",
        "planner.fold:fold",
        "if result.outcome is Outcome.UNKNOWN:",
        "if False:",
    ),
    Mutant(
        "the journal is cleared before the lock is written",
        "reconcile.send:execute",
        "lock = _written(ledger, results)\nclear_journal(project.journal_file, disk=project.disk)",
        "clear_journal(project.journal_file, disk=project.disk)\nlock = _written(ledger, results)",
        quick=True,
    ),
    Mutant(
        "the journal is cleared before the lock is recovered",
        "project.recovery:recover",
        "if state.lock:\n    #",
        "clear_journal(project.journal_file, disk=project.disk)\nif state.lock:\n    #",
        within=5_000,
    ),
    Mutant(
        "the journal is not folded into the lock",
        "project.recovery:read_state",
        "if journal.account is None or not (journal.done or journal.unconfirmed):",
        "if True:",
    ),
    Mutant(
        "a lock that a killed run put there is taken for durable",
        "project.recovery:recover",
        "before = state.on_disk if state.lock is state.on_disk else None",
        "before = state.on_disk",
        within=50_000,
    ),
    Mutant(
        "a listing that failed counts as empty",
        "reconcile.look:pages_of",
        "page = remote.list_page(listed, offset)",
        "try:\n    page = remote.list_page(listed, offset)\nexcept Exception:\n    page = ListingPage(0, ())",
        within=5_000,
    ),
    Mutant(
        "nobody waits for a late upload",
        "reconcile.look:settle",
        "if left <= 0 or not unanswered(observed) or pause(min(wait, left)):",
        "if True:",
    ),
    Mutant(
        "one page is always enough",
        "reconcile.look:_pages",
        "if how is Look.AUTO and is_enough and all(one.updated_at < since for one in page.items):",
        "if True:",
        within=5_000,
    ),
    Mutant(
        "a known page ends the looking behind uploads that the lock lost",
        "reconcile.look:_pages",
        "if has_strays:",
        "if is_stray:",
        by="test_look.py",
    ),
    Mutant(
        "an id that is listed again still counts as gone",
        "reconcile.planned:Planned.replanned",
        "gone = self.inventory.gone - {one.media_id for one in observed}",
        "gone = self.inventory.gone",
        by="test_stories_refresh.py",
    ),
    Mutant(
        "thumbs are not looked for",
        "model:_FACTS",
        'MaterialType.THUMB: _Facts(MaterialType.IMAGE, "thumbs", is_picture=True),',
        'MaterialType.THUMB: _Facts(None, "thumbs", is_picture=True),',
        within=5_000,
    ),
    Mutant(
        "ids that the lock knows are adopted",
        "planner.sources:listing_of",
        "if one.media_id not in known - let_go)",
        ")",
        by="test_planner.py",
    ),
    Mutant(
        "the newest of several uploads is adopted",
        "planner.plan:_content",
        "adopted = next((one for one in uploads if",
        "adopted = next((one for one in reversed(uploads) if",
        within=20_000,
    ),
    Mutant(
        "a replacement on demand hides what its name held",
        "planner.sources:_elsewhere",
        "if name not in forced or not held.keeps(wanted[name])",
        "if name not in forced",
        within=50_000,
    ),
    Mutant(
        "any video of the title is ours",
        "reconcile.videos:recognise",
        "for name, ids in found.items() if len(ids) == 1 and claims[ids[0]] == 1 and ids[0] in older}",
        "for name, ids in found.items() if ids}",
        within=5_000,
    ),
    Mutant(
        "a lock that cannot be read is taken as empty",
        "lockfile:read_lock",
        "except FileNotFoundError:\n    return None",
        "except OSError:\n    return None",
        by="test_lockfile.py",
    ),
    Mutant(
        "a journal that cannot be read is taken as empty",
        "journal:read_journal",
        "except FileNotFoundError:\n    return Replay()",
        "except OSError:\n    return Replay()",
        by="test_journal.py",
    ),
    Mutant(
        "a journal goes on behind half a line",
        "journal:Journal.__init__",
        'content.rfind(b"\\n") + 1, len(content)',
        'len(content.rstrip(b"\\0")), len(content)',
        by="test_journal.py",
    ),
    Mutant(
        "an upload bears no tag",
        "upload_names:upload_name",
        'return f"{slug(called)}.{tag}.{extension}"',
        'return f"{slug(called)}.{extension}"',
    ),
    Mutant(
        "nobody looks before sending",
        "reconcile.look:look",
        "if how is Look.NONE:",
        "if True:",
        quick=True,
    ),
    Mutant(
        "what could not be looked for is sent again",
        "reconcile.send:_settle_lost",
        "planned, settled = adopt_listed(planned.narrowed_to(lost), remote, _patience(options, lost), watcher)",
        "try:\n"
        "    planned, settled = adopt_listed(planned.narrowed_to(lost), remote, _patience(options, lost), watcher)\n"
        "except CallFailed:\n"
        "    planned, settled = planned.narrowed_to(lost), list[Result]()",
        within=5_000,
    ),
    Mutant(
        "what is lost twice is sent without end",
        "reconcile.send:send",
        "options, watcher, may_send=False)",
        "options, watcher, may_send=True)",
        by="test_stories_trouble.py",
    ),
    Mutant(
        "the other uploads that bear a tag are not retired",
        "planner.fold:_settle",
        "displaced = [_Displaced(change.name, duplicate, new_id) for duplicate in change.duplicates]",
        "displaced = list[_Displaced]()",
        within=20_000,
    ),
    Mutant(
        "what is replaced is not retired",
        "planner.fold:_put",
        "return [_Displaced(name, old, record.media_id)] if old else []",
        "return []",
    ),
    Mutant(
        "a taken back record settles a later doubt",
        "planner.fold:_shows_an_upload",
        "material_of(record) not in known or _content_of(record) in found",
        "True",
        within=20_000,
    ),
    Mutant(
        "what was renamed is uploaded anew",
        "planner.sources:lock_sources",
        "in zip(takers, left.get(content, ()), strict=False)",
        "in zip((), left.get(content, ()), strict=False)",
    ),
    Mutant(
        "what comes back is uploaded anew",
        "planner.sources:lock_sources",
        "elif content in retired and",
        "elif False and",
    ),
    Mutant(
        "merging forgets the upload that loses its name",
        "planner.merge:merge",
        "for side in (_lost_names((ours, theirs), records), _retired((ours, theirs)))",
        "for side in (_retired((ours, theirs)),)",
        within=20_000,
    ),
    Mutant(
        "merging forgets doubts",
        "planner.merge:merge",
        "tuple(retired.values()), _unconfirmed(base, ours, theirs))",
        "tuple(retired.values()), ())",
        within=20_000,
    ),
    Mutant(
        "what is not listed counts as gone",
        "reconcile.refresh:refresh",
        "gone = _gone(Giving(remote, known), asked, watcher)",
        "gone = frozenset(asked)",
        within=20_000,
    ),
    Mutant(
        "another run is not looked for afterwards",
        "workflow.apply:_with_sending",
        "if before is not None and not watcher.stop.is_set():",
        "if False:",
        by="test_stories_together.py",
    ),
    Mutant(
        "a request that left whole counts as not sent",
        "wechat.transport:_phase",
        "if sent < size else Phase.SENT",
        "if sent <= size else Phase.SENT",
        quick=True,
    ),
    Mutant(
        "a request that never left counts as sent",
        "wechat.transport:_phase",
        "if sent < size else Phase.SENT",
        "if False else Phase.SENT",
        by="test_wechat_transport.py",
    ),
    Mutant(
        "a kept connection carries uploads however long it stood idle",
        "wechat.patience:_Upload.is_connected",
        "return is_connected and time.monotonic() < self._fit_until",
        "return is_connected and self._fit_until > 0",
        by="test_wechat_transport.py",
    ),
    Mutant(
        "connections are kept on though an upload was lost on one",
        "wechat.transport:Transport.send",
        "self._keeps and not (request.upload and phase is Phase.SENT)",
        "self._keeps",
        by="test_wechat_transport.py",
    ),
    Mutant(
        "what waits for a place is sent though the run is to stop",
        "executor:_send",
        "if skipped := run.why_not(change):",
        "if skipped := None:",
        by="test_executor.py",
    ),
    Mutant(
        "a look that took long counts from its end",
        "reconcile.look:settle",
        "began, start, waited = clock(), monotonic(), 0.0\nobserved = again()",
        "observed = again()\nbegan, start, waited = clock(), monotonic(), 0.0",
        by="test_look.py",
    ),
    Mutant(
        "settling waits for the oldest doubt only",
        "reconcile.look:settle",
        "max(unanswered(observed), default=-inf)",
        "min(unanswered(observed), default=-inf)",
        by="test_look.py",
    ),
    Mutant(
        "doubts are looked for back to the newest",
        "reconcile.look:_since",
        "min(sent)",
        "max(sent)",
        by="test_look.py",
    ),
    Mutant(
        "how far back to look is told by the oldest upload",
        "reconcile.look:_newest",
        "max(times)",
        "min(times)",
        by="test_look.py",
    ),
    Mutant(
        "whatever WeChat refuses to give counts as gone",
        "reconcile.refresh:_is_unknown",
        "error.errcode == NO_SUCH_ID",
        "True",
        by="test_stories_refresh.py",
    ),
    Mutant(
        "a video that WeChat refuses to give counts as deleted",
        "reconcile.videos:_details",
        "if error.errcode == NO_SUCH_ID",
        "if True",
        20_000,
    ),
    Mutant(
        "whatever WeChat refuses to delete counts as deleted",
        "workflow.prune:_deleted",
        "error.errcode in ID_WITHOUT_MATERIAL",
        "True",
        by="test_stories_prune.py",
    ),
    Mutant(
        "a journal is believed whoever wrote it",
        "journal:Replay.is_by",
        "return self.seals == {seal}",
        "return True",
        quick=True,
    ),
    Mutant(
        "a journal is believed where one of its runs proves itself",
        "journal:Replay.is_by",
        "return self.seals == {seal}",
        "return seal in self.seals",
        by="test_journal.py",
    ),
    Mutant(
        "a prune deletes what nothing proves",
        "workflow.prune:_with_proof",
        "reasons = unproven(found.delete, lock, remote, others=others)",
        "reasons = dict[Retired, str]()",
        quick=True,
    ),
    Mutant(
        "a prune takes two ids of one material for two",
        "reconcile.proof:_are_two",
        "if record.media_id in listing and used.media_id in listing:",
        "if True:",
        by="test_stories_proof.py",
    ),
    Mutant(
        "what is sent is stamped by the machine's clock",
        "reconcile.send:_clock_of",
        "return lambda: remote.now() or watcher.clock()",
        "return watcher.clock",
        by="test_stories_videos.py",
    ),
    Mutant(
        "a picture that is listed under another id is a second one",
        "reconcile.look:_pages",
        "items=under_known_ids(listing.items, lock)",
        "items=listing.items",
        by="test_stories_refresh.py",
    ),
    Mutant(
        "a voice that is listed under another id is a second one",
        "reconcile.send:adopt_listed",
        "listed = without_renamed(remote, listed, planned.lock, gone=planned.inventory.gone)",
        "pass",
        by="test_stories_refresh.py",
    ),
    Mutant(
        "the journal of another account is folded in",
        "project.recovery:read_state",
        "journal.account and account and journal.account != account",
        "False",
        by="test_stories_rescue.py",
    ),
    Mutant(
        "the lock of another account is taken",
        "project.folder:lock_of",
        "if lock and project.appid and lock.account != project.appid:",
        "if False:",
        by="test_stories_rescue.py",
    ),
    Mutant(
        "twins of what is renamed are left to the next run",
        "planner.plan:_content",
        "ours = [source.record for _one, source in standing if source.is_ours]",
        "ours = [source.record for _one, source in standing if source.is_ours and source.action is not Action.RENAME]",
        20_000,
    ),
    Mutant(
        "an imported id that leaves is forgotten although it bears our tag",
        "planner.sources:listing_of",
        "not in known - let_go",
        "not in known",
        by="test_planner_fold.py",
    ),
)
