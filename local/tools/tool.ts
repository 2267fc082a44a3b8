/** `newer-nginx` is an nginx that resolves upstream servers itself; only tests need one beside the usual one. */
export type ToolName = 'consul' | 'nginx' | 'newer-nginx'

/** A program that was run once and answered with its version. */
export interface Tool {
  readonly path: string
  readonly version: string
  /** Where it came from, for people: the variable's name, `PATH`, or the package it was unpacked from. */
  readonly source: string
}

export interface NginxTool extends Tool {
  /** The dynamic stream module, to be named in `load_module`; absent when there is none or it is built in. */
  readonly modules: { readonly stream?: string }
  /** Whether `stream { }` can be used, by the module above or because it is built in. */
  readonly stream: boolean
}

export interface Tools {
  readonly consul: Tool
  readonly nginx: NginxTool
}

/** One line for people about something that takes long. */
export type Log = (line: string) => void

export const variables: Record<ToolName, string> = {
  consul: 'CONSUL_BIN',
  nginx: 'NGINX_BIN',
  'newer-nginx': 'NGINX_NEW_BIN',
}

/** The name of the program's file, on PATH and unpacked. */
export const programs: Record<ToolName, string> = { consul: 'consul', nginx: 'nginx', 'newer-nginx': 'nginx' }
