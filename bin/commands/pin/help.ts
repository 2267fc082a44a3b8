import { bucketHelp } from '../release-bucket.ts'
import { signingHelp } from '../signing.ts'

const common = `${bucketHelp}
${signingHelp}
  --reason <text>        shown wherever the pin is
  --frozen               the addresses of then too: nothing follows the tasks.
                         Names those that aren't live any more, and asks
  --now                  move at once even where upstreams answer 503 until the
                         publisher has added servers that only it knows
  --yes                  don't ask
  --json                 one JSON record on stdout, everything else on stderr
  --help                 this text

Needs S3 (s3:ListBucket, s3:GetObject, s3:PutObject) and kms:GetPublicKey,
kms:Sign. A running publisher sees it within seconds and obeys.

Exit codes: 0 done; 1 failed or declined; 2 wrong call, or nobody to ask and no
--yes.
`

export const pinHelp = `Usage: quayside pin [<generation>|<layout>] [options]

Keeps a layout in force until quayside unpin: without a word the one of now.
Its addresses go on following the tasks; only new settings wait.

${common}
  npx quayside pin --bucket releases-0123 --reason 'fair on Friday'
`

export const rollbackHelp = `Usage: quayside rollback [--to <generation>|<layout>] [options]

Goes back to an earlier layout and pins it: without --to the one before the one
in force. Its addresses are those of the tasks that run now.

  --to <release>         generation, or at least 6 digits of the layout's id, as
                         quayside releases lists them
${common}
  npx quayside rollback --bucket releases-0123
`

export const unpinHelp = `Usage: quayside unpin [options]

Takes a pin away: the newest layout comes into force again as soon as the
publisher has seen it, within seconds while it runs.

${bucketHelp}
${signingHelp}
  --json                 one JSON record on stdout
  --help                 this text
`
