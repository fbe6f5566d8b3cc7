"""Options that say where an index past one machine is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansearch.errors import QueryError

if TYPE_CHECKING:
    from plansearch.remote import StoreAddress

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        envvar="PLANSEARCH_STORE",
        metavar="URI",
        show_default=False,
        help="索引放在 Milvus：http://主機:19530、https://主機:19530，或 .db 結尾的檔案（Milvus Lite）。",
    ),
]
StoreTokenOption = Annotated[
    str | None,
    typer.Option(
        "--store-token",
        envvar="PLANSEARCH_STORE_TOKEN",
        metavar="TOKEN",
        show_default=False,
        help="Milvus 的「帳號:密碼」或 API 金鑰；寫在環境變數裡，別人才看不到。",
    ),
]
StoreCaOption = Annotated[
    Path | None,
    typer.Option(
        "--store-ca",
        envvar="PLANSEARCH_STORE_CA",
        metavar="FILE",
        show_default=False,
        help="簽發 Milvus 伺服器憑證的機構的憑證（PEM 檔）；不給就用系統信任的機構。",
    ),
]
StoreServerNameOption = Annotated[
    str | None,
    typer.Option(
        "--store-server-name",
        envvar="PLANSEARCH_STORE_SERVER_NAME",
        metavar="NAME",
        show_default=False,
        help="Milvus 伺服器憑證上的名稱，和位址不同時才要給。",
    ),
]
StoreNameOption = Annotated[
    str,
    typer.Option(
        "--store-name",
        envvar="PLANSEARCH_STORE_NAME",
        metavar="NAME",
        help="索引在 Milvus 裡的名稱；同一個資料庫可以放好幾個。",
    ),
]
STORE_NAME = "plansearch"


def address_of(
    store: str | None, token: str | None, ca: Path | None, server_name: str | None, name: str
) -> StoreAddress | None:
    """Where the index is; ``None`` where it is on this machine.

    Raises:
        QueryError: the name can't be one.
    """
    if not store or not store.strip():
        return None
    if not (name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()):
        message = f"--store-name「{name}」不能用。請只用英文字母、數字和底線，不要用數字開頭。"
        raise QueryError(message)
    from plansearch.remote import StoreAddress

    return StoreAddress(store.strip(), token or None, ca, server_name or None, name)


def refuse_with_store(options: Mapping[str, object]) -> None:
    """Refuse what only an index on this machine can do.

    Raises:
        QueryError: one of the options is given.
    """
    given = [name for name, value in options.items() if value]
    if given:
        message = f"索引在 Milvus 時（--store），還不能用 {'、'.join(given)}。請拿掉，或加 --index 用本機的索引查詢。"
        raise QueryError(message)
