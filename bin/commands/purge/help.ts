export const help = `Usage: quayside purge --cluster <arn> [options]

Removes from Consul what a deployment registered of one ECS cluster: instances
with their checks, ledger, host index, stamps, and the cluster's node. Entries
of others stay, and then the node stays too. First take the cluster out of the
configuration and deploy. Interrupted, it is simply run again.

  --cluster <arn>        the ECS cluster
  --config <file>        the deployment's configuration   (quayside.config.json)
  --deployment <id>      the deployment's id, instead of a configuration
  --prefix <prefix>      its KV prefix in Consul       (as configured; quayside)
  --datacenter <name>    Consul's datacenter                     (as configured)
  --consul-secret <id>   the secret in AWS Secrets Manager that the functions
                         read, instead of the variables below
  --dry-run              show what would be removed, and stop
  --yes                  don't ask
  --force                also if a deployment seems to serve the cluster still:
                         reconciled within five minutes, or being reconciled
  --json                 one JSON record on stdout, everything else on stderr
  --help                 this text

Where Consul is, as for the consul command itself (http://127.0.0.1:8500):

  CONSUL_HTTP_ADDR, CONSUL_HTTP_SSL, CONSUL_HTTP_TOKEN, CONSUL_HTTP_TOKEN_FILE,
  CONSUL_CACERT, CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY, CONSUL_TLS_SERVER_NAME,
  CONSUL_NAMESPACE, CONSUL_PARTITION

The token needs to write the keys below the prefix, the services, and the node.

Exit codes: 0 done, or nothing to do; 1 failed, refused or declined; 2 wrong
call, or nobody to ask and no --yes.

  npx quayside purge --cluster arn:aws:ecs:eu-west-1:123456789012:cluster/web
`
