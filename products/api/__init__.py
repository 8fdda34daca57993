"""The products room through the API: find, call one act, show. The acts and their refusals are those of the pages."""
