/**
 * Finds the first line in new error-log text that says that a reload failed. A failed `bind()` is no verdict (nginx tries five times and
 * then says `still could not bind()`), and neither is any `crit` line: those come from traffic. Lines of other processes are left out
 * where a pid is in them, since an operator's own `nginx -t` writes to the same log.
 */
export function fatalLine(text: string, master: number): string | null {
  for (const line of text.split('\n')) {
    const found = /\[(\w+)\] (\d+)#\d+: (.*)$/.exec(line)
    if (found === null || Number(found[2]) !== master) continue
    if (isFatal(found[1] ?? '', found[3] ?? '')) return `nginx: [${found[1]}] ${found[3]}`
  }
  return null
}

/** The complete lines of what was read, and how many bytes they take: the rest may still be in writing. */
export function completeLines(bytes: Uint8Array): { readonly text: string; readonly length: number } {
  const length = bytes.lastIndexOf(10) + 1
  return { text: new TextDecoder().decode(bytes.subarray(0, length)), length }
}

function isFatal(level: string, message: string): boolean {
  if (message.includes('still could not bind()')) return true
  if (message.includes('cannot be respawned')) return true
  if (level === 'error') return /\binit_by_lua/.test(message)
  return level === 'emerg' && !/^bind\(\) to .* failed/.test(message)
}
