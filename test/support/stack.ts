import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Template } from 'aws-cdk-lib/assertions'
import { App } from 'aws-cdk-lib/core'
import { parseConfig } from '../../core/settings/config.ts'
import { PipelineStack } from '../../lib/pipeline-stack.ts'

const repository = join(import.meta.dirname, '../..')

/** The example config as a plain object, with members replaced. */
export function exampleConfig(own: Record<string, unknown> = {}): Record<string, unknown> {
  const text = readFileSync(join(repository, 'quayside.config.example.json'), 'utf8')
  return { ...(JSON.parse(text) as Record<string, unknown>), ...own }
}

/** The context of cdk.json: its feature flags decide what a template looks like, and a bare `new App()` doesn't read them. */
export function cdkContext(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')).context
}

const assemblies = new Set<string>()
process.once('exit', () => {
  for (const outdir of assemblies) rmSync(outdir, { recursive: true, force: true })
})

/**
 * An app that bundles no functions: that takes seconds, and their code is no part of a template. Its assembly is removed when
 * the process ends.
 */
export function testApp(): App {
  const outdir = mkdtempSync(join(tmpdir(), 'quayside-synth-'))
  assemblies.add(outdir)
  return new App({ outdir, context: { ...cdkContext(), 'aws:cdk:bundling-stacks': [] } })
}

/** What the functions of the stack find in the file beside their bundles. */
export function settingsOf(stack: PipelineStack): string {
  const { outdir } = stack.node.root as App
  return readFileSync(join(outdir, `${stack.stackName}.settings.json`), 'utf8')
}

/** The stack of that config. */
export function stackOf(config: unknown): PipelineStack {
  const parsed = parseConfig(config)
  const { account, region } = parsed
  const id = `quayside-${parsed.deployment}`
  return new PipelineStack(testApp(), id, { config: parsed, env: { account, region } })
}

let example: Template | undefined
let fleet: Template | undefined

/** The template of the example config, made once for all tests of a process. */
export function exampleTemplate(): Template {
  example ??= Template.fromStack(stackOf(exampleConfig()))
  return example
}

/** The template of `fleetConfig`, made once for all tests of a process. */
export function fleetTemplate(): Template {
  fleet ??= Template.fromStack(stackOf(fleetConfig()))
  return fleet
}

/** The example with a fleet, a cluster of another account, and Consul’s addresses, port and group. */
export function fleetConfig(own: Record<string, unknown> = {}): Record<string, unknown> {
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/0f0f0f0f-0000-4000-8000-0123456789ab'
  const { clusters } = exampleConfig() as { clusters: readonly unknown[] }
  const far = {
    arn: 'arn:aws:ecs:eu-west-1:210987654321:cluster/far',
    events: 'forwarded',
    role: 'arn:aws:iam::210987654321:role/quayside-reader',
  }
  const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/0f0f0f0f-0000-4000-8000-0123456789ab'
  return exampleConfig({
    clusters: [...clusters, far],
    consul: {
      secret: 'quayside/consul',
      secretKeyArn: key,
      addresses: ['https://consul.internal:8501'],
      securityGroupId: 'sg-0123456789abcdef0',
    },
    publish: {
      listeners: [
        { port: 80, protocol: 'http' },
        { port: 443, protocol: 'tls' },
        { port: 5_353, protocol: 'udp' },
      ],
      networks: ['10.0.0.0/8'],
      certificates: [
        { name: 'main', hosts: ['*.example.com'], cert: '/etc/tls/main.crt', key: '/etc/tls/main.key' },
      ],
    },
    fleet: {
      loadBalancer: {
        listeners: [
          { port: 80, protocol: 'tcp' },
          { port: 443, protocol: 'tcp' },
          { port: 8_443, protocol: 'tls', targetPort: 80, certificateArn },
          { port: 5_353, protocol: 'udp' },
        ],
        allowedCidrs: ['10.0.0.0/8', 'fd00::/8'],
        domain: { name: 'edge.example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' },
      },
    },
    ...own,
  })
}
