import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTaskDefinition } from '../../../core/task/definition.ts'
import { desiredInstances } from '../../../core/task/desired.ts'
import { parseTask } from '../../../core/task/parse-task.ts'
import { registrar } from '../../support/ledger.ts'
import { sampleEvent } from '../../support/task-events.ts'

type Labels = Readonly<Record<string, string>>

/** A task of two containers: one with these labels and port 3000, and a sibling on port 4000 that must not be touched. */
function desiredWith(dockerLabels: Labels) {
  const containerDefinitions = [
    { name: 'cart', portMappings: [{ containerPort: 3000 }], dockerLabels },
    { name: 'sibling', portMappings: [{ containerPort: 4000 }] },
  ]
  const taskDefinitionArn = 'arn:aws:ecs:eu-central-1:210987654321:task-definition/cart:57'
  const definition = parseTaskDefinition({
    taskDefinitionArn,
    family: 'cart',
    networkMode: 'awsvpc',
    containerDefinitions,
  })
  const containers = ['cart', 'sibling'].map((name) => ({ name, lastStatus: 'RUNNING' }))
  const task = parseTask({ ...sampleEvent('awsvpc').detail, containers })
  return desiredInstances({ task, definition, host: null, health: {} }, registrar)
}

const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`SERVICE_KEY${index}`, 'x']))

const refused: readonly (readonly [what: string, labels: Labels, words: RegExp])[] = [
  ['a name of 64 characters', { SERVICE_NAME: 'n'.repeat(64) }, /SERVICE_NAME.*at most 63/],
  ['a name of 300 characters', { SERVICE_NAME: 'n'.repeat(300) }, /SERVICE_NAME/],
  ['a name with a space', { SERVICE_NAME: 'my cart' }, /"my cart".*SERVICE_NAME/],
  ['a name with a slash', { SERVICE_NAME: 'shop/cart' }, /"shop\/cart"/],
  ['a name of emoji', { SERVICE_NAME: '🛒' }, /SERVICE_NAME/],
  ['a name with a newline', { SERVICE_NAME: 'cart\nevil' }, /"cart\\nevil"/],
  ['a name with a control character', { SERVICE_NAME: 'cart\u0000' }, /"cart\\u0000"/],
  ['a name that begins with a hyphen', { SERVICE_NAME: '-cart' }, /begin and end/],
  ['an id with a space', { SERVICE_ID: 'my id' }, /SERVICE_ID/],
  ['a tag with a control character', { SERVICE_TAGS: 'blue,gr\u0007een' }, /SERVICE_TAGS.*printable/],
  ['a tag of 256 characters', { SERVICE_TAGS: 't'.repeat(256) }, /at most 255/],
  ['a meta value with a newline', { SERVICE_NOTE: 'a\nb' }, /"a\\nb".*control/],
  ['a meta value of 513 bytes', { SERVICE_NOTE: 'x'.repeat(513) }, /513 bytes.*512/],
  ['a meta value of 300 characters that are 600 bytes', { SERVICE_NOTE: 'ü'.repeat(300) }, /600 bytes/],
  ['a meta key that Consul keeps for itself', { 'SERVICE_CONSUL-NETWORK': 'x' }, /consul-network/],
  ['a meta key with a dot', { 'SERVICE_A.B': 'x' }, /"a\.b"/],
  ['65 meta keys', many, /more than the 64/],
  ['a weight of 0', { SERVICE_WEIGHT: '0' }, /SERVICE_WEIGHT.*1 to 65535/],
  ['a weight that is no number', { SERVICE_WEIGHT: 'heavy' }, /SERVICE_WEIGHT/],
  ['a weight that is too large', { SERVICE_3000_WEIGHT: '65536' }, /SERVICE_WEIGHT/],
]

for (const [what, labels, words] of refused) {
  test(`${what} fails its own instance with one problem, and the sibling is registered`, () => {
    const { instances, problems } = desiredWith(labels)
    assert.deepEqual(
      instances.map(({ port }) => port),
      [4000],
    )
    assert.equal(problems.length, 1)
    assert.deepEqual([problems[0]?.container, problems[0]?.port, problems[0]?.refused], ['cart', 3000, true])
    assert.match(problems[0]?.problem ?? '', words)
    assert.ok((problems[0]?.problem ?? '').length < 400, 'a value is cut')
  })
}

test('a word for a port that the container does not have is refused by its name, and the instances are registered', () => {
  for (const name of ['SERVICE_8081_NAME', 'SERVICE_99999_TAGS', 'SERVICE_0_CHECK_HTTP']) {
    const { instances, problems } = desiredWith({ [name]: 'x' })
    assert.equal(instances.length, 2, name)
    assert.deepEqual([problems.length, problems[0]?.refused], [1, true], name)
    assert.match(problems[0]?.problem ?? '', new RegExp(`${name}.*it has 3000`))
  }
  assert.deepEqual(desiredWith({ SERVICE_8081_IGNORE: 'true' }).problems, [])
})

const heeded: readonly (readonly [what: string, labels: Labels, words: RegExp])[] = [
  ['a script check', { SERVICE_CHECK_SCRIPT: '/bin/true' }, /SERVICE_CHECK_SCRIPT is not heeded: no agent/],
  ['a command check', { SERVICE_CHECK_CMD: 'true' }, /SERVICE_CHECK_CMD is not heeded/],
  ['a TTL check', { SERVICE_3000_CHECK_TTL: '30s' }, /SERVICE_3000_CHECK_TTL is not heeded/],
  ['a check with a bad interval', { SERVICE_CHECK_TCP: 'true', SERVICE_CHECK_INTERVAL: 'soon' }, /"soon"/],
  ['a check of a path without a slash', { SERVICE_CHECK_HTTP: 'health' }, /"health".*begins with \//],
  ['a word that nobody knows', { SERVICE_CHECK_HTPP: '/' }, /SERVICE_CHECK_HTPP is not heeded/],
  ['a time after which others would deregister', { SERVICE_CHECK_DEREGISTER_AFTER: '1m' }, /ECS stops/],
  ['a label that claims what is ours', { SERVICE_REGISTRAR: 'me' }, /SERVICE_REGISTRAR is not heeded/],
  ['a name that DNS cannot ask for', { SERVICE_NAME: 'my_cart' }, /DNS.*"my_cart"/],
]

for (const [what, labels, words] of heeded) {
  test(`${what} is warned about, and the instance is registered`, () => {
    const { instances, problems } = desiredWith(labels)
    assert.equal(instances.length, 2)
    assert.deepEqual(
      problems.map(({ refused: isRefused }) => isRefused),
      [false],
    )
    assert.match(problems[0]?.problem ?? '', words)
    assert.equal(instances[0]?.storedCheck, null)
  })
}

test('blank words are as good as none', () => {
  const blank = {
    SERVICE_NAME: '  ',
    SERVICE_ID: ' ',
    SERVICE_TAGS: ' , ,',
    SERVICE_WEIGHT: ' ',
    SERVICE_IGNORE: '',
  }
  const { instances, problems } = desiredWith(blank)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    instances.map(({ service, tags, weight }) => [service, tags.length, weight]),
    [
      ['cart', 0, 1],
      ['cart', 0, 1],
    ],
  )
})

test('a weight that is allowed is the instance’s own, and no meta', () => {
  const [instance] = desiredWith({ SERVICE_WEIGHT: '5', SERVICE_3000_WEIGHT: '7' }).instances
  assert.deepEqual([instance?.weight, instance?.meta.weight], [7, undefined])
})
