import type { OsRelease } from './os-release.ts'
import { type ToolName, variables } from './tool.ts'

type Family = 'macos' | 'debian' | 'redhat' | 'other'

const page = 'https://developer.hashicorp.com/consul/install'

const newNginx = 'install nginx 1.27.3 or later as https://nginx.org/en/linux_packages.html says'

const commands: Record<Family, Record<ToolName, readonly string[]>> = {
  macos: {
    consul: ['brew tap hashicorp/tap', 'brew install hashicorp/tap/consul'],
    nginx: ['brew install nginx'],
    'newer-nginx': ['brew upgrade nginx'],
  },
  debian: {
    consul: [
      'curl -fsSL https://apt.releases.hashicorp.com/gpg | sudo tee /usr/share/keyrings/hashicorp.asc >/dev/null',
      'echo "deb [signed-by=/usr/share/keyrings/hashicorp.asc] https://apt.releases.hashicorp.com $(. /etc/os-release && echo $VERSION_CODENAME) main" | sudo tee /etc/apt/sources.list.d/hashicorp.list',
      'sudo apt-get update && sudo apt-get install consul',
    ],
    nginx: ['sudo apt-get install nginx libnginx-mod-stream'],
    'newer-nginx': [newNginx],
  },
  redhat: {
    consul: [
      'sudo curl -fsSL -o /etc/yum.repos.d/hashicorp.repo https://rpm.releases.hashicorp.com/RHEL/hashicorp.repo',
      'sudo dnf install consul',
    ],
    nginx: ['sudo dnf install nginx nginx-mod-stream'],
    'newer-nginx': [newNginx],
  },
  other: {
    consul: [`follow ${page}`],
    nginx: ['install nginx 1.18 or later, with its stream module, by the package manager of this system'],
    'newer-nginx': [newNginx],
  },
}

/** Which commands fit a machine: decided by the platform and, on Linux, by the distribution or what it is like. */
export function familyOf(platform: NodeJS.Platform, os: OsRelease | undefined): Family {
  if (platform === 'darwin') return 'macos'
  const names = os === undefined ? [] : [os.id, ...os.like]
  if (names.some((name) => name === 'debian' || name === 'ubuntu')) return 'debian'
  return names.some((name) => ['fedora', 'rhel', 'centos', 'amzn'].includes(name)) ? 'redhat' : 'other'
}

/** The whole message for programs that are missing: which, what was tried, and every command to run. */
export function installHint(
  missing: readonly ToolName[],
  machine: { platform: NodeJS.Platform; os: OsRelease | undefined },
  reason: string,
): string {
  const family = familyOf(machine.platform, machine.os)
  const steps = missing.flatMap((tool) => commands[family][tool].map((command) => `  ${command}`))
  const named = missing.map((tool) => `${variables[tool]}=/path/to/${tool}`).join(' ')
  return [
    `${missing.join(' and ')} could not be found on this machine (${machine.os?.name || machine.platform}): ${reason}.`,
    'Install by:',
    ...steps,
    `or name the programs that you have: ${named}`,
  ].join('\n')
}
