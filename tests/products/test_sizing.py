"""Reading instrument exports: real files where they are at hand, and small ones made here for every fault."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.errors import SizeFileError, SizeFileTooLargeError
from products.records import SizeMeasurementResult, rounded
from products.sizing import LARGEST_EXPORT, read_export

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "size"
PC3 = "20251217_0005_PC3_100kDa_F5_size_488.txt"
FEW = "20250219_0002_EV_ip_p1_F8-1000_size_488.txt"
POSITIONS = "20250219_0002_EV_ip_p1_F8-1000_size_488_11pos.txt"
BEADS = "nanosight_beads.csv"


def real(name: str) -> bytes:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"the real measurement {name} is not at hand (looked beside the project, in ../shared/data/size)")
    return path.read_bytes()


def read_real(name: str) -> SizeMeasurementResult:
    return read_export(real(name), name)


def refusal(content: bytes, name: str = "export.txt") -> SizeFileError:
    with pytest.raises(SizeFileError) as caught:
        read_export(content, name)
    return caught.value


def zetaview(
    rows: list[tuple[float, float]] | None = None,
    *,
    drift: str = "OK",
    cell: str = "Very Good",
    traces: int | None = None,
    median: str = "",
    dilution: str = "Dilution::\t100.000000",
    correction: str = "1.000000",
    second: list[tuple[float, float]] | None = None,
) -> str:
    """A ZetaView export in small: classes of 5 nm, 20 000 particles/mL for each tracked one."""
    rows = [(97.5, 100), (102.5, 300), (107.5, 100)] if rows is None else rows
    second = [(101.0, sum(count for _, count in rows)), (120.0, 0)] if second is None else second
    total = int(sum(count for _, count in rows)) if traces is None else traces

    def table(entries: list[tuple[float, float]]) -> list[str]:
        def cell(value: float) -> str:
            return f"{value:.3E}".replace("E+0", "E+")

        return ["\t".join([cell(size), cell(count), cell(count * 2e4), cell(0), cell(0)]) for size, count in entries]

    return "\n".join(
        [
            "Original File:\tC:\\run.avi\tSection:\t0.1 [0]",
            "ZetaView S/N:\t24-0001",
            "Software:\tZetaView (version 8.06.01 SP1)\tAnalyze:\t8.06.01 SP1",
            "Sample:\tDemo µ",
            "Date:\t2026-11-02",
            "Time:\t09:15:00",
            "Particle Drift Checked:\t2026-11-02 09:00:00",
            f"Particle Drift Check Result:\t{drift}",
            f"Cell Check Result:\t{cell}",
            "Type of Measurement:\tSize Distribution",
            f"Number of Traces:\t{total}\t(at 0.099990)\tAverage Number of Particles:\t30.6\t{dilution}",
            f"Concentration Correction Factor:\t{correction}",
            *([f"Median Number (D50):\t{median}"] if median else []),
            "Size Distribution",
            "Size / nm\tNumber\tConcentration / cm-3\tVolume / nm^3\tArea / nm^2",
            *table(rows),
            "-1.000E+0\t-1.000E+0\t-1.000E+0\t-1.000E+0\t0.000E+0",
            *table(second),
            "",
        ]
    )


def nanosight(
    *,
    d50: str = "100",
    dilution: str = "50",
    total: str = "1000",
    tracks: str = "400",
    flags: str = "OK",
    vibration: str = "No",
    rows: tuple[str, ...] = ("90.5,400,400,400,0", "100.5,400,400,400,0", "110.5,200,200,200,0"),
    percentiles: tuple[str, ...] = ("Percentile,Size (nm),Size (nm),,", "0,80,80,,", "100,120,120,,"),
) -> str:
    """A NanoSight summary in small: two videos and their average."""
    return "\r\n".join(
        [
            "NTA Experiment Summary File,,,,",
            "Created with NTA 3.4 Build 3.4.003,,,,",
            "[Experiment Details],,,,",
            "Sample Name,Demo,,,",
            "Time Captured,2026-11-02 09:15:00,,,",
            "[Results],,,Average,Standard Error",
            f"Dilution factor (concentrations adjusted for this factor),{dilution},{dilution},,",
            f"Concentration (Particles / ml),{total},{total},{total},1",
            "[Concentration Warnings],,,,",
            f"Noise level,{flags},OK,,",
            "[Information],,,,",
            f"Vibration detected,{vibration},No,,",
            "Vibration correction applied,Yes,Yes,,",
            "[Data Included],,,,",
            "Size distribution - Number weighting - With Percentiles,,,,",
            "[Size Data],,,,",
            "Filename,one,two,Average,Standard Error",
            "Mean,98,98,98,1",
            "Mode,96,96,96.5,1",
            "D10,90,90,90,1",
            f"D50,98,102,{d50},1",
            "D90,108,108,108,1",
            f"Valid Tracks,{tracks},900,,",
            "Graph Data,,,,",
            "Bin centre (nm), Concentration (particles / ml),Concentration (particles / ml),Concentration average,Standard Error",
            *rows,
            ",,,,",
            *percentiles,
            "",
        ]
    )


class TestRealZetaView:
    def test_percentiles_are_those_of_the_instruments_own_report(self) -> None:
        report = json.loads(real(PC3.replace(".txt", "_report.json")))
        found = read_real(PC3)
        assert [float(size) for size in (found.d10_nm, found.d50_nm, found.d90_nm)] == [
            report["x10_nm"],
            report["x50_nm"],
            report["x90_nm"],
        ]
        assert float(found.mean_nm) == report["mean_nm"]
        assert float(rounded(found.span, 1)) == report["span"]
        assert found.tracks == report["number_of_traces"]
        assert found.particles_per_ml == pytest.approx(report["original_concentration_per_ml"], rel=0.01)

    def test_it_says_what_measured_what_and_when(self) -> None:
        found = read_real(PC3)
        assert (found.instrument, found.software, found.size_method) == (
            "ZetaView 24-1152",
            "ZetaView (version 8.06.01 SP1)",
            "NTA",
        )
        assert (found.sample_name, found.measured_at) == ("PC3_100kDa_F5", datetime(2025, 12, 17, 10, 28, 5))
        assert (found.dilution, found.mode_nm, found.peak_nm) == (Decimal(500), Decimal("97.5"), None)

    def test_only_the_first_table_is_read(self) -> None:
        found = read_real(PC3)
        assert (len(found.diameter_nm), found.diameter_nm[0], found.diameter_nm[1]) == (1200, 2.5, 7.5)

    def test_few_tracks_and_drift_are_warned_of(self) -> None:
        found = read_real(FEW)
        assert (found.tracks, found.d50_nm) == (59, Decimal("95.0"))
        drift, tracks = found.warnings
        assert "too high" in drift
        assert "zero date" in drift
        assert "59" in tracks

    def test_a_table_of_positions_holds_no_distribution(self) -> None:
        refused = refusal(real(POSITIONS))
        assert refused.code == "size.no_distribution"
        assert "holds no distribution" in refused.message

    @pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 0.95])
    def test_a_truncated_file_is_refused(self, share: float) -> None:
        content = real(PC3)
        assert refusal(content[: int(len(content) * share)]).code == "size.truncated"

    def test_a_changed_count_is_noticed(self) -> None:
        content = real(PC3).replace(b"9.750E+1\t4.500E+1", b"9.750E+1\t9.500E+1")
        assert refusal(content).code in {"size.truncated", "size.inconsistent"}

    def test_the_drawn_distribution_keeps_every_particle(self) -> None:
        found = read_real(PC3)
        diameters, densities = found.down_sampled()
        assert len(diameters) == len(densities) <= 120
        assert sum(densities) == pytest.approx(sum(found.density))


class TestRealNanoSight:
    def test_the_files_own_average_is_taken(self) -> None:
        found = read_real(BEADS)
        assert (found.d10_nm, found.d50_nm, found.d90_nm, found.mean_nm) == tuple(
            Decimal(text) for text in ("84.7", "96.4", "113.3", "100.5")
        )
        assert (found.mode_nm, found.peak_nm) == (Decimal("95.5"), Decimal("95.3"))
        assert (found.particles_per_ml, found.replicates, found.tracks) == (1_470_000_000, 12, 57_149)

    def test_it_says_that_no_dilution_is_recorded(self) -> None:
        found = read_real(BEADS)
        assert found.dilution is None
        assert found.warnings == (
            "The file records no dilution, so the concentration is that of the liquid in the instrument.",
        )

    @pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.6, 0.9, 0.999])
    def test_a_truncated_file_is_refused(self, share: float) -> None:
        content = real(BEADS)
        assert refusal(content[: int(len(content) * share)]).code == "size.truncated"


class TestZetaView:
    def test_percentiles_lie_straight_between_class_centres(self) -> None:
        found = read_export(zetaview().encode("latin-1"), "x.txt")
        # 500 particles: 100 up to 97.5, 400 up to 102.5, so 250 is half way and 450 half way to 107.5.
        assert (found.d50_nm, found.d90_nm, found.mode_nm) == (Decimal("100.0"), Decimal("105.0"), Decimal("102.5"))

    def test_the_concentration_is_made_good_for_dilution(self) -> None:
        assert read_export(zetaview().encode("latin-1"), "x.txt").particles_per_ml == 500 * 20_000 * 100

    def test_latin_1_text_keeps_its_signs(self) -> None:
        assert read_export(zetaview().encode("latin-1"), "x.txt").sample_name == "Demo µ"

    def test_a_clean_measurement_has_no_warnings(self) -> None:
        assert read_export(zetaview().encode(), "x.txt").warnings == ()

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"drift": "too high"}, "Particle drift"),
            ({"cell": "Bad"}, "Cell check"),
            ({"dilution": ""}, "no dilution"),
            ({"correction": "1.500000"}, "factor 1.5"),
            ({"rows": [(97.5, 50), (102.5, 60)]}, "Only 110 particles"),
        ],
    )
    def test_each_flag_is_a_warning(self, change: dict[str, str], words: str) -> None:
        warnings = read_export(zetaview(**change).encode(), "x.txt").warnings  # type: ignore[arg-type]
        assert len(warnings) == 1
        assert words in warnings[0]

    def test_without_a_dilution_there_is_no_concentration(self) -> None:
        assert read_export(zetaview(dilution="").encode(), "x.txt").particles_per_ml is None

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (zetaview(traces=900), "size.inconsistent"),
            (zetaview(median="150.000000"), "size.inconsistent"),
            (zetaview(second=[]), "size.truncated"),
            (zetaview(second=[(101.0, 10)]), "size.truncated"),
            (zetaview([(97.5, 0), (102.5, 0)]), "size.no_particles"),
            (zetaview([]), "size.no_rows"),
            (zetaview([(102.5, 1), (97.5, 1)]), "size.bad_value"),
            (zetaview().replace("3.000E+2", "NaN", 1), "size.bad_value"),
            (zetaview().replace("3.000E+2", "-3.000E+2", 1), "size.bad_value"),
            (zetaview().replace("3.000E+2", "3,000E+2", 1), "size.bad_value"),
            (zetaview().replace("3.000E+2", "\u0663", 1), "size.bad_value"),
            (zetaview().replace("3.000E+2", "9E999", 1), "size.bad_value"),
            (zetaview().replace("\tNumber\t", "\tAnzahl\t"), "size.no_distribution"),
            (zetaview().split("Size / nm")[0], "size.truncated"),
            (zetaview().split("-1.000E+0")[0], "size.truncated"),
            (zetaview().split("Size / nm")[0].replace("Size Distribution", "Zeta Potential"), "size.no_distribution"),
        ],
    )
    def test_each_fault_is_refused_by_name(self, text: str, code: str) -> None:
        assert refusal(text.encode()).code == code

    def test_a_bad_number_is_found_by_its_line(self) -> None:
        text = zetaview().replace("3.000E+2", "NaN", 1)
        line = next(number for number, row in enumerate(text.split("\n"), 1) if "NaN" in row)
        refused = refusal(text.encode())
        assert refused.line == line
        assert "“NaN”" in refused.message


class TestNanoSight:
    def test_a_summary_is_read(self) -> None:
        found = read_export(nanosight().encode(), "x.csv")
        assert (found.d50_nm, found.peak_nm, found.mode_nm) == (Decimal("100.0"), Decimal("96.5"), Decimal("90.5"))
        assert (found.dilution, found.particles_per_ml, found.tracks, found.replicates) == (Decimal(50), 1000, 1300, 2)
        assert (found.replicate_spread, found.sample_name) == (Decimal("2.8"), "Demo")
        assert found.measured_at == datetime(2026, 11, 2, 9, 15)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"flags": "High"}, "Noise level: the instrument says “High” for 1 of 2 videos"),
            ({"vibration": "Yes"}, "Vibration detected"),
            ({"tracks": "100"}, "Only 100 particles"),
            ({"dilution": "Not recorded"}, "no dilution"),
        ],
    )
    def test_each_flag_is_a_warning(self, change: dict[str, str], words: str) -> None:
        found = [text for text in read_export(nanosight(**change).encode(), "x.csv").warnings if "differ" not in text]  # type: ignore[arg-type]
        assert len(found) == 1
        assert words in found[0]

    def test_a_difference_from_our_own_sums_is_a_warning(self) -> None:
        warnings = read_export(nanosight(d50="106").encode(), "x.csv").warnings
        assert any(text.startswith("D50: the file says 106.0 nm") for text in warnings)

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            (nanosight(rows=()), "size.no_rows"),
            (nanosight(rows=("90.5,400,400,400,0", "100.5,400,400")), "size.truncated"),
            (nanosight(rows=("90.5,400,400,400,0", "100.5,1,1,NaN,0")), "size.bad_value"),
            (nanosight(rows=("90.5,400,400,400,0", "100.5,1,1,-1,0")), "size.bad_value"),
            (nanosight(total="5000"), "size.truncated"),
            (nanosight(total="500"), "size.inconsistent"),
            (nanosight(d50="150"), "size.inconsistent"),
            (nanosight(percentiles=("Percentile,Size (nm),Size (nm),,", "0,80,80,,")), "size.truncated"),
            (nanosight(percentiles=()), "size.truncated"),
            (nanosight().split("Graph Data")[0], "size.truncated"),
            (nanosight().split("[Size Data]")[0], "size.truncated"),
            (nanosight().replace("two,Average", "two,Mean of all"), "size.no_distribution"),
        ],
    )
    def test_each_fault_is_refused_by_name(self, text: str, code: str) -> None:
        assert refusal(text.encode()).code == code


class TestTwoColumns:
    @pytest.mark.parametrize("separator", [",", ";", "\t"])
    def test_a_table_with_a_head_is_read(self, separator: str) -> None:
        rows = ["diameter_nm,particles per mL", "90,100", "100,300", "110,100"]
        found = read_export("\n".join(rows).replace(",", separator).encode(), "x.csv")
        assert (found.d50_nm, found.mode_nm, found.particles_per_ml) == (Decimal("95.0"), Decimal("100.0"), 500)
        assert (found.size_method, len(found.warnings)) == ("UNKNOWN", 1)

    def test_without_a_head_the_units_are_said_to_be_assumed(self) -> None:
        found = read_export(b"90,100\n100,300\n110,100\n", "x.csv")
        assert found.particles_per_ml is None
        assert any("taken as nm" in text for text in found.warnings)

    def test_text_of_a_spreadsheet_in_utf_16_is_read(self) -> None:
        assert read_export("nm\tn\n90\t1\n100\t3\n110\t1\n".encode("utf-16"), "x.txt").mode_nm == Decimal("100.0")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("diameter µm,per mL\n0.09,1\n0.1,3\n0.11,1\n", "size.unit"),
            ("nm,n\n90,1\n100,3\n", "size.no_rows"),
            ("nm,n\n90,1\n100,3\n110,", "size.truncated"),
            ("nm,n\n90,1\n100,3\n110", "size.truncated"),
            ("nm,n\n90,1\n100,NaN\n110,1\n", "size.bad_value"),
            ("nm,n\n90,1\n100,-3\n110,1\n", "size.bad_value"),
            ("nm,n\n90,1\n90,3\n110,1\n", "size.bad_value"),
            ("nm,n\n90,0\n100,0\n110,0\n", "size.no_particles"),
            ("a,b,c\n1,2,3\n2,3,4\n3,4,5\n", "size.foreign"),
        ],
    )
    def test_each_fault_is_refused_by_name(self, text: str, code: str) -> None:
        assert refusal(text.encode()).code == code


class TestOtherFiles:
    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (b"", "size.empty"),
            (b" \r\n\t ", "size.empty"),
            (b"%PDF-1.7\n%\xe2\xe3", "size.wrong_kind"),
            (b"junk\n%PDF-1.7", "size.wrong_kind"),
            (b"\n <!DOCTYPE html><html>", "size.wrong_kind"),
            (b"\xef\xbb\xbf<html>", "size.wrong_kind"),
            (b"<?xml version='1.0'?>", "size.wrong_kind"),
            (b"PK\x03\x04abc", "size.wrong_kind"),
            (b"\x89PNG\r\n\x1a\n", "size.wrong_kind"),
            (b"abc\x00def", "size.binary"),
            (b"\x01\x02\x03", "size.binary"),
            (b"Dear doctor, here are the sizes, as you asked.\nYours, Tom\n", "size.foreign"),
            (b'{"d50": 100}', "size.foreign"),
            (b"\n" * 200_001 + b"x", "size.foreign"),
            (b"1," * 10_001, "size.foreign"),
        ],
    )
    def test_it_is_named_for_what_it_is(self, content: bytes, code: str) -> None:
        refused = refusal(content, "size.txt")
        assert refused.code == code
        assert "ZetaView" in refused.message

    def test_a_file_above_the_limit_is_refused_unread(self) -> None:
        with pytest.raises(SizeFileTooLargeError) as caught:
            read_export(b"\x00" * (LARGEST_EXPORT + 1), "big.txt")
        assert caught.value.code == "upload.too_large"
        assert "25 MB" in caught.value.message

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, content: bytes) -> None:
        assert outcome(content) == "read" or outcome(content).startswith("size.")

    @given(st.integers(0, 2000), st.binary(max_size=4))
    def test_any_damage_to_an_export_is_read_or_refused(self, place: int, put: bytes) -> None:
        whole = zetaview().encode("latin-1")
        damaged = whole[: place % len(whole)] + put + whole[place % len(whole) + 1 :]
        assert outcome(damaged) == "read" or outcome(damaged).startswith("size.")


class TestJson:
    def test_a_measurement_is_json(self) -> None:
        found = json.loads(json.dumps(read_export(zetaview().encode(), "x.txt").as_json()))
        assert (found["d50_nm"], found["measured_at"]) == ("100.0", "2026-11-02T09:15:00")


def outcome(content: bytes) -> str:
    try:
        read_export(content, "x.txt")
    except SizeFileError as refused:
        return refused.code
    return "read"


class TestTheHeadOfATwoColumnTable:
    @pytest.mark.parametrize("head", ["concentration_per_ml", "Particles / mL", "particles per mL"])
    def test_says_that_the_second_column_is_per_ml(self, head: str) -> None:
        rows = "\n".join(f"{centre},{1000 + centre}" for centre in range(50, 250, 10))
        found = read_export(f"diameter_nm,{head}\n{rows}\n".encode(), "size.csv")
        assert found.particles_per_ml is not None
