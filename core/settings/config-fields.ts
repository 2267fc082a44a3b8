import { integer, type Reader, text } from './reader.ts'

/** Readers of values that only the operator's file has. */
export function awsId(kind: string): Reader<string> {
  const pattern = new RegExp(`^${kind}-([0-9a-f]{8}|[0-9a-f]{17})$`)
  return text(`an id such as ${kind}-0123456789abcdef0`, pattern)
}

export const port: Reader<number> = integer(1, 65_535)

export const accountId: Reader<string> = text('an AWS account id of 12 digits, as text', /^\d{12}$/)

export const regionName: Reader<string> = text(
  'an AWS region such as eu-west-1',
  /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/,
)

/** The region and the account that an ARN names; either is empty where it names none. */
export function placeOf(arn: string): { readonly region: string; readonly account: string } {
  const [, , , region = '', account = ''] = arn.split(':')
  return { region, account }
}
