"""The pages of the products room: find, call one act, show."""
