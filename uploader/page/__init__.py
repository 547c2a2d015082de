"""The local page: check, mend, download, rehearse and send a file in the browser, on this machine only."""
