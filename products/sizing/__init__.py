"""Reading the size distribution out of an instrument's export, whole and without guessing. No Django.

Known: ZetaView text, NanoSight NTA experiment summary, and a table of two columns (diameter, concentration).
"""

from products.sizing.reading import LARGEST_EXPORT, read_export

__all__ = ["LARGEST_EXPORT", "read_export"]
