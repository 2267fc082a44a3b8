import { createHash } from 'node:crypto'
import { settingsFile } from '../core/install/settings-file.ts'
import { ar, type PackedFile, type Stamp, tarball } from './archive.ts'
import { type PackageInput, programFiles, readPackageFile, readRepositoryFile, unitFile } from './contents.ts'

/** A Debian package for every architecture. It is written here, so that no Debian is needed to build it. */
export function debPackage(input: PackageInput, stamp: Stamp): Buffer {
  const files = debFiles(input)
  const inDot = (list: readonly PackedFile[]) => list.map((file) => ({ ...file, path: `./${file.path}` }))
  const scripts = ['postinst', 'prerm', 'postrm'].map((path) => ({
    path,
    content: readPackageFile(path),
    mode: 0o755,
  }))
  const control = [
    { path: 'control', content: controlFile(input, files), mode: 0o644 },
    { path: 'conffiles', content: '/etc/quayside/agent.json\n', mode: 0o644 },
    { path: 'md5sums', content: sums(files), mode: 0o644 },
    ...scripts,
  ]
  return ar(
    [
      { name: 'debian-binary', data: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', data: tarball(inDot(control), stamp) },
      { name: 'data.tar.gz', data: tarball(inDot(files), stamp) },
    ],
    stamp,
  )
}

function debFiles(input: PackageInput): readonly PackedFile[] {
  return [
    ...programFiles(input),
    { path: 'usr/lib/systemd/system/quayside-agent.service', content: unitFile(), mode: 0o644 },
    // Nothing is known of this host yet; "quayside-agent install" fills it in as long as it is as it came.
    { path: 'etc/quayside/agent.json', content: settingsFile({}), mode: 0o644 },
    { path: 'usr/share/doc/quayside-agent/copyright', content: readRepositoryFile('LICENSE'), mode: 0o644 },
  ]
}

function controlFile({ version }: PackageInput, files: readonly PackedFile[]): string {
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
  return `Package: quayside-agent
Version: ${version}
Architecture: all
Maintainer: The Quayside authors <quayside@localhost>
Installed-Size: ${Math.ceil(bytes / 1024)}
Depends: nodejs (>= 20), passwd
Recommends: nginx (>= 1.18)
Section: net
Priority: optional
Description: keeps nginx in step with ECS tasks
 The agent on each nginx host follows a signed channel in S3. It tests a release,
 swaps it in, reloads nginx, confirms that new workers serve it, and takes it back
 where they don't.
 .
 After the installation: quayside-agent install
`
}

/** Debian's own tools check the files of a package against these. */
function sums(files: readonly PackedFile[]): string {
  const checked = files.filter(({ path }) => !path.startsWith('etc/'))
  return checked
    .map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
    .join('')
}
