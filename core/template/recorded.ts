import type { TemplateData } from './data.ts'
import { type Need, sortedNeeds } from './need.ts'

/**
 * The same data, and what was read of them. For a rendering that fails: what it read must go on being watched, or nothing would tell
 * when it may be tried again. Of a service no tag or status is noted, since all of its instances are watched anyway.
 */
export function recorded(data: TemplateData): {
  readonly data: TemplateData
  readonly needs: () => readonly Need[]
} {
  const needs: Need[] = []
  const note = (need: Need) => void needs.push(need)
  return {
    data: {
      datacenter: data.datacenter,
      service: (name, datacenter) => {
        note({ kind: 'service', name, tag: null, datacenter, statuses: ['any'] })
        return data.service(name, datacenter)
      },
      services: (datacenter) => {
        note({ kind: 'services', datacenter })
        return data.services(datacenter)
      },
      nodes: (datacenter) => {
        note({ kind: 'nodes', datacenter })
        return data.nodes(datacenter)
      },
      node: (name, datacenter) => {
        note({ kind: 'node', name, datacenter })
        return data.node(name, datacenter)
      },
      key: (path, datacenter) => {
        note({ kind: 'key', path, datacenter })
        return data.key(path, datacenter)
      },
      folder: (path, datacenter) => {
        note({ kind: 'folder', path, datacenter })
        return data.folder(path, datacenter)
      },
      datacenters: data.datacenters,
    },
    needs: () => sortedNeeds(needs),
  }
}
