"""The consent room's pages: find, call one service, render one template."""
