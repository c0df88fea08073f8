"""Values of the source that the landing's types do not hold, and rows that no table can hold."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.script import ScriptDirectory

from cdp_assets.errors import BadConfiguration
from cdp_assets.filplus.dmob.changed_blocks import OVERLAP_IDS
from cdp_assets.filplus.dmob.piece_dictionary import natural_id
from resources.postgres import migrator
from tests.integration.filplus.dmob.conftest import FIRST_HEIGHT, Landing

pytestmark = pytest.mark.integration

_PLACEABLE: dict[str, object] = {
    "clientId": "1000",
    "providerId": "2000",
    "pieceCid": "P",
    "pieceSize": 32,
    "termStart": FIRST_HEIGHT,
}


_NO_START: dict[str, object] = {"started_at": None}
_ODD: dict[str, tuple[dict[str, object], dict[str, object], dict[str, Any] | None]] = {
    "a word": ({"clientId": "abc"}, {"client_id": None}, {"clientId": "abc"}),
    "leading zeros": ({"clientId": "007"}, {"client_id": None}, {"clientId": "007"}),
    "a prefix": ({"clientId": "f01000"}, {"client_id": 1000}, {"clientId": "f01000"}),
    "two prefixes": ({"providerId": "f0f01"}, {"provider_id": None}, {"providerId": "f0f01"}),
    "a prefix alone": ({"clientId": "f0"}, {"client_id": None}, {"clientId": "f0"}),
    "zeros behind a prefix": ({"clientId": "f007"}, {"client_id": None}, {"clientId": "f007"}),
    "zero": ({"clientId": "0"}, {"client_id": 0}, None),
    "an empty text": ({"clientId": ""}, {"client_id": None}, {"clientId": ""}),
    "a negative number": ({"clientId": "-5"}, {"client_id": None}, {"clientId": "-5"}),
    "null client": ({"clientId": None}, {"client_id": None}, None),
    "a space": ({"providerId": " 12"}, {"provider_id": None}, {"providerId": " 12"}),
    "19 digits": ({"providerId": "9" * 19}, {"provider_id": None}, {"providerId": "9" * 19}),
    "18 digits": ({"providerId": "9" * 18}, {"provider_id": int("9" * 18)}, None),
    "a scale of zeros": ({"pieceSize": "32.00"}, {"piece_size": 32}, None),
    "a fraction": ({"pieceSize": "0.5"}, {"piece_size": None}, {"pieceSize": "0.5"}),
    "too large": ({"pieceSize": "1e30"}, {"piece_size": None}, {"pieceSize": "1" + "0" * 30}),
    "not a number": ({"pieceSize": "NaN"}, {"piece_size": None}, {"pieceSize": "NaN"}),
    "null piece": ({"pieceCid": None}, {"piece_id": None}, None),
    "null start": ({"termStart": None}, {"term_start": None, **_NO_START}, None),
    "sentinel": ({"termStart": 4_294_967_295}, {"term_start": 4_294_967_295, **_NO_START}, None),
    "before the chain": ({"termStart": -1}, {"term_start": -1, **_NO_START}, None),
}


def test_odd_values_land_without_loss_and_compare_as_equal(landing: Landing) -> None:
    for number, (source, _, _) in enumerate(_ODD.values(), 1):
        landing.add_deal(number, **{**_PLACEABLE, **source})
    landing.add_deal(2 * OVERLAP_IDS, **_PLACEABLE)
    landing.sync()
    for number, (name, (_, landed, unparsed)) in enumerate(_ODD.items(), 1):
        columns = ", ".join([*landed, "_unparsed"])
        found = landing.landed(
            f"select {columns} from raw_dmob.unified_verified_deal where id = {number}"
        )
        assert found == [(*landed.values(), unparsed)], name
    again = landing.sync()["unified_verified_deal"]
    assert (again.blocks_compared, again.blocks_differing, again.is_changed) == (1, 0, False)


def test_rows_that_cannot_be_placed_are_counted_with_their_first_ids(landing: Landing) -> None:
    landing.add_deals(1, 300_000, step=1_000)
    landing.add_deal(150_002, **{**_PLACEABLE, "clientId": None})
    landing.add_deal(150_003, **{**_PLACEABLE, "providerId": None})
    landing.add_deal(150_004, **{**_PLACEABLE, "termStart": 4_294_967_295})
    landing.add_deal(150_005, **{**_PLACEABLE, "clientId": "x"})
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.row_count, deals.unattributable) == (304, 4)
    assert deals.unattributable_samples == [150_002, 150_003, 150_004, 150_005]
    landing.source.execute(
        """update unified_verified_deal set "clientId" = '5' where "id" = 150002"""
    )
    landing.source.execute("""update unified_verified_deal set "clientId" = 'y' where "id" = 1""")
    landing.source.execute("""delete from unified_verified_deal where "id" = 150004""")
    deals = landing.sync()["unified_verified_deal"]
    assert (deals.row_count, deals.unattributable) == (303, 3)
    assert deals.unattributable_samples == [1, 150_003, 150_005]


def test_the_null_provider_lands_as_an_empty_text(landing: Landing) -> None:
    landing.add_deal(1, **_PLACEABLE)
    landing.add_deal(2, **{**_PLACEABLE, "providerId": None})
    landing.source.execute("refresh materialized view unique_providers")
    assert landing.sync()["unique_providers"].row_count == 2
    assert landing.landed("select provider_id from raw_dmob.unique_providers order by 1") == [
        ("",),
        ("2000",),
    ]


def _occupy_natural_id(landing: Landing, cid: str) -> None:
    """Give the natural id of a CID to another text, as if the two had one hash."""
    landing.warehouse.execute(
        f"""
        insert into raw_dmob.piece (piece_id, piece_cid) overriding system value
        select {natural_id("%(cid)s::text")}, 'someone else''s'
        union all
        (select {natural_id("'low-' || i")}, 'low-' || i from generate_series(1, 99) i
        order by 1 limit 1)
        """,
        {"cid": cid},
    )


def test_a_piece_whose_hash_is_taken_gets_an_id_of_its_own(landing: Landing) -> None:
    _occupy_natural_id(landing, "P")
    landing.add_deal(1, **_PLACEABLE)
    landing.add_deal(2, **{**_PLACEABLE, "pieceCid": "Q"})
    landing.add_deal(2 * OVERLAP_IDS, **_PLACEABLE)
    landing.sync()
    assert landing.landed(
        "select r.id, p.piece_cid, p.piece_id < 0 "
        "from raw_dmob.unified_verified_deal r join raw_dmob.piece p using (piece_id) order by 1"
    ) == [(1, "P", True), (2, "Q", False), (2 * OVERLAP_IDS, "P", True)]
    again = landing.sync()["unified_verified_deal"]
    assert (again.blocks_compared, again.blocks_differing) == (1, 0)
    assert landing.landed("select count(*) from raw_dmob.piece") == [(4,)]


def test_a_dictionary_with_ids_of_another_rule_is_refused(landing: Landing) -> None:
    landing.warehouse.execute("insert into raw_dmob.piece (piece_cid) values ('P')")
    landing.add_deal(1, **_PLACEABLE)
    with pytest.raises(BadConfiguration, match="dictionary"):
        landing.sync()


def test_the_dictionary_holds_each_text_once_over_many_syncs(landing: Landing) -> None:
    for number in range(3):
        landing.add_deals(1 + number * 500, 500 + number * 500)
        landing.sync()
    assert landing.landed("select count(*), count(distinct piece_cid) from raw_dmob.piece") == [
        (97, 97)
    ]
    landing.assert_equal()


def test_prefixed_deals_that_landed_without_a_number_come_back_with_it(landing: Landing) -> None:
    """As an earlier release landed them: the migration forgets them, the next sync lands them."""
    landing.add_deal(7, **{**_PLACEABLE, "clientId": "f01000"})
    landing.add_deal(8, **{**_PLACEABLE, "clientId": "f0x"})
    landing.add_deal(2 * OVERLAP_IDS, **_PLACEABLE)
    landing.sync()
    landing.warehouse.execute(
        "update raw_dmob.unified_verified_deal set client_id = null where id = 7"
    )
    landing.warehouse.execute(
        "update ops.landing_blocks set unattributable_count = 2 where block = 0"
    )
    assert landing.sync()["unified_verified_deal"].is_changed is False  # the texts are equal
    script = ScriptDirectory(str(migrator.FOLDER))
    titles = {one.module.__name__: one.module for one in script.walk_revisions()}
    (forget,) = [m.FORGET for name, m in titles.items() if "prefixed_deal_ids" in name]
    # The migration ran while the column had its older name.
    landing.warehouse.execute(forget.replace("unplaceable_count", "unattributable_count"))
    report = landing.sync()["unified_verified_deal"]
    assert (report.row_count, report.unattributable) == (3, 1)
    found = "select id, client_id from raw_dmob.unified_verified_deal where id < 9 order by id"
    assert landing.landed(found) == [(7, 1000), (8, None)]
    assert landing.changed_hours()
