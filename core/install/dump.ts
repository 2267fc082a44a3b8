/** One file of the configuration that nginx reads, as `nginx -T` prints it. */
export type ConfFile = { readonly path: string; readonly text: string }

/** The files in what `nginx -T` prints on its standard output, in the order in which nginx read them. */
export function parseDump(output: string): readonly ConfFile[] {
  const parts = output.split(/^# configuration file (\/.*):\n/m).slice(1)
  return parts.flatMap((path, i) =>
    // nginx ends each file with an empty line of its own.
    i % 2 === 0 ? [{ path, text: (parts[i + 1] ?? '').replace(/\n$/, '') }] : [],
  )
}
