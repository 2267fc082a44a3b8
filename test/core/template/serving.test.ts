import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { renderInForce, renderOperatorFiles } from '../../../core/template/operator-files.ts'
import { eventually } from '../../support/eventually.ts'
import { startTestNginx } from '../../support/nginx.ts'
import { freePorts } from '../../support/ports.ts'
import { listen } from '../../support/serve-routes.ts'
import { instance, knownData } from '../../support/template-data.ts'
import { tempDir } from '../../support/tmp.ts'
import { tutorial } from '../../support/tutorial.ts'

/** A service of this name on loopback, as an instance of the catalog. */
async function backend(t: TestContext, at: number) {
  const place = await listen(
    t,
    http.createServer((_, answer) => answer.setHeader('Connection', 'close').end(`backend ${at}`)),
  )
  return instance('nginx', at, { address: '127.0.0.1', port: Number(place.split(':')[1]) })
}

test("the tutorials' template serves who takes traffic, follows each change by a reload, and survives none at all", async (t) => {
  const [port = 0] = await freePorts(1)
  const [one, two] = [await backend(t, 1), await backend(t, 2)]
  const first = renderOperatorFiles({ 'app.http': tutorial(port) }, knownData({ instances: [one] }), [])
  const [file] = first.files
  assert.ok(file)
  const entryFolder = join(tempDir(t), 'entries')
  mkdirSync(entryFolder)
  const entry = join(entryFolder, 'quayside.http.conf')
  writeFileSync(entry, file.blobs[0] ?? '')
  const nginx = await startTestNginx(t, { entryFolder, workers: 1 })

  const get = async () => {
    const [response] = await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response')
    const body = await text(response)
    return response.statusCode === 200 ? body : String(response.statusCode)
  }
  const follow = async (instances: readonly ReturnType<typeof instance>[], ...answers: readonly string[]) => {
    writeFileSync(entry, renderInForce(file, knownData({ instances })).files[0]?.blobs[0] ?? '')
    nginx.hup()
    await eventually(`${answers}`, async () => {
      const found = new Set([await get(), await get()])
      return found.size === answers.length && answers.every((answer) => found.has(answer))
    })
  }
  assert.equal(await get(), 'backend 1')
  await follow([one, two], 'backend 1', 'backend 2')
  await follow([], '502')
  await follow([two], 'backend 2')
})
