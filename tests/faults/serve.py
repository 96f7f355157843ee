"""Runs a real service with a guard switched off: `python -m tests.faults.serve services.identity.main:app PORT`."""

import os
import sys

import uvicorn

from tests.faults import sabotages, shifting

if __name__ == "__main__":
    sabotages.apply(os.environ.get("FAULTS_SABOTAGE", ""))
    shifting.obey()
    uvicorn.run(sys.argv[1], host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
