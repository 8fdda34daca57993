"""The one place where uploaded files are taken apart: in a child process that can do nothing else.

The child has a limit of memory, of processor time and of wall clock; once it begins to read it can open no file and
no connection, and it knows none of our settings or secrets. If it dies, hangs or asks for more than its share,
the file is refused in words and the process that asked goes on. No Django.
"""

from products.parsing.asking import media_type_of, read_pages, read_size, read_table, redrawn_picture
from products.parsing.cells import Row, Table

__all__ = ["Row", "Table", "media_type_of", "read_pages", "read_size", "read_table", "redrawn_picture"]
