/** Object keys in the release bucket. Blobs and layouts are named by their content and never change. */
export function blobKey(sha256: string): string {
  return `blobs/${sha256}`
}

export function layoutKey(id: string): string {
  return `layouts/${id}.json`
}

export function channelKey(channel: string): string {
  return `channels/${channel}.json`
}

/** Zero-padded, so that a listing is in order. */
export function publicationKey(generation: number): string {
  return `publications/${String(generation).padStart(12, '0')}.json`
}

/** The host's AWS user id (`<role id>:<instance id>`); a policy lets each host write its own report only. */
export function hostReportKey(userId: string): string {
  return `hosts/${userId}.json`
}
