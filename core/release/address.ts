const octet = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const ipv4 = new RegExp(`^${octet}(\\.${octet}){3}$`)
const ipv6Characters = /^[0-9A-Fa-f:.]{2,45}$/

/** Whether the text is a literal IPv4 or IPv6 address: no name, no brackets, no zone, no leading zeros in IPv4. */
export function isAddressLiteral(text: string): boolean {
  return (
    ipv4.test(text) || (ipv6Characters.test(text) && text.includes(':') && URL.canParse(`http://[${text}]/`))
  )
}

/** Address and port as they stand in URLs, logs and nginx: IPv6 in brackets. */
export function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
