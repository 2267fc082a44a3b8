import { App } from 'aws-cdk-lib/core'
import { build } from './build.ts'

const note = build(new App())
if (note !== null) console.error(note)
