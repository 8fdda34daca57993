"""Tables of products and batches: checked whole, then imported whole or not at all; and taken away in the same shape."""

from products.services.imports.jobs import (
    LARGEST_TABLE,
    claim_import,
    confirm_import,
    drop_import,
    most_rows,
    start_import,
    work_on,
)
from products.services.imports.tables import as_csv, as_xlsx, columns_of, export, problems, template

__all__ = [
    "LARGEST_TABLE",
    "as_csv",
    "as_xlsx",
    "claim_import",
    "columns_of",
    "confirm_import",
    "drop_import",
    "export",
    "most_rows",
    "problems",
    "start_import",
    "template",
    "work_on",
]
