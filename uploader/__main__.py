"""`python -m uploader`: the same as the `uploader` command."""

from __future__ import annotations

import sys

from uploader.cli import main

sys.exit(main())
