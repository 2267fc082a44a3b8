import { createConsulClient } from '../../../adapters/consul/client.ts'
import { readHoldings } from '../../../adapters/consul/holdings.ts'
import { nodeName } from '../../../core/catalog/entry.ts'
import { QuaysideError } from '../../../core/errors.ts'
import { ownsKeys, stillServed } from '../../../core/purge/holdings.ts'
import { type PurgePlan, purgePlan } from '../../../core/purge/purge-plan.ts'
import type { Command, ExitCode, Terminal } from '../command.ts'
import { UsageError } from '../usage-error.ts'
import { accessOf } from './access.ts'
import { help } from './help.ts'
import { type PurgeOptions, parsePurge } from './options.ts'
import { progressOn } from './progress.ts'
import { type Purging, type Removed, removeAll } from './remove.ts'
import { type PurgeRecord, recordOf, tableOf } from './report.ts'

async function run(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const options = parsePurge(args)
  if (!options.yes && !options.dryRun && terminal.ask === null) {
    throw new UsageError(
      'Nobody can be asked here, so nothing was done: --yes removes without asking, --dry-run only shows.',
    )
  }
  const access = await accessOf(options, terminal)
  const consul = createConsulClient(async () => access, { connections: 4 })
  const { cluster, deployment, prefix } = options
  const owner = { deployment, account: cluster.account }
  const onProgress = progressOn(terminal)
  try {
    const record = await purgeCluster({ consul, prefix, cluster, owner, onProgress }, options, terminal)
    if (options.json) terminal.out(JSON.stringify(record))
    return record.outcome === 'declined' ? 1 : 0
  } finally {
    await consul.close()
  }
}

async function purgeCluster(
  purging: Purging,
  options: PurgeOptions,
  terminal: Terminal,
): Promise<PurgeRecord> {
  const began = terminal.now()
  const plan = await look(purging, options, terminal)
  const ahead: Removed = { ...plan.counts, node: plan.removesNode }
  const end = (outcome: PurgeRecord['outcome'], entries: Removed, kept: PurgePlan['kept']) =>
    recordOf(options, outcome, entries, kept, terminal.now() - began)
  // With --json stdout holds the record alone.
  const say = options.json ? terminal.err : terminal.out
  if (plan.batches.length === 0 && !plan.removesNode) {
    say(`Nothing of deployment ${options.deployment} is left of ${options.arn}.`)
    if (plan.kept.length > 0) say(tableOf('to remove', ahead, plan.kept))
    return end('nothing', ahead, plan.kept)
  }
  if (options.dryRun || !options.yes) {
    say(`${headOf(options)}\n\n${tableOf('to remove', ahead, plan.kept)}`)
    if (options.dryRun) return end('dry-run', ahead, plan.kept)
    if (!(await isAgreed(terminal))) {
      terminal.err('Nothing was removed.')
      return end('declined', ahead, plan.kept)
    }
  }
  const { removed, kept } = await removeAll(purging)
  const gap = options.yes ? '' : '\n'
  if (!options.json) terminal.out(`${gap}${headOf(options)}\n\n${tableOf('removed', removed, kept)}`)
  return end('removed', removed, kept)
}

/** Reads what is there. Throws PURGE_REFUSED where a deployment seems to serve the cluster still. */
async function look(purging: Purging, options: PurgeOptions, terminal: Terminal): Promise<PurgePlan> {
  const { consul, prefix, cluster, owner } = purging
  const { holdings } = await readHoldings(consul, prefix, cluster)
  const plan = purgePlan(nodeName(cluster), holdings, owner)
  const served = ownsKeys(holdings, owner) ? stillServed(holdings, terminal.now()) : null
  if (served !== null && !options.force) {
    const words =
      `Deployment ${owner.deployment} seems to serve ${options.arn} still: ${served}. Take the cluster out of its configuration, ` +
      'deploy, and purge five minutes later; --force purges now.'
    if (!options.dryRun) throw new QuaysideError('PURGE_REFUSED', words)
    terminal.err(`Note: ${words}`)
  }
  if (plan.counts.instances > 0 && plan.counts.ledgerEntries === 0) {
    terminal.err(`Note: there is no ledger of this cluster below ${prefix}/. Is --prefix right?`)
  }
  return plan
}

function headOf({ arn, deployment, prefix }: PurgeOptions): string {
  return `cluster     ${arn}\ndeployment  ${deployment}, keys below ${prefix}/`
}

async function isAgreed({ ask }: Terminal): Promise<boolean> {
  if (ask === null) return false
  const answer = await ask('\nRemove these from Consul? Type yes: ')
  return /^y(es)?$/i.test(answer.trim())
}

export const purge: Command = {
  name: 'purge',
  summary: 'remove from Consul what is left of a cluster',
  help,
  run,
}
