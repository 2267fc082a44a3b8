#!/bin/sh
# The commands of the host agent use the same settings as its service.
: "${QUAYSIDE_AGENT_SETTINGS:=/etc/quayside/agent.json}"
export QUAYSIDE_AGENT_SETTINGS
exec /usr/bin/env node /usr/lib/quayside/quayside-agent.mjs "$@"
