"""The forms of the products room: each turns what was typed into the frozen draft that its service takes."""
