import type { Reply } from '../http-server.ts'

/** A tree of elements: a text, a list of repeated elements under one name, or nested elements. */
export type XmlValue = string | number | boolean | undefined | readonly XmlValue[] | XmlElements
export type XmlElements = { readonly [name: string]: XmlValue }

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Escapes markup, and control characters as character references, since keys may hold any. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"']/g, (char) => entities[char] ?? char)
    .replace(/[\r\n\t]/g, (char) => `&#${char.charCodeAt(0)};`)
}

export function renderXml(elements: XmlElements): string {
  return Object.entries(elements)
    .flatMap(([name, value]) =>
      isList(value) ? value.map((item) => [name, item] as const) : [[name, value] as const],
    )
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `<${name}>${renderValue(value)}</${name}>`)
    .join('')
}

/** A document with S3's namespace on its root element. */
export function xmlReply(root: string, elements: XmlElements, status = 200): Reply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${renderXml(elements)}</${root}>`
  return { status, headers: { 'content-type': 'application/xml' }, body }
}

/** The texts of all elements of that name, in order. Enough for the flat bodies that S3 requests carry. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>(.*?)</${name}>`, 'gs'))].map(
    (match) => match[1] ?? '',
  )
}

export function unescapeXml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
    return decimal ? String.fromCodePoint(Number(decimal)) : (named[name] ?? whole)
  })
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value)
}

function renderValue(value: XmlValue): string {
  return typeof value === 'object' && !isList(value) ? renderXml(value) : escapeXml(String(value))
}
