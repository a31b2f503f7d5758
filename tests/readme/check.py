#!/usr/bin/env python3
# Copyright (c) 2026 The replicate authors
# Distributed under the Boost Software License, Version 1.0.
# (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)
"""Every fenced block of README.md must stand, line for line, in a file that is compiled: an example, or the consumer of the
installed package."""

import pathlib
import re
import sys


def blocks(text):
    """The fenced blocks: (line number, language, lines)."""
    found = []
    for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S):
        number = text.count("\n", 0, match.start()) + 1
        found.append((number, match.group(1), match.group(2).splitlines()))
    return found


def stands_in(lines, source):
    """True when the lines follow one another in the source, whatever stands around them."""
    return any(source[i : i + len(lines)] == lines for i in range(len(source) - len(lines) + 1))


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    files = {
        "cpp": sorted(root.glob("examples/*.cpp")),
        "cmake": [root / "tests/install/consumer/CMakeLists.txt"],
    }
    sources = {kind: [path.read_text().splitlines() for path in paths] for kind, paths in files.items()}
    found = blocks((root / "README.md").read_text())
    bad = [
        (number, kind)
        for number, kind, lines in found
        if not any(stands_in([line.strip() for line in lines], [line.strip() for line in source]) for source in sources.get(kind, []))
    ]
    for number, kind in bad:
        print(f"README.md:{number}: this block of {kind or 'no language'} stands in no compiled file")
    print(f"{len(found)} blocks, {len(bad)} that are not compiled")
    return 1 if bad or not found else 0


sys.exit(main())
