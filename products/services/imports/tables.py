"""Tables to take away: products, batches, an empty template, and the mistakes of an import. Read again, they say the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from clinic.models import Organization
from products.columns import BASIS, Column
from products.fields import SCIENCE_FIELDS, TEST_FIELDS
from products.models import Batch, ImportJob, Product
from products.services.imports import batch_rows, product_rows
from products.vocabulary import ImportKind

FORMULA_SIGNS = ("=", "+", "-", "@", "'")
MARK = "'"
CHUNK = 1000


def columns_of(kind: ImportKind) -> tuple[Column, ...]:
    """Every column that a table of this kind can have."""
    return product_rows.columns() if kind == ImportKind.PRODUCTS else batch_rows.columns()


def template(kind: ImportKind) -> tuple[list[str], list[list[str]]]:
    """The first row of an empty table: who it is, and what registration or receipt asks."""
    asked = SCIENCE_FIELDS if kind == ImportKind.PRODUCTS else TEST_FIELDS
    identity = product_rows.IDENTITY if kind == ImportKind.PRODUCTS else batch_rows.IDENTITY
    wanted = {one.name for one in identity} | {name for field in asked for name in (field, f"{field}{BASIS}")}
    return [one.name for one in columns_of(kind) if one.name in wanted], []


def export(organization: Organization, kind: ImportKind) -> tuple[list[str], list[list[str]]]:
    """All rows of this clinic under the columns that at least one of them fills."""
    cells = list(_cells(organization, kind))
    identity = product_rows.IDENTITY if kind == ImportKind.PRODUCTS else batch_rows.IDENTITY
    always = {one.name for one in identity}
    filled = {name for one in cells for name, cell in one.items() if cell}
    names = [one.name for one in columns_of(kind) if one.name in always | filled]
    return names, [[one.get(name, "") for name in names] for one in cells]


def problems(job: ImportJob) -> tuple[list[str], list[list[str]]]:
    """The mistakes of an import, to mend them beside the table."""
    return ["row", "column", "found", "what to do"], [[str(part) for part in problem] for problem in job.problems]


def as_csv(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """CSV in UTF-8 with its mark, which Excel needs. A cell that a spreadsheet would calculate gets an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(names)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff".encode() + stream.getvalue().encode()


def as_xlsx(names: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """An Excel table whose cells are all texts, so that nothing is calculated and no nought is lost."""
    from openpyxl import Workbook  # noqa: PLC0415 - few processes ever write one
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - the same

    def text(cell: str) -> Any:
        made = WriteOnlyCell(sheet, value=cell)
        made.data_type = "s"
        return made

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Candour")
    for row in (names, *rows):
        sheet.append([text(cell) for cell in row])
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _cells(organization: Organization, kind: ImportKind) -> Iterator[Mapping[str, str]]:
    if kind == ImportKind.PRODUCTS:
        for product in Product.objects.at(organization).order_by("marketed_name", "id").iterator(chunk_size=CHUNK):
            yield product_rows.cells(product)
        return
    batches = Batch.objects.at(organization).select_related("product").newest_first()
    for batch in batches.iterator(chunk_size=CHUNK):
        yield batch_rows.cells(batch)


def _harmless(cell: str) -> str:
    return f"{MARK}{cell}" if cell.startswith(FORMULA_SIGNS) else cell
