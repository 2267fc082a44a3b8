/** Where hosts find in Parameter Store what they need to be set up; none of it is secret. */
export function parameterNames(deployment: string) {
  const name = (last: string) => `/quayside/${deployment}/${last}`
  return {
    publicKey: name('public-key'),
    agentUrl: name('agent-url'),
    agentSha256: name('agent-sha256'),
  }
}
