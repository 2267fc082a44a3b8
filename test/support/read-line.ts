import { connect } from 'node:net'

/** All that a TCP server says before it ends the connection. */
export async function readLine(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  for await (const part of socket) text += String(part)
  return text
}
