"""Serve the site: one process per core, nginx in front.

    python -m deploy            until it is told to stop
    python -m deploy --check    read the settings, print nginx's configuration, start nothing
    python -m deploy --healthy  whether the site that was started so answers, for a health check

What can be set stands in the environment: SITE_PORT, SITE_EMBED and the others of
deploy/settings.py. docs/hosting.md explains them.
"""

import argparse
import os
import sys
from pathlib import Path

from deploy import files, nginx, serve, settings


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m deploy",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--check", action="store_true")
    what.add_argument("--healthy", action="store_true")
    asked = parser.parse_args()
    try:
        ours = settings.read(os.environ, settings.cores())
        if asked.check:
            ports = range(8501, 8501 + ours.replicas)
            print(nginx.configuration(ours, ports, Path("/run/site"), files.page()))
        elif asked.healthy:
            return 0 if serve.is_healthy(ours) else 1
        else:
            serve.run(ours)
    except (settings.WrongSetting, serve.CannotServe) as error:
        serve.say(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
