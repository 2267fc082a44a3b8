/**
 * Whether this can only be a secret in the wrong place: a Consul or Vault token, an AWS key id, a key in PEM. Names and ids of settings
 * never look like that.
 */
export function looksSecret(value: string): boolean {
  return secretForms.some((form) => form.test(value.trim()))
}

const secretForms: readonly RegExp[] = [
  /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  /^(hv[sbr]|[sbr])\.[A-Za-z0-9_-]{20,}$/,
  /^(AKIA|ASIA)[A-Z0-9]{16}$/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/@]+@/i,
]

/** The value as it may be shown: short, on one line, and never a secret. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (isObject(value)) return 'an object'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'string' && looksSecret(value)) return `what looks like a secret (not shown)`
  const json = JSON.stringify(value) ?? String(value)
  return json.length > 80 ? `${json.slice(0, 77)}...` : json
}

/** The value's kind, for places where it may be a secret that looks like nothing known. */
export function kindOf(value: unknown): string {
  return typeof value === 'string' ? `a text of ${value.length} characters (not shown)` : shown(value)
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
