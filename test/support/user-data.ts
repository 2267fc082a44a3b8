import assert from 'node:assert/strict'
import type { Template } from 'aws-cdk-lib/assertions'

/** The first-start script of the fleet's hosts, with a word in place of each reference. */
export function userDataOf(template: Template): string {
  const [found] = Object.values(template.findResources('AWS::EC2::LaunchTemplate'))
  const { UserData } = found?.Properties.LaunchTemplateData ?? assert.fail('no launch template')
  const parts: unknown[] = UserData['Fn::Base64']['Fn::Join'][1]
  return parts.map((part) => (typeof part === 'string' ? part : 'reference')).join('')
}

/** A file that such a script writes by a here-document. */
export function fileIn(script: string, path: string): string {
  const begin = new RegExp(`^cat > ${path} <<'(\\w+)'\\n`, 'm').exec(script) ?? assert.fail(`no ${path}`)
  const [head, mark] = begin
  const rest = script.slice(begin.index + head.length)
  return rest.slice(0, rest.indexOf(`\n${mark}\n`) + 1)
}
