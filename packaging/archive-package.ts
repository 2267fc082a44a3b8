import { type PackedFile, type Stamp, tarball } from './archive.ts'
import { type PackageInput, programFiles, readPackageFile, readRepositoryFile, unitFile } from './contents.ts'

/** For Amazon Linux and every other system: the program with an installer, in one folder. */
export function archivePackage(input: PackageInput, stamp: Stamp): Buffer {
  const folder = `quayside-agent-${input.version}`
  const program = programFiles(input).map(({ path, ...file }) => ({
    ...file,
    path: path.split('/').at(-1) ?? path,
  }))
  const files: readonly PackedFile[] = [
    ...program,
    { path: 'quayside-agent.service', content: unitFile(), mode: 0o644 },
    { path: 'install.sh', content: readPackageFile('install.sh'), mode: 0o755 },
    { path: 'LICENSE', content: readRepositoryFile('LICENSE'), mode: 0o644 },
  ]
  return tarball(
    files.map((file) => ({ ...file, path: `${folder}/${file.path}` })),
    stamp,
  )
}
