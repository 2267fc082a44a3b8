import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBuild } from '../../../core/install/build.ts'
import { type HostFacts, survey } from '../../../core/install/survey.ts'
import { buildText, fullBuild, hostFacts, ownPlaces } from '../../support/host-facts.ts'

function found(facts: HostFacts, over = {}): string {
  return survey(facts, { ...ownPlaces, ...over })
    .map(({ level, what, todo }) => `[${level}] ${what}. ${todo}`)
    .join('\n')
}

test('nothing is said about a host on which nothing is in the way', () => {
  assert.equal(found(hostFacts('http { server { listen 8000 default_server; } }')), '')
})

const cases: readonly [string, string, RegExp][] = [
  [
    'a default server on a port of releases stops them, with the line that has it',
    'http {\nserver { listen 80 default_server; server_name _; } }',
    /^\[stop\] the server at \/etc\/nginx\/nginx\.conf:3 is the default server of port 80.*Remove the server or the word default_server/,
  ],
  [
    'the old word for a default server counts too',
    'http { server { listen 0.0.0.0:443 default; } }',
    /^\[stop\] .*default server of port 443/,
  ],
  [
    'a default server over IPv6 alone collides with none, and is named',
    'http { server { listen [::]:80 default_server; } }',
    /^\[look\] .*port 80 over IPv6/,
  ],
  [
    'a server on one address hides releases there',
    'http { server { listen 10.0.0.5:80; server_name a.test; } }',
    /^\[look\] the server of a\.test at .* listens on 10\.0\.0\.5:80/,
  ],
  [
    'a server without default_server shares its port with releases',
    'http { server { listen 80; server_name localhost; } }',
    /^\[look\] the server of localhost .* shares port 80/,
  ],
  ['a server without listen is on port 80', 'http { server { } }', /^\[look\] .* shares port 80/],
  [
    'options of a socket hold for all servers on it',
    'http { server { listen 80 proxy_protocol; } }',
    /\[look\] "listen … proxy_protocol" at .* holds for the servers of releases on port 80/,
  ],
  [
    'a server on the control port stops the agent',
    'http { server { listen 127.0.0.1:8099; } }',
    /^\[stop\] port 8099, the agent's controlPort, is used by the server at/,
  ],
  [
    'a range of ports is each of its ports',
    'stream { server { listen 8000-8100; proxy_pass 127.0.0.1:1; } }',
    /\[stop\] port 8081, the agent's healthPort/,
  ],
  [
    'a stream server on a port of web servers passes the test of nginx and fails its reload',
    'stream { server { listen 443; } }',
    /^\[stop\] the stream server at .* listens on port 443/,
  ],
  [
    'a log format with a name of releases is taken',
    'http { log_format quayside_json "x"; }',
    /^\[stop\] "log_format … quayside_json" at/,
  ],
  [
    'so is a map',
    'http { map $host $quayside_empty_x { default 0; } }',
    /^\[stop\] "map … quayside_empty_x"/,
  ],
  [
    'so is an upstream',
    'http { upstream quayside_web { server 10.0.0.1; } }',
    /^\[stop\] "upstream … quayside_web"/,
  ],
  [
    'so is a zone',
    'http { limit_req_zone $host zone=quayside_rl:1m rate=1r/s; ssl_session_cache shared:quayside_tls:1m; }',
    /"limit_req_zone … quayside_rl"[\s\S]*"ssl_session_cache … quayside_tls"/,
  ],
  [
    'a size that releases compute may be set once only',
    'http { server_names_hash_bucket_size 64; }',
    /^\[stop\] server_names_hash_bucket_size at/,
  ],
  [
    'another pid file hides nginx from the agent',
    'pid /var/run/other.pid;',
    /^\[stop\] nginx writes its pid to \/var\/run\/other\.pid .*"nginxPid"/,
  ],
  ['a relative pid file is under the prefix', 'pid logs/n.pid;', /to \/usr\/share\/nginx\/logs\/n\.pid/],
  [
    'another error log hides failed reloads',
    'error_log /srv/error.log warn;',
    /^\[stop\] .*\/srv\/error\.log .*"nginxErrorLog"/,
  ],
  [
    'a log that only has alerts hides failed reloads',
    'error_log /var/log/nginx/error.log alert;',
    /^\[stop\] the error log has the level "alert"/,
  ],
  [
    'a log of errors is enough, without warnings',
    'error_log /var/log/nginx/error.log;',
    /^\[note\] .*level "error"/,
  ],
  [
    'a log that goes to syslog can not be read',
    'error_log syslog:server=10.0.0.1;',
    /^\[stop\] nginx logs errors to "syslog:/,
  ],
  [
    'a log on standard error can not be read',
    'error_log stderr warn;',
    /^\[stop\] nginx logs errors to "stderr"/,
  ],
  ['an nginx without master can not reload', 'master_process off;', /^\[stop\] "master_process off"/],
  [
    'a unix socket may keep nginx from starting',
    'http { server { listen unix:/run/x.sock; } }',
    /^\[note\] a unix socket/,
  ],
]
for (const [rule, main, expected] of cases) test(rule, () => assert.match(found(hostFacts(main)), expected))

