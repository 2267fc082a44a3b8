// What Lambda's own runtime does for a Node function, in plain JavaScript: it runs in the sandbox, where only the bundle is.
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`

const describe = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: String(error?.message ?? error),
})
const post = (path, body) => fetch(`${api}${path}`, { method: 'POST', body: JSON.stringify(body ?? null) })

async function load() {
  try {
    const { handler } = await import(process.argv[2])
    if (typeof handler !== 'function') throw new TypeError('the bundle exports no function "handler"')
    return handler
  } catch (error) {
    await post('/init/error', describe(error))
    process.exit(1)
  }
}

const handler = await load()
for (;;) {
  const next = await fetch(`${api}/invocation/next`)
  const id = next.headers.get('lambda-runtime-aws-request-id')
  const deadline = Number(next.headers.get('lambda-runtime-deadline-ms'))
  const event = await next.json()
  const context = {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    awsRequestId: id,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    await post(`/invocation/${id}/response`, await handler(event, context))
  } catch (error) {
    await post(`/invocation/${id}/error`, describe(error))
  }
}
