import { createInterface } from 'node:readline'
import { explain } from '../../core/errors.ts'
import { EcsError } from '../aws/ecs/errors.ts'
import type { ConsulView } from '../consul-view.ts'
import { demoService } from '../demo-service.ts'
import type { Pipeline } from '../pipeline.ts'
import { type Command, help, parseCommand } from './commands.ts'
import { runQuayside } from './run-quayside.ts'
import { describeStatus } from './status.ts'

type Surroundings = {
  readonly pipeline: Pipeline
  readonly consul: ConsulView
  readonly print: (text: string) => void
}

/**
 * Reads commands from stdin until `quit`. A wrong line is answered and changes nothing. When stdin ends, as in the background, the
 * pipeline goes on until a signal ends the process.
 */
export async function readCommands(around: Surroundings): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const command = parseCommand(line)
      if (command?.kind === 'quit') return around.print('Stopping …')
      if (command !== null) await obey(command, around)
    } catch (error) {
      around.print(`${explain(error)}${hint(error, around)}`)
    }
  }
  around.print('No more commands will come (stdin has ended); running until a signal, such as Ctrl-C.')
  await new Promise<never>(() => {})
}

/** ECS says what it didn't find; here it can be said too what there is. */
function hint(error: unknown, { pipeline }: Surroundings): string {
  if (!(error instanceof EcsError)) return ''
  const services = pipeline.cloud.ecs.services().map(({ name }) => name)
  return ` ("status" lists the tasks; the services are: ${services.join(', ')})`
}

async function obey(command: Exclude<Command, { kind: 'quit' }>, around: Surroundings): Promise<void> {
  const { pipeline, consul, print } = around
  const { ecs } = pipeline.cloud
  switch (command.kind) {
    case 'scale':
      return void ecs.scale(command.service, command.count)
    case 'deploy':
      return void ecs.deploy(command.service)
    case 'stop':
      return void ecs.stopTask(command.task)
    case 'fail':
      return void ecs.failTask(command.task)
    case 'help':
      return print(help)
    case 'quayside':
      return print(await runQuayside(command.words, pipeline))
    case 'status':
      return print(describeStatus(pipeline, new Set(await consul.passing(demoService))))
  }
}
