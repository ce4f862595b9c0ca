"""The calls that the sandbox answers: the name of each, by which faults and counts go, and its path."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

PATHS: Mapping[str, str] = MappingProxyType(
    {
        "token": "/cgi-bin/token",
        "stable_token": "/cgi-bin/stable_token",
        "api_authorizer_token": "/cgi-bin/component/api_authorizer_token",
        "add_material": "/cgi-bin/material/add_material",
        "uploadimg": "/cgi-bin/media/uploadimg",
        "get_material": "/cgi-bin/material/get_material",
        "del_material": "/cgi-bin/material/del_material",
        "batchget_material": "/cgi-bin/material/batchget_material",
        "get_materialcount": "/cgi-bin/material/get_materialcount",
        "draft_add": "/cgi-bin/draft/add",
        "draft_get": "/cgi-bin/draft/get",
        "draft_batchget": "/cgi-bin/draft/batchget",
        "draft_count": "/cgi-bin/draft/count",
        "draft_delete": "/cgi-bin/draft/delete",
        "menu_create": "/cgi-bin/menu/create",
        "menu_get": "/cgi-bin/menu/get",
        "menu_delete": "/cgi-bin/menu/delete",
        "selfmenu_info": "/cgi-bin/get_current_selfmenu_info",
        "quota": "/cgi-bin/openapi/quota/get",
        "clear_quota": "/cgi-bin/clear_quota",
        "clear_quota_v2": "/cgi-bin/clear_quota/v2",
        "down_url": "/down/<media_id>",
        "video_page": "/mp/mp/video",
        "picture": "/<any(mmbiz_jpg, mmbiz_png, mmbiz_gif, sz_mmbiz_jpg, sz_mmbiz_png, sz_mmbiz_gif):_>/<token>/<size>",
    }
)
