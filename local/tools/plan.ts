import type { OsRelease } from './os-release.ts'
import type { ToolName } from './tool.ts'

/** Packages of one suite that together give one program. */
export interface PackageSet {
  readonly suite: string
  readonly components: readonly string[]
  readonly packages: readonly string[]
  /** Whether they are of a later release than the machine's, so that its libraries don't fit. */
  readonly ownLibraries?: boolean
}

/** How a distribution's own packages can be unpacked. `label` names distribution and release. */
export interface UnpackPlan {
  readonly label: string
  /** Names that the machine's own sources may use for its release. */
  readonly releases: readonly string[]
  /** The distribution's archive keys: the first file that exists is what apt checks signatures with. */
  readonly keyrings: readonly string[]
  readonly sets: Readonly<Record<ToolName, PackageSet>>
}

const nginxPackages = ['nginx', 'libnginx-mod-stream']

/**
 * What can be unpacked here, or undefined where people install by hand. nginx comes from the machine's own release, so that
 * it fits the system's libraries. Consul left Debian after bullseye; it is one static Go program, so that package runs on any later
 * release. On Ubuntu it is tried from the machine's own release, which has it up to 23.04. The new nginx comes from the first release that has
 * one, with all its libraries.
 */
export function planUnpack(os: OsRelease | undefined): UnpackPlan | undefined {
  if (os === undefined || !/^[a-z]+$/.test(os.codename)) return undefined
  const components = os.id === 'debian' ? ['main'] : ['main', 'universe']
  if (os.id !== 'debian' && os.id !== 'ubuntu') return undefined
  const rolling = ['stable', 'oldstable', 'oldoldstable', 'testing', 'unstable', 'sid']
  return {
    label: `${os.id}-${os.codename}`,
    releases: os.id === 'debian' ? [os.codename, ...rolling] : [os.codename],
    keyrings: ['gpg', 'pgp'].map((ending) => `/usr/share/keyrings/${os.id}-archive-keyring.${ending}`),
    sets: {
      nginx: { suite: os.codename, components, packages: nginxPackages },
      'newer-nginx': {
        suite: os.id === 'debian' ? 'forky' : 'resolute',
        components,
        packages: nginxPackages,
        ownLibraries: true,
      },
      consul: { suite: os.id === 'debian' ? 'bullseye' : os.codename, components, packages: ['consul'] },
    },
  }
}
