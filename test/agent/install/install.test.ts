import assert from 'node:assert/strict'
import { access, readdir, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { listen } from '../../support/serve-routes.ts'
import { stockHost } from '../../support/stock-host.ts'

test('a dry run shows each path and line, and changes nothing', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  const before = await host.etc()
  const { code, stdout } = await host.run('install', '--dry-run', '--bucket', 'releases')
  assert.equal(code, 0)
  assert.match(stdout, /^A dry run: it would$/m)
  assert.match(stdout, /^ {2}create .*\/conf\.d\/quayside\.conf/m)
  assert.match(stdout, /^ {4}\+ include ".*\/entry\.http\.conf";$/m)
  assert.match(stdout, /^ {2}edit .*\/nginx\.conf .*\n(.*\n)? {4}\+ +\d+: stream \{$/m)
  assert.match(stdout, /^ {4}\+ {3}"bucket": "releases",$/m)
  assert.deepEqual(await host.etc(), before)
  await assert.rejects(access(host.stateDir))
})

test('the report names the stock site where releases would collide with it', async (t) => {
  const debian = await stockHost(t, 'debian')
  const ports = ['--allowedPorts', `${debian.port}`, '--dry-run']
  const { stdout } = await debian.run('install', ...ports)
  assert.match(stdout, /\[stop\] the server at .*\/sites-enabled\/default:2 is the default server of port/)
  assert.match(stdout, /\[look\] the server at .*\/sites-enabled\/default:3 answers port \d+ over IPv6/)
  const org = await stockHost(t, 'nginx.org')
  const other = await org.run('install', '--allowedPorts', `${org.port}`, '--dry-run')
  assert.match(other.stdout, /\[look\] the server of localhost at .*\/conf\.d\/default\.conf:2 shares port/)
})

test('a port that another program holds is told before anything is written', async (t) => {
  const host = await stockHost(t, 'debian')
  const port = (await listen(t, createServer())).split(':')[1] ?? ''
  const { stdout } = await host.run('install', '--dry-run', '--controlPort', port)
  assert.match(stdout, new RegExp(`port ${port}, the agent's controlPort, is used by another program`))
})

test('without the stream module there is no stream entry, and a settings file that wants one is refused', async (t) => {
  const host = await stockHost(t, 'debian', { stream: false })
  const { stdout } = await host.run('install')
  assert.match(stdout, /dynamic module stream is not loaded/)
  assert.doesNotMatch(stdout, /entry\.stream/)
  await host.write(
    'etc/quayside/agent.json',
    (await host.read('etc/quayside/agent.json')).replace('{', '{"stream": true,'),
  )
  const { code, stderr } = await host.run('install')
  assert.equal(code, 1)
  assert.match(stderr, /no stream module loaded: load the module/)
})

test('a settings file that is there is used and never changed', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  const { nginx, mainConf, pidFile, errorLog } = host
  const text = JSON.stringify({
    ...{ bucket: 'mine', region: 'eu-west-1', deployment: 'd', allowUnsigned: true, controlPort: 18_099 },
    ...{ stateDir: host.path('srv/state'), nginxBinary: nginx.path, nginxConf: mainConf },
    ...{ nginxPid: pidFile, nginxErrorLog: errorLog },
  })
  await host.write('etc/quayside/agent.json', text)
  const { code, stdout, stderr } = await host.run('install', '--bucket', 'other')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /the flags bucket, .* change nothing/)
  assert.equal(await host.read('etc/quayside/agent.json'), text)
  assert.match(await host.read('srv/state/entry.http.conf'), /127\.0\.0\.1:18099/)
})

test('a settings file that nobody has filled in is filled in by flags', async (t) => {
  const host = await stockHost(t, 'debian')
  const first = await host.run('install')
  assert.match(first.stdout, /Fill in "bucket" in/)
  const { stdout } = await host.run('install', '--bucket', 'releases', '--region', 'eu-central-1')
  assert.match(stdout, /^ {2}replace .*agent\.json/m)
  const members = JSON.parse(await host.read('etc/quayside/agent.json'))
  assert.deepEqual([members.bucket, members.stateDir], ['releases', host.stateDir])
})

test('changes that nginx would refuse are not made', async (t) => {
  const host = await stockHost(t, 'debian')
  const load = await host.read('etc/nginx/modules-enabled/50-mod-stream.conf')
  await rm(host.path('etc/nginx/modules-enabled/50-mod-stream.conf'))
  await host.write('etc/nginx/modules-enabled/zzz-mod-stream.conf', load)
  const before = await host.etc()
  const { code, stderr } = await host.run('install')
  assert.equal(code, 1)
  assert.match(stderr, /nothing was changed: .*unknown directive "stream" in .*zz-quayside-stream\.conf/)
  assert.deepEqual(await host.etc(), before)
  await assert.rejects(access(host.stateDir))
})

