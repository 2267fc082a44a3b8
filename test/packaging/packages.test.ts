import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ar, stampFrom, tarball } from '../../packaging/archive.ts'
import { archivePackage } from '../../packaging/archive-package.ts'
import { bundleAgent, largestBundle } from '../../packaging/bundle.ts'
import { debPackage } from '../../packaging/deb.ts'
import { tempDir } from '../support/tmp.ts'

const bundle = await bundleAgent()
const input = { version: '1.2.3', bundle }
const tar = (...args: string[]) => execFileSync('tar', args, { encoding: 'utf8' })

/** The members of an ar archive. */
function members(archive: Buffer): Record<string, Buffer> {
  assert.equal(archive.toString('latin1', 0, 8), '!<arch>\n')
  const found: Record<string, Buffer> = {}
  for (let at = 8; at < archive.length; ) {
    const header = archive.toString('latin1', at, at + 60)
    const size = Number(header.slice(48, 58))
    found[header.slice(0, 16).trim()] = archive.subarray(at + 60, at + 60 + size)
    at += 60 + size + (size % 2)
  }
  return found
}

test('the bundle is one file of a bounded size, and imports nothing but what Node brings', () => {
  assert.ok(bundle.length < largestBundle, `${bundle.length} bytes`)
  const imports = [
    ...Buffer.from(bundle)
      .toString()
      .matchAll(/^import .*? from "([^"]+)";$/gm),
  ].map(([, from]) => from)
  assert.ok(imports.length > 5)
  assert.deepEqual(
    imports.filter((from) => !from?.startsWith('node:')),
    [],
  )
})

test('the same contents make the same bytes, whenever they are packed', async () => {
  const again = { version: '1.2.3', bundle: await bundleAgent() }
  assert.deepEqual(debPackage(again, 7), debPackage(input, 7))
  assert.deepEqual(archivePackage(again, 7), archivePackage(input, 7))
  assert.notDeepEqual(archivePackage(again, 8), archivePackage(input, 7))
  assert.equal(stampFrom({ SOURCE_DATE_EPOCH: '1700000000' }), 1_700_000_000)
  assert.throws(() => stampFrom({ SOURCE_DATE_EPOCH: 'now' }), /SOURCE_DATE_EPOCH=now/)
})

test('a Debian package has its three parts in order, and what each of them needs', (t) => {
  const parts = members(debPackage(input, 7))
  assert.deepEqual(Object.keys(parts), ['debian-binary', 'control.tar.gz', 'data.tar.gz'])
  assert.equal(String(parts['debian-binary']), '2.0\n')
  const folder = tempDir(t)
  for (const name of ['control', 'data']) {
    writeFileSync(join(folder, `${name}.tar.gz`), parts[`${name}.tar.gz`] ?? '')
    execFileSync('mkdir', [join(folder, name)])
    tar('-xzf', join(folder, `${name}.tar.gz`), '-C', join(folder, name))
  }
  const control = readFileSync(join(folder, 'control/control'), 'utf8')
  assert.match(control, /^Package: quayside-agent\nVersion: 1\.2\.3\n[\s\S]*^Depends: nodejs \(>= 20\)/m)
  assert.equal(readFileSync(join(folder, 'control/conffiles'), 'utf8'), '/etc/quayside/agent.json\n')
  assert.deepEqual(readdirSync(join(folder, 'control')).sort(), [
    ...['conffiles', 'control', 'md5sums', 'postinst', 'postrm', 'prerm'],
  ])
  const sums = execFileSync('md5sum', ['-c', join(folder, 'control/md5sums')], {
    cwd: join(folder, 'data'),
    encoding: 'utf8',
  })
  assert.match(sums, /usr\/lib\/systemd\/system\/quayside-agent\.service: OK/)
  assert.deepEqual(
    readFileSync(join(folder, 'data/usr/lib/quayside/quayside-agent.mjs')),
    Buffer.from(bundle),
  )
})

test('files of a package belong to root and are writable for nobody else', (t) => {
  const path = join(tempDir(t), 'q.tar.gz')
  writeFileSync(path, archivePackage(input, 7))
  const lines = tar('-tvzf', path, '--numeric-owner').trim().split('\n')
  for (const line of lines) assert.match(line, /^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) 0\/0 /)
  assert.equal(lines.filter((line) => line.startsWith('-rwx')).length, 2)
})

test('the scripts of packages are such that a POSIX shell takes them', () => {
  const folder = join(import.meta.dirname, '../../packaging/files')
  for (const name of readdirSync(folder)) execFileSync('sh', ['-n', join(folder, name)])
})

test('the installer of the archive puts program, command and unit in place, and the command runs', (t) => {
  const folder = tempDir(t)
  writeFileSync(join(folder, 'q.tar.gz'), archivePackage(input, 7))
  tar('-xzf', join(folder, 'q.tar.gz'), '-C', folder)
  const env = {
    ...process.env,
    DESTDIR: join(folder, 'host'),
    PATH: `${join(process.execPath, '..')}:${process.env.PATH}`,
  }
  execFileSync('sh', [join(folder, 'quayside-agent-1.2.3/install.sh')], { env })
  const program = join(folder, 'host/usr/lib/quayside/quayside-agent.mjs')
  assert.match(execFileSync(process.execPath, [program, '--help'], { encoding: 'utf8' }), /install/)
  assert.match(readFileSync(join(folder, 'host/usr/bin/quayside-agent'), 'utf8'), /quayside-agent\.mjs "\$@"/)
  assert.match(
    readFileSync(join(folder, 'host/usr/lib/quayside/quayside-agent.service'), 'utf8'),
    /\[Service\]/,
  )
})

test('members of odd length are padded, and every folder comes before what is in it', (t) => {
  const archive = ar(
    [
      { name: 'a', data: Buffer.from('x') },
      { name: 'b', data: Buffer.from('yz') },
    ],
    0,
  )
  assert.deepEqual(
    Object.entries(members(archive)).map(([name, data]) => name + data),
    ['ax', 'byz'],
  )
  const path = join(tempDir(t), 't.tar.gz')
  writeFileSync(path, tarball([{ path: './x/y/z', content: 'z', mode: 0o600 }], 0))
  assert.deepEqual(tar('-tzf', path).trim().split('\n'), ['./x/', './x/y/', './x/y/z'])
})
