"""Symbols for labels that a clinic prints itself, drawn by ZXing-C++. No database, no page.

A product with a GTIN gets a GS1 DataMatrix: product, expiry, lot, and the vial's number in field (91). One without gets
a QR code of the vial's URN. Both are read back by `products.gs1`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import zxingcpp

from products import gs1

QUIET = 3  # modules added around the drawing, which has one already
_SIZE = re.compile(r'<svg width="(\d+)" height="\1"')
_PATH = re.compile(r'<path d="([^"]+)"')


@dataclass(frozen=True)
class Symbol:
    """A square symbol of black modules: `path` is an SVG path on a grid of `size` modules, quiet zone left out."""

    kind: str
    size: int
    path: str

    @property
    def view_box(self) -> str:
        """The SVG view box with a quiet zone."""
        return f"{-QUIET} {-QUIET} {self.size + 2 * QUIET} {self.size + 2 * QUIET}"


def symbol_for(*, unit: UUID, number: str, gtin: str, lot_number: str, expiration_date: date) -> Symbol:
    """The symbol for one vial."""
    # Brackets in a lot number would be taken for those around field numbers when the symbol is made.
    if gtin and not re.search(r"[()\[\]]", lot_number):
        text = f"(01){gtin}(17){expiration_date:%y%m%d}(10){lot_number}({gs1.NUMBER_FIELD}){number}"
        made = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, gs1=True, force_square=True)
        return _drawn("GS1 DataMatrix", made)
    made = zxingcpp.create_barcode(gs1.internal_code(unit), zxingcpp.BarcodeFormat.QRCode)
    return _drawn("QR code", made)


def _drawn(kind: str, made: zxingcpp.Barcode) -> Symbol:
    drawing = made.to_svg()
    size, path = _SIZE.search(drawing), _PATH.search(drawing)
    if size is None or path is None:
        raise ValueError("ZXing-C++ drew a symbol in a form that is not known here")
    return Symbol(kind, int(size[1]), path[1])
