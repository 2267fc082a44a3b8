import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestConsul } from '../../support/consul.ts'
import { eventually } from '../../support/eventually.ts'
import { currentRelease, startPublisher, testCatalog } from '../../support/publisher.ts'
import { startTestS3 } from '../../support/s3.ts'

test('services that others registered are followed and routed for their tags of fabio and Traefik', async (t) => {
  const consul = await startTestConsul(t)
  const s3 = await startTestS3(t)
  const catalog = testCatalog(t, consul)
  await catalog.bootstrap()
  await catalog.foreign('shop', 'shop-1', 9001, {}, ['urlprefix-shop.test/cart strip=/cart'])
  await catalog.foreign('blog', 'blog-1', 9002, {}, ['traefik.http.routers.blog.rule=Host(`blog.test`)'])
  await catalog.foreign('off', 'off-1', 9003, {}, ['traefik.enable=false', 'urlprefix-off.test/'])
  const publisher = startPublisher(t, consul, s3)
  await eventually('both services', () => Object.keys(currentRelease(s3)?.servers ?? {}).includes('shop'))
  await catalog.foreign('late', 'late-1', 9004, {}, ['urlprefix-late.test/', 'urlprefix-b.test/ auth=x'])
  await eventually('a third one', () => currentRelease(s3)?.servers.late?.length === 1)
  const { servers } = currentRelease(s3)!
  assert.deepEqual(
    [servers.shop, servers.blog, servers.late, servers.off],
    [['10.9.0.1:9001'], ['10.9.0.1:9002'], ['10.9.0.1:9004'], undefined],
  )
  const problems = publisher.log.filter(({ event }) => event === 'route-problem')
  assert.match(String(problems[0]?.fields.problem), /late@dc1: invalid urlprefix-b\.test\/.*left out/)
  await publisher.stop()
})
