"""How much an account may do, before any switch: calls a day and a minute by path, places by shelf."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from wxsync.sandbox.paths import PATHS


def _by_path(limits: Mapping[str, int]) -> Mapping[str, int]:
    return MappingProxyType({PATHS[name]: most for name, most in limits.items()})


# Documented (API_Call_Limits): the token, drafts and menus. Reported: get_material (about 500: WeiXinMPSDK#1949),
# batchget_material and get_materialcount (a console of 2024), uploadimg (2023). The 100,000 are guesses, and numbers
# rise with an account's followers: the true ones stand in its console and in openapi/quota/get.
DAILY = _by_path(
    {
        "token": 2_000,
        "stable_token": 500_000,
        "api_authorizer_token": 100_000,
        "add_material": 100_000,
        "get_material": 500,
        "del_material": 100_000,
        "batchget_material": 1_000,
        "get_materialcount": 1_000,
        "uploadimg": 1_000,
        "draft_add": 1_000,
        "draft_get": 500,
        "draft_batchget": 1_000,
        "draft_count": 1_000,
        "draft_delete": 1_000,
        "menu_create": 1_000,
        "menu_get": 10_000,
        "menu_delete": 1_000,
        "selfmenu_info": 100_000,
        "quota": 100_000,
        "clear_quota": 100_000,
    }
)

# Of test accounts (测试号): the token is documented, the others are told by users of the official community; calls that
# fail count too. For drafts "a few" is all that is known.
TEST_ACCOUNT = _by_path(
    {
        "token": 200,
        "add_material": 10,
        "get_material": 10,
        "del_material": 10,
        "batchget_material": 10,
        "get_materialcount": 10,
        "draft_batchget": 10,
    }
)

MINUTE = _by_path({"stable_token": 10_000})  # documented
CAPACITY: Mapping[str, int] = MappingProxyType({"image": 100_000, "voice": 1_000, "video": 1_000})  # documented
CLEARS_A_MONTH = 10  # documented
