"""The command that opens a page for those who type no commands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from plansearch.cli.app import app
from plansearch.cli.delivery import notify
from plansearch.cli.light import LightCommand
from plansearch.cli.options import IndexOption, SizeOption
from plansearch.errors import ConfigurationError, PlansearchError

if TYPE_CHECKING:
    from plansearch.web import WebSettings


@app.command(cls=LightCommand)
def serve(
    index: IndexOption = Path("index"),
    folder: Annotated[
        Path | None,
        typer.Option(
            "--folder", metavar="DIR", show_default=False, help="放計畫檔的資料夾；給了才能在網頁上傳、更正、重建索引。"
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="在哪個位址開放；預設只有這台電腦打得開。")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, metavar="N", help="連接埠。")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            envvar="PLANSEARCH_TOKEN",
            metavar="T",
            show_default=False,
            help="通行碼；開放給別台電腦時一定要有。也可以放在環境變數裡，不會出現在行程清單。",
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", metavar="HOST", show_default=False, help="別台電腦用來連線的主機名稱，可重複。"),
    ] = None,
    max_size: SizeOption = "50MB",
    browser: Annotated[bool, typer.Option("--open", help="啟動後在瀏覽器打開。")] = False,
) -> None:
    """開一個網頁，查詢、並列、看位置、上傳計畫都在網頁上做。按 Ctrl+C 結束。

    預設只有這台電腦打得開。要給同事用，請加 --host 與 --token，並只在可信任的內部網路上開放。

    \b
    例：
      plansearch serve
      plansearch serve --index 索引 --folder 計畫 --open
      plansearch serve --host 192.168.1.20 --token 自訂的一組通行碼
    """
    try:
        from plansearch.web import WebSettings
        from plansearch.web.running import run_server
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("plansearch"):
            raise
        message = f"還沒有安裝網頁需要的套件（{error.name}）。請執行：pip install 'plansearch[web]'。"
        raise ConfigurationError(message) from error
    if folder is not None and not folder.is_dir():
        message = f"找不到資料夾「{folder}」。請先建立它，或換一個位置。"
        raise PlansearchError(message)
    settings = WebSettings(index, folder, host, port, token or None, tuple(name or ()), max_upload=int(max_size))
    told = f"網頁：{'　'.join(addresses_of(settings))}（按 Ctrl+C 結束）"
    run_server(settings, open_browser=browser, ready=lambda: notify(told))


def addresses_of(settings: WebSettings) -> list[str]:
    """What to type into a browser; all that is known where all addresses of this computer are meant."""
    hosts = [settings.host]
    if settings.any_address:
        from plansearch.web.running import own_addresses

        hosts = ["127.0.0.1", *own_addresses()]
    return [f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/" for host in hosts]
