#!/usr/bin/env node
import { createInterface } from 'node:readline/promises'
import { main } from './commands/main.ts'

async function ask(question: string): Promise<string> {
  // The question goes to stderr, so that stdout holds nothing but the result.
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return await lines.question(question)
  } catch {
    // Ctrl-C and Ctrl-D end the question without an answer, and that is no.
    return ''
  } finally {
    lines.close()
  }
}

const line = (text: string) => (text.endsWith('\n') ? text : `${text}\n`)

process.exitCode = await main(process.argv.slice(2), {
  out: (text) => process.stdout.write(line(text)),
  err: (text) => process.stderr.write(line(text)),
  ask: process.stdin.isTTY ? ask : null,
  env: process.env,
  now: () => Date.now(),
})
