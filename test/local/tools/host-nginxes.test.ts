import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuaysideError } from '../../../core/errors.ts'
import { hostNginxes } from '../../../local/tools/host-nginxes.ts'
import type { NginxTool } from '../../../local/tools/tool.ts'

const tool = (version: string): NginxTool => ({
  ...{ version, path: `/usr/sbin/nginx-${version}`, source: 'PATH' },
  ...{ modules: {}, stream: true },
})

test('the first host has the usual nginx, the second the newer one', async () => {
  const found = await hostNginxes(tool('1.22.1'), assert.fail, async () => tool('1.30.6'))
  assert.deepEqual(found, [tool('1.22.1'), tool('1.30.6')])
})

test('where no newer nginx is to be had both hosts have the usual one, and that is said with the reason', async () => {
  const lines: string[] = []
  const none = () =>
    Promise.reject(new QuaysideError('BINARY_MISSING', 'no newer nginx here\nset a variable'))
  const found = await hostNginxes(tool('1.22.1'), (line) => lines.push(line), none)
  assert.deepEqual(found, [tool('1.22.1'), tool('1.22.1')])
  assert.deepEqual(lines, ['Both hosts run nginx 1.22.1 and reload for every change: no newer nginx here'])
})
