"""Codes of other calls (messages, drafts, publishing): known, so they are a clear no, but not expected here."""

from __future__ import annotations

from wxsync.wechat.errcodes.entry import Kind, entry
from wxsync.words import text

_LINES = (
    (40003, "invalid openid", text("The openid is wrong.")),
    (40008, "invalid message type", text("The type of the message is wrong.")),
    (40121, "invalid media type in view_limited", text("A menu names a wrong type.")),
    (43004, "require subscribe", text("The user must follow the account.")),
    (44003, "empty news data", text("The article is empty.")),
    (45008, "article size out of limit", text("The message has too many articles.")),
    (
        45015,
        "response out of time limit or subscription is canceled",
        text("It is too late to answer this user."),
    ),
    (45028, "has no masssend quota", text("There is no quota left for mass messages.")),
    (45047, "out of response count limit", text("Too many messages were sent to this user.")),
    (45166, "invalid content", text("The article's content is not valid.")),
    (46003, "menu no exist", text("There is no menu that was made by API.")),
    (
        48003,
        "user not agree mass-send protocol",
        text("The account has not agreed to the terms of mass messages."),
    ),
    (
        48013,
        "该视频非新接口上传，不能用于视频消息群发",
        text("The video was not uploaded by the new call and cannot be sent to all."),
    ),
    (48014, "该视频审核状态异常", text("The video has not passed the review.")),
    (50005, "user is unsubscribed", text("The user does not follow the account.")),
    (53401, "", text("The cover has a wrong size.")),
    (53404, "", text("The account may not advertise goods any more.")),
    (53405, "", text("The goods in the article are wrong.")),
    (53406, "", text("The account has not enabled the sale of goods.")),
    (53500, "", text("Publishing is closed for the account.")),
    (53501, "", text("The account publishes too often.")),
    (53502, "", text("The publish id is not valid.")),
    (53600, "", text("The article id is not valid.")),
    (87009, "invalid signature", text("The signature is not valid.")),
    (88000, "without comment privilege", text("The account has no comments.")),
)

UNRELATED = tuple(entry(code, Kind.UNRELATED, errmsg, meaning) for code, errmsg, meaning in _LINES)
