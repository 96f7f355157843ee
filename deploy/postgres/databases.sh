#!/bin/bash
# A database and a role for each service; nobody else may connect. Run once, by the image, when the data is new.
# Every name in UTF-8, sorted the same on every machine. As in `deploy/local/databases.py`.
set -euo pipefail
for service in identity educator fingerprint certificate notifier; do
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v "name=$service" -v "password=$ECS_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name"
  TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
