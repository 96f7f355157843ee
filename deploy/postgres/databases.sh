#!/bin/bash
# A database and a role for each service; nobody else may connect. Run once, by the image, when the data is new.
set -euo pipefail
for service in identity educator fingerprint certificate notifier; do
  psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -v "name=$service" -v "password=$ECS_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
done
