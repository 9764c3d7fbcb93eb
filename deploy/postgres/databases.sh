#!/bin/bash
# The four databases and their eight roles, made or brought up to date before every start.
# A role's password is the one in its service's address: there is no second place where it stands,
# and a changed secret needs no more than another start.
set -euo pipefail

export PGHOST=postgres PGUSER=postgres PGDATABASE=postgres PGCONNECT_TIMEOUT=10
PGPASSWORD=$(</run/secrets/postgres_password)
export PGPASSWORD

password_of() { # the password in an address, percent signs resolved
    local address rest
    address=$(<"/run/secrets/$1")
    rest=${address#*://*:}
    rest=${rest%@*}
    printf '%b' "${rest//%/\\x}"
}

for SERVICE in registry oversight escalation notify; do
    OWNER_PASSWORD=$(password_of "${SERVICE}_owner_database_url")
    APPLICATION_PASSWORD=$(password_of "${SERVICE}_database_url")
    export SERVICE OWNER_PASSWORD APPLICATION_PASSWORD
    psql --no-psqlrc --quiet --no-password --file=/database.sql
    echo "xj_$SERVICE is there"
done
