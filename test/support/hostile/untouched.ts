import assert from 'node:assert/strict'
import type { NginxContext } from '../../../core/release/layout.ts'
import { type Directive, parseNginx } from '../../../core/render/nginx-parse.ts'
import { scanTokens } from '../../../core/render/nginx-tokens.ts'

type Texts = Readonly<Record<NginxContext, string>>

/**
 * Asserts that `texts` say what `base` says, byte for byte, and more only in whole blocks of the kinds that services have: servers,
 * locations, upstreams and their flags. The sizes of hash tables alone may follow the longest name.
 */
export function assertUntouched(texts: Texts, base: Texts, what: string): void {
  for (const context of ['http', 'stream'] as const) {
    assertLinesKept(texts[context], base[context], `${what}, ${context}`)
    const blocks = byPlace(parseNginx(texts[context]))
    const known = byPlace(parseNginx(base[context]))
    for (const [place, directive] of known) {
      const found = blocks.get(place)
      assert.deepEqual(found && shape(found, locationsOf(directive)), shape(directive), `${what}: ${place}`)
    }
    for (const [place, { name }] of blocks) {
      if (!known.has(place))
        assert.ok(['server', 'upstream', 'map', 'split_clients'].includes(name), `${what}: ${place}`)
    }
    assertPlainWords(texts[context], base[context], what)
  }
}

/** Server blocks as text, by the host that they are for. */
export function blocksByHost({ http }: Texts): ReadonlyMap<string, readonly string[]> {
  const blocks = http.split(/^(?=server \{)/m)
  return Map.groupBy(blocks, (block) => /^ {4}server_name (\S+);$/m.exec(block)?.[1] ?? '')
}

const hashSize = /^(server_names|variables)_hash_(bucket|max)_size /

function assertLinesKept(text: string, base: string, what: string): void {
  const lines = text.split('\n')
  let at = 0
  for (const line of base.split('\n')) {
    if (hashSize.test(line)) continue
    const found = lines.indexOf(line, at)
    assert.ok(found !== -1, `${what}: the line "${line}" is gone`)
    at = found + 1
  }
}

function byPlace(directives: readonly Directive[]): ReadonlyMap<string, Directive> {
  const placed = directives.filter(({ name }) => !hashSize.test(`${name} `))
  return new Map(placed.map((one) => [placeOf(one), one]))
}

function placeOf({ name, args, block }: Directive): string {
  const own = name === 'server' ? (block ?? []).filter((one) => /^(listen|server_name)$/.test(one.name)) : []
  return [name, ...args, ...own.flatMap((one) => [one.name, ...one.args])].join(' ')
}

function locationsOf({ block }: Directive): ReadonlySet<string> {
  return new Set((block ?? []).filter(({ name }) => name === 'location').map(placeOf))
}

/** The directive without lines, and without locations that are not among `kept`. */
function shape({ name, args, block }: Directive, kept?: ReadonlySet<string>): unknown {
  const inner = (block ?? []).filter((one) => one.name !== 'location' || (kept?.has(placeOf(one)) ?? true))
  return [name, args, block === null ? null : inner.map((one) => shape(one))]
}

const bareWord = /^[A-Za-z0-9_.:/*~[\]=-]{1,1100}$/

/** The few forms that templates write with more than a bare word in them, each with one word of a service. */
const forms: readonly RegExp[] = [
  /^\(?\$quayside_\w+\)?$/,
  /^https?:\/\/[A-Za-z0-9_.:/~-]{1,1300}(\$request_uri)?$/,
  /^max-age=\d+(; includeSubDomains)?$/,
  /^(\$scheme:)?\$cookie_\w{1,64}$/,
  /^\w{1,64}=\$request_id; Path=\/; (Secure; )?HttpOnly; SameSite=Lax$/,
]

/** Whatever is new outside comments is a bare word or one of the forms. */
function assertPlainWords(text: string, base: string, what: string): void {
  const known = new Set(wordsOf(base).map(({ value }) => value))
  for (const { value, quoted } of wordsOf(text)) {
    if (known.has(value)) continue
    const plain = (!quoted && bareWord.test(value)) || forms.some((form) => form.test(value))
    assert.ok(plain, `${what}: the word ${JSON.stringify(value)}`)
  }
}

function wordsOf(text: string): readonly { readonly value: string; readonly quoted: boolean }[] {
  const words: { value: string; quoted: boolean }[] = []
  scanTokens(text, 'text', (kind, value, _line, start) => {
    if (kind === 'word') words.push({ value, quoted: /["']/.test(text.charAt(start)) })
  })
  return words
}

/** The text without comment lines. */
export function withoutComments(text: string): string {
  return text.replace(/^\s*#.*$/gm, '')
}
