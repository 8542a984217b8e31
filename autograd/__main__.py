"""Runs the command line: python -m autograd."""

import sys

from autograd.cli import main

sys.exit(main())
