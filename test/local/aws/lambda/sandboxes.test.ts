import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lambdaContext } from '../../../../local/aws/lambda/context.ts'
import { deployFunction } from '../../../../local/aws/lambda/sandboxes.ts'
import { tempDir } from '../../../support/tmp.ts'
import { testProcesses } from '../../../support/tools.ts'

/** A function of this code, with the lines that it writes. */
async function deploy(t: TestContext, code: string, environment: Readonly<Record<string, string>> = {}) {
  const folder = tempDir(t)
  writeFileSync(join(folder, 'index.mjs'), code)
  const lines: string[] = []
  const processes = await testProcesses(t)
  const options = { processes, onLine: (line: string) => lines.push(line) }
  const fn = deployFunction({ name: 'example', folder, environment }, options)
  t.after(() => fn.close())
  const invoke = (event: unknown, timeoutMs = 5_000) => fn.invoke(event, lambdaContext('example', timeoutMs))
  return { lines, invoke }
}

test('a function is handed its event and time, has its environment alone, and answers', async (t) => {
  const code = `export const handler = async (event, context) => ({
    event, name: context.functionName, ms: context.getRemainingTimeInMillis(), env: Object.keys(process.env).sort() })`
  const { invoke } = await deploy(t, code, { OWN: 'x' })
  const { event, name, ms, env } = (await invoke({ a: 1 })) as Record<string, unknown>
  assert.deepEqual([event, name], [{ a: 1 }, 'example'])
  assert.ok(Number(ms) > 0 && Number(ms) <= 5_000)
  assert.deepEqual(env, ['AWS_LAMBDA_FUNCTION_NAME', 'AWS_LAMBDA_RUNTIME_API', 'OWN'])
})

test('a sandbox is used again, and another one runs what comes meanwhile', async (t) => {
  const code = `let count = 0
    export const handler = async ({ ms }) => { count += 1; await new Promise((done) => setTimeout(done, ms)); return [process.pid, count] }`
  const { invoke } = await deploy(t, code)
  const first = (await invoke({ ms: 0 })) as readonly number[]
  assert.deepEqual(await invoke({ ms: 0 }), [first[0], 2])
  const [slow, quick] = (await Promise.all([invoke({ ms: 500 }), invoke({ ms: 0 })])) as number[][]
  assert.notEqual(slow?.[0], quick?.[0])
})

test('what a handler throws is the answer, and its lines are heard', async (t) => {
  const code = `export const handler = async () => { console.log('so far'); throw new RangeError('too far') }`
  const { invoke, lines } = await deploy(t, code)
  await assert.rejects(invoke({}), { name: 'RangeError', message: 'too far' })
  assert.deepEqual(lines, ['so far'])
})

test('an invocation whose time is up fails, and its sandbox with it', async (t) => {
  const code = `export const handler = async ({ wait }) => { if (wait) await new Promise(() => setInterval(() => {}, 100)); return process.pid }`
  const { invoke } = await deploy(t, code)
  const before = await invoke({ wait: false })
  await assert.rejects(invoke({ wait: true }, 200), /example timed out after 200 ms/)
  assert.notEqual(await invoke({ wait: false }), before)
})

test('a bundle that cannot be loaded says why, and one that ends says how', async (t) => {
  const broken = await deploy(t, `throw new Error('no settings here')`)
  await assert.rejects(broken.invoke({}), /no settings here/)
  const ending = await deploy(t, 'export const handler = async () => process.exit(3)')
  await assert.rejects(ending.invoke({}), /ended with exit code 3/)
  await assert.rejects(ending.invoke({}), /ended with exit code 3/)
})
