"""Codes about who may call, how often and from where (通用错误码, getStableAccessToken, 云调用)."""

from __future__ import annotations

from wxsync.wechat.errcodes.entry import Kind, entry
from wxsync.words import text

_SECRET = text("Copy the AppSecret again (it is shown only when it is reset) and set WXSYNC_SECRET.")
_APPID = text("Check WXSYNC_APPID or the manifest's appid.")
_COMPONENT = text(
    "The account's owner must authorise the third-party platform again; then set WXSYNC_AUTHORIZER_REFRESH_TOKEN."
)
_PLATFORM = text("Fetch a new component_access_token and set WXSYNC_COMPONENT_ACCESS_TOKEN.")
_ACCOUNT = text("Log in to mp.weixin.qq.com and see what WeChat asks for.")

ACCESS = (
    entry(
        40001,
        Kind.TOKEN,
        "invalid credential, access_token is invalid or not latest",
        text(
            "The access token is wrong or was replaced by a newer one; on the token call itself: the "
            "AppSecret is wrong."
        ),
    ),
    entry(40013, Kind.CREDENTIALS, "invalid appid", text("There is no such appid."), advice=_APPID),
    entry(40014, Kind.TOKEN, "invalid access_token", text("The access token is not valid.")),
    entry(40125, Kind.CREDENTIALS, "invalid appsecret", text("The AppSecret is wrong."), advice=_SECRET),
    entry(
        40164,
        Kind.ALLOWLIST,
        "invalid ip, not in whitelist",
        text("WeChat answers only addresses on the account's IP allowlist, and this one is not on it."),
    ),
    entry(
        40243,
        Kind.CREDENTIALS,
        "AppSecret frozen",
        text("The AppSecret is frozen."),
        advice=text("Unfreeze it on the WeChat developer platform; it works again after about 10 minutes."),
    ),
    entry(
        41001,
        Kind.ROUTE,
        "access_token missing",
        text("The call reached WeChat without a token: a relay dropped it, or 云调用 was not intercepted."),
    ),
    entry(41002, Kind.CREDENTIALS, "appid missing", text("The appid is missing."), advice=_APPID),
    entry(41004, Kind.CREDENTIALS, "appsecret missing", text("The secret is missing."), advice=_SECRET),
    entry(42001, Kind.TOKEN, "access_token expired", text("The access token is too old.")),
    entry(
        42002,
        Kind.CREDENTIALS,
        "refresh_token expired",
        text("The refresh token is too old."),
        advice=_COMPONENT,
    ),
    entry(
        42007,
        Kind.CREDENTIALS,
        "access_token and refresh_token exception",
        text("The owner changed the password of WeChat: the authorisation has ended."),
        advice=_COMPONENT,
    ),
    entry(43003, Kind.ROUTE, "require https", text("The call was not made over https.")),
    entry(
        45009,
        Kind.QUOTA,
        "reach max api daily quota limit",
        text(
            "Today's quota of this call is used up (a test account has 10 uploads and 10 listings a day; "
            "failures count)."
        ),
    ),
    entry(
        45011,
        Kind.TOO_FAST,
        "api minute-quota reach limit, must slower, retry next minute",
        text("Too many calls in a minute."),
    ),
    entry(
        45035,
        Kind.ALLOWLIST,
        "access clientip is not registered, not in ip-white-list",
        text("The calling address is not on the IP allowlist."),
    ),
    entry(45101, Kind.QUOTA, "hit upload limit", text("The limit of uploads is reached.")),
    entry(
        45102,
        Kind.NOT_NOW,
        "this api have been blocked temporarily.",
        text("WeChat has blocked this call for a while."),
    ),
    entry(
        45103,
        Kind.REQUEST,
        "This API has been unsupported",
        text("WeChat no longer offers this call."),
    ),
    entry(
        45106,
        Kind.REQUEST,
        "This API has been unsupported",
        text("WeChat no longer offers this call."),
    ),
    entry(
        48001,
        Kind.PERMISSION,
        "api unauthorized",
        text(
            "The account has no permission for this call: not verified, the verification has lapsed, or not granted; a "
            "third-party platform gets this code too where it lacks the permission set."
        ),
    ),
    entry(
        48004,
        Kind.PERMISSION,
        "api forbidden for irregularities, view detail on mp.weixin.qq.com",
        text("WeChat has closed this call for the account because of a violation."),
        advice=_ACCOUNT,
    ),
    entry(
        48006,
        Kind.QUOTA,
        "forbid to clear quota because of reaching the limit",
        text("The quota was reset 10 times this month already."),
    ),
    entry(
        50001,
        Kind.PERMISSION,
        "api unauthorized or user unauthorized",
        text("The account has not granted this call."),
    ),
    entry(
        50002,
        Kind.PERMISSION,
        "user limited",
        text("The account is restricted, frozen or closed."),
        advice=_ACCOUNT,
    ),
    entry(
        50004,
        Kind.PERMISSION,
        "user not allow to use accesstoken, maybe for punishment",
        text("The account may not fetch tokens, perhaps as a punishment."),
        advice=_ACCOUNT,
    ),
    entry(50007, Kind.PERMISSION, "账号已冻结", text("The account is frozen."), advice=_ACCOUNT),
    entry(
        61003,
        Kind.CREDENTIALS,
        "component is not authorized by this account",
        text("The account has not authorised the third-party platform."),
        advice=_COMPONENT,
    ),
    entry(
        61004,
        Kind.ALLOWLIST,
        "access clientip is not registered",
        text("The address is not on the (third-party platform's) IP allowlist."),
    ),
    entry(
        61005,
        Kind.CREDENTIALS,
        "component ticket is expired",
        text("The platform's ticket is too old."),
        advice=_PLATFORM,
    ),
    entry(
        61006,
        Kind.CREDENTIALS,
        "component ticket is invalid",
        text("The platform's ticket is not valid."),
        advice=_PLATFORM,
    ),
    entry(
        61007,
        Kind.PERMISSION,
        "api is unauthorized to component",
        text(
            "The account did not grant the platform this permission set (materials: 11 or 100; uploadimg "
            "is in many more)."
        ),
        advice=_COMPONENT,
    ),
    entry(
        61014,
        Kind.CREDENTIALS,
        "must use component token for component api",
        text("This call wants the platform's own token."),
        advice=_PLATFORM,
    ),
    entry(
        61016,
        Kind.PERMISSION,
        "function category of API need be confirmed by component",
        text("The platform must confirm this permission set first; unverified accounts may not be able to."),
    ),
    entry(
        61023,
        Kind.CREDENTIALS,
        "refresh_token is invalid",
        text("The authorizer's refresh token is not valid (any more)."),
        advice=_COMPONENT,
    ),
    entry(85105, Kind.ROUTE, "", text("云调用 is not authorised for this call.")),
    entry(85107, Kind.ROUTE, "", text("The path is not in the list of 云调用.")),
    entry(85112, Kind.ROUTE, "", text("云调用 refuses this call.")),
    entry(
        85113,
        Kind.NOT_NOW,
        "cloudbase_token not ready",
        text("云调用 is still starting up: its token is not ready."),
    ),
    entry(
        89005,
        Kind.PERMISSION,
        "without add video ability, the ability was banned",
        text("The account may not add videos any more."),
        advice=_ACCOUNT,
    ),
    entry(
        89006,
        Kind.PERMISSION,
        "without upload video ability, the ability was banned",
        text("The account may not upload videos any more."),
        advice=_ACCOUNT,
    ),
    entry(
        89501,
        Kind.CONFIRMATION,
        "",
        text("A request to confirm this address is open."),
    ),
    entry(89502, Kind.CONFIRMATION, "", text("The administrator has not answered yet.")),
    entry(
        89503,
        Kind.CONFIRMATION,
        "此次调用需要管理员确认，请耐心等候",
        text("The administrator must confirm this address."),
    ),
    entry(89504, Kind.CONFIRMATION, "", text("The administrator has not answered yet.")),
    entry(89505, Kind.CONFIRMATION, "", text("The administrator has not answered yet.")),
    entry(
        89506,
        Kind.CONFIRMATION,
        "24小时内该IP被管理员拒绝调用两次，24小时内不可再使用该IP调用",
        text("The administrator refused this address twice: it is barred for 24 hours."),
        advice=text("Ask the administrator, and run again after 24 hours."),
    ),
    entry(
        89507,
        Kind.CONFIRMATION,
        "1小时内该IP被管理员拒绝调用一次，1小时内不可再使用该IP调用",
        text("The administrator refused this address once: it is barred for an hour."),
        advice=text("Ask the administrator, and run again after an hour."),
    ),
)
