/** Object keys in the release bucket. Blobs and layouts are named by their content and never change. */
export function blobKey(sha256: string): string {
  return `blobs/${sha256}`
}

export function isBlobKey(key: string): boolean {
  return key.startsWith('blobs/')
}

export function layoutKey(id: string): string {
  return `layouts/${id}.json`
}

export function channelKey(channel: string): string {
  return `channels/${channel}.json`
}

export const publicationPrefix = 'publications/'

/** Zero-padded, so that a listing is in order. */
export function publicationKey(generation: number): string {
  return `${publicationPrefix}${String(generation).padStart(12, '0')}.json`
}

/** The generation in the key of a publication; null for any other key. */
export function generationOf(key: string): number | null {
  const [, digits] = /^publications\/(\d{12,16})\.json$/.exec(key) ?? []
  return digits === undefined ? null : Number(digits)
}

export const hostReportPrefix = 'hosts/'

/** The host's AWS user id (`<role id>:<instance id>`); a policy lets each host write its own report only. */
export function hostReportKey(userId: string): string {
  return `${hostReportPrefix}${userId}.json`
}

export function isHostReportKey(key: string): boolean {
  return /^hosts\/[^/]+\.json$/.test(key)
}
