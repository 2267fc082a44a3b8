import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { healthPath } from './fleet-load-balancer.ts'

/** What a fresh host needs to know; deploy-time references are filled in by CloudFormation. */
export type FleetHostSettings = {
  readonly region: string
  readonly bucket: string
  readonly deployment: string
  readonly channel: string
  readonly pollMs: number
  readonly healthPort: number
  readonly agent: { readonly url: string; readonly sha256: string }
  readonly publicKeyParameter: string
  readonly groupName: string
  readonly hookName: string
  /** The operator's own, run before nginx is started. */
  readonly commands: readonly string[]
}

const unit = readFileSync(join(import.meta.dirname, '../agent/quayside-agent.service'), 'utf8')
const program = /^ExecStart=.* (\/\S+\.mjs)$/m.exec(unit)?.[1] ?? '/usr/lib/quayside/quayside-agent.mjs'
const state = '/var/lib/quayside'

/** An operator's own main configuration would look like this: process-level settings, and one include per context. */
const nginxConf = `user nginx;
worker_processes auto;
worker_rlimit_nofile 65536;
worker_shutdown_timeout 240s;
error_log /var/log/nginx/error.log notice;
pid /run/nginx.pid;
include /usr/share/nginx/modules/*.conf;
events { worker_connections 16384; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  server_tokens off;
  access_log /var/log/nginx/access.log;
  include "/var/lib/quayside/entry.http.conf";
}
stream {
  include "/var/lib/quayside/entry.stream.conf";
}
`

/**
 * Sets up a host of Amazon Linux 2023 at its first start: nginx, Node and the agent, whose SHA-256 is checked. Then it waits until nginx
 * answers its health check with 200, which it does once a release was confirmed, and only then lets the autoscaling group count on the
 * host. If any step fails, the group gives the host up and starts another.
 */
export function fleetUserData(host: FleetHostSettings): string {
  const { region, agent, publicKeyParameter } = host
  return `#!/bin/bash
set -euo pipefail
export AWS_DEFAULT_REGION=${region}
dnf install --assumeyes nginx nginx-mod-stream nodejs24
useradd --system --home-dir ${state} --shell /sbin/nologin quayside
mkdir --parents --mode=0755 ${state} /etc/quayside '${dirname(program)}'
touch ${state}/entry.http.conf ${state}/entry.stream.conf

aws s3 cp --only-show-errors '${agent.url}' '${program}'
echo '${agent.sha256}  ${program}' | sha256sum --check --strict
chmod 0644 '${program}'
aws ssm get-parameter --name '${publicKeyParameter}' --query Parameter.Value --output text > /etc/quayside/public-key.pem

cat > /etc/quayside/agent.json <<'END_OF_SETTINGS'
${JSON.stringify(agentSettings(host), null, 2)}
END_OF_SETTINGS
cat > /etc/nginx/nginx.conf <<'END_OF_NGINX'
${nginxConf}END_OF_NGINX
cat > /etc/systemd/system/quayside-agent.service <<'END_OF_UNIT'
${unit}END_OF_UNIT

QUAYSIDE_AGENT_SETTINGS=/etc/quayside/agent.json node '${program}' install --no-edit --no-unit
chown --recursive quayside:quayside ${state}
${host.commands.map((line) => `${line}\n`).join('')}systemctl daemon-reload
systemctl enable --now nginx.service
systemctl enable --now quayside-agent.service

${reportReady(host)}`
}

function agentSettings({ region, bucket, deployment, channel, pollMs, healthPort }: FleetHostSettings) {
  return {
    region,
    bucket,
    deployment,
    channel,
    pollMs,
    healthPort,
    stream: true,
    publicKeyFiles: ['/etc/quayside/public-key.pem'],
  }
}

function reportReady({ healthPort, groupName, hookName }: FleetHostSettings): string {
  return `until curl --fail --silent --output /dev/null --max-time 5 http://127.0.0.1:${healthPort}${healthPath}; do sleep 2; done
token=$(curl --fail --silent --request PUT --header 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
instance=$(curl --fail --silent --header "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
aws autoscaling complete-lifecycle-action --lifecycle-action-result CONTINUE --instance-id "$instance" \\
  --lifecycle-hook-name '${hookName}' --auto-scaling-group-name '${groupName}'
`
}