test('a configuration that nginx refuses already is left for its owner to mend', async (t) => {
  const host = await stockHost(t, 'debian')
  await host.write('etc/nginx/sites-enabled/broken', 'server { no_such_directive; }\n')
  const before = await host.etc()
  const { code, stderr } = await host.run('install')
  assert.equal(code, 1)
  assert.match(stderr, /nothing was changed: mend this first: .*no_such_directive/)
  assert.deepEqual(await host.etc(), before)
})

test('with --no-edit the lines are told, and nginx is left alone', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  const conf = await host.read('etc/nginx/nginx.conf')
  const { stdout } = await host.run('install', '--no-edit')
  assert.match(stdout, /By hand: put into .*\/conf\.d\/quayside\.conf:\n.*\ninclude ".*\/entry\.http\.conf";/)
  assert.match(stdout, /By hand: put into .*\/nginx\.conf:\n.*\nstream \{/)
  assert.equal(await host.read('etc/nginx/nginx.conf'), conf)
  assert.doesNotMatch((await readdir(host.path('etc/nginx/conf.d'))).join(), /quayside/)
})

test('a file of install that was changed by hand stays, at install and at uninstall', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  await host.run('install')
  const unit = 'etc/systemd/system/quayside-agent.service'
  await host.write(unit, '# mine\n')
  assert.match(
    (await host.run('install')).stdout,
    /Left as it is, because it was changed by hand: .*agent\.service/,
  )
  const { stdout } = await host.run('uninstall')
  assert.match(stdout, /leave .*quayside-agent\.service: it was changed since install wrote it/)
  assert.equal(await host.read(unit), '# mine\n')
})

test('what the operator wrote meanwhile stays when install takes its lines back', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  const before = await host.read('etc/nginx/nginx.conf')
  await host.run('install')
  assert.equal(await host.read('etc/quayside/nginx.conf.before-quayside'), before)
  await host.write('etc/nginx/nginx.conf', `# mine\n${await host.read('etc/nginx/nginx.conf')}`)
  assert.equal((await host.run('uninstall')).code, 0)
  assert.equal(await host.read('etc/nginx/nginx.conf'), `# mine\n${before}`)
})

test('uninstall changes nothing where nginx would refuse the rest', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  await host.run('install')
  await host.write(
    'etc/nginx/conf.d/uses.conf',
    `server { listen 127.0.0.1:${host.port}; return 200 $quayside_release; }\n`,
  )
  const before = await host.etc()
  const { code, stderr } = await host.run('uninstall')
  assert.equal(code, 1)
  assert.match(stderr, /nothing was changed: .*quayside_release/)
  assert.deepEqual(await host.etc(), before)
})

test('uninstall works where nginx was removed meanwhile', async (t) => {
  const host = await stockHost(t, 'debian')
  const before = await host.etc()
  await host.run('install')
  const settings = await host.read('etc/quayside/agent.json')
  await host.write('etc/quayside/agent.json', settings.replace(host.nginx.path, host.path('no/nginx')))
  assert.equal((await host.run('uninstall')).code, 0)
  const { 'quayside/agent.json': changed, ...rest } = await host.etc()
  assert.deepEqual(rest, before)
  assert.match(changed ?? '', /no\/nginx/)
})

test('purge removes the state directory, but not while nginx would still read it', async (t) => {
  const host = await stockHost(t, 'nginx.org')
  await host.run('install')
  const mine = `include "${host.path('var/lib/quayside/entry.http.conf')}";\n`
  await rm(host.path('etc/nginx/conf.d/quayside.conf'))
  await host.write('etc/nginx/conf.d/mine.conf', mine)
  const refused = await host.run('uninstall', '--purge')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /mine\.conf:1 still names files of/)
  await rm(host.path('etc/nginx/conf.d/mine.conf'))
  assert.equal((await host.run('uninstall', '--purge')).code, 0)
  await assert.rejects(access(host.stateDir))
})

test('wrong flags and programs are named with what to do', async (t) => {
  const host = await stockHost(t, 'debian')
  const wrong = await host.run('install', '--healthPort', 'x')
  assert.match(wrong.stderr, /healthPort.*"x"/)
  assert.match((await host.run('install', '--model', 'root')).stderr, /write root-master or same-user/)
  const missing = await host.run('install', '--nginxBinary', host.path('no/nginx'))
  assert.match(missing.stderr, /reports no nginx: .*--nginxBinary/)
  const key = await host.run('install', '--key', host.path('no.pem'))
  assert.match(key.stderr, /no\.pem can't be used/)
  assert.equal(wrong.code + missing.code + key.code, 3)
})
