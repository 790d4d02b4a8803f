"""`python -m trackstack.server`, also installed as `trackstack-server`."""

import sys

from trackstack.server.command import main

if __name__ == "__main__":
    sys.exit(main())
