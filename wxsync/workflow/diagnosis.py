"""What was learnt about an account, turned into checks; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from msgspec import Struct, field

from wxsync.errors import CallFailed, HaltedForNow, HaltedForPerson
from wxsync.media import LIBRARY_LIMITS
from wxsync.model import ListingPage, MaterialType
from wxsync.results import Check, failed, passed, skipped, warned
from wxsync.wechat.answers import Quota
from wxsync.wechat.errcodes import Kind
from wxsync.wechat.interface import (
    ADD_MATERIAL,
    DELETE_MATERIAL,
    GET_MATERIAL,
    LIST_MATERIALS,
    PATH_REFUSED,
    UPLOAD_IMAGE,
)
from wxsync.words import Text, listing, plural, text

QUOTA_PATHS = (ADD_MATERIAL, UPLOAD_IMAGE, LIST_MATERIALS, GET_MATERIAL, DELETE_MATERIAL)

_NOT_FOR_APPLY = {
    GET_MATERIAL: text("`pull`, `import` and `--refresh` fetch a material by a call each; `apply` needs none."),
    DELETE_MATERIAL: text("Only `prune` deletes."),
}
_NEARLY_FULL = 0.9
# A test account (测试号) has 10 calls a day of each kind on materials (community of WeChat).
_TEST_ACCOUNT_CALLS = 10
_APPID = re.compile(r"wx[0-9a-f]{16}")
_PROXY = re.compile(r"(?:[A-Za-z0-9]+://)?(?:[^/@#?\\\s]*@)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?/?")


class AuthMethod(Struct, frozen=True):
    """How an account is called: `means` names variables and never their values, `token` is what is well.

    `fetches` says whether the token is fetched by a call, `tells_quota` and `sees_drafts` what can be asked for so.
    """

    means: str
    token: str
    fetches: bool = True
    tells_quota: bool = True
    sees_drafts: bool = True


class Answers(Struct, frozen=True):
    """What WeChat answered, or how it did not; None where it was not asked. `token` is why there is none."""

    token: CallFailed | None = None
    counts: Mapping[str, int] | CallFailed | None = None
    page: ListingPage | CallFailed | None = None
    quotas: Mapping[str, Quota | CallFailed] = field(default_factory=dict)
    drafts: int | CallFailed | None = None
    menu: bool | CallFailed | None = None


def diagnose(heard: Answers, way: AuthMethod, *, now: float) -> tuple[Check, ...]:
    """Return the checks about an account; `now` is in Unix seconds."""
    quotas = [_quota(path, heard.quotas.get(path), way, now=now) for path in QUOTA_PATHS]
    uses = (_drafts(heard.drafts, way), _menu(heard.menu))
    return (_token(heard, way), _library(heard), _listing(heard), *quotas, *uses, *_test_account(heard.quotas))


def check_appid(appid: str, *, source: str, host: str, way: AuthMethod) -> Check:
    """Say which account is called where and how, and warn of an appid that cannot be one."""
    found = text("{appid} ({source}) at {host}, by {means}", appid=appid, source=source, host=host, means=way.means)
    if _APPID.fullmatch(appid):
        return passed("credentials", found)
    todo = text("An appid is `wx` and 16 hexadecimal digits; an original ID (原始ID, gh_…) is something else.")
    return warned("credentials", found, todo)


def check_proxy(environ: Mapping[str, str], base: str) -> Check:
    """Say through which proxy WeChat is called; its password is not looked at."""
    url = urlsplit(base)
    names = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
    name = next((name for name in names if environ.get(name)), None)
    no_proxy = environ.get("no_proxy") or environ.get("NO_PROXY") or ""
    if name is None or url.scheme != "https" or _bypasses(url.hostname or "", no_proxy):
        return passed("proxy", text("none"))
    known = _PROXY.fullmatch(environ[name])
    if known is None:
        found = text("{name} holds a value that is hard to read", name=name)
        return warned("proxy", found, text("Write it as http://host:port."))
    address = known[1] + (known[2] or "")
    seen = text(
        "{proxy} ({name}): WeChat sees its address, which must be on the IP allowlist", proxy=address, name=name
    )
    return passed("proxy", seen)


def not_asked(why: str) -> tuple[Check, ...]:
    """Return the checks about an account that could not even be called."""
    names = ("token", "library", "listing", *map(_quota_name, QUOTA_PATHS), "drafts", "menu")
    return tuple(skipped(name, why) for name in names)


def _bypasses(host: str, no_proxy: str) -> bool:
    names = [name.strip().lstrip(".").lower() for name in no_proxy.split(",") if name.strip()]
    return any(name == "*" or f".{host}".endswith(f".{name}") for name in names)


def _rejection(heard: Answers) -> CallFailed | None:
    """Find the first call whose token was rejected: that says nothing about what it asked for."""
    answers: Iterable[object] = (heard.counts, heard.page, *heard.quotas.values(), heard.drafts, heard.menu)
    return next((one for one in answers if isinstance(one, CallFailed) and one.code == Kind.TOKEN), None)


def _token(heard: Answers, way: AuthMethod) -> Check:
    no_token = heard.token or _rejection(heard)
    if no_token:
        return failed("token", no_token)
    if not way.fetches and isinstance(heard.counts, CallFailed) and heard.counts.errcode is None:
        return skipped("token", text("not tried: WeChat gave no answer"))
    return passed("token", way.token)


def _refused(name: str, answer: CallFailed | None) -> Check:
    if answer is None:
        return skipped(name, text("not asked, for the reason above"))
    if answer.code == Kind.TOKEN:
        return skipped(name, text("not told: the token was rejected"))
    return failed(name, answer)


def _library(heard: Answers) -> Check:
    counts = heard.counts
    if counts is None or isinstance(counts, CallFailed):
        return _refused("library", counts)
    used = {shelf: counts.get(shelf, 0) for shelf in LIBRARY_LIMITS}
    used["image"] += counts.get("news", 0)
    shares = [used[shelf] / most for shelf, most in LIBRARY_LIMITS.items()]
    found = listing(_share(MaterialType(shelf), used[shelf], most) for shelf, most in LIBRARY_LIMITS.items())
    todo = text("Delete what nothing uses (`wxsync prune`, or 素材库 on mp.weixin.qq.com).")
    if max(shares) >= 1:
        full = text("full: {shares}", shares=found)
        return failed("library", HaltedForPerson(full, code=Kind.LIBRARY_FULL, hint=todo))
    if max(shares) > _NEARLY_FULL:
        return warned("library", text("nearly full: {shares}", shares=found), todo)
    return passed("library", found)


def _share(shelf: MaterialType, used: int, limit: int) -> Text:
    facts = {"used": used, "limit": limit, "share": used / limit}
    if shelf is MaterialType.VOICE:
        return text("{used:,} of {limit:,} voices ({share:.0%})", **facts)
    if shelf is MaterialType.VIDEO:
        return text("{used:,} of {limit:,} videos ({share:.0%})", **facts)
    return text("{used:,} of {limit:,} images and articles ({share:.0%})", **facts)


def _listing(heard: Answers) -> Check:
    page = heard.page
    if page is None or isinstance(page, CallFailed):
        return _refused("listing", page)
    return passed(
        "listing",
        plural("the library can be listed: {count:,} image", "the library can be listed: {count:,} images", page.total),
    )


def _quota_name(path: str) -> str:
    return "quota:" + path.rpartition("/")[2]


def _quota(path: str, quota: Quota | CallFailed | None, way: AuthMethod, *, now: float) -> Check:
    name = _quota_name(path)
    if not way.tells_quota:
        return skipped(name, text("云调用 cannot ask for it: see 接口权限与额度 on 微信开发者平台"))
    if quota is None or isinstance(quota, CallFailed):
        return _untold(name, quota)
    if quota.daily_limit <= 0:
        return passed(name, text("WeChat tells no limit"))
    reset = text("00:00 Beijing time (in {span})", span=_span(86_400 - (now + 8 * 3600) % 86_400))
    if quota.remain <= 0:
        return _used_up(path, quota.daily_limit, reset)
    found = text(
        "{used:,} of {limit:,} calls used, {left:,} left until {reset}",
        used=quota.used,
        limit=quota.daily_limit,
        left=quota.remain,
        reset=reset,
    )
    if quota.remain * 10 <= quota.daily_limit:
        few = text("Little is left; `wxsync apply --max-uploads N` sends no more than N files.")
        return warned(name, found, _NOT_FOR_APPLY.get(path, few))
    return passed(name, found)


def _used_up(path: str, limit: int, reset: Text) -> Check:
    """Judge a quota of which nothing is left; apply needs not all of them."""
    name, message = _quota_name(path), text("all {limit:,} calls of today are used", limit=limit)
    if path in _NOT_FOR_APPLY:
        return warned(name, message, text("{use} Run it after {reset}.", use=_NOT_FOR_APPLY[path], reset=reset))
    return failed(name, HaltedForNow(message, code=Kind.QUOTA, hint=text("Run again after {reset}.", reset=reset)))


def _untold(name: str, error: CallFailed | None) -> Check:
    """Judge a quota that was not told: that keeps nothing from working, unless the path itself is refused."""
    if error is None or error.code == Kind.TOKEN or error.errcode in {None, PATH_REFUSED}:
        return _refused(name, error)
    todo = text("Uploads may work all the same; the console shows today's calls.")
    return warned(name, error.message, todo, error)


def _drafts(drafts: int | CallFailed | None, way: AuthMethod) -> Check:
    """Say whether it can be seen which drafts use a material; nothing but prune needs that."""
    if not way.sees_drafts:
        return skipped("drafts", text("云调用 has no way to drafts: what they use cannot be seen"))
    if isinstance(drafts, int):
        return passed("drafts", plural("{count:,} draft can be looked at", "{count:,} drafts can be looked at", drafts))
    if drafts is None or drafts.code == Kind.TOKEN:
        return _refused("drafts", drafts)
    todo = text("Whether drafts use what goes cannot be seen then. {hint}", hint=drafts.hint)
    return warned("drafts", drafts.message, todo, drafts)


def _menu(menu: bool | CallFailed | None) -> Check:
    """Say whether it can be seen what the menu uses; WeChat itself refuses to delete that."""
    if isinstance(menu, bool):
        found = text("the menu made by API can be looked at") if menu else text("there is no menu made by API")
        return passed("menu", found)
    if menu is None or menu.code == Kind.TOKEN:
        return _refused("menu", menu)
    if menu.code == Kind.PERMISSION:
        return passed("menu", text("no right to look at it; WeChat itself refuses to delete what a menu uses"))
    return warned("menu", menu.message, menu.hint, menu)


def _test_account(quotas: Mapping[str, Quota | CallFailed]) -> Iterable[Check]:
    found = [quotas.get(path) for path in (ADD_MATERIAL, LIST_MATERIALS)]
    if any(isinstance(quota, Quota) and 0 < quota.daily_limit <= _TEST_ACCOUNT_CALLS for quota in found):
        yield warned(
            "test-account",
            text("a test account (测试号): 10 calls a day of each kind on materials, failures count"),
            text("Keep runs small (`--max-uploads`), and try things in the sandbox (`--sandbox`)."),
        )


def _span(seconds: float) -> Text:
    hours, minutes = divmod(int(seconds // 60), 60)
    if hours:
        return text("{hours} h {minutes} min", hours=hours, minutes=minutes)
    return text("{minutes} min", minutes=minutes)
