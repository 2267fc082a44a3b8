import type { TemplateData } from './data.ts'
import { fillUpstreams } from './fill-upstreams.ts'
import { type Need, sortedNeeds } from './need.ts'
import { type Blame, type LeftOut, originText, without } from './origin.ts'
import { runTemplate } from './run.ts'
import { openSession, type Session, type Waiting } from './session.ts'
import type { OperatorTemplate } from './template.ts'
import { fillIn } from './written.ts'

export type RenderedTemplate = {
  /** Null while something is missing or waited for: what was written before then stays in force. */
  readonly content: string | null
  /** Everything that was read. It can grow once what is missing is there. */
  readonly needs: readonly Need[]
  /** What wasn't read yet from where the data come. */
  readonly missing: readonly Need[]
  /** What is known, and says that it isn't time yet: a key that doesn't exist, a `safe…` that is empty, too few instances. */
  readonly waiting: readonly Waiting[]
  /** Instances and services that hold what can't be written, so that one of them doesn't stop the others. */
  readonly leftOut: readonly LeftOut[]
}

const mostRounds = 100

/**
 * Renders a template of the operator's. Pure: the same data give the same bytes, in whatever order their lists are. The text is
 * well-formed nginx configuration, in which no written value is more than part of one word. Throws `TEMPLATE_FAILED`,
 * `TEMPLATE_MISSING` or `RENDER_REFUSED` with template, line and value where the template fails, or what it reads beside instances and
 * services. Those are left out; of a template that isn't `proven`, which never rendered before, only as long as something remains and
 * the same place of the template does for others.
 */
export function renderOperatorTemplate(
  template: OperatorTemplate,
  data: TemplateData,
  proven = false,
): RenderedTemplate {
  const left = new Map<string, Blame>()
  for (let round = 0; ; round += 1) {
    const session = openSession(without(data, left))
    const content = attempt(template, session)
    const blamed = session.isUnready() ? [] : session.blamed()
    const [first] = [...left.values(), ...blamed]
    const nothingRemains = !proven && blamed.length === 0 && session.marked() === 0
    if (first !== undefined && (nothingRemains || round === mostRounds)) throw first.error
    if (blamed.length === 0)
      return { content, ...readBy(session), leftOut: [...left.values()].map(explained) }
    if (!proven) refuseOwnFault(session, blamed)
    for (const blame of blamed) left.set(originText(blame.origin), blame)
  }
}

/** The content, or null with the reason in the session. */
function attempt(template: OperatorTemplate, session: Session): string | null {
  const { text, values } = runTemplate(template, session)
  if (session.isVoid()) return null
  const filled = fillIn(template.name, text, values)
  if ('text' in filled) return fillUpstreams(filled.text, `output of template ${template.name}`)
  const { origin, error, place } = filled
  if (origin === null) throw error
  session.blame({ origin, error, place, absent: false })
  return null
}

/** What no item at all has is not the items' fault: the name is misspelt. */
function refuseOwnFault(session: Session, blamed: readonly Blame[]): void {
  const own = blamed.find(({ absent, place }) => absent && !session.everWorked(place))
  if (own !== undefined) throw own.error
}

function readBy(session: Session): Pick<RenderedTemplate, 'needs' | 'missing' | 'waiting'> {
  return {
    needs: sortedNeeds(session.needs()),
    missing: sortedNeeds(session.missing()),
    waiting: session.waiting(),
  }
}

function explained({ origin, error }: Blame): LeftOut {
  return { origin, why: error.message }
}
