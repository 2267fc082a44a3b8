import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2), console.log, console.error)
// What AWS clients keep open (idle sockets, timers) must not hold a process whose work is done.
process.exit()
