export const help = `Usage: quayside render --snapshot <file> [--template <file>] [options]

Renders nginx configuration from a catalog in a file, without Consul or AWS: one
template of your own, or without --template what Quayside itself would publish,
all files of it. docs/templates.md tells what templates and snapshots can say.

  --snapshot <file>   the catalog, in JSON
  --template <file>   a template; it may include the other .hbs files beside it
  --needs             list what the template reads, instead of its output
  --out <path>        write the output to this file, or all files and an
                      nginx.conf for nginx -t into this folder
  --config <file>     the deployment's configuration: networks, listeners, …
                                      (quayside.config.json if it is there)
  --templates <dir>   other templates than Quayside's own
  --help              this text

Exit codes: 0 done; 1 failed, or the template waits for data; 2 wrong call.

  npx quayside render --snapshot s.json --template web.hbs
  npx quayside render --snapshot s.json --out /tmp/try
  nginx -t -p /tmp/try -c nginx.conf
`
