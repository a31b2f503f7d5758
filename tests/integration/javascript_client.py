#!/usr/bin/env python3
# Copyright (c) 2026 The replicate authors
# Distributed under the Boost Software License, Version 1.0.
# (See accompanying file LICENSE or https://www.boost.org/LICENSE_1_0.txt)
"""The service's own JavaScript client, unmodified from npm, against examples/local_server.

    javascript_client.py PROGRAM DIRECTORY

PROGRAM is the server; DIRECTORY is where npm installs the client, once. Ends with 77, which ctest takes for skipped, and
says why, where there is no node or npm, or where the registry cannot be reached.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

CLIENT = "replicate@1.4.0"
SKIPPED = 77


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def install(directory):
    """Installs the client unless it is there."""
    name, version = CLIENT.split("@")
    installed = directory / "node_modules" / name / "package.json"
    if installed.exists() and json.loads(installed.read_text())["version"] == version:
        return
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "package.json").write_text('{"private": true}\n')
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=1", CLIENT]
    try:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=90)
    except subprocess.TimeoutExpired:
        skip(f"npm install {CLIENT} took more than 90 s")
    if done.returncode != 0:
        skip(f"npm install {CLIENT} failed:\n{done.stderr.strip()[-1000:]}")


def check_node():
    for program in ("node", "npm"):
        if not shutil.which(program):
            skip(f"there is no {program} on this machine")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        skip(f"node {version} is too old: 20 is needed")


def main():
    program, directory = sys.argv[1], pathlib.Path(sys.argv[2])
    check_node()
    if not os.access(program, os.X_OK):
        skip(f"{program} has not been built")
    install(directory)
    # The proxy of the machine is for the way to npm only.
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    with subprocess.Popen([program, "--port", "0"], stdout=subprocess.PIPE, text=True, env=clean) as server:
        try:
            told = json.loads(server.stdout.readline())
            environment = dict(clean, NODE_EXTRA_CA_CERTS=told["ca"], SERVER_API=told["api"], SERVER_TOKEN=told["token"])
            script = pathlib.Path(__file__).with_suffix(".mjs")
            ended = subprocess.run(["node", str(script)], cwd=directory, env=environment, timeout=100)
        finally:
            server.terminate()
    sys.exit(ended.returncode)


if __name__ == "__main__":
    main()
