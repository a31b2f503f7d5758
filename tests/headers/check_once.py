# Copyright (c) 2026 The replicate authors
# Distributed under the Boost Software License, Version 1.0.
# (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)
"""Fails where an object has definitions of the library that a second object of the same headers would clash with.

check_once.py NM OBJECT
"""

import subprocess
import sys

STRONG = "TDBRGSC"


def strong_definitions(listing):
    """The names of those in what nm says of an object."""
    for line in listing.splitlines():
        parts = line.split(maxsplit=2)
        if len(parts) == 3 and parts[1] in STRONG:
            yield parts[2]


def main():
    nm, object_file = sys.argv[1:]
    listing = subprocess.run(
        [nm, "--demangle", "--defined-only", "--extern-only", object_file], check=True, capture_output=True, text=True
    ).stdout
    if not listing.strip():
        print("nothing is defined in", object_file)
        return 1
    found = list(strong_definitions(listing))
    for name in found:
        print("defined without `inline`:", name)
    print(len(listing.splitlines()), "definitions,", len(found), "of them strong")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
