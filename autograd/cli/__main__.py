"""``python -m autograd.cli`` runs the command."""

import sys

from autograd.cli import main

if __name__ == "__main__":
    sys.exit(main())