test('names of releases may be used, as an access log uses their format', () => {
  assert.equal(found(hostFacts('http { access_log /var/log/nginx/a.log quayside_json; }')), '')
})

test('the pid file may be named through /var/run', () => {
  assert.equal(found(hostFacts('pid /var/run/nginx.pid;')), '')
})

test('without worker_shutdown_timeout old workers stay', () => {
  const facts = hostFacts('')
  const config = facts.config.filter(({ directive }) => directive.name !== 'worker_shutdown_timeout')
  assert.match(found({ ...facts, config }), /^\[look\] worker_shutdown_timeout is not set/)
})

test('modules that are missing, or not loaded, are named with what needs them', () => {
  const build = parseBuild(
    buildText('--with-http_ssl_module --with-stream=dynamic --with-stream_ssl_module'),
  )!
  const lines = found(hostFacts('', { build }))
  assert.match(lines, /^\[stop\] this nginx was built without the module http_v2/)
  assert.match(lines, /\[look\] the dynamic module stream is not loaded.*libnginx-mod-stream/)
  assert.match(lines, /\[note\] this nginx was built without the module http_realip/)
  const loaded = hostFacts('load_module modules/ngx_stream_module.so;', { build })
  assert.doesNotMatch(found(loaded), /module stream is/)
})

test('other programs, missing users, unreadable logs and mandatory access control are told', () => {
  assert.match(found(hostFacts('', { takenPorts: [8099] })), /port 8099, .* is used by another program/)
  assert.match(
    found(hostFacts('', { takenPorts: [80] })),
    /another program than this nginx listens on port 80/,
  )
  assert.match(found(hostFacts('', { agentUser: { name: 'q', exists: false } })), /useradd --system .* q$/)
  assert.match(
    found(hostFacts('', { errorLogReadable: false })),
    /"quayside" can't read \/var\/log\/nginx\/error\.log/,
  )
  assert.match(found(hostFacts('', { confinement: ['SELinux'] })), /httpd_can_network_connect/)
  assert.match(found(hostFacts('', { confinement: ['AppArmor'] })), /AppArmor confines nginx/)
})

test('a master that was started with another configuration is told', () => {
  const title = 'nginx: master process /usr/sbin/nginx -c /srv/nginx.conf'
  assert.match(found(hostFacts('', { masterTitle: title })), /^\[stop\] .*started with \/srv\/nginx\.conf/)
  const same = 'nginx: master process /usr/sbin/nginx -g daemon on; -c /etc/nginx/nginx.conf'
  assert.equal(found(hostFacts('', { masterTitle: same })), '')
})

test('a file that only nginx understands is named', () => {
  const unread = [{ path: '/etc/nginx/lua.conf', reason: 'line 3: a quote is never closed' }]
  assert.match(found(hostFacts('', { unread })), /^\[look\] \/etc\/nginx\/lua\.conf could not be read here/)
})

test('what stops releases is told first', () => {
  const levels = survey(
    hostFacts(
      'error_log /var/log/nginx/error.log; http { server { listen [::]:80; } server { listen 80 default_server; } }',
    ),
    ownPlaces,
  ).map(({ level }) => level)
  assert.deepEqual(levels, ['stop', 'look', 'note'])
})

test('an nginx that logs where it was built to is compared by that', () => {
  const build = parseBuild(buildText(fullBuild).replace('/var/log/nginx/error.log', 'stderr'))!
  const facts = hostFacts('', { build })
  const config = facts.config.filter(({ directive }) => directive.name !== 'error_log')
  assert.match(found({ ...facts, config }), /nginx logs errors to "stderr" by default/)
})
