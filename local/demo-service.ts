import type { TaskDefinitionInput } from './aws/ecs/task-definition.ts'

/** The host names by which the demo service is reached; browsers and curl resolve all of them to this machine. */
const demoHosts = ['hello.localhost', 'localhost', '127.0.0.1'] as const

export const demoService = 'hello'

/** What a user's task definition would say: a port, a name for Consul, and the host names for nginx. */
export const demoDefinition: TaskDefinitionInput = {
  family: demoService,
  containers: [
    {
      name: 'web',
      portMappings: [{ containerPort: 8080 }],
      dockerLabels: { SERVICE_NAME: demoService, 'nginx.host': demoHosts.join(',') },
    },
  ],
}
