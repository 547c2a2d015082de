"""The local page: a file dropped, mended, downloaded, rehearsed and sent in the browser, on this machine alone."""
