#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run - follows the runbooks (docs/runbooks), each while a running server is really broken that way: tests/drills/run.py BUILD [NAME...]"""
import os
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness  # noqa: E402
import servers  # noqa: E402
import drills  # noqa: E402


def main():
    servers.with_clients()
    names = sys.argv[2:] or list(drills.ALL)
    unknown = [name for name in names if name not in drills.ALL]
    if len(sys.argv) < 2 or unknown:
        sys.exit(f"usage: tests/drills/run.py BUILD [NAME...]\nNAME: {' '.join(drills.ALL)}")
    scratch, failed = tempfile.mkdtemp(prefix="weir-drills-"), 0
    os.chmod(scratch, 0o711)
    servers.begin(scratch)
    env = harness.Env(sys.argv[1], False, scratch)
    try:
        for name in names:
            begin = time.monotonic()
            print(name, flush=True)
            try:
                drills.ALL[name](env, show=True)
                print(f"  ok, {time.monotonic() - begin:.0f} s\n")
            except harness.Skip as skip:
                print(f"  skipped: {skip}\n")
            except harness.Failure as failure:
                failed += 1
                print(f"  FAILED: {failure}\n")
    finally:
        servers.stop_all()
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(names) - failed} runbooks followed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
