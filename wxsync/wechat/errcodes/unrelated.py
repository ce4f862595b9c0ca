"""Codes of other calls (messages, drafts, publishing): known, so they are a clear no, but not expected here."""

from __future__ import annotations

from wxsync.wechat.errcodes.entry import Kind, entry

_LINES = (
    (40003, "invalid openid", "The openid is wrong.", "不合法的 OpenID。"),
    (40008, "invalid message type", "The type of the message is wrong.", "不合法的消息类型。"),
    (40121, "invalid media type in view_limited", "A menu names a wrong type.", "不合法的 media_id 类型。"),
    (43004, "require subscribe", "The user must follow the account.", "需要接收者关注。"),
    (44003, "empty news data", "The article is empty.", "图文消息内容为空。"),
    (45008, "article size out of limit", "The message has too many articles.", "图文消息超过限制。"),
    (
        45015,
        "response out of time limit or subscription is canceled",
        "It is too late to answer this user.",
        "回复时间超过限制或已取消关注。",
    ),
    (45028, "has no masssend quota", "There is no quota left for mass messages.", "没有群发额度。"),
    (45047, "out of response count limit", "Too many messages were sent to this user.", "客服接口下行条数超过上限。"),
    (45166, "invalid content", "The article's content is not valid.", "不合法的图文内容。"),
    (46003, "menu no exist", "There is no menu that was made by API.", "不存在的菜单数据。"),
    (
        48003,
        "user not agree mass-send protocol",
        "The account has not agreed to the terms of mass messages.",
        "用户未同意群发协议。",
    ),
    (
        48013,
        "该视频非新接口上传，不能用于视频消息群发",
        "The video was not uploaded by the new call and cannot be sent to all.",
        "该视频非新接口上传，不能用于视频消息群发。",
    ),
    (48014, "该视频审核状态异常", "The video has not passed the review.", "该视频审核状态异常，请检查后重试。"),
    (50005, "user is unsubscribed", "The user does not follow the account.", "用户未关注公众号。"),
    (53401, "", "The cover has a wrong size.", "封面尺寸不正确。"),
    (53404, "", "The account may not advertise goods any more.", "账号已被限制带货能力。"),
    (53405, "", "The goods in the article are wrong.", "插入商品信息有误。"),
    (53406, "", "The account has not enabled the sale of goods.", "请先开通带货能力。"),
    (53500, "", "Publishing is closed for the account.", "发布功能被封禁。"),
    (53501, "", "The account publishes too often.", "频繁请求发布。"),
    (53502, "", "The publish id is not valid.", "Publish ID 无效。"),
    (53600, "", "The article id is not valid.", "Article ID 无效。"),
    (87009, "invalid signature", "The signature is not valid.", "无效的签名。"),
    (88000, "without comment privilege", "The account has no comments.", "没有留言权限。"),
)

UNRELATED = tuple(entry(code, Kind.UNRELATED, errmsg, en, zh) for code, errmsg, en, zh in _LINES)
