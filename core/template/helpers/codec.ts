import { createHash, createHmac } from 'node:crypto'
import { byText, sha256 } from '../../canonical.ts'
import { type Helpers, isObject, numberArg, takes, textArg } from './helper.ts'

/** Parsing, writing and hashing. An empty text is parsed as false, 0 or an empty object, as in consul-template. JSON comes out with sorted keys, so that the same data give the same bytes. */
export const codecHelpers: Helpers = {
  parseBool: takes(1, (text) => parseBool(textArg(text))),
  parseFloat: takes(1, (text) => numberArg(textArg(text) || '0')),
  parseInt: takes(1, (text) => parseWhole(textArg(text), /^[+-]?\d+$/)),
  parseUint: takes(1, (text) => parseWhole(textArg(text), /^\+?\d+$/)),
  parseJSON: takes(1, (text) => parseJson(textArg(text))),
  toJSON: takes(1, (value) => escapeHtml(JSON.stringify(sorted(value)))),
  toJSONPretty: takes(1, (value) => escapeHtml(JSON.stringify(sorted(value), null, 2))),
  toUnescapedJSON: takes(1, (value) => JSON.stringify(sorted(value))),
  toUnescapedJSONPretty: takes(1, (value) => JSON.stringify(sorted(value), null, 2)),
  base64Encode: takes(1, (text) => Buffer.from(textArg(text)).toString('base64')),
  base64Decode: takes(1, (text) => decoded(textArg(text), /^[A-Za-z0-9+/]*={0,2}$/, 'base64')),
  base64URLEncode: takes(1, (text) => Buffer.from(textArg(text)).toString('base64url')),
  base64URLDecode: takes(1, (text) => decoded(textArg(text), /^[A-Za-z0-9_-]*={0,2}$/, 'base64url')),
  md5sum: takes(1, (text) => createHash('md5').update(textArg(text)).digest('hex')),
  sha256Hex: takes(1, (text) => sha256(textArg(text))),
  hmacSHA256Hex: takes(2, (text, key) =>
    createHmac('sha256', textArg(key)).update(textArg(text)).digest('hex'),
  ),
}

function parseBool(text: string): boolean {
  if (text === '') return false
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  throw new TypeError(`${JSON.stringify(text)} is neither true nor false`)
}

function parseWhole(text: string, pattern: RegExp): number {
  if (text === '') return 0
  const value = Number(text)
  if (pattern.test(text) && Number.isSafeInteger(value)) return value
  throw new TypeError(`${JSON.stringify(text)} is no such whole number`)
}

function parseJson(text: string): unknown {
  if (text === '') return {}
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new TypeError('the text is not JSON', { cause })
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isObject(value)) return value === undefined ? null : value
  const entries = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const)
  return Object.fromEntries(entries.sort(([a], [b]) => byText(a, b)))
}

/** Go's JSON writes these as escapes. */
function escapeHtml(json: string): string {
  return json.replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

function decoded(text: string, alphabet: RegExp, encoding: 'base64' | 'base64url'): string {
  if (alphabet.test(text)) return Buffer.from(text, encoding).toString('utf8')
  throw new TypeError(`the text is not ${encoding}`)
}
