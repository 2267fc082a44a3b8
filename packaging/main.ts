import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stampFrom } from './archive.ts'
import { archivePackage } from './archive-package.ts'
import { bundleAgent } from './bundle.ts'
import { unitFile } from './contents.ts'
import { debPackage } from './deb.ts'

/** Writes the agent's bundle, and with the word "packages" its packages too, to dist/. */
const root = join(import.meta.dirname, '..')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const bundle = await bundleAgent()
const stamp = stampFrom(process.env)

write('quayside-agent.mjs', bundle)
write('quayside-agent.service', unitFile())
if (process.argv[2] === 'packages') {
  write(`quayside-agent_${version}_all.deb`, debPackage({ version, bundle }, stamp))
  write(`quayside-agent-${version}.tar.gz`, archivePackage({ version, bundle }, stamp))
}

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(join(root, 'dist'), { recursive: true })
  writeFileSync(join(root, 'dist', name), content)
  console.log(`dist/${name}: ${Math.ceil(Buffer.byteLength(content) / 1024)} KiB`)
}
