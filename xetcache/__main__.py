"""`python -m xetcache` is the command `xetcache`."""

import sys

from .cli import main

sys.exit(main())
