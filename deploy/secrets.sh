#!/bin/sh
# Makes the secrets of an installation: secrets.sh [FOLDER], by default ./secrets
#
# One file a secret, each with a random value. An existing file is never changed: run it again after
# an upgrade and it adds what is new. The folder is its owner's alone; the files inside must be
# readable, because the containers that get one read it as an unprivileged user.
set -eu
umask 077
folder=${1:-$(cd "$(dirname "$0")/.." && pwd)/secrets}

mkdir -p "$folder"
chmod 0700 "$folder"
cd "$folder"
[ -e .gitignore ] || echo '*' >.gitignore

keep() { # NAME: what comes in becomes this file, unless it exists
    if [ -e "$1" ]; then
        cat >/dev/null
        return
    fi
    rm -f ".$1.new"
    cat >".$1.new"
    [ -s ".$1.new" ] || { echo "$folder/$1 could not be made." >&2; exit 1; }
    chmod 0444 ".$1.new"
    mv ".$1.new" "$1"
    echo "made $folder/$1"
}

random() { # 40 hexadecimal digits: they need no quoting anywhere
    head -c 20 /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

random | keep postgres_password
for service in registry oversight escalation notify; do
    database="xj_$service"
    host="postgres:5432/$database"
    printf 'postgresql://%s_app:%s@%s' "$database" "$(random)" "$host" |
        keep "${service}_database_url"
    printf 'postgresql://%s_owner:%s@%s' "$database" "$(random)" "$host" |
        keep "${service}_owner_database_url"
    printf 'nats://%s:n%s@nats:4222' "$service" "$(random)" | keep "${service}_nats_url"
    # Personal data is encrypted with it: without this file nobody can read what the database holds.
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | keep "${service}_data_key"
    # What this service's evidence ledger is signed with. Another one begins another trust.
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' | keep "${service}_ledger_key"
done
for service in registry oversight escalation notify; do
    # The broker's side of the addresses above.
    password=$(sed 's|^[^:]*://[^:]*:\([^@]*\)@.*$|\1|' "${service}_nats_url")
    printf '%s_PASSWORD: "%s"\n' "$(echo "$service" | tr '[:lower:]' '[:upper:]')" "$password"
done | keep nats_passwords.conf

echo "$folder is complete."
