"""`python -m ganglion_devnode`."""

import sys

from ganglion_devnode.cli import main

if __name__ == "__main__":
    sys.exit(main())
