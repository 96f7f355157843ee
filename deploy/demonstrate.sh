#!/bin/sh
# Makes the demonstration people and their result files, once; says who they are. Runs in the operator's image.
set -eu
home=${ECS_HOME:-/var/lib/ecs}
if [ ! -e "$home/demo.json" ]; then
  python -m shared.ecsctl demo people >/tmp/accounts.json
  python -m shared.ecsctl demo educators </tmp/accounts.json >/tmp/people.json
  mkdir -p "$home/demo"
  python -m shared.ecsctl demo results "$home/demo" </tmp/people.json
  python -m shared.ecsctl demo checks </tmp/people.json
  python -m shared.ecsctl demo applications </tmp/people.json >/tmp/applicants.json
  cp /tmp/applicants.json "$home/demo.json"
fi
# For the Mailroom, which sees nothing else of what results leave here.
cp "$home/demo.json" /people/new && mv /people/new /people/demo.json
echo "Ready: $ECS_ORIGIN"
echo "People to log in as, each with a button: $ECS_ORIGIN/mailroom/people"
python - "$home/demo.json" <<'PY'
import json, sys
for person in json.load(open(sys.argv[1])):
    print(f"  {person['role']:<14} {person['username']:<18} {person['password']:<28} {person['name']}"
          + (f": {person['about']}" if "about" in person else ""))
PY
echo "Result files to drop: ls $home/demo, each with"
echo "  docker compose exec fingerprint cp $home/demo/FILE $home/spool/incoming/"
echo "Every letter: $ECS_ORIGIN/mailroom"
