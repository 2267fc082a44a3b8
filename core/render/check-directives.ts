import { QuaysideError } from '../errors.ts'
import { allowedDirectives } from './allowed-directives.ts'
import { isOurName, namePrefix } from './names.ts'
import type { Directive } from './nginx-parse.ts'

/** Throws `RENDER_REFUSED` at the first directive that we never write in its place. */
export function checkDirectives(
  path: string,
  directives: readonly Directive[],
  parent: string,
  context: string,
): void {
  const allowed = allowedDirectives[parent] ?? []
  for (const { name, block, line } of directives) {
    const wanted = block === null ? name : `${name}{}`
    if (!allowed.includes(wanted)) {
      throw refused(
        path,
        line,
        `"${name}"${block === null ? '' : ' with a block'} is not written by us in ${parent}`,
      )
    }
    // The inside of these is data: any word may stand first in a line.
    if (block === null || definesVariable(name)) continue
    checkDirectives(path, block, name === 'server' ? `${context} server` : name, context)
  }
}

/** Throws `RENDER_REFUSED` where something gets a name that could meet one of the operator. */
export function checkNames(path: string, directives: readonly Directive[]): void {
  for (const { name, args, line } of directives) {
    const given = definesVariable(name) ? args[1]?.replace(/^\$/, '') : args[0]
    const names = definesVariable(name) || name === 'upstream' || name === 'log_format'
    if (names && !isOurName(given ?? '')) {
      throw refused(path, line, `the name "${given ?? ''}" of ${name} doesn't begin with ${namePrefix}`)
    }
  }
}

function definesVariable(directive: string): boolean {
  return directive === 'map' || directive === 'split_clients'
}

/** An error that names what differs, and where. */
export function refused(path: string, line: number, difference: string): QuaysideError {
  return new QuaysideError('RENDER_REFUSED', `${path}, line ${line}: ${difference}`)
}
