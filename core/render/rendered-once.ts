import type { TemplateDelegate } from 'handlebars'

type Texts = WeakMap<object, string>

/** By set of templates and name of the partial: the text that each context gave. */
const known = new WeakMap<object, Map<string, Texts>>()

/**
 * Lets a partial render a context once, and gives the same text from then on. Contexts are never changed, so an object that
 * is there again means that nothing of it changed: of ten thousand servers only the new ones cost anything.
 */
export function renderedOnce(templates: object): (name: string, run: TemplateDelegate) => TemplateDelegate {
  const texts = known.get(templates) ?? new Map<string, Texts>()
  known.set(templates, texts)
  let inside = false

  return (name, run) => {
    const own = texts.get(name) ?? new WeakMap<object, string>()
    texts.set(name, own)
    return (context, options) => {
      // What is part of a text that will be remembered needn't be remembered by itself.
      if (inside || typeof context !== 'object' || context === null) return run(context, options)
      const before = own.get(context)
      if (before !== undefined) return before
      inside = true
      try {
        const text = run(context, options)
        own.set(context, text)
        return text
      } finally {
        inside = false
      }
    }
  }
}
