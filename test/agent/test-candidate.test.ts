import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { NginxSettings } from '../../agent/settings.ts'
import { testCandidate } from '../../agent/test-candidate.ts'
import { tempDir } from '../support/tmp.ts'
import { testTools } from '../support/tools.ts'

/** A configuration in a folder of its own; "@" stands for that folder. */
async function configured(t: TestContext, files: Readonly<Record<string, string>>) {
  const root = tempDir(t)
  const { nginx } = await testTools()
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path @/${name};`,
  )
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    const whole = text.replace('http {', `http { access_log off; ${folders.join(' ')}`)
    await writeFile(join(root, name), whole.replaceAll('@', root))
  }
  const settings: NginxSettings = {
    ...{ binary: nginx.path, mainConf: join(root, 'nginx.conf'), prefix: root },
    ...{ pidFile: join(root, 'nginx.pid'), errorLog: join(root, 'error.log') },
  }
  const entry = join(root, 'entry.conf')
  const candidate = join(root, 'state/candidate')
  const run = (text: string, overlay?: ReadonlyMap<string, string | null>) =>
    testCandidate(settings, candidate, new Map([[entry, text]]), overlay)
  return { root, candidate, run }
}

const wrong = 'no_such_directive on;\n'
const main = 'error_log @/error.log; pid @/nginx.pid; events {}\n'

test('an entry file that a file of an included folder includes is tested there, with all that stands beside it', async (t) => {
  const files = {
    'nginx.conf': `${main}http { include @/conf.d/*.conf; include sites/*; }\n`,
    'conf.d/quayside.conf': 'include "@/entry.conf";\n',
    'conf.d/a.conf': 'map $host $beside { default 1; }\n',
    'sites/one': 'server { listen 127.0.0.1:1; return 200 $from_entry; }\n'.replace(
      'listen 127.0.0.1:1;',
      'listen 127.0.0.1:54321;',
    ),
  }
  const { run } = await configured(t, files)
  await run('map $beside $from_entry { default 1; }\n')
  await assert.rejects(run(wrong), /unknown directive "no_such_directive"/)
})

test('relative folders and several entry files in one of them work alike', async (t) => {
  const files = {
    'nginx.conf': `${main}http { include conf.d/*.conf; }\n`,
    'conf.d/mine.conf': '# first\n  include @/entry.conf; # and more\n',
  }
  const { run, candidate } = await configured(t, files)
  await run('# nothing\n')
  assert.ok((await readdir(candidate)).includes('quayside-folder-0'))
  await assert.rejects(run(wrong), /no_such_directive/)
})

test('an entry file that is included nowhere is refused with the missing line', async (t) => {
  const { run } = await configured(t, { 'nginx.conf': `${main}http { include conf.d/*.conf; }\n` })
  await assert.rejects(run('# nothing\n'), /no line "include .*\/entry\.conf;"/)
})

test('files are tested as they would be: changed, added, or gone', async (t) => {
  const files = {
    'nginx.conf': `${main}http { include @/conf.d/*.conf; }\n`,
    'conf.d/broken.conf': wrong,
  }
  const { root, run } = await configured(t, files)
  const added = [join(root, 'conf.d/quayside.conf'), `include "${join(root, 'entry.conf')}";\n`] as const
  await assert.rejects(run('# nothing\n', new Map([added])), /no_such_directive/)
  await run('# nothing\n', new Map<string, string | null>([added, [join(root, 'conf.d/broken.conf'), null]]))
  assert.deepEqual(await readdir(join(root, 'conf.d')), ['broken.conf'])
})

test('a pid file that an included file states is left as it is', async (t) => {
  const files = {
    'nginx.conf': `${main.replace('pid @/nginx.pid;', 'include top/*.conf;')}http { include @/entry.conf; }\n`,
    'top/pid.conf': 'pid @/nginx.pid;\n',
  }
  const { run } = await configured(t, files)
  await run('# nothing\n')
})
