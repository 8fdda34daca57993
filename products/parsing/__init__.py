"""The one place where uploaded files are taken apart: in a child process that can do nothing else.

The child has a limit of memory, of processor time and of wall clock; once it begins to read it can open no file and
no connection, and it knows none of our settings or secrets. If it dies, hangs or asks for more than its share,
the file is refused in words and the process that asked goes on. No Django.

Nothing is imported here: the child passes by, and each import is time that somebody waits for their file.
"""
