"""What WeChat's interface fixes: its paths, its page size, and the codes that are asked for by name.

This module imports nothing, so that a plan that calls nobody need not load the client.
"""

from __future__ import annotations

from typing import Final

ADD_MATERIAL: Final = "/cgi-bin/material/add_material"
UPLOAD_IMAGE: Final = "/cgi-bin/media/uploadimg"
LIST_MATERIALS: Final = "/cgi-bin/material/batchget_material"
COUNT_MATERIALS: Final = "/cgi-bin/material/get_materialcount"
GET_MATERIAL: Final = "/cgi-bin/material/get_material"
DELETE_MATERIAL: Final = "/cgi-bin/material/del_material"
COUNT_DRAFTS: Final = "/cgi-bin/draft/count"
LIST_DRAFTS: Final = "/cgi-bin/draft/batchget"
GET_MENU: Final = "/cgi-bin/menu/get"
GET_QUOTA: Final = "/cgi-bin/openapi/quota/get"
STABLE_TOKEN: Final = "/cgi-bin/stable_token"  # noqa: S105 - a path, no secret
CLASSIC_TOKEN: Final = "/cgi-bin/token"  # noqa: S105 - a path, no secret
AUTHORIZER_TOKEN: Final = "/cgi-bin/component/api_authorizer_token"  # noqa: S105 - a path, no secret

PAGE_SIZE: Final = 20
"""The most materials that one call of batchget_material gives, and the most drafts that one of draft/batchget does."""

NO_SUCH_ID: Final = 40007
"""The account has no such media_id."""
ID_WITHOUT_MATERIAL: Final = frozenset({NO_SUCH_ID, 46001})
"""Answers to a deletion that say that nothing is there; 40118 and 40128 only complain of an id's form."""

NO_MENU: Final = 46003
"""The account has no menu that was made by API."""

PATH_REFUSED: Final = 76022
"""The account may not call the path whose quota was asked for."""
ABOUT_THE_PATH: Final = frozenset({76003, 76021, PATH_REFUSED})
"""Answers to a question for a quota that are about its path, and not about the account."""
