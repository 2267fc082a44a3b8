import { type LocalServer, listenHttp } from './http-server.ts'
import { handleJson, JsonError, type JsonInput } from './json-service.ts'

/** A Secrets Manager that holds these texts by their names, each with one version. */
export function startSecretsManager(secrets: Readonly<Record<string, string>>): Promise<LocalServer> {
  const actions = {
    GetSecretValue: ({ SecretId }: JsonInput) => {
      const name = String(SecretId)
      const SecretString = Object.hasOwn(secrets, name) ? secrets[name] : undefined
      if (SecretString === undefined)
        throw new JsonError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
      return { Name: name, SecretString, VersionId: '0', VersionStages: ['AWSCURRENT'] }
    },
  }
  return listenHttp((message, response) =>
    handleJson({ target: 'secretsmanager', actions }, message, response),
  )
}
