import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Asset } from 'aws-cdk-lib/aws-s3-assets'
import { StringParameter } from 'aws-cdk-lib/aws-ssm'
import { Construct } from 'constructs'
import { buildSync } from 'esbuild'
import { agentBundling } from '../packaging/bundle.ts'
import { parameterNames } from './parameter-names.ts'

export type AgentBundleProps = {
  readonly deployment: string
}

/** The host agent as one file, of the same checkout as the functions, with what a host needs to fetch it and to know that it is the one. */
export class AgentBundle extends Construct {
  readonly asset: Asset
  /** Of the file, in hexadecimal. */
  readonly sha256: string
  readonly urlParameter: StringParameter
  readonly sha256Parameter: StringParameter

  constructor(scope: Construct, id: string, { deployment }: AgentBundleProps) {
    super(scope, id)
    const content = bundle()
    this.sha256 = createHash('sha256').update(content).digest('hex')
    this.asset = this.stage(content)
    const names = parameterNames(deployment)
    this.urlParameter = new StringParameter(this, 'Url', {
      parameterName: names.agentUrl,
      description: 'Where nginx hosts get the Quayside agent of this deployment',
      stringValue: this.asset.s3ObjectUrl,
    })
    this.sha256Parameter = new StringParameter(this, 'Sha256', {
      parameterName: names.agentSha256,
      description: 'The SHA-256 of the Quayside agent of this deployment',
      stringValue: this.sha256,
    })
  }

  /** The one object, and not the bucket of all assets. */
  get objectArn(): string {
    return this.asset.bucket.arnForObjects(this.asset.s3ObjectKey)
  }

  private stage(content: Uint8Array): Asset {
    const folder = mkdtempSync(join(tmpdir(), 'quayside-agent-'))
    try {
      const path = join(folder, 'agent.mjs')
      writeFileSync(path, content)
      return new Asset(this, 'Asset', { path, displayName: 'Quayside host agent' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

let built: Uint8Array | undefined

/** The same bytes as in the packages and from every checkout, and made once for all stacks of an app. */
function bundle(): Uint8Array {
  const { entryPoints, ...options } = agentBundling
  built ??= buildSync({ ...options, entryPoints: [...entryPoints], logLevel: 'silent' }).outputFiles[0]
    ?.contents
  if (built === undefined) throw new Error('the agent could not be bundled')
  return built
}
