import { startFauxqs } from 'fauxqs'
import { listenPortError } from './http-server.ts'

export type SqsOptions = {
  readonly port?: number
  readonly region?: string
  readonly queueName?: string
  /** How long a received message stays hidden unless it is deleted. Default 30. */
  readonly visibilityTimeoutSeconds?: number
  /** After so many receives a message goes to the dead-letter queue. Default 5. */
  readonly maxReceiveCount?: number
}

/** How many messages wait, are delayed, or are in flight. */
export type QueueDepth = { readonly ready: number; readonly delayed: number; readonly inFlight: number }

export type LocalSqs = {
  readonly url: string
  readonly port: number
  readonly queueUrl: string
  readonly dlqUrl: string
  readonly queueArn: string
  /** A look at a queue that receives nothing and so changes nothing. */
  depth(which?: 'queue' | 'dlq'): QueueDepth
  /** The bodies of the messages of a queue, in whatever state. */
  bodies(which?: 'queue' | 'dlq'): string[]
  close(): Promise<void>
}

/**
 * An SQS with one queue that redrives to a dead-letter queue. Delays, visibility, long polling and redrive are
 * fauxqs's.
 */
export async function startSqs(options: SqsOptions = {}): Promise<LocalSqs> {
  const { port = 0, region = 'eu-central-1', queueName = 'quayside-register' } = options
  const server = await startFauxqs({ port, host: '127.0.0.1', defaultRegion: region, logger: false }).catch(
    (cause: NodeJS.ErrnoException) => {
      throw listenPortError(cause, port)
    },
  )
  const names = { queue: queueName, dlq: `${queueName}-dlq` }
  const url = `http://127.0.0.1:${server.port}`
  const dlq = server.createQueue(names.dlq, { region })
  const { queueArn } = server.createQueue(names.queue, {
    region,
    attributes: attributesOf(options, dlq.queueArn),
  })
  const inspect = (which: 'queue' | 'dlq') => server.inspectQueue(names[which])?.messages
  return {
    url,
    port: server.port,
    // The host part of a queue URL is fauxqs's own name, which needn't resolve: the queue is found by the path
    // alone.
    queueUrl: `${url}/000000000000/${names.queue}`,
    dlqUrl: `${url}/000000000000/${names.dlq}`,
    queueArn,
    depth: (which = 'queue') => {
      const messages = inspect(which)
      return {
        ready: messages?.ready.length ?? 0,
        delayed: messages?.delayed.length ?? 0,
        inFlight: messages?.inflight.length ?? 0,
      }
    },
    bodies: (which = 'queue') => {
      const { ready = [], delayed = [], inflight = [] } = inspect(which) ?? {}
      return [...ready, ...delayed, ...inflight.map(({ message }) => message)].map(({ body }) => body)
    },
    close: async () => {
      // Deleting a queue ends the long polls that wait on it; otherwise stopping would wait for them.
      for (const name of Object.values(names)) server.deleteQueue(name, { region })
      await server.stop()
    },
  }
}

function attributesOf({ visibilityTimeoutSeconds = 30, maxReceiveCount = 5 }: SqsOptions, dlqArn: string) {
  return {
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dlqArn, maxReceiveCount }),
  }
}
