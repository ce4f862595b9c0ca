"""Builds desired materials, locks and results out of a few letters, one at a time or at random."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from hypothesis import strategies as st
from msgspec.structs import replace

from wxsync.model import (
    Action,
    Asset,
    Change,
    Desired,
    Fingerprint,
    Location,
    Lock,
    Material,
    MaterialType,
    Origin,
    Outcome,
    Plan,
    Record,
    Retired,
    Unconfirmed,
)
from wxsync.planner.naming import filename_for
from wxsync.results import Result

ACCOUNT = "wx0123456789abcdef"
IMAGE, VIDEO, ARTICLE = MaterialType.IMAGE, MaterialType.VIDEO, MaterialType.ARTICLE_IMAGE


def moment(step: int) -> str:
    return f"2026-11-23T10:{step // 60:02}:{step % 60:02}Z"


AT = moment(0)


def want(name: str, content: str = "a", kind: MaterialType = IMAGE, *, path: str | None = None) -> Desired:
    """Wants a material; the content is one hexadecimal digit, and a video has it as its title too."""
    about = (f"title {content}", "about") if kind is VIDEO else ("", "")
    asset = Asset(name, path or name, kind, Location("materials.yaml", 3, 5), *about)
    return Desired(asset, content * 64, 10, "png")


def record_of(wanted: Desired, media_id: str, *, at: str = AT, origin: Origin = Origin.UPLOADED) -> Record:
    """Remembers a material as it is after its upload; an article image has no id, so its url carries the difference."""
    asset = wanted.asset
    return Record(
        type=asset.type,
        path=asset.path,
        sha256=wanted.sha256,
        size=wanted.size,
        media_id=None if asset.type is ARTICLE else media_id,
        url=f"http://mmbiz.qpic.cn/{media_id}",
        uploaded_as=filename_for(ACCOUNT, wanted),
        uploaded_at=at,
        origin=origin,
        title=asset.title,
        introduction=asset.introduction,
    )


def held(name: str, content: str = "a", kind: MaterialType = IMAGE, *, path: str | None = None) -> Record:
    """Remembers a material whose id is made of its name and content."""
    return record_of(want(name, content, kind, path=path), f"id-{name}-{content}")


def lock_of(
    records: Mapping[str, Record], retired: Iterable[Retired] = (), unconfirmed: Iterable[Unconfirmed] = ()
) -> Lock:
    return Lock(ACCOUNT, MappingProxyType(dict(sorted(records.items()))), tuple(retired), tuple(unconfirmed))


def retire(name: str, record: Record) -> Retired:
    return Retired(name, record, AT, None)


def doubt_of(wanted: Desired, *, at: str = AT) -> Unconfirmed:
    asset = wanted.asset
    return Unconfirmed(asset.name, asset.type, wanted.sha256, filename_for(ACCOUNT, wanted), at)


def listed(wanted: Desired, media_id: str, *, at: int = 1_700_000_000) -> Material:
    """Lists an upload of ours as WeChat does."""
    return Material(media_id, wanted.asset.type, filename_for(ACCOUNT, wanted), "http://mmbiz.qpic.cn/x", at)


def material(record: Record) -> str:
    """Names a place in WeChat's library, or the picture of an article image."""
    return record.media_id or str(record.url)


def uploaded_materials(lock: Lock) -> set[str]:
    records = lock.every_record
    return {material(record) for record in records if record.origin is Origin.UPLOADED}


def all_done(plan: Plan, *, series: str = "new", at: str = AT) -> list[Result]:
    """Does a plan as a faultless WeChat would: every upload gets an id of its own, and who shares gets it too."""
    answers: dict[Fingerprint, Record] = {}
    for number, change in enumerate(plan.uploads):
        assert change.after
        media_id = None if change.type is ARTICLE else f"{series}-{number}"
        url = f"http://mmbiz.qpic.cn/{series}-{number}"
        answers[change.after.fingerprint] = replace(change.after, media_id=media_id, url=url, uploaded_at=at)
    return [Result(change, Outcome.DONE, _gained(change, answers)) for change in plan.pending]


def _gained(change: Change, answers: Mapping[Fingerprint, Record]) -> Record | None:
    after = change.after
    if after is None or after.media_id or after.url:
        return after
    return replace(answers[after.fingerprint], path=change.path)


NAMES = [f"n{number}.png" for number in range(5)]
CONTENTS = "abc"
SEEN = ["seen-1", "seen-2", "seen-3"]
OLD = [f"old-{number}" for number in range(6)]

kinds = st.sampled_from(list(MaterialType))
wants = st.builds(
    want,
    st.sampled_from(NAMES),
    st.sampled_from(CONTENTS),
    kinds,
    path=st.sampled_from([None, "moved/one.png", "moved/two.png"]),
)
desired_lists = st.lists(wants, max_size=5, unique_by=lambda one: one.asset.name)


@st.composite
def locks(draw: st.DrawFn, series: str = "old") -> Lock:
    """Draws a lock whose materials are used by names, shared between names, or retired."""
    records: dict[str, Record] = {}
    retired: list[Retired] = []
    for number, wanted in enumerate(draw(st.lists(wants, max_size=6))):
        origin = draw(st.sampled_from(Origin))
        record = record_of(wanted, f"{series}-{number}", at=moment(number), origin=origin)
        holders = [name for name in draw(st.sets(st.sampled_from(NAMES), max_size=2)) if name not in records]
        records |= {name: replace(record, path=draw(st.sampled_from([record.path, name]))) for name in holders}
        if not holders and origin is Origin.UPLOADED:
            retired.append(retire(wanted.asset.name, record))
    doubts = draw(st.lists(wants, max_size=2, unique_by=lambda one: one.fingerprint))
    return lock_of(records, retired, [doubt_of(one, at=moment(50)) for one in doubts])


observations = st.lists(
    st.builds(
        listed,
        wants.filter(lambda one: one.asset.type not in (ARTICLE, VIDEO)),
        st.sampled_from([*SEEN, *OLD]),
        at=st.sampled_from([1_700_000_000, 1_700_000_060, 1_800_000_000]),
    ),
    max_size=6,
    unique_by=lambda one: one.media_id,
)
forced_names = st.sets(st.sampled_from(NAMES), max_size=3)
losses = st.sets(st.sampled_from(OLD), max_size=2)
target_sets = st.just(frozenset(NAMES)) | st.frozensets(st.sampled_from(NAMES))


def actions(plan: Plan) -> dict[str, Action]:
    return {change.name: change.action for change in plan.changes}
