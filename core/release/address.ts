import { bracketed, parseAddress } from '../route/address.ts'

/** Whether the text is a literal IPv4 or IPv6 address: no name, no brackets, no zone, no leading zeros in IPv4. */
export function isAddressLiteral(text: string): boolean {
  return parseAddress(text) !== null
}

/** Address and port as they stand in URLs, logs and nginx: IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return `${bracketed(address)}:${port}`
}
