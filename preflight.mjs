// Plain JavaScript on purpose: it must run, and explain itself, on a Node that can't run the .ts files.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 24 || (major === 24 && minor < 12)) {
  process.stderr.write(`Quayside needs Node 24.12 or later (this is ${process.versions.node}, at ${process.execPath}).
Two ways out:
  1. Run "npm ci" without --ignore-scripts: the dev dependency "node" then brings Node 24 for the npm scripts.
  2. Install Node 24 yourself (https://nodejs.org), where that package has no build for your platform, and run the command again.
`)
  process.exit(1)
}
