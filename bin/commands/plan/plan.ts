import { openReleases } from '../../../adapters/releases.ts'
import { readTemplateSets } from '../../../adapters/templates.ts'
import { createPublishDeps } from '../../../functions/publish/deps.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { accessOf } from '../purge/access.ts'
import { bucketHelp, openS3 } from '../release-bucket.ts'
import { makePlan } from './make-plan.ts'
import { parsePlan } from './options.ts'
import { describeFiles, describePlan, planRecord } from './report.ts'

const help = `Usage: quayside plan [options]

Shows what a publisher would change now, service by service and why, without
writing anything: what the catalog and this configuration give, against what is
in force.

  --config <file>        the deployment's configuration   (quayside.config.json)
${bucketHelp}
  --templates <folder>   the nginx templates                (those of this code)
  --consul-secret <id>   the secret that the functions read, instead of the
                         variables of the consul command (CONSUL_HTTP_ADDR, …)
  --diff                 the rendered files too, as a unified diff
  --json                 one JSON record on stdout
  --help                 this text

+ comes, - goes, ~ changes, = is held against a doubt, ! is a problem.

Exit codes: 0 planned, with changes or without ("changes" in the record says
which); 1 failed; 2 wrong call.
`

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { settings, templates, operatorTemplates, consulSecret, diff, json } = parsePlan(args, terminal)
  const { datacenter, bucket, consulServers } = settings
  const servers = consulServers === undefined ? {} : { consulServers }
  const access = await accessOf({ consulSecret, datacenter, ...servers }, terminal)
  const s3 = openS3()
  const deps = createPublishDeps({
    ...{ settings, code: 'plan', log: quiet, clock: terminal.now },
    ...readTemplateSets(templates, operatorTemplates),
    access: async () => access,
  })
  try {
    const plan = await makePlan({ ...deps, releases: openReleases(s3, bucket, terminal.now) })
    if (json) {
      const files = diff ? { diff: describeFiles(plan) } : {}
      terminal.out(JSON.stringify({ ...planRecord(plan), ...files }))
      return 0
    }
    terminal.out(describePlan(plan))
    if (diff) terminal.out(`\n${describeFiles(plan) || 'The rendered files stay as they are.'}`)
    return 0
  } finally {
    s3.destroy()
    await deps.close()
  }
}

export const plan: Command = {
  name: 'plan',
  summary: 'what a publisher would change now, and why',
  help,
  run,
}
