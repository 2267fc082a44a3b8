import { readFileSync } from 'node:fs'
import { runCommand } from './commands/commands.ts'

const { env, argv } = process
process.exitCode = await runCommand(argv.slice(2), {
  env,
  readFile: (path) => readFileSync(path, 'utf8'),
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
})
