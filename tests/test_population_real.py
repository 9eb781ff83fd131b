"""Population sources compared on real files; figures were measured here, so that a change of input or count shows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import ew4all

if TYPE_CHECKING:
    from pathlib import Path

GRENADA = "data/population/grd_worldpop_100m_bbox.tif"
PARISHES = "data/admin/grd_wof_adm0_adm1.geojson"
AFRICA = "data/population/africa_worldpop_2020_density_20km.tif"


def test_grenada_against_parishes_and_the_official_total(shared_data: Path) -> None:
    """The raster lost people when it was resampled; parishes are drawn coarser than the coast."""
    found = ew4all.compare_populations(
        {"worldpop": shared_data / GRENADA},
        zones=shared_data / PARISHES,
        zone_id="wof_id",
        zones_where={"placetype": "region"},
        official_column="population",
        population_unit={"worldpop": "count"},
    )
    assert found.sources[0].people == pytest.approx(89_117.28, abs=0.01)
    assert found.sources[0].outside == pytest.approx(10_352.4, abs=0.1)
    before, after = (s.counts["worldpop"].people for s in found.stages)
    assert before == pytest.approx(78_764.9, abs=0.1)
    assert after == pytest.approx(100_895.0, rel=1e-12)
    for zone in found.zones:
        assert zone.last["worldpop"].people == pytest.approx(zone.official, rel=1e-12)
    total = ew4all.compare_populations(
        {"worldpop": shared_data / GRENADA},
        official_total=112_519.0,
        population_unit={"worldpop": "count"},
    )
    assert total.stages[-1].counts["worldpop"].people == pytest.approx(112_519.0)
    assert any("20.8% fewer people than" in text for text in total.findings)


def test_grenada_raster_brought_to_parishes_is_counted_again(
    shared_data: Path, tmp_path: Path
) -> None:
    """Cells on the coast and on borders hold the sum of their parts: counted again, a parish is up to 1.4 % off."""
    options: dict[str, Any] = {"zones": shared_data / PARISHES, "zone_id": "wof_id", "zones_where": {"placetype": "region"}, "official_column": "population"}  # fmt: skip
    ew4all.compare_populations({"worldpop": shared_data / GRENADA}, population_unit={"worldpop": "count"}, out=tmp_path / "o", **options)  # fmt: skip
    told = json.loads((tmp_path / "o/comparison.json").read_text("utf-8"))["notes"]
    assert any(
        "raked_worldpop.tif: 100,895 people" in note and "by up to 1.4%" in note for note in told
    )
    again = ew4all.compare_populations({"raked": tmp_path / "o/raked_worldpop.tif"}, population_unit={"raked": "count"}, **options)  # fmt: skip
    off = [z.given["raked"].people / (z.official or 1.0) - 1.0 for z in again.zones]
    assert max(map(abs, off)) == pytest.approx(0.0143, abs=1e-4)
    assert again.sources[0].people == pytest.approx(100_895.0, rel=1e-6)


def test_census_areas_and_councils_of_vanuatu(shared_data: Path) -> None:
    """The enumeration areas leave out the south: Tafea has nobody by them."""
    found = ew4all.compare_populations(
        {
            "areas": shared_data / "data/population/vut_census_ea_population.geojson",
            "councils": shared_data / "data/hazards/vut_tc_lola_2023_regional_impacts.geojson",
        },
        population_column={"areas": "Population", "councils": "Total_Population"},
        zones=shared_data / "data/admin/vut_provinces.geojson",
    )
    assert found.stages[0].counts["areas"].people == pytest.approx(248_200.0, rel=1e-6)
    assert found.stages[0].counts["councils"].people == pytest.approx(305_393.9, rel=1e-4)
    assert any("differ most is TAFEA" in text for text in found.findings)
    assert found.pairs[0].dissimilarity == pytest.approx(0.151, abs=0.001)
    assert found.pairs[0].a_where_b_has_nobody is None, "census areas have no cells"


@pytest.mark.parametrize(
    ("country", "level", "figure", "fewer"),
    [
        ("mwi", 1, 19_203_845.0, 0.1991),
        ("mwi", 2, 19_203_843.0, 0.1991),
        ("moz", 1, 32_969_522.0, 0.2327),
    ],
)
def test_density_of_africa_against_official_figures(
    shared_data: Path, country: str, level: int, figure: float, fewer: float
) -> None:
    found = ew4all.compare_populations(
        {"density": shared_data / AFRICA},
        zones=shared_data / f"data/admin/{country}_adm{level}_cod.json",
        official=shared_data / f"data/admin/{country}_population_by_admin.csv",
        population_unit={"density": "per_km2"},
    )
    assert found.official is not None
    assert found.official.people == figure
    assert found.official.unplaced == {}
    before, after = (s.counts["density"].people for s in found.stages)
    assert after == pytest.approx(figure, rel=1e-12)
    assert 1.0 - before / after == pytest.approx(fewer, abs=5e-4)


@pytest.mark.slow
def test_lesotho_refined_or_not(shared_data: Path) -> None:
    """Towns pull people of border cells out of South Africa's side and into Lesotho: 155,000 more."""
    density = shared_data / AFRICA
    found = ew4all.compare_populations(
        {"density": density, "refined": density},
        population_unit={"density": "per_km2", "refined": "per_km2"},
        refine={"refined": shared_data / "data/places/geonames_cities500_selected.csv"},
        zones=shared_data / "data/admin/lso_adm1_cod.json",
        official_total=2_142_252.0,
    )
    people = {name: c.people for name, c in found.stages[0].counts.items()}
    assert people["density"] == pytest.approx(1_267_237, rel=1e-5)
    assert people["refined"] == pytest.approx(1_422_417, rel=1e-5)
    density_facts, refined_facts = found.sources
    assert density_facts.settled_km2 == pytest.approx(30_560, rel=0.01), "everywhere"
    assert refined_facts.settled_km2 < density_facts.settled_km2  # type: ignore[operator]
