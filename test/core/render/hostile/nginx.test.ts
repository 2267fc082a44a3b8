import assert from 'node:assert/strict'
import { test } from 'node:test'
import { capabilityOf, parseNginxVersion } from '../../../../core/host/nginx-version.ts'
import { bothNginxes, isAboutHttp2, openNginxCheck } from '../../../support/check-nginx.ts'
import { batches } from '../../../support/hostile/batches.ts'
import { renderCatalog } from '../../../support/hostile/chain.ts'
import { neighbours, townSettings } from '../../../support/hostile/town.ts'
import { isFull } from '../../../support/scale.ts'

const check = openNginxCheck()
const town = renderCatalog(neighbours, townSettings)

for (const [name, tool] of Object.entries(bothNginxes)) {
  test(`${name} accepts without a warning what is made of hostile values`, async () => {
    for (const batch of isFull ? batches : batches.slice(0, 2)) {
      const { name: what, planted } = batch()
      const hostile = planted.map(({ service }) => service)
      const { texts, newestTexts } = renderCatalog([...neighbours, ...hostile], townSettings, town.next)
      const nginx = await tool()
      const own = capabilityOf(parseNginxVersion(`nginx/${nginx.version}`) ?? [0, 0, 0]).sticky
      const { accepted, complaints } = await check(nginx, own ? newestTexts() : texts)
      const others = complaints.filter((line) => !isAboutHttp2(line))
      assert.deepEqual(others, [], what)
      assert.ok(accepted)
    }
  })
}
