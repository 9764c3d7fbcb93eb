#!/bin/sh
# Builds the images, starts the whole system with docker compose in a project of its own, looks at
# it, plays the demo, stops and starts it, looks whether the data is still there, and removes it.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'compose-smoke: %s\n' "$*" >&2; exit 1; }

docker compose version >/dev/null 2>&1 || fail "docker with compose v2 is needed."
docker info >/dev/null 2>&1 || fail "no Docker engine answers (DOCKER_HOST, or rights on its socket?)."

# A port that the engine chooses, and nothing of a system that may run here.
export XIEJIAN_VERSION=smoke XIEJIAN_PUBLISH=127.0.0.1: XIEJIAN_SECRETS=./var/compose-smoke/secrets
compose() {
    docker compose --ansi never --progress quiet --project-name xiejian-smoke \
        --env-file deploy/development.env \
        --file docker-compose.yml --file docker-compose.development.yml "$@"
}

clean() {
    code=$?
    trap - EXIT HUP INT TERM
    if [ $code -ne 0 ]; then
        say "what it looked like"
        compose ps --all || true
        compose logs --no-color --tail 40 || true
    fi
    say "remove"
    compose --profile demo down --volumes --remove-orphans --timeout 20
    rm -rf var/compose-smoke
    exit $code
}
trap clean EXIT
trap 'exit 130' HUP INT TERM

compose --profile demo down --volumes --remove-orphans >/dev/null 2>&1 || true
rm -rf var/compose-smoke
mkdir -p var
sh deploy/secrets.sh var/compose-smoke/secrets

say "build"
compose build

say "start"
compose up --detach --wait --wait-timeout 300

say "containers"
compose ps --all
for container in $(compose ps --all --quiet); do
    facts=$(docker inspect --format '{{.Name}}|{{.Config.User}}|{{.HostConfig.ReadonlyRootfs}}|{{json .HostConfig.CapDrop}}|{{index .Config.Labels "com.docker.compose.service"}}|{{range .NetworkSettings.Ports}}{{range .}}{{.HostPort}} {{end}}{{end}}' "$container")
    IFS='|' read -r name user readonly dropped service published <<FACTS
$facts
FACTS
    case $user in "" | 0 | 0:* | root | root:*) fail "$name runs as root." ;; esac
    [ "$readonly" = true ] || fail "the file system of $name can be written."
    [ "$dropped" = '["ALL"]' ] || fail "$name has capabilities."
    [ -z "$published" ] || [ "$service" = gateway ] || fail "$name publishes a port."
done
echo "None runs as root, all file systems are read-only, only the gateway publishes a port."

say "calls through the gateway"
gateway=$(compose port gateway 8080)
token=$(compose exec -T registry xiejian token --role bureau_supervisor --division 50)
for path in registry/v1/me oversight/v1/me escalation/v1/me notify/v1/me registry/v1/divisions; do
    compose exec -T registry python -c '
import sys, urllib.request
path, token = sys.argv[1:]
call = urllib.request.Request(f"http://gateway:8080/{path}", headers={"Authorization": f"Bearer {token}"})
with urllib.request.urlopen(call, timeout=10) as answer:
    print(answer.status, path, answer.read(100).decode(errors="ignore"))
' "$path" "$token"
done
echo "The gateway is published at $gateway."

say "demo"
compose --profile demo run --rm -T demo

facts_of() { compose exec -T postgres psql -AtX -c 'SELECT count(*) FROM event_log' "xj_$1"; }
before=$(facts_of registry)/$(facts_of oversight)/$(facts_of escalation)

say "stop and start: $before facts must still be there"
compose down --timeout 30
compose up --detach --wait --wait-timeout 300
after=$(facts_of registry)/$(facts_of oversight)/$(facts_of escalation)
[ "$before" = "$after" ] || fail "facts before the stop $before, after the start $after."
echo "$after"

say "all went well"
