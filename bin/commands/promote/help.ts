import { bucketHelp } from '../release-bucket.ts'
import { signingHelp } from '../signing.ts'

export const promoteHelp = `Usage: quayside promote [options]

Gives the layout of the canary channel to the channel that follows it. Shows which
routes change, and how the layout does on the canary hosts, and asks. Addresses
are those of the tasks that run now.

${bucketHelp}
${signingHelp}
  --layout <release>     another one than the canary's: a generation, or at least
                         6 digits of the layout's id, as quayside releases lists
  --yes                  don't ask
  --json                 one JSON record on stdout, everything else on stderr
  --help                 this text

Needs S3 (s3:ListBucket, s3:GetObject, s3:PutObject) and kms:GetPublicKey,
kms:Sign. A pinned channel is refused: unpin it first.

Exit codes: 0 done, or nothing to do; 1 failed or declined; 2 wrong call, or
nobody to ask and no --yes.

  npx quayside promote --bucket releases-0123
`
