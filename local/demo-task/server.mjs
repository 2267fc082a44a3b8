// The process behind one container of a demo task. Plain JavaScript, because a task that starts in 30 ms
// instead of 60 is worth it.
//
// NODE_NAME, TASK_ID   what it answers with
// PORTS                "8080=0,9102=9102": a container port and where to listen for it; 0 takes a free port
// LISTEN_ADDRESS       127.0.0.1 unless told otherwise
// GRACE                how many seconds it goes on serving after SIGTERM
//
// It prints one JSON line, {"listening":{"8080":40123}}, when it accepts connections on all ports.
import { createServer } from 'node:http'

const { NODE_NAME: name = 'node', TASK_ID: taskId = '', LISTEN_ADDRESS: address = '127.0.0.1' } = process.env
const graceMs = Number(process.env.GRACE ?? 5) * 1000
const ports = (process.env.PORTS ?? '8080=0').split(',').map((pair) => pair.split('=').map(Number))

let healthy = true
let closing = false

/** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function answer(request, response) {
  const url = new URL(request.url ?? '/', 'http://task')
  unused.delete(request.socket)
  response.setHeader('x-task-id', taskId)
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  if (closing) response.setHeader('connection', 'close')
  if (url.pathname === '/health') return answerHealth(request, response, url)
  if (url.pathname !== '/slow') return response.end(`Hello World from ${name}\n`)
  // The header must be decided when the answer is sent: closing may begin while it waits.
  setTimeout(
    () => {
      if (closing) response.setHeader('connection', 'close')
      response.end(`Hello World from ${name}\n`)
    },
    Number(url.searchParams.get('ms') ?? 1000),
  )
}

/** GET tells the health; PUT /health?healthy=false changes it, to play an unhealthy container. */
function answerHealth(request, response, url) {
  if (request.method === 'PUT') healthy = url.searchParams.get('healthy') !== 'false'
  response.writeHead(healthy ? 200 : 500).end(healthy ? 'healthy\n' : 'unhealthy\n')
}

/** Refuses new connections, ends idle ones, lets requests in flight finish, and exits when nothing is left. */
function close() {
  if (closing) return
  closing = true
  let open = servers.length
  for (const server of servers) {
    server.close(() => {
      open -= 1
      if (open === 0) process.exit(0)
    })
    server.closeIdleConnections()
  }
  // A connection that never carried a request isn't idle to Node, and would hold the process. What was just accepted
  // gets a moment to bring its request.
  setTimeout(() => {
    for (const socket of unused) socket.destroy()
  }, 200)
}

/** @type {Set<import('node:net').Socket>} Connections that have not carried a request yet. */
const unused = new Set()
const servers = ports.map(() => createServer({ keepAliveTimeout: 65_000 }, answer))
for (const server of servers) {
  server.on('connection', (socket) => {
    unused.add(socket)
    socket.once('close', () => unused.delete(socket))
  })
}

// A second SIGTERM ends the grace time.
process.once('SIGTERM', () => {
  process.on('SIGTERM', close)
  if (graceMs > 0) setTimeout(close, graceMs)
  else close()
})
// Ctrl-C reaches the whole terminal group; whether a task stops is the control plane's decision.
process.on('SIGINT', () => {})

// Nobody would stop a task whose control plane was killed, so it ends by itself.
const parent = process.ppid
setInterval(() => process.ppid !== parent && process.exit(1), 500).unref()

await Promise.all(
  servers.map(
    (server, index) =>
      new Promise((resolve, reject) => {
        server.once('error', reject).listen(ports[index][1], address, () => resolve(undefined))
      }),
  ),
)
const listening = Object.fromEntries(servers.map((server, index) => [ports[index][0], server.address().port]))
process.stdout.write(`${JSON.stringify({ listening })}\n`)
