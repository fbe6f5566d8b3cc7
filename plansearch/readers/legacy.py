"""Old and rare formats (doc, wps, xls …) turned into new ones by LibreOffice, where it is installed.

It works on a copy in a folder of its own, with a profile of its own that allows no macro and knows no way out to the
network, and never touches a LibreOffice that the user has open.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Literal

from plansearch.errors import LimitError, ReadError, UnsupportedFormatError, reason_of
from plansearch.limits import DEFAULT_LIMITS

_NAMES = ("soffice", "libreoffice", "soffice.com")
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
    r"C:\Program Files\LibreOffice\program\soffice.com",
    r"C:\Program Files (x86)\LibreOffice\program\soffice.com",
)
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
{items}
</oor:items>
"""
_ITEM = (
    '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
)
_SCRIPTING, _NETWORK = "Office.Common/Security/Scripting", "Inet/Settings"
_NOWHERE = (("HTTP", 9), ("HTTPS", 9), ("FTP", 9))
"""A proxy that is not there: whatever would be fetched from outside is not."""


def find_office() -> str | None:
    """LibreOffice's program, or ``None`` where it is not installed."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or next((path for path in _PLACES if Path(path).is_file()), None)


def modernise(
    data: bytes, name: str, target: Literal["docx", "xlsx"], timeout: float = DEFAULT_LIMITS.timeout
) -> bytes:
    """Turn an old document into a new one.

    Args:
        data: the file's bytes.
        name: what to call it; its suffix tells LibreOffice what it is where its content does not.
        target: the format to turn it into.
        timeout: seconds that it may take.

    Raises:
        UnsupportedFormatError: LibreOffice is not installed.
        LimitError: it took too long.
        ReadError: LibreOffice could not read it.
    """
    program = find_office()
    if program is None:
        kind = "Word" if target == "docx" else "Excel"
        raise UnsupportedFormatError(
            f"「{name}」的格式要用 LibreOffice 才能讀，但這台電腦沒有安裝。"
            f"請安裝 LibreOffice，或用 {kind} 開啟後另存成 .{target}。"
        )
    with tempfile.TemporaryDirectory(prefix="plansearch-", ignore_cleanup_errors=True) as folder:
        source = Path(folder) / f"source{Path(name).suffix.lower()[:6] or '.doc'}"
        source.write_bytes(data)
        profile = Path(folder) / "profile"
        _write_settings(profile / "user" / "registrymodifications.xcu")
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore", "--nolockcheck"]
        command += ["--convert-to", target, "--outdir", str(Path(folder) / "out"), str(source)]
        try:
            subprocess.run(  # noqa: S603 - fixed arguments, and a file of ours
                command, capture_output=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL, env=_environment()
            )
        except subprocess.TimeoutExpired as error:
            raise LimitError(
                f"LibreOffice 讀「{name}」超過 {timeout:g} 秒，已放棄。請開啟後另存成 .{target} 再試。"
            ) from error
        except OSError as error:
            raise ReadError(f"無法執行 LibreOffice（{reason_of(error)}），因此無法讀取「{name}」。") from error
        made = Path(folder) / "out" / f"{source.stem}.{target}"
        if not made.is_file():
            raise ReadError(f"LibreOffice 無法讀取「{name}」，檔案可能不完整或已損毀。請開啟後另存成 .{target} 再試。")
        return made.read_bytes()


def _write_settings(path: Path) -> None:
    settings = [
        (_SCRIPTING, "MacroSecurityLevel", "3"),
        (_SCRIPTING, "DisableMacrosExecution", "true"),
        (_SCRIPTING, "BlockUntrustedRefererLinks", "true"),
        (_NETWORK, "ooInetProxyType", "2"),
    ]
    for protocol, port in _NOWHERE:
        settings.append((_NETWORK, f"ooInet{protocol}ProxyName", "127.0.0.1"))
        settings.append((_NETWORK, f"ooInet{protocol}ProxyPort", str(port)))
    items = "\n".join(_ITEM.format(path=place, name=name, value=value) for place, name, value in settings)
    path.parent.mkdir(parents=True)
    path.write_text(_SETTINGS.format(items=items), encoding="utf-8")


def _environment() -> dict[str, str]:
    """The environment, with a proxy that is not there."""
    proxies = {f"{protocol}_proxy": "http://127.0.0.1:9" for protocol in ("http", "https", "ftp")}
    return {**os.environ, **proxies, "no_proxy": "", "SAL_USE_VCLPLUGIN": "svp"}
